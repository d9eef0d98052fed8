//! The triggers of a watch: rows in, scores and anomalies out.
//!
//! They run as whoever inserts, switch to the model's owner once the model confirms that it watches this table through
//! this trigger, and do their work in a subtransaction: unless asked to, a watch never makes an insert fail.

use super::super::owner::AsOwner;
use super::Action;
use super::compiled::{self, Watch};
use super::decide::decide;
use super::fired::Fired;
use super::reader::Reader;
use super::row::{Row, Rows};
use super::scored::Scored;
use super::statement::{Arrival, Running};
use super::store;
use super::transaction::{self, Traces};
use crate::pg::call::{Call, Reply};
use crate::pg::error::Failure;
use crate::pg::sql;
use crate::pg::subtransaction::{Outcome, attempt};
use pgrx::PgSqlErrorCode;
use pgrx::pg_sys::{self, Datum, Oid};
use std::cell::RefCell;
use std::rc::Rc;

/// watch_insert(): the trigger.
pub fn on_insert(call: Call) -> Reply {
    let fired = Fired::from(call, "logfsm.watch_insert()")?;
    let watch = match compiled::known(fired.trigger, fired.table) {
        Some(watch) => watch,
        None => match found(&fired)? {
            Some(watch) => watch,
            None => return Ok(Some(fired.same_row())),
        },
    };
    if !fired.is_insert() || !fired.has_rows() || (fired.is_before() && !fired.is_row()) {
        warn(&fired, "the trigger is not one that logfsm.watch() makes");
        return Ok(Some(fired.same_row()));
    }
    let keep = transaction::with(&watch.model.clone(), |traces, nested| {
        if fired.is_before() {
            decide(&watch, &fired, traces, nested)
        } else {
            after(&watch, &fired, traces, nested).map(|()| true)
        }
    })?;
    Ok(Some(if keep { fired.same_row() } else { Datum::null() }))
}

/// Finds the watch of a trigger; `None`, which is told, where there is none or it cannot work. The model then remembers
/// that there are rows that it does not know. `raise` fails where it cannot judge.
fn found(fired: &Fired) -> Result<Option<Rc<Watch>>, Failure> {
    let recorded = match attempt(|| compiled::recorded(fired.trigger, fired.table)) {
        Outcome::Done(recorded) => recorded,
        Outcome::Failed(reason) => {
            warn(fired, &reason);
            return Ok(None);
        }
    };
    match attempt(|| compiled::find(&recorded)) {
        Outcome::Done(Ok(watch)) => Ok(Some(watch)),
        // The table's owner may take the right to see rows away: that stops the watch, and no insert.
        Outcome::Done(Err(blind)) => {
            if !fired.is_before() {
                warn(fired, &blind.message());
            }
            Ok(None)
        }
        Outcome::Failed(reason) if recorded.action == Action::Raise => Err(unjudged(&recorded.table_name, &reason)),
        Outcome::Failed(reason) => {
            if !fired.is_before() {
                let and = note_unseen(&recorded.schema, recorded.owner, &recorded.table_name, &reason);
                warn(fired, &(reason + and));
            }
            Ok(None)
        }
    }
}

/// The error of `raise` where a row cannot be judged.
pub fn unjudged(table: &str, reason: &str) -> Failure {
    let message = format!("rows inserted into {table} cannot be judged: {reason}");
    Failure::new(PgSqlErrorCode::ERRCODE_CHECK_VIOLATION, message)
        .detail("A watch with action raise refuses what it cannot judge.")
        .hint("logfsm.close_traces() brings traces up to date; logfsm.unwatch() ends the watch.")
}

thread_local! {
    /// The subtransaction and the table of the last note: one is enough.
    static NOTED: RefCell<Option<(i64, u32, String)>> = const { RefCell::new(None) };
}

/// Notes in `pending` that rows came whose traces are not known, for `close_traces` to find them. Gives what to do, for
/// the end of a warning.
fn note_unseen(schema: &str, owner: Oid, table: &str, reason: &str) -> &'static str {
    const NOTED_SO: &str = "; logfsm.close_traces() finds them";
    // SAFETY: reads the transaction state.
    let now = unsafe { (pg_sys::GetCurrentTransactionStartTimestamp(), pg_sys::GetCurrentSubTransactionId()) };
    let note = Some((now.0, now.1, table.to_string()));
    if NOTED.with_borrow(|noted| *noted == note) {
        return NOTED_SO;
    }
    // A NULL that is of the key's type already: to cast one would run the check of a domain.
    let pending = format!("{}.pending", sql::quote_identifier(schema));
    let insert =
        format!("INSERT INTO {pending} (trace_key, watched_table, message) SELECT (NULL::{pending}).trace_key, $1, $2");
    let noted = attempt(|| {
        let as_owner = AsOwner::switch(owner);
        as_owner.wait_for_locks_at_most(c"100ms");
        sql::run(&insert, &[table.into(), reason.into()])
    });
    if let Outcome::Failed(_) = noted {
        return "; logfsm.close_traces() with recheck => true finds them";
    }
    NOTED.replace(note);
    NOTED_SO
}

