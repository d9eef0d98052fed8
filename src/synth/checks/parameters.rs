//! Parameters: slots, formats, domains, identifiers, guards.

use super::{Check, EventRow, Verdicts};
use crate::automaton::Automaton;
use crate::automaton::guard::Parameters;
use crate::synth::parameters::{Class, Form, ParameterModel, Permitted, Values, fits_rare, scaled, spanned};
use crate::trace::Slot;
use hashbrown::{HashMap, HashSet};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// The parameters of one event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventParameters<'t> {
    /// The event's template.
    pub template: u32,
    /// The transition it took.
    pub transition: Option<i32>,
    /// (slot, value), `None` for null.
    pub values: Vec<(Cow<'t, str>, Option<Cow<'t, str>>)>,
}

impl<'t> EventParameters<'t> {
    /// Those of an event's row.
    pub fn of(row: &EventRow, slots: Vec<Slot<'t>>) -> Self {
        let values = slots.into_iter().map(|slot| (slot.name, slot.value)).collect();
        EventParameters { template: row.template as u32, transition: row.transition, values }
    }
}

/// What a trace has had of one class of identifiers.
struct Identifier<'t> {
    class: u32,
    first: &'t str,
    /// The one before, whether it has a form of the class, and whether it is a real one.
    latest: Option<(&'t str, bool, bool)>,
    constant: bool,
}

/// Checks the parameters of traces.
#[derive(Clone)]
pub struct ParameterChecker<'a> {
    model: &'a ParameterModel,
    machine: &'a Automaton,
    synthetic: bool,
    /// Per event type the slots that events have.
    forms: HashMap<u32, SlotNames<'a>>,
    words: Vec<HashSet<String>>,
    permitted: Permitted<'a>,
    verdicts: Verdicts,
}

/// The slots that the events of a type have: those of all of them, and those of some. Which of the latter come together is
/// not kept: of ten optional ones, real events do not have all thousand sets.
#[derive(Clone)]
struct SlotNames<'a> {
    every: BTreeSet<&'a str>,
    some: BTreeSet<&'a str>,
}

impl<'a> SlotNames<'a> {
    fn of(names: &BTreeSet<&'a str>) -> Self {
        SlotNames { every: names.clone(), some: BTreeSet::new() }
    }

    fn add(&mut self, names: &BTreeSet<&'a str>) {
        let (shared, others): (BTreeSet<&str>, BTreeSet<&str>) =
            std::mem::take(&mut self.every).into_iter().partition(|name| names.contains(name));
        self.some.extend(others);
        self.some.extend(names.difference(&shared));
        self.every = shared;
    }

    /// True for names, ascending, that hold all that every event has and else only what some have.
    fn allow(&self, names: &[&str]) -> bool {
        self.every.iter().all(|name| names.binary_search(name).is_ok())
            && names.iter().all(|name| self.every.contains(name) || self.some.contains(name))
    }
}

/// True for a text that values of a class look like.
fn fits_class(class: &Class, text: &str) -> bool {
    match &class.format {
        Some(format) => format.fits(text),
        None => class.shapes.iter().any(|shape| shape.is_earlier_of(text)),
    }
}

impl<'a> ParameterChecker<'a> {
    /// For the traces of a run; real values are no leak in real ones.
    pub fn new(model: &'a ParameterModel, machine: &'a Automaton, synthetic: bool) -> Self {
        let mut forms: HashMap<u32, SlotNames<'_>> = HashMap::new();
        for (_, label, counts) in &model.form_counts {
            for (form, _) in counts {
                let names: BTreeSet<&str> = match &model.forms[*form as usize] {
                    Form::None => BTreeSet::new(),
                    Form::Array(slots) | Form::Object(slots) => {
                        slots.iter().map(|&s| &*model.slots[s as usize].name).collect()
                    }
                };
                forms.entry(*label).or_insert_with(|| SlotNames::of(&names)).add(&names);
            }
        }
        let text = |json: &str| match serde_json::from_str(json) {
            Ok(Value::String(text)) => text,
            _ => json.to_string(),
        };
        let words = |values: &Values| match values {
            Values::Words { atoms, .. } | Values::Numbers { atoms, .. } => atoms.iter().map(|a| text(a)).collect(),
            Values::Identifier { plain, .. } => plain.iter().map(|p| text(&p.0)).collect(),
        };
        let words = model.slots.iter().map(|slot| words(&slot.values)).collect();
        let permitted = Permitted::of(model);
        ParameterChecker { model, machine, synthetic, forms, words, permitted, verdicts: Verdicts::default() }
    }

