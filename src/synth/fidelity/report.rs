//! The fidelity report: every metric beside its floor (one half of the real traces against the other) and a control
//! (the synthetic traces with their events shuffled).

use super::columns::{self, Coded, Columns};
use super::pairs::{self, Pair, Relation};
use super::{Weighted, edits, forest, grouped, ks, ngrams, spectrum, wasserstein};
use crate::automaton::LabelId;
use crate::synth::plan::variant_hash;
use crate::synth::random::{self, Stream};
use hashbrown::HashSet;

/// Traces compared one to one.
const MATCHED: usize = 250;
/// Traces a forest is grown on, of each side.
const CLASSIFIED: usize = 1000;
const DAY: f64 = 86_400e6;

/// A trace as metrics see it.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    /// Its events.
    pub events: Vec<LabelId>,
    /// Its times in microseconds; empty where it has none.
    pub times: Vec<i64>,
    /// Its weight.
    pub weight: f64,
    /// JSON text of each event's parameters; empty where it has none or they are not looked at.
    pub parameters: Vec<Option<Box<str>>>,
}

/// One metric.
#[derive(Debug, Clone, PartialEq)]
pub struct Metric {
    /// Its name.
    pub name: &'static str,
    /// True where traces count by their weight.
    pub weighted: bool,
    /// Synthetic against real traces.
    pub value: Option<f64>,
    /// One half of the real traces against the other.
    pub floor: Option<f64>,
    /// Shuffled synthetic traces against real ones.
    pub shuffled: Option<f64>,
}

/// Metrics with what is best and what they measure.
pub const METRICS: &[(&str, &str)] = &[
    ("ngram_distance", "sum of |f - g| over sum of f + g of padded 3-grams; 0 is best"),
    ("js_3", "Jensen-Shannon divergence of 3-grams in bits; 0 is best"),
    ("js_5", "Jensen-Shannon divergence of 5-grams in bits; 0 is best"),
    (
        "transition_variation",
        "total variation of what follows each event, by the event's share; 0 is best, order-1 Markov passes",
    ),
    ("length_ks", "Kolmogorov-Smirnov distance of lengths; 0 is best"),
    ("count_variation", "mean total variation of the counts of each event type; 0 is best"),
    ("variant_coverage", "share of real traces whose sequence occurs among the synthetic ones; the floor's is best"),
    ("copy_rate", "share of synthetic traces whose sequence occurs among the real ones; the floor's is best"),
    ("control_flow_distance", "mean edit distance of a one-to-one matching, per event; 0 is best"),
    ("classifier_auc", "how well a forest tells both apart; 0.5 is best"),
    ("spectral_distance", "mean difference of the Laplacian's eigenvalues; 0 is best, order-1 Markov passes"),
    ("duration_ks", "Kolmogorov-Smirnov distance of durations; 0 is best"),
    ("cycle_time_distance", "Wasserstein distance of durations over the real mean; 0 is best"),
    ("relative_event_distance", "Wasserstein distance of times since the trace's start over the real mean; 0 is best"),
    ("circadian_distance", "Wasserstein distance of the hour of the day in hours; 0 is best"),
    (
        "nearest_distance",
        "mean edit distance per event from a synthetic trace to the nearest real one; the floor's is best",
    ),
    (
        "events_per_trace",
        "overlap of the numbers of events of a trace, 1 less their Kolmogorov-Smirnov distance; 1 is best",
    ),
    ("parameters_per_event", "overlap of the numbers of parameters of an event, by event type; 1 is best"),
    (
        "column_shapes",
        "mean over parameters of 1 less the Kolmogorov-Smirnov distance of numbers or the total variation of words; 1 is best",
    ),
    ("pair_contingency", "mean overlap of which values of two parameters occur together; 1 is best"),
    ("pair_correlation", "1 less half the mean difference of rank correlations of two numbers; 1 is best"),
    ("identifier_equality", "1 less the mean difference of how often two identifiers are equal; 1 is best"),
    ("dependent_pairs", "mean of the three above over the pairs that depend on each other in real traces; 1 is best"),
];
/// How many of them look at parameters: the last ones.
const OF_PARAMETERS: usize = 6;

/// Which parameters, by event type and slot, name things.
pub type IsIdentifier<'a> = &'a dyn Fn(LabelId, &str) -> bool;

