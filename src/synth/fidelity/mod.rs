//! How far synthetic traces are from real ones, and how far real ones are from each other.
//!
//! Each metric is given three times: between real and synthetic traces; between two halves of the real ones, the
//! *floor*, which no generator can be expected to undercut; and between real traces and synthetic ones whose events were
//! shuffled, the *control*, which shows what the metric says of nonsense.
//!
//! ```text
//! real traces ─┬─ half a, half b ──────▶ floor
//!              ├─ synthetic traces ────▶ value        a good run:  floor ≈ value ≪ control
//!              └─ shuffled synthetic ──▶ control
//! ```
//!
//! In reading order:
//!
//! * this file: weighted samples, grouped by variant; Kolmogorov–Smirnov and Wasserstein distances
//! * `ngrams`: how often runs of events occur; `edits`: how far traces must be edited to match one to one
//! * `spectrum`: eigenvalues of the execution graph; `forest`: how well a random forest tells both sides apart
//! * `columns`, `pairs`: parameters one by one and two by two
//! * `report`: all metrics, each beside floor and control, as `fidelity` shows them

pub mod columns;
pub mod edits;
pub mod forest;
pub mod ngrams;
pub mod pairs;
pub mod report;
pub mod spectrum;

use crate::automaton::LabelId;
use hashbrown::HashMap;

/// A distinct sequence of events with the weight of its traces.
#[derive(Debug, Clone, PartialEq)]
pub struct Weighted {
    /// The events.
    pub events: Vec<LabelId>,
    /// The sum of its traces' weights.
    pub weight: f64,
}

/// Traces grouped by their sequence of events, ascending. O(n log n).
pub fn grouped(traces: impl IntoIterator<Item = (Vec<LabelId>, f64)>) -> Vec<Weighted> {
    let mut sums: HashMap<Vec<LabelId>, f64> = HashMap::new();
    for (events, weight) in traces {
        *sums.entry(events).or_default() += weight;
    }
    let mut all: Vec<Weighted> = sums.into_iter().map(|(events, weight)| Weighted { events, weight }).collect();
    all.sort_unstable_by(|a, b| a.events.cmp(&b.events));
    all
}

/// The Kolmogorov–Smirnov distance of two weighted samples: the largest difference of their distribution functions.
pub fn ks(a: &[(f64, f64)], b: &[(f64, f64)]) -> f64 {
    cumulative(a, b).fold(0.0, |most, (_, difference)| f64::max(most, difference.abs()))
}

/// The 1-D Wasserstein distance of two weighted samples.
pub fn wasserstein(a: &[(f64, f64)], b: &[(f64, f64)]) -> f64 {
    let steps: Vec<(f64, f64)> = cumulative(a, b).collect();
    steps.windows(2).fold(0.0, |sum, pair| sum + pair[0].1.abs() * (pair[1].0 - pair[0].0))
}

/// At each distinct value the difference of the two distribution functions.
fn cumulative(a: &[(f64, f64)], b: &[(f64, f64)]) -> impl Iterator<Item = (f64, f64)> {
    let total = |sample: &[(f64, f64)]| sample.iter().fold(0.0, |sum, s| sum + s.1).max(f64::MIN_POSITIVE);
    let (of_a, of_b) = (total(a), total(b));
    let mut all: Vec<(f64, f64)> = a.iter().map(|&(value, weight)| (value, weight / of_a)).collect();
    all.extend(b.iter().map(|&(value, weight)| (value, -weight / of_b)));
    all.sort_by(|x, y| x.0.total_cmp(&y.0).then(x.1.total_cmp(&y.1)));
    let (mut difference, mut at) = (0.0, 0);
    std::iter::from_fn(move || {
        let value = all.get(at)?.0;
        while at < all.len() && all[at].0 == value {
            difference += all[at].1;
            at += 1;
        }
        Some((value, difference))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_of_samples() {
        let of = |values: &[f64]| values.iter().map(|&v| (v, 1.0)).collect::<Vec<_>>();
        assert_eq!(ks(&of(&[1.0, 2.0]), &of(&[1.0, 2.0])), 0.0);
        assert_eq!(ks(&of(&[1.0, 2.0]), &of(&[3.0])), 1.0);
        assert_eq!(ks(&of(&[1.0, 2.0]), &of(&[1.0, 3.0])), 0.5);
        assert_eq!(wasserstein(&of(&[1.0, 2.0]), &of(&[2.0, 4.0])), 1.5);
        assert_eq!(wasserstein(&of(&[1.0]), &[(1.0, 2.0)]), 0.0);
    }
}
