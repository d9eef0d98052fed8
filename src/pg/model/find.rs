//! Finding models without a registry: the schemas whose table "model" is typed `logfsm.model_info`.
//!
//! Reading somebody's table can run somebody's code (policies, casts, rules). So what a caller may read is decided by
//! the caller's privileges, and the reading itself runs as the model's owner.

use super::owner::AsOwner;
use super::refresh::{key_equality, key_type};
use super::{Model, sql};
use crate::automaton::Automaton;
use crate::conform::Machine;
use crate::pg::automaton_type::rows;
use crate::pg::call::{Call, Reply, datum, text};
use crate::pg::error::Failure;
use crate::pg::replay_functions::explained;
use crate::pg::set::stream;
use crate::pg::subtransaction::{Outcome, attempt};
use crate::trace::Trace;
use pgrx::datum::{DatumWithOid, TimestampWithTimeZone};
use pgrx::{PgSqlErrorCode, pg_sys};

/// A schema that holds a model.
pub struct Place {
    /// The schema.
    pub schema: String,
    /// Its owner, who owns the model too.
    pub owner: pg_sys::Oid,
}

/// The schemas with a model whose row the current role may read, by name; or the one of that name.
fn places(schema: Option<&str>) -> Result<Vec<Place>, Failure> {
    let query = "SELECT n.nspname::text, c.relowner FROM pg_catalog.pg_class c
                 JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
                 WHERE c.reloftype OPERATOR(pg_catalog.=) 'logfsm.model_info'::regtype
                   AND c.relname OPERATOR(pg_catalog.=) 'model' AND c.relkind OPERATOR(pg_catalog.=) 'r'
                   AND ($1 IS NULL OR n.nspname OPERATOR(pg_catalog.=) $1::name)
                   AND pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_table_privilege(c.oid, 'SELECT')
                 ORDER BY n.nspname";
    let mut found = Vec::new();
    sql::each_row(query, &[schema.into()], |row| {
        if let (Some(schema), Some(owner)) = (row.get(1)?, row.get(2)?) {
            found.push(Place { schema, owner });
        }
        Ok(())
    })?;
    Ok(found)
}

/// Reads a model as its owner; `None` where the schema only looks like one.
fn read(place: Place) -> Result<Option<Model>, Failure> {
    let _as_owner = AsOwner::switch(place.owner);
    Model::read_if_there(place.schema, place.owner)
}

impl Model {
    /// Finds a model by name: its schema has that name, or its row says so.
    ///
    /// The caller needs USAGE on the schema and SELECT on its `model` table.
    pub fn find(name: &str) -> Result<Self, Failure> {
        if name.len() < pg_sys::NAMEDATALEN as usize {
            for place in places(Some(name))? {
                if let Some(model) = read(place)? {
                    return Ok(model);
                }
            }
        }
        let mut named = Vec::new();
        for place in places(None)? {
            named.extend(read(place)?.filter(|model| model.info.name == name));
        }
        if named.len() > 1 {
            let schemas: Vec<&str> = named.iter().map(|model| model.schema.as_str()).collect();
            let code = PgSqlErrorCode::ERRCODE_AMBIGUOUS_PARAMETER;
            return Err(Failure::new(code, format!("model name \"{name}\" is ambiguous"))
                .detail(format!("Models of that name are in schemas {}.", schemas.join(", ")))
                .hint("Give the schema's name instead."));
        }
        named.pop().ok_or_else(|| {
            Failure::new(PgSqlErrorCode::ERRCODE_UNDEFINED_OBJECT, format!("model \"{name}\" does not exist"))
                .detail("No model of that name can be read by the current role.")
                .hint("SELECT name FROM logfsm.models lists the models you may read; logfsm.create_model() makes one.")
        })
    }
}

