//! Scores of a run's traces, written in bulk.

use super::Model;
use super::events::Open;
use crate::conform::{Machine, VariantScores};
use crate::pg::error::Failure;
use crate::pg::heap_writer::BulkWriter;
use crate::pg::sql;
use crate::pg::value::{Value, ValueType, value};
use crate::trace::TraceView;

/// The columns of scores.
pub const SCORES: [(&str, ValueType); 4] = [
    ("run_id", ValueType::Int4),
    ("trace_id", ValueType::Int8),
    ("score", ValueType::Float8),
    ("is_anomalous", ValueType::Bool),
];

/// Fills the scores leaf of a run, by the model's threshold.
pub struct ScoreWriter {
    known: VariantScores,
    writer: BulkWriter,
    run_id: Option<Value>,
    threshold: f64,
}

impl ScoreWriter {
    /// Opens a leaf.
    pub fn open(model: &Model, leaf: &str, run_id: i32, open: Open) -> Result<Self, Failure> {
        let threshold = format!("SELECT threshold FROM {}", model.table("model"));
        Ok(ScoreWriter {
            known: VariantScores::default(),
            writer: open(leaf, &SCORES)?,
            run_id: value(run_id),
            threshold: sql::one(&threshold, &[])?.unwrap_or(f64::INFINITY),
        })
    }

    /// Scores a trace by the model's machine.
    pub fn trace(&mut self, machine: &Machine, trace_id: i64, trace: &TraceView<'_>) -> Result<(), Failure> {
        let score = self.known.score(machine, trace)?;
        self.score(trace_id, score)
    }

    /// Writes the score of a trace.
    pub fn score(&mut self, trace_id: i64, score: f64) -> Result<(), Failure> {
        self.writer.row(&[self.run_id, value(trace_id), value(score), value(score > self.threshold)])
    }

    /// Writes what is left.
    pub fn finish(self) {
        self.writer.finish();
    }
}
