//! Which earlier parameter of a trace each parameter depends on, and which it copies.

use super::few::LEAST;
use super::learn::{Event, SlotValue, slot_values};
use super::model::{ANY, COPY, Counts, ParameterModel, Values};
use crate::error::Result;
use crate::infer::Control;
use hashbrown::HashMap;
use std::collections::BTreeMap;

/// Earlier slots that a value may depend on: the latest ones.
const RECENT: usize = 24;
/// Bits that the best earlier slot must tell about a value.
const LEAST_BITS: f64 = 0.05;
/// Share of values beyond chance that must be equal to an earlier slot's for copying.
const LEAST_COPIES: f64 = 0.2;

/// Chooses for each slot the earlier one that tells most about it and the one it copies, and fills its table.
pub(super) fn depend(model: &mut ParameterModel, documents: &[Vec<Event>], control: &Control<'_>) -> Result<()> {
    let plain: Vec<bool> = model.slots.iter().map(|s| !matches!(s.values, Values::Identifier { .. })).collect();
    let values = slot_values(documents, model.slots.len());
    let share: Vec<HashMap<&str, f64>> = values
        .iter()
        .map(|v| {
            let total = v.iter().map(|v| v.count).sum::<u64>() as f64;
            v.iter().map(|SlotValue { json, count, .. }| (&**json, *count as f64 / total)).collect()
        })
        .collect();
    let mut joint: HashMap<(u32, u32), HashMap<(u32, u32), u64>> = HashMap::new();
    let mut equal: HashMap<(u32, u32), (u64, f64, u64)> = HashMap::new();
    let mut totals = vec![0u64; model.slots.len()];
    for document in documents {
        control.check()?;
        let mut recent: Vec<(u32, u32, &str)> = Vec::new();
        for (slot, json) in document.iter().flat_map(|e| &e.values).filter(|v| plain[v.0 as usize]) {
            let bin = model.bin(*slot, json);
            totals[*slot as usize] += 1;
            for &(parent, parent_bin, parent_json) in &recent {
                *joint.entry((*slot, parent)).or_default().entry((parent_bin, bin)).or_default() += 1;
                let chance = share[*slot as usize].get(parent_json).copied().unwrap_or(0.0);
                let seen = equal.entry((*slot, parent)).or_default();
                *seen = (seen.0 + u64::from(parent_json == &**json), seen.1 + chance, seen.2 + 1);
            }
            recent.retain(|r| r.0 != *slot);
            recent.insert(0, (*slot, bin, json));
            recent.truncate(RECENT);
        }
    }
    let mut best: Vec<Option<(f64, u32)>> = vec![None; model.slots.len()];
    let mut copied: Vec<Option<(f64, u32)>> = vec![None; model.slots.len()];
    let better = |best: &mut Option<(f64, u32)>, gain: f64, slot: u32| {
        if best.is_none_or(|(most, of)| gain > most || gain == most && slot < of) {
            *best = Some((gain, slot));
        }
    };
    for ((child, parent), counts) in &joint {
        let n = counts.values().sum::<u64>();
        let bits = information(counts) * n as f64 / totals[*child as usize] as f64;
        if n >= 2 * LEAST && bits > LEAST_BITS {
            better(&mut best[*child as usize], bits, *parent);
        }
    }
    for ((child, parent), (same, chance, n)) in &equal {
        let beyond = (*same as f64 - chance) / totals[*child as usize] as f64;
        if *n >= 2 * LEAST && beyond > LEAST_COPIES {
            better(&mut copied[*child as usize], beyond, *parent);
        }
    }
    for (slot, of) in model.slots.iter_mut().enumerate() {
        (of.parent, of.copies) = (best[slot].map(|b| b.1), copied[slot].map(|c| c.1));
    }
    fill_tables(model, documents, &plain);
    Ok(())
}

/// Mutual information in bits, less what chance alone gives (Miller 1955), of pairs in a fixed order of summing.
fn information(counts: &HashMap<(u32, u32), u64>) -> f64 {
    let n = counts.values().sum::<u64>() as f64;
    let (mut left, mut right): (BTreeMap<u32, u64>, BTreeMap<u32, u64>) = (BTreeMap::new(), BTreeMap::new());
    let pairs: BTreeMap<(u32, u32), u64> = counts.iter().map(|(&k, &v)| (k, v)).collect();
    for ((a, b), count) in &pairs {
        *left.entry(*a).or_default() += count;
        *right.entry(*b).or_default() += count;
    }
    let term = |(&(a, b), &count): (&(u32, u32), &u64)| {
        count as f64 / n * libm::log2(count as f64 * n / (left[&a] as f64 * right[&b] as f64))
    };
    let chance = (left.len() as f64 - 1.0) * (right.len() as f64 - 1.0) / (2.0 * n * std::f64::consts::LN_2);
    pairs.iter().map(term).fold(0.0, |sum, bits| sum + bits) - chance
}

fn fill_tables(model: &mut ParameterModel, documents: &[Vec<Event>], plain: &[bool]) {
    let mut tables: Vec<BTreeMap<(u32, u32), BTreeMap<u32, u64>>> = vec![BTreeMap::new(); model.slots.len()];
    for document in documents {
        let mut latest: Vec<Option<(u32, &str)>> = vec![None; model.slots.len()];
        for event in document {
            for (slot, json) in event.values.iter().filter(|v| plain[v.0 as usize]) {
                let of = &model.slots[*slot as usize];
                let known = |slot: Option<u32>| slot.and_then(|slot| latest[slot as usize]);
                let bin = model.bin(*slot, json);
                let copied = known(of.copies).is_some_and(|(_, from)| from == &**json);
                let parent = known(of.parent).map_or(ANY, |(bin, _)| bin);
                let table = &mut tables[*slot as usize];
                let mut keys = vec![(event.transition, parent), (ANY, parent), (event.transition, ANY), (ANY, ANY)];
                keys.dedup();
                keys.sort_unstable();
                keys.dedup();
                for key in keys {
                    *table.entry(key).or_default().entry(if copied { COPY } else { bin }).or_default() += 1;
                }
                latest[*slot as usize] = Some((bin, json));
            }
        }
    }
    for (slot, table) in model.slots.iter_mut().zip(tables) {
        slot.table = table.into_iter().map(|((t, p), counts)| (t, p, counts.into_iter().collect::<Counts>())).collect();
    }
}
