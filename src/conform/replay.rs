//! Replay: exact (is this trace accepted, along which transitions) and tolerant (how surprising is each event).
//!
//! A machine may be nondeterministic: exact replay then finds the most probable path (Viterbi), tolerant replay runs
//! the weighted set of states the machine may be in (forward algorithm). For a deterministic machine both are one state.

use super::Machine;
use super::score::{Deviation, Oddity, bits};
use crate::automaton::{LabelId, StateId};
use crate::interrupt;
use crate::trace::{Trace, Variant};
use serde::{Deserialize, Serialize};

/// What replay looks at: what happened and, where the machine has guards, with which parameters.
///
/// Made from a trace, or from a variant alone: then every transition on a label is possible.
#[derive(Debug, Clone, Copy)]
pub struct Observed<'a> {
    /// What happened, in order.
    pub variant: &'a Variant,
    /// JSON text of each event's parameters; empty where none are known.
    pub parameters: &'a [Option<Box<str>>],
}

impl<'a> From<&'a Variant> for Observed<'a> {
    fn from(variant: &'a Variant) -> Self {
        Observed { variant, parameters: &[] }
    }
}

impl<'a> From<&'a Trace> for Observed<'a> {
    fn from(trace: &'a Trace) -> Self {
        Observed { variant: &trace.variant, parameters: &trace.parameters }
    }
}

impl<'a> Observed<'a> {
    /// The parameters of event `i`, for [`Machine::advance`]. In a trace that has parameters an event without any is
    /// one whose parameters are all missing.
    pub fn parameters(&self, i: usize) -> Option<&'a str> {
        self.parameters.get(i).map(|parameters| parameters.as_deref().unwrap_or("{}"))
    }
}

/// The states a machine may be in, each with its probability; never empty, ascending by state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Frontier {
    /// (state, probability), probabilities summing to 1.
    pub states: Vec<(StateId, f64)>,
}

/// What is unusual about an event or a trace beside the order of events.
#[derive(Debug, Clone, PartialEq)]
pub enum Finding {
    /// Nothing.
    None,
    /// It came later than usual.
    Delay {
        /// Microseconds since the event before.
        microseconds: u64,
        /// The part of the contribution that is due to it, in bits.
        contribution: f64,
    },
    /// It breaks an invariant, which weighs more than the order of events does.
    Invariant(u32),
    /// It has a parameter that is not as those of its kind were.
    Parameter {
        /// The parameter's key, or its position from 1.
        slot: Box<str>,
        /// Its value.
        value: Box<str>,
        /// What is odd about it.
        oddity: Oddity,
        /// The part of the contribution that is due to it, and to a delay where there is one too, in bits.
        contribution: f64,
    },
    /// The trace has more or fewer events of a type than the nearest training trace.
    Count(Deviation),
}

impl Finding {
    /// The part of a step's contribution that is not due to the order of events, in bits.
    pub fn contribution(&self) -> f64 {
        match self {
            Finding::Delay { contribution, .. } | Finding::Parameter { contribution, .. } => *contribution,
            Finding::None | Finding::Count(_) | Finding::Invariant(_) => 0.0,
        }
    }
}

