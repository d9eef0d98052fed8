//! Checking one trace against all invariants while it runs, event by event.

use super::{Invariant, InvariantKind};
use crate::automaton::{Automaton, LabelId};
use serde::{Deserialize, Serialize};

/// Labels up to which each has a bit for every other: 6 MB.
const BITS: usize = 4096;

/// For each label, and for INITIAL behind them, a set of labels.
#[derive(Debug, Clone)]
enum Rows {
    /// So many words for each row.
    Bits(Vec<u64>, usize),
    /// Where each row's labels begin, and the labels of all rows: memory follows the invariants, however many labels.
    Lists(Vec<u32>, Vec<LabelId>),
}

impl Rows {
    /// From pairs of row and label. O(labels² / 64 + pairs) for few labels, O(labels + pairs log) for many.
    fn new(labels: usize, mut pairs: Vec<(LabelId, LabelId)>) -> Self {
        if labels <= BITS {
            let words = labels.div_ceil(64).max(1);
            let mut bits = vec![0u64; (labels + 1) * words];
            for (row, label) in pairs {
                bits[row as usize * words + label as usize / 64] |= 1 << (label % 64);
            }
            return Rows::Bits(bits, words);
        }
        pairs.sort_unstable();
        let mut starts = vec![0u32; labels + 2];
        pairs.iter().for_each(|pair| starts[pair.0 as usize + 1] += 1);
        (1..starts.len()).for_each(|row| starts[row] += starts[row - 1]);
        Rows::Lists(starts, pairs.into_iter().map(|pair| pair.1).collect())
    }

    /// The labels of a row that are in a set, or, for `other`, those that are not; ascending.
    fn of(&self, row: usize, set: &[u64], other: bool) -> Vec<LabelId> {
        let flip = if other { u64::MAX } else { 0 };
        match self {
            Rows::Bits(all, words) => {
                let row = all[row * words..(row + 1) * words].iter().zip(set).enumerate();
                row.flat_map(|(w, (row, set))| bits(row & (set ^ flip), w)).collect()
            }
            Rows::Lists(starts, all) => {
                let of = &all[starts[row] as usize..starts[row + 1] as usize];
                let is_in = |label: LabelId| (set[label as usize / 64] ^ flip) >> (label % 64) & 1 == 1;
                of.iter().copied().filter(|&label| is_in(label)).collect()
            }
        }
    }

    /// Adds the labels of a row to a set.
    fn unite(&self, row: usize, set: &mut [u64]) {
        match self {
            Rows::Bits(all, words) => {
                set.iter_mut().zip(&all[row * words..(row + 1) * words]).for_each(|(set, row)| *set |= row);
            }
            Rows::Lists(starts, all) => {
                let of = &all[starts[row] as usize..starts[row + 1] as usize];
                of.iter().for_each(|&label| set[label as usize / 64] |= 1 << (label % 64));
            }
        }
    }
}

/// Invariants made ready for checking traces: sets of labels, one row per label.
///
/// ```
/// use logfsm::{automaton::PrefixTree, infer::{self, invariants::Monitor}, trace::{Trace, TraceView}};
/// let mut tree = PrefixTree::new(1 << 20);
/// tree.add(&TraceView::from_bytes(&Trace::of(["open", "close"]).to_bytes())?)?;
/// let machine = infer::infer(&tree.to_automaton(), "mdl", "{}", &infer::Control::unlimited())?;
/// let monitor = Monitor::of(&machine);
/// let mut state = monitor.start();
/// // close comes without the open that always precedes it; and no open is left for what was to contain one.
/// let broken = monitor.advance(&mut state, machine.label_id(&logfsm::trace::Label::event("close")));
/// assert_eq!(monitor.invariant(broken[0]).kind.as_str(), "AP");
/// assert_eq!(monitor.invariant(monitor.end(&state)[0]).kind.as_str(), "AFby");
/// # Ok::<(), logfsm::error::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Monitor {
    list: Vec<Invariant>,
    words: usize,
    /// Per label b: the a that b must never follow.
    never: Rows,
    /// Per label b: the a that must come before.
    precede: Rows,
    /// Per label a: the b that must come after. The last row is INITIAL's.
    follow: Rows,
    /// Per label a: the b that must come between two of it.
    between: Vec<Vec<LabelId>>,
}

/// Where a trace stands; small, and stored as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonitorState {
    /// Labels that occurred.
    seen: Vec<u64>,
    /// Labels that must still come.
    pending: Vec<u64>,
    /// For each label the number of events up to its last occurrence, 0 for none.
    last: Vec<u32>,
    events: u32,
}

impl Monitor {
    /// The invariants that an automaton carries.
    pub fn of(automaton: &Automaton) -> Self {
        Self::new(automaton.labels.len(), &automaton.learned.invariants)
    }

