//! Line formats: regular expressions whose named groups say what each part of a line is.
//!
//! Several formats are tried in order; the first that matches the whole line wins. Groups in capitals are reserved:
//!
//! | group | meaning |
//! |---|---|
//! | `TYPE` | the event type |
//! | `TIME`, `FTIME`, `DTIME` | a whole or decimal number that orders events |
//! | `DATETIME` | a date, read with a strptime pattern |
//! | `TRACE` | the trace's key |
//! | `COMPONENT`, `LEVEL`, `MESSAGE` | as their names say; templates are mined from messages |
//!
//! Any other group is a parameter of that name. An empty group, `(?<ip>)`, stands for the next word and the blanks
//! around it. `(?<TYPE=>login)` fixes a field, `(?<HIDE=>true)` drops the lines the format matches.
//!
//! A line whose time cannot be read is one that its format does not match: the next format is tried, and what becomes
//! of a line that none can read is the caller's choice ([`OnUnmatched`]). Colours of terminals and a byte order mark
//! are no part of a line.
//!
//! The formats and their meaning are those users of Synoptic know (ModelInference/synoptic); the code is not.

use super::ansi;
use super::event::{Event, Line};
use super::format_builtin::{self, Builtin};
use super::format_explain;
use super::format_fields::{Field, Group, is_time};
use super::format_match::Expression;
use super::format_one::{Attempt, Buffers, Format};
use super::format_pattern::{TracePart, compile, invalid, shorten, trace_expression};
use super::format_time::Clock;
use super::pattern::Pattern;
use crate::error::{Error, Result};
use std::borrow::Cow;

/// What happens to a line that no format can read: none matches it, or its time is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnUnmatched {
    /// Reading stops with an error that names the line and the closest format.
    #[default]
    Error,
    /// The line is dropped and counted.
    Skip,
    /// The line is an event without type whose message is the line; it is counted too.
    Keep,
}

/// How lines are to be read.
#[derive(Debug, Clone, Default)]
pub struct FormatOptions {
    /// Regular expressions with named groups, or names of built-in formats, in the order to try them.
    pub formats: Vec<String>,
    /// The trace's key as a text with groups in it: `\k<ip>/\k<port>`. Wins over a `TRACE` group.
    pub trace: Option<String>,
    /// A strptime pattern for `DATETIME`; without one ISO 8601 is expected. Built-in formats bring their own.
    pub datetime: Option<String>,
    /// The time zone of dates without offset, UTC if not given.
    pub timezone: Option<String>,
    /// The year of dates without one; 1972, a leap year, if not given.
    pub year: Option<i16>,
    /// An expression that matches the lines between traces.
    pub separator: Option<String>,
    /// Each time is the difference to the one before, within its trace.
    pub relative_time: bool,
    /// What happens to other lines.
    pub on_unmatched: OnUnmatched,
}

/// Formats, ready to use.
#[derive(Debug, Clone)]
pub struct LineFormats {
    pub(crate) formats: Vec<Format>,
    trace: Option<Vec<TracePart>>,
    separator: Option<Pattern>,
    pub(crate) relative_time: bool,
    on_unmatched: OnUnmatched,
}

impl LineFormats {
    /// Compiles formats.
    ///
    /// # Errors
    /// [`Error::InvalidPattern`] for a format that is none, is too large, or uses groups that make no sense together.
    pub fn new(options: &FormatOptions) -> Result<Self> {
        if options.formats.is_empty() {
            return Err(invalid("At least one format is needed."));
        }
        let clock = |patterns: &[&str]| Clock::new(patterns, options.timezone.as_deref(), options.year);
        let mut formats = Vec::new();
        for source in &options.formats {
            match format_builtin::find(source) {
                Some(Builtin::Json) => formats.push(Format::json(source, clock(&[])?)),
                Some(Builtin::Patterns { patterns, datetimes, csv, start }) => {
                    let start = start.map(|start| compile(start, "format")).transpose()?;
                    for pattern in patterns {
                        let format = Format::new(pattern, clock(datetimes)?.or_iso())?;
                        formats.push(Format { csv, start: start.clone(), ..format });
                    }
                }
                None => {
                    let own: Vec<&str> = options.datetime.as_deref().into_iter().collect();
                    formats.push(Format::new(source, clock(&own)?)?);
                }
            }
        }
        let mut kinds = formats.iter().filter_map(Format::time);
        if let Some(first) = kinds.next()
            && kinds.any(|kind| kind != first)
        {
            return Err(invalid("All formats must have the same kind of time."));
        }
        let trace = options.trace.as_deref().map(trace_expression).transpose()?;
        for part in trace.iter().flatten() {
            if let TracePart::Group(name) = part
                && !formats.iter().any(|f| f.has_group(name))
            {
                return Err(invalid(format!("The trace expression names the group {name}, which no format has.")));
            }
        }
        Ok(LineFormats {
            formats,
            trace,
            separator: options.separator.as_deref().map(|s| compile(s, "separator")).transpose()?,
            relative_time: options.relative_time,
            on_unmatched: options.on_unmatched,
        })
    }

