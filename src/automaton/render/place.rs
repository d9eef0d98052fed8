//! The second half of the layout: coordinates, and lines that touch nothing but their ends.

use super::layers::{Extent, Layers, Link};

/// Free room between neighbours in a layer.
const GAP: f64 = 16.0;
/// Free room between layers, at least; an arrow head must fit.
const LAYER_GAP: f64 = 20.0;
/// Passes of placing; more improve little.
const PASSES: usize = 40;

/// A point: `across` the picture's direction and `along` it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Point {
    pub across: f64,
    pub along: f64,
}

/// Where everything is.
#[derive(Debug, Default)]
pub(super) struct Placed {
    /// Centre of each state.
    pub states: Vec<Point>,
    /// Centre of each link's label.
    pub labels: Vec<Point>,
    /// For each link, points from source to target: straight lines (even steps) and S-curves (odd steps) in turn.
    pub lines: Vec<Vec<Point>>,
    /// Size of the whole.
    pub size: (f64, f64),
}

/// Values closest to `targets` (by weighted squares) with at least `gaps[i]` from value i to i + 1: pool adjacent
/// violators, exact and linear.
fn spread(targets: &[(f64, f64)], gaps: &[f64]) -> Vec<f64> {
    // With the gaps taken off, values need only ascend; blocks of equal values are (mean, weight, length).
    let mut blocks: Vec<(f64, f64, usize)> = Vec::with_capacity(targets.len());
    let mut offset = 0.0;
    for (i, &(target, weight)) in targets.iter().enumerate() {
        if i > 0 {
            offset += gaps[i - 1];
        }
        let mut block = (target - offset, weight, 1);
        while let Some(&(mean, w, n)) = blocks.last().filter(|last| last.0 > block.0) {
            block = ((mean * w + block.0 * block.1) / (w + block.1), w + block.1, n + block.2);
            blocks.pop();
        }
        blocks.push(block);
    }
    let mut values: Vec<f64> = blocks.iter().flat_map(|&(mean, _, n)| std::iter::repeat_n(mean, n)).collect();
    let mut offset = 0.0;
    for (i, value) in values.iter_mut().enumerate() {
        if i > 0 {
            offset += gaps[i - 1];
        }
        *value += offset;
    }
    values
}

/// Where each vertex is across: rows in turn move to the mean of their neighbours, as far as order and room allow.
fn across(layers: &Layers, states: usize) -> Vec<f64> {
    let mut at = vec![0.0; layers.extents.len()];
    let gaps: Vec<Vec<f64>> = layers
        .rows
        .iter()
        .map(|row| {
            let gap = |pair: &[usize]| layers.extents[pair[0]].after + layers.extents[pair[1]].before + GAP;
            row.windows(2).map(gap).collect()
        })
        .collect();
    for (row, gaps) in layers.rows.iter().zip(&gaps) {
        let mut x = -gaps.iter().sum::<f64>() / 2.0;
        for (i, &v) in row.iter().enumerate() {
            at[v] = x;
            x += gaps.get(i).copied().unwrap_or(0.0);
        }
    }
    // Long edges are to be straight, and frequent ones: the usual way through the machine becomes its spine.
    let weight = |v: usize, u: usize| {
        let long = if v >= states && u >= states { 6.0 } else { 1.0 };
        long * layers.heft[v].max(layers.heft[u])
    };
    for pass in 0..PASSES {
        let both = pass >= PASSES - 12;
        for step in 0..layers.rows.len() {
            let r = if pass % 2 == 0 { step } else { layers.rows.len() - 1 - step };
            let target = |&v: &usize| {
                let (mut sum, mut total) = (0.0, 0.0);
                let up = (both || pass % 2 == 0).then_some(&layers.above[v]);
                let down = (both || pass % 2 == 1).then_some(&layers.below[v]);
                for &u in up.into_iter().chain(down).flatten() {
                    sum += at[u] * weight(v, u);
                    total += weight(v, u);
                }
                if total == 0.0 { (at[v], 0.05) } else { (sum / total, total) }
            };
            let targets: Vec<(f64, f64)> = layers.rows[r].iter().map(target).collect();
            for (value, &v) in spread(&targets, &gaps[r]).into_iter().zip(&layers.rows[r]) {
                at[v] = value;
            }
        }
    }
    let least = (0..at.len()).map(|v| at[v] - layers.extents[v].before).fold(f64::INFINITY, f64::min);
    at.iter_mut().for_each(|x| *x -= least);
    at
}

