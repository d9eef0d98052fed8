//! The machines of single components, kept beside the machine of the whole system that was made from them.

use super::{Automaton, Histogram, Kind, LabelId, Learned, Provenance, Sample, StateId, Totals, Transition};
use serde::{Deserialize, Serialize};

/// The machine of one component, over the labels of the whole system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Component {
    /// The component; `None` for events without one.
    pub component: Option<Box<str>>,
    /// How it was learned.
    pub provenance: Provenance,
    /// How many traces have events of this component.
    pub traces: u64,
    /// How many distinct ones of these there are.
    pub distinct_traces: u64,
    /// For each state how many traces ended in it.
    pub stops: Vec<u64>,
    /// (source, label, target, count), ascending.
    pub transitions: Vec<(StateId, LabelId, StateId, u64)>,
}

impl Automaton {
    /// The machines of the components that this one was stitched from; empty for other methods.
    pub fn component_automata(&self) -> Vec<(Option<Box<str>>, Automaton)> {
        let components = self.learned.components.iter();
        components.map(|component| (component.component.clone(), component.automaton(self))).collect()
    }

    pub(super) fn component_problem(&self) -> Option<String> {
        let components = &self.learned.components;
        if components.windows(2).any(|pair| pair[0].component >= pair[1].component) {
            return Some("Component machines are not ascending.".into());
        }
        components.iter().find_map(|component| {
            let known = component
                .transitions
                .iter()
                .all(|t| self.labels.get(t.1 as usize).is_some_and(|label| label.component == component.component));
            if !known {
                return Some("A component machine has a label that is not its own.".into());
            }
            let reason = component.automaton(self).problem()?;
            Some(format!("A component machine: {reason}"))
        })
    }
}

impl Component {
    /// As an automaton with the component's own labels. O(transitions).
    fn automaton(&self, system: &Automaton) -> Automaton {
        let mut used: Vec<LabelId> = self.transitions.iter().map(|t| t.1).collect();
        used.sort_unstable();
        used.dedup();
        let transition = |&(source, label, target, count): &(StateId, LabelId, StateId, u64)| Transition {
            source,
            label: used.partition_point(|&l| l < label) as LabelId,
            target,
            count,
            delays: Histogram::default(),
            parameters: Sample::default(),
        };
        Automaton {
            kind: Kind::Inferred(self.provenance.clone()),
            labels: used.iter().filter_map(|&label| system.labels.get(label as usize).cloned()).collect(),
            stops: self.stops.clone(),
            transitions: self.transitions.iter().map(transition).collect(),
            totals: Totals {
                traces: self.traces,
                distinct_traces: self.distinct_traces,
                events: self.transitions.iter().fold(0, |sum, t| t.3.saturating_add(sum)),
                ..Totals::default()
            },
            durations: Histogram::default(),
            starts: Sample::default(),
            pair_times: Vec::new(),
            learned: Learned::default(),
            values: None,
        }
    }
}
