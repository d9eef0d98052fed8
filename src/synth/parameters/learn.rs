//! Learning parameters from a bounded sample of traces.

use super::classes;
use super::depend::depend;
use super::draw::MOST_OCCURRENCES;
use super::few::{Few, LEAST};
use super::kinds::{is_identifier, kind_of, names_nothing};
use super::model::{ANY, Class, Form, ParameterModel, Slot, Values};
use crate::automaton::{Automaton, LabelId};
use crate::error::Result;
use crate::infer::Control;
use crate::trace::TraceView;
use hashbrown::HashMap;
use serde_json::Value;
use std::collections::BTreeMap;
use xxhash_rust::xxh3::xxh3_64;

/// Bytes of traces that are learned from.
const SAMPLE_BYTES: usize = 48 << 20;
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

/// A distinct value of a slot.
pub(super) struct SlotValue {
    /// As JSON text.
    pub json: Box<str>,
    /// How often it occurs.
    pub count: u64,
    /// In which traces.
    pub traces: Few,
}

/// Whether a JSON text is a string, and its text: that of a string, or the JSON text itself.
pub fn json_text(json: &str) -> (bool, String) {
    match serde_json::from_str(json) {
        Ok(Value::String(text)) => (true, text),
        _ => (false, json.to_string()),
    }
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

/// A scaled number as text, with at least so many digits after the point.
pub fn number_text(value: i64, decimals: u32, written: u32) -> String {
    if decimals == 0 {
        return value.to_string();
    }
    let scale = 10u64.pow(decimals.min(18));
    let (whole, fraction) = (value.unsigned_abs() / scale, value.unsigned_abs() % scale);
    let sign = if value < 0 { "-" } else { "" };
    let mut text = format!("{sign}{whole}.{fraction:0width$}", width = decimals as usize);
    for _ in written..decimals {
        if !text.ends_with('0') {
            break;
        }
        text.pop();
    }
    if text.ends_with('.') {
        text.pop();
    }
    text
}

/// Whether parameters are an array, and their names and values.
pub(super) type Named = (bool, Vec<(String, Box<str>)>);

/// An event's parameters as named JSON texts; whether they are an array.
pub(super) fn named(json: &str) -> Option<Named> {
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
        for (((label, name), _), values) in names_of.into_iter().zip(&values) {
            let values = if is_identifier(values, documents.len()) { identifier(values) } else { kind_of(values) };
            model.slots.push(Slot { label, name: name.into(), values, parent: None, copies: None, table: Vec::new() });
        }
        classes::learn(&mut model, &documents, control)?;
        depend(&mut model, &documents, control)?;
        Ok(model)
    }
}

/// Each slot's values with counts, most frequent first.
pub(super) fn slot_values(documents: &[Vec<Event>], slots: usize) -> Vec<Vec<SlotValue>> {
    let mut counts: Vec<HashMap<Box<str>, (u64, Few)>> = vec![HashMap::new(); slots];
    for (trace, document) in (0u32..).zip(documents) {
        for (slot, json) in document.iter().flat_map(|e| &e.values) {
            let seen = counts[*slot as usize].entry_ref(&**json).or_default();
            seen.0 += 1;
            seen.1.insert(trace);
        }
    }
    let sorted = |counts: HashMap<Box<str>, (u64, Few)>| {
        let value = |(json, (count, traces))| SlotValue { json, count, traces };
        let mut all: Vec<SlotValue> = counts.into_iter().map(value).collect();
        all.sort_unstable_by(|a, b| b.count.cmp(&a.count).then_with(|| a.json.cmp(&b.json)));
        all
    };
    counts.into_iter().map(sorted).collect()
}

/// Identifiers whose tables are filled later.
fn identifier(values: &[SlotValue]) -> Values {
    let (plain, named): (Vec<&SlotValue>, Vec<&SlotValue>) = values.iter().partition(|v| names_nothing(&v.json));
    Values::Identifier {
        class: 0,
        quoted: named.iter().any(|v| json_text(&v.json).0),
        plain: plain.iter().map(|v| (v.json.clone(), v.count)).collect(),
        named: named.iter().map(|v| v.count).sum(),
        table: Vec::new(),
        shared: Vec::new(),
        single: Vec::new(),
    }
}

/// Used by classes: the occurrence of a slot as tables key it.
pub(super) fn occurrence(count: u32) -> u32 {
    count.min(MOST_OCCURRENCES)
}

/// Used by classes.
pub(super) fn empty_class() -> Class {
    Class { shapes: Vec::new(), constant: true, shared: Vec::new(), texts: Vec::new(), format: None }
}
