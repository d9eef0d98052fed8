//! The stored form of version 1, which is read for ever.

use super::model::{Class, Counts, Form, ParameterModel, Rare, Slot, Values};
use super::shape::{EarlierShape, Shape};
use crate::automaton::{Histogram, LabelId};
use serde::Deserialize;

/// A [`ParameterModel`] of version 1.
#[derive(Deserialize)]
pub struct EarlierModel {
    slots: Vec<EarlierSlot>,
    forms: Vec<Form>,
    form_counts: Vec<(u32, LabelId, Counts)>,
    classes: Vec<EarlierClass>,
    real: Vec<u64>,
    least: u64,
}

#[derive(Deserialize)]
struct EarlierSlot {
    label: LabelId,
    name: Box<str>,
    values: EarlierValues,
    parent: Option<u32>,
    copies: Option<u32>,
    table: Vec<(u32, u32, Counts)>,
}

#[derive(Deserialize)]
enum EarlierValues {
    Words { atoms: Vec<Box<str>>, rare: Vec<(EarlierShape, u64)> },
    Numbers { atoms: Vec<Box<str>>, decimals: u32, quoted: bool, ranges: Vec<(i64, Histogram)> },
    Identifier { class: u32, quoted: bool, table: Vec<(u32, u32, Counts)>, shared: Counts, single: Counts },
}

#[derive(Deserialize)]
struct EarlierClass {
    shapes: Vec<EarlierShape>,
    constant: bool,
    shared: Vec<u32>,
}

impl From<EarlierModel> for ParameterModel {
    fn from(earlier: EarlierModel) -> Self {
        let EarlierModel { slots, forms, form_counts, classes, real, least } = earlier;
        let slots = slots.into_iter().map(Slot::from).collect();
        let classes = classes.into_iter().map(Class::from).collect();
        ParameterModel { slots, forms, form_counts, classes, real, least }
    }
}

impl From<EarlierSlot> for Slot {
    fn from(earlier: EarlierSlot) -> Self {
        let EarlierSlot { label, name, values, parent, copies, table } = earlier;
        Slot { label, name, values: values.into(), parent, copies, table }
    }
}

impl From<EarlierClass> for Class {
    fn from(EarlierClass { shapes, constant, shared }: EarlierClass) -> Self {
        let shapes = shapes.into_iter().map(Shape::Earlier).collect();
        Class { shapes, constant, shared, texts: Vec::new(), format: None }
    }
}

impl From<EarlierValues> for Values {
    fn from(earlier: EarlierValues) -> Self {
        match earlier {
            EarlierValues::Words { atoms, rare } => {
                let shape = |(shape, count)| Rare { shape: Shape::Earlier(shape), quoted: true, count };
                Values::Words { atoms, rare: rare.into_iter().map(shape).collect(), format: None }
            }
            EarlierValues::Numbers { atoms, decimals, quoted, ranges } => {
                Values::Numbers { atoms, decimals, quoted, written: decimals, guarded: false, ranges }
            }
            EarlierValues::Identifier { class, quoted, table, shared, single } => {
                Values::Identifier { class, quoted, plain: Vec::new(), named: 1, table, shared, single }
            }
        }
    }
}
