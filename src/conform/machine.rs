//! A machine prepared for replay: index by label, smoothed probabilities, where to go after the unexpected.

use super::score::Scorer;
use crate::automaton::{Automaton, LabelId, Parameters, StateId, Transition};
use crate::trace::Label;
use hashbrown::HashMap;
use std::ops::Range;

/// An automaton with the indexes that replay needs; O(states + transitions) to make and to hold.
#[derive(Debug)]
pub struct Machine {
    /// The automaton itself.
    pub automaton: Automaton,
    /// SHA-256 of the second version of its binary form, see [`Automaton::fingerprint`].
    pub fingerprint: [u8; 32],
    offsets: Vec<u32>,
    visits: Vec<u64>,
    label_ids: HashMap<Label, LabelId>,
    /// Per label how often it occurred.
    label_counts: Vec<u64>,
    /// Per label the state it most often leads to: where replay goes on after an impossible event.
    usual_target: Vec<StateId>,
    /// Per label whether any state has guards on it.
    guarded: Vec<bool>,
    /// What makes a trace anomalous.
    pub(super) scorer: Scorer,
}

/// Positions of transitions.
pub(super) enum Possible<'a> {
    /// All of a range.
    All(Range<usize>),
    /// What a guard chose.
    Chosen(std::slice::Iter<'a, u32>),
}

impl Iterator for Possible<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        match self {
            Possible::All(range) => range.next(),
            Possible::Chosen(positions) => positions.next().map(|&p| p as usize),
        }
    }
}

impl Machine {
    /// Prepares an automaton.
    pub fn new(automaton: Automaton) -> Self {
        let offsets = automaton.offsets();
        let visits = automaton.visits();
        let label_ids = automaton.labels.iter().cloned().zip(0..).collect();
        let mut label_counts = vec![0u64; automaton.labels.len()];
        let mut entries: HashMap<(LabelId, StateId), u64> = HashMap::new();
        for t in &automaton.transitions {
            label_counts[t.label as usize] += t.count;
            *entries.entry((t.label, t.target)).or_default() += t.count;
        }
        let mut usual_target = vec![0; automaton.labels.len()];
        let mut best = vec![0u64; automaton.labels.len()];
        for t in &automaton.transitions {
            let (label, count) = (t.label as usize, entries[&(t.label, t.target)]);
            // Ties go to the lowest state.
            if count > best[label] || (count == best[label] && t.target < usual_target[label]) {
                (best[label], usual_target[label]) = (count, t.target);
            }
        }
        let fingerprint = automaton.fingerprint();
        let mut guarded = vec![false; automaton.labels.len()];
        automaton.learned.guards.iter().for_each(|choice| guarded[choice.label as usize] = true);
        let scorer = Scorer::new(&automaton);
        Machine { automaton, fingerprint, offsets, visits, label_ids, label_counts, usual_target, guarded, scorer }
    }

    /// The label's position in the automaton.
    pub fn label_id(&self, label: &Label) -> Option<LabelId> {
        self.label_ids.get(label).copied()
    }

    /// The transitions that leave a state, ascending by label.
    pub fn outgoing(&self, state: StateId) -> &[Transition] {
        &self.automaton.transitions[self.outgoing_start(state)..self.offsets[state as usize + 1] as usize]
    }

    /// The position of a state's first transition.
    pub fn outgoing_start(&self, state: StateId) -> usize {
        self.offsets[state as usize] as usize
    }

    /// The positions of a state's transitions on a label. O(log of its transitions).
    pub fn on_label(&self, state: StateId, label: LabelId) -> Range<usize> {
        let outgoing = self.outgoing(state);
        let start = outgoing.partition_point(|t| t.label < label);
        let length = outgoing[start..].iter().take_while(|t| t.label == label).count();
        let start = self.outgoing_start(state) + start;
        start..start + length
    }

    /// True where parameters choose among transitions.
    pub fn has_guards(&self) -> bool {
        !self.automaton.learned.guards.is_empty()
    }

    /// The parameters that guards on a label ask for, where they are known and any state has such guards.
    pub(super) fn asked<'p>(&self, label: LabelId, parameters: Option<&'p str>) -> Option<Parameters<'p>> {
        parameters.filter(|_| self.guarded[label as usize]).map(Parameters::parse)
    }

    /// The positions of the transitions that an event can take out of a state: those its guards choose, all on its
    /// label where there are no guards or the parameters are not known.
    pub(super) fn possible(&self, state: StateId, label: LabelId, parameters: Option<&Parameters<'_>>) -> Possible<'_> {
        match parameters.and_then(|p| Some(self.automaton.choice(state, label)?.decide(p))) {
            Some(positions) => Possible::Chosen(positions.iter()),
            None => Possible::All(self.on_label(state, label)),
        }
    }

    /// How often training traces were in a state.
    pub fn visits(&self, state: StateId) -> u64 {
        self.visits[state as usize]
    }

    /// The share of a state's visits that took a transition.
    pub fn probability(&self, transition: &Transition) -> f64 {
        transition.count as f64 / self.visits[transition.source as usize] as f64
    }

    /// The smoothed probability of something seen `count` times in a state and with `background` probability anywhere:
    /// one visit's worth of mass escapes to the background (Witten & Bell 1991, method A).
    pub(super) fn smoothed(&self, state: StateId, count: u64, background: f64) -> f64 {
        (count as f64 + background) / (self.visits[state as usize] as f64 + 1.0)
    }

    /// How probable an event type (`None`: one never seen) is anywhere.
    pub(super) fn background(&self, label: Option<LabelId>) -> f64 {
        let count = label.map_or(0, |label| self.label_counts[label as usize]);
        (count as f64 + 1.0) / self.background_total()
    }

    /// How probable an end is anywhere.
    pub(super) fn background_end(&self) -> f64 {
        (self.automaton.totals.traces as f64 + 1.0) / self.background_total()
    }

    /// The background of a label, or of an end, without some occurrences of it and without a trace of so many events.
    pub(super) fn background_without(&self, label: Option<LabelId>, own: u32, events: f64) -> f64 {
        let count = label.map_or(self.automaton.totals.traces, |label| self.label_counts[label as usize]);
        (count.saturating_sub(own.into()) as f64 + 1.0) / (self.background_total() - events - 1.0)
    }

    /// Events and ends, and one more of each kind and of a kind never seen.
    fn background_total(&self) -> f64 {
        let totals = &self.automaton.totals;
        totals.events as f64 + totals.traces as f64 + self.automaton.labels.len() as f64 + 2.0
    }

    /// Where replay goes on after an event that its state does not have.
    pub(super) fn usual_target(&self, label: LabelId) -> StateId {
        self.usual_target[label as usize]
    }
}
