//! Growing a decision tree: which question to ask of a sample, if any.
//!
//! A question is asked where the evidence for it (the log Bayes factor of two distributions over one, Dirichlet prior
//! 1/2) outweighs the choice among all questions that could have been asked. Where no question pays by itself, one may
//! that makes the next ones pay, as where two parameters must agree.

use super::classifier::Tree;
use super::examples::{Example, Value};
use crate::automaton::guard::{Finite, Test};
use std::collections::BTreeMap;

/// Dirichlet prior of each class: Jeffreys.
pub const PRIOR: f64 = 0.5;
/// Sampled events on either side of a question, at least.
const SUPPORT: u64 = 4;
/// Texts that a slot may have to be asked for by name.
pub const TEXTS: usize = 32;
/// Questions in a row at most.
pub const DEPTH: usize = 8;
/// Slots of numbers that are compared with each other at most: pairs grow with the square of it.
const COMPARED: usize = 8;
/// Samples on either side of a bound that say how dense they are.
const NEAR: u64 = 5;
/// First questions per slot that are looked beyond.
const AHEAD: usize = 8;

/// A question about the slot of a position, and of another one where two are compared.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// The slot.
    pub slot: usize,
    /// The slot that it is compared with, if any.
    pub other: Option<usize>,
    /// What is asked.
    pub test: Test,
}

impl Question {
    /// The answer of an example.
    pub fn answer(&self, example: &Example) -> bool {
        let value = |slot: usize| example.values[slot].as_ref();
        let number = |slot: usize| value(slot).and_then(|v| v.number);
        match &self.test {
            Test::AtMost(most) => number(self.slot).is_some_and(|n| n <= most.0),
            Test::AtMostSlot { plus, .. } => {
                let most = self.other.and_then(number).map(|other| other + plus.0);
                most.zip(number(self.slot)).is_some_and(|(most, n)| n <= most)
            }
            test => test.holds(value(self.slot).map(|v| v.text.as_ref()), None),
        }
    }
}

/// What trees are grown from: the names of slots, which of them may be asked for, and logarithms made once.
pub struct Grower<'a> {
    slots: &'a [Box<str>],
    askable: Vec<usize>,
    classes: usize,
    /// ln Γ(n + 1/2) − ln Γ(1/2) for counts of one class.
    one: Vec<f64>,
    /// ln Γ(n + classes / 2) for counts of all.
    all: Vec<f64>,
}

/// A question with what it costs to have chosen it beside its place among the others, and the counts of its yes side.
struct Found {
    gain: f64,
    question: Question,
}

/// The best question so far.
struct Best<'a, 'b> {
    grower: &'b Grower<'a>,
    here: &'b [u64],
    whole: f64,
    asked: u64,
    found: Option<Found>,
}

impl Best<'_, '_> {
    /// Considers a question by the counts of its yes side; `choice` is what finding it cost beside.
    fn consider(&mut self, yes: &[u64], choice: f64, question: impl FnOnce() -> Question) {
        self.asked += 1;
        let (n, total): (u64, u64) = (yes.iter().sum(), self.here.iter().sum());
        if n < SUPPORT || total - n < SUPPORT {
            return;
        }
        let no = self.here.iter().zip(yes).map(|(all, yes)| all - yes);
        let gain = self.grower.evidence(yes.iter().copied()) + self.grower.evidence(no) - self.whole - choice;
        if self.found.as_ref().is_none_or(|found| gain > found.gain) {
            self.found = Some(Found { gain, question: question() });
        }
    }
}

/// Counts of classes.
pub fn counts(examples: &[&Example], classes: usize) -> Vec<u64> {
    let mut counts = vec![0; classes];
    examples.iter().for_each(|example| counts[example.class] += example.count);
    counts
}

impl<'a> Grower<'a> {
    /// For examples of these slots.
    pub fn new(slots: &'a [Box<str>], examples: &[Example], classes: usize) -> Self {
        let total: u64 = examples.iter().map(|example| example.count).sum();
        let half = classes as f64 * PRIOR;
        let table =
            |first: f64, less: f64| (0..=total.min(4096)).map(|n| libm::lgamma(n as f64 + first) - less).collect();
        let askable = (0..slots.len()).filter(|&slot| is_askable(examples, slot)).collect();
        Grower { slots, askable, classes, one: table(PRIOR, libm::lgamma(PRIOR)), all: table(half, 0.0) }
    }

