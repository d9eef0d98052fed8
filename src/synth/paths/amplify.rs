//! Rare behaviour made frequent, with weights that undo it.
//!
//! With R the rare pairs of adjacent events (START and END included) and h_e the probability that a path has pair e,
//! paths come from Q = (1 − λ) P + λ Σ r_e P(· | path has e), all r_e equal. A path's weight P / Q is then
//! 1 / ((1 − λ) + λ Σ_{e in R and path} r_e / h_e) ≤ 1 / (1 − λ), and weighted statistics stay unbiased. Which part of
//! the mixture a trace comes from follows from its number: the k-th forced trace takes pair k mod |R|.

use super::graph::{Graph, NONE};
use super::solve::{Order, fixed};
use super::walk::Walk;
use crate::error::Result;
use crate::infer::{Control, Held};
use crate::synth::random::Stream;
use hashbrown::HashMap;
use serde::{Deserialize, Serialize};

/// Probabilities kept at most: pairs × nodes. The rarest pairs come first.
const MOST_ENTRIES: usize = 1 << 23;

/// A pair of adjacent events and how many traces have it; [`NONE`] is START as the first and END as the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Pair {
    /// The earlier event.
    pub first: u32,
    /// The later event.
    pub then: u32,
    /// Traces with this pair.
    pub support: u64,
}

/// All pairs of adjacent events of some traces with their trace support, ascending. O(sum of lengths).
pub fn pairs(traces: &[Held]) -> Vec<Pair> {
    let mut support: HashMap<(u32, u32), u64> = HashMap::new();
    for trace in traces {
        let mut own: Vec<(u32, u32)> = Vec::with_capacity(trace.events.len() + 1);
        let mut first = NONE;
        for then in trace.events.iter().copied().chain([NONE]) {
            own.push((first, then));
            first = then;
        }
        own.sort_unstable();
        own.dedup();
        own.into_iter().for_each(|pair| *support.entry(pair).or_default() += trace.count);
    }
    let mut pairs: Vec<Pair> =
        support.into_iter().map(|((first, then), support)| Pair { first, then, support }).collect();
    pairs.sort_unstable();
    pairs
}

/// The rare pairs of a walk, solved.
pub struct Amplifier {
    /// λ in units of 2⁻³².
    share: u64,
    lambda: f64,
    /// The rare pairs that walks can take, rarest first.
    pub pairs: Vec<Pair>,
    /// For each edge the number of its pair plus one, 0 where it is not rare; for each node the same of ending there.
    of_edge: Vec<u32>,
    of_stop: Vec<u32>,
    /// For each pair and node the fixed-point probability that the pair is still to come.
    reach: Vec<Vec<u64>>,
    /// For each pair the probability that a path has it.
    probability: Vec<f64>,
}

impl Amplifier {
    /// Solves the rare pairs of a walk: those in at most `rho` of `traces` traces. `None` where no pair is rare or
    /// `lambda` is 0. O(rare pairs × (nodes + edges)) without cycles.
    pub fn new(
        walk: &Walk,
        pairs: &[Pair],
        traces: u64,
        lambda: f64,
        rho: f64,
        control: &Control<'_>,
    ) -> Result<Option<Self>> {
        let graph = &walk.graph;
        let mut rare: Vec<Pair> = pairs.iter().filter(|p| p.support as f64 <= rho * traces as f64).copied().collect();
        rare.sort_unstable_by_key(|p| (p.support, p.first, p.then));
        rare.truncate((MOST_ENTRIES / graph.len().max(1)).max(1));
        if lambda <= 0.0 || rare.is_empty() {
            return Ok(None);
        }
        let number: HashMap<(u32, u32), u32> = rare.iter().map(|p| (p.first, p.then)).zip(1..).collect();
        let of = |first, then| number.get(&(first, then)).copied().unwrap_or(0);
        let nodes = 0..graph.len() as u32;
        let of_node = |n: u32| graph.outgoing(n).iter().map(move |e| (n, e));
        let mut of_edge: Vec<u32> =
            nodes.clone().flat_map(of_node).map(|(n, e)| of(graph.last[n as usize], e.label)).collect();
        let mut of_stop: Vec<u32> = nodes.map(|n| of(graph.last[n as usize], NONE)).collect();
        let order = Order::of(graph);
        let (mut kept, mut reach, mut probability) = (Vec::new(), Vec::new(), Vec::new());
        let mut renumbered = vec![0; rare.len() + 1];
        for (pair, number) in rare.into_iter().zip(1u32..) {
            control.check()?;
            let h = order.probability(graph, &|edge| of_edge[edge] == number, &|node| of_stop[node as usize] == number);
            if h[0] > 0.0 {
                kept.push(pair);
                probability.push(h[0]);
                reach.push(h.into_iter().map(fixed).collect());
                renumbered[number as usize] = kept.len() as u32;
            }
        }
        if kept.is_empty() {
            return Ok(None);
        }
        of_edge.iter_mut().chain(&mut of_stop).for_each(|number| *number = renumbered[*number as usize]);
        // Rounded up: the share of forced traces is never below λ.
        let share = libm::ceil(lambda * 4_294_967_296.0) as u64;
        Ok(Some(Amplifier { share, lambda, pairs: kept, of_edge, of_stop, reach, probability }))
    }

