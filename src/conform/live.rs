//! Scoring event by event: what is kept of a trace between its events is enough to score the next one.
//!
//! [`Machine::score_trace`] is the same fold over a whole trace, so that incremental and batch scores are equal to the
//! last bit.

use super::score::{UNKNOWN_TYPE, bits, units};
use super::{Finding, Frontier, Machine, Observed, Step};
use crate::automaton::{LabelId, keyed_hash};
use crate::error::{Error, Result};
use crate::infer::invariants::MonitorState;
use crate::trace::{Label, Trace, Variant};
use serde::{Deserialize, Serialize};

/// The version of the stored form that this release writes and reads.
pub const LIVE_VERSION: u8 = 1;
/// Scores beyond are not exact any more.
const MOST_UNITS: u64 = 1 << 53;
/// New event types told apart in one trace.
const MOST_UNKNOWN: usize = 64;
const WHAT: &str = "state of a live trace";

/// The type of an event, as [`Machine::event_type`] tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventType {
    /// One of the machine's.
    Known(LabelId),
    /// One the machine has never seen, with a hash that tells it from others.
    New(u32),
}

/// Where a trace stands in a machine after some of its events.
///
/// Its size is bounded by the machine's states that it may be in and its event types, however long the trace.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Live {
    frontier: Frontier,
    events: u64,
    /// In units, so that sums are exact.
    score: u64,
    /// The latest event's time.
    at: Option<i64>,
    /// How often each event type occurred, ascending by label.
    counts: Vec<(LabelId, u32)>,
    /// Types the machine has never seen, ascending by hash.
    unknown: Vec<u32>,
    /// Which invariants may still break; `None` for a machine without any.
    invariants: Option<MonitorState>,
}

/// What a trace's end gives.
#[derive(Debug, Clone, PartialEq)]
pub struct Finished {
    /// The score of the whole trace: that of its events and of `steps`, added in order.
    pub score: f64,
    /// The end itself, first, and what only the whole trace shows.
    pub steps: Vec<Step>,
}

impl Live {
    /// Before the first event.
    pub fn start(machine: &Machine) -> Self {
        Live {
            frontier: Frontier::start(),
            events: 0,
            score: 0,
            at: None,
            counts: Vec::new(),
            unknown: Vec::new(),
            invariants: machine.scorer.invariants().start(),
        }
    }

    /// Takes the next event, possible or not.
    ///
    /// * `event`: its type, from [`Machine::event_type`]
    /// * `at`: when it happened, in microseconds since 2000-01-01 UTC
    /// * `parameters`: its parameters as JSON text
    ///
    /// Events come in the order of their trace. O(frontier + event types), whatever came before.
    pub fn advance(&mut self, machine: &Machine, event: EventType, at: Option<i64>, parameters: Option<&str>) -> Step {
        let label = event.label();
        let mut step = machine.advance(&mut self.frontier, label, parameters);
        let scorer = &machine.scorer;
        if let Some(state) = &mut self.invariants {
            step.weigh_invariant(scorer.invariants().advance(state, label, scorer.divisor()));
        }
        let delay = self.at.zip(at).map(|(before, at)| at.abs_diff(before.min(at)));
        if let (Some(microseconds), Some(transition)) = (delay, step.transition) {
            let added = machine.scorer.delay(transition as usize, microseconds);
            if added > 0 {
                step.contribution += bits(added);
                step.finding = Finding::Delay { microseconds, contribution: bits(added) };
            }
        }
        let blamed = parameters.zip(step.transition).and_then(|(p, t)| machine.scorer.parameters(t as usize, p));
        if let Some((blame, slot, value)) = blamed {
            let (before, added) = (step.finding.contribution(), blame.bits());
            step.contribution += added;
            if added >= before {
                let (oddity, contribution) = (blame.oddity, before + added);
                step.finding = Finding::Parameter { slot, value, oddity, contribution };
            }
        }
        self.events += 1;
        self.at = at.or(self.at);
        step.contribution += bits(self.count(event));
        self.score += units(step.contribution);
        step
    }

