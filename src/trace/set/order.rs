//! Traces in the order of their keys, in buckets that can be sorted apart.

use super::TraceSet;

/// Traces of a bucket, about.
const BUCKET: usize = 1 << 14;
/// Keys looked at for each bucket to find where it starts.
const LOOKS: usize = 32;

/// A trace to be sorted: most keys differ in their first bytes, and comparing these needs no look at the key.
#[derive(Debug, Clone, Copy, Default)]
pub struct Start {
    first: [u64; 2],
    at: u32,
}

impl Start {
    /// The trace's position.
    pub fn at(&self) -> u32 {
        self.at
    }
}

impl TraceSet {
    fn start(&self, at: u32) -> Start {
        let key = self.key(at as usize);
        let mut bytes = [0u8; 16];
        let length = key.len().min(16);
        bytes[..length].copy_from_slice(&key[..length]);
        let first = u128::from_be_bytes(bytes);
        Start { first: [(first >> 64) as u64, first as u64], at }
    }

    /// All traces, and where buckets end; keys of one bucket come before those of the next. O(n log buckets).
    pub fn key_buckets(&self) -> (Vec<Start>, Vec<usize>) {
        let (n, wanted) = (self.len(), self.len() / BUCKET + 1);
        let looks = (0..n).step_by((BUCKET / LOOKS).max(1));
        let mut looked: Vec<[u64; 2]> = looks.map(|at| self.start(at as u32).first).collect();
        looked.sort_unstable();
        let bounds: Vec<[u64; 2]> =
            (1..wanted).filter_map(|i| looked.get(i * looked.len() / wanted).copied()).collect();
        let bucket = |start: &Start| bounds.partition_point(|bound| *bound <= start.first);
        let mut counts = vec![0usize; bounds.len() + 1];
        (0..n as u32).for_each(|at| counts[bucket(&self.start(at))] += 1);
        let mut next: Vec<usize> = Vec::with_capacity(counts.len());
        counts.iter().for_each(|count| next.push(next.last().copied().unwrap_or(0) + count));
        next.iter_mut().zip(&counts).for_each(|(next, count)| *next -= count);
        let mut starts = vec![Start::default(); n];
        for at in 0..n as u32 {
            let start = self.start(at);
            let place = &mut next[bucket(&start)];
            starts[*place] = start;
            *place += 1;
        }
        (starts, next)
    }

    /// Orders the traces of a bucket by key. O(n log n).
    pub fn sort_bucket(&self, bucket: &mut [Start]) {
        let key = |start: &Start| self.key(start.at as usize);
        bucket.sort_unstable_by(|a, b| a.first.cmp(&b.first).then_with(|| key(a).cmp(key(b))));
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
            let (mut starts, ends) = set.key_buckets();
            assert_eq!((starts.len(), ends.last().copied()), (n as usize, Some(n as usize)));
            let mut begin = 0;
            for end in ends {
                set.sort_bucket(&mut starts[std::mem::replace(&mut begin, end)..end]);
            }
            assert!(starts.windows(2).all(|pair| set.key(pair[0].at as usize) < set.key(pair[1].at as usize)));
        }
    }
}
