//! Parameters against the values that a transition had in training.

use super::{FALSE_POSITIVE_RATE, units, weigh};
use crate::automaton::{Automaton, Transition};
use hashbrown::HashMap;
use std::borrow::Cow;

/// What is less surprising than this many bits is not worth mention.
const LEAST_BITS: f64 = 4.0;

/// What the values of one slot look like.
#[derive(Debug, Default)]
struct Slot {
    /// How often each value occurred.
    values: HashMap<String, u64>,
    /// How often each shape occurred.
    shapes: HashMap<String, u64>,
    count: u64,
    /// The surprise of a value not seen, and of a shape not seen, once all are counted.
    unseen: (f64, f64),
}

/// The slots of all transitions, and what a usual trace stays below.
#[derive(Debug)]
pub struct ParameterValues {
    /// Per transition its slots by name; `None` where no value could surprise.
    slots: Vec<Option<HashMap<String, Slot>>>,
    floor: u64,
}

/// The slots of an event: by position from 0 in an array, by key in an object.
fn slots(parameters: &str) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    let list = parameters.trim_ascii_start().starts_with('[');
    let name = move |i: usize, name| if list { Cow::Owned(i.to_string()) } else { name };
    let all = crate::trace::slots(parameters).into_iter().enumerate();
    all.map(move |(i, slot)| (name(i, slot.name), slot.value.unwrap_or(Cow::Borrowed("null"))))
}

/// A value with its runs of digits and letters reduced to one character each.
fn shape(value: &str) -> String {
    let mut shape = String::new();
    for c in value.chars() {
        let class = if c.is_ascii_digit() {
            '0'
        } else if c.is_alphabetic() {
            'a'
        } else {
            c
        };
        if !shape.ends_with(class) || !class.is_alphanumeric() {
            shape.push(class);
        }
    }
    shape
}

impl Slot {
    fn add(&mut self, value: &str, count: u64) {
        *self.shapes.entry(shape(value)).or_default() += count;
        *self.values.entry_ref(value).or_default() += count;
        self.count += count;
    }

    /// -log2 of the probability of something not seen, from how much was seen once (Good 1953).
    fn unseen(counts: &HashMap<String, u64>, total: u64) -> f64 {
        let once = counts.values().filter(|&&n| n == 1).count() as f64;
        -libm::log2((once + 0.5) / (total as f64 + 1.0))
    }

    /// The surprise of a value in bits; 0 for one seen before.
    fn surprise(&self, value: &str) -> f64 {
        if self.values.contains_key(value) {
            return 0.0;
        }
        let (value_bits, shape_bits) = self.unseen;
        // The shape is only looked at where it matters.
        if shape_bits <= value_bits || self.shapes.contains_key(&shape(value)) { value_bits } else { shape_bits }
    }

    /// To be called when all values were added.
    fn counted(&mut self) {
        self.unseen = (Self::unseen(&self.values, self.count), Self::unseen(&self.shapes, self.count));
    }

    fn can_surprise(&self) -> bool {
        self.unseen.0.max(self.unseen.1) >= LEAST_BITS
    }
}

impl ParameterValues {
    /// Prepares all transitions. O(parameter samples).
    pub fn new(automaton: &Automaton) -> Self {
        let totals = &automaton.totals;
        if totals.events_with_parameters == 0 {
            return ParameterValues { slots: Vec::new(), floor: 0 };
        }
        let events = (totals.events_with_parameters as f64 / totals.traces.max(1) as f64).max(1.0);
        ParameterValues {
            slots: automaton.transitions.iter().map(of_transition).collect(),
            floor: units(libm::log2(events / FALSE_POSITIVE_RATE)),
        }
    }

    /// What the most surprising parameter of an event adds, with its slot; `None` where nothing is surprising.
    pub fn contribution(&self, transition: usize, parameters: &str, divisor: u64) -> Option<(u64, String)> {
        let known = self.slots.get(transition)?.as_ref()?;
        let found = slots(parameters).filter_map(|(name, value)| Some((known.get(&*name)?.surprise(&value), name)));
        // Of equal ones the first.
        let most = found.reduce(|best, next| if best.0 >= next.0 { best } else { next });
        let (bits, name) = most.filter(|most| most.0 >= LEAST_BITS)?;
        Some((weigh(units(bits), self.floor, divisor), name.into_owned()))
    }
}

fn of_transition(transition: &Transition) -> Option<HashMap<String, Slot>> {
    let mut known: HashMap<String, Slot> = HashMap::new();
    for item in &transition.parameters.items {
        for (name, value) in slots(&item.value.0) {
            known.entry_ref(&*name).or_default().add(&value, item.count);
        }
    }
    known.values_mut().for_each(Slot::counted);
    known.retain(|_, slot| slot.can_surprise());
    (!known.is_empty()).then_some(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_reduce_runs() {
        assert_eq!(shape("job_1445062781478_0011"), "a_0_0");
        assert_eq!(shape("10.0.0.255:80"), "0.0.0.0:0");
        assert_eq!(shape("überall"), "a");
    }

    #[test]
    fn only_slots_with_few_values_or_shapes_surprise() {
        let mut slot = Slot::default();
        slot.add("yes", 900);
        slot.add("no", 100);
        slot.counted();
        assert_eq!(slot.surprise("no"), 0.0);
        assert!(slot.surprise("perhaps") > 10.0);
        let mut ids = Slot::default();
        (0..1000).for_each(|i| ids.add(&format!("id-{i}"), 1));
        ids.counted();
        assert!(ids.surprise("id-77777") < 1.0 && ids.surprise("#") > 10.0);
    }
}
