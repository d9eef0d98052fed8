//! Guards learned from logs whose true guards are known, and what must hold of every guarded machine.

mod support;

use logfsm::automaton::{Automaton, PrefixTree};
use logfsm::conform::Machine;
use logfsm::infer::{Control, infer};
use logfsm::trace::{Trace, TraceBuilder, TraceView};
use proptest::prelude::*;

/// A little generator of numbers.
struct Draw(u64);

impl Draw {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

/// What truly follows an event with parameters n, m and mode.
type Truth = fn(u64, u64, &str) -> &'static str;

fn branch(small: bool) -> &'static str {
    if small { "small" } else { "large" }
}

fn threshold(n: u64, _: u64, _: &str) -> &'static str {
    branch(n <= 47)
}

fn three_ways(n: u64, _: u64, _: &str) -> &'static str {
    if n <= 31 { "small" } else { ["large", "middle"][usize::from(n <= 66)] }
}

fn category(_: u64, _: u64, mode: &str) -> &'static str {
    branch(["put", "post"].contains(&mode))
}

fn rare(n: u64, _: u64, _: &str) -> &'static str {
    branch(n <= 3)
}

fn both(n: u64, _: u64, mode: &str) -> &'static str {
    branch(n <= 53 && mode == "get")
}

fn either(n: u64, _: u64, mode: &str) -> &'static str {
    branch(n <= 33 || mode == "get")
}

fn two_numbers(n: u64, m: u64, _: &str) -> &'static str {
    branch(n <= 59 && m > 27)
}

fn compared(n: u64, m: u64, _: &str) -> &'static str {
    branch(n <= m)
}

fn agreeing(n: u64, m: u64, _: &str) -> &'static str {
    branch((n <= 46) == (m <= 57))
}

/// start, open with parameters, what the truth (in `noise` of 100 cases another) says, and an end.
fn trace(draw: &mut Draw, truth: Truth, noise: u64) -> (Trace, &'static str, bool) {
    let (n, m) = (draw.below(100) + 1, draw.below(100) + 1);
    let mode = ["get", "put", "post", "head"][draw.below(4) as usize];
    let right = truth(n, m, mode);
    let wrong = if right == "small" { "large" } else { "small" };
    let noisy = draw.below(100) < noise;
    let mut builder = TraceBuilder::default();
    builder.push(None, "start", None, None, None);
    let id = draw.below(1_000_000);
    let parameters = format!("{{\"mode\": \"{mode}\", \"n\": {n}, \"m\": {m}, \"id\": \"x{id}\"}}");
    builder.push(None, "open", None, None, Some(&parameters));
    builder.push(None, if noisy { wrong } else { right }, None, None, None);
    if draw.below(2) == 0 {
        builder.push(None, "more", None, None, None);
    }
    builder.push(None, "end", None, None, None);
    (builder.finish(), right, noisy)
}

fn tree(traces: &[Trace]) -> Automaton {
    let mut tree = PrefixTree::new(usize::MAX);
    for trace in traces {
        tree.add(&TraceView::from_bytes(&trace.to_bytes()).unwrap()).unwrap();
    }
    tree.to_automaton()
}

