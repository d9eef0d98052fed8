//! The type logfsm.automaton: input and output, JSON, accessors.

use super::call::{cstring, datum, jsonb, sql_functions, text, varlena};
use super::error::Failure;
use super::set::{Row, Rows, stream};
use super::{check_interrupts, control, expanded, memory_limit, text_form};
use crate::automaton::{Automaton, Histogram, PrefixTree};
use crate::error::Error;
use crate::infer::{Control, Phase, phases};

/// What the text form of an automaton starts with.
pub const PREFIX: &str = "automaton:";
/// How many times the memory of a text PostgreSQL takes to make jsonb of it: measured on automata.
const JSONB_PER_TEXT: usize = 10;
/// How many times the memory of its JSON text an automaton takes at most, the text itself included.
const AUTOMATON_PER_JSON: usize = 3;

/// Rows of values computed beforehand: only small things such as states, not events.
pub fn rows<T: 'static>(values: Vec<T>, row: impl Fn(T) -> Result<Row, Failure> + 'static) -> Result<Rows, Failure> {
    Ok(Box::new(values.into_iter().map(row)))
}

/// Microseconds as a fraction of a second.
fn seconds(microseconds: f64) -> f64 {
    microseconds / 1e6
}

fn quantile(delays: &Histogram, q: f64) -> Option<f64> {
    delays.quantile(q).map(|v| seconds(v as f64))
}

sql_functions! {
    /// automaton_in(cstring)
    fn logfsm_automaton_in(call) {
        let Some(input) = call.cstring(0)? else { return Ok(None) };
        let bytes = text_form::decode("logfsm.automaton", PREFIX, input)?;
        Ok(Some(varlena(&Automaton::from_bytes(&bytes)?.to_bytes())))
    }

    /// automaton_out(automaton)
    fn logfsm_automaton_out(call) {
        Ok(expanded::flat::<PrefixTree>(call, 0)?.map(|flat| cstring(&text_form::encode(PREFIX, &flat))))
    }

    /// automaton_recv(internal)
    fn logfsm_automaton_recv(call) {
        Ok(Some(varlena(&Automaton::from_bytes(&text_form::received(call))?.to_bytes())))
    }

    /// automaton_send(automaton)
    fn logfsm_automaton_send(call) {
        Ok(expanded::flat::<PrefixTree>(call, 0)?.map(|flat| varlena(&flat)))
    }

    /// automaton_eq(automaton, automaton)
    fn logfsm_automaton_eq(call) {
        Ok(datum(expanded::flat::<PrefixTree>(call, 0)? == expanded::flat::<PrefixTree>(call, 1)?))
    }

    /// automaton_ne(automaton, automaton)
    fn logfsm_automaton_ne(call) {
        Ok(datum(expanded::flat::<PrefixTree>(call, 0)? != expanded::flat::<PrefixTree>(call, 1)?))
    }

    /// as_json(automaton) → json
    fn logfsm_as_json(call) {
        Ok(Some(text(&expanded::automaton(call, 0)?.to_json_within(memory_limit())?)))
    }

    /// to_json(automaton) → jsonb
    fn logfsm_to_json(call) {
        // As a tree of values, which Postgres makes of it, it takes several times its text.
        let limit = memory_limit();
        let text = expanded::automaton(call, 0)?
            .to_json_within(limit / JSONB_PER_TEXT)
            .map_err(|_| Error::MemoryLimit { operation: "to_json", limit })?;
        Ok(Some(jsonb(&text)))
    }

    /// from_json(jsonb) → automaton
    fn logfsm_from_json(call) {
        let text = call.json(0, "null");
        control().check_memory("from_json", text.len().saturating_mul(AUTOMATON_PER_JSON))?;
        Ok(Some(varlena(&Automaton::from_json(&text)?.to_bytes())))
    }

    /// states(automaton) → setof (state_id, name, kind, visits, stops)
    fn logfsm_states(call) {
        stream(call, || {
            let infos = expanded::automaton(call, 0)?.state_infos();
            rows(infos.into_iter().enumerate().collect(), |(i, s)| Ok(vec![
                datum(i as i32),
                Some(text(&s.name)),
                Some(text(s.kind.as_str())),
                datum(s.visits as i64),
                datum(s.stops as i64),
            ]))
        })
    }

    /// phases(automaton, jsonb) → setof (phase_id, name, visits, states, label_ids, events)
    fn logfsm_phases(call) {
        stream(call, || {
            let automaton = expanded::automaton(call, 0)?;
            let found = phases(&automaton, &call.json(1, "{}"), &Control::new(&check_interrupts, memory_limit()))?;
            rows(found.list.into_iter().enumerate().collect(), move |(i, phase): (usize, Phase)| {
                let ids = |ids: &[u32]| ids.iter().map(|&id| id as i32).collect::<Vec<i32>>();
                let events: Vec<String> =
                    phase.labels.iter().map(|&label| automaton.labels[label as usize].to_string()).collect();
                Ok(vec![
                    datum(i as i32),
                    Some(text(&phase.name(&automaton))),
                    datum(phase.visits as i64),
                    datum(ids(&phase.states)),
                    datum(ids(&phase.labels)),
                    datum(events),
                ])
            })
        })
    }

    /// transitions(automaton) → setof (transition_id, src, component, event, dst, count, prob, delays in seconds)
    fn logfsm_transitions(call) {
        stream(call, || {
            let mut automaton = expanded::automaton(call, 0)?;
            let visits = automaton.visits();
            let labels = std::mem::take(&mut automaton.labels);
            let transitions = automaton.transitions.into_iter().enumerate().collect();
            rows(transitions, move |(i, t): (usize, crate::automaton::Transition)| {
                let label = &labels[t.label as usize];
                let timed = !t.delays.buckets.is_empty();
                Ok(vec![
                    datum(i as i32),
                    datum(t.source as i32),
                    label.component.as_deref().map(text),
                    Some(text(&label.event)),
                    datum(t.target as i32),
                    datum(t.count as i64),
                    datum(t.count as f64 / visits[t.source as usize] as f64),
                    timed.then(|| datum(seconds(t.delays.min as f64))).flatten(),
                    t.delays.mean().and_then(|mean| datum(seconds(mean))),
                    quantile(&t.delays, 0.5).and_then(datum),
                    quantile(&t.delays, 0.99).and_then(datum),
                    timed.then(|| datum(seconds(t.delays.max as f64))).flatten(),
                ])
            })
        })
    }

    /// event_types(automaton) → setof (label_id, component, event, count)
    fn logfsm_event_types(call) {
        stream(call, || {
            let automaton = expanded::automaton(call, 0)?;
            let mut counts = vec![0u64; automaton.labels.len()];
            automaton.transitions.iter().for_each(|t| counts[t.label as usize] += t.count);
            rows(automaton.labels.into_iter().zip(counts).enumerate().collect(), |(i, (label, count))| Ok(vec![
                datum(i as i32),
                label.component.as_deref().map(text),
                Some(text(&label.event)),
                datum(count as i64),
            ]))
        })
    }

    /// stats(automaton) → setof (name, value)
    fn logfsm_stats(call) {
        stream(call, || {
            rows(expanded::automaton(call, 0)?.stats().rows, |(name, value)| Ok(vec![Some(text(&name)), Some(text(&value))]))
        })
    }

    /// fingerprint(automaton) → text
    fn logfsm_fingerprint(call) {
        let fingerprint = expanded::automaton(call, 0)?.fingerprint();
        Ok(Some(text(&fingerprint.iter().map(|b| format!("{b:02x}")).collect::<String>())))
    }
}
