//! What must hold of every learner, on a small corpus and on random traces.

mod support;

use logfsm::automaton::{Automaton, Kind};
use logfsm::error::Error;
use logfsm::infer::invariants::{InvariantMiner, MiningOptions, check, violations};
use logfsm::infer::{Control, Sample, accepts, distinct_traces, infer, infer_from, learners};
use logfsm::trace::{Trace, TraceView};
use proptest::prelude::*;

/// Learners that need no negative traces, and the choice among them.
fn methods() -> Vec<&'static str> {
    learners().iter().map(|l| l.name()).filter(|name| *name != "rpni").chain(["auto"]).collect()
}

fn check_machine(method: &str, tree: &Automaton, machine: &Automaton) {
    machine.validate().unwrap_or_else(|e| panic!("{method}: {e} {:?}", e.detail()));
    for trace in distinct_traces(tree, &Control::unlimited()).unwrap() {
        assert!(accepts(machine, &trace.events), "{method} rejects a training trace");
    }
    // With flow conserved, what leaves a state and what stops there add up to its visits: probabilities sum to 1.
    let visits = machine.visits();
    for state in 0..machine.state_count() as u32 {
        let out: u64 = machine.outgoing(state).iter().map(|t| t.count).sum();
        assert_eq!(out + machine.stops[state as usize], visits[state as usize], "{method}");
    }
    assert_eq!(machine.totals, tree.totals, "{method}");
}

fn check_all(traces: &[Vec<String>]) {
    let tree = support::tree(traces);
    let mut backwards = traces.to_vec();
    backwards.reverse();
    let permuted = support::tree(&backwards);
    for method in methods() {
        let machine = infer(&tree, method, "{}", &Control::unlimited()).unwrap();
        check_machine(method, &tree, &machine);
        let again = infer(&permuted, method, "{}", &Control::unlimited()).unwrap();
        assert_eq!(machine.to_bytes(), again.to_bytes(), "{method} depends on the order of traces");
    }
}

fn words(traces: &[&str]) -> Vec<Vec<String>> {
    traces.iter().map(|t| t.chars().map(|c| c.to_string()).collect()).collect()
}

#[test]
fn corpus() {
    for traces in [
        &[""][..],
        &["a"],
        &["ab", "aab", "aaab", ""],
        &["abc", "abd", "xbc", "xbd", "abc"],
        &["aaaa", "aa", "bb", "bbbb", "abab"],
        &["xabxayw", "xayw"],
    ] {
        check_all(&words(traces));
    }
}