    /// Log evidence of counts under one distribution, as [`evidence`].
    fn evidence(&self, counts: impl Iterator<Item = u64>) -> f64 {
        let half = self.classes as f64 * PRIOR;
        let (mut n, mut sum) = (0, 0.0);
        for count in counts.filter(|&n| n > 0) {
            let known = self.one.get(count as usize).copied();
            sum += known.unwrap_or_else(|| libm::lgamma(count as f64 + PRIOR) - libm::lgamma(PRIOR));
            n += count;
        }
        sum + self.all[0] - self.all.get(n as usize).copied().unwrap_or_else(|| libm::lgamma(n as f64 + half))
    }

    /// Asks the best question wherever its evidence outweighs the choice among all by `least` nats.
    pub fn grow(&self, examples: &[&Example], depth: usize, least: f64) -> Tree {
        let here = counts(examples, self.classes);
        let leaf = Tree::Leaf(examples.iter().fold(super::classifier::Leaf::new(self.classes), |leaf, e| leaf.with(e)));
        if depth == 0 || here.iter().filter(|&&n| n > 0).count() < 2 {
            return leaf;
        }
        let mut found = self.best(examples);
        // Comparing two parameters can stand for what is asked of each: that is looked at too.
        let pays = found.as_ref().is_some_and(|found| found.gain >= least && found.question.other.is_none());
        if !pays && depth > 1 {
            let compared = found.take().filter(|found| found.gain >= least);
            found = self.look_ahead(examples, compared.as_ref().map(|found| &found.question)).or(compared);
        }
        let Some(Found { question, .. }) = found.filter(|found| found.gain >= least) else { return leaf };
        let (yes, no): (Vec<&Example>, Vec<&Example>) = examples.iter().partition(|e| question.answer(e));
        let (yes, no) = (self.grow(&yes, depth - 1, least), self.grow(&no, depth - 1, least));
        Tree::Ask(question, Box::new(yes), Box::new(no))
    }

    /// The question with most evidence, less the choice among all. O(examples × (slots + pairs of slots) × log).
    fn best(&self, examples: &[&Example]) -> Option<Found> {
        let here = counts(examples, self.classes);
        let whole = self.evidence(here.iter().copied());
        let mut best = Best { grower: self, here: &here, whole, asked: 0, found: None };
        self.askable.iter().for_each(|&slot| self.ask_slot(examples, slot, &mut best));
        let among = |asked: u64| libm::log(asked.max(1) as f64);
        let less = |found: Found, asked| Found { gain: found.gain - among(asked), ..found };
        let (asked, single) = (best.asked, best.found.take().map(|found| less(found, best.asked)));
        self.compare_slots(examples, &mut best);
        let pair = best.found.map(|found| less(found, best.asked)).filter(|_| best.asked > asked);
        match (single, pair) {
            (Some(single), Some(pair)) if pair.gain > single.gain => Some(pair),
            (single, pair) => single.or(pair),
        }
    }

    /// Whether a slot is missing; for numbers, every bound between two; for texts, each one, and the first few in the
    /// order of what follows them most.
    fn ask_slot(&self, examples: &[&Example], slot: usize, best: &mut Best<'_, '_>) {
        let value = |example: &Example| example.values[slot].clone();
        let question = |test| Question { slot, other: None, test };
        let missing: Vec<&Example> = examples.iter().copied().filter(|e| e.values[slot].is_none()).collect();
        if !missing.is_empty() && missing.len() < examples.len() {
            best.consider(&counts(&missing, self.classes), 0.0, || question(Test::Missing));
        }
        let number = |e: &Example| e.values[slot].as_ref().and_then(|value| value.number);
        let odd = examples.iter().any(|e| e.values[slot].as_ref().is_some_and(|value| value.number.is_none()));
        self.sweep(examples, number, odd, best, |bound| question(Test::AtMost(Finite(bound))));
        if !odd {
            return;
        }
        let mut texts: BTreeMap<Box<str>, Vec<u64>> = BTreeMap::new();
        for example in examples {
            if let Some(Value { text, .. }) = value(example) {
                texts.entry(text).or_insert_with(|| vec![0; self.classes])[example.class] += example.count;
            }
        }
        if texts.len() <= TEXTS {
            self.ask_texts(&texts.into_iter().collect::<Vec<_>>(), best, question);
        }
    }

