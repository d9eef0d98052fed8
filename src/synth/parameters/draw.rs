//! Drawing the parameters of a trace.

use super::guarded::Chosen;
use super::kinds::names_nothing;
use super::learn::json_text;
use super::model::{ANY, COPY, Counts, Form, ParameterModel, Rare, Values, row};
use crate::automaton::guard::{Choice, Parameters};
use crate::conform::Machine;
use crate::error::Result;
use crate::infer::Control;
use crate::synth::formats::Format;
use crate::synth::random::Stream;
use crate::trace::TraceSlots;
use serde::de::IgnoredAny;
use serde_json::Value;

/// Draws of an event's parameters until its guard holds: more would only find what is chosen for it faster.
const ATTEMPTS: usize = 16;
/// As many with values chosen for the guard.
const CHOSEN_ATTEMPTS: usize = 4;
/// Draws of a trace's parameters until every value that is copied is one that real traces have where it is copied to.
const WHOLE_ATTEMPTS: usize = 32;
/// Draws of a number until it is not a real one.
pub(super) const NUMBER_ATTEMPTS: u64 = 16;
/// Occurrences of a slot in a trace that are told apart.
pub const MOST_OCCURRENCES: u32 = 12;

/// The parameters of a trace's events.
#[derive(Debug, Clone, Default)]
pub struct Drawn {
    /// As JSON text; empty where no event has any.
    pub parameters: Vec<Option<Box<str>>>,
    /// Taken apart.
    pub slots: TraceSlots,
    /// True where some event's parameters lead elsewhere than its path: none were found that do not.
    pub astray: bool,
}

/// What drawing needs and where it puts what was drawn.
pub(super) struct Drawing<'d> {
    looked_at: &'d [bool],
    pub(super) shared: &'d [u8; 32],
    pub(super) stream: &'d mut Stream,
    slots: TraceSlots,
    /// The parameters of the latest event.
    json: String,
    /// What the event under way must have.
    chosen: Chosen,
}

/// What a trace's parameters are so far.
#[derive(Clone)]
pub(super) struct Bound {
    /// The latest bin and JSON text of each slot that others look at.
    latest: Vec<Option<(u32, Box<str>)>>,
    /// How often each slot occurred.
    occurrences: Vec<u32>,
    /// Each class's values by order of introduction, and the last one used.
    pub(super) values: Vec<(Vec<Box<str>>, u32)>,
    /// True where a value was to be copied to where real traces never have it.
    foreign: bool,
    /// True where a guard does not hold.
    astray: bool,
}

impl Bound {
    /// Remembers a value that was chosen.
    fn take(&mut self, values: &Values, slot: u32, json: &str) {
        let Values::Identifier { class, .. } = values else { return };
        if names_nothing(json) {
            return;
        }
        self.occurrences[slot as usize] += 1;
        let (known, last) = &mut self.values[*class as usize];
        let text = json_text(json).1;
        let place = known.iter().position(|value| **value == *text).unwrap_or(known.len());
        if place == known.len() {
            known.push(text.into());
        }
        *last = place as u32;
    }
}

/// Adds a text as a JSON string.
fn push_quoted(json: &mut String, text: &str) {
    if text.bytes().all(|b| b >= b' ' && b != b'"' && b != b'\\') {
        json.push('"');
        json.push_str(text);
        json.push('"');
    } else {
        json.push_str(&Value::from(text).to_string());
    }
}

/// Adds a text as a JSON string, or as it is where it is JSON.
pub(super) fn push_text(json: &mut String, text: &str, quoted: bool) {
    let number = || text.bytes().all(|b| b.is_ascii_digit()) && (text.len() == 1 || !text.starts_with('0'));
    if quoted {
        push_quoted(json, text);
    } else if !text.is_empty() && number() || serde_json::from_str::<IgnoredAny>(text).is_ok() {
        json.push_str(text);
    } else {
        json.push_str("null");
    }
}

/// True for a text that rare values of a slot look like.
pub fn fits_rare(rare: &[Rare], format: Option<&Format>, text: &str) -> bool {
    format.is_some_and(|format| format.fits(text)) || rare.iter().any(|rare| rare.shape.is_earlier_of(text))
}

/// A text as JSON.
pub(super) fn quoted_text(text: &str, quoted: bool) -> String {
    let mut json = String::new();
    push_text(&mut json, text, quoted);
    json
}

