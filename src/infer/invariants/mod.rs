//! Temporal invariants between event types: mined from traces, and checked on machines.
//!
//! Over all traces: `a` is always followed by `b` (AFby), `a` always precedes `b` (AP), `a` is never followed by `b`
//! (NFby), and between two consecutive `a` lies a `b` (IntrBy). `INITIAL AFby b` says that `b` is in every trace.
//!
//! ```text
//! of the shop's three variants hold, among others
//!   INITIAL AFby GET            miss AP query took         query failed AFby sent error
//!   hit NFby miss               miss AP query failed       sent page NFby sent error
//! ```
//!
//! In reading order:
//!
//! * `miner`: counts, for each ordered pair of event types, how often one followed or preceded the other; one pass over
//!   a trace, mergeable. What was always or never so is an invariant.
//! * `tree`: the same counts from a prefix tree, each node once; `portable`: the stored form; `options`: which to
//!   report
//! * `check`: which invariants a machine keeps, all at once by bit sets that flow along edges, and a counterexample for
//!   one that it does not keep
//! * `monitor`: one trace against all invariants while it runs; scores and the generator use it
//! * `times`: bounds on the time between two events, checked on a graph

mod check;
mod miner;
mod monitor;
mod options;
mod pairs;
mod portable;
mod times;
mod tree;

pub(super) use check::{Checker, Kinds};
pub use check::{Counterexample, LabelGraph, Violation, check, check_of, count_broken, violated_at, violations};
pub use miner::InvariantMiner;
pub use monitor::{Monitor, MonitorState};
pub(super) use options::own;
pub use options::{
    CHECK_OPTIONS, IGNORE, KINDS, MIN_SUPPORT, MiningOptions, NEVER_TOGETHER, OPTIONS, chosen, named, named_in,
};
pub use portable::INVARIANTS_VERSION;
pub(super) use times::TimedGraph;

pub use crate::automaton::{Invariant, InvariantKind};

use crate::automaton::Automaton;
use crate::error::{Error, Result};
use crate::infer::Control;
use crate::trace::Label;

/// Invariants with the labels they refer to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Invariants {
    /// Labels, ascending.
    pub labels: Vec<Label>,
    /// Ascending by kind, first and second label.
    pub list: Vec<Invariant>,
}

/// Invariants that an automaton carries at most: beyond that the least supported ones are left out.
pub const MOST_KEPT: usize = 1 << 18;

/// The invariants of a prefix tree.
pub fn mine(tree: &Automaton, options: &MiningOptions, control: &Control<'_>) -> Result<Invariants> {
    let miner = InvariantMiner::from_tree(tree, control)?;
    // What is listed is also sorted, and looked at by whoever asked.
    control.spend(miner.pairs.len() + 16 * miner.count(options))?;
    miner.finish_within(options, control.memory_limit)
}

/// Steps of work that mining for keeping may take, a second or so, and those per node of the tree, of which there may be
/// more.
const MOST_WORK: (u64, u64) = (1 << 26, 128);

/// What an automaton learned from a prefix tree keeps of its invariants, and a note where that is not all.
///
/// Where there are too many, those of events that no trace has together go first, then those of little support. Where
/// mining would reach the memory limit, or take too many steps, there are none.
pub(crate) fn mine_to_keep(tree: &Automaton, control: &Control<'_>) -> Result<(Vec<Invariant>, Option<String>)> {
    let work = control.at_most(MOST_WORK.0.max(MOST_WORK.1 * tree.state_count() as u64));
    let miner = match InvariantMiner::from_tree(tree, &control.with_work(&work)) {
        Ok(miner) => miner,
        Err(error @ (Error::MemoryLimit { .. } | Error::WorkLimit { .. })) => {
            let types = tree.labels.len();
            let why = match error {
                Error::MemoryLimit { .. } => "reach the memory limit".into(),
                _ => format!("and traces of up to {} events take too many steps", longest(tree)),
            };
            return Ok((Vec::new(), Some(format!("no invariants: {types} event types {why}"))));
        }
        Err(error) => return Err(error),
    };
    let mut options = MiningOptions::default();
    let all = miner.count(&options);
    let mut count = all;
    if count > MOST_KEPT {
        options.never_together = false;
        control.check()?;
        let of_support = miner.count_by_support(&options);
        let fits = |&doublings: &usize| of_support[doublings..].iter().sum::<usize>() <= MOST_KEPT;
        let doublings = (0..of_support.len()).find(fits).unwrap_or(of_support.len());
        count = of_support[doublings..].iter().sum();
        options.min_support = if doublings > 0 { 1 << doublings } else { options.min_support };
    }
    let note = format!(
        "{count} of {all} invariants are kept: of support {} and more, between events that some trace has both of",
        options.min_support
    );
    Ok((miner.finish(&options).list, (count < all).then_some(note)))
}

/// Events of the longest trace of a prefix tree.
fn longest(tree: &Automaton) -> u32 {
    let mut depth = vec![0u32; tree.state_count()];
    tree.transitions.iter().for_each(|t| depth[t.target as usize] = depth[t.source as usize] + 1);
    depth.into_iter().max().unwrap_or(0)
}
