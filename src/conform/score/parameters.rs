//! Parameters against the values that a transition had in training.

use super::{FALSE_POSITIVE_RATE, units, weigh};
use crate::automaton::{Automaton, Transition};
use crate::trace;
use hashbrown::HashMap;

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
    /// Per transition its slots by key, or by place from 1; `None` where no value could surprise.
    slots: Vec<Option<HashMap<String, Slot>>>,
    floor: u64,
}

/// A value with its runs of digits and letters reduced to one character each, in `shape`.
fn shape_into(value: &str, shape: &mut String) {
    shape.clear();
    let mut last = None;
    for c in value.chars() {
        let class = if c.is_ascii_digit() {
            '0'
        } else if c.is_alphabetic() {
            'a'
        } else {
            c
        };
        if last != Some(class) || !class.is_alphanumeric() {
            shape.push(class);
        }
        last = Some(class);
    }
}

fn shape(value: &str) -> String {
    let mut shape = String::new();
    shape_into(value, &mut shape);
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

    /// The surprise of a value in bits; little for one seen before. `room` is for its shape.
    fn surprise(&self, value: &str, room: &mut String) -> f64 {
        // Of values like names only the shape says anything, and all of those seen have one of the shapes seen.
        if self.unseen.0 < LEAST_BITS {
            shape_into(value, room);
            return if self.shapes.contains_key(room.as_str()) {
                self.unseen.0
            } else {
                self.unseen.0.max(self.unseen.1)
            };
        }
        if self.values.contains_key(value) {
            return 0.0;
        }
        let (value_bits, shape_bits) = self.unseen;
        // The shape is only looked at where it matters.
        if shape_bits <= value_bits {
            return value_bits;
        }
        shape_into(value, room);
        if self.shapes.contains_key(room.as_str()) { value_bits } else { shape_bits }
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

    /// True where a value could surprise.
    pub fn matter(&self, transition: usize) -> bool {
        self.slots.get(transition).is_some_and(Option::is_some)
    }

    /// What the most surprising parameter of an event adds, with its place among them; `None` where nothing is
    /// surprising.
    pub fn contribution<'s>(
        &self,
        transition: usize,
        slots: impl Iterator<Item = trace::Slot<'s>>,
        divisor: u64,
    ) -> Option<(u64, usize)> {
        let known = self.slots.get(transition)?.as_ref()?;
        let mut room = String::new();
        let found = slots
            .enumerate()
            .filter_map(|(place, slot)| Some((known.get(&*slot.name)?.surprise(value_of(&slot), &mut room), place)));
        // Of equal ones the first.
        let most = found.reduce(|best, next| if best.0 >= next.0 { best } else { next });
        let (bits, place) = most.filter(|most| most.0 >= LEAST_BITS)?;
        Some((weigh(units(bits), self.floor, divisor), place))
    }
}

fn value_of<'s>(slot: &'s trace::Slot<'_>) -> &'s str {
    slot.value.as_deref().unwrap_or("null")
}

fn of_transition(transition: &Transition) -> Option<HashMap<String, Slot>> {
    let mut known: HashMap<String, Slot> = HashMap::new();
    for item in &transition.parameters.items {
        for slot in trace::slots(&item.value.0) {
            known.entry_ref(&*slot.name).or_default().add(value_of(&slot), item.count);
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
        assert_eq!(slot.surprise("no", &mut String::new()), 0.0);
        assert!(slot.surprise("perhaps", &mut String::new()) > 10.0);
        let mut ids = Slot::default();
        (0..1000).for_each(|i| ids.add(&format!("id-{i}"), 1));
        ids.counted();
        assert!(ids.surprise("id-77777", &mut String::new()) < 1.0 && ids.surprise("#", &mut String::new()) > 10.0);
    }
}
