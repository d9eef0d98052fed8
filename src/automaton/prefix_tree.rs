//! The frequency prefix tree acceptor, collected trace by trace and merged exactly.
//!
//! Traces of a variant seen before are recognised by the variant's bytes and only update the statistics along its
//! path, so a trace costs its length and memory follows the distinct variants.

mod canonical;
mod ends;
mod replace;

pub use ends::Ends;
pub use replace::Lost;

use super::values::Collector;
use super::{Automaton, Histogram, Kind, LabelId, PARAMETER_SAMPLE, START_SAMPLE, Sample, Totals, keyed_hash};
use crate::error::{Error, Result};
use crate::trace::{Label, TraceView, Variant};
use hashbrown::HashMap;

/// A node: how it is entered and what was seen on the way in.
#[derive(Debug, Clone, Default)]
struct Node {
    label: LabelId,
    parent: u32,
    count: u64,
    stops: u64,
    delays: Histogram,
    /// Parameters of the event before that led here.
    before: Sample<Box<str>>,
    /// Parameters of this node's event where a trace ended with it.
    last: Sample<Box<str>>,
    /// How many of its continuations have parameters of this node's event.
    strata: u32,
}

/// What a variant seen before needs: its path and, for pair times, its distinct labels.
#[derive(Debug, Clone)]
struct Known {
    /// Of the variant's bytes.
    hash: u64,
    /// The node after each event.
    path: Box<[u32]>,
    /// Per event the position of its label in `labels`.
    events: Box<[u32]>,
    /// The variant's distinct labels in order of first occurrence.
    labels: Box<[LabelId]>,
    /// Smallest and largest time from label i to a later label j, at `j * labels.len() + i`; empty before the first
    /// trace with times.
    pairs: Box<[(u64, u64)]>,
}

/// Above this many event types, times between pairs are not kept: they grow with the square of it.
const MAX_PAIR_LABELS: usize = 512;
/// No time seen yet.
const NO_TIME: (u64, u64) = (u64::MAX, 0);

/// Collects traces into a frequency prefix tree acceptor; [`PrefixTree::to_automaton`] gives its canonical form, the
/// same for the same traces in any order and any grouping into parts.
#[derive(Debug, Clone)]
pub struct PrefixTree {
    labels: Vec<Label>,
    label_ids: HashMap<Label, LabelId>,
    nodes: Vec<Node>,
    children: HashMap<(u32, LabelId), u32>,
    known: Vec<Known>,
    /// Positions in `known` by the variants' bytes.
    variants: HashMap<Box<[u8]>, u32>,
    pair_times: HashMap<(LabelId, LabelId), (u64, u64)>,
    totals: Totals,
    durations: Histogram,
    starts: Sample<i64>,
    values: Collector,
    bytes: usize,
    limit: usize,
    scratch: Vec<i64>,
}

impl PrefixTree {
    /// An empty tree that may hold about `limit` bytes.
    pub fn new(limit: usize) -> Self {
        PrefixTree {
            labels: Vec::new(),
            label_ids: HashMap::new(),
            nodes: vec![Node::default()],
            children: HashMap::new(),
            known: Vec::new(),
            variants: HashMap::new(),
            pair_times: HashMap::new(),
            totals: Totals::default(),
            durations: Histogram::default(),
            starts: Sample::default(),
            values: Collector::default(),
            bytes: 0,
            limit,
            scratch: Vec::new(),
        }
    }

    /// Approximate heap bytes held.
    pub fn heap_bytes(&self) -> usize {
        self.bytes
    }

    /// Number of states, the start included.
    pub fn states(&self) -> usize {
        self.nodes.len()
    }

    /// Number of events collected.
    pub fn events(&self) -> u64 {
        self.totals.events
    }

    /// Number of traces collected.
    pub fn traces(&self) -> u64 {
        self.totals.traces
    }

    fn charge(&mut self, bytes: usize) -> Result<()> {
        self.bytes += bytes;
        if self.bytes > self.limit {
            return Err(Error::MemoryLimit { operation: "the prefix tree", limit: self.limit });
        }
        Ok(())
    }

    fn label(&mut self, label: &Label) -> Result<LabelId> {
        if let Some(&id) = self.label_ids.get(label) {
            return Ok(id);
        }
        let id = self.labels.len() as LabelId;
        self.labels.push(label.clone());
        self.label_ids.insert(label.clone(), id);
        self.charge(2 * (size_of::<Label>() + label.heap_bytes()) + 16)?;
        Ok(id)
    }

