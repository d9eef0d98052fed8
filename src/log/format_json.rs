//! JSON lines: one object per line, its well-known keys read as the reserved groups.

use super::event::Event;
use super::format_time::{Clock, Time};
use serde_json::{Map, Value};
use std::borrow::Cow;

const TIMES: [&str; 8] = ["@timestamp", "timestamp", "time", "ts", "datetime", "date", "asctime", "t"];
const LEVELS: [&str; 5] = ["level", "severity", "lvl", "loglevel", "levelname"];
const MESSAGES: [&str; 4] = ["message", "msg", "text", "log"];
const COMPONENTS: [&str; 5] = ["component", "logger", "logger_name", "service", "module"];
const TYPES: [&str; 3] = ["event", "event_type", "type"];
const TRACES: [&str; 4] = ["trace_id", "traceId", "trace", "request_id"];

/// Reads a line, `None` where it is not an object with a message or an event type.
pub(crate) fn read(line: &str, clock: &Clock) -> Option<Event<'static>> {
    let Value::Object(mut object) = serde_json::from_str(line).ok()? else { return None };
    let mut take = |keys: &[&str]| {
        let key = keys.iter().find(|k| object.get(**k).is_some_and(|v| !v.is_object() && !v.is_array()))?;
        object.remove(*key)
    };
    let time = take(&TIMES);
    let mut event = Event {
        level: take(&LEVELS).map(text),
        message: take(&MESSAGES).map(text),
        component: take(&COMPONENTS).map(text),
        event_type: take(&TYPES).map(text),
        trace: take(&TRACES).map(text),
        matched: true,
        ..Event::default()
    };
    event.time = time.as_ref().and_then(|value| when(value, clock));
    if let (None, Some(value)) = (event.time, time) {
        // no time after all: a parameter like any other
        event.parameters.push(("time".into(), text(value)));
    }
    flatten(object, &mut event.parameters);
    (event.message.is_some() || event.event_type.is_some()).then_some(event)
}

/// Postgres has no NUL character in text.
fn text(value: Value) -> Cow<'static, str> {
    match value {
        Value::String(text) if text.contains('\0') => text.replace('\0', "\u{fffd}").into(),
        Value::String(text) => text.into(),
        value => value.to_string().into(),
    }
}

/// Dates as ISO 8601; numbers as seconds, milli-, micro- or nanoseconds since 1970, by their size.
fn when(value: &Value, clock: &Clock) -> Option<Time> {
    let seconds = match value {
        Value::String(text) => match clock.read(text) {
            Ok(time) => return Some(time),
            Err(_) => text.parse().ok()?,
        },
        value => value.as_f64()?,
    };
    Time::Decimal(seconds).microseconds().map(Time::Timestamp)
}

fn flatten(object: Map<String, Value>, out: &mut Vec<(Cow<'static, str>, Cow<'static, str>)>) {
    out.extend(object.into_iter().map(|(key, value)| (text(Value::String(key)), text(value))));
}
