//! Coarsening by trial, with all invariants checked at once.

use super::graph::{Graph, TERMINAL};
use super::timed::Times;
use crate::error::Result;
use crate::infer::Control;
use crate::infer::invariants::{Checker, Invariant, Kinds, LabelGraph};
use std::collections::BTreeSet;

/// Merges partitions of one type as long as every invariant holds; locally minimal. What breaks an invariant once
/// breaks it in every coarser graph, so each pair is tried once: those with the same successors first.
/// O(pairs of one type × edges × labels / 64).
pub(super) fn coarsen(
    graph: &mut Graph,
    invariants: &[Invariant],
    labels: usize,
    times: Option<&Times>,
    control: &Control<'_>,
) -> Result<()> {
    let kinds = Kinds::of(invariants);
    // Only invariants that hold are kept: without refinement not all do.
    let checker = Checker::new(graph.label_graph(), labels, kinds, control)?;
    let holding: Vec<Invariant> = invariants.iter().filter(|i| checker.holds(i)).copied().collect();
    let mut times = times;
    if let Some(checked) = times
        && !checked.hold(graph, None, invariants, control)?
    {
        times = None;
    }
    let mut pairs: Vec<(usize, u32, u32)> = Vec::new();
    for a in 2..graph.nodes() as u32 {
        control.check()?;
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
        let checker = Checker::new(united(graph, pair.0, pair.1), labels, kinds, control)?;
        let mut fits = holding.iter().all(|invariant| checker.holds(invariant));
        if let (true, Some(times)) = (fits, times) {
            fits = times.hold(graph, Some(pair), invariants, control)?;
        }
        if fits {
            graph.merge(pair.0, pair.1);
            merged[pair.1 as usize] = pair.0;
            // What one part could not be merged with, the whole cannot either.
            let inherited: Vec<(u32, u32)> =
                failed.iter().filter(|(x, y)| *x == pair.1 || *y == pair.1).copied().collect();
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
