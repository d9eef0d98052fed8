//! From log rows to events: line formats, templates and parameters, keys found in text.
//!
//! * `format`: named-group line formats
//! * `token`, `kind`: what a line consists of, and which kind each value is
//! * `miner`: the mergeable state that lines are added to
//! * `templates`: the templates: parse a line, rebuild it, store them

mod cells;
mod chunks;
mod cluster;
mod format;
mod format_builtin;
mod format_explain;
mod format_json;
mod format_pattern;
mod format_read;
mod format_time;
mod keys;
mod kind;
mod leaf;
mod lists;
mod matcher;
mod miner;
mod scan;
mod shape;
mod skeleton;
mod templates;
mod token;
mod words;

pub use format::{Event, FormatOptions, Line, LineFormats, OnUnmatched};
pub use format_builtin::BUILTIN_FORMATS;
pub use format_explain::{Explanation, explain_format};
pub use format_read::{Log, TraceEvents};
pub use format_time::Time;
pub use keys::{KeyPattern, slot_keys};
pub use kind::SlotKind;
pub use miner::{MINER_VERSION, MinerOptions, TemplateMiner};
pub use templates::{Parsed, Piece, Scratch, TEMPLATES_VERSION, Template, Templates};
