//! What an automaton says about itself: names and kinds of states, and its totals.

use super::{Automaton, Kind};
use std::collections::BTreeMap;

/// Where in a trace a state stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StateKind {
    /// The initial state.
    Start,
    /// Neither initial nor accepting.
    Normal,
    /// Training traces ended here.
    End,
}

impl StateKind {
    /// The word used in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            StateKind::Start => "start",
            StateKind::Normal => "normal",
            StateKind::End => "end",
        }
    }
}

/// A state as a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateInfo {
    /// Unique within the automaton; says which event leads here where only one does.
    pub name: String,
    /// Start, normal or end.
    pub kind: StateKind,
    /// How often training traces were in it.
    pub visits: u64,
    /// How many training traces ended in it.
    pub stops: u64,
}

/// An automaton's totals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stats {
    /// (name, value), in a fixed order.
    pub rows: Vec<(String, String)>,
}

impl Automaton {
    /// Every state with its name, kind, visits and stops. O(states + transitions).
    pub fn state_infos(&self) -> Vec<StateInfo> {
        let mut entered_by: Vec<Option<Option<u32>>> = vec![None; self.state_count()];
        for t in &self.transitions {
            let entry = &mut entered_by[t.target as usize];
            *entry = match entry {
                None => Some(Some(t.label)),
                Some(Some(label)) if *label == t.label => Some(Some(t.label)),
                _ => Some(None),
            };
        }
        let mut used: BTreeMap<String, u32> = BTreeMap::new();
        let visits = self.visits();
        (0..self.state_count())
            .map(|state| {
                let base = match (state, entered_by[state]) {
                    (0, _) => "start".to_string(),
                    (_, Some(Some(label))) => format!("after {}", self.labels[label as usize]),
                    _ => format!("state {state}"),
                };
                let uses = used.entry(base.clone()).and_modify(|n| *n += 1).or_insert(1);
                let kind = match (state, self.stops[state]) {
                    (0, _) => StateKind::Start,
                    (_, 0) => StateKind::Normal,
                    _ => StateKind::End,
                };
                let name = if *uses == 1 { base } else { format!("{base} #{uses}") };
                StateInfo { name, kind, visits: visits[state], stops: self.stops[state] }
            })
            .collect()
    }

    /// The automaton's totals as rows.
    pub fn stats(&self) -> Stats {
        let t = &self.totals;
        let mut rows: Vec<(String, String)> = vec![
            ("method".into(), self.method().into()),
            ("states".into(), self.state_count().to_string()),
            ("transitions".into(), self.transitions.len().to_string()),
            ("event_types".into(), self.labels.len().to_string()),
            ("accepting_states".into(), self.stops.iter().filter(|&&n| n > 0).count().to_string()),
            ("deterministic".into(), self.is_deterministic().to_string()),
            ("guards".into(), self.learned.guards.len().to_string()),
            ("traces".into(), t.traces.to_string()),
            ("distinct_traces".into(), t.distinct_traces.to_string()),
            ("events".into(), t.events.to_string()),
            ("ties_without_seq".into(), t.ties.to_string()),
            ("timed_traces".into(), t.timed_traces.to_string()),
            ("events_with_parameters".into(), t.events_with_parameters.to_string()),
            ("fingerprint".into(), self.fingerprint().iter().map(|b| format!("{b:02x}")).collect()),
        ];
        if let Kind::Inferred(provenance) = &self.kind {
            rows.push(("invariants".into(), self.learned.invariants.len().to_string()));
            rows.extend(provenance.options.iter().map(|(name, value)| (format!("option {name}"), value.clone())));
            rows.extend(provenance.notes.iter().map(|note| ("note".to_string(), note.clone())));
        }
        for choice in &self.learned.guards {
            let (label, gain) = (&self.labels[choice.label as usize], choice.gain.0);
            let told = format!("{gain:.3} bits per event told about the next, from {} values", choice.support);
            rows.push((format!("guard gain, state {} on {label}", choice.source), told));
        }
        Stats { rows }
    }
}
