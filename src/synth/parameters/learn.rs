//! Learning parameters from a bounded sample of traces.

use super::classes;
use super::depend::depend;
use super::draw::MOST_OCCURRENCES;
use super::model::{ANY, Class, Form, ParameterModel, Slot, Values};
use super::shape::{is_name, shapes};
use crate::automaton::{Automaton, Histogram, LabelId};
use crate::conform::Machine;
use crate::error::Result;
use crate::infer::Control;
use crate::trace::{Trace, TraceView};
use hashbrown::{HashMap, HashSet};
use serde_json::Value;
use std::collections::BTreeMap;
use xxhash_rust::xxh3::xxh3_64;

/// Values seen fewer times are pooled.
pub(super) const LEAST: u64 = 5;
/// Bytes of traces that are learned from.
const SAMPLE_BYTES: usize = 48 << 20;
/// Frequent values kept per slot of words, and of numbers.
const MOST_WORDS: usize = 1024;
const MOST_NUMBERS: usize = 64;
/// Ranges of numbers per slot.
const RANGES: usize = 8;
/// Bits of the filter of real values per value, and at most.
const BITS_PER_VALUE: u64 = 12;
const MOST_BITS: u64 = 1 << 25;

/// A trace's transitions, each with the parameters of its event.
type Document = Vec<(u32, Option<Box<str>>)>;

/// Learns parameters from traces, in any order.
pub struct Learner {
    labels: Vec<LabelId>,
    /// Traces by hash, with how often they came.
    sample: BTreeMap<u64, (Document, u64)>,
    bytes: usize,
    limit: usize,
    values: u64,
}

/// One event of the sample.
pub(super) struct Event {
    pub transition: u32,
    pub label: LabelId,
    pub form: u32,
    pub values: Vec<(u32, Box<str>)>,
}

/// The hash of a value's text.
pub fn text_hash(text: &str) -> u64 {
    xxh3_64(text.as_bytes())
}

/// The bits of a Bloom filter for a hash.
pub fn bloom_bits(hash: u64, bits: u64) -> impl Iterator<Item = u64> {
    let step = hash.rotate_left(32) | 1;
    (0..6u64).map(move |i| hash.wrapping_add(i.wrapping_mul(step)) % bits)
}

/// Whether a JSON text is a string, and the text of a string or number.
pub fn split_json(json: &str) -> (bool, Option<String>) {
    match serde_json::from_str(json) {
        Ok(Value::String(text)) => (true, Some(text)),
        Ok(Value::Number(_)) => (false, Some(json.to_string())),
        _ => (false, None),
    }
}

/// A number as an integer of units of 10^-decimals; `None` for what would be written differently.
pub fn scaled(text: &str, decimals: u32) -> Option<i64> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !plain(whole) || !plain(fraction) || fraction.len() > decimals as usize {
        return None;
    }
    if whole.len() > 1 && whole.starts_with('0') || digits.ends_with('.') || text == "-0" {
        return None;
    }
    let scale = 10i64.checked_pow(decimals - fraction.len() as u32)?;
    let digit = |value: i64, digit: u8| value.checked_mul(10)?.checked_add(i64::from(digit - b'0'));
    let value = whole.bytes().chain(fraction.bytes()).try_fold(0i64, digit)?;
    value.checked_mul(scale)?.checked_mul(sign)
}

/// A scaled number as text.
pub fn number_text(value: i64, decimals: u32) -> String {
    if decimals == 0 {
        return value.to_string();
    }
    let scale = 10u64.pow(decimals.min(18));
    let (whole, fraction) = (value.unsigned_abs() / scale, value.unsigned_abs() % scale);
    format!("{}{whole}.{fraction:0width$}", if value < 0 { "-" } else { "" }, width = decimals as usize)
}

/// Whether parameters are an array, and their names and values.
type Named = (bool, Vec<(String, Box<str>)>);

