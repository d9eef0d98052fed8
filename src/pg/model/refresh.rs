//! refresh: takes in the traces that got new rows, and updates tree, machine and tables.
//!
//! staged traces → prefix tree → machine → rows of these traces, where the machine's states are the same as before; else
//! all rows are written anew, because they refer to states and transitions.

use super::data::require_keys;
use super::fit::{compared, infer, materialise, record};
use super::leaf::Leaves;
use super::progress::Progress;
use super::settled::{self, Place};
use super::staged::Staged;
use super::{Model, data, in_place, labels, source};
use crate::automaton::{Automaton, Ends, Lost, PrefixTree};
use crate::error::Error;
use crate::pg::call::{Call, Reply};
use crate::pg::error::Failure;
use crate::pg::{bulk, memory_limit, sql};
use crate::trace::TraceView;
use pgrx::{PgSqlErrorCode, pg_sys};

/// With so many times the traces that there were when methods were compared they are compared again. Logs of few traces
/// are always compared: that is cheap, and what they tell is not settled.
const GROWN: f64 = 1.5;
const FEW: u32 = 10_000;

/// The options of the last fit, and for auto the method it took: near a tie it stays, and while the log has not grown
/// much it stays without being compared.
fn stay(compare: bool) -> String {
    format!(
        "CASE WHEN method OPERATOR(pg_catalog.=) 'auto' AND negative_tree IS NULL AND automaton IS NOT NULL
              THEN pg_catalog.jsonb_build_object('compare', {compare}, 'stay',
                  (SELECT s.value FROM logfsm.stats(automaton) AS s WHERE s.name OPERATOR(pg_catalog.=) 'method'))
                  OPERATOR(pg_catalog.||) fit_options
              ELSE fit_options END"
    )
}

/// Infers the machine of the stored prefix tree.
fn infer_again(model: &Model, progress: &Progress) -> Result<(), Failure> {
    let grown = format!(
        "SELECT s.value::bigint OPERATOR(pg_catalog.<) {FEW}::bigint
                OR COALESCE(s.value::double precision OPERATOR(pg_catalog.>=) (compared_traces::double precision OPERATOR(pg_catalog.*) {GROWN}::double precision), true)
         FROM {} m, LATERAL logfsm.stats(m.prefix_tree) AS s WHERE s.name OPERATOR(pg_catalog.=) 'traces'",
        model.table("model")
    );
    let compare = sql::holds(&grown, &[])?;
    infer(model, &stay(compare), progress)?;
    if compare { compared(model) } else { Ok(()) }
}

/// refresh(model) → (fit, new_traces, changed_traces, missing_rows)
pub fn refresh(call: Call) -> Reply {
    let summary = Model::change(call.need_text(0, "model")?, "refresh", |model| {
        model.require_fitted()?;
        source::require_readable(&model.info)?;
        let Some(place) = Place::of(&model)? else {
            let message = format!("model \"{}\" has no column to refresh by", model.info.name);
            return Err(Failure::new(PgSqlErrorCode::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE, message)
                .detail("Its traces are ordered by seq alone, so new rows cannot be told from old ones.")
                .hint("Run fit again, or create the model with refresh_by => a column of timestamps or of numbers that grow with every row."));
        };
        let progress = Progress::start("refresh", &model.info.name);
        progress.stage("reading what is new");
        let staged = Staged::read(&model, &place)?;
        if staged.new + staged.changed == 0 {
            sql::run(&format!("DROP TABLE {}", staged.table), &[])?;
            settled::remember_recent(&model, &place, &model.table("traces"))?;
            tell_difference(&model, &staged);
            return Ok(vec![model.info.fits.into(), 0, 0, missing_rows(&staged)]);
        }
        let table = model.table("model");
        sql::run(&format!("UPDATE {table} SET fits = fits OPERATOR(pg_catalog.+) 1"), &[])?;
        let model = Model::read(model.schema, model.owner)?;
        let tree = match update_tree(&model, &staged)? {
            Some(tree) => tree,
            None => tree_of_traces(&model, &staged)?,
        };
        data::store_automaton(&model, "prefix_tree", &tree)?;
        let fit = match in_place::prepare(&model, &staged)? {
            // The machine may turn out to have other states: then all rows refer to others.
            Some(before) => {
                infer_again(&model, &progress)?;
                match in_place::update(&model, &staged, &before, &tree.totals, &progress)? {
                    Some(fit) => fit,
                    None => rewrite(&model, &staged, true, &progress)?,
                }
            }
            None => rewrite(&model, &staged, false, &progress)?,
        };
        settled::remember_recent(&model, &place, &model.table("traces"))?;
        tell_difference(&model, &staged);
        Ok(vec![fit.first().copied().unwrap_or(0), staged.new, staged.changed, missing_rows(&staged)])
    })?;
    record(call, summary)
}

