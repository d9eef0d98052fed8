//! Accuracy protocols: negatives checked independently, figures that data sets are known to give, reproducible by seed.

mod support;

use logfsm::automaton::{Automaton, PrefixTree};
use logfsm::conform::accuracy::{Candidate, Judgement, Plan, Protocol, cross_validate, folds, mean_of, wilson};
use logfsm::conform::{Machine, threshold};
use logfsm::error::Error;
use logfsm::infer::{Control, distinct_traces, infer};
use logfsm::trace::{Trace, TraceBuilder, TraceView};

/// Traces with loops, choices and concurrency, drawn from a little generator of numbers.
fn log() -> Automaton {
    let mut state = 7u32;
    let mut draw = |n: u32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 16) % n
    };
    let mut traces: Vec<Vec<&str>> = Vec::new();
    for _ in 0..200 {
        let mut trace = vec!["open"];
        for _ in 0..draw(4) {
            trace.extend(if draw(2) == 0 { ["read", "seek"] } else { ["seek", "read"] });
        }
        trace.push(if draw(3) == 0 { "abort" } else { "close" });
        traces.push(trace);
    }
    support::tree(&traces)
}

/// Whether a window, 0 standing for no event at either side, can be found in a trace: without any index.
fn found(events: &[u32], window: &[u32], start: u32, end: u32) -> bool {
    let framed: Vec<u32> = [start].into_iter().chain(events.iter().copied()).chain([end]).collect();
    (0..framed.len()).any(|at| framed[at..].starts_with(window))
}

#[test]
fn no_window_of_a_negative_occurs_in_a_positive() {
    let tree = log();
    let positives = distinct_traces(&tree, &Control::unlimited()).unwrap();
    let (start, end) = (u32::MAX, u32::MAX - 1);
    for protocol in [Protocol::Published, Protocol::Strict] {
        let folds = folds(&tree, Plan { protocol, folds: 5, seed: 3 }, &Control::unlimited()).unwrap();
        let (mut local, mut hidden) = (0, 0);
        for fold in &folds {
            for negative in &fold.local {
                local += 1;
                assert!(!negative.windows.is_empty());
                for window in &negative.windows {
                    assert!(found(&negative.events, window, start, end), "a window is not of its own trace");
                    assert!(positives.iter().all(|p| !found(&p.events, window, start, end)), "{negative:?}");
                }
            }
            for negative in &fold.hidden {
                hidden += 1;
                assert!(positives.iter().all(|p| p.events != *negative), "a hidden negative is a positive");
                let framed: Vec<u32> = [start].into_iter().chain(negative.iter().copied()).chain([end]).collect();
                for window in framed.windows(3) {
                    assert!(positives.iter().any(|p| found(&p.events, window, start, end)), "a window gives it away");
                }
            }
        }
        assert!(local > 0);
        assert_eq!(hidden > 0, protocol == Protocol::Strict);
    }
}

#[test]
fn every_trace_is_held_out_once() {
    let tree = log();
    for (protocol, expected) in [(Protocol::Published, tree.totals.traces), (Protocol::Strict, tree.totals.traces)] {
        let folds = folds(&tree, Plan { protocol, folds: 7, seed: 1 }, &Control::unlimited()).unwrap();
        assert_eq!(folds.iter().flat_map(|f| &f.held).map(|held| held.count).sum::<u64>(), expected);
        for fold in &folds {
            fold.training.validate().unwrap();
            let held: u64 = fold.held.iter().map(|held| held.count).sum();
            assert_eq!(fold.training.totals.traces + held, tree.totals.traces);
        }
        if protocol == Protocol::Strict {
            assert_eq!(folds.iter().map(|f| f.held.len() as u64).sum::<u64>(), tree.totals.distinct_traces);
        }
    }
}

#[test]
fn a_seed_fixes_folds_negatives_and_results() {
    let tree = log();
    let control = Control::unlimited();
    let run = |seed: i64| {
        let plan = Plan { protocol: Protocol::Strict, folds: 5, seed };
        let folds = folds(&tree, plan, &control).unwrap();
        let judged = cross_validate(&folds, &Candidate::named("mdl", "{}").unwrap(), &control).unwrap();
        (folds.into_iter().map(|f| (f.held, f.local, f.hidden)).collect::<Vec<_>>(), judged)
    };
    assert_eq!(run(5), run(5));
    assert_ne!(run(5).0, run(6).0);
}

#[test]
fn memorising_fails_the_strict_protocol_and_n_grams_miss_what_is_hidden() {
    let tree = log();
    let control = Control::unlimited();
    let folds = folds(&tree, Plan { protocol: Protocol::Strict, folds: 5, seed: 0 }, &control).unwrap();
    let judge = |name: &str| {
        let judged = cross_validate(&folds, &Candidate::named(name, "{}").unwrap(), &control).unwrap();
        judged.iter().fold(Judgement::default(), |a, b| a.plus(b))
    };
    let memorised = judge("prefix_tree");
    assert_eq!((memorised.recall(), memorised.specificity()), (Some(0.0), Some(1.0)));
    let grams = judge("3-gram");
    assert!(grams.hidden_rejected * 5 < grams.hidden, "{grams:?}");
    assert!(judge("prefix_multiset").hidden_rejected > grams.hidden_rejected);
}

