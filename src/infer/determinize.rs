//! Making a nondeterministic machine deterministic: hybrid determinization HD_u (Shin, Bianculli & Briand 2022).
//!
//! Targets of one label out of one state are merged, which generalises, but no state more than u times; what is left
//! nondeterministic goes through the powerset construction, which does not.

use super::Control;
use crate::automaton::{Automaton, LabelId, StateId};
use crate::error::Result;
use hashbrown::HashMap;

/// The structure of a machine: states from 0, the initial one, without counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Graph {
    /// Per state its (label, target), ascending and without repetition.
    pub edges: Vec<Vec<(LabelId, StateId)>>,
    /// Per state whether a trace may end there.
    pub accepting: Vec<bool>,
}

impl Graph {
    /// The structure of an automaton. O(n + m).
    pub fn of(machine: &Automaton) -> Self {
        let mut edges: Vec<Vec<(LabelId, StateId)>> = vec![Vec::new(); machine.state_count()];
        machine.transitions.iter().for_each(|t| edges[t.source as usize].push((t.label, t.target)));
        Graph { edges, accepting: machine.stops.iter().map(|&n| n > 0).collect() }
    }

    /// A new state without edges.
    pub fn add_state(&mut self) -> StateId {
        self.edges.push(Vec::new());
        self.accepting.push(false);
        (self.edges.len() - 1) as StateId
    }

    /// Number of states.
    pub fn len(&self) -> usize {
        self.edges.len()
    }

    /// True without any state.
    pub fn is_empty(&self) -> bool {
        self.edges.is_empty()
    }

    /// Sorts edges and drops repeated ones.
    pub fn tidy(&mut self) {
        for edges in &mut self.edges {
            edges.sort_unstable();
            edges.dedup();
        }
    }

    /// True where no state has two edges on one label.
    pub fn is_deterministic(&self) -> bool {
        self.edges.iter().all(|edges| edges.windows(2).all(|pair| pair[0].0 != pair[1].0))
    }

    /// Where a deterministic graph goes from a state on a label.
    pub fn step(&self, state: StateId, label: LabelId) -> Option<StateId> {
        let edges = &self.edges[state as usize];
        edges.binary_search_by_key(&label, |edge| edge.0).ok().map(|at| edges[at].1)
    }
}

/// HD_u: 0 is the powerset construction alone, `u32::MAX` the merging alone.
///
/// Every trace the graph accepts is accepted by the result. O(passes × edges × log) for the merging; the powerset
/// construction can be exponential and stops at the memory limit.
pub fn hybrid(graph: Graph, u: u32, control: &Control<'_>) -> Result<Graph> {
    let merged = if u == 0 || graph.is_deterministic() { graph } else { merge_targets(graph, u, control)? };
    if merged.is_deterministic() { Ok(merged) } else { powerset(&merged, control) }
}

struct Merging {
    graph: Graph,
    parent: Vec<StateId>,
    /// How often a state has been merged.
    times: Vec<u32>,
}

impl Merging {
    fn find(&mut self, mut state: StateId) -> StateId {
        while self.parent[state as usize] != state {
            let grandparent = self.parent[self.parent[state as usize] as usize];
            self.parent[state as usize] = grandparent;
            state = grandparent;
        }
        state
    }

    /// A state's edges with targets as they are now named.
    fn edges(&mut self, state: StateId) -> Vec<(LabelId, StateId)> {
        let mut edges = std::mem::take(&mut self.graph.edges[state as usize]);
        edges.iter_mut().for_each(|edge| edge.1 = self.find(edge.1));
        edges.sort_unstable();
        edges.dedup();
        self.graph.edges[state as usize].clone_from(&edges);
        edges
    }

    /// Merges all states into the one of the smallest number.
    fn merge(&mut self, states: &[StateId]) {
        let Some(&root) = states.iter().min() else { return };
        let times = states.iter().map(|&s| self.times[s as usize]).max().unwrap_or(0);
        for &state in states.iter().filter(|&&s| s != root) {
            self.parent[state as usize] = root;
            let theirs = std::mem::take(&mut self.graph.edges[state as usize]);
            self.graph.edges[root as usize].extend(theirs);
            self.graph.accepting[root as usize] |= self.graph.accepting[state as usize];
        }
        self.times[root as usize] = times + 1;
    }
}

