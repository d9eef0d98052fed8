//! PRINS: the paper's running example, and what must hold on real logs of many components.

mod support;

use logfsm::automaton::{Automaton, PrefixTree};
use logfsm::error::Error;
use logfsm::infer::{Control, accepts, distinct_traces, infer};
use logfsm::trace::{Label, TraceBuilder, TraceView};
use std::collections::{BTreeMap, BTreeSet};

fn tree<T: AsRef<str>>(traces: &[Vec<(T, T)>]) -> Automaton {
    let mut tree = PrefixTree::new(usize::MAX);
    for trace in traces {
        let mut builder = TraceBuilder::default();
        for (component, event) in trace {
            builder.push(Some(component.as_ref()), event.as_ref(), None, None, None);
        }
        tree.add(&TraceView::from_bytes(&builder.finish().to_bytes()).unwrap()).unwrap();
    }
    tree.to_automaton()
}

/// The logs of the paper's figure 1.
fn running_example() -> Automaton {
    let (m, j) = ("Master", "Job");
    let head = [(m, "start"), (j, "init"), (m, "working"), (j, "try")];
    let passes = [(j, "pass"), (j, "try"), (j, "pass"), (m, "end(ok)")];
    let fails = [(j, "wait"), (j, "wait"), (j, "fail"), (m, "end(err)")];
    tree(&[[head, passes].concat(), [head, fails].concat()])
}

/// The edges of a machine with states named by the smallest word that leads there: equal for isomorphic machines.
fn shape(machine: &Automaton) -> BTreeSet<(String, String, String, bool)> {
    assert!(machine.is_deterministic());
    let mut names: BTreeMap<u32, String> = BTreeMap::from([(0, String::new())]);
    let mut queue = vec![0u32];
    let mut at = 0;
    while at < queue.len() {
        let state = queue[at];
        for t in machine.outgoing(state) {
            if !names.contains_key(&t.target) {
                let name = format!("{} {}", names[&state], machine.labels[t.label as usize]);
                names.insert(t.target, name);
                queue.push(t.target);
            }
        }
        at += 1;
    }
    let edge = |t: &logfsm::automaton::Transition| {
        let label = machine.labels[t.label as usize].to_string();
        (names[&t.source].clone(), label, names[&t.target].clone(), machine.stops[t.target as usize] > 0)
    };
    machine.transitions.iter().map(edge).collect()
}

fn prins(tree: &Automaton, options: &str) -> Automaton {
    let machine = infer(tree, "prins", options, &Control::unlimited()).unwrap();
    machine.validate().unwrap_or_else(|e| panic!("{options}: {e} {:?}", e.detail()));
    for trace in distinct_traces(tree, &Control::unlimited()).unwrap() {
        assert!(accepts(&machine, &trace.events), "{options} loses a trace");
    }
    assert_eq!(Automaton::from_bytes(&machine.to_bytes()).unwrap(), machine);
    machine
}

