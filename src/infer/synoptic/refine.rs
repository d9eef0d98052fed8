//! Refinement by counterexamples, with all invariants checked at once.

use super::graph::{Graph, INITIAL, TERMINAL};
use crate::error::Result;
use crate::infer::Control;
use crate::infer::invariants::{Checker, Invariant, InvariantKind, Kinds, LabelGraph};
use hashbrown::{HashMap, HashSet};
use std::collections::BTreeSet;

/// Violated invariants looked at per round: each costs a search and a walk, a split usually settles several.
const TRIED_PER_ROUND: usize = 64;

/// Instances of a partition told apart by a neighbour: those next to an instance of it, and the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Split {
    pub(super) node: u32,
    neighbour: u32,
    /// True where the neighbour comes after, false where before.
    after: bool,
}

impl Split {
    fn moves(&self, graph: &Graph, instance: u32) -> bool {
        let neighbour = if self.after { instance + 1 } else { instance - 1 };
        graph.partition[neighbour as usize] == self.neighbour
    }

    pub(super) fn moved(&self, graph: &Graph) -> Vec<u32> {
        graph.members[self.node as usize].iter().copied().filter(|&i| self.moves(graph, i)).collect()
    }

    /// True where some instances move and some stay.
    pub(super) fn is_proper(&self, graph: &Graph) -> bool {
        let members = &graph.members[self.node as usize];
        members.iter().any(|&i| self.moves(graph, i)) && !members.iter().all(|&i| self.moves(graph, i))
    }
}

/// Splits partitions until every invariant holds. Of the splits that counterexamples ask for, the one that settles most
/// invariants is done, the first of equals. An invariant that holds goes on holding under splits, so only the others
/// are checked again. At most one split per instance; a round is O(candidates × (edges × labels / 64 + instances)).
/// Stops after `most` rounds; says how many there were.
pub(super) fn refine(
    graph: &mut Graph,
    invariants: &[Invariant],
    labels: usize,
    most: u64,
    control: &Control<'_>,
) -> Result<u64> {
    let mut open: Vec<Invariant> = invariants.to_vec();
    for round in 0..most {
        control.check()?;
        control.check_memory("synoptic", graph.bytes())?;
        let checker = Checker::new(graph.label_graph(), labels, Kinds::of(&open), control)?;
        control.spend(4 * open.len())?;
        open.retain(|invariant| !checker.holds(invariant));
        if open.is_empty() {
            return Ok(round);
        }
        let current = graph.label_graph();
        let mut best: Option<(usize, Split)> = None;
        let mut tried = HashSet::new();
        let mut walk = Walk::default();
        for invariant in open.iter().take(TRIED_PER_ROUND) {
            control.check()?;
            let Some(path) = current.counterexample(invariant) else { continue };
            for split in walk.candidates(graph, &path) {
                if !tried.insert(split) || !split.is_proper(graph) {
                    continue;
                }
                control.check()?;
                let checker = Checker::new(divided(graph, &current, &split), labels, Kinds::of(&open), control)?;
                // Whether one holds is looked up in sets that no cache keeps.
                control.spend(4 * open.len() + graph.nodes() + graph.members[split.node as usize].len())?;
                let settled = open.iter().filter(|invariant| checker.holds(invariant)).count();
                if best.as_ref().is_none_or(|(most, _)| settled > *most) {
                    best = Some((settled, split));
                }
            }
        }
        // A split that settles nothing only moves the counterexample one step along a loop: tell the instances on its
        // path apart by what the invariant asks for instead, which ends it at once.
        if best.as_ref().is_none_or(|(settled, _)| *settled == 0)
            && let Some(path) = open.first().and_then(|invariant| current.counterexample(invariant))
            && split_path(graph, &open[0], &path)
        {
            continue;
        }
        match best {
            Some((_, split)) => graph.split(split.node, &split.moved(graph)),
            // invariant: a path that no trace takes has a partition to split, so there is always a candidate
            None => return Ok(round),
        }
    }
    Ok(most)
}

