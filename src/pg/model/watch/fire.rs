//! The triggers of a watch: rows in, scores and anomalies out.
//!
//! They run as whoever inserts, switch to the model's owner once the model confirms that it watches this table through
//! this trigger, and do their work in a subtransaction: unless asked to, a watch never makes an insert fail.

use super::super::owner::AsOwner;
use super::Action;
use super::compiled::{self, Watch};
use super::judge::{Anomaly, judge};
use super::reader::Reader;
use super::row::{Row, Rows};
use super::transaction::{self, Held, Traces};
use super::{notify, store};
use crate::pg::call::{Call, Reply};
use crate::pg::error::Failure;
use crate::pg::subtransaction::{Outcome, attempt};
use pgrx::PgSqlErrorCode;
use pgrx::pg_sys::{self, Datum, Oid};
use std::ffi::CStr;
use std::rc::Rc;

/// What to do where rows are known to nobody.
const UNSEEN: &str = "; logfsm.close_traces() with recheck => true finds them";

/// What the trigger manager says about a call.
pub struct Fired {
    /// All of it.
    pub data: *mut pg_sys::TriggerData,
    /// The table.
    pub table: Oid,
    trigger: Oid,
    event: u32,
}

impl Fired {
    /// Reads it, or fails where `function` was not called as a trigger.
    pub fn from(call: Call, function: &str) -> Result<Self, Failure> {
        // SAFETY: the trigger manager passes TriggerData as context; anything else is refused.
        unsafe {
            let context = (*call.0).context;
            if context.is_null() || !pgrx::is_a(context, pg_sys::NodeTag::T_TriggerData) {
                let message = format!("{function} can only be called as a trigger");
                return Err(Failure::new(PgSqlErrorCode::ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED, message)
                    .detail("It is the function of triggers that logfsm makes.")
                    .hint("logfsm.watch() makes the trigger of a watch."));
            }
            let data = context.cast::<pg_sys::TriggerData>();
            let (table, trigger) = ((*(*data).tg_relation).rd_id, (*(*data).tg_trigger).tgoid);
            Ok(Fired { data, table, trigger, event: (*data).tg_event })
        }
    }

    /// True for a row trigger.
    pub fn is_row(&self) -> bool {
        self.event & pg_sys::TRIGGER_EVENT_ROW != 0
    }

    fn is_before(&self) -> bool {
        self.event & pg_sys::TRIGGER_EVENT_TIMINGMASK == pg_sys::TRIGGER_EVENT_BEFORE
    }

    fn is_insert(&self) -> bool {
        self.event & pg_sys::TRIGGER_EVENT_OPMASK == pg_sys::TRIGGER_EVENT_INSERT
    }

    /// True where the call has the rows that it should have.
    fn has_rows(&self) -> bool {
        // SAFETY: the trigger manager's data.
        unsafe { self.is_row() || !(*self.data).tg_newtable.is_null() }
    }

    fn table_name(&self) -> String {
        // SAFETY: the relation is open.
        let name = unsafe { CStr::from_ptr((*(*(*self.data).tg_relation).rd_rel).relname.data.as_ptr()) };
        name.to_string_lossy().into_owned()
    }

    /// The row of a BEFORE trigger, as its answer.
    fn same_row(&self) -> Datum {
        // SAFETY: the trigger manager's data; null for statement triggers.
        unsafe {
            let update = self.event & pg_sys::TRIGGER_EVENT_OPMASK == pg_sys::TRIGGER_EVENT_UPDATE;
            let row = if update { (*self.data).tg_newtuple } else { (*self.data).tg_trigtuple };
            if self.is_row() { Datum::from(row) } else { Datum::null() }
        }
    }
}

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

fn warn(fired: &Fired, reason: &str) {
    pgrx::warning!("logfsm watch did not score the rows inserted into {}: {reason}", fired.table_name());
}

/// Runs work in a subtransaction; only `raise` lets its failure through.
fn tried<T>(watch: &Watch, work: impl FnOnce() -> Result<T, Failure>) -> Result<Outcome<T>, Failure> {
    if watch.action == Action::Raise { Ok(Outcome::Done(work()?)) } else { Ok(attempt(work)) }
}

/// True where reading runs no SQL and no function of a type.
fn is_plain(watch: &Watch, fired: &Fired) -> bool {
    let reader = watch.reader.borrow();
    let Some(reader) = reader.as_ref() else { return false };
    // SAFETY: of this call.
    matches!(reader, Reader::Tuples(_)) && watch.model.key.is_told_by_bytes() && unsafe { reader.fits(fired) }
}

