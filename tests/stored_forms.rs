//! Stored forms stay readable and stay the same: what release 0.1 wrote, as text of bytes.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use logfsm::automaton::{Automaton, PrefixTree};
use logfsm::conform::Machine;
use logfsm::infer::{Control, infer};
use logfsm::log::{MinerOptions, TemplateMiner};
use logfsm::synth::{Generator, Plan, Playout, Synthetic, over};
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

/// Digests of a thousand traces each: plain ones, ones with rare steps, and faulty ones.
fn digests(playout: &Playout) -> String {
    // With times and parameters, real weights, and faults; as text, so that no binary form matters.
    let line = |number: u64, Synthetic { trace, weight, log_probability, .. }: &Synthetic| {
        let events: Vec<&str> = trace.variant.iter().map(|l| &*l.event).collect();
        format!("{number} {weight} {log_probability:?} {events:?} {:?} {:?}\n", trace.times, trace.parameters)
    };
    let digest = |options: &str| {
        let generator = Generator::new(playout, 42, options, &Control::unlimited()).unwrap();
        let lines: String = (1..=1000).map(|n| line(n, &generator.trace(n).unwrap())).collect();
        format!("{}\n", STANDARD.encode(Sha256::digest(lines)))
    };
    ["{}", r#"{"amplification": 0.2, "rare": 0.2}"#, r#"{"kind": "anomalous"}"#].map(digest).concat()
}

#[test]
fn generators_of_version_1_make_the_same_traces_forever() {
    let stored = STANDARD.decode(include_str!("fixtures/generator.v1").trim()).unwrap();
    let playout = Playout::from_bytes(&stored).unwrap();
    assert_eq!(playout.to_bytes(), stored, "a generator of version 1 is stored as it was");
    let digests = digests(&playout);
    assert_eq!(digests, include_str!("fixtures/generator.v1.sha256"), "a generator makes other traces than it did");
}

/// Traces with values of many kinds, and a guard: what a generator of version 2 is made of.
fn traces_with_values() -> Vec<Trace> {
    let trace = |i: u64| {
        let at = |n: u64| Some((i * 1_000_000 + n * (i % 7 + 1) * 1000) as i64);
        let hash = i.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let day = format!("2024-{:02}-{:02}", i % 12 + 1, i * 5 % 28 + 1);
        let (who, size) = (format!("user{}@example.org", 1000 + i * 37), hash >> 44);
        let open = format!(r#"{{"who": "{who}", "day": "{day}", "id": "0x{:08x}", "size": {size}}}"#, hash >> 32);
        let next = if size > 1 << 19 { "split" } else { "keep" };
        let note = ["-", "ok", "late", "v1.2"][(hash >> 20) as usize % 4];
        let rest = format!(r#"[{}, "{note}", {}.{:02}, null]"#, i.is_multiple_of(3), i % 50, hash % 100);
        let row = |n, event, json| (at(n), None, event, Some("api"), json);
        Trace::from_rows(vec![
            row(0, "open", Some(open.as_str())),
            row(1, next, Some(rest.as_str())),
            row(2, "close", None),
        ])
    };
    (0..60).map(trace).collect()
}

#[test]
fn generators_of_version_2_are_read_and_make_the_same_traces_forever() {
    let traces = traces_with_values();
    let mut tree = PrefixTree::new(usize::MAX);
    traces.iter().for_each(|t| tree.add(&TraceView::from_bytes(&t.to_bytes()).unwrap()).unwrap());
    let (tree, control) = (tree.to_automaton(), Control::unlimited());
    let machine = Machine::new(infer(&tree, "k_tails", r#"{"guards": true}"#, &control).unwrap());
    let plan = Plan::learn(&tree, &machine, &mut over(&traces), &control).unwrap();
    let stored = include_str!("fixtures/generator.v2");
    same("a generator", &Playout::new(machine, plan).to_bytes(), stored);
    let playout = Playout::from_bytes(&STANDARD.decode(stored.trim()).unwrap()).unwrap();
    let digests = digests(&playout);
    assert_eq!(digests, include_str!("fixtures/generator.v2.sha256"), "a generator makes other traces than it did");
}
