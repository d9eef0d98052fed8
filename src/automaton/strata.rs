//! Samples of parameters by what came next, so that a rare continuation is known as well as a frequent one.
//!
//! A transition of a prefix tree keeps the items of smallest hash of all, and of every continuation: a guard is learned
//! from what tells continuations apart, however rare one of them is. Both parts merge exactly, and so do they together:
//! what is kept of a union was kept of every part that holds it.

use super::sample::{Item, Sample};
use super::{LabelId, PARAMETER_SAMPLE, ParameterItem};

/// Items that the continuations of one transition share.
const SHARED: usize = 4 * PARAMETER_SAMPLE;
/// Items that every continuation may keep, however many there are.
pub(super) const LEAST: usize = 8;

/// Items kept per continuation where there are so many. Never more for more, so that parts hold what their union does.
fn quota(continuations: usize) -> usize {
    (SHARED / continuations.max(1)).clamp(LEAST, PARAMETER_SAMPLE)
}

/// True where so many continuations keep as many items as a sample may hold at all.
pub(super) fn are_whole(continuations: usize) -> bool {
    quota(continuations) == PARAMETER_SAMPLE
}

/// A continuation's part of a sample.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stratum {
    /// The label of the next event, `None` for the end of a trace.
    pub next: Option<LabelId>,
    /// Events sampled.
    pub sampled: u64,
    /// True where these are all events with parameters that went on so.
    pub complete: bool,
}

/// What a transition keeps of the samples of its continuations.
pub(super) fn gather<'a>(
    strata: impl Iterator<Item = (Option<LabelId>, &'a Sample<Box<str>>)>,
) -> Sample<ParameterItem> {
    let strata: Vec<_> = strata.filter(|(_, sample)| !sample.items.is_empty()).collect();
    let quota = quota(strata.len());
    let mut items: Vec<(bool, Item<ParameterItem>)> = Vec::new();
    for (next, sample) in strata {
        let of = |item: &Item<Box<str>>| Item { hash: item.hash, value: (item.value.clone(), next), count: item.count };
        items.extend(sample.items.iter().enumerate().map(|(rank, item)| (rank < quota, of(item))));
    }
    items.sort_unstable_by(|a, b| a.1.cmp(&b.1));
    let kept = items.into_iter().enumerate().filter(|(rank, (kept, _))| *kept || *rank < PARAMETER_SAMPLE);
    Sample { items: kept.map(|(_, (_, item))| item).collect() }
}

/// The continuations that a prefix tree's sample holds, ascending.
pub fn strata(sample: &Sample<ParameterItem>) -> Vec<Stratum> {
    let mut items: Vec<(Option<LabelId>, u64)> = sample.items.iter().map(|item| (item.value.1, item.count)).collect();
    items.sort_unstable_by_key(|item| item.0);
    let groups: Vec<_> = items.chunk_by(|a, b| a.0 == b.0).collect();
    let quota = quota(groups.len());
    let stratum = |group: &&[(Option<LabelId>, u64)]| Stratum {
        next: group[0].0,
        sampled: group.iter().map(|item| item.1).sum(),
        complete: group.len() < quota,
    };
    groups.iter().map(stratum).collect()
}

/// Why this cannot be a sample of parameters, if so.
pub(super) fn problem(sample: &Sample<ParameterItem>) -> Option<&'static str> {
    let mut nexts: Vec<Option<LabelId>> = sample.items.iter().map(|item| item.value.1).collect();
    nexts.sort_unstable();
    let largest = nexts.chunk_by(|a, b| a == b).map(<[_]>::len).max().unwrap_or(0);
    sample.problem(if largest > PARAMETER_SAMPLE { PARAMETER_SAMPLE } else { usize::MAX })
}

#[cfg(test)]
mod tests {
    use super::super::PrefixTree;
    use super::*;
    use crate::trace::{Trace, TraceBuilder, TraceView};
    use proptest::prelude::*;

    /// One event with a parameter, and one of several that follow.
    fn trace(n: u32, next: u32) -> Trace {
        let mut builder = TraceBuilder::default();
        builder.push(None, "open", None, None, Some(&n.to_string()));
        if next > 0 {
            builder.push(None, &format!("next {next}"), None, None, None);
        }
        builder.finish()
    }

    fn tree(traces: &[(u32, u32)]) -> PrefixTree {
        let mut tree = PrefixTree::new(usize::MAX);
        for &(n, next) in traces {
            tree.add(&TraceView::from_bytes(&trace(n, next).to_bytes()).unwrap()).unwrap();
        }
        tree
    }

    #[test]
    fn a_rare_continuation_is_kept() {
        let traces: Vec<(u32, u32)> = (0..10_000).map(|n| (n, u32::from(n % 200 == 0))).collect();
        let tree = tree(&traces).to_automaton();
        let found = strata(&tree.transitions[0].parameters);
        assert_eq!(found[0], Stratum { next: None, sampled: 64, complete: false });
        assert_eq!(found[1], Stratum { next: Some(0), sampled: 50, complete: true });
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// Over so many continuations that their quota shrinks as parts are merged.
        #[test]
        fn trees_merge_exactly(
            traces in prop::collection::vec((0u32..2000, 0u32..40), 0..1500),
            cut in 0usize..1500,
        ) {
            let (a, b) = traces.split_at(cut.min(traces.len()));
            let whole = tree(&traces).to_automaton();
            for (first, second) in [(a, b), (b, a)] {
                let mut merged = PrefixTree::new(usize::MAX);
                merged.merge(&tree(first).to_automaton()).unwrap();
                merged.merge(&tree(second).to_automaton()).unwrap();
                let merged = merged.to_automaton();
                prop_assert_eq!(merged.validate().is_ok(), true);
                prop_assert_eq!(&merged, &whole);
                let mut added = tree(first);
                added.merge(&tree(second).to_automaton()).unwrap();
                prop_assert_eq!(&added.to_automaton(), &whole);
            }
        }
    }
}