/// All metrics, each unweighted and weighted. O(events) and the matching, O(250³); parameters cost
/// O(values × 24).
pub fn report(real: &[Trace], synthetic: &[Trace], is_identifier: IsIdentifier<'_>) -> Vec<Metric> {
    let (sides, mut stream) = halves(real);
    let [left, right] = [0, 1].map(|side| chosen(real, &sides, side));
    let shuffled: Vec<Trace> = synthetic.iter().map(|trace| shuffled(trace, &mut stream)).collect();
    let parameters = Parameters::of(real, is_identifier);
    let coded = |traces: &[Trace]| parameters.columns.code(traces);
    let mut floor = metrics(&left, &right);
    floor.extend(parameters.metrics(&coded(&left), &coded(&right)));
    let real_coded = coded(real);
    let mut all = Vec::new();
    for weighted in [false, true] {
        let by = |traces: &[Trace]| -> Vec<Option<f64>> {
            let weight = |t: &Trace| if weighted { t.weight } else { 1.0 };
            let traces: Vec<Trace> = traces.iter().map(|t| Trace { weight: weight(t), ..t.clone() }).collect();
            let mut values = metrics(real, &traces);
            values.extend(parameters.metrics(&real_coded, &coded(&traces)));
            values
        };
        let (value, control) = (by(synthetic), by(&shuffled));
        for (((name, _), value), (floor, shuffled)) in METRICS.iter().zip(value).zip(floor.iter().zip(control)) {
            all.push(Metric { name, weighted, value, floor: *floor, shuffled });
        }
    }
    all
}

/// For each trace which half it is in.
fn halves(real: &[Trace]) -> (Vec<u64>, Stream) {
    let mut stream = Stream::new(&random::key("fidelity", 0, &[0; 32]), 0);
    (real.iter().map(|_| stream.below(2)).collect(), stream)
}

fn chosen(traces: &[Trace], sides: &[u64], side: u64) -> Vec<Trace> {
    traces.iter().zip(sides).filter(|t| *t.1 == side).map(|t| t.0.clone()).collect()
}

/// What real parameters are compared by.
struct Parameters {
    columns: Columns,
    pairs: Vec<Pair>,
}

impl Parameters {
    fn of(real: &[Trace], is_identifier: IsIdentifier<'_>) -> Self {
        let columns = Columns::of(real, is_identifier);
        let pairs = pairs::pairs(&columns, &columns.code(real));
        Parameters { columns, pairs }
    }

    /// The last [`OF_PARAMETERS`] of [`METRICS`].
    fn metrics(&self, a: &[Coded], b: &[Coded]) -> Vec<Option<f64>> {
        if a.is_empty() || b.is_empty() || self.columns.list.is_empty() {
            return vec![None; OF_PARAMETERS];
        }
        let shapes = columns::shapes(&self.columns, a, b);
        let similar = pairs::similarities(&self.columns, &self.pairs, a, b);
        let of = |wanted: &dyn Fn(&Pair) -> bool| {
            mean(self.pairs.iter().zip(&similar).filter(|p| wanted(p.0)).filter_map(|p| *p.1))
        };
        let by = |relation: Relation| of(&|pair: &Pair| pair.relation == relation);
        vec![
            columns::parameters_per_event(a, b),
            mean(shapes.into_iter().flatten()),
            by(Relation::Contingency),
            by(Relation::Correlation),
            by(Relation::Equality),
            of(&|pair: &Pair| pair.dependent),
        ]
    }
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, n) = values.fold((0.0, 0u64), |(sum, n), value| (sum + value, n + 1));
    (n > 0).then(|| sum / n as f64)
}

/// How alike one parameter, or two of them, are on both sides.
#[derive(Debug, Clone, PartialEq)]
pub struct Likeness {
    /// The event type and slot of the later or only parameter.
    pub of: (LabelId, Box<str>),
    /// The event type and slot of the earlier one of two.
    pub with: Option<(LabelId, Box<str>)>,
    /// "shape", or how two are compared.
    pub measure: &'static str,
    /// True where one depends on the other in real traces.
    pub dependent: bool,
    /// Synthetic against real traces; 1 is best.
    pub value: Option<f64>,
    /// One half of the real traces against the other.
    pub floor: Option<f64>,
    /// Shuffled synthetic traces against real ones.
    pub shuffled: Option<f64>,
}