    /// The choice of a list costs in nats: it was made by looking, among all lists there are.
    fn ask_texts(&self, all: &[(Box<str>, Vec<u64>)], best: &mut Best<'_, '_>, question: impl Fn(Test) -> Question) {
        for (text, counts) in all {
            best.consider(counts, 0.0, || question(Test::OneOf(vec![text.clone()])));
        }
        for class in 0..self.classes {
            let share = |counts: &[u64]| counts[class] as f64 / counts.iter().sum::<u64>() as f64;
            let mut order: Vec<&(Box<str>, Vec<u64>)> = all.iter().collect();
            order.sort_by(|a, b| share(&b.1).total_cmp(&share(&a.1)).then(a.0.cmp(&b.0)));
            // The shorter list of the two sides is the one to read.
            for first in 2..=order.len() / 2 {
                let mut yes = vec![0; self.classes];
                for (_, counts) in &order[..first] {
                    yes.iter_mut().zip(counts).for_each(|(sum, n)| *sum += n);
                }
                best.consider(&yes, all.len() as f64 * std::f64::consts::LN_2, || {
                    let mut list: Vec<Box<str>> = order[..first].iter().map(|(text, _)| text.clone()).collect();
                    list.sort_unstable();
                    question(Test::OneOf(list))
                });
            }
        }
    }

    /// Every bound between two numbers, and where there are `others` too, whether there is a number.
    fn sweep(
        &self,
        examples: &[&Example],
        number: impl Fn(&Example) -> Option<f64>,
        others: bool,
        best: &mut Best<'_, '_>,
        question: impl Fn(f64) -> Question,
    ) {
        let mut numbers: Vec<(f64, &Example)> = examples.iter().filter_map(|&e| Some((number(e)?, e))).collect();
        numbers.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut yes = vec![0; self.classes];
        let mut end = 0;
        for group in numbers.chunk_by(|a, b| a.0 == b.0) {
            group.iter().for_each(|(_, example)| yes[example.class] += example.count);
            let low = group[0].0;
            end += group.len();
            let bound = |high: f64| {
                let (below, above) = (spacing(numbers[..end].iter().rev()), spacing(numbers[end..].iter()));
                between(low, high, if below + above > 0.0 { below / (below + above) } else { 0.5 })
            };
            match numbers.get(end) {
                Some(next) => best.consider(&yes, 0.0, || question(bound(next.0))),
                None if others => best.consider(&yes, 0.0, || question(low)),
                None => {}
            }
        }
    }

    /// Every bound between two differences of two slots of numbers.
    fn compare_slots(&self, examples: &[&Example], best: &mut Best<'_, '_>) {
        let number = |e: &Example, slot: usize| e.values[slot].as_ref().and_then(|value| value.number);
        let numeric =
            |slot: &usize| examples.iter().filter(|e| number(e, *slot).is_some()).count() * 2 > examples.len();
        let slots: Vec<usize> = self.askable.iter().copied().filter(numeric).take(COMPARED).collect();
        for (i, &slot) in slots.iter().enumerate() {
            for &other in &slots[i + 1..] {
                let name = &self.slots[other];
                let difference = |e: &Example| Some(number(e, slot)? - number(e, other)?);
                self.sweep(examples, difference, false, best, |bound| {
                    let test = Test::AtMostSlot { slot: name.clone(), plus: Finite(bound) };
                    Question { slot, other: Some(other), test }
                });
            }
        }
    }

    /// The question that has most evidence together with the best one on either side of it, less the choice of all
    /// three; `compared` is a question that pays by itself.
    fn look_ahead(&self, examples: &[&Example], compared: Option<&Question>) -> Option<Found> {
        let here = counts(examples, self.classes);
        let whole = self.evidence(here.iter().copied());
        let mut first: Vec<Question> = self.askable.iter().flat_map(|&slot| first_questions(examples, slot)).collect();
        let among = libm::log(first.len().max(1) as f64);
        first.extend(compared.cloned());
        let mut best: Option<Found> = None;
        for question in first {
            let (yes, no): (Vec<&Example>, Vec<&Example>) = examples.iter().partition(|e| question.answer(e));
            let side = |examples: &[&Example]| {
                let plain = self.evidence(counts(examples, self.classes).into_iter());
                plain + self.best(examples).map_or(0.0, |found| found.gain.max(0.0))
            };
            let gain = side(&yes) + side(&no) - whole - among;
            if best.as_ref().is_none_or(|found| gain > found.gain) {
                best = Some(Found { gain, question });
            }
        }
        best
    }
}

