//! predict, passes_through and compare: a running trace's next events, a trace's states, two machines side by side.

use super::automaton_type::rows;
use super::cache::machine;
use super::call::{datum, sql_functions, text};
use super::invariant_functions::label_array;
use super::set::{Rows, stream};
use super::{check_interrupts, expanded, memory_limit};
use crate::automaton::StateId;
use crate::conform::{COMPARE_OPTIONS, Difference, Machine, PREDICT_OPTIONS, compare};
use crate::error::Result;
use crate::infer::{Control, Options, check_states, passes};
use crate::trace::Trace;

/// States as SQL gives them; negative or NULL ones are no state's number.
pub fn states(numbers: Option<Vec<Option<i32>>>) -> Vec<StateId> {
    let number = |n: Option<i32>| n.and_then(|n| StateId::try_from(n).ok()).unwrap_or(StateId::MAX);
    numbers.unwrap_or_default().into_iter().map(number).collect()
}

/// Whether a trace takes a machine through all of some states: on some path, or where guards say which, on its path.
pub fn passes_through(machine: &Machine, trace: &[u8], states: &[StateId]) -> Result<bool> {
    let trace = Trace::from_bytes(trace)?;
    if !machine.automaton.learned.guards.is_empty() {
        let Some(path) = machine.path(&trace) else { return Ok(false) };
        let target = |&t: &u32| machine.automaton.transitions[t as usize].target;
        return Ok(states.iter().all(|state| *state == 0 || path.iter().map(target).any(|t| t == *state)));
    }
    let labels = machine.resolve(&trace.variant);
    let events: Option<Vec<u32>> = trace.variant.events.iter().map(|&event| labels[event as usize]).collect();
    let control = Control::new(&check_interrupts, memory_limit());
    Ok(match events {
        Some(events) => passes(&machine.automaton, &events, states, &control)?,
        None => false,
    })
}

sql_functions! {
    /// predict(automaton, trace, jsonb) → setof (component, event, label_id, probability)
    fn logfsm_predict(call) {
        stream(call, || {
            let options = Options::parse("predict", PREDICT_OPTIONS, &call.json(2, "{}"))?;
            let (Some(machine), Some(prefix)) = (machine(call, 0)?, call.bytes(1)) else {
                return Ok(Box::new(std::iter::empty()) as Rows);
            };
            let prefix = Trace::from_bytes(prefix)?;
            let next = machine.predict(&prefix, options.boolean("smoothing"));
            rows(next, move |p| {
                let label = p.label.map(|id| &machine.automaton.labels[id as usize]);
                Ok(vec![
                    label.and_then(|l| l.component.as_deref()).map(text),
                    label.map(|l| text(&l.event)),
                    p.label.and_then(|id| datum(id as i32)),
                    datum(p.probability),
                ])
            })
        })
    }

    /// passes_through(automaton, trace, integer[]) → boolean
    fn logfsm_passes_through(call) {
        let (Some(machine), Some(trace)) = (machine(call, 0)?, call.bytes(1)) else { return Ok(None) };
        let states = states(call.get(2));
        check_states(&machine.automaton, &states)?;
        Ok(datum(passes_through(&machine, trace, &states)?))
    }

    /// compare(automaton, automaton, jsonb) → setof record
    fn logfsm_compare(call) {
        stream(call, || {
            let options = Options::parse("compare", COMPARE_OPTIONS, &call.json(2, "{}"))?;
            let (a, b) = (expanded::automaton(call, 0)?, expanded::automaton(call, 1)?);
            let control = Control::new(&check_interrupts, memory_limit());
            let found = compare(&a, &b, options.number("alpha"), options.boolean("unchanged"), &control)?;
            rows(found, |d: Difference| {
                let mut row = vec![
                    Some(text(d.change.as_str())),
                    d.label.as_ref().and_then(|l| l.component.as_deref()).map(text),
                    d.label.as_ref().map(|l| text(&l.event)),
                ];
                for side in &d.sides {
                    row.extend([
                        datum(side.states.iter().map(|&s| s as i32).collect::<Vec<i32>>()),
                        datum(side.count as i64),
                        datum(side.count as f64 / side.visits.max(1) as f64),
                    ]);
                }
                row.extend([datum(d.p_value), datum(d.is_significant), label_array(&d.example)]);
                Ok(row)
            })
        })
    }
}
