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

#[cfg(test)]
mod tests {
    use super::*;

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
