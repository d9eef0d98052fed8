//! Learners of probabilistic machines by likelihood: a ratio test, Akaike's criterion, and minimum description length.
//!
//! What a merge costs is the loss of log-likelihood over all pairs of states it folds; what it saves are parameters.

use super::alergia::{merge_counts, shared_counts};
use super::bayes::Bayes;
use super::merge::{Block, Evidence};
use super::red_blue::{self, Order};
use super::{Control, Learner, OptionKind, OptionSpec, Options, Sample};
use crate::automaton::Automaton;
use crate::error::Result;

/// The likelihood-ratio learner.
pub struct Likelihood;
/// The learner by Akaike's information criterion.
pub struct Aic;
/// The learner by minimum description length.
pub struct Mdl;

impl Learner for Likelihood {
    fn name(&self) -> &'static str {
        "likelihood"
    }

    fn summary(&self) -> &'static str {
        "merges states unless a likelihood-ratio test over all that folds finds them different (Verwer, de Weerdt & \
         Witteveen 2010)"
    }

    fn options(&self) -> &'static [OptionSpec] {
        &[
            OptionSpec {
                name: "alpha",
                kind: OptionKind::Number(1e-9, 0.5),
                default: "0.05",
                meaning: "significance of the test; smaller merges more",
            },
            OptionSpec {
                name: "state_count",
                kind: OptionKind::Integer(0, 1_000_000_000),
                default: "25",
                meaning: "pairs with a state that fewer traces passed are not tested",
            },
            OptionSpec {
                name: "label_count",
                kind: OptionKind::Integer(0, 1_000_000_000),
                default: "10",
                meaning: "outcomes rarer than this in both states of a pair are pooled",
            },
        ]
    }

    fn learn(&self, sample: Sample<'_>, options: &Options, control: &Control<'_>) -> Result<Automaton> {
        let mut evidence = Ratio {
            alpha: options.number("alpha"),
            state_count: options.integer("state_count").unsigned_abs(),
            label_count: options.integer("label_count").unsigned_abs(),
            loss: 0.0,
            freedom: 0,
        };
        red_blue::learn(sample, Order::Largest, &mut evidence, control)
    }
}

impl Learner for Aic {
    fn name(&self) -> &'static str {
        "aic"
    }

    fn summary(&self) -> &'static str {
        "merges states where the parameters saved outweigh the log-likelihood lost (Akaike's information criterion)"
    }

    fn options(&self) -> &'static [OptionSpec] {
        &[
            OptionSpec {
                name: "weight",
                kind: OptionKind::Number(0.0, 1e9),
                default: "1",
                meaning: "nats that one parameter costs; larger merges more",
            },
            OptionSpec {
                name: "state_count",
                kind: OptionKind::Integer(0, 1_000_000_000),
                default: "10",
                meaning: "a state that fewer traces passed is no evidence in other merges, and is itself merged where it \
                          fits best, however badly",
            },
        ]
    }

    fn learn(&self, sample: Sample<'_>, options: &Options, control: &Control<'_>) -> Result<Automaton> {
        let mut evidence = Penalty {
            weight: options.number("weight"),
            state_count: options.integer("state_count").unsigned_abs(),
            rare: None,
            loss: 0.0,
            saved: 0,
            left: 0,
            parameters: 0,
            floor: None,
        };
        red_blue::learn(sample, Order::Largest, &mut evidence, control)
    }
}

impl Learner for Mdl {
    fn name(&self) -> &'static str {
        "mdl"
    }

    fn summary(&self) -> &'static str {
        "merges states where one state describes the traces in less than two, by the mixture code of refined minimum \
         description length (Bayesian model merging, Stolcke & Omohundro 1994); the default for probabilities"
    }

    fn options(&self) -> &'static [OptionSpec] {
        &[
            OptionSpec {
                name: "prior",
                kind: OptionKind::Number(1e-6, 1e6),
                default: "0.5",
                meaning: "Dirichlet prior of each event and of stopping: 0.5 Jeffreys, 1 uniform",
            },
            OptionSpec {
                name: "evidence",
                kind: OptionKind::Number(0.0, 1e9),
                default: "5",
                meaning: "log Bayes factor at which one pair of states alone forbids a merge: 5 is very strong \
                          evidence (Kass & Raftery 1995); larger merges more",
            },
        ]
    }

    fn learn(&self, sample: Sample<'_>, options: &Options, control: &Control<'_>) -> Result<Automaton> {
        let labels = sample.positive.labels.len();
        let mut evidence = Bayes::new(labels, options.number("prior"), options.number("evidence"), 0.0, false);
        // The only trace ends where the log does. Taken for an event of the process, this one end among very many events
        // would be very strong evidence that no state before it is the last one, and every round a state of its own.
        evidence.ends = sample.positive.totals.distinct_traces > 1;
        red_blue::learn(sample, Order::Largest, &mut evidence, control)
    }
}

