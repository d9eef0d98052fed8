//! Seeded synthetic traces: paths by a graph of contexts, times by the delays, parameters by kind.
//!
//! A trace depends on (fingerprint, seed, options, its number) only, so that any slice, order or number of workers
//! gives the same rows. Sampling decisions use integers only and are the same on every platform; probabilities that
//! become integer weights are solved with IEEE + − × ÷ in a fixed order.
//!
//! ```text
//! prefix tree, machine, traces ─ PlanLearner ─▶ Plan ─ seed, options ─▶ Generator ─ trace(n) ─▶ Synthetic
//!
//! trace 17 of seed 42   path   GET · miss · query took · sent page        drawn by counts
//!                       times  each delay drawn from those of its transition
//!                       values <*> of GET by its kind and by how frequent real ones are
//! ```
//!
//! In reading order:
//!
//! * `random`: one ChaCha8 stream for each purpose and trace number
//! * `paths`, `time`, `durations`, `parameters`: which events, when, how long in all, with which values
//! * `plan`: what is learned once and stored as the SQL type `generator`; `options`: what a caller may ask for
//! * `generator`: the trace of any number; `generator/make` turns a path into a trace
//! * `mutate`: anomalies on purpose; `cover`: test cases; `ahead`: traces made by threads while others are written
//! * `checks`: rules that every run must keep; `fidelity`: how far a run is from the real traces

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
