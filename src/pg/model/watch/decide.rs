//! The trigger of `skip` that runs before a row is inserted, and where traces stand that are seen for the first time.

use super::compiled::Watch;
use super::fire::{as_owner, complete, is_plain, read, read_committed, warn};
use super::fired::Fired;
use super::judge::{Anomaly, judge};
use super::row::{Row, Rows};
use super::store;
use super::transaction::{Held, Traces};
use crate::pg::error::Failure;
use crate::pg::subtransaction::{Outcome, attempt};
use std::rc::Rc;

/// Before a row is inserted: false where it is anomalous and must be dropped.
pub fn decide(watch: &Rc<Watch>, fired: &Fired, traces: &mut Traces, nested: bool) -> Result<bool, Failure> {
    if is_plain(watch, fired) && is_ordinary(watch, fired, traces) {
        return Ok(true);
    }
    let outcome = attempt(|| {
        let mut rows = read(watch, fired, traces)?;
        let mut held_now = Vec::new();
        let mut keep = true;
        let of_row = std::mem::take(&mut rows.rows);
        for row in of_row {
            let trace = row.trace;
            if !traces.ahead.contains_key(&trace) {
                let held = match &traces.entry(trace).held {
                    Some(held) => held.clone(),
                    None => first_sight(watch, traces, nested, trace, &mut rows, &mut held_now)?,
                };
                traces.ahead.insert(trace, held);
            }
            let mut held = traces.ahead[&trace].clone();
            let mut anomalies = Vec::new();
            judge(&watch.model, &mut held, &[row], &rows, |anomaly| anomalies.push(anomaly));
            if anomalies.is_empty() {
                traces.ahead.insert(trace, held);
                continue;
            }
            keep = false;
            let _as_owner = as_owner(watch);
            let mut row = row;
            complete(watch, fired, std::iter::once(&mut row), &mut rows)?;
            anomalies.iter_mut().for_each(|anomaly| anomaly.message = row.message);
            store::flag(traces, &anomalies, &rows, &watch.table_name)?;
        }
        Ok((keep, held_now))
    });
    match outcome {
        Outcome::Done((keep, held)) => {
            for (trace, held) in held {
                traces.hold(trace, held);
            }
            Ok(keep)
        }
        Outcome::Failed(reason) => {
            traces.ahead.clear();
            warn(fired, &reason);
            Ok(true)
        }
    }
}

/// True where a row's trace is at hand and takes the row without anything to write: then no subtransaction is needed.
fn is_ordinary(watch: &Watch, fired: &Fired, traces: &mut Traces) -> bool {
    let Ok(rows) = read(watch, fired, traces) else { return false };
    let mut after = Vec::new();
    for row in &rows.rows {
        let held = traces.ahead.get(&row.trace).or(traces.entry(row.trace).held.as_ref());
        let Some(mut held) = held.cloned() else { return false };
        let mut ordinary = true;
        judge(&watch.model, &mut held, std::slice::from_ref(row), &rows, |_| ordinary = false);
        if !ordinary {
            return false;
        }
        after.push((row.trace, held));
    }
    traces.ahead.extend(after);
    true
}

/// Where a trace stands that this transaction has not touched yet; held if it can be.
fn first_sight(
    watch: &Watch,
    traces: &Traces,
    nested: bool,
    trace: u32,
    rows: &mut Rows,
    held_now: &mut Vec<(u32, Held)>,
) -> Result<Held, Failure> {
    let _as_owner = as_owner(watch);
    let one = std::slice::from_ref(&trace);
    if read_committed() && !nested {
        let touch = store::touch(traces, one, rows)?.pop();
        if let Some((held, anomalies)) = touch.and_then(|touch| resume(watch, touch, rows)) {
            store::flag(traces, &anomalies, rows, &watch.table_name)?;
            held_now.push((trace, held.clone()));
            return Ok(held);
        }
    }
    let touch = store::look(traces, one, rows)?.pop();
    let seen = touch.and_then(|touch| resume(watch, touch, rows)).map(|(held, _)| held);
    Ok(seen.unwrap_or(Held { standing: None, fit: 0, dirty: true, changed: false }))
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
