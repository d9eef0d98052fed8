//! Mined invariants: counted alike from traces and from trees, kept by every learner, checked event by event.

mod support;

use logfsm::automaton::{Automaton, Invariant, InvariantKind, PrefixTree};
use logfsm::error::Error;
use logfsm::infer::invariants::{
    InvariantMiner, MiningOptions, Monitor, check_of, mine, named, named_in, violated_at, violations,
};
use logfsm::infer::{Control, accepts, distinct_traces, infer, learners};
use logfsm::trace::Label;
use logfsm::trace::{Trace, TraceView};
use proptest::prelude::*;
use std::cell::Cell;

fn logs() -> impl Strategy<Value = Vec<Vec<String>>> {
    let event = prop::sample::select(vec!["a", "b", "c", "d", "e"]).prop_map(String::from);
    prop::collection::vec(prop::collection::vec(event, 0..8), 1..12)
}

fn everything() -> MiningOptions {
    MiningOptions { kinds: InvariantKind::ALL.to_vec(), ..MiningOptions::default() }
}

fn miner(traces: &[Vec<u8>]) -> InvariantMiner {
    let mut miner = InvariantMiner::new(usize::MAX);
    for bytes in traces {
        miner.add(&TraceView::from_bytes(bytes).unwrap()).unwrap();
    }
    miner
}

fn tree(traces: &[Vec<u8>]) -> Automaton {
    let mut tree = PrefixTree::new(usize::MAX);
    for bytes in traces {
        tree.add(&TraceView::from_bytes(bytes).unwrap()).unwrap();
    }
    tree.to_automaton()
}

/// Traces with times that differ from trace to trace.
fn timed(traces: &[Vec<String>], step: i64) -> Vec<Vec<u8>> {
    let of = |(n, trace): (usize, &Vec<String>)| {
        let events: Vec<(&str, i64)> =
            trace.iter().enumerate().map(|(i, e)| (e.as_str(), i as i64 * step * (1 + n as i64 % 3))).collect();
        support::timed(&events)
    };
    traces.iter().enumerate().map(of).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_tree_counts_as_its_traces_do(traces in logs(), step in 1i64..1000) {
        let untimed: Vec<Vec<u8>> =
            traces.iter().map(|t| Trace::of(t.iter().map(String::as_str)).to_bytes()).collect();
        for traces in [untimed, timed(&traces, step)] {
            let counted = InvariantMiner::from_tree(&tree(&traces), &Control::unlimited()).unwrap();
            prop_assert_eq!(counted.to_bytes(), miner(&traces).to_bytes());
            prop_assert_eq!(counted.count(&everything()), counted.finish(&everything()).list.len());
        }
    }

    #[test]
    fn monitors_find_what_a_search_finds(traces in logs(), other in logs()) {
        // Invariants of one log, checked on the traces of another over the same labels.
        let all: Vec<Vec<String>> = traces.iter().chain(&other).cloned().collect();
        let (log, both) = (support::tree(&traces), support::tree(&all));
        let number = |id: u32| both.label_id(&log.labels[id as usize]).unwrap();
        let mut list: Vec<Invariant> = mine(&log, &everything(), &Control::unlimited()).unwrap().list.into_iter()
            .map(|i| Invariant { a: i.a.map(number), b: number(i.b), ..i }).collect();
        list.sort_unstable();
        let monitor = Monitor::new(both.labels.len(), &list);
        for trace in distinct_traces(&both, &Control::unlimited()).unwrap() {
            let mut state = monitor.start();
            let mut broken: Vec<usize> =
                trace.events.iter().flat_map(|&event| monitor.advance(&mut state, Some(event))).collect();
            broken.extend(monitor.end(&state));
            broken.sort_unstable();
            broken.dedup();
            let expected: Vec<usize> = (0..list.len())
                .filter(|&i| violations(&both, &list[i], usize::MAX, &Control::unlimited()).unwrap().iter().any(|v| v.events == trace.events))
                .collect();
            prop_assert_eq!(broken, expected, "{:?}", trace.events);
        }
    }

    #[test]
    fn every_machine_carries_them(traces in logs(), step in 1i64..1000) {
        let tree = tree(&timed(&traces, step));
        let mined = mine(&tree, &MiningOptions::default(), &Control::unlimited()).unwrap();
        prop_assert_eq!(&mined.labels, &tree.labels);
        for method in learners().iter().map(|l| l.name()).filter(|name| *name != "rpni").chain(["auto"]) {
            let machine = infer(&tree, method, "{}", &Control::unlimited()).unwrap();
            prop_assert_eq!(&machine.learned.invariants, &mined.list, "{}", method);
            prop_assert_eq!(&machine, &Automaton::from_bytes(&machine.to_bytes()).unwrap());
            prop_assert_eq!(&machine, &Automaton::from_json(&machine.to_json()).unwrap());
        }
    }
}

