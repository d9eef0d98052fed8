//! How long traces last: what a condition on durations may ask for, and how durations come to be as real ones.

use super::paths::graph::{Edge, Graph};
use super::paths::solve::Order;
use super::paths::walk::Walk;
use super::plan::Playout;
use super::random::{self, Stream};
use super::time::Delays;
use crate::automaton::{Automaton, Histogram};
use crate::error::{Error, Result};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Shortest and longest delay of an edge out of a node; the first event of a trace has none.
fn delay(graph: &Graph, machine: &Automaton, delays: &Delays, node: u32, edge: &Edge) -> (u64, u64) {
    if node == 0 {
        return (0, 0);
    }
    let own = machine.transitions.get(edge.transition as usize).map(|t| &t.delays);
    let sketch = match own.or_else(|| delays.labels.get(edge.label as usize)) {
        Some(own) => delays.of(own, graph.last[node as usize], edge.label),
        None => &delays.all,
    };
    if sketch.buckets.is_empty() { (0, 0) } else { (sketch.min, sketch.max) }
}

/// The shortest and the longest that a walk can last, in microseconds; `u64::MAX` where cycles set no end.
///
/// O((nodes + edges) × log nodes).
pub fn range(graph: &Graph, machine: &Automaton, delays: &Delays) -> (u64, u64) {
    let mut shortest = vec![u64::MAX; graph.len()];
    let mut heap = BinaryHeap::from([(Reverse(0u64), 0u32)]);
    let mut least = u64::MAX;
    shortest[0] = 0;
    while let Some((Reverse(lasted), node)) = heap.pop() {
        if lasted > shortest[node as usize] {
            continue;
        }
        if graph.stops[node as usize] > 0 {
            // The first end that is reached is the soonest one.
            least = lasted;
            break;
        }
        for edge in graph.outgoing(node) {
            let then = lasted.saturating_add(delay(graph, machine, delays, node, edge).0);
            if then < shortest[edge.target as usize] {
                shortest[edge.target as usize] = then;
                heap.push((Reverse(then), edge.target));
            }
        }
    }
    if !Order::of(graph).acyclic {
        return (least, u64::MAX);
    }
    let mut longest = vec![0u64; graph.len()];
    for node in graph.postorder() {
        let of_edge = |e: &Edge| delay(graph, machine, delays, node, e).1.saturating_add(longest[e.target as usize]);
        longest[node as usize] = graph.outgoing(node).iter().map(of_edge).max().unwrap_or(0);
    }
    (least, longest[0])
}

/// Fails where no walk can last as long as asked for.
pub fn require(graph: &Graph, machine: &Automaton, delays: &Delays, asked: (u64, u64)) -> Result<()> {
    let impossible = |reason: String, hint: String| Error::InvalidArgument { argument: "condition", reason, hint };
    if machine.totals.timed_traces == 0 {
        let reason = "A duration cannot be asked for: the traces that were learned from have no times".into();
        return Err(impossible(reason, "Leave duration out.".into()));
    }
    let (least, most) = range(graph, machine, delays);
    if asked.0 <= most && least <= asked.1 {
        return Ok(());
    }
    let seconds = |micros: u64| micros as f64 / 1e6;
    let until = if most == u64::MAX { "on".into() } else { format!("to {} seconds", seconds(most)) };
    Err(impossible(
        "No trace of the machine lasts as long as that".into(),
        format!("Ask for a duration that traces have: from {} {until}.", seconds(least)),
    ))
}

/// Traces and events that are drawn at most to see how long they last.
const TRIALS: u64 = 2048;
const TRIAL_EVENTS: usize = 100_000;
/// One, as a share of what is drawn.
const ONE: u64 = 1 << 32;
/// Draws that accepting one may take on average.
const MOST_DRAWS: u64 = 16;

/// How often delays that sum up to a duration are accepted.
///
/// Delays are drawn one by one, with a common speed; how they add up, real ones that make up for each other for
/// instance, only whole traces tell. So their sums are drawn by rejection: a duration is accepted in proportion to how
/// often real traces have it over how often drawn ones have. Which paths there are stays as it is.
#[derive(Debug, Default)]
pub struct Acceptance(Vec<(u16, u64)>);

