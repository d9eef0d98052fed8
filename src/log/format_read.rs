//! Whole logs: lines to traces.

use super::event::{Event, Line};
use super::format::{Buffers, LineFormats};
use super::format_time::Time;
use crate::error::Result;
use hashbrown::HashMap;

/// Bytes of a record beyond which an open quote is taken to be a stray one.
pub(crate) const MAX_RECORD: usize = 1 << 20;

/// The events of one trace, in order.
#[derive(Debug, Clone, PartialEq)]
pub struct TraceEvents {
    /// The trace's key: what its group or expression matched, and the number of separators before it where there are
    /// any.
    pub key: (String, u64),
    /// Its events by time; equal times keep the order of the lines.
    pub events: Vec<Event<'static>>,
}

/// A log that was read, with an account of every line.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Log {
    /// The traces, in the order of their first lines.
    pub traces: Vec<TraceEvents>,
    /// Records read: lines, or several lines where quoted text goes on.
    pub records: u64,
    /// Lines that no format matched and that were skipped or kept.
    pub unmatched: u64,
    /// Lines that formats hide.
    pub hidden: u64,
}

impl LineFormats {
    /// Reads a log into traces. Needs memory for all its events; to stream, call [`LineFormats::read_line`].
    ///
    /// # Errors
    /// As [`LineFormats::read_line`].
    pub fn read<'a>(&self, lines: impl IntoIterator<Item = &'a str>) -> Result<Log> {
        let mut log = Log::default();
        let mut places: HashMap<(String, u64), usize> = HashMap::new();
        let (mut separators, mut buffers) = (0, Buffers::default());
        let (mut pending, mut open) = (String::new(), false);
        let mut lines = lines.into_iter().enumerate().peekable();
        while let Some((number, line)) = lines.next() {
            let number = number as u64 + 1;
            let mut record = line;
            let goes_on = open;
            open ^= self.is_quoted() && line.bytes().filter(|b| *b == b'"').count() % 2 == 1;
            if goes_on || open {
                if goes_on {
                    pending.push('\n');
                }
                pending.push_str(line);
                if pending.len() < MAX_RECORD && open && lines.peek().is_some() {
                    continue;
                }
                record = &pending;
                open = false;
            }
            if record.is_empty() {
                continue;
            }
            log.records += 1;
            match self.read_with(record, Some(number), &mut buffers)? {
                Line::Event(event) => {
                    log.unmatched += u64::from(!event.matched);
                    let key = (event.trace.as_deref().unwrap_or_default().to_string(), separators);
                    let place = *places.entry(key).or_insert_with_key(|key| {
                        log.traces.push(TraceEvents { key: key.clone(), events: Vec::new() });
                        log.traces.len() - 1
                    });
                    log.traces[place].events.push(event.into_owned());
                }
                Line::Hidden => log.hidden += 1,
                Line::Separator => separators += 1,
                Line::Unmatched => log.unmatched += 1,
            }
            pending.clear();
        }
        for trace in &mut log.traces {
            if self.relative_time {
                accumulate(&mut trace.events);
            }
            sort(&mut trace.events);
        }
        Ok(log)
    }
}

/// Sorts by time. An event without one stays behind its predecessor.
fn sort(events: &mut Vec<Event<'static>>) {
    let mut last: Option<Time> = None;
    let mut timed: Vec<(Option<Time>, Event<'static>)> = std::mem::take(events)
        .into_iter()
        .map(|event| {
            last = event.time.or(last);
            (last, event)
        })
        .collect();
    timed.sort_by(|a, b| match (&a.0, &b.0) {
        (Some(a), Some(b)) => a.compare(b),
        (a, b) => a.is_some().cmp(&b.is_some()),
    });
    events.extend(timed.into_iter().map(|(_, event)| event));
}

/// Turns differences into times.
fn accumulate(events: &mut [Event<'static>]) {
    let mut sum: Option<Time> = None;
    for event in events {
        if let Some(time) = event.time {
            let now = sum.map_or(time, |sum| sum.plus(time));
            sum = Some(now);
            event.time = Some(now);
        }
    }
}
