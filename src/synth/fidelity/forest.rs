//! The classifier two-sample test: how well a random forest (Breiman 2001) tells two sets of traces apart.

use super::Weighted;
use crate::automaton::LabelId;
use crate::synth::random::{self, Stream};
use hashbrown::HashMap;

const TREES: usize = 60;
const FOLDS: usize = 5;
const MAX_DEPTH: u32 = 12;
const LEAST_LEAF: usize = 2;
/// Features kept: the most frequent counts of events and of pairs of events.
const MOST_FEATURES: usize = 400;

/// One row per trace: counts of event types and of pairs of adjacent ones, sparse in `names`.
fn features(traces: &[&[LabelId]]) -> Vec<Vec<f32>> {
    const PAD: LabelId = LabelId::MAX;
    let mut rows: Vec<HashMap<(LabelId, LabelId), f32>> = Vec::with_capacity(traces.len());
    let mut in_traces: HashMap<(LabelId, LabelId), usize> = HashMap::new();
    for trace in traces {
        crate::interrupt::check();
        let mut row: HashMap<(LabelId, LabelId), f32> = HashMap::new();
        let mut first = PAD - 1;
        for &event in trace.iter().chain([&PAD]) {
            // (event, PAD - 2) stands for the event alone.
            *row.entry((event, PAD - 2)).or_default() += 1.0;
            *row.entry((first, event)).or_default() += 1.0;
            first = event;
        }
        row.keys().for_each(|&name| *in_traces.entry(name).or_default() += 1);
        rows.push(row);
    }
    let mut names: Vec<((LabelId, LabelId), usize)> = in_traces.into_iter().collect();
    names.sort_unstable_by_key(|&(name, count)| (std::cmp::Reverse(count), name));
    names.truncate(MOST_FEATURES);
    rows.iter().map(|row| names.iter().map(|(name, _)| row.get(name).copied().unwrap_or(0.0)).collect()).collect()
}

enum Node {
    Leaf(f64),
    Split { feature: usize, at: f32, low: usize, high: usize },
}

/// Grows a tree on a bootstrap sample; each split looks at √features of them.
struct Grower<'a> {
    rows: &'a [Vec<f32>],
    real: &'a [bool],
    stream: Stream,
    nodes: Vec<Node>,
}

impl Grower<'_> {
    fn grow(&mut self, items: Vec<usize>, depth: u32) -> usize {
        let positive = items.iter().filter(|&&i| self.real[i]).count();
        let number = self.nodes.len();
        self.nodes.push(Node::Leaf(positive as f64 / items.len() as f64));
        if depth >= MAX_DEPTH || positive == 0 || positive == items.len() || items.len() < 2 * LEAST_LEAF {
            return number;
        }
        let width = self.rows[0].len();
        let tries = libm::ceil(libm::sqrt(width as f64)) as usize;
        let mut best: Option<(f64, usize, f32)> = None;
        for _ in 0..tries {
            let feature = self.stream.below(width as u64) as usize;
            let mut values: Vec<(f32, bool)> = items.iter().map(|&i| (self.rows[i][feature], self.real[i])).collect();
            values.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            let (mut below, mut positive_below) = (0usize, 0usize);
            for pair in values.windows(2) {
                (below, positive_below) = (below + 1, positive_below + usize::from(pair[0].1));
                let above = values.len() - below;
                if pair[0].0 == pair[1].0 || below < LEAST_LEAF || above < LEAST_LEAF {
                    continue;
                }
                let gini = |positive: usize, n: usize| 2.0 * positive as f64 * (n - positive) as f64 / n as f64;
                let impurity = gini(positive_below, below) + gini(positive - positive_below, above);
                if best.is_none_or(|b| impurity < b.0) {
                    best = Some((impurity, feature, (pair[0].0 + pair[1].0) / 2.0));
                }
            }
        }
        let Some((_, feature, at)) = best else { return number };
        let (low, high): (Vec<usize>, Vec<usize>) = items.into_iter().partition(|&i| self.rows[i][feature] <= at);
        let (low, high) = (self.grow(low, depth + 1), self.grow(high, depth + 1));
        self.nodes[number] = Node::Split { feature, at, low, high };
        number
    }
}

