//! Taking traces back out of a prefix tree: exact, and where it cannot be, it says so.
//!
//! Counts and sums are subtracted. A minimum, a maximum or an item of a full sample that leaves does not say what comes
//! in its place: that has to be looked up among the traces that stay.

use super::{MAX_PAIR_LABELS, PrefixTree, parameter_hash, start_hash};
use crate::automaton::values::Events;
use crate::automaton::{Histogram, LabelId, PARAMETER_SAMPLE, START_SAMPLE, Sample, strata};
use crate::error::Result;
use crate::trace::{TraceView, Variant};

/// What a tree does not know any more after traces were taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Lost {
    /// The sample of starts, the shortest and longest duration, or the earliest and latest event: [`Ends`](super::Ends) mends them.
    pub ends: bool,
    /// Something else: the tree must be made again from its traces.
    pub rest: bool,
}

impl PrefixTree {
    /// Adds `new` and takes `old` back, which must have been added before; either may be missing. Costs what
    /// [`PrefixTree::add`] costs.
    ///
    /// What is gained from a trace that only went on is exact but for the start's sample; see [`Lost`].
    pub fn replace(&mut self, old: Option<&TraceView<'_>>, new: Option<&TraceView<'_>>, lost: &mut Lost) -> Result<()> {
        if let Some(new) = new {
            self.add(new)?;
        }
        let Some(old) = old else { return Ok(()) };
        let variant = Variant::from_bytes(old.variant)?;
        let shared = match new {
            Some(new) => old.shared(&variant, new, &Variant::from_bytes(new.variant)?),
            None => 0,
        };
        let taken = self.take_back(old, &variant, shared, lost);
        if taken.and_then(|()| self.take_back_values(old, new, lost)).is_none() {
            // It was never added: whatever this tree is of, it is not these traces.
            lost.rest = true;
        }
        Ok(())
    }

    fn take_back(&mut self, old: &TraceView<'_>, variant: &Variant, shared: usize, lost: &mut Lost) -> Option<()> {
        let labels: Option<Vec<LabelId>> = variant.labels.iter().map(|l| self.label_ids.get(l).copied()).collect();
        let labels = labels?;
        let (mut node, mut path) = (0, Vec::with_capacity(variant.events.len()));
        for &event in &variant.events {
            node = *self.children.get(&(node, labels[event as usize]))?;
            path.push(node);
        }
        for &node in &path {
            let node = &mut self.nodes[node as usize];
            node.count = node.count.checked_sub(1)?;
        }
        let last = &mut self.nodes[path.last().map_or(0, |&n| n as usize)];
        last.stops = last.stops.checked_sub(1)?;
        let totals = &mut self.totals;
        totals.traces = totals.traces.checked_sub(1)?;
        totals.events = totals.events.checked_sub(path.len() as u64)?;
        totals.ties = totals.ties.checked_sub(old.ties.into())?;
        self.take_back_times(old, &path, shared, lost)?;
        if self.labels.len() <= MAX_PAIR_LABELS {
            lost.rest |= self.bounds_a_pair(old, variant, &labels, shared);
        }
        for (i, parameters) in old.parameters.iter().enumerate() {
            let Some(parameters) = parameters else { continue };
            self.totals.events_with_parameters = self.totals.events_with_parameters.checked_sub(1)?;
            let next = variant.events.get(i + 1).map(|&e| labels[e as usize]);
            let hash = parameter_hash(parameters, next.map(|id| &self.labels[id as usize]));
            let node = &self.nodes[path[i] as usize];
            // Of few continuations all that was sampled is known; of many only where there is little to sample.
            let known = strata::are_whole(node.strata as usize) || node.count < strata::LEAST as u64;
            let sample = match path.get(i + 1) {
                Some(&next) => &mut self.nodes[next as usize].before,
                None => &mut self.nodes[path[i] as usize].last,
            };
            let held = sample.items.len();
            let exact = sample.remove(hash, &(*parameters).into(), PARAMETER_SAMPLE);
            lost.rest |= !exact || (sample.items.len() < held && !known);
            let emptied = held > 0 && sample.items.is_empty();
            self.nodes[path[i] as usize].strata -= u32::from(emptied);
        }
        Some(())
    }

