//! Holding distinct traces out of a prefix tree, to judge learners on what they have not seen.

use super::Control;
use crate::automaton::{Automaton, Histogram, LabelId, Learned, Sample, StateId, Totals, Transition};
use crate::error::{Error, Result};

/// A distinct trace with how often it occurred.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Its events.
    pub events: Vec<LabelId>,
    /// How often it occurred.
    pub count: u64,
}

/// What a distinct trace takes beside its events.
const HELD_BYTES: usize = 48;
/// Distinct traces between two questions whether to go on.
const TRACES_PER_CHECK: usize = 256;

/// All distinct traces of a prefix tree, breadth-first: shorter ones first, then by label. O(sum of lengths).
///
/// Fails for anything but a tree, such as a machine with a loop, and where the traces do not fit into memory: those of a
/// tree of n states may have n² / 2 events.
pub fn distinct_traces(tree: &Automaton, control: &Control<'_>) -> Result<Vec<Held>> {
    let not_a_tree =
        || Error::NotAPrefixTree { operation: "listing distinct traces", method: tree.method().to_string() };
    let mut entered: Vec<Option<(StateId, LabelId)>> = vec![None; tree.state_count()];
    let mut depth = vec![0usize; tree.state_count()];
    for t in &tree.transitions {
        // Sources come before targets, so their depth is known.
        if t.target <= t.source || entered[t.target as usize].replace((t.source, t.label)).is_some() {
            return Err(not_a_tree());
        }
        depth[t.target as usize] = depth[t.source as usize] + 1;
    }

    let stopped = || tree.stops.iter().enumerate().filter(|(_, count)| **count > 0);
    let bytes = stopped().fold(0usize, |sum, (state, _)| {
        sum.saturating_add(HELD_BYTES + size_of::<LabelId>().saturating_mul(depth[state]))
    });
    control.check_memory("listing distinct traces", bytes)?;

    let mut traces = Vec::with_capacity(stopped().count());
    for (state, &count) in stopped() {
        if traces.len() % TRACES_PER_CHECK == 0 {
            control.check()?;
        }
        let mut events = vec![0; depth[state]];
        let mut at = state;
        for place in events.iter_mut().rev() {
            // invariant: a state of depth n is entered n times on the way back
            let Some((source, label)) = entered[at] else { return Err(not_a_tree()) };
            *place = label;
            at = source as usize;
        }
        traces.push(Held { events, count });
    }
    Ok(traces)
}

/// Splits the distinct traces of a prefix tree: every `folds`-th, from number `fold` on, is held out.
///
/// The tree of the others keeps labels and counts only. O(size of the tree).
pub fn split(tree: &Automaton, fold: usize, folds: usize, control: &Control<'_>) -> Result<(Automaton, Vec<Held>)> {
    let all = distinct_traces(tree, control)?;
    let held = all.iter().enumerate().filter(|(i, _)| i % folds == fold).map(|(_, trace)| trace.clone()).collect();
    let mut stops = tree.stops.clone();
    for (number, count) in stops.iter_mut().filter(|count| **count > 0).enumerate() {
        if number % folds == fold {
            *count = 0;
        }
    }
    Ok((restrict(tree, &stops), held))
}

/// The prefix tree of fewer traces, by how many of each distinct one are left (in the order of [`distinct_traces`]);
/// labels stay, times and parameters go. O(size of the tree).
pub fn restricted(tree: &Automaton, left: &[u64]) -> Automaton {
    let mut stops = tree.stops.clone();
    stops.iter_mut().filter(|count| **count > 0).zip(left).for_each(|(count, &left)| *count = left);
    restrict(tree, &stops)
}

/// A prefix tree with other, smaller numbers of traces ending in each of its states, without those no trace reaches.
///
/// It keeps labels and counts only. O(size of the tree).
pub fn restrict(tree: &Automaton, stops: &[u64]) -> Automaton {
    // Sources come before targets, so backwards every count below a state is known when it is reached.
    let mut visits = stops.to_vec();
    for t in tree.transitions.iter().rev() {
        visits[t.source as usize] += visits[t.target as usize];
    }
    let mut number = vec![0 as StateId; tree.state_count()];
    let mut kept = vec![stops[0]];
    let mut transitions = Vec::new();
    for t in tree.transitions.iter().filter(|t| visits[t.target as usize] > 0) {
        number[t.target as usize] = kept.len() as StateId;
        kept.push(stops[t.target as usize]);
        transitions.push(Transition {
            source: number[t.source as usize],
            label: t.label,
            target: number[t.target as usize],
            count: visits[t.target as usize],
            delays: Histogram::default(),
            parameters: Sample::default(),
        });
    }
    let totals = Totals {
        traces: kept.iter().sum(),
        distinct_traces: kept.iter().filter(|&&count| count > 0).count() as u64,
        events: transitions.iter().map(|t| t.count).sum(),
        ..Totals::default()
    };
    Automaton {
        kind: tree.kind.clone(),
        labels: tree.labels.clone(),
        stops: kept,
        transitions,
        totals,
        durations: Histogram::default(),
        starts: Sample::default(),
        pair_times: Vec::new(),
        learned: Learned::default(),
        values: None,
    }
}
/// Traces with the labels of one automaton, in the numbers of another; events that it lacks get a number beyond its.
pub fn relabel(traces: &[Held], from: &Automaton, to: &Automaton) -> Vec<Held> {
    let number: Vec<LabelId> =
        from.labels.iter().map(|label| to.label_id(label).unwrap_or(to.labels.len() as LabelId)).collect();
    let translate = |t: &Held| Held { events: t.events.iter().map(|&e| number[e as usize]).collect(), count: t.count };
    traces.iter().map(translate).collect()
}

