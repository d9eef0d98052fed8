//! Synthetic traces: what a seed fixes, what always holds, and what options promise.

mod support;

use logfsm::automaton::PrefixTree;
use logfsm::conform::Machine;
use logfsm::infer::invariants::{InvariantMiner, MiningOptions};
use logfsm::infer::{Control, infer};
use logfsm::synth::checks::breaks;
use logfsm::synth::{Generator, Plan, Playout, Synthetic, over};
use logfsm::trace::{Trace, TraceView};
use proptest::prelude::*;
use std::collections::BTreeMap;

fn control() -> Control<'static> {
    Control::unlimited()
}

/// Traces with times: event j of trace i at i × 1000 + j².
fn timed(traces: &[Vec<String>]) -> Vec<Trace> {
    let trace = |(i, events): (usize, &Vec<String>)| {
        let rows = events.iter().enumerate();
        Trace::from_rows(rows.map(|(j, e)| (Some((i * 1000 + j * j) as i64), None, e.as_str(), None, None)).collect())
    };
    traces.iter().enumerate().map(trace).collect()
}

/// What is learned from traces as they are.
fn learned(traces: &[Trace], method: &str, options: &str) -> Playout {
    let mut tree = PrefixTree::new(usize::MAX);
    for trace in traces {
        tree.add(&TraceView::from_bytes(&trace.to_bytes()).unwrap()).unwrap();
    }
    let tree = tree.to_automaton();
    let machine = Machine::new(infer(&tree, method, options, &control()).unwrap());
    let plan = Plan::learn(&tree, &machine, &mut over(traces), &control()).unwrap();
    Playout::new(machine, plan)
}

fn playout(traces: &[Vec<String>], method: &str, options: &str) -> Playout {
    learned(&timed(traces), method, options)
}

fn words(traces: &[&str]) -> Vec<Vec<String>> {
    traces.iter().map(|t| t.chars().map(String::from).collect()).collect()
}

fn text(playout: &Playout, synthetic: &Synthetic) -> String {
    let _ = playout;
    synthetic.trace.variant.iter().map(|label| label.event.to_string()).collect()
}

