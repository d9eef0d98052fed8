//! explain: why a trace of a model has its score.

use super::owner::Settings;
use super::refresh::{key_equality, key_type};
use super::source::require_readable;
use super::watch::rows_of;
use super::{Model, data, sql};
use crate::automaton::Automaton;
use crate::conform::Machine;
use crate::pg::automaton_type::PREFIX;
use crate::pg::call::{Call, Reply, varlena};
use crate::pg::error::Failure;
use crate::pg::replay_functions::explained;
use crate::pg::set::stream;
use crate::pg::subtransaction::{Outcome, attempt};
use crate::pg::text_form;
use crate::trace::Trace;
use pgrx::datum::DatumWithOid;
use pgrx::{PgSqlErrorCode, pg_sys};
use std::ffi::{CStr, CString};

/// explain(model, trace_key) → setof explanation rows
pub fn explain(call: Call) -> Reply {
    stream(call, || {
        let (name, key) = (call.need_text(0, "model")?, call.need_text(1, "trace_key")?);
        let reading = Reading::of_caller();
        Model::open(name, "Explaining a trace", &["traces", "?live_traces", "?pending", "?watches"], |model| {
            model.require_fitted()?;
            let found = match trace_where(model, "t.synthetic_key OPERATOR(pg_catalog.=) $1", key)? {
                Some(found) => Some(found),
                None => real(model, key, &reading)?,
            };
            let Some((trace, automaton)) = found else {
                let message = format!("model \"{}\" has no trace \"{key}\"", model.info.name);
                return Err(Failure::new(PgSqlErrorCode::ERRCODE_NO_DATA_FOUND, message)
                    .detail("Neither a trace_key nor a synthetic_key reads so, and no watched table got rows of it.")
                    .hint(format!("SELECT trace_key FROM {} lists the real ones.", model.table("real_traces"))));
            };
            let machine = Machine::new(Automaton::from_bytes(&automaton)?);
            Ok(explained(machine.explain(&Trace::from_bytes(&trace)?)))
        })
    })
}

/// How the caller's session reads times, dates and intervals.
struct Reading(Vec<(&'static CStr, CString)>);

impl Reading {
    /// Taken before the session's settings are left.
    fn of_caller() -> Self {
        let value = |name: &'static CStr| {
            // SAFETY: gives a C string that is copied at once, or NULL.
            unsafe {
                let value = pg_sys::GetConfigOption(name.as_ptr(), true, false);
                (!value.is_null()).then(|| (name, CStr::from_ptr(value).to_owned()))
            }
        };
        Reading([c"DateStyle", c"IntervalStyle", c"TimeZone"].into_iter().filter_map(value).collect())
    }

    /// Reads so for a while.
    fn settings(&self) -> Settings {
        self.0.iter().fold(Settings::new(), |settings, (name, value)| settings.with(name, value))
    }
}

/// A trace and its model's automaton, in binary form.
type Found = Option<(Vec<u8>, Vec<u8>)>;

/// The trace for which a condition on $1 holds.
fn trace_where(model: &Model, condition: &str, key: &str) -> Result<Found, Failure> {
    let query = format!(
        "SELECT logfsm.trace_send(t.trace), logfsm.automaton_send(m.automaton) FROM {} t, {} m
         WHERE {condition} ORDER BY t.run_id LIMIT 1",
        model.table("traces"),
        model.table("model")
    );
    found_by(&query, key)
}

/// What a query gives for a key, the $1 in it.
fn found_by(query: &str, key: &str) -> Result<Found, Failure> {
    let mut found = None;
    sql::each_row(query, &[DatumWithOid::from(key)], |row| {
        found = row.get(1)?.zip(row.get(2)?);
        Ok(())
    })?;
    Ok(found)
}

/// The trace of a key in the source: as it stands there where a watch has seen it, else as the model knows it.
///
/// The key is read as the key's type, by the caller's settings. A text that is no such key is no trace's key.
fn real(model: &Model, key: &str, reading: &Reading) -> Result<Found, Failure> {
    let (key_type, equals) = (key_type(model)?, key_equality(model)?);
    let is_key = attempt(|| {
        let _settings = reading.settings();
        sql::holds(&format!("SELECT CAST($1 AS {key_type}) IS NOT NULL"), &[key.into()])
    });
    if !matches!(is_key, Outcome::Done(true)) {
        return Ok(None);
    }
    let _settings = reading.settings();
    let equals_key = format!("{equals} CAST($1 AS {key_type})");
    match live(model, &equals_key, key)? {
        Some(found) => Ok(Some(found)),
        None => trace_where(model, &format!("t.trace_key {equals_key}"), key),
    }
}

/// A trace that a watch has seen, with all its rows in the source, which the model's owner reads.
fn live(model: &Model, equals_key: &str, key: &str) -> Result<Found, Failure> {
    let seen = format!(
        "SELECT EXISTS (SELECT FROM {} l WHERE l.trace_key {equals_key}) OR EXISTS (SELECT FROM {} p WHERE p.trace_key {equals_key})",
        model.table("live_traces"),
        model.table("pending")
    );
    if !sql::holds(&seen, &[key.into()])? {
        return Ok(None);
    }
    require_readable(&model.info)?;
    let placed = if model.info.has_times() { "pg_catalog.isfinite(r.at)" } else { "r.seq IS NOT NULL" };
    let query = format!(
        "SELECT logfsm.trace_send({}), logfsm.automaton_send((SELECT m.automaton FROM {} m))
         FROM ({}) r WHERE r.trace_key {equals_key} AND r.event IS NOT NULL AND {placed} HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 0",
        model.info.trace_agg(),
        model.table("model"),
        rows_of(model)?
    );
    found_by(&query, key)
}

/// machine(model) → automaton
pub fn machine(call: Call) -> Reply {
    let name = call.need_text(0, "model")?;
    // A constant in quotes is taken for a name, even where it is the text of a machine.
    if name.trim_start().starts_with(PREFIX) {
        let bytes = text_form::decode("logfsm.automaton", PREFIX, name)?;
        return Ok(Some(varlena(&Automaton::from_bytes(&bytes)?.to_bytes())));
    }
    Model::open(name, "Showing the machine", &[], |model| {
        model.require_fitted()?;
        let machine = data::automaton(model, "automaton")?;
        Ok(machine.map(|machine| varlena(&machine.to_bytes())))
    })
}