/// Says why rows were not scored.
pub fn warn(fired: &Fired, reason: &str) {
    pgrx::warning!("logfsm watch did not score the rows inserted into {}: {reason}", fired.table_name());
}

/// Runs work in a subtransaction; only `raise` lets its failure through.
pub fn tried<T>(watch: &Watch, work: impl FnOnce() -> Result<T, Failure>) -> Result<Outcome<T>, Failure> {
    if watch.action == Action::Raise { Ok(Outcome::Done(work()?)) } else { Ok(attempt(work)) }
}

/// True where reading runs no SQL and no function of a type.
pub fn is_plain(watch: &Watch, fired: &Fired) -> bool {
    let reader = watch.reader.borrow();
    let Some(reader) = reader.as_ref() else { return false };
    // SAFETY: of this call.
    matches!(**reader, Reader::Tuples(_)) && watch.model.key.is_told_by_bytes() && unsafe { reader.fits(fired) }
}

/// The rows of the call.
pub fn read(watch: &Watch, fired: &Fired, traces: &mut Traces) -> Result<Rows, Failure> {
    let mut rows = Rows::default();
    // SAFETY: of this call.
    unsafe {
        let mut reader = watch.reader.borrow().clone().filter(|reader| reader.fits(fired));
        if reader.is_none() {
            let _as_owner = AsOwner::switch(watch.model.model.owner);
            reader = Some(Rc::new(Reader::new(watch, fired)?));
            watch.reader.replace(reader.clone());
        }
        if let Some(reader) = reader {
            let _as_owner = matches!(*reader, Reader::Query(_))
                .then(|| AsOwner::switch(watch.model.model.owner).with_default_memory());
            reader.read(fired, traces, &mut rows)?;
        }
    }
    Ok(rows)
}

/// After rows were inserted: takes them into their traces.
fn after(watch: &Watch, fired: &Fired, traces: &mut Traces, nested: bool) -> Result<(), Failure> {
    let moves = fired.is_row() && fired.is_partition();
    let running = if moves || watch.action == Action::Skip { Running::find() } else { None };
    let arrival = running.as_ref().filter(|_| moves).map_or(Arrival::Inserted, |running| watch.arrival(running, fired));
    if arrival == Arrival::Moved {
        return Ok(());
    }
    if watch.action == Action::Skip {
        traces.end(running.map(|running| running.statement()));
    }
    if !nested {
        watch.model.names.borrow_mut().forget_unknown();
    }
    // Plain tuples are read without a subtransaction: no SQL runs that could fail.
    let outcome = if is_plain(watch, fired) {
        match read(watch, fired, traces) {
            Ok(rows) => Outcome::Done(rows),
            Err(failure) if watch.action == Action::Raise => return Err(failure),
            Err(failure) => Outcome::Failed(failure.message()),
        }
    } else {
        tried(watch, || read(watch, fired, traces))?
    };
    let mut rows = match outcome {
        Outcome::Done(rows) => rows,
        Outcome::Failed(reason) => {
            let and = unseen(watch, &reason);
            warn(fired, &(reason + and));
            return Ok(());
        }
    };
    if rows.left_out > 0 {
        let why = "their trace key is too long, or no format matches their line";
        if watch.action == Action::Raise {
            return Err(unjudged(&watch.table_name, why));
        }
        pgrx::warning!("logfsm watch left out {} rows inserted into {}: {why}", rows.left_out, fired.table_name());
    }
    if rows.rows.is_empty() {
        return Ok(());
    }
    if arrival == Arrival::Unclear {
        mark(watch, fired, traces, &rows);
        return Ok(());
    }
    let groups = rows.groups(&watch.model.names.borrow());
    let all_held = !nested && groups.iter().all(|group| traces.entry(group[0].trace).held.is_some());
    let mut scored = Scored::default();
    let outcome = if all_held && read_committed() {
        scored.judge(watch, traces, groups, &mut rows, None);
        if scored.is_quiet() {
            Outcome::Done(())
        } else {
            tried(watch, || scored.write(watch, fired, traces, &mut rows))?
        }
    } else {
        tried(watch, || {
            let _as_owner = as_owner(watch);
            let touched = if read_committed() && !nested { Some(touch(traces, &groups, &mut rows)?) } else { None };
            scored.judge(watch, traces, groups, &mut rows, Some(touched));
            // Events that wait for a trace in another's hands are judged then; those of a transaction that sees the state
            // of one moment, and those that must be refused, by what is visible now. A serializable transaction that
            // only looked would fail others, and itself.
            if watch.action == Action::Raise || (is_repeatable_read() && watch.action != Action::Skip) {
                scored.look(watch, traces, &mut rows)?;
            }
            scored.write(watch, fired, traces, &mut rows)
        })?
    };
    match outcome {
        Outcome::Done(()) => {
            for (trace, held) in scored.held {
                traces.hold(trace, held);
            }
            if traces.is_full() {
                store::write_or_mark(traces);
                traces.forget();
            }
        }
        Outcome::Failed(reason) => {
            // The events are kept for close_traces; the reason is told.
            let suspended = attempt(|| {
                let _as_owner = as_owner(watch);
                let mut all: Vec<Row> = rows.rows.iter().filter(|row| !row.is_incomplete()).copied().collect();
                complete(watch, fired, all.iter_mut(), &mut rows)?;
                store::suspend(traces, &all, &rows, &watch.table_name)
            });
            let and = if let Outcome::Failed(_) = suspended { unseen(watch, &reason) } else { "" };
            warn(fired, &(reason + and));
        }
    }
    Ok(())
}

