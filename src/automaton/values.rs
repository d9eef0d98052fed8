//! What the parameters of each event type look like, slot by slot, over all traces: samples of values and of their
//! shapes with how many traces have each, and how large numbers are.
//!
//! Everything merges exactly, in any order: counts are sums, first times are minima, and what is among the k smallest
//! keyed hashes of a union is among the k smallest of every part that holds it, so that its count is exact. A sample
//! with room left is the whole domain. Beyond that the hashes say how many distinct values there are (k-minimum values,
//! Bar-Yossef et al. 2002), and the sampled counts how many of them occur in one trace only: what the values not yet
//! seen weigh follows from these (Good 1953).

mod collect;
mod shape;

pub(super) use collect::{Collector, Events};
pub use shape::{character_classes, magnitude, number, shape};

use super::LabelId;
use serde::{Deserialize, Serialize};

/// Values kept per slot.
pub const SLOT_VALUES: usize = 64;
/// Shapes, and sets of character classes, kept per slot.
pub const SLOT_SHAPES: usize = 32;
/// Slots kept per event type: of more names those with the smallest keyed hashes.
pub const SLOTS: usize = 256;

/// A sampled value, or a shape of values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenValue {
    /// Keyed hash of the value: decides whether it stays.
    pub hash: u64,
    /// The value as text.
    pub value: Box<str>,
    /// How many traces have it, each counted once.
    pub traces: u64,
    /// The time of the first event that has it, in microseconds since 2000-01-01 UTC; `None` without times.
    pub first: Option<i64>,
}

/// The values of smallest keyed hash, ascending by (hash, value).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ValueSample {
    /// The values.
    pub items: Vec<SeenValue>,
}

/// What one slot of an event type looked like.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlotValues {
    /// The event type.
    pub label: LabelId,
    /// The slot: its key, or its place in a list, counting from 1.
    pub name: Box<str>,
    /// How many traces have it.
    pub traces: u64,
    /// A sample of its values.
    pub values: ValueSample,
    /// A sample of their shapes ([`shape`]).
    pub shapes: ValueSample,
    /// A sample of the sets of character classes that they are written in ([`character_classes`]).
    pub classes: ValueSample,
    /// How often numbers of each magnitude occurred ([`magnitude`]), ascending.
    pub magnitudes: Vec<(u16, u64)>,
}

impl ValueSample {
    /// Whether a sample of at most `k` values holds all there are.
    pub fn is_whole(&self, k: usize) -> bool {
        self.items.len() < k
    }

    /// The sampled value of this text.
    pub fn get(&self, hash: u64, value: &str) -> Option<&SeenValue> {
        self.find(hash, value).ok().map(|i| &self.items[i])
    }

    fn find(&self, hash: u64, value: &str) -> Result<usize, usize> {
        self.items.binary_search_by(|item| item.hash.cmp(&hash).then_with(|| (*item.value).cmp(value)))
    }

    /// How many distinct values there are: exact where the sample is whole, else estimated from the largest hash.
    pub fn distinct(&self, k: usize) -> f64 {
        match self.items.last() {
            Some(last) if !self.is_whole(k) => {
                (self.items.len() as f64 - 1.0) / ((last.hash as f64 + 1.0) / 18_446_744_073_709_551_616.0)
            }
            _ => self.items.len() as f64,
        }
    }

    /// How many values occur in a single trace: exact where the sample is whole, else estimated.
    pub fn singletons(&self, k: usize) -> f64 {
        let sampled = self.items.iter().filter(|item| item.traces == 1).count() as f64;
        sampled * self.distinct(k) / (self.items.len() as f64).max(1.0)
    }

    /// In how few traces a value occurs; 0 where there are no values.
    pub fn rarest(&self) -> u64 {
        self.items.iter().map(|item| item.traces).min().unwrap_or(0)
    }

    fn problem(&self, k: usize, traces: u64) -> bool {
        let ascending = self.items.windows(2).all(|p| (p[0].hash, &p[0].value) < (p[1].hash, &p[1].value));
        !ascending || self.items.len() > k || self.items.iter().any(|item| item.traces == 0 || item.traces > traces)
    }
}

/// Why these cannot be the slots of an automaton with so many labels and traces, if so.
pub(super) fn problem(slots: &[SlotValues], labels: usize, traces: u64) -> Option<&'static str> {
    if slots.windows(2).any(|pair| (pair[0].label, &pair[0].name) >= (pair[1].label, &pair[1].name)) {
        return Some("Slots of parameters are not ascending by event type and name.");
    }
    if slots.chunk_by(|a, b| a.label == b.label).any(|group| group.len() > SLOTS) {
        return Some("An event type has more slots than are kept.");
    }
    let bad = |slot: &SlotValues| {
        slot.label as usize >= labels
            || slot.traces == 0
            || slot.traces > traces
            || slot.values.problem(SLOT_VALUES, slot.traces)
            || slot.shapes.problem(SLOT_SHAPES, slot.traces)
            || slot.classes.problem(SLOT_SHAPES, slot.traces)
            || slot.magnitudes.windows(2).any(|pair| pair[0].0 >= pair[1].0)
            || slot.magnitudes.iter().any(|m| m.1 == 0)
            || slot.magnitudes.iter().try_fold(0u64, |sum, m| sum.checked_add(m.1)).is_none()
    };
    slots.iter().any(bad).then_some("A slot's sample is too large, out of order, or counts what is not there.")
}
