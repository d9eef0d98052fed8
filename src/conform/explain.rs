//! Why a trace scores as it does, event by event, in words.

use super::replay::RARE;
use super::{Frontier, Machine, Observed, Step};
use crate::automaton::StateId;
use crate::log::NEW_TEMPLATE;

/// What an event was, as the machine sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExplanationKind {
    /// As expected.
    Usual,
    /// Seen here before, but in less than one case in a hundred.
    Rare,
    /// Known, but never seen here.
    Unexpected,
    /// An event type never seen at all.
    UnknownType,
    /// A line whose message fits no known template.
    NewTemplate,
    /// Traces end here, but in less than one case in a hundred.
    RareEnd,
    /// No trace ever ended here.
    WrongEnd,
}

/// One row of an explanation.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// 1 for the first event; one past the last event for the end.
    pub position: u32,
    /// The event; `None` for the end.
    pub event: Option<String>,
    /// What it was.
    pub kind: ExplanationKind,
    /// The state before it.
    pub state: StateId,
    /// Its smoothed probability there.
    pub probability: f64,
    /// What is most probable there; `None` where that is the end.
    pub expected: Option<String>,
    /// How probable that is.
    pub expected_probability: f64,
    /// Its share of the score in bits; the shares add up to the score.
    pub contribution: f64,
}

impl ExplanationKind {
    /// The word used in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            ExplanationKind::Usual => "usual",
            ExplanationKind::Rare => "rare",
            ExplanationKind::Unexpected => "unexpected",
            ExplanationKind::UnknownType => "unknown_type",
            ExplanationKind::NewTemplate => "new_template",
            ExplanationKind::RareEnd => "rare_end",
            ExplanationKind::WrongEnd => "wrong_end",
        }
    }

    /// True for what the machine does not have at all.
    pub fn is_structural(self) -> bool {
        matches!(self, Self::Unexpected | Self::UnknownType | Self::NewTemplate | Self::WrongEnd)
    }

    /// What a step was.
    pub fn of(step: &Step, is_end: bool) -> Self {
        match (is_end, step.possible, step.label.is_some()) {
            (true, false, _) => ExplanationKind::WrongEnd,
            (true, true, _) if step.probability < RARE => ExplanationKind::RareEnd,
            (false, false, true) => ExplanationKind::Unexpected,
            (false, false, false) => ExplanationKind::UnknownType,
            (false, true, _) if step.probability < RARE => ExplanationKind::Rare,
            _ => ExplanationKind::Usual,
        }
    }
}

impl Explanation {
    /// The row in words.
    pub fn sentence(&self) -> String {
        let event = self.event.as_deref().map(|event| format!("\"{event}\"")).unwrap_or_default();
        let found = match self.kind {
            ExplanationKind::Usual => return "usual".into(),
            ExplanationKind::Rare => format!("{event} is rare here (probability {:.2e})", self.probability),
            ExplanationKind::Unexpected => format!("{event} never came here before"),
            ExplanationKind::UnknownType => format!("{event} was never seen before"),
            ExplanationKind::NewTemplate => "the line fits no template seen before".into(),
            ExplanationKind::RareEnd => {
                format!("the trace ends here, which is rare (probability {:.2e})", self.probability)
            }
            ExplanationKind::WrongEnd => "the trace ends here, which none did before".into(),
        };
        let expected = self.expected.as_deref().map_or_else(|| "the end".into(), |event| format!("\"{event}\""));
        format!("{found}; usual is {expected} ({:.1} %)", 100.0 * self.expected_probability)
    }
}

