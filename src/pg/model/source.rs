//! Where a model's rows come from: checked columns, and the query that turns them into traces.

use super::foreign;
use super::info::Info;
use super::relations::name_in;
use crate::pg::error::{Failure, report_of};
use crate::pg::sql::{self, quote_identifier};
use pgrx::{PgSqlErrorCode, PgTryBuilder, pg_sys};
use std::panic::AssertUnwindSafe;

/// A column of a source.
#[derive(Debug, Clone)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type as SQL writes it.
    pub sql_type: String,
    /// The name of its base type in pg_catalog; empty for a type from elsewhere.
    pub base: String,
    /// Its type.
    pub type_id: pg_sys::Oid,
    /// Whether the type is a row type.
    pub is_composite: bool,
    /// A collation under which values may be equal that are written differently, to be put behind the type.
    pub collation: Option<String>,
}

/// The columns of a relation, in order; none where it does not exist.
pub fn columns(source: &str) -> Result<Vec<Column>, Failure> {
    let Some(relation) = relation(source) else { return Ok(Vec::new()) };
    let query = format!(
        "SELECT a.attname::text, pg_catalog.format_type(a.atttypid, a.atttypmod), {BASE_TYPE}, a.atttypid,
                t.typtype OPERATOR(pg_catalog.=) 'c',
                (SELECT pg_catalog.format('COLLATE %I.%I', n.nspname, l.collname) FROM pg_catalog.pg_collation l
                 JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) l.collnamespace
                 WHERE l.oid OPERATOR(pg_catalog.=) a.attcollation AND NOT l.collisdeterministic)
         FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid OPERATOR(pg_catalog.=) a.atttypid
         WHERE a.attrelid OPERATOR(pg_catalog.=) $1 AND a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped
         ORDER BY a.attnum"
    );
    let mut columns = Vec::new();
    sql::each_row(&query, &[relation.into()], |row| {
        let (name, sql_type, base) = (row.get(1)?, row.get(2)?, row.get(3)?);
        if let (Some(name), Some(sql_type), Some(type_id)) = (name, sql_type, row.get(4)?) {
            let (base, is_composite) = (base.unwrap_or_default(), row.get(5)?.unwrap_or(false));
            columns.push(Column { name, sql_type, base, type_id, is_composite, collation: row.get(6)? });
        }
        Ok(())
    })?;
    Ok(columns)
}

/// The name of a column type below its domains, where it is in pg_catalog.
const BASE_TYPE: &str = "(WITH RECURSIVE base (oid, parent) AS (
        SELECT b.oid, b.typbasetype FROM pg_catalog.pg_type b WHERE b.oid OPERATOR(pg_catalog.=) a.atttypid
        UNION ALL SELECT b.oid, b.typbasetype FROM base JOIN pg_catalog.pg_type b ON b.oid OPERATOR(pg_catalog.=) base.parent)
    SELECT b.typname::text FROM base JOIN pg_catalog.pg_type b ON b.oid OPERATOR(pg_catalog.=) base.oid
    WHERE base.parent::bigint OPERATOR(pg_catalog.=) 0 AND b.typnamespace OPERATOR(pg_catalog.=) 'pg_catalog'::regnamespace)";

/// The relation of a qualified, quoted name. Unlike regclass it needs no right on the schema, so that what is missing can
/// be said; and it is found by its name, among however many others there are.
pub fn relation(name: &str) -> Option<pg_sys::Oid> {
    let (schema, rest) = identifier(name)?;
    let (relation, rest) = identifier(rest.strip_prefix('.')?)?;
    // What is not written as Postgres writes it means something else to a statement.
    let written = format!("{}.{}", quote_identifier(&schema), quote_identifier(&relation));
    if rest.is_empty() && written == name { name_in(&schema, &relation) } else { None }
}

/// The identifier that a text begins with, without its quotes, and what follows it.
fn identifier(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find('.').unwrap_or(text.len());
        return Some((text[..end].into(), &text[end..]));
    };
    let (mut name, mut rest) = (String::new(), quoted);
    loop {
        let (part, after) = rest.split_once('"')?;
        name.push_str(part);
        match after.strip_prefix('"') {
            Some(more) => {
                name.push('"');
                rest = more;
            }
            None => return Some((name, after)),
        }
    }
}

