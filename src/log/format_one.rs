//! One line format, and what it makes of a line.

use super::event::{Event, Line};
use super::format_fields::{Field, Group, group, is_time};
use super::format_json;
use super::format_match::{Expression, Groups};
use super::format_pattern::{TracePart, expand, invalid, shorten, trace_key};
use super::format_time::{Clock, Cycle, Time};
use super::pattern::Pattern;
use crate::error::Result;
use std::borrow::Cow;

/// What reading one line leaves for the next: buffers, and the last date, which the next line often has too.
#[derive(Debug, Default)]
pub(crate) struct Buffers {
    pub groups: Vec<Option<Groups>>,
    pub date: Option<(usize, String, (Time, Cycle))>,
}

/// What a format makes of a line.
pub(crate) enum Attempt<'a> {
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
    pub expression: Option<Expression>,
    pub fields: Vec<(usize, Group)>,
    pub constants: Vec<(Group, String)>,
    pub hidden: bool,
    pub csv: bool,
    /// How its records begin, where every other line continues the record before it.
    pub start: Option<Pattern>,
    pub clock: Clock,
}

impl Format {
    /// The format of JSON lines.
    pub fn json(source: &str, clock: Clock) -> Self {
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

    /// Compiles a format.
    pub fn new(source: &str, clock: Clock) -> Result<Self> {
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

    /// Its group that holds the time.
    pub fn time(&self) -> Option<Field> {
        self.fields.iter().find_map(|(_, g)| match g {
            Group::Field(f) if is_time(*f) => Some(*f),
            _ => None,
        })
    }

    /// Whether it has a group of this name; objects may have any.
    pub fn has_group(&self, name: &str) -> bool {
        self.expression.is_none()
            || self.expression.iter().flat_map(Expression::names).flatten().any(|n| n == name)
            || self.constants.iter().any(|(g, _)| g.name() == name)
    }

    /// Reads a line. `place` is that of the format among all.
    pub fn read<'a>(
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
