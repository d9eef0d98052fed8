//! A model's rows, written in bulk: traces as they are read, events along their paths.

use super::fit::traces_query;
use super::owner::Settings;
use super::settled::{self, Place};
use super::trace_key::{key_cast, key_column, key_form};
use super::{Model, foreign, source};
use crate::automaton::{Automaton, Ends, PrefixTree};
use crate::conform::Machine;
use crate::pg::bulk::{self, Scratch};
use crate::pg::call::{null_argument, varlena};
use crate::pg::error::Failure;
use crate::pg::heap_writer::BulkWriter;
use crate::pg::subtransaction::{Outcome, attempt_but_for};
use crate::pg::trace_set;
use crate::pg::value::{Row, Value, ValueType, value};
use crate::pg::{memory_limit, sql};
use crate::trace::{RowDigest, TraceSet, TraceView};
use pgrx::PgSqlErrorCode;
use pgrx::datum::DatumWithOid;
use pgrx::pg_sys::{self, Datum};

/// Where traces go as they are read: into the traces leaf, numbered as they come, and into the prefix tree.
struct Sink {
    writer: BulkWriter,
    tree: PrefixTree,
    ends: Ends,
    since: Option<i64>,
    until: Option<i64>,
    run_id: Option<Value>,
    origin: Option<Value>,
    traces: u64,
}

impl Sink {
    fn open(model: &Model, leaf: &str) -> Result<Self, Failure> {
        let (since, until) = window(model)?;
        Ok(Sink {
            writer: BulkWriter::open(leaf, &traces_columns(key_column(model)?.kind()))?,
            tree: PrefixTree::new(memory_limit()),
            ends: Ends::default(),
            since,
            until,
            run_id: value(0i32),
            origin: Some(Value::text("real")),
            traces: 0,
        })
    }

    /// Takes a trace that starts in the model's period.
    fn take(&mut self, key: Value, view: &TraceView<'_>, trace: Value) -> Result<(), Failure> {
        let (started, ended) = (view.times.first().copied(), view.times.last().copied());
        let after = self.since.is_none_or(|since| started.is_some_and(|at| at >= since));
        let before = self.until.is_none_or(|until| started.is_some_and(|at| at < until));
        if !(after && before) {
            return Ok(());
        }
        self.tree.add(view)?;
        if let (Some(started), Some(ended)) = (started, ended) {
            self.ends.add(view.variant, started, ended);
        }
        self.traces += 1;
        self.writer.row(&[
            self.run_id,
            value(self.traces as i64),
            self.origin,
            Some(key),
            started.map(Value::time),
            ended.map(Value::time),
            value(view.length()? as i32),
            Some(trace),
        ])
    }
}

/// The columns of a traces leaf that the real traces fill, with trace keys of a type.
pub fn traces_columns(key: ValueType) -> [(&'static str, ValueType); 8] {
    [
        ("run_id", ValueType::Int4),
        ("trace_id", ValueType::Int8),
        ("origin", ValueType::Text),
        ("trace_key", key),
        ("started_at", ValueType::Timestamptz),
        ("ended_at", ValueType::Timestamptz),
        ("n_events", ValueType::Int4),
        ("trace", ValueType::Trace),
    ]
}

/// Reads the source into the traces leaf, numbered by the order of their keys' bytes, and stores the prefix tree. Gives
/// the number of traces.
///
/// Rows are collected in one pass without sorting, in parallel where the planner likes it. Where they do not fit into
/// memory, or equal keys may have different bytes, they are grouped by Postgres, which spills to disk.
pub fn read_traces(model: &Model, leaf: &str) -> Result<u64, Failure> {
    let mut sink = Sink::open(model, leaf)?;
    let (form, place) = (key_form(model)?, Place::of(model)?);
    // What is read may be had from the rows as they are read; otherwise it is asked for before: rows that come or change
    // in between are then found by refresh.
    let on_the_way = model.info.message_column.is_none() && form.is_some();
    let mut digest = match &place {
        Some(place) if !on_the_way => Some(place.digest(model, i64::MIN)?),
        _ => None,
    };
    let collected = match form {
        Some(form) => {
            let wanted = place.as_ref().filter(|_| on_the_way).map(|place| (place, i64::MIN));
            collect(model, &model.info.source, "", wanted)?.map(|found| (form, found))
        }
        None => None,
    };
    let collected = match collected {
        Some((form, found)) => {
            digest = digest.or(found.digest);
            Some((form, found.set))
        }
        None => {
            if let (Some(place), None) = (&place, &digest) {
                digest = Some(place.digest(model, i64::MIN)?);
            }
            None
        }
    };
    let keyless = match collected {
        Some((form, set)) => {
            let mut scratch = Scratch::new();
            trace_set::each_trace(&set, &mut |key, bytes| {
                scratch.round(|| sink.take(form.value(key)?, &TraceView::from_bytes(bytes)?, Value::trace(bytes)))
            })?;
            let keyless = set.keyless();
            drop(set);
            give_back_memory();
            keyless
        }
        None => group(model, &mut sink)?,
    };
    let Sink { writer, tree, ends, traces, .. } = sink;
    writer.finish();
    require_keys(model, keyless)?;
    if let Some((place, digest)) = place.zip(digest) {
        place.settle(model, digest, true)?;
        settled::remember_recent(model, &place, leaf)?;
    }
    if traces > 0 {
        store_automaton(model, "prefix_tree", &tree.to_automaton())?;
        store_ends(model, Some(&ends))?;
    }
    Ok(traces)
}

/// Gives memory that was freed back to the system: what comes next needs little of it, and not what it was cut into.
fn give_back_memory() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: takes no pointers; the backend's only thread calls it.
    unsafe {
        libc::malloc_trim(0);
    }
}

