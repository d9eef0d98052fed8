//! refresh: re-reads whole the traces that got new rows, and updates tree, machine and tables.

use super::data::require_keys;
use super::fit::{materialise, record, traces_query};
use super::leaf::Leaves;
use super::progress::Progress;
use super::{Model, lines, source};
use crate::pg::call::{Call, Reply};
use crate::pg::error::Failure;
use crate::pg::sql;
use pgrx::{PgSqlErrorCode, pg_sys};

/// refresh(model) → (fit, new_traces, changed_traces, missing_rows)
pub fn refresh(call: Call) -> Reply {
    let summary = Model::change(call.need_text(0, "model")?, "refresh", |model| {
        model.require_fitted()?;
        source::require_readable(&model.info)?;
        let Some(column) = model.info.refresh_by.clone() else {
            let message = format!("model \"{}\" has no column to refresh by", model.info.name);
            return Err(Failure::new(PgSqlErrorCode::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE, message)
                .detail("Its traces are ordered by seq alone, so new rows cannot be told from old ones.")
                .hint("Run fit again, or create the model with refresh_by => a timestamp column."));
        };
        let progress = Progress::start("refresh", &model.info.name);
        progress.stage("reading what is new");
        let before = source_rows(&model)?;
        let staged = stage(&model, &column)?;
        let (new, changed) = counts(&staged)?;
        if new + changed == 0 {
            sql::run(&format!("DROP TABLE {staged}"), &[])?;
            let missing = missing_rows(&model, before)?;
            return Ok(vec![model.info.fits.into(), 0, 0, missing]);
        }
        let table = model.table("model");
        sql::run(&format!("UPDATE {table} SET fits = fits OPERATOR(pg_catalog.+) 1"), &[])?;
        let model = Model::read(model.schema, model.owner)?;
        let mut leaves = Leaves::of_fit(&model, model.info.fits);
        merge_traces(&model, &mut leaves, &staged)?;
        update_tree(&model, &staged, &leaves.name("traces"), changed)?;
        sql::run(&format!("DROP TABLE {staged}"), &[])?;
        let fit = materialise(&model, leaves, &progress)?;
        Ok(vec![fit.first().copied().unwrap_or(0), new, changed, missing_rows(&model, before)?])
    })?;
    record(call, summary)
}

/// The type of trace keys, as SQL writes it.
pub fn key_type(model: &Model) -> Result<String, Failure> {
    let query = "SELECT pg_catalog.format_type(atttypid, atttypmod) FROM pg_catalog.pg_attribute
                 WHERE attrelid OPERATOR(pg_catalog.=) $1::regclass AND attname OPERATOR(pg_catalog.=) 'trace_key'";
    Ok(sql::one(query, &[model.table("traces").into()])?.unwrap_or_else(|| "text".into()))
}

/// The columns that the model uses, of a relation called x.
fn used_columns(model: &Model) -> String {
    let mut columns: Vec<String> =
        model.info.used_columns().iter().map(|column| format!("x.{}", sql::quote_identifier(column))).collect();
    columns.sort();
    columns.dedup();
    columns.join(", ")
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

/// A table of the touched traces: key, new trace, and the old one if there was one.
fn stage(model: &Model, column: &str) -> Result<String, Failure> {
    let staged = model.table(&format!("refresh_{}", model.info.fits + 1));
    let (table, source, equals) = (model.table("model"), &model.info.source, key_equality(model)?);
    let column = sql::quote_identifier(column);
    let templates = format!("(SELECT templates FROM {table})");
    let mut recent = format!(
        "(SELECT {} FROM {source} x, {table} m
          WHERE m.high_water IS NULL OR x.{column}::timestamptz OPERATOR(pg_catalog.>=) (m.high_water OPERATOR(pg_catalog.-) m.lateness))",
        used_columns(model)
    );
    // Where more lines change the templates of earlier ones, or what a line is depends on those before it, all traces
    // are read again.
    if lines::learn_more(model, &recent)? || model.info.depends_on_order() {
        recent.clone_from(source);
    }
    // Taken before reading: what arrives in between is read again next time.
    let high_water = format!(
        "UPDATE {table} SET high_water = high.water FROM (SELECT pg_catalog.max({column})::timestamptz AS water FROM {source}) high"
    );
    let touched = format!(
        "SELECT DISTINCT r.trace_key FROM ({}) r WHERE r.trace_key IS NOT NULL",
        model.info.rows_query(&recent, &templates)
    );
    let reread = traces_query(model, source, &format!("JOIN ({touched}) AS k ON k.trace_key {equals} r.trace_key"));
    let create = format!(
        "CREATE TABLE {staged} AS
         SELECT t.trace_key, w.trace, o.trace_id AS old_id, o.trace AS old_trace
         FROM ({reread}) AS t
         CROSS JOIN {table} m
         -- A trace whose start has left the period counts as gone.
         CROSS JOIN LATERAL (SELECT CASE WHEN (m.since IS NULL OR logfsm.started_at(t.trace) OPERATOR(pg_catalog.>=) m.since)
                       AND (m.until IS NULL OR logfsm.started_at(t.trace) OPERATOR(pg_catalog.<) m.until) THEN t.trace END AS trace) w
         LEFT JOIN {traces} o ON o.run_id OPERATOR(pg_catalog.=) 0 AND o.trace_key {equals} t.trace_key
         WHERE CASE WHEN o.trace IS NULL THEN w.trace IS NOT NULL
                    ELSE w.trace IS NULL OR o.trace OPERATOR(logfsm.<>) w.trace END",
        traces = model.table("traces")
    );
    source::run_reading(&model.info, || sql::run(&create, &[]))?;
    sql::run(&high_water, &[])?;
    Ok(staged)
}

