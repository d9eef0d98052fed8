//! What a refresh reads: the traces that got rows since the last time, each beside what the model has of it.
//!
//! One pass over the source collects the rows of the window (from the high-water mark, less the lateness) and counts
//! all. Where there are as many older rows as the model has, a trace is what the model has of it from before the window
//! and the rows in it: nothing else need be read. Otherwise, and where rows cannot be counted or told by their time,
//! touched traces are read again whole.

use super::data::{Collected, collect, key_form};
use super::fit::traces_query;
use super::refresh::key_equality;
use super::{Model, lines, source};
use crate::pg::bulk::{self, BulkWriter, Scratch};
use crate::pg::call::{datum, varlena, varlena_payload};
use crate::pg::error::Failure;
use crate::pg::sql;
use crate::pg::trace_set::KeyForm;
use crate::pg::trace_type::{microseconds, timestamp};
use crate::trace::{Trace, TraceSet, TraceView, VariantIds};
use pgrx::datum::{DatumWithOid, TimestampWithTimeZone};
use pgrx::pg_sys;

/// The touched traces, in a table of (trace_key, trace, old_id, old_trace). A trace that has left the model's period
/// has no new trace.
pub struct Staged {
    /// The table, quoted and qualified.
    pub table: String,
    /// Traces that the model did not have.
    pub new: i64,
    /// Traces that it had otherwise.
    pub changed: i64,
    /// The source's rows before reading, where they can be compared with the events read.
    pub source_rows: Option<i64>,
}

impl Staged {
    /// Reads what is new, and moves the high-water mark.
    pub fn read(model: &Model, column: &str) -> Result<Self, Failure> {
        let table = model.table(&format!("refresh_{}", model.info.fits + 1));
        let create = format!(
            "CREATE TABLE {table} AS SELECT trace_key, trace, trace_id AS old_id, trace AS old_trace FROM {} WITH NO DATA",
            model.table("traces")
        );
        sql::run(&create, &[])?;
        let recent = recent(model, column);
        // Where more lines change the templates of earlier ones, or what a line is depends on those before it, all
        // traces are read again.
        let all = lines::learn_more(model, &recent)? || model.info.depends_on_order();
        let counted = can_count(model)?;
        let by_time = counted && !all && model.info.refresh_by == model.info.at_column;
        let (done, mut rows) = if by_time { read_window(model, &table, &recent)? } else { (false, None) };
        if !done {
            if counted && rows.is_none() {
                rows = Some(count_rows(model)?);
            }
            read_again(model, &table, if all { &model.info.source } else { &recent }, column)?;
        }
        let count = |condition: &str| -> Result<i64, Failure> {
            let query = format!("SELECT pg_catalog.count(*) FROM {table} WHERE old_trace IS {condition}");
            Ok(sql::one::<i64>(&query, &[])?.unwrap_or(0))
        };
        let (new, changed) = (count("NULL")?, count("NOT NULL")?);
        Ok(Staged { table, new, changed, source_rows: rows })
    }
}

/// The rows of the source that are in the window, as a relation.
fn recent(model: &Model, column: &str) -> String {
    let mut columns: Vec<String> =
        model.info.used_columns().iter().map(|column| format!("x.{}", sql::quote_identifier(column))).collect();
    columns.sort();
    columns.dedup();
    format!(
        "(SELECT {} FROM {} x, {} m
          WHERE m.high_water IS NULL OR x.{}::timestamptz OPERATOR(pg_catalog.>=) (m.high_water OPERATOR(pg_catalog.-) m.lateness))",
        columns.join(", "),
        model.info.source,
        model.table("model"),
        sql::quote_identifier(column)
    )
}

/// Whether the source's rows can be compared with the events read: one key per row and no period.
fn can_count(model: &Model) -> Result<bool, Failure> {
    // formats hide and skip lines
    if model.info.trace_column.is_none() || !model.info.line_fields.is_empty() {
        return Ok(false);
    }
    sql::holds(&format!("SELECT since IS NULL AND until IS NULL FROM {}", model.table("model")), &[])
}

/// The number of the source's rows.
pub fn count_rows(model: &Model) -> Result<i64, Failure> {
    let count = format!("SELECT pg_catalog.count(*) FROM {}", model.info.source);
    Ok(sql::one(&count, &[])?.unwrap_or(0))
}

