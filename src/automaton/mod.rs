//! State machines over labels, with the counts and delays that make them probabilistic and timed.
//!
//! A prefix tree (what [`PrefixTree`] collects) and every inferred machine share one representation: states numbered
//! from 0, the initial one, and transitions sorted by source, label and target. Counts obey flow conservation: what
//! enters a state leaves it or stops there.
//!
//! ```text
//! traces ─▶ PrefixTree ─ to_automaton ─▶ Automaton, a prefix tree ─ infer ─▶ Automaton, a machine ─▶ bytes, pictures
//!
//! the shop's tree, with counts       0 ─GET 2000─▶ 1 ─hit 1334─▶ 2 ─sent page 1334─▶ 4 stops 1334
//!                                                  1 ─miss 666─▶ 3 ─query took 665─▶ 6 ─sent page 665─▶ 8 stops 665
//!                                                                3 ─query failed 1─▶ 5 ─sent error 1─▶ 7 stops 1
//! ```
//!
//! In reading order:
//!
//! * `histogram`, `sample`: summaries that merge exactly; `strata` samples parameters by what came next, `values` what
//!   slots looked like over all traces
//! * `prefix_tree`: collecting; `prefix_tree/canonical` numbers it, `prefix_tree/replace` takes traces out again,
//!   `prefix_tree/ends` knows what such a trace leaves open
//! * this file: [`Automaton`], [`Transition`], [`Totals`] and what learners add, [`Learned`]
//! * `invariant`, `guard`, `calibration`, `component`: the parts of [`Learned`]
//! * `validate`: what must hold of every automaton; `binary`: stored forms and the fingerprint
//! * `stats`: names and kinds of states; `render`: pictures

mod binary;
mod calibration;
mod component;
pub mod guard;
mod histogram;
mod invariant;
mod prefix_tree;
mod render;
mod sample;
mod stats;
mod strata;
mod validate;
mod values;

pub use binary::AUTOMATON_VERSION;
pub use calibration::{
    COUNT_ENTRIES, COUNT_VECTORS, Calibration, CountVector, REFERENCE_EVENTS, REFERENCE_TRACES, ReferenceTrace,
    UNITS_PER_BIT,
};
pub use component::Component;
pub use guard::{Choice, Guard, Parameters};
pub use histogram::Histogram;
pub use invariant::{Invariant, InvariantKind};
pub use prefix_tree::{Ends, Lost, PrefixTree};
pub use render::{Direction, Follows, RenderOptions, START_OR_END, transition_matrices_svg};
pub use sample::{Item, Sample, keyed_hash};
pub use stats::{StateInfo, StateKind, Stats};
pub use strata::{Stratum, strata};
pub use values::{
    SLOT_SHAPES, SLOT_VALUES, SLOTS, SeenValue, SlotValues, ValueSample, character_classes, magnitude, number, shape,
};

use crate::trace::Label;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::Range;

/// A state: 0 is the initial one.
pub type StateId = u32;
/// A label: its position in [`Automaton::labels`].
pub type LabelId = u32;

/// Parameter values kept per transition of a machine; a prefix tree keeps more, by what came next ([`strata()`]).
pub const PARAMETER_SAMPLE: usize = 64;
/// Trace starts kept per automaton.
pub const START_SAMPLE: usize = 1024;

/// How an automaton was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Straight from traces: a tree, lossless for the sequences of labels.
    PrefixTree,
    /// By a learner.
    Inferred(Provenance),
}

/// The learner that made an automaton.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// The learner's name.
    pub method: String,
    /// Its options in effect, each as JSON text.
    pub options: BTreeMap<String, String>,
    /// What the learner wants known, e.g. why it was chosen.
    pub notes: Vec<String>,
}

/// A parameter sample's item: the parameters' JSON text and the label of the next event, if any.
pub type ParameterItem = (Box<str>, Option<LabelId>);

/// One transition and what was seen on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transition {
    /// Where it starts.
    pub source: StateId,
    /// The event it consumes.
    pub label: LabelId,
    /// Where it ends.
    pub target: StateId,
    /// How often training traces took it.
    pub count: u64,
    /// Microseconds since the event before; the first event of a trace has none.
    pub delays: Histogram,
    /// A sample of the parameters seen on it.
    pub parameters: Sample<ParameterItem>,
}

