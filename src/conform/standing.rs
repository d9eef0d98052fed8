//! Where a live trace stands: what scoring its next event needs, and where its next event must come in order.

use super::{EventType, Live, Machine, Observed, Step};
use crate::error::{Error, Result};
use crate::trace::{Label, Trace};
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;

const VERSION: u8 = 1;
const WHAT: &str = "stored state of a live trace";
/// Bytes of an event's name that are kept to order what has the same time and number.
const KEPT: usize = 256;
/// Stands for a sequence number that a row does not have, as in trace_agg.
pub const NO_SEQ: i64 = i64::MIN;

/// A live trace.
#[derive(Debug, Clone)]
pub struct Standing {
    /// Its state in the machine.
    pub live: Live,
    /// Events that the machine does not have where they came.
    pub unseen: u64,
    /// The surprise of all events in bits.
    pub surprise: f64,
    /// The first event's time.
    pub started_at: Option<i64>,
    /// The last event.
    pub last: Option<Last>,
    /// Whether an event has had parameters: then one without any lacks them.
    pub has_parameters: bool,
}

/// The place of an event in its trace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Last {
    /// Microseconds since 2000-01-01 UTC; 0 where order is by number alone.
    pub at: i64,
    /// The sequence number, or [`NO_SEQ`].
    pub seq: i64,
    /// The beginning of the event's name.
    event: Box<[u8]>,
    /// The beginning of its component's name.
    component: Option<Box<[u8]>>,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    live: Vec<u8>,
    unseen: u64,
    surprise: f64,
    started_at: Option<i64>,
    last: Option<Last>,
    has_parameters: bool,
}

fn beginning(name: &str) -> &[u8] {
    &name.as_bytes()[..name.len().min(KEPT)]
}

impl Last {
    /// The place of an event.
    pub fn new(at: i64, seq: i64, label: &Label) -> Self {
        let component = label.component.as_deref().map(|name| beginning(name).into());
        Last { at, seq, event: beginning(&label.event).into(), component }
    }

    /// True where an event certainly belongs after this one. What has the same time, number and name does so only if
    /// `parameters` do not matter: their order decides, and they are not kept.
    pub fn is_before(&self, at: i64, seq: i64, label: &Label, parameters: bool) -> bool {
        let names = || {
            let event = (*self.event).cmp(beginning(&label.event));
            if event == Ordering::Equal && label.event.len() > KEPT {
                return Ordering::Greater;
            }
            event.then_with(|| {
                let component = label.component.as_deref();
                let order = self.component.as_deref().cmp(&component.map(beginning));
                let unsure = order == Ordering::Equal && (parameters || component.is_some_and(|c| c.len() > KEPT));
                if unsure { Ordering::Greater } else { order }
            })
        };
        (self.at, self.seq).cmp(&(at, seq)).then_with(names) != Ordering::Greater
    }
}

impl Standing {
    /// Before the first event.
    pub fn start(machine: &Machine) -> Self {
        Standing {
            live: Live::start(machine),
            unseen: 0,
            surprise: 0.0,
            started_at: None,
            last: None,
            has_parameters: false,
        }
    }

    /// After all events of a trace.
    pub fn after(machine: &Machine, trace: &Trace) -> Self {
        let mut standing = Standing::start(machine);
        let (types, observed) = (machine.event_types(&trace.variant), Observed::from(trace));
        standing.has_parameters = !trace.parameters.is_empty();
        for (i, &event) in trace.variant.events.iter().enumerate() {
            let at = trace.times.get(i).copied();
            standing.advance(machine, types[event as usize], at, observed.parameters(i));
        }
        if let Some(&event) = trace.variant.events.last() {
            let (at, seq) = (trace.times.last().copied(), trace.seqs.last().copied());
            let label = &trace.variant.labels[event as usize];
            standing.last = Some(Last::new(at.unwrap_or(0), seq.unwrap_or(NO_SEQ), label));
        }
        standing
    }

    /// Takes the next event; its place in order is the caller's matter, and so is `{}` for an event that lacks parameters.
    pub fn advance(&mut self, machine: &Machine, event: EventType, at: Option<i64>, parameters: Option<&str>) -> Step {
        let step = self.live.advance(machine, event, at, parameters);
        self.unseen += u64::from(!step.possible);
        self.surprise -= libm::log2(step.probability);
        if self.live.events() == 1 {
            self.started_at = at;
        }
        step
    }

