//! The score beyond which a trace is called anomalous, from training traces alone.

use super::bits;
use crate::automaton::{Automaton, UNITS_PER_BIT};
use crate::error::{Error, Result};

/// Half a bit: tie-breaks stay below, the smallest difference of counts is above.
const LEAST: u64 = UNITS_PER_BIT / 2;
/// With so many training traces expected beyond it, a quantile of theirs is used as it is.
const ENOUGH: f64 = 10.0;

/// The threshold that about a share `false_positive_rate` of normal traces exceed, in bits.
///
/// From the scores of the training traces, each scored as if it had been held out (jackknife+, Barber et al. 2021).
/// Where they are too few to have the quantile, their scores above half a bit are taken to fall off exponentially,
/// halving every median; the median bears some faulty training traces. A first deviation of one bit is assumed in
/// addition to those seen. Errors where the rate is not in (0, 1) or the automaton has no calibration.
pub fn threshold(automaton: &Automaton, false_positive_rate: f64) -> Result<f64> {
    if !(false_positive_rate > 0.0 && false_positive_rate < 1.0) {
        return Err(Error::InvalidArgument {
            argument: "false positive rate",
            reason: format!("{false_positive_rate} is not a share of normal traces"),
            hint: "Give a number between 0 and 1, both excluded, such as 0.001.".into(),
        });
    }
    let Some(calibration) = super::of(automaton) else {
        return Err(Error::InvalidArgument {
            argument: "automaton",
            reason: "It has no scores of training traces to take a threshold from".into(),
            hint: "Use a machine that infer() of this release made, not a prefix tree.".into(),
        });
    };
    let scores = &calibration.scores;
    let traces = scores.count();
    let rank = libm::ceil((1.0 - false_positive_rate) * (traces as f64 + 1.0));
    if false_positive_rate * (traces as f64 + 1.0) >= ENOUGH {
        let value = scores.upper_at((rank as u64).saturating_sub(1).min(traces.saturating_sub(1))).unwrap_or(0);
        return Ok(bits(value.max(LEAST)));
    }
    let typical = scores.count_below(LEAST);
    let deviating = traces - typical;
    // The median of the deviating scores and one of a bit.
    let middle = deviating.div_ceil(2);
    let at = |rank: u64| scores.upper_at(typical + rank).unwrap_or(UNITS_PER_BIT);
    let above_one = if deviating == 0 { UNITS_PER_BIT } else { at(middle.min(deviating) - 1) };
    let median = above_one.max(UNITS_PER_BIT);
    let share = (deviating as f64 + 0.5) / (traces as f64 + 1.0);
    let halvings = libm::log2(share / false_positive_rate).max(0.0);
    Ok(bits(((median as f64 * halvings) as u64).max(LEAST)))
}