/// Splits each partition on a path by whether an `a` came before (AP, NFby) or a `b` comes later (AFby).
/// False where that tells none apart. O(instances).
fn split_path(graph: &mut Graph, invariant: &Invariant, path: &[u32]) -> bool {
    let instances = graph.partition.len();
    let mut flags = vec![false; instances];
    let label = |graph: &Graph, i: usize| graph.labels[graph.partition[i] as usize];
    let mut seen = false;
    match invariant.kind {
        InvariantKind::InterruptedBy => return false,
        InvariantKind::AlwaysFollowedBy => {
            for i in (0..instances).rev() {
                seen &= graph.partition[i] != TERMINAL;
                flags[i] = seen;
                seen |= label(graph, i) == Some(invariant.b);
            }
        }
        InvariantKind::AlwaysPrecedes | InvariantKind::NeverFollowedBy => {
            for (i, flag) in flags.iter_mut().enumerate() {
                seen &= graph.partition[i] != INITIAL;
                *flag = seen;
                seen |= invariant.a.is_some() && label(graph, i) == invariant.a;
            }
        }
    }
    let nodes: BTreeSet<u32> = path.iter().copied().filter(|&n| n != INITIAL && n != TERMINAL).collect();
    let mut any = false;
    for node in nodes {
        let members = &graph.members[node as usize];
        let moved: Vec<u32> = members.iter().copied().filter(|&i| flags[i as usize]).collect();
        if !moved.is_empty() && moved.len() < members.len() {
            graph.split(node, &moved);
            any = true;
        }
    }
    any
}

/// Instances reached along paths from INITIAL, kept by path: counterexamples share their beginnings.
#[derive(Default)]
pub(super) struct Walk {
    reached: HashMap<Vec<u32>, Vec<u32>>,
}

impl Walk {
    /// Follows the instances along a path to the first partition where none can go on, which is to be split: by
    /// whether an instance has an edge to the next partition (A), and by whether it is reached from the one before (B).
    pub(super) fn candidates(&mut self, graph: &Graph, path: &[u32]) -> Vec<Split> {
        for at in 1..path.len() {
            let (node, next) = (path[at - 1], path[at]);
            if !self.reached.contains_key(&path[..=at]) {
                let before = if at == 1 { &graph.members[INITIAL as usize] } else { &self.reached[&path[..at]] };
                let further = before.iter().map(|&i| i + 1).filter(|&i| graph.partition[i as usize] == next).collect();
                self.reached.insert(path[..=at].to_vec(), further);
            }
            if self.reached[&path[..=at]].is_empty() {
                // Every edge from INITIAL is taken by a trace's first instance: the walk gets beyond it.
                let Some(before) = at.checked_sub(2) else { return Vec::new() };
                let outgoing = Split { node, neighbour: next, after: true };
                let incoming = Split { node, neighbour: path[before], after: false };
                return vec![outgoing, incoming];
            }
        }
        Vec::new()
    }
}

/// The graph after a split, without doing it. O(instances of the partition + edges).
fn divided(graph: &Graph, current: &LabelGraph, split: &Split) -> LabelGraph {
    let (node, fresh) = (split.node as usize, graph.nodes());
    let mut divided = current.clone();
    divided.labels.push(graph.labels[node]);
    divided.successors.push(Vec::new());
    // Per neighbour whether the part that stays and the part that moves have an edge from and to it; the two parts
    // are neighbours of each other at their own numbers.
    let mut from = vec![[false; 2]; fresh + 1];
    let mut to = vec![[false; 2]; fresh + 1];
    let name = |i: u32| {
        let at = graph.partition[i as usize] as usize;
        if at == node && split.moves(graph, i) { fresh } else { at }
    };
    for &i in &graph.members[node] {
        let part = usize::from(split.moves(graph, i));
        from[name(i - 1)][part] = true;
        to[name(i + 1)][part] = true;
    }
    let list = |part: usize| (0..=fresh).filter(|&n| to[n][part]).map(|n| n as u32).collect::<Vec<u32>>();
    divided.successors[node] = list(0);
    divided.successors[fresh] = list(1);
    for (neighbour, parts) in from.iter().enumerate().filter(|(n, _)| *n != node && *n != fresh) {
        let next = &mut divided.successors[neighbour];
        next.retain(|&n| n as usize != node || parts[0]);
        if parts[1] {
            next.push(fresh as u32);
        }
    }
    divided
}
