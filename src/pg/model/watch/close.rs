//! close_traces: takes in what could not be scored at once, and ends traces that nothing is added to any more.
//!
//! A live trace holds exactly the events that were applied to it; `pending` holds exactly those that were not; both are
//! written by the transactions that inserted them. A trace is locked, then its pending events are taken out and applied.
//! Where one comes too late for that, the trace is read again from the source, by the statement that removes its pending
//! events: both see the same snapshot, so each event counts once.

use super::super::refresh::{key_equality, key_type};
use super::super::{Model, fit};
use super::IN_FORCE;
use super::compiled::{self, Compiled};
use super::judge::{Anomaly, judge, judge_end};
use super::key::array;
use super::reread::{check_again, read_again};
use super::row::{Row, Rows};
use super::store;
use super::transaction::{self, Traces};
use crate::pg::call::{Call, Reply};
use crate::pg::error::Failure;
use crate::pg::plan::altered;
use crate::pg::sql;
use crate::pg::trace_type::microseconds;
use pgrx::datum::{DatumWithOid, Interval, TimestampWithTimeZone};
use pgrx::pg_sys::{self, Datum, Oid};
use pgrx::spi::Spi;
use pgrx::{IntoDatum, PgSqlErrorCode};
use std::rc::Rc;

/// Traces worked on at a time.
const CHUNK: usize = 10_000;
/// Rows fetched at a time.
const FETCHED: i64 = 10_000;

/// What was done.
#[derive(Default)]
struct Closed {
    resumed: i64,
    reread: i64,
    ended: i64,
    anomalies: i64,
    /// Traces that are still not judged whole, as others hold them.
    waiting: i64,
}

/// close_traces(model, idle, recheck) → (resumed, reread, ended, anomalies, waiting)
pub fn close_traces(call: Call) -> Reply {
    let name = call.need_text(0, "model")?;
    let idle: Interval = call.need(1, "idle")?;
    let recheck: bool = call.need(2, "recheck")?;
    // SAFETY: reads the transaction's isolation level.
    if unsafe { pg_sys::XactIsoLevel > pg_sys::XACT_READ_COMMITTED as i32 } {
        let code = PgSqlErrorCode::ERRCODE_INVALID_TRANSACTION_STATE;
        return Err(Failure::new(code, "close_traces() needs a READ COMMITTED transaction")
            .detail("It must see what others committed after it started.")
            .hint("Run it in a transaction of its own."));
    }
    let closed = Model::change(name, "close the traces of", |model| {
        model.require_fitted()?;
        let compiled = compiled::compiled(model)?;
        transaction::with(&compiled.clone(), |traces, nested| close(&compiled, traces, nested, idle, recheck))
    })?;
    fit::record(call, vec![closed.resumed, closed.reread, closed.ended, closed.anomalies, closed.waiting])
}

fn close(
    model: &Rc<Compiled>,
    traces: &mut Traces,
    nested: bool,
    idle: Interval,
    recheck: bool,
) -> Result<Closed, Failure> {
    if nested || !traces.may_be_forgotten() {
        let code = PgSqlErrorCode::ERRCODE_ACTIVE_SQL_TRANSACTION;
        return Err(Failure::new(code, "close_traces() cannot run here")
            .detail("This transaction has inserted watched rows under a savepoint, or is inserting them now.")
            .hint("Run it in a transaction of its own."));
    }
    store::write(traces, &traces.changed())?;
    traces.forget();
    // Notes of rows that came while the watch could not work, so that nobody knows their traces.
    let unseen = format!("DELETE FROM {} WHERE trace_key IS NULL", model.model.table("pending"));
    let unseen = sql::run(&unseen, &[])?;
    check_again(&model.model, recheck || unseen > 0)?;
    let idle_since: Option<TimestampWithTimeZone> =
        sql::one("SELECT pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) $1", &[idle.into()])?;
    let wanted = wanted(model, traces, idle_since)?;
    // What no row shows, as the end of a trace, is told of the watched table, if there is one.
    let tables = format!("SELECT watched_table FROM {} w WHERE {IN_FORCE}", model.model.table("watches"));
    let tables: Vec<String> = sql::column(&tables, &[])?;
    let table = if let [table] = &tables[..] { table } else { &model.model.info.source }.clone();
    let mut closed = Closed::default();
    for wanted in wanted.chunks(CHUNK) {
        pgrx::check_for_interrupts!();
        close_some(model, traces, wanted, &table, &mut closed)?;
    }
    traces.forget();
    let waiting = format!("SELECT pg_catalog.count(*) FROM {}", model.model.table("unjudged"));
    closed.waiting = sql::one(&waiting, &[])?.unwrap_or(0);
    Ok(closed)
}

