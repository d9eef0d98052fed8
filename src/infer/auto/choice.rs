//! Which of several machines is the best one, judged by the same held-out traces.

use super::super::bits::Verdict;
use super::folds::Fold;

/// Bits per event within which likelihoods count as equal, however sure the difference is.
const TIE: f64 = 0.01;
/// Bits per event that count where they are beyond their error.
const COUNTS: f64 = 0.05;
/// A machine that accepts a share of held-out traces smaller by this than another one's must save bits that count.
const FEWER: f64 = 0.1;
/// A machine is much larger than another one that has not half as many states, and some.
const SOME: usize = 8;

/// What a learner's machine of one fold comes to.
#[derive(Debug, Clone)]
pub(super) struct Figures {
    /// Of each held-out trace.
    pub(super) verdicts: Vec<Verdict>,
    /// Mined invariants that the machine breaks.
    pub(super) broken: usize,
    /// Its states.
    pub(super) states: usize,
    /// Steps that it took.
    pub(super) work: u64,
}

/// Of each fold of a view, of each held-out trace: how often it was held out and how many events are judged.
type OfFolds = Vec<Vec<(f64, f64)>>;

/// The weights of held-out traces, view by view.
pub(super) struct Weights(Vec<OfFolds>);

impl Weights {
    pub(super) fn of(folds: &[Vec<Fold>]) -> Self {
        let weight = |fold: &Fold| {
            let judged = |events: usize| (events + 1 - fold.skip) as f64;
            fold.held.iter().map(|trace| (trace.count as f64, judged(trace.events.len()))).collect()
        };
        Weights(folds.iter().map(|folds| folds.iter().map(weight).collect()).collect())
    }
}

/// A learner's figures, view by view and fold by fold; one that is far behind may lack the later folds.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    pub(super) name: &'static str,
    pub(super) figures: Vec<Vec<Figures>>,
}

/// A difference in bits per event and its standard error.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Difference {
    bits: f64,
    error: f64,
}

impl Candidate {
    /// Bits per held-out event, the mean over views.
    pub(super) fn bits(&self, weights: &Weights) -> f64 {
        let of_view = |(folds, weights): (&Vec<Figures>, &OfFolds)| {
            let (mut bits, mut events) = (0.0, 0.0);
            for (verdict, &(count, length)) in zipped(folds, weights) {
                bits += count * verdict.bits;
                events += count * length;
            }
            if events > 0.0 { bits / events } else { 0.0 }
        };
        mean(self.figures.iter().zip(&weights.0).map(of_view))
    }

    /// The share of held-out traces that are accepted, view by view.
    pub(super) fn accepted(&self, weights: &Weights) -> Vec<f64> {
        let of_view = |(folds, weights): (&Vec<Figures>, &OfFolds)| {
            let (mut accepted, mut all) = (0.0, 0.0);
            for (verdict, &(count, _)) in zipped(folds, weights) {
                accepted += if verdict.accepted { count } else { 0.0 };
                all += count;
            }
            if all > 0.0 { accepted / all } else { 1.0 }
        };
        self.figures.iter().zip(&weights.0).map(of_view).collect()
    }

    /// Invariants broken by the machine of a fold that breaks most.
    pub(super) fn broken(&self) -> usize {
        self.figures.iter().flatten().map(|figures| figures.broken).max().unwrap_or(0)
    }

    /// States of the largest machine.
    pub(super) fn states(&self) -> usize {
        self.figures.iter().flatten().map(|figures| figures.states).max().unwrap_or(0)
    }

    /// Steps taken for the first fold of all views.
    pub(super) fn work(&self) -> u64 {
        self.figures.iter().filter_map(|folds| folds.first()).map(|figures| figures.work).sum()
    }

    /// How many bits per event more than another it needs, on the folds that both were judged by: the mean over views.
    /// Views hold the same traces, so their errors do not cancel out.
    fn more_than(&self, other: &Self, weights: &Weights) -> Difference {
        let views = self.figures.iter().zip(&other.figures).zip(&weights.0);
        let of_view: Vec<Difference> =
            views.map(|((mine, theirs), weights)| difference(mine, theirs, weights)).collect();
        Difference { bits: mean(of_view.iter().map(|d| d.bits)), error: mean(of_view.iter().map(|d| d.error)) }
    }
}

/// The verdicts of several folds with the weights of their traces.
fn zipped<'a>(
    folds: &'a [Figures],
    weights: &'a [Vec<(f64, f64)>],
) -> impl Iterator<Item = (&'a Verdict, &'a (f64, f64))> {
    folds.iter().zip(weights).flat_map(|(figures, weights)| figures.verdicts.iter().zip(weights))
}

/// The difference of two ratios of sums over the same traces, by the method of paired ratio estimates (Cochran 1977).
fn difference(mine: &[Figures], theirs: &[Figures], weights: &[Vec<(f64, f64)>]) -> Difference {
    let pairs = || {
        let both = zipped(mine, weights).zip(zipped(theirs, weights));
        both.map(|((a, &(count, length)), (b, _))| (count, length, a.bits - b.bits))
    };
    let (mut traces, mut events, mut sum) = (0.0, 0.0, 0.0);
    for (count, length, bits) in pairs() {
        (traces, events, sum) = (traces + count, events + count * length, sum + count * bits);
    }
    if events == 0.0 {
        return Difference { bits: 0.0, error: 0.0 };
    }
    let bits = sum / events;
    let squares: f64 = pairs().map(|(count, length, of)| count * (of - bits * length) * (of - bits * length)).sum();
    let freedom = if traces > 1.0 { traces / (traces - 1.0) } else { 1.0 };
    Difference { bits, error: libm::sqrt(squares * freedom) / events }
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (mut sum, mut count) = (0.0, 0.0);
    for value in values {
        (sum, count) = (sum + value, count + 1.0);
    }
    if count > 0.0 { sum / count } else { 0.0 }
}

