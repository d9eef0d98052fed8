//! Checking invariants on a machine: all at once by bit sets that flow along its edges, and one by one for a
//! counterexample by breadth-first search over nodes and a two-state monitor.

use super::{Invariant, InvariantKind, Invariants};
use crate::automaton::{Automaton, LabelId};
use crate::error::Result;
use crate::infer::Control;
use crate::infer::holdout::{Held, distinct_traces};
use crate::trace::Label;
use hashbrown::HashMap;
use std::ops::Range;

/// A graph whose nodes are events: what invariants speak of. Node 0 is INITIAL, node 1 TERMINAL.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LabelGraph {
    /// Each node's label, `None` for INITIAL and TERMINAL.
    pub labels: Vec<Option<LabelId>>,
    /// Each node's successors, ascending.
    pub successors: Vec<Vec<u32>>,
}

/// INITIAL.
pub(crate) const INITIAL: u32 = 0;
/// TERMINAL.
pub(crate) const TERMINAL: u32 = 1;

impl LabelGraph {
    /// The graph of a machine: a node for each state and label that leads to it. O(m × labels into a state).
    pub fn of(machine: &Automaton) -> Self {
        let mut entries: Vec<(u32, LabelId)> = machine.transitions.iter().map(|t| (t.target, t.label)).collect();
        entries.sort_unstable();
        entries.dedup();
        let number = |state, label| entries.binary_search(&(state, label)).map_or(0, |i| i as u32 + 2);
        let offsets = machine.offsets();
        let from = |state: u32| {
            let range = offsets[state as usize] as usize..offsets[state as usize + 1] as usize;
            let mut next: Vec<u32> = machine.transitions[range].iter().map(|t| number(t.target, t.label)).collect();
            if machine.stops[state as usize] > 0 {
                next.push(TERMINAL);
            }
            next.sort_unstable();
            next
        };
        let mut labels = vec![None, None];
        let mut successors = vec![from(0), Vec::new()];
        for &(state, label) in &entries {
            labels.push(Some(label));
            successors.push(from(state));
        }
        LabelGraph { labels, successors }
    }

    /// Classes of nodes that agree up to depth `k`: the same label (k = 1), and successors that agree up to depth
    /// k - 1. Numbered by first node. This is Synoptic's k-tails. O(k × edges × log).
    pub fn tails(&self, k: usize) -> Vec<u32> {
        let label = |node: usize| self.labels[node].map_or(node.min(2), |l| l as usize + 3);
        let mut classes: Vec<u32> = (0..self.labels.len()).map(|node| label(node) as u32).collect();
        for _ in 1..k {
            let mut numbers: HashMap<(u32, Vec<u32>), u32> = HashMap::new();
            let next = |node: usize| {
                let mut tail: Vec<u32> = self.successors[node].iter().map(|&n| classes[n as usize]).collect();
                tail.sort_unstable();
                tail.dedup();
                let fresh = numbers.len() as u32;
                *numbers.entry((label(node) as u32, tail)).or_insert(fresh)
            };
            classes = (0..self.labels.len()).map(next).collect();
        }
        classes
    }

    fn predecessors(&self) -> Vec<Vec<u32>> {
        let mut predecessors = vec![Vec::new(); self.labels.len()];
        for (node, successors) in self.successors.iter().enumerate() {
            for &next in successors {
                predecessors[next as usize].push(node as u32);
            }
        }
        predecessors
    }

