//! The fewest edits that turn a trace into one seen in training: what a person would say went wrong.

use crate::automaton::{LabelId, ReferenceTrace};

/// Traces further than this from every training trace are not explained by edits.
pub const MOST_EDITS: usize = 4;

/// One edit; positions count the trace's events from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edit {
    /// An event is missing before the one at `at`.
    Missing {
        /// Where it should be; the trace's length for its end.
        at: usize,
        /// The event.
        label: LabelId,
    },
    /// The event at `at` is too much.
    Extra {
        /// Where it is.
        at: usize,
    },
    /// The event at `at` stands in place of another one.
    Replaced {
        /// Where it is.
        at: usize,
        /// The event that should be there.
        label: LabelId,
    },
    /// The events at `at` and after it are in the wrong order.
    Swapped {
        /// Where the first of them is.
        at: usize,
    },
}

impl Edit {
    /// Where it is.
    pub fn at(&self) -> usize {
        match *self {
            Edit::Missing { at, .. } | Edit::Extra { at } | Edit::Replaced { at, .. } | Edit::Swapped { at } => at,
        }
    }
}

/// The fewest edits to a training trace, the most frequent of equally near ones; ascending by position.
///
/// `None` where every one is more than [`MOST_EDITS`] away. O(training traces × length) at worst.
pub fn nearest(events: &[Option<LabelId>], references: &[ReferenceTrace]) -> Option<Vec<Edit>> {
    let mut best: Option<(usize, &ReferenceTrace)> = None;
    for reference in references {
        // Most frequent first: a later one must be nearer.
        let limit = best.map_or(MOST_EDITS + 1, |b| b.0);
        if events.len().abs_diff(reference.events.len()) >= limit {
            continue;
        }
        if let Some(edits) = Table::fill(events, &reference.events, limit - 1).distance() {
            best = Some((edits, reference));
            if edits == 0 {
                break;
            }
        }
    }
    let (edits, reference) = best?;
    Some(Table::fill(events, &reference.events, edits).trace_back())
}

/// Distances between prefixes, a band around the diagonal (optimal string alignment, Ukkonen 1985).
struct Table<'a> {
    events: &'a [Option<LabelId>],
    reference: &'a [LabelId],
    band: usize,
    cells: Vec<u8>,
}

const FAR: u8 = u8::MAX / 2;

impl<'a> Table<'a> {
    fn fill(events: &'a [Option<LabelId>], reference: &'a [LabelId], band: usize) -> Self {
        let width = 2 * band + 1;
        let mut table = Table { events, reference, band, cells: vec![FAR; (events.len() + 1) * width] };
        for i in 0..=events.len() {
            let mut least = FAR;
            for j in i.saturating_sub(band)..=(i + band).min(reference.len()) {
                let value = table.compute(i, j);
                least = least.min(value);
                let cell = i * width + j + band - i;
                table.cells[cell] = value;
            }
            // Every way to the end leads through this row or over it by a swap, which the row before allows.
            if least as usize > band + 1 {
                break;
            }
        }
        table
    }

    fn get(&self, i: usize, j: usize) -> u8 {
        if i.abs_diff(j) > self.band || j > self.reference.len() {
            return FAR;
        }
        self.cells[i * (2 * self.band + 1) + j + self.band - i]
    }

    fn same(&self, i: usize, j: usize) -> bool {
        self.events[i - 1] == Some(self.reference[j - 1])
    }

    fn swapped(&self, i: usize, j: usize) -> bool {
        i > 1
            && j > 1
            && !self.same(i, j)
            && self.events[i - 1] == Some(self.reference[j - 2])
            && self.events[i - 2] == Some(self.reference[j - 1])
    }

    fn compute(&self, i: usize, j: usize) -> u8 {
        if i == 0 || j == 0 {
            return (i + j) as u8;
        }
        let mut value = self.get(i - 1, j - 1) + u8::from(!self.same(i, j));
        value = value.min(self.get(i - 1, j) + 1).min(self.get(i, j - 1) + 1);
        if self.swapped(i, j) {
            value = value.min(self.get(i - 2, j - 2) + 1);
        }
        value
    }

