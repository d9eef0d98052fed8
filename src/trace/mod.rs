//! One execution: its ordered events, when they happened and with which parameters.
//!
//! A [`Trace`] separates *what* happened, the [`Variant`], from *when* and *with what*. Variants are what learners work
//! on: traces of the same variant share one path of the prefix tree.
//!
//! ```text
//! rows of one request, in any order          the trace
//!   12:00:03.012  api    sent page             variant     labels [api: GET, cache: hit, api: sent page]
//!   12:00:03.004  api    GET                               events [0, 1, 2]
//!   12:00:03.008  cache  hit                   times       12:00:03.004, +4 ms, +4 ms
//!                                              parameters  one JSON text an event, where there are any
//! ```
//!
//! In reading order:
//!
//! * `order`: the total order of rows in a trace (time, number, then bytes), and building a trace from ordered rows
//! * `binary`: the stored form, which begins with the variant as one block; [`TraceView`] reads it without copying
//! * `json`: the form for people
//! * `slots`: the parameters of an event, slot by slot
//! * `set`: many traces collected from rows in any order, a few bytes a row. `set/numbers` encodes a row, `set/store`
//!   keeps the bytes, `set/order` sorts keys, `set/binary` makes traces of it, `set/lookup` asks for single ones, and
//!   `set/flat` is how a set travels between processes
//! * `digest`: number of rows and sum of their hashes, by which a refresh sees whether earlier rows changed

mod binary;
mod digest;
mod json;
mod order;
mod set;
mod slots;

pub use binary::{TRACE_VERSION, TraceView};
pub use digest::{RowDigest, RowHash, Seen};
pub use order::{EventRow, TraceBuilder, assemble, compare_rows, ties};
pub use set::{Binaries, Proceed, SetRow, Start, TraceSet, VariantIds};
pub use slots::{Slot, TraceSlots, slots};

use hashbrown::HashMap;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::fmt;

/// Up to this many labels a scan is faster than a hash table.
const FEW: usize = 24;

/// What an event is: its event type and, where the log names one, the component that wrote it.
///
/// Ordered by component, then event, by bytes; a missing component sorts first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Label {
    /// The component, if the log has one.
    pub component: Option<Box<str>>,
    /// The event type or message template.
    pub event: Box<str>,
}

impl Label {
    /// A label without a component.
    pub fn event(event: &str) -> Self {
        Label { component: None, event: event.into() }
    }

    /// A label with or without a component.
    pub fn new(component: Option<&str>, event: &str) -> Self {
        Label { component: component.map(Into::into), event: event.into() }
    }

    /// Heap bytes held, for the memory account.
    pub fn heap_bytes(&self) -> usize {
        self.event.len() + self.component.as_ref().map_or(0, |c| c.len())
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.component {
            Some(component) => write!(f, "{component}: {}", self.event),
            None => f.write_str(&self.event),
        }
    }
}

/// The sequence of labels of a trace, without times and parameters.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Variant {
    /// The distinct labels in order of first occurrence, so that equal sequences have equal variants.
    pub labels: Vec<Label>,
    /// For each event the position of its label in `labels`.
    pub events: Vec<u32>,
}

impl Variant {
    /// The variant of a sequence of identifiers that number `labels`.
    pub fn from_ids(ids: impl Iterator<Item = u32>, labels: &[Label]) -> Self {
        let mut variant = Variant::default();
        let mut local: Vec<u32> = Vec::new();
        let mut many: HashMap<u32, u32> = HashMap::new();
        for id in ids {
            // A short scan beats hashing for the few labels that most traces have.
            let known = local.iter().take(FEW).position(|&l| l == id).map(|i| i as u32);
            let event = known.or_else(|| many.get(&id).copied()).unwrap_or_else(|| {
                let event = local.len() as u32;
                if local.len() >= FEW {
                    many.insert(id, event);
                }
                local.push(id);
                event
            });
            variant.events.push(event);
        }
        variant.labels = local.iter().map(|&id| labels[id as usize].clone()).collect();
        variant
    }

