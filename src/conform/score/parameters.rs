//! Parameters against what the slots of their event type looked like in training.
//!
//! What was not sampled is not known, and what is not known is not new. A value is judged three ways:
//!
//! * as new in a *closed domain*: one whose values were all kept, of which hardly any occurred in one trace only (Good
//!   1953) and to which the end of the log added none; likewise as never seen at *this place* of the machine;
//! * as *out of shape*: likewise, of its shape and of the kinds of characters that it is written in;
//! * as *out of range*: how improbable under the tail of the slot's numbers (Weissman 1978), see [`range`].
//!
//! Each such test has a probability of striking a usual trace, held out of what it is compared with: its share of
//! traces times the weight of the unseen. The most telling tests are used, as many as together strike no more than
//! [`BUDGET`] of usual traces; what they find goes beyond the threshold of the other parts. The rest break ties.

mod domain;
mod range;

use super::{RARE, bits, units};
use crate::automaton::{
    Automaton, LabelId, PARAMETER_SAMPLE, SLOT_SHAPES, SLOT_VALUES, SlotValues, UNITS_PER_BIT, character_classes,
    keyed_hash, number, shape,
};
use crate::trace;
use domain::{Domain, Horizon};
use hashbrown::HashMap;
use range::Range;

/// The share of usual traces that all tests of values and shapes together may strike, and those of ranges.
const BUDGET: f64 = 0.0002;
/// What tests that are not telling enough find is divided by: it orders what else is equal, and never marks a trace.
const TIES: f64 = 1024.0;

/// What is odd about a value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Oddity {
    /// It is not among the few that the slot had.
    Value,
    /// The slot had it, but not at this place.
    Place,
    /// It does not look like those that the slot had.
    Shape,
    /// It is far above the usual ones, nine in ten of which are at most this.
    Above(f64),
    /// It is far below the usual ones, nine in ten of which are at least this.
    Below(f64),
}

/// What the most surprising parameter of an event adds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Blame {
    /// In units.
    pub added: u64,
    /// Its place among the event's slots, from 0.
    pub place: usize,
    /// What is odd about it.
    pub oddity: Oddity,
}

/// What is usual in one slot of an event type.
#[derive(Debug, Default)]
struct Slot {
    values: Option<Domain>,
    shapes: Option<Domain>,
    classes: Option<Domain>,
    range: Option<Range>,
}

/// The slots of all event types, and those of single transitions.
#[derive(Debug, Default)]
pub struct ParameterValues {
    /// Per label its slots by key, or by place from 1.
    labels: Vec<HashMap<Box<str>, Slot>>,
    /// Per transition its label, and the values that came there.
    places: Vec<(LabelId, HashMap<Box<str>, Domain>)>,
    /// What a finding weighs beside its own bits, in units: of a domain, and of a range.
    above: (u64, u64),
    /// Bits from which on a test is telling: of a domain, and of a range.
    least: (f64, f64),
}

impl ParameterValues {
    /// Prepares all slots; `threshold` is what the other parts of a usual trace's score stay below, in units.
    /// O(samples).
    pub fn new(automaton: &Automaton, threshold: u64) -> Self {
        let Some(slots) = automaton.values.as_deref().filter(|slots| !slots.is_empty()) else {
            return ParameterValues::default();
        };
        let horizon = Horizon::of(automaton);
        let mut labels: Vec<HashMap<Box<str>, Slot>> = Vec::new();
        labels.resize_with(automaton.labels.len(), HashMap::new);
        for slot in slots {
            labels[slot.label as usize].insert(slot.name.clone(), Slot::of(slot, &horizon));
        }
        let places = automaton.transitions.iter().map(|t| (t.label, HashMap::new())).collect();
        let mut all = ParameterValues { labels, places, above: (0, 0), least: (f64::INFINITY, f64::INFINITY) };
        all.learn_places(automaton, slots);
        let traces = automaton.totals.traces.max(1) as f64;
        let numbers = all.numbers_per_trace(slots) / traces;
        all.least = (all.least_telling(traces), libm::log2((numbers / BUDGET).max(1.0)));
        let beyond = |floor: f64| (threshold + UNITS_PER_BIT).saturating_sub(units(floor));
        all.above = (beyond(all.least.0), beyond(all.least.1));
        all.labels.iter_mut().for_each(|slots| slots.retain(|_, slot| !slot.is_empty()));
        all
    }

    /// What came on each transition, where the machine says which events took it.
    fn learn_places(&mut self, automaton: &Automaton, slots: &[SlotValues]) {
        if !automaton.is_deterministic() || !automaton.learned.guards.is_empty() {
            return;
        }
        let mut events = vec![0u64; automaton.labels.len()];
        automaton.transitions.iter().for_each(|t| events[t.label as usize] += t.count);
        for (t, place) in automaton.transitions.iter().zip(&mut self.places) {
            let items = &t.parameters.items;
            let sampled: u64 = items.iter().map(|item| item.count).sum();
            if items.len() >= PARAMETER_SAMPLE || sampled < t.count {
                continue;
            }
            let mut found: HashMap<Box<str>, HashMap<u64, u64>> = HashMap::new();
            for item in items {
                for slot in trace::slots(&item.value.0) {
                    let counts = found.entry_ref(&*slot.name).or_default();
                    *counts.entry(keyed_hash(value_of(&slot).as_bytes())).or_default() += item.count;
                }
            }
            for (name, counts) in found {
                let at = slots.binary_search_by(|slot| (slot.label, &*slot.name).cmp(&(t.label, &*name)));
                let known = at.ok().map(|at| &slots[at]);
                let whole = self.labels[t.label as usize].get(&*name).and_then(|slot| slot.values.as_ref());
                if let Some((slot, whole)) = known.zip(whole) {
                    let per_event = slot.traces as f64 / events[t.label as usize].max(1) as f64;
                    place.1.insert(name, Domain::of_place(&counts, per_event.min(1.0), whole));
                }
            }
        }
    }

