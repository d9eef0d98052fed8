//! Conditions on paths: where they end, what they take, how long they are. Each turns the graph into the graph of
//! exactly the walks that meet it, with the conditional probabilities.

use super::graph::{Edge, Graph, NONE};
use super::solve::Order;
use crate::error::{Error, Result};
use crate::interrupt;
use crate::synth::options::Condition;
use hashbrown::HashMap;

/// Nodes a condition may unroll a graph to.
const MOST_NODES: usize = 1 << 22;
/// Weights of conditioned steps sum to about this.
const SCALE: f64 = 9_007_199_254_740_992.0;
/// Where longer traces than the cap are less probable than this, the cap needs no exact account.
const NEGLIGIBLE: f64 = 1e-9;
/// Nodes up to which a cap that matters is accounted for exactly.
const MOST_CAPPED: u64 = 1 << 22;
/// As many edges.
const MOST_CAPPED_EDGES: u64 = 1 << 24;

impl Graph {
    /// The walks whose length is from `least` to `most`, as a graph without cycles; weights as they are.
    ///
    /// O(nodes × most) where every node is met at every length.
    pub fn unrolled(&self, least: u32, most: u32) -> Result<Graph> {
        let distance = self.distances();
        let step = |&(node, length): &(u32, u32), _: &Edge, target: u32| {
            let _ = node;
            let length = length + 1;
            (length <= most && distance[target as usize] <= most - length).then_some((target, length))
        };
        let graph = self.product((0, 0), step, |&(_, length)| length >= least)?;
        Ok(graph.pruned())
    }

    /// The walks that take an edge that counts; weights as they are. O(nodes + edges).
    pub fn through(&self, counts: impl Fn(&Edge) -> bool) -> Result<Graph> {
        let step =
            |&(_, done): &(u32, u32), edge: &Edge, target: u32| Some((target, u32::from(done > 0 || counts(edge))));
        self.product((0, 0), step, |&(_, done)| done > 0)
    }

    /// The product with a counter: each node is met with each value its walks can have.
    fn product(
        &self,
        start: (u32, u32),
        step: impl Fn(&(u32, u32), &Edge, u32) -> Option<(u32, u32)>,
        ends: impl Fn(&(u32, u32)) -> bool,
    ) -> Result<Graph> {
        let mut number: HashMap<(u32, u32), u32> = HashMap::new();
        number.insert(start, 0);
        let (mut nodes, mut graph) = (vec![start], Graph { offsets: vec![0], ..Graph::default() });
        let mut at = 0;
        while at < nodes.len() {
            interrupt::check();
            let from = nodes[at];
            for edge in self.outgoing(from.0) {
                let Some(to) = step(&from, edge, edge.target) else { continue };
                let target = *number.entry(to).or_insert_with(|| {
                    nodes.push(to);
                    nodes.len() as u32 - 1
                });
                graph.edges.push(Edge { target, ..*edge });
            }
            graph.offsets.push(graph.edges.len() as u32);
            graph.last.push(self.last[from.0 as usize]);
            graph.states.push(self.states[from.0 as usize]);
            graph.stops.push(if ends(&from) { self.stops[from.0 as usize] } else { 0 });
            at += 1;
            if nodes.len() > MOST_NODES {
                return Err(Error::InvalidArgument {
                    argument: "condition",
                    reason: "Meeting it needs more states than can be held".into(),
                    hint: "Ask for a shorter length, or choose traces by WHERE after generating more of them.".into(),
                });
            }
        }
        Ok(graph)
    }

    /// The walks of this graph that end where `ends` allows, by their exact conditional distribution; empty where no
    /// walk does. O(nodes + edges) without cycles.
    pub fn conditioned(&self, ends: impl Fn(u32) -> bool) -> Graph {
        if self.is_empty() {
            return Graph::default();
        }
        let allowed = |node: u32| self.stops[node as usize] > 0 && ends(node);
        let h = Order::of(self).probability(self, &|_| false, &allowed);
        let mut graph = self.clone();
        for node in 0..self.len() as u32 {
            let total = self.total(node) as f64 * h[node as usize];
            let scale = |weight: f64| match weight {
                weight if weight > 0.0 => ((weight / total * SCALE) as u64).max(1),
                _ => 0,
            };
            let stops = self.stops[node as usize] as f64;
            graph.stops[node as usize] = if allowed(node) { scale(stops) } else { 0 };
            for i in self.range(node) {
                let e = &self.edges[i];
                graph.edges[i].weight = scale(e.weight as f64 * h[e.target as usize]);
            }
        }
        graph.pruned()
    }

    /// Without edges of less than `least` weight: what fewer traces did is not shown. Empty where nothing is left.
    pub fn supported(&self, least: u64) -> Graph {
        let mut graph = self.clone();
        graph.edges.iter_mut().filter(|e| e.weight < least).for_each(|e| e.weight = 0);
        graph.stops.iter_mut().filter(|stops| **stops < least).for_each(|stops| *stops = 0);
        graph.pruned()
    }

    /// True where some edge's transition is only decided by the whole path.
    pub fn is_ambiguous(&self) -> bool {
        self.edges.iter().any(|e| e.transition == NONE)
    }
}

/// The walks that meet what a condition asks of paths.
pub fn conditioned(mut graph: Graph, condition: &Condition, max_length: u32) -> Result<Graph> {
    let Condition { takes, contains, length, ends_in, .. } = condition;
    if takes.is_none() && contains.is_empty() && length.is_none() && ends_in.is_none() {
        return Ok(graph);
    }
    let by_path = |what: &str| Error::InvalidArgument {
        argument: "condition",
        reason: format!("{what} cannot be asked of a machine whose paths are only known whole"),
        hint: "Fit with a method whose machines are deterministic, or choose traces by WHERE after generating.".into(),
    };
    if let Some(transition) = condition.takes {
        if graph.is_ambiguous() {
            return Err(by_path("takes"));
        }
        graph = graph.through(|edge| edge.transition == transition)?;
    }
    for labels in contains {
        graph = graph.through(|edge| labels.contains(&edge.label))?;
    }
    if let Some((least, most)) = condition.length {
        graph = graph.unrolled(least, most.min(max_length))?;
    }
    if condition.ends_in.is_some() && graph.states.contains(&NONE) {
        return Err(by_path("ends_in"));
    }
    let states = graph.states.clone();
    let graph = graph.conditioned(|node| condition.ends_in.is_none_or(|state| states[node as usize] == state));
    if graph.is_empty() {
        return Err(Error::InvalidArgument {
            argument: "condition",
            reason: "No trace of the machine meets it".into(),
            hint: "Ask for states, transitions, event types and lengths that occur together.".into(),
        });
    }
    Ok(graph)
}

/// The walks within the cap, by the exact probabilities of the capped walk where the cap matters.
pub fn capped(graph: Graph, max_length: u32) -> Result<Graph> {
    let order = Order::of(&graph);
    if order.acyclic && graph.len() as u64 <= u64::from(max_length) {
        return Ok(graph);
    }
    let unrolled = |of: usize| of as u64 * u64::from(max_length);
    if unrolled(graph.len()) > MOST_CAPPED
        || unrolled(graph.edges.len()) > MOST_CAPPED_EDGES
        || order.beyond(&graph, max_length) < NEGLIGIBLE
    {
        return Ok(graph);
    }
    graph.unrolled(0, max_length)
}
