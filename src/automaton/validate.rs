//! What must hold of every automaton, checked whenever one comes from outside.

use super::{Automaton, Invariant, Kind, START_SAMPLE};
use crate::error::{Error, Result};

impl Automaton {
    /// Checks identifiers, order, reachability, counts and flow conservation. O(states + transitions + statistics).
    pub fn validate(&self) -> Result<()> {
        match self.problem() {
            None => Ok(()),
            Some(reason) => Err(Error::invalid("logfsm.automaton", reason)),
        }
    }

    pub(super) fn problem(&self) -> Option<String> {
        let states = self.state_count();
        if states == 0 || states > u32::MAX as usize {
            return Some("It has no initial state.".into());
        }
        if self.labels.windows(2).any(|pair| pair[0] >= pair[1]) {
            return Some("Labels are not ascending.".into());
        }
        if self.labels.iter().any(|l| l.event.contains('\0') || l.component.as_ref().is_some_and(|c| c.contains('\0')))
        {
            return Some("A label holds a NUL character.".into());
        }
        let key = |t: &super::Transition| (t.source, t.label, t.target);
        if self.transitions.windows(2).any(|pair| key(&pair[0]) >= key(&pair[1])) {
            return Some("Transitions are not ascending by source, label and target.".into());
        }
        self.transition_problem()
            .or_else(|| self.flow_problem())
            .or_else(|| self.statistics_problem())
            .or_else(|| self.guard_problem())
            .or_else(|| self.component_problem())
            .or_else(|| {
                let slots = self.values.as_deref().unwrap_or_default();
                super::values::problem(slots, self.labels.len(), self.totals.traces).map(Into::into)
            })
    }

    fn transition_problem(&self) -> Option<String> {
        let (states, labels) = (self.state_count(), self.labels.len());
        for (i, t) in self.transitions.iter().enumerate() {
            if t.source as usize >= states || t.target as usize >= states || t.label as usize >= labels {
                return Some(format!("Transition {i} refers to a state or label that does not exist."));
            }
            if t.count == 0 {
                return Some(format!("Transition {i} has no count."));
            }
            if let Some(reason) = t.delays.problem().or_else(|| super::strata::problem(&t.parameters)) {
                return Some(format!("Transition {i}: {reason}"));
            }
            let sampled = t.parameters.items.iter().try_fold(0u64, |sum, item| sum.checked_add(item.count));
            if t.delays.count() > t.count || sampled.is_none_or(|sampled| sampled > t.count) {
                return Some(format!("Transition {i} has more delays or parameters than events."));
            }
            if t.parameters.items.iter().any(|item| item.value.1.is_some_and(|next| next as usize >= labels)) {
                return Some(format!("Transition {i} samples a label that does not exist."));
            }
            if t.delays.sum > u128::from(t.delays.count()) * u128::from(t.delays.max) {
                return Some(format!("Transition {i} has a sum of delays beyond their maximum."));
            }
        }
        None
    }

    fn flow_problem(&self) -> Option<String> {
        let states = self.state_count();
        let (mut inward, mut outward) = (vec![0u64; states], self.stops.clone());
        inward[0] = self.totals.traces;
        let mut events = 0u64;
        for t in &self.transitions {
            let sums = (
                inward[t.target as usize].checked_add(t.count),
                outward[t.source as usize].checked_add(t.count),
                events.checked_add(t.count),
            );
            let (Some(target), Some(source), Some(sum)) = sums else {
                return Some("Counts overflow.".into());
            };
            (inward[t.target as usize], outward[t.source as usize], events) = (target, source, sum);
        }
        if let Some(state) = (0..states).find(|&s| inward[s] != outward[s]) {
            let (inward, outward) = (inward[state], outward[state]);
            return Some(format!("State {state} has in-flow {inward} but out-flow and stops of {outward}."));
        }
        if let Some(state) = (1..states).find(|&s| inward[s] == 0) {
            return Some(format!("State {state} is never visited."));
        }
        let stops = self.stops.iter().try_fold(0u64, |sum, &n| sum.checked_add(n));
        if stops != Some(self.totals.traces) || events != self.totals.events {
            return Some("Totals do not match stops and counts.".into());
        }
        if self.kind == Kind::PrefixTree {
            let mut entered = vec![false; states];
            entered[0] = true;
            for t in &self.transitions {
                if t.target <= t.source || std::mem::replace(&mut entered[t.target as usize], true) {
                    return Some("It claims to be a prefix tree but is not one.".into());
                }
            }
        }
        // Conserved flow can still circle where no trace ever enters: every state must lead back from the start.
        if let Some(reason) = self.learned.calibration.problem(self.labels.len()) {
            return Some(reason.into());
        }
        (!self.all_reachable()).then(|| "A state cannot be reached from the initial one.".into())
    }

    fn all_reachable(&self) -> bool {
        let offsets = self.offsets();
        let mut seen = vec![false; self.state_count()];
        let mut stack = vec![0u32];
        seen[0] = true;
        let mut found = 1;
        while let Some(state) = stack.pop() {
            for t in &self.transitions[offsets[state as usize] as usize..offsets[state as usize + 1] as usize] {
                if !std::mem::replace(&mut seen[t.target as usize], true) {
                    found += 1;
                    stack.push(t.target);
                }
            }
        }
        found == seen.len()
    }

    fn statistics_problem(&self) -> Option<String> {
        if let Some(reason) = self.durations.problem().or_else(|| self.starts.problem(START_SAMPLE)) {
            return Some(reason.into());
        }
        let totals = &self.totals;
        let small = [totals.distinct_traces, totals.timed_traces, self.durations.count()];
        let sampled = self.starts.items.iter().try_fold(0u64, |sum, item| sum.checked_add(item.count));
        if small.iter().any(|&n| n > totals.traces) || sampled.is_none_or(|sampled| sampled > totals.traces) {
            return Some("A total counts more traces than there are.".into());
        }
        if totals.ties > totals.events || totals.events_with_parameters > totals.events {
            return Some("A total counts more events than there are.".into());
        }
        let labels = self.labels.len();
        let key = |p: &super::PairTime| (p.first, p.then);
        let bad = |p: &super::PairTime| p.min > p.max || p.first as usize >= labels || p.then as usize >= labels;
        if self.pair_times.windows(2).any(|pair| key(&pair[0]) >= key(&pair[1])) || self.pair_times.iter().any(bad) {
            return Some("Times between pairs of events are out of order or range.".into());
        }
        Invariant::problem(&self.learned.invariants, labels).map(Into::into)
    }
}
