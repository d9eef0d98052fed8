//! Scores of a run's traces, written in bulk.

use super::Model;
use super::events::Open;
use crate::conform::{Machine, VariantScores};
use crate::pg::bulk::BulkWriter;
use crate::pg::call::datum;
use crate::pg::error::Failure;
use crate::pg::sql;
use crate::trace::TraceView;
use pgrx::pg_sys::Datum;

/// Fills the scores leaf of a run, by the model's threshold.
pub struct ScoreWriter {
    known: VariantScores,
    writer: BulkWriter,
    run_id: Option<Datum>,
    threshold: f64,
}

impl ScoreWriter {
    /// Opens a leaf.
    pub fn open(model: &Model, leaf: &str, run_id: i32, open: Open) -> Result<Self, Failure> {
        let threshold = format!("SELECT threshold FROM {}", model.table("model"));
        Ok(ScoreWriter {
            known: VariantScores::default(),
            writer: open(leaf, &["run_id", "trace_id", "score", "is_anomalous"])?,
            run_id: datum(run_id),
            threshold: sql::one(&threshold, &[])?.unwrap_or(f64::INFINITY),
        })
    }

    /// Scores a trace by the model's machine.
    pub fn trace(&mut self, machine: &Machine, trace_id: Datum, trace: &TraceView<'_>) -> Result<(), Failure> {
        let score = self.known.score(machine, trace)?;
        self.score(trace_id, score);
        Ok(())
    }

    /// Writes the score of a trace.
    pub fn score(&mut self, trace_id: Datum, score: f64) {
        self.writer.row(&[self.run_id, Some(trace_id), datum(score), datum(score > self.threshold)]);
    }

    /// Writes what is left.
    pub fn finish(self) {
        self.writer.finish();
    }
}
