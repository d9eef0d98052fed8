//! Probabilities over a graph's walks, solved once with IEEE + − × ÷ in a fixed order, so that all platforms agree.

use super::graph::{Edge, Graph};
use crate::interrupt;

/// Sweeps after which a cyclic graph's solution is taken as it is.
const SWEEPS: usize = 10_000;
/// Relative change below which a solution is final.
const PRECISION: f64 = 1e-14;
/// One, in the fixed-point form that sampling uses.
pub const ONE: u64 = 1 << 62;

/// The order in which a graph is solved, and whether one sweep is enough.
pub struct Order {
    nodes: Vec<u32>,
    /// True where the graph has no cycle.
    pub acyclic: bool,
}

impl Order {
    /// O(nodes + edges).
    pub fn of(graph: &Graph) -> Self {
        let nodes = graph.postorder();
        let mut position = vec![0usize; graph.len()];
        nodes.iter().enumerate().for_each(|(i, &node)| position[node as usize] = i);
        let forward = |n: u32, e: &Edge| position[e.target as usize] < position[n as usize];
        let acyclic = nodes.iter().all(|&n| graph.outgoing(n).iter().all(|e| forward(n, e)));
        Order { nodes, acyclic }
    }

    /// For each node the probability that a walk from it takes a step that counts.
    ///
    /// * `edge`, `stop`: whether taking an edge (by position) or ending at a node counts
    ///
    /// O(nodes + edges) without cycles, times the sweeps to converge otherwise (self-loops are solved exactly).
    pub fn probability(&self, graph: &Graph, edge: &dyn Fn(usize) -> bool, stop: &dyn Fn(u32) -> bool) -> Vec<f64> {
        self.probability_within(graph, edge, stop, &mut { usize::MAX }).unwrap_or_default()
    }

    /// As [`Order::probability`], `None` where it would look at more edges than `room`, which becomes what is left of it:
    /// a walk that is long in a cycle takes thousands of sweeps.
    pub fn probability_within(
        &self,
        graph: &Graph,
        edge: &dyn Fn(usize) -> bool,
        stop: &dyn Fn(u32) -> bool,
        room: &mut usize,
    ) -> Option<Vec<f64>> {
        let mut h = vec![0.0f64; graph.len()];
        for _ in 0..SWEEPS {
            interrupt::check();
            *room = room.checked_sub(graph.edges.len())?;
            let mut change = 0.0f64;
            for &node in &self.nodes {
                let stops = graph.stops[node as usize];
                let (mut sum, mut own) = (if stop(node) { stops as f64 } else { 0.0 }, 0.0);
                for i in graph.range(node) {
                    let e = &graph.edges[i];
                    if edge(i) {
                        sum += e.weight as f64;
                    } else if e.target == node {
                        own += e.weight as f64;
                    } else {
                        sum += e.weight as f64 * h[e.target as usize];
                    }
                }
                let rest = graph.total(node) as f64 - own;
                let new = if rest > 0.0 { sum / rest } else { 0.0 };
                change = change.max((new - h[node as usize]).abs() / new.max(f64::MIN_POSITIVE));
                h[node as usize] = new;
            }
            if self.acyclic || change < PRECISION {
                break;
            }
        }
        Some(h)
    }

    /// The probability that a walk is longer than `cap` events; stops counting where what is left is negligible.
    pub fn beyond(&self, graph: &Graph, cap: u32) -> f64 {
        let mut mass = vec![0.0f64; graph.len()];
        mass[0] = 1.0;
        for step in 0..=cap {
            interrupt::check();
            let mut next = vec![0.0f64; graph.len()];
            for node in 0..graph.len() as u32 {
                let here = mass[node as usize];
                if here > 0.0 {
                    let total = graph.total(node) as f64;
                    graph.outgoing(node).iter().for_each(|e| next[e.target as usize] += here * e.weight as f64 / total);
                }
            }
            mass = next;
            let left: f64 = mass.iter().sum();
            if left < 1e-12 || step == cap {
                return left;
            }
        }
        0.0
    }
}

/// A probability in fixed point.
pub fn fixed(probability: f64) -> u64 {
    ((probability * ONE as f64) as u64).min(ONE)
}
