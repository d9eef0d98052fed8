//! Values that meet a guard, chosen for it where drawing as usual does not find any.

use super::draw::{Bound, Drawing, NUMBER_ATTEMPTS, pick, quoted_text};
use super::learn::{json_text, number_text};
use super::model::{ANY, COPY, Counts, Form, ParameterModel, Values, row};
use crate::automaton::guard::{Choice, Node, Test, number};
use crate::interrupt;
use crate::synth::random::Stream;

/// Values that are looked at per slot.
const CANDIDATES: u64 = 32;
/// A question on the way to a transition, and the answer it needs.
type Needed<'c> = (&'c str, &'c Test, bool);

/// What an event must have: its form, and some of its values as JSON text.
#[derive(Debug, Clone, Default)]
pub(super) struct Chosen {
    pub form: Option<u32>,
    pub values: Vec<(u32, String)>,
}

impl Chosen {
    /// The value chosen for a slot.
    pub fn take(&mut self, slot: u32) -> Option<String> {
        let place = self.values.iter().position(|value| value.0 == slot)?;
        Some(self.values.swap_remove(place).1)
    }
}

/// The ways through a decision tree that lead to a transition.
fn ways(choice: &Choice, transition: u32) -> Vec<Vec<Needed<'_>>> {
    let mut found = Vec::new();
    let mut open: Vec<(usize, Vec<Needed<'_>>)> = vec![(0, Vec::new())];
    while let Some((at, needed)) = open.pop() {
        match choice.nodes.get(at) {
            Some(Node::Ask { slot, test, yes, no }) => {
                for (next, answer) in [(no, false), (yes, true)] {
                    let mut needed = needed.clone();
                    needed.push((&**slot, test, answer));
                    open.push((*next as usize, needed));
                }
            }
            Some(Node::Take(positions)) if positions.contains(&transition) => found.push(needed),
            _ => {}
        }
    }
    found
}

/// The value that a guard sees; `None` for null.
fn seen(json: &str) -> Option<String> {
    (json != "null").then(|| json_text(json).1)
}

impl ParameterModel {
    /// What an event on a transition must have for its guard to hold; `None` where nothing is found.
    pub(super) fn meeting(
        &self,
        choice: &Choice,
        (label, transition): (u32, u32),
        drawing: &mut Drawing<'_>,
        bound: &Bound,
    ) -> Option<Chosen> {
        let ways = ways(choice, transition);
        let of_label = self.form_counts.iter().filter(|row| row.1 == label && (row.0 == transition || row.0 == ANY));
        let mut forms: Vec<u32> = of_label.flat_map(|row| &row.2).map(|count| count.0).collect();
        forms.sort_unstable();
        forms.dedup();
        for way in &ways {
            for &form in &forms {
                // An event type may have thousands of sets of parameters.
                interrupt::check();
                let slots: &[u32] = match &self.forms[form as usize] {
                    Form::None => &[],
                    Form::Array(slots) | Form::Object(slots) => slots,
                };
                if let Some(values) = self.values_for(way, (slots, transition), drawing, bound) {
                    return Some(Chosen { form: Some(form), values });
                }
            }
        }
        None
    }

    /// Values for the slots of an event that are asked for; `None` where some answer cannot be had.
    fn values_for(
        &self,
        way: &[Needed<'_>],
        (slots, transition): (&[u32], u32),
        drawing: &mut Drawing<'_>,
        bound: &Bound,
    ) -> Option<Vec<(u32, String)>> {
        let place = |name: &str| slots.iter().copied().find(|&slot| *self.slots[slot as usize].name == *name);
        // What another slot is compared with comes first.
        let others = way.iter().filter_map(|(_, test, _)| test.other());
        let mut names: Vec<&str> = others.chain(way.iter().map(|needed| needed.0)).collect();
        let mut known: Vec<&str> = Vec::new();
        names.retain(|name| {
            let fresh = !known.contains(name);
            known.push(name);
            fresh
        });
        let mut values: Vec<(u32, String)> = Vec::new();
        for (at, name) in names.iter().enumerate() {
            let value_of = |name: &str| -> Option<String> {
                let slot = place(name)?;
                values.iter().find(|v| v.0 == slot).and_then(|v| seen(&v.1))
            };
            // Questions about this slot and about others chosen before it.
            let decided = |needed: &&Needed<'_>| {
                let (slot, other) = (needed.0, needed.1.other());
                let before = |name: &str| names[..at].contains(&name) || place(name).is_none();
                slot == *name && other.is_none_or(|o| o == *name || before(o)) || other == Some(*name) && before(slot)
            };
            let needed: Vec<&Needed<'_>> = way.iter().filter(decided).collect();
            let holds = |value: Option<&str>| {
                needed.iter().all(|(slot, test, answer)| {
                    let of = |asked: &str| if asked == *name { value.map(str::to_string) } else { value_of(asked) };
                    test.holds(of(slot).as_deref(), test.other().and_then(of).as_deref()) == *answer
                })
            };
            let Some(slot) = place(name) else {
                if holds(None) {
                    continue;
                }
                return None;
            };
            let bounds: Vec<f64> = needed.iter().filter_map(|needed| limit(needed, name, &value_of)).collect();
            let candidates = self.candidates((slot, transition), &bounds, drawing, bound);
            let found = candidates.into_iter().find(|json| holds(seen(json).as_deref()))?;
            values.push((slot, found));
        }
        Some(values)
    }

