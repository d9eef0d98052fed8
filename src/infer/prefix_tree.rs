//! The prefix tree itself as a machine: memorises the traces, a yardstick for every learner.

use super::{Control, Learner, OptionSpec, Options, Sample};
use crate::automaton::Automaton;
use crate::error::Result;

/// Keeps the prefix tree as it is.
pub struct Keep;

impl Learner for Keep {
    fn name(&self) -> &'static str {
        "prefix_tree"
    }

    fn summary(&self) -> &'static str {
        "keeps the prefix tree unmerged: accepts the training traces and nothing else"
    }

    fn options(&self) -> &'static [OptionSpec] {
        &[]
    }

    fn learn(&self, sample: Sample<'_>, _: &Options, control: &Control<'_>) -> Result<Automaton> {
        control.check()?;
        Ok(sample.positive.clone())
    }
}
