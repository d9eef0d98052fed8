//! Decision trees that tell from an event's parameters what comes next.
//!
//! Ours rather than a library's: the ones there are know numbers only, break ties by hash order, and give no meaning to a
//! value that is missing or odd. A question is asked where the evidence for it (the log Bayes factor of two
//! distributions over one, Dirichlet prior 1/2) outweighs the choice among all questions that could have been asked.

use crate::automaton::Parameters;
use crate::automaton::guard::{Finite, Test, number};
use std::collections::{BTreeMap, BTreeSet};

/// Dirichlet prior of each class: Jeffreys.
const PRIOR: f64 = 0.5;
/// Nats by which the evidence must outweigh the choice among questions, where nothing is held out to prune by.
const EVIDENCE: f64 = 2.0;
/// Sampled events on either side of a question, at least.
const SUPPORT: u64 = 4;
/// Texts that a slot may have to be asked for by name.
const TEXTS: usize = 32;
/// Questions in a row at most.
const DEPTH: usize = 8;

/// A sampled event: the values of its slots, the class of what came next, and how often that was seen.
#[derive(Debug, Clone)]
pub struct Example {
    values: Vec<Option<Value>>,
    class: usize,
    count: u64,
}

#[derive(Debug, Clone)]
struct Value {
    text: Box<str>,
    number: Option<f64>,
}

/// The examples of one transition.
#[derive(Debug, Clone, Default)]
pub struct Examples {
    slots: Vec<Box<str>>,
    list: Vec<Example>,
    classes: usize,
}

/// A decision tree whose leaves are numbered from 0, left to right.
#[derive(Debug, Clone)]
pub enum Tree {
    /// A question, and the trees for yes and no.
    Ask(usize, Test, Box<Tree>, Box<Tree>),
    /// A leaf with the counts of its classes.
    Leaf(Vec<u64>),
}

/// A learned classifier.
#[derive(Debug, Clone)]
pub struct Classifier {
    /// The names of slots that questions refer to by position.
    pub slots: Vec<Box<str>>,
    /// The tree.
    pub tree: Tree,
    /// Bits per event told about what comes next, on a third of the values held out.
    pub gain: f64,
    /// Sampled events.
    pub support: u64,
}

impl Examples {
    /// Reads sampled (parameters, class, count). O(items × slots × log).
    pub fn new<'a>(items: impl Iterator<Item = (&'a str, usize, u64)>, classes: usize) -> Self {
        // The same parameters before the same event are one example, wherever they were sampled.
        let mut counts: BTreeMap<(&str, usize), u64> = BTreeMap::new();
        items.for_each(|(text, class, count)| *counts.entry((text, class)).or_default() += count);
        let parsed: Vec<(Parameters<'_>, usize, u64)> =
            counts.iter().map(|(&(text, class), &count)| (Parameters::parse(text), class, count)).collect();
        let slots: BTreeSet<Box<str>> = parsed.iter().flat_map(|(parameters, ..)| parameters.slots()).collect();
        let slots: Vec<Box<str>> = slots.into_iter().collect();
        let value = |text: std::borrow::Cow<'_, str>| Value { number: number(&text), text: text.as_ref().into() };
        let example = |(parameters, class, count): &(Parameters<'_>, usize, u64)| Example {
            values: slots.iter().map(|slot| parameters.value(slot).map(value)).collect(),
            class: *class,
            count: *count,
        };
        Examples { list: parsed.iter().map(example).collect(), slots, classes }
    }

    /// False for names that hardly repeat: as texts they identify events and tell nothing about others.
    fn is_askable(&self, slot: usize) -> bool {
        let values = || self.list.iter().filter_map(|example| example.values[slot].as_ref());
        let texts: BTreeSet<&str> = values().filter(|v| v.number.is_none()).map(|v| v.text.as_ref()).collect();
        texts.len() <= TEXTS || values().any(|value| value.number.is_some())
    }

    /// A classifier that tells something about held-out values; `None` where there is none. Learned on two thirds and
    /// pruned on the last, it says whether parameters tell anything; if so, it is learned again from all.
    pub fn learn(&self) -> Option<Classifier> {
        let support: u64 = self.list.iter().map(|example| example.count).sum();
        let (mut learned, mut held) = (Vec::new(), Vec::new());
        let mut turn = 0;
        for example in &self.list {
            // Every third of equal examples is held out, and every third of single ones.
            let out = (example.count + turn) / 3;
            turn = (example.count + turn) % 3;
            let share = |count| (count > 0).then(|| Example { count, ..example.clone() });
            held.extend(share(out));
            learned.extend(share(example.count - out));
        }
        let all_slots: Vec<usize> = (0..self.slots.len()).filter(|&slot| self.is_askable(slot)).collect();
        let grown = grow(&learned.iter().collect::<Vec<_>>(), self.classes, &all_slots, DEPTH, 0.0);
        let (pruned, bits) = prune(grown, &held.iter().collect::<Vec<_>>());
        if matches!(pruned, Tree::Leaf(_)) {
            return None;
        }
        let events: u64 = held.iter().map(|example| example.count).sum();
        let plain =
            bits_of(&counts(&learned.iter().collect::<Vec<_>>(), self.classes), &held.iter().collect::<Vec<_>>());
        let tree = grow(&self.list.iter().collect::<Vec<_>>(), self.classes, &all_slots, DEPTH, EVIDENCE);
        let told = matches!(tree, Tree::Ask(..)) && plain > bits;
        told.then(|| Classifier { slots: self.slots.clone(), tree, gain: (plain - bits) / events as f64, support })
    }
}

