//! Scores of many traces by one machine, found once per variant.

use super::Machine;
use crate::error::Result;
use crate::trace::TraceView;
use hashbrown::HashMap;

/// Bytes of scores kept; beyond it they are forgotten and found anew.
const KEPT_BYTES: usize = 16 << 20;

/// Scores traces, remembering the score of each variant seen: exact for traces whose times and parameters cannot
/// matter; the others are scored one by one.
#[derive(Debug, Default)]
pub struct VariantScores {
    known: HashMap<Box<[u8]>, f64>,
    bytes: usize,
}

impl VariantScores {
    /// What [`Machine::score_trace`] gives for a trace in binary form. Use it with one machine only.
    ///
    /// Errors: the trace's bytes are invalid.
    pub fn score(&mut self, machine: &Machine, trace: &TraceView<'_>) -> Result<f64> {
        if !machine.ignores(trace) {
            return Ok(machine.score_trace(&trace.to_trace()?));
        }
        if let Some(&score) = self.known.get(trace.variant) {
            return Ok(score);
        }
        let score = machine.score_trace(&trace.to_trace()?);
        self.bytes += trace.variant.len() + 48;
        if self.bytes > KEPT_BYTES {
            self.known.clear();
            self.bytes = trace.variant.len() + 48;
        }
        self.known.insert(trace.variant.into(), score);
        Ok(score)
    }
}

impl Machine {
    /// True where a trace's times and parameters cannot change its score: the trace or the machine has none.
    pub(super) fn ignores(&self, trace: &TraceView<'_>) -> bool {
        let totals = &self.automaton.totals;
        (trace.times.is_empty() || totals.timed_traces == 0)
            && (trace.parameters.is_empty() || totals.events_with_parameters == 0)
    }
}
