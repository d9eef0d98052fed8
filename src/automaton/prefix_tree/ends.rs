//! When traces start and end, with more than a tree keeps: what is lost when a trace leaves is known from the rest.

use super::{PrefixTree, start_hash};
use crate::automaton::{START_SAMPLE, Sample};
use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::BTreeMap;

const VERSION: u8 = 1;
const WHAT: &str = "the ends of traces";
/// Starts kept for a sample, so that a refresh rarely runs out of them.
const STARTS: usize = 4 * START_SAMPLE;
/// Values kept where one is asked for.
const SPARE: usize = 64;

/// The least of many values, each with how often it occurs: all that are not above a bound.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Least<T: Ord> {
    values: BTreeMap<T, u64>,
    /// No bound: all values are here.
    bound: Option<T>,
}

impl<T: Ord> Default for Least<T> {
    fn default() -> Self {
        Least { values: BTreeMap::new(), bound: None }
    }
}

impl<T: Ord + Copy> Least<T> {
    fn is_beyond(&self, value: &T) -> bool {
        self.bound.as_ref().is_some_and(|bound| value > bound)
    }

    fn add(&mut self, value: T, most: usize) {
        if self.is_beyond(&value) {
            return;
        }
        *self.values.entry(value).or_default() += 1;
        if self.values.len() > most {
            self.values.pop_last();
            self.bound = self.values.last_key_value().map(|(&last, _)| last);
        }
    }

    /// False where the value was never added.
    fn remove(&mut self, value: &T) -> bool {
        if self.is_beyond(value) {
            return true;
        }
        match self.values.get_mut(value) {
            Some(count) if *count > 1 => *count -= 1,
            Some(_) => drop(self.values.remove(value)),
            None => return false,
        }
        true
    }

    /// Whether the `count` least values are known, or all where there are fewer.
    fn knows(&self, count: usize) -> bool {
        self.bound.is_none() || self.values.len() >= count
    }

    fn least(&self) -> Option<T> {
        self.values.first_key_value().map(|(&value, _)| value)
    }
}

/// The sampled starts, the shortest and longest durations, and the first and last times of many traces.
///
/// Where traces come and go, [`Ends::is_known`] says whether what a tree needs is still known. Memory does not grow with
/// the number of traces.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Ends {
    starts: Least<(u64, i64)>,
    shortest: Least<u64>,
    longest: Least<Reverse<u64>>,
    first: Least<i64>,
    last: Least<Reverse<i64>>,
}

impl Ends {
    /// Takes a trace with times: its variant's bytes, its first and its last time. O(log sample).
    pub fn add(&mut self, variant: &[u8], first: i64, last: i64) {
        let duration = first.abs_diff(last);
        self.starts.add((start_hash(first, variant), first), STARTS);
        self.shortest.add(duration, SPARE);
        self.longest.add(Reverse(duration), SPARE);
        self.first.add(first, SPARE);
        self.last.add(Reverse(last), SPARE);
    }

    /// Takes a trace back; false where it cannot have been added. O(log sample).
    pub fn remove(&mut self, variant: &[u8], first: i64, last: i64) -> bool {
        let duration = first.abs_diff(last);
        self.starts.remove(&(start_hash(first, variant), first))
            && self.shortest.remove(&duration)
            && self.longest.remove(&Reverse(duration))
            && self.first.remove(&first)
            && self.last.remove(&Reverse(last))
    }

    /// Whether it still knows what a tree needs.
    pub fn is_known(&self) -> bool {
        self.starts.knows(START_SAMPLE)
            && self.shortest.knows(1)
            && self.longest.knows(1)
            && self.first.knows(1)
            && self.last.knows(1)
    }

    /// The binary form, for later.
    pub fn to_bytes(&self) -> Vec<u8> {
        // invariant: serialising into a growing buffer cannot fail
        postcard::to_extend(self, vec![VERSION]).unwrap_or_default()
    }

    /// Reads the binary form.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        match bytes.split_first() {
            Some((&VERSION, body)) => {
                postcard::from_bytes(body).map_err(|e| Error::invalid(WHAT, format!("The binary form: {e}.")))
            }
            Some((&version, _)) => {
                Err(Error::NewerVersion { what: WHAT, found: version.into(), newest: VERSION.into() })
            }
            None => Err(Error::invalid(WHAT, "It is empty.")),
        }
    }
}

impl PrefixTree {
    /// Puts in what [`Lost::ends`] told to be lost; `ends` are those of all traces of this tree.
    ///
    /// [`Lost::ends`]: super::Lost::ends
    pub fn mend(&mut self, ends: &Ends) {
        self.starts = Sample::default();
        for (&(hash, start), &count) in ends.starts.values.iter().take(START_SAMPLE) {
            self.starts.add(hash, start, count, START_SAMPLE);
        }
        let (shortest, longest) = (ends.shortest.least(), ends.longest.least());
        (self.durations.min, self.durations.max) = (shortest.unwrap_or(0), longest.map_or(0, |longest| longest.0));
        let (first, last) = (ends.first.least(), ends.last.least());
        (self.totals.earliest, self.totals.latest) = (first.unwrap_or(0), last.map_or(0, |last| last.0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::{Trace, TraceView};
    use proptest::prelude::*;

    fn trace(first: i64, duration: i64) -> Vec<u8> {
        let event = ["a", "b", "c"][(first % 3) as usize];
        Trace::from_rows(vec![(Some(first), None, event, None, None), (Some(first + duration), None, "z", None, None)])
            .to_bytes()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        /// More traces than are kept of any kind; some leave, others come.
        #[test]
        fn what_is_known_is_what_all_traces_say(seed in 0u64..1000, leave in 0usize..4000, come in 0usize..200) {
            let of = |i: u64| {
                let random = (i + seed * 100_000).wrapping_mul(0x9e37_79b9_7f4a_7c15);
                ((random >> 20) as i64 % 1_000_000, (random >> 44) as i64 % 5000)
            };
            let mut ends = Ends::default();
            let ends_of = |(first, duration): (i64, i64)| (trace(first, duration), first, first + duration);
            let add = |ends: &mut Ends, i: u64| {
                let (bytes, first, last) = ends_of(of(i));
                ends.add(TraceView::variant_of(&bytes).unwrap(), first, last);
            };
            (0..6000).for_each(|i| add(&mut ends, i));
            ends = Ends::from_bytes(&ends.to_bytes()).unwrap();
            for i in 0..leave as u64 {
                let (bytes, first, last) = ends_of(of(i));
                prop_assert!(ends.remove(TraceView::variant_of(&bytes).unwrap(), first, last));
            }
            (6000..6000 + come as u64).for_each(|i| add(&mut ends, i));
            prop_assert!(ends.is_known() || leave > 50);
            if ends.is_known() {
                let mut expected = PrefixTree::new(usize::MAX);
                for i in leave as u64..6000 + come as u64 {
                    let (first, duration) = of(i);
                    expected.add(&TraceView::from_bytes(&trace(first, duration)).unwrap()).unwrap();
                }
                let mut mended = expected.clone();
                mended.mend(&ends);
                prop_assert_eq!(mended.to_automaton().to_bytes(), expected.to_automaton().to_bytes());
            }
        }
    }

    #[test]
    fn a_trace_that_was_never_added_is_told() {
        let mut ends = Ends::default();
        let bytes = trace(5, 7);
        let variant = TraceView::variant_of(&bytes).unwrap();
        ends.add(variant, 5, 12);
        assert!(!ends.remove(variant, 5, 13) && Ends::from_bytes(b"").is_err() && Ends::from_bytes(b"\x02").is_err());
    }
}
