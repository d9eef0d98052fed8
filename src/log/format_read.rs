//! Whole logs: lines to traces.

use super::event::{Event, Line};
use super::format::LineFormats;
use super::format_one::Buffers;
use super::format_time::{Rollover, Time};
use crate::error::Result;
use hashbrown::HashMap;
use std::iter::{Enumerate, Peekable};

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
    /// Records read: lines, or several lines where quoted text or a message goes on.
    pub records: u64,
    /// Lines that no format could read and that were skipped or kept.
    pub unmatched: u64,
    /// Events that lack a group of the trace expression and belong to no trace.
    pub keyless: u64,
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
        let (mut separators, mut buffers, mut rollover) = (0, Buffers::default(), Rollover::default());
        let mut pending = String::new();
        let mut lines = lines.into_iter().enumerate().peekable();
        while let Some((number, line)) = lines.next() {
            let number = number as u64 + 1;
            let record = self.quoted(line, &mut pending, &mut lines);
            if record.is_empty() {
                continue;
            }
            log.records += 1;
            let continuation = self.continuation(record, &mut lines, &mut buffers);
            match self.read_with(record, Some(number), &mut buffers)? {
                Line::Event(mut event) => {
                    log.unmatched += u64::from(!event.matched);
                    if self.is_keyless(&event) {
                        log.keyless += 1;
                        continue;
                    }
                    if let Some(message) = event.message.as_mut().filter(|_| !continuation.is_empty()) {
                        message.to_mut().push_str(&continuation);
                    }
                    self.roll_over(&mut event, &mut rollover);
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
        }
        for trace in &mut log.traces {
            if self.relative_time {
                accumulate(&mut trace.events);
            }
            sort(&mut trace.events);
        }
        Ok(log)
    }

    /// The record that starts with `line`: more lines where quoted text goes on.
    fn quoted<'a, 'b>(
        &self,
        line: &'b str,
        pending: &'b mut String,
        lines: &mut impl Iterator<Item = (usize, &'a str)>,
    ) -> &'b str {
        let odd = |line: &str| self.is_quoted() && line.bytes().filter(|b| *b == b'"').count() % 2 == 1;
        if !odd(line) {
            return line;
        }
        pending.clear();
        pending.push_str(line);
        let mut open = true;
        while open && pending.len() < MAX_RECORD {
            let Some((_, line)) = lines.next() else { break };
            pending.push('\n');
            pending.push_str(line);
            open ^= odd(line);
        }
        pending
    }

    /// The lines that go on with an event's message, each behind a line feed, and the empty lines between them.
    fn continuation<'a, I: Iterator<Item = &'a str>>(
        &self,
        record: &str,
        lines: &mut Peekable<Enumerate<I>>,
        buffers: &mut Buffers,
    ) -> String {
        let (mut out, mut empty) = (String::new(), 0);
        if !self.has_messages() {
            return out;
        }
        while let Some((_, line)) = lines.peek() {
            let blank = line.trim_end_matches(['\r', '\n']).is_empty();
            if !blank && (out.len() >= MAX_RECORD || !self.continues(line, buffers)) {
                break;
            }
            if !blank && out.is_empty() && !self.is_event(record, buffers) {
                break;
            }
            if !blank {
                out.extend(std::iter::repeat_n('\n', empty + 1));
                out.push_str(line.trim_end_matches(['\r', '\n']));
            }
            // empty lines are no records, wherever they are
            empty = if blank { empty + 1 } else { 0 };
            lines.next();
        }
        out
    }

    /// True for an event that belongs to no trace, as it lacks a group of the trace expression.
    fn is_keyless(&self, event: &Event<'_>) -> bool {
        self.has_trace_expression() && event.trace.is_none()
    }

    /// Gives an event whose date has no year, or no date, the one its place in the log says.
    fn roll_over(&self, event: &mut Event<'_>, rollover: &mut Rollover) {
        if let (Some(Time::Timestamp(at)), false) = (event.time, self.relative_time) {
            event.time = Some(Time::Timestamp(rollover.next(at, event.cycle, self.clock())));
        }
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
