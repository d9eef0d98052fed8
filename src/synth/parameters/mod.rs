//! Parameters of events: constants and words by frequency, numbers by quantiles, identifiers bound within a trace and
//! shared by degree; values depend on the transition and on earlier values of the trace.
//!
//! Real values seen fewer than k times are never repeated: their shapes are learned instead. Learning works on a sample
//! of traces (those of smallest hash, within a bound on memory), so the order of traces does not matter.
//!
//! ```text
//! GET /cart/7 from 10.0.0.7     slot 1   drawn by frequency if seen five times or more, else made by its shape
//! hit cart:7                    slot 1   drawn by what GET had before in the trace, where both hang together
//! query took 21 ms              slot 1   a number within the ranges that were seen
//! ```
//!
//! In reading order:
//!
//! 1. `learn`: takes traces one by one into the sample, and makes a model of it at the end
//! 2. `shape`: what values have in common, so that fresh ones look alike
//! 3. `classes`: which slots name the same kind of thing, and how traces share its values
//! 4. `depend`: which earlier parameter a parameter depends on, and which it copies
//! 5. `model`: the result, [`ParameterModel`], as it is stored with a generator
//! 6. `draw`: the parameters of one trace, from one random stream

mod classes;
mod depend;
mod draw;
mod learn;
mod model;
pub mod shape;

pub use draw::Drawn;
pub use learn::{Learner, scaled};
pub use model::{Class, Form, ParameterModel, Slot, Values, spanned};
