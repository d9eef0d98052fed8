//! evaluate: how well a model's scores tell labelled traces apart.
//!
//! Labels come from any relation that the caller names. Reading it may run code of its owner's, as that of a view, so it
//! is read as its owner, after the caller's right to read it was checked, and before the model is opened.

use super::owner::AsOwner;
use super::relations::{Class, may_use, sees_some};
use super::{Model, sql};
use crate::conform::{self, Evaluation, Labelled};
use crate::error::Error;
use crate::pg::automaton_type::rows;
use crate::pg::bulk;
use crate::pg::call::{Call, Reply, datum, text};
use crate::pg::error::Failure;
use crate::pg::set::{Row, stream};
use crate::pg::sql::quote_identifier;
use crate::trace::TraceView;
use pgrx::PgSqlErrorCode;
use pgrx::pg_sys::{self, Oid};
use std::collections::HashMap;
use std::ffi::CString;
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

/// A variant is rare if at most one in so many labelled traces has it, or only one has.
const RARE: usize = 1000;
/// Bytes that a label takes in memory, about.
const LABEL_BYTES: usize = 48;

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
        let labels: Oid = call.need(1, "labels")?;
        let (key, label) = (call.need_text(2, "trace")?, call.need_text(3, "label")?);
        let labels = Source::of(labels)?.labels(key, label)?;
        let (threshold, read) = Model::open(name, "Evaluating its scores", &["traces", "scores"], |model| {
            model.require_fitted()?;
            let threshold: Option<f64> = sql::one(&format!("SELECT threshold FROM {}", model.table("model")), &[])?;
            Ok((threshold.unwrap_or(f64::INFINITY), labels.traces(model)?))
        })?;
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

/// The relation with the labels.
struct Source {
    relation: Oid,
    /// Its name, quoted and qualified.
    name: String,
    owner: Oid,
    schema: Oid,
}

/// A relation's name, and whether reading it needs its reader's own rights on what lies below.
const LABELS: &str = "SELECT pg_catalog.format('%I.%I', n.nspname, c.relname),
        c.relkind OPERATOR(pg_catalog.=) 'f' OR EXISTS (SELECT FROM pg_catalog.pg_options_to_table(c.reloptions) o
            WHERE o.option_name OPERATOR(pg_catalog.=) 'security_invoker' AND o.option_value::boolean)
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
    WHERE c.oid OPERATOR(pg_catalog.=) $1 AND c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p,v,m,f}'::\"char\"[])";

impl Source {
    /// Finds it and decides whether it can be read as its owner.
    fn of(relation: Oid) -> Result<Source, Failure> {
        let mut found: Option<(String, bool)> = None;
        {
            let _as_caller = AsOwner::as_caller();
            sql::each_row(LABELS, &[relation.into()], |row| {
                found = row.get(1)?.zip(row.get(2)?);
                Ok(())
            })?;
        }
        let Some(((name, as_reader), class)) = found.zip(Class::of(relation)) else {
            return Err(Failure::new(PgSqlErrorCode::ERRCODE_WRONG_OBJECT_TYPE, "labels is not a table or view")
                .detail("It is an index, a sequence or the like, or does not exist.")
                .hint("Give a table or view with the keys of traces and a boolean column."));
        };
        let source = Source { relation, name, owner: class.owner, schema: class.schema };
        // SAFETY: reads who that is.
        if source.owner == unsafe { pg_sys::GetUserId() } {
            return Ok(source);
        }
        let own_rights = |detail: &str| {
            let message = format!("cannot read labels from {}", source.name);
            let code = PgSqlErrorCode::ERRCODE_INSUFFICIENT_PRIVILEGE;
            Err(Failure::new(code, message)
                .detail(format!(
                    "{detail} Labels of another role are read as that role, which would not keep to your rights."
                ))
                .hint("Copy the labels into a table of your own."))
        };
        if as_reader {
            return own_rights("It is a foreign table, or a view with security_invoker.");
        }
        if sees_some(relation) {
            return own_rights("Row-level security lets you see some of its rows only.");
        }
        Ok(source)
    }

