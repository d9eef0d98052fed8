//! The rules that synthetic data, and real data, must keep: one verdict per rule.
//!
//! The checker sees relational rows only: states and transitions first, then each trace's events in order, then each
//! trace's parameters. It knows what the generator was learned from, not what it drew.
//!
//! ```text
//! rows of a run ─ Checker (structure, process, model, time, weights) ─┐
//!                 ParameterChecker (slots, formats, domains, guards) ─┼─▶ Verdicts: rule, checked, violated, examples
//!                 InvariantChecker (mined invariants)                ─┘
//!
//! GET · hit · query took   breaks  transition_exists, if a row names a transition that the machine does not have,
//!                                  observed_pairs (nothing real has hit before query took), ends_at_end, invariants
//! ```
//!
//! In reading order:
//!
//! * this file: [`RULES`], the names and meanings of all rules, and [`Verdict`]
//! * `run`: [`Checker`], which goes through the tables of a machine and then through traces
//! * `parameters`: [`ParameterChecker`], which threads can run apart from each other
//! * `invariants`: mined invariants on single traces, many at a time
//!
//! `pg/model/check.rs` feeds it while a run is written and again when `check_run` reads the rows.

mod invariants;
mod parameters;
mod run;

pub use invariants::{InvariantChecker, breaks};
pub use parameters::{EventParameters, ParameterChecker};
pub(crate) use run::within;
pub use run::{Checker, EventRow, Purpose, Reference, StateRow, Tables, TransitionRow};

/// Examples kept per rule.
const EXAMPLES: usize = 3;

/// A rule's name, group, and what it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// Its name.
    pub name: &'static str,
    /// structural, process, model, temporal, parameter or distribution.
    pub group: &'static str,
    /// What holds where it is kept.
    pub meaning: &'static str,
}

macro_rules! rules {
    ($($name:ident, $group:literal, $meaning:literal;)*) => {
        /// All rules, in the order in which they are listed.
        pub const RULES: &[Rule] = &[$(Rule { name: stringify!($name), group: $group, meaning: $meaning }),*];
        /// Positions in [`RULES`].
        #[allow(non_camel_case_types, missing_docs)]
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Check { $($name),* }
    };
}

rules! {
    contiguous_seq, "structural", "the events of a trace are numbered 1, 2, … and as many as the trace says";
    known_template, "structural", "an event's template is one of the model's";
    known_slots, "structural", "an event has the parameters that real events of its type have";
    parameter_of_event, "structural", "a parameter belongs to an event; only those that do not are counted";
    transition_exists, "process", "an event's transition is one of the model's, with its source, template and target";
    starts_at_start, "process", "the first event leaves the start state";
    contiguous_path, "process", "each event leaves the state that the one before it led to";
    ends_at_end, "process", "the last event leads to a state that traces end in";
    observed_pairs, "process", "adjacent events, START and END included, are adjacent in real traces too";
    invariants, "process", "every mined invariant holds";
    count_bounds, "process", "no event type is more or less frequent in a trace than in any real one";
    rejected, "process", "a trace made anomalous is one that the machine rejects";
    flow_conservation, "model", "what enters a state leaves it or stops there";
    time_order, "temporal", "times never decrease";
    delay_range, "temporal", "a delay is within those of real traces";
    duration_range, "temporal", "a trace lasts as long as real ones do";
    identifier_constant, "parameter", "identifiers that are one per trace are the same throughout";
    format, "parameter", "identifiers and rare values have the shape of real ones";
    domain, "parameter", "words and numbers are within those of real traces";
    guard_holds, "parameter", "the parameters meet the guard of the transition taken";
    no_real_identifier, "parameter", "no identifier of a synthetic trace is a real one";
    weights, "distribution", "weights average 1 within 4 standard errors, and none is above its bound";
    copies, "distribution", "where copies were ruled out, there is none";
}

/// What came of one rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The rule.
    pub rule: Rule,
    /// How many things were looked at.
    pub checked: u64,
    /// How many of them break the rule.
    pub violated: u64,
    /// The first few traces (or states) that do, by their ids.
    pub examples: Vec<i64>,
}

/// Verdicts under way.
#[derive(Debug, Clone)]
pub struct Verdicts(Vec<Verdict>);

impl Default for Verdicts {
    fn default() -> Self {
        let empty = |rule: &Rule| Verdict { rule: *rule, checked: 0, violated: 0, examples: Vec::new() };
        Verdicts(RULES.iter().map(empty).collect())
    }
}

impl Verdicts {
    /// Notes one look.
    pub fn note(&mut self, check: Check, example: i64, holds: bool) {
        let verdict = &mut self.0[check as usize];
        verdict.checked += 1;
        if !holds {
            verdict.violated += 1;
            // The smallest ones, so that the order of traces does not matter.
            if let Err(place) = verdict.examples.binary_search(&example) {
                verdict.examples.insert(place, example);
                verdict.examples.truncate(EXAMPLES);
            }
        }
    }

    /// Adds those of another checker of the same run.
    pub fn add(&mut self, other: Verdicts) {
        for (mine, theirs) in self.0.iter_mut().zip(other.0) {
            mine.checked += theirs.checked;
            mine.violated += theirs.violated;
            mine.examples.extend(theirs.examples);
            mine.examples.sort_unstable();
            mine.examples.dedup();
            mine.examples.truncate(EXAMPLES);
        }
    }

    /// All of them, with those of another checker of the same run added.
    pub fn with(mut self, other: Verdicts) -> Vec<Verdict> {
        self.add(other);
        self.0
    }
}
