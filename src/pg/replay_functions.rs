//! accepts, score, explain and replay: a machine and a trace.

use super::cache::machine;
use super::call::{Call, datum, sql_functions, text};
use super::error::Failure;
use super::set::{Row, Rows, stream};
use super::trace_type::{read, timestamp};
use super::{check_interrupts, memory_limit};
use crate::automaton::StateId;
use crate::conform::{Explanation, Machine, Move, VariantScores, threshold};
use crate::infer::Control;
use crate::synth::follow;
use crate::trace::{Trace, TraceView};
use hashbrown::HashMap;
use std::rc::Rc;

fn both(call: Call) -> Result<Option<(Rc<Machine>, Trace)>, Failure> {
    let (Some(machine), Some(bytes)) = (machine(call, 0)?, call.bytes(1)) else { return Ok(None) };
    Ok(Some((machine, read(bytes)?)))
}

fn empty() -> Rows {
    Box::new(std::iter::empty())
}

/// The rows of an explanation.
pub fn explained(rows: Vec<Explanation>) -> Rows {
    Box::new(rows.into_iter().map(|row| {
        Ok(vec![
            datum(row.position as i32),
            row.event.as_deref().map(text),
            Some(text(row.kind.as_str())),
            datum(row.state as i32),
            datum(row.probability),
            row.expected.as_deref().map(text),
            datum(row.expected_probability),
            datum(row.contribution),
            Some(text(&row.sentence())),
        ])
    }))
}

/// One row per event of a trace along its path: (seq, at, component, event, src, dst, transition_id, label_id).
///
/// `outside`: the states in which events pass that the machine has no transition for; empty where there are none.
pub fn event_row(machine: &Machine, trace: &Trace, path: &[u32], outside: &[Option<StateId>], i: usize) -> Row {
    let label = &trace.variant.labels[trace.variant.events[i] as usize];
    let taken = machine.automaton.transitions.get(path[i] as usize);
    let passes = outside.get(i).copied().flatten();
    let (src, dst) = match passes {
        Some(state) => (Some(state), Some(state)),
        None => (taken.map(|t| t.source), taken.map(|t| t.target)),
    };
    vec![
        datum(i as i32 + 1),
        trace.times.get(i).copied().map(timestamp),
        label.component.as_deref().map(text),
        Some(text(&label.event)),
        src.and_then(|state| datum(state as i32)),
        dst.and_then(|state| datum(state as i32)),
        if passes.is_none() { datum(path[i] as i32) } else { None },
        taken.and_then(|t| datum(t.label as i32)),
    ]
}

/// A trace's path, and the states in which events pass that the machine does not take, by the cheapest alignment.
pub fn followed(machine: &Machine, trace: &Trace) -> Result<(Vec<u32>, Vec<Option<StateId>>), Failure> {
    let labels = machine.resolve(&trace.variant);
    // Any transition on the label, for events outside.
    let mut of_label: HashMap<u32, u32> = HashMap::new();
    machine.automaton.transitions.iter().zip(0..).for_each(|(t, i)| {
        of_label.entry(t.label).or_insert(i);
    });
    let any = |&event: &u32| labels[event as usize].and_then(|label| of_label.get(&label).copied()).unwrap_or(u32::MAX);
    let mut path: Vec<u32> = trace.variant.events.iter().map(any).collect();
    let outside = follow(machine, &trace.variant, &mut path, &Control::new(&check_interrupts, memory_limit()))?;
    Ok((path, outside))
}

/// One row per move of an alignment.
fn aligned(machine: &Machine, trace: &Trace, step: usize, by: Move) -> Row {
    let automaton = &machine.automaton;
    let (name, at, transition, state) = match by {
        Move::Both { at, transition } => ("both", at, Some(transition), 0),
        Move::Machine { at, transition } => ("machine", at, Some(transition), 0),
        Move::Trace { at, state } => ("trace", at, None, state),
    };
    let (label, src, dst) = match transition.map(|t| &automaton.transitions[t as usize]) {
        Some(t) => (&automaton.labels[t.label as usize], t.source, t.target),
        None => (&trace.variant.labels[trace.variant.events[at as usize] as usize], state, state),
    };
    vec![
        datum(step as i32 + 1),
        datum(at as i32 + 1),
        Some(text(name)),
        label.component.as_deref().map(text),
        Some(text(&label.event)),
        datum(src as i32),
        datum(dst as i32),
        transition.and_then(|t| datum(t as i32)),
        datum(i32::from(name != "both")),
    ]
}

sql_functions! {
    /// accepts(automaton, trace) → boolean
    fn logfsm_accepts(call) {
        Ok(both(call)?.and_then(|(machine, trace)| datum(machine.accepts(&trace))))
    }

    /// score(automaton, trace) → double precision
    fn logfsm_score(call) {
        let (Some(machine), Some(bytes)) = (machine(call, 0)?, call.bytes(1)) else { return Ok(None) };
        let kept: &mut Option<(Rc<Machine>, VariantScores)> = call.keep(|| None);
        if kept.as_ref().is_none_or(|k| !Rc::ptr_eq(&k.0, &machine)) {
            *kept = Some((machine, VariantScores::default()));
        }
        let view = TraceView::from_bytes(bytes)?;
        Ok(kept.as_mut().map(|(machine, scores)| scores.score(machine, &view)).transpose()?.and_then(datum))
    }

    /// threshold(automaton, double precision) → double precision
    fn logfsm_threshold(call) {
        let Some(rate) = call.get(1) else { return Ok(None) };
        Ok(machine(call, 0)?.map(|machine| threshold(&machine.automaton, rate)).transpose()?.and_then(datum))
    }

    /// explain(automaton, trace) → setof (seq, event, kind, state, probability, expected, expected_probability, contribution, explanation)
    fn logfsm_explain(call) {
        stream(call, || {
            let Some((machine, trace)) = both(call)? else { return Ok(empty()) };
            Ok(explained(machine.explain(&trace)))
        })
    }

    /// align(automaton, trace) → setof (step, seq, move, component, event, src, dst, transition_id, cost)
    fn logfsm_align(call) {
        stream(call, || {
            let Some((machine, trace)) = both(call)? else { return Ok(empty()) };
            let alignment = machine.align(&trace.variant, &Control::new(&check_interrupts, memory_limit()))?;
            let rows = alignment.moves.into_iter().enumerate();
            Ok(Box::new(rows.map(move |(step, by)| Ok(aligned(&machine, &trace, step, by)))))
        })
    }

    /// replay(automaton, trace, boolean) → setof (seq, at, component, event, src, dst, transition_id, label_id)
    fn logfsm_replay(call) {
        stream(call, || {
            let Some((machine, trace)) = both(call)? else { return Ok(empty()) };
            let (path, outside) = match machine.path(&trace) {
                Some(path) => (path, Vec::new()),
                None if call.get(2) == Some(true) => followed(&machine, &trace)?,
                None => return Ok(empty()),
            };
            Ok(Box::new((0..path.len()).map(move |i| Ok(event_row(&machine, &trace, &path, &outside, i)))))
        })
    }
}