/// The number of the best candidate, those in order of preference where nothing else decides; `None` of none.
///
/// * Fewest bits per held-out event. What is not worse beyond the error of the difference is as good, and of machines
///   that are as good the much larger ones are out; of the others the one that breaks fewest invariants is taken.
/// * Unless another one accepts many more held-out traces, and the bits it needs more do not count.
pub(super) fn choose(candidates: &[Candidate], weights: &Weights) -> Option<usize> {
    let mut open: Vec<usize> = (0..candidates.len()).collect();
    loop {
        let best = of_fewest_bits(candidates, &open, weights)?;
        if open.len() == 1 || !open.iter().any(|&other| objects(candidates, other, best, weights)) {
            return Some(best);
        }
        open.retain(|&candidate| candidate != best);
    }
}

/// The best by bits, size and invariants.
fn of_fewest_bits(candidates: &[Candidate], open: &[usize], weights: &Weights) -> Option<usize> {
    let bits = |&i: &usize| candidates[i].bits(weights);
    let least = *open.iter().min_by(|a, b| bits(a).total_cmp(&bits(b)))?;
    let is_as_good = |&&i: &&usize| {
        let more = candidates[i].more_than(&candidates[least], weights);
        more.bits <= more.error.max(TIE)
    };
    let as_good: Vec<usize> = open.iter().filter(is_as_good).copied().collect();
    let smallest = as_good.iter().map(|&i| candidates[i].states()).min()?;
    let small = as_good.into_iter().filter(|&i| candidates[i].states() <= 2 * smallest + SOME);
    small.min_by_key(|&i| (candidates[i].broken(), i))
}

/// Whether one candidate speaks against another: it accepts many more traces and needs no bits that count for it.
pub(super) fn objects(candidates: &[Candidate], one: usize, other: usize, weights: &Weights) -> bool {
    let (one, other) = (&candidates[one], &candidates[other]);
    let more = one.more_than(other, weights);
    let shares = one.accepted(weights).into_iter().zip(other.accepted(weights));
    more.bits <= more.error.max(COUNTS) && shares.into_iter().any(|(mine, theirs)| mine > theirs + FEWER)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A candidate judged by one fold of as many traces of ten events as there are bits.
    fn candidate(name: &'static str, bits: &[f64], accepted: usize, states: usize, broken: usize) -> Candidate {
        let verdict = |(i, &bits): (usize, &f64)| Verdict { bits, accepted: i < accepted };
        let verdicts = bits.iter().enumerate().map(verdict).collect();
        Candidate { name, figures: vec![vec![Figures { verdicts, broken, states, work: 0 }]] }
    }

    fn chosen(candidates: &[Candidate]) -> &'static str {
        let traces = candidates[0].figures[0][0].verdicts.len();
        let weights = Weights(vec![vec![vec![(1.0, 10.0); traces]]]);
        candidates[choose(candidates, &weights).unwrap()].name
    }

    /// Bits of twenty traces around a mean, spread in an order of their own.
    fn around(mean: f64, spread: f64, order: usize) -> Vec<f64> {
        (0..20).map(|i| mean + spread * ((i * order % 20) as f64 - 9.5) / 10.0).collect()
    }

    #[test]
    fn the_smaller_machine_wins_unless_the_larger_is_better_beyond_its_error() {
        let small = candidate("small", &around(31.0, 5.0, 3), 20, 10, 0);
        let better = candidate("large", &around(25.0, 5.0, 7), 20, 1000, 0);
        let alike = candidate("large", &around(30.8, 5.0, 7), 20, 1000, 0);
        assert_eq!(chosen(&[small.clone(), better]), "large");
        assert_eq!(chosen(&[small, alike]), "small");
    }

    #[test]
    fn of_equals_the_one_that_breaks_fewest_invariants_wins() {
        let broken = candidate("broken", &around(30.0, 5.0, 3), 20, 10, 7);
        let whole = candidate("whole", &around(30.05, 5.0, 3), 20, 14, 0);
        assert_eq!(chosen(&[broken.clone(), whole]), "whole");
        let much_larger = candidate("whole", &around(30.05, 5.0, 3), 20, 40, 0);
        assert_eq!(chosen(&[broken, much_larger]), "broken");
    }

    #[test]
    fn who_accepts_little_must_save_bits_that_count() {
        let general = candidate("general", &around(30.4, 0.1, 3), 18, 100, 0);
        let memorised = candidate("memorised", &around(30.0, 0.1, 7), 3, 50, 0);
        assert_eq!(chosen(&[memorised, general.clone()]), "general");
        let worth_it = candidate("memorised", &around(29.0, 0.1, 7), 3, 50, 0);
        assert_eq!(chosen(&[worth_it, general]), "memorised");
    }
}
