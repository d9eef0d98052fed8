//! Synthetic traces of real logs with times and parameters: every rule kept, identifiers bound and never real, what
//! depends stays dependent, times as real ones.

mod support;

use logfsm::automaton::{LabelId, PrefixTree};
use logfsm::conform::Machine;
use logfsm::infer::{Control, infer};
use logfsm::synth::checks::{
    Checker, EventParameters, EventRow, ParameterChecker, Reference, StateRow, Tables, TransitionRow, Verdict,
};
use logfsm::synth::fidelity::report::{Metric, Trace as Compared, report};
use logfsm::synth::parameters::Values;
use logfsm::synth::{Generator, Plan, Playout, over};
use logfsm::trace::{Trace, TraceView, slots};

/// The traces of a log of SNTSVV/PRINS.
fn traces(name: &str) -> Option<Vec<Trace>> {
    let text = support::data(&format!("prins/{name}.csv.gz"))?;
    type Row = (Option<i64>, Option<i64>, String, Option<String>, Option<String>);
    let mut by_trace: Vec<(String, Vec<Row>)> = Vec::new();
    for row in support::csv(&text).into_iter().skip(1) {
        let at = instant(&row[2]);
        let parameters = Some(row[7].clone()).filter(|p| p != "[]");
        let event = (Some(at), row[1].parse().ok(), row[4].clone(), Some(row[3].clone()), parameters);
        match by_trace.iter_mut().find(|t| t.0 == row[0]) {
            Some(found) => found.1.push(event),
            None => by_trace.push((row[0].clone(), vec![event])),
        }
    }
    let trace = |(_, rows): &(String, Vec<Row>)| {
        Trace::from_rows(rows.iter().map(|r| (r.0, r.1, r.2.as_str(), r.3.as_deref(), r.4.as_deref())).collect())
    };
    Some(by_trace.iter().map(trace).collect())
}

fn instant(text: &str) -> i64 {
    let zoned = text.replace(' ', "T").replace("+0200", "+02:00");
    let text = if zoned.contains('+') { zoned } else { format!("{zoned}Z") };
    text.parse::<jiff::Timestamp>().expect("a time").as_microsecond()
}

fn playout(traces: &[Trace]) -> Playout {
    let mut tree = PrefixTree::new(usize::MAX);
    traces.iter().for_each(|t| tree.add(&TraceView::from_bytes(&t.to_bytes()).unwrap()).unwrap());
    let (tree, control) = (tree.to_automaton(), Control::unlimited());
    let machine = Machine::new(infer(&tree, "auto", "{}", &control).unwrap());
    let plan = Plan::learn(&tree, &machine, &mut over(traces), &control).unwrap();
    Playout::new(machine, plan)
}

/// The verdicts of all rules on a run.
fn verdicts(playout: &Playout, run: &[(Trace, Vec<u32>, f64)], synthetic: bool) -> Vec<Verdict> {
    let machine = &playout.machine.automaton;
    let visits = machine.visits();
    let state =
        |(id, &stops): (usize, &u64)| StateRow { id: id as i32, visits: visits[id] as i64, stops: stops as i64 };
    let transition = |(id, t): (i32, &logfsm::automaton::Transition)| TransitionRow {
        id,
        src: t.source as i32,
        template: t.label as i32,
        dst: t.target as i32,
        count: t.count as i64,
    };
    let tables = Tables {
        states: machine.stops.iter().enumerate().map(state).collect(),
        transitions: (0..).zip(&machine.transitions).map(transition).collect(),
        templates: (0..machine.labels.len() as i32).collect(),
        traces: machine.totals.traces as i64,
    };
    let reference = Reference::of(playout, 1.0, false);
    let mut checker = Checker::new(&tables, &reference);
    let mut parameters = ParameterChecker::new(&playout.plan.parameters, machine, synthetic);
    for (id, (trace, path, weight)) in (1..).zip(run) {
        let event = |(i, &taken): (usize, &u32)| {
            let t = &machine.transitions[taken as usize];
            let (src, dst) = (Some(t.source as i32), Some(t.target as i32));
            let at = trace.times.get(i).copied();
            EventRow { seq: i as i32 + 1, at, template: t.label as i32, transition: Some(taken as i32), src, dst }
        };
        let events: Vec<EventRow> = path.iter().enumerate().map(event).collect();
        checker.trace(id, path.len() as i32, *weight, &events);
        let values = |i: usize| trace.parameters.get(i).and_then(|p| p.as_deref()).map(slots).unwrap_or_default();
        let named = |i: usize| values(i).into_iter().map(|s| (s.name, s.value)).collect();
        let of_event = |(i, &taken): (usize, &u32)| EventParameters {
            template: machine.transitions[taken as usize].label,
            transition: Some(taken as i32),
            values: named(i),
        };
        let of_trace: Vec<EventParameters> = path.iter().enumerate().map(of_event).collect();
        parameters.trace(id, &of_trace);
    }
    checker.finish().with(parameters.finish())
}