/// Writes all tables anew.
fn rewrite(model: &Model, staged: &Staged, inferred: bool, progress: &Progress) -> Result<Vec<i64>, Failure> {
    let mut leaves = Leaves::of_fit(model, model.info.fits);
    merge_traces(model, &mut leaves, &staged.table)?;
    sql::run(&format!("DROP TABLE {}", staged.table), &[])?;
    if !inferred {
        labels::split(model, &leaves.name("traces"))?;
        infer_again(model, progress)?;
    }
    materialise(model, leaves, progress)
}

/// The stored prefix tree with the staged traces in place of what they were; `None` where it cannot be had so.
fn update_tree(model: &Model, staged: &Staged) -> Result<Option<Automaton>, Failure> {
    let Some(stored) = data::automaton(model, "prefix_tree")? else { return Ok(None) };
    let (mut tree, mut lost) = (PrefixTree::new(memory_limit()), Lost::default());
    tree.merge(&stored)?;
    let mut ends = data::ends(model)?;
    bulk::each_row(&format!("SELECT old_trace, trace FROM {}", staged.table), &mut |row| {
        let view = |i: usize| -> Result<_, Failure> { Ok(row.trace(i)?.map(TraceView::from_bytes).transpose()?) };
        let (old, new) = (view(0)?, view(1)?);
        ends = ends.take().and_then(|ends| replaced(ends, old.as_ref(), new.as_ref()));
        Ok(tree.replace(old.as_ref(), new.as_ref(), &mut lost)?)
    })?;
    if lost.rest {
        return Ok(None);
    }
    ends = ends.filter(Ends::is_known);
    if lost.ends {
        let known = match ends.take() {
            Some(ends) => ends,
            None => ends_of_traces(model, staged)?,
        };
        tree.mend(&known);
        ends = Some(known);
    }
    data::store_ends(model, ends.as_ref())?;
    Ok(Some(tree.to_automaton()))
}

/// Ends with a new trace in place of an old one; `None` where they are not those of these traces.
fn replaced(mut ends: Ends, old: Option<&TraceView<'_>>, new: Option<&TraceView<'_>>) -> Option<Ends> {
    let of = |view: &TraceView<'_>| Some((*view.times.first()?, *view.times.last()?));
    if let Some((old, (first, last))) = old.and_then(|old| Some((old, of(old)?))) {
        ends = ends.remove(old.variant, first, last).then_some(ends)?;
    }
    if let Some((new, (first, last))) = new.and_then(|new| Some((new, of(new)?))) {
        ends.add(new.variant, first, last);
    }
    Some(ends)
}

/// When all traces start and end, as they are now.
fn ends_of_traces(model: &Model, staged: &Staged) -> Result<Ends, Failure> {
    let mut ends = Ends::default();
    bulk::each_row(&traces_now(model, staged, "started_at, ended_at, "), &mut |row| {
        let (Some(first), Some(last), Some(trace)) = (row.time(0)?, row.time(1)?, row.trace(2)?) else {
            return Ok(());
        };
        ends.add(TraceView::variant_of(trace)?, first, last);
        Ok(())
    })?;
    Ok(ends)
}

/// The prefix tree made again from all traces.
fn tree_of_traces(model: &Model, staged: &Staged) -> Result<Automaton, Failure> {
    data::store_ends(model, None)?;
    let query = format!("SELECT logfsm.prefix_tree_agg(t.trace) FROM ({}) AS t", traces_now(model, staged, ""));
    let mut tree = None;
    bulk::each_row(&query, &mut |row| {
        tree = row.automaton(0)?;
        Ok(())
    })?;
    tree.ok_or_else(|| Error::NoTraces { operation: "refresh" }.into())
}

/// The query for the traces as they are now; `columns` of `traces`, each followed by a comma, come first.
fn traces_now(model: &Model, staged: &Staged, columns: &str) -> String {
    let new = if columns.is_empty() { "" } else { "logfsm.started_at(s.trace), logfsm.ended_at(s.trace), " };
    format!(
        "SELECT {columns}t.trace FROM {} t WHERE t.run_id OPERATOR(pg_catalog.=) 0
           AND NOT EXISTS (SELECT FROM {staged} s WHERE s.old_id OPERATOR(pg_catalog.=) t.trace_id)
         UNION ALL SELECT {new}s.trace FROM {staged} s WHERE s.trace IS NOT NULL",
        model.table("traces"),
        staged = staged.table
    )
}