/// One of the values that name nothing, as often as they are among so many others.
fn nothing<'p>(plain: &'p [(Box<str>, u64)], named: u64, stream: &mut Stream) -> Option<&'p str> {
    let all: u64 = plain.iter().map(|p| p.1).sum();
    let mut draw = if all > 0 { stream.below(all + named) } else { u64::MAX };
    for (json, count) in plain {
        if draw < *count {
            return Some(json);
        }
        draw -= count;
    }
    None
}

/// Draws one of some counted numbers.
pub(super) fn pick(counts: &[(u32, u64)], stream: &mut Stream) -> Option<u32> {
    let mut draw = stream.below(counts.iter().map(|c| c.1).sum());
    for &(value, count) in counts {
        if draw < count {
            return Some(value);
        }
        draw -= count;
    }
    counts.last().map(|c| c.0)
}

impl ParameterModel {
    /// Per slot whether the values of others depend on its latest one.
    pub fn looked_at(&self) -> Vec<bool> {
        let mut looked_at = vec![false; self.slots.len()];
        let others = self.slots.iter().flat_map(|slot| slot.parent.into_iter().chain(slot.copies));
        others.for_each(|slot| looked_at[slot as usize] = true);
        looked_at
    }

    /// The parameters of a trace's events; none where there are none.
    ///
    /// * `looked_at`: from [`ParameterModel::looked_at`]
    /// * `path`: the machine's transitions
    /// * `shared`: the key of values that traces of a run share
    /// * `stream`: the trace's own numbers
    /// * `control`: asked where a draw does not do
    #[allow(clippy::too_many_arguments)]
    pub fn draw(
        &self,
        looked_at: &[bool],
        machine: &Machine,
        path: &[u32],
        shared: &[u8; 32],
        stream: &mut Stream,
        control: &Control<'_>,
    ) -> Result<Drawn> {
        if self.is_empty() {
            return Ok(Drawn::default());
        }
        for _ in 1..WHOLE_ATTEMPTS {
            let (drawn, foreign) = self.attempt(looked_at, machine, path, shared, stream);
            if !foreign || drawn.astray {
                return Ok(drawn);
            }
            control.check()?;
        }
        // The path has no such values: those that cannot be copied are drawn for themselves.
        Ok(self.attempt(looked_at, machine, path, shared, stream).0)
    }

    /// One draw of a trace's parameters, and whether it had to leave a copy out.
    fn attempt(
        &self,
        looked_at: &[bool],
        machine: &Machine,
        path: &[u32],
        shared: &[u8; 32],
        stream: &mut Stream,
    ) -> (Drawn, bool) {
        let mut bound = Bound {
            latest: vec![None; self.slots.len()],
            occurrences: vec![0; self.slots.len()],
            values: vec![(Vec::new(), ANY); self.classes.len()],
            foreign: false,
            astray: false,
        };
        let slots = TraceSlots::with_capacity(path.len());
        let chosen = Chosen::default();
        let mut drawing = Drawing { looked_at, shared, stream, slots, json: String::new(), chosen };
        let mut all = Vec::with_capacity(path.len());
        for &transition in path {
            let t = &machine.automaton.transitions[transition as usize];
            let has_any = match machine.automaton.choice(t.source, t.label) {
                Some(choice) => self.guarded_event(choice, t.label, transition, &mut drawing, &mut bound),
                None => self.event(t.label, transition, &mut drawing, &mut bound),
            };
            all.push(has_any.then(|| drawing.json.as_str().into()));
            drawing.slots.end_event();
        }
        let parameters = if all.iter().all(Option::is_none) { Vec::new() } else { all };
        (Drawn { parameters, slots: drawing.slots, astray: bound.astray }, bound.foreign)
    }

    /// Draws the parameters of an event so that its guard holds: as usual, then with values chosen for it.
    fn guarded_event(
        &self,
        choice: &Choice,
        label: u32,
        transition: u32,
        drawing: &mut Drawing<'_>,
        bound: &mut Bound,
    ) -> bool {
        let before = bound.clone();
        for attempt in 1..=ATTEMPTS + CHOSEN_ATTEMPTS {
            if attempt > ATTEMPTS {
                drawing.chosen = self.meeting(choice, (label, transition), drawing, bound).unwrap_or_default();
            }
            let has_any = self.event(label, transition, drawing, bound);
            drawing.chosen = Chosen::default();
            let json = if has_any { &drawing.json } else { "{}" };
            if choice.decide(&Parameters::parse(json)).contains(&transition) {
                return has_any;
            }
            if attempt == ATTEMPTS + CHOSEN_ATTEMPTS {
                bound.astray = true;
                return has_any;
            }
            drawing.slots.take_back();
            bound.clone_from(&before);
        }
        false
    }

