//! From log rows to events: line formats, templates and parameters, keys found in text.
//!
//! * `format`: named-group line formats
//! * `token`, `kind`: what a line consists of, and which kind each value is
//! * `miner`: the mergeable state that lines are added to
//! * `templates`: the templates: parse a line, rebuild it, store them

mod ansi;
mod assigned;
mod cells;
mod chunks;
mod classify;
mod cluster;
mod dates;
mod event;
mod format;
mod format_builtin;
mod format_explain;
mod format_fields;
mod format_iso;
mod format_json;
mod format_match;
mod format_one;
mod format_pattern;
mod format_read;
mod format_time;
mod keys;
mod kind;
mod leaf;
mod line_reader;
mod lists;
mod log_records;
mod masks;
mod matcher;
mod miner;
mod moved;
mod optional;
mod pattern;
mod scan;
mod settings;
mod shape;
mod skeleton;
mod templates;
mod templates_form;
mod token;
mod words;

pub use event::{Event, Line};
pub use format::{FormatOptions, LineFormats, OnUnmatched};
pub use format_builtin::{BUILTIN_FORMATS, BuiltinFormat, builtin_formats};
pub use format_explain::{Explanation, explain_format};
pub use format_read::{Log, TraceEvents};
pub use format_time::{Cycle, Time};
pub use keys::{KeyPattern, slot_keys};
pub use kind::SlotKind;
pub use line_reader::{LineReader, LineRow, NEW_TEMPLATE, Outcome};
pub use log_records::LogRecords;
pub use masks::Masks;
pub use miner::{MINER_VERSION, MinerOptions, TemplateMiner};
pub use settings::Settings;
pub use templates::{Parsed, Piece, Scratch, Template, Templates};
pub use templates_form::TEMPLATES_VERSION;
