//! Structure, process, model, time and weights.

use super::{Check, InvariantChecker, Verdicts};
use crate::automaton::Histogram;
use crate::infer::invariants::Invariant;
use crate::synth::plan::{Playout, variant_hash};
use hashbrown::{HashMap, HashSet};

/// A row of states.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StateRow {
    /// The state.
    pub id: i32,
    /// How often it was entered, or started from.
    pub visits: i64,
    /// How often it was the last.
    pub stops: i64,
}

/// A row of transitions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TransitionRow {
    /// Its key.
    pub id: i32,
    /// The state it leaves.
    pub src: i32,
    /// The template it takes.
    pub template: i32,
    /// The state it leads to.
    pub dst: i32,
    /// How often it was taken.
    pub count: i64,
}

/// A row of events. The transition is missing where the model has none for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventRow {
    /// Its number in the trace.
    pub seq: i32,
    /// Microseconds since 2000-01-01 UTC.
    pub at: Option<i64>,
    /// The template.
    pub template: i32,
    /// The transition.
    pub transition: Option<i32>,
    /// The state before.
    pub src: Option<i32>,
    /// The state after.
    pub dst: Option<i32>,
}

/// The model's tables.
#[derive(Debug, Clone, Default)]
pub struct Tables {
    /// All states.
    pub states: Vec<StateRow>,
    /// All transitions.
    pub transitions: Vec<TransitionRow>,
    /// All templates.
    pub templates: Vec<i32>,
    /// Traces learned from: what enters the start state.
    pub traces: i64,
}

/// What is known of the real traces; parts that are empty are not checked.
#[derive(Debug, Clone, Default)]
pub struct Reference {
    /// Mined invariants.
    pub invariants: Vec<Invariant>,
    /// Adjacent templates of real traces; `u32::MAX` is START and END.
    pub pairs: HashSet<(u32, u32)>,
    /// For each template the fewest and most occurrences in a trace.
    pub bounds: Vec<(u32, u32)>,
    /// Shortest and longest delay of each transition.
    pub delays: HashMap<i32, (u64, u64)>,
    /// Shortest and longest duration.
    pub durations: Option<(u64, u64)>,
    /// The largest weight that a trace of the run may have.
    pub largest_weight: f64,
    /// Hashes of the real sequences of templates, ascending, where none may be copied.
    pub no_copies_of: Option<Vec<u64>>,
    /// What the traces are meant to be.
    pub purpose: Purpose,
}

/// What the traces of a run are meant to be, which decides the rules that they must keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Purpose {
    /// As real ones.
    #[default]
    Normal,
    /// Such that the machine rejects them: the order of their events is wrong, all else as in real ones.
    Rejected,
    /// Anomalous by their score: the order of their events may be wrong, all else is as in real ones.
    Anomalous,
}

impl Reference {
    /// What a generator was learned from.
    pub fn of(playout: &Playout, largest_weight: f64, no_copies: bool) -> Self {
        let (machine, plan) = (&playout.machine.automaton, &playout.plan);
        let range = |delays: &Histogram| (delays.min, delays.max);
        let mut entered: Vec<HashSet<u32>> = vec![HashSet::new(); machine.state_count()];
        machine.transitions.iter().for_each(|t| {
            entered[t.target as usize].insert(t.label);
        });
        let delays = machine.transitions.iter().enumerate().filter_map(|(i, t)| {
            let firsts =
                entered[t.source as usize].iter().map(|&first| range(plan.delays.of(&t.delays, first, t.label)));
            let all = firsts.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))?;
            Some((i as i32, all))
        });
        let timed = machine.totals.timed_traces > 0;
        Reference {
            invariants: machine.learned.invariants.clone(),
            pairs: plan.pairs.iter().map(|p| (p.first, p.then)).collect(),
            bounds: plan.bounds.clone(),
            delays: if timed { delays.collect() } else { HashMap::new() },
            durations: timed.then_some((machine.durations.min, machine.durations.max)),
            largest_weight,
            no_copies_of: no_copies.then(|| plan.variants.clone()),
            purpose: Purpose::Normal,
        }
    }
}

/// Checks a model's tables and the traces of a run, one after the other.
pub struct Checker<'a> {
    reference: &'a Reference,
    templates: HashSet<i32>,
    transitions: HashMap<i32, TransitionRow>,
    ends: HashSet<i32>,
    invariants: InvariantChecker<'a>,
    verdicts: Verdicts,
    weights: (f64, f64, u64, bool),
}

const END: u32 = u32::MAX;

impl<'a> Checker<'a> {
    /// Checks the model's tables. O(states + transitions).
    pub fn new(tables: &Tables, reference: &'a Reference) -> Self {
        let mut verdicts = Verdicts::default();
        let (mut entering, mut leaving): (HashMap<i32, i64>, HashMap<i32, i64>) = (HashMap::new(), HashMap::new());
        for t in &tables.transitions {
            *entering.entry(t.dst).or_default() += t.count;
            *leaving.entry(t.src).or_default() += t.count;
        }
        for state in &tables.states {
            let started = if state.id == 0 { tables.traces } else { 0 };
            let inflow = entering.get(&state.id).copied().unwrap_or(0) + started;
            let outflow = leaving.get(&state.id).copied().unwrap_or(0) + state.stops;
            verdicts.note(Check::flow_conservation, state.id.into(), inflow == outflow && inflow == state.visits);
        }
        let labels = tables.templates.iter().copied().max().map_or(0, |most| most as usize + 1);
        Checker {
            templates: tables.templates.iter().copied().collect(),
            transitions: tables.transitions.iter().map(|t| (t.id, *t)).collect(),
            ends: tables.states.iter().filter(|s| s.stops > 0).map(|s| s.id).collect(),
            invariants: InvariantChecker::new(&reference.invariants, labels),
            verdicts,
            weights: (0.0, 0.0, 0, false),
            reference,
        }
    }

