//! Numbers against the tails of what a slot's numbers were.

use super::Oddity;
use super::domain::Horizon;
use crate::automaton::{SLOT_VALUES, SlotValues, ValueSample, number};
use crate::conform::score::tail::{TAIL, Tail};

/// Fewer numbers have no tail.
const LEAST_NUMBERS: u64 = 50;
/// No tail is lighter than x^-4.
const LEAST_INDEX: f64 = 0.25;
/// Kendall's rank correlation of numbers with when they first came, beyond which they rise or fall with time, as long as
/// new ones come: in the last quarter of the log as many as this share of all.
const TREND: f64 = 0.3;
const STILL_NEW: f64 = 0.1;
/// How far zero is below the smallest number where none was zero.
const FAR: f64 = 1024.0;
/// Whole numbers of which this share of traces has one of its own are identifiers: no amount, no range.
const OWN: f64 = 0.5;

/// One end of the range.
#[derive(Debug, Clone, Copy)]
struct End {
    tail: Tail,
    /// The most extreme number seen.
    most: f64,
}

/// The range of a slot's numbers.
#[derive(Debug)]
pub struct Range {
    upper: Option<End>,
    /// Of the reciprocals.
    lower: Option<End>,
    /// Added to all numbers, so that zero has a logarithm.
    resolution: f64,
}

impl Range {
    /// The range of a slot that holds numbers only, unless they are identifiers.
    pub fn of(slot: &SlotValues, horizon: &Horizon) -> Option<Self> {
        let total: u64 = slot.magnitudes.iter().map(|m| m.1).sum();
        let numbers: Option<Vec<f64>> = slot.values.items.iter().map(|item| number(&item.value)).collect();
        let numbers = numbers.filter(|numbers| total >= LEAST_NUMBERS && !numbers.is_empty())?;
        let own = slot.values.singletons(SLOT_VALUES) > OWN * slot.traces as f64;
        if own && numbers.iter().all(|n| libm::floor(*n) == *n) {
            return None;
        }
        let trend = if horizon.new_lately(&slot.values) > STILL_NEW { trend(&slot.values, &numbers) } else { 0.0 };
        // Zero is about as far below the smallest number as that is wide, or far below where there was none.
        let smallest = slot.magnitudes.iter().find(|m| m.0 > 0).map_or(1.0, |m| floor_of(m.0));
        let has_zero = slot.magnitudes.first().is_some_and(|m| m.0 == 0);
        let resolution = if has_zero { smallest } else { smallest / FAR };
        let ceiling = |m: &(u16, u64)| (floor_of(m.0.saturating_add(1)) + resolution, m.1);
        let reciprocal = |m: &(u16, u64)| (1.0 / (floor_of(m.0) + resolution), m.1);
        let upper = End::of(slot.magnitudes.iter().rev().map(ceiling), total);
        let lower = End::of(slot.magnitudes.iter().map(reciprocal), total);
        Some(Range {
            upper: Some(upper).filter(|_| trend <= TREND),
            lower: Some(lower).filter(|_| trend >= -TREND),
            resolution,
        })
    }

    /// How improbable a number is, in bits; `None` for one within what was seen.
    pub fn surprise(&self, number: f64) -> Option<(f64, Oddity)> {
        let size = number.abs() + self.resolution;
        let above =
            self.upper.and_then(|end| Some((end.surprise(size)?, Oddity::Above(end.tail.start - self.resolution))));
        let below = || {
            let end = self.lower?;
            Some((end.surprise(1.0 / size)?, Oddity::Below(1.0 / end.tail.start - self.resolution)))
        };
        above.or_else(below)
    }
}

impl End {
    /// Of numbers with their counts, the most extreme first.
    fn of(numbers: impl Iterator<Item = (f64, u64)> + Clone, total: u64) -> Self {
        let beyond = (total / TAIL).max(1);
        let mut seen = 0;
        let reached = numbers.clone().find(|(_, count)| {
            seen += count;
            seen > beyond
        });
        let most = numbers.clone().next().map_or(1.0, |first| first.0);
        let start = reached.map_or(most, |reached| reached.0);

        End { tail: Tail::of(numbers, start, (beyond, total), LEAST_INDEX), most }
    }

    fn surprise(&self, size: f64) -> Option<f64> {
        (size > self.most).then(|| self.tail.bits(size))
    }
}

/// The smallest number of a magnitude.
fn floor_of(magnitude: u16) -> f64 {
    f64::from_bits(u64::from(magnitude) << 47).min(f64::MAX)
}

/// Kendall's rank correlation of sampled numbers with the times they first came; 0 without times.
fn trend(sample: &ValueSample, numbers: &[f64]) -> f64 {
    let firsts: Option<Vec<i64>> = sample.items.iter().map(|item| item.first).collect();
    let Some(firsts) = firsts.filter(|firsts| firsts.len() > 2) else { return 0.0 };
    let mut balance = 0i64;
    for i in 0..firsts.len() {
        for j in 0..i {
            let (time, size) = (firsts[i].cmp(&firsts[j]), numbers[i].abs().total_cmp(&numbers[j].abs()));
            balance += (time as i64) * (size as i64);
        }
    }
    balance as f64 / (firsts.len() * (firsts.len() - 1) / 2) as f64
}
