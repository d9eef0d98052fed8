//! What scoring needs to know of the training traces beside the machine itself: bounded in size, integers only.

use super::{Histogram, LabelId};
use serde::{Deserialize, Serialize};

/// Training traces kept at most, the most frequent ones.
pub const REFERENCE_TRACES: usize = 1024;
/// Events of training traces kept at most.
pub const REFERENCE_EVENTS: usize = 32_768;
/// Count vectors kept at most, the most frequent ones.
pub const COUNT_VECTORS: usize = 1024;
/// Entries of count vectors kept at most.
pub const COUNT_ENTRIES: usize = 65_536;
/// Scores are counted in fractions of a bit so small: sums of them are exact, in any order.
pub const UNITS_PER_BIT: u64 = 1 << 20;

/// A distinct training trace with how often it occurred.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReferenceTrace {
    /// How often it occurred.
    pub count: u64,
    /// Its events.
    pub events: Vec<LabelId>,
}

/// How often each event type occurs in a training trace, with how many traces are so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountVector {
    /// How many training traces have these counts.
    pub count: u64,
    /// (event type, how often it occurs), ascending by event type, without zeros.
    pub counts: Vec<(LabelId, u32)>,
}

/// How the training traces score when each is held out, and what new traces are compared with.
///
/// Empty (no vectors) in a prefix tree and in machines of earlier releases.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Calibration {
    /// Distinct training traces, most frequent first, then shorter, then by label.
    pub traces: Vec<ReferenceTrace>,
    /// Distinct count vectors, most frequent first, then by content.
    pub vectors: Vec<CountVector>,
    /// Surprise of single events that held-out training traces stay below, in units.
    pub floor: u64,
    /// What surprise below the floor is divided by, so that it only breaks ties.
    pub divisor: u64,
    /// Scores of the training traces, each held out, in units.
    pub scores: Histogram,
}

impl Calibration {
    /// True where there is nothing to compare with.
    pub fn is_empty(&self) -> bool {
        self.vectors.is_empty()
    }

    /// Why this cannot be what calibration made of a machine with `labels` event types, if so.
    pub fn problem(&self, labels: usize) -> Option<&'static str> {
        let known = |label: LabelId| (label as usize) < labels;
        let events: usize = self.traces.iter().map(|t| t.events.len()).sum();
        if self.traces.len() > REFERENCE_TRACES || events > REFERENCE_EVENTS {
            return Some("It keeps more training traces than it may.");
        }
        if self.traces.iter().any(|t| t.count == 0 || !t.events.iter().all(|&e| known(e))) {
            return Some("A training trace has no count or an event that does not exist.");
        }
        let entries: usize = self.vectors.iter().map(|v| v.counts.len()).sum();
        if self.vectors.len() > COUNT_VECTORS || entries > COUNT_ENTRIES {
            return Some("It keeps more count vectors than it may.");
        }
        let bad = |v: &CountVector| {
            let ascending = v.counts.windows(2).all(|pair| pair[0].0 < pair[1].0);
            v.count == 0 || !ascending || v.counts.iter().any(|&(label, n)| !known(label) || n == 0)
        };
        if self.vectors.iter().any(bad) {
            return Some("A count vector has no count, is out of order or counts what does not exist.");
        }
        if !self.vectors.is_empty() && self.divisor == 0 {
            return Some("Its divisor is zero.");
        }
        self.scores.problem()
    }
}