impl Step {
    /// Counts a broken invariant (what it adds, its number) where it weighs more than the order of events does.
    pub(super) fn weigh_invariant(&mut self, broken: Option<(u64, u32)>) {
        if let Some((added, number)) = broken.filter(|&(added, _)| bits(added) > self.contribution) {
            (self.contribution, self.finding) = (bits(added), Finding::Invariant(number));
        }
    }
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
    /// The most probable transition taken; `None` for an impossible event and for the end.
    pub transition: Option<u32>,
    /// What else there is to say of it.
    pub finding: Finding,
    /// Its share of the score, in bits: a multiple of 2^-20, so that sums are exact.
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
    pub fn accepts<'a>(&self, trace: impl Into<Observed<'a>>) -> bool {
        let observed: Observed<'a> = trace.into();
        let labels = self.resolve(observed.variant);
        let mut states = vec![0u32];
        let mut next = Vec::new();
        for (i, &event) in observed.variant.events.iter().enumerate() {
            let Some(label) = labels[event as usize] else { return false };
            let asked = self.asked(label, observed.parameters(i));
            next.clear();
            for &state in &states {
                let possible = self.possible(state, label, asked.as_ref());
                next.extend(possible.map(|i| self.automaton.transitions[i].target));
            }
            breathe(next.len(), i);
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
    pub fn path<'a>(&self, trace: impl Into<Observed<'a>>) -> Option<Vec<u32>> {
        let observed: Observed<'a> = trace.into();
        let variant = observed.variant;
        let labels = self.resolve(variant);
        // Per event: the reached states with their log probability and the transition taken from which predecessor.
        let mut layers: Vec<Vec<(StateId, f64, u32, u32)>> = Vec::with_capacity(variant.events.len());
        let mut current: Vec<(StateId, f64, u32, u32)> = vec![(0, 0.0, 0, 0)];
        for (i, &event) in variant.events.iter().enumerate() {
            let label = labels[event as usize]?;
            let asked = self.asked(label, observed.parameters(i));
            let mut next: Vec<(StateId, f64, u32, u32)> = Vec::with_capacity(current.len());
            for (from, &(state, weight, ..)) in current.iter().enumerate() {
                for i in self.possible(state, label, asked.as_ref()) {
                    let t = &self.automaton.transitions[i];
                    next.push((t.target, weight + libm::log2(self.probability(t)), i as u32, from as u32));
                }
            }
            breathe(next.len(), i);
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

    /// Takes one event, possible or not. After an impossible one or
    /// one of a type never seen the machine is wherever it may be then, so that one fault does not spoil the rest.
    ///
    /// `parameters`: the event's, as JSON text; guards choose by them where the event goes, not how probable it is.
    /// `None` where they are not known: then it may go wherever its label leads.
    pub fn advance(&self, frontier: &mut Frontier, label: Option<LabelId>, parameters: Option<&str>) -> Step {
        let background = self.background(label);
        let asked = label.and_then(|label| self.asked(label, parameters));
        let (state, mut probability) = (frontier.best(), 0.0);
        let (mut transition, mut most) = (None, 0.0);
        let mut next: Vec<(StateId, f64)> = Vec::with_capacity(frontier.states.len());
        for &(state, weight) in &frontier.states {
            let mut count = 0;
            if let Some(label) = label {
                count = self.automaton.transitions[self.on_label(state, label)].iter().map(|t| t.count).sum();
                let at = next.len();
                let mut chosen = 0.0;
                let mut best: Option<(u64, u32)> = None;
                for i in self.possible(state, label, asked.as_ref()) {
                    let t = &self.automaton.transitions[i];
                    next.push((t.target, t.count as f64));
                    chosen += t.count as f64;
                    best = best.max(Some((t.count, i as u32)));
                }
                // What the guards rule out goes to what they leave.
                let share = weight * count as f64 / self.visits(state) as f64;
                next[at..].iter_mut().for_each(|(_, count)| *count *= share / chosen);
                if let Some((taken, i)) = best.filter(|_| share > most) {
                    (most, transition) = (share * taken as f64 / chosen, Some(i));
                }
            }
            probability += weight * self.smoothed(state, count, background);
        }
        breathe(next.len(), 1);
        let possible = !next.is_empty();
        if possible {
            frontier.states = normalise(next);
        } else if let Some(label) = label {
            *frontier = self.resynchronise(frontier, label);
        } else {
            *frontier = self.after_unknown(frontier);
        }
        // What a new type adds is known to who knows the trace so far.
        let added = label.map_or(0, |_| self.scorer.event(probability, possible));
        Step { label, state, probability, possible, transition, finding: Finding::None, contribution: bits(added) }
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
        let contribution = bits(self.scorer.event(probability, possible));
        Step {
            label: None,
            state: frontier.best(),
            probability,
            possible,
            transition: None,
            finding: Finding::None,
            contribution,
        }
    }

    /// Replays a whole trace tolerantly: one step per event and one for the end. O(length × frontier).
    pub fn steps<'a>(&self, trace: impl Into<Observed<'a>>) -> Vec<Step> {
        let observed: Observed<'a> = trace.into();
        let labels = self.resolve(observed.variant);
        let mut frontier = Frontier::start();
        let events = observed.variant.events.iter().enumerate();
        let mut steps: Vec<Step> = events
            .map(|(i, &event)| self.advance(&mut frontier, labels[event as usize], observed.parameters(i)))
            .collect();
        steps.push(self.end(&frontier));
        steps
    }
}

/// States that an event leads to, or events, after which it is asked whether to go on.
const MANY: usize = 1024;

/// Asks whether to go on, after an event of a machine that can be in many states, and now and then.
fn breathe(states: usize, event: usize) {
    if states >= MANY || event.is_multiple_of(MANY) {
        interrupt::check();
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::automaton::guard::{Choice, Finite, Node, Test};
    use crate::automaton::{Automaton, PrefixTree};
    use crate::trace::{TraceBuilder, TraceView};

    fn opened(parameters: Option<&str>, then: &str) -> Trace {
        let mut builder = TraceBuilder::default();
        builder.push(None, "open", None, None, parameters);
        builder.push(None, then, None, None, Some("{}"));
        builder.finish()
    }

    /// open leads to reading for n up to 50, else to writing.
    fn machine() -> Machine {
        let mut tree = PrefixTree::new(usize::MAX);
        for (n, then) in [(1, "read"), (50, "read"), (51, "write")] {
            let trace = opened(Some(&format!("{{\"n\": {n}}}")), then);
            tree.add(&TraceView::from_bytes(&trace.to_bytes()).unwrap()).unwrap();
        }
        let mut automaton = tree.to_automaton();
        // The tree has one state after open: split it.
        let mut transitions = automaton.transitions.clone();
        transitions.insert(1, crate::automaton::Transition { target: 2, count: 1, ..transitions[0].clone() });
        (transitions[0].count, transitions[0].parameters) = (2, Default::default());
        transitions[1].parameters = Default::default();
        (transitions[2].target, transitions[3].source, transitions[3].target) = (3, 2, 4);
        automaton.stops = vec![0, 0, 0, 2, 1];
        automaton.transitions = transitions;
        automaton.learned.guards = vec![Choice {
            source: 0,
            label: automaton.label_id(&crate::trace::Label::event("open")).unwrap(),
            nodes: vec![
                Node::Ask { slot: "n".into(), test: Test::AtMost(Finite(50.0)), yes: 1, no: 2 },
                Node::Take(vec![0]),
                Node::Take(vec![1]),
            ],
            gain: Finite(1.0),
            support: 3,
        }];
        automaton.validate().unwrap();
        assert!(automaton.is_deterministic());
        assert_eq!(Automaton::from_bytes(&automaton.to_bytes()).unwrap(), automaton);
        assert_eq!(Automaton::from_json(&automaton.to_json()).unwrap(), automaton);
        Machine::new(automaton)
    }

    #[test]
    fn parameters_choose_the_way() {
        let machine = machine();
        for (parameters, then, accepted) in [
            (Some(r#"{"n": 50}"#), "read", true),
            (Some(r#"{"n": 50}"#), "write", false),
            (Some(r#"{"n": 50.5}"#), "read", false),
            (Some(r#"{"n": "x"}"#), "write", true),
            (Some("{}"), "write", true),
            (None, "write", true),
            (None, "read", false),
        ] {
            let trace = opened(parameters, then);
            assert_eq!(machine.accepts(&trace), accepted, "{parameters:?} {then}");
            assert_eq!(machine.path(&trace).is_some(), accepted);
            assert_eq!(machine.score_trace(&trace) > 0.0, !accepted);
            assert_eq!(machine.steps(&trace).iter().all(|step| step.possible), accepted);
            // Without parameters both ways are open, as without guards.
            assert!(machine.accepts(&trace.variant) && machine.path(&trace.variant).is_some());
            assert_eq!(machine.score_trace(&Trace { parameters: Vec::new(), ..trace }), 0.0);
        }
    }

    #[test]
    fn guards_do_not_change_how_probable_an_event_is() {
        let machine = machine();
        let step = |n: u32| machine.steps(&opened(Some(&format!("{{\"n\": {n}}}")), "read"))[0].probability;
        assert_eq!(step(1), step(99));
    }
}