/// An event's parameters as named JSON texts; whether they are an array.
fn named(json: &str) -> Option<Named> {
    match serde_json::from_str(json).ok()? {
        Value::Array(values) => Some((
            true,
            values.into_iter().enumerate().map(|(i, v)| ((i + 1).to_string(), v.to_string().into())).collect(),
        )),
        Value::Object(values) => Some((false, values.into_iter().map(|(k, v)| (k, v.to_string().into())).collect())),
        _ => None,
    }
}

impl Learner {
    /// Learns for a machine within about an eighth of so many bytes, 48 MB at most.
    pub fn new(machine: &Automaton, limit: usize) -> Self {
        let labels = machine.transitions.iter().map(|t| t.label).collect();
        Learner { labels, sample: BTreeMap::new(), bytes: 0, limit: (limit / 8).min(SAMPLE_BYTES), values: 0 }
    }

    /// Takes one trace with its path.
    pub fn add(&mut self, trace: &TraceView<'_>, path: &[u32]) -> Result<()> {
        if trace.parameters.is_empty() {
            return Ok(());
        }
        let document: Document = path.iter().zip(&trace.parameters).map(|(&t, p)| (t, p.map(Into::into))).collect();
        let size = document.iter().map(|e| e.1.as_ref().map_or(0, |p| p.len()) + 24).sum::<usize>() + 64;
        self.values += trace.parameters.iter().flatten().map(|p| p.matches(',').count() as u64 + 1).sum::<u64>();
        let known = self.sample.entry(xxh3_64(trace.as_bytes())).or_insert_with(|| {
            self.bytes += size;
            (document, 0)
        });
        known.1 += 1;
        // Whatever came first, what stays is the traces of smallest hash that fit.
        while self.bytes > self.limit && self.sample.len() > 1 {
            let Some((_, (gone, _))) = self.sample.pop_last() else { break };
            self.bytes -= gone.iter().map(|e| e.1.as_ref().map_or(0, |p| p.len()) + 24).sum::<usize>() + 64;
        }
        Ok(())
    }

    /// The model. O(values × earlier slots looked at).
    pub fn finish(self, control: &Control<'_>) -> Result<ParameterModel> {
        if self.sample.is_empty() {
            return Ok(ParameterModel::default());
        }
        let mut names: BTreeMap<(LabelId, String), u32> = BTreeMap::new();
        let parsed = |p: &Option<Box<str>>| p.as_deref().and_then(named);
        for (document, _) in self.sample.values() {
            for (transition, parameters) in document {
                let label = self.labels[*transition as usize];
                for (name, _) in parsed(parameters).into_iter().flat_map(|p| p.1) {
                    names.entry((label, name)).or_insert(0);
                }
            }
        }
        names.values_mut().zip(0..).for_each(|(slot, number)| *slot = number);
        let mut forms: BTreeMap<Form, u32> = BTreeMap::new();
        let form_of = |label: LabelId, p: Option<Named>| {
            let Some((array, values)) = p else { return (Form::None, Vec::new()) };
            let values: Vec<(u32, Box<str>)> =
                values.into_iter().filter_map(|(name, value)| Some((*names.get(&(label, name))?, value))).collect();
            let slots = values.iter().map(|v| v.0).collect();
            (if array { Form::Array(slots) } else { Form::Object(slots) }, values)
        };
        let mut documents: Vec<Vec<Event>> = Vec::new();
        let mut order: Vec<Form> = Vec::new();
        for (document, count) in self.sample.values() {
            control.check()?;
            for _ in 0..*count {
                let events = document.iter().map(|(transition, parameters)| {
                    let label = self.labels[*transition as usize];
                    let (form, values) = form_of(label, parsed(parameters));
                    let next = order.len() as u32;
                    let number = *forms.entry(form.clone()).or_insert(next);
                    if number == next {
                        order.push(form);
                    }
                    Event { transition: *transition, label, form: number, values }
                });
                documents.push(events.collect());
            }
        }
        let mut form_counts: BTreeMap<(u32, LabelId), BTreeMap<u32, u64>> = BTreeMap::new();
        for event in documents.iter().flatten() {
            for transition in [event.transition, ANY] {
                *form_counts.entry((transition, event.label)).or_default().entry(event.form).or_default() += 1;
            }
        }
        let mut model = ParameterModel {
            slots: Vec::new(),
            forms: order,
            form_counts: form_counts.into_iter().map(|((t, l), c)| (t, l, c.into_iter().collect())).collect(),
            classes: Vec::new(),
            real: vec![0; ((self.values * BITS_PER_VALUE).clamp(1024, MOST_BITS) / 64) as usize],
            least: LEAST,
        };
        let (values, names_of) = (slot_values(&documents, names.len()), names);
        let identifiers: Vec<bool> = values.iter().map(|v| is_identifier(v, documents.len())).collect();
        for ((label, name), slot) in names_of {
            let values = if identifiers[slot as usize] {
                let quoted = values[slot as usize].iter().any(|(json, _)| split_json(json).0);
                Values::Identifier { class: 0, quoted, table: Vec::new(), shared: Vec::new(), single: Vec::new() }
            } else {
                kind_of(&values[slot as usize])
            };
            model.slots.push(Slot { label, name: name.into(), values, parent: None, copies: None, table: Vec::new() });
        }
        classes::learn(&mut model, &documents, LEAST, control)?;
        depend(&mut model, &documents, control)?;
        Ok(model)
    }
}

