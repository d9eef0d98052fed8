//! Reading traces whole from the source: those that rows came too late for, and those that have more rows than are known.

use super::super::refresh::{key_equality, key_type};
use super::super::settled::Place;
use super::super::{Model, foreign, source};
use super::IN_FORCE;
use super::close::{each_raw, keys};
use super::compiled::{Compiled, require_columns, require_sight};
use super::judge::{Anomaly, judge};
use super::reader::SHOWN;
use super::row::{Row, Rows};
use super::transaction::{Held, Traces};
use crate::conform::{NO_SEQ, Standing};
use crate::pg::error::Failure;
use crate::pg::sql;
use pgrx::pg_sys::{Datum, INT4OID, INT8OID, Oid, TEXTOID, TIMESTAMPTZOID};

/// What reading traces again gives: which one, event, time, number, component, parameters, message, table.
const REREAD: [Oid; 8] = [INT4OID, TEXTOID, TIMESTAMPTZOID, INT8OID, TEXTOID, TEXTOID, TEXTOID, TEXTOID];

/// Reads traces whole from the source. Those that it does not have any more are left without a standing.
pub fn read_again(
    model: &Compiled,
    traces: &mut Traces,
    again: &[u32],
    rows: &mut Rows,
    anomalies: &mut Vec<Anomaly>,
) -> Result<(), Failure> {
    if again.is_empty() {
        return Ok(());
    }
    let info = &model.model.info;
    source::require_readable(info)?;
    let (key_type, equals) = (key_type(&model.model)?, key_equality(&model.model)?);
    let key = model.key.element("k.key", &key_type);
    let query = format!(
        "WITH keys (key, n) AS MATERIALIZED (SELECT {key}, k.n::integer FROM pg_catalog.unnest($1) WITH ORDINALITY AS k (key, n)),
         gone AS (DELETE FROM {pending} p USING keys k WHERE p.trace_key {equals} k.key)
         SELECT k.n, r.event, r.at, r.seq, r.component, r.params::text, pg_catalog.left(r.message, {SHOWN}), r.watched_table
         FROM ({rows}) r JOIN keys k ON k.key {equals} r.trace_key WHERE r.event IS NOT NULL ORDER BY k.n",
        pending = model.model.table("pending"),
        rows = rows_of(&model.model)?,
    );
    let keys = keys(traces, again);
    let mut of_trace: Vec<Row> = Vec::new();
    let mut fresh: Vec<(u32, Held)> = again
        .iter()
        .map(|&trace| (trace, Held { standing: None, fit: info.fits, dirty: false, changed: true }))
        .collect();
    let mut at_trace = 0;
    let mut finish = |at_trace: usize, of_trace: &mut Vec<Row>, rows: &Rows| {
        if !of_trace.is_empty() {
            rows.order(of_trace, &model.names.borrow());
            fresh[at_trace].1.standing = Some(Standing::start(&model.machine));
            judge(model, &mut fresh[at_trace].1, of_trace, rows, |anomaly| anomalies.push(anomaly));
            // What is read whole and in order misses nothing.
            fresh[at_trace].1.dirty = false;
            of_trace.clear();
        }
    };
    each_raw(&query, &[keys], &REREAD, |values| {
        let n = values[0].map_or(0, |n| n.value() as i32 as usize).saturating_sub(1);
        if n != at_trace {
            finish(at_trace, &mut of_trace, rows);
            at_trace = n;
        }
        let Some(row) = row(model, again[n], values, rows) else { return Ok(()) };
        of_trace.push(row);
        Ok(())
    })?;
    finish(at_trace, &mut of_trace, rows);
    for (trace, held) in fresh {
        traces.hold(trace, held);
    }
    Ok(())
}

fn row(model: &Compiled, trace: u32, values: &[Option<Datum>], rows: &mut Rows) -> Option<Row> {
    // SAFETY: the columns are text.
    let text = |i: usize| {
        values[i].map(|datum| String::from_utf8_lossy(unsafe { crate::pg::call::varlena_payload(datum) }).into_owned())
    };
    let at = values[2].map(|at| at.value() as i64).filter(|&at| at != i64::MIN && at != i64::MAX);
    let seq = values[3].map(|seq| seq.value() as i64);
    let (at, seq) = if model.model.info.has_times() { (at?, seq.unwrap_or(NO_SEQ)) } else { (0, seq?) };
    let component = text(4);
    let name = model.names.borrow_mut().number(component.as_deref().map(str::as_bytes), text(1)?.as_bytes());
    let (parameters, message, table) = (rows.keep(text(5)), rows.keep(text(6)), rows.keep(text(7)));
    Some(Row { trace, name, at, seq, number: u32::MAX, parameters, message, table, flagged: false })
}

