//! From log rows to events: line formats, templates and parameters, keys found in text.
//!
//! ```text
//! line ─ format ─▶ time, component, message ─ tokens ─▶ skeleton ─ miner ─▶ templates ─ matcher ─▶ event, parameters
//!
//! GET /cart/7 from 10.0.0.7      words and values: GET · path · from · address
//! GET /cart/8 from 10.0.0.8      one skeleton; template  GET <*> from <*>  with slots of kinds path and ip
//! ```
//!
//! In reading order:
//!
//! * What a line says. `format` tries several formats, each a `format_one` that `format_match` matches;
//!   `format_pattern` and `pattern` prepare expressions and match them within bounds, `format_fields` says what their
//!   groups are. `format_builtin` has the named ones, `format_json` JSON lines, `format_time` and `format_iso` times;
//!   `format_explain` says how far a format matched. `event` is the result; `log_records` and `format_read` read whole
//!   logs; `ansi` removes colours.
//! * What a message consists of. `scan` and `classify` find words and values, `dates` joins the parts of dates, `masks`
//!   are values by the caller's word, `token` is the result; `kind` lists the kinds that values and slots have.
//! * What many messages have in common. `skeleton` masks values, `leaf` counts the lines of one skeleton, `shape`
//!   bounds how many there are, `miner` is the mergeable state of all.
//! * Which words are text. `cluster` runs the steps over rows of `cells`: `assigned`, `words`, `chunks`, `lists`.
//! * Using templates. `templates` holds them and decides the kind of each slot, `matcher` finds the one of a line,
//!   `templates_form` stores them, `moved` says whether more lines change earlier results.
//! * All together: `settings` are the options, `keys` finds trace keys, `line_reader` reads one line all the way.

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
