//! Whether rows that were read before are still what they were: their number and a sum of their hashes, told apart by
//! where they stand in time.
//!
//! A sum does not depend on the order of rows, and sums of parts add up. Rows before a bound that is known go into one
//! sum. The others go into one sum for each stretch of time, so that the next bound can be chosen once the latest row is
//! known; stretches are as long as it takes to have a few thousand at most.

use crate::error::{Error, Result};
use hashbrown::HashMap;

const WHAT: &str = "logfsm.row_digest";
const VERSION: u8 = 1;
/// Stretches of time at most; with more, neighbours are joined.
const MOST: usize = 4096;

/// How many rows there are, and the sum of their hashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Seen {
    /// Rows.
    pub rows: u64,
    /// The sum of their hashes, wrapping around.
    pub sum: u64,
}

impl Seen {
    fn add(&mut self, other: Seen) {
        self.rows = self.rows.wrapping_add(other.rows);
        self.sum = self.sum.wrapping_add(other.sum);
    }
}

/// The rows of a source before and after a bound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowDigest {
    before: i64,
    old: Seen,
    latest: Option<i64>,
    /// A stretch holds the places that agree but for so many low bits.
    shift: u32,
    stretches: HashMap<i64, Seen>,
    /// The stretch that was added to last: rows mostly come in order.
    last: Option<(i64, Seen)>,
}

impl RowDigest {
    /// No row yet; those before the bound go into one sum.
    pub fn new(before: i64) -> Self {
        RowDigest { before, old: Seen::default(), latest: None, shift: 0, stretches: HashMap::new(), last: None }
    }

    /// Adds a row by its place in time or number; one without a place counts as before the bound. O(1).
    pub fn add(&mut self, at: Option<i64>, hash: u64) {
        let row = Seen { rows: 1, sum: hash };
        let Some(at) = at else { return self.old.add(row) };
        self.latest = self.latest.max(Some(at));
        if at < self.before {
            return self.old.add(row);
        }
        let stretch = at >> self.shift;
        match &mut self.last {
            Some((last, seen)) if *last == stretch => seen.add(row),
            _ => self.change(stretch, row),
        }
    }

    /// Goes on with another stretch.
    fn change(&mut self, stretch: i64, row: Seen) {
        self.put_back();
        let mut seen = self.stretches.remove(&stretch).unwrap_or_default();
        seen.add(row);
        self.last = Some((stretch, seen));
        if self.stretches.len() >= MOST {
            self.put_back();
            self.shorten();
        }
    }

    fn put_back(&mut self) {
        if let Some((last, seen)) = self.last.take() {
            self.stretches.entry(last).or_default().add(seen);
        }
    }

    /// Joins neighbours until there are few enough.
    fn shorten(&mut self) {
        while self.stretches.len() > MOST && self.shift < i64::BITS - 1 {
            self.widen(self.shift + 1);
        }
    }

    fn widen(&mut self, shift: u32) {
        let by = shift - self.shift;
        let mut joined: HashMap<i64, Seen> = HashMap::with_capacity(self.stretches.len());
        for (stretch, seen) in self.stretches.drain() {
            joined.entry(stretch >> by).or_default().add(seen);
        }
        (self.shift, self.stretches) = (shift, joined);
    }

    /// Adds the rows of another digest with the same bound.
    ///
    /// Errors: the bounds differ.
    pub fn merge(&mut self, mut other: RowDigest) -> Result<()> {
        if self.before != other.before {
            return Err(Error::invalid(WHAT, "Digests of rows before and after different bounds cannot be added."));
        }
        self.put_back();
        other.put_back();
        let shift = self.shift.max(other.shift);
        self.widen(shift);
        other.widen(shift);
        self.old.add(other.old);
        self.latest = self.latest.max(other.latest);
        for (stretch, seen) in other.stretches {
            self.stretches.entry(stretch).or_default().add(seen);
        }
        self.shorten();
        Ok(())
    }