/// The type of trace keys, as SQL writes it.
pub fn key_type(model: &Model) -> Result<String, Failure> {
    let query = "SELECT pg_catalog.format_type(atttypid, atttypmod) FROM pg_catalog.pg_attribute
                 WHERE attrelid OPERATOR(pg_catalog.=) $1::regclass AND attname OPERATOR(pg_catalog.=) 'trace_key'";
    Ok(sql::one(query, &[model.table("traces").into()])?.unwrap_or_else(|| "text".into()))
}

/// The operator that says two trace keys are equal, found by type, not by name.
pub fn key_equality(model: &Model) -> Result<String, Failure> {
    let query = "SELECT pg_catalog.format('OPERATOR(%I.%s)', n.nspname, o.oprname)
                 FROM pg_catalog.pg_attribute a
                 JOIN pg_catalog.pg_operator o ON o.oid OPERATOR(pg_catalog.=) $2
                 JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) o.oprnamespace
                 WHERE a.attrelid OPERATOR(pg_catalog.=) $1::regclass AND a.attname OPERATOR(pg_catalog.=) 'trace_key'";
    let type_query = "SELECT a.atttypid FROM pg_catalog.pg_attribute a
                      WHERE a.attrelid OPERATOR(pg_catalog.=) $1::regclass AND a.attname OPERATOR(pg_catalog.=) 'trace_key'";
    let traces = model.table("traces");
    let key_type: pg_sys::Oid = sql::one(type_query, &[traces.as_str().into()])?.unwrap_or(pg_sys::TEXTOID);
    // SAFETY: looks up a type that exists.
    let operator = unsafe { (*pg_sys::lookup_type_cache(key_type, pg_sys::TYPECACHE_EQ_OPR as i32)).eq_opr };
    let name: Option<String> = sql::one(query, &[traces.into(), operator.into()])?;
    Ok(name.unwrap_or_else(|| "OPERATOR(pg_catalog.=)".into()))
}

/// A new traces leaf: old traces as they were, touched ones anew; known traces keep their id.
fn merge_traces(model: &Model, leaves: &mut Leaves<'_>, staged: &str) -> Result<(), Failure> {
    let leaf = leaves.create("traces")?;
    let (traces, equals) = (model.table("traces"), key_equality(model)?);
    let columns = "run_id, trace_id, origin, trace_key, synthetic_key, started_at, ended_at, n_events, trace";
    let keep = format!(
        "INSERT INTO {leaf} ({columns}) SELECT {columns} FROM {traces} t WHERE run_id OPERATOR(pg_catalog.=) 0
         AND NOT EXISTS (SELECT FROM {staged} n WHERE n.trace_key {equals} t.trace_key)"
    );
    sql::run(&keep, &[])?;
    let add = format!(
        "INSERT INTO {leaf} ({columns})
         SELECT 0, COALESCE(n.old_id, (SELECT COALESCE(pg_catalog.max(trace_id), 0) FROM {traces} WHERE run_id OPERATOR(pg_catalog.=) 0)
                    OPERATOR(pg_catalog.+) pg_catalog.row_number() OVER (PARTITION BY n.old_id IS NULL ORDER BY n.trace_key)),
                'real', n.trace_key, NULL, logfsm.started_at(n.trace), logfsm.ended_at(n.trace), logfsm.length(n.trace), n.trace
         FROM {staged} n WHERE n.trace IS NOT NULL"
    );
    sql::run(&add, &[])?;
    let keyless: Option<i64> = sql::one(&format!("SELECT n_events::bigint FROM {leaf} WHERE trace_key IS NULL"), &[])?;
    require_keys(model, keyless.unwrap_or(0) as u64)
}

/// Rows that the source has and the model has not; where there are none, those that the source has lost, as a negative
/// number.
fn missing_rows(staged: &Staged) -> i64 {
    if staged.missing > 0 { staged.missing as i64 } else { -(staged.gone as i64) }
}

/// Warns where the model is not what a fit would make of the source.
fn tell_difference(model: &Model, staged: &Staged) {
    if staged.missing + staged.gone > 0 {
        pgrx::warning!(
            "source {} has {} rows that model \"{}\" has not, the model has {} that the source has not: rows were changed, deleted or came later than its lateness; run logfsm.fit()",
            model.info.source,
            staged.missing,
            model.info.name,
            staged.gone
        );
    }
}
