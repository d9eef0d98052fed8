//! Decision trees that tell from an event's parameters what comes next.
//!
//! Ours rather than a library's: the ones there are (linfa-trees, smartcore) know numbers only, break ties by hash order
//! or hide their nodes, and give no meaning to a value that is missing or odd; a guard needs all of that to be the same
//! on every machine, to be read, and to be asked in SQL.

use super::examples::{Example, Examples};
use super::grow::{DEPTH, Grower, PRIOR, Question};
use crate::automaton::Parameters;

/// Nats by which the evidence must outweigh the choice among questions, where nothing is held out to prune by.
const EVIDENCE: f64 = 2.0;

/// What the examples of a leaf say: as they were sampled, and weighed by the events that they stand for.
#[derive(Debug, Clone, PartialEq)]
pub struct Leaf {
    /// Per class the sampled events.
    pub counts: Vec<u64>,
    /// Per class the events that they stand for.
    weights: Vec<f64>,
    /// The sum of the squared weights of single events.
    squares: f64,
}

/// A decision tree whose leaves are numbered from 0, left to right.
#[derive(Debug, Clone)]
pub enum Tree {
    /// A question, and the trees for yes and no.
    Ask(Question, Box<Tree>, Box<Tree>),
    /// What is left where nothing more is asked.
    Leaf(Leaf),
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

impl Leaf {
    /// Of no example.
    pub fn new(classes: usize) -> Self {
        Leaf { counts: vec![0; classes], weights: vec![0.0; classes], squares: 0.0 }
    }

    /// With one more example.
    pub fn with(mut self, example: &Example) -> Self {
        self.counts[example.class] += example.count;
        self.weights[example.class] += example.weight;
        self.squares += example.weight * example.weight / example.count.max(1) as f64;
        self
    }

    /// With the examples of another.
    fn plus(mut self, other: &Leaf) -> Self {
        self.counts.iter_mut().zip(&other.counts).for_each(|(sum, n)| *sum += n);
        self.weights.iter_mut().zip(&other.weights).for_each(|(sum, n)| *sum += n);
        self.squares += other.squares;
        self
    }

    /// Per class the events of an evenly drawn sample that says as much (Kish 1965).
    fn effective(&self) -> Vec<f64> {
        let all: f64 = self.weights.iter().sum();
        let scale = if self.squares > 0.0 { all / self.squares } else { 0.0 };
        self.weights.iter().map(|weight| weight * scale).collect()
    }

    /// The same as counts: what was seen counts at least once.
    pub fn effective_counts(&self) -> Vec<u64> {
        let at_least = |n: f64| if n > 0.0 { (n + 0.5).max(1.0) as u64 } else { 0 };
        self.effective().into_iter().map(at_least).collect()
    }

    /// Bits that an event of a class costs, by sampled counts.
    fn bits(&self, class: usize) -> f64 {
        let total = self.counts.iter().sum::<u64>() as f64 + PRIOR * self.counts.len() as f64;
        -libm::log2((self.counts[class] as f64 + PRIOR) / total)
    }

    /// The same by weighed ones.
    fn weighed_bits(&self, class: usize) -> f64 {
        let effective = self.effective();
        let total = effective.iter().sum::<f64>() + PRIOR * effective.len() as f64;
        -libm::log2((effective[class] + PRIOR) / total)
    }
}

impl Examples {
    /// A classifier that tells something about held-out values; `None` where there is none. Learned on two thirds and
    /// pruned on the last, it says whether parameters tell anything; if so, it is learned again from all.
    pub fn learn(&self) -> Option<Classifier> {
        if self.list.iter().all(|example| example.class == self.list[0].class) {
            return None;
        }
        let (learned, held) = self.divided();
        let (learned, held): (Vec<&Example>, Vec<&Example>) = (learned.iter().collect(), held.iter().collect());
        let grower = Grower::new(&self.slots, &self.list, self.classes);
        let plain = learned.iter().fold(Leaf::new(self.classes), |leaf, example| leaf.with(example));
        let (pruned, bits) = prune(grower.grow(&learned, DEPTH, 0.0), &held);
        let told = matches!(pruned, Tree::Ask(..)) && cost(&plain, &held) > bits;
        if !told {
            return None;
        }
        let tree = grower.grow(&self.list.iter().collect::<Vec<_>>(), DEPTH, EVIDENCE);
        let (events, weighed) = held.iter().fold((0.0, 0.0), |(events, bits), example| {
            let gain = plain.weighed_bits(example.class) - pruned.leaf(example).weighed_bits(example.class);
            (events + example.weight, bits + gain * example.weight)
        });
        let support = self.list.iter().map(|example| example.count).sum();
        let gain = if events > 0.0 { (weighed / events).max(0.0) } else { 0.0 };
        matches!(tree, Tree::Ask(..)).then(|| Classifier { slots: self.slots.clone(), tree, gain, support })
    }

