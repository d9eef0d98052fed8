//! Phases: the coarse states of a machine.
//!
//! States whose events come about alike are one phase: P(next | phase) stands for P(next | state). Two groups at a time
//! are merged, those first that lose least held-out likelihood; of all groupings that this leads to (as the agglomerative
//! information bottleneck of Slonim & Tishby 1999 does), the one with the fewest groups is taken whose loss is within a
//! share of the machine's held-out bits. Held out is each visit once: what a group predicts of an event is judged without
//! that event (leave-one-out; Witten & Bell 1991 for what was not seen), which counts alone can tell. So states seen
//! seldom, which predict badly, gain by being merged.
//!
//! No k phases tell more of the next event than log2 k bits: where almost every event is certain in its state, as many
//! phases are needed as kinds of events are frequent.

use super::{Control, OptionKind, OptionSpec, Options};
use crate::automaton::{Automaton, LabelId, StateId};
use crate::error::Result;
use hashbrown::HashMap;

/// Options of [`phases`].
pub const PHASE_OPTIONS: &[OptionSpec] = &[
    OptionSpec {
        name: "loss",
        kind: OptionKind::Number(0.0, 10.0),
        default: "0.05",
        meaning: "held-out bits that may be lost, as a share of the machine's; fewer phases lose more",
    },
    OptionSpec {
        name: "most",
        kind: OptionKind::Integer(1, i64::MAX),
        default: "9223372036854775807",
        meaning: "phases there are at most, whatever is lost",
    },
];

/// Bits of all sums that rounding may make.
const ROUNDING: f64 = 1e-6;
/// States that are merged pair by pair; of more, the rest joins the nearest group.
const MOST_PAIRED: usize = 512;

/// A phase.
#[derive(Debug, Clone, PartialEq)]
pub struct Phase {
    /// Its states, ascending.
    pub states: Vec<StateId>,
    /// The event types that most often lead into it, most frequent first. Every event type is in one phase.
    pub labels: Vec<LabelId>,
    /// How often traces are in it.
    pub visits: u64,
}

/// The phases of a machine and what they tell.
#[derive(Debug, Clone, PartialEq)]
pub struct Phases {
    /// Ascending by their first state: the first one has the start.
    pub list: Vec<Phase>,
    /// Bits per event and end that the machine's states need, each judged by the others.
    pub bits_by_state: f64,
    /// Bits that the phases need.
    pub bits: f64,
}

/// What follows in a group of states: counts by event type, the end as the last one; ascending.
type Next = Vec<(u32, u64)>;

fn join(a: &Next, b: &Next) -> Next {
    let (mut joined, mut i, mut j) = (Vec::with_capacity(a.len() + b.len()), 0, 0);
    while i < a.len() || j < b.len() {
        let (left, right) = (a.get(i).copied(), b.get(j).copied());
        match (left, right) {
            (Some(x), Some(y)) if x.0 == y.0 => {
                joined.push((x.0, x.1 + y.1));
                (i, j) = (i + 1, j + 1);
            }
            (Some(x), y) if y.is_none_or(|y| x.0 < y.0) => {
                joined.push(x);
                i += 1;
            }
            (_, Some(y)) => {
                joined.push(y);
                j += 1;
            }
            _ => break,
        }
    }
    joined
}

/// Bits that a group needs for all it has seen, each judged by the others.
fn held_out_bits(next: &Next, background: &[f64]) -> f64 {
    let total: u64 = next.iter().map(|n| n.1).sum();
    let kinds = next.len() as f64;
    next.iter().fold(0.0, |sum, &(what, count)| {
        // Without one of its own: a kind seen once is then not seen at all.
        let (seen, kinds) = if count > 1 { (count as f64 - 1.0, kinds) } else { (0.0, kinds - 1.0) };
        let rest = total as f64 - 1.0;
        let lower = background[what as usize];
        let p = if rest + kinds > 0.0 { (seen + kinds * lower) / (rest + kinds) } else { lower };
        sum - count as f64 * libm::log2(p)
    })
}