/// Rows collected by key, and the digest of all rows that were looked at where it was asked for.
pub struct Collected {
    pub set: TraceSet,
    pub digest: Option<RowDigest>,
}

/// The rows of a relation of the source's shape, those that pass a FILTER clause collected by key; `None` where they do
/// not fit into memory. The digest of all of them may be had on the way, where the source has no message column.
pub fn collect(
    model: &Model,
    relation: &str,
    filter: &str,
    digested: Option<(&Place, i64)>,
) -> Result<Option<Collected>, Failure> {
    let (rows, digest) = match digested {
        Some((place, bound)) => {
            let more = format!(", {}", place.columns(&model.info, "s"));
            (
                model.info.column_rows_query(relation, &more, &foreign::columns(&model.info.source)?),
                settled::digest_call(bound),
            )
        }
        None => {
            let templates = format!("(SELECT templates FROM {})", model.table("model"));
            (model.info.rows_query(relation, &templates)?, "NULL::bytea".into())
        }
    };
    let key = format!("trace_set_agg(r.trace_key{}, ", key_cast(model)?);
    let aggregate = model.info.trace_agg().replacen("trace_agg(", &key, 1);
    let query = format!("SELECT {aggregate}{filter}, {digest} FROM ({rows}) AS r");
    let limit = PgSqlErrorCode::ERRCODE_CONFIGURATION_LIMIT_EXCEEDED;
    let outcome = attempt_but_for(limit, || {
        let none = digested.map(|(_, bound)| RowDigest::new(bound));
        let mut collected = Collected { set: TraceSet::new(memory_limit()), digest: none };
        let mut each = |row: Row<'_>| {
            if let Some(digest) = &mut collected.digest {
                settled::take_digest(&row, 1, digest)?;
            }
            row.state::<TraceSet, _>(0, |set| {
                collected.set = std::mem::replace(set, TraceSet::new(0));
                Ok(())
            })?;
            Ok(())
        };
        let run = || bulk::each_row(&query, &mut each).map(|_| ());
        let taken = trace_set::taking(&query, || source::run_reading(&model.info, || without_leader(run)))?;
        if let Some(set) = taken {
            collected.set = set;
        }
        Ok(collected)
    });
    match outcome {
        Outcome::Done(set) => Ok(Some(set)),
        Outcome::Failed(_) => Ok(None),
    }
}

/// Where two workers and more may be had they do the collecting: what the leader collects itself it would hold twice.
fn without_leader<T>(work: impl FnOnce() -> T) -> T {
    // SAFETY: reads two settings.
    let workers = unsafe { pg_sys::max_parallel_workers_per_gather.min(pg_sys::max_parallel_workers) };
    let _settings = (workers >= 2).then(|| Settings::new().with(c"parallel_leader_participation", c"off"));
    work()
}