/// What the metrics of parameters are means of, each parameter and pair for itself, by weight.
pub fn likenesses(real: &[Trace], synthetic: &[Trace], is_identifier: IsIdentifier<'_>) -> Vec<Likeness> {
    let (sides, mut stream) = halves(real);
    let shuffled: Vec<Trace> = synthetic.iter().map(|trace| shuffled(trace, &mut stream)).collect();
    let Parameters { columns, pairs } = Parameters::of(real, is_identifier);
    let [left, right] = [0, 1].map(|side| columns.code(&chosen(real, &sides, side)));
    let [real, synthetic, shuffled] = [real, synthetic, &shuffled].map(|traces| columns.code(traces));
    let sides = [(&real, &synthetic), (&left, &right), (&real, &shuffled)];
    let shapes = sides.map(|(a, b)| columns::shapes(&columns, a, b));
    let similar = sides.map(|(a, b)| pairs::similarities(&columns, &pairs, a, b));
    let name = |column: u32| {
        let column = &columns.list[column as usize];
        (column.label, column.name.clone())
    };
    let likeness = |of, with, measure, dependent, values: &[Vec<Option<f64>>; 3], i: usize| {
        let [value, floor, shuffled] = [0, 1, 2].map(|side| values[side][i]);
        Likeness { of, with, measure, dependent, value, floor, shuffled }
    };
    let named = (0..columns.list.len()).filter(|&i| columns.list[i].kind != columns::Kind::Identifier);
    let mut all: Vec<Likeness> = named.map(|i| likeness(name(i as u32), None, "shape", false, &shapes, i)).collect();
    let pair = |(i, p): (usize, &Pair)| {
        likeness(name(p.later), Some(name(p.earlier)), p.relation.as_str(), p.dependent, &similar, i)
    };
    all.extend(pairs.iter().enumerate().map(pair));
    all
}

fn shuffled(trace: &Trace, stream: &mut Stream) -> Trace {
    let mut events = trace.events.clone();
    for i in (1..events.len()).rev() {
        events.swap(i, stream.below(i as u64 + 1) as usize);
    }
    Trace { events, ..trace.clone() }
}

/// The sequences of traces with their weights.
pub fn variants(traces: &[Trace]) -> Vec<Weighted> {
    grouped(traces.iter().map(|t| (t.events.clone(), t.weight)))
}

/// (value, weight) of what is measured of traces.
type Values = dyn Fn(&[Trace]) -> Vec<(f64, f64)>;
/// The distance of two samples.
type Distance = dyn Fn(&[(f64, f64)], &[(f64, f64)]) -> f64;

/// All but those of parameters, in the order of [`METRICS`]; `None` where a side has nothing to compare.
fn metrics(real: &[Trace], other: &[Trace]) -> Vec<Option<f64>> {
    if real.is_empty() || other.is_empty() {
        return vec![None; METRICS.len() - OF_PARAMETERS];
    }
    let (a, b) = (variants(real), variants(other));
    let lengths = |v: &[Weighted]| v.iter().map(|t| (t.events.len() as f64, t.weight)).collect::<Vec<_>>();
    let n = MATCHED.min(real.len()).min(other.len());
    let (x, y) = (edits::systematic(&a, n), edits::systematic(&b, n));
    let durations = |traces: &[Trace]| -> Vec<(f64, f64)> {
        let of = |t: &Trace| Some((t.times.last()?.abs_diff(*t.times.first()?) as f64, t.weight));
        traces.iter().filter_map(of).collect()
    };
    let since = |traces: &[Trace]| -> Vec<(f64, f64)> {
        let of = |t: &Trace| -> Vec<(f64, f64)> {
            t.times.iter().map(|at| (at.abs_diff(t.times[0]) as f64, t.weight)).collect()
        };
        traces.iter().flat_map(of).collect()
    };
    let hours = |traces: &[Trace]| -> Vec<(f64, f64)> {
        let of = |t: &Trace| -> Vec<(f64, f64)> {
            t.times.iter().map(|at| (at.rem_euclid(DAY as i64) as f64 / 3600e6, t.weight)).collect()
        };
        traces.iter().flat_map(of).collect()
    };
    let timed = |of: &Values, by: &Distance| {
        let (a, b) = (of(real), of(other));
        (!a.is_empty() && !b.is_empty()).then(|| by(&a, &b))
    };
    let over_mean = |a: &[(f64, f64)], b: &[(f64, f64)]| {
        let mean = a.iter().fold(0.0, |s, v| s + v.0) / a.len() as f64;
        wasserstein(a, b) / mean.max(1.0)
    };
    vec![
        Some(ngrams::distance(&a, &b, 3)),
        Some(ngrams::divergence(&a, &b, 3)),
        Some(ngrams::divergence(&a, &b, 5)),
        Some(ngrams::transition_variation(&a, &b)),
        Some(ks(&lengths(&a), &lengths(&b))),
        Some(count_variation(&a, &b)),
        Some(share_in(&a, &b)),
        Some(share_in(&b, &a)),
        Some(edits::control_flow_distance(&x, &y)),
        Some(forest::two_sample_auc(&a, &b, CLASSIFIED.min(real.len()).min(other.len()))),
        Some(spectrum::distance(&a, &b)),
        timed(&durations, &ks),
        timed(&durations, &over_mean),
        timed(&since, &over_mean),
        timed(&hours, &wasserstein),
        Some(nearest(&y, &x)),
        Some(1.0 - ks(&lengths(&a), &lengths(&b))),
    ]
}

