//! Guards on the transitions of a machine (MINT, Walkinshaw, Taylor & Derrick 2016): where an event's parameters tell
//! what comes next, the state behind it is divided, and the parameters choose the part.
//!
//! Learned from the bounded samples of parameters in the prefix tree, so cost follows distinct behaviour. No training
//! trace is lost: what a sample may have missed stays possible on every side of a guard, and where counts leave no room
//! for that, the guard is dropped.
//!
//! ```text
//! before   0 ─order─▶ 1 ─ship─▶ 2      orders up to 100 are shipped, larger ones are reviewed first
//!                     1 ─review─▶ 3
//! after    0 ─order, amount <= 100─▶ 1a ─ship─▶ 2
//!          0 ─order, else──────────▶ 1b ─review─▶ 3
//! ```
//!
//! In reading order, one step each of [`add_guards`]:
//!
//! * this file, `observe`: walks the prefix tree through the machine and gathers, per transition, sampled parameters
//!   and the class of what came next
//! * `examples`: the samples as a learner of trees reads them
//! * `grow`: which question to ask, by its log Bayes factor; `classifier`: the tree of such questions, if any pays on
//!   values held out
//! * this file, `split`: a state is divided by the leaves of the trees on its incoming transitions
//! * `divide`: whether counts leave room for that, and the machine of the parts

mod classifier;
mod divide;
mod examples;
mod grow;

use super::Control;
use crate::automaton::{Automaton, Parameters, StateId, Stratum, Transition, strata};
use crate::error::Result;
use classifier::Classifier;
use examples::Examples;
use grow::evidence;
use std::collections::BTreeSet;

/// More leaves than this into one state are not worth reading.
const LEAVES: usize = 64;

/// What training saw of one transition: how its sampled and its other events went on.
struct Seen {
    /// (parameters, class of what came next, count, events it stands for) of sampled events, from all the prefix tree's
    /// transitions it stands for.
    items: Vec<(Box<str>, usize, u64, f64)>,
    /// Per class, events without parameters.
    plain: Vec<u64>,
    /// Per class, events whose parameters the bounded sample does not hold.
    missed: Vec<u64>,
}

/// How a transition's events are divided among the parts of its target.
struct Division {
    /// `None` where all go to one part.
    classifier: Option<Classifier>,
    /// Per leaf of the classifier the part; one entry without a classifier.
    part_of: Vec<usize>,
    /// Per part and class of what comes next, the events.
    counts: Vec<Vec<u64>>,
}

/// How a state is divided.
struct Split {
    /// Per transition into the state.
    incoming: Vec<(usize, Division)>,
    /// The part in which traces start, for the initial state.
    initial: usize,
    /// Per part and class, the events that leave it; the last class is stopping.
    leaving: Vec<Vec<u64>>,
}

/// Adds guards to a deterministic machine of a prefix tree; gives it back as it is where parameters tell nothing.
pub fn add_guards(machine: Automaton, tree: &Automaton, control: &Control<'_>) -> Result<Automaton> {
    if tree.totals.events_with_parameters == 0 || !machine.is_deterministic() || !machine.learned.guards.is_empty() {
        return Ok(machine);
    }
    let Some(seen) = observe(&machine, tree) else { return Ok(machine) };
    let mut incoming: Vec<Vec<usize>> = vec![Vec::new(); machine.state_count()];
    machine.transitions.iter().enumerate().for_each(|(i, t)| incoming[t.target as usize].push(i));
    let mut classifiers: Vec<Vec<Option<Classifier>>> = Vec::with_capacity(incoming.len());
    for incoming in &incoming {
        control.check()?;
        let learn = |&i: &usize| {
            let class = |item: &(Box<str>, usize, u64, f64)| item.1;
            let told = seen[i].items.windows(2).any(|pair| class(&pair[0]) != class(&pair[1]));
            if !told {
                return None;
            }
            let items = seen[i].items.iter().map(|(text, class, n, weight)| (text.as_ref(), *class, *n, *weight));
            Examples::new(items, seen[i].plain.len()).learn()
        };
        classifiers.push(incoming.iter().map(learn).collect());
    }
    let split_state = |state: usize, classifiers: &[Option<Classifier>]| {
        split(&machine, state as StateId, &incoming[state], classifiers.to_vec(), &seen)
    };
    let states = classifiers.iter().enumerate();
    let mut splits: Vec<Option<Split>> = states.map(|(state, of)| split_state(state, of)).collect();
    // Where neighbours are divided too, a guard may lack events for all its ways: it is dropped.
    let mut open: BTreeSet<usize> = (0..machine.transitions.len()).collect();
    while let Some(i) = open.pop_first() {
        if i % 1024 == 0 {
            control.check()?;
        }
        if divide::is_feasible(&machine, &splits, i) {
            continue;
        }
        let state = machine.transitions[i].target as usize;
        // What leads there and on is divided anew.
        open.extend(&incoming[state]);
        let first = machine.transitions.partition_point(|t| (t.source as usize) < state);
        open.extend(first..first + machine.outgoing(state as StateId).len());
        let at = incoming[state].iter().position(|&of| of == i).unwrap_or(0);
        classifiers[state][at] = None;
        splits[state] = split_state(state, &classifiers[state]);
    }
    divide::divide(machine, &splits, control)
}