/// Groups under construction.
struct Merging<'b> {
    background: &'b [f64],
    next: Vec<Option<Next>>,
    own: Vec<f64>,
    states: Vec<Vec<StateId>>,
    /// For each group the later one that it loses least with, and the loss.
    nearest: Vec<Option<(usize, f64)>>,
}

impl Merging<'_> {
    fn loss(&self, a: usize, b: usize) -> f64 {
        match (&self.next[a], &self.next[b]) {
            (Some(x), Some(y)) => held_out_bits(&join(x, y), self.background) - self.own[a] - self.own[b],
            _ => f64::INFINITY,
        }
    }

    fn find_nearest(&mut self, group: usize) {
        let mut best: Option<(usize, f64)> = None;
        for other in (group + 1)..self.next.len() {
            if self.next[other].is_some() {
                let loss = self.loss(group, other);
                if best.is_none_or(|best| loss < best.1) {
                    best = Some((other, loss));
                }
            }
        }
        self.nearest[group] = best;
    }

    /// Puts group b into a.
    fn merge(&mut self, a: usize, b: usize) {
        let moved = self.next[b].take();
        if let (Some(x), Some(y)) = (&self.next[a], &moved) {
            let joined = join(x, y);
            self.own[a] = held_out_bits(&joined, self.background);
            self.next[a] = Some(joined);
            let mut states = std::mem::take(&mut self.states[b]);
            self.states[a].append(&mut states);
        }
    }
}

/// The phases of a machine.
///
/// * `options`: see [`PHASE_OPTIONS`]
///
/// O(states² × kinds of events in a state) up to 512 states, O(states × 512) beyond.
pub fn phases(machine: &Automaton, options: &str, control: &Control<'_>) -> Result<Phases> {
    let options = Options::parse("phases", PHASE_OPTIONS, options)?;
    let (states, labels) = (machine.state_count(), machine.labels.len());
    let mut next: Vec<Next> = vec![Vec::new(); states];
    let mut all = vec![0u64; labels + 1];
    let mut count = |next: &mut Next, what: usize, count: u64| {
        if count > 0 {
            all[what] += count;
            match next.last_mut().filter(|last| last.0 == what as u32) {
                Some(last) => last.1 += count,
                None => next.push((what as u32, count)),
            }
        }
    };
    // Transitions of a state are ascending by label.
    machine.transitions.iter().for_each(|t| count(&mut next[t.source as usize], t.label as usize, t.count));
    machine.stops.iter().enumerate().for_each(|(state, &stops)| count(&mut next[state], labels, stops));
    let events: u64 = all.iter().sum();
    let smoothed = |&n: &u64| (n as f64 + 1.0) / (events as f64 + all.len() as f64);
    let background: Vec<f64> = all.iter().map(smoothed).collect();
    // The most visited first: they are merged pair by pair.
    let visits: Vec<u64> = next.iter().map(|n| n.iter().map(|n| n.1).sum()).collect();
    let mut order: Vec<usize> = (0..states).collect();
    order.sort_by_key(|&state| (std::cmp::Reverse(visits[state]), state));
    let own: Vec<f64> = order.iter().map(|&state| held_out_bits(&next[state], &background)).collect();
    let by_state = own.iter().fold(0.0, |sum, bits| sum + bits);
    // No other trace gets to a state that one trace alone made.
    let seldom = order.iter().zip(&own).filter(|(state, _)| visits[**state] <= 1).map(|(_, bits)| bits);
    let share = (by_state - seldom.sum::<f64>()) * options.number("loss");
    let mut merging = Merging {
        background: &background,
        next: order.iter().map(|&state| Some(std::mem::take(&mut next[state]))).collect(),
        states: order.iter().map(|&state| vec![state as StateId]).collect(),
        nearest: vec![None; states],
        own,
    };
    for late in MOST_PAIRED..states {
        if late % 64 == 0 {
            control.check()?;
        }
        let best = (0..MOST_PAIRED).map(|group| (group, merging.loss(group, late)));
        let best = best.fold((0, f64::INFINITY), |best, other| if other.1 < best.1 { other } else { best });
        merging.merge(best.0, late);
    }
    let mut groups = states.min(MOST_PAIRED);
    merging.next.truncate(groups);
    for group in 0..groups {
        control.check()?;
        merging.find_nearest(group);
    }
    let mut now = merging.own[..groups].iter().fold(0.0, |sum, bits| sum + bits);
    // Compared with the best of the groupings, which may be one of fewer groups than states. What is lost by rounding is
    // no loss.
    let mut least = now.min(by_state);
    let allowed = share + ROUNDING;
    let most = usize::try_from(options.integer("most")).unwrap_or(usize::MAX);
    while groups > 1 {
        control.check()?;
        let candidates = merging.nearest[..merging.next.len()].iter().enumerate();
        let best = candidates.filter_map(|(a, near)| near.map(|(b, loss)| (a, b, loss)));
        let Some((a, b, loss)) = best.reduce(|best, other| if other.2 < best.2 { other } else { best }) else { break };
        if now + loss > least + allowed && groups <= most {
            break;
        }
        least = least.min(now + loss);
        merging.merge(a, b);
        (merging.nearest[b], now, groups) = (None, now + loss, groups - 1);
        for group in 0..merging.next.len() {
            if merging.next[group].is_none() {
                continue;
            }
            let gone = merging.nearest[group].is_some_and(|(near, _)| near == b || near == a);
            if group == a || gone {
                merging.find_nearest(group);
            } else if group < a {
                let loss = merging.loss(group, a);
                if merging.nearest[group].is_none_or(|(near, best)| loss < best || (loss == best && a < near)) {
                    merging.nearest[group] = Some((a, loss));
                }
            }
        }
    }
    let per_event = |bits: f64| if events == 0 { 0.0 } else { bits / events as f64 };
    let list = listed(machine, merging.states, &visits);
    Ok(Phases { list, bits_by_state: per_event(by_state), bits: per_event(now) })
}