/// Reads the window alone, if that is enough; and the number of the source's rows, if it was counted.
fn read_window(model: &Model, table: &str, recent: &str) -> Result<(bool, Option<i64>), Failure> {
    let start = format!(
        "SELECT m.high_water OPERATOR(pg_catalog.-) m.lateness FROM {} m WHERE pg_catalog.isfinite(m.high_water)",
        model.table("model")
    );
    let start: Option<TimestampWithTimeZone> = sql::one(&start, &[])?;
    let (Some(start), Some(form)) = (start, key_form(model)?) else { return Ok((false, None)) };
    let literal: String =
        sql::one("SELECT pg_catalog.quote_literal($1::timestamptz)", &[start.into()])?.unwrap_or_else(|| "NULL".into());
    let literal = format!("{literal}::timestamptz");
    let since = microseconds(start);
    let collected = if model.info.message_column.is_some() {
        let rows = count_rows(model)?;
        collect(model, recent, "")?.map(|found| Collected { rows, ..found })
    } else {
        collect(model, &model.info.source, &format!(" FILTER (WHERE r.at OPERATOR(pg_catalog.>=) {literal})"))?
    };
    let Some(Collected { set, rows }) = collected else { return Ok((false, None)) };
    let done = set.keyless() == 0 && Window { model, table, form, set, since }.stage(rows, &literal)?;
    Ok((done, Some(rows)))
}

/// The rows of the window and where they go.
struct Window<'a> {
    model: &'a Model,
    table: &'a str,
    form: KeyForm,
    set: TraceSet,
    since: i64,
}

/// A trace of the window that the model has otherwise: its position in the set, its id, and what it was.
type Changed = (usize, i64, Vec<u8>);

impl Window<'_> {
    /// Stages the traces that are new or changed. False, with nothing staged, where the model does not have just those
    /// rows that are older than the window: some came too late, were changed or are gone.
    fn stage(mut self, source_rows: i64, literal: &str) -> Result<bool, Failure> {
        let traces = self.model.table("traces");
        let mut met = vec![false; self.set.len()];
        let (mut changed, mut lost, mut known) = (Vec::<Changed>::new(), false, 0u64);
        let mut ids = VariantIds::default();
        let in_window = format!(
            "SELECT trace_key, trace_id, trace FROM {traces}
             WHERE run_id OPERATOR(pg_catalog.=) 0 AND ended_at OPERATOR(pg_catalog.>=) {literal}"
        );
        bulk::each_row(&in_window, &mut |row| {
            let (Some(key), Some(id), Some(trace)) = (row.datum(0), row.datum(1), row.datum(2)) else { return Ok(()) };
            // SAFETY: columns of these types.
            let (at, bytes) = unsafe { (self.form.bytes(key, |key| self.set.find(key)), varlena_payload(trace)) };
            let view = TraceView::from_bytes(bytes)?;
            known += (view.times.len() - view.times.partition_point(|&at| at < self.since)) as u64;
            let Some(at) = at else {
                lost = true;
                return Ok(());
            };
            met[at] = true;
            if !self.set.agrees(at, &view, self.since, &mut ids)? {
                changed.push((at, id.value() as i64, bytes.to_vec()));
            }
            Ok(())
        })?;
        let events = format!("SELECT events_read FROM {}", self.model.table("model"));
        let events: i64 = sql::one(&events, &[])?.unwrap_or(0);
        let recent = self.set.rows();
        if lost || source_rows - recent as i64 != events - known as i64 {
            return Ok(false);
        }
        let unmet: Vec<usize> = (0..self.set.len()).filter(|&at| !met[at]).collect();
        self.write(unmet.into_iter().map(|at| (at, None)))?;
        self.take_up(&mut changed)?;
        self.write(changed.into_iter().map(|(at, id, old)| (at, Some((id, old)))))?;
        if let Some(latest) = crate::infer::collect::latest(&self.set, &crate::pg::control())? {
            // SAFETY: a timestamptz.
            let latest = unsafe { DatumWithOid::new(timestamp(latest), pg_sys::TIMESTAMPTZOID) };
            sql::run(&format!("UPDATE {} SET high_water = $1", self.model.table("model")), &[latest])?;
        }
        Ok(true)
    }

    /// Takes back out of the table those traces that the model has, all of them from before the window.
    fn take_up(&self, changed: &mut Vec<Changed>) -> Result<(), Failure> {
        let (table, traces, equals) = (self.table, self.model.table("traces"), key_equality(self.model)?);
        let join = format!("t.run_id OPERATOR(pg_catalog.=) 0 AND t.trace_key {equals} s.trace_key");
        let before = changed.len();
        let query = format!("SELECT s.trace_key, t.trace_id, t.trace FROM {table} s JOIN {traces} t ON {join}");
        bulk::each_row(&query, &mut |row| {
            let (Some(key), Some(id), Some(trace)) = (row.datum(0), row.datum(1), row.datum(2)) else { return Ok(()) };
            // SAFETY: columns of these types.
            let (at, bytes) = unsafe { (self.form.bytes(key, |key| self.set.find(key)), varlena_payload(trace)) };
            changed.extend(at.map(|at| (at, id.value() as i64, bytes.to_vec())));
            Ok(())
        })?;
        if changed.len() > before {
            sql::run(&format!("DELETE FROM {table} s USING {traces} t WHERE {join}"), &[])?;
        }
        Ok(())
    }

    /// Stages traces, some of them with what they were.
    fn write(&mut self, traces: impl Iterator<Item = (usize, Option<(i64, Vec<u8>)>)>) -> Result<(), Failure> {
        let mut writer = BulkWriter::open(self.table, &["trace_key", "trace", "old_id", "old_trace"])?;
        let mut scratch = Scratch::new();
        for (at, old) in traces {
            scratch.round(|| -> Result<(), Failure> {
                let before = old.as_ref().map(|(_, bytes)| Trace::from_bytes(bytes)).transpose()?;
                let trace = self.set.continued(at, before.as_ref(), self.since)?;
                writer.row(&[
                    Some(self.form.datum(self.set.key(at))),
                    Some(varlena(&trace.to_bytes())),
                    old.as_ref().and_then(|(id, _)| datum(*id)),
                    old.as_ref().map(|(_, bytes)| varlena(bytes)),
                ]);
                Ok(())
            })?;
        }
        writer.finish();
        Ok(())
    }
}