impl Tree {
    /// The counts of all leaves, in order.
    pub fn leaves(&self) -> Vec<&[u64]> {
        match self {
            Tree::Leaf(counts) => vec![counts],
            Tree::Ask(.., yes, no) => [yes.leaves(), no.leaves()].concat(),
        }
    }
}

impl Classifier {
    /// The number of the leaf that parameters lead to. O(depth).
    pub fn leaf(&self, parameters: &Parameters<'_>) -> usize {
        let (mut tree, mut first) = (&self.tree, 0);
        while let Tree::Ask(slot, test, yes, no) = tree {
            if test.holds(parameters.value(&self.slots[*slot]).as_deref()) {
                tree = yes;
            } else {
                first += yes.leaves().len();
                tree = no;
            }
        }
        first
    }
}

fn counts(examples: &[&Example], classes: usize) -> Vec<u64> {
    let mut counts = vec![0; classes];
    examples.iter().for_each(|example| counts[example.class] += example.count);
    counts
}

/// Log evidence of counts under one distribution with a Dirichlet prior.
pub fn evidence(counts: &[u64]) -> f64 {
    let (n, k): (u64, f64) = (counts.iter().sum(), counts.len() as f64);
    let seen = counts.iter().filter(|&&c| c > 0);
    let inner: f64 = seen.map(|&c| libm::lgamma(c as f64 + PRIOR) - libm::lgamma(PRIOR)).sum();
    inner + libm::lgamma(k * PRIOR) - libm::lgamma(n as f64 + k * PRIOR)
}

/// Bits that held-out examples cost under the distribution of some counts.
fn bits_of(counts: &[u64], held: &[&Example]) -> f64 {
    let total = counts.iter().sum::<u64>() as f64 + PRIOR * counts.len() as f64;
    held.iter().map(|e| -libm::log2((counts[e.class] as f64 + PRIOR) / total) * e.count as f64).sum()
}

fn answers(test: &Test, value: Option<&Value>) -> bool {
    match (test, value) {
        (Test::AtMost(most), Some(value)) => value.number.is_some_and(|n| n <= most.0),
        (test, value) => test.holds(value.map(|v| v.text.as_ref())),
    }
}

/// Asks the best question wherever its evidence outweighs the choice among all by `least` nats.
fn grow(examples: &[&Example], classes: usize, slots: &[usize], depth: usize, least: f64) -> Tree {
    let here = counts(examples, classes);
    let leaf = Tree::Leaf(here.clone());
    if depth == 0 || here.iter().filter(|&&n| n > 0).count() < 2 {
        return leaf;
    }
    let whole = evidence(&here);
    let mut best: Option<(f64, usize, Test)> = None;
    let mut asked = 0u64;
    for &slot in slots {
        for (test, choice) in questions(examples, slot, classes) {
            asked += 1;
            let mut yes = vec![0; classes];
            let fits = examples.iter().filter(|e| answers(&test, e.values[slot].as_ref()));
            fits.for_each(|e| yes[e.class] += e.count);
            let no: Vec<u64> = here.iter().zip(&yes).map(|(all, yes)| all - yes).collect();
            if yes.iter().sum::<u64>() < SUPPORT || no.iter().sum::<u64>() < SUPPORT {
                continue;
            }
            let gain = evidence(&yes) + evidence(&no) - whole - choice;
            if best.as_ref().is_none_or(|(most, ..)| gain > *most) {
                best = Some((gain, slot, test));
            }
        }
    }
    let Some((gain, slot, test)) = best else { return leaf };
    if gain - libm::log(asked as f64) < least {
        return leaf;
    }
    let (yes, no): (Vec<&Example>, Vec<&Example>) =
        examples.iter().partition(|e| answers(&test, e.values[slot].as_ref()));
    let yes = grow(&yes, classes, slots, depth - 1, least);
    let no = grow(&no, classes, slots, depth - 1, least);
    Tree::Ask(slot, test, Box::new(yes), Box::new(no))
}