fn counts(staged: &str) -> Result<(i64, i64), Failure> {
    let count = |condition: &str| -> Result<i64, Failure> {
        let query = format!("SELECT pg_catalog.count(*) FROM {staged} WHERE old_trace IS {condition}");
        Ok(sql::one::<i64>(&query, &[])?.unwrap_or(0))
    };
    Ok((count("NULL")?, count("NOT NULL")?))
}

/// Brings the stored prefix tree up to date. New traces are added to it. Where known traces changed it is made again
/// from the stored traces: minima, maxima and samples cannot be subtracted, and refresh must equal fit.
fn update_tree(model: &Model, staged: &str, traces: &str, changed: i64) -> Result<(), Failure> {
    let table = model.table("model");
    let tree = if changed > 0 {
        format!("SELECT logfsm.prefix_tree_agg(trace) FROM {traces}")
    } else {
        format!(
            "SELECT logfsm.rollup(part.tree) FROM (SELECT prefix_tree AS tree FROM {table}
             UNION ALL SELECT logfsm.prefix_tree_agg(trace) FROM {staged}) part"
        )
    };
    sql::run(&format!("UPDATE {table} SET prefix_tree = ({tree})"), &[])?;
    Ok(())
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

/// The source's rows, where they can be compared with the events read: one key per row and no period.
fn source_rows(model: &Model) -> Result<Option<i64>, Failure> {
    let windowed = format!("SELECT since IS NOT NULL OR until IS NOT NULL FROM {}", model.table("model"));
    // formats hide and skip lines
    let uncounted = model.info.trace_column.is_none() || !model.info.line_fields.is_empty();
    if uncounted || sql::holds(&windowed, &[])? {
        return Ok(None);
    }
    sql::one(&format!("SELECT pg_catalog.count(*) FROM {}", model.info.source), &[])
}

/// Rows that the source had before reading but the model does not have (positive), or that the model has and the
/// source has lost (negative); warned about, because only fit mends it.
fn missing_rows(model: &Model, before: Option<i64>) -> Result<i64, Failure> {
    let (Some(before), Some(after)) = (before, source_rows(model)?) else { return Ok(0) };
    let known = format!(
        "SELECT pg_catalog.sum(n_events)::bigint FROM {} WHERE run_id OPERATOR(pg_catalog.=) 0",
        model.table("traces")
    );
    let known: i64 = sql::one(&known, &[])?.unwrap_or(0);
    let missing = if before > known {
        before - known
    } else if after < known {
        after - known
    } else {
        0
    };
    if missing != 0 {
        pgrx::warning!(
            "source {} has {} rows, model \"{}\" has {known}: rows were changed, deleted or came later than its lateness; run logfsm.fit()",
            model.info.source,
            after,
            model.info.name
        );
    }
    Ok(missing)
}
