//! The type logfsm.trace: input and output, comparison, accessors.

use super::call::{Reply, cstring, datum, jsonb, sql_functions, text, varlena};
use super::error::Failure;
use super::set::{Rows, stream};
use super::text_form;
use crate::trace::{Label, Trace, TraceView};
use pgrx::datum::{Interval, TimestampWithTimeZone};
use pgrx::pg_sys::{self, Datum};

/// The prefix of the text form.
const PREFIX: &str = "trace:";

/// Microseconds since 2000-01-01 UTC as a timestamptz datum.
pub fn timestamp(at: i64) -> Datum {
    Datum::from(at)
}

/// A trace argument, checked.
pub fn read(bytes: &[u8]) -> Result<Trace, Failure> {
    Ok(Trace::from_bytes(bytes)?)
}

/// A trace from outside. What its parameters hold must be what PostgreSQL takes as jsonb, too.
fn checked(bytes: &[u8]) -> Reply {
    let trace = Trace::from_bytes(bytes)?;
    trace.check_parameters()?;
    trace.parameters.iter().flatten().for_each(|json| {
        super::call::jsonb(json);
    });
    Ok(Some(varlena(&trace.to_bytes())))
}

fn labels_array(trace: &Trace) -> Option<Datum> {
    datum(trace.variant.iter().map(Label::to_string).collect::<Vec<String>>())
}

sql_functions! {
    /// trace_in(cstring)
    fn logfsm_trace_in(call) {
        let Some(input) = call.cstring(0)? else { return Ok(None) };
        let bytes = text_form::decode("logfsm.trace", PREFIX, input)?;
        checked(&bytes)
    }

    /// trace_out(trace)
    fn logfsm_trace_out(call) {
        Ok(call.bytes(0).map(|bytes| cstring(&text_form::encode(PREFIX, bytes))))
    }

    /// to_json(trace) → jsonb
    fn logfsm_trace_to_json(call) {
        call.bytes(0).map(|bytes| Ok(jsonb(&read(bytes)?.to_json()))).transpose()
    }

    /// as_json(trace) → json
    fn logfsm_trace_as_json(call) {
        call.bytes(0).map(|bytes| Ok(text(&read(bytes)?.to_json()))).transpose()
    }

    /// trace_recv(internal)
    fn logfsm_trace_recv(call) {
        checked(&text_form::received(call))
    }

    /// trace_send(trace)
    fn logfsm_trace_send(call) {
        Ok(call.bytes(0).map(varlena))
    }

    /// trace_cmp(trace, trace): by bytes
    fn logfsm_trace_cmp(call) {
        let (a, b) = (call.bytes(0), call.bytes(1));
        Ok(datum(a.cmp(&b) as i32))
    }

    /// trace_eq(trace, trace)
    fn logfsm_trace_eq(call) { Ok(datum(call.bytes(0) == call.bytes(1))) }

    /// trace_ne(trace, trace)
    fn logfsm_trace_ne(call) { Ok(datum(call.bytes(0) != call.bytes(1))) }

    /// trace_lt(trace, trace)
    fn logfsm_trace_lt(call) { Ok(datum(call.bytes(0) < call.bytes(1))) }

    /// trace_le(trace, trace)
    fn logfsm_trace_le(call) { Ok(datum(call.bytes(0) <= call.bytes(1))) }

    /// trace_gt(trace, trace)
    fn logfsm_trace_gt(call) { Ok(datum(call.bytes(0) > call.bytes(1))) }

    /// trace_ge(trace, trace)
    fn logfsm_trace_ge(call) { Ok(datum(call.bytes(0) >= call.bytes(1))) }

    /// trace_hash(trace)
    fn logfsm_trace_hash(call) {
        Ok(call.bytes(0).and_then(|bytes| datum(xxhash_rust::xxh3::xxh3_64(bytes) as i32)))
    }

    /// trace_hash_extended(trace, bigint)
    fn logfsm_trace_hash_extended(call) {
        let seed: i64 = call.need(1, "seed")?;
        Ok(call.bytes(0).and_then(|bytes| datum(xxhash_rust::xxh3::xxh3_64_with_seed(bytes, seed as u64) as i64)))
    }

    /// variant(trace) → text[]
    fn logfsm_trace_variant(call) {
        let Some(bytes) = call.bytes(0) else { return Ok(None) };
        Ok(labels_array(&read(bytes)?))
    }

    /// length(trace) → integer
    fn logfsm_trace_length(call) {
        let Some(bytes) = call.bytes(0) else { return Ok(None) };
        Ok(datum(read(bytes)?.len() as i32))
    }

    /// started_at(trace) → timestamptz
    fn logfsm_trace_started_at(call) {
        let Some(bytes) = call.bytes(0) else { return Ok(None) };
        Ok(TraceView::from_bytes(bytes)?.times.first().copied().map(timestamp))
    }

    /// ended_at(trace) → timestamptz
    fn logfsm_trace_ended_at(call) {
        let Some(bytes) = call.bytes(0) else { return Ok(None) };
        Ok(TraceView::from_bytes(bytes)?.times.last().copied().map(timestamp))
    }

    /// duration(trace) → interval
    fn logfsm_trace_duration(call) {
        let Some(bytes) = call.bytes(0) else { return Ok(None) };
        let duration = read(bytes)?.duration();
        Ok(duration.map(Interval::from_micros).and_then(datum))
    }

    /// has_parameters(trace) → boolean
    fn logfsm_trace_has_parameters(call) {
        let Some(bytes) = call.bytes(0) else { return Ok(None) };
        Ok(datum(!TraceView::from_bytes(bytes)?.parameters.is_empty()))
    }

    /// events(trace) → setof (seq, at, component, event, parameters)
    fn logfsm_trace_events(call) {
        stream(call, || {
            let Some(bytes) = call.bytes(0) else { return Ok(Box::new(std::iter::empty()) as Rows) };
            let trace = read(bytes)?;
            Ok(Box::new((0..trace.len()).map(move |i| {
                let label = &trace.variant.labels[trace.variant.events[i] as usize];
                let parameters = trace.parameters.get(i).and_then(|p| p.as_deref());
                Ok(vec![
                    datum(i as i32 + 1),
                    trace.times.get(i).copied().map(timestamp),
                    label.component.as_deref().map(text),
                    Some(text(&label.event)),
                    parameters.map(super::call::jsonb),
                ])
            })))
        })
    }
}

/// Used by other modules that return a trace.
pub fn reply(trace: &Trace) -> Reply {
    Ok(Some(varlena(&trace.to_bytes())))
}

/// A timestamptz argument's microseconds.
pub fn microseconds(at: TimestampWithTimeZone) -> pg_sys::TimestampTz {
    at.into_inner()
}
