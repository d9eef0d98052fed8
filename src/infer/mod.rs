//! Learners: from a prefix tree to a state machine. One file each, behind one trait.

mod control;
mod k_tails;
mod options;
mod partition;
mod prefix_tree;

pub use control::Control;
pub use options::{OptionKind, OptionSpec, Options};
pub use partition::Partition;

use crate::automaton::{Automaton, Kind, Provenance};
use crate::error::{Error, Result};

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
    /// Learns from a prefix tree; `options` are complete and valid, `control` is asked regularly whether to go on.
    ///
    /// The provenance is filled in by [`infer`].
    fn learn(&self, tree: &Automaton, options: &Options, control: &Control<'_>) -> Result<Automaton>;
}

/// All learners, in the order in which they are listed.
pub fn learners() -> &'static [&'static dyn Learner] {
    &[&k_tails::KTails, &prefix_tree::Keep]
}

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
    if let Kind::Inferred(provenance) = &tree.kind {
        return Err(Error::NotAPrefixTree { operation: "infer", method: provenance.method.clone() });
    }
    let (learner, options) = check(method, options)?;
    let mut machine = learner.learn(tree, &options, control)?;
    let notes = match &machine.kind {
        Kind::Inferred(provenance) => provenance.notes.clone(),
        Kind::PrefixTree => Vec::new(),
    };
    machine.kind = Kind::Inferred(Provenance { method: learner.name().into(), options: options.to_text(), notes });
    Ok(machine)
}

/// Finds the learner of a name and checks its options, without learning anything.
pub fn check(method: &str, options: &str) -> Result<(&'static dyn Learner, Options)> {
    let name = if method == "auto" { k_tails::KTails.name() } else { method };
    let learner = learners().iter().find(|learner| learner.name() == name).ok_or_else(|| {
        let known = learners().iter().map(|l| l.name()).chain(["auto"]).collect();
        Error::UnknownMethod { name: method.into(), known }
    })?;
    Ok((*learner, Options::parse(learner.name(), learner.options(), options)?))
}
