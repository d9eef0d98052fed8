//! Contexts: what of a trace's past a generator remembers.
//!
//! A context is a 128-bit sum and hash of the past that is updated event by event, so that two prefixes share a context
//! exactly where they agree on what is remembered (but for collisions of 128-bit hashes).

use crate::automaton::LabelId;
use crate::infer::invariants::{Invariant, InvariantKind};
use hashbrown::HashMap;
use serde::{Deserialize, Serialize};
use std::fmt;
use xxhash_rust::xxh3::xxh3_128;

/// The longest run of last events that a context can hold.
pub const MAX_LAST: usize = 8;

/// What is remembered of all events so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Memory {
    /// Nothing.
    None,
    /// Which event types occurred.
    Set,
    /// How often each event type occurred.
    Multiset,
    /// All events in order.
    Sequence,
}

/// What contexts remember: all events so far in some form, and the last few in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Abstraction {
    /// What is remembered of all events.
    pub memory: Memory,
    /// How many of the last events are remembered in order.
    pub last: u8,
    /// Prefixes that at least so many training traces share are remembered whole; 0 for none.
    pub whole: u32,
    /// True where the state of every mined invariant is remembered too, so that no trace can break one.
    pub monitored: bool,
}

impl fmt::Display for Abstraction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.memory {
            Memory::None => write!(f, "last {}", self.last)?,
            Memory::Set => write!(f, "set + last {}", self.last)?,
            Memory::Multiset => write!(f, "multiset + last {}", self.last)?,
            Memory::Sequence => write!(f, "whole")?,
        }
        if self.whole > 0 {
            write!(f, " + prefixes of {} traces", self.whole)?;
        }
        f.write_str(if self.monitored { " + invariants" } else { "" })
    }
}

/// What the mined invariants oblige an event type to: which others must come later.
#[derive(Debug, Clone, Default)]
pub struct Obligations {
    followers: Vec<Vec<LabelId>>,
}

impl Obligations {
    /// From invariants over `labels` event types.
    pub fn of(invariants: &[Invariant], labels: usize) -> Self {
        let mut followers = vec![Vec::new(); labels];
        for i in invariants.iter().filter(|i| i.kind == InvariantKind::AlwaysFollowedBy && (i.b as usize) < labels) {
            if let Some(a) = i.a.filter(|&a| (a as usize) < labels) {
                followers[a as usize].push(i.b);
            }
        }
        Obligations { followers }
    }
}

/// Follows one trace and gives its context after each event.
pub struct Tracker<'a> {
    obligations: &'a Obligations,
    hashes: &'a [u128],
    counts: HashMap<LabelId, u32>,
    multiset: u128,
    set: u128,
    sequence: u128,
    pending: HashMap<LabelId, ()>,
    pending_sum: u128,
    last: [LabelId; MAX_LAST],
    length: usize,
}

/// One 128-bit hash per label number, for [`Tracker::new`].
pub fn label_hashes(labels: usize) -> Vec<u128> {
    (0..labels as u64).map(|label| xxh3_128(&label.to_le_bytes())).collect()
}

impl<'a> Tracker<'a> {
    /// Before the first event.
    pub fn new(hashes: &'a [u128], obligations: &'a Obligations) -> Self {
        Tracker {
            obligations,
            hashes,
            counts: HashMap::new(),
            multiset: 0,
            set: 0,
            sequence: 0,
            pending: HashMap::new(),
            pending_sum: 0,
            last: [0; MAX_LAST],
            length: 0,
        }
    }

    /// Takes one event. O(obligations of its type).
    pub fn push(&mut self, label: LabelId) {
        let hash = self.hashes[label as usize];
        self.multiset = self.multiset.wrapping_add(hash);
        self.sequence = (self.sequence ^ hash).wrapping_mul(0x0123_4567_89ab_cdef_1357_9bdf_0246_8ad1).rotate_left(59);
        let count = self.counts.entry(label).or_insert(0);
        *count += 1;
        if *count == 1 {
            self.set = self.set.wrapping_add(hash);
        }
        if self.pending.remove(&label).is_some() {
            self.pending_sum = self.pending_sum.wrapping_sub(hash);
        }
        for &follower in self.obligations.followers.get(label as usize).into_iter().flatten() {
            if self.pending.insert(follower, ()).is_none() {
                self.pending_sum = self.pending_sum.wrapping_add(self.hashes[follower as usize]);
            }
        }
        self.last.copy_within(0..MAX_LAST - 1, 1);
        self.last[0] = label;
        self.length += 1;
    }

    /// The context under an abstraction, whole prefixes apart.
    pub fn key(&self, abstraction: Abstraction) -> u128 {
        let memory = match abstraction.memory {
            Memory::None => 0,
            Memory::Set => self.set,
            Memory::Multiset => self.multiset,
            Memory::Sequence => self.sequence,
        };
        let last = self.length.min(abstraction.last as usize);
        let mut bytes = [0u8; 16 * 3 + 4 * MAX_LAST + 2];
        bytes[..16].copy_from_slice(&memory.to_le_bytes());
        if abstraction.monitored {
            bytes[16..32].copy_from_slice(&self.set.to_le_bytes());
            bytes[32..48].copy_from_slice(&self.pending_sum.to_le_bytes());
        }
        for (i, label) in self.last[..last].iter().enumerate() {
            bytes[48 + 4 * i..52 + 4 * i].copy_from_slice(&label.to_le_bytes());
        }
        // The number of last events tells the start of a trace from label 0.
        bytes[48 + 4 * MAX_LAST] = last as u8;
        bytes[49 + 4 * MAX_LAST] = abstraction.memory as u8;
        xxh3_128(&bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(events: &[LabelId], memory: Memory, last: u8, monitored: bool) -> u128 {
        let hashes = label_hashes(5);
        let invariants =
            [Invariant { kind: InvariantKind::AlwaysFollowedBy, a: Some(0), b: 1, support: 1, times: None }];
        let obligations = Obligations::of(&invariants, 5);
        let mut tracker = Tracker::new(&hashes, &obligations);
        events.iter().for_each(|&e| tracker.push(e));
        tracker.key(Abstraction { memory, last, whole: 0, monitored })
    }

    #[test]
    fn contexts_agree_on_what_is_remembered_and_on_nothing_else() {
        assert_eq!(key(&[0, 1, 2], Memory::Multiset, 1, false), key(&[1, 0, 2], Memory::Multiset, 1, false));
        assert_ne!(key(&[0, 1, 2], Memory::Multiset, 2, false), key(&[1, 0, 2], Memory::Multiset, 2, false));
        assert_ne!(key(&[0, 0, 2], Memory::Multiset, 1, false), key(&[0, 2], Memory::Multiset, 1, false));
        assert_eq!(key(&[0, 0, 2], Memory::Set, 1, false), key(&[0, 2], Memory::Set, 1, false));
        assert_eq!(key(&[3, 4, 2], Memory::None, 1, false), key(&[2], Memory::None, 1, false));
        assert_ne!(key(&[], Memory::None, 1, false), key(&[0], Memory::None, 1, false));
        // 1 is owed after "1 0 2", not after "0 1 2".
        assert_ne!(key(&[0, 1, 2], Memory::Multiset, 1, true), key(&[1, 0, 2], Memory::Multiset, 1, true));
    }
}