fn drawn(playout: &Playout, options: &str, n: u64) -> Vec<Synthetic> {
    let generator = Generator::new(playout, 7, options, &control()).unwrap();
    (1..=n).map(|ordinal| generator.trace(ordinal).unwrap()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn traces_are_accepted_ordered_in_time_and_fixed_by_their_seed(
        traces in prop::collection::vec(prop::collection::vec("[a-d]", 0..9), 1..10),
        method in prop::sample::select(vec!["k_tails", "synoptic", "mdl", "prefix_tree", "alergia"]),
        seed in any::<i64>()
    ) {
        let learned = playout(&traces, method, "{}");
        let stored = Playout::from_bytes(&learned.to_bytes()).unwrap();
        prop_assert_eq!(stored.fingerprint, learned.fingerprint);
        let alone = Playout::of_machine(Machine::new(learned.machine.automaton.clone()));
        let tree = support::tree(&traces);
        let mined = InvariantMiner::from_tree(&tree, &control()).unwrap().finish(&MiningOptions::default());
        for (from, again) in [(&learned, &stored), (&alone, &alone)] {
            let generator = Generator::new(from, seed, r#"{"amplification": 0.3, "rare": 0.5}"#, &control()).unwrap();
            let again = Generator::new(again, seed, r#"{"amplification": 0.3, "rare": 0.5}"#, &control()).unwrap();
            for ordinal in (1..30).rev() {
                let synthetic = generator.trace(ordinal).unwrap();
                let machine = &from.machine;
                prop_assert!(machine.accepts(&synthetic.trace.variant));
                // Along its path the machine goes from the start to an end, event by event.
                let mut state = 0;
                for (label, &taken) in synthetic.trace.variant.iter().zip(&synthetic.path) {
                    let t = &machine.automaton.transitions[taken as usize];
                    prop_assert_eq!((t.source, &machine.automaton.labels[t.label as usize]), (state, label));
                    state = t.target;
                }
                prop_assert!(machine.automaton.stops[state as usize] > 0);
                prop_assert!(synthetic.trace.times.windows(2).all(|pair| pair[0] <= pair[1]));
                prop_assert_eq!(Trace::from_bytes(&synthetic.trace.to_bytes()).unwrap(), synthetic.trace.clone());
                prop_assert!(synthetic.weight <= 1.0 / 0.7 + 1e-9 && synthetic.log_probability.is_some_and(|p| p <= 0.0));
                prop_assert_eq!(again.trace(ordinal).unwrap(), synthetic);
            }
        }
        // From traces, no mined invariant is ever broken, whatever the machine allows.
        let breaking = learned.plan.notes[0].contains("needed too much memory");
        for synthetic in drawn(&learned, "{}", 30).into_iter().filter(|_| !breaking) {
            let events: Vec<u32> =
                synthetic.path.iter().map(|&t| learned.machine.automaton.transitions[t as usize].label).collect();
            prop_assert!(!mined.list.iter().any(|i| breaks(&events, i)), "{:?} {:?}", learned.plan.notes, events);
        }
    }

    #[test]
    fn a_length_cap_steers_and_never_cuts(cap in 1i64..12) {
        let playout = playout(&words(&["a", "ab", "ababab", "abababababab"]), "k_tails", r#"{"k": 0}"#);
        for synthetic in drawn(&playout, &format!("{{\"max_length\": {cap}}}"), 50) {
            prop_assert!(synthetic.trace.len() as i64 <= cap && playout.machine.accepts(&synthetic.trace.variant));
        }
    }
}

#[test]
fn seeds_differ() {
    let playout = playout(&words(&["ab", "ba", "aabb", "bbaa"]), "k_tails", r#"{"k": 1}"#);
    let rows = |seed| -> Vec<Trace> {
        let generator = Generator::new(&playout, seed, "{}", &control()).unwrap();
        (1..=20).map(|i| generator.trace(i).unwrap().trace).collect()
    };
    assert_ne!(rows(1), rows(2));
}

/// 990 times "ab", and of the rest one in four each.
fn shop() -> Vec<Vec<String>> {
    let mut traces = vec!["abc"; 990];
    traces.extend(["abbc", "acc", "aabc", "abcc", "abdc", "abdc"]);
    words(&traces)
}

#[test]
fn amplified_pairs_are_forced_as_often_as_promised_and_weights_undo_it() {
    let playout = playout(&shop(), "k_tails", r#"{"k": 2}"#);
    let options = r#"{"amplification": 0.1, "rare": 0.01}"#;
    let generator = Generator::new(&playout, 3, options, &control()).unwrap();
    let (n, pairs) = (4_000u64, generator.rare_pairs().to_vec());
    assert!(pairs.len() >= 5, "{pairs:?}");
    let all: Vec<Synthetic> = (1..=n).map(|i| generator.trace(i).unwrap()).collect();
    let has = |s: &Synthetic, first: u32, then: u32| {
        let labels = s.path.iter().map(|&t| playout.machine.automaton.transitions[t as usize].label);
        let padded: Vec<u32> = [u32::MAX].into_iter().chain(labels).chain([u32::MAX]).collect();
        padded.windows(2).any(|pair| pair == [first, then])
    };
    for pair in &pairs {
        let forced: Vec<&Synthetic> = all.iter().filter(|s| s.forced == Some(*pair)).collect();
        assert!(forced.len() as u64 >= n / 10 / pairs.len() as u64);
        assert!(forced.iter().all(|s| has(s, pair.first, pair.then)));
    }
    let sum = |of: &dyn Fn(&Synthetic) -> f64| all.iter().map(of).sum::<f64>() / n as f64;
    assert!((sum(&|s| s.weight) - 1.0).abs() < 0.01);
    assert!(all.iter().all(|s| s.weight <= generator.largest_weight().unwrap()));
    // What is forced is far more frequent, and as rare as in the real traces once weighted.
    let rare = pairs[0];
    let plain = sum(&|s| f64::from(u8::from(has(s, rare.first, rare.then))));
    let weighted = sum(&|s| if has(s, rare.first, rare.then) { s.weight } else { 0.0 });
    assert!(plain > 0.01 && weighted < 0.005, "{plain} {weighted}");
}

#[test]
fn tilting_makes_rare_steps_frequent_and_weights_undo_it() {
    let playout = playout(&shop(), "k_tails", r#"{"k": 2}"#);
    let all = drawn(&playout, r#"{"amplification": 0.2, "amplify_by": "tilt"}"#, 20_000);
    let mean = |of: &dyn Fn(&Synthetic) -> f64| all.iter().map(of).sum::<f64>() / all.len() as f64;
    assert!((mean(&|s| s.weight) - 1.0).abs() < 0.02);
    let odd = |s: &Synthetic| if text(&playout, s) == "abc" { 0.0 } else { 1.0 };
    assert!(mean(&odd) > 0.02, "{}", mean(&odd));
    let weighted = mean(&|s| odd(s) * s.weight);
    assert!((0.003..0.02).contains(&weighted), "{weighted}");
}

#[test]
fn spread_traces_follow_the_distribution_closely() {
    let playout = playout(&shop(), "k_tails", r#"{"k": 2}"#);
    for (options, within) in [(r#"{"sampling": "spread"}"#, 3.0), (r#"{"sampling": "independent"}"#, 40.0)] {
        let generator = Generator::new(&playout, 11, options, &control()).unwrap();
        // Any slice, not only the first one.
        let usual = (501..=1500).filter(|&i| text(&playout, &generator.trace(i).unwrap()) == "abc").count() as f64;
        assert!((usual - 993.0).abs() <= within, "{options} {usual}");
    }
}

#[test]
fn conditions_hold_for_every_trace_and_keep_the_odds() {
    let traces = words(&["ab", "ab", "ab", "abab", "ababab", "abababab", "acb", "acbab", "acb"]);
    let playout = playout(&traces, "k_tails", r#"{"k": 1}"#);
    let taken = playout
        .machine
        .automaton
        .transitions
        .iter()
        .position(|t| &*playout.machine.automaton.labels[t.label as usize].event == "c")
        .unwrap();
    for s in drawn(&playout, &format!(r#"{{"condition": {{"takes": {taken}}}}}"#), 50) {
        assert!(s.path.contains(&(taken as u32)));
    }
    for s in drawn(&playout, r#"{"condition": {"length": 6}}"#, 50) {
        assert_eq!(s.trace.len(), 6);
    }
    for s in drawn(&playout, r#"{"condition": {"length": [3, 5]}}"#, 50) {
        assert!((3..=5).contains(&s.trace.len()));
    }
    let ends: BTreeMap<u32, usize> = drawn(&playout, "{}", 100).iter().fold(BTreeMap::new(), |mut all, s| {
        *all.entry(playout.machine.automaton.transitions[*s.path.last().unwrap() as usize].target).or_default() += 1;
        all
    });
    for state in ends.into_keys() {
        for s in drawn(&playout, &format!(r#"{{"condition": {{"ends_in": {state}}}}}"#), 20) {
            assert_eq!(playout.machine.automaton.transitions[*s.path.last().unwrap() as usize].target, state);
        }
    }
    let at = r#"{"condition": {"starts_at": ["2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"], "duration": [0.000004, 0.000016]}}"#;
    for s in drawn(&playout, at, 50) {
        let day = 86_400_000_000i64;
        assert_eq!(s.trace.times[0].div_euclid(day), 9497);
        assert!((4..=16).contains(&s.trace.duration().unwrap()));
    }
    // By event type: the odds among those that have it stay as they are.
    let all = drawn(&playout, "{}", 6_000);
    let has = |s: &&Synthetic, c: char| text(&playout, s).contains(c);
    let with: Vec<&Synthetic> = all.iter().filter(|s| has(s, 'c')).collect();
    let long = |all: &[&Synthetic]| all.iter().filter(|s| s.trace.len() > 3).count() as f64 / all.len() as f64;
    for wanted in [r#""c""#, r#"["c"]"#, r#"["a", "c", "b"]"#] {
        let some = drawn(&playout, &format!(r#"{{"condition": {{"contains": {wanted}}}}}"#), 3_000);
        let some: Vec<&Synthetic> = some.iter().collect();
        assert!(some.iter().all(|s| has(s, 'c')), "{wanted}");
        assert!((long(&some) - long(&with)).abs() < 0.05, "{wanted} {} {}", long(&some), long(&with));
    }
    let both = drawn(&playout, r#"{"condition": {"contains": "c", "length": 5}}"#, 50);
    assert!(both.iter().all(|s| s.trace.len() == 5 && text(&playout, s).contains('c')));
    for impossible in [
        r#"{"condition": {"contains": "z"}}"#,
        r#"{"condition": {"contains": ["a", 1]}}"#,
        r#"{"condition": {"label": "anomalous"}}"#,
        r#"{"condition": {"length": 100000}}"#,
        r#"{"condition": {"takes": 1000}}"#,
        r#"{"condition": {"ends": 1}}"#,
        r#"{"condition": {"length": [5, 3]}}"#,
        r#"{"condition": {"starts_at": "soon"}}"#,
        r#"{"condition": 3}"#,
    ] {
        assert!(Generator::new(&playout, 1, impossible, &control()).is_err(), "{impossible}");
    }
    // 1:1:1 of the lengths 2, 4, 6 among "ab…" traces that stay as they are.
    let lengths = drawn(&playout, r#"{"condition": {"length": [4, 6]}}"#, 3_000);
    let four = lengths.iter().filter(|s| s.trace.len() == 4).count();
    assert!(four > 300 && four < 2_500, "{four}");
}

#[test]
fn hours_of_the_week_are_kept() {
    let mut tree = PrefixTree::new(usize::MAX);
    let hour = 3_600_000_000i64;
    for week in 0..20i64 {
        for minute in 0..10i64 {
            let at = (week * 168 + 30) * hour + minute * 60_000_000;
            tree.add(&TraceView::from_bytes(&support::timed(&[("a", at), ("b", at + 5)])).unwrap()).unwrap();
        }
    }
    let machine = infer(&tree.to_automaton(), "k_tails", "{}", &control()).unwrap();
    let playout = Playout::of_machine(Machine::new(machine));
    let starts: Vec<i64> =
        drawn(&playout, r#"{"arrivals": "hour_of_week"}"#, 200).iter().map(|s| s.trace.times[0]).collect();
    assert!(starts.iter().all(|s| s.div_euclid(hour).rem_euclid(168) == 30));
    assert!(starts.iter().any(|s| *s < 5 * 168 * hour) && starts.iter().any(|s| *s > 15 * 168 * hour));
}

#[test]
fn slow_traces_are_slow_throughout() {
    let mut traces = Vec::new();
    for i in 0..400i64 {
        let step = if i % 2 == 0 { 1_000 } else { 1_000_000 };
        let rows = (0..6).map(|j| (Some(i * 100_000_000 + j * step), None, "x", None, None)).collect();
        traces.push(Trace::from_rows(rows));
    }
    let playout = learned(&traces, "prefix_tree", "{}");
    assert!(playout.plan.delays.follow > 50_000, "{}", playout.plan.delays.follow);
    let mixed = |options: &str| {
        let mixed = |s: &&Synthetic| (10_000..4_000_000).contains(&s.trace.duration().unwrap());
        drawn(&playout, options, 400).iter().filter(mixed).count()
    };
    let (together, apart) = (mixed("{}"), mixed(r#"{"independent_delays": true}"#));
    assert!(together * 2 < apart, "{together} {apart}");
}

#[test]
fn support_and_copies() {
    let playout = playout(&shop(), "k_tails", r#"{"k": 1}"#);
    assert!(drawn(&playout, r#"{"min_support": 100}"#, 100).iter().all(|s| text(&playout, s) == "abc"));
    assert!(Generator::new(&playout, 1, r#"{"min_support": 100000}"#, &control()).is_err());
    let real: Vec<String> = shop().into_iter().map(|t| t.concat()).collect();
    let generator = Generator::new(&playout, 1, r#"{"no_copy": true}"#, &control()).unwrap();
    for ordinal in 1..=20 {
        match generator.trace(ordinal) {
            Ok(synthetic) => assert!(!real.contains(&text(&playout, &synthetic))),
            Err(error) => assert!(error.detail().unwrap().contains("is new"), "{error}"),
        }
    }
}

#[test]
fn durations_are_exactly_conditioned_and_impossible_ones_are_errors() {
    // ab takes 4; ac takes 4 or 400, as often each.
    let mut traces = Vec::new();
    for i in 0..400i64 {
        let (then, delay) = if i % 2 == 0 { ("b", 4) } else { ("c", if i % 4 == 1 { 4 } else { 400 }) };
        let at = i * 10_000;
        traces.push(Trace::from_rows(vec![
            (Some(at), None, "a", None, None),
            (Some(at + delay), None, then, None, None),
        ]));
    }
    let playout = learned(&traces, "prefix_tree", "{}");
    let all = drawn(&playout, r#"{"condition": {"duration": [0, 0.00001]}}"#, 3_000);
    assert!(all.iter().all(|s| s.trace.duration().unwrap() <= 10));
    // Two thirds of the traces that last 4.
    let share = all.iter().filter(|s| text(&playout, s) == "ab").count() as f64 / all.len() as f64;
    assert!((share - 2.0 / 3.0).abs() < 0.03, "{share}");
    for impossible in ["[0, 0.000003]", "[0.0005, 1]", "1"] {
        let options = format!(r#"{{"condition": {{"duration": {impossible}}}}}"#);
        let error = Generator::new(&playout, 1, &options, &control()).err().unwrap();
        assert!(
            error.to_string().contains("condition") && error.hint().unwrap_or_default().contains("0.000004 to 0.0004"),
            "{error}"
        );
    }
    let timeless = Playout::of_machine(Machine::new(support::tree(&words(&["ab"]))));
    assert!(Generator::new(&timeless, 1, r#"{"condition": {"duration": 1}}"#, &control()).is_err());
}

#[test]
fn delays_back_off_from_transition_to_pair_to_event_type_to_all() {
    // Only what is timed has delays: a → b takes 5, c → d takes 100 to 109.
    let timed = |events: [&'static str; 2], at: i64, delay: i64| {
        Trace::from_rows(vec![(Some(at), None, events[0], None, None), (Some(at + delay), None, events[1], None, None)])
    };
    let mut traces: Vec<Trace> = (0..40).map(|i| timed(["a", "b"], i * 1_000, 5)).collect();
    traces.extend((0..40).map(|i| timed(["c", "d"], i * 1_000, 100 + i % 10)));
    for untimed in [&["x", "a", "b"][..], &["x", "y", "b"], &["x", "z"]] {
        traces.extend(std::iter::repeat_n(Trace::of(untimed.iter().copied()), 40));
    }
    let playout = learned(&traces, "prefix_tree", "{}");
    let mut last_delays: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    for s in drawn(&playout, "{}", 2_000) {
        let times = &s.trace.times;
        last_delays.entry(text(&playout, &s)).or_default().push(times[times.len() - 1] - times[times.len() - 2]);
    }
    let of = |events: &str| &last_delays[events];
    assert!(of("ab").iter().all(|&d| d == 5) && of("cd").iter().all(|d| (100..110).contains(d)));
    assert!(of("xab").iter().all(|&d| d == 5), "the pair's");
    assert!(of("xyb").iter().all(|&d| d == 5), "the event type's");
    // Of all delays, half are those of b and half those of d.
    let short = of("xz").iter().filter(|&&d| d == 5).count() as f64 / of("xz").len() as f64;
    assert!((0.4..0.6).contains(&short) && of("xz").iter().all(|&d| d == 5 || (100..110).contains(&d)), "{short}");
}

#[test]
fn durations_are_as_real_ones_where_delays_make_up_for_each_other() {
    // Whenever b comes, c comes 1,000 after a, or 3,000 after it in one of ten; both told apart by a sixteenth.
    let trace = |i: i64| {
        let (start, lasts) = (i * 10_000, if i % 10 == 0 { 3_000 } else { 1_000 });
        let at = [start, start + 50 + i * 7919 % 900, start + lasts + i * 31 % 50];
        Trace::from_rows(at.iter().zip(["a", "b", "c"]).map(|(&at, e)| (Some(at), None, e, None, None)).collect())
    };
    let traces: Vec<Trace> = (0..500).map(trace).collect();
    let playout = learned(&traces, "k_tails", "{}");
    let share = |options: &str, range: std::ops::Range<i64>| {
        let all = drawn(&playout, options, 2_000);
        all.iter().filter(|s| range.contains(&s.trace.duration().unwrap())).count() as f64 / all.len() as f64
    };
    let (usual, slow) = (share("{}", 1_000..1_088), share("{}", 2_944..3_072));
    assert!(usual > 0.7 && (0.05..0.2).contains(&slow), "{usual} {slow}");
    // Drawn one by one, they add up to anything.
    assert!(share(r#"{"independent_delays": true}"#, 1_000..1_088) < 0.3);
}
