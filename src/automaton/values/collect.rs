//! Collecting slots trace by trace, adding those of other trees, and taking traces back.

use super::{
    SLOT_SHAPES, SLOT_VALUES, SLOTS, SeenValue, SlotValues, ValueSample, character_classes, magnitude, number, shape,
};
use crate::automaton::{LabelId, keyed_hash};
use crate::trace;
use hashbrown::HashMap;

/// Bytes that a slot takes beside its values.
const SLOT_BYTES: usize = 256;
/// Bytes that a sampled value takes beside its text.
const VALUE_BYTES: usize = 64;

/// A sample under way: beside each value the number of the last trace that had it, so that it counts once per trace.
#[derive(Debug, Clone, Default)]
struct Growing {
    sample: ValueSample,
    last: Vec<u64>,
}

/// What one trace, or another sample, says of a value.
struct Seen<'a> {
    hash: u64,
    value: &'a str,
    traces: u64,
    first: Option<i64>,
    /// The number of the trace; 0 for what comes from another sample.
    trace: u64,
}

impl Growing {
    /// Adds a value, keeping at most `k`; returns the bytes newly held.
    fn add(&mut self, seen: &Seen<'_>, k: usize) -> usize {
        let items = &mut self.sample.items;
        if items.len() >= k && items.last().is_some_and(|last| seen.hash > last.hash) {
            return 0;
        }
        match self.sample.find(seen.hash, seen.value) {
            Ok(i) => {
                let item = &mut self.sample.items[i];
                item.first = earlier(item.first, seen.first);
                if seen.trace == 0 || self.last[i] != seen.trace {
                    item.traces += seen.traces;
                    self.last[i] = seen.trace;
                }
                0
            }
            Err(i) if i < k => {
                let Seen { hash, value, traces, first, trace } = *seen;
                self.sample.items.insert(i, SeenValue { hash, value: value.into(), traces, first });
                self.last.insert(i, trace);
                self.sample.items.truncate(k);
                self.last.truncate(k);
                VALUE_BYTES + value.len()
            }
            Err(_) => 0,
        }
    }

    fn merge(&mut self, other: &ValueSample, k: usize) -> usize {
        let of = |item: &SeenValue| {
            let (hash, traces, first) = (item.hash, item.traces, item.first);
            self.add(&Seen { hash, value: &item.value, traces, first, trace: 0 }, k)
        };
        other.items.iter().map(of).sum()
    }

    /// Takes one trace's value back; false where the sample does not know what is left. `stays`: another trace is known
    /// to have it as early.
    fn remove(&mut self, hash: u64, value: &str, first: Option<i64>, stays: bool, k: usize) -> bool {
        let Ok(i) = self.sample.find(hash, value) else {
            // It was never among those of smallest hash.
            return !self.sample.is_whole(k);
        };
        let item = &mut self.sample.items[i];
        item.traces -= 1;
        if item.traces > 0 {
            return stays || first.is_none() || item.first != first;
        }
        let whole = self.sample.is_whole(k);
        self.sample.items.remove(i);
        self.last.remove(i);
        whole
    }
}

fn earlier(a: Option<i64>, b: Option<i64>) -> Option<i64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

/// A slot under way.
#[derive(Debug, Clone)]
struct Slot {
    name_hash: u64,
    name: Box<str>,
    traces: u64,
    /// The number of the last trace that had it.
    last: u64,
    values: Growing,
    shapes: Growing,
    classes: Growing,
    magnitudes: Vec<(u16, u64)>,
}

/// The slots of all event types under way.
#[derive(Debug, Clone, Default)]
pub struct Collector {
    /// Per label of the tree its slots, ascending by (hash of the name, name).
    labels: Vec<Vec<Slot>>,
    /// The number of the trace under way, from 1.
    trace: u64,
    /// What was taken over came without slots: they are not known.
    unknown: bool,
    shape: String,
    classes: String,
}

/// The distinct values of a trace: by label, slot and value the time of the first event that has it.
type Incidences<'a> = HashMap<(LabelId, Box<str>, Box<str>), Option<i64>>;

impl Collector {
    /// Begins a trace.
    pub fn begin(&mut self) {
        self.trace += 1;
    }