/// Traces over `types` event types, each in order and each alone.
fn many_types(types: usize) -> Automaton {
    let mut tree = PrefixTree::new(usize::MAX);
    let names: Vec<String> = (0..types).map(|i| format!("event {i}")).collect();
    for first in (0..types).step_by(7) {
        let some = names[first..].iter().step_by(3).map(String::as_str);
        tree.add(&TraceView::from_bytes(&Trace::of(some).to_bytes()).unwrap()).unwrap();
    }
    tree.to_automaton()
}

#[test]
fn many_types_are_bounded() {
    let tree = many_types(1500);
    let asked = Cell::new(0);
    let count = || {
        asked.set(asked.get() + 1);
        Ok(())
    };
    let machine = infer(&tree, "k_tails", "{}", &Control::new(&count, usize::MAX)).unwrap();
    let kept = &machine.learned.invariants;
    assert!(kept.len() <= 1 << 18 && kept.len() > 1 << 14, "{}", kept.len());
    let notes: Vec<String> = machine.stats().rows.into_iter().filter(|r| r.0 == "note").map(|r| r.1).collect();
    assert!(notes.iter().any(|note| note.contains("invariants are kept")), "{notes:?}");
    assert!(asked.get() > 5, "mining asks whether to go on");
    // The machine is learned without, and says why: 1,500 types squared do not fit, and to count the pairs that occur one
    // by one takes long; of less memory these do not fit either.
    for (megabytes, why) in [(64, "too many steps"), (16, "reach the memory limit")] {
        let machine = infer(&tree, "k_tails", "{}", &Control::new(&|| Ok(()), megabytes << 20)).unwrap();
        assert!(machine.learned.invariants.is_empty());
        let note = format!("no invariants: {} event types", tree.labels.len());
        let rows = machine.stats().rows;
        assert!(rows.iter().any(|r| r.1.starts_with(&note) && r.1.contains(why)), "{megabytes} MB: {rows:?}");
    }
    assert!(matches!(
        mine(&tree, &MiningOptions::default(), &Control::new(&|| Ok(()), 64 << 20)),
        Err(Error::MemoryLimit { .. })
    ));
}