    /// The place of the latest row.
    pub fn latest(&self) -> Option<i64> {
        self.latest
    }

    /// The rows before the bound, and those without a place.
    pub fn old(&self) -> Seen {
        self.old
    }

    /// A new bound, not after `wanted` but where the old one is, and the rows before it.
    pub fn settle(mut self, wanted: i64) -> (i64, Seen) {
        self.put_back();
        if wanted <= self.before {
            return (self.before, self.old);
        }
        let stretch = wanted >> self.shift;
        let mut seen = self.old;
        self.stretches.iter().filter(|(at, _)| **at < stretch).for_each(|(_, more)| seen.add(*more));
        // The stretch that the old bound is in has rows after it only.
        ((stretch << self.shift).max(self.before), seen)
    }

    /// The flat form; equal digests have equal ones.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut all = self.stretches.clone();
        if let Some((last, seen)) = self.last {
            all.entry(last).or_default().add(seen);
        }
        let mut all: Vec<(i64, Seen)> = all.into_iter().collect();
        all.sort_unstable_by_key(|(at, _)| *at);
        let mut bytes = vec![VERSION, self.shift as u8, u8::from(self.latest.is_some())];
        let numbers = [self.before as u64, self.old.rows, self.old.sum, self.latest.unwrap_or(0) as u64];
        numbers.iter().for_each(|number| bytes.extend(number.to_le_bytes()));
        for (at, seen) in all {
            [at as u64, seen.rows, seen.sum].iter().for_each(|number| bytes.extend(number.to_le_bytes()));
        }
        bytes
    }

    /// Reads the flat form.
    ///
    /// Errors: it is not one.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let invalid = || Error::invalid(WHAT, "Its length or its first bytes are not those of a digest.");
        let (head, rest) = bytes.split_at_checked(3).ok_or_else(invalid)?;
        let numbers: Vec<u64> =
            rest.chunks_exact(8).map(|c| c.iter().rev().fold(0, |n, b| n << 8 | u64::from(*b))).collect();
        let shift = u32::from(head[1]);
        let (fixed, stretches) = numbers.split_at_checked(4).ok_or_else(invalid)?;
        let whole = rest.len() % 8 == 0 && stretches.len() % 3 == 0 && stretches.len() / 3 <= MOST;
        if head[0] != VERSION || shift >= i64::BITS || head[2] > 1 || !whole {
            return Err(invalid());
        }
        let mut digest = RowDigest::new(fixed[0] as i64);
        digest.old = Seen { rows: fixed[1], sum: fixed[2] };
        digest.latest = (head[2] == 1).then_some(fixed[3] as i64);
        digest.shift = shift;
        for stretch in stretches.chunks_exact(3) {
            digest.stretches.entry(stretch[0] as i64).or_default().add(Seen { rows: stretch[1], sum: stretch[2] });
        }
        Ok(digest)
    }
}

/// A hash of a row, value by value.
#[derive(Debug, Clone, Copy)]
pub struct RowHash(u64);

impl Default for RowHash {
    fn default() -> Self {
        RowHash(0x9e37_79b9_7f4a_7c15)
    }
}

impl RowHash {
    /// Goes on with a number.
    pub fn number(&mut self, value: u64) {
        let product = u128::from(self.0 ^ value) * u128::from(0xa5a3_5641_9e2d_b0c7u64);
        self.0 = (product as u64 ^ (product >> 64) as u64).rotate_left(29) ^ 0x2545_f491_4f6c_dd1d;
    }

    /// Goes on with bytes.
    pub fn bytes(&mut self, value: &[u8]) {
        self.0 = xxhash_rust::xxh3::xxh3_64_with_seed(value, self.0);
    }

    /// Goes on with a missing value.
    pub fn missing(&mut self) {
        self.0 = self.0.rotate_left(17) ^ 0x5851_f42d_4c95_7f2d;
    }

