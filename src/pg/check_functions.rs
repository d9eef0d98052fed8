//! check_invariants, broken_invariants, violations and violated_at: where invariants do not hold, on machines, trees and traces.

use super::automaton_type::rows;
use super::call::{Call, datum, sql_functions, text};
use super::error::Failure;
use super::invariant_functions::{first, label_array};
use super::set::{Row, Rows, stream};
use super::{cache, check_interrupts, expanded, memory_limit};
use crate::automaton::{Automaton, Invariant, Kind, LabelId};
use crate::conform::Machine;
use crate::error::Error;
use crate::infer::Control;
use crate::infer::invariants::{
    Invariants, MiningOptions, Monitor, check_of, chosen, mine, named, named_in, violated_at, violations,
};
use crate::trace::{TraceView, Variant};
use std::cell::RefCell;
use std::rc::Rc;

thread_local! {
    /// The invariants last used on traces, by the fingerprint of their automaton.
    static MONITOR: RefCell<Option<([u8; 32], Rc<Monitor>)>> = const { RefCell::new(None) };
}

/// The invariants that an automaton carries or, being a prefix tree, that its traces keep.
fn carried(automaton: &Automaton) -> Result<Invariants, Failure> {
    if automaton.kind == Kind::PrefixTree {
        let control = Control::new(&check_interrupts, memory_limit());
        return Ok(mine(automaton, &MiningOptions::default(), &control)?);
    }
    Ok(Invariants { labels: automaton.labels.clone(), list: automaton.learned.invariants.clone() })
}

/// The invariants of a machine made ready, from this backend's memory if it is the one used last.
pub fn monitor(machine: &Machine) -> Result<Rc<Monitor>, Failure> {
    let kept = MONITOR.with_borrow(|kept| kept.as_ref().filter(|k| k.0 == machine.fingerprint).map(|k| k.1.clone()));
    if let Some(kept) = kept {
        return Ok(kept);
    }
    let labels = machine.automaton.labels.len();
    let monitor = Rc::new(Monitor::new(labels, &carried(&machine.automaton)?.list));
    MONITOR.set(Some((machine.fingerprint, monitor.clone())));
    Ok(monitor)
}

/// The invariants that a trace breaks, each with the position of the event that does, from 1; one past the last event
/// where the end does.
pub fn broken_by(machine: &Machine, monitor: &Monitor, trace: &[u8]) -> Result<Vec<(usize, usize)>, Failure> {
    let variant = Variant::from_bytes(TraceView::from_bytes(trace)?.variant)?;
    let labels = machine.resolve(&variant);
    let mut state = monitor.start();
    let mut broken: Vec<(usize, usize)> = Vec::new();
    for (at, &event) in variant.events.iter().enumerate() {
        broken.extend(monitor.advance(&mut state, labels[event as usize]).into_iter().map(|i| (i, at + 1)));
    }
    broken.extend(monitor.end(&state).into_iter().map(|i| (i, variant.events.len() + 1)));
    broken.sort_unstable();
    broken.dedup_by_key(|b| b.0);
    Ok(broken)
}

/// The columns (invariant_id, kind, a, b, support) of an invariant.
pub fn invariant_columns(labels: &[crate::trace::Label], number: usize, i: &Invariant) -> Row {
    vec![
        datum(number as i32),
        Some(text(i.kind.as_str())),
        Some(text(&first(labels, i))),
        Some(text(&labels[i.b as usize].to_string())),
        datum(i.support as i64),
    ]
}

/// Rows of invariants that do not hold on all paths of a machine.
fn counterexamples(machine: &Automaton, of: Invariants) -> Result<Rows, Failure> {
    let control = Control::new(&check_interrupts, memory_limit());
    let found = check_of(machine, &of, &control)?;
    rows(found, move |(number, path, ends)| {
        let mut row = invariant_columns(&of.labels, number, &of.list[number]);
        row.extend([label_array(&path), datum(ends)]);
        Ok(row)
    })
}

/// How many rows a call asks for at most.
fn most(call: Call, i: usize) -> Result<usize, Failure> {
    let most: i32 = call.need(i, "max_rows")?;
    Ok(usize::try_from(most).unwrap_or(0))
}

sql_functions! {
    /// check_invariants(automaton, jsonb, automaton) → setof (invariant_id, kind, a, b, support, counterexample, ends); the
    /// last one, whose invariants are checked instead, may be NULL
    fn logfsm_check_invariants(call) {
        stream(call, || {
            if call.datum(0).is_none() || call.datum(1).is_none() {
                return Ok(Box::new(std::iter::empty()) as Rows);
            }
            let machine = expanded::automaton(call, 0)?;
            let reference = call.datum(2).map(|_| expanded::automaton(call, 2)).transpose()?;
            let reference = reference.as_ref().unwrap_or(&machine);
            counterexamples(&machine, chosen(carried(reference)?, reference, &call.json(1, "{}"))?)
        })
    }

    /// broken_invariants(automaton, trace) → setof (invariant_id, kind, a, b, support, seq)
    fn logfsm_broken_invariants(call) {
        stream(call, || {
            let (Some(machine), Some(trace)) = (cache::machine(call, 0)?, call.bytes(1)) else {
                return Ok(Box::new(std::iter::empty()) as Rows);
            };
            let monitor = monitor(&machine)?;
            let broken = broken_by(&machine, &monitor, trace)?;
            rows(broken, move |(number, seq)| {
                let mut row = invariant_columns(&machine.automaton.labels, number, monitor.invariant(number));
                row.push(datum(seq as i32));
                Ok(row)
            })
        })
    }

    /// violated_at(trace, text, text, text) → integer
    fn logfsm_violated_at(call) {
        let Some(trace) = call.bytes(0) else { return Ok(None) };
        let variant = Variant::from_bytes(TraceView::from_bytes(trace)?.variant)?;
        let (kind, a, b) = (call.need_text(1, "kind")?, call.need_text(2, "a")?, call.need_text(3, "b")?);
        let invariant = named_in(&variant.labels, kind, a, b)?;
        Ok(violated_at(&variant.events, &invariant).and_then(|at| datum(at as i32 + 1)))
    }

    /// violations(automaton, text, text, text, integer) → setof (variant, count, seq)
    fn logfsm_violations(call) {
        stream(call, || {
            let tree = expanded::automaton(call, 0)?;
            if let Kind::Inferred(provenance) = tree.kind {
                return Err(Error::NotAPrefixTree { operation: "violations", method: provenance.method }.into());
            }
            let (kind, a, b) = (call.need_text(1, "kind")?, call.need_text(2, "a")?, call.need_text(3, "b")?);
            let found = violations(&tree, &named(&tree, kind, a, b)?, most(call, 4)?, &super::control())?;
            let name = move |&id: &LabelId| tree.labels[id as usize].clone();
            rows(found, move |v| {
                let events: Vec<_> = v.events.iter().map(&name).collect();
                Ok(vec![label_array(&events), datum(v.count as i64), datum(v.at as i32 + 1)])
            })
        })
    }
}
