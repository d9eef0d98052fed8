//! The spectral signature: eigenvalues of the normalised Laplacian of the execution graph.

use super::{Weighted, ngrams};
use crate::automaton::LabelId;
use crate::interrupt;

/// Sweeps of the eigenvalue iteration at most.
const SWEEPS: usize = 100;

/// Eigenvalues, ascending, of the normalised Laplacian of the graph of directly following events over `nodes`, END
/// closed to START, edges taken both ways by half. O(nodes³).
pub fn spectrum(traces: &[Weighted], nodes: &[LabelId]) -> Vec<f64> {
    let n = nodes.len();
    let position = |label: LabelId| nodes.binary_search(&label).ok();
    let row = |_| {
        interrupt::check();
        vec![0.0; n]
    };
    let mut weights: Vec<Vec<f64>> = (0..n).map(row).collect();
    let mut pairs: Vec<(Vec<LabelId>, f64)> = ngrams::counts(traces, 2).into_iter().collect();
    pairs.sort_by(|a, b| a.0.cmp(&b.0));
    // START and END are one node: the largest label.
    for (pair, count) in pairs {
        if let (Some(i), Some(j)) = (position(pair[0]), position(pair[1])) {
            weights[i][j] += count / 2.0;
            weights[j][i] += count / 2.0;
        }
    }
    let degree: Vec<f64> = weights.iter().map(|row| row.iter().sum()).collect();
    let entry = |i: usize, j: usize| {
        let scale = libm::sqrt(degree[i] * degree[j]);
        let own = if i == j && degree[i] > 0.0 { 1.0 } else { 0.0 };
        own - if scale > 0.0 { weights[i][j] / scale } else { 0.0 }
    };
    let row = |i| {
        interrupt::check();
        (0..n).map(|j| entry(i, j)).collect()
    };
    eigenvalues((0..n).map(row).collect())
}

/// The labels of both sides and the node that stands for START and END, ascending.
pub fn union_nodes(a: &[Weighted], b: &[Weighted]) -> Vec<LabelId> {
    let mut nodes: Vec<LabelId> =
        a.iter().chain(b).flat_map(|t| t.events.iter().copied()).chain([LabelId::MAX]).collect();
    nodes.sort_unstable();
    nodes.dedup();
    nodes
}

/// The mean difference of two spectra on the union of their nodes.
pub fn distance(a: &[Weighted], b: &[Weighted]) -> f64 {
    let nodes = union_nodes(a, b);
    let (a, b) = (spectrum(a, &nodes), spectrum(b, &nodes));
    a.iter().zip(&b).fold(0.0, |sum, (x, y)| sum + (x - y).abs()) / nodes.len() as f64
}

/// Eigenvalues of a symmetric matrix, ascending, by Jacobi's rotations. O(n³) per sweep, few sweeps.
pub fn eigenvalues(mut m: Vec<Vec<f64>>) -> Vec<f64> {
    let n = m.len();
    for _ in 0..SWEEPS {
        let off: f64 =
            (0..n).flat_map(|i| (0..i).map(move |j| (i, j))).fold(0.0, |sum, (i, j)| sum + m[i][j] * m[i][j]);
        if off < 1e-20 {
            break;
        }
        for p in 0..n {
            interrupt::check();
            for q in p + 1..n {
                if m[p][q] == 0.0 {
                    continue;
                }
                let theta = (m[q][q] - m[p][p]) / (2.0 * m[p][q]);
                let t = theta.signum() / (theta.abs() + libm::sqrt(theta * theta + 1.0));
                let c = 1.0 / libm::sqrt(t * t + 1.0);
                let s = t * c;
                for row in &mut m {
                    let (x, y) = (row[p], row[q]);
                    (row[p], row[q]) = (c * x - s * y, s * x + c * y);
                }
                let (head, tail) = m.split_at_mut(q);
                for (x, y) in head[p].iter_mut().zip(&mut tail[0]) {
                    (*x, *y) = (c * *x - s * *y, s * *x + c * *y);
                }
            }
        }
    }
    let mut values: Vec<f64> = (0..n).map(|i| m[i][i]).collect();
    values.sort_by(f64::total_cmp);
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_eigenvalues() {
        let close = |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(x, y)| (x - y).abs() < 1e-9);
        assert!(close(&eigenvalues(vec![vec![2.0, 1.0], vec![1.0, 2.0]]), &[1.0, 3.0]));
        let path = vec![vec![1.0, -1.0, 0.0], vec![-1.0, 2.0, -1.0], vec![0.0, -1.0, 1.0]];
        assert!(close(&eigenvalues(path), &[0.0, 1.0, 3.0]));
    }

    #[test]
    fn equal_graphs_have_equal_spectra() {
        let a = super::super::grouped([(vec![0, 1, 2], 2.0), (vec![0, 2], 1.0)]);
        let b = super::super::grouped([(vec![0, 0, 2, 2], 2.0)]);
        assert_eq!(distance(&a, &a), 0.0);
        assert!(distance(&a, &b) > 0.01);
        let nodes = union_nodes(&a, &a);
        assert!(spectrum(&a, &nodes)[0].abs() < 1e-9);
    }
}
