//! The checker, tested by mutation: each fault fires exactly its rules.

use logfsm::automaton::PrefixTree;
use logfsm::conform::Machine;
use logfsm::infer::{Control, infer};
use logfsm::synth::checks::{
    Checker, EventParameters, EventRow, ParameterChecker, Reference, StateRow, Tables, TransitionRow,
};
use logfsm::synth::{Generator, Plan, Playout, over};
use logfsm::trace::{Trace, TraceView};
use std::collections::BTreeSet;

/// Orders: every one is opened, paid or not, packed piece by piece and closed; the order's number is in every event.
fn orders() -> Vec<Trace> {
    (0..200u64)
        .map(|i| {
            let id = format!(
                r#"["order-{}", "{}"]"#,
                7_000_000_000 + i * 7_919_131,
                if i % 2 == 0 { "web" } else { "shop" }
            );
            let mut events = vec!["open"];
            events.extend(if i % 4 == 0 { ["check", "pay"] } else { ["pay", "check"] });
            events.extend(vec!["pack"; 1 + i as usize % 3]);
            events.push("close");
            let at = i as i64 * 1_000_000_000;
            let row = |(j, event): (usize, &&'static str)| {
                (Some(at + j as i64 * 1_000 + (i % 5) as i64), None, *event, None, None::<String>)
            };
            let rows: Vec<_> = events.iter().enumerate().map(row).collect();
            Trace::from_rows(rows.iter().map(|r| (r.0, r.1, r.2, r.3, Some(id.as_str()))).collect())
        })
        .collect()
}

fn playout() -> Playout {
    let traces = orders();
    let mut tree = PrefixTree::new(usize::MAX);
    traces.iter().for_each(|t| tree.add(&TraceView::from_bytes(&t.to_bytes()).unwrap()).unwrap());
    let (tree, control) = (tree.to_automaton(), Control::unlimited());
    let machine = Machine::new(infer(&tree, "k_tails", "{}", &control).unwrap());
    let plan = Plan::learn(&tree, &machine, &mut over(&traces), &control).unwrap();
    Playout::new(machine, plan)
}

/// A run as the tables hold it.
#[derive(Clone)]
struct Run {
    tables: Tables,
    traces: Vec<(Vec<EventRow>, Vec<EventParameters<'static>>)>,
    n_events: Vec<i32>,
    weights: Vec<f64>,
}

fn rows(playout: &Playout, trace: &Trace, path: &[u32]) -> (Vec<EventRow>, Vec<EventParameters<'static>>) {
    let transitions = &playout.machine.automaton.transitions;
    let row = |(i, &taken): (usize, &u32)| {
        let t = &transitions[taken as usize];
        EventRow {
            seq: i as i32 + 1,
            at: trace.times.get(i).copied(),
            template: t.label as i32,
            transition: Some(taken as i32),
            src: Some(t.source as i32),
            dst: Some(t.target as i32),
        }
    };
    let parameters = |(i, &taken): (usize, &u32)| {
        let values: Vec<String> =
            trace.parameters.get(i).and_then(|p| p.as_deref()).map_or(vec![], |p| serde_json::from_str(p).unwrap());
        let values = values.into_iter().zip(1..).map(|(v, slot)| (slot.to_string().into(), Some(v.into()))).collect();
        EventParameters { template: transitions[taken as usize].label, transition: Some(taken as i32), values }
    };
    (path.iter().enumerate().map(row).collect(), path.iter().enumerate().map(parameters).collect())
}

fn run(playout: &Playout, synthetic: bool) -> Run {
    let machine = &playout.machine.automaton;
    let visits = machine.visits();
    let states = machine.stops.iter().zip(0..);
    let tables = Tables {
        states: states.map(|(&s, id)| StateRow { id, visits: visits[id as usize] as i64, stops: s as i64 }).collect(),
        transitions: machine
            .transitions
            .iter()
            .zip(0..)
            .map(|(t, id)| TransitionRow {
                id,
                src: t.source as i32,
                template: t.label as i32,
                dst: t.target as i32,
                count: t.count as i64,
            })
            .collect(),
        templates: (0..machine.labels.len() as i32).collect(),
        traces: machine.totals.traces as i64,
    };
    let traces: Vec<_> = if synthetic {
        let generator = Generator::new(playout, 5, "{}", &Control::unlimited()).unwrap();
        (1..=100).map(|i| generator.trace(i).unwrap()).map(|s| rows(playout, &s.trace, &s.path)).collect()
    } else {
        orders().iter().map(|t| rows(playout, t, &playout.machine.path(t).unwrap())).collect()
    };
    let n_events = traces.iter().map(|t| t.0.len() as i32).collect();
    Run { tables, n_events, weights: vec![1.0; traces.len()], traces }
}

/// The rules that a run breaks.
fn fired(playout: &Playout, run: &Run, synthetic: bool) -> BTreeSet<&'static str> {
    let reference = Reference::of(playout, 1.0, false);
    let mut checker = Checker::new(&run.tables, &reference);
    let mut parameters = ParameterChecker::new(&playout.plan.parameters, &playout.machine.automaton, synthetic);
    for (i, (events, values)) in run.traces.iter().enumerate() {
        checker.trace(i as i64, run.n_events[i], run.weights[i], events);
        parameters.trace(i as i64, values);
    }
    let verdicts = checker.finish().with(parameters.finish());
    assert!(verdicts.iter().all(|v| v.violated <= v.checked && (v.violated == 0) == v.examples.is_empty()));
    verdicts.iter().filter(|v| v.violated > 0).map(|v| v.rule.name).collect()
}

