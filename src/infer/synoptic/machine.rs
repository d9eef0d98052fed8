//! From the partition graph to an automaton: a state per node, each transition labelled with its target's event type.

use super::graph::{Graph, TERMINAL};
use crate::automaton::{
    Automaton, Histogram, Kind, Learned, PARAMETER_SAMPLE, ParameterItem, Sample, StateId, Transition,
};
use crate::error::Result;
use crate::infer::Control;
use crate::infer::holdout::Held;
use std::collections::BTreeMap;

/// A node of the prefix tree as instances saw it: the edge of the graph and how many traces took it there.
type Share = ((u32, u32), u64);

/// The automaton of a partition graph. O(sum of lengths × log edges).
pub(super) fn machine(tree: &Automaton, traces: &[Held], graph: &Graph, control: &Control<'_>) -> Result<Automaton> {
    let mut shares: Vec<Vec<Share>> = vec![Vec::new(); tree.transitions.len()];
    let mut stops: BTreeMap<u32, u64> = BTreeMap::new();
    let mut instance = 0;
    for (i, trace) in traces.iter().enumerate() {
        if i % 256 == 0 {
            control.check()?;
        }
        let mut state: StateId = 0;
        for &event in &trace.events {
            // invariant: the tree's own traces lead through it
            let start = tree.transitions.partition_point(|t| (t.source, t.label) < (state, event));
            let edge = (graph.partition[instance], graph.partition[instance + 1]);
            match shares[start].iter_mut().find(|share| share.0 == edge) {
                Some(share) => share.1 += trace.count,
                None => shares[start].push((edge, trace.count)),
            }
            state = tree.transitions[start].target;
            instance += 1;
        }
        *stops.entry(graph.partition[instance]).or_default() += trace.count;
        instance += 2;
    }
    let mut edges: BTreeMap<(u32, u32), Transition> = BTreeMap::new();
    for (i, (t, shares)) in tree.transitions.iter().zip(&shares).enumerate() {
        if i % 256 == 0 {
            control.check()?;
        }
        for part in apportion(t, shares) {
            let key = (part.source, part.target);
            match edges.get_mut(&key) {
                Some(edge) => edge.absorb(&part),
                None => {
                    edges.insert(key, part);
                }
            }
        }
    }
    Ok(numbered(tree, graph, edges, &stops))
}

/// Divides a tree transition's statistics among the edges that its traces take, in proportion to their counts.
fn apportion(t: &Transition, shares: &[Share]) -> Vec<Transition> {
    let weights: Vec<u64> = shares.iter().map(|share| share.1).collect();
    let delays = if shares.len() == 1 { vec![t.delays.clone()] } else { t.delays.apportion(&weights) };
    let mut parameters: Vec<Sample<ParameterItem>> = vec![Sample::default(); shares.len()];
    let (mut at, mut room) = (0, weights.first().copied().unwrap_or_default());
    for item in t.parameters.items.iter().take(PARAMETER_SAMPLE) {
        let mut left = item.count;
        while left > 0 && at < shares.len() {
            let taken = left.min(room);
            if taken > 0 {
                let mut part = item.clone();
                part.count = taken;
                parameters[at].items.push(part);
            }
            (left, room) = (left - taken, room - taken);
            if room == 0 {
                at += 1;
                room = weights.get(at).copied().unwrap_or_default();
            }
        }
    }
    let part = |((share, delays), parameters): ((&Share, Histogram), _)| Transition {
        source: share.0.0,
        label: t.label,
        target: share.0.1,
        count: share.1,
        delays,
        parameters,
    };
    shares.iter().zip(delays).zip(parameters).map(part).collect()
}

/// Numbers the nodes breadth-first by label, then by node, and leaves TERMINAL out.
fn numbered(
    tree: &Automaton,
    graph: &Graph,
    edges: BTreeMap<(u32, u32), Transition>,
    stops: &BTreeMap<u32, u64>,
) -> Automaton {
    let mut number = vec![StateId::MAX; graph.nodes()];
    number[0] = 0;
    let mut order = vec![0u32];
    let mut at = 0;
    while let Some(&node) = order.get(at) {
        at += 1;
        let mut next: Vec<(u32, u32)> =
            edges.range((node, 0)..=(node, u32::MAX)).map(|(k, t)| (t.label, k.1)).collect();
        next.sort_unstable();
        for (_, to) in next {
            if to != TERMINAL && number[to as usize] == StateId::MAX {
                number[to as usize] = order.len() as StateId;
                order.push(to);
            }
        }
    }
    let renamed = |mut t: Transition| {
        (t.source, t.target) = (number[t.source as usize], number[t.target as usize]);
        t
    };
    let mut transitions: Vec<Transition> = edges.into_values().map(renamed).collect();
    transitions.sort_unstable_by_key(|t| (t.source, t.label, t.target));
    Automaton {
        kind: Kind::PrefixTree,
        stops: order.iter().map(|node| stops.get(node).copied().unwrap_or_default()).collect(),
        transitions,
        labels: tree.labels.clone(),
        totals: tree.totals.clone(),
        durations: tree.durations.clone(),
        starts: tree.starts.clone(),
        pair_times: tree.pair_times.clone(),
        learned: Learned::default(),
        values: tree.values.clone(),
    }
}