/// A few questions about a slot that divide examples evenly: bounds, or single texts.
fn first_questions(examples: &[&Example], slot: usize) -> Vec<Question> {
    let question = |test| Question { slot, other: None, test };
    let values = || examples.iter().filter_map(|e| e.values[slot].as_ref());
    let mut numbers: Vec<f64> = values().filter_map(|value| value.number).collect();
    numbers.sort_unstable_by(f64::total_cmp);
    let mut bounds: Vec<f64> = Vec::new();
    for i in 1..=AHEAD {
        let at = numbers.len() * i / (AHEAD + 1);
        let next = numbers.get(at..).and_then(|rest| rest.iter().find(|&&n| n > numbers[at]));
        bounds.extend(next.map(|&next| between(numbers[at], next, 0.5)));
    }
    bounds.dedup();
    let mut questions: Vec<Question> = bounds.into_iter().map(|n| question(Test::AtMost(Finite(n)))).collect();
    let mut texts: BTreeMap<&str, u64> = BTreeMap::new();
    examples.iter().for_each(|e| {
        if let Some(Value { text, number: None }) = &e.values[slot] {
            *texts.entry(text).or_default() += e.count;
        }
    });
    if texts.len() <= TEXTS {
        let mut texts: Vec<(&str, u64)> = texts.into_iter().collect();
        texts.sort_by_key(|&(text, count)| (std::cmp::Reverse(count), text));
        questions.extend(texts.iter().take(AHEAD).map(|(text, _)| question(Test::OneOf(vec![(*text).into()]))));
    }
    questions
}

/// False for names that hardly repeat: as texts they identify events and tell nothing about others.
fn is_askable(examples: &[Example], slot: usize) -> bool {
    let values = || examples.iter().filter_map(|example| example.values[slot].as_ref());
    let texts: std::collections::BTreeSet<&str> =
        values().filter(|v| v.number.is_none()).map(|v| v.text.as_ref()).collect();
    texts.len() <= TEXTS || values().any(|value| value.number.is_some())
}

/// Log evidence of counts under one distribution with a Dirichlet prior.
pub fn evidence(counts: &[u64]) -> f64 {
    let (n, k): (u64, f64) = (counts.iter().sum(), counts.len() as f64);
    let seen = counts.iter().filter(|&&c| c > 0);
    let inner: f64 = seen.map(|&c| libm::lgamma(c as f64 + PRIOR) - libm::lgamma(PRIOR)).sum();
    inner + libm::lgamma(k * PRIOR) - libm::lgamma(n as f64 + k * PRIOR)
}

/// A bound from `low` on and below `high`, what a person would have written: the number with the fewest digits around
/// where the bound is to be expected, `share` of the way from `low`.
fn between(low: f64, high: f64, share: f64) -> f64 {
    let (share, gap) = (share.clamp(0.05, 0.95), high - low);
    let whole = low == libm::floor(low) && high == libm::floor(high);
    let (least, high) =
        if share <= 0.5 { (low, low + 2.0 * share * gap) } else { (high - 2.0 * (1.0 - share) * gap, high) };
    // Between whole numbers a whole number reads better.
    let low = if whole { low.max(libm::floor(least)) } else { least };
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

/// The mean distance between the next few samples from a place on: near the denser side is where a bound is.
fn spacing<'a>(samples: impl Iterator<Item = &'a (f64, &'a Example)>) -> f64 {
    let (mut count, mut first, mut last) = (0, None, 0.0);
    for (number, example) in samples {
        first = first.or(Some(*number));
        (count, last) = (count + example.count, *number);
        if count >= NEAR {
            break;
        }
    }
    first.map_or(0.0, |first| (last - first).abs() / count as f64)
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
            assert_eq!(between(low, high, 0.5), expected, "{low} {high}");
        }
        assert_eq!((between(3.0, 11.0, 0.0), between(3.0, 11.0, 1.0), between(2.5, 11.0, 0.3)), (3.0, 10.0, 3.0));
    }

    #[test]
    fn logarithms_made_once_are_those_of_the_definition() {
        let grower = Grower::new(&[], &[], 3);
        for counts in [[0, 0, 0], [1, 0, 5], [5000, 3, 4097]] {
            assert!((grower.evidence(counts.into_iter()) - evidence(&counts)).abs() < 1e-9, "{counts:?}");
        }
    }
}
