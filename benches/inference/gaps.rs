//! How long each learner goes without asking whether to go on, and how its time grows as the input doubles.

use crate::data::{Numbers, add};
use logfsm::automaton::{Automaton, PrefixTree};
use logfsm::infer::{Control, infer};
use logfsm::trace::Trace;
use std::cell::Cell;
use std::time::Instant;

/// Traces of a process with loops and choices: distinct traces go on growing with the input.
fn traces(count: usize, numbers: &mut Numbers) -> Automaton {
    let names: Vec<String> = (0..20).map(|i| format!("event {i}")).collect();
    let mut tree = PrefixTree::new(usize::MAX);
    for _ in 0..count {
        let (mut at, mut trace) = (0, Vec::new());
        while at < 20 {
            trace.push(names[at as usize].as_str());
            at = match numbers.below(8) {
                0 if at > 2 => at - 2,
                1 => at + 3,
                2 => at,
                _ => at + 1,
            };
        }
        add(&mut tree, &Trace::of(trace).to_bytes());
    }
    tree.to_automaton()
}

/// Prints a table: seconds, growth over the size before, and the longest gap in milliseconds.
pub fn run(methods: &[String], most: usize) {
    println!("\nGrowth as the traces double, and the longest time without asking whether to go on");
    println!(
        "{:>12} {:>8} {:>8} {:>8} {:>7} {:>9} {:>7} {:>8}",
        "method", "traces", "distinct", "nodes", "states", "seconds", "growth", "gap ms"
    );
    let trees: Vec<Automaton> = (0..6).map(|i| traces(most >> (5 - i), &mut Numbers(5))).collect();
    for method in methods {
        let mut before = None;
        for tree in &trees {
            let (longest, last) = (Cell::new(0.0f64), Cell::new(Instant::now()));
            let proceed = || {
                let gap = last.get().elapsed().as_secs_f64();
                longest.set(longest.get().max(gap));
                last.set(Instant::now());
                Ok(())
            };
            let start = Instant::now();
            let machine = infer(tree, method, "{}", &Control::new(&proceed, usize::MAX)).expect("a valid method");
            let _ = proceed();
            let seconds = start.elapsed().as_secs_f64();
            let growth = before.map_or(String::new(), |before: f64| format!("{:.2}", seconds / before));
            println!(
                "{method:>12} {:>8} {:>8} {:>8} {:>7} {seconds:>9.3} {growth:>7} {:>8.1}",
                tree.totals.traces,
                tree.totals.distinct_traces,
                tree.state_count(),
                machine.state_count(),
                1000.0 * longest.get()
            );
            before = Some(seconds);
        }
    }
}
