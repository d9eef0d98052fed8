//! Mining invariants by counting pairs, one pass over each trace (Beschastnikh et al. 2011, section 3.2).

use super::pairs::{NOTHING, Pairs};
use super::{Invariant, InvariantKind, Invariants, MiningOptions, tree};
use crate::automaton::{Automaton, LabelId};
use crate::error::{Error, Result};
use crate::infer::Control;
use crate::trace::{Label, TraceView, Variant};
use hashbrown::HashMap;
use serde::{Deserialize, Serialize};

/// What is counted for an event type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Single {
    pub(super) occurrences: u64,
    /// Traces that have it.
    pub(super) traces: u64,
    /// Pairs of consecutive occurrences.
    pub(super) gaps: u64,
}

/// Counts from which all invariants follow; states of parts of the traces merge exactly, in any order.
#[derive(Debug, Clone)]
pub struct InvariantMiner {
    pub(super) labels: Vec<Label>,
    ids: HashMap<Label, LabelId>,
    pub(super) singles: Vec<Single>,
    pub(super) pairs: Pairs,
    pub(super) traces: u64,
}

impl InvariantMiner {
    /// No traces yet, and at most about `limit` bytes: they grow with the number of pairs of event types that some trace
    /// has both of.
    pub fn new(limit: usize) -> Self {
        let (labels, ids, singles) = (Vec::new(), HashMap::new(), Vec::new());
        InvariantMiner { labels, ids, singles, pairs: Pairs::new(limit), traces: 0 }
    }

    /// Counts a trace. O(length × distinct labels).
    pub fn add(&mut self, trace: &TraceView<'_>) -> Result<()> {
        let variant = Variant::from_bytes(trace.variant)?;
        let labels = self.labels_of(&variant.labels)?;
        let events: Vec<LabelId> = variant.events.iter().map(|&e| labels[e as usize]).collect();
        let times = if trace.times.len() == events.len() { &trace.times[..] } else { &[] };
        self.add_events(&events, times, 1)
    }

    /// Counts the traces of a prefix tree, with the times between pairs that it knows.
    /// O(nodes × distinct labels above and below a node).
    pub fn from_tree(tree: &Automaton, control: &Control<'_>) -> Result<Self> {
        let mut miner = Self::new(control.memory_limit);
        if tree::looks(tree) > (tree.labels.len() * tree.labels.len()) as u64 / 4 {
            miner.pairs.fill(tree.labels.len());
        }
        miner.pairs.widen(tree.labels.len())?;
        miner.labels_of(&tree.labels)?;
        tree::count(&mut miner, tree, control)?;
        for time in &tree.pair_times {
            miner.pairs.at(time.first, time.then).times = (time.min, time.max);
        }
        Ok(miner)
    }

    pub(super) fn labels_of(&mut self, labels: &[Label]) -> Result<Vec<LabelId>> {
        labels.iter().map(|label| self.label(label)).collect()
    }

    fn label(&mut self, label: &Label) -> Result<LabelId> {
        if let Some(&id) = self.ids.get(label) {
            return Ok(id);
        }
        let id = self.labels.len();
        self.pairs.widen(id + 1)?;
        self.labels.push(label.clone());
        self.ids.insert(label.clone(), id as LabelId);
        self.singles.push(Single::default());
        Ok(id as LabelId)
    }