    /// Adds an event's parameters, as JSON text; returns the bytes newly held. O(bytes + slots × log sample).
    pub fn add(&mut self, label: LabelId, at: Option<i64>, parameters: &str) -> usize {
        let (mut grown, trace) = (0, self.trace);
        for given in trace::slots(parameters) {
            let Some(i) = self.slot(label, &given.name, &mut grown) else { continue };
            let value = given.value.as_deref().unwrap_or("null");
            shape(value, &mut self.shape);
            character_classes(value, &mut self.classes);
            let slot = &mut self.labels[label as usize][i];
            if slot.last != trace {
                slot.last = trace;
                slot.traces += 1;
            }
            let seen = |value| Seen { hash: keyed_hash(str::as_bytes(value)), value, traces: 1, first: at, trace };
            grown += slot.values.add(&seen(value), SLOT_VALUES);
            grown += slot.shapes.add(&seen(&self.shape), SLOT_SHAPES);
            grown += slot.classes.add(&seen(&self.classes), SLOT_SHAPES);
            if let Some(number) = number(value) {
                grown += count(&mut slot.magnitudes, magnitude(number), 1);
            }
        }
        grown
    }

    /// The position of a slot, made where there is none; `None` for one that is not kept.
    fn slot(&mut self, label: LabelId, name: &str, grown: &mut usize) -> Option<usize> {
        if self.labels.len() <= label as usize {
            self.labels.resize_with(label as usize + 1, Vec::new);
        }
        let (slots, name_hash) = (&mut self.labels[label as usize], keyed_hash(name.as_bytes()));
        match position(slots, name_hash, name) {
            Ok(i) => Some(i),
            Err(i) if i < SLOTS => {
                slots.insert(i, Slot::new(name_hash, name));
                slots.truncate(SLOTS);
                *grown += SLOT_BYTES + name.len();
                Some(i)
            }
            Err(_) => None,
        }
    }

    /// Adds the slots of another tree, whose labels have these numbers here; returns the bytes newly held.
    pub fn merge(&mut self, other: Option<&[SlotValues]>, labels: &[LabelId]) -> usize {
        let Some(other) = other else {
            self.unknown = true;
            return 0;
        };
        let mut grown = 0;
        for theirs in other {
            let label = labels[theirs.label as usize];
            let Some(i) = self.slot(label, &theirs.name, &mut grown) else { continue };
            let slot = &mut self.labels[label as usize][i];
            slot.traces += theirs.traces;
            grown += slot.values.merge(&theirs.values, SLOT_VALUES);
            grown += slot.shapes.merge(&theirs.shapes, SLOT_SHAPES);
            grown += slot.classes.merge(&theirs.classes, SLOT_SHAPES);
            grown += theirs.magnitudes.iter().map(|&(m, n)| count(&mut slot.magnitudes, m, n)).sum::<usize>();
        }
        grown
    }

    /// The slots with labels numbered by `rank`, ascending; `None` where they are not known.
    pub fn finish(&self, rank: &[LabelId]) -> Option<Vec<SlotValues>> {
        if self.unknown {
            return None;
        }
        let mut all: Vec<SlotValues> = Vec::new();
        for (slots, &label) in self.labels.iter().zip(rank).filter(|(_, label)| **label != LabelId::MAX) {
            all.extend(slots.iter().filter(|slot| slot.traces > 0).map(|slot| SlotValues {
                label,
                name: slot.name.clone(),
                traces: slot.traces,
                values: slot.values.sample.clone(),
                shapes: slot.shapes.sample.clone(),
                classes: slot.classes.sample.clone(),
                magnitudes: slot.magnitudes.clone(),
            }));
        }
        all.sort_unstable_by(|a, b| (a.label, &a.name).cmp(&(b.label, &b.name)));
        Some(all)
    }

