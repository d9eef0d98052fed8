//! Projection: the prefix tree of one component's events alone.

use crate::automaton::{Automaton, Histogram, Kind, LabelId, Learned, Sample, StateId, Totals, Transition};
use hashbrown::HashMap;

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

/// The prefix tree of the traces with all events but one component's left out, and of those that have any left.
/// Its labels are the component's. O(size of the tree).
pub fn project(tree: &Automaton, of_label: &[usize], component: usize) -> Automaton {
    let first = of_label.partition_point(|&c| c < component);
    let labels = tree.labels[first..first + of_label[first..].partition_point(|&c| c == component)].to_vec();
    let mut node = vec![0u32; tree.state_count()];
    let mut children: HashMap<(u32, LabelId), u32> = HashMap::new();
    // Per node: parent, label, count and stops.
    let mut nodes: Vec<(u32, LabelId, u64, u64)> = vec![(0, 0, 0, 0)];
    for t in &tree.transitions {
        let before = node[t.source as usize];
        node[t.target as usize] = if of_label[t.label as usize] == component {
            let label = t.label - first as LabelId;
            let fresh = nodes.len() as u32;
            let child = *children.entry((before, label)).or_insert(fresh);
            if child == fresh {
                nodes.push((before, label, 0, 0));
            }
            nodes[child as usize].2 += t.count;
            child
        } else {
            before
        };
    }
    for (state, &stops) in tree.stops.iter().enumerate().filter(|(_, stops)| **stops > 0) {
        if node[state] > 0 {
            nodes[node[state] as usize].3 += stops;
        }
    }
    canonical(&nodes, labels, tree.kind.clone())
}

/// Numbers nodes breadth-first by label.
fn canonical(nodes: &[(u32, LabelId, u64, u64)], labels: Vec<crate::trace::Label>, kind: Kind) -> Automaton {
    let mut children: Vec<Vec<u32>> = vec![Vec::new(); nodes.len()];
    for (id, node) in nodes.iter().enumerate().skip(1) {
        children[node.0 as usize].push(id as u32);
    }
    let (mut queue, mut transitions, mut stops) = (vec![0u32], Vec::with_capacity(nodes.len()), vec![0u64]);
    let mut at = 0;
    while let Some(&source) = queue.get(at) {
        let mut below = std::mem::take(&mut children[source as usize]);
        below.sort_unstable_by_key(|&id| nodes[id as usize].1);
        for id in below {
            let (_, label, count, stopped) = nodes[id as usize];
            transitions.push(Transition {
                source: at as StateId,
                label,
                target: queue.len() as StateId,
                count,
                delays: Histogram::default(),
                parameters: Sample::default(),
            });
            stops.push(stopped);
            queue.push(id);
        }
        at += 1;
    }
    let totals = Totals {
        traces: stops.iter().sum(),
        distinct_traces: stops.iter().filter(|&&n| n > 0).count() as u64,
        events: transitions.iter().map(|t| t.count).sum(),
        ..Totals::default()
    };
    Automaton {
        kind,
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
