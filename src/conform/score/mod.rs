//! What makes a trace anomalous, in bits: surprise, counts, delays.
//!
//! * Events: surprise above what single events of held-out training traces reach; below that it only breaks ties.
//!   Surprise is -log2 of the smoothed probability in the state, backed off to how frequent the type is anywhere.
//! * Counts: how far the trace's event counts are from the nearest training trace's, as the bits that writing the
//!   differences down takes: 1 + log2 of each. A sequence model alone overlooks what a count shows, and the reverse.
//! * Each event type never seen outweighs everything statistical.
//! * Delays: how improbable under the tail of the transition's delays (Weissman 1978), above what a trace of usual
//!   length reaches by chance.
//! * Parameters: a value that is new in a closed domain, out of shape or far out of range goes beyond the threshold of
//!   all else; nothing else about a value counts.
//! * Invariants: how improbable it is that what held so often does not hold, of all invariants (Laplace). Order and
//!   invariants are two views of the same fault: the larger one counts.
//!
//! All parts are whole numbers of [`UNITS_PER_BIT`]ths, so that sums are exact in any order.
//!
//! ```text
//! "query failed" after a miss has probability 1/666: a surprise of about 9.4 bits, more than anything usual reaches
//! ```
//!
//! In reading order: `calibrate` scores each training trace held out, with `trust` for contaminated ones, and
//! `threshold` derives the limit from these scores. Then one file a part: `counts`, `delay`, `parameters`, `broken`
//! (invariants); `edits` finds the nearest training trace for explanations, `resync` where replay goes on after the
//! impossible.

mod broken;
mod calibrate;
mod counts;
mod delay;
mod edits;
mod parameters;
mod resync;
mod tail;
mod threshold;
mod trust;

pub use calibrate::calibrate;
pub use counts::Deviation;
pub(super) use edits::{Edit, nearest as nearest_edits};
pub use parameters::Oddity;
pub use threshold::threshold;

use crate::automaton::{Automaton, Calibration, UNITS_PER_BIT};
use crate::trace;
use broken::Invariants;
use counts::Vectors;
use delay::Delays;
use parameters::{Blame, ParameterValues};

/// What each event type never seen adds: more than statistics of a trace reach in practice.
pub const UNKNOWN_TYPE: u64 = 64 * UNITS_PER_BIT;
/// Below this probability something possible is called rare.
pub const RARE: f64 = 0.01;
/// Default share of normal traces that may be called anomalous.
pub const FALSE_POSITIVE_RATE: f64 = 0.001;

/// Units as bits. Exact up to 2^33 bits.
pub fn bits(units: u64) -> f64 {
    units as f64 / UNITS_PER_BIT as f64
}

/// Bits as units, rounded down; what is not positive is 0.
pub fn units(bits: f64) -> u64 {
    (bits * UNITS_PER_BIT as f64) as u64
}

/// The scoring side of a machine: its calibration, indexed.
#[derive(Debug)]
pub struct Scorer {
    floor: u64,
    divisor: u64,
    vectors: Vectors,
    delays: Delays,
    parameters: ParameterValues,
    invariants: Invariants,
}

impl Scorer {
    /// Prepares scoring. O(states + transitions + calibration).
    pub fn new(automaton: &Automaton) -> Self {
        let calibration = &automaton.learned.calibration;
        let threshold = threshold(automaton, FALSE_POSITIVE_RATE).map_or(0, units);
        let (floor, divisor) =
            if calibration.is_empty() { (0, 1) } else { (calibration.floor, calibration.divisor.max(1)) };
        Scorer {
            floor,
            divisor,
            vectors: Vectors::new(&calibration.vectors),
            delays: Delays::new(automaton),
            parameters: ParameterValues::new(automaton, threshold),
            invariants: Invariants::new(automaton),
        }
    }

    /// What an event, or the end, of this smoothed probability adds.
    pub fn event(&self, probability: f64, possible: bool) -> u64 {
        if possible && probability >= RARE {
            return 0;
        }
        weigh(units(-libm::log2(probability)), self.floor, self.divisor)
    }

    /// What a delay on a transition adds.
    pub fn delay(&self, transition: usize, microseconds: u64) -> u64 {
        self.delays.contribution(transition, microseconds, self.divisor)
    }

    /// What the parameters of an event on a transition, as JSON text, add, with the slot and value to blame: its key, or
    /// its position in a list, from 1.
    pub fn parameters(&self, transition: usize, parameters: &str) -> Option<(Blame, Box<str>, Box<str>)> {
        if !self.parameters.matter(transition) {
            return None;
        }
        let mut slots = trace::slots(parameters);
        let blame = self.parameters.blame(transition, slots.iter().cloned())?;
        let slot = slots.swap_remove(blame.place);
        Some((blame, slot.name.into(), slot.value.as_deref().unwrap_or("null").into()))
    }

    /// What the parameters of an event on a transition add.
    pub fn added_by<'s>(&self, transition: usize, slots: impl Iterator<Item = trace::Slot<'s>>) -> u64 {
        self.parameters.blame(transition, slots).map_or(0, |blame| blame.added)
    }

    /// True where the parameters of an event on a transition could add anything.
    pub fn parameters_matter(&self, transition: usize) -> bool {
        self.parameters.matter(transition)
    }

    /// The invariants.
    pub fn invariants(&self) -> &Invariants {
        &self.invariants
    }

    /// What surprise is divided by where it only breaks ties.
    pub fn divisor(&self) -> u64 {
        self.divisor
    }

    /// Where a trace's event counts differ from those of the nearest training trace, by event type.
    pub fn deviations(&self, counts: &[(u32, u32)]) -> Vec<Deviation> {
        self.vectors.deviations(counts)
    }
}

/// Surprise beyond the floor counts in full, surprise below it only breaks ties.
fn weigh(surprise: u64, floor: u64, divisor: u64) -> u64 {
    surprise.saturating_sub(floor) + surprise.min(floor) / divisor
}

/// The calibration of a machine, where it has one.
pub fn of(automaton: &Automaton) -> Option<&Calibration> {
    Some(&automaton.learned.calibration).filter(|calibration| !calibration.is_empty())
}
