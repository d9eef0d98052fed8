//! A log as a text, record by record.

use super::format_one::Buffers;
use super::format_read::MAX_RECORD;
use super::format_time::{Clock, Rollover, Time};
use super::line_reader::{LineReader, LineRow, Outcome};
use super::settings::Settings;
use crate::error::Result;
use hashbrown::HashMap;
use std::borrow::Cow;

/// Reads a log record by record. Memory: the log's text, and one time per trace where times are relative.
#[derive(Debug)]
pub struct LogRecords {
    reader: LineReader,
    text: String,
    at: usize,
    line: u64,
    separators: Option<u64>,
    relative: Option<HashMap<String, i64>>,
    /// Of a log whose dates leave out the year or the date.
    rollover: Rollover,
    clock: Option<Clock>,
    buffers: Buffers,
}

/// Where a record and the lines that continue its message end.
struct Record {
    end: usize,
    continued: usize,
    lines: u64,
}

/// The key of a trace between separators: its own key, if it has one, and the number of separators before it.
pub(crate) fn separated_key(key: &str, separators: u64) -> String {
    if key.is_empty() { separators.to_string() } else { format!("{key}#{separators}") }
}

impl LogRecords {
    /// A log to read.
    ///
    /// # Errors
    /// As [`LineReader::new`].
    pub fn new(settings: &Settings, text: String) -> Result<Self> {
        let reader = LineReader::new(settings)?;
        Ok(LogRecords {
            clock: reader.formats().map(|formats| formats.clock().clone()),
            reader,
            text,
            at: 0,
            line: 0,
            separators: settings.format.separator.as_ref().map(|_| 0),
            relative: settings.format.relative_time.then(HashMap::new),
            rollover: Rollover::default(),
            buffers: Buffers::default(),
        })
    }

    /// Where the next record ends: quoted text of a CSV format may go on, and so may messages.
    fn record(&mut self) -> Record {
        let rest = &self.text[self.at..];
        let quoted = self.reader.formats().is_some_and(|formats| formats.is_quoted());
        let (mut end, mut lines, mut open) = (0, 0, false);
        for line in rest.split_inclusive('\n') {
            end += line.len();
            lines += 1;
            open ^= quoted && line.bytes().filter(|b| *b == b'"').count() % 2 == 1;
            if !open || end >= MAX_RECORD {
                break;
            }
        }
        let mut out = Record { end: self.at + end, continued: self.at + end, lines };
        let Some(formats) = self.reader.formats().filter(|formats| formats.has_messages()) else { return out };
        let first = rest[..end].trim_end_matches(['\r', '\n']);
        if first.is_empty() {
            return out;
        }
        let (mut at, mut number) = (end, lines);
        for line in rest[end..].split_inclusive('\n') {
            (at, number) = (at + line.len(), number + 1);
            if line.trim_end_matches(['\r', '\n']).is_empty() {
                continue;
            }
            let goes_on = at < MAX_RECORD && formats.continues(line, &mut self.buffers);
            if !goes_on || (out.lines == lines && !formats.is_event(first, &mut self.buffers)) {
                break;
            }
            out = Record { continued: self.at + at, lines: number, ..out };
        }
        out
    }

    /// Hands the next record, by the number of its first line, to `take`; `None` at the end. Empty lines are no records.
    ///
    /// # Errors
    /// As [`LineReader::read`].
    pub fn next<T>(&mut self, take: impl FnOnce(u64, LineRow<'_>) -> T) -> Result<Option<T>> {
        loop {
            if self.at >= self.text.len() {
                return Ok(None);
            }
            let (from, number) = (self.at, self.line + 1);
            let Record { end, continued, lines } = self.record();
            self.at = continued;
            self.line += lines;
            let record = self.text[from..end].trim_end_matches(['\r', '\n']);
            if record.is_empty() {
                continue;
            }
            let continuation = self.text[end..continued].trim_end_matches(['\r', '\n']);
            let (separators, relative, rollover) = (&mut self.separators, &mut self.relative, &mut self.rollover);
            let clock = &self.clock;
            return self.reader.read_record([record, continuation], Some(number), None, |mut row| {
                if let (Some(at), Some(clock), None) = (row.at, clock, &relative) {
                    row.at = Some(rollover.next(at, row.cycle, clock));
                }
                if let Some(separators) = separators {
                    let keys = row.keys.take().unwrap_or_else(|| vec!["".into()]);
                    let is_event = matches!(row.outcome, Outcome::Event | Outcome::Kept);
                    row.keys =
                        is_event.then(|| keys.iter().map(|key| Cow::Owned(separated_key(key, *separators))).collect());
                    *separators += u64::from(row.outcome == Outcome::Separator);
                }
                if let (Some(sums), Some(at)) = (relative, row.at) {
                    let key = row.keys.iter().flatten().next().map_or("", AsRef::as_ref);
                    let sum = sums.entry_ref(key).or_insert(Time::START);
                    *sum = sum.saturating_add(at.saturating_sub(Time::START));
                    row.at = Some(*sum);
                }
                Some(take(number, row))
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(settings: &str, text: &str) -> Vec<(u64, &'static str, Option<i64>, String)> {
        let mut records = LogRecords::new(&Settings::from_json(settings).unwrap(), text.into()).unwrap();
        let mut out = Vec::new();
        while let Some(row) = records
            .next(|line, row| {
                let at = row.at.map(|at| (at - Time::START) / 1_000_000);
                (line, row.outcome.as_str(), at, row.keys.unwrap_or_default().join(","))
            })
            .unwrap()
        {
            out.push(row);
        }
        out
    }

    #[test]
    fn separators_and_relative_times() {
        let settings = r#"{"formats": ["(?<TIME>\\d+) (?<TYPE>\\w)"], "separator": "^--$", "relative_time": true}"#;
        let found = rows(settings, "5 a\n4 b\r\n\n--\n2 c\n3 d");
        let event = |line, at, key: &str| (line, "event", Some(at), key.to_string());
        let separator = (4, "separator", None, String::new());
        assert_eq!(found, [event(1, 5, "0"), event(2, 9, "0"), separator, event(5, 2, "1"), event(6, 5, "1")]);
    }

    #[test]
    fn quoted_records_go_on() {
        let head = "2024-05-06 07:08:09.123 UTC,,,1,,s,1,,2024-05-06 07:08:09 UTC,,0,LOG,00000,";
        let text = format!("{head}\"a \"\"b\"\"\nc\",,,,,,,,,\"\"\n{head}\"d\",,,,,,,,,\"\"\n");
        let found = rows(r#"{"formats": ["postgresql_csvlog"]}"#, &text);
        assert_eq!(found.iter().map(|row| row.0).collect::<Vec<_>>(), [1, 3]);
        let stray = "\"a".to_string() + &"\n".repeat(MAX_RECORD + 1) + "b\n";
        assert_eq!(rows(r#"{"formats": ["postgresql_csvlog"], "on_unmatched": "skip"}"#, &stray).len(), 2);
    }
}
