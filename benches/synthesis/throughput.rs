//! Events a second on one core: paths, times and parameters.

use crate::support;
use logfsm::automaton::PrefixTree;
use logfsm::conform::Machine;
use logfsm::infer::{Control, infer};
use logfsm::synth::{Generator, Plan, Playout, over};
use logfsm::trace::{Trace, TraceView};
use std::time::Instant;

fn learned(traces: &[Trace]) -> Playout {
    let mut tree = PrefixTree::new(usize::MAX);
    traces.iter().for_each(|t| tree.add(&TraceView::from_bytes(&t.to_bytes()).expect("a trace")).expect("a tree"));
    let (tree, control) = (tree.to_automaton(), Control::unlimited());
    let machine = Machine::new(infer(&tree, "auto", "{}", &control).expect("a machine"));
    let plan = Plan::learn(&tree, &machine, &mut over(traces), &control);
    Playout::new(machine, plan.expect("a plan"))
}

fn measure(name: &str, playout: &Playout) {
    let generator = Generator::new(playout, 1, "{}", &Control::unlimited()).expect("a generator");
    let mut best = 0.0;
    for _ in 0..3 {
        let (start, mut events, mut number) = (Instant::now(), 0u64, 0);
        while start.elapsed().as_secs_f64() < 2.0 {
            for _ in 0..200 {
                number += 1;
                events += generator.trace(number).expect("a trace").path.len() as u64;
            }
        }
        best = f64::max(best, events as f64 / start.elapsed().as_secs_f64());
    }
    println!("{name:<48} {:>6.2} M events/s on one core", best / 1e6);
}

pub fn run() {
    let Some(text) = support::data("hdfs/hdfs_loghub_sequences.csv.gz") else { return };
    let normal = text.lines().skip(1).map(|l| l.split(',').collect::<Vec<_>>()).filter(|cells| cells[1] == "0");
    let sequences: Vec<Vec<&str>> = normal.map(|cells| cells[2].split(' ').collect()).collect();
    let timed = |parameters: bool| -> Vec<Trace> {
        let trace = |(i, events): (i64, &Vec<&str>)| {
            let rows = events.iter().zip(0i64..).map(|(event, j)| {
                let at = i * 40_000_000 + j * (i * 37 % 1000) * 1000;
                let values = format!(r#"["blk_{}", {}]"#, i * 7_919_131 + 1_000_000_007, (i * 31 + j) % 4000);
                (Some(at), None, *event, None, parameters.then_some(values))
            });
            let rows: Vec<_> = rows.collect();
            Trace::from_rows(rows.iter().map(|r| (r.0, r.1, r.2, r.3, r.4.as_deref())).collect())
        };
        (0..).zip(&sequences).map(trace).collect()
    };
    measure("HDFS, paths", &{
        let traces: Vec<Trace> = sequences.iter().map(|events| Trace::of(events.iter().copied())).collect();
        learned(&traces)
    });
    measure("HDFS, paths and times", &learned(&timed(false)));
    measure("HDFS, paths, times and two parameters an event", &learned(&timed(true)));
}
