//! The merging engine: states of a prefix tree are merged and folded to determinism, on trial or for good.
//!
//! Blocks of states are a union-find structure. Folding takes a block's edges over into the other block's sorted list
//! and leaves its own list untouched, so that a trial is undone by replaying its (root, child) pairs backwards; the
//! cost of a trial is what it folds, never the size of the machine.

use super::{Control, Sample, quotient};
use crate::automaton::{Automaton, LabelId, StateId};
use crate::error::{Error, Result};

/// An edge of a block: its label, where it leads (any member of the target block) and how often it was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edge {
    /// The label.
    pub label: LabelId,
    /// A member of the target block.
    pub target: StateId,
    /// How often positive traces took it.
    pub count: u64,
    /// How often negative traces took it.
    pub against: u64,
}

/// What a decision on a pair of blocks may look at.
#[derive(Debug, Clone, Copy)]
pub struct Block<'a> {
    /// How many positive traces passed or ended here.
    pub visits: u64,
    /// How many positive traces ended here.
    pub stops: u64,
    /// How many negative traces ended here.
    pub rejects: u64,
    /// Outgoing edges, ascending by label, one per label.
    pub edges: &'a [Edge],
}

/// Judges a merge while it is folded, pair of blocks by pair of blocks, from the top breadth-first.
pub trait Evidence {
    /// A new merge is tried.
    fn begin(&mut self);
    /// Where [`Evidence::bound`] is to be called before each trial of a blue state: how many traces must have passed a
    /// state for its parameters to count.
    fn least_visits(&self, _blue: Block<'_>) -> Option<u64> {
        None
    }
    /// The parameters (edges and ends) below the blue state to be tried, and the score that a merge must exceed to
    /// matter: what cannot reach it may be given up early.
    fn bound(&mut self, _parameters: u64, _floor: Option<f64>) {}
    /// A pair is about to be folded; false stops the trial: the merge is impossible.
    fn pair(&mut self, red: Block<'_>, blue: Block<'_>) -> bool;
    /// The score of the merge just folded whole, `None` where it must not be done.
    fn score(&self) -> Option<f64>;
    /// True where a merge once impossible stays so whatever else is merged.
    fn is_final(&self) -> bool {
        false
    }
}

/// Blocks of the states of a prefix tree of positive and, where given, negative traces.
pub struct Merger<'a> {
    tree: &'a Automaton,
    /// Merges done for good, with path compression.
    parent: Vec<StateId>,
    /// Merges on trial; a block not merged on trial points to itself.
    trial: Vec<StateId>,
    edges: Vec<Vec<Edge>>,
    visits: Vec<u64>,
    stops: Vec<u64>,
    rejects: Vec<u64>,
    /// (root, child) of the trial, in order.
    log: Vec<(StateId, StateId)>,
    queue: Vec<(StateId, StateId)>,
    /// Steps of work that have not been told yet.
    steps: usize,
}

/// A block that was merged into another for good, with the edges it brought.
#[derive(Debug)]
pub struct Joined {
    /// The root of what it is part of now.
    pub root: StateId,
    /// The root that it was.
    pub child: StateId,
    /// Its edges.
    pub edges: Vec<Edge>,
}

/// Steps between two questions whether to go on: well below 100 ms.
const STEPS_PER_CHECK: usize = 1 << 14;
/// Steps that folding a pair takes at least: about so many tens of nanoseconds.
const STEPS_PER_PAIR: usize = 8;
/// The same for states that are only copied.
const STATES_PER_CHECK: usize = 1 << 16;

impl<'a> Merger<'a> {
    /// Every state of the sample in a block of its own. O(n + m).
    pub fn new(sample: Sample<'a>, control: &Control<'_>) -> Result<Self> {
        let tree = sample.positive;
        let states = tree.state_count() + sample.negative.map_or(0, Automaton::state_count);
        control.check_memory("the merging engine", states * (size_of::<Edge>() + size_of::<Vec<Edge>>() + 48))?;
        let mut edges = Vec::with_capacity(states);
        let offsets = tree.offsets();
        for state in 0..tree.state_count() {
            if state % STATES_PER_CHECK == 0 {
                control.check()?;
            }
            let outgoing = &tree.transitions[offsets[state] as usize..offsets[state + 1] as usize];
            let edge = |t: &crate::automaton::Transition| Edge {
                label: t.label,
                target: t.target,
                count: t.count,
                against: 0,
            };
            edges.push(outgoing.iter().map(edge).collect());
        }
        let mut merger = Merger {
            tree,
            parent: Vec::new(),
            trial: Vec::new(),
            edges,
            visits: tree.visits(),
            stops: tree.stops.clone(),
            rejects: vec![0; tree.state_count()],
            log: Vec::new(),
            queue: Vec::new(),
            steps: states,
        };
        if let Some(negative) = sample.negative {
            merger.add_negative(negative, control)?;
        }
        merger.parent = (0..merger.edges.len() as StateId).collect();
        merger.trial = merger.parent.clone();
        Ok(merger)
    }