/// The share of one side's weight whose sequences the other has.
fn share_in(a: &[Weighted], b: &[Weighted]) -> f64 {
    let known: HashSet<u64> = b.iter().map(|t| variant_hash(t.events.iter().copied())).collect();
    let total = a.iter().fold(0.0, |sum, t| sum + t.weight);
    let found = a.iter().filter(|t| known.contains(&variant_hash(t.events.iter().copied())));
    found.fold(0.0, |sum, t| sum + t.weight) / total
}

/// The mean, over event types, of the total variation of how often a trace has it.
fn count_variation(a: &[Weighted], b: &[Weighted]) -> f64 {
    let mut labels: Vec<LabelId> = a.iter().chain(b).flat_map(|t| t.events.iter().copied()).collect();
    labels.sort_unstable();
    labels.dedup();
    let counts = |side: &[Weighted], label: LabelId| {
        let mut counts = hashbrown::HashMap::new();
        for trace in side {
            let count = trace.events.iter().filter(|&&e| e == label).count();
            *counts.entry(count).or_insert(0.0) += trace.weight;
        }
        counts
    };
    let variation = |&label: &LabelId| {
        ngrams::shares(&counts(a, label), &counts(b, label)).iter().fold(0.0, |sum, (f, g)| sum + (f - g).abs()) / 2.0
    };
    labels.iter().map(variation).fold(0.0, |sum, v| sum + v) / labels.len().max(1) as f64
}

/// The mean edit distance, per event, from each of some traces to the nearest of others.
fn nearest(from: &[&[LabelId]], to: &[&[LabelId]]) -> f64 {
    let mut distinct: Vec<&[LabelId]> = to.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    let least = |a: &&[LabelId]| distinct.iter().map(|b| edits::normalised(a, b)).fold(1.0, f64::min);
    from.iter().map(least).fold(0.0, |sum, v| sum + v) / from.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_sides_are_near_their_floor_and_shuffled_ones_far_from_it() {
        let trace = |i: u32| Trace {
            events: vec![0, 1 + i % 3, 4, 5, 6 + i % 2],
            times: (0..5).map(|j| i64::from(j * (1 + i % 4) * 1_000_000)).collect(),
            weight: 1.0,
            parameters: Vec::new(),
        };
        let traces: Vec<Trace> = (0..600).map(trace).collect();
        let metrics = report(&traces, &traces, &|_, _| false);
        assert_eq!(metrics.len(), 2 * METRICS.len());
        let of = |name: &str| metrics.iter().find(|m| m.name == name).unwrap();
        assert_eq!(
            (of("ngram_distance").value, of("js_5").value, of("copy_rate").value),
            (Some(0.0), Some(0.0), Some(1.0))
        );
        assert!(of("ngram_distance").shuffled > of("ngram_distance").floor && of("ngram_distance").floor > Some(0.0));
        assert!(of("classifier_auc").shuffled > Some(0.9) && of("classifier_auc").value < Some(0.6));
        // Sums of shares may leave a last bit.
        assert!(of("cycle_time_distance").value < Some(1e-9) && of("control_flow_distance").value == Some(0.0));
    }
}
