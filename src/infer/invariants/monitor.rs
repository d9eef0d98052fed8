//! Checking one trace against all invariants while it runs, event by event.

use super::{Invariant, InvariantKind};
use crate::automaton::{Automaton, LabelId};
use serde::{Deserialize, Serialize};

/// Invariants made ready for checking traces: bit sets over labels, one sparse row per label.
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

/// Rows of bit sets of which only the words that are not zero are kept: there may be a million labels, but there are
/// never more words than invariants.
#[derive(Debug, Clone, Default)]
struct Rows {
    /// The words of row i are those from `starts[i]` up to `starts[i + 1]`.
    starts: Vec<u32>,
    /// Where in its row a word is, and its bits.
    words: Vec<(u32, u64)>,
}

impl Rows {
    /// Rows with these bits set, given as (row, column).
    fn of(rows: usize, mut bits: Vec<(u32, u32)>) -> Self {
        bits.sort_unstable();
        let (mut starts, mut words) = (vec![0; rows + 1], Vec::<(u32, u64)>::new());
        for (row, column) in bits {
            let (at, bit) = (column / 64, 1 << (column % 64));
            let first_of_row = starts[row as usize + 1] == 0;
            match words.last_mut().filter(|last| !first_of_row && last.0 == at) {
                Some(word) => word.1 |= bit,
                None => words.push((at, bit)),
            }
            starts[row as usize + 1] = words.len() as u32;
        }
        for i in 1..starts.len() {
            starts[i] = starts[i].max(starts[i - 1]);
        }
        Rows { starts, words }
    }

    fn row(&self, row: usize) -> &[(u32, u64)] {
        &self.words[self.starts[row] as usize..self.starts[row + 1] as usize]
    }
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

    /// Prepares invariants over `labels` labels, ascending as lists of invariants are. O(labels + invariants × log).
    pub fn new(labels: usize, invariants: &[Invariant]) -> Self {
        let bits = |kind: InvariantKind, of: &dyn Fn(u32, u32) -> (u32, u32)| {
            let chosen = invariants.iter().filter(|invariant| invariant.kind == kind);
            Rows::of(labels + 1, chosen.map(|i| of(i.a.unwrap_or(labels as u32), i.b)).collect())
        };
        let mut between = vec![Vec::new(); labels];
        for invariant in invariants.iter().filter(|invariant| invariant.kind == InvariantKind::InterruptedBy) {
            if let Some(of_a) = invariant.a.and_then(|a| between.get_mut(a as usize)) {
                of_a.push(invariant.b);
            }
        }
        Monitor {
            list: invariants.to_vec(),
            words: labels.div_ceil(64).max(1),
            never: bits(InvariantKind::NeverFollowedBy, &|a, b| (b, a)),
            precede: bits(InvariantKind::AlwaysPrecedes, &|a, b| (b, a)),
            follow: bits(InvariantKind::AlwaysFollowedBy, &|a, b| (a, b)),
            between,
        }
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
        self.follow.row(labels).iter().for_each(|&(at, word)| pending[at as usize] |= word);
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
        for &(w, never) in self.never.row(row) {
            let w = w as usize;
            self.number(&mut broken, InvariantKind::NeverFollowedBy, bits(never & state.seen[w], w), label);
        }
        for &(w, precede) in self.precede.row(row) {
            let w = w as usize;
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
        for &(w, follow) in self.follow.row(row) {
            state.pending[w as usize] |= follow;
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