    fn child(&mut self, parent: u32, label: LabelId) -> Result<u32> {
        if let Some(&node) = self.children.get(&(parent, label)) {
            return Ok(node);
        }
        let node = u32::try_from(self.nodes.len()).map_err(|_| Error::Overflow { what: "the number of states" })?;
        self.nodes.push(Node { label, parent, ..Node::default() });
        self.children.insert((parent, label), node);
        self.charge(size_of::<Node>() + 24)?;
        Ok(node)
    }

    /// A number for the variant of these bytes, to be given to [`PrefixTree::add_known`].
    pub fn variant(&mut self, bytes: &[u8]) -> Result<u32> {
        if let Some(&known) = self.variants.get(bytes) {
            return Ok(known);
        }
        let variant = Variant::from_bytes(bytes)?;
        let labels = variant.labels.iter().map(|l| self.label(l)).collect::<Result<Box<[_]>>>()?;
        let mut node = 0;
        let mut path = Vec::with_capacity(variant.events.len());
        for &event in &variant.events {
            node = self.child(node, labels[event as usize])?;
            path.push(node);
        }
        self.charge(bytes.len() + 8 * path.len() + 4 * labels.len() + size_of::<Known>() + 32)?;
        let id = u32::try_from(self.known.len()).map_err(|_| Error::Overflow { what: "the number of variants" })?;
        self.known.push(Known {
            hash: keyed_hash(bytes),
            path: path.into(),
            events: variant.events.into(),
            labels,
            pairs: Box::default(),
        });
        self.variants.insert(bytes.into(), id);
        Ok(id)
    }

    /// Adds a trace. O(length) for a known variant; O(length × distinct labels) where it has times.
    pub fn add(&mut self, trace: &TraceView<'_>) -> Result<()> {
        let variant = self.variant(trace.variant)?;
        trace.check_lengths(self.known[variant as usize].path.len())?;
        self.add_known(variant, trace.ties, &trace.times, &trace.parameters)
    }

    /// Adds a trace of a variant numbered by [`PrefixTree::variant`], with a time per event or none, and parameters per
    /// event or none.
    pub fn add_known(&mut self, variant: u32, ties: u32, times: &[i64], parameters: &[Option<&str>]) -> Result<()> {
        let totals = &mut self.totals;
        let known = &mut self.known[variant as usize];
        let events = totals.events.checked_add(known.path.len() as u64);
        totals.events = events.ok_or(Error::Overflow { what: "the number of events" })?;
        totals.traces += 1;
        totals.ties += u64::from(ties);
        for &node in &known.path {
            self.nodes[node as usize].count += 1;
        }
        self.nodes[known.path.last().map_or(0, |&n| n as usize)].stops += 1;
        let mut grown = 0;
        if let (Some(&first), Some(&last)) = (times.first(), times.last()) {
            let untimed = totals.timed_traces == 0;
            totals.earliest = if untimed { first } else { totals.earliest.min(first) };
            totals.latest = if untimed { last } else { totals.latest.max(last) };
            totals.timed_traces += 1;
            self.durations.add(first.abs_diff(last));
            self.starts.add(start_hash_of(first, known.hash), first, 1, START_SAMPLE);
            for (pair, &node) in times.windows(2).zip(&known.path[1..]) {
                let delays = &mut self.nodes[node as usize].delays;
                let before = delays.heap_bytes();
                delays.add(pair[0].abs_diff(pair[1]));
                grown += delays.heap_bytes() - before;
            }
            if self.labels.len() <= MAX_PAIR_LABELS {
                grown += add_pair_times(known, times, &mut self.scratch);
            }
        }
        self.values.begin();
        for (i, parameters) in parameters.iter().enumerate() {
            let Some(parameters) = parameters else { continue };
            totals.events_with_parameters += 1;
            let label = known.labels[known.events[i] as usize];
            grown += self.values.add(label, times.get(i).copied(), parameters);
            let next = known.events.get(i + 1).map(|&e| known.labels[e as usize]);
            let hash = parameter_hash(parameters, next.map(|id| &self.labels[id as usize]));
            let sample = match known.path.get(i + 1) {
                Some(&next) => &mut self.nodes[next as usize].before,
                None => &mut self.nodes[known.path[i] as usize].last,
            };
            if sample.would_keep(hash, PARAMETER_SAMPLE) {
                let before = sample.items.len();
                sample.add(hash, (*parameters).into(), 1, PARAMETER_SAMPLE);
                grown += (sample.items.len() - before) * (64 + parameters.len());
                self.nodes[known.path[i] as usize].strata += u32::from(before == 0);
            }
        }
        self.charge(grown)
    }