/// The traces that need work, each with whether nothing was added to it for the idle time.
fn wanted(
    model: &Compiled,
    traces: &mut Traces,
    idle_since: Option<TimestampWithTimeZone>,
) -> Result<Vec<(u32, bool)>, Failure> {
    let query = format!(
        "SELECT t.trace_key, pg_catalog.bool_and(t.idle) FROM (
             SELECT l.trace_key, l.touched_at OPERATOR(pg_catalog.<=) $1 AS idle FROM {live} l
             WHERE l.dirty OR l.fit OPERATOR(pg_catalog.<>) $2 OR (l.ended_at IS NULL AND l.touched_at OPERATOR(pg_catalog.<=) $1)
             UNION ALL SELECT p.trace_key, p.added_at OPERATOR(pg_catalog.<=) $1 AND NOT EXISTS (
                 SELECT FROM {live} l WHERE l.trace_key {equals} p.trace_key AND l.touched_at OPERATOR(pg_catalog.>) $1) FROM {pending} p
         ) t GROUP BY t.trace_key ORDER BY t.trace_key",
        live = model.model.table("live_traces"),
        pending = model.model.table("pending"),
        equals = key_equality(&model.model)?,
    );
    let mut wanted = Vec::new();
    each_raw(
        &query,
        &[idle_since.into(), model.model.info.fits.into()],
        &[model.key.oid, pg_sys::BOOLOID],
        |values| {
            if let Some(key) = values[0] {
                let idle = values[1].is_some_and(|idle| idle.value() != 0);
                wanted.push((traces.entry_of(model.key.key(key)), idle));
            }
            Ok(())
        },
    )?;
    Ok(wanted)
}

fn close_some(
    model: &Compiled,
    traces: &mut Traces,
    wanted: &[(u32, bool)],
    table: &str,
    closed: &mut Closed,
) -> Result<(), Failure> {
    let mut rows = Rows::default();
    let mut anomalies: Vec<Anomaly> = Vec::new();
    let all: Vec<u32> = wanted.iter().map(|wanted| wanted.0).collect();
    let mut again = Vec::new();
    let mut ours = Vec::new();
    for (touch, &(trace, idle)) in store::touch(traces, &all, &mut rows)?.into_iter().zip(wanted) {
        // Somebody else has it: it is not idle, and its turn comes.
        let Some(mut held) = touch.held else { continue };
        let mut resumed = touch.resumed;
        held.dirty |= resumed.iter().any(Row::is_incomplete);
        resumed.retain(|row| !row.is_incomplete());
        ours.push((trace, idle));
        if !held.dirty {
            rows.order(&mut resumed, &model.names.borrow());
            let mut found = Vec::new();
            judge(model, &mut held, &resumed, &rows, |anomaly| found.push(anomaly));
            if !held.dirty {
                closed.resumed += resumed.len() as i64;
                anomalies.append(&mut found);
            }
        }
        if held.dirty {
            again.push(trace);
        }
        held.changed = true;
        traces.hold(trace, held);
    }
    closed.reread += again.len() as i64;
    read_again(model, traces, &again, &mut rows, &mut anomalies)?;
    let gone: Vec<u32> = again
        .into_iter()
        .filter(|&trace| traces.entry(trace).held.as_ref().is_some_and(|h| h.standing.is_none()))
        .collect();
    let mut ends: Vec<(u32, f64)> = Vec::new();
    for &(trace, idle) in ours.iter().filter(|(trace, idle)| *idle && !gone.contains(trace)) {
        debug_assert!(idle);
        if let Some(standing) = traces.entry(trace).held.as_ref().and_then(|held| held.standing.as_ref()) {
            ends.push((trace, judge_end(model, trace, standing, |anomaly| anomalies.push(anomaly))));
        }
    }
    let kept: Vec<u32> = ours.iter().map(|ours| ours.0).filter(|trace| !gone.contains(trace)).collect();
    store::write(traces, &kept)?;
    forget_gone(model, traces, &gone)?;
    end(model, traces, &ends)?;
    closed.ended += ends.len() as i64;
    let new = unflagged(model, traces, anomalies, &all)?;
    closed.anomalies += new.len() as i64;
    store::flag(traces, &new, &rows, table)?;
    Ok(())
}

/// After a fit: live traces that it knows whole are not needed any more, and pending events may be among those it read.
/// What others are writing is passed over: they find it to be of an earlier fit.
pub fn after_fit(model: &Model) -> Result<(), Failure> {
    let (live, pending, equals) = (model.table("live_traces"), model.table("pending"), key_equality(model)?);
    let forget = format!(
        "DELETE FROM {live} WHERE ctid OPERATOR(pg_catalog.=) ANY (ARRAY(
             SELECT l.ctid FROM {live} l JOIN {} t ON t.run_id OPERATOR(pg_catalog.=) 0 AND t.trace_key {equals} l.trace_key
                  AND t.n_events OPERATOR(pg_catalog.=) l.n_events
             WHERE l.fit OPERATOR(pg_catalog.<>) $1 AND NOT l.dirty FOR UPDATE OF l SKIP LOCKED))",
        model.table("traces")
    );
    sql::run(&forget, &[model.info.fits.into()])?;
    let mark = format!(
        "UPDATE {pending} SET event = NULL WHERE ctid OPERATOR(pg_catalog.=) ANY (ARRAY(
             SELECT p.ctid FROM {pending} p WHERE p.event IS NOT NULL FOR UPDATE SKIP LOCKED))"
    );
    sql::run(&mark, &[])?;
    Ok(())
}

