//! RPNI (Oncina & García 1992): regular positive and negative inference.

use super::edsm::Labelled;
use super::red_blue::{self, Order};
use super::{Control, Learner, OptionSpec, Options, Sample};
use crate::automaton::Automaton;
use crate::error::{Error, Result};

/// The RPNI learner.
pub struct Rpni;

impl Learner for Rpni {
    fn name(&self) -> &'static str {
        "rpni"
    }

    fn summary(&self) -> &'static str {
        "does the first merge in breadth-first order that accepts no negative trace; needs negative traces (Oncina & \
         García 1992)"
    }

    fn options(&self) -> &'static [OptionSpec] {
        &[]
    }

    fn takes_negative(&self) -> bool {
        true
    }

    fn learn(&self, sample: Sample<'_>, _: &Options, control: &Control<'_>) -> Result<Automaton> {
        if sample.negative.is_none() {
            return Err(Error::InvalidArgument {
                argument: "negative traces",
                reason: "Method rpni needs some: without them every merge is allowed".into(),
                hint: "Give negative traces, or use a method that needs none, such as alergia or edsm.".into(),
            });
        }
        red_blue::learn(sample, Order::First, &mut Labelled { score: 0, threshold: 0 }, control)
    }
}
