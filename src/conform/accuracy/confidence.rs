//! What can be said before learning: how diverse the components of logs are, how complete logs are; and intervals.

use super::require_tree;
use crate::automaton::{Automaton, LabelId};
use crate::error::Result;
use crate::infer::{Control, distinct_traces};
use hashbrown::{HashMap, HashSet};
use std::collections::BTreeSet;

/// A 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// Its lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

/// The two-sided 95 % quantile of the normal distribution.
const Z: f64 = 1.959_963_984_540_054;

/// The interval of a share (Wilson 1927); `None` for none of none.
pub fn wilson(part: u64, whole: u64) -> Option<Interval> {
    if whole == 0 {
        return None;
    }
    let (n, p) = (whole as f64, part as f64 / whole as f64);
    let centre = (p + Z * Z / (2.0 * n)) / (1.0 + Z * Z / n);
    let half = Z / (1.0 + Z * Z / n) * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
    Some(Interval { low: (centre - half).max(0.0), high: (centre + half).min(1.0) })
}

/// The interval of the mean of two independent shares from theirs (method of variance estimates recovery, Zou & Donner 2008).
pub fn mean_of(a: (f64, Interval), b: (f64, Interval)) -> Interval {
    let below = ((a.0 - a.1.low).powi(2) + (b.0 - b.1.low).powi(2)).sqrt() / 2.0;
    let above = ((a.1.high - a.0).powi(2) + (b.1.high - b.0).powi(2)).sqrt() / 2.0;
    let mean = (a.0 + b.0) / 2.0;
    Interval { low: (mean - below).max(0.0), high: (mean + above).min(1.0) }
}

impl Automaton {
    /// The log-component diversity score of a prefix tree: (distinct sets of components − 1) / (traces − 1); 0 where all
    /// traces have the same components, and for a single trace.
    ///
    /// Fails for anything but a prefix tree.
    pub fn component_diversity(&self, control: &Control<'_>) -> Result<f64> {
        require_tree(self, "log_component_diversity")?;
        let traces = distinct_traces(self, control)?;
        let total: u64 = traces.iter().map(|trace| trace.count).sum();
        let components = |events: &[LabelId]| -> BTreeSet<Option<&str>> {
            events.iter().map(|&e| self.labels[e as usize].component.as_deref()).collect()
        };
        let sets: BTreeSet<_> = traces.iter().map(|trace| components(&trace.events)).collect();
        Ok(if total < 2 { 0.0 } else { (sets.len() - 1) as f64 / (total - 1) as f64 })
    }

    /// Log confidence of a prefix tree (Cohen & Maoz 2015): 1 − mean over the observed pairs of event types in a row,
    /// whatever their components, of (1 − share of traces that hold the pair) ^ traces. Near 1 where more traces would
    /// show nothing new.
    ///
    /// Fails for anything but a prefix tree.
    pub fn log_confidence(&self, control: &Control<'_>) -> Result<f64> {
        require_tree(self, "log_confidence")?;
        let traces = distinct_traces(self, control)?;
        let total: u64 = traces.iter().map(|trace| trace.count).sum();
        let event = |id: LabelId| self.labels[id as usize].event.as_ref();
        let mut holding: HashMap<[&str; 2], u64> = HashMap::new();
        for (i, trace) in traces.iter().enumerate() {
            if i % 256 == 0 {
                control.check()?;
            }
            let pairs = trace.events.windows(2).map(|pair| [event(pair[0]), event(pair[1])]);
            let pairs: HashSet<[&str; 2]> = pairs.collect();
            pairs.into_iter().for_each(|pair| *holding.entry(pair).or_default() += trace.count);
        }
        // Sorted: the order of a sum of floats shows in its last digits.
        let mut counts: Vec<u64> = holding.into_values().collect();
        counts.sort_unstable();
        let missed = |&n: &u64| libm::pow(1.0 - n as f64 / total as f64, total as f64);
        let mean = |sum: f64| 1.0 - sum / counts.len() as f64;
        Ok(if counts.is_empty() { 1.0 } else { mean(counts.iter().map(missed).sum()) })
    }
}
