//! Distances of how often runs of events occur.

use super::Weighted;
use crate::automaton::LabelId;
use hashbrown::HashMap;

/// START and END in n-grams.
const PAD: LabelId = LabelId::MAX;

/// How often each n-gram occurs, START and END padded on both sides, by weight.
pub fn counts(traces: &[Weighted], n: usize) -> HashMap<Vec<LabelId>, f64> {
    let mut counts: HashMap<Vec<LabelId>, f64> = HashMap::new();
    for trace in traces {
        crate::interrupt::check();
        let mut padded = vec![PAD; n - 1];
        padded.extend(&trace.events);
        padded.resize(padded.len() + n - 1, PAD);
        for gram in padded.windows(n) {
            match counts.get_mut(gram) {
                Some(count) => *count += trace.weight,
                None => {
                    counts.insert(gram.to_vec(), trace.weight);
                }
            }
        }
    }
    counts
}

/// Shares of two sides side by side, ascending by key; sums are the same in any order of traces.
pub fn shares<K: Ord + Clone + std::hash::Hash + Eq>(a: &HashMap<K, f64>, b: &HashMap<K, f64>) -> Vec<(f64, f64)> {
    let mut keys: Vec<&K> = a.keys().chain(b.keys()).collect();
    keys.sort_unstable();
    keys.dedup();
    let both = |side: &HashMap<K, f64>, key: &K| side.get(key).copied().unwrap_or(0.0);
    let (sum_a, sum_b) = keys.iter().fold((0.0, 0.0), |(x, y), k| (x + both(a, k), y + both(b, k)));
    let share = |count: f64, sum: f64| if sum > 0.0 { count / sum } else { 0.0 };
    keys.into_iter().map(|k| (share(both(a, k), sum_a), share(both(b, k), sum_b))).collect()
}

/// The n-gram distance Σ|f − g| / Σ(f + g) of relative frequencies, 0 to 1.
pub fn distance(a: &[Weighted], b: &[Weighted], n: usize) -> f64 {
    shares(&counts(a, n), &counts(b, n)).iter().fold(0.0, |sum, (f, g)| sum + (f - g).abs()) / 2.0
}

/// The Jensen–Shannon divergence in bits of two sets of shares, 0 to 1.
pub fn jensen_shannon(shares: &[(f64, f64)]) -> f64 {
    let part = |p: f64, q: f64| if p > 0.0 { p * libm::log2(2.0 * p / (p + q)) } else { 0.0 };
    shares.iter().fold(0.0, |sum, &(p, q)| sum + (part(p, q) + part(q, p)) / 2.0)
}

/// The Jensen–Shannon divergence of k-grams.
pub fn divergence(a: &[Weighted], b: &[Weighted], k: usize) -> f64 {
    jensen_shannon(&shares(&counts(a, k), &counts(b, k)))
}

/// The total variation of the transition matrices' rows, each row weighted by the first side's share of it.
pub fn transition_variation(a: &[Weighted], b: &[Weighted]) -> f64 {
    let (a, b) = (rows(a), rows(b));
    let total = a.values().fold(0.0, |sum, row| sum + row.values().sum::<f64>());
    let none = HashMap::new();
    let mut keys: Vec<&LabelId> = a.keys().collect();
    keys.sort_unstable();
    keys.into_iter().fold(0.0, |sum, key| {
        let weight = a[key].values().sum::<f64>() / total;
        let variation = shares(&a[key], b.get(key).unwrap_or(&none)).iter().fold(0.0, |s, (f, g)| s + (f - g).abs());
        sum + weight * variation / 2.0
    })
}

/// What follows each event (or START) how often.
pub fn rows(traces: &[Weighted]) -> HashMap<LabelId, HashMap<LabelId, f64>> {
    let mut rows: HashMap<LabelId, HashMap<LabelId, f64>> = HashMap::new();
    for (pair, count) in counts(traces, 2) {
        *rows.entry(pair[0]).or_default().entry(pair[1]).or_default() += count;
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(traces: &[&[LabelId]]) -> Vec<Weighted> {
        super::super::grouped(traces.iter().map(|t| (t.to_vec(), 1.0)))
    }

    #[test]
    fn equal_sides_are_at_0_and_disjoint_ones_at_1() {
        let (a, b) = (of(&[&[0, 1, 2], &[0, 2]]), of(&[&[3, 4]]));
        assert_eq!((distance(&a, &a, 3), divergence(&a, &a, 5), transition_variation(&a, &a)), (0.0, 0.0, 0.0));
        assert!((distance(&a, &b, 3) - 1.0).abs() < 1e-12 && (divergence(&a, &b, 3) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn pairs_by_hand() {
        // START 0, 0 END against START 0, 0 0, 0 END: shares 1/2 1/2 0 and 1/3 1/3 1/3.
        let (a, b) = (of(&[&[0]]), of(&[&[0, 0]]));
        assert!((distance(&a, &b, 2) - 1.0 / 3.0).abs() < 1e-12);
    }
}
