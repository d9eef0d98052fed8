//! Traces in the order of their keys, in buckets that can be sorted apart.

use super::TraceSet;

/// Traces of a bucket, about.
const BUCKET: usize = 1 << 14;
/// Keys looked at for each bucket to find where it starts.
const LOOKS: usize = 32;

/// A trace to be sorted: most keys differ in their first bytes, and comparing these needs no look at the key.
pub type Start = (u128, u32);

impl TraceSet {
    fn start(&self, at: u32) -> Start {
        let key = self.key(at as usize);
        let mut first = [0u8; 16];
        let length = key.len().min(16);
        first[..length].copy_from_slice(&key[..length]);
        (u128::from_be_bytes(first), at)
    }

    /// All traces in buckets; keys of one come before those of the next. O(n log buckets).
    pub fn key_buckets(&self) -> Vec<Vec<Start>> {
        let (n, wanted) = (self.len(), self.len() / BUCKET + 1);
        let mut looked: Vec<u128> = (0..n).step_by((BUCKET / LOOKS).max(1)).map(|at| self.start(at as u32).0).collect();
        looked.sort_unstable();
        let bounds: Vec<u128> = (1..wanted).filter_map(|i| looked.get(i * looked.len() / wanted).copied()).collect();
        let mut buckets: Vec<Vec<Start>> = vec![Vec::new(); bounds.len() + 1];
        for at in 0..n as u32 {
            let start = self.start(at);
            buckets[bounds.partition_point(|&bound| bound <= start.0)].push(start);
        }
        buckets
    }

    /// The positions of a bucket's traces, ordered by key. O(n log n).
    pub fn sort_bucket(&self, mut bucket: Vec<Start>) -> Vec<u32> {
        let key = |at: u32| self.key(at as usize);
        bucket.sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| key(a.1).cmp(key(b.1))));
        bucket.into_iter().map(|(_, at)| at).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::trace::{SetRow, TraceSet};

    #[test]
    fn buckets_one_after_the_other_are_in_the_order_of_keys() {
        let row = SetRow { at: None, seq: Some(1), component: None, event: "a", parameters: None };
        // Many keys, many with the same first bytes, and none.
        for (n, prefix) in [(0u32, ""), (1, ""), (100_000, ""), (40_000, "the same first bytes "), (3, "x")] {
            let mut set = TraceSet::new(usize::MAX);
            (0..n).for_each(|i| {
                set.add(Some(format!("{prefix}{}", i.wrapping_mul(0x9e37_79b9)).as_bytes()), row).unwrap()
            });
            let order: Vec<u32> = set.key_buckets().into_iter().flat_map(|bucket| set.sort_bucket(bucket)).collect();
            assert_eq!(order.len(), n as usize);
            assert!(order.windows(2).all(|pair| set.key(pair[0] as usize) < set.key(pair[1] as usize)));
        }
    }
}
