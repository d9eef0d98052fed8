//! Ours beside generators by others that learned from the same traces; see peers.sh.

use crate::hdfs::{broken, events, lengths};
use crate::support;
use logfsm::automaton::LabelId;
use logfsm::conform::Machine;
use logfsm::infer::invariants::{Invariant, InvariantMiner, MiningOptions};
use logfsm::infer::{Control, infer};
use logfsm::synth::fidelity::{Weighted, edits, forest, grouped, ks, ngrams};
use logfsm::synth::{Generator, Plan, Playout};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::time::Instant;

/// The normal HDFS sequences: those learned from, and those compared with.
fn halves(text: &str) -> [Vec<Vec<&str>>; 2] {
    let mut halves = [Vec::new(), Vec::new()];
    let cells = text.lines().skip(1).map(|line| line.split(',').collect::<Vec<_>>());
    for (i, cells) in cells.filter(|cells| cells[1] == "0").enumerate() {
        halves[i % 2].push(cells[2].split(' ').collect());
    }
    halves
}

/// Writes the training half as others read it: peers-export.
pub fn export(directory: &Path) {
    let Some(text) = support::data("hdfs/hdfs_loghub_sequences.csv.gz") else { return };
    let mut out = String::from("trace,seq,event\n");
    for (trace, events) in (1..).zip(&halves(&text)[0]) {
        for (seq, event) in (1..).zip(events) {
            let _: std::fmt::Result = writeln!(out, "{trace},{seq},{event}");
        }
    }
    std::fs::write(directory.join("train.csv"), out).expect("the directory can be written");
}

/// The traces of a file that another generator wrote.
fn read(path: &Path, id: &dyn Fn(&str) -> LabelId) -> Option<Vec<Weighted>> {
    let text = std::fs::read_to_string(path).ok()?;
    let mut traces: BTreeMap<u64, Vec<LabelId>> = BTreeMap::new();
    for line in text.lines().skip(1) {
        let mut cells = line.split(',');
        let trace = cells.next()?.parse().ok()?;
        // SDV may leave a cell empty.
        traces.entry(trace).or_default().push(id(cells.nth(1)?));
    }
    Some(grouped(traces.into_values().map(|events| (events, 1.0))))
}

fn row(name: &str, traces: &[Weighted], real: &[Weighted], mined: &[Invariant], rows_per_second: f64, trained: f64) {
    let n: f64 = traces.iter().map(|t| t.weight).sum();
    let sample = 300.min(n as usize);
    let (x, y) = (edits::systematic(traces, sample), edits::systematic(real, sample));
    println!(
        "| {name:<34} | {n:>6} | {:>6.3} | {:>6.4} | {:>6.4} | {:>6.4} | {:>6.4} | {:>5.3} | {rows_per_second:>9.0} | {trained:>7.1} |",
        broken(mined, traces),
        ngrams::distance(traces, real, 3),
        ngrams::divergence(traces, real, 5),
        ks(&lengths(traces), &lengths(real)),
        edits::control_flow_distance(&x, &y),
        forest::two_sample_auc(traces, real, 2000.min(n as usize)),
    );
}

/// Prints one table: violations, distances to the half that nobody learned from, rows a second, training seconds.
pub fn run(directory: &Path) {
    let Some(text) = support::data("hdfs/hdfs_loghub_sequences.csv.gz") else { return };
    let [train, test] = halves(&text);
    let tree = support::tree(&train);
    let start = Instant::now();
    let machine = Machine::new(infer(&tree, "auto", "{}", &Control::unlimited()).expect("a machine"));
    let plan = Plan::learn(&tree, &machine, &mut |_| Ok(()), &Control::unlimited()).expect("a plan");
    let playout = Playout::new(machine, plan);
    let trained = start.elapsed().as_secs_f64();
    let id = |name: &str| tree.label_id(&logfsm::trace::Label::event(name)).unwrap_or(LabelId::MAX - 9);
    let of = |traces: &[Vec<&str>]| grouped(traces.iter().map(|t| (t.iter().map(|e| id(e)).collect(), 1.0)));
    let (train, test) = (of(&train), of(&test));
    let mined = InvariantMiner::from_tree(&tree, &Control::unlimited())
        .expect("invariants")
        .finish(&MiningOptions::default())
        .list;
    println!(
        "| generator                          | traces | broken |    NGD |    JS5 | len KS |   CFLD |  C2ST |    rows/s | train s |"
    );
    println!(
        "|------------------------------------|--------|--------|--------|--------|--------|--------|-------|-----------|---------|"
    );
    row("(floor: the training traces)", &train, &test, &mined, f64::NAN, f64::NAN);
    let few: Vec<Weighted> = grouped(edits::systematic(&train, 200).into_iter().map(|events| (events.to_vec(), 1.0)));
    row("(floor: 200 of them)", &few, &test, &mined, f64::NAN, f64::NAN);
    let generator = Generator::new(&playout, 1, "{}", &Control::unlimited()).expect("a generator");
    for n in [200, 2791] {
        let traces = (1..=n).map(|i| (events(&generator.trace(i).expect("a trace").path, &playout), 1.0));
        let traces = grouped(traces);
        // So few take too little time to be measured: as many as take a second.
        let (start, mut rows) = (Instant::now(), 0);
        let mut number = 1;
        while start.elapsed().as_secs_f64() < 1.0 {
            rows += generator.trace(number).expect("a trace").path.len();
            number += 1;
        }
        let speed = rows as f64 / start.elapsed().as_secs_f64();
        row("logfsm, auto", &traces, &test, &mined, speed, trained);
    }
    let seconds = std::fs::read_to_string(directory.join("seconds.csv")).unwrap_or_default();
    for line in seconds.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let number = |i: usize| cells.get(i).and_then(|c| c.parse::<f64>().ok()).unwrap_or(f64::NAN);
        let name = match cells[0] {
            "dfg" => "pm4py, DFG playout",
            "stochastic" => "pm4py, stochastic playout",
            "par" => "SDV PAR",
            "hma" => "SDV HMA",
            other => other,
        };
        match read(&directory.join(format!("{}.csv", cells[0])), &id) {
            Some(traces) => row(name, &traces, &test, &mined, number(3) / number(2), number(1)),
            None => println!("| {name:<34} | gave no traces"),
        }
    }
}
