//! Calibration: how each training trace scores when it is held out of the counts that it is scored by.

use super::trust::trusted;
use super::{RARE, bits, counts, units, weigh};
use crate::automaton::{
    Automaton, COUNT_ENTRIES, COUNT_VECTORS, Calibration, CountVector, Histogram, LabelId, REFERENCE_EVENTS,
    REFERENCE_TRACES, ReferenceTrace,
};
use crate::conform::Machine;
use crate::error::Result;
use crate::infer::{Control, Held};
use crate::trace::Variant;
use hashbrown::HashMap;
use std::cmp::Reverse;

/// Count vectors whose distance to the others is computed; beyond that many, evenly spread ones stand for all.
const MEASURED: usize = 4096;
/// Tie-breaks of a usual trace stay below this share of a bit.
const TIES: f64 = 16.0;

/// Calibrates a machine on the distinct traces that it was learned from and accepts.
///
/// Each trace is scored with one occurrence of itself taken out of the counts of the transitions it takes and of the
/// count vectors (leave-one-out on a fixed structure). O(events of distinct traces × log + count vectors²), the
/// vectors bounded.
///
/// A share of `contamination` of the traces, the most doubtful ones, is left out of everything that new traces are
/// compared with; the machine keeps their transitions.
pub fn calibrate(
    automaton: Automaton,
    traces: Vec<Held>,
    contamination: f64,
    control: &Control<'_>,
) -> Result<Automaton> {
    let machine = Machine::new(automaton);
    let mut held_out = HeldOut::new(&machine);
    // Per trace the surprise of its rare events, its end included.
    let mut surprises: Vec<Vec<u64>> = Vec::with_capacity(traces.len());
    for trace in &traces {
        control.check()?;
        surprises.push(held_out.surprises(&trace.events));
    }
    let (traces, surprises) = trusted(traces, surprises, contamination, control)?;
    let total: u64 = traces.iter().map(|t| t.count).sum();
    let largest = traces.iter().zip(&surprises).map(|(t, s)| (s.iter().copied().max().unwrap_or(0), t.count));
    let floor = conformal_quantile(largest.collect(), total);
    let below = |s: &[u64]| s.iter().map(|&s| s.min(floor)).sum::<u64>();
    let sums = traces.iter().zip(&surprises).map(|(t, s)| (below(s), t.count));
    let usual = bits(conformal_quantile(sums.collect(), total)).max(1.0);
    let divisor = libm::ceil(TIES * usual) as u64;
    control.check()?;
    let (vectors, distances) = count_vectors(&traces, control)?;
    let mut scores = Histogram::default();
    for ((trace, surprises), distance) in traces.iter().zip(&surprises).zip(distances) {
        let events: u64 = surprises.iter().map(|&s| weigh(s, floor, divisor)).sum();
        scores.add_times(events + distance, trace.count);
    }
    let mut automaton = machine.automaton;
    automaton.learned.calibration = Calibration { traces: references(&traces), vectors, floor, divisor, scores };
    Ok(automaton)
}

/// The smallest value that a new one of the same source stays below with probability 0.999; the largest of too few.
fn conformal_quantile(values: Vec<(u64, u64)>, total: u64) -> u64 {
    let rank = libm::ceil((1.0 - super::FALSE_POSITIVE_RATE) * (total as f64 + 1.0)) as u64;
    quantile(values, rank.min(total))
}

/// Of values with their counts the one at a rank from 1.
pub fn quantile(mut values: Vec<(u64, u64)>, rank: u64) -> u64 {
    values.sort_unstable();
    let mut seen = 0;
    let found = values.iter().find(|(_, count)| {
        seen += count;
        seen >= rank
    });
    found.map_or(0, |value| value.0)
}

/// The most frequent traces, as many as may be kept.
fn references(traces: &[Held]) -> Vec<ReferenceTrace> {
    let mut order: Vec<&Held> = traces.iter().collect();
    order.sort_by_key(|t| (Reverse(t.count), t.events.len()));
    let mut events = 0;
    let fits = |t: &&&Held| {
        events += t.events.len();
        events <= REFERENCE_EVENTS
    };
    let kept = order.iter().take(REFERENCE_TRACES).take_while(fits);
    kept.map(|t| ReferenceTrace { count: t.count, events: t.events.clone() }).collect()
}

/// How often each event type occurs, ascending by type.
pub fn count(events: &[LabelId]) -> Vec<(LabelId, u32)> {
    let mut sorted = events.to_vec();
    sorted.sort_unstable();
    sorted.chunk_by(|a, b| a == b).map(|group| (group[0], group.len() as u32)).collect()
}

