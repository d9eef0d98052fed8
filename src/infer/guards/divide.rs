//! The machine whose states are the parts of another one's.

use super::{Division, Split};
use crate::automaton::guard::{Choice, Finite, Node};
use crate::automaton::{Automaton, LabelId, PARAMETER_SAMPLE, Parameters, Sample, StateId, Transition};
use crate::error::Result;
use crate::infer::Control;
use crate::infer::guards::classifier::{Classifier, Tree};
use crate::infer::quotient::renumber;

/// The parts of one transition: from which part of its source to which part of its target how often.
struct Parts<'a> {
    from: Vec<usize>,
    to: Vec<usize>,
    counts: Vec<Vec<u64>>,
    division: Option<&'a Division>,
}

/// A guard before states and transitions have their final numbers.
struct Draft<'a> {
    source: StateId,
    label: LabelId,
    classifier: &'a Classifier,
    /// Per leaf the state it leads to.
    targets: Vec<StateId>,
}

/// The division of a transition by its target's split, if there is one.
fn division<'a>(machine: &Automaton, splits: &'a [Option<Split>], i: usize) -> Option<&'a Division> {
    let split = splits[machine.transitions[i].target as usize].as_ref()?;
    split.incoming.iter().find(|(at, _)| *at == i).map(|(_, division)| division)
}

/// The parts of transition `i`; `None` where there are too few events for every guard to lead somewhere.
fn parts<'a>(machine: &Automaton, splits: &'a [Option<Split>], i: usize) -> Option<Parts<'a>> {
    let t = &machine.transitions[i];
    let (from, leaving): (Vec<usize>, Vec<u64>) = match &splits[t.source as usize] {
        None => (vec![0], vec![t.count]),
        Some(split) => {
            let outgoing = machine.outgoing(t.source);
            let class = outgoing.partition_point(|o| o.label < t.label);
            let counts = split.leaving.iter().map(|counts| counts[class]).enumerate();
            counts.filter(|(_, n)| *n > 0).unzip()
        }
    };
    let division = division(machine, splits, i);
    let (to, entering): (Vec<usize>, Vec<u64>) = match division {
        None => (vec![0], vec![t.count]),
        Some(division) => {
            let counts = division.counts.iter().map(|counts| counts.iter().sum::<u64>()).enumerate();
            counts.filter(|(_, n)| *n > 0).unzip()
        }
    };
    let counts = table(&leaving, &entering)?;
    Some(Parts { from, to, counts, division })
}

/// A table of counts, none of them 0, with these sums of rows and columns, as close to proportional as integers allow.
fn table(rows: &[u64], columns: &[u64]) -> Option<Vec<Vec<u64>>> {
    if columns.len() == 1 {
        return Some(rows.iter().map(|&n| vec![n]).collect());
    }
    let (height, width) = (rows.len() as u64, columns.len() as u64);
    if rows.iter().any(|&n| n < width) || columns.iter().any(|&n| n < height) {
        return None;
    }
    let mut rows: Vec<u64> = rows.iter().map(|n| n - width).collect();
    let mut columns: Vec<u64> = columns.iter().map(|n| n - height).collect();
    let total = rows.iter().sum::<u64>().max(1);
    let (shares, sums) = (rows.clone(), columns.clone());
    let mut table = vec![vec![1u64; columns.len()]; rows.len()];
    for (i, row) in table.iter_mut().enumerate() {
        for (j, cell) in row.iter_mut().enumerate() {
            let share = (u128::from(shares[i]) * u128::from(sums[j]) / u128::from(total)) as u64;
            *cell += share;
            (rows[i], columns[j]) = (rows[i] - share, columns[j] - share);
        }
    }
    // What rounding left goes from the first cell on (north-west corner rule).
    for (i, row) in table.iter_mut().enumerate() {
        for (j, cell) in row.iter_mut().enumerate() {
            let left = rows[i].min(columns[j]);
            *cell += left;
            (rows[i], columns[j]) = (rows[i] - left, columns[j] - left);
        }
    }
    Some(table)
}

/// False for a guarded transition that has too few events for its guards.
pub(super) fn is_feasible(machine: &Automaton, splits: &[Option<Split>], i: usize) -> bool {
    parts(machine, splits, i).is_some()
}