    /// The bits of the least telling tests of domains among those that together strike few enough usual traces.
    fn least_telling(&self, traces: f64) -> f64 {
        let of_slot = |slot: &Slot| [&slot.values, &slot.shapes, &slot.classes].map(|d| d.as_ref().map(Domain::test));
        let slots = self.labels.iter().flat_map(|slots| slots.values().flat_map(of_slot));
        let places = self.places.iter().flat_map(|(_, slots)| slots.values().map(|domain| Some(domain.test())));
        let mut tests: Vec<(f64, f64)> = slots.chain(places).flatten().collect();
        tests.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.total_cmp(&b.1)));

        let (mut struck, mut least) = (0.0, f64::INFINITY);
        for group in tests.chunk_by(|a, b| a.0 == b.0) {
            struck += group.iter().map(|(bits, count)| count / traces * libm::exp2(-bits)).sum::<f64>();
            if struck > BUDGET {
                break;
            }
            least = group[0].0;
        }
        least
    }

    /// How many numbers are judged on both sides.
    fn numbers_per_trace(&self, slots: &[SlotValues]) -> f64 {
        let judged = slots
            .iter()
            .filter(|s| self.labels[s.label as usize].get(&*s.name).is_some_and(|slot| slot.range.is_some()));
        judged.flat_map(|slot| &slot.magnitudes).map(|m| 2.0 * m.1 as f64).sum()
    }

    /// True where a value could surprise.
    pub fn matter(&self, transition: usize) -> bool {
        let Some((label, place)) = self.places.get(transition) else { return false };
        !place.is_empty() || self.labels.get(*label as usize).is_some_and(|slots| !slots.is_empty())
    }

    /// What the most surprising parameter of an event adds; `None` where nothing is surprising. Of equal ones the first.
    pub fn blame<'s>(&self, transition: usize, slots: impl Iterator<Item = trace::Slot<'s>>) -> Option<Blame> {
        let (label, place) = self.places.get(transition)?;
        let known = self.labels.get(*label as usize)?;
        let mut room = String::new();
        let blames = slots.enumerate().filter_map(|(at, slot)| {
            let (added, oddity) = self.judge(known.get(&*slot.name)?, place.get(&*slot.name), &slot, &mut room)?;
            Some(Blame { added, place: at, oddity })
        });
        blames.reduce(|most, next| if most.added >= next.added { most } else { next })
    }

    fn judge(
        &self,
        known: &Slot,
        place: Option<&Domain>,
        slot: &trace::Slot<'_>,
        room: &mut String,
    ) -> Option<(u64, Oddity)> {
        let value = value_of(slot);
        let found = |domain: &Domain, oddity| weigh(domain.test().0, self.least.0, self.above.0, oddity);
        let hash = keyed_hash(value.as_bytes());
        if known.values.as_ref().is_some_and(|values| values.has(hash)) {
            // What the slot had is in shape and in range.
            return place.filter(|place| !place.has(hash)).and_then(|place| found(place, Oddity::Place));
        }
        let mut unknown = |domain: &Option<Domain>, write: fn(&str, &mut String)| {
            let domain = domain.as_ref()?;
            write(value, room);
            if domain.has(keyed_hash(room.as_bytes())) { None } else { found(domain, Oddity::Shape) }
        };
        let shape = unknown(&known.shapes, shape).max_by_units(unknown(&known.classes, character_classes));
        let new = known.values.as_ref().and_then(|values| found(values, Oddity::Value));
        let far = known.range.as_ref().and_then(|range| {
            let (bits, oddity) = range.surprise(number(value)?)?;
            weigh(bits, self.least.1, self.above.1, oddity)
        });
        far.max_by_units(shape).max_by_units(new)
    }
}

/// What a test of so many bits adds: it goes beyond the threshold where it is telling, and breaks ties where it is not.
fn weigh(bits: f64, least: f64, above: u64, oddity: Oddity) -> Option<(u64, Oddity)> {
    if bits >= least {
        return Some((above + units(bits), oddity));
    }
    (bits >= -libm::log2(RARE)).then(|| (units(bits / TIES), oddity))
}

/// The larger of two findings, the first of equal ones.
trait Larger {
    fn max_by_units(self, other: Self) -> Self;
}

impl Larger for Option<(u64, Oddity)> {
    fn max_by_units(self, other: Self) -> Self {
        match (self, other) {
            (Some(a), Some(b)) if b.0 > a.0 => Some(b),
            (a, b) => a.or(b),
        }
    }
}

impl Slot {
    fn of(slot: &SlotValues, horizon: &Horizon) -> Self {
        Slot {
            values: Domain::of_values(&slot.values, SLOT_VALUES, slot.traces, horizon),
            shapes: Domain::of(&slot.shapes, SLOT_SHAPES, slot.traces, horizon),
            classes: Domain::of(&slot.classes, SLOT_SHAPES, slot.traces, horizon),
            range: Range::of(slot, horizon),
        }
    }

    fn is_empty(&self) -> bool {
        self.values.is_none() && self.shapes.is_none() && self.classes.is_none() && self.range.is_none()
    }
}

fn value_of<'s>(slot: &'s trace::Slot<'_>) -> &'s str {
    slot.value.as_deref().unwrap_or("null")
}

impl Blame {
    /// What it adds, in bits.
    pub fn bits(&self) -> f64 {
        bits(self.added)
    }
}