    /// The stored form: a version byte, then postcard.
    pub fn to_bytes(&self) -> Vec<u8> {
        let stored = Stored {
            live: self.live.to_bytes(),
            unseen: self.unseen,
            surprise: self.surprise,
            started_at: self.started_at,
            last: self.last.clone(),
            has_parameters: self.has_parameters,
        };
        // invariant: serialising plain vectors into a growing buffer cannot fail
        postcard::to_extend(&stored, vec![VERSION]).unwrap_or_default()
    }

    /// Reads what [`Standing::to_bytes`] wrote of a trace in this machine.
    pub fn from_bytes(machine: &Machine, bytes: &[u8]) -> Result<Self> {
        let Some((&VERSION, body)) = bytes.split_first() else {
            return Err(Error::invalid(WHAT, "It is empty or of another version."));
        };
        let stored: Stored =
            postcard::from_bytes(body).map_err(|e| Error::invalid(WHAT, format!("The binary form: {e}.")))?;
        let live = Live::from_bytes(machine, &stored.live)?;
        let Stored { unseen, surprise, started_at, last, has_parameters, .. } = stored;
        Ok(Standing { live, unseen, surprise, started_at, last, has_parameters })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::automaton::PrefixTree;
    use crate::trace::TraceView;
    use proptest::prelude::*;

    fn machine() -> Machine {
        let mut tree = PrefixTree::new(usize::MAX);
        for events in [vec!["a", "b", "c"], vec!["a", "c"], vec!["a", "b", "b", "c"]] {
            tree.add(&TraceView::from_bytes(&Trace::of(events).to_bytes()).unwrap()).unwrap();
        }
        Machine::new(tree.to_automaton())
    }

    proptest! {
        /// What is taken in order, stored in between, is the same as the whole trace at once; what is out of order is noticed.
        #[test]
        fn events_are_in_order_exactly_where_the_trace_has_them_so(
            rows in prop::collection::vec((0i64..4, 0i64..3, "[a-d]", prop::option::of("[xy]")), 1..12)
        ) {
            let machine = machine();
            let ordered: Vec<_> = rows.iter().map(|(at, seq, event, component)| (Some(*at), Some(*seq), event.as_str(), component.as_deref(), None)).collect();
            let trace = Trace::from_rows(ordered.clone());
            let whole = Standing::after(&machine, &trace);
            let mut standing = Standing::start(&machine);
            let mut late = 0;
            for (at, seq, event, component) in &rows {
                let label = Label::new(component.as_deref(), event);
                if standing.last.as_ref().is_some_and(|last| !last.is_before(*at, *seq, &label, false)) {
                    late += 1;
                    continue;
                }
                standing.advance(&machine, machine.event_type(Some(&label)), Some(*at), None);
                standing.last = Some(Last::new(*at, *seq, &label));
                standing = Standing::from_bytes(&machine, &standing.to_bytes()).unwrap();
            }
            let mut sorted = ordered.clone();
            sorted.sort_by(crate::trace::compare_rows);
            prop_assert_eq!(late == 0, sorted == ordered);
            if late == 0 {
                prop_assert_eq!(standing.to_bytes(), whole.to_bytes());
            }
        }

        #[test]
        fn arbitrary_bytes_are_an_error_or_a_state(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            let machine = machine();
            let versioned: Vec<u8> = [VERSION].into_iter().chain(bytes).collect();
            if let Ok(mut standing) = Standing::from_bytes(&machine, &versioned) {
                standing.advance(&machine, EventType::Known(0), None, None);
            }
        }
    }

    #[test]
    fn names_too_long_to_be_kept_are_out_of_order_where_it_matters() {
        let long = |end: &str| Label::event(&("x".repeat(KEPT) + end));
        let last = Last::new(5, 1, &long("a"));
        assert!(last.is_before(5, 2, &long(""), false));
        assert!(last.is_before(5, 1, &Label::event("y"), false));
        assert!(!last.is_before(5, 1, &long("b"), false));
        assert!(!last.is_before(5, 1, &Label::event("w"), false));
        let last = Last::new(5, 1, &Label::event("a"));
        assert!(last.is_before(5, 1, &Label::event("a"), false));
        assert!(!last.is_before(5, 1, &Label::event("a"), true));
    }
}
