//! Which texts are real ones: what must never be generated.

use super::grammar::skeleton;
use super::learn::{json_text, named};
use super::model::{ParameterModel, Values};
use super::shape::Shape;
use crate::automaton::LabelId;
use crate::conform::Machine;
use crate::trace::Trace;
use hashbrown::HashSet;
use xxhash_rust::xxh3::xxh3_64;

/// The hash of a value's text.
fn text_hash(text: &str) -> u64 {
    xxh3_64(text.as_bytes())
}

/// The bits of a Bloom filter for a hash.
fn bloom_bits(hash: u64, bits: u64) -> impl Iterator<Item = u64> {
    let step = hash.rotate_left(32) | 1;
    (0..6u64).map(move |i| hash.wrapping_add(i.wrapping_mul(step)) % bits)
}

/// The values of a model that may be real ones: those that are repeated, and those of shapes so dense that avoiding
/// real ones would leave too few.
#[derive(Debug, Clone)]
pub struct Permitted<'m> {
    model: &'m ParameterModel,
    /// Per class texts that are repeated.
    texts: Vec<HashSet<&'m str>>,
    /// Per slot JSON texts that are repeated.
    atoms: Vec<HashSet<&'m str>>,
    /// Per class, then per slot, skeletons of dense shapes.
    dense: [Vec<HashSet<&'m str>>; 2],
}

fn dense<'m>(shapes: impl Iterator<Item = &'m Shape>) -> HashSet<&'m str> {
    let of = |shape: &'m Shape| match shape {
        Shape::Grammar(grammar) => (!grammar.guarded).then_some(&*grammar.skeleton),
        Shape::Earlier(_) => None,
    };
    shapes.filter_map(of).collect()
}

impl<'m> Permitted<'m> {
    /// Those of a model.
    pub fn of(model: &'m ParameterModel) -> Self {
        let atoms = |values: &'m Values| -> HashSet<&'m str> {
            match values {
                Values::Words { atoms, .. } | Values::Numbers { atoms, .. } => atoms.iter().map(|a| &**a).collect(),
                Values::Identifier { plain, .. } => plain.iter().map(|p| &*p.0).collect(),
            }
        };
        let of_slot = |values: &'m Values| match values {
            Values::Words { rare, .. } => dense(rare.iter().map(|rare| &rare.shape)),
            _ => HashSet::new(),
        };
        Permitted {
            model,
            texts: model.classes.iter().map(|c| c.texts.iter().flatten().map(|t| &**t).collect()).collect(),
            atoms: model.slots.iter().map(|slot| atoms(&slot.values)).collect(),
            dense: [
                model.classes.iter().map(|class| dense(class.shapes.iter())).collect(),
                model.slots.iter().map(|slot| of_slot(&slot.values)).collect(),
            ],
        }
    }

    /// True for a text that values of a class may have.
    pub fn in_class(&self, class: u32, text: &str) -> bool {
        let (texts, dense) = (&self.texts[class as usize], &self.dense[0][class as usize]);
        !text.chars().any(char::is_alphanumeric)
            || texts.contains(text)
            || !dense.is_empty() && dense.contains(skeleton(text).as_str())
    }

    /// True for a text that words of a slot may have which are not among the frequent ones.
    pub fn in_words(&self, slot: usize, text: &str) -> bool {
        let dense = &self.dense[1][slot];
        !text.chars().any(char::is_alphanumeric) || !dense.is_empty() && dense.contains(skeleton(text).as_str())
    }

    /// True for a value that a slot may have.
    fn permits(&self, slot: usize, json: &str, text: &str) -> bool {
        self.atoms[slot].contains(json)
            || match &self.model.slots[slot].values {
                Values::Words { .. } => self.in_words(slot, text),
                Values::Numbers { guarded, .. } => !guarded,
                Values::Identifier { class, .. } => self.in_class(*class, text),
            }
    }

    /// Adds the hashes of a trace's values that are not permitted.
    fn refused(&self, machine: &Machine, trace: &Trace, hashes: &mut HashSet<u64>) {
        let labels: Vec<Option<LabelId>> = trace.variant.labels.iter().map(|l| machine.label_id(l)).collect();
        for (&event, parameters) in trace.variant.events.iter().zip(&trace.parameters) {
            let (Some(label), Some((_, values))) = (labels[event as usize], parameters.as_deref().and_then(named))
            else {
                continue;
            };
            for (name, json) in values {
                let found = self.model.slots.binary_search_by(|s| (s.label, &*s.name).cmp(&(label, name.as_str())));
                let text = json_text(&json).1;
                if found.is_ok_and(|slot| !self.permits(slot, &json, &text)) {
                    hashes.insert(text_hash(&text));
                }
            }
        }
    }
}

/// Collects real values that must not be generated, trace by trace.
pub struct RealValues<'m> {
    permitted: Permitted<'m>,
    bits: Vec<u64>,
}

impl<'m> RealValues<'m> {
    /// For a model.
    pub fn new(model: &'m ParameterModel) -> Self {
        RealValues { permitted: Permitted::of(model), bits: vec![0; model.real.len()] }
    }

    /// Remembers a trace's identifiers and rare values.
    pub fn add(&mut self, machine: &Machine, trace: &Trace) {
        let mut hashes = HashSet::new();
        self.permitted.refused(machine, trace, &mut hashes);
        let bits = self.bits.len() as u64 * 64;
        for bit in hashes.into_iter().flat_map(|hash| bloom_bits(hash, bits)) {
            self.bits[(bit / 64) as usize] |= 1 << (bit % 64);
        }
    }

    /// The filter, see [`ParameterModel::real`].
    pub fn finish(self) -> Vec<u64> {
        self.bits
    }
}

impl ParameterModel {
    /// True for a value that occurs in the real traces (and, rarely, for one that does not).
    pub fn is_real(&self, text: &str) -> bool {
        let bits = self.real.len() as u64 * 64;
        bits > 0 && bloom_bits(text_hash(text), bits).all(|bit| self.real[(bit / 64) as usize] >> (bit % 64) & 1 == 1)
    }
}
