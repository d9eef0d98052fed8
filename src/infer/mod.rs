//! Learners: from a prefix tree to a state machine. One file each, behind one trait.
//!
//! ```text
//! prefix tree ─ Learner::learn ─▶ machine ─ general ─▶ deterministic, with guards ─ invariants ─ calibrate ─▶ Inferred
//!
//! the shop: two states of the tree where only "sent page" can follow are one state of the machine;
//! that after "query failed" stays apart
//! ```
//!
//! In reading order:
//!
//! * this file: [`Learner`], [`learners()`], and [`infer_from`], which runs one and finishes its machine
//! * `options`, `general`: options of a learner, and those that all take; `control`, `parallel`: stopping, memory,
//!   threads
//! * State merging. `merge` merges and folds, on trial or for good; `red_blue` picks the pair of the blue fringe;
//!   evidence comes from `edsm`, `mint`, `rpni`, `alergia`, `likelihood`, `bayes`. `k_tails` and `prefix_multiset`
//!   choose classes of states at once; `prefix_tree` keeps all apart. `quotient` builds the machine of a partition.
//! * Other ways. `synoptic` splits by invariants; `prins` learns a machine a component and stitches them.
//! * `auto`: the choice by held-out likelihood, with `holdout` (traces held out) and `bits` (what they cost)
//! * `determinize`, `minimize`: one transition a label; the smallest graph that accepts the same
//! * `invariants`, `guards`: what is added to any machine
//! * `phases`: coarse states of a machine; `collect`: a prefix tree from a set of traces, by threads

mod alergia;
mod auto;
mod bayes;
pub(crate) mod bits;
pub mod collect;
mod control;
pub mod determinize;
mod edsm;
mod general;
mod guards;
mod holdout;
pub mod invariants;
mod k_tails;
mod likelihood;
pub mod merge;
mod minimize;
mod mint;
mod odd;
mod options;
pub mod parallel;
mod phases;
mod prefix_multiset;
mod prefix_tree;
mod prins;
mod quotient;
pub mod red_blue;
mod rpni;
mod synoptic;

pub use control::{Control, Work};
pub use general::options as general_options;
pub use guards::add_guards;
pub use holdout::{
    Held, accepts, check_states, distinct_traces, passes, restrict, restricted, split as hold_out, traces_through,
};
pub use odd::{Oddity, oddities};
pub use options::{OptionKind, OptionSpec, Options};
pub use phases::{PHASE_OPTIONS, Phase, Phases, phases};
pub use quotient::quotient;

use crate::automaton::{Automaton, Invariant, Kind, Provenance};
use crate::conform::calibrate;
use crate::error::{Error, Result};
use std::collections::BTreeMap;

/// What a learner learns from: prefix trees of distinct traces with their counts.
#[derive(Debug, Clone, Copy)]
pub struct Sample<'a> {
    /// The traces to accept.
    pub positive: &'a Automaton,
    /// Traces to reject, where there are any.
    pub negative: Option<&'a Automaton>,
}

/// An inference algorithm.
///
/// Every learner is deterministic, accepts every training trace and conserves counts.
pub trait Learner: Sync {
    /// Its name in SQL.
    fn name(&self) -> &'static str;
    /// One sentence on what it does, with its source.
    fn summary(&self) -> &'static str;
    /// Its options with defaults and meaning.
    fn options(&self) -> &'static [OptionSpec];
    /// True where it can use negative traces.
    fn takes_negative(&self) -> bool {
        false
    }
    /// True where it fills [`crate::automaton::Learned::invariants`] itself; [`infer`] does it for the others.
    fn keeps_invariants(&self) -> bool {
        false
    }
    /// The options that can make a difference to what is learned, given the others and whether there are negative traces:
    /// only these are part of the machine, so that equal machines have equal fingerprints.
    fn effective(&self, options: &Options, _negative: bool) -> BTreeMap<String, String> {
        options.to_text()
    }
    /// Learns from prefix trees; `options` are complete and valid, `control` is asked regularly whether to go on.
    ///
    /// The provenance is filled in by [`infer`].
    fn learn(&self, sample: Sample<'_>, options: &Options, control: &Control<'_>) -> Result<Automaton>;
}