    fn distance(&self) -> Option<usize> {
        let value = self.get(self.events.len(), self.reference.len()) as usize;
        (value <= self.band).then_some(value)
    }

    fn trace_back(&self) -> Vec<Edit> {
        let (mut i, mut j) = (self.events.len(), self.reference.len());
        let mut edits = Vec::new();
        while i > 0 || j > 0 {
            let value = self.get(i, j);
            // Of equal events in a row the last one is missing.
            if j > 0 && value == self.get(i, j - 1) + 1 {
                edits.push(Edit::Missing { at: i, label: self.reference[j - 1] });
                j -= 1;
            } else if i > 0 && j > 0 && self.same(i, j) && value == self.get(i - 1, j - 1) {
                (i, j) = (i - 1, j - 1);
            } else if self.swapped(i, j) && value == self.get(i - 2, j - 2) + 1 {
                edits.push(Edit::Swapped { at: i - 2 });
                (i, j) = (i - 2, j - 2);
            } else if i > 0 && j > 0 && value == self.get(i - 1, j - 1) + 1 {
                edits.push(Edit::Replaced { at: i - 1, label: self.reference[j - 1] });
                (i, j) = (i - 1, j - 1);
            } else {
                edits.push(Edit::Extra { at: i - 1 });
                i -= 1;
            }
        }
        edits.reverse();
        edits
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn reference(events: &[u32]) -> ReferenceTrace {
        ReferenceTrace { count: 1, events: events.to_vec() }
    }

    fn known(events: &[u32]) -> Vec<Option<u32>> {
        events.iter().copied().map(Some).collect()
    }

    /// Carries the edits out.
    fn apply(events: &[u32], edits: &[Edit]) -> Vec<u32> {
        let mut result = events.to_vec();
        for edit in edits.iter().rev() {
            match *edit {
                Edit::Missing { at, label } => result.insert(at, label),
                Edit::Extra { at } => drop(result.remove(at)),
                Edit::Replaced { at, label } => result[at] = label,
                Edit::Swapped { at } => result.swap(at, at + 1),
            }
        }
        result
    }

    #[test]
    fn single_edits_are_named() {
        let references = [reference(&[1, 2, 3, 4, 5])];
        let edit = |events: &[u32]| nearest(&known(events), &references).unwrap();
        assert_eq!(edit(&[1, 2, 4, 5]), [Edit::Missing { at: 2, label: 3 }]);
        assert_eq!(edit(&[1, 2, 9, 3, 4, 5]), [Edit::Extra { at: 2 }]);
        assert_eq!(edit(&[1, 9, 3, 4, 5]), [Edit::Replaced { at: 1, label: 2 }]);
        assert_eq!(edit(&[1, 2, 4, 3, 5]), [Edit::Swapped { at: 2 }]);
        assert_eq!(edit(&[1, 2, 3]), [Edit::Missing { at: 3, label: 4 }, Edit::Missing { at: 3, label: 5 }]);
        assert_eq!(nearest(&known(&[9; 12]), &references), None);
    }

    proptest! {
        #[test]
        fn edits_lead_to_a_training_trace(
            training in prop::collection::vec(prop::collection::vec(0u32..4, 0..9), 1..8),
            events in prop::collection::vec(0u32..5, 0..9),
        ) {
            let references: Vec<ReferenceTrace> = training.iter().map(|t| reference(t)).collect();
            if let Some(edits) = nearest(&known(&events), &references) {
                prop_assert!(edits.len() <= MOST_EDITS);
                prop_assert!(training.contains(&apply(&events, &edits)), "{:?}", edits);
                prop_assert_eq!(edits.is_empty(), training.contains(&events));
            } else {
                prop_assert!(training.iter().all(|t| t != &events));
            }
        }
    }
}
