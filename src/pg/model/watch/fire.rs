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
use super::store;
use super::transaction::{self, Traces};
use crate::pg::call::{Call, Reply};
use crate::pg::error::Failure;
use crate::pg::subtransaction::{Outcome, attempt};
use pgrx::pg_sys::{self, Datum};

/// What to do where rows are known to nobody.
const UNSEEN: &str = "; logfsm.close_traces() with recheck => true finds them";

/// watch_insert(): the trigger.
pub fn on_insert(call: Call) -> Reply {
    let fired = Fired::from(call, "logfsm.watch_insert()")?;
    let watch = match compiled::known(fired.trigger, fired.table) {
        Some(watch) => watch,
        None => match attempt(|| compiled::find(fired.trigger, fired.table)) {
            Outcome::Done(watch) => watch,
            Outcome::Failed(reason) => {
                warn(&fired, &reason);
                return Ok(Some(fired.same_row()));
            }
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
    matches!(reader, Reader::Tuples(_)) && watch.model.key.is_told_by_bytes() && unsafe { reader.fits(fired) }
}

/// The rows of the call.
pub fn read(watch: &Watch, fired: &Fired, traces: &mut Traces) -> Result<Rows, Failure> {
    let mut rows = Rows::default();
    // SAFETY: of this call.
    unsafe {
        let fits = watch.reader.borrow().as_ref().is_some_and(|reader| reader.fits(fired));
        if !fits {
            let _as_owner = AsOwner::switch(watch.model.model.owner);
            watch.reader.replace(Some(Reader::new(watch, fired)?));
        }
        let reader = watch.reader.borrow();
        if let Some(reader) = reader.as_ref() {
            let _as_owner = matches!(reader, Reader::Query(_)).then(|| AsOwner::switch(watch.model.model.owner));
            reader.read(fired, traces, &mut rows)?;
        }
    }
    Ok(rows)
}

/// After rows were inserted: takes them into their traces.
fn after(watch: &Watch, fired: &Fired, traces: &mut Traces, nested: bool) -> Result<(), Failure> {
    traces.ahead.clear();
    watch.model.names.borrow_mut().forget_unknown();
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
            warn(fired, &(reason + UNSEEN));
            return Ok(());
        }
    };
    if rows.left_out > 0 {
        let why = "their trace key is too long, or no format matches their line";
        pgrx::warning!("logfsm watch left out {} rows inserted into {}: {why}", rows.left_out, fired.table_name());
    }
    if rows.rows.is_empty() {
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
            // of one moment, and those that must be refused, by what is visible now.
            if watch.action == Action::Raise || (!read_committed() && watch.action != Action::Skip) {
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
            let and = if let Outcome::Failed(_) = suspended { UNSEEN } else { "" };
            warn(fired, &(reason + and));
        }
    }
    Ok(())
}

/// The state that a statement sees may be locked and written only where each statement sees what is committed.
pub fn read_committed() -> bool {
    // SAFETY: reads the transaction's isolation level.
    unsafe { pg_sys::XactIsoLevel <= pg_sys::XACT_READ_COMMITTED as i32 }
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
    let reader = watch.reader.borrow();
    let Some(reader) = reader.as_ref() else { return Ok(()) };
    // Several events may be of one row.
    wanted.dedup_by_key(|row| row.number);
    if wanted.is_empty() {
        return Ok(());
    }
    // SAFETY: of this call.
    unsafe { reader.complete(fired, &watch.model, &mut wanted, all) }
}
