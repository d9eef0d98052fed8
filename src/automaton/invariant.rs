//! Temporal invariants between event types, as an automaton carries them.

use super::LabelId;
use serde::{Deserialize, Serialize};

/// What an invariant says of its two event types.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum InvariantKind {
    /// Every `a` has a later `b`.
    #[serde(rename = "AFby")]
    AlwaysFollowedBy,
    /// Every `b` has an earlier `a`.
    #[serde(rename = "AP")]
    AlwaysPrecedes,
    /// No `a` has a later `b`.
    #[serde(rename = "NFby")]
    NeverFollowedBy,
    /// Between two consecutive `a` of a trace lies a `b`.
    #[serde(rename = "IntrBy")]
    InterruptedBy,
}

impl InvariantKind {
    /// All kinds.
    pub const ALL: [InvariantKind; 4] = [
        InvariantKind::AlwaysFollowedBy,
        InvariantKind::AlwaysPrecedes,
        InvariantKind::NeverFollowedBy,
        InvariantKind::InterruptedBy,
    ];

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
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// An invariant over labels numbered as in the automaton, or in the list, that it belongs to.
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

impl Invariant {
    /// What tells invariants of one list apart; lists are ascending by it.
    pub fn key(&self) -> (InvariantKind, Option<LabelId>, LabelId) {
        (self.kind, self.a, self.b)
    }

    /// Why a list of invariants over `labels` labels cannot be what mining made, if so.
    pub(super) fn problem(list: &[Invariant], labels: usize) -> Option<&'static str> {
        if list.windows(2).any(|pair| pair[0].key() >= pair[1].key()) {
            return Some("Invariants are not ascending by kind and labels.");
        }
        let strange = |i: &Invariant| {
            i.a.unwrap_or(0).max(i.b) as usize >= labels
                || (i.a.is_none() && i.kind != InvariantKind::AlwaysFollowedBy)
                || i.times.is_some_and(|(min, max)| min > max)
        };
        list.iter()
            .any(strange)
            .then_some("An invariant refers to a label that does not exist, or to impossible times.")
    }
}
