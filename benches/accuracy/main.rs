//! Accuracy of learners on logs with components, both protocols, beside prefix tree, n-grams and published figures.
//!
//! `LOGFSM_DATA=… cargo bench --bench accuracy -- [hadoop | nglclient | hdfs | days | orders | calls | speed]… [--seeds n]
//! [--method name[:options]]…`

mod data;
#[path = "../../tests/support/logs.rs"]
mod logs;
mod speed;

use logfsm::automaton::Automaton;
use logfsm::conform::accuracy::{Candidate, LIKELIHOOD_FOLDS, Plan, Protocol, cross_validate, folds, held_out_bits};
use logfsm::infer::{Control, infer};
use std::time::Instant;

/// What is compared where no method is named.
fn methods() -> Vec<(String, String)> {
    let mut methods: Vec<(String, String)> = Vec::new();
    let mut add = |name: &str, options: String| methods.push((name.into(), options));
    for name in ["prefix_tree", "2-gram", "3-gram", "4-gram", "auto"] {
        add(name, "{}".into());
    }
    for base in ["k_tails", "edsm", "alergia", "likelihood", "aic", "mdl", "synoptic", "prefix_multiset"] {
        add(base, "{}".into());
        for u in ["0", "1", "2", "10", "\"inf\""] {
            add("prins", format!(r#"{{"base": "{base}", "u": {u}}}"#));
        }
    }
    methods
}

fn main() {
    let (mut sets, mut seeds, mut chosen) = (Vec::new(), 20, Vec::new());
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--bench" => {}
            "--seeds" => seeds = arguments.next().and_then(|n| n.parse().ok()).unwrap_or(seeds),
            "--method" => chosen.extend(arguments.next().map(|m| match m.split_once(':') {
                Some((name, options)) => (name.to_string(), options.to_string()),
                None => (m, "{}".into()),
            })),
            _ => sets.push(argument),
        }
    }
    let methods = if chosen.is_empty() { methods() } else { chosen };
    let wanted = |name: &str| sets.is_empty() || sets.iter().any(|s| s == name);
    for (name, published) in [
        (
            "hadoop",
            "published: MINT 67 states, BA .96, 2.2 CPU s; PRINS u=1 65 states, BA .94, 8.2 s (4 workers 4.1 s)",
        ),
        (
            "nglclient",
            "published: MINT 148 states, BA .93, 1.6 CPU s; PRINS u=1 154 states, BA .92, 9.9 s (4 workers 4.7 s)",
        ),
    ] {
        if let Some(tree) = wanted(name).then(|| data::prins(name)).flatten() {
            table(name, &tree, &[Protocol::Published, Protocol::Strict], seeds, &methods, published);
        }
    }
    if let Some(tree) = wanted("hdfs").then(data::hdfs).flatten() {
        let published =
            "published figures are of another sample; strict: prefix tree .50, 3-gram .74, prefix multiset .94";
        table("hdfs normals", &tree, &[Protocol::Strict], seeds.min(2), &methods, published);
    }
    let both = [Protocol::Published, Protocol::Strict];
    for (name, traces) in [
        ("days", (|| logs::days(42, 240, 7)) as fn() -> Vec<logs::Trace>),
        ("orders", || logs::orders(1000, 9)),
        ("calls", || logs::calls(60, 200, 8)),
    ] {
        if wanted(name) {
            table(name, &logs::tree(&traces(), true), &both, seeds.min(2), &methods, "generated");
        }
    }
    if wanted("speed") {
        speed::print();
    }
}

fn table(
    name: &str,
    tree: &Automaton,
    protocols: &[Protocol],
    seeds: i64,
    methods: &[(String, String)],
    published: &str,
) {
    let control = Control::unlimited();
    println!(
        "\n## {name}: {} traces, {} distinct, {} events",
        tree.totals.traces, tree.totals.distinct_traces, tree.totals.events
    );
    println!(
        "component diversity {:.3}, confidence {:.3}; {published}",
        tree.component_diversity(&Control::unlimited()).unwrap(),
        tree.log_confidence(&Control::unlimited()).unwrap()
    );
    println!("| method | states | transitions | s | protocol | recall | spec. local | spec. hidden | BA | bits |");
    println!("|---|---|---|---|---|---|---|---|---|---|");
    let plans: Vec<_> = protocols
        .iter()
        .flat_map(|&protocol| (0..seeds).map(move |seed| Plan { protocol, folds: 10, seed }))
        .map(|plan| (plan.protocol, folds(tree, plan, &control).expect("folds")))
        .collect();
    let plan = Plan { protocol: Protocol::Strict, folds: LIKELIHOOD_FOLDS, seed: 0 };
    let measured = folds(tree, plan, &control).expect("folds");
    for (method, options) in methods {
        let candidate = Candidate::named(method, options).expect("a method");
        let start = Instant::now();
        let machine = (!method.ends_with("-gram")).then(|| infer(tree, method, options, &control).expect("a machine"));
        let seconds = start.elapsed().as_secs_f64();
        let size =
            |count: fn(&Automaton) -> usize| machine.as_ref().map_or_else(|| "–".into(), |m| count(m).to_string());
        let chosen = machine
            .as_ref()
            .filter(|m| m.method() != method)
            .map_or_else(String::new, |m| format!(" → {}", m.method()));
        // prins says how large the stitched machine was.
        let stitched = machine.as_ref().and_then(|m| {
            let rows = m.stats().rows;
            let note = rows.iter().find_map(|(_, value)| value.split_once("stitched: "))?.1;
            Some(format!(" (stitched {})", note.split(' ').next()?))
        });
        let bits = held_out_bits(&measured, &candidate, &control).expect("bits");
        for &protocol in protocols {
            let mut sums = [0.0; 4];
            let mut counted = 0.0;
            for (_, folds) in plans.iter().filter(|(of, _)| *of == protocol) {
                let folds = cross_validate(folds, &candidate, &control).expect("judgements");
                let all = folds.iter().fold(Default::default(), |a: logfsm::conform::accuracy::Judgement, b| a.plus(b));
                let hidden = all.hidden_rejected as f64 / all.hidden as f64;
                let local = all.local_rejected as f64 / all.local as f64;
                let row =
                    [all.recall().unwrap_or(f64::NAN), local, hidden, all.balanced_accuracy().unwrap_or(f64::NAN)];
                sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
                counted += 1.0;
            }
            let [recall, local, hidden, accuracy] = sums.map(|sum| sum / counted);
            println!(
                "| {method} {options}{chosen} | {}{} | {} | {seconds:.3} | {protocol:?} | {recall:.4} | {local:.4} | {hidden:.4} | {accuracy:.4} | {bits:.3} |",
                size(Automaton::state_count),
                stitched.as_deref().unwrap_or(""),
                size(|m| m.transitions.len()),
            );
        }
    }
}
