//! Line formats in SQL: a line, a log, or a row of a model's source, read into columns.

use super::automaton_type::rows;
use super::cache;
use super::call::{Call, Reply, datum, sql_functions, text};
use super::error::Failure;
use super::jsonb;
use super::set::{Row, Rows, form, form_columns, stream};
use crate::log::{
    KeyPattern, LineReader, LineRow, LogRecords, NEW_TEMPLATE, Settings, builtin_formats, explain_format,
};
use pgrx::datum::TimestampWithTimeZone;
use pgrx::pg_sys::{self, Datum};
use std::borrow::Cow;
use std::ffi::c_char;

/// Something compiled from arguments, kept at a call site as long as they stay the same.
struct Kept<T> {
    from: Vec<Box<[u8]>>,
    made: Option<T>,
}

/// What is kept at a call site for these arguments, made anew where they changed.
fn kept<'a, T: 'static>(
    call: Call,
    arguments: &[usize],
    make: impl FnOnce() -> Result<T, Failure>,
) -> Result<&'a mut T, Failure> {
    let kept = call.keep(|| Kept { from: Vec::new(), made: None });
    let given = |i: &usize| call.bytes(*i).unwrap_or_default();
    let same = kept.from.len() == arguments.len() && arguments.iter().zip(&kept.from).all(|(i, b)| given(i) == &b[..]);
    if !same || kept.made.is_none() {
        kept.made = None;
        kept.made = Some(make()?);
        kept.from = arguments.iter().map(|i| given(i).into()).collect();
    }
    kept.made.as_mut().ok_or_else(|| super::call::null_argument("format"))
}

/// The formats in argument `i`, an array or a single one.
fn formats(call: Call, i: usize, one: bool) -> Result<Vec<String>, Failure> {
    if one {
        return Ok(vec![call.need_text(i, "format")?.into()]);
    }
    let all: Vec<Option<String>> = call.need(i, "formats")?;
    all.into_iter().map(|format| format.ok_or_else(|| super::call::null_argument("formats"))).collect()
}

fn timestamp(at: i64) -> Option<Datum> {
    TimestampWithTimeZone::try_from(at).ok().and_then(datum)
}

fn array(values: &[Cow<'_, str>]) -> Option<Datum> {
    let mut texts: Vec<Datum> = values.iter().map(|value| text(value)).collect();
    // SAFETY: these are texts, whose size varies and which are aligned as integers.
    let array = unsafe {
        pg_sys::construct_array(texts.as_mut_ptr(), texts.len() as i32, pg_sys::TEXTOID, -1, false, b'i' as c_char)
    };
    Some(Datum::from(array))
}

/// The names of the slots that most templates have at most.
const NUMBERS: [&str; 16] = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "16"];

/// Named values as an object; slots beside them by number, from 1. Slots alone are an array.
pub fn parameters(row: &LineRow<'_>, with_level: bool) -> Result<Option<Datum>, Failure> {
    let level = row.level.filter(|_| with_level).map(|level| ("level", level));
    if row.named.is_empty() && level.is_none() {
        return if row.slots.is_empty() { Ok(None) } else { jsonb::array(&row.slots).map(Some) };
    }
    let more: Vec<String> = (NUMBERS.len() + 1..=row.slots.len()).map(|n| n.to_string()).collect();
    let numbers = NUMBERS.into_iter().chain(more.iter().map(String::as_str));
    let slots = numbers.zip(row.slots.iter().map(AsRef::as_ref));
    let named = row.named.iter().map(|(name, value)| (&**name, &**value));
    jsonb::object(level.into_iter().chain(slots).chain(named)).map(Some)
}

/// (outcome, event, at, traces, component, level, message, parameters)
fn columns(row: LineRow<'_>) -> Result<Row, Failure> {
    Ok(vec![
        Some(text(row.outcome.as_str())),
        row.event.map(text),
        row.at.and_then(timestamp),
        row.keys.as_deref().and_then(array),
        row.component.map(text),
        row.level.map(text),
        row.message.map(text),
        parameters(&row, false)?,
    ])
}

fn parse_line(call: Call, one: bool) -> Reply {
    let line = call.need_text(0, "line")?;
    let kept =
        kept(call, &[1, 2], || RowReader::new(call, &Settings::of_line(formats(call, 1, one)?, &call.json(2, "{}"))?))?;
    let row = kept.reader.read(line, None, None, columns)??;
    // SAFETY: the descriptor is blessed and has these columns.
    Ok(unsafe { form(kept.row_type, row) })
}

fn read_log(call: Call, one: bool) -> Reply {
    stream(call, || {
        let log = call.need_text(0, "log")?.to_string();
        let settings = Settings::of_log(formats(call, 1, one)?, &call.json(2, "{}"))?;
        let mut records = LogRecords::new(&settings, log)?;
        Ok(Box::new(std::iter::from_fn(move || {
            pgrx::check_for_interrupts!();
            let row = records.next(|line, row| {
                let mut columns = columns(row)?;
                columns.insert(0, datum(line as i64));
                Ok(columns)
            });
            row.map_err(Failure::from).transpose().map(Result::flatten)
        })) as Rows)
    })
}

