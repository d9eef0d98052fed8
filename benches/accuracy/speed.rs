//! How long guarded machines and machines by component take, beside the seconds that MINT and PRINS were published with.

use super::data;
use logfsm::automaton::{Automaton, PrefixTree};
use logfsm::infer::{Control, infer};
use logfsm::trace::{Trace, TraceBuilder, TraceView};
use std::time::Instant;

/// Runs of which the median counts.
const RUNS: usize = 3;

/// Machines from traces on: seconds of collecting the tree and of learning.
pub fn print() {
    println!("\n## speed: median seconds of {RUNS}, from traces to the machine");
    for (name, published) in [
        ("hadoop", "published: MINT 2.2 CPU s, PRINS 8.2 s with 1 worker, 4.1 s with 4"),
        ("nglclient", "published: MINT 1.6 CPU s, PRINS 9.9 s with 1 worker, 4.7 s with 4"),
    ] {
        for copies in [1, 8] {
            let Some(traces) = data::prins_traces(name, copies) else { continue };
            println!("\n### {name}, {} traces, {} events; {published}", traces.len(), events(&traces));
            measure(&traces, &["mint", "k_tails", "mdl", "auto", "prins"], &[1, 2]);
        }
    }
    let traces = balanced(20, 500_000, 7);
    println!(
        "\n### generated: 20 components of equal size, {} traces, {} events with parameters; published, of other \
         systems: PRINS CoreSync 996 s with 1 worker, 680 s with 4, PDApp 602 and 565 s; MINT 7264 and 1461 s",
        traces.len(),
        events(&traces)
    );
    measure(&traces, &["prins"], &[1, 2, 1, 2]);
    for base in ["mdl", "k_tails"] {
        println!("\nprins with base {base}");
        measure_with(&traces, "prins", &format!(r#""base": "{base}""#), &[1, 2]);
    }
}

fn events(traces: &[Trace]) -> usize {
    traces.iter().map(|trace| trace.variant.events.len()).sum()
}

fn measure(traces: &[Trace], methods: &[&str], workers: &[usize]) {
    for &method in methods {
        match method {
            "prins" => measure_with(traces, method, "", workers),
            _ => row(traces, method, r#"{"guards": true}"#),
        }
    }
}

fn measure_with(traces: &[Trace], method: &str, more: &str, workers: &[usize]) {
    for workers in workers {
        let comma = if more.is_empty() { "" } else { ", " };
        row(traces, method, &format!(r#"{{"guards": true, "workers": {workers}{comma}{more}}}"#));
    }
}

fn row(traces: &[Trace], method: &str, options: &str) {
    let bytes: Vec<Vec<u8>> = traces.iter().map(Trace::to_bytes).collect();
    let mut times = Vec::new();
    let mut last = None;
    for _ in 0..RUNS {
        let start = Instant::now();
        let tree = tree(&bytes);
        let collected = start.elapsed().as_secs_f64();
        let machine = infer(&tree, method, options, &Control::unlimited()).expect("a machine");
        times.push((start.elapsed().as_secs_f64(), collected));
        last = Some(machine);
    }
    times.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (all, collected) = times[RUNS / 2];
    let Some(machine) = last else { return };
    println!(
        "{method} {options}: {all:.3} s (tree {collected:.3}), {} states, {} transitions, {} guards",
        machine.state_count(),
        machine.transitions.len(),
        machine.learned.guards.len()
    );
}

fn tree(traces: &[Vec<u8>]) -> Automaton {
    let mut tree = PrefixTree::new(usize::MAX);
    for bytes in traces {
        tree.add(&TraceView::from_bytes(bytes).expect("a trace just written")).expect("no limit");
    }
    tree.to_automaton()
}

/// A little generator of numbers.
struct Draw(u64);

impl Draw {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

/// Traces in which components take turns. Each component goes round through states of its own, whose next event is
/// decided by a parameter of the one before (in one of fifty cases by chance).
fn balanced(components: u64, events: usize, seed: u64) -> Vec<Trace> {
    let mut draw = Draw(seed);
    let names: Vec<String> = (0..components).map(|i| format!("service{i:02}")).collect();
    let (mut traces, mut written) = (Vec::new(), 0);
    while written < events {
        let mut builder = TraceBuilder::default();
        let mut states = vec![0u64; components as usize];
        let mut component = draw.below(components);
        let length = 30 + draw.below(40);
        for _ in 0..length {
            let state = &mut states[component as usize];
            let size = draw.below(1000);
            let parameters = format!("{{\"size\": {size}, \"user\": \"u{}\"}}", draw.below(5000));
            let event = format!("{} {}", ["open", "read", "send", "wait", "close"][(*state / 2) as usize % 5], *state);
            builder.push(Some(&names[component as usize]), &event, None, None, Some(&parameters));
            let large = if draw.below(50) == 0 { draw.below(2) == 0 } else { size > 300 + 40 * component };
            *state = (*state + if large { 1 } else { 2 }) % 10;
            // The next component is one of two, so that most but not all traces differ.
            if draw.below(3) == 0 {
                component = (component + 1 + draw.below(2)) % components;
            }
        }
        written += length as usize;
        traces.push(builder.finish());
    }
    traces
}
