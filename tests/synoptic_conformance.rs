//! Synoptic against the recorded behaviour of the reference: invariants, initial and final graphs, unit facts.

mod support;

use logfsm::automaton::{Automaton, PrefixTree};
use logfsm::infer::invariants::{
    Invariant, InvariantKind, InvariantMiner, Invariants, LabelGraph, MiningOptions, check,
};
use logfsm::infer::{Control, accepts, distinct_traces, infer, traces_through};
use logfsm::trace::{Label, TraceView};
use serde_json::Value;
use std::collections::BTreeSet;

type Pairs = BTreeSet<(String, String)>;

fn traces(value: &Value) -> Vec<Vec<String>> {
    serde_json::from_value(value.clone()).unwrap()
}

fn pairs(value: &Value) -> Pairs {
    let list: Vec<(String, String)> = serde_json::from_value(value.clone()).unwrap_or_default();
    list.into_iter().collect()
}

fn mine(tree: &Automaton, kinds: &[InvariantKind]) -> Invariants {
    let options = MiningOptions { kinds: kinds.to_vec(), ..MiningOptions::default() };
    InvariantMiner::from_tree(tree, &Control::unlimited()).unwrap().finish(&options)
}

const ALL: [InvariantKind; 4] = [
    InvariantKind::AlwaysFollowedBy,
    InvariantKind::AlwaysPrecedes,
    InvariantKind::NeverFollowedBy,
    InvariantKind::InterruptedBy,
];

fn named(invariants: &Invariants, kind: InvariantKind) -> Pairs {
    let name = |id: u32| invariants.labels[id as usize].to_string();
    let of_kind = invariants.list.iter().filter(|i| i.kind == kind);
    of_kind.map(|i| (i.a.map_or("INITIAL".into(), name), name(i.b))).collect()
}

fn learn(tree: &Automaton, options: &str) -> Automaton {
    let machine = infer(tree, "synoptic", options, &Control::unlimited()).unwrap();
    machine.validate().unwrap();
    machine
}

/// Nodes and edges with INITIAL and TERMINAL.
fn size(machine: &Automaton) -> (u64, u64) {
    let stops = machine.stops.iter().filter(|&&n| n > 0).count();
    (machine.state_count() as u64 + 1, (machine.transitions.len() + stops) as u64)
}