/// The classes of what can come after a state: its labels in order, then stopping.
fn classes(machine: &Automaton, state: StateId) -> usize {
    machine.outgoing(state).len() + 1
}

/// Walks the prefix tree through the machine; `None` where it does not fit.
fn observe(machine: &Automaton, tree: &Automaton) -> Option<Vec<Seen>> {
    let empty = |t: &crate::automaton::Transition| {
        let none = vec![0; classes(machine, t.target)];
        Seen { items: Vec::new(), plain: none.clone(), missed: none }
    };
    let mut seen: Vec<Seen> = machine.transitions.iter().map(empty).collect();
    let mut state = vec![0 as StateId; tree.state_count()];
    for t in &tree.transitions {
        let at = machine.on_label(state[t.source as usize], t.label).start;
        let taken =
            machine.transitions.get(at).filter(|m| (m.source, m.label) == (state[t.source as usize], t.label))?;
        state[t.target as usize] = taken.target;
        let outgoing = machine.outgoing(taken.target);
        let class = |label: Option<u32>| match label {
            Some(label) => outgoing.binary_search_by_key(&label, |o| o.label).unwrap_or(outgoing.len()),
            None => outgoing.len(),
        };
        let mut rest = vec![0; outgoing.len() + 1];
        rest[outgoing.len()] = tree.stops[t.target as usize];
        tree.outgoing(t.target).iter().for_each(|next| rest[class(Some(next.label))] += next.count);
        // How many events each sampled one stands for, per class.
        let mut weights = vec![1.0; rest.len()];
        for stratum in strata(&t.parameters) {
            let class = class(stratum.next);
            let left = rest[class].checked_sub(stratum.sampled)?;
            rest[class] = 0;
            let seen = &mut seen[at];
            if stratum.complete {
                seen.plain[class] += left;
            } else {
                seen.missed[class] += left;
            }
            weights[class] = weight(tree, t, &stratum);
        }
        seen[at].plain.iter_mut().zip(rest).for_each(|(sum, n)| *sum += n);
        for item in &t.parameters.items {
            let class = class(item.value.1);
            let weight = item.count as f64 * weights[class];
            seen[at].items.push((item.value.0.clone(), class, item.count, weight));
        }
    }
    Some(seen)
}

