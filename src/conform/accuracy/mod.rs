//! How well a method's machines tell traces of a system from others: cross-validation on real traces and on negatives
//! made from them.
//!
//! Two protocols. *Published* (Shin, Bianculli & Briand 2022, §5.4): folds over traces, negatives by one local change;
//! it flatters memorising, since copies of one trace are in training and held out. *Strict*: folds over distinct traces,
//! half of the negatives hidden, which no window of three events gives away.
//!
//! ```text
//! the shop, strict, fold 1   training  GET · hit · sent page,  GET · miss · query took · sent page
//!                            held out  GET · miss · query failed · sent error    accepted? counts for recall
//!                            negative  GET · sent page · hit                     rejected? counts for specificity
//! ```
//!
//! In reading order:
//!
//! * `folds`: who is in training, who is held out, with which negatives; a seed decides
//! * `negatives`: traces that should be rejected, made by one change, local or hidden
//! * this file: [`cross_validate`] learns from each fold with a [`Candidate`], a method or n-grams, and counts
//! * `ngram`: acceptance by windows of events, the yardstick
//! * `confidence`: intervals, and what can be said before learning: how complete and how diverse a log is

mod confidence;
mod folds;
mod negatives;
mod ngram;

pub use confidence::{Interval, mean_of, wilson};
pub use folds::{Fold, Plan, Protocol, folds};
pub use negatives::Negative;
pub use ngram::NGrams;

use crate::automaton::Automaton;
use crate::error::{Error, Result};
use crate::infer::bits::{WittenBell, bits_of_context, bits_per_event};
use crate::infer::{Control, Held, accepts, distinct_traces, infer};

/// What is judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Candidate {
    /// A learner by name, with options as JSON text.
    Method(String, String),
    /// Acceptance by n-grams, a yardstick.
    NGram(usize),
}

impl Candidate {
    /// A candidate by its name: `2-gram` to `9-gram`, or a learner.
    pub fn named(name: &str, options: &str) -> Result<Self> {
        let n = name.strip_suffix("-gram").and_then(|n| n.parse::<usize>().ok());
        if let Some(n) = n.filter(|n| (2..=9).contains(n)) {
            return Ok(Candidate::NGram(n));
        }
        crate::infer::check(name, options)?;
        Ok(Candidate::Method(name.into(), options.into()))
    }

    fn learn(&self, tree: &Automaton, control: &Control<'_>) -> Result<Judge> {
        Ok(match self {
            Candidate::Method(name, options) => Judge::Machine(Box::new(infer(tree, name, options, control)?)),
            Candidate::NGram(n) => Judge::NGrams(NGrams::new(*n, &distinct_traces(tree, control)?)),
        })
    }
}

/// What a candidate learned.
enum Judge {
    Machine(Box<Automaton>),
    NGrams(NGrams),
}

impl Judge {
    fn accepts(&self, events: &[u32]) -> bool {
        match self {
            Judge::Machine(machine) => accepts(machine, events),
            Judge::NGrams(grams) => grams.accepts(events),
        }
    }
}

/// The counts of one fold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Judgement {
    /// Held-out traces.
    pub positives: u64,
    /// Of these accepted.
    pub accepted: u64,
    /// Negatives by a local change.
    pub local: u64,
    /// Of these rejected.
    pub local_rejected: u64,
    /// Hidden negatives; only the strict protocol has any.
    pub hidden: u64,
    /// Of these rejected.
    pub hidden_rejected: u64,
}

fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

impl Judgement {
    /// Share of held-out traces that are accepted.
    pub fn recall(&self) -> Option<f64> {
        share(self.accepted, self.positives)
    }

    /// Share of negatives that are rejected; local and hidden ones weigh the same.
    pub fn specificity(&self) -> Option<f64> {
        let (local, hidden) = (share(self.local_rejected, self.local), share(self.hidden_rejected, self.hidden));
        match (local, hidden) {
            (Some(local), Some(hidden)) => Some((local + hidden) / 2.0),
            (local, hidden) => local.or(hidden),
        }
    }

    /// The mean of recall and specificity.
    pub fn balanced_accuracy(&self) -> Option<f64> {
        Some((self.recall()? + self.specificity()?) / 2.0)
    }