fn predict(nodes: &[Node], row: &[f32]) -> f64 {
    let mut at = 0;
    loop {
        match nodes[at] {
            Node::Leaf(share) => return share,
            Node::Split { feature, at: value, low, high } => at = if row[feature] <= value { low } else { high },
        }
    }
}

/// The area under the ROC curve of a forest that tells `a` from `b`, cross-validated by 5 folds; .5 says that it
/// cannot, and less that one side copies the other. O(n log n × trees × √features).
pub fn two_sample_auc(a: &[Weighted], b: &[Weighted], n: usize) -> f64 {
    let (left, right) = (super::edits::systematic(a, n), super::edits::systematic(b, n));
    let all: Vec<&[LabelId]> = left.iter().chain(&right).copied().collect();
    let real: Vec<bool> = (0..all.len()).map(|i| i < left.len()).collect();
    if left.is_empty() || right.is_empty() {
        return 0.5;
    }
    let rows = features(&all);
    let mut stream = Stream::new(&random::key("forest", 0, &[0; 32]), 0);
    let folds: Vec<usize> = (0..all.len()).map(|_| stream.below(FOLDS as u64) as usize).collect();
    let mut scores = vec![0.0; all.len()];
    for fold in 0..FOLDS {
        let training: Vec<usize> = (0..all.len()).filter(|&i| folds[i] != fold).collect();
        if training.is_empty() {
            continue;
        }
        for tree in 0..TREES {
            crate::interrupt::check();
            let stream = Stream::new(&random::key("forest", 1, &[0; 32]), (fold * TREES + tree) as u64);
            let mut grower = Grower { rows: &rows, real: &real, stream, nodes: Vec::new() };
            let sample =
                training.iter().map(|_| training[grower.stream.below(training.len() as u64) as usize]).collect();
            grower.grow(sample, 0);
            for i in (0..all.len()).filter(|&i| folds[i] == fold) {
                scores[i] += predict(&grower.nodes, &rows[i]);
            }
        }
    }
    auc(&scores, &real)
}

/// The share of (positive, negative) pairs that scores order rightly, ties by half. O(n log n).
pub fn auc(scores: &[f64], positive: &[bool]) -> f64 {
    let mut all: Vec<(f64, bool)> = scores.iter().copied().zip(positive.iter().copied()).collect();
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut below, mut right, mut at) = (0.0, 0.0, 0);
    while at < all.len() {
        let tied = all[at..].iter().take_while(|s| s.0 == all[at].0).count();
        let positives = all[at..at + tied].iter().filter(|s| s.1).count() as f64;
        let negatives = tied as f64 - positives;
        right += positives * (below + negatives / 2.0);
        below += negatives;
        at += tied;
    }
    let positives = positive.iter().filter(|p| **p).count() as f64;
    right / (positives * below).max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_curve_by_hand() {
        assert_eq!(auc(&[0.1, 0.4, 0.35, 0.8], &[false, false, true, true]), 0.75);
        assert_eq!(auc(&[1.0, 1.0], &[false, true]), 0.5);
    }

    #[test]
    fn what_differs_is_told_apart_and_what_does_not_is_not() {
        let of = |shift: u32| super::super::grouped((0..200u32).map(|i| (vec![0, 1 + i % 7, (i + shift) % 5], 1.0)));
        let reversed = super::super::grouped((0..200u32).map(|i| (vec![i % 5, 1 + i % 7, 9], 1.0)));
        assert!(two_sample_auc(&of(0), &reversed, 200) > 0.95);
        let same = two_sample_auc(&of(0), &of(0), 200);
        // A copy on the other side speaks against the label, so equal samples come out below .5.
        assert!(same < 0.6, "{same}");
    }
}
