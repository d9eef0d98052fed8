//! Where a model's rows come from: checked columns, and the query that turns them into traces.

use super::Info;
use crate::pg::error::Failure;
use crate::pg::sql::{self, quote_identifier, quote_literal};
use pgrx::PgSqlErrorCode;

/// The event type of a line that no stored template fits.
const UNSEEN: &str = "(unseen template)";

/// A column of a source.
#[derive(Debug, Clone)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type as SQL writes it.
    pub sql_type: String,
    /// The type's category in pg_type: D date/time, N numeric, S string, …
    pub category: String,
}

/// The columns of a relation, in order.
pub fn columns(source: &str) -> Result<Vec<Column>, Failure> {
    let query = "SELECT a.attname::text, pg_catalog.format_type(a.atttypid, a.atttypmod), t.typcategory::text
                 FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid OPERATOR(pg_catalog.=) a.atttypid
                 WHERE a.attrelid OPERATOR(pg_catalog.=) $1::regclass AND a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped
                 ORDER BY a.attnum";
    let mut columns = Vec::new();
    sql::each_row(query, &[source.into()], |row| {
        if let (Some(name), Some(sql_type), Some(category)) = (row.get(1)?, row.get(2)?, row.get(3)?) {
            columns.push(Column { name, sql_type, category });
        }
        Ok(())
    })?;
    Ok(columns)
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
    let query = "SELECT pg_catalog.has_column_privilege($1::regclass, $2::text, 'SELECT')
                        AND pg_catalog.has_schema_privilege(c.relnamespace, 'USAGE')
                 FROM pg_catalog.pg_class c WHERE c.oid OPERATOR(pg_catalog.=) $1::regclass";
    for column in info.used_columns() {
        if !sql::holds(query, &[info.source.as_str().into(), column.into()])? {
            let role: String = sql::one("SELECT CURRENT_USER::text", &[])?.unwrap_or_default();
            let message = format!("permission denied for source {}", info.source);
            return Err(Failure::new(PgSqlErrorCode::ERRCODE_INSUFFICIENT_PRIVILEGE, message)
                .detail(format!("Role \"{role}\" may not SELECT column \"{column}\"."))
                .hint(format!(
                    "GRANT SELECT ON {} TO {}; the source is always read with the model owner's rights.",
                    info.source,
                    quote_identifier(&role)
                )));
        }
    }
    Ok(())
}

/// Fails unless the source still exists.
pub fn require_source(info: &Info) -> Result<(), Failure> {
    if sql::holds("SELECT pg_catalog.to_regclass($1) IS NOT NULL", &[info.source.as_str().into()])? {
        return Ok(());
    }
    Err(Failure::new(PgSqlErrorCode::ERRCODE_UNDEFINED_TABLE, format!("source {} does not exist", info.source))
        .detail(format!("Model \"{}\" reads it.", info.name))
        .hint("If it was renamed, set column source of the model's table \"model\" to its new name."))
}

impl Info {
    /// The columns of the source that the model uses.
    pub fn used_columns(&self) -> Vec<&str> {
        [
            &self.trace_column,
            &self.event_column,
            &self.message_column,
            &self.at_column,
            &self.seq_column,
            &self.component_column,
            &self.params_column,
            &self.refresh_by,
        ]
        .into_iter()
        .filter_map(Option::as_deref)
        .collect()
    }

    /// The rows of a relation of the source's shape as (trace_key, event, at, seq, component, params), where
    /// `templates` is an expression for the model's templates.
    pub fn rows_query(&self, relation: &str, templates: &str) -> String {
        let of = |name: &Option<String>, cast: &str| {
            name.as_ref().map_or_else(|| format!("NULL::{cast}"), |n| format!("s.{}::{cast}", quote_identifier(n)))
        };
        let mut from = format!("{relation} AS s");
        let (mut event, mut params) = (of(&self.event_column, "text"), of(&self.params_column, "jsonb"));
        if let Some(message) = &self.message_column {
            let message = quote_identifier(message);
            from += &format!(" CROSS JOIN LATERAL logfsm.parse({templates}, s.{message}::text) AS p");
            event = format!("CASE WHEN s.{message} IS NOT NULL THEN COALESCE(p.template, '{UNSEEN}') END");
            if self.params_column.is_none() {
                params = "p.parameters".into();
            }
        }
        let key = match (&self.trace_column, &self.trace_pattern, self.trace_slot) {
            (Some(column), _, _) => format!("s.{}", quote_identifier(column)),
            (_, Some(pattern), _) => {
                // invariant: create_model asks for a message column with a pattern
                let message = quote_identifier(self.message_column.as_deref().unwrap_or_default());
                from += &format!(
                    " CROSS JOIN LATERAL (SELECT DISTINCT m.found[1] AS key
                      FROM pg_catalog.regexp_matches(s.{message}::text, {}, 'g') AS m (found)) AS k",
                    quote_literal(pattern)
                );
                "k.key".into()
            }
            (_, _, slot) => format!("p.parameters OPERATOR(pg_catalog.->>) {}", slot.unwrap_or(0)),
        };
        format!(
            "SELECT {key} AS trace_key, {event} AS event, {} AS at, {} AS seq, {} AS component, {params} AS params FROM {from}",
            of(&self.at_column, "timestamptz"),
            of(&self.seq_column, "bigint"),
            of(&self.component_column, "text"),
        )
    }

    /// The aggregate call over those rows.
    pub fn trace_agg(&self) -> &'static str {
        let parameters = self.params_column.is_some() || self.message_column.is_some();
        match (&self.at_column, &self.component_column, parameters) {
            (Some(_), _, true) => "logfsm.trace_agg(r.event, r.at, r.seq, r.component, r.params)",
            (Some(_), Some(_), false) => "logfsm.trace_agg(r.event, r.at, r.seq, r.component)",
            (Some(_), None, false) if self.seq_column.is_some() => "logfsm.trace_agg(r.event, r.at, r.seq)",
            (Some(_), None, false) => "logfsm.trace_agg(r.event, r.at)",
            (None, _, true) => "logfsm.trace_agg(r.event, r.seq, r.component, r.params)",
            (None, Some(_), false) => "logfsm.trace_agg(r.event, r.seq, r.component)",
            (None, None, false) => "logfsm.trace_agg(r.event, r.seq)",
        }
    }
}
