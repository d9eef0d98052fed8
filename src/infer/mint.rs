//! MINT (Walkinshaw, Taylor & Derrick 2016): state merging in which what events' parameters predict must agree.

use super::guards::predictions;
use super::merge::{Block, Evidence};
use super::red_blue::{self, Order};
use super::{Control, Learner, OptionKind, OptionSpec, Options, Sample};
use crate::automaton::{Automaton, LabelId};
use crate::error::Result;

/// The MINT learner.
pub struct Mint;

impl Learner for Mint {
    fn name(&self) -> &'static str {
        "mint"
    }

    fn summary(&self) -> &'static str {
        "merges states with the most evidence first, unless what parameters predict to come next differs, and guards \
         transitions (MINT, Walkinshaw, Taylor & Derrick 2016)"
    }

    fn options(&self) -> &'static [OptionSpec] {
        &[OptionSpec {
            name: "k",
            kind: OptionKind::Integer(0, 1_000_000),
            default: "2",
            meaning: "score that a merge needs: folded transitions with equal labels; larger keeps more states apart",
        }]
    }

    fn learn(&self, sample: Sample<'_>, options: &Options, control: &Control<'_>) -> Result<Automaton> {
        let predicted = predictions(sample.positive, control)?;
        let mut evidence = Predicted { score: 0, threshold: options.integer("k"), predicted };
        red_blue::learn(sample, Order::All, &mut evidence, control)
    }
}

/// Evidence of equal labels, with predictions that must not contradict each other.
struct Predicted {
    score: i64,
    threshold: i64,
    /// Per state of the prefix tree what the parameters of the event before predict; empty where they tell nothing.
    predicted: Vec<Vec<Option<LabelId>>>,
}

impl Evidence for Predicted {
    fn begin(&mut self) {
        self.score = 0;
    }

    fn pair(&mut self, red: Block<'_>, blue: Block<'_>) -> bool {
        for edge in blue.edges {
            let Ok(at) = red.edges.binary_search_by_key(&edge.label, |r| r.label) else { continue };
            let (a, b) = (&self.predicted[red.edges[at].target as usize], &self.predicted[edge.target as usize]);
            let within = |a: &[Option<LabelId>], b: &[Option<LabelId>]| a.iter().all(|class| b.contains(class));
            if !within(a, b) && !within(b, a) {
                return false;
            }
            self.score += 1;
        }
        true
    }

    fn score(&self) -> Option<f64> {
        (self.score >= self.threshold).then_some(self.score as f64)
    }
}
