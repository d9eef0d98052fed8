//! Times: when traces start and how long their events take.

use super::random::Stream;
use crate::automaton::{Automaton, Histogram};
use crate::conform::Machine;
use hashbrown::HashMap;
use serde::{Deserialize, Serialize};

/// One, as the share of delays that follow their trace's speed.
const ALL: u32 = 1 << 16;
const HOUR: i64 = 3_600_000_000;
const HOURS_OF_WEEK: i64 = 168;

/// Delays by what they are known for, coarser than transitions: pairs of event types, event types, all.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Delays {
    /// (earlier event type, later one, delays), ascending.
    pub pairs: Vec<(u32, u32, Histogram)>,
    /// By event type.
    pub labels: Vec<Histogram>,
    /// All.
    pub all: Histogram,
    /// The share (in 1/65536) of a trace's delays that follow one rank drawn for the whole trace: slow traces are slow
    /// throughout.
    pub follow: u32,
}

impl Delays {
    /// From a prefix tree, or from a machine, whose states may not tell the earlier event. O(statistics).
    pub fn of_tree(tree: &Automaton) -> Self {
        let mut entered = vec![None; tree.state_count()];
        let mut unique = vec![true; tree.state_count()];
        for t in &tree.transitions {
            let target = t.target as usize;
            unique[target] &= entered[target].is_none_or(|label| label == t.label);
            entered[target] = Some(t.label);
        }
        let mut pairs: HashMap<(u32, u32), Histogram> = HashMap::new();
        let mut labels = vec![Histogram::default(); tree.labels.len()];
        let mut all = Histogram::default();
        for t in &tree.transitions {
            if let (Some(first), true) = (entered[t.source as usize], unique[t.source as usize]) {
                pairs.entry((first, t.label)).or_default().merge(&t.delays);
            }
            labels[t.label as usize].merge(&t.delays);
            all.merge(&t.delays);
        }
        let mut pairs: Vec<(u32, u32, Histogram)> =
            pairs.into_iter().filter(|p| p.1.count() > 0).map(|((a, b), delays)| (a, b, delays)).collect();
        pairs.sort_unstable_by_key(|p| (p.0, p.1));
        Delays { pairs, labels, all, follow: 0 }
    }

    /// The delays of a step: the transition's own, else those of the pair of event types, of the later one, of all.
    pub fn of<'a>(&'a self, own: &'a Histogram, first: u32, then: u32) -> &'a Histogram {
        let pair = self.pairs.binary_search_by_key(&(first, then), |p| (p.0, p.1)).ok().map(|i| &self.pairs[i].2);
        let levels = [Some(own), pair, self.labels.get(then as usize)];
        levels.into_iter().flatten().find(|delays| !delays.buckets.is_empty()).unwrap_or(&self.all)
    }

