//! What parameters are generated from.

use super::shape::Shape;
use crate::automaton::{Histogram, LabelId};
use crate::synth::formats::Format;
use serde::{Deserialize, Serialize};

/// Anything, in keys of tables.
pub const ANY: u32 = u32::MAX;
/// The bin of values equal to those of the slot that is copied from.
pub const COPY: u32 = u32::MAX - 1;
/// A value of the class that its trace has not had before.
pub const NEW: u32 = u32::MAX;
/// What a table's row needs to be used rather than the next, coarser one.
pub const LEAST_ROW: u64 = 5;

/// What parameters are generated from; empty where traces have none.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ParameterModel {
    /// Slots, ascending by event type and name.
    pub slots: Vec<Slot>,
    /// Sets of slots that events have, ascending.
    pub forms: Vec<Form>,
    /// (transition or `ANY`, event type, (form, count)), ascending: which forms occur.
    pub form_counts: Vec<(u32, LabelId, Counts)>,
    /// Classes of identifiers.
    pub classes: Vec<Class>,
    /// A Bloom filter over the hashes of all real identifiers and pooled values.
    pub real: Vec<u64>,
    /// Values of fewer traces were pooled.
    pub least: u64,
}

/// Which parameters an event has: `None` of them, or an array or object of slots.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Form {
    /// No parameters.
    None,
    /// An array with these slots.
    Array(Vec<u32>),
    /// An object with these slots.
    Object(Vec<u32>),
}

/// One parameter of an event type.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Slot {
    /// The event type.
    pub label: LabelId,
    /// The key, or the position from 1.
    pub name: Box<str>,
    /// How values are made.
    pub values: Values,
    /// The slot whose latest value decides most about this one's.
    pub parent: Option<u32>,
    /// The slot whose latest value is often this one's.
    pub copies: Option<u32>,
    /// (transition or `ANY`, parent's bin or `ANY`, (bin, count)), ascending.
    pub table: Vec<(u32, u32, Counts)>,
}

/// Bins or indexes with their counts.
pub type Counts = Vec<(u32, u64)>;

/// How a slot's values are made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Values {
    /// Bins 0.. are these JSON texts; the one after them is for rare ones, made by their shapes.
    Words {
        /// Frequent values as JSON text.
        atoms: Vec<Box<str>>,
        /// Shapes of the rare ones.
        rare: Vec<Rare>,
        /// What rare values look like, for checks; generators of version 1 had none.
        format: Option<Format>,
    },
    /// Bins 0.. are these JSON texts; those after them are ranges of numbers.
    Numbers {
        /// Frequent values as JSON text.
        atoms: Vec<Box<str>>,
        /// Digits after the point.
        decimals: u32,
        /// True where numbers are written as strings.
        quoted: bool,
        /// Fewest digits after the point: 0s at the end beyond these are not written.
        written: u32,
        /// True where numbers are so sparse that one stands for a thing: real ones are avoided.
        guarded: bool,
        /// Ranges, ascending: the smallest number and the distances from it.
        ranges: Vec<(i64, Histogram)>,
    },
    /// Values of a class, bound within a trace.
    Identifier {
        /// The class.
        class: u32,
        /// True where values are JSON strings.
        quoted: bool,
        /// Values that name nothing, such as null, as JSON text with counts.
        plain: Vec<(Box<str>, u64)>,
        /// How many other values there are.
        named: u64,
        /// (occurrence of the slot in its trace or `ANY`, previous value of the class or `ANY`, (value by order of
        /// introduction or `NEW`, count)), ascending.
        table: Vec<(u32, u32, Counts)>,
        /// Shared values introduced here: (number, count).
        shared: Counts,
        /// Values of one trace introduced here: (shape, count).
        single: Counts,
    },
}

/// Rare values of a slot that look alike.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rare {
    /// Their shape.
    pub shape: Shape,
    /// True where they are JSON strings; others are written as JSON.
    pub quoted: bool,
    /// How often they were seen.
    pub count: u64,
}

