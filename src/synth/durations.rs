//! How long traces can last at all: what a condition on durations may ask for.

use super::paths::graph::{Edge, Graph};
use super::paths::solve::Order;
use super::time::Delays;
use crate::automaton::Automaton;
use crate::error::{Error, Result};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Shortest and longest delay of an edge out of a node; the first event of a trace has none.
fn delay(graph: &Graph, machine: &Automaton, delays: &Delays, node: u32, edge: &Edge) -> (u64, u64) {
    if node == 0 {
        return (0, 0);
    }
    let own = machine.transitions.get(edge.transition as usize).map(|t| &t.delays);
    let sketch = match own.or_else(|| delays.labels.get(edge.label as usize)) {
        Some(own) => delays.of(own, graph.last[node as usize], edge.label),
        None => &delays.all,
    };
    if sketch.buckets.is_empty() { (0, 0) } else { (sketch.min, sketch.max) }
}

/// The shortest and the longest that a walk can last, in microseconds; `u64::MAX` where cycles set no end.
///
/// O((nodes + edges) × log nodes).
pub fn range(graph: &Graph, machine: &Automaton, delays: &Delays) -> (u64, u64) {
    let mut shortest = vec![u64::MAX; graph.len()];
    let mut heap = BinaryHeap::from([(Reverse(0u64), 0u32)]);
    let mut least = u64::MAX;
    shortest[0] = 0;
    while let Some((Reverse(lasted), node)) = heap.pop() {
        if lasted > shortest[node as usize] {
            continue;
        }
        if graph.stops[node as usize] > 0 {
            // The first end that is reached is the soonest one.
            least = lasted;
            break;
        }
        for edge in graph.outgoing(node) {
            let then = lasted.saturating_add(delay(graph, machine, delays, node, edge).0);
            if then < shortest[edge.target as usize] {
                shortest[edge.target as usize] = then;
                heap.push((Reverse(then), edge.target));
            }
        }
    }
    if !Order::of(graph).acyclic {
        return (least, u64::MAX);
    }
    let mut longest = vec![0u64; graph.len()];
    for node in graph.postorder() {
        let of_edge = |e: &Edge| delay(graph, machine, delays, node, e).1.saturating_add(longest[e.target as usize]);
        longest[node as usize] = graph.outgoing(node).iter().map(of_edge).max().unwrap_or(0);
    }
    (least, longest[0])
}

/// Fails where no walk can last as long as asked for.
pub fn require(graph: &Graph, machine: &Automaton, delays: &Delays, asked: (u64, u64)) -> Result<()> {
    let impossible = |reason: String, hint: String| Error::InvalidArgument { argument: "condition", reason, hint };
    if machine.totals.timed_traces == 0 {
        let reason = "A duration cannot be asked for: the traces that were learned from have no times".into();
        return Err(impossible(reason, "Leave duration out.".into()));
    }
    let (least, most) = range(graph, machine, delays);
    if asked.0 <= most && least <= asked.1 {
        return Ok(());
    }
    let seconds = |micros: u64| micros as f64 / 1e6;
    let until = if most == u64::MAX { "on".into() } else { format!("to {} seconds", seconds(most)) };
    Err(impossible(
        "No trace of the machine lasts as long as that".into(),
        format!("Ask for a duration that traces have: from {} {until}.", seconds(least)),
    ))
}
