//! Parameters of events: constants and words by frequency, numbers by quantiles, identifiers bound within a trace and
//! shared by degree; values depend on the transition and on earlier values of the trace.
//!
//! Real values seen fewer than k times are never repeated: their shapes are learned instead. Learning works on a sample
//! of traces (those of smallest hash, within a bound on memory), so the order of traces does not matter.

mod classes;
mod depend;
mod draw;
mod learn;
mod model;
pub mod shape;

pub use draw::Drawn;
pub use learn::{Learner, scaled};
pub use model::{Class, Form, ParameterModel, Slot, Values, spanned};
