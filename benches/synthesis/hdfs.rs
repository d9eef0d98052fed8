//! HDFS: learn from half of the normal sequences, compare with the other half.

use crate::support;
use logfsm::automaton::LabelId;
use logfsm::conform::Machine;
use logfsm::infer::invariants::{InvariantMiner, MiningOptions};
use logfsm::infer::{Control, infer};
use logfsm::synth::fidelity::{Weighted, edits, forest, grouped, ks, ngrams, spectrum};
use logfsm::synth::{Generator, Plan, Playout};
use std::collections::BTreeSet;
use std::time::Instant;

pub fn lengths(traces: &[Weighted]) -> Vec<(f64, f64)> {
    traces.iter().map(|t| (t.events.len() as f64, t.weight)).collect()
}

fn row(name: &str, traces: &[Weighted], real: &[Weighted], broken: f64) {
    let (x, y) = (edits::systematic(traces, 300), edits::systematic(real, 300));
    println!(
        "{name:<26} broken {broken:.4}  NGD {:.4}  JS5 {:.4}  JS3 {:.4}  length KS {:.4}  CFLD {:.4}  C2ST {:.3}  TV {:.4}  spectral {:.4}",
        ngrams::distance(traces, real, 3),
        ngrams::divergence(traces, real, 5),
        ngrams::divergence(traces, real, 3),
        ks(&lengths(traces), &lengths(real)),
        edits::control_flow_distance(&x, &y),
        forest::two_sample_auc(traces, real, 2000),
        ngrams::transition_variation(real, traces),
        spectrum::distance(traces, real),
    );
}

pub fn run() {
    let Some(text) = support::data("hdfs/hdfs_loghub_sequences.csv.gz") else { return };
    let mut normal: Vec<Vec<&str>> = Vec::new();
    for line in text.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        if cells[1] == "0" {
            normal.push(cells[2].split(' ').collect());
        }
    }
    let (train, test): (Vec<_>, Vec<_>) = normal.iter().enumerate().partition(|(i, _)| i % 2 == 0);
    let train: Vec<Vec<&str>> = train.into_iter().map(|t| t.1.clone()).collect();
    let test: Vec<Vec<&str>> = test.into_iter().map(|t| t.1.clone()).collect();
    let tree = support::tree(&train);
    let method = std::env::var("METHOD").unwrap_or("auto".into());
    let start = Instant::now();
    let machine = Machine::new(infer(&tree, &method, "{}", &Control::unlimited()).unwrap());
    println!("{} training traces, {} held out; inferred in {:?}", train.len(), test.len(), start.elapsed());
    let start = Instant::now();
    let plan = Plan::learn(&tree, &machine, &mut |_| Ok(()), &Control::unlimited()).unwrap();
    println!("plan in {:?}: {} nodes, {} edges", start.elapsed(), plan.graph.len(), plan.graph.edges.len());
    plan.notes.iter().for_each(|note| println!("  {note}"));
    let playout = Playout::new(machine, plan);
    println!("generator: {} bytes", playout.to_bytes().len());
    let id = |name: &&str| tree.label_id(&logfsm::trace::Label::event(name)).unwrap_or(LabelId::MAX - 9);
    let real = |traces: &[Vec<&str>]| grouped(traces.iter().map(|t| (t.iter().map(id).collect(), 1.0)));
    let (train, test) = (real(&train), real(&test));
    let mined = InvariantMiner::from_tree(&tree, &Control::unlimited()).unwrap().finish(&MiningOptions::default());
    let n: f64 = test.iter().map(|t| t.weight).sum();
    row("training (floor)", &train, &test, broken(&mined.list, &train));
    let draw = logfsm_bootstrap(&train, n as usize);
    row("bootstrap of training", &draw, &test, 0.0);
    let known: BTreeSet<&[LabelId]> = train.iter().map(|t| t.events.as_slice()).collect();
    let held: BTreeSet<&[LabelId]> = test.iter().map(|t| t.events.as_slice()).collect();
    let new = |traces: &[Weighted]| {
        let fresh: Vec<&Weighted> = traces.iter().filter(|t| !known.contains(t.events.as_slice())).collect();
        let sum = |all: &[&Weighted]| all.iter().map(|t| t.weight).sum::<f64>();
        let found: Vec<&Weighted> = fresh.iter().filter(|t| held.contains(t.events.as_slice())).copied().collect();
        let total: f64 = traces.iter().map(|t| t.weight).sum();
        (sum(&fresh) / total, sum(&found) / sum(&fresh))
    };
    println!("new in hold-out: {:.4}", new(&test).0);
    for seed in 1..=4 {
        let generator = Generator::new(&playout, seed, "{}", &Control::unlimited()).unwrap();
        let traces = sample(&generator, n as u64);
        let (fresh, found) = new(&traces);
        row(&format!("ours, seed {seed}"), &traces, &test, broken(&mined.list, &traces));
        println!("{:<26} new {fresh:.4} = {:.2} x, of which in the hold-out {found:.4}", "", fresh / new(&test).0);
    }
    // What a seed's few hundred new traces vary around: their share in the hold-out has a standard error of .017.
    let many = sample(&Generator::new(&playout, 5, "{}", &Control::unlimited()).unwrap(), 200_000);
    let (fresh, found) = new(&many);
    println!(
        "{:<26} new {fresh:.4} = {:.2} x, of which in the hold-out {found:.4}",
        "200,000 traces",
        fresh / new(&test).0
    );
    let options = r#"{"amplification": 0.05}"#;
    let generator = Generator::new(&playout, 1, options, &Control::unlimited()).unwrap();
    for traces in [1_500u64, 100_000] {
        let all: Vec<_> = (1..=traces).map(|i| generator.trace(i).unwrap()).collect();
        let mean = all.iter().map(|s| s.weight).sum::<f64>() / traces as f64;
        let variance = all.iter().map(|s| (s.weight - mean).powi(2)).sum::<f64>() / traces as f64;
        let weighted = grouped(all.iter().map(|s| (events(&s.path, &playout), s.weight)));
        let covered = generator
            .rare_pairs()
            .iter()
            .filter(|p| weighted.iter().any(|t| has_pair(&t.events, p.first, p.then)))
            .count();
        println!(
            "amplified, {traces} traces: {covered} of {} rare pairs, weighted NGD {:.4}, mean weight {mean:.5} ({:+.2} standard errors)",
            generator.rare_pairs().len(),
            ngrams::distance(&weighted, &test, 3),
            (mean - 1.0) / (variance / traces as f64).sqrt()
        );
    }
    let start = Instant::now();
    let events: usize = (1..=200_000).map(|i| generator.trace(i).unwrap().path.len()).sum();
    println!(
        "speed: {:.2} M events/s in the core (path, no times)",
        events as f64 / start.elapsed().as_secs_f64() / 1e6
    );
}

