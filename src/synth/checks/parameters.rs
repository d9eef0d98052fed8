//! Parameters: slots, formats, domains, identifiers, guards.

use super::{Check, EventRow, Verdicts};
use crate::automaton::Automaton;
use crate::automaton::guard::Parameters;
use crate::synth::parameters::{Form, ParameterModel, Values, scaled, spanned};
use crate::trace::Slot;
use hashbrown::{HashMap, HashSet};
use serde_json::{Map, Value};
use std::borrow::Cow;

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

/// Checks the parameters of traces.
pub struct ParameterChecker<'a> {
    model: &'a ParameterModel,
    machine: &'a Automaton,
    synthetic: bool,
    forms: HashMap<u32, HashSet<Vec<&'a str>>>,
    words: Vec<HashSet<String>>,
    verdicts: Verdicts,
}

impl<'a> ParameterChecker<'a> {
    /// For the traces of a run; real values are no leak in real ones.
    pub fn new(model: &'a ParameterModel, machine: &'a Automaton, synthetic: bool) -> Self {
        let mut forms: HashMap<u32, HashSet<Vec<&str>>> = HashMap::new();
        for (_, label, counts) in &model.form_counts {
            for (form, _) in counts {
                let mut names: Vec<&str> = match &model.forms[*form as usize] {
                    Form::None => Vec::new(),
                    Form::Array(slots) | Form::Object(slots) => {
                        slots.iter().map(|&s| &*model.slots[s as usize].name).collect()
                    }
                };
                names.sort_unstable();
                forms.entry(*label).or_default().insert(names);
            }
        }
        let text = |json: &str| match serde_json::from_str(json) {
            Ok(Value::String(text)) => text,
            _ => json.to_string(),
        };
        let words = |values: &Values| match values {
            Values::Words { atoms, .. } | Values::Numbers { atoms, .. } => atoms.iter().map(|a| text(a)).collect(),
            Values::Identifier { .. } => HashSet::new(),
        };
        let words = model.slots.iter().map(|slot| words(&slot.values)).collect();
        ParameterChecker { model, machine, synthetic, forms, words, verdicts: Verdicts::default() }
    }

    /// Checks the events of a trace that have parameters. O(values).
    pub fn trace(&mut self, id: i64, events: &[EventParameters<'_>]) {
        let mut bound: HashMap<u32, &str> = HashMap::new();
        let mut constant: HashMap<u32, bool> = HashMap::new();
        for event in events {
            let mut names: Vec<&str> = event.values.iter().map(|v| &*v.0).collect();
            names.sort_unstable();
            if let Some(forms) = self.forms.get(&event.template) {
                self.verdicts.note(Check::known_slots, id, forms.contains(&names));
            }
            self.guard(id, event);
            for (name, value) in &event.values {
                let found = self.model.slots.binary_search_by(|s| (s.label, &*s.name).cmp(&(event.template, &**name)));
                let (Ok(slot), Some(text)) = (found, value) else { continue };
                match &self.model.slots[slot].values {
                    Values::Words { .. } | Values::Numbers { .. } => {
                        self.verdicts.note(Check::domain, id, self.in_domain(slot, text));
                    }
                    Values::Identifier { class, .. } => {
                        let of = &self.model.classes[*class as usize];
                        let fits = of.shapes.iter().any(|shape| shape.fits(text));
                        self.verdicts.note(Check::format, id, fits);
                        if self.synthetic {
                            self.verdicts.note(Check::no_real_identifier, id, !self.model.is_real(text));
                        }
                        if of.constant {
                            let first = *bound.entry(*class).or_insert(text);
                            *constant.entry(*class).or_insert(true) &= first == text;
                        }
                    }
                }
            }
        }
        let mut constant: Vec<(u32, bool)> = constant.into_iter().collect();
        constant.sort_unstable();
        constant.into_iter().for_each(|(_, same)| self.verdicts.note(Check::identifier_constant, id, same));
    }

    /// True for a value like those that the slot had, or that the slot had from which it is often copied.
    fn in_domain(&self, slot: usize, text: &str) -> bool {
        let mut at = Some(slot);
        // Copies may refer to each other in a circle.
        for _ in 0..=self.model.slots.len() {
            let Some(of) = at else { return false };
            let slot = &self.model.slots[of];
            let fits = match &slot.values {
                Values::Words { rare, .. } => text.is_empty() || rare.iter().any(|(shape, _)| shape.fits(text)),
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
