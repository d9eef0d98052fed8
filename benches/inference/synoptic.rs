//! Speed of Synoptic: a generated web shop, and a log of many event types and few traces.

use crate::data::{Numbers, add};
use logfsm::automaton::{Automaton, PrefixTree};
use logfsm::infer::{Control, infer};
use logfsm::trace::Trace;
use std::time::Instant;

/// Sessions of a web shop: browse, fill the cart, perhaps a coupon, pay or leave.
fn web_shop(events: usize, numbers: &mut Numbers) -> PrefixTree {
    let mut tree = PrefixTree::new(usize::MAX);
    let mut made = 0;
    while made < events {
        let mut trace = vec!["home"];
        while trace.len() < 40 {
            match numbers.below(10) {
                0..3 => trace.push("search"),
                3..6 => trace.push("product"),
                6 => trace.extend(["product", "add-to-cart"]),
                7 => trace.push("reviews"),
                _ => break,
            }
        }
        if trace.contains(&"add-to-cart") && numbers.below(3) > 0 {
            trace.push("check-out");
            match numbers.below(4) {
                0 => trace.extend(["valid-coupon", "reduce-price"]),
                1 => trace.push("invalid-coupon"),
                _ => {}
            }
            trace.push("get-credit-card");
            trace.push(if numbers.below(10) == 0 { "payment-failed" } else { "payment" });
        }
        trace.push("log-out");
        made += trace.len();
        add(&mut tree, &Trace::of(trace).to_bytes());
    }
    tree
}

/// `traces` traces over `types` event types from a random process with phases.
fn many_types(types: usize, traces: usize, numbers: &mut Numbers) -> PrefixTree {
    let names: Vec<String> = (0..types).map(|i| format!("event {i}")).collect();
    let mut tree = PrefixTree::new(usize::MAX);
    for _ in 0..traces {
        let mut at = numbers.below(5);
        let mut trace = Vec::new();
        while (at as usize) < types {
            trace.push(names[at as usize].as_str());
            at = match numbers.below(6) {
                0 if at > 2 => at - numbers.below(3),
                step => at + 1 + step,
            };
        }
        add(&mut tree, &Trace::of(trace).to_bytes());
    }
    tree
}

fn report(name: &str, tree: &Automaton) {
    let start = Instant::now();
    let machine = infer(tree, "synoptic", "{}", &Control::unlimited()).expect("a valid method");
    println!(
        "{name:<22} {:>8} {:>8} {:>8} {:>6} {:>6} {:>8.3}",
        tree.totals.events,
        tree.totals.traces,
        tree.totals.distinct_traces,
        tree.labels.len(),
        machine.state_count() + 1,
        start.elapsed().as_secs_f64()
    );
}

/// Prints the table.
pub fn run() {
    println!("\nSynoptic from the prefix tree");
    println!(
        "{:<22} {:>8} {:>8} {:>8} {:>6} {:>6} {:>8}",
        "log", "events", "traces", "distinct", "types", "nodes", "seconds"
    );
    for events in [10_000, 100_000, 900_000] {
        report("web shop", &web_shop(events, &mut Numbers(1)).to_automaton());
    }
    // 60 types in 150 lines, as a short Apache log, and in 150 traces.
    report("60 types, 150 lines", &many_types(60, 10, &mut Numbers(2)).to_automaton());
    report("60 types, 150 traces", &many_types(60, 150, &mut Numbers(2)).to_automaton());
}
