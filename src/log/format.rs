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
use super::format_fields::{Field, Group, group, is_time};
use super::format_match::{Expression, Groups};
use super::format_pattern::{TracePart, compile, expand, invalid, shorten, trace_expression, trace_key};
use super::format_time::{Clock, Cycle, Time};
use super::{format_explain, format_json};
use crate::error::{Error, Result};
use regex::Regex;
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

/// What reading one line leaves for the next: buffers, and the last date, which the next line often has too.
#[derive(Debug, Default)]
pub(crate) struct Buffers {
    groups: Vec<Option<Groups>>,
    date: Option<(usize, String, (Time, Cycle))>,
}

/// What a format makes of a line.
enum Attempt<'a> {
    /// It does not match.
    Other,
    /// It matches, but the time cannot be read, for this reason.
    Unread(String),
    /// It is read.
    Read(Line<'a>),
}

/// One format, ready to use.
#[derive(Debug, Clone)]
pub(crate) struct Format {
    pub source: String,
    pub pattern: String,
    expression: Option<Expression>,
    fields: Vec<(usize, Group)>,
    constants: Vec<(Group, String)>,
    hidden: bool,
    csv: bool,
    /// How its records begin, where every other line continues the record before it.
    start: Option<Regex>,
    pub clock: Clock,
}

/// Formats, ready to use.
#[derive(Debug, Clone)]
pub struct LineFormats {
    pub(crate) formats: Vec<Format>,
    trace: Option<Vec<TracePart>>,
    separator: Option<Regex>,
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

impl Format {
    fn json(source: &str, clock: Clock) -> Self {
        Format {
            source: source.into(),
            pattern: String::new(),
            expression: None,
            fields: Vec::new(),
            constants: Vec::new(),
            hidden: false,
            csv: false,
            start: None,
            clock,
        }
    }

    pub(crate) fn new(source: &str, clock: Clock) -> Result<Self> {
        let (pattern, constants, hidden) = expand(source)?;
        let expression = Expression::new(&pattern)?;
        let mut fields = Vec::new();
        for (i, name) in expression.names().enumerate() {
            if let Some(name) = name {
                fields.push((i, group(name)?));
            }
        }
        let constants = constants.into_iter().map(|(n, v)| Ok((group(&n)?, v))).collect::<Result<Vec<_>>>()?;
        let out = Format {
            source: source.into(),
            pattern,
            expression: Some(expression),
            fields,
            constants,
            hidden,
            csv: false,
            start: None,
            clock,
        };
        out.check()?;
        Ok(out)
    }

    fn check(&self) -> Result<()> {
        let bad = |reason: &str| Err(invalid(format!("{reason} Format: {}", shorten(&self.source))));
        if !self.source.is_empty() && self.source.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
            return Err(invalid(format!("There is no format \"{}\".", shorten(&self.source))));
        }
        let groups = || self.fields.iter().map(|(_, g)| g).chain(self.constants.iter().map(|(g, _)| g));
        let fields: Vec<Field> =
            groups().filter_map(|g| if let Group::Field(f) = g { Some(*f) } else { None }).collect();
        if !self.hidden && !fields.contains(&Field::Type) && !fields.contains(&Field::Message) {
            return bad("A format needs a group TYPE or MESSAGE, unless it hides its lines.");
        }
        if fields.iter().filter(|f| is_time(**f)).count() > 1 {
            return bad("A format can have one time only.");
        }
        if self.constants.iter().any(|(g, _)| matches!(g, Group::Field(f) if is_time(*f))) {
            return bad("A time cannot be fixed.");
        }
        let mut names: Vec<&str> = groups().map(Group::name).collect();
        names.sort_unstable();
        if names.windows(2).any(|w| w[0] == w[1]) {
            return bad("A group is given twice.");
        }
        Ok(())
    }

    fn time(&self) -> Option<Field> {
        self.fields.iter().find_map(|(_, g)| match g {
            Group::Field(f) if is_time(*f) => Some(*f),
            _ => None,
        })
    }

