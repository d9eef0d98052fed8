//! A partition of a machine's states: merged, folded to determinism, and turned into the machine it stands for.

use super::Control;
use crate::automaton::{Automaton, LabelId, StateId, Transition};
use crate::error::Result;
use hashbrown::HashMap;

/// Blocks of states, kept as a union-find structure; merging can pull in what determinism needs.
pub struct Partition<'a> {
    machine: &'a Automaton,
    parent: Vec<StateId>,
    /// Per block its outgoing (label, target state), ascending by label, one per label once folded.
    outgoing: Vec<Vec<(LabelId, StateId)>>,
}

impl<'a> Partition<'a> {
    /// Every state in a block of its own.
    pub fn new(machine: &'a Automaton) -> Self {
        let mut outgoing = vec![Vec::new(); machine.state_count()];
        for t in &machine.transitions {
            outgoing[t.source as usize].push((t.label, t.target));
        }
        Partition { machine, parent: (0..machine.state_count() as StateId).collect(), outgoing }
    }

    /// The block of a state, named by its smallest member.
    pub fn find(&mut self, mut state: StateId) -> StateId {
        while self.parent[state as usize] != state {
            let grandparent = self.parent[self.parent[state as usize] as usize];
            self.parent[state as usize] = grandparent;
            state = grandparent;
        }
        state
    }

    /// Merges two blocks and everything that determinism then demands.
    /// O(n α(n)) over all merges, times the labels of a block.
    pub fn merge_and_fold(&mut self, a: StateId, b: StateId, control: &Control<'_>) -> Result<()> {
        let mut todo = vec![(a, b)];
        let mut steps = 0u32;
        while let Some((a, b)) = todo.pop() {
            steps += 1;
            if steps.is_multiple_of(1024) {
                control.check()?;
            }
            let (a, b) = (self.find(a), self.find(b));
            if a == b {
                continue;
            }
            let (root, child) = (a.min(b), a.max(b));
            self.parent[child as usize] = root;
            let mine = std::mem::take(&mut self.outgoing[root as usize]);
            let theirs = std::mem::take(&mut self.outgoing[child as usize]);
            self.outgoing[root as usize] = join(mine, theirs, &mut todo);
        }
        Ok(())
    }

    /// The machine whose states are the blocks, numbered breadth-first by label, with all statistics added up.
    /// O(m log m) in the transitions.
    pub fn quotient(&mut self, control: &Control<'_>) -> Result<Automaton> {
        let machine = self.machine;
        let mut merged: HashMap<(StateId, LabelId, StateId), usize> = HashMap::new();
        let mut transitions: Vec<Transition> = Vec::new();
        for (i, t) in machine.transitions.iter().enumerate() {
            if i % 4096 == 0 {
                control.check()?;
            }
            let key = (self.find(t.source), t.label, self.find(t.target));
            match merged.get(&key) {
                Some(&at) => transitions[at].absorb(t),
                None => {
                    merged.insert(key, transitions.len());
                    transitions.push(Transition { source: key.0, target: key.2, ..t.clone() });
                }
            }
        }
        let mut stops = vec![0u64; machine.state_count()];
        for (state, &count) in machine.stops.iter().enumerate() {
            stops[self.find(state as StateId) as usize] += count;
        }
        Ok(renumber(machine, transitions, &stops))
    }
}

/// Joins two label-sorted lists; two targets of one label are put on the list of blocks to merge.
fn join(
    a: Vec<(LabelId, StateId)>,
    b: Vec<(LabelId, StateId)>,
    todo: &mut Vec<(StateId, StateId)>,
) -> Vec<(LabelId, StateId)> {
    if a.is_empty() || b.is_empty() {
        return if a.is_empty() { b } else { a };
    }
    let mut joined = Vec::with_capacity(a.len() + b.len());
    let (mut a, mut b) = (a.into_iter().peekable(), b.into_iter().peekable());
    while let (Some(&x), Some(&y)) = (a.peek(), b.peek()) {
        if x.0 == y.0 {
            todo.push((x.1, y.1));
            a.next();
            b.next();
            joined.push(x);
        } else if x.0 < y.0 {
            joined.extend(a.next());
        } else {
            joined.extend(b.next());
        }
    }
    joined.extend(a);
    joined.extend(b);
    joined
}

/// Numbers blocks breadth-first from the initial one, by label and then by smallest member.
fn renumber(machine: &Automaton, mut transitions: Vec<Transition>, stops: &[u64]) -> Automaton {
    transitions.sort_unstable_by_key(|t| (t.source, t.label, t.target));
    let range = |state: StateId| {
        let start = transitions.partition_point(|t| t.source < state);
        start..start + transitions[start..].partition_point(|t| t.source == state)
    };
    let mut number = vec![StateId::MAX; stops.len()];
    let mut queue = vec![0];
    number[0] = 0;
    let mut at = 0;
    while at < queue.len() {
        for t in &transitions[range(queue[at])] {
            if number[t.target as usize] == StateId::MAX {
                number[t.target as usize] = queue.len() as StateId;
                queue.push(t.target);
            }
        }
        at += 1;
    }
    for t in &mut transitions {
        (t.source, t.target) = (number[t.source as usize], number[t.target as usize]);
    }
    transitions.sort_unstable_by_key(|t| (t.source, t.label, t.target));
    Automaton {
        stops: queue.iter().map(|&state| stops[state as usize]).collect(),
        transitions,
        kind: machine.kind.clone(),
        labels: machine.labels.clone(),
        totals: machine.totals.clone(),
        durations: machine.durations.clone(),
        starts: machine.starts.clone(),
        pair_times: machine.pair_times.clone(),
    }
}
