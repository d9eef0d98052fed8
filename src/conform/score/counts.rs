//! Event counts against those of the training traces: the nearest one, and what differs.

use crate::automaton::{CountVector, LabelId, UNITS_PER_BIT};
use hashbrown::HashMap;
use std::sync::LazyLock;

/// Where a trace's count of an event type differs from the nearest training trace's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deviation {
    /// The event type.
    pub label: LabelId,
    /// How often it occurs.
    pub found: u32,
    /// How often it occurs in the nearest training trace.
    pub expected: u32,
    /// What the difference costs, in units.
    pub cost: u64,
}

/// Costs of small differences.
static SMALL: LazyLock<Vec<u64>> = LazyLock::new(|| (0..1024).map(computed).collect());

fn computed(difference: u32) -> u64 {
    if difference == 0 { 0 } else { UNITS_PER_BIT + super::units(libm::log2(f64::from(difference))) }
}

/// The bits, in units, that writing down a difference takes: its sign and its magnitude. 0 for none.
pub fn cost(difference: u32) -> u64 {
    SMALL.get(difference as usize).copied().unwrap_or_else(|| computed(difference))
}

/// The distance of two vectors, `u64::MAX` as soon as it reaches `limit`. O(event types of both).
pub fn distance(a: &[(LabelId, u32)], b: &[(LabelId, u32)], limit: u64) -> u64 {
    let (mut i, mut j, mut sum) = (0, 0, 0u64);
    while i < a.len() || j < b.len() {
        let left = a.get(i).map_or(LabelId::MAX, |x| x.0);
        let right = b.get(j).map_or(LabelId::MAX, |x| x.0);
        let (mut x, mut y) = (0, 0);
        if left <= right {
            x = a[i].1;
            i += 1;
        }
        if right <= left {
            y = b[j].1;
            j += 1;
        }
        sum += cost(x.abs_diff(y));
        if sum >= limit {
            return u64::MAX;
        }
    }
    sum
}

/// The distance to the nearest of some vectors with its position, those at `except` left out; the first of equals.
pub fn nearest(counts: &[(LabelId, u32)], vectors: &[CountVector], except: Option<usize>) -> Option<(u64, usize)> {
    let mut best: Option<(u64, usize)> = None;
    for (i, vector) in vectors.iter().enumerate().filter(|(i, _)| Some(*i) != except) {
        let limit = best.map_or(u64::MAX, |b| b.0);
        let found = distance(counts, &vector.counts, limit);
        if found < limit {
            best = Some((found, i));
        }
    }
    best
}

/// Count vectors indexed for exact matches.
#[derive(Debug, Default)]
pub struct Vectors {
    list: Vec<CountVector>,
    exact: HashMap<Vec<(LabelId, u32)>, ()>,
}

impl Vectors {
    /// Indexes count vectors.
    pub fn new(vectors: &[CountVector]) -> Self {
        Vectors { exact: vectors.iter().map(|v| (v.counts.clone(), ())).collect(), list: vectors.to_vec() }
    }

    /// Where counts differ from the nearest vector's; nothing where there are no vectors to compare with.
    pub fn deviations(&self, counts: &[(LabelId, u32)]) -> Vec<Deviation> {
        if self.exact.contains_key(counts) {
            return Vec::new();
        }
        let Some((_, at)) = nearest(counts, &self.list, None) else { return Vec::new() };
        let expected = &self.list[at].counts;
        let of = |all: &[(LabelId, u32)], label| all.binary_search_by_key(&label, |x| x.0).map_or(0, |i| all[i].1);
        let mut labels: Vec<LabelId> = counts.iter().chain(expected).map(|x| x.0).collect();
        labels.sort_unstable();
        labels.dedup();
        let deviation = |label| {
            let (found, expected) = (of(counts, label), of(expected, label));
            Deviation { label, found, expected, cost: cost(found.abs_diff(expected)) }
        };
        labels.into_iter().map(deviation).filter(|d| d.cost > 0).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sparse(dense: &[u32]) -> Vec<(LabelId, u32)> {
        dense.iter().zip(0..).filter(|x| *x.0 > 0).map(|(&n, label)| (label, n)).collect()
    }

    proptest! {
        #[test]
        fn deviations_add_up_to_the_smallest_distance(
            training in prop::collection::vec(prop::collection::vec(0u32..9, 5), 1..20),
            trace in prop::collection::vec(0u32..9, 5),
        ) {
            let vectors: Vec<CountVector> = training.iter().map(|v| CountVector { count: 1, counts: sparse(v) }).collect();
            let far = |v: &Vec<u32>| -> u64 { v.iter().zip(&trace).map(|(a, b)| cost(a.abs_diff(*b))).sum() };
            let least = training.iter().map(far).min().unwrap();
            let found = Vectors::new(&vectors).deviations(&sparse(&trace));
            prop_assert_eq!(found.iter().map(|d| d.cost).sum::<u64>(), least);
            prop_assert_eq!(found.is_empty(), training.contains(&trace));
        }
    }

    #[test]
    fn a_difference_costs_a_sign_and_a_magnitude() {
        assert_eq!([0, 1, 2, 8, 1 << 20].map(cost), [0, 1, 2, 4, 21].map(|bits| bits * UNITS_PER_BIT));
    }
}
