//! What a line says.

use super::format_time::{Cycle, Time};
use std::borrow::Cow;

/// What was read from a line, borrowed from it where it stands there as it is.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Event<'a> {
    /// The event type, if the format has one.
    pub event_type: Option<Cow<'a, str>>,
    /// When it happened.
    pub time: Option<Time>,
    /// What its date leaves open: a year, or the whole date.
    pub cycle: Cycle,
    /// The trace's key.
    pub trace: Option<Cow<'a, str>>,
    /// The component that wrote it.
    pub component: Option<Cow<'a, str>>,
    /// Its level.
    pub level: Option<Cow<'a, str>>,
    /// The message.
    pub message: Option<Cow<'a, str>>,
    /// The other groups, in the order of the format.
    pub parameters: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    /// False for a line that no format could read and that was kept.
    pub matched: bool,
}

impl Event<'_> {
    /// The same, independent of line and formats.
    pub fn into_owned(self) -> Event<'static> {
        fn own(text: Cow<'_, str>) -> Cow<'static, str> {
            Cow::Owned(text.into_owned())
        }
        Event {
            event_type: self.event_type.map(own),
            time: self.time,
            cycle: self.cycle,
            trace: self.trace.map(own),
            component: self.component.map(own),
            level: self.level.map(own),
            message: self.message.map(own),
            parameters: self.parameters.into_iter().map(|(name, value)| (own(name), own(value))).collect(),
            matched: self.matched,
        }
    }
}

/// What a line is.
#[derive(Debug, Clone, PartialEq)]
pub enum Line<'a> {
    /// An event.
    Event(Event<'a>),
    /// A line to hide.
    Hidden,
    /// The end of a trace and the beginning of another.
    Separator,
    /// A line that no format can read, under `OnUnmatched::Skip`.
    Unmatched,
}

impl Line<'_> {
    /// The same, independent of line and formats.
    pub fn into_owned(self) -> Line<'static> {
        match self {
            Line::Event(event) => Line::Event(event.into_owned()),
            Line::Hidden => Line::Hidden,
            Line::Separator => Line::Separator,
            Line::Unmatched => Line::Unmatched,
        }
    }
}