/// The questions that could be asked about a slot: whether it is missing; for numbers, every bound between two; for
/// texts, each one, and the first few in the order of what follows them most. With what the choice of a list costs in
/// nats: it was made by looking, among all lists there are.
fn questions(examples: &[&Example], slot: usize, classes: usize) -> Vec<(Test, f64)> {
    let values: Vec<Option<&Value>> = examples.iter().map(|e| e.values[slot].as_ref()).collect();
    let mut tests = Vec::new();
    if values.iter().any(Option::is_none) && values.iter().any(Option::is_some) {
        tests.push((Test::Missing, 0.0));
    }
    let mut numbers: Vec<f64> = values.iter().flatten().filter_map(|value| value.number).collect();
    numbers.sort_unstable_by(f64::total_cmp);
    numbers.dedup();
    tests.extend(numbers.windows(2).map(|pair| (Test::AtMost(Finite(between(pair[0], pair[1]))), 0.0)));
    let odd = values.iter().flatten().any(|value| value.number.is_none());
    if let (Some(&last), true) = (numbers.last(), odd) {
        tests.push((Test::AtMost(Finite(last)), 0.0));
    }
    let mut texts: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    for (value, example) in values.iter().zip(examples) {
        if let Some(value) = value {
            texts.entry(&value.text).or_insert_with(|| vec![0; classes])[example.class] += example.count;
        }
    }
    if odd && texts.len() <= TEXTS {
        let all: Vec<(&str, Vec<u64>)> = texts.into_iter().collect();
        tests.extend(all.iter().map(|(text, _)| (Test::OneOf(vec![(*text).into()]), 0.0)));
        for class in 0..classes {
            let share = |counts: &[u64]| counts[class] as f64 / counts.iter().sum::<u64>() as f64;
            let mut order: Vec<&(&str, Vec<u64>)> = all.iter().collect();
            order.sort_by(|a, b| share(&b.1).total_cmp(&share(&a.1)).then(a.0.cmp(b.0)));
            // The shorter list of the two sides is the one to read.
            for first in 2..=order.len() / 2 {
                let mut list: Vec<Box<str>> = order[..first].iter().map(|(text, _)| (*text).into()).collect();
                list.sort_unstable();
                tests.push((Test::OneOf(list), all.len() as f64 * std::f64::consts::LN_2));
            }
        }
    }
    tests
}

/// The number with the fewest digits from `low` on and below `high`: what a person would have written as the bound.
fn between(low: f64, high: f64) -> f64 {
    let largest = low.abs().max(high.abs());
    let mut exponent = if largest > 0.0 { libm::floor(libm::log10(largest)) as i32 + 1 } else { 0 };
    for _ in 0..20 {
        let step = libm::pow(10.0, f64::from(exponent.abs()));
        let candidate = if exponent >= 0 { libm::ceil(low / step) * step } else { libm::ceil(low * step) / step };
        if candidate >= low && candidate < high {
            return candidate;
        }
        exponent -= 1;
    }
    low
}

/// Takes back, from the leaves up, every question that does not pay on held-out examples; the tree and their bits.
fn prune(tree: Tree, held: &[&Example]) -> (Tree, f64) {
    match tree {
        Tree::Leaf(counts) => {
            let bits = bits_of(&counts, held);
            (Tree::Leaf(counts), bits)
        }
        Tree::Ask(slot, test, yes, no) => {
            let (in_yes, in_no): (Vec<&Example>, Vec<&Example>) =
                held.iter().partition(|e| answers(&test, e.values[slot].as_ref()));
            let ((yes, yes_bits), (no, no_bits)) = (prune(*yes, &in_yes), prune(*no, &in_no));
            let classes = yes.leaves()[0].len();
            let mut all = vec![0; classes];
            for counts in yes.leaves().into_iter().chain(no.leaves()) {
                all.iter_mut().zip(counts).for_each(|(sum, n)| *sum += n);
            }
            let whole = bits_of(&all, held);
            if whole <= yes_bits + no_bits {
                return (Tree::Leaf(all), whole);
            }
            (Tree::Ask(slot, test, Box::new(yes), Box::new(no)), yes_bits + no_bits)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_what_a_person_would_write() {
        for (low, high, expected) in [
            (49.0, 52.0, 50.0),
            (48.0, 51.0, 50.0),
            (50.0, 51.0, 50.0),
            (0.1, 0.34, 0.1),
            (-3.0, 2.0, 0.0),
            (99.0, 1001.0, 1000.0),
            (0.25, 0.2500001, 0.25),
            (-52.0, -49.0, -50.0),
        ] {
            assert_eq!(between(low, high), expected, "{low} {high}");
        }
    }

    #[test]
    fn noise_is_not_learned() {
        let mut state = 1u32;
        let mut draw = |n: u32| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 16) % n
        };
        let items: Vec<(String, usize)> = (0..300)
            .map(|_| (format!("{{\"n\": {}, \"id\": \"x{}\"}}", draw(1000), draw(20)), draw(2) as usize))
            .collect();
        let examples = Examples::new(items.iter().map(|(text, class)| (text.as_str(), *class, 1)), 2);
        assert!(examples.learn().is_none());
    }
}
