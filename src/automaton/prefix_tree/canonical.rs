//! The canonical form of a prefix tree: the same for the same traces, however they came.

use super::{MAX_PAIR_LABELS, NO_TIME, PrefixTree};
use crate::automaton::{Automaton, Kind, LabelId, Learned, PairTime, Transition, strata};

impl PrefixTree {
    /// The canonical form: labels ascending, states breadth-first by label. O(n log n) in the size of the tree.
    pub fn to_automaton(&self) -> Automaton {
        let mut used = vec![false; self.labels.len()];
        for node in self.nodes.iter().skip(1).filter(|n| n.count > 0) {
            used[node.label as usize] = true;
        }
        let mut order: Vec<LabelId> = (0..self.labels.len() as LabelId).filter(|&id| used[id as usize]).collect();
        order.sort_unstable_by(|&a, &b| self.labels[a as usize].cmp(&self.labels[b as usize]));
        let mut rank = vec![LabelId::MAX; self.labels.len()];
        for (new, &old) in order.iter().enumerate() {
            rank[old as usize] = new as LabelId;
        }
        let (transitions, stops) = self.breadth_first(&rank);
        let mut totals = self.totals.clone();
        totals.distinct_traces = stops.iter().filter(|&&n| n > 0).count() as u64;
        Automaton {
            kind: Kind::PrefixTree,
            labels: order.iter().map(|&old| self.labels[old as usize].clone()).collect(),
            stops,
            transitions,
            totals,
            durations: self.durations.clone(),
            starts: self.starts.clone(),
            pair_times: self.all_pair_times(&rank),
            learned: Learned::default(),
            values: self.values.finish(&rank),
        }
    }

    fn breadth_first(&self, rank: &[LabelId]) -> (Vec<Transition>, Vec<u64>) {
        let mut children: Vec<Vec<u32>> = vec![Vec::new(); self.nodes.len()];
        for (id, node) in self.nodes.iter().enumerate().skip(1).filter(|(_, n)| n.count > 0) {
            children[node.parent as usize].push(id as u32);
        }
        let mut transitions = Vec::with_capacity(self.nodes.len() - 1);
        let mut stops = vec![self.nodes[0].stops];
        let mut queue = vec![0u32];
        let mut at = 0;
        while at < queue.len() {
            let mut below = std::mem::take(&mut children[queue[at] as usize]);
            below.sort_unstable_by_key(|&id| rank[self.nodes[id as usize].label as usize]);
            for &id in below.iter() {
                let node = &self.nodes[id as usize];
                let next = |&child: &u32| {
                    let child = &self.nodes[child as usize];
                    (Some(rank[child.label as usize]), &child.before)
                };
                let strata = children[id as usize].iter().map(next).chain([(None, &node.last)]);
                transitions.push(Transition {
                    source: at as u32,
                    label: rank[node.label as usize],
                    target: queue.len() as u32,
                    count: node.count,
                    delays: node.delays.clone(),
                    parameters: strata::gather(strata),
                });
                stops.push(node.stops);
                queue.push(id);
            }
            at += 1;
        }
        (transitions, stops)
    }

    fn all_pair_times(&self, rank: &[LabelId]) -> Vec<PairTime> {
        if self.labels.len() > MAX_PAIR_LABELS {
            return Vec::new();
        }
        let mut all = self.pair_times.clone();
        for known in &self.known {
            let n = known.labels.len();
            for (i, &(min, max)) in known.pairs.iter().enumerate().filter(|(_, pair)| **pair != NO_TIME) {
                let bounds = all.entry((known.labels[i % n], known.labels[i / n])).or_insert(NO_TIME);
                *bounds = (bounds.0.min(min), bounds.1.max(max));
            }
        }
        let mut pairs: Vec<PairTime> = all
            .into_iter()
            .map(|((a, b), (min, max))| PairTime { first: rank[a as usize], then: rank[b as usize], min, max })
            .filter(|pair| pair.first != LabelId::MAX && pair.then != LabelId::MAX)
            .collect();
        pairs.sort_unstable_by_key(|pair| (pair.first, pair.then));
        pairs
    }
}
