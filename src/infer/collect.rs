//! What several threads find out about a set of traces: its prefix tree and the order of its keys.

use super::{Control, parallel};
use crate::automaton::PrefixTree;
use crate::error::Result;
use crate::trace::{Start, TraceSet};
use hashbrown::HashMap;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

/// Traces that are looked at to see whether threads help.
const PROBE: usize = 4096;
/// Threads grow a tree each, and trees are merged: worth it where a tree has fewer states than one in so many events.
const LEAST_EVENTS_PER_STATE: usize = 4;

/// Adds traces of a set to a tree without making their binary forms.
///
/// Errors: some events of a trace have a sequence number, others have none; the tree's memory limit.
fn grow(tree: &mut PrefixTree, set: &TraceSet, traces: Range<usize>, control: &Control<'_>) -> Result<()> {
    let mut binaries = set.binaries();
    // Traces of one sequence of labels share what is known about their variant.
    let mut variants: HashMap<Box<[u32]>, u32> = HashMap::new();
    let (mut labels, mut times, mut texts) = (Vec::new(), Vec::new(), Vec::new());
    for at in traces {
        if at % PROBE == 0 {
            control.check()?;
        }
        let rows = binaries.rows(at as u32)?;
        labels.clear();
        labels.extend(rows.iter().map(|row| row.label));
        times.clear();
        times.extend(rows.iter().filter(|_| set.is_timed()).map(|row| row.at));
        let ties = crate::trace::ties(rows);
        let parameters = rows.iter().any(|row| row.parameters.is_some());
        texts.clear();
        texts.extend(rows.iter().filter(|_| parameters).map(|row| row.parameters));
        let variant = match variants.get(&labels[..]) {
            Some(&variant) => variant,
            None => {
                let variant = tree.variant(binaries.variant())?;
                variants.insert(labels.as_slice().into(), variant);
                variant
            }
        };
        tree.add_known(variant, ties, &times, &texts)?;
    }
    Ok(())
}

/// The prefix tree of all traces of a set. O(rows).
///
/// Where threads may be used and traces are much alike, each thread grows a tree of its share.
/// Errors: those of the rows; the memory limit.
pub fn prefix_tree(set: &TraceSet, control: &Control<'_>) -> Result<PrefixTree> {
    let mut tree = PrefixTree::new(control.memory_limit);
    let probe = set.len().min(PROBE);
    grow(&mut tree, set, 0..probe, control)?;
    let workers = control.workers();
    if workers < 2 || set.len() < 4 * PROBE || tree.states() * LEAST_EVENTS_PER_STATE > tree.events() as usize {
        grow(&mut tree, set, probe..set.len(), control)?;
        return Ok(tree);
    }
    let share = (set.len() - probe).div_ceil(workers);
    let grown = parallel::run(workers, workers, control, &|job, control| {
        let mut tree = PrefixTree::new(control.memory_limit);
        let start = (probe + job * share).min(set.len());
        grow(&mut tree, set, start..(start + share).min(set.len()), control)?;
        Ok(tree.to_automaton())
    })?;
    grown.iter().try_for_each(|part| tree.merge(part))?;
    Ok(tree)
}

/// The positions of all traces, ordered by key. O(n log n).
pub fn key_order(set: &TraceSet, control: &Control<'_>) -> Result<Vec<u32>> {
    let (mut starts, ends) = set.key_buckets();
    let (mut rest, mut buckets, mut begin) = (&mut starts[..], Vec::with_capacity(ends.len()), 0);
    for end in ends {
        let (bucket, after) = std::mem::take(&mut rest).split_at_mut(end - std::mem::replace(&mut begin, end));
        buckets.push(Mutex::new(bucket));
        rest = after;
    }
    let sort = |i: usize, control: &Control<'_>| {
        control.check()?;
        // Each is asked for once: nobody waits, and a panic elsewhere does not matter.
        set.sort_bucket(&mut buckets[i].lock().unwrap_or_else(PoisonError::into_inner));
        Ok(())
    };
    parallel::run(buckets.len(), control.workers(), control, &sort)?;
    Ok(starts.iter().map(Start::at).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::{SetRow, TraceView};

    /// Traces in a few variants; where `unlike`, of a variant each.
    fn set(traces: u64, unlike: bool) -> TraceSet {
        let mut set = TraceSet::new(usize::MAX);
        for i in 0..traces * 4 {
            let (trace, step) = (i % traces, i / traces);
            let kind = if unlike { trace } else { trace * 7 % 5 };
            let event = format!("e{}", (kind >> (4 * step)) % 16);
            let parameters = (trace % 3 == 0).then(|| format!("{{\"n\": {}}}", trace % 11));
            let at = Some((trace * 1000 + step * (trace % 17)) as i64);
            let row = SetRow { at, seq: None, component: None, event: &event, parameters: parameters.as_deref() };
            set.add(Some(&trace.to_be_bytes()), row).unwrap();
        }
        set
    }

    #[test]
    fn any_number_of_threads_gives_the_tree_of_the_traces_one_by_one() {
        for unlike in [false, true] {
            let set = set(20_000, unlike);
            let (mut one_by_one, mut binaries, mut bytes) = (PrefixTree::new(usize::MAX), set.binaries(), Vec::new());
            for at in 0..set.len() {
                bytes.clear();
                binaries.append(at as u32, &mut bytes).unwrap();
                one_by_one.add(&TraceView::from_bytes(&bytes).unwrap()).unwrap();
            }
            let expected = one_by_one.to_automaton().to_bytes();
            for workers in [1, 2, 5] {
                let control = Control::unlimited().with_threads(&|_| (), workers);
                let tree = prefix_tree(&set, &control).unwrap();
                assert!(tree.to_automaton().to_bytes() == expected, "{workers} threads, unlike: {unlike}");
            }
        }
    }
}