/// Each slot's values with counts, most frequent first.
pub(super) fn slot_values(documents: &[Vec<Event>], slots: usize) -> Vec<Vec<(Box<str>, u64)>> {
    let mut counts: Vec<HashMap<Box<str>, u64>> = vec![HashMap::new(); slots];
    for (slot, json) in documents.iter().flatten().flat_map(|e| &e.values) {
        *counts[*slot as usize].entry_ref(&**json).or_default() += 1;
    }
    let sorted = |counts: HashMap<Box<str>, u64>| {
        let mut all: Vec<(Box<str>, u64)> = counts.into_iter().collect();
        all.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        all
    };
    counts.into_iter().map(sorted).collect()
}

/// True where values name things: most look like names, and they are neither one constant nor a few codes.
fn is_identifier(values: &[(Box<str>, u64)], traces: usize) -> bool {
    let total: u64 = values.iter().map(|v| v.1).sum();
    let text = |json: &str| split_json(json).1.unwrap_or_default();
    let names: u64 = values.iter().filter(|v| is_name(&text(&v.0))).map(|v| v.1).sum();
    if names * 2 < total || total == 0 {
        return false;
    }
    // Numbers that are large but not one per thing are measurements, such as sizes in bytes.
    let numbers = values.iter().all(|v| scaled(&text(&v.0), 9).is_some());
    let distinct = values.len() as u64;
    let frequent: u64 = values.iter().filter(|v| v.1 >= LEAST).map(|v| v.1).sum();
    if numbers {
        return distinct * 3 >= traces.min(total as usize) as u64 && frequent * 2 < total;
    }
    let strong = values.iter().filter(|v| strong_name(&text(&v.0))).map(|v| v.1).sum::<u64>() * 2 >= total;
    strong || distinct > 50 || frequent * 10 < total * 9
}

/// Addresses, long numbers and hexadecimal runs name one thing however often they occur.
fn strong_name(text: &str) -> bool {
    let long = |part: &str| part.len() >= 8 && part.bytes().any(|b| b.is_ascii_digit());
    let numbers = text.split(|c: char| !c.is_ascii_digit()).filter(|p| !p.is_empty() && p.len() <= 3).count();
    text.split(|c: char| !c.is_ascii_alphanumeric()).any(long) || (numbers >= 4 && text.matches('.').count() >= 3)
}