    fn add_events(&mut self, events: &[LabelId], times: &[i64], weight: u64) -> Result<()> {
        let overflow = || Error::Overflow { what: "the number of events" };
        // First and last position of each distinct label, and the last position before the current event.
        let mut distinct: Vec<(LabelId, usize, usize)> = Vec::new();
        let mut place: HashMap<LabelId, usize> = HashMap::new();
        for (at, &event) in events.iter().enumerate() {
            let fresh = distinct.len();
            let slot = *place.entry(event).or_insert(fresh);
            if slot == fresh {
                distinct.push((event, at, at));
            }
            distinct[slot].2 = at;
        }
        self.traces = self.traces.checked_add(weight).ok_or_else(overflow)?;
        for &(label, ..) in &distinct {
            self.singles[label as usize].traces += weight;
        }
        let mut previous: Vec<Option<usize>> = vec![None; distinct.len()];
        for (at, &event) in events.iter().enumerate() {
            let single = &mut self.singles[event as usize];
            single.occurrences = single.occurrences.checked_add(weight).ok_or_else(overflow)?;
            let slot = place[&event];
            let before = previous[slot];
            single.gaps += if before.is_some() { weight } else { 0 };
            for (other, &(label, first, last)) in distinct.iter().enumerate() {
                if last > at {
                    self.pairs.at(event, label).followed += weight;
                }
                if first < at {
                    self.pairs.at(label, event).preceded += weight;
                }
                if let (Some(before), Some(between)) = (before, previous[other])
                    && between > before
                {
                    self.pairs.at(event, label).interrupted += weight;
                }
                if let (Some(latest), Some(now)) = (previous[other], times.get(at)) {
                    let times_seen = &mut self.pairs.at(label, event).times;
                    times_seen.0 = times_seen.0.min(now.abs_diff(times[latest]));
                    times_seen.1 = times_seen.1.max(now.abs_diff(times[first]));
                }
            }
            previous[slot] = Some(at);
            self.pairs.check()?;
        }
        Ok(())
    }

    /// Adds the counts of other traces. O(event types²).
    pub fn merge(&mut self, other: &Self) -> Result<()> {
        let number = self.labels_of(&other.labels)?;
        let overflow = || Error::Overflow { what: "the number of events" };
        self.traces = self.traces.checked_add(other.traces).ok_or_else(overflow)?;
        for (single, &id) in other.singles.iter().zip(&number) {
            let mine = &mut self.singles[id as usize];
            mine.occurrences = mine.occurrences.checked_add(single.occurrences).ok_or_else(overflow)?;
            mine.traces += single.traces;
            mine.gaps += single.gaps;
        }
        for (a, b, theirs) in other.pairs.occurring() {
            let mine = self.pairs.at(number[a as usize], number[b as usize]);
            mine.followed += theirs.followed;
            mine.preceded += theirs.preceded;
            mine.interrupted += theirs.interrupted;
            mine.times = (mine.times.0.min(theirs.times.0), mine.times.1.max(theirs.times.1));
            self.pairs.check()?;
        }
        Ok(())
    }

