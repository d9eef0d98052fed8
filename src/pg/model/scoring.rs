//! The threshold of a model, and how well its scores tell labelled traces apart.

use super::synthesize::score_again;
use super::{Model, sql};
use crate::conform::{self, Evaluation, Labelled};
use crate::pg::automaton_type::rows;
use crate::pg::call::{Call, Reply, datum, text};
use crate::pg::error::Failure;
use crate::pg::set::{Row, stream};
use crate::pg::sql::quote_identifier;
use crate::trace::TraceView;
use pgrx::{PgSqlErrorCode, pg_sys};
use std::collections::HashMap;

/// A variant is rare if at most one in so many labelled traces has it, or only one has.
const RARE: usize = 1000;

/// Sets the threshold that about this share of normal traces exceeds.
pub fn set_threshold(model: &Model, false_positive_rate: f64) -> Result<f64, Failure> {
    let set =
        format!("UPDATE {} SET threshold = logfsm.threshold(automaton, $1) RETURNING threshold", model.table("model"));
    Ok(sql::one(&set, &[false_positive_rate.into()])?.unwrap_or(f64::INFINITY))
}

/// recalibrate(model, false_positive_rate) → threshold
pub fn recalibrate(call: Call) -> Reply {
    let rate: f64 = call.need(1, "false_positive_rate")?;
    let threshold = Model::change(call.need_text(0, "model")?, "recalibrate", |model| {
        model.require_fitted()?;
        let threshold = set_threshold(&model, rate)?;
        score_again(&model)?;
        Ok(threshold)
    })?;
    Ok(datum(threshold))
}

/// What is read of a labelled trace.
struct Read {
    score: f64,
    anomalous: bool,
    variant: u64,
}

/// evaluate(model, labels, trace, label) → setof (subset, figures…)
pub fn evaluate(call: Call) -> Reply {
    stream(call, || {
        let name = call.need_text(0, "model")?;
        let labels: pg_sys::Oid = call.need(1, "labels")?;
        let (key, label) = (call.need_text(2, "trace")?, call.need_text(3, "label")?);
        let model = Model::find(name)?;
        model.require_fitted()?;
        let threshold = format!("SELECT threshold FROM {}", model.table("model"));
        let threshold: f64 = sql::one(&threshold, &[])?.unwrap_or(f64::INFINITY);
        let read = labelled(&model, labels, key, label)?;
        if read.is_empty() {
            let message = format!("no labelled trace of model \"{name}\"");
            return Err(Failure::new(PgSqlErrorCode::ERRCODE_NO_DATA_FOUND, message)
                .detail(format!("No real trace of the model has its key in column \"{key}\", or all labels are NULL."))
                .hint("Give trace => the column with the keys of the source, and label => the boolean column."));
        }
        let mut counts: HashMap<u64, usize> = HashMap::new();
        read.iter().for_each(|r| *counts.entry(r.variant).or_default() += 1);
        let most = (read.len() / RARE).max(1);
        let of = |rare_only: bool| {
            let chosen = read.iter().filter(|r| !rare_only || counts.get(&r.variant).is_some_and(|&n| n <= most));
            let all: Vec<Labelled> =
                chosen.map(|r| Labelled { score: r.score, anomalous: r.anomalous, weight: 1.0 }).collect();
            conform::evaluate(&all, threshold)
        };
        rows(vec![("all", of(false)), ("rare", of(true))], |(subset, figures)| Ok(row(subset, &figures)))
    })
}

fn row(subset: &str, e: &Evaluation) -> Row {
    let figures = [e.precision, e.recall, e.f1, e.best_f1, e.auroc, e.auprc, e.fpr_at_95_recall];
    let sizes = [e.traces, e.anomalies, e.flagged].map(|n| datum(n as i64));
    let figures = figures.map(|figure| figure.and_then(datum));
    [Some(text(subset))].into_iter().chain(sizes).chain(figures).collect()
}

/// The labelled real traces, read with the caller's rights.
fn labelled(model: &Model, labels: pg_sys::Oid, key: &str, label: &str) -> Result<Vec<Read>, Failure> {
    let relation: String = sql::one("SELECT $1::regclass::text", &[labels.into()])?.unwrap_or_default();
    let query = format!(
        "SELECT s.score, l.{label}::boolean, logfsm.trace_send(t.trace) FROM {relation} l
         JOIN {traces} t ON t.run_id OPERATOR(pg_catalog.=) 0 AND t.trace_key::text OPERATOR(pg_catalog.=) l.{key}::text
         JOIN {scores} s ON s.run_id OPERATOR(pg_catalog.=) 0 AND s.trace_id OPERATOR(pg_catalog.=) t.trace_id
         WHERE l.{label} IS NOT NULL",
        label = quote_identifier(label),
        key = quote_identifier(key),
        traces = model.table("traces"),
        scores = model.table("scores"),
    );
    let mut read = Vec::new();
    let mut invalid = None;
    sql::each_row(&query, &[], |row| {
        let (score, anomalous, trace): (Option<f64>, Option<bool>, Option<Vec<u8>>) =
            (row.get(1)?, row.get(2)?, row.get(3)?);
        if let (Some(score), Some(anomalous), Some(trace)) = (score, anomalous, trace) {
            match TraceView::from_bytes(&trace) {
                Ok(view) => {
                    let variant = xxhash_rust::xxh3::xxh3_64(view.variant);
                    read.push(Read { score, anomalous, variant });
                }
                Err(error) => invalid = Some(error),
            }
        }
        Ok(())
    })?;
    match invalid {
        Some(error) => Err(error.into()),
        None => Ok(read),
    }
}