pub fn events(path: &[u32], playout: &Playout) -> Vec<LabelId> {
    path.iter().map(|&t| playout.machine.automaton.transitions[t as usize].label).collect()
}

fn has_pair(events: &[LabelId], first: u32, then: u32) -> bool {
    let padded: Vec<u32> = [u32::MAX].into_iter().chain(events.iter().copied()).chain([u32::MAX]).collect();
    padded.windows(2).any(|pair| pair == [first, then])
}

fn sample(generator: &Generator<&Playout>, n: u64) -> Vec<Weighted> {
    grouped((1..=n).map(|i| (events(&generator.trace(i).unwrap().path, generator.playout()), 1.0)))
}

/// Traces drawn with replacement, by a fixed generator.
fn logfsm_bootstrap(traces: &[Weighted], n: usize) -> Vec<Weighted> {
    let total: f64 = traces.iter().map(|t| t.weight).sum();
    let mut state = 0x2545_f491_4f6c_dd1du64;
    grouped((0..n).map(|_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let mut at = (state >> 11) as f64 / (1u64 << 53) as f64 * total;
        let found = traces.iter().find(|t| {
            at -= t.weight;
            at < 0.0
        });
        (found.unwrap_or(&traces[0]).events.clone(), 1.0)
    }))
}

/// The share of traces that break a mined invariant.
pub fn broken(mined: &[logfsm::infer::invariants::Invariant], traces: &[Weighted]) -> f64 {
    let breaks = |t: &Weighted| mined.iter().any(|i| logfsm::synth::checks::breaks(&t.events, i));
    let sum = |all: f64, t: &Weighted| all + t.weight;
    traces.iter().filter(|t| breaks(t)).fold(0.0, sum) / traces.iter().fold(0.0, sum)
}
