//! Exactly mergeable summaries: integer log-bucket histograms and samples of the smallest keyed hashes.

use serde::{Deserialize, Serialize};

/// Sub-buckets per octave as a power of two: a bucket is at most 1/16 of its values wide.
const SUB_BITS: u32 = 4;

/// Counts of durations in microseconds, in integer log buckets with zero apart; adding is exact and order-free.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Histogram {
    /// Smallest value seen; 0 where nothing was.
    pub min: u64,
    /// Largest value seen; 0 where nothing was.
    pub max: u64,
    /// Sum of all values.
    #[serde(with = "sum_as_text")]
    pub sum: u128,
    /// (bucket, count), ascending, counts positive.
    pub buckets: Vec<(u16, u64)>,
}

/// The bucket of a value.
pub(super) fn bucket(value: u64) -> u16 {
    if value < 1 << SUB_BITS {
        return value as u16;
    }
    let exponent = 63 - value.leading_zeros();
    let mantissa = (value >> (exponent - SUB_BITS)) as u16 & ((1 << SUB_BITS) - 1);
    (((exponent - SUB_BITS + 1) as u16) << SUB_BITS) | mantissa
}

/// The largest bucket there is.
const LAST_BUCKET: u16 = ((64 - SUB_BITS as u16) << SUB_BITS) | ((1 << SUB_BITS) - 1);

/// Smallest and largest value of a bucket.
pub(super) fn bounds(bucket: u16) -> (u64, u64) {
    let high = u32::from(bucket >> SUB_BITS);
    if high == 0 {
        return (bucket.into(), bucket.into());
    }
    let shift = high - 1;
    let low = ((1 << SUB_BITS) | u64::from(bucket & ((1 << SUB_BITS) - 1))) << shift;
    (low, low + ((1u64 << shift) - 1))
}

impl Histogram {
    /// Number of values.
    pub fn count(&self) -> u64 {
        self.buckets.iter().map(|&(_, count)| count).sum()
    }

    /// Adds one value.
    pub fn add(&mut self, value: u64) {
        if self.buckets.is_empty() {
            (self.min, self.max) = (value, value);
        } else {
            self.min = self.min.min(value);
            self.max = self.max.max(value);
        }
        self.sum += u128::from(value);
        let bucket = bucket(value);
        match self.buckets.binary_search_by_key(&bucket, |&(b, _)| b) {
            Ok(i) => self.buckets[i].1 += 1,
            Err(i) => self.buckets.insert(i, (bucket, 1)),
        }
    }

    /// Adds one value several times.
    pub fn add_times(&mut self, value: u64, times: u64) {
        if times == 0 {
            return;
        }
        self.add(value);
        self.sum += u128::from(value) * u128::from(times - 1);
        if let Ok(i) = self.buckets.binary_search_by_key(&bucket(value), |&(b, _)| b) {
            self.buckets[i].1 += times - 1;
        }
    }

    /// Adds all values of another histogram.
    pub fn merge(&mut self, other: &Self) {
        if other.buckets.is_empty() {
            return;
        }
        if self.buckets.is_empty() {
            self.clone_from(other);
            return;
        }
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        self.sum += other.sum;
        if self.buckets.len() == other.buckets.len() && self.buckets.iter().zip(&other.buckets).all(|(a, b)| a.0 == b.0)
        {
            for (mine, theirs) in self.buckets.iter_mut().zip(&other.buckets) {
                mine.1 += theirs.1;
            }
            return;
        }
        let mine = std::mem::take(&mut self.buckets);
        self.buckets.reserve(mine.len() + other.buckets.len());
        let (mut a, mut b) = (mine.into_iter().peekable(), other.buckets.iter().copied().peekable());
        loop {
            let next = match (a.peek(), b.peek()) {
                (Some(&(x, n)), Some(&(y, m))) if x == y => {
                    a.next();
                    b.next();
                    (x, n + m)
                }
                (Some(&(x, n)), Some(&(y, _))) if x < y => {
                    a.next();
                    (x, n)
                }
                (Some(&(x, n)), None) => {
                    a.next();
                    (x, n)
                }
                (_, Some(&pair)) => {
                    b.next();
                    pair
                }
                (None, None) => break,
            };
            self.buckets.push(next);
        }
    }

    /// Divides the values among parts in proportion to their weights, as evenly over the buckets as integers allow.
    ///
    /// No part gets more values than its weight; sums are divided like counts. O(buckets × parts).
    pub fn apportion(&self, weights: &[u64]) -> Vec<Self> {
        let mut parts = vec![Histogram::default(); weights.len()];
        let mut room = weights.to_vec();
        let count = u128::from(self.count());
        for &(bucket, n) in &self.buckets {
            let total: u128 = room.iter().map(|&w| u128::from(w)).sum();
            let mut left = n;
            let mut own = vec![0u64; room.len()];
            for (own, &room) in own.iter_mut().zip(&room) {
                let share = (u128::from(n) * u128::from(room)).checked_div(total).unwrap_or_default();
                *own = share.min(u128::from(room)) as u64;
                left -= *own;
            }
            // What rounding left over goes to where most room is, the first of equals.
            while left > 0 {
                let most = (0..own.len()).max_by_key(|&i| (room[i] - own[i], std::cmp::Reverse(i)));
                let Some(i) = most.filter(|&i| room[i] > own[i]) else { break };
                let taken = left.min((room[i] - own[i]).div_ceil(2));
                own[i] += taken;
                left -= taken;
            }
            for ((part, own), room) in parts.iter_mut().zip(own).zip(&mut room) {
                *room -= own;
                if own > 0 {
                    part.buckets.push((bucket, own));
                }
            }
        }
        for part in parts.iter_mut().filter(|part| !part.buckets.is_empty()) {
            let n = u128::from(part.count());
            part.sum = self.sum / count * n + self.sum % count * n / count;
            (part.min, part.max) = (self.min, self.max);
        }
        parts
    }

