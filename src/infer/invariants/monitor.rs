//! Checking one trace against all invariants while it runs, event by event.

use super::{Invariant, InvariantKind};
use crate::automaton::{Automaton, LabelId};
use serde::{Deserialize, Serialize};

/// Invariants made ready for checking traces: bit sets over labels, one row per label.
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
    never: Vec<u64>,
    /// Per label b: the a that must come before.
    precede: Vec<u64>,
    /// Per label a: the b that must come after. The last row is INITIAL's.
    follow: Vec<u64>,
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

    /// Prepares invariants over `labels` labels, ascending as lists of invariants are. O(labels² / 64 + invariants).
    pub fn new(labels: usize, invariants: &[Invariant]) -> Self {
        let words = labels.div_ceil(64).max(1);
        let rows = || vec![0u64; (labels + 1) * words];
        let mut monitor = Monitor {
            list: invariants.to_vec(),
            words,
            never: rows(),
            precede: rows(),
            follow: rows(),
            between: vec![Vec::new(); labels],
        };
        for invariant in invariants {
            let (a, b) = (invariant.a.map_or(labels, |a| a as usize), invariant.b as usize);
            let set = |table: &mut [u64], row: usize, column: usize| {
                table[row * words + column / 64] |= 1 << (column % 64);
            };
            match invariant.kind {
                InvariantKind::AlwaysFollowedBy => set(&mut monitor.follow, a, b),
                InvariantKind::AlwaysPrecedes => set(&mut monitor.precede, b, a),
                InvariantKind::NeverFollowedBy => set(&mut monitor.never, b, a),
                InvariantKind::InterruptedBy => monitor.between[a].push(invariant.b),
            }
        }
        monitor
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
        MonitorState {
            seen: vec![0; self.words],
            pending: self.row(&self.follow, labels).to_vec(),
            last: vec![0; labels],
            events: 0,
        }
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
        for (w, (&never, &precede)) in self.row(&self.never, row).iter().zip(self.row(&self.precede, row)).enumerate() {
            self.number(&mut broken, InvariantKind::NeverFollowedBy, bits(never & state.seen[w], w), label);
            self.number(&mut broken, InvariantKind::AlwaysPrecedes, bits(precede & !state.seen[w], w), label);
        }
        let before = state.last[row];
        if before > 0 {
            for &b in self.between[row].iter().filter(|&&b| state.last[b as usize] <= before) {
                broken.extend(self.find(InvariantKind::InterruptedBy, Some(label), b));
            }
        }
        broken.sort_unstable();
        state.pending[row / 64] &= !(1 << (row % 64));
        for (pending, follow) in state.pending.iter_mut().zip(self.row(&self.follow, row)) {
            *pending |= follow;
        }
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

    fn row<'a>(&self, table: &'a [u64], row: usize) -> &'a [u64] {
        &table[row * self.words..(row + 1) * self.words]
    }

    /// The numbers of the invariants of a kind between each of some a and b.
    fn number(&self, broken: &mut Vec<usize>, kind: InvariantKind, a: impl Iterator<Item = LabelId>, b: LabelId) {
        broken.extend(a.filter_map(|a| self.find(kind, Some(a), b)));
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
