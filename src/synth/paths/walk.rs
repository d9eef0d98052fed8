//! Walking a graph by integer draws.

use super::graph::Graph;
use super::solve::ONE;
use crate::synth::random::{Spread, Stream};

/// A graph made ready for walking.
pub struct Walk {
    /// The graph.
    pub graph: Graph,
    /// For each edge the weights of its node up to and including it, the end's first.
    cumulative: Vec<u64>,
    totals: Vec<u64>,
    distance: Vec<u32>,
    farthest: u32,
    /// Events a trace may have.
    pub max_length: u32,
}

impl Walk {
    /// O(nodes + edges).
    pub fn new(graph: Graph, max_length: u32) -> Self {
        let mut cumulative = vec![0; graph.edges.len()];
        let mut totals = Vec::with_capacity(graph.len());
        for node in 0..graph.len() as u32 {
            let mut sum = graph.stops[node as usize];
            for i in graph.range(node) {
                sum += graph.edges[i].weight;
                cumulative[i] = sum;
            }
            totals.push(sum);
        }
        let distance = graph.distances();
        let farthest = distance.iter().copied().max().unwrap_or(0);
        Walk { graph, cumulative, totals, distance, farthest, max_length }
    }

    /// The length of the shortest trace.
    pub fn shortest(&self) -> u32 {
        self.distance[0]
    }

    /// The share of a node's weight.
    pub fn share(&self, node: u32, weight: u64) -> f64 {
        weight as f64 / self.totals[node as usize] as f64
    }

    /// The edge drawn at a node, `None` for the end. Near the cap only edges from which an end is in reach.
    fn step(&self, node: u32, taken: usize, stream: &mut Stream) -> Option<usize> {
        let left = u64::from(self.max_length) - taken as u64;
        let range = self.graph.range(node);
        let stops = self.graph.stops[node as usize];
        let allowed = |i: &usize| u64::from(self.distance[self.graph.edges[*i].target as usize]) < left;
        if range.clone().all(|i| allowed(&i)) {
            let draw = stream.below(self.totals[node as usize]);
            if draw < stops {
                return None;
            }
            let first = range.start;
            return Some(first + self.cumulative[range].partition_point(|&sum| sum <= draw));
        }
        let total = stops + range.clone().filter(allowed).map(|i| self.graph.edges[i].weight).sum::<u64>();
        let mut draw = stream.below(total);
        if draw < stops {
            return None;
        }
        draw -= stops;
        range.filter(allowed).find(|&i| {
            let weight = self.graph.edges[i].weight;
            let taken = draw < weight;
            draw = draw.wrapping_sub(weight);
            taken
        })
    }

    /// A walk from the start to an end, as positions of edges. O(length × log edges of a node).
    pub fn draw(&self, stream: &mut Stream, path: &mut Vec<u32>) {
        path.clear();
        self.go_on(0, stream, path);
    }

    /// A walk by a number that is evenly spread over many walks; each alone has the same distribution as by
    /// [`Walk::draw`].
    pub fn draw_spread(&self, mut spread: Spread, stream: &mut Stream, path: &mut Vec<u32>) {
        path.clear();
        let mut node = 0;
        // Near the cap not all edges are allowed: the plain step sees to that.
        while u64::from(self.max_length) > path.len() as u64 + u64::from(self.farthest) {
            let stops = self.graph.stops[node as usize];
            let (draw, digits) = spread.below(self.totals[node as usize], stream);
            if draw < stops {
                return;
            }
            let range = self.graph.range(node);
            let first = range.start;
            let edge = first + self.cumulative[range].partition_point(|&sum| sum <= draw);
            let weight = self.graph.edges[edge].weight;
            spread.spend(draw - (self.cumulative[edge] - weight), digits, weight);
            path.push(edge as u32);
            node = self.graph.edges[edge].target;
        }
        self.go_on(node, stream, path);
    }

    fn go_on(&self, mut node: u32, stream: &mut Stream, path: &mut Vec<u32>) {
        while let Some(edge) = self.step(node, path.len(), stream) {
            path.push(edge as u32);
            node = self.graph.edges[edge].target;
        }
    }

    /// A walk that takes a step that counts, by its exact conditional distribution.
    ///
    /// * `reach`: per node the fixed-point probability that such a step is still to come
    /// * `edge`, `stop`: whether taking an edge or ending at a node counts
    pub fn draw_through(
        &self,
        reach: &[u64],
        edge: &dyn Fn(usize) -> bool,
        stop: &dyn Fn(u32) -> bool,
        stream: &mut Stream,
        path: &mut Vec<u32>,
    ) {
        path.clear();
        let mut node = 0;
        loop {
            let left = u64::from(self.max_length) - path.len() as u64;
            let weight = |i: usize| {
                let e = &self.graph.edges[i];
                let in_reach = u64::from(self.distance[e.target as usize]) < left;
                let share = if edge(i) { ONE } else { reach[e.target as usize] };
                if in_reach { u128::from(e.weight) * u128::from(share) } else { 0 }
            };
            let end = if stop(node) { u128::from(self.graph.stops[node as usize]) * u128::from(ONE) } else { 0 };
            let range = self.graph.range(node);
            let total = range.clone().map(weight).sum::<u128>() + end;
            if total == 0 {
                // Only where the cap leaves no room for it.
                return self.go_on(node, stream, path);
            }
            let mut draw = stream.below_wide(total);
            if draw < end {
                return;
            }
            draw -= end;
            let taken = range.into_iter().find(|&i| {
                let weight = weight(i);
                let taken = draw < weight;
                draw = draw.wrapping_sub(weight);
                taken
            });
            let Some(taken) = taken else { return };
            path.push(taken as u32);
            node = self.graph.edges[taken].target;
            if edge(taken) {
                return self.go_on(node, stream, path);
            }
        }
    }

    /// The node where a walk ends.
    pub fn last_node(&self, path: &[u32]) -> u32 {
        path.last().map_or(0, |&edge| self.graph.edges[edge as usize].target)
    }
}