    /// Reads one line; `number`, where it is known, names it in errors.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for a line that no format can read, unless another way was chosen.
    pub fn read_line<'a>(&'a self, line: &'a str, number: Option<u64>) -> Result<Line<'a>> {
        self.read_with(line, number, &mut Buffers::default())
    }

    /// As [`LineFormats::read_line`], with buffers that are used for these formats only.
    pub(crate) fn read_with<'a>(
        &'a self,
        line: &'a str,
        number: Option<u64>,
        buffers: &mut Buffers,
    ) -> Result<Line<'a>> {
        let line = line.strip_prefix('\u{feff}').unwrap_or(line);
        match ansi::strip(line) {
            Cow::Borrowed(line) => self.read_plain(line, number, buffers),
            Cow::Owned(plain) => self.read_plain(&plain, number, buffers).map(Line::into_owned),
        }
    }

    /// Reads a line without colours.
    fn read_plain<'a>(&'a self, line: &'a str, number: Option<u64>, buffers: &mut Buffers) -> Result<Line<'a>> {
        let line = line.trim_end_matches(['\r', '\n']);
        if self.separator.as_ref().is_some_and(|s| s.is_match(line)) {
            return Ok(Line::Separator);
        }
        match self.attempt(line, buffers) {
            Attempt::Read(found) => Ok(found),
            Attempt::Unread(reason) => self.unmatched(line, || self.unread(line, number, &reason)),
            Attempt::Other => self.unmatched(line, || self.unknown(line, number)),
        }
    }

    /// What the first format that can read a line makes of it.
    fn attempt<'a>(&'a self, line: &'a str, buffers: &mut Buffers) -> Attempt<'a> {
        if buffers.groups.len() != self.formats.len() {
            let groups = |format: &Format| format.expression.as_ref().map(Expression::groups);
            buffers.groups = self.formats.iter().map(groups).collect();
        }
        let mut first = Attempt::Other;
        for (i, format) in self.formats.iter().enumerate() {
            match format.read(line, self.trace.as_deref(), i, buffers) {
                Attempt::Read(found) => return Attempt::Read(found),
                Attempt::Unread(reason) if matches!(first, Attempt::Other) => first = Attempt::Unread(reason),
                _ => {}
            }
        }
        first
    }

    fn unmatched<'a>(&self, line: &'a str, error: impl FnOnce() -> Error) -> Result<Line<'a>> {
        match self.on_unmatched {
            OnUnmatched::Skip => Ok(Line::Unmatched),
            OnUnmatched::Keep => Ok(Line::Event(Event { message: Some(line.into()), ..Event::default() })),
            OnUnmatched::Error => Err(error()),
        }
    }

    /// Why a line cannot be read, whatever happens to such lines; `None` for one that can.
    pub fn why_unread(&self, line: &str) -> Option<String> {
        let strict = LineFormats { on_unmatched: OnUnmatched::Error, ..self.clone() };
        strict.read_line(line, None).err().map(|error| {
            let hint = error.hint().unwrap_or_default();
            let closest = hint.split(" Set on_unmatched").next().filter(|hint| hint.starts_with("The closest format"));
            [error.detail().as_deref(), closest].into_iter().flatten().collect::<Vec<_>>().join(" ")
        })
    }

    /// Whether a line goes on with the record before it: no format reads it, and it is indented or, where the format
    /// says how its records begin, begins otherwise.
    pub(crate) fn continues(&self, line: &str, buffers: &mut Buffers) -> bool {
        let line = line.trim_end_matches(['\r', '\n']);
        let plain = ansi::strip(line);
        let begins = |format: &Format| format.start.as_ref().is_none_or(|start| start.is_match(&plain));
        let indented = plain.starts_with([' ', '\t']);
        if !indented && self.formats.iter().any(begins) {
            return false;
        }
        let separates = self.separator.as_ref().is_some_and(|s| s.is_match(&plain));
        !separates && matches!(self.attempt(&plain, buffers), Attempt::Other)
    }

    /// What the formats give for lines that they match: of `time`, `trace`, `component`, `type` and `message`, those
    /// that one of them gives; and `time in all` where all do and no other line is kept.
    pub fn gives(&self) -> Vec<&'static str> {
        let shown = || self.formats.iter().filter(|f| !f.hidden);
        let one = |wanted: fn(Field) -> bool| {
            shown().any(|f| {
                let groups = f.fields.iter().map(|(_, g)| g).chain(f.constants.iter().map(|(g, _)| g));
                f.expression.is_none() || groups.into_iter().any(|g| matches!(g, Group::Field(field) if wanted(*field)))
            })
        };
        let kept = self.on_unmatched == OnUnmatched::Keep;
        let given = [
            ("time", one(is_time)),
            ("time in all", !kept && shown().all(|f| f.time().is_some())),
            ("trace", self.trace.is_some() || self.separator.is_some() || one(|f| f == Field::Trace)),
            ("component", one(|f| f == Field::Component)),
            ("type", one(|f| f == Field::Type)),
            ("message", kept || one(|f| f == Field::Message)),
        ];
        given.into_iter().filter(|(_, is)| *is).map(|(name, _)| name).collect()
    }

    /// True where messages may be read.
    pub(crate) fn has_messages(&self) -> bool {
        self.gives().contains(&"message")
    }

    /// True where the trace's key is an expression of several groups.
    pub(crate) fn has_trace_expression(&self) -> bool {
        self.trace.is_some()
    }

    /// How dates are read; formats differ in their patterns only.
    pub(crate) fn clock(&self) -> &Clock {
        // invariant: there is a format, or `new` fails
        &self.formats[0].clock
    }

    /// True for a line that is read as an event.
    pub(crate) fn is_event(&self, line: &str, buffers: &mut Buffers) -> bool {
        let plain = ansi::strip(line);
        let found = self.attempt(plain.trim_end_matches(['\r', '\n']), buffers);
        matches!(found, Attempt::Read(Line::Event(_)))
    }

    /// True where a format has quoted text, so that a record may go on in the next line.
    pub(crate) fn is_quoted(&self) -> bool {
        self.formats.iter().any(|f| f.csv)
    }

    /// The error for a line that no format matches.
    fn unknown(&self, line: &str, number: Option<u64>) -> Error {
        // of equally close ones the first
        let explained = self.formats.iter().rev().map(|f| (f, format_explain::explain(line, &f.pattern)));
        let closest = explained.max_by_key(|(_, e)| e.as_ref().map_or(0, |e| e.matched_bytes));
        let mut hint = String::from("Set on_unmatched to skip or keep, or add a format.");
        if let Some((format, Ok(explained))) = closest {
            hint = format!("The closest format is {}: {explained} {hint}", shorten(&format.source));
        }
        Error::InvalidArgument {
            argument: "line",
            reason: format!("No format matches {}: {}", named(number), shorten(line)),
            hint,
        }
    }

    /// The error for a line whose time cannot be read.
    fn unread(&self, line: &str, number: Option<u64>, reason: &str) -> Error {
        Error::InvalidArgument {
            argument: "time",
            reason: format!("{reason}, in {}: {}", named(number), shorten(line)),
            hint: "Check the format's group and, for DATETIME, its pattern, or set on_unmatched to skip or keep."
                .into(),
        }
    }
}

/// A line in words.
fn named(number: Option<u64>) -> String {
    number.map_or_else(|| "this line".into(), |n| format!("line {n}"))
}
