//! Live traces, pending events and anomalies between memory and the model's tables.

use super::super::owner::AsOwner;
use super::compiled::Compiled;
use super::judge::Anomaly;
use super::key::{Key, array};
use super::row::{NO_NAME, Row, Rows};
use super::transaction::{Held, Traces};
use crate::conform::{NO_SEQ, Standing};
use crate::pg::call::{text, varlena};
use crate::pg::error::Failure;
use crate::pg::subtransaction::{Outcome, attempt};
use crate::pg::trace_type::timestamp;
use crate::pg::value::Row as Record;
use crate::trace::Trace;
use pgrx::IntoDatum;
use pgrx::pg_sys::{self, Datum};
use xxhash_rust::xxh3::xxh3_64;

/// Locks per model for new traces, so that nobody waits for another's insert of the same key.
///
/// They are locks on objects of a class that is a table of the model: what SQL can lock are objects of system catalogs, and
/// advisory locks, which anybody could hold, have a space of their own.
const BUCKETS: u64 = 256;
/// Traces written or looked up by one statement.
const CHUNK: usize = 65_536;

/// What touching a trace gave.
pub struct Touch {
    /// Its state; `None` where somebody else holds it.
    pub held: Option<Held>,
    /// Events that were waiting for it, taken out of `pending`.
    pub resumed: Vec<Row>,
}

/// A lock of this transaction that no SQL can take.
struct Bucket {
    tag: pg_sys::LOCKTAG,
    held: bool,
    used: bool,
}

impl Bucket {
    /// Tries to lock a bucket of a model; never waits.
    fn lock(model: &Compiled, number: u64) -> Self {
        // SAFETY: the tag of a lock on an object; it is not waited for.
        unsafe {
            let tag = pg_sys::LOCKTAG {
                locktag_field1: pg_sys::MyDatabaseId.to_u32(),
                locktag_field2: model.table.to_u32(),
                locktag_field3: number as u32,
                locktag_field4: 0,
                locktag_type: pg_sys::LockTagType::LOCKTAG_OBJECT as u8,
                locktag_lockmethodid: pg_sys::DEFAULT_LOCKMETHOD as u8,
            };
            let got = pg_sys::LockAcquire(&tag, pg_sys::ExclusiveLock as i32, false, true);
            Bucket { tag, held: got != pg_sys::LockAcquireResult::LOCKACQUIRE_NOT_AVAIL, used: false }
        }
    }

    /// Gives it back where no trace was made under it.
    fn settle(&self) {
        if self.held && !self.used {
            // SAFETY: we hold it since `lock`.
            unsafe { pg_sys::LockRelease(&self.tag, pg_sys::ExclusiveLock as i32, false) };
        }
    }
}

/// Locks the rows of traces that nobody else holds and reads where they stand; makes those that are new.
pub fn touch(traces: &Traces, wanted: &[u32], rows: &mut Rows) -> Result<Vec<Touch>, Failure> {
    let mut touched = Vec::with_capacity(wanted.len());
    for wanted in wanted.chunks(CHUNK) {
        touch_some(traces, wanted, rows, &mut touched)?;
    }
    Ok(touched)
}

