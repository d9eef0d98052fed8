//! One line, all the way: format, template, parameters, trace keys.

use super::event::{Event, Line};
use super::format::LineFormats;
use super::format_one::Buffers;
use super::format_time::Cycle;
use super::keys::{KeyPattern, slot_values};
use super::settings::Settings;
use super::templates::{Scratch, Templates};
use crate::error::Result;
use std::borrow::Cow;

/// The event type of a line whose message no template fits.
pub const NEW_TEMPLATE: &str = "(new template)";

/// What became of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is an event.
    Event,
    /// No format can read it; it was kept as an event whose message is the line.
    Kept,
    /// No format can read it; it was left out.
    Skipped,
    /// A format hides it.
    Hidden,
    /// It separates two traces.
    Separator,
}

impl Outcome {
    /// The word used in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Outcome::Event => "event",
            Outcome::Kept => "kept",
            Outcome::Skipped => "skipped",
            Outcome::Hidden => "hidden",
            Outcome::Separator => "separator",
        }
    }
}

/// What was read from a line; borrowed from buffers that the next line uses again.
#[derive(Debug)]
pub struct LineRow<'a> {
    /// What became of it. Where that is no event, all else is empty.
    pub outcome: Outcome,
    /// The event type: what the format says, else the template's text, else [`NEW_TEMPLATE`]. `None` where no
    /// templates were given.
    pub event: Option<&'a str>,
    /// Microseconds since 2000-01-01 UTC.
    pub at: Option<i64>,
    /// What its date leaves open.
    pub cycle: Cycle,
    /// The trace keys; `None` where the line does not say.
    pub keys: Option<Vec<Cow<'a, str>>>,
    /// The component that wrote it.
    pub component: Option<&'a str>,
    /// Its level.
    pub level: Option<&'a str>,
    /// The message.
    pub message: Option<&'a str>,
    /// The values of the template's slots, and the layout where it differs: see [`Parsed`](super::Parsed).
    pub slots: Vec<Cow<'a, str>>,
    /// The named groups of the format.
    pub named: &'a [(Cow<'a, str>, Cow<'a, str>)],
}

/// Reads lines by [`Settings`].
#[derive(Debug)]
pub struct LineReader {
    formats: Option<LineFormats>,
    pattern: Option<KeyPattern>,
    slot: Option<usize>,
    scratch: Scratch,
    buffers: Buffers,
}

impl LineReader {
    /// Compiles what the settings say.
    ///
    /// # Errors
    /// [`Error::InvalidPattern`](crate::error::Error::InvalidPattern).
    pub fn new(settings: &Settings) -> Result<Self> {
        let formats = if settings.format.formats.is_empty() { None } else { Some(LineFormats::new(&settings.format)?) };
        Ok(LineReader {
            formats,
            pattern: settings.trace_pattern.as_deref().map(KeyPattern::new).transpose()?,
            slot: settings.trace_slot,
            scratch: Scratch::default(),
            buffers: Buffers::default(),
        })
    }

    /// The formats, if any.
    pub fn formats(&self) -> Option<&LineFormats> {
        self.formats.as_ref()
    }