    fn has_group(&self, name: &str) -> bool {
        self.expression.is_none()
            || self.expression.iter().flat_map(Expression::names).flatten().any(|n| n == name)
            || self.constants.iter().any(|(g, _)| g.name() == name)
    }

    /// Reads a line. `place` is that of the format among all.
    fn read<'a>(
        &'a self,
        line: &'a str,
        trace: Option<&[TracePart]>,
        place: usize,
        buffers: &mut Buffers,
    ) -> Attempt<'a> {
        let (Some(expression), Some(found)) = (&self.expression, &mut buffers.groups[place]) else {
            return match format_json::read(line, &self.clock, trace) {
                None => Attempt::Other,
                Some(Ok(event)) => Attempt::Read(Line::Event(event)),
                Some(Err(reason)) => Attempt::Unread(reason),
            };
        };
        if self.hidden {
            return if expression.is_match(line) { Attempt::Read(Line::Hidden) } else { Attempt::Other };
        }
        if !expression.find(line, found) {
            return Attempt::Other;
        }
        let mut event = Event { matched: true, ..Event::default() };
        for (group, value) in &self.constants {
            let value = Cow::Borrowed(value.as_str());
            Self::set(&mut event, group, value);
        }
        for (i, group) in &self.fields {
            let Some((from, to)) = found.get(*i) else { continue };
            let value = self.unquote(&line[from..to]);
            let Group::Field(field @ (Field::Time | Field::Decimal | Field::Datetime)) = group else {
                Self::set(&mut event, group, value);
                continue;
            };
            let number = |time| (time, Cycle::Never);
            let time = match (field, &buffers.date) {
                (Field::Time, _) => Time::integer(&value).map(number),
                (Field::Decimal, _) => Time::decimal(&value).map(number),
                (_, Some((of, text, time))) if (*of, text.as_str()) == (place, &*value) => Ok(*time),
                _ => self.clock.read(&value).inspect(|time| buffers.date = Some((place, value.to_string(), *time))),
            };
            match time {
                Ok((time, cycle)) => (event.time, event.cycle) = (Some(time), cycle),
                Err(reason) => return Attempt::Unread(reason),
            }
        }
        event.trace = match trace {
            Some(parts) => trace_key(parts, |name| self.value(line, found, name)).map(Cow::Owned),
            None => event.trace.filter(|key| !key.is_empty()),
        };
        Attempt::Read(Line::Event(event))
    }

    fn value<'a>(&'a self, line: &'a str, found: &Groups, name: &str) -> Option<Cow<'a, str>> {
        let group = self.expression.iter().flat_map(Expression::names).position(|group| group == Some(name));
        match group.and_then(|i| found.get(i)) {
            Some((from, to)) => Some(self.unquote(&line[from..to])),
            None => self.constants.iter().find(|(g, _)| g.name() == name).map(|(_, v)| v.as_str().into()),
        }
    }

    fn unquote<'a>(&self, value: &'a str) -> Cow<'a, str> {
        if !self.csv {
            return value.into();
        }
        match value.strip_prefix('"').and_then(|v| v.strip_suffix('"')) {
            Some(inner) if inner.contains('"') => inner.replace("\"\"", "\"").into(),
            Some(inner) => inner.into(),
            None => value.into(),
        }
    }

    /// Sets what is no time.
    fn set<'a>(event: &mut Event<'a>, group: &'a Group, value: Cow<'a, str>) {
        let field = match group {
            Group::Parameter(name) => return event.parameters.push((name.as_str().into(), value)),
            Group::Field(field) => field,
        };
        let place = match field {
            Field::Type => &mut event.event_type,
            Field::Trace => &mut event.trace,
            Field::Component => &mut event.component,
            Field::Level => &mut event.level,
            Field::Message => &mut event.message,
            // invariant: a format checks that no time is fixed, and times in a line are read above
            Field::Time | Field::Decimal | Field::Datetime => return,
        };
        *place = Some(value);
    }
}

/// A line in words.
fn named(number: Option<u64>) -> String {
    number.map_or_else(|| "this line".into(), |n| format!("line {n}"))
}