/// The rows of the source, and of watched tables that the source does not read, with the table's name.
pub fn rows_of(model: &Model) -> Result<String, Failure> {
    let query = format!(
        "WITH RECURSIVE reads (id) AS (
             SELECT pg_catalog.to_regclass($1)::oid
             UNION SELECT x.id FROM reads CROSS JOIN LATERAL (
                 SELECT d.refobjid FROM pg_catalog.pg_rewrite w JOIN pg_catalog.pg_depend d
                     ON d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_rewrite'::regclass AND d.objid OPERATOR(pg_catalog.=) w.oid
                     AND d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::regclass
                 WHERE w.ev_class OPERATOR(pg_catalog.=) reads.id
                 UNION ALL SELECT i.inhrelid FROM pg_catalog.pg_inherits i WHERE i.inhparent OPERATOR(pg_catalog.=) reads.id) x (id))
         SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) FROM {} w
         JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) w.watched_oid
         JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
         WHERE {IN_FORCE} AND NOT EXISTS (SELECT FROM reads r WHERE r.id OPERATOR(pg_catalog.=) c.oid)
         ORDER BY 1",
        model.table("watches")
    );
    let mut relations = vec![model.info.source.clone()];
    for table in sql::column::<String>(&query, &[model.info.source.as_str().into()])? {
        match require_columns(model, &table).and_then(|()| require_sight(model, &table)) {
            Ok(()) => relations.push(table),
            Err(reason) => pgrx::warning!("logfsm close_traces does not read {table}: {}", reason.message()),
        }
    }
    let templates = format!("(SELECT templates FROM {})", model.table("model"));
    let one = |relation: &String| -> Result<String, Failure> {
        let foreign = foreign::columns(relation)?;
        foreign::require_plain(&model.info, relation, &foreign)?;
        let rows = model.info.rows_query_of(relation, &templates, &foreign);
        Ok(format!("SELECT s.*, {}::text AS watched_table FROM ({rows}) s", sql::quote_literal(relation)))
    };
    Ok(relations.iter().map(one).collect::<Result<Vec<_>, Failure>>()?.join(" UNION ALL "))
}

/// Marks the traces whose rows in the source are not as many as are known: all of them, or after a watch was made those
/// that may have grown since the fit.
pub fn check_again(model: &Model, all: bool) -> Result<(), Failure> {
    let watches = model.table("watches");
    if !all && !sql::holds(&format!("SELECT EXISTS (SELECT FROM {watches} WHERE NOT checked)"), &[])? {
        return Ok(());
    }
    source::require_readable(&model.info)?;
    let equals = key_equality(model)?;
    let rows = rows_of(model)?;
    let grown = match Place::of(model)? {
        Some(place) if !all => {
            let recent = place.recent(&model.info, place.settled(model)?.before)?;
            let templates = format!("(SELECT templates FROM {})", model.table("model"));
            let recent = model.info.rows_query(&recent, &templates)?;
            format!("AND EXISTS (SELECT FROM ({recent}) g WHERE g.trace_key {equals} r.trace_key)")
        }
        _ => String::new(),
    };
    let placed = if model.info.has_times() { "pg_catalog.isfinite(r.at)" } else { "r.seq IS NOT NULL" };
    let mark = format!(
        "INSERT INTO {pending} (trace_key)
         SELECT c.trace_key FROM (
             SELECT r.trace_key, pg_catalog.count(*) AS n FROM ({rows}) r
             WHERE r.trace_key IS NOT NULL AND r.event IS NOT NULL AND {placed} {grown} GROUP BY r.trace_key) c
         LEFT JOIN {live} l ON l.trace_key {equals} c.trace_key
         LEFT JOIN {traces} t ON t.run_id OPERATOR(pg_catalog.=) 0 AND t.trace_key {equals} c.trace_key
         WHERE c.n OPERATOR(pg_catalog.<>) (COALESCE(l.n_events, t.n_events, 0) OPERATOR(pg_catalog.+)
               (SELECT pg_catalog.count(*) FROM {pending} p WHERE p.trace_key {equals} c.trace_key AND p.event IS NOT NULL))",
        pending = model.table("pending"),
        live = model.table("live_traces"),
        traces = model.table("traces"),
    );
    sql::run(&mark, &[])?;
    sql::run(&format!("UPDATE {watches} SET checked = true WHERE NOT checked"), &[])?;
    Ok(())
}
