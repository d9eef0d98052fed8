//! Paths: which events, in which order.
//!
//! A generator walks a graph whose nodes are contexts: what is remembered of the events so far. The machine alone
//! forgets too much for some logs, so the context may also hold the last events or the set of all.
//!
//! ```text
//! context "last event"   after hit:   sent page 1334
//!                        after miss:  query took 665, query failed 1
//! a draw                 a whole number below 666 picks "query failed" with probability 1/666
//! ```
//!
//! In reading order:
//!
//! 1. `context`: what of the past a node remembers, as a 128-bit sum and hash that is updated event by event
//! 2. `choose`: the abstraction that describes held-out traces best and breaks no mined invariant
//! 3. `graph`: the graph of that abstraction, walked together with the machine, with counts as weights
//! 4. `condition`: the graph of exactly those walks that meet the caller's conditions
//! 5. `solve`: probabilities over all walks, in one fixed order of operations, as conditions and amplification need
//!    them
//! 6. `amplify`: rare pairs of events made frequent, with weights that undo it
//! 7. `walk`: the walk itself, by integer draws

pub mod amplify;
pub mod choose;
pub mod condition;
pub mod context;
pub mod graph;
pub mod solve;
pub mod walk;
