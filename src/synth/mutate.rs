//! Anomalies on purpose: generated normal traces with a fault, which the machine rejects.
//!
//! A mutant keeps the parts that are not its fault: every event has the time and the parameters of a real event of its
//! type, identifiers stay bound within the trace. Only the order of events is wrong.

use super::paths::graph::NONE;
use super::random::Stream;
use crate::automaton::{Automaton, StateId};
use crate::conform::{Machine, Move};
use crate::error::{Error, Result};
use crate::infer::{Control, Options};
use crate::trace::{Label, Variant};

/// The most events that one mutation drops, repeats or makes up.
const MOST_EVENTS: u64 = 3;
/// The event type of [`Mutation::Unseen`]; it gets underscores until no real event type has this name.
const UNSEEN: &str = "unseen";

/// What is done to a normal trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutation {
    /// It ends early.
    Cut,
    /// One to three events in a row are missing.
    Drop,
    /// An event comes up to three times more.
    Repeat,
    /// Another event type stands in an event's place.
    Replace,
    /// An event of any type is too much.
    Insert,
    /// Two events of different types change places.
    Swap,
    /// An event comes elsewhere.
    Move,
    /// One to three events in a row have a type that no real event has.
    Unseen,
}

impl Mutation {
    /// All, in the order in which they are listed; the last one leaves the machine's event types.
    pub const ALL: [Mutation; 8] = [
        Mutation::Cut,
        Mutation::Drop,
        Mutation::Repeat,
        Mutation::Replace,
        Mutation::Insert,
        Mutation::Swap,
        Mutation::Move,
        Mutation::Unseen,
    ];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Mutation::Cut => "cut",
            Mutation::Drop => "drop",
            Mutation::Repeat => "repeat",
            Mutation::Replace => "replace",
            Mutation::Insert => "insert",
            Mutation::Swap => "swap",
            Mutation::Move => "move",
            Mutation::Unseen => "unseen",
        }
    }
}

/// What is wrong with a trace that was made anomalous.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mutant {
    /// What was done, in order.
    pub mutations: Vec<Mutation>,
    /// The number (from 1) of the first event that something was done to; one past the last where the end is.
    pub seq: u32,
    /// For each event that the machine has no transition for the state in which it lets the event pass.
    pub outside: Vec<Option<StateId>>,
}

impl Mutant {
    /// The mutations by name.
    pub fn name(&self) -> String {
        self.mutations.iter().map(|m| m.as_str()).collect::<Vec<_>>().join("+")
    }
}

/// A faulty sequence of events: transitions that their parameters and delays are drawn by, [`NONE`] for unseen types.
pub struct Faulty {
    /// Transitions, not one path of the machine.
    pub path: Vec<u32>,
    /// What happens.
    pub variant: Variant,
    /// What is wrong.
    pub mutant: Mutant,
}

/// Makes mutants.
pub struct Mutator {
    kinds: Vec<Mutation>,
    edits: u64,
    /// Bits that a mutant's score must exceed; without it the machine must reject the mutant.
    pub beyond: Option<f64>,
    /// For each event type the transitions that take it.
    by_label: Vec<Vec<u32>>,
    unseen: Label,
}

impl Mutator {
    /// From the options of the generator; `None` where normal traces are wanted.
    pub fn new(options: &Options, machine: &Automaton) -> Result<Option<Self>> {
        if options.choice("kind") != "anomalous" {
            return Ok(None);
        }
        let mut by_label = vec![Vec::new(); machine.labels.len()];
        machine.transitions.iter().zip(0u32..).for_each(|(t, i)| by_label[t.label as usize].push(i));
        by_label.retain(|of| !of.is_empty());
        let mut unseen = UNSEEN.to_string();
        while machine.labels.iter().any(|label| *label.event == *unseen) {
            unseen.push('_');
        }
        let beyond = Some(options.number("beyond")).filter(|&bits| bits > 0.0);
        let (kinds, edits) = (kinds(options)?, options.integer("edits") as u64);
        Ok(Some(Mutator { kinds, edits, beyond, by_label, unseen: Label::event(&unseen) }))
    }

    /// How many kinds of mutations there are to choose from.
    pub fn len(&self) -> usize {
        self.kinds.len()
    }

    /// Mutates a path; `None` where nothing comes of it, or where the machine accepts what comes of it though it must
    /// not. `first` numbers the kind of the first mutation, others are drawn.
    pub fn mutate(
        &self,
        machine: &Machine,
        path: &[u32],
        first: usize,
        stream: &mut Stream,
        control: &Control<'_>,
    ) -> Result<Option<Faulty>> {
        let mut path = path.to_vec();
        let mut mutations = Vec::new();
        let mut at = usize::MAX;
        for edit in 0..self.edits {
            let drawn = if edit == 0 { first } else { stream.below(self.kinds.len() as u64) as usize };
            let kind = self.kinds[drawn % self.kinds.len()];
            let Some(place) = self.apply(kind, &mut path, machine, stream) else { continue };
            mutations.push(kind);
            at = at.min(place);
        }
        if mutations.is_empty() {
            return Ok(None);
        }
        let variant = self.variant(machine, &path);
        if machine.accepts(&variant) && self.beyond.is_none() {
            return Ok(None);
        }
        let outside = follow(machine, &variant, &mut path, control)?;
        // Later edits can shorten the trace.
        let seq = at.min(path.len()) as u32 + 1;
        Ok(Some(Faulty { path, variant, mutant: Mutant { mutations, seq, outside } }))
    }