/// Breadth-first passes from the initial state until nothing more may be merged.
fn merge_targets(graph: Graph, u: u32, control: &Control<'_>) -> Result<Graph> {
    let states = graph.len();
    control.check_memory("determinization", states * (size_of::<Vec<(LabelId, StateId)>>() + 32))?;
    let mut merging = Merging { graph, parent: (0..states as StateId).collect(), times: vec![0; states] };
    let mut changed = true;
    while changed {
        changed = false;
        let mut seen = vec![false; states];
        let mut queue = vec![merging.find(0)];
        let mut at = 0;
        while let Some(&state) = queue.get(at) {
            if at % 1024 == 0 {
                control.check()?;
            }
            let mut state = merging.find(state);
            at += 1;
            if std::mem::replace(&mut seen[state as usize], true) {
                continue;
            }
            while let Some(targets) = mergeable(&mut merging, state, u) {
                merging.merge(&targets);
                changed = true;
                state = merging.find(state);
                seen[state as usize] = true;
            }
            queue.extend(merging.edges(state).iter().map(|edge| edge.1));
        }
    }
    Ok(compact(merging))
}

/// The targets of the first label out of a state of which two or more may still be merged.
fn mergeable(merging: &mut Merging, state: StateId, u: u32) -> Option<Vec<StateId>> {
    let edges = merging.edges(state);
    edges.chunk_by(|a, b| a.0 == b.0).filter(|group| group.len() > 1).find_map(|group| {
        let open: Vec<StateId> = group.iter().map(|e| e.1).filter(|&s| merging.times[s as usize] < u).collect();
        (open.len() > 1).then_some(open)
    })
}

/// Numbers the states that are left breadth-first.
fn compact(mut merging: Merging) -> Graph {
    let mut number: Vec<StateId> = vec![StateId::MAX; merging.graph.len()];
    let mut queue = vec![merging.find(0)];
    number[queue[0] as usize] = 0;
    let mut graph = Graph::default();
    while let Some(&state) = queue.get(graph.len()) {
        let mut edges = merging.edges(state);
        for edge in &mut edges {
            if number[edge.1 as usize] == StateId::MAX {
                number[edge.1 as usize] = queue.len() as StateId;
                queue.push(edge.1);
            }
            edge.1 = number[edge.1 as usize];
        }
        edges.sort_unstable();
        graph.edges.push(edges);
        graph.accepting.push(merging.graph.accepting[state as usize]);
    }
    graph
}

/// The powerset construction (Rabin & Scott 1959): states are sets of states, those that can be reached.
pub fn powerset(graph: &Graph, control: &Control<'_>) -> Result<Graph> {
    let mut numbers: HashMap<Vec<StateId>, StateId> = HashMap::from([(vec![0], 0)]);
    let mut sets: Vec<Vec<StateId>> = vec![vec![0]];
    let mut result = Graph::default();
    let mut bytes = 0;
    while let Some(set) = sets.get(result.len()).cloned() {
        if result.len().is_multiple_of(256) {
            control.check()?;
        }
        let mut edges: Vec<(LabelId, StateId)> =
            set.iter().flat_map(|&state| graph.edges[state as usize].iter().copied()).collect();
        edges.sort_unstable();
        edges.dedup();
        let mut outgoing = Vec::new();
        for group in edges.chunk_by(|a, b| a.0 == b.0) {
            let target: Vec<StateId> = group.iter().map(|edge| edge.1).collect();
            let fresh = sets.len() as StateId;
            let number = numbers.get(&target).copied().unwrap_or(fresh);
            if number == fresh {
                numbers.insert(target.clone(), fresh);
                bytes += 2 * (4 * target.len() + size_of::<Vec<StateId>>()) + 32;
                control.check_memory("the powerset construction", bytes)?;
                sets.push(target);
            }
            outgoing.push((group[0].0, number));
        }
        bytes += 8 * outgoing.len();
        result.edges.push(outgoing);
        result.accepting.push(set.iter().any(|&state| graph.accepting[state as usize]));
    }
    Ok(result)
}

/// The state of a deterministic graph in which each state of a prefix tree ends; `None` where a trace gets lost.
pub fn blocks(graph: &Graph, tree: &Automaton) -> Option<Vec<StateId>> {
    let mut blocks = vec![0 as StateId; tree.state_count()];
    // Sources come before targets in a prefix tree.
    for t in &tree.transitions {
        blocks[t.target as usize] = graph.step(blocks[t.source as usize], t.label)?;
    }
    Some(blocks)
}