/// Builds the machine of all parts. Every transition must be feasible.
pub(super) fn divide(machine: Automaton, splits: &[Option<Split>], control: &Control<'_>) -> Result<Automaton> {
    if splits.iter().all(Option::is_none) {
        return Ok(machine);
    }
    let mut first: Vec<StateId> = Vec::with_capacity(splits.len());
    let mut stops: Vec<u64> = Vec::new();
    for (state, split) in splits.iter().enumerate() {
        first.push(stops.len() as StateId);
        match split {
            None => stops.push(machine.stops[state]),
            Some(split) => stops.extend(split.leaving.iter().map(|counts| counts.last().copied().unwrap_or(0))),
        }
    }
    let mut transitions = Vec::new();
    let mut drafts: Vec<Draft<'_>> = Vec::new();
    for (i, t) in machine.transitions.iter().enumerate() {
        if i % 1024 == 0 {
            control.check()?;
        }
        // invariant: infeasible guards are dropped before
        let Some(parts) = parts(&machine, splits, i) else { return Ok(machine) };
        let classifier = parts.division.and_then(|division| division.classifier.as_ref());
        let delays = t.delays.apportion(&parts.counts.concat());
        let mut samples = samples(t, &parts);
        for (r, &from) in parts.from.iter().enumerate() {
            let source = first[t.source as usize] + from as StateId;
            for (c, &to) in parts.to.iter().enumerate() {
                let cell = r * parts.to.len() + c;
                transitions.push(Transition {
                    source,
                    label: t.label,
                    target: first[t.target as usize] + to as StateId,
                    count: parts.counts[r][c],
                    delays: delays[cell].clone(),
                    parameters: std::mem::take(&mut samples[cell]),
                });
            }
            if let (Some(classifier), Some(division)) = (classifier, parts.division) {
                let targets = division.part_of.iter().map(|&part| first[t.target as usize] + part as StateId).collect();
                drafts.push(Draft { source, label: t.label, classifier, targets });
            }
        }
    }
    let initial = first[0] + splits[0].as_ref().map_or(0, |split| split.initial as StateId);
    let (mut divided, number) = renumber(&machine, transitions, &stops, initial, control)?;
    let mut guards: Vec<Choice> = drafts.iter().map(|draft| choice(draft, &number, &divided)).collect();
    guards.sort_unstable_by_key(|choice| (choice.source, choice.label));
    divided.learned.guards = guards;
    Ok(divided)
}

/// The parameters of a transition sampled, each given to the part it leads to, where there is most room.
fn samples(t: &Transition, parts: &Parts<'_>) -> Vec<Sample<crate::automaton::ParameterItem>> {
    let width = parts.to.len();
    let mut room: Vec<u64> = parts.counts.concat();
    let mut samples = vec![Sample::default(); room.len()];
    let classifier = parts.division.and_then(|division| Some((division, division.classifier.as_ref()?)));
    for item in &t.parameters.items {
        let column = classifier.and_then(|(division, classifier)| {
            let part = division.part_of[classifier.leaf(&Parameters::parse(&item.value.0))];
            parts.to.iter().position(|&to| to == part)
        });
        let cells = (0..parts.from.len()).map(|row| row * width + column.unwrap_or(0));
        let roomiest = cells.max_by_key(|&cell| (room[cell], std::cmp::Reverse(cell)));
        if let Some(cell) =
            roomiest.filter(|&cell| room[cell] >= item.count && samples[cell].items.len() < PARAMETER_SAMPLE)
        {
            room[cell] -= item.count;
            samples[cell].items.push(item.clone());
        }
    }
    samples
}

/// The guards of a draft in the numbered machine.
fn choice(draft: &Draft<'_>, number: &[StateId], machine: &Automaton) -> Choice {
    let source = number[draft.source as usize];
    let range = machine.on_label(source, draft.label);
    let position = |target: StateId| {
        let target = number[target as usize];
        let at = machine.transitions[range.clone()].iter().position(|t| t.target == target);
        (range.start + at.unwrap_or(0)) as u32
    };
    let targets: Vec<u32> = draft.targets.iter().map(|&target| position(target)).collect();
    let mut nodes = Vec::new();
    flatten(&draft.classifier.tree, &draft.classifier.slots, &targets, &mut nodes);
    let (gain, support) = (Finite(draft.classifier.gain), draft.classifier.support);
    Choice { source, label: draft.label, nodes, gain, support }
}

/// Appends a tree's nodes, its root first; questions that all lead to one transition are left out.
fn flatten(tree: &Tree, slots: &[Box<str>], targets: &[u32], nodes: &mut Vec<Node>) {
    match tree {
        Tree::Ask(question, yes, no) if targets.windows(2).any(|pair| pair[0] != pair[1]) => {
            let (left, right) = targets.split_at(yes.leaves().len());
            let at = nodes.len();
            nodes.push(Node::Take(Vec::new()));
            let then = nodes.len() as u32;
            flatten(yes, slots, left, nodes);
            let otherwise = nodes.len() as u32;
            flatten(no, slots, right, nodes);
            let (slot, test) = (slots[question.slot].clone(), question.test.clone());
            nodes[at] = Node::Ask { slot, test, yes: then, no: otherwise };
        }
        _ => nodes.push(Node::Take(vec![targets[0]])),
    }
}
