//! Classes of identifiers: slots that name the same kind of thing, how a trace uses its values, and how many traces
//! share one.

use super::few::{Few, Text};
use super::grammar::Grammar;
use super::kinds::{names_nothing, names_one};
use super::learn::{Event, empty_class, json_text, occurrence};
use super::model::{ANY, Class, NEW, ParameterModel, Values};
use super::shape::Shape;
use crate::error::Result;
use crate::infer::Control;
use crate::synth::formats::Format;
use hashbrown::{HashMap, HashSet};
use std::collections::BTreeMap;

/// Slots are of one class where at least this share of the traces that have both use a common value in them.
const LEAST_COMMON: f64 = 0.3;
/// Values of a trace and class that are told apart.
const MOST_VALUES: u32 = 64;
/// Values shared by traces that are kept per class.
const MOST_SHARED: usize = 4096;

fn root(parent: &[u32], mut slot: u32) -> u32 {
    while parent[slot as usize] != slot {
        slot = parent[slot as usize];
    }
    slot
}

/// Finds classes and fills the tables of identifier slots. O(values × slots that share them).
pub(super) fn learn(model: &mut ParameterModel, documents: &[Vec<Event>], control: &Control<'_>) -> Result<()> {
    let named: Vec<bool> = model.slots.iter().map(|s| matches!(s.values, Values::Identifier { .. })).collect();
    let of_document = |document: &[Event]| -> Vec<(u32, String)> {
        let values = document.iter().flat_map(|e| &e.values);
        let values = values.filter(|(slot, json)| named[*slot as usize] && !names_nothing(json));
        values.map(|(slot, json)| (*slot, json_text(json).1)).collect()
    };
    let mut in_both: HashMap<(u32, u32), (u64, u64)> = HashMap::new();
    for document in documents {
        control.check()?;
        let mut sets: BTreeMap<u32, HashSet<String>> = BTreeMap::new();
        of_document(document).into_iter().for_each(|(slot, text)| {
            sets.entry(slot).or_default().insert(text);
        });
        let sets: Vec<(u32, HashSet<String>)> = sets.into_iter().collect();
        for (i, (a, of_a)) in sets.iter().enumerate() {
            for (b, of_b) in &sets[i + 1..] {
                let seen = in_both.entry((*a, *b)).or_default();
                *seen = (seen.0 + u64::from(!of_a.is_disjoint(of_b)), seen.1 + 1);
            }
        }
    }
    let mut parent: Vec<u32> = (0..model.slots.len() as u32).collect();
    let mut pairs: Vec<((u32, u32), (u64, u64))> = in_both.into_iter().collect();
    pairs.sort_unstable();
    for ((a, b), (common, both)) in pairs {
        if common as f64 >= LEAST_COMMON * both as f64 {
            let (a, b) = (root(&parent, a), root(&parent, b));
            parent[a.max(b) as usize] = a.min(b);
        }
    }
    let mut number: BTreeMap<u32, u32> = BTreeMap::new();
    let class_of: Vec<u32> = (0..model.slots.len() as u32)
        .map(|slot| {
            let next = number.len() as u32;
            if named[slot as usize] { *number.entry(root(&parent, slot)).or_insert(next) } else { ANY }
        })
        .collect();
    // How many traces have each value.
    let mut degrees: Vec<HashMap<String, (u64, Few)>> = vec![HashMap::new(); number.len()];
    for (trace, document) in (0u32..).zip(documents) {
        let distinct: HashSet<(u32, String)> =
            of_document(document).into_iter().map(|(slot, text)| (class_of[slot as usize], text)).collect();
        for (class, text) in distinct {
            let seen = degrees[class as usize].entry(text).or_default();
            seen.0 += 1;
            seen.1.insert(trace);
        }
    }
    let mut entities: Vec<HashMap<String, (u32, Option<u32>)>> = Vec::new();
    for degrees in degrees {
        control.check()?;
        let mut all: Vec<(String, u64, Few)> =
            degrees.into_iter().map(|(text, (n, traces))| (text, n, traces)).collect();
        all.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let (class, of) = class_of_values(&all);
        let shared = class.shared.len();
        model.classes.push(class);
        let entity = |(i, (text, ..)): (usize, (String, u64, Few))| (text, (of[i], (i < shared).then_some(i as u32)));
        entities.push(all.into_iter().enumerate().map(entity).collect());
    }
    fill(model, documents, &class_of, &entities, &of_document);
    Ok(())
}