    /// The score of the trace if it ends here.
    pub fn finish(&self, machine: &Machine) -> Finished {
        let mut end = machine.end(&self.frontier);
        let scorer = &machine.scorer;
        if let Some(state) = &self.invariants {
            end.weigh_invariant(scorer.invariants().end(state, scorer.divisor()));
        }
        let mut steps = vec![end];
        for deviation in machine.scorer.deviations(&self.counts) {
            steps.push(Step {
                label: Some(deviation.label),
                finding: Finding::Count(deviation),
                contribution: bits(deviation.cost),
                ..steps[0].clone()
            });
        }
        let score = steps.iter().fold(self.score, |sum, step| sum + units(step.contribution));
        Finished { score: bits(score), steps }
    }

    /// The score of the events so far, in bits; it never falls.
    pub fn score(&self) -> f64 {
        bits(self.score)
    }

    /// The number of events so far.
    pub fn events(&self) -> u64 {
        self.events
    }

    /// Counts an event; what it adds to the score by being of a new type.
    fn count(&mut self, event: EventType) -> u64 {
        match event {
            EventType::Known(label) => match self.counts.binary_search_by_key(&label, |entry| entry.0) {
                Ok(i) => self.counts[i].1 = self.counts[i].1.saturating_add(1),
                Err(i) => self.counts.insert(i, (label, 1)),
            },
            EventType::New(hash) => {
                if let (Err(i), true) = (self.unknown.binary_search(&hash), self.unknown.len() < MOST_UNKNOWN) {
                    self.unknown.insert(i, hash);
                    return UNKNOWN_TYPE;
                }
            }
        }
        0
    }

    /// The stored form: a version byte, then postcard.
    pub fn to_bytes(&self) -> Vec<u8> {
        // invariant: serialising plain vectors into a growing buffer cannot fail
        postcard::to_extend(self, vec![LIVE_VERSION]).unwrap_or_default()
    }

    /// Reads what [`Live::to_bytes`] wrote of a trace in this machine, checking everything.
    pub fn from_bytes(machine: &Machine, bytes: &[u8]) -> Result<Self> {
        let (&version, body) = bytes.split_first().ok_or_else(|| Error::invalid(WHAT, "It is empty."))?;
        if version > LIVE_VERSION {
            return Err(Error::NewerVersion { what: WHAT, found: version.into(), newest: LIVE_VERSION.into() });
        }
        let (live, rest): (Self, _) =
            postcard::take_from_bytes(body).map_err(|e| Error::invalid(WHAT, format!("The binary form: {e}.")))?;
        match live.problem(machine) {
            None if rest.is_empty() && version > 0 => Ok(live),
            None => Err(Error::invalid(WHAT, "Its version is 0 or bytes are left over at the end.")),
            Some(reason) => Err(Error::invalid(WHAT, reason)),
        }
    }

    fn problem(&self, machine: &Machine) -> Option<&'static str> {
        let (states, labels) = (machine.automaton.state_count(), machine.automaton.labels.len());
        let frontier = &self.frontier.states;
        if frontier.is_empty() || frontier.iter().any(|s| s.0 as usize >= states || !(s.1 > 0.0 && s.1 <= 1.0)) {
            return Some("It is in a state that the machine does not have.");
        }
        if frontier.windows(2).any(|pair| pair[0].0 >= pair[1].0) {
            return Some("Its states are not ascending.");
        }
        let ascending = self.counts.windows(2).all(|pair| pair[0].0 < pair[1].0);
        if !ascending || self.counts.iter().any(|c| c.0 as usize >= labels || c.1 == 0) {
            return Some("It counts an event type that the machine does not have.");
        }
        if !machine.scorer.invariants().fits(&self.invariants) {
            return Some("It is of other invariants than the machine's.");
        }
        if self.unknown.len() > MOST_UNKNOWN || self.unknown.windows(2).any(|pair| pair[0] >= pair[1]) {
            return Some("Its new event types are too many or not ascending.");
        }
        (self.score > MOST_UNITS).then_some("Its score is out of range.")
    }
}

