//! Guards: which of several transitions on one label an event's parameters choose.
//!
//! The guards on one label out of one state are one decision tree, so that they are disjoint and together total
//! whatever the values: every event ends in exactly one leaf. A [`Guard`] is what leads to one transition, as
//! alternatives of conditions that can be read.
//!
//! ```text
//! Choice of label "pay" out of state 3      Guard of transition 7, as a person reads it
//!   amount at most 100?                       amount <= 100
//!     yes → transition 7                    Guard of transition 8
//!     no  → transition 8                      not that: larger, missing, or no number
//! ```
//!
//! In reading order:
//!
//! * this file: [`Test`], [`Node`] and [`Choice`], the tree as it is stored and asked; [`Choice::decide`] costs its
//!   depth
//! * `parameters`: reads an event's JSON, each value as text or number, by rules that SQL can follow exactly
//! * `condition`: from the paths of a tree to [`Guard`], and its text
//!
//! Guards are learned in `infer/guards`; replay asks them through `conform::Machine`; `pg/guard_functions.rs` writes
//! them as rows, text and SQL.

mod condition;
mod parameters;

pub use condition::{Condition, Guard, Operator};
pub use parameters::{Parameters, list_position, number};

use super::{Automaton, LabelId, StateId};
use serde::{Deserialize, Serialize};

/// A finite number, so that machines can be compared.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Finite(pub f64);

// Only finite numbers are valid, and those are equal to themselves.
impl Eq for Finite {}

/// A question about a parameter; every value, missing or odd, answers yes or no.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Test {
    /// Is it a number, or text that reads as one, and at most this? No for everything else.
    AtMost(Finite),
    /// Is its text one of these (ascending)? No where it is missing.
    OneOf(Vec<Box<str>>),
    /// Is it missing or null?
    Missing,
    /// Are it and another parameter numbers, and is it at most the other and so much more? No for everything else.
    AtMostSlot {
        /// The other parameter.
        slot: Box<str>,
        /// What is added to it.
        plus: Finite,
    },
}

/// A node of a decision tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Node {
    /// A question and where the answers lead; both nodes come later in the list.
    Ask {
        /// The parameter: a key of an object, or the position in an array, from 1.
        slot: Box<str>,
        /// The question.
        test: Test,
        /// The node for yes.
        yes: u32,
        /// The node for no.
        no: u32,
    },
    /// The transitions that are possible, by position, ascending: one in a deterministic machine.
    Take(Vec<u32>),
}

/// The guards on one label out of one state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// The state.
    pub source: StateId,
    /// The label.
    pub label: LabelId,
    /// The decision tree; the first node is its root.
    pub nodes: Vec<Node>,
    /// Bits per event that the parameters tell about the next event, on values held out from learning.
    pub gain: Finite,
    /// Sampled events that the guards were learned from.
    pub support: u64,
}

impl Test {
    /// The other parameter that is asked for, if any.
    pub fn other(&self) -> Option<&str> {
        match self {
            Test::AtMostSlot { slot, .. } => Some(slot),
            _ => None,
        }
    }

    /// The answer for a value, and for that of the other parameter; `None` stands for a missing one.
    pub fn holds(&self, value: Option<&str>, other: Option<&str>) -> bool {
        match (self, value) {
            (Test::Missing, value) => value.is_none(),
            (_, None) => false,
            (Test::AtMost(most), Some(value)) => number(value).is_some_and(|n| n <= most.0),
            (Test::OneOf(texts), Some(value)) => texts.binary_search_by(|t| t.as_ref().cmp(value)).is_ok(),
            (Test::AtMostSlot { plus, .. }, Some(value)) => {
                let most = other.and_then(number).map(|other| other + plus.0);
                most.zip(number(value)).is_some_and(|(most, n)| n <= most)
            }
        }
    }

    /// The answer for an event's parameters.
    pub fn answer(&self, slot: &str, parameters: &Parameters<'_>) -> bool {
        let other = self.other().and_then(|other| parameters.value(other));
        self.holds(parameters.value(slot).as_deref(), other.as_deref())
    }
}