fn compared(playout: &Playout, traces: &[Trace]) -> Vec<Compared> {
    let one = |t: &Trace| {
        let labels = playout.machine.resolve(&t.variant);
        let events = t.variant.events.iter().map(|&e| labels[e as usize].unwrap()).collect();
        Compared { events, times: t.times.clone(), weight: 1.0, parameters: t.parameters.clone() }
    };
    traces.iter().map(one).collect()
}

fn is_identifier(playout: &Playout, label: LabelId, name: &str) -> bool {
    let slots = &playout.plan.parameters.slots;
    let slot = slots.iter().find(|s| s.label == label && *s.name == *name);
    slot.is_some_and(|s| matches!(s.values, Values::Identifier { .. }))
}

fn proof(name: &str) {
    let Some(real) = traces(name) else { return };
    let playout = playout(&real);
    let own: Vec<_> = real.iter().map(|t| (t.clone(), playout.machine.path(t).unwrap(), 1.0)).collect();
    let broken = |verdicts: Vec<Verdict>| -> Vec<_> {
        let bad = verdicts.into_iter().filter(|v| v.violated > 0);
        bad.map(|v| (v.rule.name, v.violated, v.checked, v.examples)).collect()
    };
    assert_eq!(broken(verdicts(&playout, &own, false)), [], "{name}: the real traces");
    for seed in 1..=5 {
        let generator = Generator::new(&playout, seed, "{}", &Control::unlimited()).unwrap();
        let run: Vec<_> =
            (1..=1000).map(|i| generator.trace(i).unwrap()).map(|s| (s.trace, s.path, s.weight)).collect();
        assert_eq!(broken(verdicts(&playout, &run, true)), [], "{name}, seed {seed}");
        let synthetic: Vec<Trace> = run.into_iter().map(|r| r.0).collect();
        let (a, b) = (compared(&playout, &real), compared(&playout, &synthetic));
        let names = |label: LabelId, slot: &str| is_identifier(&playout, label, slot);
        let metrics = report(&a, &b, &names);
        let of = |wanted: &str| -> Metric { metrics.iter().find(|m| m.name == wanted && !m.weighted).unwrap().clone() };
        for similar in
            ["pair_contingency", "pair_correlation", "identifier_equality", "dependent_pairs", "column_shapes"]
        {
            let m = of(similar);
            if let (Some(value), Some(floor)) = (m.value, m.floor) {
                assert!(value >= 0.9 * floor, "{name}, seed {seed}: {m:?}");
            }
        }
        for distance in ["cycle_time_distance", "relative_event_distance"] {
            let m = of(distance);
            assert!(m.value <= m.floor.map(|floor| 1.5 * floor), "{name}, seed {seed}: {m:?}");
        }
    }
}

#[test]
fn hadoop_keeps_every_rule_and_dependence() {
    proof("hadoop");
}

#[test]
fn nglclient_keeps_every_rule_and_dependence() {
    proof("nglclient");
}
