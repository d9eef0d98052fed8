//! Scoring event by event: what is kept of a trace between its events is enough to score the next one.
//!
//! [`Machine::score_trace`] is the same fold over a whole trace, so that incremental and batch scores are equal to the
//! last bit.

use super::{Frontier, Machine, Observed, Step};
use crate::automaton::LabelId;
use crate::error::{Error, Result};
use crate::trace::Trace;
use serde::{Deserialize, Serialize};

/// The version of the stored form that this release writes and reads.
pub const LIVE_VERSION: u8 = 1;
const WHAT: &str = "state of a live trace";

/// Where a trace stands in a machine after some of its events.
///
/// Its size is bounded by the machine's states that it may be in and its event types, however long the trace.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Live {
    frontier: Frontier,
    events: u64,
    score: f64,
    /// The latest event's time.
    at: Option<i64>,
    /// How often each event type occurred, ascending by label.
    counts: Vec<(LabelId, u32)>,
    /// Events of types the machine has never seen.
    unknown: u32,
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
    pub fn start(_machine: &Machine) -> Self {
        Live { frontier: Frontier::start(), events: 0, score: 0.0, at: None, counts: Vec::new(), unknown: 0 }
    }

    /// Takes the next event, possible or not.
    ///
    /// * `label`: its type as [`Machine::label_id`] numbers it; `None` for one the machine has never seen
    /// * `at`: when it happened, in microseconds since 2000-01-01 UTC
    /// * `parameters`: its parameters as JSON text
    ///
    /// Events come in the order of their trace. O(frontier + event types), whatever came before.
    pub fn advance(
        &mut self,
        machine: &Machine,
        label: Option<LabelId>,
        at: Option<i64>,
        parameters: Option<&str>,
    ) -> Step {
        let step = machine.advance(&mut self.frontier, label, parameters);
        self.events += 1;
        self.at = at.or(self.at);
        self.count(label);
        self.score += step.contribution;
        step
    }

    /// The score of the trace if it ends here.
    pub fn finish(&self, machine: &Machine) -> Finished {
        let steps = vec![machine.end(&self.frontier)];
        Finished { score: steps.iter().fold(self.score, |sum, step| sum + step.contribution), steps }
    }

    /// The score of the events so far, in bits; it never falls.
    pub fn score(&self) -> f64 {
        self.score
    }

    /// The number of events so far.
    pub fn events(&self) -> u64 {
        self.events
    }

    fn count(&mut self, label: Option<LabelId>) {
        let Some(label) = label else {
            self.unknown = self.unknown.saturating_add(1);
            return;
        };
        match self.counts.binary_search_by_key(&label, |entry| entry.0) {
            Ok(i) => self.counts[i].1 = self.counts[i].1.saturating_add(1),
            Err(i) => self.counts.insert(i, (label, 1)),
        }
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
        (!self.score.is_finite() || self.score < 0.0).then_some("Its score is not a number.")
    }
}

impl Machine {
    /// The score of a trace with its times and parameters, its end included: 0 is typical, higher is more anomalous,
    /// however long the trace. O(length × frontier).
    pub fn score_trace(&self, trace: &Trace) -> f64 {
        let (labels, observed) = (self.resolve(&trace.variant), Observed::from(trace));
        let mut live = Live::start(self);
        for (i, &event) in trace.variant.events.iter().enumerate() {
            let parameters = observed.parameters(i);
            live.advance(self, labels[event as usize], trace.times.get(i).copied(), parameters);
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
        fn storing_between_events_changes_nothing(events in prop::collection::vec("[a-d]", 0..12)) {
            let machine = machine();
            let trace = Trace::of(events.iter().map(String::as_str));
            let mut live = Live::start(&machine);
            let mut before = 0.0;
            for label in trace.variant.iter() {
                live.advance(&machine, machine.label_id(label), None, None);
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
                live.advance(&machine, Some(0), Some(i64::MIN), None);
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
            live.advance(&machine, machine.label_id(&crate::trace::Label::event(event)), None, None);
        }
        assert!(Live::from_bytes(&other, &live.to_bytes()).is_err());
        assert!(Live::from_bytes(&machine, &[]).is_err());
        assert!(matches!(Live::from_bytes(&machine, &[9]), Err(Error::NewerVersion { .. })));
    }
}