/// Smallest and largest time from one event to a later one of a trace, over all such pairs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PairTime {
    /// The earlier event's label.
    pub first: LabelId,
    /// The later event's label.
    pub then: LabelId,
    /// Smallest time in microseconds.
    pub min: u64,
    /// Largest time in microseconds.
    pub max: u64,
}

/// Sums over all training traces.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Totals {
    /// Traces.
    pub traces: u64,
    /// Distinct traces (by labels).
    pub distinct_traces: u64,
    /// Events.
    pub events: u64,
    /// Events whose place no time or sequence number decided.
    pub ties: u64,
    /// Traces that carry times.
    pub timed_traces: u64,
    /// Events that carry parameters.
    pub events_with_parameters: u64,
    /// Earliest event of all, microseconds since 2000-01-01 UTC; 0 without times.
    pub earliest: i64,
    /// Latest event of all; 0 without times.
    pub latest: i64,
}

/// What a learner found beside states and transitions; empty in a prefix tree.
///
/// Every part is sparse and optional, so that machines of earlier releases read as machines without it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Learned {
    /// Temporal invariants that the training traces keep, ascending by [`Invariant::key`].
    pub invariants: Vec<Invariant>,
    /// Guards, ascending by (source, label); a label without any takes all its transitions.
    pub guards: Vec<Choice>,
    /// The machines of single components that this one was made from, ascending by component.
    pub components: Vec<Component>,
    /// What scores are compared with.
    pub calibration: Calibration,
}

/// A state machine with counts, times and parameter samples.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Automaton {
    /// How it was made.
    pub kind: Kind,
    /// All labels, ascending.
    pub labels: Vec<Label>,
    /// For each state how many training traces ended in it; positive means accepting.
    pub stops: Vec<u64>,
    /// Ascending by (source, label, target).
    pub transitions: Vec<Transition>,
    /// Sums over all training traces.
    pub totals: Totals,
    /// Durations of whole traces.
    pub durations: Histogram,
    /// A sample of trace start times.
    pub starts: Sample<i64>,
    /// Times between pairs of events, ascending by (first, then).
    pub pair_times: Vec<PairTime>,
    /// What a learner found beside states and transitions. Version 1 had none.
    #[serde(default)]
    pub learned: Learned,
    /// What the slots of each event type looked like, ascending by (label, name); `None` where that is not known. The
    /// last field: versions 1 and 2 had none.
    #[serde(default)]
    pub values: Option<Vec<SlotValues>>,
}

impl Transition {
    /// Adds what was seen on another transition.
    pub fn absorb(&mut self, other: &Transition) {
        self.count += other.count;
        self.delays.merge(&other.delays);
        self.parameters.merge(&other.parameters, PARAMETER_SAMPLE);
        self.parameters.items.truncate(PARAMETER_SAMPLE);
    }
}

impl Automaton {
    /// Number of states.
    pub fn state_count(&self) -> usize {
        self.stops.len()
    }

    /// The range of each state's transitions in [`Automaton::transitions`]: `offsets[s]..offsets[s + 1]`. O(n + m).
    pub fn offsets(&self) -> Vec<u32> {
        let mut offsets = vec![0u32; self.state_count() + 1];
        for transition in &self.transitions {
            offsets[transition.source as usize + 1] += 1;
        }
        for i in 1..offsets.len() {
            offsets[i] += offsets[i - 1];
        }
        offsets
    }

    /// The transitions that leave a state. O(log m).
    pub fn outgoing(&self, state: StateId) -> &[Transition] {
        &self.transitions[self.outgoing_range(state)]
    }

    fn outgoing_range(&self, state: StateId) -> Range<usize> {
        let start = self.transitions.partition_point(|t| t.source < state);
        let end = start + self.transitions[start..].partition_point(|t| t.source == state);
        start..end
    }

    /// For each state how often training traces were in it: in-flow, and for the initial state the traces too.
    pub fn visits(&self) -> Vec<u64> {
        let mut visits = self.stops.clone();
        for transition in &self.transitions {
            visits[transition.source as usize] += transition.count;
        }
        visits
    }

    /// The position of a label. O(log labels).
    pub fn label_id(&self, label: &Label) -> Option<LabelId> {
        self.labels.binary_search(label).ok().map(|i| i as LabelId)
    }

    /// The learner's name, `prefix_tree` for a prefix tree.
    pub fn method(&self) -> &str {
        match &self.kind {
            Kind::PrefixTree => "prefix_tree",
            Kind::Inferred(provenance) => &provenance.method,
        }
    }
}
