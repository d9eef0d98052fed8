//! logfsm: state machines from log tables.
//!
//! Data flows one way, and each module is a stage of it:
//!
//! ```text
//! log rows → events → traces → prefix tree → state machine → tables → generate · score · watch · draw
//!   log       trace     trace     automaton      infer         pg       synth     conform   pg   automaton
//! ```
//!
//! In reading order:
//!
//! * [`trace`]: events in order, one trace per execution
//! * [`log`]: templates and parameters from message text
//! * [`automaton`]: prefix trees and state machines with counts, delays and samples; their forms and pictures
//! * [`infer`]: learners, one file each, behind one trait
//! * [`conform`]: replay, acceptance, scores and explanations
//! * [`synth`]: seeded synthetic traces from a machine, the rules they keep, and how far they are from real ones
//! * `pg`: the Postgres surface, the only place with pgrx or unsafe code but its tests (`pg_test/`)
//! * [`error`]: what can go wrong, in the caller's terms
//! * [`interrupt`]: whether to go on, for loops that cannot be handed a [`Control`](infer::Control)
//!
//! The running example of the modules' pages is the shop of README.md: 2,000 requests, each a trace of one of three
//! variants, which make a prefix tree of 9 states and a machine of 6.
//!
//! ```text
//! 1,334 ×  GET · hit · sent page
//!   665 ×  GET · miss · query took · sent page
//!     1 ×  GET · miss · query failed · sent error
//! ```
//!
//! `docs/architecture.md` has the types and sizes at each arrow and a model's life, `docs/glossary.md` the terms.
#![cfg_attr(not(feature = "pg"), forbid(unsafe_code))]

pub mod automaton;
pub mod conform;
pub mod error;
pub mod infer;
pub mod interrupt;
pub mod log;
pub mod synth;
pub mod trace;

#[cfg(feature = "pg")]
mod pg;

#[cfg(all(feature = "pg", feature = "pg_test"))]
#[path = "../pg_test/mod.rs"]
mod in_database;

/// What `cargo pgrx test` asks of a crate.
#[cfg(all(test, feature = "pg"))]
pub mod pg_test {
    /// Nothing to prepare.
    pub fn setup(_options: Vec<&str>) {}

    /// Settings of the test cluster.
    #[must_use]
    pub fn postgresql_conf_options() -> Vec<&'static str> {
        vec!["max_parallel_workers = 4", "fsync = off"]
    }
}