    /// Adds all traces of another prefix tree in its canonical form.
    pub fn merge(&mut self, tree: &Automaton) -> Result<()> {
        if let Kind::Inferred(provenance) = &tree.kind {
            return Err(Error::NotAPrefixTree { operation: "rollup", method: provenance.method.clone() });
        }
        let overflow = || Error::Overflow { what: "the number of events" };
        self.totals.events.checked_add(tree.totals.events).ok_or_else(overflow)?;
        self.totals.traces.checked_add(tree.totals.traces).ok_or_else(overflow)?;
        let labels = tree.labels.iter().map(|l| self.label(l)).collect::<Result<Vec<_>>>()?;
        let mut nodes = vec![0u32; tree.state_count()];
        let mut grown = 0;
        // Sources come before targets in a tree in canonical order.
        for t in &tree.transitions {
            let node = self.child(nodes[t.source as usize], labels[t.label as usize])?;
            nodes[t.target as usize] = node;
            let node = &mut self.nodes[node as usize];
            let before = node.delays.heap_bytes();
            node.count += t.count;
            node.delays.merge(&t.delays);
            grown += node.delays.heap_bytes().saturating_sub(before);
        }
        for t in &tree.transitions {
            let node = nodes[t.target as usize];
            for item in &t.parameters.items {
                let sample = match item.value.1.map(|next| self.children.get(&(node, labels[next as usize]))) {
                    Some(Some(&next)) => &mut self.nodes[next as usize].before,
                    None => &mut self.nodes[node as usize].last,
                    // What never came next was not written by us.
                    Some(None) => continue,
                };
                let before = sample.items.len();
                sample.add(item.hash, item.value.0.clone(), item.count, PARAMETER_SAMPLE);
                grown += (sample.items.len() - before) * (64 + item.value.0.len());
                self.nodes[node as usize].strata += u32::from(before == 0);
            }
        }
        for (state, &stops) in tree.stops.iter().enumerate() {
            self.nodes[nodes[state] as usize].stops += stops;
        }
        for pair in &tree.pair_times {
            self.widen((labels[pair.first as usize], labels[pair.then as usize]), (pair.min, pair.max));
        }
        self.durations.merge(&tree.durations);
        self.starts.merge(&tree.starts, START_SAMPLE);
        // A tree of an older release that had no parameters had no slots either.
        let none = (tree.values.is_none() && tree.totals.events_with_parameters == 0).then_some(&[][..]);
        grown += self.values.merge(tree.values.as_deref().or(none), &labels);
        self.totals.add(&tree.totals);
        self.charge(grown)
    }

    fn widen(&mut self, key: (LabelId, LabelId), (min, max): (u64, u64)) {
        let bounds = self.pair_times.entry(key).or_insert(NO_TIME);
        *bounds = (bounds.0.min(min), bounds.1.max(max));
    }
}

fn start_hash(start: i64, variant: &[u8]) -> u64 {
    start_hash_of(start, keyed_hash(variant))
}

fn start_hash_of(start: i64, variant: u64) -> u64 {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&start.to_le_bytes());
    bytes[8..].copy_from_slice(&variant.to_le_bytes());
    keyed_hash(&bytes)
}

/// The hash must not depend on how labels are numbered.
fn parameter_hash(parameters: &str, next: Option<&Label>) -> u64 {
    let next = next.map(Label::to_string).unwrap_or_default();
    keyed_hash([parameters, "\0", &next].concat().as_bytes())
}

/// Widens the variant's pair times by one trace: per event one step against each distinct label seen before.
/// Returns the bytes newly allocated.
fn add_pair_times(known: &mut Known, times: &[i64], scratch: &mut Vec<i64>) -> usize {
    let n = known.labels.len();
    let grown = if known.pairs.is_empty() { 16 * n * n } else { 0 };
    if grown > 0 {
        known.pairs = vec![NO_TIME; n * n].into();
    }
    scratch.clear();
    scratch.resize(2 * n, 0);
    let (first, last) = scratch.split_at_mut(n);
    let mut seen = 0;
    for (&event, &at) in known.events.iter().zip(times) {
        let event = event as usize;
        let row = &mut known.pairs[event * n..event * n + seen];
        for ((pair, &first), &last) in row.iter_mut().zip(first.iter()).zip(last.iter()) {
            pair.0 = pair.0.min(last.abs_diff(at));
            pair.1 = pair.1.max(first.abs_diff(at));
        }
        if event == seen {
            first[event] = at;
            seen += 1;
        }
        last[event] = at;
    }
    grown
}

impl Totals {
    fn add(&mut self, other: &Totals) {
        if other.timed_traces > 0 {
            let untimed = self.timed_traces == 0;
            self.earliest = if untimed { other.earliest } else { self.earliest.min(other.earliest) };
            self.latest = if untimed { other.latest } else { self.latest.max(other.latest) };
        }
        self.traces += other.traces;
        self.events += other.events;
        self.ties += other.ties;
        self.timed_traces += other.timed_traces;
        self.events_with_parameters += other.events_with_parameters;
    }
}
