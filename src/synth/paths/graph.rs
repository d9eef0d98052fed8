//! The graph a generator walks: contexts as nodes, events as edges, integer counts as weights.

use super::context::{Abstraction, Memory, Obligations, Tracker, label_hashes};
use crate::automaton::{Automaton, Histogram, Kind, LabelId, Learned, Sample, StateId, Totals, Transition};
use crate::conform::Machine;
use crate::error::{Error, Result};
use crate::infer::{Control, Held};
use hashbrown::HashMap;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// No transition, state or node.
pub const NONE: u32 = u32::MAX;

/// One step from a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edge {
    /// The event.
    pub label: LabelId,
    /// The node it leads to.
    pub target: u32,
    /// Its weight among the steps of its node: how often training traces took it, where nothing was conditioned.
    pub weight: u64,
    /// The machine's transition, [`NONE`] where only the whole path decides (nondeterministic machines).
    pub transition: u32,
}

/// Nodes, their edges and ends. Node 0 is the start; every node reaches an end.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Graph {
    /// The event each node was entered by; [`NONE`] for the start.
    pub last: Vec<u32>,
    /// The machine's state at each node, [`NONE`] where several are possible.
    pub states: Vec<u32>,
    /// The weight of ending at each node.
    pub stops: Vec<u64>,
    /// `edges[offsets[n]..offsets[n + 1]]` leave node n.
    pub offsets: Vec<u32>,
    /// Ascending by node, label, target.
    pub edges: Vec<Edge>,
}

/// Remembers everything.
pub const PREFIX: Abstraction = Abstraction { memory: Memory::Sequence, last: 0, whole: 0, monitored: false };

/// How many traces have each prefix. O(sum of lengths).
fn prefix_counts(traces: &[Held], hashes: &[u128]) -> HashMap<u128, u64> {
    let none = Obligations::default();
    let mut counts: HashMap<u128, u64> = HashMap::new();
    for trace in traces {
        let mut tracker = Tracker::new(hashes, &none);
        for &label in &trace.events {
            tracker.push(label);
            *counts.entry(tracker.key(PREFIX)).or_default() += trace.count;
        }
    }
    counts
}

/// Edges of nodes under construction.
type Outgoing = Vec<Vec<Edge>>;

impl Graph {
    fn from_parts(last: Vec<u32>, states: Vec<u32>, stops: Vec<u64>, outgoing: Outgoing) -> Self {
        let mut offsets = Vec::with_capacity(outgoing.len() + 1);
        let mut edges = Vec::new();
        offsets.push(0);
        for mut of_node in outgoing {
            of_node.sort_unstable_by_key(|e| (e.label, e.target, e.transition));
            edges.append(&mut of_node);
            offsets.push(edges.len() as u32);
        }
        Graph { last, states, stops, offsets, edges }
    }

    /// Number of nodes.
    pub fn len(&self) -> usize {
        self.stops.len()
    }

    /// True for a graph without a node.
    pub fn is_empty(&self) -> bool {
        self.stops.is_empty()
    }

    /// The positions of a node's edges.
    pub fn range(&self, node: u32) -> std::ops::Range<usize> {
        self.offsets[node as usize] as usize..self.offsets[node as usize + 1] as usize
    }

    /// A node's edges.
    pub fn outgoing(&self, node: u32) -> &[Edge] {
        &self.edges[self.range(node)]
    }

    /// The sum of a node's weights.
    pub fn total(&self, node: u32) -> u64 {
        self.stops[node as usize] + self.outgoing(node).iter().map(|e| e.weight).sum::<u64>()
    }

    /// Heap bytes held.
    pub fn heap_bytes(&self) -> usize {
        self.edges.len() * size_of::<Edge>() + self.len() * 20
    }

    /// The machine's own walk: a node for each state and event that leads to it. O(transitions × events into a state).
    pub fn of_machine(machine: &Automaton) -> Self {
        let mut number: HashMap<(StateId, u32), u32> = HashMap::new();
        let mut nodes = vec![(0 as StateId, NONE)];
        number.insert(nodes[0], 0);
        let (mut outgoing, mut at) = (Outgoing::new(), 0);
        let offsets = machine.offsets();
        while at < nodes.len() {
            let state = nodes[at].0 as usize;
            let range = offsets[state] as usize..offsets[state + 1] as usize;
            outgoing.push(
                range
                    .map(|i| {
                        let t = &machine.transitions[i];
                        let target = *number.entry((t.target, t.label)).or_insert_with(|| {
                            nodes.push((t.target, t.label));
                            nodes.len() as u32 - 1
                        });
                        Edge { label: t.label, target, weight: t.count, transition: i as u32 }
                    })
                    .collect(),
            );
            at += 1;
        }
        let stops = nodes.iter().map(|n| machine.stops[n.0 as usize]).collect();
        let (states, last) = nodes.into_iter().unzip();
        Graph::from_parts(last, states, stops, outgoing).pruned()
    }