    fn take_back_values(&mut self, old: &TraceView<'_>, new: Option<&TraceView<'_>>, lost: &mut Lost) -> Option<()> {
        let events = |view: &TraceView<'_>| {
            let variant = Variant::from_bytes(view.variant).ok()?;
            let labels: Option<Vec<LabelId>> = variant.labels.iter().map(|l| self.label_ids.get(l).copied()).collect();
            let labels = labels?;
            Some(variant.events.iter().map(|&event| labels[event as usize]).collect::<Vec<_>>())
        };
        let new_labels = new.map(events);
        let gone = Events { labels: events(old)?, times: &old.times, parameters: &old.parameters };
        let came = match (new, new_labels) {
            (Some(new), Some(labels)) => {
                Some(Events { labels: labels?, times: &new.times, parameters: &new.parameters })
            }
            _ => None,
        };
        lost.rest |= !self.values.take_back(&gone, came.as_ref())?;
        Some(())
    }

    fn take_back_times(&mut self, old: &TraceView<'_>, path: &[u32], shared: usize, lost: &mut Lost) -> Option<()> {
        let (Some(&first), Some(&last)) = (old.times.first(), old.times.last()) else { return Some(()) };
        let totals = &mut self.totals;
        totals.timed_traces = totals.timed_traces.checked_sub(1)?;
        lost.ends |= (first == totals.earliest && shared == 0) || (last == totals.latest && shared < path.len());
        lost.ends |= !self.durations.remove(first.abs_diff(last))?;
        lost.ends |= !self.starts.remove(start_hash(first, old.variant), &first, START_SAMPLE);
        for (i, pair) in old.times.windows(2).enumerate() {
            let exact = self.nodes[path[i + 1] as usize].delays.remove(pair[0].abs_diff(pair[1]))?;
            // The new trace has the same delay here.
            lost.rest |= !exact && i + 1 >= shared;
        }
        Some(())
    }

    /// Whether the trace has the smallest or largest time between two events that the new trace does not share.
    fn bounds_a_pair(&self, old: &TraceView<'_>, variant: &Variant, labels: &[LabelId], shared: usize) -> bool {
        let mut seen: Vec<Option<(i64, i64)>> = vec![None; labels.len()];
        for (i, (&event, &at)) in variant.events.iter().zip(&old.times).enumerate() {
            if i >= shared {
                for (&label, ends) in labels.iter().zip(&seen) {
                    let Some((first, last)) = *ends else { continue };
                    let bounds = self.pair_times.get(&(label, labels[event as usize]));
                    if bounds.is_none_or(|&(min, max)| last.abs_diff(at) <= min || first.abs_diff(at) >= max) {
                        return true;
                    }
                }
            }
            let entry = &mut seen[event as usize];
            *entry = Some((entry.map_or(at, |ends| ends.0), at));
        }
        false
    }
}

impl<T: Ord + Clone> Sample<T> {
    /// Takes one occurrence back; false where the sample was full and does not know what comes in its place.
    fn remove(&mut self, hash: u64, value: &T, k: usize) -> bool {
        let Ok(i) = self.items.binary_search_by(|item| item.hash.cmp(&hash).then_with(|| item.value.cmp(value))) else {
            return true;
        };
        self.items[i].count -= 1;
        if self.items[i].count > 0 {
            return true;
        }
        self.items.remove(i);
        self.items.len() + 1 < k
    }
}

impl Histogram {
    /// Takes one value back; `None` if it has none such, false where it was the smallest or largest and may not be it
    /// any more.
    fn remove(&mut self, value: u64) -> Option<bool> {
        let bucket = super::super::histogram::bucket(value);
        let i = self.buckets.binary_search_by_key(&bucket, |&(b, _)| b).ok()?;
        self.sum = self.sum.checked_sub(value.into())?;
        self.buckets[i].1 -= 1;
        let gone = self.buckets[i].1 == 0;
        if gone {
            self.buckets.remove(i);
        }
        if self.buckets.is_empty() {
            (self.min, self.max) = (0, 0);
            return Some(true);
        }
        let single = super::super::histogram::bounds(bucket) == (value, value);
        Some((value != self.min && value != self.max) || (single && !gone))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::automaton::Ends;
    use crate::trace::Trace;
    use proptest::prelude::*;

    type Given = Vec<(i64, String, Option<String>)>;

    fn bytes(rows: &Given) -> Vec<u8> {
        let rows = rows.iter().map(|(at, event, p)| (Some(*at), None, event.as_str(), None, p.as_deref()));
        Trace::from_rows(rows.collect()).to_bytes()
    }

    fn tree<'a>(traces: impl IntoIterator<Item = &'a Vec<u8>>) -> PrefixTree {
        let mut tree = PrefixTree::new(usize::MAX);
        traces.into_iter().for_each(|t| tree.add(&TraceView::from_bytes(t).unwrap()).unwrap());
        tree
    }

    fn given() -> impl Strategy<Value = Given> {
        prop::collection::vec((0i64..60, "[a-c]", prop::option::of("[0-9]")), 1..6)
    }