fn logs() -> impl Strategy<Value = Vec<Vec<String>>> {
    let event = prop::sample::select(vec!["a", "b", "c", "d", "e"]).prop_map(String::from);
    prop::collection::vec(prop::collection::vec(event, 0..8), 1..12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_learner_keeps_its_promises(traces in logs()) {
        check_all(&traces);
    }

    #[test]
    fn mined_invariants_hold_of_their_traces(traces in logs()) {
        let tree = support::tree(&traces);
        let control = Control::unlimited();
        let mined = InvariantMiner::from_tree(&tree, &control).unwrap().finish(&MiningOptions::default());
        prop_assert!(check(&tree, &mined.list, &control).unwrap().is_empty());
        for invariant in &mined.list {
            prop_assert!(violations(&tree, invariant, 1, &control).unwrap().is_empty());
        }
        let machine = infer(&tree, "synoptic", "{}", &control).unwrap();
        prop_assert!(check(&machine, &mined.list, &control).unwrap().is_empty());
    }

    #[test]
    fn invariant_counts_merge_exactly(traces in logs(), cut in 0usize..12) {
        let of = |traces: &[Vec<String>]| {
            let mut miner = InvariantMiner::new(usize::MAX);
            for trace in traces {
                let bytes = Trace::of(trace.iter().map(String::as_str)).to_bytes();
                miner.add(&TraceView::from_bytes(&bytes).unwrap()).unwrap();
            }
            miner
        };
        let (a, b) = traces.split_at(cut.min(traces.len()));
        let mut merged = of(b);
        merged.merge(&of(a)).unwrap();
        let whole = of(&traces);
        prop_assert_eq!(merged.to_bytes(), whole.to_bytes());
        let read = InvariantMiner::from_bytes(&whole.to_bytes(), usize::MAX).unwrap();
        prop_assert_eq!(read.finish(&MiningOptions::default()), merged.finish(&MiningOptions::default()));
    }

    #[test]
    fn negative_traces_are_rejected(traces in logs(), other in logs()) {
        let positive = support::tree(&traces);
        let other: Vec<Vec<String>> = other.into_iter().filter(|t| !traces.contains(t)).collect();
        prop_assume!(!other.is_empty());
        let negative = support::tree(&other);
        let sample = Sample { positive: &positive, negative: Some(&negative) };
        for method in ["edsm", "rpni", "auto"] {
            let machine = infer_from(sample, method, "{}", &Control::unlimited()).unwrap();
            check_machine(method, &positive, &machine);
            for trace in &other {
                let events: Vec<u32> = trace.iter()
                    .map(|e| machine.label_id(&logfsm::trace::Label::event(e)).unwrap_or(u32::MAX)).collect();
                prop_assert!(!accepts(&machine, &events), "{} accepts a negative trace", method);
            }
        }
    }
}

#[test]
fn learners_can_be_cancelled_and_bounded() {
    let traces = words(&["abcabc", "abab", "cabcab", "bca", "aab"]);
    let tree = support::tree(&traces);
    let stop = || Err(Error::Cancelled);
    for method in methods().into_iter().filter(|m| *m != "prefix_tree") {
        let cancelled = infer(&tree, method, "{}", &Control::new(&stop, usize::MAX));
        assert_eq!(cancelled.unwrap_err(), Error::Cancelled, "{method}");
        let bounded = infer(&tree, method, "{}", &Control::new(&|| Ok(()), 16));
        assert!(matches!(bounded, Err(Error::MemoryLimit { .. })), "{method}");
    }
}

#[test]
fn a_negative_trace_that_is_positive_too_is_left_out_with_a_note() {
    let tree = support::tree(&words(&["ab"]));
    let sample = Sample { positive: &tree, negative: Some(&tree) };
    for method in ["rpni", "edsm"] {
        let machine = infer_from(sample, method, "{}", &Control::unlimited()).unwrap();
        check_machine(method, &tree, &machine);
        let Kind::Inferred(provenance) = &machine.kind else { panic!("{method} gives a prefix tree") };
        assert!(provenance.notes.iter().any(|note| note.contains("1 negative traces")), "{:?}", provenance.notes);
    }
    assert!(matches!(infer(&tree, "rpni", "{}", &Control::unlimited()), Err(Error::InvalidArgument { .. })));
}

#[test]
fn synoptic_takes_own_and_interrupting_invariants() {
    let tree = support::tree(&words(&["lfla", "lfa", "la", "lflfla", "lga"]));
    let control = Control::unlimited();
    let options = MiningOptions {
        kinds: vec![logfsm::infer::invariants::InvariantKind::InterruptedBy],
        ..MiningOptions::default()
    };
    let mined = InvariantMiner::from_tree(&tree, &control).unwrap().finish(&options);
    assert!(!mined.list.is_empty());
    let machine = infer(&tree, "synoptic", r#"{"kinds": ["IntrBy"]}"#, &control).unwrap();
    assert!(check(&machine, &mined.list, &control).unwrap().is_empty());
    let own = |text: &str| infer(&tree, "synoptic", &format!("{{\"kinds\": [], \"invariants\": {text}}}"), &control);
    assert!(own(r#"[["AP", "l", "a"]]"#).is_ok());
    let error = own(r#"[["NFby", "l", "f"]]"#).unwrap_err();
    assert!(error.detail().unwrap().contains("l NFby f does not hold"), "{error:?}");
    assert!(matches!(own(r#"[["NFby", "l"]]"#), Err(Error::InvalidOption { .. })));
}

#[test]
fn auto_says_what_it_chose() {
    let tree = support::tree(&words(&["abc", "abbc", "abbbc", "ac", "abbbbc", "abbbbbc"]));
    let machine = infer(&tree, "auto", "{}", &Control::unlimited()).unwrap();
    let rows = machine.stats().rows;
    assert!(rows.iter().any(|(name, value)| name == "note" && value.starts_with("auto chose ")), "{rows:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn times_and_parameters_survive(traces in logs(), step in 1i64..5_000_000) {
        let mut tree = logfsm::automaton::PrefixTree::new(usize::MAX);
        for (n, trace) in traces.iter().chain(&traces).enumerate() {
            let mut builder = logfsm::trace::TraceBuilder::default();
            for (i, event) in trace.iter().enumerate() {
                let at = (i as i64) * step * (1 + n as i64 % 3);
                builder.push(None, event, Some(at), None, Some(&format!("{{\"n\": {}}}", n % 4)));
            }
            tree.add(&TraceView::from_bytes(&builder.finish().to_bytes()).unwrap()).unwrap();
        }
        let tree = tree.to_automaton();
        let delays: u64 = tree.transitions.iter().map(|t| t.delays.count()).sum();
        for method in methods() {
            let machine = infer(&tree, method, "{}", &Control::unlimited()).unwrap();
            check_machine(method, &tree, &machine);
            let kept: u64 = machine.transitions.iter().map(|t| t.delays.count()).sum();
            prop_assert_eq!(kept, delays, "{} loses delays", method);
        }
    }
}

/// What the notes of `auto` say each method reached.
fn judged(machine: &Automaton) -> Vec<(String, f64)> {
    let Kind::Inferred(provenance) = &machine.kind else { panic!("a prefix tree") };
    let read = |note: &String| {
        let (method, rest) = note.split_once(": ")?;
        Some((method.to_string(), rest.split_once(" bits per held-out event")?.0.parse().ok()?))
    };
    provenance.notes[1..].iter().filter_map(read).collect()
}

#[test]
fn auto_stays_near_a_tie_and_leaves_what_is_clearly_worse() {
    let (mut stayed, mut left) = (0, 0);
    for (seed, count) in [(1u64, 60), (2, 600), (3, 2000)] {
        let mut state = seed;
        let mut below = |bound: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % bound
        };
        let mut trace = || {
            let (mut at, mut events) = (0, Vec::new());
            while at < 8 {
                events.push(format!("event {at}"));
                at = match below(8) {
                    0 if at > 2 => at - 2,
                    1 => at + 3,
                    2 => at,
                    _ => at + 1,
                };
            }
            events
        };
        let tree = support::tree(&(0..count).map(|_| trace()).collect::<Vec<_>>());
        let free = infer(&tree, "auto", "{}", &Control::unlimited()).unwrap();
        let judged = judged(&free);
        assert_eq!(judged.len(), 5);
        let least = judged.iter().map(|(_, bits)| *bits).fold(f64::INFINITY, f64::min);
        for (method, bits) in judged.iter().filter(|(_, bits)| (bits - least - 0.05).abs() > 0.002) {
            let options = format!(r#"{{"stay": "{method}"}}"#);
            let machine = infer(&tree, "auto", &options, &Control::unlimited()).unwrap();
            if *bits < least + 0.05 {
                assert_eq!(machine.method(), method);
                stayed += u32::from(free.method() != method);
            } else {
                assert_eq!(machine.method(), free.method());
                left += 1;
            }
        }
    }
    assert!(stayed > 0 && left > 0, "{stayed} {left}");
    let tree = support::tree(&[vec!["a", "b"], vec!["a"], vec!["b", "a", "b"]]);
    for method in ["k_tails", "mdl", "prefix_multiset"] {
        let options = format!(r#"{{"stay": "{method}", "compare": false}}"#);
        let stayed = infer(&tree, "auto", &options, &Control::unlimited()).unwrap();
        assert_eq!(stayed.transitions, infer(&tree, method, "{}", &Control::unlimited()).unwrap().transitions);
        assert_eq!(stayed.method(), method);
    }
    let tree = support::tree(&[vec!["a"]]);
    for wrong in [r#"{"stay": "no_such"}"#, r#"{"stay": 1}"#] {
        assert!(infer(&tree, "auto", wrong, &Control::unlimited()).is_err());
    }
}

#[test]
fn auto_gives_up_what_would_go_on_for_ever() {
    // Few long traces of many event types: nearly every pair of types is an invariant of some kind.
    let trace = |number: u64| {
        let mut state = number;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % 60
        };
        (0..400).map(|_| format!("event {}", next().min(next()))).collect::<Vec<_>>()
    };
    let tree = support::tree(&(0..26).map(trace).collect::<Vec<_>>());
    let machine = infer(&tree, "auto", "{}", &Control::unlimited()).unwrap();
    let Kind::Inferred(provenance) = &machine.kind else { panic!("a prefix tree") };
    let note = provenance.notes.iter().find(|note| note.starts_with("synoptic: ")).unwrap();
    assert!(note.contains("given up"), "{note}");
    assert_ne!(machine.method(), "synoptic");
}

#[test]
fn aic_grows_with_the_process_not_with_the_sample() {
    let trace = |number: u64| {
        let mut state = number;
        let (mut at, mut events) = (0, Vec::new());
        while at < 20 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            events.push(format!("event {at}"));
            at = match (state >> 33) % 8 {
                0 if at > 2 => at - 2,
                1 => at + 3,
                2 => at,
                _ => at + 1,
            };
        }
        events
    };
    // 20 event types, each a state of its own, and the end
    for traces in [500, 2000] {
        let tree = support::tree(&(0..traces).map(trace).collect::<Vec<_>>());
        let states = infer(&tree, "aic", "{}", &Control::unlimited()).unwrap().state_count();
        assert!((20..=24).contains(&states), "{states} states of {traces} traces");
    }
}
