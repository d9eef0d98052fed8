//! Stored forms stay readable and stay the same: what release 0.1 wrote, as text of bytes.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use logfsm::automaton::{Automaton, PrefixTree};
use logfsm::conform::Machine;
use logfsm::infer::{Control, infer};
use logfsm::log::{MinerOptions, TemplateMiner};
use logfsm::synth::{Generator, Playout, Synthetic};
use logfsm::trace::{Trace, TraceView};
use sha2::{Digest, Sha256};

fn traces() -> Vec<Trace> {
    let row = |at, seq, event, component, parameters| (Some(at), Some(seq), event, component, parameters);
    vec![
        Trace::from_rows(vec![
            row(1_000, 1, "open", Some("api"), None),
            row(1_500, 2, "read", Some("disk"), Some(r#"{"n": 7}"#)),
            row(1_500, 2, "read", Some("disk"), None),
            row(9_000_000, 3, "close", None, None),
        ]),
        Trace::from_rows(vec![row(2_000, 1, "open", Some("api"), None), row(2_001, 2, "close", None, None)]),
        Trace::of(["open", "überraschung"]),
    ]
}

fn tree() -> Automaton {
    let mut tree = PrefixTree::new(usize::MAX);
    for trace in traces() {
        tree.add(&TraceView::from_bytes(&trace.to_bytes()).unwrap()).unwrap();
    }
    tree.to_automaton()
}

/// Fails with the new text where a form has changed.
fn same(what: &str, bytes: &[u8], stored: &str) {
    let text = STANDARD.encode(bytes);
    assert_eq!(
        text,
        stored.trim(),
        "{what} is written differently now: raise its version and keep reading the old one"
    );
}

#[test]
fn traces_of_version_1() {
    let stored = include_str!("fixtures/traces.v1");
    for (trace, stored) in traces().iter().zip(stored.lines()) {
        same("a trace", &trace.to_bytes(), stored);
        assert_eq!(Trace::from_bytes(&STANDARD.decode(stored).unwrap()).unwrap(), *trace);
    }
}

#[test]
fn automata_of_all_versions() {
    same("an automaton", &tree().to_bytes(), include_str!("fixtures/automaton.v3"));
    // Older ones do not know what the slots looked like.
    let older = Automaton { values: None, ..tree() };
    assert!(tree().values.is_some() && older.fingerprint() == tree().fingerprint());
    let read = |stored: &str| Automaton::from_bytes(&STANDARD.decode(stored.trim()).unwrap()).unwrap();
    assert_eq!(read(include_str!("fixtures/automaton.v3")), tree());
    for stored in [include_str!("fixtures/automaton.v1"), include_str!("fixtures/automaton.v2")] {
        assert_eq!(read(stored), older);
    }
    for json in [include_str!("fixtures/automaton.v1.json"), include_str!("fixtures/automaton.v2.json")] {
        assert_eq!(Automaton::from_json(json).unwrap(), older);
    }
}

#[test]
fn the_json_form_of_version_3() {
    assert_eq!(Automaton::from_json(include_str!("fixtures/automaton.v3.json")).unwrap(), tree());
    assert_eq!(Automaton::from_json(&tree().to_json()).unwrap(), tree());
}

#[test]
fn templates_of_version_1() {
    let mut miner = TemplateMiner::new(MinerOptions::default(), usize::MAX);
    for i in 0..30 {
        miner.add(&format!("session {i} opened from 10.0.0.{i}")).unwrap();
        miner.add("session pool is empty").unwrap();
    }
    let stored = include_str!("fixtures/templates.v1");
    same("a set of templates", &miner.to_bytes(), stored);
    let read = TemplateMiner::from_bytes(&STANDARD.decode(stored.trim()).unwrap(), usize::MAX).unwrap();
    assert_eq!(read.finish().unwrap(), miner.finish().unwrap());
}

#[test]
fn a_seed_means_the_same_traces_forever() {
    let machine = infer(&tree(), "k_tails", r#"{"k": 1}"#, &Control::unlimited()).unwrap();
    let playout = Playout::of_machine(Machine::new(machine));
    let generator = Generator::new(&playout, 42, "{}", &Control::unlimited()).unwrap();
    let mut hash = Sha256::new();
    (1..=1000).for_each(|ordinal| hash.update(generator.trace(ordinal).unwrap().trace.to_bytes()));
    same("generation", &hash.finalize(), include_str!("fixtures/generated.v2"));
}

#[test]
fn generators_of_version_1_make_the_same_traces_forever() {
    let stored = STANDARD.decode(include_str!("fixtures/generator.v1").trim()).unwrap();
    let playout = Playout::from_bytes(&stored).unwrap();
    // With times and parameters, real weights, and faults; as text, so that no binary form matters.
    let line = |number: u64, Synthetic { trace, weight, log_probability, .. }: &Synthetic| {
        let events: Vec<&str> = trace.variant.iter().map(|l| &*l.event).collect();
        format!("{number} {weight} {log_probability:?} {events:?} {:?} {:?}\n", trace.times, trace.parameters)
    };
    let mut digests = String::new();
    for options in ["{}", r#"{"amplification": 0.2, "rare": 0.2}"#, r#"{"kind": "anomalous"}"#] {
        let generator = Generator::new(&playout, 42, options, &Control::unlimited()).unwrap();
        let lines: String = (1..=1000).map(|n| line(n, &generator.trace(n).unwrap())).collect();
        digests += &format!("{}\n", STANDARD.encode(Sha256::digest(lines)));
    }
    assert_eq!(digests, include_str!("fixtures/generator.v1.sha256"), "a generator makes other traces than it did");
}
