//! Mined invariants on single traces, many at a time.

use crate::automaton::LabelId;
use crate::infer::invariants::{Invariant, InvariantKind};

/// Checks traces against invariants. One trace costs O(length + invariants), interruptions O(length) each.
pub struct InvariantChecker<'a> {
    invariants: &'a [Invariant],
    /// First and last position of each label in the trace at hand, and how often it occurs; 0 stands for never.
    first: Vec<u32>,
    last: Vec<u32>,
    counts: Vec<u32>,
}

impl<'a> InvariantChecker<'a> {
    /// For labels below `labels`.
    pub fn new(invariants: &'a [Invariant], labels: usize) -> Self {
        InvariantChecker { invariants, first: vec![0; labels], last: vec![0; labels], counts: vec![0; labels] }
    }

    /// Calls `broken` with the position of each invariant that the trace breaks.
    pub fn check(&mut self, events: &[LabelId], mut broken: impl FnMut(usize)) {
        for (&event, at) in events.iter().zip(1..) {
            let Some(last) = self.last.get_mut(event as usize) else { continue };
            *last = at;
            self.counts[event as usize] += 1;
            if self.first[event as usize] == 0 {
                self.first[event as usize] = at;
            }
        }
        for (i, invariant) in self.invariants.iter().enumerate() {
            if self.breaks(events, invariant) {
                broken(i);
            }
        }
        for event in events.iter().map(|&e| e as usize) {
            if event >= self.first.len() {
                continue;
            }
            (self.first[event], self.last[event], self.counts[event]) = (0, 0, 0);
        }
    }

    fn breaks(&self, events: &[LabelId], invariant: &Invariant) -> bool {
        let of = |values: &[u32], label: LabelId| values.get(label as usize).copied().unwrap_or(0);
        let b = invariant.b;
        let Some(a) = invariant.a else { return of(&self.first, b) == 0 };
        let (first_a, last_a) = (of(&self.first, a), of(&self.last, a));
        match invariant.kind {
            InvariantKind::AlwaysFollowedBy if a == b => last_a > 0,
            InvariantKind::AlwaysFollowedBy => last_a > of(&self.last, b),
            InvariantKind::AlwaysPrecedes if a == b => last_a > 0,
            InvariantKind::AlwaysPrecedes => of(&self.first, b) > 0 && (first_a == 0 || first_a > of(&self.first, b)),
            InvariantKind::NeverFollowedBy if a == b => of(&self.counts, a) > 1,
            InvariantKind::NeverFollowedBy => first_a > 0 && of(&self.last, b) > first_a,
            InvariantKind::InterruptedBy => {
                let mut owed = false;
                events.iter().any(|&event| {
                    let broken = owed && event == a;
                    owed = event == a || (owed && event != b);
                    broken
                })
            }
        }
    }
}

/// True where a trace breaks an invariant.
pub fn breaks(events: &[LabelId], invariant: &Invariant) -> bool {
    let labels = invariant.a.unwrap_or(0).max(invariant.b) as usize + 1;
    let mut any = false;
    let one = [*invariant];
    InvariantChecker::new(&one, labels).check(events, |_| any = true);
    any
}

#[cfg(test)]
mod tests {
    use super::*;
    use InvariantKind::*;

    fn broken(events: &[LabelId], kind: InvariantKind, a: Option<LabelId>, b: LabelId) -> bool {
        breaks(events, &Invariant { kind, a, b, support: 1, times: None })
    }

    #[test]
    fn each_kind_by_hand() {
        assert!(
            !broken(&[0, 1, 0, 1], AlwaysFollowedBy, Some(0), 1) && broken(&[0, 1, 0], AlwaysFollowedBy, Some(0), 1)
        );
        assert!(broken(&[0], AlwaysFollowedBy, None, 1) && !broken(&[0, 1], AlwaysFollowedBy, None, 1));
        assert!(!broken(&[0, 1], AlwaysPrecedes, Some(0), 1) && broken(&[1, 0], AlwaysPrecedes, Some(0), 1));
        assert!(broken(&[1], AlwaysPrecedes, Some(0), 1) && !broken(&[2], AlwaysPrecedes, Some(0), 1));
        assert!(!broken(&[1, 0], NeverFollowedBy, Some(0), 1) && broken(&[0, 1], NeverFollowedBy, Some(0), 1));
        assert!(broken(&[0, 0], NeverFollowedBy, Some(0), 0) && !broken(&[0, 1], NeverFollowedBy, Some(0), 0));
        assert!(!broken(&[0, 1, 0], InterruptedBy, Some(0), 1) && broken(&[0, 2, 0], InterruptedBy, Some(0), 1));
    }
}