    /// Two thirds to learn from and one to judge by: of equal examples every third, and every third of single ones.
    fn divided(&self) -> (Vec<Example>, Vec<Example>) {
        let (mut learned, mut held) = (Vec::new(), Vec::new());
        // Class by class, so that both parts hold as much of each.
        let mut turns = vec![0; self.classes];
        for example in &self.list {
            let turn = &mut turns[example.class];
            let out = (example.count + *turn) / 3;
            *turn = (example.count + *turn) % 3;
            let share = |count: u64| {
                let weight = example.weight * count as f64 / example.count as f64;
                (count > 0).then(|| Example { count, weight, ..example.clone() })
            };
            held.extend(share(out));
            learned.extend(share(example.count - out));
        }
        (learned, held)
    }
}

impl Tree {
    /// All leaves, in order.
    pub fn leaves(&self) -> Vec<&Leaf> {
        match self {
            Tree::Leaf(leaf) => vec![leaf],
            Tree::Ask(_, yes, no) => [yes.leaves(), no.leaves()].concat(),
        }
    }

    fn leaf(&self, example: &Example) -> &Leaf {
        match self {
            Tree::Leaf(leaf) => leaf,
            Tree::Ask(question, yes, no) => if question.answer(example) { yes } else { no }.leaf(example),
        }
    }
}

impl Classifier {
    /// The number of the leaf that parameters lead to. O(depth).
    pub fn leaf(&self, parameters: &Parameters<'_>) -> usize {
        let (mut tree, mut first) = (&self.tree, 0);
        while let Tree::Ask(question, yes, no) = tree {
            if question.test.answer(&self.slots[question.slot], parameters) {
                tree = yes;
            } else {
                first += yes.leaves().len();
                tree = no;
            }
        }
        first
    }
}

/// Bits that held-out examples cost at a leaf.
fn cost(leaf: &Leaf, held: &[&Example]) -> f64 {
    let mut of = vec![0; leaf.counts.len()];
    held.iter().for_each(|example| of[example.class] += example.count);
    of.iter().enumerate().filter(|(_, n)| **n > 0).map(|(class, &n)| leaf.bits(class) * n as f64).sum()
}

/// Takes back, from the leaves up, every question that does not pay on held-out examples; the tree and their bits.
fn prune(tree: Tree, held: &[&Example]) -> (Tree, f64) {
    match tree {
        Tree::Leaf(leaf) => {
            let bits = cost(&leaf, held);
            (Tree::Leaf(leaf), bits)
        }
        Tree::Ask(question, yes, no) => {
            let (in_yes, in_no): (Vec<&Example>, Vec<&Example>) = held.iter().partition(|e| question.answer(e));
            let ((yes, yes_bits), (no, no_bits)) = (prune(*yes, &in_yes), prune(*no, &in_no));
            let leaves = [yes.leaves(), no.leaves()].concat();
            let none = Leaf::new(leaves[0].counts.len());
            let all = leaves.into_iter().fold(none, Leaf::plus);
            let whole = cost(&all, held);
            if whole <= yes_bits + no_bits {
                return (Tree::Leaf(all), whole);
            }
            (Tree::Ask(question, Box::new(yes), Box::new(no)), yes_bits + no_bits)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draws(seed: u32) -> impl FnMut(u32) -> u32 {
        let mut state = seed;
        move |n| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 16) % n
        }
    }

    fn learn(items: &[(String, usize)], classes: usize) -> Option<Classifier> {
        Examples::new(items.iter().map(|(text, class)| (text.as_str(), *class, 1, 1.0)), classes).learn()
    }

    #[test]
    fn noise_is_not_learned() {
        for seed in 0..200 {
            let mut draw = draws(seed);
            let items: Vec<(String, usize)> = (0..300)
                .map(|_| {
                    let (n, m, id) = (draw(1000), draw(1000), draw(20));
                    (format!("{{\"n\": {n}, \"m\": {m}, \"id\": \"x{id}\"}}"), draw(2) as usize)
                })
                .collect();
            assert!(learn(&items, 2).is_none(), "{seed}");
        }
    }

    #[test]
    fn two_parameters_that_tell_nothing_alone_are_found() {
        let mut draw = draws(5);
        let item = |(a, b): (u32, u32)| (format!("{{\"a\": {a}, \"b\": {b}}}"), usize::from((a <= 50) == (b <= 50)));
        let items: Vec<(String, usize)> = (0..300).map(|_| item((draw(101), draw(101)))).collect();
        let classifier = learn(&items, 2).expect("a classifier");
        let right = (0..1000).map(|_| item((draw(101), draw(101)))).filter(|(text, class)| {
            let leaf = &classifier.tree.leaves()[classifier.leaf(&Parameters::parse(text))].counts;
            usize::from(leaf[1] > leaf[0]) == *class
        });
        assert!(right.count() >= 950);
    }
}
