//! Replay: exact (is this trace accepted, along which transitions) and tolerant (how surprising is each event).
//!
//! A machine may be nondeterministic: exact replay then finds the most probable path (Viterbi), tolerant replay runs
//! the weighted set of states the machine may be in (forward algorithm). For a deterministic machine both are one state.

use super::Machine;
use crate::automaton::{LabelId, StateId};
use crate::trace::Variant;
use serde::{Deserialize, Serialize};

/// The states a machine may be in, each with its probability; never empty, ascending by state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Frontier {
    /// (state, probability), probabilities summing to 1.
    pub states: Vec<(StateId, f64)>,
}

/// What tolerant replay saw of one event, or of the trace's end.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// The event type; `None` for one the machine has never seen, and for the end.
    pub label: Option<LabelId>,
    /// The most probable state before the event.
    pub state: StateId,
    /// Its probability there, smoothed.
    pub probability: f64,
    /// False where no state the machine may be in has this event, or may end.
    pub possible: bool,
    /// The event's share of the score: its surprise in bits where it is rare or impossible, else 0.
    pub contribution: f64,
}

impl Frontier {
    /// The frontier before the first event.
    pub fn start() -> Self {
        Frontier { states: vec![(0, 1.0)] }
    }

    /// The frontier of one state.
    pub fn at(state: StateId) -> Self {
        Frontier { states: vec![(state, 1.0)] }
    }

    /// The most probable state; the lowest of equals.
    pub fn best(&self) -> StateId {
        let best = self.states.iter().fold((0, -1.0), |best, &s| if s.1 > best.1 { s } else { best });
        best.0
    }
}

impl Machine {
    /// The labels of a variant as the machine numbers them.
    pub fn resolve(&self, variant: &Variant) -> Vec<Option<LabelId>> {
        variant.labels.iter().map(|label| self.label_id(label)).collect()
    }

    /// True where the trace is consumed whole and ends in an accepting state.
    /// O(length) for a deterministic machine, times the frontier otherwise.
    pub fn accepts(&self, variant: &Variant) -> bool {
        let labels = self.resolve(variant);
        let mut states = vec![0u32];
        let mut next = Vec::new();
        for &event in &variant.events {
            let Some(label) = labels[event as usize] else { return false };
            next.clear();
            for &state in &states {
                next.extend(self.automaton.transitions[self.on_label(state, label)].iter().map(|t| t.target));
            }
            next.sort_unstable();
            next.dedup();
            if next.is_empty() {
                return false;
            }
            std::mem::swap(&mut states, &mut next);
        }
        states.iter().any(|&state| self.automaton.stops[state as usize] > 0)
    }

    /// The most probable accepting path as positions of transitions; ties go to the lowest. `None` where the trace is
    /// not accepted. O(length × frontier).
    pub fn path(&self, variant: &Variant) -> Option<Vec<u32>> {
        let labels = self.resolve(variant);
        // Per event: the reached states with their log probability and the transition taken from which predecessor.
        let mut layers: Vec<Vec<(StateId, f64, u32, u32)>> = Vec::with_capacity(variant.events.len());
        let mut current: Vec<(StateId, f64, u32, u32)> = vec![(0, 0.0, 0, 0)];
        for &event in &variant.events {
            let label = labels[event as usize]?;
            let mut next: Vec<(StateId, f64, u32, u32)> = Vec::with_capacity(current.len());
            for (from, &(state, weight, ..)) in current.iter().enumerate() {
                for i in self.on_label(state, label) {
                    let t = &self.automaton.transitions[i];
                    next.push((t.target, weight + libm::log2(self.probability(t)), i as u32, from as u32));
                }
            }
            if next.len() > 1 {
                next.sort_by(|a, b| a.0.cmp(&b.0).then(b.1.total_cmp(&a.1)).then(a.2.cmp(&b.2)));
                next.dedup_by_key(|entry| entry.0);
            }
            if next.is_empty() {
                return None;
            }
            layers.push(std::mem::replace(&mut current, next));
        }
        let ends = current.iter().enumerate().filter(|(_, end)| self.automaton.stops[end.0 as usize] > 0);
        let stop = |state: StateId| self.automaton.stops[state as usize] as f64 / self.visits(state) as f64;
        let weighed = ends.map(|(i, end)| (i, end.1 + libm::log2(stop(end.0))));
        let (mut at, _) = weighed.fold(None, |best: Option<(usize, f64)>, entry| match best {
            Some(best) if best.1 >= entry.1 => Some(best),
            _ => Some(entry),
        })?;
        let mut path = vec![0; variant.events.len()];
        for (position, layer) in layers.into_iter().enumerate().rev() {
            let (_, _, transition, from) = current[at];
            path[position] = transition;
            at = from as usize;
            current = layer;
        }
        Some(path)
    }