    /// Takes a trace back that was added; `new` is the trace that came in its place. False where what is left is not
    /// known, `None` where the trace was never added.
    pub fn take_back(&mut self, old: &Events<'_>, new: Option<&Events<'_>>) -> Option<bool> {
        let (gone, came) = (old.incidences(), new.map_or_else(HashMap::new, Events::incidences));
        let mut exact = !self.unknown;
        let mut slots: Vec<(LabelId, &str)> = gone.keys().map(|(label, name, _)| (*label, &**name)).collect();
        slots.sort_unstable();
        slots.dedup();
        // Several values of one trace may have one shape: that counts once as well.
        let mut shapes: HashMap<Shape<'_>, (Option<i64>, bool)> = HashMap::new();
        for ((label, name, value), &first) in &gone {
            let stays = came.get(&(*label, name.clone(), value.clone())).is_some_and(|at| *at == first);
            let Some(slot) = self.find(*label, name) else { continue };
            exact &= slot.values.remove(keyed_hash(value.as_bytes()), value, first, stays, SLOT_VALUES);
            for (is_shape, write) in [(true, shape as fn(&str, &mut String)), (false, character_classes)] {
                let mut text = String::new();
                write(value, &mut text);
                let entry = shapes.entry((*label, name, is_shape, text)).or_insert((first, stays));
                *entry = match (entry.0, first) {
                    (Some(known), Some(at)) if at < known => (first, stays),
                    (known, at) if known == at => (known, entry.1 || stays),
                    _ => *entry,
                };
            }
        }
        for ((label, name, is_shape, text), (first, stays)) in &shapes {
            let Some(slot) = self.find(*label, name) else { continue };
            let sample = if *is_shape { &mut slot.shapes } else { &mut slot.classes };
            exact &= sample.remove(keyed_hash(text.as_bytes()), text, *first, *stays, SLOT_SHAPES);
        }
        for (label, name) in slots {
            let full = self.labels.get(label as usize).is_some_and(|slots| slots.len() >= SLOTS);
            let Some(slot) = self.find(label, name) else { continue };
            slot.traces = slot.traces.checked_sub(1)?;
            exact &= slot.traces > 0 || !full;
        }
        old.each(&mut |label, name, value, _| {
            let (Some(slot), Some(number)) = (self.find(label, name), number(value)) else { return Some(()) };
            let at = slot.magnitudes.binary_search_by_key(&magnitude(number), |m| m.0).ok()?;
            slot.magnitudes[at].1 -= 1;
            slot.magnitudes.retain(|m| m.1 > 0);
            Some(())
        })?;
        self.labels.iter_mut().for_each(|slots| slots.retain(|slot| slot.traces > 0));
        Some(exact)
    }

    fn find(&mut self, label: LabelId, name: &str) -> Option<&mut Slot> {
        let (slots, hash) = (self.labels.get_mut(label as usize)?, keyed_hash(name.as_bytes()));
        let at = position(slots, hash, name).ok()?;
        Some(&mut slots[at])
    }
}

/// Where a slot is among those of a label, or where it belongs.
fn position(slots: &[Slot], name_hash: u64, name: &str) -> Result<usize, usize> {
    slots.binary_search_by(|slot| slot.name_hash.cmp(&name_hash).then_with(|| (*slot.name).cmp(name)))
}

/// The events of a trace that have parameters, for [`Collector::take_back`].
pub struct Events<'a> {
    /// Per event its label in the tree.
    pub labels: Vec<LabelId>,
    /// Per event its time, or none.
    pub times: &'a [i64],
    /// Per event its parameters, or none.
    pub parameters: &'a [Option<&'a str>],
}

/// Event type, slot, whether it is a shape or only classes of characters, and its text.
type Shape<'t> = (LabelId, &'t str, bool, String);
/// Takes event type, slot, value and time; `None` ends it.
type Visit<'v> = dyn FnMut(LabelId, &str, &str, Option<i64>) -> Option<()> + 'v;

impl Events<'_> {
    fn each(&self, visit: &mut Visit<'_>) -> Option<()> {
        for (i, (parameters, &label)) in self.parameters.iter().zip(&self.labels).enumerate() {
            for slot in parameters.map_or_else(Vec::new, trace::slots) {
                visit(label, &slot.name, slot.value.as_deref().unwrap_or("null"), self.times.get(i).copied())?;
            }
        }
        Some(())
    }

    fn incidences(&self) -> Incidences<'_> {
        let mut found: Incidences<'_> = HashMap::new();
        self.each(&mut |label, name, value, at| {
            let first = found.entry((label, name.into(), value.into())).or_insert(at);
            *first = earlier(*first, at);
            Some(())
        });
        found
    }
}

impl Slot {
    fn new(name_hash: u64, name: &str) -> Self {
        let (values, shapes, classes) = (Growing::default(), Growing::default(), Growing::default());
        Slot { name_hash, name: name.into(), traces: 0, last: 0, values, shapes, classes, magnitudes: Vec::new() }
    }
}

