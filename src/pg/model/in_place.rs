//! A refresh whose machine has the same states and transitions as before: only what is new is written.
//!
//! Rows of traces that did not change stay, and so do their scores. Readers never wait: rows are changed under their
//! snapshots, no table is swapped.

use super::events::EventWriter;
use super::fit::{finish_run_zero, machine_rows, phases_of};
use super::leaf::Leaves;
use super::progress::Progress;
use super::scores::SCORES;
use super::staged::Staged;
use super::{Model, data, guards, invariants, scoring, trace_key};
use crate::automaton::{Automaton, Totals};
use crate::conform::{FALSE_POSITIVE_RATE, Machine, VariantScores};
use crate::pg::bulk;
use crate::pg::error::Failure;
use crate::pg::heap_writer::BulkWriter;
use crate::pg::plan::probing;
use crate::pg::sql;
use crate::pg::value::{Value, value};
use crate::trace::{TraceView, Variant};
use hashbrown::HashMap;

/// Of more touched traces than one in so many the tables are written anew: that is faster then.
const FEW: i64 = 4;
/// Traces whose rows are deleted by one statement.
const DELETED_AT_ONCE: usize = 1000;

/// The machine before a refresh, where its rows may be able to stay; `None` where they cannot.
///
/// Labels may come late and move any trace. Synthetic runs keep the machine that they are from, which must then not
/// change.
pub fn prepare(model: &Model, staged: &Staged) -> Result<Option<Automaton>, Failure> {
    let touched = staged.new + staged.changed;
    if model.info.label_column.is_some() || touched > model.info.traces.unwrap_or(0) / FEW {
        return Ok(None);
    }
    let runs = format!(
        "SELECT EXISTS (SELECT FROM {} WHERE kind OPERATOR(pg_catalog.<>) 'real' AND status OPERATOR(pg_catalog.<>) 'stale')",
        model.table("runs")
    );
    if sql::holds(&runs, &[])? { Ok(None) } else { data::automaton(model, "automaton") }
}

/// Whether every trace takes the same transitions, by number, in both machines.
fn same_paths(before: &Automaton, now: &Automaton) -> bool {
    let guards =
        |a: &Automaton| a.learned.guards.iter().map(|g| (g.source, g.label, g.nodes.clone())).collect::<Vec<_>>();
    // Where parameters are missing, guards leave the choice to counts.
    let guarded = !now.learned.guards.is_empty() && now.totals.events_with_parameters < now.totals.events;
    before.labels == now.labels
        && before.stops.len() == now.stops.len()
        && before.transitions.len() == now.transitions.len()
        && before
            .transitions
            .iter()
            .zip(&now.transitions)
            .all(|(a, b)| (a.source, a.label, a.target) == (b.source, b.label, b.target))
        && guards(before) == guards(now)
        && !guarded
        && now.is_deterministic()
}

/// Writes what is new: counts of the machine's tables, rows of touched traces, the threshold. `None`, with nothing
/// written, where the machine is another one.
pub fn update(
    model: &Model,
    staged: &Staged,
    before: &Automaton,
    totals: &Totals,
    progress: &Progress,
) -> Result<Option<Vec<i64>>, Failure> {
    let machine = data::machine(model)?;
    if !same_paths(before, &machine.automaton) {
        return Ok(None);
    }
    progress.stage("writing what is new");
    let leaves = Leaves::in_place(model)?;
    update_machine(model, &leaves)?;
    let stay = remove_changed(staged, &leaves)?;
    let old: Option<f64> = sql::one(&format!("SELECT threshold FROM {}", model.table("model")), &[])?;
    let threshold = scoring::set_threshold(model, FALSE_POSITIVE_RATE)?;
    write(model, staged, &leaves, &machine, threshold, &stay)?;
    let mark = format!(
        "UPDATE {} SET is_anomalous = NOT is_anomalous
         WHERE is_anomalous OPERATOR(pg_catalog.<>) (score OPERATOR(pg_catalog.>) $1)",
        leaves.name("scores")
    );
    if old != Some(threshold) {
        sql::run(&mark, &[threshold.into()])?;
    }
    sql::run(&format!("DROP TABLE {}", staged.table), &[])?;
    let counts = (totals.traces.to_string(), totals.events.to_string());
    finish_run_zero(model, counts).map(Some)
}