    /// A shortest path that breaks an invariant, `None` where it holds. It starts at INITIAL; it ends at TERMINAL for
    /// AFby and at the breaking event otherwise. O(edges).
    pub fn counterexample(&self, invariant: &Invariant) -> Option<Vec<u32>> {
        let mut origin: Vec<Option<u32>> = vec![None; 2 * self.labels.len()];
        let pending = invariant.kind == InvariantKind::AlwaysFollowedBy && invariant.a.is_none();
        let start = 2 * INITIAL + u32::from(pending);
        origin[start as usize] = Some(start);
        let mut queue = vec![start];
        let mut at = 0;
        while let Some(&from) = queue.get(at) {
            at += 1;
            for &node in &self.successors[(from / 2) as usize] {
                match step(invariant, from % 2 == 1, node, self.labels[node as usize]) {
                    Step::Breaks => {
                        let mut path = vec![node];
                        let mut back = from;
                        while origin[back as usize] != Some(back) {
                            path.push(back / 2);
                            back = origin[back as usize].unwrap_or(start);
                        }
                        path.push(INITIAL);
                        path.reverse();
                        return Some(path);
                    }
                    Step::Goes(state) => {
                        let to = 2 * node + u32::from(state);
                        if origin[to as usize].is_none() {
                            origin[to as usize] = Some(from);
                            queue.push(to);
                        }
                    }
                    Step::Satisfied => {}
                }
            }
        }
        None
    }
}

enum Step {
    Breaks,
    Goes(bool),
    /// Nothing further on this path can break it.
    Satisfied,
}

/// The monitor: what entering a node does to an invariant with an obligation `pending`.
fn step(invariant: &Invariant, pending: bool, node: u32, label: Option<LabelId>) -> Step {
    let is_a = label.is_some() && label == invariant.a;
    let is_b = label == Some(invariant.b);
    let broken = match invariant.kind {
        InvariantKind::AlwaysFollowedBy => node == TERMINAL && pending,
        InvariantKind::AlwaysPrecedes if is_a && !is_b => return Step::Satisfied,
        InvariantKind::AlwaysPrecedes => is_b,
        InvariantKind::NeverFollowedBy => is_b && pending,
        InvariantKind::InterruptedBy => is_a && pending,
    };
    if broken {
        return Step::Breaks;
    }
    match invariant.kind {
        // An event a of a AFby a asks for a further one: it opens the obligation anew.
        InvariantKind::AlwaysFollowedBy => Step::Goes(is_a || (pending && !is_b)),
        InvariantKind::InterruptedBy => Step::Goes(is_a || (pending && !is_b)),
        InvariantKind::NeverFollowedBy => Step::Goes(is_a || pending),
        InvariantKind::AlwaysPrecedes => Step::Goes(false),
    }
}

/// Which kinds of invariants there are to check: the others' flows are not computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Kinds {
    followed: bool,
    precedes: bool,
    never: bool,
}

impl Kinds {
    pub(crate) fn of(invariants: &[Invariant]) -> Self {
        Self::among(invariants.iter())
    }

    fn among<'a>(invariants: impl Iterator<Item = &'a Invariant>) -> Self {
        let mut kinds = Kinds::default();
        for invariant in invariants {
            match invariant.kind {
                InvariantKind::AlwaysFollowedBy => kinds.followed = true,
                InvariantKind::AlwaysPrecedes => kinds.precedes = true,
                InvariantKind::NeverFollowedBy => kinds.never = true,
                InvariantKind::InterruptedBy => {}
            }
        }
        kinds
    }
}

/// What surely or possibly comes before and after each node, as bit sets over labels, gathered per label.
pub(crate) struct Checker {
    /// The labels that sets are over.
    columns: Range<LabelId>,
    words: usize,
    /// Per label a: labels that follow every a on every path. Row `labels` is INITIAL's.
    follow: Vec<u64>,
    /// Per label b: labels that precede every b on every path.
    precede: Vec<u64>,
    /// Per label b: labels that precede some b on some path.
    may_precede: Vec<u64>,
    /// IntrBy is checked path by path.
    graph: LabelGraph,
}

impl Checker {
    /// Of all labels at once. O(edges × labels / 64) per round of the fixed point, few rounds.
    pub(crate) fn new(graph: LabelGraph, labels: usize, kinds: Kinds, control: &Control<'_>) -> Result<Self> {
        let mut checker = Checker::empty(graph);
        checker.look(labels, 0..labels as LabelId, kinds, control)?;
        Ok(checker)
    }