/// Marks the traces of rows of which it cannot be told whether they were inserted or moved, to be read again.
fn mark(watch: &Watch, fired: &Fired, traces: &Traces, rows: &Rows) {
    let mut marks: Vec<u32> = rows.rows.iter().map(|row| row.trace).collect();
    marks.sort_unstable();
    marks.dedup();
    let marks: Vec<Row> = marks.into_iter().map(|trace| Row::incomplete(trace, 0)).collect();
    let marked = attempt(|| {
        let _as_owner = as_owner(watch);
        store::suspend(traces, &marks, rows, &watch.table_name)
    });
    if let Outcome::Failed(reason) = marked {
        let and = unseen(watch, &reason);
        warn(fired, &(reason + and));
    }
}

/// Notes that the rows of a watch are not known.
fn unseen(watch: &Watch, reason: &str) -> &'static str {
    let model = &watch.model.model;
    note_unseen(&model.schema, model.owner, &watch.table_name, reason)
}

/// The state that a statement sees may be locked and written only where each statement sees what is committed.
pub fn read_committed() -> bool {
    // SAFETY: reads the transaction's isolation level.
    unsafe { pg_sys::XactIsoLevel <= pg_sys::XACT_READ_COMMITTED as i32 }
}

/// Whether a transaction sees the state of one moment, and may look at any table without failing others.
fn is_repeatable_read() -> bool {
    // SAFETY: reads the transaction's isolation level.
    unsafe { pg_sys::XactIsoLevel == pg_sys::XACT_REPEATABLE_READ as i32 }
}

/// The model's owner, who does not wait for long.
pub fn as_owner(watch: &Watch) -> AsOwner {
    let as_owner = AsOwner::switch(watch.model.model.owner);
    as_owner.wait_for_locks_at_most(c"100ms");
    as_owner
}

/// Touches the traces of groups that are not held yet.
fn touch(traces: &Traces, groups: &[Vec<Row>], rows: &mut Rows) -> Result<Vec<(u32, store::Touch)>, Failure> {
    let wanted: Vec<u32> =
        groups.iter().map(|group| group[0].trace).filter(|&trace| traces.entry(trace).held.is_none()).collect();
    Ok(wanted.iter().copied().zip(store::touch(traces, &wanted, rows)?).collect())
}

/// Adds messages and parameters to rows of the call.
pub fn complete<'a>(
    watch: &Watch,
    fired: &Fired,
    rows: impl Iterator<Item = &'a mut Row>,
    all: &mut Rows,
) -> Result<(), Failure> {
    let mut wanted: Vec<&mut Row> = rows.filter(|row| row.number != u32::MAX && row.message == 0).collect();
    wanted.sort_by_key(|row| row.number);
    let Some(reader) = watch.reader.borrow().clone() else { return Ok(()) };
    // Several events may be of one row.
    wanted.dedup_by_key(|row| row.number);
    if wanted.is_empty() {
        return Ok(());
    }
    // SAFETY: of this call.
    unsafe { reader.complete(fired, &watch.model, &mut wanted, all) }
}