/// Those anomalies that are not in the table yet.
fn unflagged(model: &Compiled, traces: &Traces, anomalies: Vec<Anomaly>, all: &[u32]) -> Result<Vec<Anomaly>, Failure> {
    if anomalies.is_empty() {
        return Ok(anomalies);
    }
    let key = model.key.element("k.key", &key_type(&model.model)?);
    let query = format!(
        "SELECT k.n::integer, a.kind, a.event, a.at FROM pg_catalog.unnest($1) WITH ORDINALITY AS k (key, n)
         JOIN {} a ON a.trace_key {} {key}",
        model.model.table("anomalies"),
        key_equality(&model.model)?
    );
    let mut known: hashbrown::HashSet<(u32, String, Option<String>, Option<i64>)> = hashbrown::HashSet::new();
    sql::require_switch()?;
    Spi::connect_mut(|client| -> Result<(), Failure> {
        for row in client.update(&query, None, &[keys(traces, all)])? {
            if let (Some(n), Some(kind)) = (row.get::<i32>(1)?, row.get(2)?) {
                let at: Option<TimestampWithTimeZone> = row.get(4)?;
                known.insert((all[n as usize - 1], kind, row.get(3)?, at.map(microseconds)));
            }
        }
        Ok(())
    })?;
    let has_times = model.model.info.has_times();
    let is_new = |a: &Anomaly| !known.contains(&(a.trace, a.kind.clone(), a.event.clone(), a.at.filter(|_| has_times)));
    Ok(anomalies.into_iter().filter(is_new).collect())
}

fn forget_gone(model: &Compiled, traces: &Traces, gone: &[u32]) -> Result<(), Failure> {
    if gone.is_empty() {
        return Ok(());
    }
    let key = model.key.element("k.key", &key_type(&model.model)?);
    let delete = format!(
        "DELETE FROM {} l USING pg_catalog.unnest($1) AS k (key) WHERE l.trace_key {} {key}",
        model.model.table("live_traces"),
        key_equality(&model.model)?
    );
    sql::run(&delete, &[keys(traces, gone)])?;
    Ok(())
}

/// Sets the whole score and the time of closing.
fn end(model: &Compiled, traces: &Traces, ends: &[(u32, f64)]) -> Result<(), Failure> {
    if ends.is_empty() {
        return Ok(());
    }
    let key = model.key.element("k.key", &key_type(&model.model)?);
    let update = format!(
        "UPDATE {} l SET ended_at = pg_catalog.clock_timestamp(), score = k.score
         FROM ROWS FROM (pg_catalog.unnest($1), pg_catalog.unnest($2)) AS k (key, score) WHERE l.trace_key {} {key}",
        model.model.table("live_traces"),
        key_equality(&model.model)?
    );
    let ended: Vec<u32> = ends.iter().map(|end| end.0).collect();
    let scores = array(pg_sys::FLOAT8OID, ends.iter().map(|end| end.1.into_datum()).collect());
    // SAFETY: an array of that type.
    let scores = unsafe { DatumWithOid::new(scores, pg_sys::FLOAT8ARRAYOID) };
    sql::run(&update, &[keys(traces, &ended), scores])?;
    Ok(())
}

/// Keys of traces as an array.
pub fn keys<'a>(traces: &Traces, wanted: &[u32]) -> DatumWithOid<'a> {
    let array_type: Oid = traces.model.key.array;
    // SAFETY: all keys of a model are of its type, and so is their array.
    unsafe { DatumWithOid::new(traces.model.key.array(wanted.iter().map(|&t| &traces.entry(t).key)), array_type) }
}

/// Calls `each` with the values of every row, fetched some at a time. Fails unless columns have the types that they are
/// read by.
pub fn each_raw(
    query: &str,
    arguments: &[DatumWithOid<'_>],
    types: &[Oid],
    mut each: impl FnMut(&[Option<Datum>]) -> Result<(), Failure>,
) -> Result<(), Failure> {
    sql::require_switch()?;
    Spi::connect_mut(|client| {
        let mut cursor = client.try_open_cursor_mut(query, arguments)?;
        loop {
            let mut table = cursor.fetch(FETCHED)?;
            if table.is_empty() {
                return Ok(());
            }
            pgrx::check_for_interrupts!();
            let columns = table.columns()?;
            for (i, expected) in types.iter().enumerate() {
                if columns != types.len() || table.column_type_oid(i + 1)?.value() != *expected {
                    return Err(altered());
                }
            }
            while table.next().is_some() {
                let values: Result<Vec<Option<Datum>>, _> =
                    (1..=columns).map(|i| table.get_datum_by_ordinal(i)).collect();
                each(&values?)?;
            }
        }
    })
}