    /// Label numbers in ascending order of the labels.
    pub(super) fn order(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.labels.len()).collect();
        order.sort_unstable_by(|&a, &b| self.labels[a].cmp(&self.labels[b]));
        order
    }

    /// The invariants that hold of all traces counted. O(event types²).
    pub fn finish(&self, options: &MiningOptions) -> Invariants {
        let order = self.order();
        let mut list = Vec::new();
        self.each(&order, options, |invariant| list.push(invariant));
        list.sort_unstable();
        Invariants { labels: order.iter().map(|&i| self.labels[i].clone()).collect(), list }
    }

    /// As [`InvariantMiner::finish`]; an error where they would take more than `limit` bytes.
    pub fn finish_within(&self, options: &MiningOptions, limit: usize) -> Result<Invariants> {
        if self.count(options).saturating_mul(size_of::<Invariant>()) > limit {
            return Err(Error::MemoryLimit { operation: "listing invariants", limit });
        }
        Ok(self.finish(options))
    }

    /// How many invariants [`InvariantMiner::finish`] would list, but for those that options ignore.
    /// O(pairs of event types that occur).
    pub fn count(&self, options: &MiningOptions) -> usize {
        let never = options.never_together && options.kinds.contains(&InvariantKind::NeverFollowedBy);
        let mut others = options.clone();
        others.kinds.retain(|kind| !never || *kind != InvariantKind::NeverFollowedBy);
        let mut count = 0;
        self.each(&self.order(), &others, |_| count += 1);
        if never {
            let known: Vec<bool> =
                self.singles.iter().map(|s| s.occurrences > 0 && s.occurrences >= options.min_support).collect();
            let seen = self.singles.iter().filter(|s| s.occurrences > 0).count();
            let followed = self.pairs.occurring().filter(|(a, _, pair)| known[*a as usize] && pair.followed > 0);
            count += known.iter().filter(|known| **known).count() * seen - followed.count();
        }
        count
    }

    /// How many invariants would be listed of support 0 and 1, 2 and 3, 4 to 7 and so on.
    pub(super) fn count_by_support(&self, options: &MiningOptions) -> Vec<usize> {
        let mut counts = vec![0; u64::BITS as usize];
        self.each(&self.order(), options, |invariant| counts[invariant.support.max(1).ilog2() as usize] += 1);
        counts
    }

    fn each(&self, order: &[usize], options: &MiningOptions, mut found: impl FnMut(Invariant)) {
        let printed = |name: &String| order.iter().position(|&i| self.labels[i].to_string() == *name);
        let ignored: Vec<(usize, usize)> =
            options.ignore.iter().filter_map(|(a, b)| Some((printed(a)?, printed(b)?))).collect();
        let mut rank = vec![0 as LabelId; order.len()];
        order.iter().enumerate().for_each(|(at, &label)| rank[label] = at as LabelId);
        for &kind in &options.kinds {
            if kind == InvariantKind::AlwaysFollowedBy {
                for (b, &i) in order.iter().enumerate().filter(|(_, i)| self.singles[**i].traces == self.traces) {
                    let support = self.singles[i].occurrences;
                    if support >= options.min_support {
                        found(Invariant { kind, a: None, b: b as LabelId, support, times: None });
                    }
                }
            }
            self.candidates(kind, options.never_together, |i, j| {
                let Some((support, times)) = self.invariant(kind, (i, j), options.never_together) else { return };
                let (a, b) = (rank[i as usize], rank[j as usize]);
                if support >= options.min_support && !ignored.contains(&(a as usize, b as usize)) {
                    found(Invariant { kind, a: Some(a), b, support, times });
                }
            });
        }
    }

    /// The pairs of event types between which an invariant of a kind may hold.
    fn candidates(&self, kind: InvariantKind, never_together: bool, mut each: impl FnMut(LabelId, LabelId)) {
        let labels = self.labels.len() as LabelId;
        if kind != InvariantKind::NeverFollowedBy {
            self.pairs.occurring().for_each(|(a, b, _)| each(a, b));
        } else if never_together {
            (0..labels).for_each(|a| (0..labels).for_each(|b| each(a, b)));
        } else {
            (0..labels).for_each(|a| each(a, a));
            // What never follows, of what some trace has in the other order.
            let reversed = self.pairs.occurring().filter(|(b, a, pair)| a != b && pair.followed > 0);
            reversed.for_each(|(b, a, _)| each(a, b));
        }
    }

    fn invariant(
        &self,
        kind: InvariantKind,
        (i, j): (LabelId, LabelId),
        never_together: bool,
    ) -> Option<(u64, Option<(u64, u64)>)> {
        let pair = self.pairs.get(i, j);
        let (a, b) = (self.singles[i as usize], self.singles[j as usize]);
        let times = (pair.times != NOTHING.times).then_some(pair.times);
        match kind {
            InvariantKind::AlwaysFollowedBy => {
                (a.occurrences > 0 && pair.followed == a.occurrences).then_some((a.occurrences, times))
            }
            InvariantKind::AlwaysPrecedes => {
                (b.occurrences > 0 && pair.preceded == b.occurrences).then_some((b.occurrences, times))
            }
            InvariantKind::NeverFollowedBy => {
                // Where some trace has both, in the other order, b was followed by a.
                let together = i == j || self.pairs.get(j, i).followed > 0;
                (a.occurrences > 0 && b.occurrences > 0 && pair.followed == 0 && (together || never_together))
                    .then_some((a.occurrences, None))
            }
            InvariantKind::InterruptedBy => {
                (a.gaps > 0 && i != j && pair.interrupted == a.gaps).then_some((a.occurrences, None))
            }
        }
    }
}
