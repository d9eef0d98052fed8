//! What comes next in a running trace.

use super::{Frontier, Machine, Observed};
use crate::automaton::LabelId;
use crate::infer::{OptionKind, OptionSpec};
use std::collections::BTreeMap;

/// Options of prediction.
pub const PREDICT_OPTIONS: &[OptionSpec] = &[OptionSpec {
    name: "smoothing",
    kind: OptionKind::Boolean,
    default: "false",
    meaning: "whether events that training never saw here get a share too: one visit's worth, by how frequent they are \
              anywhere, as in scores",
}];

/// A possible next event.
#[derive(Debug, Clone, PartialEq)]
pub struct Prediction {
    /// The event type; `None` for the end of the trace.
    pub label: Option<LabelId>,
    /// Its probability. All add up to 1; smoothed ones to 1 less the share of event types never seen.
    pub probability: f64,
}

impl Machine {
    /// What may follow the events of a trace, the end included, the most probable first; ties by event type, the end
    /// first. Events that the machine cannot follow move it on as in scoring. O(length × frontier).
    pub fn predict<'a>(&self, prefix: impl Into<Observed<'a>>, smoothing: bool) -> Vec<Prediction> {
        let observed: Observed<'a> = prefix.into();
        let labels = self.resolve(observed.variant);
        let mut frontier = Frontier::start();
        for (i, &event) in observed.variant.events.iter().enumerate() {
            self.advance(&mut frontier, labels[event as usize], observed.parameters(i));
        }
        let mut next: BTreeMap<Option<LabelId>, f64> = BTreeMap::new();
        for &(state, weight) in &frontier.states {
            let mut counts: BTreeMap<Option<LabelId>, u64> = BTreeMap::new();
            if smoothing {
                counts.extend((0..self.automaton.labels.len() as LabelId).map(|label| (Some(label), 0)));
            }
            counts.insert(None, self.automaton.stops[state as usize]);
            for t in self.outgoing(state) {
                *counts.entry(Some(t.label)).or_default() += t.count;
            }
            for (label, count) in counts {
                let background = label.map_or_else(|| self.background_end(), |label| self.background(Some(label)));
                let plain = count as f64 / self.visits(state).max(1) as f64;
                let probability = if smoothing { self.smoothed(state, count, background) } else { plain };
                *next.entry(label).or_default() += weight * probability;
            }
        }
        let mut all: Vec<Prediction> = next
            .into_iter()
            .filter(|(_, probability)| *probability > 0.0)
            .map(|(label, probability)| Prediction { label, probability })
            .collect();
        all.sort_by(|a, b| b.probability.total_cmp(&a.probability).then(a.label.cmp(&b.label)));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::automaton::PrefixTree;
    use crate::infer::{Control, infer};
    use crate::trace::{Trace, TraceView};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn probabilities_add_up(
            training in prop::collection::vec(prop::collection::vec("[a-c]", 0..6), 1..10),
            prefix in prop::collection::vec("[a-d]", 0..6),
        ) {
            let of = |events: &[String]| Trace::of(events.iter().map(String::as_str));
            let mut tree = PrefixTree::new(usize::MAX);
            for trace in &training {
                tree.add(&TraceView::from_bytes(&of(trace).to_bytes()).unwrap()).unwrap();
            }
            for method in ["prefix_tree", "mdl", "synoptic"] {
                let machine = Machine::new(infer(&tree.to_automaton(), method, "{}", &Control::unlimited()).unwrap());
                let prefix = of(&prefix).variant;
                let sum = |smoothing| machine.predict(&prefix, smoothing).iter().map(|p| p.probability).sum::<f64>();
                prop_assert!((sum(false) - 1.0).abs() < 1e-9);
                prop_assert!(sum(true) < 1.0 && sum(true) > 0.5);
                let step = |label| {
                    let mut frontier = Frontier::start();
                    for event in prefix.iter() {
                        machine.advance(&mut frontier, machine.label_id(event), None);
                    }
                    match label {
                        Some(label) => machine.advance(&mut frontier, Some(label), None).probability,
                        None => machine.end(&frontier).probability,
                    }
                };
                for p in machine.predict(&prefix, true) {
                    prop_assert!((p.probability - step(p.label)).abs() < 1e-9, "as scoring sees it");
                }
            }
        }
    }
}