impl Machine {
    /// One row per event and one for the end. O(length × transitions of a state).
    pub fn explain<'a>(&self, trace: impl Into<Observed<'a>>) -> Vec<Explanation> {
        let observed: Observed<'a> = trace.into();
        let variant = observed.variant;
        let labels = self.resolve(variant);
        let mut frontier = Frontier::start();
        let mut rows = Vec::with_capacity(variant.events.len() + 1);
        for (i, &event) in variant.events.iter().enumerate() {
            let step = self.advance(&mut frontier, labels[event as usize], observed.parameters(i));
            rows.push(self.row(i as u32 + 1, Some(variant.labels[event as usize].to_string()), &step));
        }
        rows.push(self.row(rows.len() as u32 + 1, None, &self.end(&frontier)));
        rows
    }

    /// A step as a row.
    pub fn row(&self, position: u32, event: Option<String>, step: &Step) -> Explanation {
        let (expected, expected_probability) = self.most_probable(step.state);
        Explanation {
            position,
            kind: match ExplanationKind::of(step, event.is_none()) {
                ExplanationKind::UnknownType if event.as_deref().is_some_and(|e| e.ends_with(NEW_TEMPLATE)) => {
                    ExplanationKind::NewTemplate
                }
                kind => kind,
            },
            event,
            state: step.state,
            probability: step.probability,
            expected,
            expected_probability,
            contribution: step.contribution,
        }
    }

    /// What most often comes next in a state; `None` for the end. Ties go to the end, then to the lowest label.
    fn most_probable(&self, state: StateId) -> (Option<String>, f64) {
        let stops = self.automaton.stops[state as usize];
        // Guards or not, what comes next is the label.
        let labels = self.outgoing(state).chunk_by(|a, b| a.label == b.label);
        let counts = labels.map(|group| (group[0].label, group.iter().map(|t| t.count).sum::<u64>()));
        let best = counts.fold((None, stops), |best, (label, n)| if n > best.1 { (Some(label), n) } else { best });
        let name = best.0.map(|label| self.automaton.labels[label as usize].to_string());
        (name, best.1 as f64 / self.visits(state) as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::automaton::PrefixTree;
    use crate::trace::{Trace, TraceView};
    use proptest::prelude::*;

    fn machine(traces: &[Trace]) -> Machine {
        let mut tree = PrefixTree::new(usize::MAX);
        for trace in traces {
            tree.add(&TraceView::from_bytes(&trace.to_bytes()).unwrap()).unwrap();
        }
        Machine::new(tree.to_automaton())
    }

    #[test]
    fn faults_are_named_where_they_are() {
        let machine = machine(&[Trace::of(["a", "b", "c"]), Trace::of(["a", "b", "c", "c"])]);
        let kinds = |events: &[&str]| -> Vec<&'static str> {
            machine.explain(&Trace::of(events.iter().copied()).variant).iter().map(|r| r.kind.as_str()).collect()
        };
        assert_eq!(kinds(&["a", "b", "c"]), ["usual"; 4]);
        assert_eq!(kinds(&["a", "c", "c"]), ["usual", "unexpected", "usual", "usual"]);
        assert_eq!(kinds(&["a", "x", "b", "c"]), ["usual", "unknown_type", "usual", "usual", "usual"]);
        assert_eq!(kinds(&["a", "b"]), ["usual", "usual", "wrong_end"]);
    }

    proptest! {
        #[test]
        fn training_traces_are_accepted_and_contributions_add_up(
            training in prop::collection::vec(prop::collection::vec("[a-c]", 0..8), 1..12),
            other in prop::collection::vec("[a-d]", 0..8),
        ) {
            let of = |events: &[String]| Trace::of(events.iter().map(String::as_str));
            let traces: Vec<Trace> = training.iter().map(|t| of(t)).collect();
            let machine = machine(&traces);
            for trace in traces.iter().chain([&of(&other)]) {
                let path = machine.path(&trace.variant);
                prop_assert_eq!(path.is_some(), machine.accepts(&trace.variant));
                let rows = machine.explain(&trace.variant);
                let sum: f64 = rows.iter().map(|r| r.contribution).sum();
                prop_assert!((sum - machine.score(&trace.variant)).abs() < 1e-9);
                prop_assert_eq!(path.is_none(), rows.iter().any(|r| r.kind.is_structural()));
            }
            prop_assert!(traces.iter().all(|t| machine.accepts(&t.variant)));
        }
    }
}
