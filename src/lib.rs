//! logfsm: state machines from log tables.
//!
//! Data flows one way, and each module is a stage of it:
//!
//! ```text
//! log rows → events → traces → prefix tree → state machine → tables → generate · score · watch · draw
//!   log       trace     trace     automaton      infer         pg       synth     conform   pg   automaton
//! ```
//!
//! * [`log`]: templates and parameters from message text
//! * [`trace`]: events in order, one trace per execution
//! * [`automaton`]: prefix trees and state machines with counts, delays and samples; their forms and pictures
//! * [`infer`]: learners, one file each, behind one trait
//! * [`synth`]: seeded synthetic traces from a machine
//! * [`conform`]: replay, acceptance, scores and explanations
//! * `pg`: the Postgres surface, the only place with pgrx or unsafe code
//! * [`error`]: what can go wrong, in the caller's terms
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
