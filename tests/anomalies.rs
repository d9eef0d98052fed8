//! Anomalies on purpose: faulty in the order of events, as real ones in all else.

mod support;

use logfsm::automaton::PrefixTree;
use logfsm::conform::Machine;
use logfsm::infer::{Control, infer};
use logfsm::synth::checks::{
    Checker, EventParameters, EventRow, ParameterChecker, Purpose, Reference, StateRow, Tables, TransitionRow,
};
use logfsm::synth::{Generator, Mutation, Plan, Playout, Synthetic, over};
use logfsm::trace::{Trace, TraceView};
use std::collections::{BTreeMap, BTreeSet};

fn control() -> Control<'static> {
    Control::unlimited()
}

/// Opened, read and written a few times, perhaps synced, closed; every event names the file.
fn files() -> Vec<Trace> {
    (0..300u64)
        .map(|i| {
            let parameters = format!(r#"["file-{}", "{}"]"#, 5_000_000 + i * 7919, ["r", "w"][i as usize % 2]);
            let mut events = vec!["open"];
            (0..i % 4).for_each(|_| events.extend(["read", "write"]));
            events.extend(vec!["sync"; usize::from(i % 3 == 0)]);
            events.push("close");
            let at = i as i64 * 10_000_000;
            let rows = events.iter().enumerate();
            let row = |(j, e)| (Some(at + j as i64 * 1000 + (i % 9) as i64), None, e, None, Some(&*parameters));
            Trace::from_rows(rows.map(|(j, &e)| row((j, e))).collect())
        })
        .collect()
}

fn playout(traces: &[Trace], method: &str) -> Playout {
    let mut tree = PrefixTree::new(usize::MAX);
    traces.iter().for_each(|t| tree.add(&TraceView::from_bytes(&t.to_bytes()).unwrap()).unwrap());
    let tree = tree.to_automaton();
    let machine = Machine::new(infer(&tree, method, "{}", &control()).unwrap());
    let plan = Plan::learn(&tree, &machine, &mut over(traces), &control()).unwrap();
    Playout::new(machine, plan)
}

fn drawn(playout: &Playout, options: &str, n: u64) -> Vec<Synthetic> {
    let generator = Generator::new(playout, 7, options, &control()).unwrap();
    (1..=n).map(|ordinal| generator.trace(ordinal).unwrap()).collect()
}

/// The rules that an anomalous run breaks, by rows as the tables hold them.
fn fired(playout: &Playout, traces: &[Synthetic], purpose: Purpose) -> BTreeSet<&'static str> {
    let machine = &playout.machine.automaton;
    let visits = machine.visits();
    let state = |(&stops, id): (&u64, i32)| StateRow { id, visits: visits[id as usize] as i64, stops: stops as i64 };
    let transition = |(t, id): (&logfsm::automaton::Transition, i32)| TransitionRow {
        id,
        src: t.source as i32,
        template: t.label as i32,
        dst: t.target as i32,
        count: t.count as i64,
    };
    let tables = Tables {
        states: machine.stops.iter().zip(0..).map(state).collect(),
        transitions: machine.transitions.iter().zip(0..).map(transition).collect(),
        templates: (0..machine.labels.len() as i32).collect(),
        traces: machine.totals.traces as i64,
    };
    let mut reference = Reference::of(playout, 1.0, true);
    reference.purpose = purpose;
    let mut checker = Checker::new(&tables, &reference);
    let mut parameters = ParameterChecker::new(&playout.plan.parameters, machine, true);
    for (s, id) in traces.iter().zip(1..) {
        let (mut rows, mut values) = (Vec::new(), Vec::new());
        for (i, &taken) in s.path.iter().enumerate() {
            let t = &machine.transitions[taken as usize];
            let outside = s.mutant.as_ref().and_then(|m| m.outside[i]);
            let (src, dst) = outside.map_or((t.source, t.target), |state| (state, state));
            let transition = outside.is_none().then_some(taken as i32);
            rows.push(EventRow {
                seq: i as i32 + 1,
                at: Some(s.trace.times[i]),
                template: t.label as i32,
                transition,
                src: Some(src as i32),
                dst: Some(dst as i32),
            });
            let of: Vec<String> = serde_json::from_str(s.trace.parameters[i].as_deref().unwrap()).unwrap();
            let of = of.into_iter().zip(1..).map(|(v, slot)| (slot.to_string().into(), Some(v.into()))).collect();
            values.push(EventParameters { template: t.label, transition, values: of });
        }
        checker.trace(id, rows.len() as i32, s.weight, &rows);
        parameters.trace(id, &values);
    }
    let verdicts = checker.finish().with(parameters.finish());
    verdicts.iter().filter(|v| v.violated > 0).map(|v| v.rule.name).collect()
}

