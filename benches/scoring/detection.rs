//! Acceptance on HDFS: train on few normal traces, tell 16,838 anomalies from normal ones.

use crate::baselines::{self, Ids};
use crate::data::{self, Numbers};
use crate::logs;
use logfsm::conform::{Evaluation, FALSE_POSITIVE_RATE, Labelled, Machine, evaluate, threshold};
use logfsm::infer::{Control, infer};
use logfsm::trace::Trace;
use std::collections::{BTreeMap, HashMap};

/// Sessions of the full set that are normal.
const ALL_NORMAL: f64 = 558_223.0;
/// Resamples of the test normals.
const RESAMPLES: usize = 200;

/// A distinct test trace with how often it is normal and how often an anomaly.
struct Test {
    trace: Trace,
    ids: Ids,
    normal: f64,
    abnormal: f64,
}

/// One detector on one subset: a score per distinct test trace, and its threshold.
struct Run {
    scores: Vec<f64>,
    threshold: f64,
}

fn labelled(tests: &[Test], normals: &[f64], run: &Run, weight: f64, rare_only: bool) -> Vec<Labelled> {
    let mut all = Vec::with_capacity(2 * tests.len());
    for ((test, &normal), &score) in tests.iter().zip(normals).zip(&run.scores) {
        // Rare: a sequence of which the whole test has at most one in a thousand.
        if rare_only && (test.normal * weight + test.abnormal) > 1e-3 * (ALL_NORMAL + 16_838.0) {
            continue;
        }
        all.push(Labelled { score, anomalous: false, weight: normal * weight });
        all.push(Labelled { score, anomalous: true, weight: test.abnormal });
    }
    all
}

fn quantile(values: &[f64], q: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[((sorted.len() - 1) as f64 * q).round() as usize]
}

/// How often each distinct trace is drawn when the normal ones are drawn again.
fn resampled(tests: &[Test], numbers: &mut Numbers) -> Vec<f64> {
    let cumulated: Vec<u64> = tests
        .iter()
        .scan(0, |sum, t| {
            *sum += t.normal as u64;
            Some(*sum)
        })
        .collect();
    let total = *cumulated.last().unwrap_or(&0);
    let mut drawn = vec![0.0; tests.len()];
    for _ in 0..total {
        let at = numbers.below(total);
        drawn[cumulated.partition_point(|&c| c <= at)] += 1.0;
    }
    drawn
}

/// The log, its distinct test traces, and numbers for event types.
struct Data {
    train: logs::Traces,
    abnormal: logs::Traces,
    number: HashMap<String, usize>,
    tests: Vec<Test>,
    /// Test traces that are normal.
    normals: usize,
}

impl Data {
    fn read() -> Option<Self> {
        let (train, normal, abnormal) = logs::hdfs()?;
        let mut number: HashMap<String, usize> = HashMap::new();
        for event in train.iter().chain(&normal).chain(&abnormal).flatten() {
            let next = number.len();
            number.entry(event.clone()).or_insert(next);
        }
        let mut distinct: BTreeMap<&Vec<String>, (f64, f64)> = BTreeMap::new();
        normal.iter().for_each(|t| distinct.entry(t).or_default().0 += 1.0);
        abnormal.iter().for_each(|t| distinct.entry(t).or_default().1 += 1.0);
        let test = |(t, (normal, abnormal)): (&Vec<String>, (f64, f64))| Test {
            trace: Trace::of(t.iter().map(String::as_str)),
            ids: t.iter().map(|e| number[e]).collect(),
            normal,
            abnormal,
        };
        let tests = distinct.into_iter().map(test).collect();
        Some(Data { train, abnormal, tests, normals: normal.len(), number })
    }

    /// Some traces in an order that a seed decides.
    fn shuffled(traces: &logs::Traces, seed: u64) -> Vec<&Vec<String>> {
        let mut numbers = Numbers(seed + 1);
        let mut order: Vec<usize> = (0..traces.len()).collect();
        for i in (1..order.len()).rev() {
            order.swap(i, numbers.below(i as u64 + 1) as usize);
        }
        order.into_iter().map(|i| &traces[i]).collect()
    }

    /// Our score with some options, and how many states its machine has.
    fn ours(&self, chosen: &[&Vec<String>], method: &str, options: &str) -> (Run, usize) {
        let tree = data::tree(chosen.iter().map(|t| t.iter().map(String::as_str).collect::<Vec<_>>()));
        let machine = infer(&tree, method, options, &Control::unlimited()).expect("a valid method");
        let states = machine.state_count();
        let threshold = threshold(&machine, FALSE_POSITIVE_RATE).expect("calibrated");
        let machine = Machine::new(machine);
        let scores = self.tests.iter().map(|t| machine.score_trace(&t.trace)).collect();
        (Run { scores, threshold }, states)
    }

    fn baselines(&self, chosen: &[&Vec<String>]) -> Vec<(&'static str, Run)> {
        let ids: Vec<Ids> = chosen.iter().map(|t| t.iter().map(|e| self.number[e]).collect()).collect();
        let run = |detector: baselines::Detector| {
            let scores = self.tests.iter().map(|t| (detector.score)(&t.ids)).collect();
            (detector.name, Run { scores, threshold: detector.threshold })
        };
        baselines::train(&ids, self.number.len()).into_iter().map(run).collect()
    }
}