/// Reads again whole the traces that have rows in a relation of the source's shape, and keeps those that are otherwise.
fn read_again(model: &Model, staged: &str, recent: &str, column: &str) -> Result<(), Failure> {
    let (table, source, equals) = (model.table("model"), &model.info.source, key_equality(model)?);
    let column = sql::quote_identifier(column);
    let templates = format!("(SELECT templates FROM {table})");
    // Taken before reading: what arrives in between is read again next time.
    let high_water: Option<TimestampWithTimeZone> =
        sql::one(&format!("SELECT pg_catalog.max({column})::timestamptz FROM {source}"), &[])?;
    let touched = format!(
        "SELECT DISTINCT r.trace_key FROM ({}) r WHERE r.trace_key IS NOT NULL",
        model.info.rows_query(recent, &templates)
    );
    let reread = traces_query(model, source, &format!("JOIN ({touched}) AS k ON k.trace_key {equals} r.trace_key"));
    let insert = format!(
        "INSERT INTO {staged}
         SELECT t.trace_key, w.trace, o.trace_id AS old_id, o.trace AS old_trace
         FROM ({reread}) AS t
         CROSS JOIN {table} m
         -- A trace whose start has left the period counts as gone.
         CROSS JOIN LATERAL (SELECT CASE WHEN (m.since IS NULL OR logfsm.started_at(t.trace) OPERATOR(pg_catalog.>=) m.since)
                       AND (m.until IS NULL OR logfsm.started_at(t.trace) OPERATOR(pg_catalog.<) m.until) THEN t.trace END AS trace) w
         LEFT JOIN {traces} o ON o.run_id OPERATOR(pg_catalog.=) 0 AND o.trace_key {equals} t.trace_key
         WHERE CASE WHEN o.trace IS NULL THEN w.trace IS NOT NULL
                    ELSE w.trace IS NULL OR o.trace OPERATOR(logfsm.<>) w.trace END",
        traces = model.table("traces")
    );
    source::run_reading(&model.info, || sql::run(&insert, &[]))?;
    sql::run(&format!("UPDATE {table} SET high_water = $1"), &[high_water.into()])?;
    Ok(())
}