/// A compiled reader and the type of the rows it gives.
struct RowReader {
    reader: LineReader,
    row_type: pg_sys::TupleDesc,
}

impl RowReader {
    fn new(call: Call, settings: &Settings) -> Result<Self, Failure> {
        Ok(RowReader { reader: LineReader::new(settings)?, row_type: call.row_type() })
    }
}

/// read_line(settings, templates, line): NULL for a NULL line.
fn read_line(call: Call) -> Reply {
    let Some(line) = call.text(2)? else { return Ok(None) };
    let templates = cache::templates(call, 1)?;
    let kept = kept(call, &[0], || RowReader::new(call, &Settings::from_json(&call.json(0, "{}"))?))?;
    let row = kept.reader.read(line, None, templates.as_deref(), |mut row| {
        row.event = row.event.or(row.message.and(Some(NEW_TEMPLATE)));
        Ok::<_, Failure>([
            Some(text(row.outcome.as_str())),
            row.event.map(text),
            row.at.and_then(timestamp),
            row.keys.as_deref().and_then(array),
            row.component.map(text),
            row.message.map(text),
            parameters(&row, true)?,
        ])
    })??;
    // SAFETY: the descriptor is blessed and has these columns.
    Ok(Some(unsafe { form_columns(kept.row_type, row) }))
}

sql_functions! {
    /// list_formats() → setof (format, reads, patterns, datetimes)
    fn logfsm_list_formats(call) {
        stream(call, || rows(builtin_formats(), |format| Ok(vec![
            Some(text(format.name)),
            Some(text(format.reads)),
            datum(format.patterns.iter().map(|p| p.to_string()).collect::<Vec<_>>()),
            datum(format.datetimes.iter().map(|p| p.to_string()).collect::<Vec<_>>()),
        ])))
    }

    /// explain_format(line, format) → (matches, matched_text, stopped_at, rest, explanation, pattern)
    fn logfsm_explain_format(call) {
        let (line, format) = (call.need_text(0, "line")?, call.need_text(1, "format")?);
        let found = explain_format(line, format)?;
        let row = vec![
            datum(found.matches),
            Some(text(&line[..found.matched_bytes])),
            Some(text(&found.stopped_at)),
            Some(text(&found.rest)),
            Some(text(&found.to_string())),
            Some(text(&found.pattern)),
        ];
        // SAFETY: the declared result is a row of these columns.
        Ok(unsafe { form(call.row_type(), row) })
    }

    /// parse_line(text, text[], jsonb) → (outcome, event, at, traces, component, level, message, parameters)
    fn logfsm_parse_line(call) { parse_line(call, false) }

    /// parse_line(text, text, jsonb)
    fn logfsm_parse_line_one(call) { parse_line(call, true) }

    /// read_log(text, text[], jsonb) → setof (line, outcome, event, at, traces, component, level, message, parameters)
    fn logfsm_read_log(call) { read_log(call, false) }

    /// read_log(text, text, jsonb)
    fn logfsm_read_log_one(call) { read_log(call, true) }

    /// read_line(settings, templates, line) → (outcome, event, at, keys, component, message, parameters)
    fn logfsm_read_line(call) { read_line(call) }

    /// read_message(settings, line) → (outcome, event, keys, message)
    fn logfsm_read_message(call) {
        let line = call.need_text(1, "line")?;
        let kept = kept(call, &[0], || RowReader::new(call, &Settings::from_json(&call.json(0, "{}"))?))?;
        let row = kept.reader.read(line, None, None, |row| [
            Some(text(row.outcome.as_str())),
            row.event.map(text),
            row.keys.as_deref().and_then(array),
            row.message.map(text),
        ])?;
        // SAFETY: the descriptor is blessed and has these columns.
        Ok(Some(unsafe { form_columns(kept.row_type, row) }))
    }

    /// unread_reason(settings, line) → text: NULL for a line that can be read
    fn logfsm_unread_reason(call) {
        let line = call.need_text(1, "line")?;
        let reader = kept(call, &[0], || Ok(LineReader::new(&Settings::from_json(&call.json(0, "{}"))?)?))?;
        let reason = reader.formats().and_then(|formats| formats.why_unread(line));
        Ok(reason.as_deref().map(text))
    }

    /// trace_keys(message, pattern) → text[]
    fn logfsm_trace_keys(call) {
        let (message, pattern) = (call.need_text(0, "message")?, call.need_text(1, "pattern")?);
        let compiled = kept(call, &[1], || Ok(KeyPattern::new(pattern)?))?;
        Ok(datum(compiled.keys(message).into_iter().map(String::from).collect::<Vec<String>>()))
    }
}