/// The runs of each detector.
type Runs = Vec<(&'static str, Vec<Run>)>;

fn push(runs: &mut Runs, name: &'static str, run: Run) {
    match runs.iter_mut().find(|r| r.0 == name) {
        Some(found) => found.1.push(run),
        None => runs.push((name, vec![run])),
    }
}

/// Prints the tables.
pub fn run(subsets: Option<usize>, method: &str) {
    let Some(data) = Data::read() else { return };
    println!(
        "\nHDFS: {} training normals, {} test normals, {} anomalies; method {method}",
        data.train.len(),
        data.normals,
        data.abnormal.len()
    );
    for (size, repeats) in [(4855, 1), (486, 20), (49, 50)] {
        let repeats = subsets.unwrap_or(repeats).min(repeats);
        let weight = (ALL_NORMAL - size as f64) / data.normals as f64;
        let (mut runs, mut states) = (Vec::new(), 0);
        for seed in 0..repeats as u64 {
            let chosen = &Data::shuffled(&data.train, seed)[..size];
            data.baselines(chosen).into_iter().for_each(|(name, run)| push(&mut runs, name, run));
            let (run, found) = data.ours(chosen, method, "{}");
            states = found;
            push(&mut runs, "logfsm", run);
        }
        println!(
            "\n{size} training normals, {repeats} subsets (machine of the last: {states} states): median (worst decile) [95 % of resampled test normals]"
        );
        report(&data.tests, &runs, weight);
    }
}

/// Prints what becomes of the scores where some training traces are anomalies that nobody knows of.
pub fn contaminated(subsets: Option<usize>, method: &str) {
    let Some(data) = Data::read() else { return };
    let (size, repeats) = (4855, subsets.unwrap_or(5).min(5));
    let weight = (ALL_NORMAL - size as f64) / data.normals as f64;
    for faulty in [5, 50, 146] {
        let mut runs = Vec::new();
        for seed in 0..repeats as u64 {
            let mut chosen = Data::shuffled(&data.train, seed)[..size].to_vec();
            chosen.extend(&Data::shuffled(&data.abnormal, seed)[..faulty]);
            data.baselines(&chosen).into_iter().for_each(|(name, run)| push(&mut runs, name, run));
            for (name, share) in [
                ("logfsm", "0"),
                ("contamination .01", "0.01"),
                ("contamination .03", "0.03"),
                ("contamination .05", "0.05"),
            ] {
                let options = format!("{{\"contamination\": {share}}}");
                push(&mut runs, name, data.ours(&chosen, method, &options).0);
            }
        }
        println!(
            "\n{size} training normals and {faulty} anomalies among them, {repeats} subsets: median (worst decile)"
        );
        report(&data.tests, &runs, weight);
    }
}

fn report(tests: &[Test], runs: &[(&'static str, Vec<Run>)], weight: f64) {
    println!(
        "{:<22} {:>28} {:>14} {:>28} {:>7} {:>10} {:>9}",
        "scorer", "F1", "best F1", "AUPRC", "AUROC", "rare AUPRC", "FPR@95"
    );
    let whole: Vec<f64> = tests.iter().map(|t| t.normal).collect();
    let mut numbers = Numbers(99);
    let draws: Vec<Vec<f64>> = (0..RESAMPLES).map(|_| resampled(tests, &mut numbers)).collect();
    for (name, runs) in runs {
        let figures: Vec<Evaluation> =
            runs.iter().map(|r| evaluate(&labelled(tests, &whole, r, weight, false), r.threshold)).collect();
        let rare: Vec<f64> = runs
            .iter()
            .map(|r| evaluate(&labelled(tests, &whole, r, weight, true), r.threshold).auprc.unwrap_or(0.0))
            .collect();
        let of = |f: fn(&Evaluation) -> Option<f64>| figures.iter().map(|e| f(e).unwrap_or(0.0)).collect::<Vec<f64>>();
        let (f1, best, auprc) = (of(|e| e.f1), of(|e| e.best_f1), of(|e| e.auprc));
        let (auroc, fpr) = (of(|e| e.auroc), of(|e| e.fpr_at_95_recall));
        // Resampling every subset's table is dear: intervals for our score and the best baseline only.
        let interval = |f: fn(&Evaluation) -> Option<f64>| {
            let medians: Vec<f64> = draws
                .iter()
                .map(|draw| {
                    let each: Vec<f64> = runs
                        .iter()
                        .map(|r| f(&evaluate(&labelled(tests, draw, r, weight, false), r.threshold)).unwrap_or(0.0))
                        .collect();
                    quantile(&each, 0.5)
                })
                .collect();
            format!(" [{:.3}-{:.3}]", quantile(&medians, 0.025), quantile(&medians, 0.975))
        };
        let shown = |values: &[f64]| format!("{:.4} ({:.3})", quantile(values, 0.5), quantile(values, 0.1));
        let with = matches!(*name, "logfsm" | "nearest count vector");
        let (i1, i2) = if with { (interval(|e| e.f1), interval(|e| e.auprc)) } else { Default::default() };
        println!(
            "{name:<22} {:>28} {:>14} {:>28} {:>7.3} {:>10.3} {:>9.5}",
            shown(&f1) + &i1,
            shown(&best),
            shown(&auprc) + &i2,
            quantile(&auroc, 0.5),
            quantile(&rare, 0.5),
            quantile(&fpr, 0.5)
        );
    }
}