    /// Fails unless the caller may read a column.
    fn require_column(&self, column: &str) -> Result<(), Failure> {
        let undefined = || {
            let message = format!("column \"{column}\" does not exist in {}", self.name);
            Failure::new(PgSqlErrorCode::ERRCODE_UNDEFINED_COLUMN, message)
                .detail("evaluate() reads the keys of traces and their labels from two columns.")
                .hint("Give trace => the column with the keys, and label => the boolean column.")
        };
        let name = CString::new(column).map_err(|_| undefined())?;
        // SAFETY: plain catalog look-ups.
        let may = unsafe {
            let number = pg_sys::get_attnum(self.relation, name.as_ptr());
            if number == 0 {
                return Err(undefined());
            }
            let (role, select, ok) =
                (pg_sys::GetUserId(), super::relations::acl(pg_sys::ACL_SELECT), pg_sys::AclResult::ACLCHECK_OK);
            pg_sys::pg_class_aclcheck(self.relation, role, select) == ok
                || pg_sys::pg_attribute_aclcheck(self.relation, number, role, select) == ok
        };
        if may && may_use(self.schema) {
            return Ok(());
        }
        let message = format!("permission denied for {}", self.name);
        Err(Failure::new(PgSqlErrorCode::ERRCODE_INSUFFICIENT_PRIVILEGE, message)
            .detail(format!("evaluate() reads its column \"{column}\"."))
            .hint(format!("Ask the owner to GRANT SELECT ON {}.", self.name)))
    }

    /// Reads the labels as the relation's owner.
    fn labels(&self, key: &str, label: &str) -> Result<Labels, Failure> {
        self.require_column(key)?;
        self.require_column(label)?;
        let _as_owner = AsOwner::switch(self.owner);
        let query = format!(
            "SELECT l.{key}::text, l.{label}::boolean FROM {} l WHERE l.{key} IS NOT NULL AND l.{label} IS NOT NULL",
            self.name,
            label = quote_identifier(label),
            key = quote_identifier(key),
        );
        let mut labels = Labels::default();
        let most = crate::pg::memory_limit() / LABEL_BYTES;
        bulk::each_row(&query, &mut |row| {
            let (Some(key), Some(label)) = (row.text(0)?, row.boolean(1)?) else { return Ok(()) };
            labels.add(key.as_bytes(), label);
            if labels.0.len() > most {
                let limit = crate::pg::memory_limit();
                return Err(Error::MemoryLimit { operation: "evaluate", limit }.into());
            }
            Ok(())
        })?;
        Ok(labels)
    }
}

/// How often each key is labelled normal and anomalous. Keys are told apart by a hash of 128 bits.
#[derive(Default)]
struct Labels(HashMap<u128, [u32; 2]>);

impl Labels {
    fn add(&mut self, key: &[u8], anomalous: bool) {
        self.0.entry(xxh3_128(key)).or_default()[usize::from(anomalous)] += 1;
    }

    /// The labelled ones among the real traces of a model: once for each label.
    fn traces(&self, model: &Model) -> Result<Vec<Read>, Failure> {
        let query = format!(
            "SELECT t.trace_key::text, s.score, t.trace FROM {traces} t
             JOIN {scores} s ON s.run_id OPERATOR(pg_catalog.=) 0 AND s.trace_id OPERATOR(pg_catalog.=) t.trace_id
             WHERE t.run_id OPERATOR(pg_catalog.=) 0",
            traces = model.table("traces"),
            scores = model.table("scores"),
        );
        let mut read = Vec::new();
        bulk::each_row(&query, &mut |row| {
            let (Some(key), Some(score), Some(trace)) = (row.text(0)?, row.float8(1)?, row.trace(2)?) else {
                return Ok(());
            };
            let Some(labelled) = self.0.get(&xxh3_128(key.as_bytes())) else { return Ok(()) };
            let variant = xxh3_64(TraceView::variant_of(trace)?);
            for (anomalous, &times) in [false, true].into_iter().zip(labelled) {
                read.extend((0..times).map(|_| Read { score, anomalous, variant }));
            }
            Ok(())
        })?;
        Ok(read)
    }
}
