//! A model's rows, written in bulk: traces as they are read, events along their paths.

use super::Model;
use super::fit::traces_query;
use super::source;
use crate::automaton::{Automaton, PrefixTree};
use crate::conform::{Machine, Paths};
use crate::pg::bulk::{self, BulkWriter};
use crate::pg::call::{datum, null_argument, text, varlena, varlena_payload};
use crate::pg::error::Failure;
use crate::pg::trace_type::timestamp;
use crate::pg::{memory_limit, sql};
use crate::trace::TraceView;
use pgrx::PgSqlErrorCode;
use pgrx::datum::DatumWithOid;
use pgrx::pg_sys::{self, Datum};

/// Reads the source into the traces leaf, numbered by their keys' order, and collects the prefix tree on the way: one
/// pass, whose plan may be parallel. Gives the number of traces.
pub fn read_traces(model: &Model, leaf: &str) -> Result<u64, Failure> {
    let (since, until) = window(model)?;
    let columns = ["run_id", "trace_id", "origin", "trace_key", "started_at", "ended_at", "n_events", "trace"];
    let mut writer = BulkWriter::open(leaf, &columns)?;
    let mut tree = PrefixTree::new(memory_limit());
    let (run_id, real) = (datum(0i32), Some(text("real")));
    let (mut traces, mut keyless) = (0u64, 0usize);
    let query =
        format!("SELECT t.trace_key, t.trace FROM ({}) AS t ORDER BY 1", traces_query(model, &model.info.source, ""));
    let mut each = |row: bulk::Row<'_>| {
        let Some(trace) = row.datum(1) else { return Ok(()) };
        // SAFETY: the column is a trace.
        let view = TraceView::from_bytes(unsafe { varlena_payload(trace) })?;
        let Some(key) = row.datum(0) else {
            keyless = view.length()?;
            return Ok(());
        };
        let (started, ended) = (view.times.first().copied(), view.times.last().copied());
        let after = since.is_none_or(|since| started.is_some_and(|at| at >= since));
        let before = until.is_none_or(|until| started.is_some_and(|at| at < until));
        if !(after && before) {
            return Ok(());
        }
        tree.add(&view)?;
        traces += 1;
        writer.row(&[
            run_id,
            datum(traces as i64),
            real,
            Some(key),
            started.map(timestamp),
            ended.map(timestamp),
            datum(view.length()? as i32),
            Some(trace),
        ]);
        Ok(())
    };
    source::run_reading(&model.info, || bulk::each_row(&query, &mut each))?;
    writer.finish();
    require_keys(model, keyless)?;
    if traces > 0 {
        store_automaton(model, "prefix_tree", &tree.to_automaton())?;
    }
    Ok(traces)
}

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
pub fn require_keys(model: &Model, rows: usize) -> Result<(), Failure> {
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

/// The model's machine, ready for replay.
pub fn machine(model: &Model) -> Result<Machine, Failure> {
    let mut automaton = None;
    bulk::each_row(&format!("SELECT automaton FROM {}", model.table("model")), &mut |row| {
        if let Some(value) = row.datum(0) {
            // SAFETY: the column is an automaton.
            automaton = Some(Automaton::from_bytes(unsafe { varlena_payload(value) })?);
        }
        Ok(())
    })?;
    automaton.map(Machine::new).ok_or_else(|| null_argument("the model's machine"))
}

/// Fills an events leaf along the paths of the traces in a traces leaf. Gives the number of events.
pub fn write_events(model: &Model, events: &str, traces: &str, run_id: i32) -> Result<u64, Failure> {
    let machine = machine(model)?;
    let mut paths = Paths::new(&machine);
    let columns = ["run_id", "trace_id", "seq", "at", "template_id", "transition_id", "src", "dst"];
    let mut writer = BulkWriter::open(events, &columns)?;
    let run_id = datum(run_id);
    bulk::each_row(&format!("SELECT trace_id, trace FROM {traces}"), &mut |row| {
        let (trace_id, Some(trace)) = (row.datum(0), row.datum(1)) else { return Ok(()) };
        // SAFETY: the column is a trace.
        let view = TraceView::from_bytes(unsafe { varlena_payload(trace) })?;
        let Some(path) = paths.of(&view)? else { return Ok(()) };
        for (i, &position) in path.iter().enumerate() {
            let transition = &machine.automaton.transitions[position as usize];
            writer.row(&[
                run_id,
                trace_id,
                datum(i as i32 + 1),
                view.times.get(i).copied().map(timestamp),
                datum(transition.label as i32),
                datum(position as i32),
                datum(transition.source as i32),
                datum(transition.target as i32),
            ]);
        }
        Ok(())
    })?;
    Ok(writer.finish())
}
