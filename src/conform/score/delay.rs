//! Delays against the tail of what a transition's delays were in training.

use super::{FALSE_POSITIVE_RATE, RARE, units, weigh};
use crate::automaton::{Automaton, Histogram};

/// One in so many delays belongs to the tail.
const TAIL: u64 = 10;
/// A tail index assumed as one more observation: few delays say little about larger ones.
const PRIOR_INDEX: f64 = 1.0;

/// No tail is lighter than d^-2: clocks jump by their resolution.
const LEAST_INDEX: f64 = 0.5;

/// The upper tail of a transition's delays: P(delay > d) = share · (d / start)^(-1 / index).
#[derive(Debug, Clone, Copy)]
struct Tail {
    /// Delays up to this one are usual.
    start: f64,
    /// -log2 of the share of delays beyond the start.
    share_bits: f64,
    /// The extreme value index (Hill 1975).
    index: f64,
    /// The largest delay seen.
    largest: f64,
    /// -log2 of how often a new delay is larger still: one in so many and itself.
    largest_bits: f64,
}

/// The tails of all transitions.
#[derive(Debug)]
pub struct Delays {
    tails: Vec<Option<Tail>>,
    /// The smallest positive delay anywhere: the resolution of the log's clock.
    resolution: f64,
    /// Surprise that a delay of a usual trace stays below, in units.
    floor: u64,
}

impl Delays {
    /// Prepares all transitions. O(buckets of their histograms).
    pub fn new(automaton: &Automaton) -> Self {
        let resolution = automaton.transitions.iter().filter_map(|t| t.delays.least_positive()).min();
        let resolution = resolution.unwrap_or(1) as f64;
        let tails = automaton.transitions.iter().map(|t| Tail::of(&t.delays, resolution)).collect();
        let totals = &automaton.totals;
        let length = (totals.events as f64 / totals.traces.max(1) as f64).max(1.0);
        // No delay of a normal trace should cross by chance: as many chances as it has events.
        Delays { tails, resolution, floor: units(libm::log2(length / FALSE_POSITIVE_RATE)) }
    }

    /// What a delay adds: in full beyond the floor, as a tie-break where it is rare at all.
    pub fn contribution(&self, transition: usize, microseconds: u64, divisor: u64) -> u64 {
        let Some(tail) = self.tails.get(transition).copied().flatten() else { return 0 };
        let delay = microseconds as f64 + self.resolution;
        // The usual case is one comparison.
        if delay <= tail.start {
            return 0;
        }
        let surprise = tail.share_bits + libm::log2(delay / tail.start) / tail.index;
        let seen = delay <= tail.largest;
        let surprise = if seen { surprise.min(tail.largest_bits) } else { surprise.max(tail.largest_bits) };
        if surprise < -libm::log2(RARE) { 0 } else { weigh(units(surprise), self.floor, divisor) }
    }
}

impl Tail {
    fn of(delays: &Histogram, resolution: f64) -> Option<Self> {
        let count = delays.count();
        if count == 0 {
            return None;
        }
        let beyond = (count / TAIL).max(1).min(count);
        let value = |rank: u64| delays.upper_at(rank).unwrap_or(delays.max) as f64 + resolution;
        let start = value(count - beyond - u64::from(count > beyond));
        // Bucket by bucket, so that the cost does not grow with the number of delays.
        let mut left = beyond;
        let mut sum = 0.0;
        for (high, n) in delays.from_above() {
            let taken = n.min(left);
            sum += taken as f64 * libm::log((high as f64 + resolution).max(start) / start);
            left -= taken;
            if left == 0 {
                break;
            }
        }
        let index = ((sum + PRIOR_INDEX) / (beyond as f64 + 1.0)).max(LEAST_INDEX);
        let share_bits = libm::log2((count as f64 + 1.0) / (beyond as f64 + 1.0));
        let (largest, largest_bits) = (delays.max as f64 + resolution, libm::log2(count as f64 + 1.0));
        Some(Tail { start, share_bits, index, largest, largest_bits })
    }
}
