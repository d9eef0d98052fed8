//! Scores of many traces by one machine, found once per variant.

use super::Machine;
use super::score::bits;
use crate::error::Result;
use crate::trace::{self, Trace, TraceSlots, TraceView};
use hashbrown::HashMap;

/// Bytes of scores kept; beyond it they are forgotten and found anew.
const KEPT_BYTES: usize = 16 << 20;

/// Scores traces, remembering the score of each variant seen.
///
/// Delays and parameters add to it along the variant's path, where there is one: most add nothing. Where the machine does
/// not take a trace by one way only, traces that have either are scored one by one.
#[derive(Debug, Default)]
pub struct VariantScores {
    known: HashMap<Box<[u8]>, Known>,
    bytes: usize,
    one_way: Option<bool>,
}

/// What is remembered of a variant.
#[derive(Debug)]
struct Known {
    /// Its score without times and parameters.
    score: f64,
    /// The only path of the machine that takes it.
    path: Option<Box<[u32]>>,
}

impl VariantScores {
    /// What [`Machine::score_trace`] gives for a trace in binary form. Use it with one machine only.
    ///
    /// Errors: the trace's bytes are invalid.
    pub fn score(&mut self, machine: &Machine, trace: &TraceView<'_>) -> Result<f64> {
        self.find(machine, trace, None)
    }

    /// As [`VariantScores::score`] for a trace whose parameters are taken apart.
    pub fn score_with(&mut self, machine: &Machine, trace: &TraceView<'_>, slots: &TraceSlots) -> Result<f64> {
        self.find(machine, trace, Some(slots))
    }

    fn find(&mut self, machine: &Machine, trace: &TraceView<'_>, slots: Option<&TraceSlots>) -> Result<f64> {
        let totals = &machine.automaton.totals;
        if !self.known.contains_key(trace.variant) {
            self.learn(machine, trace)?;
        }
        // invariant: just learned
        let Some(known) = self.known.get(trace.variant) else { return Ok(0.0) };
        let timed = !trace.times.is_empty() && totals.timed_traces > 0;
        let with_parameters = !trace.parameters.is_empty() && totals.events_with_parameters > 0;
        if !timed && !with_parameters {
            return Ok(known.score);
        }
        let Some(path) = known.path.as_deref() else { return Ok(machine.score_trace(&trace.to_trace()?)) };
        let scorer = &machine.scorer;
        let mut added = 0;
        if timed {
            let delays = trace.times.windows(2).zip(path.get(1..).unwrap_or_default());
            added +=
                delays.map(|(pair, &t)| scorer.delay(t as usize, pair[1].abs_diff(pair[0].min(pair[1])))).sum::<u64>();
        }
        if with_parameters {
            for (i, (json, &t)) in trace.parameters.iter().zip(path).enumerate() {
                let Some(json) = json.filter(|_| scorer.parameters_matter(t as usize)) else { continue };
                added += match slots {
                    Some(slots) => scorer.added_by(t as usize, slots.event(i)),
                    None => scorer.added_by(t as usize, trace::slots(json).into_iter()),
                };
            }
        }
        // All are multiples of a bit's 2^-20: the sum is exact.
        Ok(known.score + bits(added))
    }

    fn learn(&mut self, machine: &Machine, trace: &TraceView<'_>) -> Result<()> {
        let one_way = || machine.automaton.learned.guards.is_empty() && machine.automaton.is_deterministic();
        let one_way = *self.one_way.get_or_insert_with(one_way);
        let bare = Trace { times: Vec::new(), parameters: Vec::new(), ..trace.to_trace()? };
        let path: Option<Box<[u32]>> = if one_way { machine.path(&bare).map(Into::into) } else { None };
        let size = trace.variant.len() + path.as_ref().map_or(0, |path| 4 * path.len()) + 64;
        self.bytes += size;
        if self.bytes > KEPT_BYTES {
            self.known.clear();
            self.bytes = size;
        }
        self.known.insert(trace.variant.into(), Known { score: machine.score_trace(&bare), path });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::automaton::PrefixTree;
    use crate::infer::{Control, infer};
    use proptest::prelude::*;

    /// Events with delays and a parameter, which most have.
    type Given = Vec<(String, i64, Option<u8>)>;

    fn trace(given: &Given) -> Trace {
        let mut at = 0;
        let list: Vec<Option<String>> = given
            .iter()
            .map(|(_, _, n)| {
                n.map(|n| if n < 3 { format!("[{n}, \"v{n}\"]") } else { format!("{{\"k\": \"w-{n}\", \"1\": {n}}}") })
            })
            .collect();
        let rows = given.iter().zip(&list).map(|((event, delay, _), parameters)| {
            at += delay;
            (Some(at), None, event.as_str(), None, parameters.as_deref())
        });
        Trace::from_rows(rows.collect())
    }

    fn events(names: &'static str, delays: std::ops::Range<i64>) -> impl Strategy<Value = (String, i64, Option<u8>)> {
        (names, delays, prop::option::weighted(0.7, 0u8..6))
    }

    proptest! {
        #[test]
        fn scores_are_those_of_the_traces_one_by_one(
            train in prop::collection::vec(prop::collection::vec(events("[a-c]", 1..50), 1..6), 1..40),
            others in prop::collection::vec(prop::collection::vec(events("[a-d]", 0..100_000), 0..7), 1..20),
            method in prop::sample::select(vec!["k_tails", "prefix_tree", "synoptic", "alergia"]),
        ) {
            let mut tree = PrefixTree::new(usize::MAX);
            for given in &train {
                tree.add(&TraceView::from_bytes(&trace(given).to_bytes()).unwrap()).unwrap();
            }
            let machine = Machine::new(infer(&tree.to_automaton(), method, "{}", &Control::unlimited()).unwrap());
            let mut scores = VariantScores::default();
            for given in train.iter().chain(&others).chain(&train) {
                let trace = trace(given);
                let bytes = trace.to_bytes();
                let view = TraceView::from_bytes(&bytes).unwrap();
                prop_assert_eq!(scores.score(&machine, &view).unwrap(), machine.score_trace(&trace));
                let slots = TraceSlots::of(&trace.parameters);
                prop_assert_eq!(scores.score_with(&machine, &view, &slots).unwrap(), machine.score_trace(&trace));
            }
        }
    }
}
