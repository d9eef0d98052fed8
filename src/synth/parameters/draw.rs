//! Drawing the parameters of a trace.

use super::learn::{number_text, split_json, text_hash};
use super::model::{ANY, COPY, Counts, Form, NEW, ParameterModel, Values, row, spanned};
use crate::automaton::guard::Parameters;
use crate::conform::Machine;
use crate::synth::random::Stream;
use crate::trace::TraceSlots;
use serde_json::Value;

/// Draws of an event's parameters until its guard holds.
const ATTEMPTS: usize = 200;
/// Draws of a trace's parameters until every value that is copied is one that real traces have where it is copied to.
const WHOLE_ATTEMPTS: usize = 32;
/// Occurrences of a slot in a trace that are told apart.
pub const MOST_OCCURRENCES: u32 = 12;

/// The parameters of a trace's events.
#[derive(Debug, Clone, Default)]
pub struct Drawn {
    /// As JSON text; empty where no event has any.
    pub parameters: Vec<Option<Box<str>>>,
    /// Taken apart.
    pub slots: TraceSlots,
}

/// What drawing needs and where it puts what was drawn.
struct Drawing<'d> {
    looked_at: &'d [bool],
    shared: &'d [u8; 32],
    stream: &'d mut Stream,
    slots: TraceSlots,
    /// The parameters of the latest event.
    json: String,
}

/// What a trace's parameters are so far.
#[derive(Clone)]
struct Bound {
    /// The latest bin and JSON text of each slot that others look at.
    latest: Vec<Option<(u32, Box<str>)>>,
    /// How often each slot occurred.
    occurrences: Vec<u32>,
    /// Each class's values by order of introduction, and the last one used.
    values: Vec<(Vec<Box<str>>, u32)>,
    /// True where a value was to be copied to where real traces never have it.
    foreign: bool,
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

/// Draws one of some counted numbers.
fn pick(counts: &[(u32, u64)], stream: &mut Stream) -> Option<u32> {
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
    /// True for a value that occurs in the real traces (and, rarely, for one that does not).
    pub fn is_real(&self, text: &str) -> bool {
        let bits = self.real.len() as u64 * 64;
        bits > 0
            && super::learn::bloom_bits(text_hash(text), bits)
                .all(|bit| self.real[(bit / 64) as usize] >> (bit % 64) & 1 == 1)
    }

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
    pub fn draw(
        &self,
        looked_at: &[bool],
        machine: &Machine,
        path: &[u32],
        shared: &[u8; 32],
        stream: &mut Stream,
    ) -> Drawn {
        if self.is_empty() {
            return Drawn::default();
        }
        for _ in 1..WHOLE_ATTEMPTS {
            let (drawn, foreign) = self.attempt(looked_at, machine, path, shared, stream);
            if !foreign {
                return drawn;
            }
        }
        // The path has no such values: those that cannot be copied are drawn for themselves.
        self.attempt(looked_at, machine, path, shared, stream).0
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
        };
        let slots = TraceSlots::with_capacity(path.len());
        let mut drawing = Drawing { looked_at, shared, stream, slots, json: String::new() };
        let mut all = Vec::with_capacity(path.len());
        for &transition in path {
            let t = &machine.automaton.transitions[transition as usize];
            if let Some(choice) = machine.automaton.choice(t.source, t.label) {
                let before = bound.clone();
                for attempt in 1..=ATTEMPTS {
                    let has_any = self.event(t.label, transition, &mut drawing, &mut bound);
                    let json = if has_any { &drawing.json } else { "{}" };
                    let holds = choice.decide(&Parameters::parse(json)).contains(&transition);
                    if holds || attempt == ATTEMPTS {
                        all.push(has_any.then(|| drawing.json.as_str().into()));
                        break;
                    }
                    drawing.slots.take_back();
                    bound.clone_from(&before);
                }
            } else {
                let has_any = self.event(t.label, transition, &mut drawing, &mut bound);
                all.push(has_any.then(|| drawing.json.as_str().into()));
            }
            drawing.slots.end_event();
        }
        let parameters = if all.iter().all(Option::is_none) { Vec::new() } else { all };
        (Drawn { parameters, slots: drawing.slots }, bound.foreign)
    }