fn text(s: &Synthetic) -> String {
    s.trace.variant.iter().map(|label| &label.event[..1]).collect()
}

#[test]
fn mutants_are_rejected_labelled_and_otherwise_as_real_ones() {
    for method in ["k_tails", "auto", "prefix_tree"] {
        let playout = playout(&files(), method);
        let all = drawn(&playout, r#"{"kind": "anomalous"}"#, 700);
        let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
        for s in &all {
            let mutant = s.mutant.as_ref().unwrap();
            assert!(!playout.machine.accepts(&s.trace.variant) && !playout.machine.accepts(&s.trace));
            assert!((1..=s.trace.len() as u32 + 1).contains(&mutant.seq) && !s.trace.is_empty());
            assert_eq!((s.weight, s.log_probability, s.forced), (1.0, None, None));
            assert!(s.trace.times.windows(2).all(|pair| pair[0] <= pair[1]));
            *kinds.entry(mutant.name()).or_default() += 1;
        }
        // In turn, unless a kind changes nothing that the machine minds.
        assert_eq!(kinds.len(), 7, "{kinds:?}");
        assert!(kinds.values().all(|n| (40..=200).contains(n)), "{method} {kinds:?}");
        assert_eq!(fired(&playout, &all, Purpose::Rejected), BTreeSet::new(), "{method}");
        // Neither kind of run passes for the other.
        let as_normal = fired(&playout, &all, Purpose::Normal);
        assert!(as_normal.contains("transition_exists") && as_normal.contains("contiguous_path"), "{as_normal:?}");
        let normal = drawn(&playout, "{}", 200);
        assert_eq!(fired(&playout, &normal, Purpose::Rejected).into_iter().next(), Some("copies"));
        assert!(fired(&playout, &normal, Purpose::Rejected).contains("rejected"));
    }
}

#[test]
fn any_slice_gives_the_same_mutants() {
    let playout = playout(&files(), "k_tails");
    let generator = Generator::new(&playout, 7, r#"{"kind": "anomalous", "edits": 2}"#, &control()).unwrap();
    let all = drawn(&playout, r#"{"kind": "anomalous", "edits": 2}"#, 60);
    for (s, ordinal) in all.iter().zip(1u64..=60).collect::<Vec<_>>().into_iter().rev() {
        assert_eq!(&generator.trace(ordinal).unwrap(), s);
    }
    assert!(all.iter().any(|s| s.mutant.as_ref().unwrap().mutations.len() == 2));
}

#[test]
fn each_mutation_does_what_its_name_says() {
    let playout = playout(&files(), "prefix_tree");
    let normal: BTreeSet<String> = drawn(&playout, "{}", 2_000).iter().map(text).collect();
    let made = |kind: Mutation| -> Vec<(String, usize)> {
        let options = format!(r#"{{"kind": "anomalous", "mutations": ["{}"]}}"#, kind.as_str());
        let all = drawn(&playout, &options, 80);
        all.iter().map(|s| (text(s), s.mutant.as_ref().unwrap().seq as usize - 1)).collect()
    };
    let sorted = |text: &str| {
        let mut letters: Vec<char> = text.chars().collect();
        letters.sort_unstable();
        letters
    };
    for (faulty, at) in made(Mutation::Cut) {
        assert!(at == faulty.len() && normal.iter().any(|n| n.starts_with(&faulty)));
    }
    for (faulty, at) in made(Mutation::Drop) {
        let restored = |n: &String| n[..at.min(n.len())] == faulty[..at] && n.ends_with(&faulty[at..]);
        assert!(
            normal.iter().any(|n| (1..=3).contains(&(n.len() - faulty.len().min(n.len()))) && restored(n)),
            "{faulty}"
        );
    }
    for (faulty, at) in made(Mutation::Repeat) {
        let undone = |n: usize| format!("{}{}", &faulty[..at], &faulty[at + n..]);
        assert!((1..=3).any(|n| at + n <= faulty.len() && normal.contains(&undone(n))), "{faulty} {at}");
        assert_eq!(faulty.as_bytes()[at], faulty.as_bytes()[at - 1]);
    }
    for (faulty, at) in made(Mutation::Replace) {
        assert!("orwsc".chars().any(|c| normal.contains(&format!("{}{c}{}", &faulty[..at], &faulty[at + 1..]))));
    }
    for (faulty, at) in made(Mutation::Insert) {
        assert!(normal.contains(&format!("{}{}", &faulty[..at], &faulty[at + 1..])));
    }
    for kind in [Mutation::Swap, Mutation::Move] {
        for (faulty, at) in made(kind) {
            assert!(normal.iter().any(|n| sorted(n) == sorted(&faulty) && n[..at] == faulty[..at]), "{faulty} {at}");
        }
    }
    let options = r#"{"kind": "anomalous", "mutations": ["unseen"]}"#;
    for s in drawn(&playout, options, 40) {
        let mutant = s.mutant.as_ref().unwrap();
        let unseen = s.trace.variant.iter().filter(|label| &*label.event == "unseen").count();
        assert!((1..=3).contains(&unseen) && mutant.outside.iter().flatten().count() == unseen);
        assert_eq!(s.trace.parameters.iter().filter(|p| p.is_none()).count(), unseen);
    }
}

#[test]
fn a_score_may_be_asked_for_instead() {
    let playout = playout(&files(), "k_tails");
    let beyond = logfsm::conform::threshold(&playout.machine.automaton, 0.01).unwrap();
    let all = drawn(&playout, &format!(r#"{{"kind": "anomalous", "beyond": {beyond}}}"#), 200);
    assert!(all.iter().all(|s| playout.machine.score_trace(&s.trace) > beyond));
    assert_eq!(fired(&playout, &all, Purpose::Anomalous), BTreeSet::new());
}

#[test]
fn what_cannot_be_asked_is_an_error() {
    // A machine that accepts everything rejects no mutant.
    let texts = ["a", "ab", "ba", "aab", "abb", "", "b", "bb", "aa"];
    let flower: Vec<Trace> = texts.map(|t| Trace::of(t.split("").filter(|e| !e.is_empty()))).to_vec();
    let mut tree = PrefixTree::new(usize::MAX);
    flower.iter().for_each(|t| tree.add(&TraceView::from_bytes(&t.to_bytes()).unwrap()).unwrap());
    let machine = infer(&tree.to_automaton(), "k_tails", r#"{"k": 0}"#, &control()).unwrap();
    let flower = Playout::of_machine(Machine::new(machine));
    let generator = Generator::new(&flower, 1, r#"{"kind": "anomalous"}"#, &control()).unwrap();
    let error = generator.trace(1).unwrap_err();
    assert!(error.detail().unwrap().contains("None of"), "{error}");
    // A type never seen it does reject.
    let options = r#"{"kind": "anomalous", "mutations": ["unseen"]}"#;
    assert!(drawn(&flower, options, 20).iter().all(|s| !flower.machine.accepts(&s.trace.variant)));
    for wrong in [
        r#"{"mutations": ["melt"], "kind": "anomalous"}"#,
        r#"{"mutations": 3, "kind": "anomalous"}"#,
        r#"{"kind": "odd"}"#,
    ] {
        assert!(Generator::new(&flower, 1, wrong, &control()).is_err(), "{wrong}");
    }
}