    /// The graph of an abstraction over distinct traces; transitions are not set. O(sum of lengths).
    pub fn of_contexts(traces: &[Held], labels: usize, abstraction: Abstraction, obligations: &Obligations) -> Self {
        let hashes = label_hashes(labels);
        let mut nodes: HashMap<u128, u32> = HashMap::new();
        let (mut last, mut stops) = (vec![NONE], vec![0u64]);
        let mut edges: HashMap<(u32, LabelId), (u32, u64)> = HashMap::new();
        let prefixes = if abstraction.whole > 0 { prefix_counts(traces, &hashes) } else { HashMap::new() };
        for trace in traces {
            let mut tracker = Tracker::new(&hashes, obligations);
            let mut node = 0;
            for &label in &trace.events {
                tracker.push(label);
                let edge = edges.entry((node, label)).or_insert_with(|| {
                    let prefix = tracker.key(PREFIX);
                    let frequent = prefixes.get(&prefix).is_some_and(|&count| count >= abstraction.whole.into());
                    let key = if frequent { prefix } else { tracker.key(abstraction) };
                    let target = *nodes.entry(key).or_insert_with(|| {
                        last.push(label);
                        stops.push(0);
                        last.len() as u32 - 1
                    });
                    (target, 0)
                });
                edge.1 += trace.count;
                node = edge.0;
            }
            stops[node as usize] += trace.count;
        }
        let mut outgoing = vec![Vec::new(); last.len()];
        for ((node, label), (target, weight)) in edges {
            outgoing[node as usize].push(Edge { label, target, weight, transition: NONE });
        }
        let states = vec![NONE; last.len()];
        Graph::from_parts(last, states, stops, outgoing)
    }

    /// This graph walked together with a machine: only what the machine accepts stays, and every edge knows the
    /// machine's transition. O(nodes of the product × edges), bounded by `control`.
    pub fn with_machine(&self, machine: &Machine, control: &Control<'_>) -> Result<Self> {
        let mut sets: HashMap<Vec<StateId>, u32> = HashMap::new();
        let mut members: Vec<Vec<StateId>> = vec![vec![0]];
        sets.insert(vec![0], 0);
        let mut number: HashMap<(u32, u32), u32> = HashMap::new();
        let mut nodes = vec![(0u32, 0u32)];
        number.insert((0, 0), 0);
        let (mut outgoing, mut at) = (Outgoing::new(), 0);
        let mut edges = 0;
        while at < nodes.len() {
            if at % 4096 == 0 {
                control.check()?;
                control.check_memory("the generator", nodes.len() * 64 + edges * size_of::<Edge>())?;
            }
            let (node, set) = nodes[at];
            let mut of_node = Vec::new();
            for edge in self.outgoing(node) {
                let from = &members[set as usize];
                let mut targets = Vec::new();
                let mut taken = NONE;
                for &state in from {
                    for i in machine.on_label(state, edge.label) {
                        targets.push(machine.automaton.transitions[i].target);
                        taken = i as u32;
                    }
                }
                // Of several transitions, only the whole path says which is the most probable.
                let unique = targets.len() == 1 && from.len() == 1;
                targets.sort_unstable();
                targets.dedup();
                if targets.is_empty() {
                    continue;
                }
                let set = *sets.entry(targets).or_insert_with_key(|targets| {
                    members.push(targets.clone());
                    members.len() as u32 - 1
                });
                let target = *number.entry((edge.target, set)).or_insert_with(|| {
                    nodes.push((edge.target, set));
                    nodes.len() as u32 - 1
                });
                of_node.push(Edge { target, transition: if unique { taken } else { NONE }, ..*edge });
            }
            edges += of_node.len();
            outgoing.push(of_node);
            at += 1;
        }
        let accepts = |set: u32| members[set as usize].iter().any(|&s| machine.automaton.stops[s as usize] > 0);
        let stops = nodes.iter().map(|&(node, set)| if accepts(set) { self.stops[node as usize] } else { 0 }).collect();
        let state = |set: u32| match members[set as usize][..] {
            [state] => state,
            _ => NONE,
        };
        let states = nodes.iter().map(|n| state(n.1)).collect();
        let last = nodes.iter().map(|n| self.last[n.0 as usize]).collect();
        let graph = Graph::from_parts(last, states, stops, outgoing).pruned();
        if graph.is_empty() { Err(Error::NoTraces { operation: "generate from" }) } else { Ok(graph) }
    }