/// n ln n, 0 for 0.
fn entropy(n: u64) -> f64 {
    if n == 0 { 0.0 } else { n as f64 * libm::log(n as f64) }
}

/// Log-likelihood lost where outcomes seen n and m times get one probability.
fn loss(n: u64, m: u64) -> f64 {
    if n == 0 || m == 0 { 0.0 } else { entropy(n) + entropy(m) - entropy(n + m) }
}

struct Penalty {
    weight: f64,
    state_count: u64,
    /// Whether the blue state at the top is rare, once known.
    rare: Option<bool>,
    loss: f64,
    saved: u64,
    /// Parameters of the blue side that are not folded yet: each can still be saved.
    left: u64,
    parameters: u64,
    /// The gain of the best merge so far.
    floor: Option<f64>,
}

impl Penalty {
    /// What the merge can still gain at most: every pair loses likelihood, none wins any.
    fn most(&self) -> f64 {
        (self.saved + self.left) as f64 * self.weight - self.loss
    }
}

impl Evidence for Penalty {
    fn begin(&mut self) {
        (self.rare, self.loss, self.saved, self.left) = (None, 0.0, 0, self.parameters);
    }

    fn least_visits(&self, blue: Block<'_>) -> Option<u64> {
        Some(if blue.visits < self.state_count { 0 } else { self.state_count })
    }

    fn bound(&mut self, parameters: u64, floor: Option<f64>) {
        (self.parameters, self.floor) = (parameters, floor);
    }

    fn pair(&mut self, red: Block<'_>, blue: Block<'_>) -> bool {
        let rare = *self.rare.get_or_insert(blue.visits < self.state_count);
        // Below a state that many traces passed are many that few did. Each fits itself best, at one parameter for what
        // it saw once: the more traces, the more such states would speak against every merge.
        if !rare && blue.visits.min(red.visits) < self.state_count {
            return true;
        }
        self.loss += loss(red.stops, blue.stops) - loss(red.visits, blue.visits);
        self.saved += u64::from(red.stops > 0 && blue.stops > 0);
        shared_counts(red, blue, |n, m| {
            self.loss += loss(n, m);
            self.saved += u64::from(n > 0 && m > 0);
        });
        self.left = self.left.saturating_sub(blue.edges.len() as u64 + u64::from(blue.stops > 0));
        // A little slack: sums in another order may differ in the last bits.
        let most = self.most() + 1e-6 * (1.0 + self.loss.abs());
        (rare || most > 0.0) && self.floor.is_none_or(|floor| most > floor)
    }

    fn score(&self) -> Option<f64> {
        let gain = self.saved as f64 * self.weight - self.loss;
        (gain > 0.0 || self.rare == Some(true)).then_some(gain)
    }
}

struct Ratio {
    alpha: f64,
    state_count: u64,
    label_count: u64,
    loss: f64,
    freedom: u64,
}

impl Evidence for Ratio {
    fn begin(&mut self) {
        (self.loss, self.freedom) = (0.0, 0);
    }

    fn pair(&mut self, red: Block<'_>, blue: Block<'_>) -> bool {
        if red.visits.min(blue.visits) < self.state_count.max(1) {
            return true;
        }
        let (mut loss_here, mut outcomes, mut pooled) = (-loss(red.visits, blue.visits), 0u64, (0, 0));
        let mut outcome = |n: u64, m: u64| {
            if n.max(m) < self.label_count {
                pooled = (pooled.0 + n, pooled.1 + m);
            } else {
                loss_here += loss(n, m);
                outcomes += 1;
            }
            true
        };
        outcome(red.stops, blue.stops);
        merge_counts(red, blue, outcome);
        loss_here += loss(pooled.0, pooled.1);
        outcomes += u64::from(pooled != (0, 0));
        self.loss += loss_here;
        self.freedom += outcomes.saturating_sub(1);
        true
    }

    fn score(&self) -> Option<f64> {
        let p = chi_square_tail(2.0 * self.loss, self.freedom);
        (p >= self.alpha).then_some(p)
    }
}

/// Probability that chi-square exceeds `value`, by the Wilson-Hilferty approximation: good enough for a decision.
fn chi_square_tail(value: f64, freedom: u64) -> f64 {
    if freedom == 0 {
        return 1.0;
    }
    let k = freedom as f64;
    let variance = 2.0 / (9.0 * k);
    let z = (libm::cbrt(value.max(0.0) / k) - (1.0 - variance)) / libm::sqrt(variance);
    0.5 * libm::erfc(z / std::f64::consts::SQRT_2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tail_matches_the_tables() {
        for (value, freedom) in [(3.841, 1), (11.070, 5), (67.505, 50)] {
            assert!((chi_square_tail(value, freedom) - 0.05).abs() < 0.003, "{value} {freedom}");
        }
    }
}