/// All learners, in the order in which they are listed.
pub fn learners() -> &'static [&'static dyn Learner] {
    &[
        &k_tails::KTails,
        &edsm::Edsm,
        &mint::Mint,
        &rpni::Rpni,
        &alergia::Alergia,
        &likelihood::Likelihood,
        &likelihood::Aic,
        &likelihood::Mdl,
        &synoptic::Synoptic,
        &prins::Prins,
        &prefix_multiset::PrefixMultiset,
        &prefix_tree::Keep,
    ]
}

/// What `auto` chooses from, in order of preference where nothing else decides. The last one's work is near linear
/// whatever the log.
const AUTO: &[&dyn Learner] =
    &[&likelihood::Mdl, &synoptic::Synoptic, &prefix_multiset::PrefixMultiset, &alergia::Alergia, &k_tails::KTails];

/// Infers a machine from a prefix tree.
///
/// * `tree`: what `prefix_tree_agg` or [`crate::automaton::PrefixTree`] made
/// * `method`: a learner's name, or `auto`
/// * `options`: a JSON object with options of that learner
///
/// Errors name the methods or options that exist. Complexity is that of the learner, in the size of the tree.
///
/// ```
/// use logfsm::{automaton::PrefixTree, infer, trace::{Trace, TraceView}};
/// let mut tree = PrefixTree::new(1 << 20);
/// for events in [["open", "read", "close"], ["open", "write", "close"]] {
///     tree.add(&TraceView::from_bytes(&Trace::of(events).to_bytes())?)?;
/// }
/// let machine = infer::infer(&tree.to_automaton(), "k_tails", "{}", &infer::Control::unlimited())?;
/// assert_eq!((machine.state_count(), machine.totals.traces), (4, 2));
/// # Ok::<(), logfsm::error::Error>(())
/// ```
pub fn infer(tree: &Automaton, method: &str, options: &str, control: &Control<'_>) -> Result<Automaton> {
    infer_from(Sample { positive: tree, negative: None }, method, options, control)
}

/// Infers a machine from prefix trees of positive and, where the method takes them, negative traces.
///
/// As [`infer`]; negative traces for a method that has no use for them are an error.
pub fn infer_from(sample: Sample<'_>, method: &str, options: &str, control: &Control<'_>) -> Result<Automaton> {
    for tree in [Some(sample.positive), sample.negative].into_iter().flatten() {
        if let Kind::Inferred(provenance) = &tree.kind {
            return Err(Error::NotAPrefixTree { operation: "infer", method: provenance.method.clone() });
        }
    }
    let (general, options) = &general::General::take(method, options)?;
    if method == "auto" && sample.negative.is_none() {
        let mined = invariants::mine_to_keep(sample.positive, control)?;
        let machine = choose(sample.positive, options, &mined.0, control)?;
        let chosen = find(machine.method())?;
        let mut machine = general.finish(machine, sample.positive, control)?;
        if !chosen.keeps_invariants() {
            keep_invariants(&mut machine, mined);
        }
        return calibrated(machine, sample.positive, general.contamination(), control);
    }
    // Of the learners that take negative traces, EDSM is the better one on all public problems.
    let name = if method == "auto" { edsm::Edsm.name() } else { method };
    let learner = find(name)?;
    if sample.negative.is_some() && !learner.takes_negative() {
        return Err(Error::InvalidArgument {
            argument: "negative traces",
            reason: format!("Method {} has no use for them", learner.name()),
            hint: "Use edsm or rpni, or leave them out.".into(),
        });
    }
    let options = Options::parse(learner.name(), learner.options(), options)?;
    let (negative, note) =
        match sample.negative.map(|negative| without(negative, sample.positive, control)).transpose()? {
            Some((negative, note)) => (Some(negative), note),
            None => (None, None),
        };
    let sample = Sample { negative: negative.as_ref(), ..sample };
    let mut machine = learner.learn(sample, &options, control)?;
    let mut notes = match &machine.kind {
        Kind::Inferred(provenance) => provenance.notes.clone(),
        Kind::PrefixTree => Vec::new(),
    };
    notes.extend(note);
    let shown = learner.effective(&options, sample.negative.is_some());
    machine.kind = Kind::Inferred(Provenance { method: learner.name().into(), options: shown, notes });
    let mut machine = general.finish(machine, sample.positive, control)?;
    add_invariants(learner, &mut machine, sample.positive, control)?;
    calibrated(machine, sample.positive, general.contamination(), control)
}