    /// Why these cannot be delays over so many labels, if so.
    pub fn problem(&self, labels: usize) -> Option<&'static str> {
        if self.labels.len() != labels || self.follow > ALL {
            return Some("A generator's delays do not fit its event types.");
        }
        let histograms = self.pairs.iter().map(|p| &p.2).chain(&self.labels).chain([&self.all]);
        histograms.filter_map(Histogram::problem).next()
    }

    /// The delays of each step of a path.
    fn steps<'a>(&'a self, machine: &'a Machine, path: &'a [u32]) -> impl Iterator<Item = &'a Histogram> {
        let transitions = &machine.automaton.transitions;
        path.windows(2).map(|pair| {
            let (first, then) = (&transitions[pair[0] as usize], &transitions[pair[1] as usize]);
            self.of(&then.delays, first.label, then.label)
        })
    }

    /// The least and the most that delays of a path can sum up to.
    pub fn range(&self, machine: &Machine, path: &[u32]) -> (u64, u64) {
        self.steps(machine, path)
            .fold((0, 0), |(least, most), sketch| (least.saturating_add(sketch.min), most.saturating_add(sketch.max)))
    }

    /// Changes delays of a path, each within those seen, until they sum up to at least and at most so much; false where
    /// they cannot.
    pub fn fit(&self, machine: &Machine, path: &[u32], (least, most): (u64, u64), delays: &mut [u64]) -> bool {
        let mut sum = delays.iter().fold(0u64, |sum, &delay| sum.saturating_add(delay));
        for (delay, sketch) in delays.iter_mut().zip(self.steps(machine, path)) {
            if sum < least {
                let more = (least - sum).min(sketch.max.saturating_sub(*delay));
                (*delay, sum) = (*delay + more, sum + more);
            } else if sum > most {
                let less = (sum - most).min(delay.saturating_sub(sketch.min));
                (*delay, sum) = (*delay - less, sum - less);
            }
        }
        (least..=most).contains(&sum)
    }

    /// Delays of a path, one fewer than it has events.
    pub fn draw(&self, machine: &Machine, path: &[u32], stream: &mut Stream, independent: bool, delays: &mut Vec<u64>) {
        delays.clear();
        let rank = stream.below(u64::MAX);
        for sketch in self.steps(machine, path) {
            let count = sketch.count();
            let follows = !independent && stream.below(ALL.into()) < self.follow.into();
            let drawn = stream.below(count);
            let rank = if follows { ((u128::from(rank) * u128::from(count)) >> 64) as u64 } else { drawn };
            delays.push(sketch.value_at(rank).unwrap_or(0));
        }
    }
}

/// The centred rank of each bucket of a sketch: from -1/2 to 1/2, times 2^16.
type Ranks = Box<[(u16, i64)]>;

/// The ranks of a sketch; `None` where it does not tell delays apart.
fn ranks(sketch: &Histogram) -> Option<Ranks> {
    let (count, mut below) = (i128::from(sketch.count()), 0i128);
    let rank = |&(bucket, own): &(u16, u64)| {
        // The middle of the bucket in the order of all values.
        let middle = (below * 2 + i128::from(own)) * i128::from(ALL) / 2 / count;
        below += i128::from(own);
        (bucket, middle as i64 - i64::from(ALL) / 2)
    };
    (sketch.buckets.len() > 1).then(|| sketch.buckets.iter().map(rank).collect())
}

/// Learns how much the delays of a trace hang together: the mean product of centred ranks over all pairs of delays of
/// a trace, as a share of what it would be if all had one rank. Exact sums, so the order of traces does not matter.
#[derive(Default)]
pub struct SpeedLearner {
    products: i128,
    pairs: i128,
    /// By transition, for those that have delays of their own.
    own: HashMap<u32, Option<Ranks>>,
    /// By pair of event types, for the others.
    shared: HashMap<(u32, u32), Option<Ranks>>,
}

impl SpeedLearner {
    /// Takes the times of one trace with its path.
    pub fn add(&mut self, delays: &Delays, machine: &Machine, times: &[i64], path: &[u32]) {
        let transitions = &machine.automaton.transitions;
        let (mut sum, mut squares, mut count) = (0i64, 0i128, 0i128);
        for (pair, step) in times.windows(2).zip(path.windows(2)) {
            let (first, then) = (&transitions[step[0] as usize], &transitions[step[1] as usize]);
            let known = if then.delays.buckets.is_empty() {
                let key = (first.label, then.label);
                self.shared.entry(key).or_insert_with(|| ranks(delays.of(&then.delays, first.label, then.label)))
            } else {
                self.own.entry(step[1]).or_insert_with(|| ranks(&then.delays))
            };
            let Some(ranks) = known else { continue };
            let bucket = Histogram::bucket(pair[0].abs_diff(pair[1]));
            // A value that the sketch lacks ranks as the nearest below.
            let at = ranks.partition_point(|rank| rank.0 <= bucket).saturating_sub(1);
            let rank = ranks[at].1;
            (sum, squares, count) = (sum + rank, squares + i128::from(rank * rank), count + 1);
        }
        self.products += i128::from(sum) * i128::from(sum) - squares;
        self.pairs += count * (count - 1);
    }