fn touch_some(traces: &Traces, wanted: &[u32], rows: &mut Rows, touched: &mut Vec<Touch>) -> Result<(), Failure> {
    let model = &*traces.model;
    let mut buckets: hashbrown::HashMap<u64, Bucket> = hashbrown::HashMap::new();
    let bucket_of = |trace: u32| {
        let key = &traces.entry(trace).key;
        // Keys that are equal without being the same share one bucket.
        if model.key.is_told_by_bytes() { xxh3_64(key.bytes()) % BUCKETS } else { 0 }
    };
    for &trace in wanted {
        let number = bucket_of(trace);
        buckets.entry(number).or_insert_with(|| Bucket::lock(model, number));
    }
    let first = touched.len();
    let mut waiting = Vec::new();
    let keys = keys(traces, wanted);
    model.statements.touch.each(&[Some(keys), model.model.info.fits.into_datum()], |record| {
        let Some(i) = record.int4(0)?.map(|n| n as usize - 1) else { return Ok(()) };
        // Rows come in the order of the keys.
        let there = record.boolean(1)?.unwrap_or(false);
        let bucket = buckets.get_mut(&bucket_of(wanted[i]));
        let may_make = !there && bucket.as_ref().is_some_and(|bucket| bucket.held);
        let held = if there || may_make { held(model, record, there)? } else { None };
        if let (true, Some(bucket)) = (may_make, bucket) {
            bucket.used = true;
        }
        if held.is_some() && record.boolean(6)?.unwrap_or(false) {
            waiting.push(wanted[i]);
        }
        touched.resize_with(first + i + 1, || Touch { held: None, resumed: Vec::new() });
        touched[first + i].held = held;
        Ok(())
    })?;
    touched.resize_with(first + wanted.len(), || Touch { held: None, resumed: Vec::new() });
    buckets.values().for_each(Bucket::settle);
    if !waiting.is_empty() {
        let places: hashbrown::HashMap<u32, usize> = wanted.iter().enumerate().map(|(i, &trace)| (trace, i)).collect();
        model.statements.resume.each(&[Some(self::keys(traces, &waiting))], |record| {
            let row = resumed(model, record, &waiting, rows)?;
            if let Some((row, i)) = row.and_then(|row| Some((row, *places.get(&row.trace)?))) {
                touched[first + i].resumed.push(row);
            }
            Ok(())
        })?;
    }
    Ok(())
}

/// Where traces stand by what is visible, without locking anything; with their pending events.
pub fn look(traces: &Traces, wanted: &[u32], rows: &mut Rows) -> Result<Vec<Touch>, Failure> {
    let model = &*traces.model;
    let mut touched: Vec<Touch> = wanted.iter().map(|_| Touch { held: None, resumed: Vec::new() }).collect();
    model.statements.look.each(&[Some(keys(traces, wanted)), model.model.info.fits.into_datum()], |record| {
        if let Some(i) = record.int4(0)? {
            let there = record.boolean(1)?.unwrap_or(false);
            touched[i as usize - 1].held = held(model, record, there)?;
        }
        Ok(())
    })?;
    let places: hashbrown::HashMap<u32, usize> = wanted.iter().enumerate().map(|(i, &trace)| (trace, i)).collect();
    model.statements.pending.each(&[Some(keys(traces, wanted))], |record| {
        if let Some((row, i)) =
            resumed(model, record, wanted, rows)?.and_then(|row| Some((row, *places.get(&row.trace)?)))
        {
            touched[i].resumed.push(row);
        }
        Ok(())
    })?;
    Ok(touched)
}

/// The state in a row of `touch`; `None` where the trace exists and its row was not given.
fn held(model: &Compiled, record: &Record<'_>, there: bool) -> Result<Option<Held>, Failure> {
    let fit = model.model.info.fits;
    let known = || -> Result<Option<Standing>, Failure> {
        let trace = record.bytea(7)?.and_then(|bytes| Trace::from_bytes(bytes).ok());
        Ok(trace.map(|trace| Standing::after(&model.machine, &trace)))
    };
    if !there {
        let standing = known()?.unwrap_or_else(|| Standing::start(&model.machine));
        return Ok(Some(Held { standing: Some(standing), fit, dirty: false, changed: false }));
    }
    let (Some(stored_fit), Some(dirty)) = (record.int4(2)?, record.boolean(3)?) else { return Ok(None) };
    if stored_fit == fit {
        let standing = record.bytea(4)?.and_then(|bytes| Standing::from_bytes(&model.machine, bytes).ok());
        let dirty = dirty || standing.is_none();
        return Ok(Some(Held { standing, fit, dirty, changed: false }));
    }
    // The model was fitted anew: what it knows of the trace counts if that is all there was.
    let events = record.int4(5)?.unwrap_or(0) as u64;
    let standing = if dirty { None } else { known()?.filter(|standing| standing.live.events() == events) };
    let dirty = standing.is_none();
    Ok(Some(Held { standing, fit, dirty, changed: true }))
}

