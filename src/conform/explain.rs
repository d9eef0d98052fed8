//! Why a trace scores as it does, event by event, in words.

use super::explanation::Detail;
use super::score::{self, Edit};
use super::{Deviation, EventType, Explanation, ExplanationKind, Finding, Live, Machine, Observed, Step};
use crate::automaton::{InvariantKind, LabelId, StateId};
use crate::log::NEW_TEMPLATE;
use crate::trace::Trace;

impl Machine {
    /// Why a trace has its score: a row per event, one for its end, and one for each event that is missing and each
    /// event type whose count is unusual. By position; contributions add up to the score exactly.
    ///
    /// Where a few edits lead to a training trace, what they explain is theirs. O(length × frontier + training traces
    /// kept × length).
    pub fn explain(&self, trace: &Trace) -> Vec<Explanation> {
        let types = self.event_types(&trace.variant);
        let types: Vec<EventType> = trace.variant.events.iter().map(|&e| types[e as usize]).collect();
        let events: Vec<Option<LabelId>> = types.iter().map(|t| t.label()).collect();
        let mut live = Live::start(self);
        let mut rows = Vec::with_capacity(events.len() + 2);
        for (i, label) in trace.variant.iter().enumerate() {
            let parameters = Observed::from(trace).parameters(i);
            let step = live.advance(self, types[i], trace.times.get(i).copied(), parameters);
            rows.push(self.row(i as u32 + 1, Some(label.to_string()), &step));
        }
        let end = events.len() as u32 + 1;
        let mut counts = Vec::new();
        for step in live.finish(self).steps {
            match step.finding {
                Finding::Count(deviation) => counts.push((deviation, self.row(end, self.name(step.label), &step))),
                _ => rows.push(self.row(end, None, &step)),
            }
        }
        let edits = score::nearest_edits(&events, &self.automaton.learned.calibration.traces).unwrap_or_default();
        if !edits.is_empty() {
            counts = self.edited(&mut rows, &edits, &events, counts);
        }
        rows.extend(counts.into_iter().map(|(_, row)| row));
        rows
    }

    /// Names edits in the rows and gives them what they explain; returns the counts that they do not.
    fn edited(
        &self,
        rows: &mut Vec<Explanation>,
        edits: &[Edit],
        events: &[Option<LabelId>],
        counts: Vec<(Deviation, Explanation)>,
    ) -> Vec<(Deviation, Explanation)> {
        let mut named: Vec<Explanation> = Vec::with_capacity(edits.len());
        let mut shares = vec![0.0; edits.len()];
        // The order of events: what an edit broke shows where it is or after it.
        for row in rows.iter_mut().filter(|row| !row.kind.is_new_type()) {
            let near = |edit: &Edit| (edit.at() + 1..=edit.at() + 3).contains(&(row.position as usize));
            if matches!(row.detail, Detail::Delay { .. }) && edits.iter().any(near) {
                // Beside a fault an event is timed by a transition that is not its own.
                (row.detail, row.apart) = (Detail::None, 0.0);
            }
            let share = row.contribution - row.apart;
            let at = edits.partition_point(|edit| edit.at() < row.position as usize).saturating_sub(1);
            shares[at] += share;
            row.contribution = row.apart;
            row.kind = match row.detail {
                Detail::Delay { .. } => ExplanationKind::Delay,
                Detail::Parameter { .. } => ExplanationKind::Parameter,
                _ => ExplanationKind::Usual,
            };
        }
        // Counts: an edit that adds or takes away such an event.
        let mut left = Vec::new();
        for (deviation, row) in counts {
            let explains = |edit: &&Edit| match **edit {
                Edit::Missing { label, .. } => label == deviation.label && deviation.found < deviation.expected,
                Edit::Extra { at } => events[at] == Some(deviation.label) && deviation.found > deviation.expected,
                Edit::Replaced { at, label } => {
                    let expected = if deviation.found < deviation.expected { Some(label) } else { events[at] };
                    expected == Some(deviation.label)
                }
                Edit::Swapped { .. } => false,
            };
            // The nearest counts may be another trace's than the one that the edits lead to.
            let changes = |edit: &Edit| !matches!(edit, Edit::Swapped { .. });
            match edits.iter().position(|edit| explains(&edit)).or_else(|| edits.iter().position(changes)) {
                Some(at) => shares[at] += row.contribution,
                None => left.push((deviation, row)),
            }
        }
        for (edit, share) in edits.iter().zip(shares) {
            let at = edit.at();
            let kind = match edit {
                Edit::Missing { .. } if at == events.len() => ExplanationKind::WrongEnd,
                Edit::Missing { .. } => ExplanationKind::Missing,
                Edit::Extra { .. } => ExplanationKind::Extra,
                Edit::Replaced { .. } => ExplanationKind::Replaced,
                Edit::Swapped { .. } => ExplanationKind::Swapped,
            };
            let expected = match *edit {
                Edit::Missing { label, .. } | Edit::Replaced { label, .. } => self.name(Some(label)),
                Edit::Swapped { at } => rows[at + 1].event.clone(),
                Edit::Extra { .. } => rows[at].expected.clone(),
            };
            match edit {
                // Several events missing at the end are one row.
                Edit::Missing { .. } if kind != ExplanationKind::WrongEnd => {
                    let event = None;
                    let (detail, apart) = (Detail::Edit, 0.0);
                    named.push(Explanation {
                        event,
                        kind,
                        expected,
                        detail,
                        apart,
                        contribution: share,
                        ..rows[at].clone()
                    });
                }
                _ => {
                    let row = &mut rows[at];
                    row.contribution += share;
                    if row.detail != Detail::Edit && !row.kind.is_new_type() {
                        (row.kind, row.expected, row.detail) = (kind, expected, Detail::Edit);
                    }
                }
            }
        }
        rows.extend(named);
        // What is missing comes before the event at its position.
        rows.sort_by_key(|row| (row.position, row.kind != ExplanationKind::Missing));
        left
    }

