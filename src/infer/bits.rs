//! Held-out likelihood: how many bits an event costs that a machine has not seen.

use super::{Control, Held};
use crate::automaton::{Automaton, LabelId, StateId};
use crate::error::Result;
use hashbrown::HashMap;

/// Steps of work that an event takes, and again for each state that a machine can be in.
const STEPS_PER_EVENT: usize = 16;
/// Steps between two questions whether to go on: well below 100 ms.
const STEPS_PER_CHECK: usize = 1 << 18;
/// Stands for the start of a trace.
pub(crate) const START: LabelId = LabelId::MAX;
/// Stands for its end.
pub(crate) const END: LabelId = LabelId::MAX - 1;

/// A trace with its start and end.
pub(crate) fn framed(events: &[LabelId]) -> Vec<LabelId> {
    let mut framed = Vec::with_capacity(events.len() + 2);
    framed.push(START);
    framed.extend_from_slice(events);
    framed.push(END);
    framed
}

/// Per context how often it occurred and what followed how often.
type Contexts = HashMap<Box<[LabelId]>, (u64, HashMap<LabelId, u64>)>;

/// Counts of what follows contexts of up to `order` events, with Witten–Bell escape to the shorter context, at last to
/// the uniform distribution over event types, the end and one type never seen (Witten & Bell 1991, method C).
#[derive(Debug)]
pub struct WittenBell {
    order: usize,
    labels: f64,
    contexts: Contexts,
}

impl WittenBell {
    /// Learns from traces, weighed by their counts. O(events × order).
    pub fn new(order: usize, labels: usize, traces: &[Held]) -> Self {
        let mut contexts = Contexts::new();
        for trace in traces.iter().filter(|trace| trace.count > 0) {
            let framed = framed(&trace.events);
            for at in 1..framed.len() {
                for length in 0..=order.min(at) {
                    let entry = contexts.entry_ref(&framed[at - length..at]).or_default();
                    entry.0 += trace.count;
                    *entry.1.entry(framed[at]).or_default() += trace.count;
                }
            }
        }
        WittenBell { order, labels: labels as f64, contexts }
    }

    /// The probability of what comes next, [`END`] for the end, after `before` (with its start).
    pub fn probability(&self, before: &[LabelId], next: LabelId) -> f64 {
        let mut probability = 1.0 / (self.labels + 2.0);
        for length in 0..=self.order.min(before.len()) {
            let Some((total, after)) = self.contexts.get(&before[before.len() - length..]) else { break };
            let (count, kinds) = (after.get(&next).copied().unwrap_or(0), after.len() as f64);
            probability = (count as f64 + kinds * probability) / (*total as f64 + kinds);
        }
        probability
    }
}

/// The sum of bits and of events, ends included, of traces under a machine, weighed by their counts: see [`judge`].
pub fn bits_per_event(
    machine: &Automaton,
    shorter: &WittenBell,
    traces: &[Held],
    control: &Control<'_>,
) -> Result<(f64, f64)> {
    let mut total = (0.0, 0.0);
    for (trace, verdict) in traces.iter().zip(judge(machine, shorter, traces, Lost::ContextGoesOn, 0, control)?) {
        total.0 += verdict.bits * trace.count as f64;
        total.1 += (trace.events.len() + 1) as f64 * trace.count as f64;
    }
    Ok(total)
}

/// What goes on where a machine cannot follow a trace any further.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lost {
    /// The event before as context: what machine and context know together.
    ContextGoesOn,
    /// No context: what the machine knows itself. Else one that follows nothing new would be credited for the context.
    NothingIsKnown,
}

/// What a machine makes of a trace.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Verdict {
    /// What the trace costs, its end included, in bits.
    pub(crate) bits: f64,
    /// Whether it is accepted.
    pub(crate) accepted: bool,
}

/// The bits of each of some traces under a machine, those of the first `skip` events left out, and whether it is accepted.
///
/// Every state escapes to the shorter context, the event before, as Witten–Bell smoothing does; where the machine cannot
/// follow, `lost` goes on alone until the trace ends. O(events × frontier).
pub(crate) fn judge(
    machine: &Automaton,
    shorter: &WittenBell,
    traces: &[Held],
    lost: Lost,
    skip: usize,
    control: &Control<'_>,
) -> Result<Vec<Verdict>> {
    let visits = machine.visits();
    let kinds: Vec<f64> = (0..machine.state_count() as StateId)
        .map(|state| {
            let groups = machine.outgoing(state).chunk_by(|a, b| a.label == b.label).count();
            groups as f64 + f64::from(u8::from(machine.stops[state as usize] > 0))
        })
        .collect();
    let mut verdicts = Vec::with_capacity(traces.len());
    let mut steps = 0;
    for trace in traces {
        let mut before = START;
        let mut states: Vec<(StateId, f64)> = vec![(0, 1.0)];
        let (mut bits, mut accepted) = (0.0, false);
        for (at, next) in trace.events.iter().copied().chain([END]).enumerate() {
            steps += STEPS_PER_EVENT;
            if steps > STEPS_PER_CHECK {
                control.spend(std::mem::take(&mut steps))?;
            }
            let is_lost = states.is_empty() && lost == Lost::NothingIsKnown;
            let lower = shorter.probability(if is_lost { &[] } else { std::slice::from_ref(&before) }, next);
            let mut reached: Vec<(StateId, f64)> = Vec::new();
            let mut probability = if states.is_empty() { lower } else { 0.0 };
            for &(state, weight) in &states {
                let place = state as usize;
                let mut count = if next == END { machine.stops[place] } else { 0 };
                accepted |= count > 0;
                let taken = &machine.transitions[machine.on_label(state, next)];
                steps += STEPS_PER_EVENT + 4 * taken.len();
                for t in taken {
                    count += t.count;
                    reached.push((t.target, weight * t.count as f64 / visits[place] as f64));
                }
                probability += weight * (count as f64 + kinds[place] * lower) / (visits[place] as f64 + kinds[place]);
            }
            bits -= if at < skip { 0.0 } else { libm::log2(probability) };
            states = normalised(reached);
            before = next;
        }
        verdicts.push(Verdict { bits, accepted });
    }
    control.spend(steps)?;
    Ok(verdicts)
}

/// The same for contexts of events alone.
pub(crate) fn bits_of_context(context: &WittenBell, traces: &[Held]) -> (f64, f64) {
    let mut total = (0.0, 0.0);
    for trace in traces {
        let framed = framed(&trace.events);
        let bits: f64 = (1..framed.len()).map(|at| -libm::log2(context.probability(&framed[..at], framed[at]))).sum();
        total.0 += bits * trace.count as f64;
        total.1 += (framed.len() - 1) as f64 * trace.count as f64;
    }
    total
}

fn normalised(mut states: Vec<(StateId, f64)>) -> Vec<(StateId, f64)> {
    states.sort_by_key(|&(state, _)| state);
    states.dedup_by(|b, a| {
        let same = a.0 == b.0;
        a.1 += if same { b.1 } else { 0.0 };
        same
    });
    let total: f64 = states.iter().map(|&(_, weight)| weight).sum();
    states.iter_mut().for_each(|(_, weight)| *weight /= total);
    states
}