    /// Draws the parameters of one event; false where it has none.
    fn event(&self, label: u32, transition: u32, drawing: &mut Drawing<'_>, bound: &mut Bound) -> bool {
        let find = |t: u32| self.form_counts.binary_search_by_key(&(t, label), |row| (row.0, row.1)).ok();
        let Some(counts) = find(transition).or_else(|| find(ANY)).map(|i| &self.form_counts[i].2) else { return false };
        let form = drawing.chosen.form.or_else(|| pick(counts, drawing.stream));
        let Some(form) = form else { return false };
        let (slots, object) = match &self.forms[form as usize] {
            Form::None => return false,
            Form::Array(slots) => (slots, false),
            Form::Object(slots) => (slots, true),
        };
        drawing.json.clear();
        drawing.json.push(if object { '{' } else { '[' });
        for (i, &slot) in slots.iter().enumerate() {
            if i > 0 {
                drawing.json.push_str(", ");
            }
            if object {
                push_quoted(&mut drawing.json, &self.slots[slot as usize].name);
                drawing.json.push_str(": ");
            }
            self.value(slot, transition, drawing, bound);
        }
        drawing.json.push(if object { '}' } else { ']' });
        true
    }

    /// Draws one value; the trace remembers it.
    fn value(&self, slot: u32, transition: u32, drawing: &mut Drawing<'_>, bound: &mut Bound) {
        let of = &self.slots[slot as usize];
        let start = drawing.json.len();
        let chosen = drawing.chosen.take(slot);
        let bin = match (&of.values, chosen) {
            (values, Some(json)) => {
                drawing.json.push_str(&json);
                bound.take(values, slot, &json);
                self.bin(slot, &json)
            }
            (Values::Identifier { class, quoted, plain, named, .. }, _) => {
                match nothing(plain, *named, drawing.stream) {
                    Some(json) => drawing.json.push_str(json),
                    None => {
                        let occurrence = bound.occurrences[slot as usize].min(MOST_OCCURRENCES);
                        bound.occurrences[slot as usize] += 1;
                        let index = self.identifier(&of.values, occurrence, drawing, bound);
                        push_text(&mut drawing.json, &bound.values[*class as usize].0[index as usize], *quoted);
                    }
                }
                ANY
            }
            _ => self.measured(slot, transition, drawing, bound),
        };
        let json = &drawing.json[start..];
        drawing.slots.add(&of.name, json);
        if drawing.looked_at[slot as usize] {
            bound.latest[slot as usize] = Some((bin, json.into()));
        }
    }

    /// Draws a word or number; gives its bin.
    fn measured(&self, slot: u32, transition: u32, drawing: &mut Drawing<'_>, bound: &mut Bound) -> u32 {
        let of = &self.slots[slot as usize];
        let stream = &mut *drawing.stream;
        let parent = of.parent.and_then(|p| bound.latest[p as usize].as_ref()).map_or(ANY, |latest| latest.0);
        let counts = row(&of.table, &[(transition, parent), (ANY, parent), (transition, ANY)]);
        let mut copied = of.copies.and_then(|from| bound.latest[from as usize].as_ref());
        let without: Counts;
        let counts = if copied.is_none() && counts.iter().any(|c| c.0 == COPY) {
            without = counts.iter().filter(|c| c.0 != COPY).copied().collect();
            if without.is_empty() { row(&of.table, &[]) } else { &without }
        } else {
            counts
        };
        let mut bin = pick(counts, stream).unwrap_or(0);
        if bin == COPY && copied.is_none_or(|(_, json)| !self.in_domain(slot, json)) {
            bound.foreign |= copied.take().is_some();
            let own: Counts = counts.iter().chain(row(&of.table, &[])).filter(|c| c.0 != COPY).copied().collect();
            bin = pick(&own, stream).unwrap_or(0);
        }
        match copied {
            Some((_, json)) if bin == COPY => {
                drawing.json.push_str(json);
                self.bin(slot, json)
            }
            _ => {
                self.of_bin(slot, bin, stream, &mut drawing.json);
                bin
            }
        }
    }
}