/// A class of these values (with how many traces have each, most frequent first), and the shape of each.
///
/// Values that are frequent and no names of single things are repeated; grammars are learned from the others.
fn class_of_values(all: &[(String, u64, Few)]) -> (Class, Vec<u32>) {
    let shared = all.iter().take(MOST_SHARED).take_while(|v| v.1 > 1).count();
    let repeated = |i: usize| i < shared && all[i].2.is_frequent() && !names_one(&all[i].0);
    let text = |i: usize| Text { text: &all[i].0, traces: all[i].2 };
    let mut made: Vec<usize> = (0..all.len()).filter(|&i| !repeated(i)).collect();
    if made.is_empty() {
        made = (0..all.len()).collect();
    }
    let format = Format::of(&(0..all.len()).map(text).collect::<Vec<_>>());
    let texts: Vec<Text<'_>> = made.iter().map(|&i| text(i)).collect();
    let (grammars, of_made) = Grammar::learn(&texts, &|text| format.fits(text));
    let mut of = vec![0u32; all.len()];
    made.iter().zip(of_made).for_each(|(&i, shape)| of[i] = shape);
    let mut class = empty_class();
    class.shapes = grammars.into_iter().map(Shape::Grammar).collect();
    class.shared = of[..shared].to_vec();
    class.texts = (0..shared).map(|i| repeated(i).then(|| all[i].0.as_str().into())).collect();
    class.format = Some(format);
    (class, of)
}

#[derive(Default, Clone)]
struct Tables {
    uses: BTreeMap<(u32, u32), BTreeMap<u32, u64>>,
    shared: BTreeMap<u32, u64>,
    single: BTreeMap<u32, u64>,
}

/// The identifiers of a trace: (slot, text).
type OfDocument<'a> = dyn Fn(&[Event]) -> Vec<(u32, String)> + 'a;

fn fill(
    model: &mut ParameterModel,
    documents: &[Vec<Event>],
    class_of: &[u32],
    entities: &[HashMap<String, (u32, Option<u32>)>],
    of_document: &OfDocument<'_>,
) {
    let mut tables = vec![Tables::default(); model.slots.len()];
    let mut several = vec![false; entities.len()];
    for document in documents {
        let mut values: Vec<(Vec<String>, u32)> = vec![(Vec::new(), ANY); entities.len()];
        let mut occurrences: HashMap<u32, u32> = HashMap::new();
        for (slot, text) in of_document(document) {
            let class = class_of[slot as usize];
            let (known, last) = &mut values[class as usize];
            let count = occurrences.entry(slot).or_insert(0);
            let at = occurrence(*count);
            *count += 1;
            let table = &mut tables[slot as usize];
            let found = known.iter().position(|value| *value == text).map(|i| i as u32);
            if found.is_none() {
                let (shape, shared) = entities[class as usize][&text];
                match shared {
                    Some(number) => *table.shared.entry(number).or_default() += 1,
                    None => *table.single.entry(shape).or_default() += 1,
                }
                known.push(text);
            }
            let index = found.filter(|&index| index < MOST_VALUES).unwrap_or(NEW);
            for key in [(at, *last), (at, ANY), (ANY, *last), (ANY, ANY)] {
                *table.uses.entry(key).or_default().entry(index).or_default() += 1;
            }
            *last = found.unwrap_or(known.len() as u32 - 1);
            several[class as usize] |= known.len() > 1;
        }
    }
    for (class, all) in model.classes.iter_mut().enumerate() {
        all.constant = several.get(class).is_none_or(|several| !several);
    }
    for (i, (slot, learned)) in model.slots.iter_mut().zip(tables).enumerate() {
        if let Values::Identifier { class, table, shared, single, .. } = &mut slot.values {
            *class = class_of[i];
            *table = learned.uses.into_iter().map(|((a, b), counts)| (a, b, counts.into_iter().collect())).collect();
            *shared = learned.shared.into_iter().collect();
            *single = learned.single.into_iter().collect();
        }
    }
}