fn check_case(case: &Value) -> Vec<String> {
    let name = case["name"].as_str().unwrap();
    let tree = support::tree(&traces(&case["traces"]));
    let mut wrong = Vec::new();
    let invariants = mine(&tree, &ALL[..3]);
    for kind in &ALL[..3] {
        if named(&invariants, *kind) != pairs(&case["invariants"][kind.as_str()]) {
            wrong.push(format!("{name}: other {} invariants", kind.as_str()));
        }
    }
    let initial = learn(&tree, r#"{"refine": false, "coarsen": false}"#);
    let expected = &case["initial_graph"];
    if size(&initial) != (expected["nodes"].as_u64().unwrap(), expected["edges"].as_u64().unwrap()) {
        wrong.push(format!("{name}: initial graph {:?}, expected {expected}", size(&initial)));
    }
    let machine = learn(&tree, "{}");
    let broken = check(&machine, &invariants.list, &Control::unlimited()).unwrap();
    if !broken.is_empty() {
        wrong.push(format!("{name}: the model breaks {} invariants", broken.len()));
    }
    if !distinct_traces(&tree, &Control::unlimited()).unwrap().iter().all(|trace| accepts(&machine, &trace.events)) {
        wrong.push(format!("{name}: a trace is not accepted"));
    }
    let most = case["final_nodes_max"].as_u64().unwrap();
    if size(&machine).0 > most {
        let least = &case["final_nodes_min"];
        wrong.push(format!("{name}: {} nodes, reference {least} to {most}", size(&machine).0));
    }
    wrong
}

#[test]
fn cases_have_the_same_invariants_and_no_more_nodes() {
    let Some(text) = support::data("synoptic/conformance.json.gz") else { return };
    let data: Value = serde_json::from_str(&text).unwrap();
    let cases = ["cases", "small_cases"].iter().flat_map(|key| data[key].as_array().unwrap());
    let wrong: Vec<String> = cases.flat_map(check_case).collect();
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn unit_facts_hold() {
    let Some(text) = support::data("synoptic/conformance.json.gz") else { return };
    let data: Value = serde_json::from_str(&text).unwrap();
    let mut checked = 0;
    for fact in data["unit_facts"].as_array().unwrap() {
        checked += usize::from(check_fact(fact));
    }
    // All but those about formats.
    assert_eq!(checked, 31 - 6);
}

fn check_fact(fact: &Value) -> bool {
    let (id, kind, expect) = (fact["id"].as_u64().unwrap(), fact["kind"].as_str().unwrap(), &fact["expect"]);
    match kind {
        "mine" | "mine_intrby" => check_mined(id, &mine(&support::tree(&traces(&fact["input"])), &ALL), expect),
        "property" => {} // proptest: mined_invariants_hold_of_their_traces
        "support" => check_support(id, &mine(&support::tree(&traces(&fact["input"])), &ALL), expect),
        "refine" => {
            let machine = learn(&support::tree(&traces(&fact["input"])), r#"{"coarsen": false}"#);
            assert_eq!(size(&machine).0, 12, "fact {id}");
        }
        "ktails_pure_from_singletons" => {
            // A node per event: the trace graph. Traces are kept apart by hand, one chain each.
            let graph = chains(&traces(&fact["input"]));
            for (k, key) in [(1, "k=1"), (2, "k=2"), (3, "k=3")] {
                let classes: BTreeSet<u32> = graph.tails(k).into_iter().collect();
                assert_eq!(classes.len() as u64, expect[key].as_u64().unwrap(), "fact {id}, {key}");
            }
        }
        "kequal_nodes" => check_equal_nodes(),
        "kequal_cycles" => check_equal_cycles(),
        "counterexample_partition_graph" | "counterexample_chain" => {
            let tree = support::tree(&traces(&fact["input"]));
            let machine = match kind {
                "counterexample_chain" => tree,
                _ => learn(&tree, r#"{"refine": false, "coarsen": false}"#),
            };
            check_counterexample(id, &machine, expect);
        }
        "paths" => {
            let tree = support::tree(&traces(&fact["input"]["traces"]));
            let machine = learn(&tree, r#"{"refine": false, "coarsen": false}"#);
            let after = |event: &str| {
                let label = machine.label_id(&Label::event(event)).unwrap();
                machine.transitions.iter().find(|t| t.label == label).unwrap().target
            };
            for states in [vec![after("c")], vec![after("c"), after("a")]] {
                assert_eq!(
                    traces_through(&machine, &tree, &states, &Control::unlimited()).unwrap().len(),
                    1,
                    "fact {id}"
                );
            }
            assert!(traces_through(&machine, &tree, &[], &Control::unlimited()).is_err(), "fact {id}");
        }
        "perfume" => check_times(id, &traces_at(&fact["input"])),
        _ => return false,
    }
    true
}

fn check_mined(id: u64, mined: &Invariants, expect: &Value) {
    for kind in &ALL[..3] {
        if expect.get(kind.as_str()).is_some() {
            let named: Pairs = named(mined, *kind);
            assert_eq!(named, pairs(&expect[kind.as_str()]), "fact {id}, {}", kind.as_str());
        }
    }
    for key in ["IntrBy", "IntrBy_if_enabled"] {
        if expect.get(key).is_some() {
            assert_eq!(named(mined, InvariantKind::InterruptedBy), pairs(&expect[key]), "fact {id}, {key}");
        }
    }
    if let Some(count) = expect.get("NFby_count") {
        let never = named(mined, InvariantKind::NeverFollowedBy);
        assert_eq!(never.len() as u64, count.as_u64().unwrap(), "fact {id}");
    }
}

fn check_support(id: u64, mined: &Invariants, expect: &Value) {
    let Some(expected) = expect.as_object() else {
        let usual = mined.list.iter().filter(|i| i.kind != InvariantKind::InterruptedBy);
        assert!(usual.clone().count() == 7 && usual.clone().all(|i| i.support == 1), "fact {id}");
        return;
    };
    let name = |i: &Invariant| {
        let of = |id: u32| mined.labels[id as usize].to_string();
        format!("{} {} {}", i.a.map_or("INITIAL".into(), of), i.kind.as_str(), of(i.b))
    };
    for (invariant, support) in expected {
        let found = mined.list.iter().find(|i| name(i) == *invariant).map(|i| i.support);
        assert_eq!(found, support.as_u64(), "fact {id}: {invariant}");
    }
}

fn chains(traces: &[Vec<String>]) -> LabelGraph {
    let mut types: Vec<&String> = traces.iter().flatten().collect();
    types.sort_unstable();
    types.dedup();
    let mut graph = LabelGraph { labels: vec![None, None], successors: vec![Vec::new(), Vec::new()] };
    for trace in traces {
        let mut before = 0;
        for event in trace {
            let node = graph.labels.len() as u32;
            graph.labels.push(types.binary_search(&event).ok().map(|i| i as u32));
            graph.successors.push(Vec::new());
            graph.successors[before as usize].push(node);
            before = node;
        }
        graph.successors[before as usize].push(1);
    }
    graph
}

/// Two chains a b c d and a b c e, each behind an INITIAL of its own (label 9).
fn check_equal_nodes() {
    let labels = [9, 0, 1, 2, 3, 9, 0, 1, 2, 4].map(Some);
    let mut graph = LabelGraph { labels: vec![None, None], successors: vec![Vec::new(), Vec::new()] };
    graph.labels.extend(labels);
    for node in 2..12u32 {
        graph.successors.push(if node == 6 || node == 11 { vec![] } else { vec![node + 1] });
    }
    for (node, most) in [(2, 4), (3, 3), (4, 2), (5, 1), (6, 0)] {
        for k in 1..=6 {
            let classes = graph.tails(k);
            assert_eq!(classes[node] == classes[node + 5], k <= most, "fact 15: node {node}, k {k}");
        }
    }
}

/// A 3-cycle, a 2-cycle and a self-loop of a, and an a with no successor.
fn check_equal_cycles() {
    let graph = LabelGraph {
        labels: [vec![None, None], vec![Some(0); 7]].concat(),
        successors: vec![vec![], vec![], vec![3], vec![4], vec![2], vec![6], vec![5], vec![7], vec![]],
    };
    for k in 1..=4 {
        let classes = graph.tails(k);
        assert!(classes[2..8].iter().all(|class| *class == classes[2]), "fact 16, k {k}");
        assert_eq!(classes[8] == classes[2], k == 1, "fact 16, k {k}");
    }
}

fn check_counterexample(id: u64, machine: &Automaton, expect: &Value) {
    let parts: Vec<String> = serde_json::from_value(expect["inv"].clone()).unwrap();
    let number = |event: &str| {
        let beyond = machine.labels.len() as u32 + u32::from(event == "b");
        machine.label_id(&Label::event(event)).unwrap_or(beyond)
    };
    let kind = InvariantKind::from_name(&parts[1]).unwrap();
    let invariant = Invariant { kind, a: Some(number(&parts[0])), b: number(&parts[2]), support: 0, times: None };
    let found = check(machine, &[invariant], &Control::unlimited()).unwrap();
    let events = found
        .first()
        .map(|c| c.events.iter().map(|&e| machine.labels[e as usize].to_string()).collect::<Vec<String>>());
    let path: Option<Vec<String>> = serde_json::from_value(expect["path"].clone()).unwrap();
    let path = path.map(|p| p.into_iter().filter(|e| e != "INITIAL" && e != "TERMINAL").collect::<Vec<String>>());
    assert_eq!(events, path, "fact {id}");
}

fn traces_at(value: &Value) -> Automaton {
    let mut tree = PrefixTree::new(usize::MAX);
    for trace in traces(value) {
        let events: Vec<(&str, i64)> =
            trace.iter().map(|e| e.split_once('@').unwrap()).map(|(e, at)| (e, at.parse().unwrap())).collect();
        tree.add(&TraceView::from_bytes(&support::timed(&events)).unwrap()).unwrap();
    }
    tree.to_automaton()
}

fn check_times(id: u64, tree: &Automaton) {
    let mined = mine(tree, &ALL[..3]);
    let timed = |kind: InvariantKind| mined.list.iter().filter(move |i| i.kind == kind && i.a.is_some());
    let followed: Vec<_> = timed(InvariantKind::AlwaysFollowedBy).map(|i| i.times).collect();
    if id == 31 {
        assert_eq!(followed, [Some((1, 6))], "fact {id}");
        return;
    }
    // Each of AFby and AP has a lower and an upper bound.
    let bounds: usize = [InvariantKind::AlwaysFollowedBy, InvariantKind::AlwaysPrecedes]
        .into_iter()
        .flat_map(timed)
        .map(|i| i.times.map_or(0, |_| 2))
        .sum();
    assert_eq!((bounds, timed(InvariantKind::NeverFollowedBy).count()), (4, 3), "fact {id}");
    assert_eq!(followed, [Some((3, 3))], "fact {id}");
}