    /// Checks a trace: its id, how many events it says it has, its weight, its events by number. O(events + invariants).
    pub fn trace(&mut self, id: i64, n_events: i32, weight: f64, events: &[EventRow]) {
        let v = &mut self.verdicts;
        let anomalous = self.reference.purpose != Purpose::Normal;
        let numbered = events.iter().zip(1..).all(|(e, seq)| e.seq == seq);
        v.note(Check::contiguous_seq, id, numbered && events.len() as i64 == i64::from(n_events));
        for event in events {
            v.note(Check::known_template, id, self.templates.contains(&event.template));
            if anomalous && event.transition.is_none() {
                continue;
            }
            let known = event.transition.and_then(|t| self.transitions.get(&t));
            let same =
                known.is_some_and(|t| (Some(t.src), t.template, Some(t.dst)) == (event.src, event.template, event.dst));
            v.note(Check::transition_exists, id, same);
        }
        let labels: Vec<u32> = events.iter().map(|e| e.template as u32).collect();
        match self.reference.purpose {
            Purpose::Normal => self.process(id, events, &labels),
            Purpose::Rejected => {
                let taken = events.iter().all(|e| e.transition.is_some())
                    && events.first().is_none_or(|e| e.src == Some(0))
                    && events.windows(2).all(|pair| pair[0].dst == pair[1].src)
                    && events.last().map_or(Some(0), |e| e.dst).is_some_and(|state| self.ends.contains(&state));
                v.note(Check::rejected, id, !taken);
            }
            Purpose::Anomalous => {}
        }
        self.times(id, events);
        self.weights.0 += weight;
        self.weights.1 += weight * weight;
        self.weights.2 += 1;
        self.weights.3 |= weight > self.reference.largest_weight + 1e-9 || weight <= 0.0;
        if let Some(real) = &self.reference.no_copies_of {
            let copy = real.binary_search(&variant_hash(labels.iter().copied())).is_ok();
            self.verdicts.note(Check::copies, id, !copy);
        }
    }

    /// The rules that tell normal traces from others.
    fn process(&mut self, id: i64, events: &[EventRow], labels: &[u32]) {
        let v = &mut self.verdicts;
        v.note(Check::starts_at_start, id, events.first().is_none_or(|e| e.src == Some(0)));
        for pair in events.windows(2) {
            v.note(Check::contiguous_path, id, pair[0].dst == pair[1].src);
        }
        let last = events.last().map_or(Some(0), |e| e.dst);
        v.note(Check::ends_at_end, id, last.is_some_and(|state| self.ends.contains(&state)));
        let mut broken = false;
        self.invariants.check(labels, |_| broken = true);
        v.note(Check::invariants, id, !broken);
        if !self.reference.pairs.is_empty() {
            let mut first = END;
            for then in labels.iter().copied().chain([END]) {
                v.note(Check::observed_pairs, id, self.reference.pairs.contains(&(first, then)));
                first = then;
            }
        }
        if !self.reference.bounds.is_empty() {
            v.note(Check::count_bounds, id, within(labels, &self.reference.bounds));
        }
    }

    fn times(&mut self, id: i64, events: &[EventRow]) {
        let v = &mut self.verdicts;
        let normal = self.reference.purpose == Purpose::Normal;
        for pair in events.windows(2) {
            let (Some(before), Some(at)) = (pair[0].at, pair[1].at) else { continue };
            v.note(Check::time_order, id, before <= at);
            // A delay after a fault has no real one to be compared with.
            let follows = pair[0].transition.is_some() && pair[0].dst == pair[1].src;
            if !(normal || follows) {
                continue;
            }
            if let Some(&(least, most)) = pair[1].transition.and_then(|t| self.reference.delays.get(&t))
                && before <= at
            {
                v.note(Check::delay_range, id, (least..=most).contains(&before.abs_diff(at)));
            }
        }
        let ends = events.first().zip(events.last()).and_then(|(a, b)| Some((a.at?, b.at?)));
        // What lost or gained events may be over sooner or later.
        if let (Some((least, most)), Some((start, end))) = (self.reference.durations.filter(|_| normal), ends)
            && start <= end
        {
            v.note(Check::duration_range, id, (least..=most).contains(&start.abs_diff(end)));
        }
    }

    /// The verdicts of all traces seen.
    pub fn finish(mut self) -> Verdicts {
        let (sum, squares, n, out_of_bounds) = self.weights;
        if n > 0 {
            let mean = sum / n as f64;
            let error = libm::sqrt(((squares / n as f64) - mean * mean).max(0.0) / n as f64);
            let averages_one = (mean - 1.0).abs() <= 4.0 * error + 1e-9;
            self.verdicts.note(Check::weights, 0, averages_one && !out_of_bounds);
        }
        self.verdicts
    }
}

/// True where each event type occurs as often as in some real trace or between.
pub fn within(labels: &[u32], bounds: &[(u32, u32)]) -> bool {
    let mut counts = vec![0u32; bounds.len()];
    for &label in labels {
        if let Some(count) = counts.get_mut(label as usize) {
            *count += 1;
        }
    }
    counts.iter().zip(bounds).all(|(count, (least, most))| (least..=most).contains(&count))
}
