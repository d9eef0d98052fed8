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

use super::{Control, OptionKind, OptionSpec, Options, parallel};
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

/// Groups from which on threads look for the nearest ones.
const WORTH_THREADS: usize = 64;

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

/// What follows in either of two groups, ascending.
#[derive(Clone)]
struct Joined<'n>(&'n [(u32, u64)], &'n [(u32, u64)]);

impl Iterator for Joined<'_> {
    type Item = (u32, u64);

    fn next(&mut self) -> Option<(u32, u64)> {
        let (left, right) = (self.0.first().copied(), self.1.first().copied());
        let of = |side: Option<(u32, u64)>| side.map_or(u32::MAX, |next| next.0);
        let what = of(left).min(of(right));
        let (left, right) = (left.filter(|next| next.0 == what), right.filter(|next| next.0 == what));
        (self.0, self.1) = (&self.0[usize::from(left.is_some())..], &self.1[usize::from(right.is_some())..]);
        (left.is_some() || right.is_some())
            .then(|| (what, left.map_or(0, |next| next.1) + right.map_or(0, |next| next.1)))
    }
}

/// Bits that a group needs for all it has seen, each judged by the others.
fn held_out_bits(next: Joined<'_>, background: &[f64]) -> f64 {
    let (mut kinds, mut total, mut once) = (0u32, 0u64, 0u32);
    for (_, count) in next.clone() {
        (kinds, total, once) = (kinds + 1, total + count, once + u32::from(count == 1));
    }
    if total < 2 {
        return next.map(|(what, _)| -libm::log2(background[what as usize])).fold(0.0, |sum, bits| sum + bits);
    }
    let (rest, kinds) = (total as f64 - 1.0, f64::from(kinds));
    // Of every event: how probable it is without itself, times the same for all; a kind seen once is then not seen at all.
    let all = (total - u64::from(once)) as f64 * libm::log2(rest + kinds);
    let all = if once > 0 { all + f64::from(once) * libm::log2(rest + kinds - 1.0) } else { all };
    next.fold(all, |sum, (what, count)| {
        let lower = background[what as usize];
        let seen = if count > 1 { count as f64 - 1.0 + kinds * lower } else { (kinds - 1.0) * lower };
        sum - count as f64 * libm::log2(seen)
    })
}

/// Groups under construction.
struct Merging<'b> {
    background: &'b [f64],
    next: Vec<Option<Next>>,
    own: Vec<f64>,
    states: Vec<Vec<StateId>>,
    /// For each group what is lost if a later one joins it; infinite for what is no group any more.
    losses: Vec<Vec<f64>>,
    /// For each group the later one that it loses least with, and the loss.
    nearest: Vec<Option<(usize, f64)>>,
}

impl Merging<'_> {
    fn loss(&self, a: usize, b: usize) -> f64 {
        match (&self.next[a], &self.next[b]) {
            (Some(x), Some(y)) => held_out_bits(Joined(x, y), self.background) - self.own[a] - self.own[b],
            _ => f64::INFINITY,
        }
    }

    /// What later groups lose by joining one.
    fn losses_of(&self, group: usize) -> Vec<f64> {
        (group + 1..self.next.len()).map(|other| self.loss(group, other)).collect()
    }

    /// The later group that one loses least with.
    fn nearest_to(&self, group: usize) -> Option<(usize, f64)> {
        let losses = self.losses[group].iter().enumerate().filter(|loss| loss.1.is_finite());
        let least = losses.reduce(|best, other| if other.1 < best.1 { other } else { best });
        least.map(|(i, &loss)| (group + 1 + i, loss))
    }

    /// What group a, which group b has joined, and its neighbours lose from now on.
    fn lose_anew(&mut self, a: usize, b: usize) {
        for group in 0..self.next.len() {
            if self.next[group].is_none() {
                continue;
            }
            if group < b {
                self.losses[group][b - group - 1] = f64::INFINITY;
            }
            if group != a {
                let (first, second) = (group.min(a), group.max(a));
                self.losses[first][second - first - 1] = self.loss(first, second);
            }
        }
        self.losses[b].clear();
    }

    /// Puts group b into a.
    fn merge(&mut self, a: usize, b: usize) {
        let moved = self.next[b].take();
        if let (Some(x), Some(y)) = (&self.next[a], &moved) {
            self.own[a] = held_out_bits(Joined(x, y), self.background);
            self.next[a] = Some(Joined(x, y).collect());
            let mut states = std::mem::take(&mut self.states[b]);
            self.states[a].append(&mut states);
        }
    }
}

/// The phases of a machine.
///
/// * `options`: see [`PHASE_OPTIONS`]
///
/// O(states² × kinds of events in a state) in time and O(states²) in memory up to 512 states, O(states × 512) beyond.
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
    let own: Vec<f64> = order.iter().map(|&state| held_out_bits(Joined(&next[state], &[]), &background)).collect();
    let by_state = own.iter().fold(0.0, |sum, bits| sum + bits);
    // No other trace gets to a state that one trace alone made.
    let seldom = order.iter().zip(&own).filter(|(state, _)| visits[**state] <= 1).map(|(_, bits)| bits);
    let share = (by_state - seldom.sum::<f64>()) * options.number("loss");
    let mut merging = Merging {
        background: &background,
        next: order.iter().map(|&state| Some(std::mem::take(&mut next[state]))).collect(),
        states: order.iter().map(|&state| vec![state as StateId]).collect(),
        losses: Vec::new(),
        nearest: Vec::new(),
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
    let workers = if groups < WORTH_THREADS { 1 } else { control.workers() };
    merging.losses = parallel::run(groups, workers, control, &|group, control| {
        control.check()?;
        Ok(merging.losses_of(group))
    })?;
    merging.nearest = (0..groups).map(|group| merging.nearest_to(group)).collect();
    let mut now = merging.own[..groups].iter().fold(0.0, |sum, bits| sum + bits);
    // Compared with the best of the groupings, which may be one of fewer groups than states. What is lost by rounding is
    // no loss.
    let mut least = now.min(by_state);
    let allowed = share + ROUNDING;
    let most = usize::try_from(options.integer("most")).unwrap_or(usize::MAX);
    while groups > 1 {
        control.check()?;
        let candidates = merging.nearest.iter().enumerate();
        let best = candidates.filter_map(|(a, near)| near.map(|(b, loss)| (a, b, loss)));
        let Some((a, b, loss)) = best.reduce(|best, other| if other.2 < best.2 { other } else { best }) else { break };
        if now + loss > least + allowed && groups <= most {
            break;
        }
        least = least.min(now + loss);
        merging.merge(a, b);
        merging.lose_anew(a, b);
        (merging.nearest[b], now, groups) = (None, now + loss, groups - 1);
        for group in 0..merging.next.len() {
            if merging.next[group].is_none() {
                continue;
            }
            let gone = merging.nearest[group].is_some_and(|(near, _)| near == b || near == a);
            if group == a || gone {
                merging.nearest[group] = merging.nearest_to(group);
            } else if group < a {
                let loss = merging.losses[group][a - group - 1];
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
