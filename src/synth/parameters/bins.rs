//! Bins of words and numbers: which one a value is in, and values of a bin.

use super::draw::{NUMBER_ATTEMPTS, fits_rare, push_text};
use super::kinds::names_nothing;
use super::learn::{number_text, scaled, split_json};
use super::model::{ANY, ParameterModel, Values, spanned};
use super::shape::Shape;
use crate::automaton::Histogram;
use crate::synth::random::Stream;

impl ParameterModel {
    /// The bin of a value.
    pub fn bin(&self, slot: u32, json: &str) -> u32 {
        match &self.slots[slot as usize].values {
            Values::Words { atoms, .. } => atoms.iter().position(|atom| &**atom == json).unwrap_or(atoms.len()) as u32,
            Values::Numbers { atoms, decimals, ranges, .. } => match atoms.iter().position(|atom| &**atom == json) {
                Some(bin) => bin as u32,
                None => {
                    let number = split_json(json).1.and_then(|text| scaled(&text, *decimals)).unwrap_or(0);
                    let range = ranges.iter().rposition(|r| r.0 <= number).unwrap_or(0);
                    (atoms.len() + range) as u32
                }
            },
            Values::Identifier { .. } => ANY,
        }
    }

    /// True for a value that real traces have in a slot, or that has the shape of the rare ones.
    pub(super) fn in_domain(&self, slot: u32, json: &str) -> bool {
        let text = || split_json(json).1;
        match &self.slots[slot as usize].values {
            Values::Words { atoms, rare, format } => {
                atoms.iter().any(|atom| &**atom == json)
                    || text().is_some_and(|text| fits_rare(rare, format.as_ref(), &text))
            }
            Values::Numbers { atoms, decimals, ranges, .. } => {
                let within = |n: i64| spanned(ranges, n);
                atoms.iter().any(|atom| &**atom == json)
                    || text().is_some_and(|text| scaled(&text, *decimals).is_some_and(within))
            }
            Values::Identifier { .. } => true,
        }
    }

    /// Adds a value of a bin, as JSON text.
    pub(super) fn of_bin(&self, slot: u32, bin: u32, stream: &mut Stream, json: &mut String) {
        match &self.slots[slot as usize].values {
            Values::Words { atoms, rare, .. } => match atoms.get(bin as usize) {
                Some(atom) => json.push_str(atom),
                None => {
                    let mut draw = stream.below(rare.iter().map(|r| r.count).sum());
                    let place = rare.iter().position(|of| {
                        let found = draw < of.count;
                        draw = draw.saturating_sub(of.count);
                        found
                    });
                    let of = place.map_or(rare.last(), |place| rare.get(place));
                    let text = of.map_or_else(String::new, |of| of.shape.fresh(stream, &|text| self.is_real(text)));
                    // Where other slots use up what there is, a frequent value says less than a real rare one.
                    let guarded = of.is_some_and(|of| matches!(&of.shape, Shape::Grammar(grammar) if grammar.guarded));
                    let mut frequent = atoms.iter().filter(|atom| !names_nothing(atom));
                    let count = frequent.clone().count() as u64;
                    if guarded && count > 0 && self.is_real(&text) {
                        let atom = frequent.nth(stream.below(count) as usize);
                        return json.push_str(atom.map_or("null", |atom| atom));
                    }
                    push_text(json, &text, of.is_none_or(|of| of.quoted));
                }
            },
            Values::Numbers { atoms, quoted, ranges, .. } => match atoms.get(bin as usize) {
                Some(atom) => json.push_str(atom),
                None => {
                    let Some(range) = ranges.get(bin as usize - atoms.len()).or(ranges.last()) else {
                        return json.push_str(atoms.first().map_or("null", |atom| atom));
                    };
                    let quotes = if *quoted { "\"" } else { "" };
                    let text = self.number(&self.slots[slot as usize].values, range, stream);
                    [quotes, text.as_str(), quotes].iter().for_each(|part| json.push_str(part));
                }
            },
            Values::Identifier { .. } => json.push_str("null"),
        }
    }

    /// A number of a range as text; one that is not real, where these stand for things.
    fn number(&self, of: &Values, range: &(i64, Histogram), stream: &mut Stream) -> String {
        let Values::Numbers { decimals, written, guarded, .. } = of else { return String::new() };
        let (low, above) = range;
        let mut number = low.saturating_add_unsigned(above.value_at(stream.below(above.count())).unwrap_or(0));
        let mut text = number_text(number, *decimals, *written);
        let most = low.saturating_add_unsigned(above.max);
        for attempt in 0..if *guarded { NUMBER_ATTEMPTS } else { 0 } {
            if !self.is_real(&text) {
                break;
            }
            // Another one, and then one beside it: a range may be known by few numbers only.
            let drawn = low.saturating_add_unsigned(above.value_at(stream.below(above.count())).unwrap_or(0));
            let around = above.max / NUMBER_ATTEMPTS * attempt;
            number = drawn.saturating_add_unsigned(stream.below(around.saturating_add(1)));
            number = if number > most {
                low.saturating_add_unsigned(stream.below(above.max.saturating_add(1)))
            } else {
                number
            };
            text = number_text(number, *decimals, *written);
        }
        text
    }
}
