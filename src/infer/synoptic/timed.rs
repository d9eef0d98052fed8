//! Refinement until the times of invariants hold, too.

use super::graph::Graph;
use super::refine::Walk;
use crate::automaton::Automaton;
use crate::error::{Error, Result};
use crate::infer::Control;
use crate::infer::holdout::Held;
use crate::infer::invariants::Invariant;

/// What is known of the times of event instances.
pub(super) struct Times {
    /// For each instance the least and the most microseconds since the one before it.
    delays: Vec<(u64, u64)>,
    /// Events of the longest trace.
    longest: usize,
}

impl Times {
    /// Reads the times of all instances from the tree. O(sum of lengths × log).
    pub(super) fn of(tree: &Automaton, traces: &[Held], control: &Control<'_>) -> Result<Self> {
        if tree.totals.timed_traces == 0 {
            return Err(Error::InvalidOption {
                name: "timed".into(),
                value: "true".into(),
                expected: "false for traces without times".into(),
            });
        }
        let mut delays = Vec::new();
        for (i, trace) in traces.iter().enumerate() {
            if i % 256 == 0 {
                control.check()?;
            }
            delays.push((0, u64::MAX));
            let mut state = 0;
            for &event in &trace.events {
                // invariant: the tree's own traces lead through it
                let at = tree.transitions.partition_point(|t| (t.source, t.label) < (state, event));
                let t = &tree.transitions[at];
                let known = !t.delays.buckets.is_empty();
                delays.push(if known { (t.delays.min, t.delays.max) } else { (0, u64::MAX) });
                state = t.target;
            }
            delays.push((0, u64::MAX));
        }
        let longest = traces.iter().map(|t| t.events.len()).max().unwrap_or(0);
        Ok(Times { delays, longest })
    }

    /// True where no path of the graph, two partitions merged, is surely too fast or too slow.
    pub(super) fn hold(
        &self,
        graph: &Graph,
        merged: Option<(u32, u32)>,
        invariants: &[Invariant],
        control: &Control<'_>,
    ) -> Result<bool> {
        let timed = graph.timed_graph(&self.delays, merged);
        Ok(timed.broken(invariants, self.longest, control)?.is_none())
    }
}

/// Splits partitions until no path is surely too fast or too slow, or for `most` rounds; says how many there were.
///
/// Ends, because no trace takes a path that its own times break: there is always a partition to split.
pub(super) fn refine(
    graph: &mut Graph,
    invariants: &[Invariant],
    times: &Times,
    most: u64,
    control: &Control<'_>,
) -> Result<u64> {
    for round in 0..most {
        control.check_memory("synoptic", graph.bytes())?;
        let timed = graph.timed_graph(&times.delays, None);
        let Some(broken) = timed.broken(invariants, times.longest, control)? else { return Ok(round) };
        let candidates = Walk::default().candidates(graph, &broken.path);
        let Some(split) = candidates.into_iter().find(|split| split.is_proper(graph)) else { return Ok(round) };
        graph.split(split.node, &split.moved(graph));
    }
    Ok(most)
}
