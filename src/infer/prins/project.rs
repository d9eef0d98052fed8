//! Projection: the prefix tree of one component's events alone.

use crate::automaton::{
    Automaton, Histogram, LabelId, Learned, PARAMETER_SAMPLE, ParameterItem, Sample, StateId, Totals, Transition,
};
use crate::trace::Label;
use hashbrown::HashMap;
use std::ops::Range;

/// The components of a tree's labels, ascending, and per label the number of its own.
pub fn components(tree: &Automaton) -> (Vec<Option<Box<str>>>, Vec<usize>) {
    // Labels are ascending by component first.
    let mut names: Vec<Option<Box<str>>> = Vec::new();
    let mut of_label = Vec::with_capacity(tree.labels.len());
    for label in &tree.labels {
        if names.last() != Some(&label.component) {
            names.push(label.component.clone());
        }
        of_label.push(names.len() - 1);
    }
    (names, of_label)
}

/// A node of a projected tree.
struct Node {
    parent: u32,
    label: LabelId,
    count: u64,
    stops: u64,
    parameters: Sample<ParameterItem>,
}

/// What a component does next after a node of the whole tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    /// The same whatever else happens: an event of its own, or nothing any more.
    Known(Option<LabelId>),
    /// One of several.
    Open,
}

/// The prefix tree of the traces with all events but one component's left out, and of those that have any left.
/// Its labels are the component's; a parameter sample keeps the events of which it is known what the component does next.
/// O(size of the tree).
pub fn project(tree: &Automaton, of_label: &[usize], component: usize) -> Automaton {
    let first = of_label.partition_point(|&c| c < component);
    let labels = tree.labels[first..first + of_label[first..].partition_point(|&c| c == component)].to_vec();
    let next = if tree.totals.events_with_parameters > 0 { next_of(tree, of_label, component) } else { Vec::new() };
    let mut node = vec![0u32; tree.state_count()];
    let mut children: HashMap<(u32, LabelId), u32> = HashMap::new();
    let root = Node { parent: 0, label: 0, count: 0, stops: 0, parameters: Sample::default() };
    let mut nodes: Vec<Node> = vec![root];
    for t in &tree.transitions {
        let parent = node[t.source as usize];
        node[t.target as usize] = if of_label[t.label as usize] == component {
            let label = t.label - first as LabelId;
            let fresh = nodes.len() as u32;
            let child = *children.entry((parent, label)).or_insert(fresh);
            if child == fresh {
                nodes.push(Node { parent, label, count: 0, stops: 0, parameters: Sample::default() });
            }
            let of = &mut nodes[child as usize];
            of.count += t.count;
            let own = first as LabelId..(first + labels.len()) as LabelId;
            add_known(&mut of.parameters, tree, t, &next, own);
            child
        } else {
            parent
        };
    }
    for (state, &stops) in tree.stops.iter().enumerate().filter(|(_, stops)| **stops > 0) {
        if node[state] > 0 {
            nodes[node[state] as usize].stops += stops;
        }
    }
    canonical(nodes, labels, tree)
}

/// What a component does next after each node of a tree. O(size of the tree).
fn next_of(tree: &Automaton, of_label: &[usize], component: usize) -> Vec<Next> {
    let mut next: Vec<Option<Next>> = tree.stops.iter().map(|&n| (n > 0).then_some(Next::Known(None))).collect();
    // Sources come before targets, so backwards all of a node's children are known before it.
    for t in tree.transitions.iter().rev() {
        let below = match of_label[t.label as usize] == component {
            true => Next::Known(Some(t.label)),
            false => next[t.target as usize].unwrap_or(Next::Open),
        };
        let of = &mut next[t.source as usize];
        *of = Some(if of.is_none_or(|of| of == below) { below } else { Next::Open });
    }
    next.into_iter().map(|next| next.unwrap_or(Next::Open)).collect()
}

/// Adds the sampled parameters of a transition of which it is known what the component, whose labels are `own`, does next.
fn add_known(sample: &mut Sample<ParameterItem>, tree: &Automaton, t: &Transition, next: &[Next], own: Range<LabelId>) {
    for item in &t.parameters.items {
        let after = match item.value.1 {
            Some(label) if !own.contains(&label) => {
                let taken = tree.transitions[tree.on_label(t.target, label)].first();
                taken.map_or(Next::Open, |taken| next[taken.target as usize])
            }
            own_or_end => Next::Known(own_or_end),
        };
        if let Next::Known(label) = after {
            let value = (item.value.0.clone(), label.map(|label| label - own.start));
            sample.add(item.hash, value, item.count, PARAMETER_SAMPLE);
        }
    }
}

/// Numbers nodes breadth-first by label.
fn canonical(mut nodes: Vec<Node>, labels: Vec<Label>, tree: &Automaton) -> Automaton {
    let mut children: Vec<Vec<u32>> = vec![Vec::new(); nodes.len()];
    for (id, node) in nodes.iter().enumerate().skip(1) {
        children[node.parent as usize].push(id as u32);
    }
    let (mut queue, mut transitions, mut stops) = (vec![0u32], Vec::with_capacity(nodes.len()), vec![0u64]);
    let mut at = 0;
    while let Some(&source) = queue.get(at) {
        let mut below = std::mem::take(&mut children[source as usize]);
        below.sort_unstable_by_key(|&id| nodes[id as usize].label);
        for id in below {
            let node = &mut nodes[id as usize];
            transitions.push(Transition {
                source: at as StateId,
                label: node.label,
                target: queue.len() as StateId,
                count: node.count,
                delays: Histogram::default(),
                parameters: std::mem::take(&mut node.parameters),
            });
            stops.push(node.stops);
            queue.push(id);
        }
        at += 1;
    }
    let totals = Totals {
        traces: stops.iter().sum(),
        distinct_traces: stops.iter().filter(|&&n| n > 0).count() as u64,
        events: transitions.iter().map(|t| t.count).sum(),
        events_with_parameters: tree.totals.events_with_parameters,
        ..Totals::default()
    };
    Automaton {
        kind: tree.kind.clone(),
        labels,
        stops,
        transitions,
        totals,
        durations: Histogram::default(),
        starts: Sample::default(),
        pair_times: Vec::new(),
        learned: Learned::default(),
        values: None,
    }
}
