//! One hot loop per call, on generated sessions of a small shop: what `make callgrind` counts instructions of.
//! Prints seconds and how many a second; `cargo bench --bench hot` runs all.

use logfsm::automaton::PrefixTree;
use logfsm::conform::{Machine, Paths, VariantScores};
use logfsm::infer::{Control, collect, infer};
use logfsm::log::TemplateMiner;
use logfsm::trace::{SetRow, TraceSet, TraceView};
use std::hint::black_box;
use std::time::Instant;

/// Rows of the log.
const ROWS: usize = 200_000;

/// A small generator of numbers, the same everywhere.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % n as u64) as usize
    }
}

/// Rows (key, time, event) of many sessions that run at the same time.
fn rows() -> Vec<(u32, i64, &'static str)> {
    const EVENTS: [&str; 8] = ["open", "login", "search", "view", "add", "remove", "pay", "close"];
    let (mut numbers, mut open, mut next) = (Numbers(42), Vec::new(), 0);
    (0..ROWS)
        .map(|i| {
            if open.len() < 50 {
                open.push((next, 0usize));
                next += 1;
            }
            let at = numbers.below(open.len());
            let (key, step) = open[at];
            let event = if step == 0 { 0 } else { 1 + numbers.below(7) };
            open[at].1 += 1;
            if event == 7 || step == 30 {
                open.swap_remove(at);
            }
            (key, i as i64 * 1000, EVENTS[event])
        })
        .collect()
}

fn main() {
    let wanted = std::env::args().skip(1).find(|a| !a.starts_with('-'));
    let rows = rows();
    let collected = || {
        let mut set = TraceSet::new(usize::MAX);
        for &(key, at, event) in &rows {
            let row = SetRow { at: Some(at), seq: None, component: None, event, parameters: None };
            set.add(Some(&key.to_be_bytes()), row).expect("no limit");
        }
        set
    };
    let set = collected();
    let control = Control::unlimited().with_threads(&|_| (), 1);
    let assemble = || -> Vec<Vec<u8>> {
        let mut binaries = set.binaries();
        let binary = |at: u32| {
            let mut bytes = Vec::new();
            binaries.append(at, &mut bytes).expect("valid rows");
            bytes
        };
        collect::key_order(&set, &control).expect("no limit").into_iter().map(binary).collect()
    };
    let bytes = assemble();
    let views = || bytes.iter().map(|b| TraceView::from_bytes(b).expect("just written"));
    let grow = || {
        let mut tree = PrefixTree::new(usize::MAX);
        views().for_each(|view| tree.add(&view).expect("no limit"));
        tree
    };
    let tree = grow().to_automaton();
    let learn = |method: &str| infer(&tree, method, "{}", &Control::unlimited()).expect("a valid method");
    let machine = Machine::new(learn("k_tails"));
    let lines: Vec<String> =
        rows.iter().map(|(key, at, event)| format!("session {key} {event} took {} ms", at % 977)).collect();
    let loops: [(&str, usize, &dyn Fn()); 9] = [
        ("collect", ROWS, &|| drop(black_box(collected()))),
        ("assemble", ROWS, &|| drop(black_box(assemble()))),
        ("tree", ROWS, &|| drop(black_box(grow()))),
        ("tree_of_set", ROWS, &|| drop(black_box(collect::prefix_tree(&set, &control)))),
        ("tree_form", tree.state_count(), &|| drop(black_box(tree.to_bytes()))),
        ("k_tails", tree.state_count(), &|| drop(black_box(learn("k_tails")))),
        ("paths", ROWS, &|| {
            let mut paths = Paths::new(&machine);
            views().for_each(|view| drop(black_box(paths.of(&view))));
        }),
        ("score", ROWS, &|| {
            let mut scores = VariantScores::default();
            views().for_each(|view| drop(black_box(scores.score(&machine, &view))));
        }),
        ("templates", ROWS, &|| {
            let mut miner = TemplateMiner::new(Default::default(), usize::MAX);
            lines.iter().for_each(|line| drop(black_box(miner.add(line))));
        }),
    ];
    for (name, count, work) in loops.iter().filter(|l| wanted.as_ref().is_none_or(|wanted| wanted == l.0)) {
        let start = Instant::now();
        work();
        let seconds = start.elapsed().as_secs_f64();
        println!("{name:<11} {seconds:8.3} s {:12.0} a second", *count as f64 / seconds);
    }
}
