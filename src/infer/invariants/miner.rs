//! Mining invariants by counting pairs, one pass over each trace (Beschastnikh et al. 2011, section 3.2).

use super::{Invariant, InvariantKind, Invariants};
use crate::automaton::{Automaton, LabelId};
use crate::error::{Error, Result};
use crate::infer::Control;
use crate::infer::holdout::distinct_traces;
use crate::trace::{Label, TraceView, Variant};
use hashbrown::HashMap;
use serde::{Deserialize, Serialize};

/// The version of the binary form that this release writes.
pub const INVARIANTS_VERSION: u8 = 1;
/// Event types at most: pairs are counted, and 2,048 types already need 200 MB.
const MAX_LABELS: usize = 2048;
const WHAT: &str = "logfsm.invariant_counts";

/// Which invariants to list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MiningOptions {
    /// The kinds wanted.
    pub kinds: Vec<InvariantKind>,
    /// Invariants with less support are left out.
    pub min_support: u64,
    /// Whether `a NFby b` is listed where no trace has both.
    pub never_together: bool,
    /// Pairs of event types that no invariant is wanted for.
    pub ignore: Vec<(Label, Label)>,
}

impl Default for MiningOptions {
    fn default() -> Self {
        use InvariantKind::*;
        let kinds = vec![AlwaysFollowedBy, AlwaysPrecedes, NeverFollowedBy];
        MiningOptions { kinds, min_support: 0, never_together: true, ignore: Vec::new() }
    }
}

/// What is counted for an ordered pair (a, b) of event types.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Pair {
    /// Events a with a later b.
    followed: u64,
    /// Events b with an earlier a.
    preceded: u64,
    /// Consecutive a with a b between.
    interrupted: u64,
    /// Smallest and largest time from a to a later b; (MAX, 0) where none is known.
    times: (u64, u64),
}

const NOTHING: Pair = Pair { followed: 0, preceded: 0, interrupted: 0, times: (u64::MAX, 0) };

/// What is counted for an event type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
struct Single {
    occurrences: u64,
    /// Traces that have it.
    traces: u64,
    /// Pairs of consecutive occurrences.
    gaps: u64,
}

/// Counts from which all invariants follow; states of parts of the traces merge exactly, in any order.
#[derive(Debug, Clone, Default)]
pub struct InvariantMiner {
    labels: Vec<Label>,
    ids: HashMap<Label, LabelId>,
    singles: Vec<Single>,
    /// Row a, column b, `capacity` columns.
    pairs: Vec<Pair>,
    capacity: usize,
    traces: u64,
}

/// The portable form: labels ascending, pairs that say something, ascending.
#[derive(Serialize, Deserialize)]
struct Portable {
    labels: Vec<Label>,
    singles: Vec<Single>,
    pairs: Vec<(LabelId, LabelId, Pair)>,
    traces: u64,
}

