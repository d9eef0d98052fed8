//! The red-blue framework (Lang, Pearlmutter & Price 1998): a core of red states that stay, a fringe of blue ones.

use super::merge::{Evidence, Joined, Merger};
use super::{Control, Sample};
use crate::automaton::{Automaton, StateId};
use crate::error::Result;
use hashbrown::HashSet;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Which blue state is decided on next. Ties: the smaller breadth-first number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// All blue states are tried: the best merge of all is done, a blue state without any is promoted first (EDSM).
    All,
    /// The blue state most traces passed, merged where it scores best.
    Largest,
    /// The first blue state in breadth-first order, merged where it fits first (RPNI).
    First,
}

/// Learns by red-blue merging; what may merge and what merges best is up to `evidence`.
///
/// At most red × blue trial merges per decision and as many decisions as states are merged or promoted at the top;
/// a trial costs what it folds.
pub fn learn(
    sample: Sample<'_>,
    order: Order,
    evidence: &mut dyn Evidence,
    control: &Control<'_>,
) -> Result<Automaton> {
    match run(sample, order, evidence, &[], usize::MAX, control)? {
        Some(mut run) => run.search.merger.quotient(control),
        // invariant: without a bound on red states, a run ends with a machine
        None => Ok(sample.positive.clone()),
    }
}

/// As [`learn`] with [`Order::All`], then again and again with the second-best merge at one more decision (limited
/// discrepancy search): the machine with the fewest states of `runs` runs, the earliest of equals.
pub fn learn_smallest(
    sample: Sample<'_>,
    evidence: &mut dyn Evidence,
    runs: usize,
    control: &Control<'_>,
) -> Result<Automaton> {
    let mut departures: Vec<usize> = Vec::new();
    let Some(mut best) = run(sample, Order::All, evidence, &departures, usize::MAX, control)? else {
        return Ok(sample.positive.clone());
    };
    let mut left = runs.saturating_sub(1);
    let mut at = 0;
    while left > 0 && at < best.merges {
        let mut tried = departures.clone();
        tried.push(at);
        left -= 1;
        if let Some(run) = run(sample, Order::All, evidence, &tried, best.search.red.len(), control)? {
            best = run;
            departures = tried;
        }
        at += 1;
    }
    best.search.merger.quotient(control)
}

/// A complete run and how many merges it did at the top.
struct Run<'a> {
    search: Search<'a>,
    merges: usize,
}

/// One run; at the merges numbered in `departures` the second-best is done. `None` once `bound` states are red.
fn run<'a>(
    sample: Sample<'a>,
    order: Order,
    evidence: &mut dyn Evidence,
    departures: &[usize],
    bound: usize,
    control: &Control<'_>,
) -> Result<Option<Run<'a>>> {
    let mut search = Search { merger: Merger::new(sample, control)?, red: vec![0], ruled_out: HashSet::new() };
    let mut largest = Largest::new(search.merger.state_count());
    if order == Order::Largest {
        largest.promote(0, &mut search.merger);
    }
    let mut merges = 0;
    loop {
        if search.red.len() >= bound {
            return Ok(None);
        }
        control.check()?;
        let blue = match order {
            Order::All => search.fringe(control)?,
            Order::First => search.fringe(control)?.into_iter().min().into_iter().collect(),
            Order::Largest => Vec::from_iter(largest.next(&mut search.merger)),
        };
        if blue.is_empty() {
            break;
        }
        let second = departures.contains(&merges);
        match search.decide(&blue, order, second, evidence, control)? {
            Decision::Merge(red, blue) => {
                let joined = search.merger.merge(red, blue, control)?;
                if order == Order::Largest {
                    largest.merged(&joined, &mut search.merger);
                }
                merges += 1;
            }
            Decision::Promote(blue) => {
                search.red.push(blue);
                if order == Order::Largest {
                    largest.promote(blue, &mut search.merger);
                }
            }
        }
    }
    Ok(Some(Run { search, merges }))
}

/// The blue states by how many traces passed them, kept up to date as states are promoted and merged: to gather them
/// anew for every decision would take the square of the number of red states.
struct Largest {
    /// Visits and name of states that are or were blue. Only entries that still tell the truth count.
    heap: BinaryHeap<(u64, Reverse<StateId>)>,
    color: Vec<Color>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Color {
    White,
    Blue,
    Red,
}

impl Largest {
    fn new(states: usize) -> Self {
        Largest { heap: BinaryHeap::new(), color: vec![Color::White; states] }
    }