#[test]
fn real_and_synthetic_traces_keep_every_rule() {
    let playout = playout();
    assert_eq!(fired(&playout, &run(&playout, false), false), BTreeSet::new());
    let synthetic = run(&playout, true);
    assert_eq!(fired(&playout, &synthetic, true), BTreeSet::new());
    assert!(synthetic.traces.iter().all(|t| t.1.iter().all(|p| p.values.len() == 2)));
}

#[test]
fn each_mutation_fires_exactly_its_rules() {
    let playout = playout();
    let good = run(&playout, true);
    // A trace that packs twice or more, so that dropping one pack changes nothing else.
    let victim = good.traces.iter().position(|t| t.0.len() == 6).unwrap();
    type Mutation<'a> = (&'static str, &'a dyn Fn(&mut Run), &'a [&'static str]);
    let mutations: &[Mutation<'_>] = &[
        (
            "identifier",
            &|r| r.traces[victim].1[1].values[0].1 = Some("order-7000000001".into()),
            &["identifier_constant"],
        ),
        ("format", &|r| r.traces[victim].1.iter_mut().for_each(|p| p.values[0].1 = Some("order".into())), &["format"]),
        (
            "real identifier",
            &|r| r.traces[victim].1.iter_mut().for_each(|p| p.values[0].1 = Some("order-7000000000".into())),
            &["no_real_identifier"],
        ),
        ("word", &|r| r.traces[victim].1[2].values[1].1 = Some("fax".into()), &["domain"]),
        ("slot", &|r| r.traces[victim].1[2].values.truncate(1), &["known_slots"]),
        (
            "negative delay",
            &|r| {
                let before = r.traces[victim].0[2].at.unwrap();
                r.traces[victim].0[3].at = Some(before - 1);
            },
            &["delay_range", "time_order"],
        ),
        (
            "slow",
            &|r| r.traces[victim].0[5].at = r.traces[victim].0[5].at.map(|at| at + 10_000_000),
            &["delay_range", "duration_range"],
        ),
        ("number of events", &|r| r.n_events[victim] += 1, &["contiguous_seq"]),
        ("gap", &|r| r.traces[victim].0[5].seq = 9, &["contiguous_seq"]),
        (
            "foreign template",
            &|r| r.traces[victim].0[2].template = 99,
            &["invariants", "known_template", "observed_pairs", "transition_exists", "count_bounds"],
        ),
        ("foreign transition", &|r| r.traces[victim].0[3].transition = Some(77), &["transition_exists"]),
        (
            "other state",
            &|r| {
                r.traces[victim].0[2].dst = Some(0);
            },
            &["contiguous_path", "transition_exists"],
        ),
        (
            "wrong start",
            &|r| {
                r.traces[victim].0[0].src = Some(3);
            },
            &["starts_at_start", "transition_exists"],
        ),
        ("heavy", &|r| r.weights[victim] = 3.0, &["weights"]),
        ("no weight", &|r| r.weights[victim] = 0.0, &["weights"]),
        ("lost flow", &|r| r.tables.transitions[0].count -= 1, &["flow_conservation"]),
        ("lost visit", &|r| r.tables.states[1].visits += 1, &["flow_conservation"]),
    ];
    for (name, mutate, expected) in mutations {
        let mut bad = good.clone();
        mutate(&mut bad);
        assert_eq!(fired(&playout, &bad, true), expected.iter().copied().collect(), "{name}");
    }
    // Events moved, dropped and doubled whole, numbered again.
    let renumber = |run: &mut Run| {
        run.traces[victim].0.iter_mut().zip(1..).for_each(|(e, seq)| e.seq = seq);
        run.n_events[victim] = run.traces[victim].0.len() as i32;
    };
    let moved: &[Mutation<'_>] = &[
        (
            "drop the end",
            &|r| {
                r.traces[victim].0.pop();
            },
            &["ends_at_end", "invariants", "observed_pairs", "count_bounds"],
        ),
        (
            "swap open and close",
            &|r| r.traces[victim].0.swap(0, 5),
            &[
                "contiguous_path",
                "delay_range",
                "ends_at_end",
                "invariants",
                "observed_pairs",
                "starts_at_start",
                "time_order",
            ],
        ),
        (
            "double open",
            &|r| {
                let e = r.traces[victim].0[0];
                r.traces[victim].0.insert(0, e);
            },
            &["contiguous_path", "count_bounds", "delay_range", "invariants", "observed_pairs"],
        ),
    ];
    for (name, mutate, expected) in moved {
        let mut bad = good.clone();
        mutate(&mut bad);
        renumber(&mut bad);
        let mut found = fired(&playout, &bad, true);
        // Whether times are odd too depends on the delays drawn.
        for loose in ["delay_range", "duration_range", "time_order"] {
            if !found.contains(loose) || !expected.contains(&loose) {
                found.remove(loose);
            }
        }
        let strict: BTreeSet<&str> =
            expected.iter().copied().filter(|e| !["delay_range", "duration_range", "time_order"].contains(e)).collect();
        let found: BTreeSet<&str> =
            found.into_iter().filter(|e| !["delay_range", "duration_range", "time_order"].contains(e)).collect();
        assert_eq!(found, strict, "{name}");
    }
}

#[test]
fn tables_that_contradict_themselves_are_flagged() {
    // A step from S0 to S2 that no transition allows; S6 is entered 540 times and left 210 times.
    let t = |id, src, template, dst, count| TransitionRow { id, src, template, dst, count };
    let s = |id, visits, stops| StateRow { id, visits, stops };
    let tables = Tables {
        states: vec![s(0, 540, 0), s(1, 540, 0), s(6, 540, 0), s(7, 210, 210)],
        transitions: vec![t(0, 0, 0, 1, 540), t(1, 1, 1, 6, 540), t(2, 6, 2, 7, 210)],
        templates: vec![0, 1, 2],
        traces: 540,
    };
    let reference = Reference { largest_weight: 1.0, ..Reference::default() };
    let mut checker = Checker::new(&tables, &reference);
    let event = |seq, template, transition, src, dst| EventRow {
        seq,
        at: None,
        template,
        transition,
        src: Some(src),
        dst: Some(dst),
    };
    checker.trace(1, 3, 1.0, &[event(1, 0, Some(0), 0, 1), event(2, 1, Some(1), 1, 6), event(3, 2, Some(2), 6, 7)]);
    checker.trace(2, 2, 1.0, &[event(1, 1, None, 0, 6), event(2, 2, Some(2), 6, 7)]);
    let verdicts = checker.finish().with(Default::default());
    let fired: Vec<_> =
        verdicts.iter().filter(|v| v.violated > 0).map(|v| (v.rule.name, v.violated, v.examples[0])).collect();
    assert_eq!(fired, [("transition_exists", 1, 2), ("flow_conservation", 1, 6)]);
}