impl Acceptance {
    /// Draws traces of a plan and compares how long they last with real ones; accepts all where they are alike.
    pub fn of(playout: &Playout) -> Self {
        let (machine, delays) = (&playout.machine.automaton, &playout.plan.delays);
        let real = &machine.durations;
        // Where only the whole path tells the transitions it takes long to find.
        if real.buckets.len() < 2 || playout.plan.graph.is_ambiguous() {
            return Acceptance::default();
        }
        let walk = Walk::new(playout.plan.graph.clone(), u32::MAX);
        let key = random::key("durations", 0, &playout.fingerprint);
        let (mut drawn, mut events) = (Histogram::default(), 0);
        let (mut edges, mut of_path) = (Vec::new(), Vec::new());
        for trial in 1..=TRIALS {
            let mut stream = Stream::new(&key, trial);
            walk.draw(&mut stream, &mut edges);
            let path: Vec<u32> = edges.iter().map(|&edge| walk.graph.edges[edge as usize].transition).collect();
            delays.draw(&playout.machine, &path, &mut stream, false, &mut of_path);
            let lasts = of_path.iter().fold(0u64, |sum, &delay| sum.saturating_add(delay));
            if !path.is_empty() && (real.min..=real.max).contains(&lasts) {
                drawn.add(lasts);
            }
            events += path.len();
            if events > TRIAL_EVENTS {
                break;
            }
        }
        Acceptance(compare(real, &drawn))
    }

    /// True for delays with this sum, as often as they are to be accepted.
    pub fn accepts(&self, lasts: u64, stream: &mut Stream) -> bool {
        let Some(least) = self.0.first() else { return true };
        let found = self.0.binary_search_by_key(&Histogram::bucket(lasts), |b| b.0);
        let share = found.map_or(least.1, |i| self.0[i].1);
        stream.below(ONE) < share
    }
}

/// For each bucket its share that is accepted; empty where the two do not differ by more than chance and a little.
/// Integers and roots of them only, so that every platform gives the same.
fn compare(real: &Histogram, drawn: &Histogram) -> Vec<(u16, u64)> {
    let of =
        |h: &Histogram, bucket: u16| h.buckets.binary_search_by_key(&bucket, |b| b.0).map_or(0, |i| h.buckets[i].1);
    let mut buckets: Vec<u16> = real.buckets.iter().chain(&drawn.buckets).map(|b| b.0).collect();
    buckets.sort_unstable();
    buckets.dedup();
    let (n, m) = (real.count(), drawn.count());
    if n == 0 || m == 0 {
        return Vec::new();
    }
    let apart: u128 = buckets
        .iter()
        .map(|&b| (u128::from(of(real, b)) * u128::from(m)).abs_diff(u128::from(of(drawn, b)) * u128::from(n)))
        .sum();
    let variation = apart as f64 / (2.0 * n as f64 * m as f64);
    // What samples of one distribution differ by on average (sum of mean deviations of the buckets, at most).
    let chance = 0.4 * libm::sqrt(buckets.len() as f64 * (1.0 / n as f64 + 1.0 / m as f64));
    if variation < chance + 0.05 {
        return Vec::new();
    }
    let ratio = |bucket: u16| {
        // One more on both sides: what was not seen may be.
        let (real, drawn) = (of(real, bucket) + 1, of(drawn, bucket) + 1);
        let ratio = u128::from(real) * u128::from(m) * u128::from(ONE) / (u128::from(drawn) * u128::from(n));
        ratio.min(u128::from(ONE << 16)) as u64
    };
    let ratios: Vec<(u16, u64)> = buckets.into_iter().map(|b| (b, ratio(b))).collect();
    let share = |ratio: u64, most: u64| u128::from(ratio.min(most)) * u128::from(ONE) / u128::from(most);
    // The higher the ratio that is always accepted, the nearer to real ones, and the fewer are accepted.
    let affordable = |&most: &u64| {
        let accepted: u128 = ratios.iter().map(|&(b, ratio)| u128::from(of(drawn, b)) * share(ratio, most)).sum();
        accepted * u128::from(MOST_DRAWS) >= u128::from(m) * u128::from(ONE)
    };
    let highest = ratios.iter().map(|r| r.1).max().unwrap_or(ONE);
    let halved = (0..32).map(|times| highest >> times).take_while(|&most| most > 0);
    let most = halved.into_iter().find(affordable).unwrap_or(ONE);
    ratios.iter().map(|&(bucket, ratio)| (bucket, share(ratio, most) as u64)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn histogram(values: impl IntoIterator<Item = u64>) -> Histogram {
        let mut histogram = Histogram::default();
        values.into_iter().for_each(|value| histogram.add(value));
        histogram
    }

    #[test]
    fn what_real_traces_have_more_often_is_accepted_more_often() {
        let real = histogram((0..1000).map(|i| if i % 4 == 0 { 2 } else { 1 }));
        let drawn = histogram((0..1000).map(|i| if i % 4 == 0 { 1 } else { 2 }));
        let shares = compare(&real, &drawn);
        assert_eq!(shares[0], (1, ONE));
        // Nine times as often as the other, but for those not seen.
        let share = shares[1].1 as f64 / ONE as f64;
        assert!((share - 1.0 / 9.0).abs() < 0.01, "{share}");
    }

    #[test]
    fn alike_durations_are_all_accepted() {
        let wave = |n: u64| histogram((0..n).map(|i| 100 + i * i % 997));
        assert_eq!(compare(&wave(300), &wave(2000)), []);
        assert_eq!(compare(&Histogram::default(), &wave(3)), []);
    }
}
