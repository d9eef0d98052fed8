//! Mined invariants that a trace breaks.

use super::{FALSE_POSITIVE_RATE, units, weigh};
use crate::automaton::{Automaton, LabelId};
use crate::infer::invariants::{Monitor, MonitorState};

/// What is less surprising than this many bits is not worth mention.
const LEAST_BITS: f64 = 4.0;

/// The invariants of a machine and what breaking one says.
///
/// What held of `n` events does not hold of the next one with probability 1 / (n + 2) (Laplace). A machine has many
/// invariants and a trace many events, so that is divided by the number of invariants: one must stand out of all.
#[derive(Debug)]
pub struct Invariants {
    monitor: Monitor,
    /// log2 of how many there are.
    many: f64,
    floor: u64,
}

impl Invariants {
    /// Prepares the invariants that an automaton carries.
    pub fn new(automaton: &Automaton) -> Self {
        let count = automaton.learned.invariants.len();
        Invariants {
            monitor: Monitor::of(automaton),
            many: libm::log2(count.max(1) as f64),
            floor: units(-libm::log2(FALSE_POSITIVE_RATE)),
        }
    }

    /// True where there is nothing to break.
    pub fn is_empty(&self) -> bool {
        self.monitor.invariants().is_empty()
    }

    /// Before the first event.
    pub fn start(&self) -> Option<MonitorState> {
        (!self.is_empty()).then(|| self.monitor.start())
    }

    /// True where a state is one of these invariants.
    pub fn fits(&self, state: &Option<MonitorState>) -> bool {
        match state {
            Some(state) => !self.is_empty() && self.monitor.fits(state),
            None => self.is_empty(),
        }
    }

    /// Takes an event; what the best supported of the invariants that it breaks adds, with its number.
    pub fn advance(&self, state: &mut MonitorState, label: Option<LabelId>, divisor: u64) -> Option<(u64, u32)> {
        self.strongest(self.monitor.advance(state, label), divisor)
    }

    /// Takes the end of a trace.
    pub fn end(&self, state: &MonitorState, divisor: u64) -> Option<(u64, u32)> {
        self.strongest(self.monitor.end(state), divisor)
    }

    fn strongest(&self, broken: Vec<usize>, divisor: u64) -> Option<(u64, u32)> {
        // The first of equals.
        let number = broken.into_iter().max_by_key(|&i| (self.monitor.invariant(i).support, std::cmp::Reverse(i)))?;
        let bits = libm::log2(self.monitor.invariant(number).support as f64 + 2.0) - self.many;
        (bits >= LEAST_BITS).then(|| (weigh(units(bits), self.floor, divisor), number as u32))
    }
}