#[test]
fn options_choose() {
    let tree = support::tree(&[vec!["a", "b", "a"], vec!["a", "b"], vec!["x", "a"]].map(|t| t.to_vec()));
    let list = |options: &str| {
        let mined = mine(&tree, &MiningOptions::parse(options).unwrap(), &Control::unlimited()).unwrap();
        let name = |id: u32| mined.labels[id as usize].to_string();
        let text = |i: &Invariant| format!("{} {} {}", i.a.map_or("INITIAL".into(), name), i.kind.as_str(), name(i.b));
        mined.list.iter().map(text).collect::<Vec<_>>()
    };
    assert_eq!(
        list("{}"),
        ["INITIAL AFby a", "x AFby a", "a AP b", "a NFby x", "b NFby b", "b NFby x", "x NFby b", "x NFby x"]
    );
    assert_eq!(list(r#"{"never_together": false, "kinds": ["NFby"]}"#), ["a NFby x", "b NFby b", "x NFby x"]);
    assert_eq!(list(r#"{"min_support": 3}"#), ["INITIAL AFby a", "a NFby x"]);
    assert_eq!(list(r#"{"ignore": [["a", "b"], ["x", "a"]], "kinds": ["AFby", "AP"]}"#), ["INITIAL AFby a"]);
    assert_eq!(list(r#"{"kinds": ["IntrBy"]}"#), ["a IntrBy b"]);
    assert!(matches!(MiningOptions::parse(r#"{"kinds": ["AF"]}"#), Err(Error::InvalidOption { .. })));
    assert!(named(&tree, "AFby", "INITIAL", "a").unwrap().a.is_none());
    assert!(matches!(named(&tree, "AFby", "a", "q"), Err(Error::InvalidArgument { .. })));
    assert!(matches!(named(&tree, "Afby", "a", "b"), Err(Error::InvalidArgument { .. })));
}

/// Traces of (event, microseconds).
fn at(traces: &[&[(&str, i64)]]) -> Automaton {
    tree(&traces.iter().map(|trace| support::timed(trace)).collect::<Vec<_>>())
}

fn accepts_text(machine: &Automaton, text: &str) -> bool {
    let id = |c: char| machine.label_id(&Label::event(&c.to_string())).unwrap_or(u32::MAX);
    accepts(machine, &text.chars().map(id).collect::<Vec<_>>())
}

#[test]
fn times_refine_too() {
    // Every a is followed by b within 11: a slow x and then y would take longer, though each occurs.
    let traces: [&[(&str, i64)]; 4] = [
        &[("a", 0), ("x", 10), ("b", 11)],
        &[("c", 0), ("x", 10), ("y", 20), ("b", 21)],
        &[("a", 0), ("y", 1), ("b", 2)],
        &[("c", 0), ("x", 10), ("b", 11)],
    ];
    let tree = at(&traces);
    let machine = |options: &str| infer(&tree, "synoptic", options, &Control::unlimited()).unwrap();
    let (plain, timed) = (machine("{}"), machine(r#"{"timed": true}"#));
    assert!(accepts_text(&plain, "axyb"), "{:?}", plain.stats());
    assert!(!accepts_text(&timed, "axyb"), "{:?}", timed.stats());
    for text in ["axb", "cxyb", "ayb", "cxb"] {
        assert!(accepts_text(&timed, text), "{text}");
    }
    timed.validate().unwrap();
    let untimed = support::tree(&[vec!["a", "b"]]);
    let error = infer(&untimed, "synoptic", r#"{"timed": true}"#, &Control::unlimited()).unwrap_err();
    assert!(matches!(error, Error::InvalidOption { .. }));
}

#[test]
fn refinement_stops_after_any_round() {
    let traces =
        ["abcabx", "acbx", "bcay", "cabcy", "abx", "ccay"].map(|t| t.split("").filter(|e| !e.is_empty()).collect());
    let tree = support::tree(&traces);
    let size = |rounds: usize| {
        let options = format!("{{\"coarsen\": false, \"rounds\": {rounds}}}");
        let machine = infer(&tree, "synoptic", &options, &Control::unlimited()).unwrap();
        machine.validate().unwrap();
        machine.state_count()
    };
    let sizes: Vec<usize> = (0..10).map(size).collect();
    assert_eq!(sizes[0], tree.labels.len() + 1);
    assert!(sizes.windows(2).all(|pair| pair[0] <= pair[1]) && sizes[9] > sizes[0], "{sizes:?}");
    let whole = infer(&tree, "synoptic", r#"{"coarsen": false}"#, &Control::unlimited()).unwrap();
    assert_eq!(size(1000), whole.state_count());
    assert!(whole.stats().rows.iter().any(|r| r.0 == "note" && r.1.contains("rounds of splitting")));
}

#[test]
fn invariants_of_one_log_are_checked_on_the_machine_of_another() {
    let words = |traces: &[&str]| {
        let of = |t: &&str| t.split("").filter(|e| !e.is_empty()).map(String::from).collect::<Vec<_>>();
        support::tree(&traces.iter().map(of).collect::<Vec<_>>())
    };
    let control = Control::unlimited();
    let (before, after) = (words(&["oc", "orc", "orrc"]), words(&["oc", "or", "xoc"]));
    let machine = infer(&after, "k_tails", r#"{"k": 1}"#, &control).unwrap();
    let of = mine(&before, &MiningOptions::default(), &control).unwrap();
    let found: Vec<(String, String, bool)> = check_of(&machine, &of, &control)
        .unwrap()
        .into_iter()
        .map(|(number, path, ends)| {
            let i = &of.list[number];
            let name = |id: u32| of.labels[id as usize].to_string();
            let text = format!("{} {} {}", i.a.map_or("INITIAL".into(), name), i.kind.as_str(), name(i.b));
            (text, path.iter().map(Label::to_string).collect(), ends)
        })
        .collect();
    assert!(found.contains(&("o AFby c".into(), "or".into(), true)), "{found:?}");
    assert!(!found.iter().any(|row| row.0 == "o AP c"), "{found:?}");
    // An event that the machine has never seen breaks nothing that only its occurrence could.
    let (before, after) = (words(&["ab"]), words(&["cd"]));
    let of = mine(&before, &MiningOptions::default(), &control).unwrap();
    let broken = check_of(&after, &of, &control).unwrap();
    assert!(broken.iter().all(|b| of.list[b.0].a.is_none()) && broken.len() == 2, "{broken:?}");
}

#[test]
fn a_trace_says_where_it_breaks() {
    let labels = ["a", "b"].map(Label::event);
    let at = |events: &[u32], kind, a, b| violated_at(events, &named_in(&labels, kind, a, b).unwrap());
    assert_eq!(at(&[0, 1, 0], "AFby", "a", "b"), Some(3));
    assert_eq!(at(&[0, 1], "AFby", "a", "b"), None);
    assert_eq!(at(&[1, 0], "AP", "a", "b"), Some(0));
    assert_eq!(at(&[0, 0, 1], "NFby", "a", "b"), Some(2));
    assert_eq!(at(&[0, 0], "IntrBy", "a", "b"), Some(1));
    assert_eq!(at(&[0], "AFby", "INITIAL", "q"), Some(1));
    assert_eq!(at(&[0], "AFby", "q", "a"), None);
    assert_eq!(at(&[0, 1], "NFby", "q", "q"), None);
}

#[test]
fn damaged_counts_are_refused() {
    let bytes = miner(&timed(&[vec!["a".into(), "b".into()], vec!["b".into()]], 5)).to_bytes();
    assert!(InvariantMiner::from_bytes(&bytes, usize::MAX).is_ok());
    for at in 0..bytes.len() {
        for change in [1u8, 0x80, 0xff] {
            let mut damaged = bytes.clone();
            damaged[at] ^= change;
            if let Ok(read) = InvariantMiner::from_bytes(&damaged, 1 << 20) {
                let mut twice = read.clone();
                let _ = twice.merge(&read);
                let _ = twice.finish(&everything());
            }
        }
        assert!(InvariantMiner::from_bytes(&bytes[..at], usize::MAX).is_err());
    }
}