/// The machine's tables: the same states and transitions with other counts, other invariants.
fn update_machine(model: &Model, leaves: &Leaves<'_>) -> Result<(), Failure> {
    // As foreign keys would: what new events refer to stays until the transaction ends.
    sql::run(&format!("SELECT 1 FROM {} FOR KEY SHARE", leaves.name("transitions")), &[])?;
    let update = |parent: &str, id: &str, columns: &str| {
        let of = |alias: &str| columns.split(", ").map(|c| format!("{alias}.{c}")).collect::<Vec<_>>().join(", ");
        format!(
            "UPDATE {} o SET ({columns}) = ROW({new}) FROM ({}) n
             WHERE o.{id} OPERATOR(pg_catalog.=) n.{id} AND ROW({}) IS DISTINCT FROM ROW({new})",
            leaves.name(parent),
            machine_rows(model, parent, &leaves.name("templates")),
            of("o"),
            new = of("n"),
        )
    };
    // Foreign keys to phases are looked at when the statement ends.
    let phased = format!(
        "WITH {}, written AS (INSERT INTO {phases} AS o {} ON CONFLICT (phase_id) DO UPDATE SET name = EXCLUDED.name, visits = EXCLUDED.visits
                  WHERE ROW(o.name, o.visits) IS DISTINCT FROM ROW(EXCLUDED.name, EXCLUDED.visits)),
              gone AS (DELETE FROM {phases} o WHERE NOT EXISTS (SELECT FROM p WHERE p.phase_id OPERATOR(pg_catalog.=) o.phase_id)),
              named AS ({})
         {}",
        phases_of(model),
        machine_rows(model, "phases", ""),
        update("templates", "template_id", "slots, count, kinds, phase_id"),
        update("states", "state_id", "name, kind, visits, stops, phase_id"),
        phases = leaves.name("phases"),
    );
    sql::run(&phased, &[])?;
    let columns = "guard, count, prob, delay_min, delay_mean, delay_median, delay_p99, delay_max";
    sql::run(&update("transitions", "transition_id", columns), &[])?;
    for parent in ["invariants", "guards"] {
        sql::run(&format!("DELETE FROM {}", leaves.name(parent)), &[])?;
    }
    invariants::fill(model, &leaves.name("invariants"))?;
    guards::fill(model, &leaves.name("guards"))
}

/// How many first events a changed trace has as it had them, parameters included: their rows stay.
fn kept(old: &[u8], new: &[u8]) -> Result<usize, Failure> {
    let (old, new) = (TraceView::from_bytes(old)?, TraceView::from_bytes(new)?);
    let shared = old.shared(&Variant::from_bytes(old.variant)?, &new, &Variant::from_bytes(new.variant)?);
    let same = |&i: &usize| old.parameters.get(i).copied().flatten() == new.parameters.get(i).copied().flatten();
    Ok((0..shared).take_while(same).count())
}

