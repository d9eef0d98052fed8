//! Samples that merge exactly: the items with the smallest keyed hashes, each with its exact count.
//!
//! An item among the k smallest of a union is among the k smallest of every part that holds it, so its count is exact
//! and the sample of the union follows from the samples of the parts, in any order.

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// Fixed key of the sample hashes; part of the format, never to change.
const KEY: u64 = 0x6c6f_6766_736d_0001;

/// The keyed hash of an item's bytes.
pub fn keyed_hash(bytes: &[u8]) -> u64 {
    xxh3_64_with_seed(bytes, KEY)
}

/// One sampled item.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Item<T> {
    /// Keyed hash of the item's content: decides whether it stays.
    pub hash: u64,
    /// The item.
    pub value: T,
    /// How often it occurred.
    pub count: u64,
}

/// The items of smallest hash, ascending by (hash, value).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample<T> {
    /// The items.
    pub items: Vec<Item<T>>,
}

impl<T> Default for Sample<T> {
    fn default() -> Self {
        Sample { items: Vec::new() }
    }
}

impl<T: Ord + Clone> Sample<T> {
    fn find(&self, hash: u64, value: &T) -> Result<usize, usize> {
        self.items.binary_search_by(|item| item.hash.cmp(&hash).then_with(|| item.value.cmp(value)))
    }

    /// True where an item of this hash would be kept by a sample of `k` items.
    pub fn would_keep(&self, hash: u64, k: usize) -> bool {
        self.items.len() < k || self.items.last().is_some_and(|last| hash <= last.hash)
    }

    /// Adds `count` occurrences of an item, keeping at most `k` items.
    pub fn add(&mut self, hash: u64, value: T, count: u64, k: usize) {
        match self.find(hash, &value) {
            Ok(i) => self.items[i].count += count,
            Err(i) if i < k => {
                self.items.insert(i, Item { hash, value, count });
                self.items.truncate(k);
            }
            Err(_) => {}
        }
    }

    /// Adds all items of another sample, keeping at most `k`.
    pub fn merge(&mut self, other: &Self, k: usize) {
        for item in &other.items {
            self.add(item.hash, item.value.clone(), item.count, k);
        }
    }

    /// Why this cannot be a sample, if so.
    pub fn problem(&self, k: usize) -> Option<&'static str> {
        let sorted = self.items.windows(2).all(|p| (p[0].hash, &p[0].value) < (p[1].hash, &p[1].value));
        if !sorted || self.items.len() > k || self.items.iter().any(|item| item.count == 0) {
            return Some("A sample is too large, out of order or holds an item without occurrences.");
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn merging_in_any_order_equals_adding_all(values in prop::collection::vec(0u32..40, 0..200), cut in 0usize..200, k in 1usize..20) {
            let of = |values: &[u32]| {
                let mut s = Sample::default();
                for &v in values { s.add(keyed_hash(&v.to_le_bytes()), v, 1, k); }
                s
            };
            let (a, b) = values.split_at(cut.min(values.len()));
            let (mut ab, mut ba) = (of(a), of(b));
            ab.merge(&of(b), k);
            ba.merge(&of(a), k);
            prop_assert_eq!(&ab, &of(&values));
            prop_assert_eq!(&ab, &ba);
            prop_assert_eq!(ab.problem(k), None);
        }
    }
}