    /// Of no labels yet.
    fn empty(graph: LabelGraph) -> Self {
        let (follow, precede, may_precede) = Default::default();
        Checker { columns: 0..0, words: 0, follow, precede, may_precede, graph }
    }

    /// Computes the sets over some of the labels.
    fn look(&mut self, labels: usize, columns: Range<LabelId>, kinds: Kinds, control: &Control<'_>) -> Result<()> {
        let words = columns.len().div_ceil(64).max(1);
        let cells = 3 * (labels + 1) + 2 * self.graph.labels.len();
        control.check_memory("checking invariants", cells.saturating_mul(8 * words))?;
        control.spend(cells * words / 4)?;
        let rows = |bits: u64| vec![bits; (labels + 1) * words];
        (self.columns, self.words) = (columns.clone(), words);
        (self.follow, self.precede, self.may_precede) = (rows(u64::MAX), rows(u64::MAX), rows(0));
        let graph = &self.graph;
        let predecessors = graph.predecessors();
        let gather = |flow: &[u64], table: &mut [u64], all: bool| {
            // Nodes without a label other than INITIAL say nothing of any label.
            for (node, label) in graph.labels.iter().enumerate().filter(|(i, l)| *i == INITIAL as usize || l.is_some())
            {
                let row = label.map_or(labels, |l| l as usize);
                for w in 0..words {
                    let bits = flow[node * words + w];
                    let cell = &mut table[row * words + w];
                    *cell = if all { *cell & bits } else { *cell | bits };
                }
            }
        };
        let flow = |inward: &[Vec<u32>], outward: &[Vec<u32>], source, all| {
            let columns = columns.clone();
            Flow { labels: &graph.labels, inward, outward, source, columns, all }.fixed_point(words, control)
        };
        if kinds.followed {
            gather(&flow(&graph.successors, &predecessors, TERMINAL, true)?, &mut self.follow, true);
        }
        if kinds.precedes {
            gather(&flow(&predecessors, &graph.successors, INITIAL, true)?, &mut self.precede, true);
        }
        if kinds.never {
            gather(&flow(&predecessors, &graph.successors, INITIAL, false)?, &mut self.may_precede, false);
        }
        Ok(())
    }

    fn bit(&self, table: &[u64], row: usize, column: LabelId) -> bool {
        let column = column - self.columns.start;
        table[row * self.words + column as usize / 64] >> (column % 64) & 1 == 1
    }

    /// True where no complete path breaks the invariant.
    pub(crate) fn holds(&self, invariant: &Invariant) -> bool {
        let initial = self.follow.len() / self.words - 1;
        let a = invariant.a.unwrap_or(initial as LabelId);
        match invariant.kind {
            InvariantKind::AlwaysFollowedBy => self.bit(&self.follow, a as usize, invariant.b),
            InvariantKind::AlwaysPrecedes => self.bit(&self.precede, invariant.b as usize, a),
            InvariantKind::NeverFollowedBy => !self.bit(&self.may_precede, invariant.b as usize, a),
            InvariantKind::InterruptedBy => self.graph.counterexample(invariant).is_none(),
        }
    }
}

/// The label whose bit tells whether an invariant holds.
fn column(invariant: &Invariant) -> LabelId {
    match invariant.kind {
        InvariantKind::AlwaysFollowedBy | InvariantKind::InterruptedBy => invariant.b,
        InvariantKind::AlwaysPrecedes | InvariantKind::NeverFollowedBy => invariant.a.unwrap_or(invariant.b),
    }
}

/// Sets of labels that flow along the edges of a graph.
struct Flow<'a> {
    labels: &'a [Option<LabelId>],
    inward: &'a [Vec<u32>],
    outward: &'a [Vec<u32>],
    /// The node of the empty set.
    source: u32,
    columns: Range<LabelId>,
    /// Whether the intersection is wanted, not the union.
    all: bool,
}