    /// Takes one event, possible or not. An event type never seen leaves the frontier where it is; an impossible one
    /// moves it to where that event usually leads, so that one fault does not spoil the rest.
    pub fn advance(&self, frontier: &mut Frontier, label: Option<LabelId>) -> Step {
        let background = self.background(label);
        let (state, mut probability) = (frontier.best(), 0.0);
        let mut next: Vec<(StateId, f64)> = Vec::with_capacity(frontier.states.len());
        for &(state, weight) in &frontier.states {
            let mut count = 0;
            if let Some(label) = label {
                for t in &self.automaton.transitions[self.on_label(state, label)] {
                    count += t.count;
                    next.push((t.target, weight * self.probability(t)));
                }
            }
            probability += weight * self.smoothed(state, count, background);
        }
        let possible = !next.is_empty();
        if possible {
            frontier.states = normalise(next);
        } else if let Some(label) = label {
            *frontier = Frontier::at(self.usual_target(label));
        }
        Step { label, state, probability, possible, contribution: contribution(probability, possible) }
    }

    /// Takes the end of a trace, possible or not.
    pub fn end(&self, frontier: &Frontier) -> Step {
        let background = self.background_end();
        let (mut probability, mut possible) = (0.0, false);
        for &(state, weight) in &frontier.states {
            let stops = self.automaton.stops[state as usize];
            possible |= stops > 0;
            probability += weight * self.smoothed(state, stops, background);
        }
        let contribution = contribution(probability, possible);
        Step { label: None, state: frontier.best(), probability, possible, contribution }
    }

    /// Replays a whole trace tolerantly: one step per event and one for the end. O(length × frontier).
    pub fn steps(&self, variant: &Variant) -> Vec<Step> {
        let labels = self.resolve(variant);
        let mut frontier = Frontier::start();
        let mut steps: Vec<Step> =
            variant.events.iter().map(|&event| self.advance(&mut frontier, labels[event as usize])).collect();
        steps.push(self.end(&frontier));
        steps
    }

    /// The score of a trace: the surprise in bits of its rare and impossible events, its end included; 0 is typical,
    /// higher is more anomalous, however long the trace.
    pub fn score(&self, variant: &Variant) -> f64 {
        let labels = self.resolve(variant);
        let mut frontier = Frontier::start();
        let mut sum = 0.0;
        for &event in &variant.events {
            sum += self.advance(&mut frontier, labels[event as usize]).contribution;
        }
        sum + self.end(&frontier).contribution
    }
}

/// Below this probability something possible is called rare.
pub const RARE: f64 = 0.01;

/// What an event adds to the score: long traces of ordinary events stay at 0.
fn contribution(probability: f64, possible: bool) -> f64 {
    if possible && probability >= RARE { 0.0 } else { -libm::log2(probability) }
}

/// Sums up equal states and scales to 1.
fn normalise(mut states: Vec<(StateId, f64)>) -> Vec<(StateId, f64)> {
    if let [single] = states.as_mut_slice() {
        single.1 = 1.0;
        return states;
    }
    states.sort_by_key(|&(state, _)| state);
    let mut joined: Vec<(StateId, f64)> = Vec::with_capacity(states.len());
    for (state, weight) in states {
        match joined.last_mut() {
            Some(last) if last.0 == state => last.1 += weight,
            _ => joined.push((state, weight)),
        }
    }
    let total: f64 = joined.iter().map(|&(_, weight)| weight).sum();
    joined.iter_mut().for_each(|(_, weight)| *weight /= total);
    joined
}
