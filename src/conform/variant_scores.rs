//! Scores of many traces by one machine, found once per variant.

use super::Machine;
use super::score::bits;
use crate::error::Result;
use crate::trace::{Trace, TraceView};
use hashbrown::HashMap;

/// Bytes of scores kept; beyond it they are forgotten and found anew.
const KEPT_BYTES: usize = 16 << 20;

/// Scores traces, remembering the score of each variant seen.
///
/// Delays add to it along the variant's path, where there is one: most add nothing. Parameters, and delays of a trace
/// that the machine does not take by one way only, are scored trace by trace.
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
        let totals = &machine.automaton.totals;
        if !trace.parameters.is_empty() && totals.events_with_parameters > 0 {
            return Ok(machine.score_trace(&trace.to_trace()?));
        }
        if !self.known.contains_key(trace.variant) {
            self.learn(machine, trace)?;
        }
        // invariant: just learned
        let Some(known) = self.known.get(trace.variant) else { return Ok(0.0) };
        if trace.times.is_empty() || totals.timed_traces == 0 {
            return Ok(known.score);
        }
        let Some(path) = known.path.as_deref().filter(|path| path.len() == trace.times.len()) else {
            return Ok(machine.score_trace(&trace.to_trace()?));
        };
        let delays = trace.times.windows(2).zip(path.get(1..).unwrap_or_default());
        let added: u64 =
            delays.map(|(pair, &t)| machine.scorer.delay(t as usize, pair[1].abs_diff(pair[0].min(pair[1])))).sum();
        // Both are multiples of a bit's 2^-20: the sum is exact.
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

    type Given = Vec<(String, i64)>;

    fn trace(given: &Given) -> Trace {
        let mut at = 0;
        let rows = given.iter().map(|(event, delay)| {
            at += delay;
            (Some(at), None, event.as_str(), None, None)
        });
        Trace::from_rows(rows.collect())
    }

    proptest! {
        #[test]
        fn scores_are_those_of_the_traces_one_by_one(
            train in prop::collection::vec(prop::collection::vec(("[a-c]", 1i64..50), 1..6), 1..40),
            others in prop::collection::vec(prop::collection::vec(("[a-d]", 0i64..100_000), 0..7), 1..20),
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
                let found = scores.score(&machine, &TraceView::from_bytes(&bytes).unwrap()).unwrap();
                prop_assert_eq!(found, machine.score_trace(&trace));
            }
        }
    }
}
