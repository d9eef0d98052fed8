//! Seeded synthetic traces from a machine: paths by the counts, times by the delays.
//!
//! A trace depends on (fingerprint, seed, options, its ordinal) only, so that any slice, order or number of workers
//! gives the same rows. Sampling decisions use integers only and are the same on every platform.

mod random;

use crate::automaton::{Automaton, StateId};
use crate::conform::Machine;
use crate::error::{Error, Result};
use crate::infer::{OptionKind, OptionSpec, Options};
use crate::trace::{Trace, Variant};
use random::Stream;
use std::collections::VecDeque;
use std::ops::Deref;

/// Options of the generator.
pub const OPTIONS: &[OptionSpec] = &[OptionSpec {
    name: "max_length",
    kind: OptionKind::Integer(1, 1_000_000),
    default: "10000",
    meaning: "events a trace may have at most; traces are steered to an end, never cut",
}];

/// Generates traces from a machine, borrowed or shared.
pub struct Generator<M> {
    machine: M,
    max_length: u32,
    /// Fewest events from each state to an end.
    distance: Vec<u32>,
    path_key: [u8; 32],
    time_key: [u8; 32],
    /// Sampled real starts with their counts, ascending.
    starts: Vec<(i64, u64)>,
    start_total: u64,
}

/// A synthetic trace and the transitions it took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Synthetic {
    /// Events and times.
    pub trace: Trace,
    /// Positions of the transitions in the automaton.
    pub path: Vec<u32>,
}

impl<M: Deref<Target = Machine>> Generator<M> {
    /// Prepares generation. `options` is a JSON object, see [`OPTIONS`]. O(states + transitions).
    pub fn new(machine: M, seed: i64, options: &str) -> Result<Self> {
        let options = Options::parse("generate", OPTIONS, options)?;
        if machine.automaton.totals.traces == 0 {
            return Err(Error::NoTraces { operation: "generate from" });
        }
        let max_length = options.integer("max_length") as u32;
        let distance = distances_to_end(&machine.automaton);
        if distance[0] > max_length {
            return Err(Error::InvalidOption {
                name: "max_length".into(),
                value: max_length.to_string(),
                expected: format!("at least {}, the length of the shortest trace", distance[0]),
            });
        }
        let fingerprint = machine.fingerprint;
        let mut starts: Vec<_> = machine.automaton.starts.items.iter().map(|i| (i.value, i.count)).collect();
        starts.sort_unstable();
        Ok(Generator {
            machine,
            max_length,
            distance,
            path_key: random::key("path", seed, &fingerprint),
            time_key: random::key("time", seed, &fingerprint),
            start_total: starts.iter().map(|start| start.1).sum(),
            starts,
        })
    }

    /// The trace with this ordinal. O(length × log of a state's transitions).
    pub fn trace(&self, ordinal: u64) -> Synthetic {
        let path = self.path(ordinal);
        let automaton = &self.machine.automaton;
        let labels = path.iter().map(|&transition| automaton.transitions[transition as usize].label);
        let variant = Variant::from_ids(labels, &automaton.labels);
        let times = self.times(ordinal, &path);
        let ties = times.windows(2).filter(|pair| pair[0] == pair[1]).count() as u32;
        let seqs = if ties > 0 { (1..=path.len() as i64).collect() } else { Vec::new() };
        Synthetic { trace: Trace { variant, times, seqs, parameters: Vec::new(), ties: 0 }, path }
    }

    /// A walk by the counts from the initial state to an end.
    fn path(&self, ordinal: u64) -> Vec<u32> {
        let mut stream = Stream::new(&self.path_key, ordinal);
        let automaton = &self.machine.automaton;
        let mut path = Vec::new();
        let mut state: StateId = 0;
        loop {
            let left = self.max_length - path.len() as u32;
            let allowed = |target: StateId| self.distance[target as usize] < left;
            let outgoing = self.machine.outgoing(state);
            let stops = automaton.stops[state as usize];
            // A state within the cap always has the end or a transition towards it.
            let total = if outgoing.iter().all(|t| allowed(t.target)) {
                self.machine.visits(state)
            } else {
                stops + outgoing.iter().filter(|t| allowed(t.target)).map(|t| t.count).sum::<u64>()
            };
            let mut draw = stream.below(total);
            if draw < stops {
                return path;
            }
            draw -= stops;
            let mut taken = None;
            for (i, t) in outgoing.iter().enumerate().filter(|(_, t)| allowed(t.target)) {
                if draw < t.count {
                    taken = Some((i, t.target));
                    break;
                }
                draw -= t.count;
            }
            let Some((i, target)) = taken else { return path };
            path.push((self.machine.outgoing_start(state) + i) as u32);
            state = target;
        }
    }

    /// A start among the real ones, then one delay per transition; empty where the machine has no times.
    fn times(&self, ordinal: u64, path: &[u32]) -> Vec<i64> {
        let automaton = &self.machine.automaton;
        if automaton.totals.timed_traces == 0 || path.is_empty() {
            return Vec::new();
        }
        let mut stream = Stream::new(&self.time_key, ordinal);
        let mut at = self.start(&mut stream);
        let mut times = vec![at];
        for &transition in &path[1..] {
            let delays = &automaton.transitions[transition as usize].delays;
            let count = delays.count();
            let delay = if count == 0 { 0 } else { delays.value_at(stream.below(count)).unwrap_or(0) };
            at = at.saturating_add_unsigned(delay);
            times.push(at);
        }
        times
    }

    /// A start drawn between neighbouring real starts.
    fn start(&self, stream: &mut Stream) -> i64 {
        let mut draw = stream.below(self.start_total.max(1));
        for (i, &(start, count)) in self.starts.iter().enumerate() {
            if draw < count {
                let next = self.starts.get(i + 1).map_or(start, |next| next.0);
                return start.saturating_add_unsigned(stream.below(start.abs_diff(next).saturating_add(1)));
            }
            draw -= count;
        }
        self.machine.automaton.totals.earliest
    }
}

/// Fewest events from each state to an end. O(states + transitions).
fn distances_to_end(automaton: &Automaton) -> Vec<u32> {
    let mut into: Vec<Vec<StateId>> = vec![Vec::new(); automaton.state_count()];
    for t in &automaton.transitions {
        into[t.target as usize].push(t.source);
    }
    let mut distance = vec![u32::MAX; automaton.state_count()];
    let ends = automaton.stops.iter().enumerate().filter(|&(_, &stops)| stops > 0);
    let mut queue: VecDeque<StateId> = ends.map(|(state, _)| state as StateId).collect();
    queue.iter().for_each(|&state| distance[state as usize] = 0);
    while let Some(state) = queue.pop_front() {
        for &before in &into[state as usize] {
            if distance[before as usize] == u32::MAX {
                distance[before as usize] = distance[state as usize] + 1;
                queue.push_back(before);
            }
        }
    }
    distance
}