/// Whether values of a type can be compared, element by element where it has elements.
pub fn is_ordered(type_id: pg_sys::Oid) -> bool {
    // SAFETY: looks up a type that exists.
    unsafe { (*pg_sys::lookup_type_cache(type_id, pg_sys::TYPECACHE_CMP_PROC as i32)).cmp_proc != pg_sys::Oid::INVALID }
}

/// Whether Citus keeps a table's rows on other servers.
pub fn is_distributed(relation: &str) -> Result<bool, Failure> {
    if !sql::holds("SELECT pg_catalog.to_regclass('pg_catalog.pg_dist_partition') IS NOT NULL", &[])? {
        return Ok(false);
    }
    let query = "SELECT EXISTS (SELECT FROM pg_catalog.pg_dist_partition WHERE logicalrelid OPERATOR(pg_catalog.=) $1::regclass)";
    sql::holds(query, &[relation.into()])
}

/// Finds a column, or fails listing those that exist.
pub fn column<'a>(columns: &'a [Column], name: &str, role: &str, source: &str) -> Result<&'a Column, Failure> {
    columns.iter().find(|column| column.name == name).ok_or_else(|| {
        let known: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        let message = format!("column \"{name}\" given as {role} does not exist in {source}");
        Failure::new(PgSqlErrorCode::ERRCODE_UNDEFINED_COLUMN, message)
            .detail(format!("Columns that exist: {}.", known.join(", ")))
            .hint(format!("Give a column's exact name as {role}; expressions need a view."))
    })
}

/// Fails unless the current role may read every column that the model uses.
pub fn require_select(info: &Info) -> Result<(), Failure> {
    let role: String = sql::one("SELECT CURRENT_USER::text", &[])?.unwrap_or_default();
    let denied = |detail: String, hint: String| {
        let message = format!("permission denied for source {}", info.source);
        Err(Failure::new(PgSqlErrorCode::ERRCODE_INSUFFICIENT_PRIVILEGE, message)
            .detail(detail)
            .hint(format!("{hint}; the source is always read with the model owner's rights.")))
    };
    let quoted = quote_identifier(&role);
    let Some(relation) = relation(&info.source) else { return Ok(()) };
    let schema = "SELECT pg_catalog.quote_ident(n.nspname) FROM pg_catalog.pg_class c
                  JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
                  WHERE c.oid OPERATOR(pg_catalog.=) $1 AND NOT pg_catalog.has_schema_privilege(n.oid, 'USAGE')";
    if let Some(schema) = sql::one::<String>(schema, &[relation.into()])? {
        let detail = format!("Role \"{role}\" may not use schema {schema}.");
        return denied(detail, format!("GRANT USAGE ON SCHEMA {schema} TO {quoted}"));
    }
    let query = "SELECT pg_catalog.has_column_privilege($1, $2::text, 'SELECT')";
    for column in info.used_columns() {
        if !sql::holds(query, &[relation.into(), column.into()])? {
            let detail = format!("Role \"{role}\" may not SELECT column \"{column}\".");
            return denied(detail, format!("GRANT SELECT ON {} TO {quoted}", info.source));
        }
    }
    Ok(())
}

/// Fails unless the source still exists, has the model's columns and may be read.
pub fn require_readable(info: &Info) -> Result<(), Failure> {
    keep_as_it_is(info)?;
    let columns = columns(&info.source)?;
    if columns.is_empty() {
        let code = PgSqlErrorCode::ERRCODE_UNDEFINED_TABLE;
        return Err(Failure::new(code, format!("source {} does not exist", info.source))
            .detail(format!("Model \"{}\" reads it.", info.name))
            .hint("If it was renamed, set column source of the model's table \"model\" to its new name."));
    }
    for used in info.used_columns() {
        column(&columns, used, "a column of the model", &info.source)?;
    }
    require_select(info)?;
    // From here on nobody alters its columns, views and policies before the transaction ends.
    sql::run(&format!("SELECT FROM {} LIMIT 0", info.source), &[])?;
    foreign::require_plain(info, &info.source, &foreign::columns(&info.source)?)?;
    foreign::require_own_code(info)
}

/// Locks the source against changes of its columns until the transaction ends, as reading it does later on: what is found
/// out about them before holds while it is read.
fn keep_as_it_is(info: &Info) -> Result<(), Failure> {
    let Some(found) = relation(&info.source) else { return Ok(()) };
    // SAFETY: takes a lock that the transaction's end releases.
    unsafe { pg_sys::LockRelationOid(found, pg_sys::AccessShareLock as i32) };
    if relation(&info.source) == Some(found) {
        return Ok(());
    }
    let code = PgSqlErrorCode::ERRCODE_OBJECT_IN_USE;
    Err(Failure::new(code, format!("source {} was replaced while it was opened", info.source)).hint("Try again."))
}