#[test]
fn what_cannot_be_judged_is_an_error() {
    let one = support::tree(&[vec!["a"]]);
    let plan = Plan { protocol: Protocol::Strict, folds: 10, seed: 0 };
    assert!(matches!(folds(&one, plan, &Control::unlimited()), Err(Error::InvalidArgument { argument: "k", .. })));
    let plan = Plan { folds: 1, ..plan };
    assert!(matches!(folds(&log(), plan, &Control::unlimited()), Err(Error::InvalidArgument { .. })));
    assert!(matches!(Candidate::named("1-gram", "{}"), Err(Error::UnknownMethod { .. })));
    assert!(matches!(Protocol::named("easy"), Err(Error::InvalidArgument { .. })));
}

#[test]
fn intervals_are_those_of_the_books() {
    // Wilson (1927) for 81 of 263, as in Newcombe (1998): .2553 to .3662.
    let interval = wilson(81, 263).unwrap();
    assert!((interval.low - 0.2553).abs() < 1e-4 && (interval.high - 0.3662).abs() < 1e-4, "{interval:?}");
    assert_eq!(wilson(0, 0), None);
    let mean = mean_of((0.5, wilson(50, 100).unwrap()), (0.5, wilson(50, 100).unwrap()));
    assert!(mean.low > interval.low && mean.low < 0.5 && mean.high > 0.5);
}

/// The PRINS data sets, with components and parameters.
fn prins(name: &str) -> Option<Automaton> {
    let text = support::data(&format!("prins/{name}.csv.gz"))?;
    let mut tree = PrefixTree::new(usize::MAX);
    let rows: Vec<Vec<String>> = support::csv(&text);
    for trace in rows[1..].chunk_by(|a, b| a[0] == b[0]) {
        let mut builder = TraceBuilder::default();
        for row in trace {
            builder.push(Some(&row[3]), &row[4], None, row[1].parse().ok(), Some(&row[7]));
        }
        tree.add(&TraceView::from_bytes(&builder.finish().to_bytes()).unwrap()).unwrap();
    }
    Some(tree.to_automaton())
}

#[test]
fn published_logs_have_their_published_scores() {
    for (name, diversity, confidence, least_recall, least_accuracy) in
        [("hadoop", 0.015, 1.0, 0.98, 0.99), ("nglclient", 0.195, 0.858, 0.855, 0.925)]
    {
        let Some(tree) = prins(name) else { return };
        let found = (
            tree.component_diversity(&Control::unlimited()).unwrap(),
            tree.log_confidence(&Control::unlimited()).unwrap(),
        );
        assert!((found.0 - diversity).abs() < 5e-4, "{name}: {}", found.0);
        assert!((found.1 - confidence).abs() < 5e-4, "{name}: {}", found.1);
        let control = Control::unlimited();
        for method in ["auto", "prins"] {
            let (mut recall, mut accuracy) = (0.0, 0.0);
            for seed in 0..3 {
                let folds = folds(&tree, Plan { protocol: Protocol::Published, folds: 10, seed }, &control).unwrap();
                let judged = cross_validate(&folds, &Candidate::named(method, "{}").unwrap(), &control).unwrap();
                let all = judged.iter().fold(Judgement::default(), |a, b| a.plus(b));
                recall += all.recall().unwrap() / 3.0;
                accuracy += all.balanced_accuracy().unwrap() / 3.0;
            }
            assert!(accuracy >= least_accuracy, "{name} {method}: balanced accuracy {accuracy}");
            assert!(recall >= least_recall, "{name} {method}: recall {recall}");
        }
    }
}

#[test]
fn anomalies_in_the_training_traces_stand_out_where_contamination_is_assumed() {
    let usual = ["open", "read", "close"];
    let longer = ["open", "read", "read", "close"];
    let mut traces: Vec<Vec<&str>> = Vec::new();
    traces.extend(vec![usual.to_vec(); 700]);
    traces.extend(vec![longer.to_vec(); 292]);
    let odd =
        [vec!["open", "fail"], vec!["open", "read", "close", "read"], vec!["open", "kill", "close"], vec!["read"]];
    // Each occurs twice: 8 of 1,000 traces.
    odd.iter().for_each(|trace| traces.extend([trace.clone(), trace.clone()]));
    let tree = support::tree(&traces);
    let flagged = |options: &str| {
        let machine = infer(&tree, "k_tails", options, &Control::unlimited()).unwrap();
        let limit = threshold(&machine, 0.001).unwrap();
        let machine = Machine::new(machine);
        let beyond = |trace: &[&str]| machine.score_trace(&Trace::of(trace.iter().copied())) > limit;
        let odd = odd.iter().filter(|trace| beyond(trace)).count();
        (odd, beyond(&usual) || beyond(&longer))
    };
    assert_eq!(flagged("{}"), (0, false), "what is learned from is normal");
    assert_eq!(flagged(r#"{"contamination": 0.01}"#), (4, false));
    assert_eq!(flagged(r#"{"contamination": 0}"#), flagged("{}"));
    assert!(infer(&tree, "auto", r#"{"contamination": 0.6}"#, &Control::unlimited()).is_err());
}