fn learn(traces: &[Trace], method: &str) -> Automaton {
    let tree = tree(traces);
    let machine = infer(&tree, method, r#"{"guards": true}"#, &Control::unlimited()).unwrap();
    machine.validate().unwrap_or_else(|e| panic!("{method}: {e} {:?}", e.detail()));
    assert!(machine.is_deterministic() && machine.totals == tree.totals);
    assert_eq!(Automaton::from_bytes(&machine.to_bytes()).unwrap(), machine);
    assert_eq!(Automaton::from_json(&machine.to_json()).unwrap(), machine);
    machine
}

/// The share of unseen traces whose true next event is the most frequent one where their open event leads.
fn right_branches(machine: &Machine, truth: Truth) -> f64 {
    let mut draw = Draw(99);
    let mut right = 0;
    for _ in 0..1000 {
        let (trace, truly, _) = trace(&mut draw, truth, 0);
        let path = machine.path(&trace).expect("an accepted trace");
        let state = machine.automaton.transitions[path[1] as usize].target;
        let next = machine.outgoing(state).iter().max_by_key(|t| t.count).unwrap();
        right += u32::from(machine.automaton.labels[next.label as usize].event.as_ref() == truly);
    }
    f64::from(right) / 1000.0
}

#[test]
fn known_guards_are_found_and_hold_on_unseen_events() {
    let cases: [(Truth, u64, &[&str]); 14] = [
        (threshold, 0, &["n <= ", "n > "]),
        (threshold, 5, &["n <= ", "n > "]),
        (three_ways, 0, &["n <= ", "n > "]),
        (three_ways, 5, &["n <= ", "n > "]),
        (category, 0, &["mode in (post, put)", "mode in (get, head)", "mode not in (post, put)"]),
        (category, 5, &["mode in (post, put)", "mode in (get, head)", "mode not in (post, put)"]),
        (rare, 0, &["n <= "]),
        (both, 0, &["n <= ", "mode in (get)"]),
        (both, 5, &["n <= ", "mode in (get)"]),
        (either, 0, &["n <= ", "mode in (get)"]),
        (two_numbers, 0, &["n <= ", "m > "]),
        (two_numbers, 5, &["n <= ", "m > "]),
        (compared, 0, &["m > n", "m <= n"]),
        (agreeing, 0, &["n <= ", "m <= "]),
    ];
    for (case, (truth, noise, words)) in cases.into_iter().enumerate() {
        // One learner on three logs, the others on one.
        for (seed, method) in [(7, "k_tails"), (8, "k_tails"), (9, "k_tails"), (7, "mdl"), (7, "mint")] {
            let mut draw = Draw(seed);
            let traces: Vec<Trace> = (0..2000).map(|_| trace(&mut draw, truth, noise).0).collect();
            let machine = Machine::new(learn(&traces, method));
            let guards: Vec<String> = (0..machine.automaton.transitions.len())
                .filter_map(|i| machine.automaton.guard(i))
                .map(|g| g.to_string())
                .collect();
            assert!(!guards.is_empty(), "{case} {method}: no guards");
            assert!(guards.iter().any(|g| words.iter().any(|word| g.contains(word))), "{case} {method}: {guards:?}");
            assert!(guards.iter().all(|g| !g.contains("id")), "{case} {method} guards by noise: {guards:?}");
            let share = right_branches(&machine, truth);
            assert!(share >= 0.95, "{case} {method}, noise {noise}: {share} by {guards:?}");
            assert!(traces.iter().all(|t| machine.accepts(t) && machine.accepts(&t.variant)), "{case} {method}");
            let told = machine.automaton.stats().rows.iter().any(|(name, _)| name.starts_with("guard gain"));
            assert!(told, "{case} {method}");
        }
    }
}

#[test]
fn a_threshold_is_found_up_to_the_sampled_values() {
    let mut draw = Draw(7);
    let traces: Vec<Trace> = (0..2000).map(|_| trace(&mut draw, threshold, 0).0).collect();
    let machine = learn(&traces, "k_tails");
    let guards: Vec<String> =
        (0..machine.transitions.len()).filter_map(|i| machine.guard(i)).map(|g| g.to_string()).collect();
    let bound = guards.iter().find_map(|g| g.strip_prefix("n <= ")).expect("a threshold").parse::<f64>().unwrap();
    assert!((45.0..=55.0).contains(&bound), "{guards:?}");
    assert!(guards.contains(&format!("n > {bound}")), "{guards:?}");
    // Pictures show it beside the event.
    let options = logfsm::automaton::RenderOptions::default();
    assert!(machine.to_dot(&options).contains(&format!("open [n <= {bound}]")));
    assert!(machine.to_svg(&options).unwrap().contains(&format!("open [n &lt;= {bound}]")));
    assert!(machine.to_mermaid(&options).contains(&format!("open #91;n #60;= {bound}#93;")));
}

#[test]
fn without_parameters_guards_change_nothing() {
    let words: Vec<Vec<&str>> = vec![vec!["a", "b", "c"], vec!["a", "c"], vec!["a", "b", "b", "c"], vec!["d", "c"]];
    let tree = support::tree(&words);
    for method in ["k_tails", "mdl", "alergia", "prins", "auto", "prefix_tree", "prefix_multiset"] {
        let plain = infer(&tree, method, "{}", &Control::unlimited()).unwrap();
        let guarded = infer(&tree, method, r#"{"guards": true}"#, &Control::unlimited()).unwrap();
        assert_eq!(plain, guarded, "{method}");
    }
}

#[test]
fn one_state_can_be_divided_by_several_ways_in() {
    // Two openings with thresholds of their own lead to the same choice.
    let mut draw = Draw(3);
    let mut traces = Vec::new();
    for _ in 0..1500 {
        let (n, which) = (draw.below(100), draw.below(2));
        let (name, bound) = [("fast", 20), ("slow", 70)][which as usize];
        let mut builder = TraceBuilder::default();
        builder.push(None, name, None, None, Some(&format!("[{n}]")));
        builder.push(None, if n <= bound { "hit" } else { "miss" }, None, None, None);
        traces.push(builder.finish());
    }
    let machine = learn(&traces, "k_tails");
    let guards: Vec<String> =
        (0..machine.transitions.len()).filter_map(|i| machine.guard(i)).map(|g| g.to_string()).collect();
    assert_eq!(guards.len(), 4, "{guards:?}");
    let bounds: Vec<f64> = guards.iter().filter_map(|g| g.strip_prefix("$1 <= ")?.parse().ok()).collect();
    assert!(
        bounds.iter().any(|b| (17.0..24.0).contains(b)) && bounds.iter().any(|b| (66.0..74.0).contains(b)),
        "{guards:?}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Logs in which parameters decide, with loops, neighbours that are both guarded, missing and odd values.
    #[test]
    fn every_guarded_machine_keeps_its_promises(seed in any::<u64>(), size in 20usize..400, most in 1u64..200) {
        let mut draw = Draw(seed);
        let mut traces = Vec::new();
        for _ in 0..size {
            let mut builder = TraceBuilder::default();
            let mut next = "a";
            for _ in 0..8 {
                let n = draw.below(most);
                let parameters = match draw.below(12) {
                    0 => None,
                    1 => Some("{\"n\": null}".to_string()),
                    2 => Some(format!("{{\"n\": \"odd{}\"}}", n % 3)),
                    _ => Some(format!("{{\"n\": {n}, \"m\": \"{}\"}}", ["x", "y"][draw.below(2) as usize])),
                };
                builder.push(None, next, None, None, parameters.as_deref());
                if draw.below(5) == 0 {
                    break;
                }
                next = match (next, n * 2 > most) {
                    ("a", true) => "b",
                    ("a", false) => "c",
                    ("b", true) => "a",
                    ("b", false) => "b",
                    (_, true) => "a",
                    _ => "b",
                };
            }
            traces.push(builder.finish());
        }
        for method in ["k_tails", "mdl", "mint", "prins", "alergia"] {
            let guarded = learn(&traces, method);
            let mut backwards = traces.clone();
            backwards.reverse();
            prop_assert_eq!(guarded.to_bytes(), learn(&backwards, method).to_bytes(), "{} depends on the order", method);
            let machine = Machine::new(guarded);
            for trace in &traces {
                prop_assert!(machine.accepts(trace), "{} rejects {:?}", method, trace);
                prop_assert!(machine.accepts(&trace.variant), "{} rejects a trace without parameters", method);
                prop_assert!(machine.path(trace).is_some());
            }
        }
    }
}