/// Groups as phases: numbered by their first states, each event type in the one that it most often leads to.
fn listed(machine: &Automaton, groups: Vec<Vec<StateId>>, visits: &[u64]) -> Vec<Phase> {
    let mut list: Vec<Phase> = groups
        .into_iter()
        .filter(|states| !states.is_empty())
        .map(|mut states| {
            states.sort_unstable();
            let visits = states.iter().map(|&state| visits[state as usize]).sum();
            Phase { states, labels: Vec::new(), visits }
        })
        .collect();
    list.sort_by_key(|phase| phase.states[0]);
    let mut of = vec![0usize; machine.state_count()];
    list.iter().enumerate().for_each(|(i, phase)| phase.states.iter().for_each(|&state| of[state as usize] = i));
    let mut entries: HashMap<(LabelId, usize), u64> = HashMap::new();
    let mut totals = vec![0u64; machine.labels.len()];
    for t in &machine.transitions {
        *entries.entry((t.label, of[t.target as usize])).or_default() += t.count;
        totals[t.label as usize] += t.count;
    }
    let mut best: Vec<Option<(u64, usize)>> = vec![None; machine.labels.len()];
    for (&(label, phase), &count) in &entries {
        let best = &mut best[label as usize];
        // The first of equals, whatever order they come in.
        if best.is_none_or(|best| (count, std::cmp::Reverse(phase)) > (best.0, std::cmp::Reverse(best.1))) {
            *best = Some((count, phase));
        }
    }
    for (label, best) in best.into_iter().enumerate() {
        list[best.map_or(0, |best| best.1)].labels.push(label as LabelId);
    }
    list.iter_mut().for_each(|phase| {
        phase.labels.sort_by_key(|&label| (std::cmp::Reverse(totals[label as usize]), label));
    });
    list
}

impl Phase {
    /// Its most frequent event type, or START.
    pub fn name(&self, machine: &Automaton) -> String {
        match self.labels.first() {
            Some(&label) => machine.labels[label as usize].to_string(),
            None if self.states.first() == Some(&0) => "START".into(),
            None => format!("S{}", self.states.first().copied().unwrap_or(0)),
        }
    }
}