    /// Prepares invariants over `labels` labels, ascending as lists of invariants are. O(labels² / 64 + invariants), for
    /// many labels O(labels + invariants).
    pub fn new(labels: usize, invariants: &[Invariant]) -> Self {
        let mut pairs: [Vec<(LabelId, LabelId)>; 3] = Default::default();
        let mut between = vec![Vec::new(); labels];
        for invariant in invariants {
            let (a, b) = (invariant.a.unwrap_or(labels as LabelId), invariant.b);
            match invariant.kind {
                InvariantKind::AlwaysFollowedBy => pairs[0].push((a, b)),
                InvariantKind::AlwaysPrecedes => pairs[1].push((b, a)),
                InvariantKind::NeverFollowedBy => pairs[2].push((b, a)),
                InvariantKind::InterruptedBy => between[a as usize].push(b),
            }
        }
        let [follow, precede, never] = pairs.map(|pairs| Rows::new(labels, pairs));
        let words = labels.div_ceil(64).max(1);
        Monitor { list: invariants.to_vec(), words, never, precede, follow, between }
    }

    /// The invariants, by the numbers that checks give.
    pub fn invariants(&self) -> &[Invariant] {
        &self.list
    }

    /// An invariant by its number.
    pub fn invariant(&self, number: usize) -> &Invariant {
        &self.list[number]
    }

    /// Where a trace stands before its first event.
    pub fn start(&self) -> MonitorState {
        let labels = self.between.len();
        let mut pending = vec![0; self.words];
        self.follow.unite(labels, &mut pending);
        MonitorState { seen: vec![0; self.words], pending, last: vec![0; labels], events: 0 }
    }

    /// True where a state, such as one read from storage, is of these invariants' size.
    pub fn fits(&self, state: &MonitorState) -> bool {
        let sized = state.seen.len() == self.words && state.pending.len() == self.words;
        let labels = self.between.len();
        let known = |words: &[u64]| (labels..64 * words.len()).all(|i| words[i / 64] & (1 << (i % 64)) == 0);
        sized && state.last.len() == labels && known(&state.pending) && state.last.iter().all(|&l| l <= state.events)
    }

    /// Takes one event, `None` for a type that the invariants do not know; the numbers of the NFby, AP and IntrBy that
    /// it breaks, ascending. O(labels / 64), and more only where something is broken.
    pub fn advance(&self, state: &mut MonitorState, label: Option<LabelId>) -> Vec<usize> {
        state.events += 1;
        let Some(label) = label.filter(|&label| (label as usize) < self.between.len()) else { return Vec::new() };
        let row = label as usize;
        let mut broken = Vec::new();
        for (kind, rows, other) in
            [(InvariantKind::NeverFollowedBy, &self.never, false), (InvariantKind::AlwaysPrecedes, &self.precede, true)]
        {
            let of = rows.of(row, &state.seen, other);
            broken.extend(of.into_iter().filter_map(|a| self.find(kind, Some(a), label)));
        }
        let before = state.last[row];
        if before > 0 {
            for &b in self.between[row].iter().filter(|&&b| state.last[b as usize] <= before) {
                broken.extend(self.find(InvariantKind::InterruptedBy, Some(label), b));
            }
        }
        broken.sort_unstable();
        state.pending[row / 64] &= !(1 << (row % 64));
        self.follow.unite(row, &mut state.pending);
        state.seen[row / 64] |= 1 << (row % 64);
        state.last[row] = state.events;
        broken
    }

    /// Ends the trace: the numbers of the AFby that it breaks, ascending. O(labels / 64) where none is.
    pub fn end(&self, state: &MonitorState) -> Vec<usize> {
        let mut broken = Vec::new();
        for (w, &pending) in state.pending.iter().enumerate() {
            for b in bits(pending, w) {
                let occurred = state.last[b as usize];
                let open = |i: &Invariant| match i.a {
                    None => occurred == 0,
                    Some(a) => state.last[a as usize] > 0 && (a == b || state.last[a as usize] > occurred),
                };
                let followed = |i: &&Invariant| i.kind == InvariantKind::AlwaysFollowedBy;
                let all = self.list.iter().take_while(followed).enumerate();
                broken.extend(all.filter(|(_, i)| i.b == b && open(i)).map(|(number, _)| number));
            }
        }
        broken.sort_unstable();
        broken
    }

    fn find(&self, kind: InvariantKind, a: Option<LabelId>, b: LabelId) -> Option<usize> {
        self.list.binary_search_by_key(&(kind, a, b), Invariant::key).ok()
    }
}

/// The labels of a word of a bit set.
fn bits(mut word: u64, at: usize) -> impl Iterator<Item = LabelId> {
    std::iter::from_fn(move || {
        (word != 0).then(|| {
            let bit = word.trailing_zeros();
            word &= word - 1;
            at as LabelId * 64 + bit
        })
    })
}