impl Flow<'_> {
    /// The fixed point of: a node's set is the union or, for `all`, the intersection over its neighbours `inward` of
    /// their set and their label.
    fn fixed_point(&self, words: usize, control: &Control<'_>) -> Result<Vec<u64>> {
        let nodes = self.labels.len();
        let mut sets = vec![if self.all { u64::MAX } else { 0 }; nodes * words];
        sets[self.source as usize * words..(self.source as usize + 1) * words].fill(0);
        // Breadth-first from the source, then whatever changed.
        let mut queue: std::collections::VecDeque<u32> = self.outward[self.source as usize].iter().copied().collect();
        let mut queued = vec![false; nodes];
        queue.iter().for_each(|&node| queued[node as usize] = true);
        let mut visited = vec![false; nodes];
        let mut set = vec![0u64; words];
        let mut steps = nodes * words / 8;
        while let Some(node) = queue.pop_front() {
            let node = node as usize;
            queued[node] = false;
            set.fill(if self.all { u64::MAX } else { 0 });
            steps += 4 + self.inward[node].len() * (1 + words / 4);
            if steps > STEPS_PER_CHECK {
                control.spend(std::mem::take(&mut steps))?;
            }
            for &from in &self.inward[node] {
                let label = self.labels[from as usize].filter(|l| self.columns.contains(l));
                let label = label.map(|l| (l - self.columns.start) as usize);
                for (w, word) in set.iter_mut().enumerate() {
                    let own = label.filter(|l| l / 64 == w).map_or(0, |l| 1u64 << (l % 64));
                    let bits = sets[from as usize * words + w] | own;
                    *word = if self.all { *word & bits } else { *word | bits };
                }
            }
            let mine = &mut sets[node * words..(node + 1) * words];
            if mine != set.as_slice() || !visited[node] {
                visited[node] = true;
                mine.copy_from_slice(&set);
                steps += self.outward[node].len();
                for &next in self.outward[node].iter().filter(|next| **next != self.source) {
                    if !std::mem::replace(&mut queued[next as usize], true) {
                        queue.push_back(next);
                    }
                }
            }
        }
        control.spend(steps)?;
        Ok(sets)
    }
}

/// A path of a machine that breaks an invariant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counterexample {
    /// The position of the invariant in the list that was checked.
    pub invariant: usize,
    /// The events of the path; for AP and NFby it is cut at the event that breaks the invariant.
    pub events: Vec<LabelId>,
}

/// Labels whose sets are computed at a time: a bound on memory where there are very many.
const COLUMNS: usize = 1024;
/// Steps of work between two questions whether to go on: well below 100 ms.
const STEPS_PER_CHECK: usize = 1 << 16;

/// Checks invariants, numbered by the machine's labels, on all complete paths of a machine.
///
/// Returns a shortest counterexample for each that does not hold. O(edges × labels / 64) for all that hold, O(edges)
/// for each that does not.
pub fn check(machine: &Automaton, invariants: &[Invariant], control: &Control<'_>) -> Result<Vec<Counterexample>> {
    let graph = LabelGraph::of(machine);
    let mut found = Vec::new();
    for number in broken(&graph, machine.labels.len(), invariants, control)? {
        control.spend(graph.labels.len())?;
        let path = graph.counterexample(&invariants[number]).unwrap_or_default();
        let events = path.iter().filter_map(|&node| graph.labels[node as usize]).collect();
        found.push(Counterexample { invariant: number, events });
    }
    Ok(found)
}

/// How many invariants, numbered by the machine's labels, some complete path of a machine breaks.
/// O(edges × labels / 64 + invariants).
pub fn count_broken(machine: &Automaton, invariants: &[Invariant], control: &Control<'_>) -> Result<usize> {
    Ok(broken(&LabelGraph::of(machine), machine.labels.len(), invariants, control)?.len())
}