/// Counts a magnitude; returns the bytes newly held.
fn count(magnitudes: &mut Vec<(u16, u64)>, magnitude: u16, times: u64) -> usize {
    match magnitudes.binary_search_by_key(&magnitude, |m| m.0) {
        Ok(i) => {
            magnitudes[i].1 += times;
            0
        }
        Err(i) => {
            magnitudes.insert(i, (magnitude, times));
            16
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::automaton::{Automaton, Lost, PrefixTree, SLOT_VALUES, SlotValues};
    use crate::trace::{Trace, TraceView};
    use proptest::prelude::*;

    /// A trace of some events with a slot each, or two.
    type Given = Vec<(i64, u8, u32)>;

    fn bytes(given: &Given) -> Vec<u8> {
        let texts: Vec<(i64, String, String)> = given
            .iter()
            .map(|&(at, event, n)| {
                let parameters = if n % 3 == 0 { format!("[{n}]") } else { format!("{{\"a\": \"v{n}x{}\"}}", n % 2) };
                (at, format!("e{event}"), parameters)
            })
            .collect();
        let rows = texts.iter().map(|(at, event, p)| (Some(*at), None, event.as_str(), None, Some(p.as_str())));
        Trace::from_rows(rows.collect()).to_bytes()
    }

    fn tree(traces: &[Given]) -> Automaton {
        let mut tree = PrefixTree::new(usize::MAX);
        traces.iter().for_each(|t| tree.add(&TraceView::from_bytes(&bytes(t)).unwrap()).unwrap());
        tree.to_automaton()
    }

    fn slots(automaton: &Automaton) -> &[SlotValues] {
        automaton.values.as_deref().unwrap()
    }

    #[test]
    fn values_count_distinct_traces() {
        let found = tree(&[vec![(5, 0, 1), (6, 0, 1), (7, 0, 2)], vec![(3, 0, 2)]]);
        let slot = &slots(&found)[0];
        assert_eq!((slot.traces, &*slot.name), (2, "a"));
        let of = |value: &str| slot.values.items.iter().find(|item| &*item.value == value).map(|i| (i.traces, i.first));
        assert_eq!((of("v1x1"), of("v2x0")), (Some((1, Some(5))), Some((2, Some(3)))));
        assert_eq!(slot.shapes.items.len(), 1);
    }

    #[test]
    fn many_values_are_estimated() {
        let traces: Vec<Given> = (0..6000).map(|i| vec![(i, 0, 3 * (i as u32 % 3000) + 1)]).collect();
        let found = tree(&traces);
        let values = &slots(&found)[0].values;
        assert!(!values.is_whole(SLOT_VALUES) && values.singletons(SLOT_VALUES) == 0.0);
        let distinct = values.distinct(SLOT_VALUES);
        assert!((2000.0..4500.0).contains(&distinct), "{distinct}");
    }

    fn given() -> impl Strategy<Value = Given> {
        prop::collection::vec((0i64..60, 0u8..3, 0u32..300), 1..6)
    }

    proptest! {
        #[test]
        fn parts_in_any_order_are_the_whole(traces in prop::collection::vec(given(), 0..120), cut in 0usize..120) {
            let (a, b) = traces.split_at(cut.min(traces.len()));
            let whole = tree(&traces);
            prop_assert!(whole.validate().is_ok());
            for (first, second) in [(a, b), (b, a)] {
                let mut merged = PrefixTree::new(usize::MAX);
                merged.merge(&tree(first)).unwrap();
                merged.merge(&tree(second)).unwrap();
                prop_assert_eq!(&merged.to_automaton(), &whole);
            }
        }

        #[test]
        fn taking_back_is_exact_or_told(
            before in prop::collection::vec(given(), 1..60),
            changed in prop::collection::vec(prop::option::weighted(0.1, given()), 60),
            goes_on in any::<bool>(),
        ) {
            let mut replaced = PrefixTree::new(usize::MAX);
            replaced.merge(&tree(&before)).unwrap();
            let (mut lost, mut after) = (Lost::default(), before.clone());
            for (i, new) in changed.iter().enumerate().take(before.len()) {
                let Some(new) = new else { continue };
                if goes_on {
                    after[i].extend(new.iter().map(|&(at, e, n)| (at + 100, e, n)));
                } else {
                    after[i].clone_from(new);
                }
                let (old, new) = (bytes(&before[i]), bytes(&after[i]));
                let (old, new) = (TraceView::from_bytes(&old).unwrap(), TraceView::from_bytes(&new).unwrap());
                replaced.replace(Some(&old), Some(&new), &mut lost).unwrap();
            }
            if !lost.rest {
                prop_assert_eq!(&replaced.to_automaton().values, &tree(&after).values);
            }
            prop_assert!(!goes_on || !lost.rest);
        }
    }

    #[test]
    fn what_a_tree_without_slots_adds_is_not_known() {
        let mut old = tree(&[vec![(1, 0, 1)]]);
        old.values = None;
        for order in [[&old, &tree(&[vec![(1, 0, 2)]])], [&tree(&[vec![(1, 0, 2)]]), &old]] {
            let mut merged = PrefixTree::new(usize::MAX);
            order.iter().for_each(|tree| merged.merge(tree).unwrap());
            assert_eq!(merged.to_automaton().values, None);
        }
    }
}
