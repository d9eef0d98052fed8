//! A model's traces looked through: which break an invariant, which pass through some states.

use super::{Model, data};
use crate::conform::Machine;
use crate::infer::check_states;
use crate::infer::invariants::{named, violated_at};
use crate::pg::automaton_type::rows;
use crate::pg::bulk;
use crate::pg::call::{Call, Reply, datum, text};
use crate::pg::check_functions::{broken_by, invariant_columns, monitor};
use crate::pg::compare_functions::{passes_through, states};
use crate::pg::error::Failure;
use crate::pg::set::{Rows, stream};
use crate::pg::sql;
use crate::trace::{TraceView, Variant};
use pgrx::PgSqlErrorCode;

/// A trace of a model, to be listed.
struct Listed {
    trace_id: i64,
    key: String,
    events: usize,
}

/// A fitted model whose traces the caller may read, its machine, and the run asked for.
struct Looked<'m> {
    model: &'m Model,
    machine: Machine,
    run: i32,
    most: usize,
}

/// Opens the model of argument 0, with run and row limit from arguments `run` and `run + 1`.
fn look(
    call: Call,
    run: usize,
    purpose: &str,
    work: impl FnOnce(Looked<'_>) -> Result<Rows, Failure>,
) -> Result<Rows, Failure> {
    let (run, most): (i32, i32) = (call.need(run, "run")?, call.need(run + 1, "max_rows")?);
    Model::open(call.need_text(0, "model")?, purpose, &["traces", "?runs"], |model| {
        model.require_fitted()?;
        let known = format!(
            "SELECT true FROM {} WHERE run_id OPERATOR(pg_catalog.=) $1 AND status OPERATOR(pg_catalog.=) 'current'",
            model.table("runs")
        );
        if !sql::holds(&known, &[run.into()])? {
            let message = format!("model \"{}\" has no current run {run}", model.info.name);
            return Err(Failure::new(PgSqlErrorCode::ERRCODE_UNDEFINED_OBJECT, message)
                .detail("It never was, was dropped, or came from an earlier machine.")
                .hint(format!("SELECT * FROM {} lists the runs; run 0 is the real data.", model.table("runs"))));
        }
        let machine = data::machine(model)?;
        work(Looked { model, machine, run, most: usize::try_from(most).unwrap_or(0) })
    })
}

impl Looked<'_> {
    /// Calls `each` with the traces of the run, in order of their ids, as long as it wants more.
    fn each_trace(&self, mut each: impl FnMut(Listed, &[u8]) -> Result<bool, Failure>) -> Result<(), Failure> {
        let query = format!(
            "SELECT trace_id, COALESCE(trace_key::text, synthetic_key), n_events, trace FROM {}
             WHERE run_id OPERATOR(pg_catalog.=) {} ORDER BY trace_id",
            self.model.table("traces"),
            self.run
        );
        let mut more = self.most > 0;
        bulk::each_row(&query, &mut |row| {
            let (Some(id), Some(key), Some(events), Some(trace)) =
                (row.int8(0)?, row.text(1)?, row.int4(2)?, row.trace(3)?)
            else {
                return Ok(());
            };
            if more {
                more = each(Listed { trace_id: id, key: key.into(), events: events as usize }, trace)?;
            }
            Ok(())
        })?;
        Ok(())
    }
}

/// check_invariants(model, run, max_rows) → setof (trace_id, trace_key, invariant_id, kind, a, b, support, seq)
pub fn check_invariants(call: Call) -> Reply {
    stream(call, || look(call, 1, "Checking invariants", broken))
}

fn broken(looked: Looked<'_>) -> Result<Rows, Failure> {
    let monitor = monitor(&looked.machine)?;
    let mut found = Vec::new();
    looked.each_trace(|listed, trace| {
        for (number, seq) in broken_by(&looked.machine, &monitor, trace)? {
            found.push((listed.trace_id, listed.key.clone(), number, seq));
        }
        Ok(found.len() < looked.most)
    })?;
    found.truncate(looked.most);
    let labels = looked.machine.automaton.labels;
    rows(found, move |(trace_id, key, number, seq)| {
        let mut row = vec![datum(trace_id), Some(text(&key))];
        row.extend(invariant_columns(&labels, number, monitor.invariant(number)));
        row.push(datum(seq as i32));
        Ok(row)
    })
}

/// violations(model, kind, a, b, run, max_rows) → setof (trace_id, trace_key, n_events, seq)
pub fn violations(call: Call) -> Reply {
    stream(call, || {
        let (kind, a, b) = (call.need_text(1, "kind")?, call.need_text(2, "a")?, call.need_text(3, "b")?);
        look(call, 4, "Finding what breaks an invariant", |looked| {
            let invariant = named(&looked.machine.automaton, kind, a, b)?;
            let beyond = looked.machine.automaton.labels.len() as u32;
            let mut found: Vec<(Listed, usize)> = Vec::new();
            looked.each_trace(|listed, trace| {
                let variant = Variant::from_bytes(TraceView::from_bytes(trace)?.variant)?;
                let labels = looked.machine.resolve(&variant);
                let events: Vec<u32> = variant.events.iter().map(|&e| labels[e as usize].unwrap_or(beyond)).collect();
                found.extend(violated_at(&events, &invariant).map(|at| (listed, at + 1)));
                Ok(found.len() < looked.most)
            })?;
            rows(found, |(listed, seq)| {
                Ok(vec![
                    datum(listed.trace_id),
                    Some(text(&listed.key)),
                    datum(listed.events as i32),
                    datum(seq as i32),
                ])
            })
        })
    })
}

/// traces_through(model, states, run, max_rows) → setof (trace_id, trace_key, n_events)
pub fn traces_through(call: Call) -> Reply {
    stream(call, || {
        let states = states(call.get(1));
        look(call, 2, "Finding the traces through states", |looked| {
            check_states(&looked.machine.automaton, &states)?;
            let mut found: Vec<Listed> = Vec::new();
            looked.each_trace(|listed, trace| {
                if passes_through(&looked.machine, trace, &states)? {
                    found.push(listed);
                }
                Ok(found.len() < looked.most)
            })?;
            rows(found, |listed| Ok(vec![datum(listed.trace_id), Some(text(&listed.key)), datum(listed.events as i32)]))
        })
    })
}