/// Divides a state by the classifiers of the transitions into it; `None` where that makes no difference.
fn split(
    machine: &Automaton,
    state: StateId,
    incoming: &[usize],
    mut classifiers: Vec<Option<Classifier>>,
    seen: &[Seen],
) -> Option<Split> {
    let classes = classes(machine, state);
    // What enters by no transition: the starts of traces.
    let start = (state == 0).then(|| {
        let mut counts: Vec<u64> = machine.outgoing(0).iter().map(|t| t.count).chain([machine.stops[0]]).collect();
        for &i in incoming {
            let total = totals(&seen[i]);
            counts.iter_mut().zip(total).for_each(|(n, entered)| *n -= entered.min(*n));
        }
        counts
    });
    loop {
        if classes < 2 || classifiers.iter().all(Option::is_none) {
            return None;
        }
        let mut leaves: Vec<Vec<u64>> = Vec::new();
        for (&i, classifier) in incoming.iter().zip(&classifiers) {
            match classifier {
                Some(classifier) => leaves.extend(classifier.tree.leaves().iter().map(|leaf| leaf.effective_counts())),
                None => leaves.push(totals(&seen[i])),
            }
        }
        leaves.extend(start.clone());
        if leaves.len() > LEAVES {
            // The guard that tells least goes first.
            let told = |c: &Classifier| c.gain * c.support as f64;
            let guards = classifiers.iter().enumerate().filter_map(|(at, c)| Some((told(c.as_ref()?), at)));
            let least = guards.min_by(|a, b| a.0.total_cmp(&b.0));
            match least {
                Some((_, at)) if incoming.len() < LEAVES => classifiers[at] = None,
                _ => return None,
            }
            continue;
        }
        let (parts, part_of) = alike(&leaves);
        let mut of = part_of.into_iter();
        let mut divisions = Vec::with_capacity(incoming.len());
        for (at, &i) in incoming.iter().enumerate() {
            let count = classifiers[at].as_ref().map_or(1, |classifier| classifier.tree.leaves().len());
            let part_of: Vec<usize> = of.by_ref().take(count).collect();
            let told = part_of.windows(2).any(|pair| pair[0] != pair[1]);
            let classifier = classifiers[at].clone().filter(|_| told);
            let part_of = if told { part_of } else { part_of[..1].to_vec() };
            divisions.push((i, Division { counts: vec![vec![0; classes]; parts], classifier, part_of }));
        }
        let initial = of.next().unwrap_or(0);
        if divisions.iter().all(|(_, division)| division.classifier.is_none()) {
            return None;
        }
        // A guard for whose sides there are too few events is dropped, and the parts are made anew.
        let failed = divisions.iter_mut().position(|(i, division)| !division.share_out(&seen[*i]));
        if let Some(at) = failed {
            classifiers[at] = None;
            continue;
        }
        let mut leaving = vec![vec![0u64; classes]; parts];
        for (_, division) in &divisions {
            for (sum, counts) in leaving.iter_mut().zip(&division.counts) {
                sum.iter_mut().zip(counts).for_each(|(sum, n)| *sum += n);
            }
        }
        if let Some(start) = &start {
            leaving[initial].iter_mut().zip(start).for_each(|(sum, n)| *sum += n);
        }
        return Some(Split { incoming: divisions, initial, leaving });
    }
}

fn totals(seen: &Seen) -> Vec<u64> {
    let mut totals: Vec<u64> = seen.plain.iter().zip(&seen.missed).map(|(a, b)| a + b).collect();
    seen.items.iter().for_each(|(_, class, count, _)| totals[*class] += count);
    totals
}

/// Groups distributions that are likelier one than several, the likeliest first (Bayesian agglomeration): the number of
/// groups and the group of each, numbered by their first member.
fn alike(leaves: &[Vec<u64>]) -> (usize, Vec<usize>) {
    let mut groups: Vec<(Vec<u64>, Vec<usize>)> = leaves.iter().cloned().zip((0..).map(|i| vec![i])).collect();
    let sum = |a: &[u64], b: &[u64]| -> Vec<u64> { a.iter().zip(b).map(|(x, y)| x + y).collect() };
    loop {
        let mut best: Option<(f64, usize, usize)> = None;
        for i in 0..groups.len() {
            for j in i + 1..groups.len() {
                let (a, b) = (&groups[i].0, &groups[j].0);
                let gain = evidence(&sum(a, b)) - evidence(a) - evidence(b);
                if gain > best.map_or(0.0, |best| best.0) {
                    best = Some((gain, i, j));
                }
            }
        }
        let Some((_, i, j)) = best else { break };
        let (counts, members) = groups.remove(j);
        groups[i].0 = sum(&groups[i].0, &counts);
        groups[i].1.extend(members);
    }
    let mut part_of = vec![0; leaves.len()];
    for (part, (_, members)) in groups.iter().enumerate() {
        members.iter().for_each(|&leaf| part_of[leaf] = part);
    }
    (groups.len(), part_of)
}

