//! Holding traces out in two ways: as they come, and by distinct traces.
//!
//! Held out as they come, a frequent trace is in training too: this tells how well a machine knows what is frequent. Held
//! out with all its copies, a trace is new: this tells what a machine expects of what it has not seen. One alone misleads:
//! the first flatters memorising, the second takes every frequent trace away from those that are to learn its frequency.

use super::super::Control;
use super::super::bits::WittenBell;
use super::super::holdout::{self, Held, distinct_traces, restrict, restricted};
use crate::automaton::Automaton;
use crate::error::Result;

/// One in so many traces is held out.
pub(super) const FOLDS: usize = 5;
/// Traces are held out as they come, too, where there are so many times as many as distinct ones.
const REPEATED: f64 = 1.1;

/// How traces are held out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum View {
    /// Each distinct trace with all its copies; every one weighs the same.
    Distinct,
    /// Each trace by itself.
    AsTheyCome,
    /// The last fifth of the only trace.
    Ending,
}

impl View {
    /// What is held out, in words.
    pub(super) fn held_out(self) -> &'static str {
        match self {
            View::Distinct => "traces unlike any learned from",
            View::AsTheyCome => "held-out traces",
            View::Ending => "the ends held out",
        }
    }
}

/// The ways in which traces of a tree are held out. O(1).
pub(super) fn views(tree: &Automaton) -> Vec<View> {
    let (traces, distinct) = (tree.totals.traces, tree.totals.distinct_traces);
    match distinct {
        0 | 1 => vec![View::Ending],
        _ if traces as f64 > REPEATED * distinct as f64 => vec![View::AsTheyCome, View::Distinct],
        _ => vec![View::Distinct],
    }
}

/// Traces to learn from, traces held out, and what events before alone tell of these.
pub(super) struct Fold {
    pub(super) rest: Automaton,
    pub(super) held: Vec<Held>,
    /// Events of held-out traces that are not judged because training has them.
    pub(super) skip: usize,
    pub(super) shorter: WittenBell,
}

impl Fold {
    /// One fold of a view. O(size of the tree).
    pub(super) fn new(tree: &Automaton, view: View, fold: usize, control: &Control<'_>) -> Result<Self> {
        let (rest, held, skip) = match view {
            View::Distinct => {
                let (rest, mut held) = holdout::split(tree, fold, FOLDS, control)?;
                held.iter_mut().for_each(|trace| trace.count = 1);
                (rest, held, 0)
            }
            View::AsTheyCome => as_they_come(tree, fold, control)?,
            View::Ending => ending(tree, control)?,
        };
        let shorter = WittenBell::new(1, tree.labels.len(), &distinct_traces(&rest, control)?);
        Ok(Fold { rest, held, skip, shorter })
    }

    /// True where there is nothing to learn from or to judge by.
    pub(super) fn is_void(&self) -> bool {
        self.held.is_empty() || self.rest.totals.traces == 0
    }
}

/// Every fifth trace, copies counted one by one, is held out.
fn as_they_come(tree: &Automaton, fold: usize, control: &Control<'_>) -> Result<(Automaton, Vec<Held>, usize)> {
    let (mut held, mut left) = (Vec::new(), Vec::new());
    let mut first = 0;
    for trace in distinct_traces(tree, control)? {
        // Of the numbers from `first` on, as many as the trace has copies, those of this fold.
        let below = |end: u64| (end + (FOLDS - 1 - fold) as u64) / FOLDS as u64;
        let taken = below(first + trace.count) - below(first);
        first += trace.count;
        left.push(trace.count - taken);
        if taken > 0 {
            held.push(Held { count: taken, ..trace });
        }
    }
    Ok((restricted(tree, &left), held, 0))
}

/// The first four fifths of the only trace to learn from; the whole trace, of which the rest counts.
fn ending(tree: &Automaton, control: &Control<'_>) -> Result<(Automaton, Vec<Held>, usize)> {
    // One trace is a chain, its states in order.
    let events = tree.state_count() - 1;
    let known = events - events / FOLDS;
    let mut stops = vec![0; tree.state_count()];
    stops[known] = 1;
    let held = distinct_traces(tree, control)?.into_iter().filter(|trace| trace.events.len() > known);
    Ok((restrict(tree, &stops), held.map(|trace| Held { count: 1, ..trace }).collect(), known))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::automaton::PrefixTree;
    use crate::trace::{Trace, TraceView};

    fn tree(traces: &[(&[&str], usize)]) -> Automaton {
        let mut tree = PrefixTree::new(usize::MAX);
        for (events, count) in traces {
            for _ in 0..*count {
                tree.add(&TraceView::from_bytes(&Trace::of(events.iter().copied()).to_bytes()).unwrap()).unwrap();
            }
        }
        tree.to_automaton()
    }

    #[test]
    fn every_trace_is_held_out_once() {
        let tree = tree(&[(&["a"], 13), (&["b"], 1), (&["a", "b"], 2), (&["b", "b"], 4)]);
        let mut counts = [0; 4];
        for fold in 0..FOLDS {
            let fold = Fold::new(&tree, View::AsTheyCome, fold, &Control::unlimited()).unwrap();
            assert_eq!(fold.rest.totals.traces + fold.held.iter().map(|t| t.count).sum::<u64>(), 20);
            let all = distinct_traces(&tree, &Control::unlimited()).unwrap();
            for trace in &fold.held {
                counts[all.iter().position(|t| t.events == trace.events).unwrap()] += trace.count;
            }
        }
        assert_eq!(counts, [13, 1, 2, 4]);
        assert_eq!(views(&tree), [View::AsTheyCome, View::Distinct]);
    }

    #[test]
    fn the_end_of_the_only_trace_is_held_out() {
        let events = ["c", "b", "c", "b", "c", "b", "c", "a", "c", "b"];
        let tree = tree(&[(&events, 3)]);
        let fold = Fold::new(&tree, View::Ending, 0, &Control::unlimited()).unwrap();
        assert_eq!((views(&tree), fold.skip), (vec![View::Ending], 8));
        let known = &distinct_traces(&fold.rest, &Control::unlimited()).unwrap()[0].events;
        assert_eq!(known[..], fold.held[0].events[..8]);
        assert_eq!(fold.rest.labels, tree.labels);
    }
}
