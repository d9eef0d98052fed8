//! Closed domains: small sets of values, or of shapes, to which hardly anything is ever added.

use crate::automaton::{Automaton, ValueSample, number, shape};
use hashbrown::{HashMap, HashSet};

/// Up to so many values are a closed domain without times to show that none came late, and so many numbers with them:
/// more of them are likely to number things, and the next thing has the next number.
const FEW: usize = 16;
/// The last part of a log in which what still rises has new values.
const LATELY: f64 = 0.25;
/// A single value with so many digits names something of its time: a process, a build, a day.
const LONG: usize = 4;

/// From when on a last part of the log is: what first came then, came late.
#[derive(Debug)]
pub struct Horizon {
    /// Shares of the traces with the time that the last such share of them starts after.
    parts: Vec<(f64, i64)>,
}

impl Horizon {
    /// By the sampled starts of an automaton's traces; empty where they have no times.
    pub fn of(automaton: &Automaton) -> Self {
        let mut starts: Vec<(i64, u64)> = automaton.starts.items.iter().map(|i| (i.value, i.count)).collect();
        starts.sort_unstable();
        let total: u64 = starts.iter().map(|s| s.1).sum();
        let at = |share: f64| {
            let mut left = ((1.0 - share) * total as f64) as u64;
            let reached = starts.iter().find(|(_, count)| {
                let here = left < *count;
                left = left.saturating_sub(*count);
                here
            });
            reached.map(|&(time, _)| (share, time))
        };
        Horizon { parts: [0.5, LATELY, 0.125, 0.0625].into_iter().filter_map(at).collect() }
    }

    /// How probable it is that a trace brings something new, from what first came late in so many traces.
    fn growth(&self, sample: &ValueSample, traces: u64) -> f64 {
        let of = |&(share, after): &(f64, i64)| {
            let late = sample.items.iter().filter(|item| item.first.is_some_and(|first| first > after)).count();
            late as f64 / (share * traces as f64)
        };
        self.parts.iter().map(of).fold(0.0, f64::max)
    }

    /// The share of the sampled values that first came in the last quarter of the log.
    pub fn new_lately(&self, sample: &ValueSample) -> f64 {
        let Some(&(_, after)) = self.parts.iter().find(|part| part.0 == LATELY) else { return 0.0 };
        let late = sample.items.iter().filter(|item| item.first.is_some_and(|first| first > after)).count();
        late as f64 / sample.items.len().max(1) as f64
    }

    fn knows(&self, sample: &ValueSample) -> bool {
        !self.parts.is_empty() && sample.items.iter().all(|item| item.first.is_some())
    }
}

/// A closed domain.
#[derive(Debug)]
pub struct Domain {
    members: HashSet<u64>,
    /// -log2 of the probability that a trace has something else.
    bits: f64,
    /// In how many traces it was asked.
    traces: f64,
}

impl Domain {
    /// Of a whole sample; `None` of any other.
    pub fn of(sample: &ValueSample, k: usize, traces: u64, horizon: &Horizon) -> Option<Self> {
        if sample.items.is_empty() || !sample.is_whole(k) {
            return None;
        }
        let once = sample.items.iter().filter(|item| item.traces == 1).count();
        let mass = unseen(once, sample.rarest() as f64, traces as f64).max(horizon.growth(sample, traces));
        let members = sample.items.iter().map(|item| item.hash).collect();
        Some(Domain { members, bits: -libm::log2(mass.min(1.0)), traces: traces as f64 })
    }

    /// Of values, unless they number things or name a time.
    pub fn of_values(sample: &ValueSample, k: usize, traces: u64, horizon: &Horizon) -> Option<Self> {
        let items = &sample.items;
        let digits = |value: &str| value.bytes().filter(u8::is_ascii_digit).count();
        let numbers = items.iter().all(|item| number(&item.value).is_some());
        let alone = items.len() == 1 && items.iter().any(|item| digits(&item.value) >= LONG);
        let open = alone || (items.len() > FEW && (numbers || !horizon.knows(sample)));
        if open || items.iter().any(|item| names_a_time(&item.value)) {
            return None;
        }
        Domain::of(sample, k, traces, horizon)
    }

    /// Of all values at a place by how many events had them, of which so many make a trace's worth. That one of the
    /// `whole` domain comes there for the first time is no more telling than that one comes which it does not have.
    pub fn of_place(events: &HashMap<u64, u64>, per_event: f64, whole: &Domain) -> Self {
        let traces = |events: u64| libm::ceil(events as f64 * per_event);
        let (total, rarest) = (events.values().sum(), events.values().min().copied().unwrap_or(0));
        let once = events.values().filter(|&&n| traces(n) <= 1.0).count();
        let mass = unseen(once, traces(rarest), traces(total));
        let bits = whole.bits.min(-libm::log2(mass.min(1.0)));
        Domain { members: events.keys().copied().collect(), bits, traces: traces(total) }
    }

    /// Whether it has what has this hash.
    pub fn has(&self, hash: u64) -> bool {
        self.members.contains(&hash)
    }

    /// How telling it is that something is not in it, in bits, and in how many traces that was asked.
    pub fn test(&self) -> (f64, f64) {
        (self.bits, self.traces)
    }
}

/// The probability that a trace has what none had, from how many things one trace only had (Good 1953). Where there are
/// none such, the rarer the rarest was, the likelier a still rarer one is.
fn unseen(once: usize, rarest: f64, traces: f64) -> f64 {
    let seldom = if once > 0 { once as f64 + 0.5 } else { 0.5 / libm::sqrt(rarest.max(1.0)) };
    seldom / (traces + 1.0)
}

/// True for what looks like a date or a time of day: there will be others.
fn names_a_time(value: &str) -> bool {
    let mut text = String::new();
    shape(value, &mut text);
    text.contains("0-0-0") || text.contains("0/0/0") || text.starts_with("0:0") || text.contains(" 0:0")
}