/// list_models() → setof (name, schema, owner, source, fits, fitted_at, method, traces, events, states, transitions)
pub fn list_models(call: Call) -> Reply {
    stream(call, || {
        let mut models = Vec::new();
        for place in places(None)? {
            let owner = super::owner::role_name(place.owner);
            let Some(model) = read(place)? else { continue };
            models.push((owner, model.info, model.schema));
        }
        rows(models, |(owner, info, schema)| {
            let fitted_at: Option<TimestampWithTimeZone> = info.fitted_at.as_deref().and_then(|at| at.parse().ok());
            Ok(vec![
                Some(text(&info.name)),
                Some(text(&schema)),
                Some(text(&owner)),
                Some(text(&info.source)),
                datum(info.fits),
                fitted_at.and_then(datum),
                info.method.as_deref().map(text),
                info.traces.and_then(datum),
                info.events_read.and_then(datum),
                info.states.and_then(datum),
                info.transitions.and_then(datum),
            ])
        })
    })
}

/// explain(model, trace_key) → setof explanation rows
pub fn explain(call: Call) -> Reply {
    stream(call, || {
        let (name, key) = (call.need_text(0, "model")?, call.need_text(1, "trace_key")?);
        let model = Model::find(name)?;
        model.require_traces("Explaining a trace")?;
        model.require_fitted()?;
        let found = match synthetic(&model, key)? {
            Some(found) => Some(found),
            None => real(&model, key)?,
        };
        let Some((trace, automaton)) = found else {
            let message = format!("model \"{}\" has no trace \"{key}\"", model.info.name);
            return Err(Failure::new(PgSqlErrorCode::ERRCODE_NO_DATA_FOUND, message)
                .detail("Neither a trace_key nor a synthetic_key reads so.")
                .hint(format!("SELECT trace_key FROM {} lists the real ones.", model.table("real_traces"))));
        };
        let machine = Machine::new(Automaton::from_bytes(&automaton)?);
        Ok(explained(machine.explain(&Trace::from_bytes(&trace)?)))
    })
}

/// A trace and its model's automaton, in binary form.
type Found = Option<(Vec<u8>, Vec<u8>)>;

/// The trace for which a condition on $1 holds, read as the model's owner.
fn trace_where(model: &Model, condition: &str, key: &str) -> Result<Found, Failure> {
    let query = format!(
        "SELECT logfsm.trace_send(t.trace), logfsm.automaton_send(m.automaton) FROM {} t, {} m
         WHERE {condition} ORDER BY t.run_id LIMIT 1",
        model.table("traces"),
        model.table("model")
    );
    let mut found = None;
    sql::each_row(&query, &[DatumWithOid::from(key)], |row| {
        found = row.get(1)?.zip(row.get(2)?);
        Ok(())
    })?;
    Ok(found)
}

fn synthetic(model: &Model, key: &str) -> Result<Found, Failure> {
    let _as_owner = AsOwner::switch(model.owner);
    trace_where(model, "t.synthetic_key OPERATOR(pg_catalog.=) $1", key)
}

/// The key is read as the key's type, a time by the caller's settings. A text that is no such key is no trace's key.
fn real(model: &Model, key: &str) -> Result<Found, Failure> {
    let (key_type, is_time) = {
        let _as_owner = AsOwner::switch(model.owner);
        let key_type = key_type(model)?;
        let is_time = key_type.starts_with("timestamp") && key_type.ends_with("with time zone");
        (key_type, is_time)
    };
    let in_utc = "SELECT pg_catalog.to_char($1::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') OPERATOR(pg_catalog.||) '+00'";
    let look = || {
        let key: String = if is_time { sql::one(in_utc, &[key.into()])?.unwrap_or_default() } else { key.into() };
        let _as_owner = AsOwner::switch(model.owner);
        let condition = format!("t.trace_key {} CAST($1 AS {key_type})", key_equality(model)?);
        trace_where(model, &condition, &key)
    };
    match attempt(look) {
        Outcome::Done(found) => Ok(found),
        Outcome::Failed(_) => Ok(None),
    }
}
