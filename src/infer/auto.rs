//! The choice among learners: held-out likelihood first, invariants broken second.

use super::holdout::{self, Held};
use super::invariants::{InvariantMiner, MiningOptions, check};
use super::{Control, Learner, Options, Sample};
use crate::automaton::{Automaton, Kind, Provenance, StateId};
use crate::error::{Error, Result};

/// One in so many distinct traces is held out.
const FOLDS: usize = 5;
/// Bits per event within which likelihoods count as equal, so that broken invariants decide.
const TIE: f64 = 0.01;
/// Events replayed between two questions whether to go on.
const EVENTS_PER_CHECK: usize = 1 << 14;
/// Share of every prediction that is spread over all event types and the end.
const ESCAPE: f64 = 0.01;

/// Learns with each of `learners` on four fifths of the distinct traces, and with the best on all.
///
/// * Best: the fewest bits per held-out event; within 0.01 bits the machine that breaks fewest mined invariants; then
///   the first. A learner that reaches the memory limit is passed over.
///
/// The notes of the result say what was chosen and why. Costs what all learners cost.
pub(super) fn learn(tree: &Automaton, learners: &[&dyn Learner], control: &Control<'_>) -> Result<Automaton> {
    let (rest, held) = holdout::split(tree, 0, FOLDS);
    let mined = InvariantMiner::from_tree(tree, control)?.finish(&MiningOptions::default());
    let mut notes = Vec::new();
    let mut best: Option<(f64, usize, &dyn Learner)> = None;
    for &learner in learners {
        let options = Options::parse(learner.name(), learner.options(), "{}")?;
        let sample = Sample { positive: &rest, negative: None };
        let machine = match learner.learn(sample, &options, control) {
            Ok(machine) => machine,
            Err(Error::MemoryLimit { .. }) => {
                notes.push(format!("{}: reached the memory limit", learner.name()));
                continue;
            }
            Err(error) => return Err(error),
        };
        let bits = bits_per_event(&machine, &held, control)?;
        let broken = check(&machine, &mined.list, control)?.len();
        notes.push(format!(
            "{}: {bits:.3} bits per held-out event, {broken} of {} invariants broken, {} states",
            learner.name(),
            mined.list.len(),
            machine.state_count()
        ));
        let better =
            |&(least, fewest, _): &(f64, usize, _)| bits < least - TIE || (bits < least + TIE && broken < fewest);
        if best.as_ref().is_none_or(better) {
            best = Some((bits, broken, learner));
        }
    }
    let (bits, broken, learner) = best.ok_or(Error::MemoryLimit { operation: "auto", limit: control.memory_limit })?;
    let options = Options::parse(learner.name(), learner.options(), "{}")?;
    let mut machine = learner.learn(Sample { positive: tree, negative: None }, &options, control)?;
    let why = if held.is_empty() { "too few distinct traces to hold some out" } else { "held-out traces" };
    notes.insert(
        0,
        format!(
            "auto chose {} by {why}: {bits:.3} bits per held-out event, {broken} invariants broken",
            learner.name()
        ),
    );
    machine.kind = Kind::Inferred(Provenance { method: learner.name().into(), options: options.to_text(), notes });
    Ok(machine)
}

/// Bits per event, ends included, of traces under a machine by the forward algorithm; lost traces go on uniformly.
fn bits_per_event(machine: &Automaton, traces: &[Held], control: &Control<'_>) -> Result<f64> {
    let visits = machine.visits();
    let uniform = 1.0 / (machine.labels.len() as f64 + 1.0);
    let bits = |p: f64, lost: bool| -libm::log2(if lost { uniform } else { (1.0 - ESCAPE) * p + ESCAPE * uniform });
    let (mut sum, mut events, mut steps) = (0.0, 0.0, 0);
    for trace in traces {
        steps += trace.events.len();
        if steps > EVENTS_PER_CHECK {
            control.check()?;
            steps = 0;
        }
        let mut states: Vec<(StateId, f64)> = vec![(0, 1.0)];
        let mut length = 0.0;
        for &event in &trace.events {
            let mut next: Vec<(StateId, f64)> = Vec::new();
            for &(state, weight) in &states {
                let outgoing = machine.outgoing(state);
                let start = outgoing.partition_point(|t| t.label < event);
                for t in outgoing[start..].iter().take_while(|t| t.label == event) {
                    next.push((t.target, weight * t.count as f64 / visits[state as usize] as f64));
                }
            }
            next.sort_by_key(|&(state, _)| state);
            next.dedup_by(|b, a| {
                let same = a.0 == b.0;
                a.1 += if same { b.1 } else { 0.0 };
                same
            });
            let p: f64 = next.iter().map(|&(_, weight)| weight).sum();
            length += bits(p, states.is_empty());
            next.iter_mut().for_each(|(_, weight)| *weight /= p);
            states = next;
        }
        let stop =
            |&(s, weight): &(StateId, f64)| weight * machine.stops[s as usize] as f64 / visits[s as usize] as f64;
        length += bits(states.iter().map(stop).sum(), states.is_empty());
        sum += length * trace.count as f64;
        events += (trace.events.len() + 1) as f64 * trace.count as f64;
    }
    Ok(if events == 0.0 { 0.0 } else { sum / events })
}
