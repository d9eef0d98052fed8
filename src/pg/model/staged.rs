//! What a refresh reads: the traces that got rows since the last time, each beside what the model has of it.
//!
//! One pass over the source collects the rows of the window (from the latest row, less the lateness) and adds up the
//! hashes of those before. Where these are what they were, a trace is what the model has of it from before the window
//! and the rows in it: nothing else need be read. Where a row is not one event, or not placed by its time, touched
//! traces are read again whole. Where older rows are otherwise than they were, all traces are compared: those that were
//! not touched stay as the model has them, and how many rows they are apart is told.

use super::data::{Collected, collect};
use super::fit::traces_query;
use super::refresh::key_equality;
use super::settled::{Place, Settled};
use super::trace_key::key_form;
use super::{Model, lines, source};
use crate::pg::bulk::{self, Scratch};
use crate::pg::error::Failure;
use crate::pg::heap_writer::BulkWriter;
use crate::pg::sql;
use crate::pg::trace_set::KeyForm;
use crate::pg::value::{Value, ValueType};
use crate::trace::{RowDigest, Trace, TraceSet, TraceView, VariantIds};

/// The touched traces, in a table of (trace_key, trace, old_id, old_trace, touched). A trace that has left the model's
/// period has no new trace.
pub struct Staged {
    /// The table, quoted and qualified.
    pub table: String,
    /// Traces that the model did not have.
    pub new: i64,
    /// Traces that it had otherwise.
    pub changed: i64,
    /// Rows that the source has of other traces and the model has not.
    pub missing: u64,
    /// Rows that the model has of other traces and the source has not.
    pub gone: u64,
}

impl Staged {
    /// Reads what is new, and moves the bound before which rows are settled.
    pub fn read(model: &Model, place: &Place) -> Result<Self, Failure> {
        let table = model.table(&format!("refresh_{}", model.info.fits + 1));
        // Not logged: it is gone before the transaction ends, and no publication of all tables looks at it.
        let create = format!(
            "CREATE UNLOGGED TABLE {table} AS SELECT trace_key, trace, trace_id AS old_id, trace AS old_trace, true AS touched FROM {} WITH NO DATA",
            model.table("traces")
        );
        sql::run(&create, &[])?;
        let mut staged = Staged { table, new: 0, changed: 0, missing: 0, gone: 0 };
        let settled = place.settled(model)?;
        let recent = place.recent(&model.info, settled.before)?;
        // Where more lines change the templates of earlier ones, or what a line is depends on those before it, all
        // traces are read again.
        let all = lines::learn_more(model, &recent)? || model.info.depends_on_order();
        let digest = if by_window(model) && !all {
            staged.read_window(model, place, &settled, &recent)?
        } else {
            let digest = place.digest(model, settled.before)?;
            let known = settled.seen == Some(digest.old()) && !all;
            staged.read_traces(model, if all { &model.info.source } else { &recent }, known)?;
            digest
        };
        place.settle(model, digest, staged.missing + staged.gone == 0)?;
        let count = |condition: &str| -> Result<i64, Failure> {
            let query = format!("SELECT pg_catalog.count(*) FROM {} WHERE old_trace IS {condition}", staged.table);
            Ok(sql::one::<i64>(&query, &[])?.unwrap_or(0))
        };
        (staged.new, staged.changed) = (count("NULL")?, count("NOT NULL")?);
        Ok(staged)
    }

    /// Reads the window alone, if that is enough, else whole traces. Gives the digest of the source's rows, which is
    /// taken before anything else is read or with it: what changes later is found by the next refresh.
    fn read_window(
        &mut self,
        model: &Model,
        place: &Place,
        settled: &Settled,
        recent: &str,
    ) -> Result<RowDigest, Failure> {
        let (bound, literal) = (settled.before, place.literal(settled.before)?);
        let mut digest = None;
        if let (Some(form), Some(seen)) = (key_form(model)?, settled.seen.filter(|_| bound > i64::MIN)) {
            let collected = if model.info.message_column.is_some() {
                digest = Some(place.digest(model, bound)?);
                collect(model, recent, "", None)?
            } else {
                let filter = format!(" FILTER (WHERE r.at OPERATOR(pg_catalog.>=) {literal})");
                collect(model, &model.info.source, &filter, Some((place, bound)))?
            };
            if let Some(Collected { set, digest: on_the_way }) = collected {
                digest = digest.or(on_the_way);
                let known = digest.as_ref().is_some_and(|digest| digest.old() == seen) && set.keyless() == 0;
                if known && (Window { model, table: &self.table, form, set, since: bound }).stage(&literal)? {
                    return Ok(digest.unwrap_or_else(|| RowDigest::new(bound)));
                }
            }
        }
        let digest = match digest {
            Some(digest) => digest,
            None => place.digest(model, bound)?,
        };
        self.read_traces(model, recent, false)?;
        Ok(digest)
    }

