//! Parameters of events: constants and words by frequency, numbers by quantiles, identifiers bound within a trace and
//! shared by degree; values depend on the transition and on earlier values of the trace.
//!
//! Real values that fewer than k distinct traces have are never repeated, nor are parts of them: grammars are learned
//! from them instead. Learning works on a sample of traces (those of smallest hash, within a bound on memory), so the
//! order of traces does not matter.

mod bins;
mod classes;
mod depend;
mod draw;
mod earlier;
mod few;
mod grammar;
mod guarded;
mod identity;
mod kinds;
mod learn;
mod model;
mod real;
pub mod shape;

pub use draw::{Drawn, fits_rare};
pub use earlier::EarlierModel;
pub use few::{Few, LEAST, Text};
pub use grammar::Grammar;
pub use learn::{Learner, scaled};
pub use model::{Class, Form, ParameterModel, Rare, Slot, Values, spanned};
pub use real::{Permitted, RealValues};
