//! Evidence of frequencies: how much likelier two samples are from one state than from two, all futures weighed in.
//!
//! The frequencies of a state's outcomes (each label, and stopping) get a Dirichlet prior; a merge is worth the log
//! Bayes factor of one state over two, summed over all pairs it folds (Stolcke & Omohundro 1994). With the prior of
//! 1/2 (Jeffreys; Krichevsky & Trofimov) this is the code length saved by the mixture code of refined MDL.

use super::alergia::shared_counts;
use super::merge::{Block, Evidence};
use std::f64::consts::LN_2;

/// The log Bayes factor of a merge.
pub(super) struct Bayes {
    /// Dirichlet prior of each outcome.
    pub(super) prior: f64,
    /// A pair whose own factor falls below minus this forbids the merge, however much the others speak for it.
    pub(super) veto: f64,
    /// True where there are negative traces too.
    pub(super) labelled: bool,
    /// The sum that a merge needs.
    pub(super) least: f64,
    /// False where the place at which traces end tells nothing.
    pub(super) ends: bool,
    outcomes: f64,
    sum: f64,
    /// ln Γ(n + prior) and ln Γ(n + outcomes × prior) for small n.
    tables: [Vec<f64>; 2],
}

const TABLE: u64 = 4096;

impl Bayes {
    /// Evidence over `labels` event types.
    pub(super) fn new(labels: usize, prior: f64, veto: f64, least: f64, labelled: bool) -> Self {
        let outcomes = labels as f64 + 1.0;
        let table = |shift: f64| (0..TABLE).map(|n| libm::lgamma(n as f64 + shift)).collect();
        let tables = [table(prior), table(prior * outcomes)];
        Bayes { prior, veto, labelled, least, ends: true, outcomes, sum: 0.0, tables }
    }

    fn ln_gamma(&self, which: usize, n: u64) -> f64 {
        let shift = if which == 0 { self.prior } else { self.prior * self.outcomes };
        self.tables[which].get(n as usize).copied().unwrap_or_else(|| libm::lgamma(n as f64 + shift))
    }

    /// What seeing n and m of one kind together rather than apart contributes.
    fn together(&self, which: usize, n: u64, m: u64) -> f64 {
        if n == 0 || m == 0 {
            return 0.0;
        }
        self.ln_gamma(which, n + m) + self.ln_gamma(which, 0) - self.ln_gamma(which, n) - self.ln_gamma(which, m)
    }
}

impl Evidence for Bayes {
    fn begin(&mut self) {
        self.sum = 0.0;
    }

    fn pair(&mut self, red: Block<'_>, blue: Block<'_>) -> bool {
        if (red.stops > 0 && blue.rejects > 0) || (red.rejects > 0 && blue.stops > 0) {
            return false;
        }
        // With negative traces, accepting or not is a coin toss in a state of its own: agreeing is worth ln 2.
        if self.labelled && ((red.rejects > 0 && blue.rejects > 0) || (red.stops > 0 && blue.stops > 0)) {
            self.sum += LN_2;
        }
        let mut gain = if self.ends {
            self.together(0, red.stops, blue.stops) - self.together(1, red.visits, blue.visits)
        } else {
            -self.together(1, red.visits - red.stops, blue.visits - blue.stops)
        };
        // A label that one of the two lacks contributes nothing.
        shared_counts(red, blue, |n, m| gain += self.together(0, n, m));
        self.sum += gain;
        gain >= -self.veto
    }

    fn score(&self) -> Option<f64> {
        (self.sum > self.least).then_some(self.sum)
    }

    fn is_final(&self) -> bool {
        self.veto == f64::INFINITY && self.least == f64::NEG_INFINITY
    }
}
