//! Refinement by counterexamples and coarsening by trial, both with all invariants checked at once.

use super::graph::{Graph, INITIAL, TERMINAL};
use crate::error::Result;
use crate::infer::Control;
use crate::infer::invariants::{Checker, Invariant, Kinds, LabelGraph};
use std::collections::{BTreeSet, HashSet};

/// Violated invariants looked at per round: each costs a search and a walk, a split usually settles several.
const TRIED_PER_ROUND: usize = 64;

/// Instances of a partition that are to be told from its others.
struct Split {
    node: u32,
    moved: Vec<u32>,
}

/// Splits partitions until every invariant holds. Of the splits that counterexamples ask for, the one that settles most
/// invariants is done, the first of equals. An invariant that holds goes on holding under splits, so only the others
/// are checked again. At most one split per instance; a round is O(candidates × (edges × labels / 64 + instances)).
pub(super) fn refine(graph: &mut Graph, invariants: &[Invariant], labels: usize, control: &Control<'_>) -> Result<()> {
    let mut open: Vec<Invariant> = invariants.to_vec();
    loop {
            control.check()?;
        control.check_memory("synoptic", graph.bytes())?;
        let checker = Checker::new(graph.label_graph(), labels, Kinds::of(&open));
        open.retain(|invariant| !checker.holds(invariant));
        if open.is_empty() {
            return Ok(());
        }
        let current = graph.label_graph();
        let mut best: Option<(usize, Split)> = None;
        let mut tried = HashSet::new();
        for invariant in open.iter().take(TRIED_PER_ROUND) {
            let Some(path) = current.counterexample(invariant) else { continue };
            for split in candidates(graph, &path) {
                control.check()?;
                if !tried.insert((split.node, split.moved.clone())) {
                    continue;
                }
                let checker = Checker::new(divided(graph, &split), labels, Kinds::of(&open));
                let settled = open.iter().filter(|invariant| checker.holds(invariant)).count();
                if best.as_ref().is_none_or(|(most, _)| settled > *most) {
                    best = Some((settled, split));
                }
            }
        }
        match best {
            Some((_, split)) => graph.split(split.node, &split.moved),
            // invariant: a path that no trace takes has a partition to split, so there is always a candidate
            None => return Ok(()),
        }
    }
}

/// Walks the instances along a path to the first partition where none can go on, and splits there: by whether an
/// instance has an edge to the next partition (A), and by whether it is reached from the one before (B).
fn candidates(graph: &Graph, path: &[u32]) -> Vec<Split> {
    let mut reached: Vec<u32> = graph.members[INITIAL as usize].clone();
    for (at, pair) in path.windows(2).enumerate() {
        let (node, next) = (pair[0], pair[1]);
        let further: Vec<u32> =
            reached.iter().map(|&i| i + 1).filter(|&i| graph.partition[i as usize] == next).collect();
        if !further.is_empty() {
            reached = further;
            continue;
        }
        let previous = if at > 0 { path[at - 1] } else { return Vec::new() };
        let by = |keep: &dyn Fn(u32) -> bool| -> Option<Split> {
            let moved: Vec<u32> = graph.members[node as usize].iter().copied().filter(|&i| keep(i)).collect();
            let proper = !moved.is_empty() && moved.len() < graph.members[node as usize].len();
            proper.then_some(Split { node, moved })
        };
        let incoming = by(&|i| graph.partition[i as usize - 1] == previous);
        let outgoing = by(&|i| graph.partition[i as usize + 1] == next);
        return [outgoing, incoming].into_iter().flatten().collect();
    }
    Vec::new()
}

/// The graph after a split, without doing it.
fn divided(graph: &Graph, split: &Split) -> LabelGraph {
    let fresh = graph.nodes() as u32;
    let moved: HashSet<u32> = split.moved.iter().copied().collect();
    let name = |i: u32| {
        let node = graph.partition[i as usize];
        if node == split.node && moved.contains(&i) { fresh } else { node }
    };
    let mut labels = graph.label_graph();
    labels.labels.push(graph.labels[split.node as usize]);
    labels.successors.push(Vec::new());
    labels.successors[split.node as usize].clear();
    let mut edges = BTreeSet::new();
    for &i in &graph.members[split.node as usize] {
        edges.insert((name(i - 1), name(i)));
        edges.insert((name(i), name(i + 1)));
    }
    for next in &mut labels.successors {
        next.retain(|&to| to != split.node);
    }
    for (from, to) in edges {
        let next = &mut labels.successors[from as usize];
        if let Err(at) = next.binary_search(&to) {
            next.insert(at, to);
        }
    }
    labels
}

/// Merges partitions of one type as long as every invariant holds; locally minimal. What breaks an invariant once
/// breaks it in every coarser graph, so each pair is tried once: those with the same successors first.
/// O(pairs of one type × edges × labels / 64).
pub(super) fn coarsen(graph: &mut Graph, invariants: &[Invariant], labels: usize, control: &Control<'_>) -> Result<()> {
    let kinds = Kinds::of(invariants);
    // Only invariants that hold are kept: without refinement not all do.
    let checker = Checker::new(graph.label_graph(), labels, kinds);
    let holding: Vec<Invariant> = invariants.iter().filter(|i| checker.holds(i)).copied().collect();
    let mut pairs: Vec<(usize, u32, u32)> = Vec::new();
    for a in 2..graph.nodes() as u32 {
        let mine: BTreeSet<u32> = graph.successors(a).collect();
        for b in a + 1..graph.nodes() as u32 {
            if graph.labels[a as usize] == graph.labels[b as usize] {
                let differing = mine.symmetric_difference(&graph.successors(b).collect()).count();
                pairs.push((differing, a, b));
            }
        }
    }
    pairs.sort_unstable();
    let mut merged: Vec<u32> = (0..graph.nodes() as u32).collect();
    let mut failed = BTreeSet::new();
    for (_, a, b) in pairs {
        control.check()?;
        let find = |mut node: u32| {
            while merged[node as usize] != node {
                node = merged[node as usize];
            }
            node
        };
        let (a, b) = (find(a), find(b));
        let pair = (a.min(b), a.max(b));
        if a == b || failed.contains(&pair) {
            continue;
        }
        let checker = Checker::new(united(graph, pair.0, pair.1), labels, kinds);
        if holding.iter().all(|invariant| checker.holds(invariant)) {
            graph.merge(pair.0, pair.1);
            merged[pair.1 as usize] = pair.0;
            // What one part could not be merged with, the whole cannot either.
            let inherited: Vec<(u32, u32)> = failed.iter().filter(|(x, y)| *x == pair.1 || *y == pair.1).copied().collect();
            for (x, y) in inherited {
                let other = if x == pair.1 { y } else { x };
                failed.insert((pair.0.min(other), pair.0.max(other)));
            }
        } else {
            failed.insert(pair);
        }
    }
    graph.compact();
    Ok(())
}

/// The graph after a merge of `b` into `a`, without doing it; `b` stays as a node that nothing leads to.
fn united(graph: &Graph, a: u32, b: u32) -> LabelGraph {
    let mut united = graph.label_graph();
    let theirs = std::mem::take(&mut united.successors[b as usize]);
    united.successors[a as usize].extend(theirs);
    // A node that nothing leads to must not weaken what holds of its label.
    united.labels[b as usize] = None;
    united.successors[b as usize] = vec![TERMINAL];
    for next in &mut united.successors {
        if next.contains(&b) || next.len() > 1 {
            next.iter_mut().filter(|to| **to == b).for_each(|to| *to = a);
            next.sort_unstable();
            next.dedup();
        }
    }
    united
}