/// Deletes those rows of changed traces that are otherwise now, and brings their rows in traces up to date. Gives how
/// many first events of each of them stay.
fn remove_changed(staged: &Staged, leaves: &Leaves<'_>) -> Result<HashMap<i64, usize>, Failure> {
    if staged.changed == 0 {
        return Ok(HashMap::new());
    }
    let (table, traces) = (&staged.table, leaves.name("traces"));
    let (mut ids, mut stay) = (Vec::<i64>::new(), Vec::<i32>::new());
    let changed = format!("SELECT old_id, old_trace, trace FROM {table} WHERE old_id IS NOT NULL ORDER BY old_id");
    bulk::each_row(&changed, &mut |row| {
        let (Some(id), Some(old)) = (row.int8(0)?, row.trace(1)?) else { return Ok(()) };
        ids.push(id);
        stay.push(row.trace(2)?.map_or(Ok(0), |new| kept(old, new))? as i32);
        Ok(())
    })?;
    for (ids, stay) in ids.chunks(DELETED_AT_ONCE).zip(stay.chunks(DELETED_AT_ONCE)) {
        let delete = format!(
            "DELETE FROM {} WHERE run_id OPERATOR(pg_catalog.=) 0 AND trace_id OPERATOR(pg_catalog.=) ANY ($1)",
            leaves.name("scores")
        );
        sql::run(&delete, &[ids.to_vec().into()])?;
        for parent in ["parameters", "events"] {
            let delete = format!(
                "DELETE FROM {} e USING ROWS FROM (pg_catalog.unnest($1::bigint[]), pg_catalog.unnest($2::integer[])) AS c (trace_id, stay)
                 WHERE e.run_id OPERATOR(pg_catalog.=) 0 AND e.trace_id OPERATOR(pg_catalog.=) c.trace_id
                   AND e.seq OPERATOR(pg_catalog.>) c.stay",
                leaves.name(parent)
            );
            probing(|| sql::run(&delete, &[ids.to_vec().into(), stay.to_vec().into()]))?;
        }
    }
    let update = format!(
        "UPDATE {traces} t SET started_at = logfsm.started_at(s.trace), ended_at = logfsm.ended_at(s.trace), n_events = logfsm.length(s.trace), trace = s.trace
         FROM {table} s WHERE t.run_id OPERATOR(pg_catalog.=) 0 AND t.trace_id OPERATOR(pg_catalog.=) s.old_id AND s.trace IS NOT NULL"
    );
    let gone = format!(
        "DELETE FROM {traces} t USING {table} s
         WHERE t.run_id OPERATOR(pg_catalog.=) 0 AND t.trace_id OPERATOR(pg_catalog.=) s.old_id AND s.trace IS NULL"
    );
    probing(|| sql::run(&update, &[]).and_then(|_| sql::run(&gone, &[])))?;
    Ok(ids.into_iter().zip(stay.into_iter().map(|stay| stay as usize)).collect())
}

/// Writes the rows of staged traces: new ones whole, of changed ones those that `remove_changed` took out.
fn write(
    model: &Model,
    staged: &Staged,
    leaves: &Leaves<'_>,
    machine: &Machine,
    threshold: f64,
    stay: &HashMap<i64, usize>,
) -> Result<(), Failure> {
    let columns = data::traces_columns(trace_key::key_column(model)?.kind());
    let mut traces = BulkWriter::open_indexed(&leaves.name("traces"), &columns)?;
    let mut scores = BulkWriter::open_indexed(&leaves.name("scores"), &SCORES)?;
    let mut rows = EventWriter::open(model, machine, leaves, 0, BulkWriter::open_indexed)?;
    let with_events = model.info.events == "table";
    let mut known = VariantScores::default();
    let (run_id, origin) = (value(0i32), Some(Value::text("real")));
    let numbered = format!(
        "SELECT COALESCE(s.old_id, (SELECT COALESCE(pg_catalog.max(trace_id), 0) FROM {} WHERE run_id OPERATOR(pg_catalog.=) 0)
                OPERATOR(pg_catalog.+) pg_catalog.row_number() OVER (PARTITION BY s.old_id IS NULL ORDER BY s.trace_key)),
                s.old_id IS NULL, s.trace_key, s.trace
         FROM {} s WHERE s.trace IS NOT NULL ORDER BY 1",
        leaves.name("traces"),
        staged.table
    );
    bulk::each_row(&numbered, &mut |row| {
        let (Some(id), Some(new), Some(trace)) = (row.int8(0)?, row.boolean(1)?, row.trace(3)?) else { return Ok(()) };
        let view = TraceView::from_bytes(trace)?;
        if new {
            let (started, ended) = (view.times.first().copied(), view.times.last().copied());
            traces.row(&[
                run_id,
                value(id),
                origin,
                row.value(2),
                started.map(Value::time),
                ended.map(Value::time),
                value(view.length()? as i32),
                row.value(3),
            ])?;
        }
        if with_events {
            rows.trace_after(id, &view, stay.get(&id).copied().unwrap_or(0))?;
        }
        let score = known.score(machine, &view)?;
        scores.row(&[run_id, value(id), value(score), value(score > threshold)])
    })?;
    traces.finish();
    rows.finish();
    scores.finish();
    Ok(())
}
