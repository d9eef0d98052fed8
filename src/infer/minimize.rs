//! The smallest deterministic graph that accepts the same traces.

use super::Control;
use super::determinize::Graph;
use crate::automaton::{LabelId, StateId};
use crate::error::Result;
use hashbrown::HashMap;

/// A partition of 0..n that is refined by marking elements and splitting sets into marked and unmarked ones.
struct Partition {
    /// Elements, set by set, the marked ones of a set first.
    elements: Vec<u32>,
    /// Where each element stands.
    place: Vec<u32>,
    /// The set of each element.
    set: Vec<u32>,
    /// Per set its range of elements and how many of them are marked.
    sets: Vec<(u32, u32, u32)>,
    /// Sets with marked elements.
    touched: Vec<u32>,
}

impl Partition {
    fn new(n: usize) -> Self {
        let all: Vec<u32> = (0..n as u32).collect();
        let sets = if n > 0 { vec![(0, n as u32, 0)] } else { Vec::new() };
        Partition { elements: all.clone(), place: all, set: vec![0; n], sets, touched: Vec::new() }
    }

    /// The partition of elements by a key. O(n log n).
    fn by_key(keys: &[u32]) -> Self {
        let mut partition = Partition::new(keys.len());
        partition.sets.clear();
        partition.elements.sort_by_key(|&e| keys[e as usize]);
        let mut start = 0u32;
        for group in partition.elements.chunk_by(|&a, &b| keys[a as usize] == keys[b as usize]) {
            let end = start + group.len() as u32;
            for (&element, place) in group.iter().zip(start..) {
                partition.place[element as usize] = place;
                partition.set[element as usize] = partition.sets.len() as u32;
            }
            partition.sets.push((start, end, 0));
            start = end;
        }
        partition
    }

    fn of(&self, set: usize) -> std::ops::Range<usize> {
        self.sets[set].0 as usize..self.sets[set].1 as usize
    }

    /// Marks an element that is not marked yet.
    fn mark(&mut self, element: u32) {
        let set = self.set[element as usize];
        let (start, _, marked) = &mut self.sets[set as usize];
        let (from, to) = (self.place[element as usize], *start + *marked);
        if *marked == 0 {
            self.touched.push(set);
        }
        *marked += 1;
        let other = self.elements[to as usize];
        self.elements.swap(from as usize, to as usize);
        (self.place[other as usize], self.place[element as usize]) = (from, to);
    }

    /// Splits every set with marked elements; the smaller half becomes a set of its own.
    fn split(&mut self) {
        while let Some(set) = self.touched.pop() {
            let (start, end, marked) = self.sets[set as usize];
            self.sets[set as usize].2 = 0;
            let middle = start + marked;
            if middle == end {
                continue;
            }
            let (kept, fresh) = if marked <= end - middle {
                ((middle, end, 0), (start, middle, 0))
            } else {
                ((start, middle, 0), (middle, end, 0))
            };
            self.sets[set as usize] = kept;
            let number = self.sets.len() as u32;
            self.sets.push(fresh);
            for &element in &self.elements[fresh.0 as usize..fresh.1 as usize] {
                self.set[element as usize] = number;
            }
        }
    }
}

