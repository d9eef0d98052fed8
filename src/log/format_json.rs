//! JSON lines: one object per line, its well-known keys read as the reserved groups.

use super::event::Event;
use super::format_pattern::{TracePart, shorten, trace_key};
use super::format_time::{Clock, Time};
use serde_json::{Map, Value};
use std::borrow::Cow;

const TIMES: [&str; 12] = [
    "@timestamp",
    "timestamp",
    "time",
    "ts",
    "@t",
    "datetime",
    "date",
    "asctime",
    "timeMillis",
    "time_iso8601",
    "eventTime",
    "t",
];
const LEVELS: [&str; 7] = ["level", "severity", "lvl", "loglevel", "levelname", "log.level", "@l"];
const MESSAGES: [&str; 7] = ["message", "msg", "@m", "@mt", "text", "textPayload", "log"];
const COMPONENTS: [&str; 6] = ["component", "logger", "logger_name", "loggerName", "service", "module"];
/// A key that says what the event is, whatever else the object has.
const TYPES: [&str; 1] = ["event_type"];
/// Keys that say so only where there is no message: beside one they name the kind of log, as `"type": "server"` does.
const OTHER_TYPES: [&str; 2] = ["event", "type"];
const TRACES: [&str; 5] = ["trace_id", "traceId", "trace", "trace.id", "request_id"];

type Object = Map<String, Value>;

/// Reads a line; `None` where it is not an object with a message or an event type, the reason where its time cannot
/// be read. `trace` is a trace expression whose groups are keys of the object.
pub(crate) fn read(line: &str, clock: &Clock, trace: Option<&[TracePart]>) -> Option<Result<Event<'static>, String>> {
    let Value::Object(mut object) = serde_json::from_str(line).ok()? else { return None };
    let expression = trace.map(|parts| trace_key(parts, |name| named(&object, name)));
    let time = time(&mut object, clock);

    let mut take = |keys: &[&str]| {
        let value = |key: &&&str| object.get(**key).is_some_and(|v| !v.is_object() && !v.is_array() && !v.is_null());
        let key = keys.iter().find(value)?;
        object.remove(*key).map(text)
    };
    let mut event = Event {
        level: take(&LEVELS),
        message: take(&MESSAGES).map(without_line_end),
        component: take(&COMPONENTS),
        event_type: take(&TYPES),
        trace: take(&TRACES).filter(|key| !key.is_empty()),
        matched: true,
        ..Event::default()
    };
    if event.message.is_none() && event.event_type.is_none() {
        // what is more than one word is language, not a name
        match take(&OTHER_TYPES) {
            Some(said) if said.trim().contains(char::is_whitespace) => event.message = Some(said),
            name => event.event_type = name,
        }
    }
    if event.message.is_none() && event.event_type.is_none() {
        return None;
    }

    event.level = event.level.or_else(|| path(&object, "log.level").cloned().map(text));
    if let Some(key) = expression {
        let reserved = || trace.and_then(|parts| trace_key(parts, |name| of_event(&object, &event, name)));
        event.trace = key.or_else(reserved).filter(|key| !key.is_empty()).map(Cow::Owned);
    }
    match time {
        Ok(time) => event.time = time,
        Err(reason) => return Some(Err(reason)),
    }
    event.parameters.extend(object.into_iter().map(|(key, value)| (text(Value::String(key)), text(value))));
    Some(Ok(event))
}

/// The value of a key, or of a path into objects such as `user.id`, of an object.
fn path<'a>(object: &'a Object, name: &str) -> Option<&'a Value> {
    if let Some(value) = object.get(name) {
        return Some(value);
    }
    let inner = |(at, _): (usize, &str)| path(object.get(&name[..at])?.as_object()?, &name[at + 1..]);
    name.match_indices('.').find_map(inner)
}

/// The text of a key or path.
fn named<'a>(object: &Object, name: &str) -> Option<Cow<'a, str>> {
    let value = path(object, name).filter(|value| !value.is_null() && !value.is_object() && !value.is_array())?;
    Some(text(value.clone()))
}

/// The text of a key or path that is left, or of a reserved group.
fn of_event<'a>(object: &Object, event: &Event<'static>, name: &str) -> Option<Cow<'a, str>> {
    let field = match name {
        "TYPE" => &event.event_type,
        "COMPONENT" => &event.component,
        "LEVEL" => &event.level,
        "MESSAGE" => &event.message,
        "TRACE" => &event.trace,
        _ => return named(object, name),
    };
    field.clone()
}

/// Postgres has no NUL character in text.
fn text(value: Value) -> Cow<'static, str> {
    match value {
        Value::String(text) if text.contains('\0') => text.replace('\0', "\u{fffd}").into(),
        Value::String(text) => text.into(),
        value => value.to_string().into(),
    }
}

/// A message that a program wrote with its line end, as container runtimes pass it on, has none.
fn without_line_end(mut message: Cow<'static, str>) -> Cow<'static, str> {
    let kept = message.trim_end_matches(['\r', '\n']).len();
    if kept < message.len() {
        message.to_mut().truncate(kept);
    }
    message
}

/// Takes the time out of an object: the first of the known keys that can be read.
fn time(object: &mut Object, clock: &Clock) -> Result<Option<Time>, String> {
    let mut unread = None;
    for key in TIMES {
        let Some(value) = object.get(key).filter(|value| !value.is_null()) else { continue };
        // MongoDB writes {"$date": "…"}
        let value = value.get("$date").unwrap_or(value);
        if value.is_object() || value.is_array() {
            continue;
        }
        match when(value, clock) {
            Some(time) => {
                object.remove(key);
                return Ok(Some(time));
            }
            None => unread = unread.or_else(|| Some(format!("\"{}\" is not a time", shorten(&text(value.clone()))))),
        }
    }
    if let Some(time) = instant(object) {
        object.remove("instant");
        return Ok(Some(time));
    }
    unread.map_or(Ok(None), Err)
}

/// The time as Log4j 2 writes it: `"instant": {"epochSecond": …, "nanoOfSecond": …}`.
fn instant(object: &Object) -> Option<Time> {
    let instant = object.get("instant")?;
    let seconds = instant.get("epochSecond")?.as_i64()?;
    let nanoseconds = instant.get("nanoOfSecond").and_then(Value::as_i64).unwrap_or(0);
    let microseconds = seconds.checked_mul(1_000_000)?.checked_add(nanoseconds / 1000)?;
    microseconds.checked_add(Time::START).map(Time::Timestamp)
}

/// Dates as ISO 8601; numbers as seconds, milli-, micro- or nanoseconds since 1970, by their size.
fn when(value: &Value, clock: &Clock) -> Option<Time> {
    let seconds = match value {
        Value::String(text) => match clock.read(text) {
            Ok((time, _)) => return Some(time),
            Err(_) => text.trim().parse().ok()?,
        },
        value => value.as_f64()?,
    };
    Time::Decimal(seconds).microseconds().map(Time::Timestamp)
}
