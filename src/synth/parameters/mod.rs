//! Parameters of events: constants and words by frequency, numbers by quantiles, identifiers bound within a trace and
//! shared by degree; values depend on the transition and on earlier values of the trace.
//!
//! Real values that fewer than k distinct traces have are never repeated, nor are parts of them: grammars are learned
//! from them instead. Learning works on a sample of traces (those of smallest hash, within a bound on memory), so the
//! order of traces does not matter.
//!
//! ```text
//! GET /cart/7 from 10.0.0.7     slot 1   drawn by frequency if five traces have it, else made by a grammar
//! hit cart:7                    slot 1   drawn by what GET had before in the trace, where both hang together
//! query took 21 ms              slot 1   a number within the ranges that were seen
//! ```
//!
//! In reading order:
//!
//! 1. `learn`: takes traces one by one into the sample, and makes a model of it at the end
//! 2. `shape`, `kinds`, `grammar`: what values have in common, so that fresh ones look alike
//! 3. `real`, `few`: which values enough traces have to be repeated, and what is kept of the others
//! 4. `classes`, `identity`: which slots name the same kind of thing, and how traces share its values
//! 5. `depend`, `earlier`: which earlier parameter a parameter depends on, and which it copies
//! 6. `model`: the result, [`ParameterModel`], as it is stored with a generator
//! 7. `draw`, `guarded`: the parameters of one trace, from one random stream

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
pub use few::{Few, LEAST, Text, are_single, digit_count, next_numbers};
pub use grammar::Grammar;
pub use learn::{Learner, scaled};
pub use model::{Class, Form, ParameterModel, Rare, Slot, Values, spanned};
pub use real::{Permitted, RealValues};
