//! Delays against the tail of what a transition's delays were in training.

use super::tail::{TAIL, Tail};
use super::{FALSE_POSITIVE_RATE, RARE, units, weigh};
use crate::automaton::{Automaton, Histogram};

/// No tail is lighter than d^-2: clocks jump by their resolution.
const LEAST_INDEX: f64 = 0.5;

/// The delays of a transition.
#[derive(Debug, Clone, Copy)]
struct Usual {
    /// Their upper tail.
    tail: Tail,
    /// The largest delay seen.
    largest: f64,
    /// -log2 of how often a new delay is larger still: one in so many and itself.
    largest_bits: f64,
}

/// The delays of all transitions.
#[derive(Debug)]
pub struct Delays {
    usual: Vec<Option<Usual>>,
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
        let usual = automaton.transitions.iter().map(|t| Usual::of(&t.delays, resolution)).collect();
        let totals = &automaton.totals;
        let length = (totals.events as f64 / totals.traces.max(1) as f64).max(1.0);
        // No delay of a normal trace should cross by chance: as many chances as it has events.
        Delays { usual, resolution, floor: units(libm::log2(length / FALSE_POSITIVE_RATE)) }
    }

    /// What a delay adds: in full beyond the floor, as a tie-break where it is rare at all.
    pub fn contribution(&self, transition: usize, microseconds: u64, divisor: u64) -> u64 {
        let Some(usual) = self.usual.get(transition).copied().flatten() else { return 0 };
        let delay = microseconds as f64 + self.resolution;
        // The usual case is one comparison.
        if delay <= usual.tail.start {
            return 0;
        }
        let surprise = usual.tail.bits(delay);
        let seen = delay <= usual.largest;
        let surprise = if seen { surprise.min(usual.largest_bits) } else { surprise.max(usual.largest_bits) };
        if surprise < -libm::log2(RARE) { 0 } else { weigh(units(surprise), self.floor, divisor) }
    }
}

impl Usual {
    fn of(delays: &Histogram, resolution: f64) -> Option<Self> {
        let count = delays.count();
        if count == 0 {
            return None;
        }
        let beyond = (count / TAIL).max(1).min(count);
        let value = |rank: u64| delays.upper_at(rank).unwrap_or(delays.max) as f64 + resolution;
        let start = value(count - beyond - u64::from(count > beyond));
        // Bucket by bucket, so that the cost does not grow with the number of delays.
        let delays_down = delays.from_above().map(|(high, n)| (high as f64 + resolution, n));
        let tail = Tail::of(delays_down, start, (beyond, count), LEAST_INDEX);
        let (largest, largest_bits) = (delays.max as f64 + resolution, libm::log2(count as f64 + 1.0));
        Some(Usual { tail, largest, largest_bits })
    }
}
