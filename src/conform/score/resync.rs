//! Where a machine may be after an event that its states do not have.

use crate::automaton::{LabelId, StateId};
use crate::conform::{Frontier, Machine};

/// States kept after an impossible event; what follows tells them apart.
const CANDIDATES: usize = 16;

impl Machine {
    /// The states after an impossible event, weighted by what may have happened: an event before it is missing, or the
    /// machine is where the event usually leads (together one half); the event is too much (a quarter); it stands in
    /// place of another one (a quarter). The events that follow leave the states that fit them.
    ///
    /// O(frontier × transitions of a state), bounded by the number of event types for a deterministic machine.
    pub(crate) fn resynchronise(&self, frontier: &Frontier, label: LabelId) -> Frontier {
        let mut states: Vec<(StateId, f64)> = Vec::new();
        let mut skipped = 0.0;
        for &(state, weight) in &frontier.states {
            states.push((state, 0.25 * weight));
            for first in self.outgoing(state) {
                let chance = weight * self.probability(first);
                states.push((first.target, 0.25 * chance));
                for i in self.on_label(first.target, label) {
                    let second = &self.automaton.transitions[i];
                    let both = chance * self.probability(second);
                    skipped += both;
                    states.push((second.target, both));
                }
            }
        }
        // However improbable both events are, together with the usual target they weigh one half.
        let usual = 0.5 * (1.0 - skipped.min(1.0));
        states.push((self.usual_target(label), usual.max(0.25)));
        likeliest(states)
    }

    /// The states after an event of a type never seen: it is too much, or stands in place of another one, one half each.
    pub(crate) fn after_unknown(&self, frontier: &Frontier) -> Frontier {
        let mut states: Vec<(StateId, f64)> = Vec::new();
        for &(state, weight) in &frontier.states {
            states.push((state, 0.5 * weight));
            states.extend(self.outgoing(state).iter().map(|t| (t.target, 0.5 * weight * self.probability(t))));
        }
        likeliest(states)
    }
}

/// The heaviest of some states, each once.
fn likeliest(mut states: Vec<(StateId, f64)>) -> Frontier {
    states.sort_by_key(|&(state, _)| state);
    states.dedup_by(|b, a| {
        let same = a.0 == b.0;
        a.1 += if same { b.1 } else { 0.0 };
        same
    });
    states.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    states.truncate(CANDIDATES);
    states.sort_by_key(|&(state, _)| state);
    let total: f64 = states.iter().map(|&(_, weight)| weight).sum();
    states.iter_mut().for_each(|(_, weight)| *weight /= total);
    Frontier { states }
}
