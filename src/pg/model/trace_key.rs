//! The type of a model's trace keys: what it must be, and how keys are collected by it.

use super::{Model, source};
use crate::pg::error::Failure;
use crate::pg::sql;
use crate::pg::trace_set::KeyForm;
use crate::pg::value::ValueType;
use pgrx::PgSqlErrorCode;
use pgrx::pg_sys;

/// How trace keys are told apart by their bytes, if they can be.
pub fn key_form(model: &Model) -> Result<Option<KeyForm>, Failure> {
    let column = key_column(model)?;
    let collects = match collected_as(column.type_oid)? {
        As::Declared(_) => true,
        As::Any => model.info.trace_column.is_none() || !source::is_distributed(&model.info.source)?,
        As::Cast => false,
    };
    if !collects {
        return Ok(None);
    }
    Ok(KeyForm::of(column.type_oid, column.collation))
}

/// The column that trace keys come from.
pub struct KeyColumn {
    type_oid: pg_sys::Oid,
    collation: pg_sys::Oid,
}

impl KeyColumn {
    /// The type of the keys, below its domains.
    pub fn kind(&self) -> ValueType {
        ValueType::of(self.type_oid)
    }
}

/// The column that trace keys come from. Fails where its type is another than that of the model's keys: then the source
/// or the model was changed since the model was created.
pub fn key_column(model: &Model) -> Result<KeyColumn, Failure> {
    let traces = model.table("traces");
    let (relation, column) = match &model.info.trace_column {
        Some(column) => (model.info.source.as_str(), column.as_str()),
        None => (traces.as_str(), "trace_key"),
    };
    let query = "SELECT s.atttypid, s.attcollation, pg_catalog.format_type(s.atttypid, s.atttypmod), pg_catalog.format_type(t.atttypid, t.atttypmod)
         FROM pg_catalog.pg_attribute s, pg_catalog.pg_attribute t
         WHERE s.attrelid OPERATOR(pg_catalog.=) $1::regclass AND s.attname OPERATOR(pg_catalog.=) $2 AND NOT s.attisdropped
           AND t.attrelid OPERATOR(pg_catalog.=) $3::regclass AND t.attname OPERATOR(pg_catalog.=) 'trace_key' AND NOT t.attisdropped";
    let mut found: Option<(KeyColumn, String, String)> = None;
    sql::each_row(query, &[relation.into(), column.into(), traces.as_str().into()], |row| {
        if let (Some(type_oid), Some(collation)) = (row.get(1)?, row.get(2)?) {
            let types = (row.get(3)?.unwrap_or_default(), row.get(4)?.unwrap_or_default());
            found = Some((KeyColumn { type_oid, collation }, types.0, types.1));
        }
        Ok(())
    })?;
    match found {
        Some((key, of_source, of_model)) if of_source == of_model => Ok(key),
        Some((_, of_source, of_model)) => {
            let message =
                format!("trace keys of model \"{}\" are of type {of_model}, not {of_source}", model.info.name);
            Err(Failure::new(PgSqlErrorCode::ERRCODE_DATATYPE_MISMATCH, message)
                .detail(format!("Column \"{column}\" of {relation} has type {of_source}."))
                .hint("Change the column back, or give a view that casts it as source; or drop the model and create it anew."))
        }
        None => {
            let message = format!("{relation} has no column \"{column}\" for trace keys");
            Err(Failure::new(PgSqlErrorCode::ERRCODE_UNDEFINED_COLUMN, message)
                .hint("The model's schema was changed by hand; drop the model and create it anew."))
        }
    }
}

/// Which of the overloads of trace_set_agg takes keys of a type.
enum As {
    /// That which is declared for the type, after a cast that leaves the bytes alone.
    Declared(&'static str),
    /// The polymorphic one.
    Any,
    /// One for another type, to which Postgres would cast the key.
    Cast,
}

fn collected_as(key_type: pg_sys::Oid) -> Result<As, Failure> {
    // SAFETY: looks up a type that exists.
    let base = unsafe { pg_sys::getBaseType(key_type) };
    Ok(match base {
        pg_sys::TEXTOID | pg_sys::INT8OID | pg_sys::INT4OID | pg_sys::INT2OID | pg_sys::UUIDOID => As::Declared(""),
        pg_sys::VARCHAROID => As::Declared("::text"),
        _ if sql::holds(CAST, &[base.into()])? => As::Cast,
        _ => As::Any,
    })
}

/// Whether a type is cast without being asked to one that the one-step aggregates are declared for.
const CAST: &str = "SELECT EXISTS (SELECT FROM pg_catalog.pg_cast WHERE castsource OPERATOR(pg_catalog.=) $1
    AND castcontext OPERATOR(pg_catalog.=) 'i'
    AND casttarget OPERATOR(pg_catalog.=) ANY ('{text,bigint,integer,smallint,uuid}'::regtype[]))";

/// The cast of trace keys before they are collected.
pub fn key_cast(model: &Model) -> Result<&'static str, Failure> {
    let query = "SELECT atttypid FROM pg_catalog.pg_attribute WHERE attrelid OPERATOR(pg_catalog.=) $1::regclass
                 AND attname OPERATOR(pg_catalog.=) 'trace_key'";
    let key_type: pg_sys::Oid = sql::one(query, &[model.table("traces").into()])?.unwrap_or(pg_sys::TEXTOID);
    Ok(match collected_as(key_type)? {
        As::Declared(cast) => cast,
        As::Any | As::Cast => "",
    })
}