impl Choice {
    /// The transitions possible for an event with these parameters. O(depth).
    pub fn decide(&self, parameters: &Parameters<'_>) -> &[u32] {
        let mut at = 0;
        loop {
            match self.nodes.get(at) {
                Some(Node::Ask { slot, test, yes, no }) => {
                    at = if test.answer(slot, parameters) { *yes } else { *no } as usize;
                }
                Some(Node::Take(positions)) => return positions,
                None => return &[],
            }
        }
    }

    /// Why this cannot be a choice of the automaton, if so.
    fn problem(&self, automaton: &Automaton) -> Option<&'static str> {
        let range = automaton.on_label(self.source, self.label);
        let mut entered = vec![false; self.nodes.len()];
        let mut taken = vec![false; range.len()];
        match entered.first_mut() {
            Some(root) => *root = true,
            None => return Some("A guard has no leaf."),
        }
        for (i, node) in self.nodes.iter().enumerate() {
            match node {
                Node::Ask { slot, test, yes, no } => {
                    for &child in [yes, no] {
                        let fresh = entered.get_mut(child as usize).filter(|_| child as usize > i);
                        if fresh.is_none_or(|entered| std::mem::replace(entered, true)) {
                            return Some("A guard is not a tree of questions.");
                        }
                    }
                    let sorted = |texts: &[Box<str>]| !texts.is_empty() && texts.windows(2).all(|p| p[0] < p[1]);
                    let fits = match test {
                        Test::AtMost(most) => most.0.is_finite(),
                        Test::OneOf(texts) => sorted(texts) && texts.iter().all(|text| !text.contains('\0')),
                        Test::Missing => true,
                        Test::AtMostSlot { slot, plus } => plus.0.is_finite() && !slot.contains('\0'),
                    };
                    if !fits || slot.contains('\0') {
                        return Some("A guard asks for a value that cannot be.");
                    }
                }
                Node::Take(positions) => {
                    let known = positions.iter().all(|&p| range.contains(&(p as usize)));
                    if positions.is_empty() || !known || positions.windows(2).any(|p| p[0] >= p[1]) {
                        return Some("A guard leads to transitions that its state does not have.");
                    }
                    positions.iter().for_each(|&p| taken[p as usize - range.start] = true);
                }
            }
        }
        if !entered.iter().all(|&e| e) || !taken.iter().all(|&t| t) {
            return Some("A guard leaves out a question or a transition.");
        }
        (!self.gain.0.is_finite()).then_some("A guard's gain is not a number.")
    }
}

impl Automaton {
    /// The positions of the transitions out of a state on a label. O(log m).
    pub fn on_label(&self, state: StateId, label: LabelId) -> std::ops::Range<usize> {
        let start = self.transitions.partition_point(|t| (t.source, t.label) < (state, label));
        let end = start + self.transitions[start..].partition_point(|t| (t.source, t.label) == (state, label));
        start..end
    }

    /// The guards on a label out of a state, if there are any. O(log guards).
    pub fn choice(&self, state: StateId, label: LabelId) -> Option<&Choice> {
        let guards = &self.learned.guards;
        guards.binary_search_by_key(&(state, label), |c| (c.source, c.label)).ok().map(|i| &guards[i])
    }

    /// What must hold of a transition's event parameters for it to be taken; `None` where it has no guard.
    pub fn guard(&self, transition: usize) -> Option<Guard> {
        let t = self.transitions.get(transition)?;
        self.choice(t.source, t.label).map(|choice| choice.guard_of(transition as u32))
    }

    /// True where no state has two transitions that the same event can take.
    pub fn is_deterministic(&self) -> bool {
        let of = |t: &super::Transition| (t.source, t.label);
        self.transitions.chunk_by(|a, b| of(a) == of(b)).filter(|group| group.len() > 1).all(|group| {
            self.choice(group[0].source, group[0].label).is_some_and(|choice| {
                choice.nodes.iter().all(|node| !matches!(node, Node::Take(positions) if positions.len() > 1))
            })
        })
    }

    pub(super) fn guard_problem(&self) -> Option<String> {
        let guards = &self.learned.guards;
        if guards.windows(2).any(|p| (p[0].source, p[0].label) >= (p[1].source, p[1].label)) {
            return Some("Guards are not ascending by source and label.".into());
        }
        guards.iter().find_map(|choice| choice.problem(self)).map(Into::into)
    }
}
