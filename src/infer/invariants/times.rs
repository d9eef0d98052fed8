//! Times of invariants on a graph (Perfume: Ohmann, Herzberg, Fiss, Halbert, Palyart, Beschastnikh & Brun 2014).
//!
//! A path breaks a time bound where it surely lies outside: from an `a` to a later `b` the fastest times of its edges
//! add up to more than the longest time seen between the two, or the slowest to less than the shortest. Only paths as
//! long as the longest trace are looked at: a loop that takes time would break every bound if run often enough.

use super::{Invariant, InvariantKind};
use crate::automaton::LabelId;
use crate::error::Result;
use crate::infer::Control;
use std::collections::BTreeMap;

/// A graph whose nodes are events, 0 being INITIAL and 1 TERMINAL, with the times that its edges take.
#[derive(Debug, Clone, Default)]
pub(crate) struct TimedGraph {
    /// Each node's label, `None` for INITIAL and TERMINAL.
    pub(crate) labels: Vec<Option<LabelId>>,
    /// Each node's successors, ascending, with the least and the most microseconds that getting there takes.
    pub(crate) successors: Vec<Vec<(u32, u64, u64)>>,
}

/// A time bound that a path surely breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BrokenTime {
    /// The invariant's position in the list that was checked.
    pub(crate) invariant: usize,
    /// Nodes from INITIAL to the event that comes too late or too soon.
    pub(crate) path: Vec<u32>,
}

/// For each layer and node: the best sum so far and the node before.
type Layers = Vec<Vec<Option<(u64, u32)>>>;

/// For each later label the invariant's position, and the least and the most time.
type Bounds = BTreeMap<LabelId, (usize, (u64, u64))>;

impl TimedGraph {
    /// The first time bound, in the order of the list, that a path of up to `length` events after an `a` breaks.
    /// O(event types × length × edges).
    pub(crate) fn broken(
        &self,
        invariants: &[Invariant],
        length: usize,
        control: &Control<'_>,
    ) -> Result<Option<BrokenTime>> {
        let mut by_first: BTreeMap<LabelId, Bounds> = BTreeMap::new();
        for (number, invariant) in invariants.iter().enumerate() {
            let timed = matches!(invariant.kind, InvariantKind::AlwaysFollowedBy | InvariantKind::AlwaysPrecedes);
            if let (true, Some(a), Some(times)) = (timed, invariant.a, invariant.times) {
                by_first.entry(a).or_default().entry(invariant.b).or_insert((number, times));
            }
        }
        let mut best: Option<BrokenTime> = None;
        for (a, bounds) in by_first {
            for slow in [true, false] {
                let Some(found) = self.broken_from(a, &bounds, slow, length, control)? else { continue };
                if best.as_ref().is_none_or(|best| found.invariant < best.invariant) {
                    best = Some(found);
                }
            }
        }
        Ok(best)
    }

    /// As [`TimedGraph::broken`] for one `a`: upper bounds where `slow`, else lower ones.
    fn broken_from(
        &self,
        a: LabelId,
        bounds: &Bounds,
        slow: bool,
        length: usize,
        control: &Control<'_>,
    ) -> Result<Option<BrokenTime>> {
        let start = |label: &Option<LabelId>| (*label == Some(a)).then_some((0, u32::MAX));
        let mut layers: Layers = vec![self.labels.iter().map(start).collect()];
        for _ in 0..length {
            control.check()?;
            control.check_memory("synoptic", layers.len() * self.labels.len() * size_of::<Option<(u64, u32)>>())?;
            let layer = &layers[layers.len() - 1];
            let mut next: Vec<Option<(u64, u32)>> = vec![None; self.labels.len()];
            for (node, reached) in layer.iter().enumerate() {
                let Some((sum, _)) = reached else { continue };
                for &(to, min, max) in &self.successors[node] {
                    let sum = sum.saturating_add(if slow { min } else { max });
                    let better = |(old, _): (u64, u32)| if slow { sum > old } else { sum < old };
                    if next[to as usize].is_none_or(better) {
                        next[to as usize] = Some((sum, node as u32));
                    }
                }
            }
            let outside = |node: usize| {
                let (number, (min, max)) = bounds.get(&self.labels[node]?)?;
                let (sum, _) = next[node]?;
                (if slow { sum > *max } else { sum < *min }).then_some((*number, node))
            };
            let found = (0..next.len()).filter_map(outside).min();
            let any = next.iter().any(Option::is_some);
            layers.push(next);
            if let Some((invariant, node)) = found {
                return Ok(Some(BrokenTime { invariant, path: self.path(&layers, node as u32) }));
            }
            if !any {
                break;
            }
        }
        Ok(None)
    }

    /// The nodes from INITIAL, on a shortest way to the path's `a`, and along the layers to a node of the last one.
    fn path(&self, layers: &Layers, mut node: u32) -> Vec<u32> {
        let mut path = Vec::new();
        for layer in layers.iter().rev() {
            path.push(node);
            match layer[node as usize] {
                Some((_, before)) if before != u32::MAX => node = before,
                _ => break,
            }
        }
        let mut origin = vec![u32::MAX; self.labels.len()];
        let mut queue = vec![0u32];
        let mut at = 0;
        while let Some(&from) = queue.get(at) {
            at += 1;
            for &(to, ..) in &self.successors[from as usize] {
                if to != 0 && origin[to as usize] == u32::MAX {
                    origin[to as usize] = from;
                    queue.push(to);
                }
            }
        }
        // invariant: every node can be reached from INITIAL
        while node != 0 && origin[node as usize] != u32::MAX {
            node = origin[node as usize];
            path.push(node);
        }
        path.reverse();
        path
    }
}
