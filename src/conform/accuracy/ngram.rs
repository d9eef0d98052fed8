//! A yardstick: acceptance by n-grams.

use crate::automaton::LabelId;
use crate::infer::Held;
use crate::infer::bits::framed;
use hashbrown::HashSet;

/// Accepts traces whose every n events in a row, start and end counted, occurred in training.
#[derive(Debug)]
pub struct NGrams {
    n: usize,
    seen: HashSet<Box<[LabelId]>>,
}

impl NGrams {
    /// Learns from traces. O(events × n).
    pub fn new(n: usize, traces: &[Held]) -> Self {
        let mut seen = HashSet::new();
        for trace in traces.iter().filter(|trace| trace.count > 0) {
            let framed = framed(&trace.events);
            for window in framed.windows(n.min(framed.len())) {
                seen.get_or_insert_with(window, |window| window.into());
            }
        }
        NGrams { n, seen }
    }

    /// True where every n-gram is known. O(events × n).
    pub fn accepts(&self, events: &[LabelId]) -> bool {
        let framed = framed(events);
        framed.windows(self.n.min(framed.len())).all(|window| self.seen.contains(window))
    }

    /// How many n-grams are known.
    pub fn len(&self) -> usize {
        self.seen.len()
    }

    /// True before any training trace.
    pub fn is_empty(&self) -> bool {
        self.seen.is_empty()
    }
}