    /// The share of delays that follow their trace's rank: its square is the share of pairs that do.
    pub fn finish(self) -> u32 {
        if self.pairs == 0 || self.products <= 0 {
            return 0;
        }
        let unit = f64::from(ALL);
        let share = (12.0 * self.products as f64 / (self.pairs as f64 * unit * unit)).min(1.0);
        (share.sqrt() * unit) as u32
    }
}

/// Starts of traces: between neighbouring real ones, by the hours of the week, or in a period asked for.
pub struct Starts {
    /// Sampled real starts with their counts, ascending.
    sample: Vec<(i64, u64)>,
    total: u64,
    /// Weights of the hours of the week, where these are asked for.
    hours: Option<Vec<u64>>,
    period: (i64, i64),
    within: Option<(i64, i64)>,
}

impl Starts {
    /// From what the machine has seen. `within` is the period of all starts, if one was asked for.
    pub fn new(machine: &Automaton, hour_of_week: bool, within: Option<(i64, i64)>) -> Self {
        let mut sample: Vec<(i64, u64)> = machine.starts.items.iter().map(|i| (i.value, i.count)).collect();
        sample.sort_unstable();
        let mut hours = vec![0u64; HOURS_OF_WEEK as usize];
        for &(start, count) in &sample {
            hours[start.div_euclid(HOUR).rem_euclid(HOURS_OF_WEEK) as usize] += count;
        }
        let period = within.unwrap_or((machine.totals.earliest, machine.totals.latest));
        Starts {
            total: sample.iter().map(|s| s.1).sum(),
            hours: (hour_of_week && !sample.is_empty()).then_some(hours),
            sample,
            period,
            within,
        }
    }

    /// One start. O(sample).
    pub fn draw(&self, stream: &mut Stream) -> i64 {
        if let Some(hours) = &self.hours {
            return self.by_hour(hours, stream);
        }
        if let Some((from, until)) = self.within {
            return from.saturating_add_unsigned(stream.below(from.abs_diff(until).saturating_add(1)));
        }
        let mut draw = stream.below(self.total.max(1));
        for (i, &(start, count)) in self.sample.iter().enumerate() {
            if draw < count {
                let next = self.sample.get(i + 1).map_or(start, |next| next.0);
                return start.saturating_add_unsigned(stream.below(start.abs_diff(next).saturating_add(1)));
            }
            draw -= count;
        }
        self.period.0
    }

    /// An hour of the week by its weight, in any week of the period.
    fn by_hour(&self, hours: &[u64], stream: &mut Stream) -> i64 {
        let (first, last) =
            (self.period.0.div_euclid(HOUR), self.period.1.div_euclid(HOUR).max(self.period.0.div_euclid(HOUR)));
        let span = last.abs_diff(first) + 1;
        // Only hours that the period has; all have some weight if none of the seen ones is in it.
        let in_period =
            |hour: i64| span >= HOURS_OF_WEEK as u64 || (hour - first).rem_euclid(HOURS_OF_WEEK) < span as i64;
        let weight = |hour: i64| if in_period(hour) { hours[hour as usize] } else { 0 };
        let total: u64 = (0..HOURS_OF_WEEK).map(weight).sum();
        let mut draw = stream.below(total);
        let drawn = (0..HOURS_OF_WEEK).find(|&hour| {
            let taken = draw < weight(hour);
            draw = draw.wrapping_sub(weight(hour));
            taken
        });
        let offset = match drawn.filter(|_| total > 0) {
            Some(hour) => {
                let first_such = (hour - first).rem_euclid(HOURS_OF_WEEK) as u64;
                let such = (span - 1 - first_such) / HOURS_OF_WEEK as u64 + 1;
                first_such + stream.below(such) * HOURS_OF_WEEK as u64
            }
            None => stream.below(span),
        };
        let start = first.saturating_add_unsigned(offset).saturating_mul(HOUR);
        start.saturating_add_unsigned(stream.below(HOUR as u64)).clamp(self.period.0, self.period.1)
    }
}