/// The states that a machine can be in after some events; empty where it cannot follow.
pub fn frontier(machine: &Automaton, events: &[LabelId]) -> Vec<StateId> {
    let mut states: Vec<StateId> = vec![0];
    for &event in events {
        let mut next: Vec<StateId> = states
            .iter()
            .flat_map(|&state| {
                let outgoing = machine.outgoing(state);
                let start = outgoing.partition_point(|t| t.label < event);
                outgoing[start..].iter().take_while(move |t| t.label == event).map(|t| t.target)
            })
            .collect();
        next.sort_unstable();
        next.dedup();
        states = next;
    }
    states
}

/// True where a machine consumes the events whole and may stop then.
pub fn accepts(machine: &Automaton, events: &[LabelId]) -> bool {
    frontier(machine, events).iter().any(|&state| machine.stops[state as usize] > 0)
}

/// The distinct traces that some accepting path of a machine takes through all of some states, most frequent first.
///
/// * `machine`: any machine with the labels of `tree`
/// * `tree`: the prefix tree of the traces
/// * `states`: at least one and at most 64 states
///
/// O(events × frontier × 2^states seen) at worst, O(events) for a deterministic machine.
pub fn traces_through(
    machine: &Automaton,
    tree: &Automaton,
    states: &[StateId],
    control: &Control<'_>,
) -> Result<Vec<Held>> {
    check_states(machine, states)?;
    let mut found = Vec::new();
    for trace in distinct_traces(tree, control)? {
        if passes(machine, &trace.events, states, control)? {
            found.push(trace);
        }
    }
    found.sort_by_key(|trace| std::cmp::Reverse(trace.count));
    Ok(found)
}

/// True where some accepting path of a machine takes the events through all of at most 64 states.
/// O(length × frontier × 2^states seen) at worst, O(length) for a deterministic machine.
pub fn passes(machine: &Automaton, events: &[LabelId], states: &[StateId], control: &Control<'_>) -> Result<bool> {
    let bit = |state: StateId| states.iter().position(|&s| s == state).map_or(0u64, |i| 1 << i);
    let all = states.iter().fold(0, |mask, &state| mask | bit(state));
    let mut frontier = vec![(0 as StateId, bit(0))];
    let mut steps = 0;
    for &event in events {
        // Many ways lead to the same state: they are made one as soon as there are twice as many as were left before.
        let (mut next, mut distinct) = (Vec::new(), STEPS_PER_CHECK);
        for &(state, seen) in &frontier {
            let outgoing = machine.outgoing(state);
            let start = outgoing.partition_point(|t| t.label < event);
            let taken = outgoing[start..].iter().take_while(|t| t.label == event);
            let before = next.len();
            next.extend(taken.map(|t| (t.target, seen | bit(t.target))));
            steps += 1 + next.len() - before;
            if next.len() > 2 * distinct {
                next.sort_unstable();
                next.dedup();
                distinct = distinct.max(next.len());
            }
            if steps >= STEPS_PER_CHECK {
                control.check()?;
                let bytes = size_of_val(&frontier[..]) + size_of_val(&next[..]);
                control.check_memory("following a trace through states", bytes)?;
                steps = 0;
            }
        }
        next.sort_unstable();
        next.dedup();
        frontier = next;
    }
    Ok(frontier.iter().any(|&(state, seen)| seen == all && machine.stops[state as usize] > 0))
}

/// Steps of following a trace between two questions whether to go on.
const STEPS_PER_CHECK: usize = 4096;

/// Fails unless `states` are between 1 and 64 states of a machine.
pub fn check_states(machine: &Automaton, states: &[StateId]) -> Result<()> {
    if !states.is_empty() && states.len() <= 64 && states.iter().all(|&s| (s as usize) < machine.state_count()) {
        return Ok(());
    }
    Err(Error::InvalidArgument {
        argument: "states",
        reason: format!("Between 1 and 64 states of the model are needed, {} were given", states.len()),
        hint: "The model's states table lists its states.".into(),
    })
}
