//! What `auto` costs beside its candidates on logs unlike the usual ones, and what it chooses.

use crate::data::logs;
use logfsm::automaton::Kind;
use logfsm::infer::{Control, infer};
use std::time::Instant;

/// A log by name and how it is made.
type Log = (&'static str, fn() -> Vec<logs::Trace>);

const LOGS: &[Log] = &[
    ("messages, 6,666 rows", || logs::messages(6666, 30)),
    ("messages, one trace", || logs::messages(6666, 6666)),
    ("400 one-event traces", || logs::one_event_each(400)),
    ("4,000 one-event traces", || logs::one_event_each(4000)),
    ("600 × 8 of 266 types", || logs::many_types(600, 8, 266)),
    ("3,000 × 5 of 4,000 pages", || logs::pages(3000, 3, 4000)),
    ("10,000 × 5 of 10,000 pages", || logs::pages(10_000, 3, 10_000)),
    ("one round of 100,000", || logs::one_round(100_000)),
    ("one round of 300,000", || logs::one_round(300_000)),
    ("1 × 100,000 random of 10", || logs::random(1, 100_000, 10)),
    ("20 × 5,000 random of 10", || logs::random(20, 5000, 10)),
    ("daemon of 30,000", || logs::daemon(30_000)),
    ("daemon of 100,000", || logs::daemon(100_000)),
    ("42 days of 270", || logs::days(42, 240, 7)),
    ("400 days of 270", || logs::days(400, 240, 7)),
    ("833 × 400 calls", || logs::calls(833, 400, 8)),
    ("50 × 400 calls", || logs::calls(50, 400, 8)),
    ("1,000 orders", || logs::orders(1000, 9)),
    ("100,000 orders", || logs::orders(100_000, 9)),
    ("20,000 strings", || logs::strings(20_000, 20, 12, 12, 10)),
    ("20,000 longer strings", || logs::strings(20_000, 30, 15, 4, 11)),
];

/// Prints a table; `only` names some of the logs.
pub fn run(methods: &[String], only: &str) {
    println!("\nSeconds of each method, and states of its machine");
    for (name, traces) in LOGS.iter().filter(|(name, _)| name.contains(only)) {
        let tree = logs::tree(&traces(), false);
        println!(
            "\n### {name}: {} traces, {} distinct, {} events, {} types, {} nodes",
            tree.totals.traces,
            tree.totals.distinct_traces,
            tree.totals.events,
            tree.labels.len(),
            tree.state_count()
        );
        for method in methods {
            let start = Instant::now();
            let control = Control::unlimited();
            let work = control.at_most(u64::MAX);
            match infer(&tree, method, "{}", &control.with_work(&work)) {
                Ok(machine) => {
                    let seconds = start.elapsed().as_secs_f64();
                    let (states, steps) = (machine.state_count(), work.done() as f64 / 1e6);
                    println!("{method:>16} {seconds:>9.3} s {steps:>9.1} M steps {states:>8} states");
                    if let (Kind::Inferred(provenance), "auto") = (&machine.kind, method.as_str()) {
                        provenance.notes.iter().for_each(|note| println!("{:>18}{note}", ""));
                    }
                }
                Err(error) => println!("{method:>16} {error}"),
            }
        }
    }
}