    /// The hash.
    pub fn finish(self) -> u64 {
        // Its high bits go into the low ones: sums do not mix.
        let mixed = (self.0 ^ self.0 >> 32).wrapping_mul(0xe703_7ed1_a0b4_28db);
        mixed ^ mixed >> 29
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn digest(before: i64, rows: &[(Option<i64>, u64)]) -> RowDigest {
        let mut digest = RowDigest::new(before);
        rows.iter().for_each(|&(at, hash)| digest.add(at, hash));
        digest
    }

    fn sum(rows: &[(Option<i64>, u64)], bound: i64) -> Seen {
        let mut seen = Seen::default();
        let before = |at: Option<i64>| at.is_none_or(|at| at < bound);
        rows.iter().filter(|row| before(row.0)).for_each(|row| seen.add(Seen { rows: 1, sum: row.1 }));
        seen
    }

    proptest! {
        #[test]
        fn what_is_settled_is_what_is_before_the_new_bound(
            rows in prop::collection::vec((prop::option::of(-40i64..40), any::<u64>()), 0..100),
            before in prop_oneof![Just(i64::MIN), -50i64..50],
            wanted in -60i64..60,
            cut in 0usize..100,
        ) {
            let whole = digest(before, &rows);
            prop_assert_eq!(whole.old(), if before == i64::MIN { sum(&rows, i64::MIN) } else { sum(&rows, before) });
            prop_assert_eq!(whole.latest(), rows.iter().filter_map(|row| row.0).max());
            let (first, second) = rows.split_at(cut.min(rows.len()));
            let mut parts = digest(before, second);
            parts.merge(RowDigest::from_bytes(&digest(before, first).to_bytes()).unwrap()).unwrap();
            prop_assert_eq!(parts.to_bytes(), whole.to_bytes());
            let (bound, seen) = whole.settle(wanted);
            prop_assert!(bound <= wanted.max(before));
            prop_assert_eq!(seen, sum(&rows, bound));
        }

        #[test]
        fn arbitrary_bytes_never_panic(mut bytes in prop::collection::vec(any::<u8>(), 0..200), wanted in any::<i64>()) {
            if let Some(first) = bytes.first_mut() { *first = VERSION; }
            if let Ok(mut digest) = RowDigest::from_bytes(&bytes) {
                digest.add(Some(wanted), 1);
                digest.clone().settle(wanted);
                let before = digest.before;
                let _ = digest.merge(RowDigest::new(before));
            }
        }
    }

    #[test]
    fn many_places_are_joined_to_stretches_of_time_in_any_order() {
        let rows: Vec<(Option<i64>, u64)> = (0..30_000).map(|i| (Some(i * 1_000_003 % 90_000_000), i as u64)).collect();
        let whole = digest(i64::MIN, &rows);
        let reversed: Vec<_> = rows.iter().rev().copied().collect();
        assert_eq!(whole.to_bytes(), digest(i64::MIN, &reversed).to_bytes());
        assert!(whole.stretches.len() <= MOST);
        let (bound, seen) = whole.settle(80_000_000);
        assert!(bound > 79_900_000 && bound <= 80_000_000);
        assert_eq!(seen, sum(&rows, bound));
    }

    #[test]
    fn values_places_and_missing_ones_make_different_hashes() {
        let hash = |work: &dyn Fn(&mut RowHash)| {
            let mut hash = RowHash::default();
            work(&mut hash);
            hash.finish()
        };
        let all = [
            hash(&|_| ()),
            hash(&|h| h.missing()),
            hash(&|h| h.number(0)),
            hash(&|h| h.number(1)),
            hash(&|h| h.bytes(b"")),
            hash(&|h| h.bytes(b"a")),
            hash(&|h| (h.number(1), h.missing()).0),
            hash(&|h| (h.missing(), h.number(1)).0),
        ];
        let distinct: std::collections::HashSet<u64> = all.into_iter().collect();
        assert_eq!(distinct.len(), all.len());
    }
}