    /// The blue state that most traces passed; of equals the one of the smallest number.
    fn next(&mut self, merger: &mut Merger<'_>) -> Option<StateId> {
        while let Some((visits, Reverse(state))) = self.heap.pop() {
            let is_blue = self.color[state as usize] == Color::Blue;
            if is_blue && merger.find(state) == state && merger.block(state).visits == visits {
                return Some(state);
            }
        }
        None
    }

    /// A state becomes red, and those it leads to blue.
    fn promote(&mut self, state: StateId, merger: &mut Merger<'_>) {
        self.color[state as usize] = Color::Red;
        let targets: Vec<StateId> = merger.block(state).edges.iter().map(|edge| edge.target).collect();
        targets.into_iter().for_each(|target| self.add(target, merger));
    }

    /// Takes note of blocks that were merged for good.
    fn merged(&mut self, joined: &[Joined], merger: &mut Merger<'_>) {
        for Joined { root, child, edges } in joined {
            match (self.color[*root as usize], self.color[*child as usize]) {
                (Color::Red, _) => edges.iter().for_each(|edge| self.add(edge.target, merger)),
                (Color::Blue, _) | (_, Color::Blue) => self.add(*root, merger),
                _ => {}
            }
        }
    }

    fn add(&mut self, state: StateId, merger: &mut Merger<'_>) {
        let state = merger.find(state);
        if self.color[state as usize] != Color::Red {
            self.color[state as usize] = Color::Blue;
            self.heap.push((merger.block(state).visits, Reverse(state)));
        }
    }
}

enum Decision {
    Merge(StateId, StateId),
    Promote(StateId),
}

struct Search<'a> {
    merger: Merger<'a>,
    /// In order of promotion.
    red: Vec<StateId>,
    /// (red, blue) that no later merge can make possible.
    ruled_out: HashSet<(StateId, StateId)>,
}

impl Search<'_> {
    /// The states that red ones lead to and that are not red, ascending.
    fn fringe(&mut self, control: &Control<'_>) -> Result<Vec<StateId>> {
        let targets: Vec<StateId> =
            self.red.iter().flat_map(|&red| self.merger.block(red).edges.iter().map(|edge| edge.target)).collect();
        control.spend(4 * (self.red.len() + targets.len()))?;
        let red: HashSet<StateId> = self.red.iter().copied().collect();
        let mut blue: Vec<StateId> =
            targets.into_iter().map(|t| self.merger.find(t)).filter(|t| !red.contains(t)).collect();
        blue.sort_unstable();
        blue.dedup();
        Ok(blue)
    }

    fn decide(
        &mut self,
        blue: &[StateId],
        order: Order,
        second: bool,
        evidence: &mut dyn Evidence,
        control: &Control<'_>,
    ) -> Result<Decision> {
        let mut best: Option<(f64, StateId, StateId)> = None;
        let mut next: Option<(f64, StateId, StateId)> = None;
        for &blue in blue {
            let mut fits = false;
            let least = evidence.least_visits(self.merger.block(blue)).filter(|_| order == Order::Largest);
            let parameters = least.map(|least| self.merger.parameters(blue, least, control)).transpose()?;
            for i in 0..self.red.len() {
                let red = self.red[i];
                if self.ruled_out.contains(&(red, blue)) {
                    continue;
                }
                control.check()?;
                if let Some(parameters) = parameters {
                    evidence.bound(parameters, best.map(|(score, ..)| score));
                }
                match self.merger.attempt(red, blue, evidence, control)? {
                    Some(score) => {
                        fits = true;
                        if best.is_none_or(|(most, ..)| score > most) {
                            next = best;
                            best = Some((score, red, blue));
                        } else if next.is_none_or(|(most, ..)| score > most) {
                            next = Some((score, red, blue));
                        }
                        if order == Order::First {
                            break;
                        }
                    }
                    None if evidence.is_final() => {
                        self.ruled_out.insert((red, blue));
                    }
                    None => {}
                }
            }
            if !fits {
                return Ok(Decision::Promote(blue));
            }
        }
        // invariant: a blue state that fits nowhere was promoted above, so there is a best merge
        if second && next.is_some() {
            best = next;
        }
        Ok(match best {
            Some((_, red, blue)) => Decision::Merge(red, blue),
            None => Decision::Promote(blue[0]),
        })
    }
}
