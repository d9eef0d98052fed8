//! Likelihood-based state merging.

use super::alergia::merge_counts;
use super::merge::{Block, Evidence};
use super::red_blue::{self, Order};
use super::{Control, Learner, OptionKind, OptionSpec, Options, Sample};
use crate::automaton::Automaton;
use crate::error::Result;

/// Which criterion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Criterion {
    Ratio,
    Aic,
    Mdl,
}

/// A learner.
pub struct Likelihood {
    criterion: Criterion,
}
/// Likelihood ratio
pub const LIKELIHOOD: Likelihood = Likelihood { criterion: Criterion::Ratio };
/// AIC
pub const AIC: Likelihood = Likelihood { criterion: Criterion::Aic };
/// MDL
pub const MDL: Likelihood = Likelihood { criterion: Criterion::Mdl };

const OPTIONS: &[OptionSpec] = &[
    OptionSpec { name: "x", kind: OptionKind::Number(-1e9, 1e9), default: "1", meaning: "experiment" },
    OptionSpec { name: "y", kind: OptionKind::Number(-1e9, 1e9), default: "0", meaning: "experiment" },
    OptionSpec { name: "z", kind: OptionKind::Number(-1e9, 1e9), default: "0", meaning: "experiment" },
];

impl Learner for Likelihood {
    fn name(&self) -> &'static str {
        match self.criterion {
            Criterion::Ratio => "likelihood",
            Criterion::Aic => "aic",
            Criterion::Mdl => "mdl",
        }
    }
    fn summary(&self) -> &'static str {
        "experimental"
    }
    fn options(&self) -> &'static [OptionSpec] {
        OPTIONS
    }
    fn learn(&self, sample: Sample<'_>, options: &Options, control: &Control<'_>) -> Result<Automaton> {
        let mut e = Gain {
            criterion: self.criterion,
            loss: 0.0,
            df: 0.0,
            sum: 0.0,
            x: options.number("x"),
            y: options.number("y"),
            z: options.number("z"),
            labels: sample.positive.labels.len() as f64 + 1.0,
        };
        red_blue::learn(sample, Order::Largest, &mut e, control)
    }
}

struct Gain {
    criterion: Criterion,
    loss: f64,
    df: f64,
    sum: f64,
    x: f64,
    y: f64,
    z: f64,
    labels: f64,
}

fn nln(n: u64) -> f64 {
    if n == 0 { 0.0 } else { n as f64 * libm::log(n as f64) }
}

impl Evidence for Gain {
    fn begin(&mut self) {
        self.loss = 0.0;
        self.df = 0.0;
        self.sum = 0.0;
    }
    fn pair(&mut self, red: Block<'_>, blue: Block<'_>) -> bool {
        if self.criterion == Criterion::Mdl {
            // Dirichlet-multinomial Bayes factor, prior x per symbol
            let a = self.x;
            let lg = |n: f64| libm::lgamma(n);
            let dm = |n: u64, m: u64| {
                lg((n + m) as f64 + a) + lg(a) - lg(n as f64 + a) - lg(m as f64 + a)
            };
            let t = self.labels * a;
            let mut gain = dm(red.stops, blue.stops);
            merge_counts(red, blue, |p, q| {
                if p > 0 && q > 0 {
                    gain += dm(p, q);
                }
                true
            });
            let (n, m) = (red.visits as f64, blue.visits as f64);
            gain -= lg(n + m + t) + lg(t) - lg(n + t) - lg(m + t);
            self.sum += gain;
            return gain > self.y;
        }
        let mut loss = nln(red.stops) + nln(blue.stops) - nln(red.stops + blue.stops);
        let mut df = -1.0;
        if red.stops > 0 && blue.stops > 0 {
            df += 1.0;
        }
        merge_counts(red, blue, |a, b| {
            loss += nln(a) + nln(b) - nln(a + b);
            if a > 0 && b > 0 {
                df += 1.0;
            }
            true
        });
        loss += nln(red.visits + blue.visits) - nln(red.visits) - nln(blue.visits);
        self.loss += loss;
        self.df += df + 1.0;
        true
    }
    fn score(&self) -> Option<f64> {
        match self.criterion {
            Criterion::Mdl => (self.sum > self.z).then_some(self.sum),
            Criterion::Aic => {
                let s = self.df * self.x - self.loss;
                (s > 0.0).then_some(s)
            }
            Criterion::Ratio => {
                // Wilson-Hilferty
                if self.df <= 0.0 {
                    return Some(0.0);
                }
                let c = 2.0 * self.loss / self.df;
                let v = 2.0 / (9.0 * self.df);
                let z = (libm::cbrt(c.max(0.0)) - (1.0 - v)) / libm::sqrt(v);
                (z < self.x).then_some(-z)
            }
        }
    }
}