    /// Grows the tree by the paths of negative traces. Labels that no positive trace has get numbers behind theirs.
    fn add_negative(&mut self, negative: &Automaton, control: &Control<'_>) -> Result<()> {
        let mut fresh = self.tree.labels.len() as LabelId;
        let number = |label| {
            self.tree.label_id(label).unwrap_or_else(|| {
                fresh += 1;
                fresh - 1
            })
        };
        let labels: Vec<LabelId> = negative.labels.iter().map(number).collect();
        let mut states = vec![0 as StateId; negative.state_count()];
        // Sources come before targets in a prefix tree in canonical order.
        for (i, t) in negative.transitions.iter().enumerate() {
            if i % STATES_PER_CHECK == 0 {
                control.check()?;
            }
            let (source, label) = (states[t.source as usize] as usize, labels[t.label as usize]);
            let next = self.edges.len() as StateId;
            states[t.target as usize] = match self.edges[source].binary_search_by_key(&label, |e| e.label) {
                Ok(at) => {
                    let edge = &mut self.edges[source][at];
                    edge.against += t.count;
                    edge.target
                }
                Err(at) => {
                    self.edges[source].insert(at, Edge { label, target: next, count: 0, against: t.count });
                    self.edges.push(Vec::new());
                    self.visits.push(0);
                    self.stops.push(0);
                    self.rejects.push(0);
                    next
                }
            };
        }
        for (&state, &stops) in states.iter().zip(&negative.stops) {
            self.rejects[state as usize] += stops;
            if stops > 0 && self.stops[state as usize] > 0 {
                return Err(Error::InvalidArgument {
                    argument: "negative traces",
                    reason: "A trace is both positive and negative".into(),
                    hint: "Remove the trace from one of the two sets.".into(),
                });
            }
        }
        Ok(())
    }

    /// Number of states of the sample: blocks are named by one of them.
    pub fn state_count(&self) -> usize {
        self.edges.len()
    }

    /// Edges and ends of a block and all below it, a tree as everything below a blue state is, of those that at least
    /// `visits` traces passed. O(their number).
    pub fn parameters(&mut self, root: StateId, visits: u64, control: &Control<'_>) -> Result<u64> {
        let mut queue = std::mem::take(&mut self.queue);
        queue.clear();
        queue.push((root, root));
        let mut sum = 0;
        while let Some((block, _)) = queue.pop() {
            let block = self.find(block) as usize;
            self.steps += 2 + self.edges[block].len();
            self.tell(control)?;
            sum += self.edges[block].len() as u64 + u64::from(self.stops[block] > 0);
            let deep = self.edges[block].iter().filter(|edge| edge.count >= visits);
            queue.extend(deep.map(|edge| (edge.target, edge.target)));
        }
        self.queue = queue;
        Ok(sum)
    }

    /// Tells how much work was done, now and then.
    fn tell(&mut self, control: &Control<'_>) -> Result<()> {
        if self.steps < STEPS_PER_CHECK {
            return Ok(());
        }
        control.spend(std::mem::take(&mut self.steps))
    }

    /// The block of a state, named by its root, merges on trial included.
    pub fn find(&mut self, state: StateId) -> StateId {
        let mut block = self.find_settled(state);
        while self.trial[block as usize] != block {
            block = self.find_settled(self.trial[block as usize]);
        }
        block
    }

    fn find_settled(&mut self, mut state: StateId) -> StateId {
        while self.parent[state as usize] != state {
            let grandparent = self.parent[self.parent[state as usize] as usize];
            self.parent[state as usize] = grandparent;
            state = grandparent;
        }
        state
    }