/// Words or numbers, with frequent values apart.
fn kind_of(values: &[(Box<str>, u64)]) -> Values {
    let total: u64 = values.iter().map(|v| v.1).sum();
    let texts: Vec<Option<String>> = values.iter().map(|v| split_json(&v.0).1).collect();
    let quoted = values.iter().filter(|v| split_json(&v.0).0).count();
    let decimals = texts.iter().flatten().filter_map(|t| Some(t.split_once('.')?.1.len())).max().unwrap_or(0) as u32;
    let numbers: Option<Vec<i64>> = (decimals <= 9 && (quoted == 0 || quoted == values.len()))
        .then(|| texts.iter().map(|t| t.as_deref().and_then(|t| scaled(t, decimals))).collect())
        .flatten();
    let Some(numbers) = numbers else {
        let frequent = |v: &&(Box<str>, u64)| v.1 >= LEAST;
        let atoms: Vec<Box<str>> = values.iter().filter(frequent).take(MOST_WORDS).map(|v| v.0.clone()).collect();
        let rest: Vec<&str> = texts[atoms.len()..].iter().map(|t| t.as_deref().unwrap_or("")).collect();
        let (shapes, of) = shapes(&rest, LEAST);
        let mut counts = vec![0u64; shapes.len()];
        of.iter().zip(&values[atoms.len()..]).for_each(|(&shape, v)| counts[shape as usize] += v.1);
        return Values::Words { atoms, rare: shapes.into_iter().zip(counts).collect() };
    };
    let frequent = |v: &&(Box<str>, u64)| v.1 >= LEAST && v.1 * 100 >= total;
    let atoms: Vec<Box<str>> = values.iter().take_while(frequent).take(MOST_NUMBERS).map(|v| v.0.clone()).collect();
    let mut rest: Vec<(i64, u64)> =
        numbers[atoms.len()..].iter().zip(&values[atoms.len()..]).map(|(&n, v)| (n, v.1)).collect();
    rest.sort_unstable();
    let left: u64 = rest.iter().map(|r| r.1).sum();
    let wanted = left.div_ceil(RANGES as u64).max(LEAST);
    let mut ranges: Vec<(i64, Histogram)> = Vec::new();
    let mut filled = wanted;
    for (number, count) in rest {
        if filled >= wanted {
            ranges.push((number, Histogram::default()));
            filled = 0;
        }
        if let Some((low, above)) = ranges.last_mut() {
            (0..count).for_each(|_| above.add(low.abs_diff(number)));
        }
        filled += count;
    }
    // The last range may have too few values of its own.
    if let [.., before, last] = ranges.as_mut_slice()
        && last.1.count() < LEAST
    {
        let shift = before.0.abs_diff(last.0);
        let values: Vec<u64> = (0..last.1.count()).filter_map(|rank| last.1.value_at(rank)).collect();
        values.into_iter().for_each(|v| before.1.add(v + shift));
        ranges.pop();
    }
    Values::Numbers { atoms, decimals, quoted: quoted > 0, ranges }
}

impl ParameterModel {
    /// Remembers a trace's identifiers and rare values as real, so that none is ever generated.
    pub fn guard(&mut self, machine: &Machine, trace: &Trace) {
        let labels: Vec<Option<LabelId>> = trace.variant.labels.iter().map(|l| machine.label_id(l)).collect();
        let bits = self.real.len() as u64 * 64;
        let mut seen: HashSet<u64> = HashSet::new();
        for (&event, parameters) in trace.variant.events.iter().zip(&trace.parameters) {
            let (Some(label), Some((_, values))) = (labels[event as usize], parameters.as_deref().and_then(named))
            else {
                continue;
            };
            for (name, json) in values {
                let found = self.slots.binary_search_by(|s| (s.label, &*s.name).cmp(&(label, name.as_str())));
                let frequent = found.is_ok_and(|slot| match &self.slots[slot].values {
                    Values::Words { atoms, .. } => atoms.contains(&json),
                    Values::Numbers { .. } => true,
                    Values::Identifier { .. } => false,
                });
                let text = split_json(&json).1.filter(|_| !frequent);
                seen.extend(text.map(|text| text_hash(&text)));
            }
        }
        for bit in seen.into_iter().flat_map(|hash| bloom_bits(hash, bits)) {
            self.real[(bit / 64) as usize] |= 1 << (bit % 64);
        }
    }
}

/// Used by classes: the occurrence of a slot as tables key it.
pub(super) fn occurrence(count: u32) -> u32 {
    count.min(MOST_OCCURRENCES)
}

/// Used by classes.
pub(super) fn empty_class() -> Class {
    Class { shapes: Vec::new(), constant: true, shared: Vec::new() }
}