/// A pending event as a row; `None` for a mere mark.
fn resumed(model: &Compiled, record: &Record<'_>, wanted: &[u32], rows: &mut Rows) -> Result<Option<Row>, Failure> {
    let Some(trace) = record.int4(0)?.and_then(|n| wanted.get(n as usize - 1)) else { return Ok(None) };
    let mut row = Row::incomplete(*trace, u32::MAX);
    let component = record.text(2)?.map(str::as_bytes);
    let mut names = model.names.borrow_mut();
    row.name = record.text(1)?.map_or(NO_NAME, |event| names.number(component, event.as_bytes()));
    row.at = record.time(3)?.unwrap_or(0);
    row.seq = record.int8(4)?.unwrap_or(NO_SEQ);
    row.parameters = rows.keep(record.text(5)?.map(Into::into));
    row.message = rows.keep(record.text(6)?.map(Into::into));
    row.table = rows.keep(record.text(7)?.map(Into::into));
    row.flagged = record.boolean(8)?.unwrap_or(false);
    Ok(Some(row))
}

fn keys(traces: &Traces, wanted: &[u32]) -> Datum {
    // SAFETY: all keys of a model are of its type.
    unsafe { traces.model.key.array(wanted.iter().map(|&trace| &traces.entry(trace).key)) }
}

/// Writes live traces that changed. Their rows are ours: nobody is waited for.
pub fn write(traces: &Traces, changed: &[u32]) -> Result<(), Failure> {
    for changed in changed.chunks(CHUNK) {
        let all = || changed.iter().filter_map(|&trace| Some((trace, traces.entry(trace).held.as_ref()?)));
        let of = |value: &dyn Fn(&Held) -> Option<Datum>| all().map(|(_, held)| value(held)).collect::<Vec<_>>();
        let standing = |held: &Held, value: &dyn Fn(&Standing) -> Option<Datum>| held.standing.as_ref().and_then(value);
        let int = |n: u64| i32::try_from(n).unwrap_or(i32::MAX).into_datum();
        let keys: Vec<&Key> = all().map(|(trace, _)| &traces.entry(trace).key).collect();
        // SAFETY: keys are of the model's type.
        let keys = unsafe { traces.model.key.array(keys.into_iter()) };
        let has_times = traces.model.model.info.has_times();
        let time = |at: i64| has_times.then(|| timestamp(at));
        let arguments = [
            keys,
            array(pg_sys::INT4OID, of(&|held| held.fit.into_datum())),
            array(
                pg_sys::INT4OID,
                of(&|held| int(held.standing.as_ref().map_or(0, |standing| standing.live.events()))),
            ),
            array(
                pg_sys::FLOAT8OID,
                of(&|held| held.standing.as_ref().map_or(0.0, |standing| standing.live.score()).into_datum()),
            ),
            array(pg_sys::BOOLOID, of(&|held| held.dirty.into_datum())),
            array(pg_sys::INT4OID, of(&|held| int(held.standing.as_ref().map_or(0, |standing| standing.unseen)))),
            array(
                pg_sys::FLOAT8OID,
                of(&|held| held.standing.as_ref().map_or(0.0, |standing| standing.surprise).into_datum()),
            ),
            array(pg_sys::TIMESTAMPTZOID, of(&|held| standing(held, &|s| s.started_at.and_then(time)))),
            array(
                pg_sys::TIMESTAMPTZOID,
                of(&|held| standing(held, &|s| s.last.as_ref().and_then(|last| time(last.at)))),
            ),
            array(pg_sys::BYTEAOID, of(&|held| standing(held, &|s| Some(varlena(&s.to_bytes()))))),
        ];
        traces.model.statements.write.run(&arguments.map(Some))?;
    }
    Ok(())
}

/// Writes what a transaction has changed. Where that fails, the traces are marked to be read again; that failing, too,
/// is a warning: a watch does not make a commit fail.
pub fn write_or_mark(traces: &mut Traces) {
    let changed = traces.changed();
    // SAFETY: a catalog look-up.
    let exists = || unsafe {
        let relation = pg_sys::SysCacheIdentifier::RELOID as i32;
        let table = Datum::from(traces.model.table);
        pg_sys::SearchSysCacheExists(relation, table, Datum::null(), Datum::null(), Datum::null())
    };
    // A model dropped in this transaction has no live traces.
    if changed.is_empty() || !exists() {
        return;
    }
    let as_owner = |work: &dyn Fn() -> Result<(), Failure>| {
        attempt(|| {
            let as_owner = AsOwner::switch(traces.model.model.owner);
            as_owner.wait_for_locks_at_most(c"100ms");
            work()
        })
    };
    let Outcome::Failed(reason) = as_owner(&|| write(traces, &changed)) else { return };
    let marks = Rows { rows: changed.iter().map(|&trace| Row::incomplete(trace, 0)).collect(), ..Rows::default() };
    let marked = as_owner(&|| suspend(traces, &marks.rows, &marks, ""));
    let and =
        if let Outcome::Failed(_) = marked { "; logfsm.close_traces() with recheck => true mends that" } else { "" };
    pgrx::warning!(
        "logfsm watch did not store the live traces of model \"{}\": {reason}{and}",
        traces.model.model.info.name
    );
}