    /// The counts of two folds together.
    pub fn plus(&self, other: &Self) -> Self {
        Judgement {
            positives: self.positives + other.positives,
            accepted: self.accepted + other.accepted,
            local: self.local + other.local,
            local_rejected: self.local_rejected + other.local_rejected,
            hidden: self.hidden + other.hidden,
            hidden_rejected: self.hidden_rejected + other.hidden_rejected,
        }
    }
}

/// Learns from every fold's training traces and judges its held-out ones: one row of counts per fold.
///
/// Costs one learning per fold; results depend on the traces, the candidate and the plan alone.
pub fn cross_validate(folds: &[Fold], candidate: &Candidate, control: &Control<'_>) -> Result<Vec<Judgement>> {
    folds.iter().map(|fold| judge(fold, candidate, control)).collect()
}

fn judge(fold: &Fold, candidate: &Candidate, control: &Control<'_>) -> Result<Judgement> {
    let learned = candidate.learn(&fold.training, control)?;
    control.check()?;
    let weight = |held: &Held| if fold.by_distinct { 1 } else { held.count };
    let mut judgement = Judgement::default();
    for held in &fold.held {
        judgement.positives += weight(held);
        judgement.accepted += if learned.accepts(&held.events) { weight(held) } else { 0 };
    }
    for negative in &fold.local {
        judgement.local += 1;
        judgement.local_rejected += u64::from(!learned.accepts(&negative.events));
    }
    for negative in &fold.hidden {
        judgement.hidden += 1;
        judgement.hidden_rejected += u64::from(!learned.accepts(negative));
    }
    Ok(judgement)
}

/// Bits per held-out event, ends included, over five folds of distinct traces, weighed by their counts.
pub fn held_out_bits(folds: &[Fold], candidate: &Candidate, control: &Control<'_>) -> Result<f64> {
    let (mut bits, mut events) = (0.0, 0.0);
    for fold in folds {
        let labels = fold.training.labels.len();
        let training = distinct_traces(&fold.training, control)?;
        let (sum, count) = match candidate.learn(&fold.training, control)? {
            Judge::Machine(machine) => {
                bits_per_event(&machine, &WittenBell::new(1, labels, &training), &fold.held, control)?
            }
            Judge::NGrams(_) => {
                let Candidate::NGram(n) = candidate else { continue };
                bits_of_context(&WittenBell::new(n - 1, labels, &training), &fold.held)
            }
        };
        bits += sum;
        events += count;
    }
    Ok(if events > 0.0 { bits / events } else { 0.0 })
}

/// Folds of held-out likelihood.
pub const LIKELIHOOD_FOLDS: usize = 5;

/// One row of a comparison of methods.
#[derive(Debug, Clone, PartialEq)]
pub struct Compared {
    /// States of the machine learned from all traces; n-grams known for an n-gram.
    pub states: u64,
    /// Its transitions; `None` for an n-gram.
    pub transitions: Option<u64>,
    /// All folds together.
    pub judgement: Judgement,
    /// Bits per held-out event.
    pub bits: f64,
    /// Seconds that learning from all traces took.
    pub seconds: f64,
}

/// Learns with a candidate from all traces, cross-validates it and measures its held-out likelihood.
pub fn compare(
    tree: &Automaton,
    judged: &[Fold],
    measured: &[Fold],
    candidate: &Candidate,
    control: &Control<'_>,
) -> Result<Compared> {
    let start = std::time::Instant::now();
    let learned = candidate.learn(tree, control)?;
    let seconds = start.elapsed().as_secs_f64();
    let (states, transitions) = match &learned {
        Judge::Machine(machine) => (machine.state_count() as u64, Some(machine.transitions.len() as u64)),
        Judge::NGrams(grams) => (grams.len() as u64, None),
    };
    let judgement = cross_validate(judged, candidate, control)?.iter().fold(Judgement::default(), |a, b| a.plus(b));
    let bits = held_out_bits(measured, candidate, control)?;
    Ok(Compared { states, transitions, judgement, bits, seconds })
}

/// Fails for anything but a prefix tree with two traces.
pub(crate) fn require_tree(tree: &Automaton, operation: &'static str) -> Result<()> {
    if let crate::automaton::Kind::Inferred(provenance) = &tree.kind {
        return Err(Error::NotAPrefixTree { operation, method: provenance.method.clone() });
    }
    Ok(())
}