    /// The pair that the trace of a number is forced to have, if any.
    pub fn forced(&self, ordinal: u64) -> Option<usize> {
        let until = |n: u64| (u128::from(n) * u128::from(self.share)) >> 32;
        let (now, before) = (until(ordinal), until(ordinal.wrapping_sub(1).min(ordinal)));
        (now > before).then(|| ((now - 1) % self.pairs.len() as u128) as usize)
    }

    /// How many traces up to a number are not forced.
    pub fn plain_until(&self, ordinal: u64) -> u64 {
        ordinal - ((u128::from(ordinal) * u128::from(self.share)) >> 32) as u64
    }

    /// A path that has a pair.
    pub fn draw(&self, walk: &Walk, pair: usize, stream: &mut Stream, path: &mut Vec<u32>) {
        let number = pair as u32 + 1;
        let (edge, stop) = (|i: usize| self.of_edge[i] == number, |node: u32| self.of_stop[node as usize] == number);
        walk.draw_through(&self.reach[pair], &edge, &stop, stream, path);
    }

    /// The weight of a path. O(length).
    pub fn weight(&self, walk: &Walk, path: &[u32]) -> f64 {
        let mut found: Vec<u32> = path.iter().map(|&edge| self.of_edge[edge as usize]).collect();
        found.push(self.of_stop[walk.last_node(path) as usize]);
        found.retain(|&number| number > 0);
        found.sort_unstable();
        found.dedup();
        let share = 1.0 / self.pairs.len() as f64;
        let sum = found.iter().fold(0.0, |sum, &number| sum + share / self.probability[number as usize - 1]);
        1.0 / ((1.0 - self.lambda) + self.lambda * sum)
    }

    /// The largest weight a path can have.
    pub fn largest_weight(&self) -> f64 {
        1.0 / (1.0 - self.lambda)
    }
}

/// A graph whose steps are drawn by (1 − λ) p + λ p^τ / Σ p^τ: rare steps of a state become more frequent, none by
/// more than it takes to keep p / q ≤ 1 / (1 − λ). O(edges).
pub fn tilted(graph: &Graph, lambda: f64, tau: f64) -> Graph {
    let mut tilted = graph.clone();
    for node in 0..graph.len() as u32 {
        let total = graph.total(node) as f64;
        let power = |weight: u64| if weight == 0 { 0.0 } else { libm::pow(weight as f64 / total, tau) };
        let sum = graph.outgoing(node).iter().fold(power(graph.stops[node as usize]), |sum, e| sum + power(e.weight));
        let scale = |weight: u64| {
            let q = (1.0 - lambda) * (weight as f64 / total) + lambda * power(weight) / sum;
            if weight == 0 { 0 } else { ((q * 9_007_199_254_740_992.0) as u64).max(1) }
        };
        tilted.stops[node as usize] = scale(graph.stops[node as usize]);
        for i in graph.range(node) {
            tilted.edges[i].weight = scale(graph.edges[i].weight);
        }
    }
    tilted
}