    /// An invariant in words.
    fn rule(&self, number: u32) -> String {
        let Some(invariant) = self.automaton.learned.invariants.get(number as usize) else { return String::new() };
        let quoted = |label| self.name(label).map_or_else(|| "the start".into(), |name| format!("\"{name}\""));
        let (a, b) = (quoted(invariant.a), quoted(Some(invariant.b)));
        let says = match invariant.kind {
            InvariantKind::AlwaysFollowedBy => "is always followed by",
            InvariantKind::AlwaysPrecedes => "always precedes",
            InvariantKind::NeverFollowedBy => "is never followed by",
            InvariantKind::InterruptedBy => return format!("between two {a} lies {b}"),
        };
        format!("{a} {says} {b}, {} times in training", invariant.support)
    }

    fn name(&self, label: Option<LabelId>) -> Option<String> {
        label.and_then(|label| self.automaton.labels.get(label as usize)).map(ToString::to_string)
    }

    /// A step as a row.
    pub fn row(&self, position: u32, event: Option<String>, step: &Step) -> Explanation {
        let (expected, expected_probability) = self.most_probable(step.state);
        let apart = step.finding.contribution();
        let detail = match step.finding {
            Finding::None => Detail::None,
            Finding::Invariant(number) => Detail::Invariant { rule: self.rule(number) },
            Finding::Count(Deviation { found, expected, .. }) => Detail::Count { found, expected },
            Finding::Delay { microseconds, .. } => {
                let delays = step.transition.map(|t| &self.automaton.transitions[t as usize].delays);
                let at = |share: f64| delays.and_then(|delays| delays.quantile(share)).unwrap_or_default();
                Detail::Delay { microseconds, usual: (at(0.1), at(0.9)) }
            }
            Finding::Parameter { ref slot, ref value, oddity, .. } => {
                Detail::Parameter { slot: slot.clone(), value: value.clone(), oddity }
            }
        };
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
            detail,
            apart,
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
            machine.explain(&Trace::of(events.iter().copied())).iter().map(|r| r.kind.as_str()).collect()
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
                let rows = machine.explain(trace);
                let sum: f64 = rows.iter().map(|r| r.contribution).sum();
                prop_assert!((sum - machine.score_trace(trace)).abs() < 1e-9);
                prop_assert_eq!(path.is_none(), rows.iter().any(|r| r.kind.is_structural()));
            }
            prop_assert!(traces.iter().all(|t| machine.accepts(&t.variant)));
        }
    }
}