#[test]
fn the_running_example_becomes_the_machine_of_the_whole_system() {
    let tree = running_example();
    let whole = infer(&tree, "edsm", r#"{"k": 1}"#, &Control::unlimited()).unwrap();
    for u in ["1", "2", "\"inf\""] {
        let machine =
            prins(&tree, &format!(r#"{{"base": "edsm", "base_options": {{"k": 1}}, "u": {u}, "minimize": false}}"#));
        assert_eq!(shape(&machine), shape(&whole), "u = {u}");
        assert_eq!(machine.totals, tree.totals);
    }
    // Figure 2: pass leads back to where try is expected; wait loops.
    let step = |state: u32, component: &str, event: &str| {
        let label = whole.label_id(&Label::new(Some(component), event)).unwrap();
        whole.transitions[whole.on_label(state, label).start].target
    };
    let tried = step(step(step(step(0, "Master", "start"), "Job", "init"), "Master", "working"), "Job", "try");
    let waiting = step(tried, "Job", "wait");
    assert_eq!(step(waiting, "Job", "wait"), waiting);
}

#[test]
fn components_of_the_running_example_are_kept() {
    let machine = prins(&running_example(), r#"{"base": "k_tails", "base_options": {"k": 1}}"#);
    let components = machine.component_automata();
    let names: Vec<Option<&str>> = components.iter().map(|(name, _)| name.as_deref()).collect();
    assert_eq!(names, [Some("Job"), Some("Master")]);
    for (_, component) in &components {
        component.validate().unwrap();
        assert!(component.is_deterministic());
        assert_eq!(component.totals.traces, 2);
    }
    // Master: start, working, one of two ends. Job: init, try, then pass and try again, or wait, wait …, fail.
    assert_eq!((components[1].1.labels.len(), components[1].1.transitions.len()), (4, 4));
    assert_eq!(components[0].1.labels.len(), 5);
    assert_eq!(components[0].1.totals.events, 10);
}

#[test]
fn the_stitched_machine_can_be_kept() {
    let tree = running_example();
    let options = r#"{"base": "k_tails", "base_options": {"k": 1}, "determinize": "none"}"#;
    let stitched = prins(&tree, options);
    // One chain of slices per log from one initial state: nondeterministic there.
    assert!(!stitched.is_deterministic());
    assert_eq!(stitched.outgoing(0).len(), 2);
    assert_eq!(stitched.totals, tree.totals);
    let powerset = prins(&tree, r#"{"base": "k_tails", "base_options": {"k": 1}, "u": 0}"#);
    assert!(powerset.is_deterministic());
}

#[test]
fn what_does_not_change_the_machine_is_no_part_of_it() {
    let tree = running_example();
    for same in [
        [r#"{"workers": 1}"#, r#"{"workers": 7}"#, "{}"],
        [r#"{"u": 0}"#, r#"{"determinize": "powerset"}"#, r#"{"determinize": "powerset", "u": 3}"#],
        [
            r#"{"determinize": "none"}"#,
            r#"{"determinize": "none", "u": "inf"}"#,
            r#"{"determinize": "none", "minimize": false}"#,
        ],
        [
            r#"{"base": "k_tails"}"#,
            r#"{"base": "k_tails", "base_options": {"k": 2}}"#,
            r#"{"base": "k_tails", "base_options": {}, "workers": 3}"#,
        ],
    ] {
        let machines = same.map(|options| prins(&tree, options).to_bytes());
        assert!(machines[0] == machines[1] && machines[0] == machines[2], "{same:?}");
    }
}

#[test]
fn with_base_mint_parameters_guard_as_they_do_for_mint() {
    // What is opened with a small n is read, what with a large one is written; another component comes in between.
    let mut tree = PrefixTree::new(usize::MAX);
    for n in 0..200u32 {
        let mut builder = TraceBuilder::default();
        let parameters = format!("{{\"n\": {n}}}");
        builder.push(Some("file"), "open", None, None, Some(&parameters));
        builder.push(Some("log"), "noted", None, None, None);
        builder.push(Some("file"), if n < 100 { "read" } else { "write" }, None, None, None);
        builder.push(Some("file"), "close", None, None, None);
        tree.add(&TraceView::from_bytes(&builder.finish().to_bytes()).unwrap()).unwrap();
    }
    let mut direct = PrefixTree::new(usize::MAX);
    for n in 0..200u32 {
        let mut builder = TraceBuilder::default();
        let parameters = format!("{{\"n\": {n}}}");
        builder.push(Some("file"), "open", None, None, Some(&parameters));
        builder.push(Some("file"), if n < 100 { "read" } else { "write" }, None, None, None);
        builder.push(Some("log"), "noted", None, None, None);
        direct.add(&TraceView::from_bytes(&builder.finish().to_bytes()).unwrap()).unwrap();
    }
    let machine = prins(&direct.to_automaton(), r#"{"base": "mint"}"#);
    assert!(!machine.learned.guards.is_empty());
    assert!(prins(&direct.to_automaton(), r#"{"base": "mint", "guards": false}"#).learned.guards.is_empty());
    prins(&tree.to_automaton(), r#"{"base": "mint"}"#);
}

#[test]
fn powersets_are_bounded_and_options_checked() {
    let tree = running_example();
    let with = |options: &str, limit| infer(&tree, "prins", options, &Control::new(&|| Ok(()), limit));
    assert!(matches!(with(r#"{"u": 0}"#, 100), Err(Error::MemoryLimit { .. })));
    for wrong in [r#"{"u": -1}"#, r#"{"u": "much"}"#, r#"{"base": "prins"}"#, r#"{"base": 3}"#] {
        assert!(matches!(with(wrong, usize::MAX), Err(Error::InvalidOption { .. })), "{wrong}");
    }
    assert!(matches!(with(r#"{"base": "magic"}"#, usize::MAX), Err(Error::UnknownMethod { .. })));
    assert!(matches!(with(r#"{"base_options": {"z": 1}}"#, usize::MAX), Err(Error::UnknownOption { .. })));
}
