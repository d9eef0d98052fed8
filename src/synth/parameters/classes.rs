//! Classes of identifiers: slots that name the same kind of thing, how a trace uses its values, and how many traces
//! share one.

use super::learn::{Event, empty_class, occurrence, split_json};
use super::model::{ANY, NEW, ParameterModel, Values};
use super::shape::shapes;
use crate::error::Result;
use crate::infer::Control;
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
pub(super) fn learn(
    model: &mut ParameterModel,
    documents: &[Vec<Event>],
    least: u64,
    control: &Control<'_>,
) -> Result<()> {
    let named: Vec<bool> = model.slots.iter().map(|s| matches!(s.values, Values::Identifier { .. })).collect();
    let of_document = |document: &[Event]| -> Vec<(u32, String)> {
        let values = document.iter().flat_map(|e| &e.values).filter(|v| named[v.0 as usize]);
        values.map(|(slot, json)| (*slot, split_json(json).1.unwrap_or_default())).collect()
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
    let mut degrees: Vec<HashMap<String, u64>> = vec![HashMap::new(); number.len()];
    for document in documents {
        let distinct: HashSet<(u32, String)> =
            of_document(document).into_iter().map(|(slot, text)| (class_of[slot as usize], text)).collect();
        distinct.into_iter().for_each(|(class, text)| *degrees[class as usize].entry(text).or_default() += 1);
    }
    let mut entities: Vec<HashMap<String, (u32, Option<u32>)>> = Vec::new();
    for degrees in degrees {
        let mut all: Vec<(String, u64)> = degrees.into_iter().collect();
        all.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let texts: Vec<&str> = all.iter().map(|v| v.0.as_str()).collect();
        let mut class = empty_class();
        let (shapes, of) = shapes(&texts, least);
        class.shapes = shapes;
        let shared = all.iter().take(MOST_SHARED).take_while(|v| v.1 > 1).count();
        class.shared = of[..shared].to_vec();
        model.classes.push(class);
        let entity = |(i, (text, _)): (usize, (String, u64))| (text, (of[i], (i < shared).then_some(i as u32)));
        entities.push(all.into_iter().enumerate().map(entity).collect());
    }
    fill(model, documents, &class_of, &entities, &of_document);
    Ok(())
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
