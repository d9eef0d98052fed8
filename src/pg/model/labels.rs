//! Labelled traces: those with a row that says so must not happen, and the machine learns to reject them.

use super::refresh::key_equality;
use super::{Model, foreign};
use crate::error::Error;
use crate::pg::error::Failure;
use crate::pg::sql::{self, quote_identifier, quote_literal};

/// Marks the negative traces of a traces leaf, and stores the prefix trees of both kinds. Nothing without a label column.
///
/// Both trees are made again from the leaf, at fit and at refresh: a label may come late.
pub fn split(model: &Model, leaf: &str) -> Result<(), Failure> {
    let info = &model.info;
    let (Some(column), Some(negative)) = (&info.label_column, &info.negative_label) else { return Ok(()) };
    let mut columns: Vec<String> = info.used_columns().iter().map(|c| format!("x.{}", quote_identifier(c))).collect();
    columns.sort();
    columns.dedup();
    let labelled = format!(
        "(SELECT {} FROM {} x WHERE {} OPERATOR(pg_catalog.=) {})",
        columns.join(", "),
        info.source,
        foreign::text_of("x", column, &foreign::columns(&info.source)?),
        quote_literal(negative)
    );
    let table = model.table("model");
    let rows = info.rows_query(&labelled, &format!("(SELECT templates FROM {table})"))?;
    let mark = format!(
        "UPDATE {leaf} t SET is_negative = EXISTS (SELECT FROM negative n WHERE n.trace_key {} t.trace_key)",
        key_equality(model)?
    );
    sql::run(&format!("WITH negative AS MATERIALIZED (SELECT DISTINCT r.trace_key FROM ({rows}) r) {mark}"), &[])?;
    let trees = format!(
        "UPDATE {table} SET prefix_tree = l.positive, negative_tree = l.negative, ends = NULL
         FROM (SELECT logfsm.prefix_tree_agg(trace) FILTER (WHERE NOT is_negative) AS positive,
                      logfsm.prefix_tree_agg(trace) FILTER (WHERE is_negative) AS negative FROM {leaf}) l"
    );
    sql::run(&trees, &[])?;
    if sql::holds(&format!("SELECT prefix_tree IS NULL FROM {table}"), &[])? {
        return Err(Failure::from(Error::NoTraces { operation: "learn from" }).detail(format!(
            "Every trace has a row whose {} is {}.",
            quote_identifier(column),
            quote_literal(negative)
        )));
    }
    Ok(())
}
