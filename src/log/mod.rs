//! From log rows to events: line formats, templates and parameters, keys found in text.
//!
//! * [`token`], [`kind`]: what a line consists of, and which kind each value is
//! * [`miner`]: the mergeable state that lines are added to
//! * [`cluster`]: from that state to templates
//! * [`templates`]: the templates: parse a line, rebuild it, store them

mod cells;
mod chunks;
pub mod cluster;
pub mod kind;
mod lists;
mod matcher;
pub mod miner;
pub mod scan;
mod shape;
mod skeleton;
pub mod templates;
pub mod token;
mod words;

pub use kind::SlotKind;
pub use miner::{MinerOptions, TemplateMiner};
pub use templates::{Parsed, Template, Templates};
