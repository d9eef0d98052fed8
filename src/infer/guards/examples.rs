//! Sampled events as a learner of decision trees reads them.

use crate::automaton::guard::number;
use crate::automaton::{Parameters, keyed_hash};
use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Examples learned from at most; of more, the same number of every class is taken by hash.
const MOST: usize = 1024;

/// Slots asked about at most: those that most examples have.
const SLOTS: usize = 64;

/// A sampled event.
#[derive(Debug, Clone)]
pub struct Example {
    /// Per slot its value.
    pub values: Vec<Option<Value>>,
    /// What came next.
    pub class: usize,
    /// How often that was seen.
    pub count: u64,
    /// How many events it stands for: samples hold more of what is rare.
    pub weight: f64,
}

/// A value as text, and as number where it reads as one.
#[derive(Debug, Clone)]
pub struct Value {
    /// The text.
    pub text: Box<str>,
    /// The number.
    pub number: Option<f64>,
}

/// An event that was sampled: its parameters, the class of what came next, how often, and for how many events it stands.
pub type Sampled<'a> = (&'a str, usize, u64, f64);

/// The examples of one transition.
#[derive(Debug, Clone, Default)]
pub struct Examples {
    /// The names of all slots, ascending.
    pub slots: Vec<Box<str>>,
    /// The examples, ascending by text and class.
    pub list: Vec<Example>,
    /// Number of classes.
    pub classes: usize,
}

impl Examples {
    /// Reads sampled events. O(items × slots × log).
    pub fn new<'a>(items: impl Iterator<Item = Sampled<'a>>, classes: usize) -> Self {
        // The same parameters before the same event are one example, wherever they were sampled.
        let mut sums: BTreeMap<(&str, usize), (u64, f64)> = BTreeMap::new();
        for (text, class, count, weight) in items {
            let sum = sums.entry((text, class)).or_default();
            *sum = (sum.0 + count, sum.1 + weight);
        }
        let parsed: Vec<_> = limited(sums, classes)
            .into_iter()
            .map(|((text, class), sum)| (Parameters::parse(text), class, sum))
            .collect();
        let mut found: BTreeMap<Box<str>, usize> = BTreeMap::new();
        parsed
            .iter()
            .flat_map(|(parameters, ..)| parameters.slots())
            .for_each(|slot| *found.entry(slot).or_default() += 1);
        let mut slots: Vec<(Box<str>, usize)> = found.into_iter().collect();
        slots.sort_by_key(|slot| Reverse(slot.1));
        let mut slots: Vec<Box<str>> = slots.into_iter().take(SLOTS).map(|slot| slot.0).collect();
        slots.sort_unstable();
        let value = |text: Cow<'_, str>| Value { number: number(&text), text: text.as_ref().into() };
        let example = |(parameters, class, (count, weight)): &(Parameters<'_>, usize, (u64, f64))| Example {
            values: slots.iter().map(|slot| parameters.value(slot).map(value)).collect(),
            class: *class,
            count: *count,
            weight: *weight,
        };
        Examples { list: parsed.iter().map(example).collect(), slots, classes }
    }
}

type Sums<'a> = BTreeMap<(&'a str, usize), (u64, f64)>;

/// As many examples as can be learned from, those of smallest hash of every class; they stand for the others too.
fn limited(sums: Sums<'_>, classes: usize) -> Sums<'_> {
    if sums.len() <= MOST {
        return sums;
    }
    let mut by_class: Vec<Vec<_>> = vec![Vec::new(); classes];
    sums.into_iter().for_each(|example| by_class[example.0.1].push(example));
    // What classes with few examples leave is shared by the others.
    let mut sizes: Vec<usize> = by_class.iter().map(Vec::len).filter(|&n| n > 0).collect();
    sizes.sort_unstable();
    let (mut room, mut quota) = (MOST, 0);
    for (i, &size) in sizes.iter().enumerate() {
        quota = room / (sizes.len() - i);
        room -= size.min(quota);
    }
    let mut kept = BTreeMap::new();
    for mut examples in by_class {
        let all: f64 = examples.iter().map(|example| example.1.1).sum();
        examples.sort_by_cached_key(|example| (keyed_hash(example.0.0.as_bytes()), example.0.0));
        examples.truncate(quota.max(1));
        let left: f64 = examples.iter().map(|example| example.1.1).sum();
        kept.extend(examples.into_iter().map(|(key, (count, weight))| (key, (count, weight * all / left))));
    }
    kept
}
