//! Seeded synthetic traces: paths by a graph of contexts, times by the delays, parameters by kind.
//!
//! A trace depends on (fingerprint, seed, options, its number) only, so that any slice, order or number of workers
//! gives the same rows. Sampling decisions use integers only and are the same on every platform; probabilities that
//! become integer weights are solved with IEEE + − × ÷ in a fixed order.

pub mod ahead;
pub mod checks;
pub mod cover;
mod durations;
pub mod fidelity;
pub mod formats;
mod generator;
mod mutate;
mod options;
pub mod parameters;
pub mod paths;
mod plan;
pub(crate) mod random;
pub mod time;

pub use generator::{Generator, Synthetic};
pub use mutate::{Mutant, Mutation, follow};
pub use options::{Condition, OPTIONS};
pub use plan::{GENERATOR_VERSION, Plan, PlanLearner, Playout, over, variant_hash};