/// Top and bottom of each layer; the further lines go across, the more room between layers.
fn along(layers: &Layers, at: &[f64]) -> Vec<(f64, f64)> {
    let mut top = 0.0;
    let mut bands = Vec::with_capacity(layers.rows.len());
    for row in &layers.rows {
        let thick = row.iter().map(|&v| layers.extents[v].along).fold(0.0, f64::max);
        bands.push((top, top + thick));
        let reach = |&v: &usize| layers.below[v].iter().map(|&u| (at[u] - at[v]).abs()).fold(0.0, f64::max);
        let furthest = row.iter().map(reach).fold(0.0, f64::max);
        top += thick + LAYER_GAP + (furthest * 0.1).min(50.0);
    }
    bands
}

/// Where lines meet a state: for each (link, at its upper end) the place across. Below their vertex if there is room,
/// never out of the box, in the order of where they come from.
fn ports(layers: &Layers, at: &[f64], boxes: &[f64], upper_end: bool) -> Vec<f64> {
    let mut of_state: Vec<Vec<(f64, usize)>> = vec![Vec::new(); boxes.len()];
    for (i, chain) in layers.chains.iter().enumerate() {
        let n = chain.vertices.len();
        let (state, next) = if upper_end {
            (chain.vertices[0], chain.vertices[1])
        } else {
            (chain.vertices[n - 1], chain.vertices[n - 2])
        };
        of_state[state].push((at[next], i));
    }
    let mut ports = vec![0.0; layers.chains.len()];
    for (state, ends) in of_state.iter_mut().enumerate() {
        ends.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let half = boxes[state] * 0.4;
        let gap = (2.0 * half / ends.len().max(1) as f64).min(14.0);
        let (low, high) = (at[state] - half, at[state] + half);
        let targets: Vec<(f64, f64)> = ends.iter().map(|&(x, _)| (x.clamp(low, high), 1.0)).collect();
        let values = spread(&targets, &vec![gap; ends.len().saturating_sub(1)]);
        for (k, (value, &(_, i))) in values.into_iter().zip(ends.iter()).enumerate() {
            // Back into the box, without moving two ends onto each other.
            ports[i] = value.min(high - (ends.len() - 1 - k) as f64 * gap).max(low + k as f64 * gap);
        }
    }
    ports
}

impl Placed {
    /// Coordinates for all; `boxes` are the states' sizes (across, along) without their loops. `None` where it would
    /// take too long.
    pub fn of(states: &[Extent], boxes: &[(f64, f64)], links: &[Link]) -> Option<Placed> {
        let layers = Layers::of(states, links)?;
        let at = across(&layers, states.len());
        let bands = along(&layers, &at);
        let middle = |v: usize| {
            let (top, bottom) = bands[layers.layer[v]];
            Point { across: at[v], along: (top + bottom) / 2.0 }
        };
        let widths: Vec<f64> = boxes.iter().map(|b| b.0).collect();
        let (starts, ends) = (ports(&layers, &at, &widths, true), ports(&layers, &at, &widths, false));
        let mut lines = Vec::with_capacity(links.len());
        for (i, chain) in layers.chains.iter().enumerate() {
            let last = chain.vertices.len() - 1;
            let mut points = Vec::with_capacity(2 * chain.vertices.len());
            for (k, &v) in chain.vertices.iter().enumerate() {
                let (mut top, mut bottom) = bands[layers.layer[v]];
                let mut x = at[v];
                if k == 0 {
                    (x, top) = (starts[i], middle(v).along + boxes[v].1 / 2.0);
                }
                if k == last {
                    (x, bottom) = (ends[i], middle(v).along - boxes[v].1 / 2.0);
                }
                points.extend([Point { across: x, along: top }, Point { across: x, along: bottom }]);
            }
            if chain.upwards {
                points.reverse();
            }
            lines.push(points);
        }
        let size = (0..at.len()).map(|v| at[v] + layers.extents[v].after).fold(0.0, f64::max);
        Some(Placed {
            states: (0..states.len()).map(middle).collect(),
            labels: layers.chains.iter().map(|chain| middle(chain.label)).collect(),
            lines,
            size: (size, bands.last().map_or(0.0, |band| band.1)),
        })
    }
}
