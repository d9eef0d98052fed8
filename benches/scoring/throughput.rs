//! Speed of scoring and of alignment in the core, one thread.

use crate::data;
use crate::logs;
use logfsm::conform::{Machine, VariantScores};
use logfsm::infer::{Control, infer};
use logfsm::trace::{Trace, TraceView};
use std::time::Instant;

/// Events that each figure is taken over, at least.
const EVENTS: usize = 4_000_000;

/// Runs `work` over all traces until enough events are done; events per second.
fn rate<T>(traces: &[T], length: impl Fn(&T) -> usize, mut work: impl FnMut(&T)) -> f64 {
    let start = Instant::now();
    let mut events = 0;
    while events < EVENTS && start.elapsed().as_secs() < 10 {
        for trace in traces {
            work(trace);
            events += length(trace);
        }
    }
    events as f64 / start.elapsed().as_secs_f64()
}

/// Prints events per second.
pub fn run(method: &str) {
    let Some((train, normal, abnormal)) = logs::hdfs() else { return };
    let tree = data::tree(train.iter().map(|t| t.iter().map(String::as_str).collect::<Vec<_>>()));
    let machine = infer(&tree, method, "{}", &Control::unlimited()).expect("a valid method");
    let machine = Machine::new(machine);
    let of = |traces: &[Vec<String>]| -> Vec<Trace> {
        traces.iter().map(|t| Trace::of(t.iter().map(String::as_str))).collect()
    };
    println!("\nEvents per second, one core; HDFS, machine of {} states", machine.automaton.state_count());
    println!("{:<34} {:>14} {:>14}", "", "normal", "anomalies");
    let (normal, abnormal) = (of(&normal), of(&abnormal));
    let both = |name: &str, work: &dyn Fn(&Trace)| {
        let figures = [&normal, &abnormal].map(|traces| rate(traces, Trace::len, work));
        println!("{name:<34} {:>14.0} {:>14.0}", figures[0], figures[1]);
        figures
    };
    let mut sum = std::cell::Cell::new(0.0);
    let scored = both("score, trace by trace", &|t| sum.set(sum.get() + machine.score_trace(t)));
    let bytes: [Vec<Vec<u8>>; 2] = [&normal, &abnormal].map(|all| all.iter().map(Trace::to_bytes).collect());
    let lengths = [&normal, &abnormal].map(|all| all.iter().map(Trace::len).sum::<usize>() / all.len().max(1));
    let figures = [0, 1].map(|i| {
        let mut scores = VariantScores::default();
        rate(
            &bytes[i],
            |_| lengths[i],
            |bytes| {
                let view = TraceView::from_bytes(bytes).expect("a trace just written");
                *sum.get_mut() += scores.score(&machine, &view).expect("a valid trace");
            },
        )
    });
    println!("{:<34} {:>14.0} {:>14.0}", "score, from stored traces", figures[0], figures[1]);
    let aligned = both("align", &|t| {
        machine.align(&t.variant, &Control::unlimited()).expect("no limit");
    });
    both("explain", &|t| {
        machine.explain(t);
    });
    println!(
        "score over the 2 M wanted: {:.2}; align over the 100 k wanted: {:.2}, over pm4py's 121: {:.0}",
        scored[0] / 2e6,
        aligned[1] / 1e5,
        aligned[1] / 121.0
    );
    assert!(sum.get() >= 0.0);
}
