//! Control-flow log distance: how far traces must be edited to match one to one (Chapela-Campa et al. 2025).

use super::Weighted;
use crate::automaton::LabelId;
use crate::interrupt;
use hashbrown::HashMap;

/// Rows of a table of distances between two questions whether to go on.
const ROWS_PER_CHECK: usize = 64;

/// The Damerau–Levenshtein distance (optimal string alignment) over the longer length, 0 to 1. O(product of lengths).
pub fn normalised(a: &[LabelId], b: &[LabelId]) -> f64 {
    let longest = a.len().max(b.len());
    if longest == 0 {
        return 0.0;
    }
    let width = b.len() + 1;
    let mut rows = [vec![0usize; width], (0..width).collect::<Vec<_>>(), vec![0usize; width]];
    for i in 1..=a.len() {
        if i % ROWS_PER_CHECK == 0 {
            interrupt::check();
        }
        let [before, above, row] = &mut rows;
        row[0] = i;
        for j in 1..width {
            let cost = usize::from(a[i - 1] != b[j - 1]);
            let mut least = (above[j] + 1).min(row[j - 1] + 1).min(above[j - 1] + cost);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(before[j - 2] + 1);
            }
            row[j] = least;
        }
        rows.rotate_left(1);
    }
    rows[1][b.len()] as f64 / longest as f64
}

/// The mean normalised distance of the cheapest one-to-one matching of two samples of equally many traces; distances
/// are computed once per pair of distinct traces. O(n³) at worst.
pub fn control_flow_distance(a: &[&[LabelId]], b: &[&[LabelId]]) -> f64 {
    let n = a.len().min(b.len());
    if n == 0 {
        return 0.0;
    }
    let mut known: HashMap<(&[LabelId], &[LabelId]), f64> = HashMap::new();
    let costs: Vec<Vec<f64>> = a[..n]
        .iter()
        .map(|x| {
            interrupt::check();
            b[..n].iter().map(|y| *known.entry((x, y)).or_insert_with(|| normalised(x, y))).collect()
        })
        .collect();
    let matched = assignment(&costs);
    matched.iter().enumerate().fold(0.0, |sum, (i, &j)| sum + costs[i][j]) / n as f64
}

/// `n` traces that stand for a weighted set: at equal steps of the cumulated weight, in order. The same for the same
/// traces however they came.
pub fn systematic(traces: &[Weighted], n: usize) -> Vec<&[LabelId]> {
    let total = traces.iter().fold(0.0, |sum, t| sum + t.weight);
    let (mut sum, mut at, mut sample) = (0.0, 0, Vec::with_capacity(n));
    for i in 0..n {
        let wanted = (i as f64 + 0.5) / n as f64 * total;
        while at + 1 < traces.len() && sum + traces[at].weight <= wanted {
            sum += traces[at].weight;
            at += 1;
        }
        sample.extend(traces.get(at).map(|t| t.events.as_slice()));
    }
    sample
}

/// The cheapest assignment of rows to columns of a square matrix (Jonker & Volgenant's shortest augmenting paths).
/// O(n³).
pub fn assignment(costs: &[Vec<f64>]) -> Vec<usize> {
    let n = costs.len();
    // Row and column 0 are sentinels; `taken[j]` is the row of column j.
    let (mut u, mut v) = (vec![0.0; n + 1], vec![0.0; n + 1]);
    let (mut taken, mut way) = (vec![0usize; n + 1], vec![0usize; n + 1]);
    for i in 1..=n {
        interrupt::check();
        taken[0] = i;
        let mut column = 0;
        let (mut least, mut done) = (vec![f64::INFINITY; n + 1], vec![false; n + 1]);
        while taken[column] != 0 {
            done[column] = true;
            let row = taken[column];
            let (mut delta, mut next) = (f64::INFINITY, 0);
            for j in 1..=n {
                if done[j] {
                    continue;
                }
                let reduced = costs[row - 1][j - 1] - u[row] - v[j];
                if reduced < least[j] {
                    (least[j], way[j]) = (reduced, column);
                }
                if least[j] < delta {
                    (delta, next) = (least[j], j);
                }
            }
            for j in 0..=n {
                if done[j] {
                    u[taken[j]] += delta;
                    v[j] -= delta;
                } else {
                    least[j] -= delta;
                }
            }
            column = next;
        }
        while column != 0 {
            taken[column] = taken[way[column]];
            column = way[column];
        }
    }
    let mut matched = vec![0; n];
    (1..=n).for_each(|j| matched[taken[j] - 1] = j - 1);
    matched
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_by_hand() {
        assert_eq!(normalised(&[0, 1, 2], &[0, 1, 2]), 0.0);
        assert_eq!(normalised(&[0, 1], &[1, 0]), 0.5);
        assert_eq!(normalised(&[0, 1, 2, 3], &[0, 2, 3]), 0.25);
        assert_eq!(normalised(&[], &[1, 2]), 1.0);
    }

    #[test]
    fn the_cheapest_assignment() {
        let costs = vec![vec![4.0, 1.0, 3.0], vec![2.0, 0.0, 5.0], vec![3.0, 2.0, 2.0]];
        assert_eq!(assignment(&costs), [1, 0, 2]);
        let (a, b): (&[LabelId], &[LabelId]) = (&[0, 1, 2], &[5]);
        assert_eq!(control_flow_distance(&[a, b], &[b, a]), 0.0);
        assert_eq!(control_flow_distance(&[a, a], &[b, a]), 0.5);
    }
}
