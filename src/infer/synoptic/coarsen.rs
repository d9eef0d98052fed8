//! Coarsening by trial, with all invariants checked at once.

use super::graph::{Graph, TERMINAL};
use super::timed::Times;
use crate::error::Result;
use crate::infer::Control;
use crate::infer::invariants::{Checker, Invariant, Kinds, LabelGraph};
use std::collections::BTreeSet;
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// In which order pairs of partitions are tried: what is merged early decides what can be merged later.
#[derive(Debug, Clone, Copy)]
enum Order {
    /// Those with the same successors first.
    Successors,
    /// Those with the same predecessors first.
    Predecessors,
    /// Those with the same neighbours on both sides first.
    Neighbours,
    /// The largest ones first.
    Largest,
    /// In the order in which they were split off, and the other way round.
    Oldest,
    Youngest,
    /// Shuffled.
    Shuffled(u64),
}

/// The orders that follow from the graph, tried first.
const ORDERS: [Order; 6] =
    [Order::Successors, Order::Predecessors, Order::Neighbours, Order::Largest, Order::Oldest, Order::Youngest];
/// Shuffles tried beside the other orders.
const SHUFFLES: u64 = 26;
/// Steps of work after which no further order is tried, about two seconds; and at most so many parts of what work may
/// still be done.
const FURTHER: (u64, u64) = (200_000_000, 8);

/// What partitions are merged under.
pub(super) struct Rules<'a> {
    pub(super) invariants: &'a [Invariant],
    pub(super) labels: usize,
    pub(super) times: Option<&'a Times>,
}

/// Merges partitions of one type as long as every invariant holds; locally minimal. Several orders are tried, as far as
/// that takes little, and the smallest graph is kept, the earliest of equals.
/// O(orders × pairs of one type × edges × labels / 64).
pub(super) fn coarsen(graph: &mut Graph, rules: &Rules<'_>, control: &Control<'_>) -> Result<()> {
    // Only invariants that hold are kept: without refinement not all do.
    let checker = Checker::new(graph.label_graph(), rules.labels, Kinds::of(rules.invariants), control)?;
    let holding: Vec<Invariant> = rules.invariants.iter().filter(|i| checker.holds(i)).copied().collect();
    let times = match rules.times {
        Some(times) if times.hold(graph, None, rules.invariants, control)? => Some(times),
        _ => None,
    };
    let rules = &Rules { invariants: &holding, times, ..*rules };
    let most = FURTHER.0.min(control.work_left() / FURTHER.1);
    let work = control.at_most(u64::MAX);
    let control = &control.with_work(&work);
    let mut best: Option<Graph> = None;
    for order in ORDERS.into_iter().chain((0..SHUFFLES).map(Order::Shuffled)) {
        let mut coarser = graph.clone();
        merge_all(&mut coarser, order, rules, control)?;
        if best.as_ref().is_none_or(|best| coarser.nodes() < best.nodes()) {
            best = Some(coarser);
        }
        if work.done() > most {
            break;
        }
    }
    if let Some(best) = best {
        *graph = best;
    }
    Ok(())
}

/// The pairs of partitions of one type, in an order.
fn pairs(graph: &Graph, order: Order, control: &Control<'_>) -> Result<Vec<(u32, u32)>> {
    let nodes = graph.nodes() as u32;
    let after: Vec<BTreeSet<u32>> = (0..nodes).map(|node| graph.successors(node).collect()).collect();
    let mut before: Vec<BTreeSet<u32>> = vec![BTreeSet::new(); graph.nodes()];
    for (node, after) in after.iter().enumerate() {
        for &next in after {
            before[next as usize].insert(node as u32);
        }
    }
    let differing =
        |of: &[BTreeSet<u32>], a: u32, b: u32| of[a as usize].symmetric_difference(&of[b as usize]).count() as u64;
    let size = |node: u32| graph.members[node as usize].len() as u64;
    let mut pairs: Vec<(u64, u32, u32)> = Vec::new();
    for a in 2..nodes {
        control.spend(graph.nodes())?;
        for b in (a + 1..nodes).filter(|&b| graph.labels[a as usize] == graph.labels[b as usize]) {
            let place = match order {
                Order::Successors => differing(&after, a, b),
                Order::Predecessors => differing(&before, a, b),
                Order::Neighbours => differing(&after, a, b) + differing(&before, a, b),
                Order::Largest => u64::MAX - size(a).min(size(b)),
                Order::Oldest => 0,
                Order::Youngest => u64::from(u32::MAX - b) << 32 | u64::from(u32::MAX - a),
                Order::Shuffled(seed) => xxh3_64_with_seed(&(u64::from(a) << 32 | u64::from(b)).to_le_bytes(), seed),
            };
            pairs.push((place, a, b));
        }
    }
    pairs.sort_unstable();
    Ok(pairs.into_iter().map(|(_, a, b)| (a, b)).collect())
}

