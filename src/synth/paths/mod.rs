//! Paths: which events, in which order.

pub mod amplify;
pub mod choose;
pub mod condition;
pub mod context;
pub mod graph;
pub mod solve;
pub mod walk;