    /// What a block, named by its root, holds.
    pub fn block(&self, root: StateId) -> Block<'_> {
        let i = root as usize;
        Block { visits: self.visits[i], stops: self.stops[i], rejects: self.rejects[i], edges: &self.edges[i] }
    }

    /// Tries to merge `child` into `root` and to fold what determinism then demands; undone in any case.
    /// The score, or `None` where `evidence` forbids the merge. O(what is folded × log labels).
    pub fn attempt<E: Evidence + ?Sized>(
        &mut self,
        root: StateId,
        child: StateId,
        evidence: &mut E,
        control: &Control<'_>,
    ) -> Result<Option<f64>> {
        evidence.begin();
        let whole = self.fold(root, child, &mut |red, blue| evidence.pair(red, blue), control);
        while let Some((root, child)) = self.log.pop() {
            self.separate(root, child);
        }
        Ok(if whole? { evidence.score() } else { None })
    }

    /// Merges for good. The root of the result is that of the block of `root`; what was folded is told in order.
    pub fn merge(&mut self, root: StateId, child: StateId, control: &Control<'_>) -> Result<Vec<Joined>> {
        self.fold(root, child, &mut |_, _| true, control)?;
        let mut joined = Vec::with_capacity(self.log.len());
        for (root, child) in self.log.drain(..) {
            self.trial[child as usize] = child;
            self.parent[child as usize] = root;
            // Nothing reads the list of a block that is gone.
            joined.push(Joined { root, child, edges: std::mem::take(&mut self.edges[child as usize]) });
        }
        Ok(joined)
    }

    fn fold(
        &mut self,
        root: StateId,
        child: StateId,
        judge: &mut dyn FnMut(Block<'_>, Block<'_>) -> bool,
        control: &Control<'_>,
    ) -> Result<bool> {
        let mut queue = std::mem::take(&mut self.queue);
        queue.clear();
        queue.push((root, child));
        let mut at = 0;
        let mut whole = Ok(true);
        while let Some(&(root, child)) = queue.get(at) {
            at += 1;
            if let Err(stop) = self.tell(control) {
                whole = Err(stop);
                break;
            }
            let (root, child) = (self.find(root), self.find(child));
            let (wide, narrow) = (&self.edges[root as usize], &self.edges[child as usize]);
            self.steps += STEPS_PER_PAIR + 2 * narrow.len() + wide.len() / 4;
            if root == child {
                continue;
            }
            if !judge(self.block(root), self.block(child)) {
                whole = Ok(false);
                break;
            }
            self.join(root, child, &mut queue);
        }
        self.queue = queue;
        whole
    }

    /// Takes a block's edges over; two targets of one label are put on the list of blocks to merge.
    fn join(&mut self, root: StateId, child: StateId, queue: &mut Vec<(StateId, StateId)>) {
        self.log.push((root, child));
        self.trial[child as usize] = root;
        let (r, c) = (root as usize, child as usize);
        self.visits[r] += self.visits[c];
        self.stops[r] += self.stops[c];
        self.rejects[r] += self.rejects[c];
        let theirs = std::mem::take(&mut self.edges[c]);
        let mine = &mut self.edges[r];
        for edge in &theirs {
            match mine.binary_search_by_key(&edge.label, |e| e.label) {
                Ok(at) => {
                    mine[at].count += edge.count;
                    mine[at].against += edge.against;
                    queue.push((mine[at].target, edge.target));
                }
                Err(at) => mine.insert(at, *edge),
            }
        }
        self.edges[c] = theirs;
    }

    /// Undoes the last [`Merger::join`].
    fn separate(&mut self, root: StateId, child: StateId) {
        self.trial[child as usize] = child;
        let (r, c) = (root as usize, child as usize);
        self.visits[r] -= self.visits[c];
        self.stops[r] -= self.stops[c];
        self.rejects[r] -= self.rejects[c];
        let theirs = std::mem::take(&mut self.edges[c]);
        let mine = &mut self.edges[r];
        for edge in &theirs {
            let Ok(at) = mine.binary_search_by_key(&edge.label, |e| e.label) else { continue };
            // A state is the target in one living list only, so an equal target is an edge taken over.
            if mine[at].target == edge.target {
                mine.remove(at);
            } else {
                mine[at].count -= edge.count;
                mine[at].against -= edge.against;
            }
        }
        self.edges[c] = theirs;
    }

    /// The machine whose states are the blocks, of positive traces only, numbered breadth-first by label.
    pub fn quotient(&mut self, control: &Control<'_>) -> Result<Automaton> {
        let blocks: Vec<StateId> = (0..self.tree.state_count() as StateId).map(|state| self.find(state)).collect();
        quotient::quotient(self.tree, &blocks, self.state_count(), control)
    }
}