    /// Reads a line and hands it to `take`. Without templates only what the format says is read. `number` names the
    /// line in errors.
    ///
    /// # Errors
    /// As [`LineFormats::read_line`].
    pub fn read<T>(
        &mut self,
        line: &str,
        number: Option<u64>,
        templates: Option<&Templates>,
        take: impl FnOnce(LineRow<'_>) -> T,
    ) -> Result<T> {
        self.read_record([line, ""], number, templates, take)
    }

    /// As [`LineReader::read`], of a record whose message goes on in more lines.
    pub(crate) fn read_record<T>(
        &mut self,
        [line, continuation]: [&str; 2],
        number: Option<u64>,
        templates: Option<&Templates>,
        take: impl FnOnce(LineRow<'_>) -> T,
    ) -> Result<T> {
        let found = match &self.formats {
            Some(formats) => formats.read_with(line, number, &mut self.buffers)?,
            None => Line::Event(Event { matched: true, ..Event::default() }),
        };
        let empty = |outcome| LineRow {
            outcome,
            event: None,
            at: None,
            cycle: Cycle::Never,
            keys: None,
            component: None,
            level: None,
            message: None,
            slots: Vec::new(),
            named: &[],
        };
        let event = match &found {
            Line::Event(event) => event,
            Line::Hidden => return Ok(take(empty(Outcome::Hidden))),
            Line::Separator => return Ok(take(empty(Outcome::Separator))),
            Line::Unmatched => return Ok(take(empty(Outcome::Skipped))),
        };
        let message = if self.formats.is_some() { event.message.as_deref() } else { Some(line) };
        let joined = message.filter(|_| !continuation.is_empty()).map(|message| format!("{message}\n{continuation}"));
        let message = joined.as_deref().or(message);
        let mut row = LineRow {
            event: event.event_type.as_deref(),
            component: event.component.as_deref(),
            level: event.level.as_deref(),
            message,
            named: &event.parameters,
            ..empty(if event.matched { Outcome::Event } else { Outcome::Kept })
        };
        // what is out of range was no time for the format
        row.at = event.time.and_then(|time| time.microseconds());
        row.cycle = event.cycle;
        let mut slot_keys = None;
        if let (Some(templates), Some(message)) = (templates, message) {
            match templates.find(message, &mut self.scratch) {
                Some(id) => {
                    row.slots = templates.parameters(message, id, &self.scratch);
                    let template = &templates.templates()[id as usize];
                    row.event = row.event.or(Some(&template.text));
                    slot_keys = self.slot.filter(|slot| *slot <= template.kinds.len());
                }
                None => row.event = row.event.or(Some(NEW_TEMPLATE)),
            }
        }
        row.keys = match (&self.pattern, self.slot) {
            (Some(pattern), _) => {
                Some(pattern.keys(message.unwrap_or_default()).into_iter().map(Cow::Borrowed).collect())
            }
            (None, Some(_)) => {
                let value = slot_keys.and_then(|slot| row.slots.get(slot - 1)).map_or("", AsRef::as_ref);
                Some(slot_values(value).into_iter().map(|key| Cow::Owned(key.to_string())).collect())
            }
            _ => event.trace.as_deref().map(|key| vec![Cow::Borrowed(key)]),
        };
        Ok(take(row))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::{MinerOptions, TemplateMiner};

    fn show(row: LineRow<'_>) -> String {
        let keys = row.keys.map(|keys| keys.join(","));
        format!("{} {:?} {:?} {:?} {:?}", row.outcome.as_str(), row.event, row.at, keys, row.slots)
    }

    #[test]
    fn a_line_is_read_all_the_way() {
        let settings = Settings::from_json(
            r##"{"formats": ["(?<TIME>\\d+) (?<TYPE>start|stop)", "(?<TIME>\\d+): (?<MESSAGE>.*)", "#.*(?<HIDE=>true)"],
                "trace_slot": 1, "on_unmatched": "keep", "separator": "^--$"}"##,
        )
        .unwrap();
        let mut reader = LineReader::new(&settings).unwrap();
        let mut miner = TemplateMiner::new(MinerOptions::default(), 1 << 20);
        for line in ["drop blk_11111 now", "drop blk_22222 blk_33333 now", "drop blk_4444 blk_5555 blk_6666 now"] {
            miner.add(line).unwrap();
        }
        let templates = miner.finish().unwrap();
        let mut read = |line: &str| reader.read(line, None, Some(&templates), show).unwrap();
        assert!(
            read("5: drop blk_22222 blk_33333 now")
                .starts_with("event Some(\"drop <*> now\") Some(-946684795000000) Some(\"blk_22222,blk_33333\")")
        );
        assert!(read("5: nonsense").starts_with("event Some(\"(new template)\")"));
        assert!(read("7 start").starts_with("event Some(\"start\")"));
        assert!(read("# x").starts_with("hidden None"));
        assert!(read("--").starts_with("separator"));
        assert!(read("odd").starts_with("kept Some(\"(new template)\") None Some(\"\")"));
        // a time that cannot be read follows on_unmatched, too
        let unread = reader.read("99999999999999999999999: x", Some(3), None, show).unwrap();
        assert!(unread.starts_with("kept None None"), "{unread}");
    }
}