/// Identifiers that are one kind of thing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Class {
    /// Shapes of its values.
    pub shapes: Vec<Shape>,
    /// True where every real trace has one value of it at most.
    pub constant: bool,
    /// The shapes of values that several traces share.
    pub shared: Vec<u32>,
    /// Those of them that are repeated, being frequent and no names of single things; shorter where no later one is.
    pub texts: Vec<Option<Box<str>>>,
    /// What values look like, for checks; generators of version 1 had none.
    pub format: Option<Format>,
}

impl Class {
    /// The text of a shared value that is repeated.
    pub fn text(&self, shared: u32) -> Option<&str> {
        self.texts.get(shared as usize)?.as_deref()
    }
}

/// True for a number from the smallest to the largest of some ranges, ascending, be it between two of them.
pub fn spanned(ranges: &[(i64, Histogram)], number: i64) -> bool {
    let most = ranges.iter().map(|(low, above)| low.saturating_add_unsigned(above.max)).max();
    ranges.first().is_some_and(|r| r.0 <= number) && most.is_some_and(|most| number <= most)
}

/// The row of a table for the finest keys that have enough counts.
pub fn row<'a>(table: &'a [(u32, u32, Counts)], keys: &[(u32, u32)]) -> &'a [(u32, u64)] {
    let of = |key: &(u32, u32)| {
        let found = table.binary_search_by_key(key, |row| (row.0, row.1)).ok()?;
        Some(table[found].2.as_slice())
    };
    let enough = |counts: &&[(u32, u64)]| counts.iter().map(|c| c.1).sum::<u64>() >= LEAST_ROW;
    keys.iter().filter_map(of).find(enough).or_else(|| of(&(ANY, ANY))).unwrap_or(&[])
}

impl ParameterModel {
    /// True where values must be kept from being real ones.
    pub fn has_identifiers(&self) -> bool {
        !self.slots.is_empty()
    }

    /// True where there are parameters to generate.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// Why this cannot be a model over so many labels and transitions, if so.
    pub fn problem(&self, labels: usize, _transitions: usize) -> Option<&'static str> {
        let slot = |s: &u32| (*s as usize) < self.slots.len();
        let slots = self.slots.iter().all(|s| {
            (s.label as usize) < labels
                && s.parent.iter().all(slot)
                && s.copies.iter().all(slot)
                && self.fits(&s.values)
        });
        let forms = self.forms.iter().all(|form| match form {
            Form::None => true,
            Form::Array(slots) | Form::Object(slots) => slots.iter().all(slot),
        });
        let counts = self.form_counts.iter().all(|row| row.2.iter().all(|c| (c.0 as usize) < self.forms.len()));
        let classes = self.classes.iter().all(|c| c.shared.iter().all(|s| (*s as usize) < c.shapes.len()));
        if !(slots && forms && counts && classes) {
            return Some("A generator's parameter refers to nothing.");
        }
        let rare = self.slots.iter().flat_map(|slot| match &slot.values {
            Values::Words { rare, .. } => rare.as_slice(),
            _ => &[],
        });
        let shapes = self.classes.iter().flat_map(|class| &class.shapes).chain(rare.map(|rare| &rare.shape));
        shapes.filter_map(Shape::problem).next()
    }

    fn fits(&self, values: &Values) -> bool {
        match values {
            Values::Words { .. } => true,
            Values::Numbers { ranges, decimals, .. } => {
                *decimals <= 9 && ranges.iter().all(|r| r.1.problem().is_none())
            }
            Values::Identifier { class, shared, single, .. } => {
                self.classes.get(*class as usize).is_some_and(|class| {
                    shared.iter().all(|s| (s.0 as usize) < class.shared.len())
                        && single.iter().all(|s| (s.0 as usize) < class.shapes.len())
                })
            }
        }
    }
}
