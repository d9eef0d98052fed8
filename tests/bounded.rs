//! What is asked of values that are valid and hurt is bounded: in memory, and in time by the hook that may stop it.

use logfsm::automaton::{Automaton, Invariant, InvariantKind};
use logfsm::conform::{Machine, compare};
use logfsm::error::Error;
use logfsm::infer::invariants::{Monitor, violations};
use logfsm::infer::{Control, distinct_traces, passes};
use logfsm::interrupt;
use logfsm::synth::{Generator, Playout};
use std::cell::Cell;

/// An automaton from its JSON form; transitions are (source, label, target, count).
fn automaton(labels: usize, stops: &[u64], transitions: &[(usize, usize, usize, u64)], kind: &str) -> Automaton {
    let histogram = r#"{"min": 0, "max": 0, "sum": "0", "buckets": []}"#;
    let labels: Vec<String> = (0..labels).map(|i| format!(r#"{{"component": null, "event": "e{i:07}"}}"#)).collect();
    let transition = |&(source, label, target, count): &(usize, usize, usize, u64)| {
        format!(
            r#"{{"source": {source}, "label": {label}, "target": {target}, "count": {count}, "delays": {histogram}, "parameters": {{"items": []}}}}"#
        )
    };
    let all: Vec<String> = transitions.iter().map(transition).collect();
    let events: u64 = transitions.iter().map(|t| t.3).sum();
    let json = format!(
        r#"{{"version": 2, "kind": {kind}, "labels": [{}], "stops": {stops:?}, "transitions": [{}], "totals": {{"traces": {}, "distinct_traces": 1,
            "events": {events}, "ties": 0, "timed_traces": 0, "events_with_parameters": 0, "earliest": 0, "latest": 0}},
            "durations": {histogram}, "starts": {{"items": []}}, "pair_times": []}}"#,
        labels.join(","),
        all.join(","),
        stops.iter().sum::<u64>()
    );
    Automaton::from_json(&json).unwrap()
}

const MACHINE: &str = r#"{"inferred": {"method": "k_tails", "options": {}, "notes": []}}"#;
const TREE: &str = r#""prefix_tree""#;

/// One long trace whose every prefix is a trace.
fn chain(length: usize) -> Automaton {
    let stops: Vec<u64> = (0..=length).map(|i| u64::from(i > 0)).collect();
    let transitions: Vec<_> = (0..length).map(|i| (i, i % 3, i + 1, (length - i) as u64)).collect();
    automaton(3, &stops, &transitions, TREE)
}

fn looped() -> Automaton {
    automaton(2, &[0, 1], &[(0, 0, 1, 1), (1, 1, 1, 7)], MACHINE)
}

/// All paths at once: every state leads to every other by the same label.
fn tangle(states: usize) -> Automaton {
    let stops: Vec<u64> = (0..states).map(|i| u64::from(i == 0)).collect();
    let transitions: Vec<_> = (0..states).flat_map(|i| (0..states).map(move |j| (i, 0, j, 1))).collect();
    automaton(1, &stops, &transitions, MACHINE)
}

#[test]
fn a_machine_with_a_loop_has_no_list_of_traces() {
    let (looped, control) = (looped(), Control::unlimited());
    assert!(matches!(distinct_traces(&looped, &control), Err(Error::NotAPrefixTree { .. })));
    assert!(matches!(looped.log_confidence(&control), Err(Error::NotAPrefixTree { .. })));
    assert!(matches!(looped.component_diversity(&control), Err(Error::NotAPrefixTree { .. })));
    let invariant = Invariant { kind: InvariantKind::AlwaysFollowedBy, a: Some(0), b: 1, support: 1, times: None };
    assert!(violations(&looped, &invariant, 1, &control).is_err());
}

#[test]
fn listed_traces_keep_to_the_limit() {
    let tree = chain(2_000);
    let limited = Control::new(&|| Ok(()), 1 << 20);
    assert!(matches!(distinct_traces(&tree, &limited), Err(Error::MemoryLimit { .. })));
    assert!(matches!(compare(&tree, &tree, 0.01, true, &limited), Err(Error::MemoryLimit { .. })));
    let traces = distinct_traces(&tree, &Control::unlimited()).unwrap();
    assert_eq!((traces.len(), traces[1_999].events.len()), (2_000, 2_000));
}

#[test]
fn following_all_ways_through_states_can_be_stopped() {
    let (machine, asked) = (tangle(40), Cell::new(0));
    let stop = || {
        asked.set(asked.get() + 1);
        if asked.get() > 3 { Err(Error::Cancelled) } else { Ok(()) }
    };
    let states: Vec<u32> = (0..40).collect();
    let outcome = passes(&machine, &[0; 40], &states, &Control::new(&stop, usize::MAX));
    assert_eq!(outcome, Err(Error::Cancelled));
    let limited = Control::new(&|| Ok(()), 1 << 20);
    assert!(matches!(passes(&machine, &[0; 40], &states, &limited), Err(Error::MemoryLimit { .. })));
}

#[test]
fn invariants_of_a_million_labels_are_made_ready() {
    let labels = 1_000_000;
    let invariant = |kind, a, b| Invariant { kind, a, b, support: 1, times: None };
    let mut all = vec![
        invariant(InvariantKind::AlwaysFollowedBy, None, 3),
        invariant(InvariantKind::AlwaysPrecedes, Some(1), 999_999),
        invariant(InvariantKind::NeverFollowedBy, Some(999_999), 0),
    ];
    all.sort_unstable_by_key(Invariant::key);
    let monitor = Monitor::new(labels, &all);
    let mut state = monitor.start();
    let kinds = |broken: Vec<usize>| broken.into_iter().map(|i| monitor.invariant(i).kind).collect::<Vec<_>>();
    assert_eq!(kinds(monitor.advance(&mut state, Some(999_999))), [InvariantKind::AlwaysPrecedes]);
    assert_eq!(kinds(monitor.advance(&mut state, Some(0))), [InvariantKind::NeverFollowedBy]);
    assert_eq!(kinds(monitor.end(&state)), [InvariantKind::AlwaysFollowedBy]);
}

#[test]
fn json_keeps_to_its_limit() {
    let tree = chain(1_000);
    let json = tree.to_json();
    assert_eq!(tree.to_json_within(json.len()).unwrap(), json);
    assert!(matches!(tree.to_json_within(json.len() - 1), Err(Error::MemoryLimit { .. })));
}

thread_local! {
    static ASKED: Cell<u64> = const { Cell::new(0) };
}

#[test]
fn long_walks_in_cycles_are_solved_within_bounds() {
    // A trace has some 400 events, so that each pair of events takes thousands of sweeps.
    let side = 20;
    let stops: Vec<u64> = (0..side).map(|i| u64::from(i == 0)).collect();
    let transitions: Vec<_> = (0..side).flat_map(|i| (0..side).map(move |j| (i, j, j, 1))).collect();
    let complete = automaton(side, &stops, &transitions, MACHINE);
    ASKED.set(0);
    interrupt::set(|| ASKED.set(ASKED.get() + 1));
    let playout = Playout::of_machine(Machine::new(complete));
    assert!(playout.plan.pairs.is_empty());
    assert!((100_000..350_000).contains(&ASKED.get()), "{} sweeps over 400 edges", ASKED.get());
    let generator = Generator::new(&playout, 1, "{}", &Control::unlimited()).unwrap();
    assert!(generator.trace(1).is_ok());
}