    /// Reads again whole the traces that have rows in a relation of the source's shape, and keeps those that are
    /// otherwise. Unless it is known that other traces are what they were, they are compared, too.
    fn read_traces(&mut self, model: &Model, recent: &str, known: bool) -> Result<(), Failure> {
        let table = model.table("model");
        let (keys, equals) = (model.table(&format!("refresh_{}_keys", model.info.fits + 1)), key_equality(model)?);
        let touched = model.info.rows_query(recent, &format!("(SELECT templates FROM {table})"))?;
        let create = format!(
            "CREATE UNLOGGED TABLE {keys} AS SELECT DISTINCT r.trace_key FROM ({touched}) r WHERE r.trace_key IS NOT NULL"
        );
        source::run_reading(&model.info, || sql::run(&create, &[]))?;
        let source = &model.info.source;
        let names = [
            ("staged", self.table.as_str()),
            ("keys", &keys),
            ("model", &table),
            ("traces", &model.table("traces")),
            ("equals", &equals),
        ];
        let statement = if known && !lost(&names)? {
            let touched = format!("JOIN {keys} AS k ON k.trace_key {equals} r.trace_key");
            sql::fill(READ_TOUCHED, &[&names[..], &[("now", &traces_query(model, source, &touched)?)]].concat())
        } else {
            sql::fill(COMPARE_ALL, &[&names[..], &[("now", &traces_query(model, source, "")?)]].concat())
        };
        source::run_reading(&model.info, || sql::run(&statement, &[]))?;
        sql::run(&format!("DROP TABLE {keys}"), &[])?;
        self.set_aside()
    }

    /// Counts the rows of traces that were not touched but are otherwise, and leaves these traces as they are: only fit
    /// takes in what was changed, deleted or came too late.
    fn set_aside(&mut self) -> Result<(), Failure> {
        let (mut missing, mut gone) = (0, 0);
        let others = format!("SELECT trace, old_trace FROM {} WHERE NOT touched", self.table);
        bulk::each_row(&others, &mut |row| {
            let trace = |i: usize| -> Result<_, Failure> { Ok(row.trace(i)?.map(Trace::from_bytes).transpose()?) };
            let (now, old) = (trace(0)?.unwrap_or_default(), trace(1)?.unwrap_or_default());
            let (more, less) = now.rows_apart(&old);
            (missing, gone) = (missing + more, gone + less);
            Ok(())
        })?;
        (self.missing, self.gone) = (missing, gone);
        sql::run(&format!("DELETE FROM {} WHERE NOT touched", self.table), &[])?;
        Ok(())
    }
}

/// The touched traces as they are now, where they are otherwise.
const READ_TOUCHED: &str = include_str!("../../../sql/model/read_touched.sql");
/// All traces that are otherwise, touched or not.
const COMPARE_ALL: &str = include_str!("../../../sql/model/compare_all.sql");

/// Whether traces that had rows from the bound on have none there now.
fn lost(names: &[(&str, &str)]) -> Result<bool, Failure> {
    let query = "SELECT EXISTS (SELECT FROM {model} m, pg_catalog.unnest(m.recent_traces) AS i (id)
                     JOIN {traces} t ON t.run_id OPERATOR(pg_catalog.=) 0 AND t.trace_id OPERATOR(pg_catalog.=) i.id
                     WHERE NOT EXISTS (SELECT FROM {keys} k WHERE k.trace_key {equals} t.trace_key))";
    sql::holds(&sql::fill(query, names), &[])
}

