//! prefix_tree_agg(trace) and rollup(automaton): the state is the automaton itself, expanded in memory.

use super::call::sql_functions;
use super::expanded;
use crate::automaton::PrefixTree;
use crate::trace::TraceView;

sql_functions! {
    /// prefix_tree_transition(automaton, trace) → automaton. NULL traces are left out.
    fn logfsm_prefix_tree_transition(call) {
        let Some(bytes) = call.bytes(1) else { return Ok(call.datum(0)) };
        let (datum, tree) = expanded::growing::<PrefixTree>(call)?;
        tree.add(&TraceView::from_bytes(bytes)?)?;
        Ok(Some(datum))
    }

    /// prefix_tree_combine(automaton, automaton) → automaton, also the transition of rollup. NULLs are left out.
    fn logfsm_prefix_tree_combine(call) { expanded::combine::<PrefixTree>(call) }
}