    fn variant(&self, machine: &Machine, path: &[u32]) -> Variant {
        let (labels, transitions) = (&machine.automaton.labels, &machine.automaton.transitions);
        let mut names = labels.clone();
        names.push(self.unseen.clone());
        let id = |&t: &u32| transitions.get(t as usize).map_or(labels.len() as u32, |t| t.label);
        Variant::from_ids(path.iter().map(id), &names)
    }

    /// Applies one mutation; gives the position of the first event it changed, `None` where it changes nothing.
    fn apply(&self, kind: Mutation, path: &mut Vec<u32>, machine: &Machine, stream: &mut Stream) -> Option<usize> {
        let length = path.len();
        let label = |t: u32| machine.automaton.transitions.get(t as usize).map_or(NONE, |t| t.label);
        let mut below = |n: usize| stream.below(n as u64) as usize;
        let at = below(length.max(1));
        match kind {
            Mutation::Cut | Mutation::Drop if length < 2 => None,
            Mutation::Cut => {
                path.truncate(1 + below(length - 1));
                Some(path.len())
            }
            Mutation::Drop => {
                let end = (at + 1 + below(MOST_EVENTS as usize)).min(length);
                let at = if end - at == length { 1 } else { at };
                path.drain(at..end);
                Some(at)
            }
            Mutation::Repeat => {
                let event = *path.get(at)?;
                let times = 1 + below(MOST_EVENTS as usize);
                path.splice(at..at, std::iter::repeat_n(event, times));
                Some(at + 1)
            }
            Mutation::Replace => {
                let of = below(self.by_label.len().max(1));
                let event = self.any(of, &mut below)?;
                (label(*path.get(at)?) != label(event)).then(|| path[at] = event)?;
                Some(at)
            }
            Mutation::Insert => {
                let (at, of) = (below(length + 1), below(self.by_label.len().max(1)));
                let event = self.any(of, &mut below)?;
                path.insert(at, event);
                Some(at)
            }
            Mutation::Swap => {
                let other = below(length.max(1));
                (label(*path.get(at)?) != label(path[other])).then(|| path.swap(at, other))?;
                Some(at.min(other))
            }
            Mutation::Move => {
                let event = *path.get(at)?;
                let to = below(length);
                if to == at {
                    return None;
                }
                path.remove(at);
                path.insert(to, event);
                Some(at.min(to))
            }
            Mutation::Unseen => {
                let at = below(length + 1);
                path.splice(at..at, std::iter::repeat_n(NONE, 1 + below(MOST_EVENTS as usize)));
                Some(at)
            }
        }
    }

    /// Any transition of an event type.
    fn any(&self, label: usize, below: &mut dyn FnMut(usize) -> usize) -> Option<u32> {
        let of = self.by_label.get(label)?;
        of.get(below(of.len())).copied()
    }
}

/// Puts the machine's own transitions into a path, as far as it has them; gives the states in which other events pass.
///
/// What the machine takes is what the cheapest alignment says.
pub fn follow(
    machine: &Machine,
    variant: &Variant,
    path: &mut [u32],
    control: &Control<'_>,
) -> Result<Vec<Option<StateId>>> {
    let mut outside = vec![None; path.len()];
    for by in machine.align(variant, control)?.moves {
        match by {
            Move::Both { at, transition } => path[at as usize] = transition,
            Move::Trace { at, state } => outside[at as usize] = Some(state),
            Move::Machine { .. } => {}
        }
    }
    Ok(outside)
}

/// The mutations of the option of this name; all that keep to the machine's event types where none is given.
fn kinds(options: &Options) -> Result<Vec<Mutation>> {
    let known = || Mutation::ALL.map(Mutation::as_str).join(", ");
    let invalid = |value: String| Error::InvalidOption {
        name: "mutations".into(),
        value,
        expected: format!("a list of some of {}", known()),
    };
    let json = options.json("mutations");
    let names = json.as_array().ok_or_else(|| invalid(json.to_string()))?;
    if names.is_empty() {
        return Ok(Mutation::ALL[..Mutation::ALL.len() - 1].to_vec());
    }
    let find = |name: &serde_json::Value| {
        let found = Mutation::ALL.into_iter().find(|m| name.as_str() == Some(m.as_str()));
        found.ok_or_else(|| invalid(name.to_string()))
    };
    let mut kinds = names.iter().map(find).collect::<Result<Vec<_>>>()?;
    // As listed, whatever order they were given in.
    kinds.sort_by_key(|kind| *kind as usize);
    kinds.dedup();
    Ok(kinds)
}
