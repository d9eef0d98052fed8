//! Values that name things: which of a trace's own is meant, and what a new one is.

use super::draw::{Bound, Drawing, pick};
use super::model::{ANY, Counts, NEW, ParameterModel, Values, row};
use crate::synth::random::Stream;

impl ParameterModel {
    /// A value of a class: one that the trace has had, or a fresh one. Gives its number in the trace.
    pub(super) fn identifier(
        &self,
        how: &Values,
        occurrence: u32,
        drawing: &mut Drawing<'_>,
        bound: &mut Bound,
    ) -> u32 {
        let Values::Identifier { class, table, shared: common, single, .. } = how else { return 0 };
        let (class, key, stream) = (*class, drawing.shared, &mut *drawing.stream);
        let (values, last) = &mut bound.values[class as usize];
        let counts = row(table, &[(occurrence, *last), (occurrence, ANY), (ANY, *last)]);
        let of_class = &self.classes[class as usize];
        let mut index = pick(counts, stream).unwrap_or(NEW);
        if index != NEW && index as usize >= values.len() {
            // The trace has had fewer values than those learned from: one of what it can have.
            let known: Counts =
                counts.iter().filter(|c| c.0 == NEW || (c.0 as usize) < values.len()).copied().collect();
            index = pick(&known, stream).unwrap_or(NEW);
        }
        if index == NEW && common.is_empty() && single.is_empty() && *last != ANY {
            // No value is ever introduced here.
            index = *last;
        }
        if of_class.constant && !values.is_empty() {
            // Also where no real trace has so many, as in one with a fault.
            index = 0;
        }
        if (index as usize) < values.len() {
            *last = index;
            return index;
        }
        let mut text = String::new();
        for _ in 0..16 {
            text = self.introduced(how, key, stream);
            if !values.iter().any(|value| **value == *text) {
                break;
            }
        }
        *last = values.len() as u32;
        values.push(text.into());
        *last
    }

    /// A value of a class that its trace has not had: one that traces share, or one of its own.
    pub(super) fn introduced(&self, how: &Values, key: &[u8; 32], stream: &mut Stream) -> String {
        let Values::Identifier { class, shared, single, .. } = how else { return String::new() };
        let of_class = &self.classes[*class as usize];
        let (of_shared, of_single): (u64, u64) = (shared.iter().map(|c| c.1).sum(), single.iter().map(|c| c.1).sum());
        let is_real = |text: &str| self.is_real(text);
        if stream.below(of_shared + of_single) < of_shared {
            let number = pick(shared, stream).unwrap_or(0);
            if let Some(text) = of_class.text(number) {
                return text.to_string();
            }
            // The same for all traces of a run.
            let mut own = Stream::new(key, u64::from(*class) << 32 | u64::from(number));
            let shape = of_class.shared.get(number as usize).and_then(|&shape| of_class.shapes.get(shape as usize));
            return shape.map_or_else(String::new, |shape| shape.fresh(&mut own, &is_real));
        }
        // A slot that never brings a new value in real traces takes a shape of its class.
        let mut any = || stream.below(of_class.shapes.len() as u64) as u32;
        let shape = if single.is_empty() { Some(any()) } else { pick(single, stream) };
        let shape = shape.and_then(|shape| of_class.shapes.get(shape as usize));
        shape.map_or_else(String::new, |shape| shape.fresh(stream, &is_real))
    }
}
