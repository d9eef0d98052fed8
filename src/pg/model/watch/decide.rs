//! The trigger of `skip` that runs before a row is inserted, and where traces stand that are seen for the first time.
//!
//! It drops a row only where it is sure: the row is what will be stored, it will be inserted, and what is in its trace is
//! known. In doubt the row goes in, and is judged as `flag` does it.

use super::compiled::Watch;
use super::fire::{as_owner, complete, is_plain, read, read_committed, warn};
use super::fired::Fired;
use super::judge::{Anomaly, judge};
use super::row::{Row, Rows};
use super::statement::{Arrival, Running, Statement};
use super::store;
use super::transaction::{Held, Traces};
use crate::pg::error::Failure;
use crate::pg::subtransaction::{Outcome, attempt};
use std::rc::Rc;

/// What becomes of a row.
struct Decision {
    keep: bool,
    /// Traces that are held from now on.
    held: Vec<(u32, Held)>,
    /// Where traces stand after a row that passes.
    passed: Vec<(u32, Held)>,
}

/// Before a row is inserted: false where it is anomalous and must be dropped.
pub fn decide(watch: &Rc<Watch>, fired: &Fired, traces: &mut Traces, nested: bool) -> Result<bool, Failure> {
    let Some(running) = Running::find() else { return Ok(true) };
    let statement = running.statement();
    if watch.arrival(&running, fired) != Arrival::Inserted
        || nested
        || !read_committed()
        || traces.is_spoiled(statement)
    {
        return Ok(true);
    }
    if let Some(reason) = not_final(watch, fired) {
        if watch.warned.replace(Some(statement)) != Some(statement) {
            let table = fired.table_name();
            pgrx::warning!("logfsm watch drops no rows of {table}: {reason}; they are judged when they are inserted");
        }
        return Ok(true);
    }
    if is_plain(watch, fired) && is_ordinary(watch, fired, traces, statement) {
        return Ok(true);
    }
    match attempt(|| judged(watch, fired, traces, statement)) {
        Outcome::Done(Decision { keep, held, passed }) => {
            for (trace, held) in held {
                traces.hold(trace, held);
            }
            if keep {
                traces.let_pass(statement, passed);
            }
            Ok(keep)
        }
        Outcome::Failed(reason) => {
            traces.let_pass_unseen(statement);
            warn(fired, &reason);
            Ok(true)
        }
    }
}

/// Why a row may still change before it is stored.
fn not_final(watch: &Watch, fired: &Fired) -> Option<String> {
    if let Some(later) = fired.later_trigger() {
        return Some(format!("trigger \"{later}\" runs after the watch's"));
    }
    let column = fired.generated_column(&watch.model.model.info.read_columns())?;
    Some(format!("column \"{column}\" is generated after triggers ran"))
}

/// True where a row's trace is at hand and takes the row without anything to write: then no subtransaction is needed.
fn is_ordinary(watch: &Watch, fired: &Fired, traces: &mut Traces, statement: Statement) -> bool {
    let Ok(rows) = read(watch, fired, traces) else { return false };
    let mut after = Vec::new();
    for row in &rows.rows {
        let Some(mut held) = traces.ahead(statement, row.trace).cloned() else { return false };
        let mut ordinary = true;
        judge(&watch.model, &mut held, std::slice::from_ref(row), &rows, |_| ordinary = false);
        if !ordinary {
            return false;
        }
        after.push((row.trace, held));
    }
    traces.let_pass(statement, after);
    true
}

/// Judges the events of a row after those that the statement let pass, and writes what is anomalous about them.
fn judged(watch: &Watch, fired: &Fired, traces: &mut Traces, statement: Statement) -> Result<Decision, Failure> {
    let mut rows = read(watch, fired, traces)?;
    let (mut held_now, mut passed) = (Vec::new(), Vec::<(u32, Held)>::new());
    let mut anomalies = Vec::new();
    let mut of_row = std::mem::take(&mut rows.rows);
    for row in &of_row {
        // A line may be of one trace twice.
        let before = passed.iter().rev().find(|passed| passed.0 == row.trace).map(|passed| &passed.1);
        let known = before.or(traces.ahead(statement, row.trace)).cloned();
        let (mut held, is_known) = match known {
            Some(held) => (held, true),
            None => match first_sight(watch, traces, row.trace, &mut rows)? {
                Some(held) => {
                    held_now.push((row.trace, held.clone()));
                    (held, true)
                }
                // In another transaction's hands: what has no place in any trace is all that can be told.
                None => (Held::unknown(&watch.model), false),
            },
        };
        judge(&watch.model, &mut held, std::slice::from_ref(row), &rows, |anomaly| anomalies.push(anomaly));
        if is_known {
            passed.push((row.trace, held));
        }
    }
    if !anomalies.is_empty() {
        let _as_owner = as_owner(watch);
        complete(watch, fired, of_row.iter_mut(), &mut rows)?;
        let message = of_row.first().map_or(0, |row| row.message);
        anomalies.iter_mut().for_each(|anomaly| anomaly.message = message);
        store::flag(traces, &anomalies, &rows, &watch.table_name)?;
    }
    Ok(Decision { keep: anomalies.is_empty(), held: held_now, passed })
}

/// Where a trace stands that this transaction has not touched yet; `None` where another one holds it.
fn first_sight(watch: &Watch, traces: &Traces, trace: u32, rows: &mut Rows) -> Result<Option<Held>, Failure> {
    let _as_owner = as_owner(watch);
    let touch = store::touch(traces, std::slice::from_ref(&trace), rows)?.pop();
    let Some((held, anomalies)) = touch.and_then(|touch| resume(watch, touch, rows)) else { return Ok(None) };
    store::flag(traces, &anomalies, rows, &watch.table_name)?;
    Ok(Some(held))
}

/// A touched trace after the events that were waiting for it, with what is anomalous about them.
pub fn resume(watch: &Watch, touch: store::Touch, rows: &Rows) -> Option<(Held, Vec<Anomaly>)> {
    let (mut held, mut resumed) = (touch.held?, touch.resumed);
    // A mark among what was pending says that events are missing.
    let marked = resumed.iter().any(Row::is_incomplete);
    (held.dirty, held.changed) = (held.dirty || marked, held.changed || marked);
    resumed.retain(|row| !row.is_incomplete());
    rows.order(&mut resumed, &watch.model.names.borrow());
    let mut anomalies = Vec::new();
    judge(&watch.model, &mut held, &resumed, rows, |anomaly| anomalies.push(anomaly));
    Some((held, anomalies))
}