    /// Fewest events from each node to an end, [`NONE`] where there is none. O(nodes + edges).
    pub fn distances(&self) -> Vec<u32> {
        let mut into: Vec<Vec<u32>> = vec![Vec::new(); self.len()];
        for node in 0..self.len() as u32 {
            self.outgoing(node).iter().filter(|e| e.weight > 0).for_each(|e| into[e.target as usize].push(node));
        }
        let mut distance = vec![NONE; self.len()];
        let mut queue: VecDeque<u32> = (0..self.len() as u32).filter(|&n| self.stops[n as usize] > 0).collect();
        queue.iter().for_each(|&node| distance[node as usize] = 0);
        while let Some(node) = queue.pop_front() {
            for &before in &into[node as usize] {
                if distance[before as usize] == NONE {
                    distance[before as usize] = distance[node as usize] + 1;
                    queue.push_back(before);
                }
            }
        }
        distance
    }

    /// Without nodes that no end can be reached from, or that the start does not reach; empty where nothing is left.
    pub fn pruned(&self) -> Self {
        let distance = self.distances();
        if self.is_empty() || distance[0] == NONE {
            return Graph::default();
        }
        let keep = |e: &&Edge| e.weight > 0 && distance[e.target as usize] != NONE;
        let (mut number, mut order) = (vec![NONE; self.len()], vec![0u32]);
        number[0] = 0;
        let mut at = 0;
        while at < order.len() {
            for edge in self.outgoing(order[at]).iter().filter(keep) {
                if number[edge.target as usize] == NONE {
                    number[edge.target as usize] = order.len() as u32;
                    order.push(edge.target);
                }
            }
            at += 1;
        }
        let renumber = |e: &Edge| Edge { target: number[e.target as usize], ..*e };
        let outgoing = order.iter().map(|&n| self.outgoing(n).iter().filter(keep).map(renumber).collect()).collect();
        let of = |values: &[u32]| order.iter().map(|&n| values[n as usize]).collect();
        let stops = order.iter().map(|&n| self.stops[n as usize]).collect();
        Graph::from_parts(of(&self.last), of(&self.states), stops, outgoing)
    }

    /// Nodes in an order in which, but for cycles, targets come before sources. O(nodes + edges).
    pub fn postorder(&self) -> Vec<u32> {
        let (mut order, mut seen) = (Vec::with_capacity(self.len()), vec![false; self.len()]);
        let mut stack = vec![(0u32, 0usize)];
        seen[0] = true;
        while let Some((node, next)) = stack.pop() {
            match self.outgoing(node).get(next) {
                Some(edge) => {
                    stack.push((node, next + 1));
                    if !std::mem::replace(&mut seen[edge.target as usize], true) {
                        stack.push((edge.target, 0));
                    }
                }
                None => order.push(node),
            }
        }
        order
    }

    /// This graph as a bare machine, for the checks that machines go through.
    pub fn to_automaton(&self, like: &Automaton) -> Automaton {
        let transition = |node: u32, e: &Edge| Transition {
            source: node,
            label: e.label,
            target: e.target,
            count: e.weight,
            delays: Histogram::default(),
            parameters: Sample::default(),
        };
        Automaton {
            kind: Kind::PrefixTree,
            labels: like.labels.clone(),
            stops: self.stops.clone(),
            transitions: (0..self.len() as u32)
                .flat_map(|n| self.outgoing(n).iter().map(move |e| transition(n, e)))
                .collect(),
            totals: Totals::default(),
            durations: Histogram::default(),
            starts: Sample::default(),
            pair_times: Vec::new(),
            learned: Learned::default(),
            values: None,
        }
    }

    /// Why this cannot be a graph over so many labels and transitions, if so.
    pub fn problem(&self, labels: usize, transitions: usize) -> Option<&'static str> {
        let n = self.len();
        if n == 0 || self.last.len() != n || self.states.len() != n || self.offsets.len() != n + 1 {
            return Some("The generator's parts differ in size.");
        }
        if self.offsets[0] != 0
            || self.offsets[n] as usize != self.edges.len()
            || self.offsets.windows(2).any(|pair| pair[0] > pair[1])
        {
            return Some("The generator's edges are out of order.");
        }
        let within = |e: &Edge| {
            (e.target as usize) < n
                && (e.label as usize) < labels
                && (e.transition == NONE || (e.transition as usize) < transitions)
                && e.weight > 0
                && self.last[e.target as usize] == e.label
        };
        if !self.edges.iter().all(within) || self.last[0] != NONE {
            return Some("A generator's edge refers to nothing.");
        }
        let sum = |node: u32| {
            let weights = self.outgoing(node).iter().map(|e| e.weight);
            weights.chain([self.stops[node as usize]]).try_fold(0u64, u64::checked_add)
        };
        if (0..n as u32).any(|node| sum(node).is_none()) {
            return Some("A generator's weights overflow.");
        }
        self.distances().contains(&NONE).then_some("A generator's node reaches no end.")
    }
}
