//! The partition graph of event instances: which nodes there are, what leads where, and how to split and merge.

use super::super::holdout::Held;
use super::super::invariants::{LabelGraph, TimedGraph};
use crate::automaton::LabelId;
use std::collections::BTreeMap;

pub(super) const INITIAL: u32 = 0;
pub(super) const TERMINAL: u32 = 1;

/// Event instances of distinct traces, each trace between an INITIAL and a TERMINAL, in partitions of one type.
#[derive(Clone)]
pub(super) struct Graph {
    /// Partition of each instance; instances of a trace are neighbours.
    pub(super) partition: Vec<u32>,
    /// Each partition's label, `None` for INITIAL and TERMINAL.
    pub(super) labels: Vec<Option<LabelId>>,
    /// Each partition's instances, ascending; INITIAL's and TERMINAL's too.
    pub(super) members: Vec<Vec<u32>>,
    /// Successors of each partition with the number of adjacent instances.
    successors: Vec<BTreeMap<u32, u32>>,
}

impl Graph {
    /// One partition per event type: the most compact model. O(sum of lengths).
    pub(super) fn new(traces: &[Held], labels: usize) -> Self {
        let mut partition = Vec::with_capacity(traces.iter().map(|t| t.events.len() + 2).sum());
        for trace in traces {
            partition.push(INITIAL);
            partition.extend(trace.events.iter().map(|&e| e + 2));
            partition.push(TERMINAL);
        }
        let mut members = vec![Vec::new(); labels + 2];
        let mut successors = vec![BTreeMap::new(); labels + 2];
        for (instance, &node) in partition.iter().enumerate() {
            members[node as usize].push(instance as u32);
            if node != TERMINAL {
                *successors[node as usize].entry(partition[instance + 1]).or_default() += 1;
            }
        }
        let labels = [None, None].into_iter().chain((0..labels as LabelId).map(Some)).collect();
        Graph { partition, labels, members, successors }
    }

    pub(super) fn nodes(&self) -> usize {
        self.labels.len()
    }

    /// The graph that invariants are checked on.
    pub(super) fn label_graph(&self) -> LabelGraph {
        let successors = self.successors.iter().map(|next| next.keys().copied().collect()).collect();
        LabelGraph { labels: self.labels.clone(), successors }
    }

    /// The graph with the times of its edges, `merged` taken for the partition it is merged into.
    pub(super) fn timed_graph(&self, times: &[(u64, u64)], merged: Option<(u32, u32)>) -> TimedGraph {
        let name = |node: u32| merged.filter(|(_, b)| *b == node).map_or(node, |(a, _)| a);
        let mut edges: Vec<BTreeMap<u32, (u64, u64)>> = vec![BTreeMap::new(); self.nodes()];
        for (i, pair) in self.partition.windows(2).enumerate().filter(|(_, pair)| pair[0] != TERMINAL) {
            let (min, max) = times[i + 1];
            let edge = edges[name(pair[0]) as usize].entry(name(pair[1])).or_insert((min, max));
            *edge = (edge.0.min(min), edge.1.max(max));
        }
        let list =
            |edges: BTreeMap<u32, (u64, u64)>| edges.into_iter().map(|(to, (min, max))| (to, min, max)).collect();
        TimedGraph { labels: self.labels.clone(), successors: edges.into_iter().map(list).collect() }
    }

    /// Moves some instances of a partition, ascending and neither none nor all, to a new one. O(moved × log edges).
    pub(super) fn split(&mut self, node: u32, moved: &[u32]) {
        let fresh = self.nodes() as u32;
        self.labels.push(self.labels[node as usize]);
        self.members.push(Vec::new());
        self.successors.push(BTreeMap::new());
        self.relocate(node, fresh, moved);
    }

    fn relocate(&mut self, from: u32, to: u32, moved: &[u32]) {
        for &instance in moved {
            let i = instance as usize;
            let (before, after) = (self.partition[i - 1], self.partition[i + 1]);
            self.count(before, from, false);
            self.count(from, after, false);
            self.partition[i] = to;
            // A neighbour of the same partition that has moved already is counted under its new name.
            self.count(self.partition[i - 1], to, true);
            self.count(to, self.partition[i + 1], true);
        }
        let partition = &self.partition;
        self.members[from as usize].retain(|&i| partition[i as usize] == from);
        self.members[to as usize].extend_from_slice(moved);
        self.members[to as usize].sort_unstable();
    }

    fn count(&mut self, from: u32, to: u32, more: bool) {
        let next = &mut self.successors[from as usize];
        let count = next.entry(to).or_default();
        *count = if more { *count + 1 } else { count.saturating_sub(1) };
        if *count == 0 {
            next.remove(&to);
        }
    }

    /// Merges partition `b` into `a`, which has the same label; `b` is left empty until [`Graph::compact`].
    pub(super) fn merge(&mut self, a: u32, b: u32) {
        let moved = std::mem::take(&mut self.members[b as usize]);
        self.relocate(b, a, &moved);
        self.members[b as usize].clear();
    }

    /// Removes empty partitions.
    pub(super) fn compact(&mut self) {
        let mut number = vec![0u32; self.nodes()];
        let mut kept = 0;
        for (node, number) in number.iter_mut().enumerate() {
            if node < 2 || !self.members[node].is_empty() {
                *number = kept as u32;
                self.labels.swap(kept, node);
                self.members.swap(kept, node);
                self.successors.swap(kept, node);
                kept += 1;
            }
        }
        self.labels.truncate(kept);
        self.members.truncate(kept);
        self.successors.truncate(kept);
        self.partition.iter_mut().for_each(|p| *p = number[*p as usize]);
        for next in &mut self.successors {
            *next = next.iter().map(|(&to, &count)| (number[to as usize], count)).collect();
        }
    }

    /// Distinct successors of a partition.
    pub(super) fn successors(&self, node: u32) -> impl Iterator<Item = u32> + '_ {
        self.successors[node as usize].keys().copied()
    }

    /// Approximate bytes held.
    pub(super) fn bytes(&self) -> usize {
        8 * self.partition.len() + 160 * self.nodes() + 24 * self.successors.iter().map(BTreeMap::len).sum::<usize>()
    }
}
