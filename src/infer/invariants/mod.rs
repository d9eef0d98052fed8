//! Temporal invariants between event types: mined from traces, and checked on machines.
//!
//! Over all traces: `a` is always followed by `b` (AFby), `a` always precedes `b` (AP), `a` is never followed by `b`
//! (NFby), and between two consecutive `a` lies a `b` (IntrBy). `INITIAL AFby b` says that `b` is in every trace.

mod check;
mod miner;

pub(super) use check::{Checker, Kinds};
pub use check::{Counterexample, LabelGraph, Violation, check, violations};
pub use miner::{INVARIANTS_VERSION, InvariantMiner, MiningOptions};

use crate::automaton::LabelId;
use crate::trace::Label;
use serde::{Deserialize, Serialize};

/// What an invariant says of its two event types.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum InvariantKind {
    /// Every `a` has a later `b`.
    AlwaysFollowedBy,
    /// Every `b` has an earlier `a`.
    AlwaysPrecedes,
    /// No `a` has a later `b`.
    NeverFollowedBy,
    /// Between two consecutive `a` of a trace lies a `b`.
    InterruptedBy,
}

impl InvariantKind {
    /// The name used in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            InvariantKind::AlwaysFollowedBy => "AFby",
            InvariantKind::AlwaysPrecedes => "AP",
            InvariantKind::NeverFollowedBy => "NFby",
            InvariantKind::InterruptedBy => "IntrBy",
        }
    }

    /// The kind of a name in tables.
    pub fn from_name(name: &str) -> Option<Self> {
        use InvariantKind::*;
        [AlwaysFollowedBy, AlwaysPrecedes, NeverFollowedBy, InterruptedBy].into_iter().find(|k| k.as_str() == name)
    }
}

/// An invariant over labels numbered as in [`Invariants::labels`] or an automaton's labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Invariant {
    /// What it says.
    pub kind: InvariantKind,
    /// The first event type; `None` is INITIAL, the start of every trace (AFby only).
    pub a: Option<LabelId>,
    /// The second event type.
    pub b: LabelId,
    /// How many events it was seen to hold of: of `b` for AP and INITIAL, of `a` otherwise.
    pub support: u64,
    /// Smallest and largest time in microseconds from an `a` to a later `b`, over all pairs (AFby and AP).
    pub times: Option<(u64, u64)>,
}

/// Invariants with the labels they refer to.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Invariants {
    /// Labels, ascending.
    pub labels: Vec<Label>,
    /// Ascending by kind, first and second label.
    pub list: Vec<Invariant>,
}