/// The smallest deterministic graph that accepts the same traces: states with the same future are one (Hopcroft 1971, for
/// graphs that lack edges as Valmari & Lehtinen 2008 have it).
///
/// `graph` is deterministic and every state of it leads to an end. O(edges × log states).
pub fn minimize(graph: &Graph, control: &Control<'_>) -> Result<Graph> {
    let edges: Vec<(StateId, LabelId, StateId)> =
        (0..graph.len()).flat_map(|s| graph.edges[s].iter().map(move |e| (s as StateId, e.0, e.1))).collect();
    control.check_memory("minimization", edges.len() * 40 + graph.len() * 24)?;
    // The edges into each state.
    let mut first = vec![0u32; graph.len() + 1];
    edges.iter().for_each(|edge| first[edge.2 as usize + 1] += 1);
    (1..first.len()).for_each(|i| first[i] += first[i - 1]);
    let (mut into, mut next) = (vec![0u32; edges.len()], first.clone());
    for (number, edge) in edges.iter().enumerate() {
        into[next[edge.2 as usize] as usize] = number as u32;
        next[edge.2 as usize] += 1;
    }
    let mut states = Partition::new(graph.len());
    (0..graph.len()).filter(|&s| graph.accepting[s]).for_each(|s| states.mark(s as u32));
    states.split();
    let mut splitters = Partition::by_key(&edges.iter().map(|edge| edge.1).collect::<Vec<_>>());
    let (mut set, mut splitter, mut steps) = (1, 0, 0);
    while splitter < splitters.sets.len() {
        for place in splitters.of(splitter) {
            states.mark(edges[splitters.elements[place] as usize].0);
            steps += 1;
        }
        states.split();
        splitter += 1;
        while set < states.sets.len() {
            for place in states.of(set) {
                let state = states.elements[place] as usize;
                for &edge in &into[first[state] as usize..first[state + 1] as usize] {
                    splitters.mark(edge);
                    steps += 1;
                }
            }
            splitters.split();
            set += 1;
        }
        if steps > 4096 {
            control.check()?;
            steps = 0;
        }
    }
    // Sets are numbered by their first state, so that of state 0 is 0.
    let mut numbers: HashMap<u32, StateId> = HashMap::with_capacity(states.sets.len());
    let mut classes = Vec::with_capacity(graph.len());
    for &set in &states.set {
        let fresh = numbers.len() as StateId;
        classes.push(*numbers.entry(set).or_insert(fresh));
    }
    let mut smallest = Graph { edges: vec![Vec::new(); numbers.len()], accepting: vec![false; numbers.len()] };
    for (state, &class) in classes.iter().enumerate() {
        if smallest.edges[class as usize].is_empty() {
            let edges = graph.edges[state].iter().map(|edge| (edge.0, classes[edge.1 as usize])).collect();
            smallest.edges[class as usize] = edges;
            smallest.accepting[class as usize] = graph.accepting[state];
        }
    }
    Ok(smallest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// By rounds of comparing futures one event longer (Moore 1956).
    fn by_rounds(graph: &Graph) -> Graph {
        let mut classes: Vec<StateId> = graph.accepting.iter().map(|&a| StateId::from(a)).collect();
        let mut count = 0;
        loop {
            let mut numbers: HashMap<(StateId, Vec<(LabelId, StateId)>), StateId> = HashMap::new();
            let future = |s: usize| graph.edges[s].iter().map(|e| (e.0, classes[e.1 as usize])).collect::<Vec<_>>();
            let next = (0..graph.len()).map(|s| {
                let fresh = numbers.len() as StateId;
                *numbers.entry((classes[s], future(s))).or_insert(fresh)
            });
            classes = next.collect();
            if numbers.len() == count {
                break;
            }
            count = numbers.len();
        }
        let mut smallest = Graph { edges: vec![Vec::new(); count], accepting: vec![false; count] };
        for (state, &class) in classes.iter().enumerate() {
            smallest.edges[class as usize] = graph.edges[state].iter().map(|e| (e.0, classes[e.1 as usize])).collect();
            smallest.accepting[class as usize] = graph.accepting[state];
        }
        smallest
    }

    proptest! {
        #[test]
        fn the_smallest_graph_is_found(
            targets in prop::collection::vec(prop::collection::vec(0u32..40, 3), 1..40),
            present in prop::collection::vec(0u8..16, 40),
        ) {
            let n = targets.len();
            let mut graph = Graph::default();
            for (state, targets) in targets.iter().enumerate() {
                graph.add_state();
                // On label 3 every state goes on to the next, and the last ends: so every state leads to an end.
                let mut edges: Vec<(LabelId, StateId)> = (0..3)
                    .filter(|label| present[state] & (1 << label) > 0)
                    .map(|label| (label, targets[label as usize] % n as u32))
                    .collect();
                if state + 1 < n {
                    edges.push((3, state as u32 + 1));
                }
                graph.edges[state] = edges;
                graph.accepting[state] = state + 1 == n || present[state] & 8 > 0;
            }
            prop_assert_eq!(minimize(&graph, &Control::unlimited()).unwrap(), by_rounds(&graph));
        }
    }
}
