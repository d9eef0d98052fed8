//! Mining invariants by counting pairs, one pass over each trace (Beschastnikh et al. 2011, section 3.2).

use super::{Invariant, InvariantKind, Invariants, MiningOptions, tree};
use crate::automaton::{Automaton, LabelId};
use crate::error::{Error, Result};
use crate::infer::Control;
use crate::trace::{Label, TraceView, Variant};
use hashbrown::HashMap;
use serde::{Deserialize, Serialize};

/// What is counted for an ordered pair (a, b) of event types.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Pair {
    /// Events a with a later b.
    pub(super) followed: u64,
    /// Events b with an earlier a.
    pub(super) preceded: u64,
    /// Consecutive a with a b between.
    pub(super) interrupted: u64,
    /// Smallest and largest time from a to a later b; (MAX, 0) where none is known.
    pub(super) times: (u64, u64),
}

pub(super) const NOTHING: Pair = Pair { followed: 0, preceded: 0, interrupted: 0, times: (u64::MAX, 0) };

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
    /// Row a, column b, `capacity` columns.
    pub(super) pairs: Vec<Pair>,
    pub(super) capacity: usize,
    pub(super) traces: u64,
    limit: usize,
}

impl InvariantMiner {
    /// No traces yet, and at most about `limit` bytes: they grow with the square of the number of event types.
    pub fn new(limit: usize) -> Self {
        let (labels, ids, singles, pairs) = (Vec::new(), HashMap::new(), Vec::new(), Vec::new());
        InvariantMiner { labels, ids, singles, pairs, capacity: 0, traces: 0, limit }
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
        miner.widen(tree.labels.len())?;
        miner.labels_of(&tree.labels)?;
        tree::count(&mut miner, tree, control)?;
        for time in &tree.pair_times {
            miner.pairs[time.first as usize * miner.capacity + time.then as usize].times = (time.min, time.max);
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
        if id == self.capacity {
            self.widen((self.capacity * 2).max(8))?;
        }
        self.labels.push(label.clone());
        self.ids.insert(label.clone(), id as LabelId);
        self.singles.push(Single::default());
        Ok(id as LabelId)
    }

    /// Makes room for `wider` labels.
    pub(super) fn widen(&mut self, wider: usize) -> Result<()> {
        let bytes = wider.saturating_mul(wider).saturating_mul(size_of::<Pair>());
        if bytes > self.limit {
            return Err(Error::MemoryLimit { operation: "mining invariants", limit: self.limit });
        }
        let mut pairs = vec![NOTHING; wider * wider];
        for (row, old) in self.pairs.chunks(self.capacity.max(1)).enumerate() {
            pairs[row * wider..row * wider + old.len()].copy_from_slice(old);
        }
        (self.pairs, self.capacity) = (pairs, wider);
        Ok(())
    }

    fn add_events(&mut self, events: &[LabelId], times: &[i64], weight: u64) -> Result<()> {
        let overflow = || Error::Overflow { what: "the number of events" };
        let n = self.capacity;
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
                    self.pairs[event as usize * n + label as usize].followed += weight;
                }
                if first < at {
                    self.pairs[label as usize * n + event as usize].preceded += weight;
                }
                if let (Some(before), Some(between)) = (before, previous[other])
                    && between > before
                {
                    self.pairs[event as usize * n + label as usize].interrupted += weight;
                }
                if let (Some(latest), Some(now)) = (previous[other], times.get(at)) {
                    let times_seen = &mut self.pairs[label as usize * n + event as usize].times;
                    times_seen.0 = times_seen.0.min(now.abs_diff(times[latest]));
                    times_seen.1 = times_seen.1.max(now.abs_diff(times[first]));
                }
            }
            previous[slot] = Some(at);
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
        for (a, &row) in number.iter().enumerate() {
            for (b, &column) in number.iter().enumerate() {
                let theirs = other.pairs[a * other.capacity + b];
                let mine = &mut self.pairs[row as usize * self.capacity + column as usize];
                mine.followed += theirs.followed;
                mine.preceded += theirs.preceded;
                mine.interrupted += theirs.interrupted;
                mine.times = (mine.times.0.min(theirs.times.0), mine.times.1.max(theirs.times.1));
            }
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

    /// How many invariants [`InvariantMiner::finish`] would list. O(event types²).
    pub fn count(&self, options: &MiningOptions) -> usize {
        let mut count = 0;
        self.each(&self.order(), options, |_| count += 1);
        count
    }

    fn each(&self, order: &[usize], options: &MiningOptions, mut found: impl FnMut(Invariant)) {
        let printed = |name: &String| order.iter().position(|&i| self.labels[i].to_string() == *name);
        let ignored: Vec<(usize, usize)> =
            options.ignore.iter().filter_map(|(a, b)| Some((printed(a)?, printed(b)?))).collect();
        for &kind in &options.kinds {
            if kind == InvariantKind::AlwaysFollowedBy {
                for (b, &i) in order.iter().enumerate().filter(|(_, i)| self.singles[**i].traces == self.traces) {
                    let support = self.singles[i].occurrences;
                    if support >= options.min_support {
                        found(Invariant { kind, a: None, b: b as LabelId, support, times: None });
                    }
                }
            }
            for (a, &i) in order.iter().enumerate() {
                for (b, &j) in order.iter().enumerate() {
                    let Some((support, times)) = self.invariant(kind, (i, j), options.never_together) else { continue };
                    if support >= options.min_support && !ignored.contains(&(a, b)) {
                        found(Invariant { kind, a: Some(a as LabelId), b: b as LabelId, support, times });
                    }
                }
            }
        }
    }

    fn invariant(
        &self,
        kind: InvariantKind,
        (i, j): (usize, usize),
        never_together: bool,
    ) -> Option<(u64, Option<(u64, u64)>)> {
        let pair = self.pairs[i * self.capacity + j];
        let (a, b) = (self.singles[i], self.singles[j]);
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
                let together = i == j || self.pairs[j * self.capacity + i].followed > 0;
                (a.occurrences > 0 && b.occurrences > 0 && pair.followed == 0 && (together || never_together))
                    .then_some((a.occurrences, None))
            }
            InvariantKind::InterruptedBy => {
                (a.gaps > 0 && i != j && pair.interrupted == a.gaps).then_some((a.occurrences, None))
            }
        }
    }
}