/// Negative traces without those that are positive too, which no machine can tell apart, and a note that says so.
fn without(negative: &Automaton, positive: &Automaton, control: &Control<'_>) -> Result<(Automaton, Option<String>)> {
    let traces = holdout::relabel(&distinct_traces(negative, control)?, negative, positive);
    let left: Vec<u64> = traces.iter().map(|t| if accepts(positive, &t.events) { 0 } else { t.count }).collect();
    let both = traces.iter().map(|t| t.count).sum::<u64>() - left.iter().sum::<u64>();
    if both == 0 {
        return Ok((negative.clone(), None));
    }
    let note = format!("{both} negative traces have the events of positive ones and are accepted like them");
    Ok((restricted(negative, &left), Some(note)))
}

/// Adds what scoring needs to know of the training traces.
fn calibrated(machine: Automaton, tree: &Automaton, contamination: f64, control: &Control<'_>) -> Result<Automaton> {
    let traces = distinct_traces(tree, control)?;
    control.check()?;
    let traces = holdout::relabel(&traces, tree, &machine);
    calibrate(machine, traces, contamination, control)
}

/// Gives a machine the invariants of its training traces, unless its learner did.
fn add_invariants(
    learner: &dyn Learner,
    machine: &mut Automaton,
    tree: &Automaton,
    control: &Control<'_>,
) -> Result<()> {
    if learner.keeps_invariants() {
        return Ok(());
    }
    keep_invariants(machine, invariants::mine_to_keep(tree, control)?);
    Ok(())
}

fn keep_invariants(machine: &mut Automaton, (kept, note): (Vec<Invariant>, Option<String>)) {
    machine.learned.invariants = kept;
    if let Kind::Inferred(provenance) = &mut machine.kind {
        provenance.notes.extend(note);
    }
}

/// Learns with a method, `auto` included, without mining invariants: for machines that are parts of another.
fn learn(tree: &Automaton, method: &str, options: &str, control: &Control<'_>) -> Result<Automaton> {
    if method == "auto" {
        return choose(tree, options, &invariants::mine_to_keep(tree, control)?.0, control);
    }
    let learner = find(method)?;
    let options = Options::parse(learner.name(), learner.options(), options)?;
    let mut machine = learner.learn(Sample { positive: tree, negative: None }, &options, control)?;
    let notes = match machine.kind {
        Kind::Inferred(provenance) => provenance.notes,
        Kind::PrefixTree => Vec::new(),
    };
    let shown = learner.effective(&options, false);
    machine.kind = Kind::Inferred(Provenance { method: learner.name().into(), options: shown, notes });
    Ok(machine)
}

/// Learns by the method that `auto` chooses.
fn choose(tree: &Automaton, options: &str, mined: &[Invariant], control: &Control<'_>) -> Result<Automaton> {
    auto::learn(tree, AUTO, &stay(options)?, mined, control)
}

/// The method that `auto` is to stay with, and whether it compares others.
fn stay(options: &str) -> Result<auto::Stay> {
    let options = Options::parse("auto", auto::OPTIONS, options)?;
    let method = match options.json("stay") {
        serde_json::Value::Null => None,
        serde_json::Value::String(name) => Some(find(name)?.name().into()),
        other => {
            return Err(Error::InvalidOption {
                name: "stay".into(),
                value: other.to_string(),
                expected: "the name of a method or null".into(),
            });
        }
    };
    Ok(auto::Stay { method, compare: options.boolean("compare") })
}

/// The options of `auto`.
pub fn auto_options() -> &'static [OptionSpec] {
    auto::OPTIONS
}

/// Checks a method's name and options, without learning anything.
pub fn check(method: &str, options: &str) -> Result<()> {
    let (_, options) = &general::General::take(method, options)?;
    if method == "auto" {
        return stay(options).map(drop);
    }
    Options::parse(method, find(method)?.options(), options).map(drop)
}

/// The learner of a name.
fn find(name: &str) -> Result<&'static dyn Learner> {
    learners().iter().find(|learner| learner.name() == name).copied().ok_or_else(|| {
        let known = learners().iter().map(|l| l.name()).chain(["auto"]).collect();
        Error::UnknownMethod { name: name.into(), known }
    })
}