    /// The tree of all traces, some of which became others; as made from all of them, or with what was lost made again.
    fn check(before: &[Given], after: &[Option<Given>]) -> std::result::Result<(), TestCaseError> {
        let old: Vec<Vec<u8>> = before.iter().map(bytes).collect();
        let new: Vec<Option<Vec<u8>>> = after.iter().map(|t| t.as_ref().map(bytes)).collect();
        let mut replaced = PrefixTree::new(usize::MAX);
        replaced.merge(&tree(&old).to_automaton()).unwrap();
        let (mut lost, mut kept) = (Lost::default(), Ends::default());
        let ends_of = |view: &TraceView<'_>| (view.times[0], view.times[view.times.len() - 1]);
        for bytes in &old {
            let view = TraceView::from_bytes(bytes).unwrap();
            kept.add(view.variant, ends_of(&view).0, ends_of(&view).1);
        }
        for (i, new) in new.iter().enumerate().filter(|(i, new)| old.get(*i) != new.as_ref()) {
            let old = old.get(i).map(|bytes| TraceView::from_bytes(bytes).unwrap());
            let new = new.as_ref().map(|bytes| TraceView::from_bytes(bytes).unwrap());
            replaced.replace(old.as_ref(), new.as_ref(), &mut lost).unwrap();
            old.iter().for_each(|old| assert!(kept.remove(old.variant, ends_of(old).0, ends_of(old).1)));
            new.iter().for_each(|new| kept.add(new.variant, ends_of(new).0, ends_of(new).1));
        }
        if lost.rest {
            return Ok(());
        }
        let stay: Vec<&Vec<u8>> = new.iter().flatten().collect();
        if lost.ends {
            replaced.mend(&kept);
        }
        prop_assert_eq!(replaced.to_automaton(), tree(stay).to_automaton());
        Ok(())
    }

    proptest! {
        #[test]
        fn replacing_equals_making_anew_or_says_what_is_lost(
            before in prop::collection::vec(given(), 1..12),
            after in prop::collection::vec(prop::option::weighted(0.9, given()), 12..16),
            changed in prop::collection::vec(prop::bool::weighted(0.3), 16),
        ) {
            let after: Vec<Option<Given>> = after.into_iter().enumerate()
                .map(|(i, new)| if changed[i] || i >= before.len() { new } else { Some(before[i].clone()) }).collect();
            check(&before, &after)?;
        }

        /// So many continuations that samples hold fewer of each than they could, and parameters that rarely repeat.
        #[test]
        fn samples_of_many_continuations_are_exact_or_told(
            before in prop::collection::vec((0u32..500, 0u8..12), 1..300),
            changed in prop::collection::vec(prop::option::weighted(0.05, (0u32..500, 0u8..12)), 300),
        ) {
            let trace = |(n, next): (u32, u8)| {
                vec![(0, "open".to_string(), Some(n.to_string())), (1, char::from(b'a' + next).to_string(), None)]
            };
            let after: Vec<Option<Given>> =
                before.iter().zip(&changed).map(|(old, new)| Some(trace(new.unwrap_or(*old)))).collect();
            check(&before.iter().copied().map(trace).collect::<Vec<_>>(), &after)?;
        }

        #[test]
        fn traces_that_go_on_lose_nothing_but_ends(before in prop::collection::vec(given(), 1..12), more in prop::collection::vec(given(), 12)) {
            let after: Vec<Option<Given>> = before.iter().zip(&more).map(|(old, more)| {
                let end = old.iter().map(|r| r.0).max().unwrap();
                Some(old.iter().cloned().chain(more.iter().cloned().map(|(at, e, p)| (at + end + 1, e, p))).collect())
            }).collect();
            check(&before, &after)?;
            let mut lost = Lost::default();
            let mut replaced = tree(&before.iter().map(bytes).collect::<Vec<_>>());
            // its pair times are in what it knows of variants: as stored and read they are in one place
            let stored = replaced.to_automaton();
            replaced = PrefixTree::new(usize::MAX);
            replaced.merge(&stored).unwrap();
            for (old, new) in before.iter().zip(after.iter().flatten()) {
                let (old, new) = (bytes(old), bytes(new));
                let (old, new) = (TraceView::from_bytes(&old).unwrap(), TraceView::from_bytes(&new).unwrap());
                replaced.replace(Some(&old), Some(&new), &mut lost).unwrap();
            }
            prop_assert!(!lost.rest);
        }
    }

    #[test]
    fn a_trace_that_was_never_added_is_told() {
        let mut tree = tree(&[bytes(&vec![(1, "a".into(), None)])]);
        let (mut lost, other) = (Lost::default(), bytes(&vec![(1, "b".into(), None)]));
        tree.replace(Some(&TraceView::from_bytes(&other).unwrap()), None, &mut lost).unwrap();
        assert!(lost.rest);
    }
}