    /// Draws the parameters of one event; false where it has none.
    fn event(&self, label: u32, transition: u32, drawing: &mut Drawing<'_>, bound: &mut Bound) -> bool {
        let find = |t: u32| self.form_counts.binary_search_by_key(&(t, label), |row| (row.0, row.1)).ok();
        let Some(counts) = find(transition).or_else(|| find(ANY)).map(|i| &self.form_counts[i].2) else { return false };
        let Some(form) = pick(counts, drawing.stream) else { return false };
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
        let occurrence = bound.occurrences[slot as usize].min(MOST_OCCURRENCES);
        bound.occurrences[slot as usize] += 1;
        let bin = if let Values::Identifier { class, quoted, .. } = &of.values {
            let index = self.identifier(&of.values, occurrence, drawing, bound);
            let text = &bound.values[*class as usize].0[index as usize];
            if *quoted {
                push_quoted(&mut drawing.json, text);
            } else {
                drawing.json.push_str(text);
            }
            ANY
        } else {
            self.measured(slot, transition, drawing, bound)
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

    /// The bin of a value.
    pub fn bin(&self, slot: u32, json: &str) -> u32 {
        match &self.slots[slot as usize].values {
            Values::Words { atoms, .. } => atoms.iter().position(|atom| &**atom == json).unwrap_or(atoms.len()) as u32,
            Values::Numbers { atoms, decimals, ranges, .. } => match atoms.iter().position(|atom| &**atom == json) {
                Some(bin) => bin as u32,
                None => {
                    let number =
                        split_json(json).1.and_then(|text| super::learn::scaled(&text, *decimals)).unwrap_or(0);
                    let range = ranges.iter().rposition(|r| r.0 <= number).unwrap_or(0);
                    (atoms.len() + range) as u32
                }
            },
            Values::Identifier { .. } => ANY,
        }
    }

    /// True for a value that real traces have in a slot, or that has the shape of the rare ones.
    fn in_domain(&self, slot: u32, json: &str) -> bool {
        let text = || split_json(json).1;
        match &self.slots[slot as usize].values {
            Values::Words { atoms, rare } => {
                atoms.iter().any(|atom| &**atom == json)
                    || text().is_some_and(|text| rare.iter().any(|(shape, _)| shape.fits(&text)))
            }
            Values::Numbers { atoms, decimals, ranges, .. } => {
                let within = |n: i64| spanned(ranges, n);
                atoms.iter().any(|atom| &**atom == json)
                    || text().is_some_and(|text| super::learn::scaled(&text, *decimals).is_some_and(within))
            }
            Values::Identifier { .. } => true,
        }
    }

    /// Adds a value of a bin, as JSON text.
    fn of_bin(&self, slot: u32, bin: u32, stream: &mut Stream, json: &mut String) {
        match &self.slots[slot as usize].values {
            Values::Words { atoms, rare } => match atoms.get(bin as usize) {
                Some(atom) => json.push_str(atom),
                None => {
                    let counts: Counts = rare.iter().zip(0..).map(|(r, i)| (i, r.1)).collect();
                    let shape = pick(&counts, stream).and_then(|i| rare.get(i as usize));
                    let text =
                        shape.map_or_else(String::new, |(shape, _)| shape.fresh(stream, &|text| self.is_real(text)));
                    push_quoted(json, &text);
                }
            },
            Values::Numbers { atoms, decimals, quoted, ranges } => match atoms.get(bin as usize) {
                Some(atom) => json.push_str(atom),
                None => {
                    let Some((low, above)) = ranges.get(bin as usize - atoms.len()).or(ranges.last()) else {
                        return json.push_str(atoms.first().map_or("null", |atom| atom));
                    };
                    let drawn = above.value_at(stream.below(above.count())).unwrap_or(0);
                    let text = number_text(low.saturating_add_unsigned(drawn), *decimals);
                    let quotes = if *quoted { "\"" } else { "" };
                    [quotes, text.as_str(), quotes].iter().for_each(|part| json.push_str(part));
                }
            },
            Values::Identifier { .. } => json.push_str("null"),
        }
    }

    /// A value of a class: one that the trace has had, or a fresh one. Gives its number in the trace.
    fn identifier(&self, how: &Values, occurrence: u32, drawing: &mut Drawing<'_>, bound: &mut Bound) -> u32 {
        let Values::Identifier { class, table, shared: common, single, .. } = how else { return 0 };
        let (class, key, stream) = (*class, drawing.shared, &mut *drawing.stream);
        let (values, last) = &mut bound.values[class as usize];
        let counts = row(table, &[(occurrence, *last), (occurrence, ANY), (ANY, *last)]);
        let of_class = &self.classes[class as usize];
        let mut index = pick(counts, stream).unwrap_or(NEW);
        if index != NEW && index as usize >= values.len() {
            // The trace has had fewer values than those learned from: one of what it can have.
            let known: Counts =
                counts.iter().filter(|c| c.0 == NEW || (c.0 as usize) < values.len()).copied().collect();
            index = pick(&known, stream).unwrap_or(NEW);
        }
        let (of_common, of_single): (u64, u64) = (common.iter().map(|c| c.1).sum(), single.iter().map(|c| c.1).sum());
        if index == NEW && of_common + of_single == 0 && *last != ANY {
            // No value is ever introduced here.
            index = *last;
        }
        if of_class.constant && !values.is_empty() {
            // Also where no real trace has so many, as in one with a fault.
            index = 0;
        }
        if (index as usize) < values.len() {
            *last = index;
            return index;
        }
        let mut text = String::new();
        for _ in 0..16 {
            let drawn = stream.below(of_common + of_single);
            text = if drawn < of_common {
                let number = pick(common, stream).unwrap_or(0);
                // The same for all traces of a run.
                let mut own = Stream::new(key, u64::from(class) << 32 | u64::from(number));
                let shape = of_class.shared.get(number as usize).and_then(|&shape| of_class.shapes.get(shape as usize));
                shape.map_or_else(String::new, |shape| shape.fresh(&mut own, &|text| self.is_real(text)))
            } else {
                // A slot that never brings a new value in real traces takes a shape of its class.
                let mut any = || stream.below(of_class.shapes.len() as u64) as u32;
                let shape = if single.is_empty() { Some(any()) } else { pick(single, stream) };
                let shape = shape.and_then(|shape| of_class.shapes.get(shape as usize));
                shape.map_or_else(String::new, |shape| shape.fresh(stream, &|text| self.is_real(text)))
            };
            if !values.iter().any(|value| **value == *text) {
                break;
            }
        }
        *last = values.len() as u32;
        values.push(text.into());
        *last
    }
}
