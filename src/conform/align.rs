//! Alignment: the fewest edits that turn a trace into one the machine accepts.
//!
//! A shortest path through pairs of a position in the trace and a state of the machine (Adriansyah 2014): an event that
//! both take is free, an event that only the trace has or only the machine has costs one. Dijkstra with a queue of
//! buckets, because costs are small whole numbers. Guards are not asked: an edited trace has no parameters.

use super::Machine;
use crate::automaton::{LabelId, StateId};
use crate::error::Result;
use crate::infer::Control;
use crate::trace::Variant;
use hashbrown::HashMap;

/// Pairs of position and state visited between two questions whether to go on.
const STEPS: usize = 1 << 14;

/// One move of an alignment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    /// Trace and machine take an event together.
    Both {
        /// The event's position in the trace, from 0.
        at: u32,
        /// The transition taken.
        transition: u32,
    },
    /// An event of the trace that the machine does not take: too much.
    Trace {
        /// Its position, from 0.
        at: u32,
        /// The state that the machine stays in.
        state: StateId,
    },
    /// An event that the machine takes and the trace lacks: missing.
    Machine {
        /// The position of the event it comes before.
        at: u32,
        /// The transition taken.
        transition: u32,
    },
}

/// The cheapest alignment of a trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alignment {
    /// In order.
    pub moves: Vec<Move>,
    /// How many of them only the trace or only the machine takes.
    pub cost: u32,
}

/// How a pair was reached.
#[derive(Clone, Copy)]
struct Reached {
    cost: u32,
    from: (u32, StateId),
    by: Move,
}

impl Machine {
    /// The fewest edits that turn a trace into one that the machine accepts; of equally few, the ones that come latest.
    ///
    /// Costs O(length) for an accepted trace of a deterministic machine and at most O(length × transitions) otherwise;
    /// memory likewise, and within the control's bound.
    pub fn align(&self, variant: &Variant, control: &Control<'_>) -> Result<Alignment> {
        if let Some(path) = self.path(variant) {
            let both = |(at, transition): (usize, u32)| Move::Both { at: at as u32, transition };
            return Ok(Alignment { moves: path.into_iter().enumerate().map(both).collect(), cost: 0 });
        }
        let labels = self.resolve(variant);
        let events: Vec<Option<LabelId>> = variant.events.iter().map(|&e| labels[e as usize]).collect();
        let length = events.len() as u32;
        let start = (0u32, 0 as StateId);
        let mut reached: HashMap<(u32, StateId), Reached> = HashMap::new();
        reached.insert(start, Reached { cost: 0, from: start, by: Move::Trace { at: 0, state: 0 } });
        // Pairs by cost; those of one cost last in, first out, so that what is furthest is tried first.
        let mut buckets: Vec<Vec<(u32, StateId)>> = vec![vec![start]];
        let (mut cost, mut steps) = (0usize, 0usize);
        loop {
            let Some(pair) = buckets[cost].pop() else {
                // invariant: skipping all events and following the machine to an end reaches the goal
                cost += 1;
                if cost == buckets.len() {
                    return Ok(Alignment { moves: Vec::new(), cost: length });
                }
                continue;
            };
            if (reached[&pair].cost as usize) < cost {
                continue;
            }
            steps += 1;
            if steps % STEPS == 0 {
                control.check()?;
                control.check_memory("align", reached.capacity() * size_of::<((u32, StateId), Reached)>())?;
            }
            let (at, state) = pair;
            if at == length && self.automaton.stops[state as usize] > 0 {
                return Ok(self.moves(&reached, pair, cost as u32));
            }
            let mut reach = |next: (u32, StateId), added: usize, by: Move| {
                let total = (cost + added) as u32;
                if reached.get(&next).is_some_and(|r| r.cost <= total) {
                    return;
                }
                reached.insert(next, Reached { cost: total, from: pair, by });
                if buckets.len() <= cost + added {
                    buckets.push(Vec::new());
                }
                buckets[cost + added].push(next);
            };
            let event = events.get(at as usize).copied().flatten();
            let first = self.outgoing_start(state);
            for (i, t) in self.outgoing(state).iter().enumerate() {
                reach((at, t.target), 1, Move::Machine { at, transition: (first + i) as u32 });
            }
            if at < length {
                reach((at + 1, state), 1, Move::Trace { at, state });
            }
            if let Some(label) = event {
                for i in self.on_label(state, label) {
                    let target = self.automaton.transitions[i].target;
                    reach((at + 1, target), 0, Move::Both { at, transition: i as u32 });
                }
            }
        }
    }

    fn moves(&self, reached: &HashMap<(u32, StateId), Reached>, goal: (u32, StateId), cost: u32) -> Alignment {
        let mut moves = Vec::new();
        let mut pair = goal;
        while pair != (0, 0) || moves.is_empty() {
            let Some(step) = reached.get(&pair).filter(|step| step.from != pair) else { break };
            moves.push(step.by);
            pair = step.from;
        }
        moves.reverse();
        Alignment { moves, cost }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::automaton::PrefixTree;
    use crate::trace::{Trace, TraceView};
    use proptest::prelude::*;

    fn machine(traces: &[Vec<String>]) -> Machine {
        let mut tree = PrefixTree::new(usize::MAX);
        for events in traces {
            let bytes = Trace::of(events.iter().map(String::as_str)).to_bytes();
            tree.add(&TraceView::from_bytes(&bytes).unwrap()).unwrap();
        }
        Machine::new(tree.to_automaton())
    }

    /// Insertions and deletions between two sequences.
    fn edits(a: &[String], b: &[String]) -> u32 {
        let mut row: Vec<u32> = (0..=b.len() as u32).collect();
        for (i, x) in a.iter().enumerate() {
            let mut diagonal = row[0];
            row[0] = i as u32 + 1;
            for (j, y) in b.iter().enumerate() {
                let same = if x == y { diagonal } else { u32::MAX };
                diagonal = row[j + 1];
                row[j + 1] = same.min(row[j].min(row[j + 1]) + 1);
            }
        }
        row[b.len()]
    }

    proptest! {
        #[test]
        fn the_cost_is_the_distance_to_the_nearest_accepted_trace(
            training in prop::collection::vec(prop::collection::vec("[a-c]", 0..7), 1..8),
            trace in prop::collection::vec("[a-d]", 0..7),
        ) {
            let machine = machine(&training);
            let variant = Trace::of(trace.iter().map(String::as_str)).variant;
            let found = machine.align(&variant, &Control::unlimited()).unwrap();
            prop_assert_eq!(found.cost, training.iter().map(|t| edits(t, &trace)).min().unwrap());
            // The moves use up the trace and lead along the machine to an end.
            let (mut at, mut state, mut cost) = (0, 0, 0);
            for step in &found.moves {
                let transition = match *step {
                    Move::Both { at: here, transition } => {
                        prop_assert_eq!(here, at);
                        at += 1;
                        Some(transition)
                    }
                    Move::Trace { at: here, state: there } => {
                        prop_assert_eq!((here, there), (at, state));
                        (at, cost) = (at + 1, cost + 1);
                        None
                    }
                    Move::Machine { transition, .. } => {
                        cost += 1;
                        Some(transition)
                    }
                };
                if let Some(t) = transition.map(|t| &machine.automaton.transitions[t as usize]) {
                    prop_assert_eq!(t.source, state);
                    state = t.target;
                }
            }
            prop_assert_eq!((at as usize, cost), (trace.len(), found.cost));
            prop_assert!(machine.automaton.stops[state as usize] > 0);
        }
    }
}
