//! accepts, score, explain, replay and generate: a machine and a trace, or a machine and a seed.

use super::cache::machine;
use super::call::{Call, Reply, datum, sql_functions, text};
use super::error::Failure;
use super::set::{Row, Rows, stream};
use super::trace_type::{read, reply, timestamp};
use super::{check_interrupts, memory_limit};
use crate::conform::{Explanation, Machine, Move, VariantScores, threshold};
use crate::infer::Control;
use crate::synth::{Generator, Synthetic};
use crate::trace::{Trace, TraceView};
use pgrx::PgSqlErrorCode;
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

/// One row per event of a trace along its path: (seq, at, component, event, src, dst, transition_id).
fn event_row(machine: &Machine, trace: &Trace, path: &[u32], i: usize) -> Row {
    let transition = &machine.automaton.transitions[path[i] as usize];
    let label = &machine.automaton.labels[transition.label as usize];
    vec![
        datum(i as i32 + 1),
        trace.times.get(i).copied().map(timestamp),
        label.component.as_deref().map(text),
        Some(text(&label.event)),
        datum(transition.source as i32),
        datum(transition.target as i32),
        datum(path[i] as i32),
        datum(transition.label as i32),
    ]
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

/// The number of the last of `traces` traces from number `first` on.
fn last_trace(first: i64, traces: i64) -> Result<i64, Failure> {
    let last = (first >= 1 && traces >= 0).then(|| first.checked_add(traces)).flatten();
    last.map(|end| end - 1).ok_or_else(|| {
        Failure::new(PgSqlErrorCode::ERRCODE_INVALID_PARAMETER_VALUE, "invalid range of traces")
            .detail(format!("{traces} traces from number {first} on were asked for."))
            .hint("Traces are numbered from 1; give first_trace => n to start at the n-th.")
    })
}

/// A generator kept from call to call, with what it was made for.
type Kept = Option<(Rc<Machine>, i64, String, Generator<Rc<Machine>>)>;

fn one_trace(call: Call) -> Reply {
    let Some(machine) = machine(call, 0)? else { return Ok(None) };
    let (seed, ordinal): (i64, i64) = (call.need(1, "seed")?, call.need(2, "trace")?);
    last_trace(ordinal, 1)?;
    let options = call.json(3, "{}");
    let kept: &mut Kept = call.keep(|| None);
    if !kept.as_ref().is_some_and(|k| Rc::ptr_eq(&k.0, &machine) && k.1 == seed && k.2 == options) {
        let generator = Generator::new(machine.clone(), seed, &options)?;
        *kept = Some((machine, seed, options, generator));
    }
    match kept {
        Some((.., generator)) => reply(&generator.trace(ordinal as u64).trace),
        None => Ok(None),
    }
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

    /// replay(automaton, trace) → setof (seq, at, component, event, src, dst, transition_id, label_id); no rows where not accepted
    fn logfsm_replay(call) {
        stream(call, || {
            let Some((machine, trace)) = both(call)? else { return Ok(empty()) };
            let Some(path) = machine.path(&trace) else { return Ok(empty()) };
            Ok(Box::new((0..path.len()).map(move |i| Ok(event_row(&machine, &trace, &path, i)))))
        })
    }

    /// generate(automaton, bigint, bigint, bigint, jsonb) → setof (trace, seq, at, component, event, src, dst, transition_id)
    fn logfsm_generate(call) {
        stream(call, || {
            let Some(machine) = machine(call, 0)? else { return Ok(empty()) };
            let (traces, seed, first): (i64, i64, i64) =
                (call.need(1, "traces")?, call.need(2, "seed")?, call.need(3, "first_trace")?);
            let last = last_trace(first, traces)?;
            let options = call.json(4, "{}");
            let generator = Generator::new(machine.clone(), seed, &options)?;
            Ok(Box::new(Generated { machine, generator, next: first, last, current: None, at: 0 }))
        })
    }

    /// generate_trace(automaton, bigint, bigint, jsonb) → trace
    fn logfsm_generate_trace(call) {
        one_trace(call)
    }
}

/// Rows of generated traces, one trace at a time in memory.
struct Generated {
    machine: Rc<Machine>,
    generator: Generator<Rc<Machine>>,
    next: i64,
    last: i64,
    current: Option<Synthetic>,
    at: usize,
}

impl Iterator for Generated {
    type Item = Result<Row, Failure>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(synthetic) = self.current.as_ref().filter(|s| self.at < s.path.len()) {
                let mut row = event_row(&self.machine, &synthetic.trace, &synthetic.path, self.at);
                row.insert(0, datum(self.next - 1));
                self.at += 1;
                return Some(Ok(row));
            }
            if self.next > self.last {
                return None;
            }
            pgrx::check_for_interrupts!();
            self.current = Some(self.generator.trace(self.next as u64));
            (self.next, self.at) = (self.next + 1, 0);
        }
    }
}
