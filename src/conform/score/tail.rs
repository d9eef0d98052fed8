//! The tail of positive numbers: P(x beyond) = share · (x / start)^(-1 / index) (Hill 1975, Weissman 1978).

/// One in so many numbers belongs to a tail.
pub const TAIL: u64 = 10;
/// A tail index assumed as one more observation: few numbers say little about larger ones.
const PRIOR_INDEX: f64 = 1.0;

/// What lies beyond the usual numbers.
#[derive(Debug, Clone, Copy)]
pub struct Tail {
    /// Numbers up to this one are usual.
    pub start: f64,
    /// -log2 of the share of numbers beyond the start.
    share_bits: f64,
    /// The extreme value index.
    index: f64,
}

impl Tail {
    /// The tail of `beyond` of `total` numbers, which come with their counts, the most extreme first; none is taken to be
    /// lighter than `least_index` says. O(numbers in the tail).
    pub fn of(
        numbers: impl Iterator<Item = (f64, u64)>,
        start: f64,
        (beyond, total): (u64, u64),
        least_index: f64,
    ) -> Self {
        let (mut left, mut sum) = (beyond, 0.0);
        for (number, count) in numbers {
            let taken = count.min(left);
            sum += taken as f64 * libm::log(number.max(start) / start);
            left -= taken;
            if left == 0 {
                break;
            }
        }
        let index = ((sum + PRIOR_INDEX) / (beyond as f64 + 1.0)).max(least_index);
        let share_bits = libm::log2((total as f64 + 1.0) / (beyond as f64 + 1.0));
        Tail { start, share_bits, index }
    }

    /// How improbable a number beyond the start is, in bits.
    pub fn bits(&self, number: f64) -> f64 {
        self.share_bits + libm::log2(number / self.start) / self.index
    }
}
