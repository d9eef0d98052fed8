//! What is odd about the traces that a machine is to be learned from: signs that columns were mistaken for others.

use crate::automaton::Automaton;

/// Something odd, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Oddity {
    /// What it is.
    pub what: String,
    /// What to do.
    pub hint: &'static str,
}

/// Fewer event types than this are never too many.
const FEW_TYPES: usize = 50;
/// A type that occurs fewer times than this on average is no type.
const LEAST_PER_TYPE: u64 = 5;

/// What is odd about a prefix tree. `is_message` says that event types were found by mining messages. O(size of the tree).
pub fn oddities(tree: &Automaton, is_message: bool) -> Vec<Oddity> {
    let (types, events, traces) = (tree.labels.len(), tree.totals.events, tree.totals.traces);
    let mut found = Vec::new();
    if types >= FEW_TYPES && (types as u64).saturating_mul(LEAST_PER_TYPE) > events {
        let what = format!("{types} event types are very many for {events} events");
        let hint = match is_message {
            false => "Is this a message with values in it? Give it to create_model as message => instead of event =>.",
            true => {
                "Give create_model masks for the values in messages, so that lines that differ in them are one template."
            }
        };
        found.push(Oddity { what, hint });
    }
    if traces == 1 && events > 1 {
        let hint = "Give trace => what tells executions apart, such as a request, session or process; from one trace \
                    alone nothing can be held out to judge by.";
        found.push(Oddity { what: format!("all {events} events are one trace"), hint });
    }
    let longest = tree.transitions.iter().filter(|t| t.source != 0).count();
    if traces > 1 && events > 0 && longest == 0 {
        let what = format!("each of the {traces} traces has at most one event");
        let hint = "Does trace => name a row instead of an execution? Give it what several rows share.";
        found.push(Oddity { what, hint });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::automaton::PrefixTree;
    use crate::trace::{Trace, TraceView};

    fn odd(traces: &[Vec<String>]) -> Vec<String> {
        let mut tree = PrefixTree::new(usize::MAX);
        for trace in traces {
            let bytes = Trace::of(trace.iter().map(String::as_str)).to_bytes();
            tree.add(&TraceView::from_bytes(&bytes).unwrap()).unwrap();
        }
        oddities(&tree.to_automaton(), false).into_iter().map(|odd| odd.what).collect()
    }

    #[test]
    fn what_is_odd_is_told() {
        let names = |n: usize| (0..n).map(|i| format!("e{i}")).collect::<Vec<_>>();
        let steps = |n: usize| names(n).into_iter().map(|name| vec![name]).collect::<Vec<_>>();
        assert_eq!(odd(&[names(60), names(70)]), ["70 event types are very many for 130 events"]);
        assert_eq!(odd(&[names(12)]), ["all 12 events are one trace"]);
        assert_eq!(odd(&steps(20)), ["each of the 20 traces has at most one event"]);
        assert_eq!(odd(&steps(50)).len(), 2);
        assert!(odd(&[names(8), names(9)]).is_empty());
        assert!(odd(&vec![names(60); 6]).is_empty());
    }
}
