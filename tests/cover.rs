//! Test cases: few traces that cover a machine, each one that the generator could draw.

mod support;

use logfsm::automaton::PrefixTree;
use logfsm::conform::Machine;
use logfsm::infer::invariants::{InvariantMiner, MiningOptions};
use logfsm::infer::{Control, infer};
use logfsm::synth::checks::breaks;
use logfsm::synth::cover::Goal;
use logfsm::synth::{Generator, Plan, Playout, over};
use logfsm::trace::{Trace, TraceView};
use proptest::prelude::*;
use std::collections::BTreeSet;

fn control() -> Control<'static> {
    Control::unlimited()
}

fn playout(traces: &[Vec<String>], method: &str, options: &str) -> Playout {
    let tree = support::tree(traces);
    let machine = Machine::new(infer(&tree, method, options, &control()).unwrap());
    let all: Vec<Trace> = traces.iter().map(|t| Trace::of(t.iter().map(String::as_str))).collect();
    let plan = Plan::learn(&tree, &machine, &mut over(&all), &control()).unwrap();
    Playout::new(machine, plan)
}

fn words(traces: &[&str]) -> Vec<Vec<String>> {
    traces.iter().map(|t| t.chars().map(String::from).collect()).collect()
}

/// What a path covers.
fn met(playout: &Playout, path: &[u32]) -> BTreeSet<Goal> {
    let transitions = &playout.machine.automaton.transitions;
    let mut met = BTreeSet::from([Goal::State(0)]);
    for (i, &t) in path.iter().enumerate() {
        met.extend([Goal::State(transitions[t as usize].target), Goal::Transition(t)]);
        met.extend(i.checked_sub(1).map(|before| Goal::Pair(path[before], t)));
    }
    met
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn suites_cover_what_they_say_and_nothing_that_is_drawn_is_left(
        traces in prop::collection::vec(prop::collection::vec("[a-d]", 0..9), 1..12),
        method in prop::sample::select(vec!["k_tails", "synoptic", "mdl", "prefix_tree", "alergia"]),
        what in prop::sample::select(vec!["states", "transitions", "pairs"]),
        seed in any::<i64>()
    ) {
        let playout = playout(&traces, method, "{}");
        let options = format!(r#"{{"cover": "{what}"}}"#);
        let generator = Generator::new(&playout, seed, &options, &control()).unwrap();
        let suite = generator.suite().unwrap().clone();
        let tree = support::tree(&traces);
        let mined = InvariantMiner::from_tree(&tree, &control()).unwrap().finish(&MiningOptions::default());
        let breaking = playout.plan.notes[0].contains("needed too much memory");
        let mut covered = BTreeSet::new();
        for (ordinal, case) in (1..).zip(&suite.cases) {
            let synthetic = generator.trace(ordinal).unwrap();
            prop_assert!(playout.machine.accepts(&synthetic.trace.variant));
            prop_assert_eq!(&synthetic.path, &case.path);
            prop_assert_eq!(&synthetic.covers, &case.covers);
            // What it covers is new, and is in it.
            prop_assert!(!case.covers.is_empty());
            let own = met(&playout, &case.path);
            prop_assert!(case.covers.iter().all(|goal| own.contains(goal) && covered.insert(*goal)));
            let events: Vec<u32> =
                case.path.iter().map(|&t| playout.machine.automaton.transitions[t as usize].label).collect();
            prop_assert!(breaking || !mined.list.iter().any(|i| breaks(&events, i)));
        }
        prop_assert!(generator.trace(suite.cases.len() as u64 + 1).is_err());
        let all: BTreeSet<Goal> = Goal::all(&playout.machine.automaton, what).into_iter().collect();
        prop_assert_eq!(all.len(), suite.goals);
        let left: BTreeSet<Goal> = suite.uncovered.iter().copied().collect();
        prop_assert_eq!(&left | &covered, all.clone());
        prop_assert!(left.is_disjoint(&covered));
        // What plain traces cover, the suite covers.
        let plain = Generator::new(&playout, seed, "{}", &control()).unwrap();
        for ordinal in 1..=200 {
            let own = met(&playout, &plain.trace(ordinal).unwrap().path);
            let missed: Vec<_> = own.iter().filter(|goal| left.contains(goal)).collect();
            prop_assert!(missed.is_empty(), "{:?}", missed);
        }
        // The same again.
        let again = Generator::new(&playout, seed, &options, &control()).unwrap();
        prop_assert_eq!(again.suite().unwrap(), &suite);
    }
}

#[test]
fn suites_are_small() {
    // Two branches, then two branches: two traces cover all four, and all pairs need four.
    let playout = playout(&words(&["acx", "adx", "bcx", "bdx"]), "k_tails", r#"{"k": 1}"#);
    let size = |what: &str| {
        let generator = Generator::new(&playout, 1, &format!(r#"{{"cover": "{what}"}}"#), &control()).unwrap();
        let suite = generator.suite().unwrap();
        assert!(suite.uncovered.is_empty(), "{what} {:?}", suite.uncovered);
        suite.cases.len()
    };
    assert_eq!(size("transitions"), 2);
    assert_eq!(size("pairs"), 4);
    assert!(size("states") <= 2);
}

#[test]
fn an_empty_trace_covers_the_start_state() {
    for method in ["k_tails", "synoptic", "mdl", "prefix_tree", "alergia"] {
        let playout = playout(&[Vec::new()], method, "{}");
        let generator = Generator::new(&playout, 0, r#"{"cover": "states"}"#, &control()).unwrap();
        let suite = generator.suite().unwrap();
        assert_eq!((suite.cases.len(), suite.uncovered.len()), (1, 0), "{method}");
        assert_eq!(suite.cases[0].covers, [Goal::State(0)], "{method}");
        assert!(generator.trace(1).unwrap().trace.is_empty());
    }
}

#[test]
fn what_no_trace_covers_is_said() {
    // The machine of one state accepts all pairs; no real trace has b before a.
    let playout = playout(&words(&["ab", "aab", "abb", "aabb", "a", "b"]), "k_tails", r#"{"k": 0}"#);
    let generator = Generator::new(&playout, 1, r#"{"cover": "pairs"}"#, &control()).unwrap();
    let suite = generator.suite().unwrap();
    let names: Vec<String> = suite.uncovered.iter().map(|goal| goal.name(&playout.machine.automaton)).collect();
    assert!(names.iter().any(|name| name.contains(" b ") && name.contains(" a ")), "{names:?}");
    assert!(suite.to_string().contains("traces cover"));
    let both = r#"{"cover": "pairs", "kind": "anomalous"}"#;
    assert!(Generator::new(&playout, 1, both, &control()).is_err());
    // Conditions hold for test cases, too.
    let long = Generator::new(&playout, 1, r#"{"cover": "states", "condition": {"length": 4}}"#, &control()).unwrap();
    assert!(long.suite().unwrap().cases.iter().all(|case| case.path.len() == 4));
}

#[test]
fn times_and_counts_are_those_of_real_traces() {
    // A loop that real traces take at most three times: no tour goes round more often.
    let mut tree = PrefixTree::new(usize::MAX);
    let mut traces = Vec::new();
    for i in 0..40i64 {
        let mut events = vec!["open"];
        (0..i % 4).for_each(|_| events.extend(["read", "write"]));
        events.push(if i % 2 == 0 { "close" } else { "abort" });
        let row = |(j, e)| (Some(i * 1_000_000 + j as i64 * 10), None, e, None, None);
        traces.push(Trace::from_rows(events.iter().enumerate().map(|(j, &e)| row((j, e))).collect()));
        tree.add(&TraceView::from_bytes(&traces.last().unwrap().to_bytes()).unwrap()).unwrap();
    }
    let tree = tree.to_automaton();
    let machine = Machine::new(infer(&tree, "k_tails", "{}", &control()).unwrap());
    let plan = Plan::learn(&tree, &machine, &mut over(&traces), &control()).unwrap();
    let playout = Playout::new(machine, plan);
    let generator = Generator::new(&playout, 1, r#"{"cover": "pairs"}"#, &control()).unwrap();
    let suite = generator.suite().unwrap();
    assert!(suite.cases.len() <= 6 && suite.uncovered.is_empty(), "{suite}");
    for ordinal in 1..=suite.cases.len() as u64 {
        let trace = generator.trace(ordinal).unwrap().trace;
        assert!(trace.variant.iter().filter(|label| &*label.event == "read").count() <= 3);
        assert!((10..=70).contains(&trace.duration().unwrap()));
    }
}