/// The most frequent count vectors, and for each trace how far it is from those of the others.
fn count_vectors(traces: &[Held], control: &Control<'_>) -> Result<(Vec<CountVector>, Vec<u64>)> {
    let mut number: HashMap<Vec<(LabelId, u32)>, usize> = HashMap::new();
    let mut all: Vec<CountVector> = Vec::new();
    let mut of_trace = Vec::with_capacity(traces.len());
    for trace in traces {
        control.check()?;
        let counts = count(&trace.events);
        let at = *number.entry(counts).or_insert_with_key(|counts| {
            all.push(CountVector { count: 0, counts: counts.clone() });
            all.len() - 1
        });
        all[at].count += trace.count;
        of_trace.push(at);
    }
    let mut order: Vec<usize> = (0..all.len()).collect();
    order.sort_by(|&a, &b| all[b].count.cmp(&all[a].count).then_with(|| all[a].counts.cmp(&all[b].counts)));
    let mut entries = 0;
    let fits = |&&i: &&usize| {
        entries += all[i].counts.len();
        entries <= COUNT_ENTRIES
    };
    let kept: Vec<CountVector> = order.iter().take(COUNT_VECTORS).take_while(fits).map(|&i| all[i].clone()).collect();
    // What is kept and has a second trace is at distance 0 even without the one held out.
    let alone: Vec<usize> = (0..all.len()).filter(|&r| r >= kept.len() || all[order[r]].count == 1).collect();
    let step = alone.len().div_ceil(MEASURED).max(1);
    let mut distances = vec![0u64; all.len()];
    let mut last = 0;
    for (i, &rank) in alone.iter().enumerate() {
        if i % step == 0 {
            control.check()?;
            let found = counts::nearest(&all[order[rank]].counts, &kept, Some(rank));
            last = found.map_or(0, |found| found.0);
        }
        distances[order[rank]] = last;
    }
    Ok((kept, of_trace.into_iter().map(|at| distances[at]).collect()))
}

/// Scores traces by a machine without one occurrence of themselves.
struct HeldOut<'a> {
    machine: &'a Machine,
    transitions: Vec<u32>,
    states: Vec<u32>,
    labels: Vec<u32>,
}

impl<'a> HeldOut<'a> {
    fn new(machine: &'a Machine) -> Self {
        let automaton = &machine.automaton;
        HeldOut {
            machine,
            transitions: vec![0; automaton.transitions.len()],
            states: vec![0; automaton.state_count()],
            labels: vec![0; automaton.labels.len()],
        }
    }

    /// The surprise of each rare or impossible event, and of the end, in units. A trace that is not accepted has none.
    fn surprises(&mut self, events: &[LabelId]) -> Vec<u64> {
        let automaton = &self.machine.automaton;
        let Some(path) = self.machine.path(&Variant::from_ids(events.iter().copied(), &automaton.labels)) else {
            return Vec::new();
        };
        let mut end = 0;
        self.states[0] += 1;
        for &t in &path {
            let transition = &automaton.transitions[t as usize];
            self.transitions[t as usize] += 1;
            self.labels[transition.label as usize] += 1;
            self.states[transition.target as usize] += 1;
            end = transition.target;
        }
        let own = events.len() as f64;
        let mut surprises = Vec::new();
        for &t in &path {
            let transition = &automaton.transitions[t as usize];
            let on_label = self.machine.on_label(transition.source, transition.label);
            let count: u64 =
                on_label.map(|i| automaton.transitions[i].count.saturating_sub(self.transitions[i].into())).sum();
            let background =
                self.machine.background_without(Some(transition.label), self.labels[transition.label as usize], own);
            surprises.extend(self.surprise(transition.source, count, background));
        }
        let stops = automaton.stops[end as usize].saturating_sub(1);
        let background = self.machine.background_without(None, 1, own);
        surprises.extend(self.surprise(end, stops, background));
        self.states[0] = 0;
        for &t in &path {
            let transition = &automaton.transitions[t as usize];
            self.transitions[t as usize] = 0;
            self.labels[transition.label as usize] = 0;
            self.states[transition.target as usize] = 0;
        }
        surprises
    }

    fn surprise(&self, state: u32, count: u64, background: f64) -> Option<u64> {
        let visits = self.machine.visits(state).saturating_sub(self.states[state as usize].into());
        let probability = (count as f64 + background) / (visits as f64 + 1.0);
        (count == 0 || probability < RARE).then(|| units(-libm::log2(probability)))
    }
}
