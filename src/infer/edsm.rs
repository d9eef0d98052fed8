//! EDSM (Lang, Pearlmutter & Price 1998): evidence-driven state merging with a blue fringe, all blue states considered.

use super::merge::{Block, Evidence};
use super::red_blue::{self, Order};
use super::{Control, Learner, OptionKind, OptionSpec, Options, Sample};
use crate::automaton::Automaton;
use crate::error::Result;

/// The EDSM learner.
pub struct Edsm;

const OPTIONS: &[OptionSpec] = &[OptionSpec {
    name: "k",
    kind: OptionKind::Integer(0, 1_000_000),
    default: "2",
    meaning: "score that a merge needs; positive traces only: number of folded transitions with equal labels, with \
              negative traces: number of folded states known alike (there 0 is usual and used unless k is given)",
}];

impl Learner for Edsm {
    fn name(&self) -> &'static str {
        "edsm"
    }

    fn summary(&self) -> &'static str {
        "merges the pair of states with the most evidence first, with or without negative traces (blue-fringe EDSM, \
         Lang, Pearlmutter & Price 1998)"
    }

    fn options(&self) -> &'static [OptionSpec] {
        OPTIONS
    }

    fn takes_negative(&self) -> bool {
        true
    }

    fn learn(&self, sample: Sample<'_>, options: &Options, control: &Control<'_>) -> Result<Automaton> {
        let threshold = if sample.negative.is_some() && !options.is_given("k") { 0 } else { options.integer("k") };
        if sample.negative.is_some() {
            red_blue::learn(sample, Order::All, &mut Labelled { score: 0, threshold }, control)
        } else {
            red_blue::learn(sample, Order::All, &mut Positive { score: 0, threshold }, control)
        }
    }
}

/// Evidence from accepted and rejected traces: pairs of states known alike; a conflict forbids the merge.
pub(super) struct Labelled {
    pub(super) score: i64,
    pub(super) threshold: i64,
}

impl Evidence for Labelled {
    fn begin(&mut self) {
        self.score = 0;
    }

    fn pair(&mut self, red: Block<'_>, blue: Block<'_>) -> bool {
        if (red.stops > 0 && blue.rejects > 0) || (red.rejects > 0 && blue.stops > 0) {
            return false;
        }
        let alike = (red.stops > 0 && blue.stops > 0) || (red.rejects > 0 && blue.rejects > 0);
        self.score += i64::from(alike);
        true
    }

    fn score(&self) -> Option<f64> {
        (self.score >= self.threshold).then_some(self.score as f64)
    }

    // A conflict stays one in every coarser partition; a low score may still rise.
    fn is_final(&self) -> bool {
        self.threshold <= 0
    }
}

/// Evidence from accepted traces alone: transitions with equal labels that fold into one.
struct Positive {
    score: i64,
    threshold: i64,
}

impl Evidence for Positive {
    fn begin(&mut self) {
        self.score = 0;
    }

    fn pair(&mut self, red: Block<'_>, blue: Block<'_>) -> bool {
        let shared = blue.edges.iter().filter(|e| red.edges.binary_search_by_key(&e.label, |r| r.label).is_ok());
        self.score += shared.count() as i64;
        true
    }

    fn score(&self) -> Option<f64> {
        (self.score >= self.threshold).then_some(self.score as f64)
    }
}
