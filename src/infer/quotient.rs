//! The machine that a partition of a machine's states stands for.

use super::Control;
use crate::automaton::{Automaton, LabelId, Learned, PARAMETER_SAMPLE, StateId, Transition};
use crate::error::Result;
use hashbrown::HashMap;

/// Merges the states of each block and adds their statistics up.
///
/// * `machine`: the machine that is partitioned
/// * `blocks`: for each state the name of its block, below `names`
///
/// States are numbered breadth-first by label, then by block. O(m log m) in the transitions.
pub fn quotient(machine: &Automaton, blocks: &[u32], names: usize, control: &Control<'_>) -> Result<Automaton> {
    let mut merged: HashMap<(StateId, LabelId, StateId), usize> = HashMap::new();
    let mut transitions: Vec<Transition> = Vec::new();
    for (i, t) in machine.transitions.iter().enumerate() {
        if i % 4096 == 0 {
            control.spend((machine.transitions.len() - i).min(4096) * 16)?;
        }
        let key = (blocks[t.source as usize], t.label, blocks[t.target as usize]);
        match merged.get(&key) {
            Some(&at) => transitions[at].absorb(t),
            None => {
                merged.insert(key, transitions.len());
                let mut first = Transition { source: key.0, target: key.2, ..t.clone() };
                first.parameters.items.truncate(PARAMETER_SAMPLE);
                transitions.push(first);
            }
        }
    }
    let mut stops = vec![0u64; names];
    for (&block, &count) in blocks.iter().zip(&machine.stops) {
        stops[block as usize] += count;
    }
    let initial = blocks.first().copied().unwrap_or_default();
    control.check()?;
    Ok(renumber(machine, transitions, &stops, initial, control)?.0)
}

/// Numbers blocks breadth-first from the initial one, by label and then by block; with the number of each.
pub(super) fn renumber(
    machine: &Automaton,
    mut transitions: Vec<Transition>,
    stops: &[u64],
    initial: StateId,
    control: &Control<'_>,
) -> Result<(Automaton, Vec<StateId>)> {
    transitions.sort_unstable_by_key(|t| (t.source, t.label, t.target));
    let range = |state: StateId| {
        let start = transitions.partition_point(|t| t.source < state);
        start..start + transitions[start..].partition_point(|t| t.source == state)
    };
    let mut number = vec![StateId::MAX; stops.len()];
    let mut queue = vec![initial];
    number[initial as usize] = 0;
    let mut at = 0;
    control.check()?;
    while at < queue.len() {
        if at % (1 << 15) == 0 {
            control.check()?;
        }
        for t in &transitions[range(queue[at])] {
            if number[t.target as usize] == StateId::MAX {
                number[t.target as usize] = queue.len() as StateId;
                queue.push(t.target);
            }
        }
        at += 1;
    }
    for t in &mut transitions {
        (t.source, t.target) = (number[t.source as usize], number[t.target as usize]);
    }
    control.check()?;
    transitions.sort_unstable_by_key(|t| (t.source, t.label, t.target));
    let renumbered = Automaton {
        stops: queue.iter().map(|&state| stops[state as usize]).collect(),
        transitions,
        kind: machine.kind.clone(),
        labels: machine.labels.clone(),
        totals: machine.totals.clone(),
        durations: machine.durations.clone(),
        starts: machine.starts.clone(),
        pair_times: machine.pair_times.clone(),
        // What was learned names transitions by position: it goes with the machine that had them.
        learned: Learned::default(),
        values: machine.values.clone(),
    };
    Ok((renumbered, number))
}