    /// Values that a slot can have: first as many as usual on a transition, so that those chosen are as frequent as real
    /// ones are where the guard holds; then all frequent ones, and numbers on both sides of some bounds.
    fn candidates(
        &self,
        (slot, transition): (u32, u32),
        bounds: &[f64],
        drawing: &mut Drawing<'_>,
        bound: &Bound,
    ) -> Vec<String> {
        let stream = &mut *drawing.stream;
        let of = &self.slots[slot as usize];
        let bins: Counts = row(&of.table, &[(transition, ANY)]).iter().filter(|c| c.0 != COPY).copied().collect();
        let mut usual: Vec<String> = Vec::new();
        let mut others: Vec<String> = Vec::new();
        if let (Values::Words { .. } | Values::Numbers { .. }, false) = (&of.values, bins.is_empty()) {
            for _ in 0..CANDIDATES {
                let mut json = String::new();
                self.of_bin(slot, pick(&bins, stream).unwrap_or(0), stream, &mut json);
                usual.push(json);
            }
        }
        match &of.values {
            Values::Words { atoms, .. } => others.extend(atoms.iter().map(|atom| atom.to_string())),
            Values::Numbers { atoms, decimals, written, quoted, ranges, .. } => {
                others.extend(atoms.iter().map(|atom| atom.to_string()));
                let (low, high) =
                    (ranges.first().map(|r| r.0), ranges.iter().map(|r| r.0.saturating_add_unsigned(r.1.max)).max());
                if let (Some(low), Some(high)) = (low, high) {
                    for pair in cuts(low, high, bounds, *decimals).windows(2) {
                        for _ in 0..NUMBER_ATTEMPTS {
                            let number = pair[0].saturating_add_unsigned(stream.below(pair[0].abs_diff(pair[1])));
                            others.push(quoted_text(&number_text(number, *decimals, *written), *quoted));
                        }
                    }
                }
            }
            Values::Identifier { class, quoted, plain, .. } => {
                let (known, _) = &bound.values[*class as usize];
                usual.extend(known.iter().map(|text| quoted_text(text, *quoted)));
                if usual.is_empty() || !self.classes[*class as usize].constant {
                    let texts = self.classes[*class as usize].texts.iter().flatten();
                    others.extend(texts.take(CANDIDATES as usize).map(|text| quoted_text(text, *quoted)));
                    for _ in 0..CANDIDATES {
                        usual.push(quoted_text(&self.introduced(&of.values, drawing.shared, stream), *quoted));
                    }
                }
                others.extend(plain.iter().map(|p| p.0.to_string()));
            }
        }
        shuffle(&mut usual, stream);
        shuffle(&mut others, stream);
        usual.extend(others);
        usual
    }
}

/// A number that a question compares a slot with.
fn limit(needed: &Needed<'_>, name: &str, value_of: &dyn Fn(&str) -> Option<String>) -> Option<f64> {
    match needed.1 {
        Test::AtMost(most) => Some(most.0),
        Test::OneOf(texts) => texts.iter().find_map(|text| number(text)),
        Test::Missing => None,
        Test::AtMostSlot { slot, plus } if **slot == *name => Some(number(&value_of(needed.0)?)? - plus.0),
        Test::AtMostSlot { slot, plus } => Some(number(&value_of(slot)?)? + plus.0),
    }
}

/// The ends of a range of scaled numbers, with what is just above each bound within it.
fn cuts(low: i64, high: i64, bounds: &[f64], decimals: u32) -> Vec<i64> {
    let scale = 10f64.powi(decimals as i32);
    let mut cuts = vec![low, high.saturating_add(1)];
    for bound in bounds {
        let at = libm::floor(bound * scale);
        let near = [at, at + 1.0].map(|at| at as i64);
        cuts.extend(near.into_iter().filter(|cut| (low..=high).contains(cut)));
    }
    cuts.sort_unstable();
    cuts.dedup();
    cuts
}

/// Puts values in random order (Fisher & Yates 1938).
fn shuffle(values: &mut [String], stream: &mut Stream) {
    for i in (1..values.len()).rev() {
        values.swap(i, stream.below(i as u64 + 1) as usize);
    }
}