/// The numbers of the invariants that some complete path breaks, ascending.
fn broken(graph: &LabelGraph, labels: usize, invariants: &[Invariant], control: &Control<'_>) -> Result<Vec<usize>> {
    control.spend(4 * graph.labels.len())?;
    // Labels beyond the machine's may be named too: a user's invariant on an event that never occurs.
    let beyond = invariants.iter().flat_map(|i| [i.b, i.a.unwrap_or(0)]).max().map_or(0, |l| l as usize + 1);
    let labels = labels.max(beyond);
    let mut by_column: Vec<u32> = (0..invariants.len() as u32).collect();
    by_column.sort_by_key(|&number| column(&invariants[number as usize]) as usize / COLUMNS);
    let mut found = Vec::new();
    let mut checker = Checker::empty(graph.clone());
    for block in by_column.chunk_by(|&a, &b| {
        column(&invariants[a as usize]) as usize / COLUMNS == column(&invariants[b as usize]) as usize / COLUMNS
    }) {
        let first = column(&invariants[block[0] as usize]) as usize / COLUMNS * COLUMNS;
        let columns = first as LabelId..labels.min(first + COLUMNS) as LabelId;
        let kinds = Kinds::among(block.iter().map(|&number| &invariants[number as usize]));
        checker.look(labels, columns, kinds, control)?;
        for some in block.chunks(1024) {
            control.spend(4 * some.len())?;
            found.extend(some.iter().map(|&n| n as usize).filter(|&n| !checker.holds(&invariants[n])));
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// As [`check`], for invariants over labels of their own: (number, path, whether only its end breaks it).
pub fn check_of(machine: &Automaton, of: &Invariants, control: &Control<'_>) -> Result<Vec<(usize, Vec<Label>, bool)>> {
    // Labels that the machine lacks are numbered behind its own: no path has them.
    let beyond = machine.labels.len() as LabelId;
    let number = |(i, label): (usize, &Label)| machine.label_id(label).unwrap_or(beyond + i as LabelId);
    let numbers: Vec<LabelId> = of.labels.iter().enumerate().map(number).collect();
    let translate = |i: &Invariant| Invariant { a: i.a.map(|a| numbers[a as usize]), b: numbers[i.b as usize], ..*i };
    let list: Vec<Invariant> = of.list.iter().map(translate).collect();
    let label = |&id: &LabelId| machine.labels[id as usize].clone();
    let row = |c: Counterexample| {
        let ends = list[c.invariant].kind == InvariantKind::AlwaysFollowedBy;
        (c.invariant, c.events.iter().map(label).collect(), ends)
    };
    Ok(check(machine, &list, control)?.into_iter().map(row).collect())
}

/// A distinct trace that breaks an invariant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The trace's events.
    pub events: Vec<LabelId>,
    /// How often the trace occurred.
    pub count: u64,
    /// The position of the event that breaks the invariant; the number of events where the end does.
    pub at: usize,
}

/// The distinct traces of a prefix tree that break an invariant, the most frequent first, at most `limit`.
/// O(sum of lengths): says why something is not an invariant.
///
/// Fails for anything but a prefix tree.
pub fn violations(
    tree: &Automaton,
    invariant: &Invariant,
    limit: usize,
    control: &Control<'_>,
) -> Result<Vec<Violation>> {
    let traces = distinct_traces(tree, control)?;
    let mut found: Vec<Violation> = traces.into_iter().filter_map(|trace| violation(trace, invariant)).collect();
    found.sort_by_key(|v| std::cmp::Reverse(v.count));
    found.truncate(limit);
    Ok(found)
}

fn violation(trace: Held, invariant: &Invariant) -> Option<Violation> {
    let at = violated_at(&trace.events, invariant)?;
    Some(Violation { events: trace.events, count: trace.count, at })
}

/// The position of the event of a trace that breaks an invariant; the number of events where the end does. O(length).
pub fn violated_at(events: &[LabelId], invariant: &Invariant) -> Option<usize> {
    let mut pending = invariant.kind == InvariantKind::AlwaysFollowedBy && invariant.a.is_none();
    let ends = events.iter().map(|&e| (2, Some(e))).chain([(TERMINAL, None)]);
    for (at, (node, label)) in ends.enumerate() {
        match step(invariant, pending, node, label) {
            Step::Breaks => return Some(at),
            Step::Goes(state) => pending = state,
            Step::Satisfied => return None,
        }
    }
    None
}