/// Whether what a trace was before the window and its rows in the window make the trace: a row is one event of one
/// trace, it is placed by its time, and no trace is left out.
pub fn by_window(model: &Model) -> bool {
    let info = &model.info;
    let by_time = info.at_column.is_some() && info.refresh_by == info.at_column;
    by_time && info.trace_column.is_some() && info.line_fields.is_empty() && !info.has_period
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
    /// Stages the traces that are new or changed. False, with nothing staged, where all rows of a trace that were in the
    /// window are gone.
    fn stage(mut self, literal: &str) -> Result<bool, Failure> {
        let traces = self.model.table("traces");
        let mut met = vec![false; self.set.len()];
        let (mut changed, mut lost) = (Vec::<Changed>::new(), false);
        let mut ids = VariantIds::default();
        let in_window = format!(
            "SELECT trace_key, trace_id, trace FROM {traces}
             WHERE run_id OPERATOR(pg_catalog.=) 0 AND ended_at OPERATOR(pg_catalog.>=) {literal}"
        );
        bulk::each_row(&in_window, &mut |row| {
            let (Some(key), Some(id), Some(bytes)) = (row.value(0), row.int8(1)?, row.trace(2)?) else { return Ok(()) };
            let at = self.form.bytes(key, |key| self.set.find(key))?;
            let view = TraceView::from_bytes(bytes)?;
            let Some(at) = at else {
                lost = true;
                return Ok(());
            };
            met[at] = true;
            if !self.set.agrees(at, &view, self.since, &mut ids)? {
                changed.push((at, id, bytes.to_vec()));
            }
            Ok(())
        })?;
        if lost {
            return Ok(false);
        }
        let unmet: Vec<usize> = (0..self.set.len()).filter(|&at| !met[at]).collect();
        self.write(unmet.into_iter().map(|at| (at, None)))?;
        self.take_up(&mut changed)?;
        self.write(changed.into_iter().map(|(at, id, old)| (at, Some((id, old)))))?;
        Ok(true)
    }

    /// Takes back out of the table those traces that the model has, all of them from before the window.
    fn take_up(&self, changed: &mut Vec<Changed>) -> Result<(), Failure> {
        let (table, traces, equals) = (self.table, self.model.table("traces"), key_equality(self.model)?);
        let join = format!("t.run_id OPERATOR(pg_catalog.=) 0 AND t.trace_key {equals} s.trace_key");
        let before = changed.len();
        let query = format!("SELECT s.trace_key, t.trace_id, t.trace FROM {table} s JOIN {traces} t ON {join}");
        bulk::each_row(&query, &mut |row| {
            let (Some(key), Some(id), Some(bytes)) = (row.value(0), row.int8(1)?, row.trace(2)?) else { return Ok(()) };
            let at = self.form.bytes(key, |key| self.set.find(key))?;
            changed.extend(at.map(|at| (at, id, bytes.to_vec())));
            Ok(())
        })?;
        if changed.len() > before {
            sql::run(&format!("DELETE FROM {table} s USING {traces} t WHERE {join}"), &[])?;
        }
        Ok(())
    }

    /// Stages traces, some of them with what they were.
    fn write(&mut self, traces: impl Iterator<Item = (usize, Option<(i64, Vec<u8>)>)>) -> Result<(), Failure> {
        let columns = [
            ("trace_key", self.form.kind()),
            ("trace", ValueType::Trace),
            ("old_id", ValueType::Int8),
            ("old_trace", ValueType::Trace),
        ];
        let mut writer = BulkWriter::open(self.table, &columns)?;
        let mut scratch = Scratch::new();
        for (at, old) in traces {
            scratch.round(|| -> Result<(), Failure> {
                let before = old.as_ref().map(|(_, bytes)| Trace::from_bytes(bytes)).transpose()?;
                let trace = self.set.continued(at, before.as_ref(), self.since)?;
                writer.row(&[
                    Some(self.form.value(self.set.key(at))?),
                    Some(Value::trace(&trace.to_bytes())),
                    old.as_ref().map(|(id, _)| Value::from(*id)),
                    old.as_ref().map(|(_, bytes)| Value::trace(bytes)),
                ])
            })?;
        }
        writer.finish();
        Ok(())
    }
}