impl EventType {
    /// The machine's number of it, if it has one.
    pub fn label(self) -> Option<LabelId> {
        match self {
            EventType::Known(label) => Some(label),
            EventType::New(_) => None,
        }
    }
}

impl Machine {
    /// The type of an event with this label; `None` is an event whose text no template fits.
    pub fn event_type(&self, label: Option<&Label>) -> EventType {
        let Some(label) = label else { return EventType::New(0) };
        match self.label_id(label) {
            Some(known) => EventType::Known(known),
            None => EventType::New(keyed_hash(label.to_string().as_bytes()) as u32),
        }
    }

    /// The types of a variant's labels.
    pub(super) fn event_types(&self, variant: &Variant) -> Vec<EventType> {
        variant.labels.iter().map(|label| self.event_type(Some(label))).collect()
    }

    /// The score of a trace with its times and parameters, its end included: 0 is typical, higher is more anomalous,
    /// however long the trace. O(length × frontier).
    pub fn score_trace(&self, trace: &Trace) -> f64 {
        let (types, observed) = (self.event_types(&trace.variant), Observed::from(trace));
        let mut live = Live::start(self);
        for (i, &event) in trace.variant.events.iter().enumerate() {
            let parameters = observed.parameters(i);
            live.advance(self, types[event as usize], trace.times.get(i).copied(), parameters);
        }
        live.finish(self).score
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::automaton::PrefixTree;
    use crate::trace::TraceView;
    use proptest::prelude::*;

    fn machine() -> Machine {
        let mut tree = PrefixTree::new(usize::MAX);
        for events in [vec!["a", "b", "c"], vec!["a", "c"], vec!["a", "b", "b", "c"]] {
            tree.add(&TraceView::from_bytes(&Trace::of(events).to_bytes()).unwrap()).unwrap();
        }
        Machine::new(tree.to_automaton())
    }

    proptest! {
        #[test]
        fn storing_between_events_changes_nothing(events in prop::collection::vec("[a-e]", 0..12)) {
            let machine = machine();
            let trace = Trace::of(events.iter().map(String::as_str));
            let mut live = Live::start(&machine);
            let mut before = 0.0;
            for label in trace.variant.iter() {
                live.advance(&machine, machine.event_type(Some(label)), None, None);
                prop_assert!(live.score() >= before);
                before = live.score();
                let bytes = live.to_bytes();
                live = Live::from_bytes(&machine, &bytes).unwrap();
                prop_assert_eq!(live.to_bytes(), bytes);
            }
            prop_assert_eq!(live.finish(&machine).score.to_bits(), machine.score_trace(&trace).to_bits());
            prop_assert_eq!(live.events(), trace.len() as u64);
        }

        #[test]
        fn arbitrary_bytes_are_an_error_or_a_valid_state(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            let machine = machine();
            let versioned: Vec<u8> = [LIVE_VERSION].into_iter().chain(bytes).collect();
            if let Ok(mut live) = Live::from_bytes(&machine, &versioned) {
                live.advance(&machine, EventType::Known(0), Some(i64::MIN), None);
                prop_assert!(live.finish(&machine).score.is_finite());
            }
        }
    }

    #[test]
    fn a_state_of_another_machine_is_refused() {
        let machine = machine();
        let mut other = PrefixTree::new(usize::MAX);
        other.add(&TraceView::from_bytes(&Trace::of(["a"]).to_bytes()).unwrap()).unwrap();
        let other = Machine::new(other.to_automaton());
        let mut live = Live::start(&machine);
        for event in ["a", "b", "c"] {
            live.advance(&machine, machine.event_type(Some(&Label::event(event))), None, None);
        }
        assert!(Live::from_bytes(&other, &live.to_bytes()).is_err());
        assert!(Live::from_bytes(&machine, &[]).is_err());
        assert!(matches!(Live::from_bytes(&machine, &[9]), Err(Error::NewerVersion { .. })));
    }
}