/// Runs what builds traces from the source; its complaint about a NULL says where to look.
pub fn run_reading<T>(info: &Info, read: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    PgTryBuilder::new(AssertUnwindSafe(read))
        .catch_when(PgSqlErrorCode::ERRCODE_NULL_VALUE_NOT_ALLOWED, |error| {
            let report = report_of(&error);
            let event = info.event_column.as_ref().or(info.message_column.as_ref()).map_or("", |c| c);
            let order = info.at_column.as_ref().or(info.seq_column.as_ref()).map_or("", |c| c);
            Err(Failure::new(PgSqlErrorCode::ERRCODE_NULL_VALUE_NOT_ALLOWED, report.message().to_string())
                .detail(format!("A row of {} has NULL in column \"{event}\" or \"{order}\".", info.source))
                .hint("Make a view that leaves such rows out, and give the view as source."))
        })
        .execute()
}

impl Info {
    /// The columns of the source that the model uses.
    pub fn used_columns(&self) -> Vec<&str> {
        let mut used = self.read_columns();
        used.extend([&self.refresh_by, &self.label_column].into_iter().filter_map(Option::as_deref));
        used
    }

    /// The columns of a row that say what its event is.
    pub fn read_columns(&self) -> Vec<&str> {
        [
            &self.trace_column,
            &self.event_column,
            &self.message_column,
            &self.at_column,
            &self.seq_column,
            &self.component_column,
            &self.params_column,
        ]
        .into_iter()
        .filter_map(Option::as_deref)
        .collect()
    }

    /// The rows of the source, or of a relation of its columns, as (trace_key, event, at, seq, component, params, message),
    /// where `templates` is an expression for the model's templates.
    pub fn rows_query(&self, relation: &str, templates: &str) -> Result<String, Failure> {
        Ok(self.rows_query_of(relation, templates, &foreign::columns(&self.source)?))
    }

    /// The same of another relation with columns of these names, of which those of `foreign` have types of their own.
    pub fn rows_query_of(&self, relation: &str, templates: &str, foreign: &[String]) -> String {
        match &self.message_column {
            Some(message) => self.line_rows_query(relation, message, templates, foreign),
            None => self.column_rows_query(relation, "", foreign),
        }
    }

    /// The same of a relation without a message column, with more columns of it, which is called s, each after a comma.
    pub fn column_rows_query(&self, relation: &str, more: &str, foreign: &[String]) -> String {
        let of = |name: &Option<String>, cast: &str| match name {
            None => format!("NULL::{cast}"),
            Some(name) if cast == "text" => foreign::text_of("s", name, foreign),
            Some(name) => format!("s.{}::{cast}", quote_identifier(name)),
        };
        // invariant: create_model asks for a trace column where there is no message column
        let key = quote_identifier(self.trace_column.as_deref().unwrap_or_default());
        format!(
            "SELECT s.{key} AS trace_key, {} AS event, {} AS at, {} AS seq, {} AS component, {} AS params, NULL::text AS message{more}
             FROM {relation} AS s",
            of(&self.event_column, "text"),
            of(&self.at_column, "timestamptz"),
            of(&self.seq_column, "bigint"),
            of(&self.component_column, "text"),
            of(&self.params_column, "jsonb"),
        )
    }

    /// The aggregate call over those rows.
    pub fn trace_agg(&self) -> &'static str {
        let parameters = self.params_column.is_some() || self.message_column.is_some();
        let component = self.component_column.is_some() || self.lines_give("component");
        match (self.has_times(), component, parameters) {
            (true, _, true) => "logfsm.trace_agg(r.event, r.at, r.seq, r.component, r.params)",
            (true, true, false) => "logfsm.trace_agg(r.event, r.at, r.seq, r.component)",
            (true, false, false) if self.seq_column.is_some() => "logfsm.trace_agg(r.event, r.at, r.seq)",
            (true, false, false) => "logfsm.trace_agg(r.event, r.at)",
            (false, _, true) => "logfsm.trace_agg(r.event, r.seq, r.component, r.params)",
            (false, true, false) => "logfsm.trace_agg(r.event, r.seq, r.component)",
            (false, false, false) => "logfsm.trace_agg(r.event, r.seq)",
        }
    }
}