    /// The mean, `None` without values.
    pub fn mean(&self) -> Option<f64> {
        let count = self.count();
        (count > 0).then(|| self.sum as f64 / count as f64)
    }

    /// The value at `rank` (0-based, below [`Histogram::count`]), up to the bucket's width; ranks inside a bucket are
    /// spread over it evenly. Integer arithmetic only, so that sampling is the same everywhere.
    pub fn value_at(&self, rank: u64) -> Option<u64> {
        let mut left = rank;
        for &(bucket, count) in &self.buckets {
            if left < count {
                let (low, high) = bounds(bucket);
                let (low, high) = (low.max(self.min), high.min(self.max));
                let span = u128::from(high.saturating_sub(low)) + 1;
                return Some(low + (span * u128::from(left) / u128::from(count)) as u64);
            }
            left -= count;
        }
        None
    }

    /// An upper bound of the value at `rank`, at most a bucket's width above it.
    pub fn upper_at(&self, rank: u64) -> Option<u64> {
        let mut seen = 0;
        let found = self.buckets.iter().find(|&&(_, count)| {
            seen += count;
            seen > rank
        });
        found.map(|&(bucket, _)| bounds(bucket).1.min(self.max))
    }

    /// How many values are below a power of two.
    pub fn count_below(&self, power_of_two: u64) -> u64 {
        self.buckets.iter().filter(|b| bounds(b.0).1 < power_of_two).map(|b| b.1).sum()
    }

    /// A lower bound of the smallest positive value, `None` where there is none.
    pub fn least_positive(&self) -> Option<u64> {
        self.buckets.iter().find(|b| b.0 > 0).map(|b| bounds(b.0).0.max(self.min))
    }

    /// (largest value, count) of each bucket, from the largest down.
    pub fn from_above(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        self.buckets.iter().rev().map(|&(bucket, count)| (bounds(bucket).1.min(self.max), count))
    }

    /// How many values are in smaller buckets than a value's, and how many in its own.
    pub fn rank(&self, value: u64) -> (u64, u64) {
        let bucket = bucket(value);
        let below = self.buckets.iter().take_while(|b| b.0 < bucket).map(|b| b.1).sum();
        let own = self.buckets.binary_search_by_key(&bucket, |b| b.0).map_or(0, |i| self.buckets[i].1);
        (below, own)
    }

    /// The bucket that counts a value, as listed in `buckets`.
    pub fn bucket(value: u64) -> u16 {
        bucket(value)
    }

    /// The q-quantile (q in 0..=1), `None` without values.
    pub fn quantile(&self, q: f64) -> Option<u64> {
        let count = self.count();
        let rank = (q.clamp(0.0, 1.0) * count.saturating_sub(1) as f64) as u64;
        self.value_at(rank)
    }

    /// Why this histogram cannot be what [`Histogram::add`] made, if so.
    pub fn problem(&self) -> Option<&'static str> {
        if self.buckets.windows(2).any(|pair| pair[0].0 >= pair[1].0) {
            return Some("Histogram buckets are not ascending.");
        }
        if self.buckets.iter().any(|&(b, count)| count == 0 || b > LAST_BUCKET) {
            return Some("A histogram bucket is empty or out of range.");
        }
        if self.buckets.iter().try_fold(0u64, |sum, &(_, count)| sum.checked_add(count)).is_none() {
            return Some("Histogram counts overflow.");
        }
        match (self.buckets.first(), self.buckets.last()) {
            (Some(first), Some(last)) => {
                let inside = bucket(self.min) <= first.0 && bucket(self.max) >= last.0 && self.min <= self.max;
                (!inside).then_some("Histogram minimum or maximum do not fit the buckets.")
            }
            _ => (self.min != 0 || self.max != 0 || self.sum != 0).then_some("An empty histogram has values."),
        }
    }

    /// Heap bytes held, for the memory account.
    pub fn heap_bytes(&self) -> usize {
        self.buckets.capacity() * size_of::<(u16, u64)>()
    }
}

/// JSON numbers stop at 64 bits in many readers: sums travel as text there, as integers in binary.
mod sum_as_text {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    pub fn serialize<S: Serializer>(sum: &u128, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() { sum.to_string().serialize(serializer) } else { sum.serialize(serializer) }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u128, D::Error> {
        if deserializer.is_human_readable() {
            String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
        } else {
            u128::deserialize(deserializer)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn buckets_hold_their_values_and_are_narrow(value in any::<u64>()) {
            let (low, high) = bounds(bucket(value));
            prop_assert!(low <= value && value <= high);
            prop_assert!(high - low <= value / 16 + 1);
            prop_assert!(bucket(value) <= LAST_BUCKET);
        }

        #[test]
        fn merging_equals_adding_all(a in prop::collection::vec(0u64..5000, 0..50), b in prop::collection::vec(any::<u64>(), 0..50)) {
            let of = |values: &[u64]| { let mut h = Histogram::default(); values.iter().for_each(|&v| h.add(v)); h };
            let mut merged = of(&a);
            merged.merge(&of(&b));
            let all: Vec<u64> = a.iter().chain(&b).copied().collect();
            prop_assert_eq!(&merged, &of(&all));
            prop_assert_eq!(merged.problem(), None);
            prop_assert!(all.iter().all(|_| merged.quantile(0.5).is_some()));
        }
    }
}