/// Hands all traces of the source to the sink, grouped by Postgres. Gives the number of rows without a key.
fn group(model: &Model, sink: &mut Sink) -> Result<u64, Failure> {
    let collation = if sql::holds(COLLATABLE, &[model.table("traces").into()])? { " COLLATE \"C\"" } else { "" };
    let traces = traces_query(model, &model.info.source, "")?;
    let query = format!("SELECT t.trace_key, t.trace FROM ({traces}) AS t ORDER BY t.trace_key{collation}");
    let mut keyless = 0;
    let mut each = |row: Row<'_>| {
        let (Some(bytes), Some(trace)) = (row.trace(1)?, row.value(1)) else { return Ok(()) };
        let view = TraceView::from_bytes(bytes)?;
        match row.value(0) {
            Some(key) => sink.take(key, &view, trace),
            None => {
                keyless = view.length()? as u64;
                Ok(())
            }
        }
    };
    source::run_reading(&model.info, || bulk::each_row(&query, &mut each))?;
    Ok(keyless)
}

/// Whether trace keys have a collation.
const COLLATABLE: &str = "SELECT attcollation OPERATOR(pg_catalog.<>) 0 FROM pg_catalog.pg_attribute
    WHERE attrelid OPERATOR(pg_catalog.=) $1::regclass AND attname OPERATOR(pg_catalog.=) 'trace_key'";

/// The period of the model in microseconds: from, and up to but not including.
fn window(model: &Model) -> Result<(Option<i64>, Option<i64>), Failure> {
    let bound = |column: &str| -> Result<Option<i64>, Failure> {
        let at: Option<pgrx::datum::TimestampWithTimeZone> =
            sql::one(&format!("SELECT {column} FROM {}", model.table("model")), &[])?;
        Ok(at.map(crate::pg::trace_type::microseconds))
    };
    Ok((bound("since")?, bound("until")?))
}

/// Fails where rows had no trace key.
pub fn require_keys(model: &Model, rows: u64) -> Result<(), Failure> {
    if rows == 0 {
        return Ok(());
    }
    Err(Failure::new(PgSqlErrorCode::ERRCODE_NULL_VALUE_NOT_ALLOWED, "the trace key of a row must not be NULL")
        .detail(format!("{rows} rows of {} have no trace key.", model.info.source))
        .hint("Make a view that leaves such rows out, and give the view as source."))
}

/// Sets a column of type automaton of the model's row.
pub fn store_automaton(model: &Model, column: &str, automaton: &Automaton) -> Result<(), Failure> {
    let oid: Option<pg_sys::Oid> = sql::one("SELECT 'logfsm.automaton'::regtype::oid", &[])?;
    let oid = oid.ok_or_else(|| null_argument("the type automaton"))?;
    let value: Datum = varlena(&automaton.to_bytes());
    // SAFETY: the bytes are those of that type.
    let argument = unsafe { DatumWithOid::new(value, oid) };
    sql::run(&format!("UPDATE {} SET {column} = $1", model.table("model")), &[argument])?;
    Ok(())
}

/// Keeps when the traces start and end for the next refresh.
pub fn store_ends(model: &Model, ends: Option<&Ends>) -> Result<(), Failure> {
    let bytes = ends.map(Ends::to_bytes);
    sql::run(&format!("UPDATE {} SET ends = $1", model.table("model")), &[bytes.into()])?;
    Ok(())
}

/// When the traces start and end, where it was kept.
pub fn ends(model: &Model) -> Result<Option<Ends>, Failure> {
    let bytes: Option<Vec<u8>> = sql::one(&format!("SELECT ends FROM {}", model.table("model")), &[])?;
    Ok(bytes.map(|bytes| Ends::from_bytes(&bytes)).transpose()?)
}

/// A column of type automaton of the model's row.
pub fn automaton(model: &Model, column: &str) -> Result<Option<Automaton>, Failure> {
    let mut automaton = None;
    bulk::each_row(&format!("SELECT {column} FROM {}", model.table("model")), &mut |row| {
        automaton = row.automaton(0)?.or(automaton.take());
        Ok(())
    })?;
    Ok(automaton)
}

/// The model's machine, ready for replay.
pub fn machine(model: &Model) -> Result<Machine, Failure> {
    automaton(model, "automaton")?.map(Machine::new).ok_or_else(|| null_argument("the model's machine"))
}