    /// Checks the events of a trace that have parameters. O(values).
    pub fn trace(&mut self, id: i64, events: &[EventParameters<'_>]) {
        let mut identifiers: Vec<Identifier<'_>> = Vec::new();
        let mut names: Vec<&str> = Vec::new();
        for event in events {
            names.clear();
            names.extend(event.values.iter().map(|v| &*v.0));
            names.sort_unstable();
            if let Some(forms) = self.forms.get(&event.template) {
                self.verdicts.note(Check::known_slots, id, forms.allow(&names));
            }
            self.guard(id, event);
            for (name, value) in &event.values {
                let found = self.model.slots.binary_search_by(|s| (s.label, &*s.name).cmp(&(event.template, &**name)));
                let (Ok(slot), Some(text)) = (found, value) else { continue };
                match &self.model.slots[slot].values {
                    Values::Words { .. } | Values::Numbers { .. } => self.measured(id, slot, text),
                    Values::Identifier { .. } if self.words[slot].contains(&**text) => {}
                    Values::Identifier { class, .. } => self.identifier(id, *class, text, &mut identifiers),
                }
            }
        }
        identifiers.sort_unstable_by_key(|of| of.class);
        let constant = identifiers.iter().filter(|of| self.model.classes[of.class as usize].constant);
        constant.for_each(|of| self.verdicts.note(Check::identifier_constant, id, of.constant));
    }

    /// Checks a value of a class of identifiers against its form, the real ones, and those that the trace had.
    fn identifier<'t>(&mut self, id: i64, class: u32, text: &'t str, known: &mut Vec<Identifier<'t>>) {
        let place = known.iter().position(|of| of.class == class).unwrap_or_else(|| {
            known.push(Identifier { class, first: text, latest: None, constant: true });
            known.len() - 1
        });
        let of = &mut known[place];
        of.constant &= of.first == text;
        // Most are the one before again.
        let (fits, real) = of.latest.filter(|latest| latest.0 == text).map_or_else(
            || {
                let fits = fits_class(&self.model.classes[class as usize], text);
                (fits, self.synthetic && self.model.is_real(text) && !self.permitted.in_class(class, text))
            },
            |latest| (latest.1, latest.2),
        );
        of.latest = Some((text, fits, real));
        self.verdicts.note(Check::format, id, fits);
        if self.synthetic {
            self.verdicts.note(Check::no_real_identifier, id, !real);
        }
    }

    /// Checks a word or a number: a rare one by its form, all by whether real traces have its like.
    fn measured(&mut self, id: i64, slot: usize, text: &str) {
        let in_domain = self.in_domain(slot, text);
        self.verdicts.note(Check::domain, id, in_domain);
        let of = &self.model.slots[slot];
        let Values::Words { rare, format: Some(_), .. } = &of.values else { return };
        // What is copied is judged where it comes from.
        if rare.is_empty() || of.copies.is_some() || self.words[slot].contains(text) {
            return;
        }
        self.verdicts.note(Check::format, id, in_domain);
        if self.synthetic {
            let real = self.model.is_real(text) && !self.permitted.in_words(slot, text);
            self.verdicts.note(Check::no_real_identifier, id, !real);
        }
    }

    /// True for a value like those that the slot had, or that the slot had from which it is often copied.
    fn in_domain(&self, slot: usize, text: &str) -> bool {
        let mut at = Some(slot);
        // Copies may refer to each other in a circle.
        for _ in 0..=self.model.slots.len() {
            let Some(of) = at else { return false };
            let slot = &self.model.slots[of];
            let fits = match &slot.values {
                Values::Words { rare, format, .. } => text.is_empty() || fits_rare(rare, format.as_ref(), text),
                Values::Numbers { ranges, decimals, .. } => {
                    scaled(text, *decimals).is_some_and(|number| spanned(ranges, number))
                }
                Values::Identifier { .. } => false,
            };
            if fits || self.words[of].contains(text) {
                return true;
            }
            at = slot.copies.map(|from| from as usize);
        }
        false
    }

    fn guard(&mut self, id: i64, event: &EventParameters<'_>) {
        let position = event.transition.and_then(|t| usize::try_from(t).ok());
        let Some(t) = position.and_then(|t| self.machine.transitions.get(t)) else { return };
        let Some(choice) = self.machine.choice(t.source, t.label) else { return };
        let value = |v: &Option<Cow<'_, str>>| v.as_deref().map_or(Value::Null, Value::from);
        let object: Map<String, Value> = event.values.iter().map(|(name, v)| (name.to_string(), value(v))).collect();
        let text = Value::Object(object).to_string();
        let taken = position.unwrap_or_default() as u32;
        self.verdicts.note(Check::guard_holds, id, choice.decide(&Parameters::parse(&text)).contains(&taken));
    }

    /// The verdicts of all traces seen.
    pub fn finish(self) -> Verdicts {
        self.verdicts
    }
}