impl InvariantMiner {
    /// No traces yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Approximate heap bytes held: the square of the number of event types counts.
    pub fn heap_bytes(&self) -> usize {
        self.pairs.len() * size_of::<Pair>() + self.labels.iter().map(|l| 2 * l.heap_bytes() + 120).sum::<usize>()
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
    pub fn from_tree(tree: &Automaton, control: &Control<'_>) -> Result<Self> {
        let mut miner = Self::new();
        miner.labels_of(&tree.labels)?;
        control.check_memory("mining invariants", miner.heap_bytes())?;
        for (i, trace) in distinct_traces(tree).iter().enumerate() {
            if i % 256 == 0 {
                control.check()?;
            }
            miner.add_events(&trace.events, &[], trace.count)?;
        }
        for time in &tree.pair_times {
            miner.pairs[time.first as usize * miner.capacity + time.then as usize].times = (time.min, time.max);
        }
        Ok(miner)
    }

    fn labels_of(&mut self, labels: &[Label]) -> Result<Vec<LabelId>> {
        labels.iter().map(|label| self.label(label)).collect()
    }

    fn label(&mut self, label: &Label) -> Result<LabelId> {
        if let Some(&id) = self.ids.get(label) {
            return Ok(id);
        }
        let id = self.labels.len();
        if id == MAX_LABELS {
            let limit = MAX_LABELS * MAX_LABELS * size_of::<Pair>();
            return Err(Error::MemoryLimit { operation: "mining invariants", limit });
        }
        if id == self.capacity {
            let wider = (self.capacity * 2).max(8);
            let mut pairs = vec![NOTHING; wider * wider];
            for (row, old) in self.pairs.chunks(self.capacity.max(1)).enumerate() {
                pairs[row * wider..row * wider + old.len()].copy_from_slice(old);
            }
            (self.pairs, self.capacity) = (pairs, wider);
        }
        self.labels.push(label.clone());
        self.ids.insert(label.clone(), id as LabelId);
        self.singles.push(Single::default());
        Ok(id as LabelId)
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
    fn order(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.labels.len()).collect();
        order.sort_unstable_by(|&a, &b| self.labels[a].cmp(&self.labels[b]));
        order
    }

    /// The binary form, the same for the same traces in any order and grouping.
    pub fn to_bytes(&self) -> Vec<u8> {
        let order = self.order();
        let mut pairs = Vec::new();
        for (a, &row) in order.iter().enumerate() {
            for (b, &column) in order.iter().enumerate() {
                let pair = self.pairs[row * self.capacity + column];
                if pair != NOTHING {
                    pairs.push((a as LabelId, b as LabelId, pair));
                }
            }
        }
        let labels = order.iter().map(|&i| self.labels[i].clone()).collect();
        let singles = order.iter().map(|&i| self.singles[i]).collect();
        let portable = Portable { labels, singles, pairs, traces: self.traces };
        // invariant: serialising plain vectors into a growing buffer cannot fail
        postcard::to_extend(&portable, vec![INVARIANTS_VERSION]).unwrap_or_default()
    }

    /// Reads what [`InvariantMiner::to_bytes`] wrote, checking it.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let (&version, body) = bytes.split_first().ok_or_else(|| Error::invalid(WHAT, "It is empty."))?;
        if version != INVARIANTS_VERSION {
            let newest = INVARIANTS_VERSION.into();
            return Err(Error::NewerVersion { what: WHAT, found: version.into(), newest });
        }
        let (read, rest): (Portable, _) =
            postcard::take_from_bytes(body).map_err(|e| Error::invalid(WHAT, format!("The binary form: {e}.")))?;
        let labels = read.labels.len();
        if !rest.is_empty() || read.singles.len() != labels || read.labels.windows(2).any(|pair| pair[0] >= pair[1]) {
            return Err(Error::invalid(WHAT, "Labels or counts are out of order or number."));
        }
        let mut miner = Self::new();
        miner.labels_of(&read.labels)?;
        let sane = |s: &Single| s.traces <= s.occurrences && s.gaps <= s.occurrences && s.traces <= read.traces;
        if !read.singles.iter().all(sane) {
            return Err(Error::invalid(WHAT, "Counts contradict each other."));
        }
        miner.singles = read.singles;
        miner.traces = read.traces;
        for (a, b, pair) in read.pairs {
            let known = |id: LabelId| (id as usize) < labels;
            if !known(a) || !known(b) {
                return Err(Error::invalid(WHAT, "A pair refers to a label that does not exist."));
            }
            let most = miner.singles[a as usize].occurrences.max(miner.singles[b as usize].occurrences);
            if pair.followed.max(pair.preceded).max(pair.interrupted) > most {
                return Err(Error::invalid(WHAT, "Counts contradict each other."));
            }
            miner.pairs[a as usize * miner.capacity + b as usize] = pair;
        }
        Ok(miner)
    }

    /// The invariants that hold of all traces counted. O(event types²).
    pub fn finish(&self, options: &MiningOptions) -> Invariants {
        let order = self.order();
        let labels: Vec<Label> = order.iter().map(|&i| self.labels[i].clone()).collect();
        let mut list = Vec::new();
        for &kind in &options.kinds {
            if kind == InvariantKind::AlwaysFollowedBy {
                for (b, &i) in order.iter().enumerate().filter(|(_, i)| self.singles[**i].traces == self.traces) {
                    let support = self.singles[i].occurrences;
                    list.push(Invariant { kind, a: None, b: b as LabelId, support, times: None });
                }
            }
            for (a, &i) in order.iter().enumerate() {
                for (b, &j) in order.iter().enumerate() {
                    list.extend(self.invariant(kind, (i, j), options.never_together).map(|(support, times)| {
                        Invariant { kind, a: Some(a as LabelId), b: b as LabelId, support, times }
                    }));
                }
            }
        }
        let ignored = |i: &Invariant| {
            let a = i.a.map(|a| &labels[a as usize]);
            options.ignore.iter().any(|(x, y)| Some(x) == a && *y == labels[i.b as usize])
        };
        list.retain(|i| i.support >= options.min_support && !ignored(i));
        list.sort_unstable();
        list.dedup();
        Invariants { labels, list }
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