/// The rows of the call.
fn read(watch: &Watch, fired: &Fired, traces: &mut Traces) -> Result<Rows, Failure> {
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
fn read_committed() -> bool {
    // SAFETY: reads the transaction's isolation level.
    unsafe { pg_sys::XactIsoLevel <= pg_sys::XACT_READ_COMMITTED as i32 }
}

fn as_owner(watch: &Watch) -> AsOwner {
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
fn complete<'a>(
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

/// What the rows of a statement come to.
#[derive(Default)]
struct Scored {
    /// States to hold.
    held: Vec<(u32, Held)>,
    /// What is anomalous.
    anomalies: Vec<Anomaly>,
    /// Events of traces that cannot be scored now.
    suspended: Vec<Row>,
}

impl Scored {
    fn is_quiet(&self) -> bool {
        self.anomalies.is_empty() && self.suspended.is_empty()
    }

    /// Scores groups of rows. `touched` has the traces that were not held before; `Some(None)`: all are out of reach.
    fn judge(
        &mut self,
        watch: &Watch,
        traces: &Traces,
        groups: Vec<Vec<Row>>,
        rows: &mut Rows,
        touched: Option<Option<Vec<(u32, store::Touch)>>>,
    ) {
        let reachable = !matches!(touched, Some(None));
        let mut touched: hashbrown::HashMap<u32, store::Touch> =
            touched.flatten().unwrap_or_default().into_iter().collect();
        for mut group in groups {
            let trace = group[0].trace;
            let touch = touched.remove(&trace);
            let held = if reachable {
                touch.as_ref().map_or(traces.entry(trace).held.as_ref(), |t| t.held.as_ref())
            } else {
                None
            };
            let Some(held) = held else {
                self.out_of_reach(watch, group);
                continue;
            };
            let mut held = held.clone();
            let resumed = touch.map(|touch| touch.resumed).unwrap_or_default();
            // A mark among what was pending says that events are missing.
            let marked = resumed.iter().any(Row::is_incomplete);
            (held.dirty, held.changed) = (held.dirty || marked, held.changed || marked);
            if !resumed.is_empty() {
                group.extend(resumed.into_iter().filter(|row| !row.is_incomplete()));
                rows.order(&mut group, &watch.model.names.borrow());
            }
            let skips = watch.action == Action::Skip;
            // Rows that skip let pass were judged before they were inserted; those that were pending were not.
            judge(&watch.model, &mut held, &group, rows, |anomaly| {
                if !skips || anomaly.number == u32::MAX {
                    self.anomalies.push(anomaly);
                }
            });
            self.held.push((trace, held));
        }
    }

    /// Judges events that are suspended by what is visible of their traces, and those of this transaction before them.
    fn look(&mut self, watch: &Watch, traces: &Traces, rows: &mut Rows) -> Result<(), Failure> {
        let mut wanted: Vec<u32> = self.suspended.iter().map(|row| row.trace).collect();
        wanted.dedup();
        let touched = store::look(traces, &wanted, rows)?;
        let of_traces = self.suspended.chunk_by_mut(|a, b| a.trace == b.trace);
        for (touch, of_trace) in touched.into_iter().zip(of_traces) {
            let Some((mut held, _)) = resume(watch, touch, rows) else { continue };
            let first = self.anomalies.len();
            judge(&watch.model, &mut held, of_trace, rows, |anomaly| self.anomalies.push(anomaly));
            for row in of_trace {
                row.flagged = self.anomalies[first..].iter().any(|anomaly| anomaly.number == row.number);
            }
        }
        Ok(())
    }

    fn out_of_reach(&mut self, watch: &Watch, group: Vec<Row>) {
        let (incomplete, suspended): (Vec<Row>, Vec<Row>) = group.into_iter().partition(Row::is_incomplete);
        self.suspended.extend(suspended);
        if watch.action != Action::Skip && !incomplete.is_empty() {
            let mut none = Held { standing: None, fit: 0, dirty: false, changed: false };
            judge(&watch.model, &mut none, &incomplete, &Rows::default(), |anomaly| self.anomalies.push(anomaly));
        }
    }

    /// Writes anomalies and what is suspended; notifies or raises.
    fn write(&mut self, watch: &Watch, fired: &Fired, traces: &Traces, rows: &mut Rows) -> Result<(), Failure> {
        let _as_owner = as_owner(watch);
        if !self.suspended.is_empty() {
            complete(watch, fired, self.suspended.iter_mut(), rows)?;
            store::suspend(traces, &self.suspended, rows, &watch.table_name)?;
        }
        if self.anomalies.is_empty() {
            return Ok(());
        }
        self.anomalies.sort_by_key(|anomaly| (anomaly.number, anomaly.seq));
        if watch.action == Action::Raise
            && let Some(first) = self.anomalies.iter().find(|anomaly| anomaly.number != u32::MAX)
        {
            return Err(raised(watch, fired, traces, first));
        }
        let mut of_rows: Vec<Row> = self
            .anomalies
            .iter()
            .map(|a| Row { number: a.number, message: a.message, ..Row::incomplete(a.trace, 0) })
            .collect();
        complete(watch, fired, of_rows.iter_mut(), rows)?;
        for (anomaly, row) in self.anomalies.iter_mut().zip(&of_rows) {
            anomaly.message = row.message;
        }
        let numbers = store::flag(traces, &self.anomalies, rows, &watch.table_name)?;
        if watch.action == Action::Notify {
            notify::notify(watch, traces, &self.anomalies, &numbers)?;
        }
        Ok(())
    }
}

/// The error of `raise`.
fn raised(watch: &Watch, fired: &Fired, traces: &Traces, anomaly: &Anomaly) -> Failure {
    let model = &watch.model;
    let key = model.key.display(&traces.entry(anomaly.trace).key);
    let event = anomaly.event.as_deref().map_or_else(|| "no event type".into(), |event| format!("event \"{event}\""));
    let place = if fired.is_row() {
        String::new()
    } else {
        format!(", row {} of the statement", anomaly.number.saturating_add(1))
    };
    Failure::new(
        PgSqlErrorCode::ERRCODE_CHECK_VIOLATION,
        format!("anomalous row inserted into {}: trace \"{key}\", {event}{place}", watch.table_name),
    )
    .detail(format!(
        "{}. Kind {}, position {} in its trace, score {:.1}.",
        anomaly.explanation, anomaly.kind, anomaly.seq, anomaly.score
    ))
    .hint(format!(
        "Model \"{}\" watches the table with action raise; logfsm.unwatch() ends that.",
        model.model.info.name
    ))
}

/// Before a row is inserted: false where it is anomalous and must be dropped.
fn decide(watch: &Rc<Watch>, fired: &Fired, traces: &mut Traces, nested: bool) -> Result<bool, Failure> {
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
fn resume(watch: &Watch, touch: store::Touch, rows: &Rows) -> Option<(Held, Vec<Anomaly>)> {
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