    /// The labels, event by event.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Label> + '_ {
        self.events.iter().map(|&id| &self.labels[id as usize])
    }
}

/// One execution: events in order, with times, sequence numbers and parameters where the log has them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Trace {
    /// What happened, in order.
    pub variant: Variant,
    /// Microseconds since 2000-01-01 UTC, one per event and never decreasing; empty where order is logical only.
    pub times: Vec<i64>,
    /// Sequence numbers, one per event; empty where none were given.
    pub seqs: Vec<i64>,
    /// JSON text of each event's parameters; empty where no event has any.
    pub parameters: Vec<Option<Box<str>>>,
    /// Events whose place after their predecessor no time or sequence number decides.
    pub ties: u32,
}

/// Time, sequence number, label and parameters of an event.
type ComparedRow<'t> = (Option<i64>, Option<i64>, &'t Label, Option<&'t str>);

impl Trace {
    /// Number of events.
    pub fn len(&self) -> usize {
        self.variant.events.len()
    }

    /// True where the trace has no event.
    pub fn is_empty(&self) -> bool {
        self.variant.events.is_empty()
    }

    /// Microseconds from the first to the last event, `None` without times.
    pub fn duration(&self) -> Option<i64> {
        Some(self.times.last()?.wrapping_sub(*self.times.first()?))
    }

    /// How many rows this trace has and the other has not, and the other way round. O(n log n).
    pub fn rows_apart(&self, other: &Trace) -> (u64, u64) {
        let (ours, theirs) = (self.sorted_rows(), other.sorted_rows());
        let (mut i, mut j, mut apart) = (0, 0, (0, 0));
        while i < ours.len() || j < theirs.len() {
            let order = match (ours.get(i), theirs.get(j)) {
                (Some(a), Some(b)) => a.cmp(b),
                (Some(_), None) => Ordering::Less,
                _ => Ordering::Greater,
            };
            apart.0 += u64::from(order == Ordering::Less);
            apart.1 += u64::from(order == Ordering::Greater);
            i += usize::from(order != Ordering::Greater);
            j += usize::from(order != Ordering::Less);
        }
        apart
    }

    /// Its rows as they compare: at, sequence number, label, parameters.
    fn sorted_rows(&self) -> Vec<ComparedRow<'_>> {
        let parameters = |i: usize| self.parameters.get(i).and_then(Option::as_deref);
        let row = |(i, label)| (self.times.get(i).copied(), self.seqs.get(i).copied(), label, parameters(i));
        let mut rows: Vec<_> = self.variant.iter().enumerate().map(row).collect();
        rows.sort_unstable();
        rows
    }

    /// A trace of bare event types, mostly for tests and examples.
    ///
    /// ```
    /// let trace = logfsm::trace::Trace::of(["open", "read", "read", "close"]);
    /// assert_eq!((trace.len(), trace.variant.labels.len()), (4, 3));
    /// ```
    pub fn of<'a>(events: impl IntoIterator<Item = &'a str>) -> Self {
        let mut builder = TraceBuilder::default();
        for event in events {
            builder.push(None, event, None, None, None);
        }
        builder.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::Trace;

    #[test]
    fn rows_apart_are_counted_as_often_as_they_occur() {
        let of = |events: &[&str]| Trace::of(events.iter().copied());
        let apart = |a: &[&str], b: &[&str]| of(a).rows_apart(&of(b));
        assert_eq!(apart(&["a", "b", "a"], &["b", "a", "a"]), (0, 0));
        assert_eq!(apart(&["a", "b", "a"], &["a", "c"]), (2, 1));
        assert_eq!(apart(&[], &["a", "a"]), (0, 2));
        assert_eq!(apart(&["x"], &[]), (1, 0));
    }
}
