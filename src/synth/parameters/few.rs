//! In how many traces something occurs, as far as a threshold asks.

/// Values, and parts of values, that fewer distinct traces have are never repeated.
pub const LEAST: u64 = 5;

/// Distinct traces by their numbers, exact up to [`LEAST`] of them: sets of a union follow from those of its parts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Few {
    length: u8,
    ids: [u32; LEAST as usize],
}

impl Few {
    /// One trace.
    pub fn of(id: u32) -> Self {
        let mut few = Few::default();
        few.insert(id);
        few
    }

    /// Adds a trace.
    pub fn insert(&mut self, id: u32) {
        let length = usize::from(self.length);
        if length < self.ids.len() && !self.ids[..length].contains(&id) {
            self.ids[length] = id;
            self.length += 1;
        }
    }

    /// Adds the traces of another set.
    pub fn merge(&mut self, other: &Few) {
        other.ids[..usize::from(other.length)].iter().for_each(|&id| self.insert(id));
    }

    /// True where one trace has it.
    pub fn is_one(&self) -> bool {
        self.length == 1
    }

    /// True where at least [`LEAST`] traces have it.
    pub fn is_frequent(&self) -> bool {
        u64::from(self.length) >= LEAST
    }
}

/// A distinct text with the traces that have it.
#[derive(Debug, Clone, Copy)]
pub struct Text<'t> {
    /// The text.
    pub text: &'t str,
    /// Its traces.
    pub traces: Few,
}

/// Texts from which on it is told that each belongs to one trace.
const MANY: usize = 20;

/// True for texts that name single things: nearly each belongs to one trace alone.
pub fn are_single(texts: &[Text<'_>]) -> bool {
    texts.len() >= MANY && texts.iter().filter(|t| t.traces.is_one()).count() * 10 >= texts.len() * 9
}

/// How many decimal digits a number has.
pub fn digit_count(number: u64) -> u32 {
    number.max(1).ilog10() + 1
}

/// Where numbers that count single things go on, if these do: the ones after `range`, of as many digits where these leave
/// room. `None` where they are too sparse to be counted through.
pub fn next_numbers((least, most): (u64, u64), texts: usize) -> Option<(u64, u64)> {
    let width = most.checked_sub(least)?.checked_add(1)?;
    if width > 2 * texts as u64 {
        return None;
    }
    let of_digits = 10u64.checked_pow(digit_count(most))? - 1;
    let end = most.checked_add(2 * width)?;
    Some((most + 1, if of_digits - most >= width / 2 { end.min(of_digits) } else { end }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counted_things_go_on() {
        assert_eq!(next_numbers((1, 600), 600), Some((601, 999)));
        assert_eq!(next_numbers((1, 950), 900), Some((951, 2850)));
        assert_eq!(next_numbers((0, 0), 1), Some((1, 2)));
        assert_eq!(next_numbers((1, 600), 100), None);
        assert_eq!(next_numbers((0, u64::MAX), 9), None);
    }

    #[test]
    fn one_trace_counts_once() {
        let mut few = Few::of(7);
        (0..10).for_each(|_| few.insert(7));
        assert!(!few.is_frequent());
        let mut others = Few::of(1);
        [2, 3, 7].into_iter().for_each(|id| others.insert(id));
        few.merge(&others);
        assert!(!few.is_frequent());
        few.insert(9);
        assert!(few.is_frequent());
    }
}