/// Adds events to `pending`; an incomplete row is a mark that its trace must be read again.
pub fn suspend(traces: &Traces, suspended: &[Row], rows: &Rows, table: &str) -> Result<(), Failure> {
    let model = &*traces.model;
    let has_times = model.model.info.has_times();
    for suspended in suspended.chunks(CHUNK) {
        // Not borrowed while the statement runs: a trigger on the table may insert watched rows.
        let names = model.names.borrow();
        let of = |value: &dyn Fn(&Row) -> Option<Datum>| suspended.iter().map(value).collect::<Vec<_>>();
        let label = |row: &Row| (!row.is_incomplete()).then(|| names.label(row.name));
        let wanted: Vec<u32> = suspended.iter().map(|row| row.trace).collect();
        let arguments = [
            keys(traces, &wanted),
            array(pg_sys::TEXTOID, of(&|row| label(row).map(|label| text(&label.event)))),
            array(pg_sys::TEXTOID, of(&|row| label(row)?.component.as_deref().map(text))),
            array(pg_sys::TIMESTAMPTZOID, of(&|row| (has_times && !row.is_incomplete()).then(|| timestamp(row.at)))),
            array(pg_sys::INT8OID, of(&|row| (row.seq != NO_SEQ).then(|| row.seq.into_datum()).flatten())),
            array(pg_sys::TEXTOID, of(&|row| rows.text(row.parameters).map(text))),
            array(pg_sys::TEXTOID, of(&|row| rows.text(row.message).map(text))),
            array(pg_sys::BOOLOID, of(&|row| row.flagged.into_datum())),
            text(table),
        ];
        drop(names);
        model.statements.suspend.run(&arguments.map(Some))?;
    }
    Ok(())
}

/// Adds anomalies; gives their numbers.
pub fn flag(traces: &Traces, anomalies: &[Anomaly], rows: &Rows, table: &str) -> Result<Vec<i64>, Failure> {
    let model = &*traces.model;
    let has_times = model.model.info.has_times();
    let mut numbers = Vec::with_capacity(anomalies.len());
    // By table: pending events may have come to another one.
    for anomalies in anomalies.chunk_by(|a, b| a.table == b.table) {
        let table = rows.text(anomalies[0].table).unwrap_or(table);
        for anomalies in anomalies.chunks(CHUNK) {
            let of = |value: &dyn Fn(&Anomaly) -> Option<Datum>| anomalies.iter().map(value).collect::<Vec<_>>();
            let wanted: Vec<u32> = anomalies.iter().map(|anomaly| anomaly.trace).collect();
            let arguments = [
                keys(traces, &wanted),
                array(pg_sys::INT4OID, of(&|a| a.seq.into_datum())),
                array(pg_sys::TIMESTAMPTZOID, of(&|a| a.at.filter(|_| has_times).map(timestamp))),
                array(pg_sys::TEXTOID, of(&|a| a.event.as_deref().map(text))),
                array(pg_sys::TEXTOID, of(&|a| Some(text(&a.kind)))),
                array(pg_sys::TEXTOID, of(&|a| a.expected.as_deref().map(text))),
                array(pg_sys::FLOAT8OID, of(&|a| a.expected_probability.into_datum())),
                array(pg_sys::FLOAT8OID, of(&|a| a.probability.into_datum())),
                array(pg_sys::FLOAT8OID, of(&|a| a.score.into_datum())),
                array(pg_sys::TEXTOID, of(&|a| Some(text(&a.explanation)))),
                array(pg_sys::TEXTOID, of(&|a| rows.text(a.message).map(text))),
                text(table),
            ];
            model.statements.flag.each(&arguments.map(Some), |record| {
                numbers.extend(record.int8(0)?);
                Ok(())
            })?;
        }
    }
    Ok(numbers)
}