impl Division {
    /// Shares a transition's events out among the parts. Events beyond the sample go in proportion to sampled ones, at
    /// least one to every part that parameters can lead to; false where there are too few of them for that.
    fn share_out(&mut self, seen: &Seen) -> bool {
        let Some(classifier) = &self.classifier else {
            self.counts[self.part_of[0]] = totals(seen);
            return true;
        };
        let mut shares = vec![vec![0.0; seen.missed.len()]; self.counts.len()];
        for (parameters, class, count, weight) in &seen.items {
            let part = self.part_of[classifier.leaf(&Parameters::parse(parameters))];
            self.counts[part][*class] += count;
            shares[part][*class] += weight - *count as f64;
        }
        let mut reached = self.part_of.clone();
        reached.sort_unstable();
        reached.dedup();
        for (class, &missed) in seen.missed.iter().enumerate().filter(|(_, missed)| **missed > 0) {
            let lacking = reached.iter().filter(|&&part| self.counts[part][class] == 0).count() as u64;
            if missed < lacking {
                return false;
            }
            let mut left = missed - lacking;
            let (spare, total) = (left as f64, reached.iter().map(|&part| shares[part][class]).sum::<f64>());
            for &part in &reached {
                let share = if total > 0.0 { spare * (shares[part][class] / total) } else { 0.0 };
                let share = (share as u64).min(left);
                self.counts[part][class] += share + u64::from(self.counts[part][class] == 0);
                left -= share;
            }
            self.counts[reached[0]][class] += left;
        }
        // In a trace with parameters an event without any is one whose parameters are all missing.
        let missing = self.part_of[classifier.leaf(&Parameters::parse("{}"))];
        self.counts[missing].iter_mut().zip(&seen.plain).for_each(|(sum, n)| *sum += n);
        reached.iter().all(|&part| self.counts[part].iter().any(|&n| n > 0))
    }
}

/// How many events each sampled one of a continuation stands for.
fn weight(tree: &Automaton, t: &Transition, stratum: &Stratum) -> f64 {
    let all = match stratum.next {
        None => tree.stops[t.target as usize],
        Some(next) => tree.transitions[tree.on_label(t.target, next)].iter().map(|t| t.count).sum(),
    };
    let left = if stratum.complete { 0 } else { all.saturating_sub(stratum.sampled) };
    1.0 + left as f64 / stratum.sampled.max(1) as f64
}

/// Per state of a prefix tree what a classifier of the event type that leads there predicts to come next (`None`: the
/// end), from the parameters sampled there; empty where parameters tell nothing.
pub fn predictions(tree: &Automaton, control: &Control<'_>) -> Result<Vec<Vec<Option<u32>>>> {
    let mut predicted = vec![Vec::new(); tree.state_count()];
    let mut by_label: Vec<Vec<usize>> = vec![Vec::new(); tree.labels.len()];
    tree.transitions.iter().enumerate().for_each(|(i, t)| by_label[t.label as usize].push(i));
    for transitions in by_label {
        control.check()?;
        let sampled = |&i: &usize| {
            let t = &tree.transitions[i];
            let weights: Vec<_> = strata(&t.parameters).into_iter().map(|s| (s.next, weight(tree, t, &s))).collect();
            let of = move |next| weights.iter().find(|(of, _)| *of == next).map_or(1.0, |(_, weight)| *weight);
            t.parameters.items.iter().map(move |item| (item, item.count as f64 * of(item.value.1)))
        };
        let items = || transitions.iter().flat_map(sampled);
        // Only what can follow this event type counts as a class.
        let mut after: Vec<Option<u32>> = items().map(|(item, _)| item.value.1).collect();
        after.sort_unstable();
        after.dedup();
        let class = |next: Option<u32>| after.partition_point(|&other| other < next);
        let examples = items().map(|(item, weight)| (item.value.0.as_ref(), class(item.value.1), item.count, weight));
        let Some(classifier) = Examples::new(examples, after.len()).learn() else { continue };
        let leaves = classifier.tree.leaves();
        let most = |leaf: usize| {
            let counts = leaves[leaf].effective_counts().into_iter().enumerate();
            counts.max_by_key(|&(i, n)| (n, std::cmp::Reverse(i))).and_then(|(i, _)| after[i])
        };
        for &i in &transitions {
            let t = &tree.transitions[i];
            let of = t.parameters.items.iter().map(|item| most(classifier.leaf(&Parameters::parse(&item.value.0))));
            let mut set: Vec<Option<u32>> = of.collect();
            set.sort_unstable();
            set.dedup();
            predicted[t.target as usize] = set;
        }
    }
    Ok(predicted)
}