/// Merges in one order. What breaks an invariant once breaks it in every coarser graph, so each pair is tried once.
fn merge_all(graph: &mut Graph, order: Order, rules: &Rules<'_>, control: &Control<'_>) -> Result<()> {
    let kinds = Kinds::of(rules.invariants);
    let mut merged: Vec<u32> = (0..graph.nodes() as u32).collect();
    let mut failed = BTreeSet::new();
    for (a, b) in pairs(graph, order, control)? {
        control.check()?;
        let find = |mut node: u32| {
            while merged[node as usize] != node {
                node = merged[node as usize];
            }
            node
        };
        let (a, b) = (find(a), find(b));
        let pair = (a.min(b), a.max(b));
        if a == b || failed.contains(&pair) {
            continue;
        }
        control.spend(2 * rules.invariants.len() + 32 * graph.nodes())?;
        let checker = Checker::new(united(graph, pair.0, pair.1), rules.labels, kinds, control)?;
        let mut fits = rules.invariants.iter().all(|invariant| checker.holds(invariant));
        if let (true, Some(times)) = (fits, rules.times) {
            fits = times.hold(graph, Some(pair), rules.invariants, control)?;
        }
        if fits {
            graph.merge(pair.0, pair.1);
            merged[pair.1 as usize] = pair.0;
            // What one part could not be merged with, the whole cannot either.
            let inherited: Vec<(u32, u32)> =
                failed.iter().filter(|(x, y)| *x == pair.1 || *y == pair.1).copied().collect();
            for (x, y) in inherited {
                let other = if x == pair.1 { y } else { x };
                failed.insert((pair.0.min(other), pair.0.max(other)));
            }
        } else {
            failed.insert(pair);
        }
    }
    graph.compact();
    Ok(())
}

/// The graph after a merge of `b` into `a`, without doing it; `b` stays as a node that nothing leads to.
fn united(graph: &Graph, a: u32, b: u32) -> LabelGraph {
    let mut united = graph.label_graph();
    let theirs = std::mem::take(&mut united.successors[b as usize]);
    united.successors[a as usize].extend(theirs);
    // A node that nothing leads to must not weaken what holds of its label.
    united.labels[b as usize] = None;
    united.successors[b as usize] = vec![TERMINAL];
    for next in &mut united.successors {
        if next.contains(&b) || next.len() > 1 {
            next.iter_mut().filter(|to| **to == b).for_each(|to| *to = a);
            next.sort_unstable();
            next.dedup();
        }
    }
    united
}

#[cfg(test)]
mod tests {
    use super::super::refine::refine;
    use super::*;
    use crate::automaton::PrefixTree;
    use crate::infer::distinct_traces;
    use crate::infer::invariants::{MiningOptions, mine};
    use crate::trace::{Trace, TraceView};

    /// The refined graph of some hundred traces of a process with choices and loops, and its invariants.
    fn refined(seed: u64) -> (Graph, Vec<Invariant>, usize) {
        let drawn = |i: u64, bound: u64| xxh3_64_with_seed(&i.to_le_bytes(), seed) % bound;
        let mut tree = PrefixTree::new(usize::MAX);
        for trace in 0..400 {
            let mut events = vec!["open"];
            for step in 0..1 + drawn(trace * 100, 6) {
                let at = trace * 100 + 2 * step + 1;
                match drawn(at, 4) {
                    0 => events.extend(["lock", "write", "unlock"]),
                    1 => events.extend(["read", "cache"]),
                    2 => events.push("read"),
                    _ => events.extend(["lock", "read", ["unlock", "break"][drawn(at + 1, 2) as usize]]),
                }
            }
            events.push(["close", "abort"][drawn(trace * 100 + 99, 2) as usize]);
            tree.add(&TraceView::from_bytes(&Trace::of(events).to_bytes()).unwrap()).unwrap();
        }
        let (tree, control) = (tree.to_automaton(), Control::unlimited());
        let invariants = mine(&tree, &MiningOptions::default(), &control).unwrap().list;
        let labels = tree.labels.len();
        let mut graph = Graph::new(&distinct_traces(&tree, &control).unwrap(), labels);
        refine(&mut graph, &invariants, labels, u64::MAX, &control).unwrap();
        (graph, invariants, labels)
    }

    #[test]
    fn the_smallest_graph_of_all_orders_is_kept_and_nothing_more_can_be_merged() {
        let control = Control::unlimited();
        for seed in 0..8 {
            let (graph, invariants, labels) = refined(seed);
            let rules = Rules { invariants: &invariants, labels, times: None };
            let mut kept = graph.clone();
            coarsen(&mut kept, &rules, &control).unwrap();
            for order in ORDERS.into_iter().chain((0..SHUFFLES).map(Order::Shuffled)) {
                let mut one = graph.clone();
                merge_all(&mut one, order, &rules, &control).unwrap();
                assert!(kept.nodes() <= one.nodes(), "{seed} {order:?}: {} and {}", kept.nodes(), one.nodes());
            }
            for (a, b) in pairs(&kept, Order::Oldest, &control).unwrap() {
                let checker = Checker::new(united(&kept, a, b), labels, Kinds::of(&invariants), &control).unwrap();
                assert!(
                    !invariants.iter().all(|invariant| checker.holds(invariant)),
                    "{seed}: {a} and {b} could merge"
                );
            }
        }
    }
}
