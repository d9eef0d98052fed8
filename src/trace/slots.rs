//! An event's parameters, slot by slot.

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt::Formatter;

/// One parameter of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot<'a> {
    /// Its key, or its place in a list of values, counting from 1.
    pub name: Cow<'a, str>,
    /// Its value as text; `None` for JSON's null.
    pub value: Option<Cow<'a, str>>,
    /// What JSON calls its type.
    pub json_type: &'static str,
}

/// The parameters in a JSON object or list, in the order of their names or places. Anything else has none. O(bytes).
///
/// ```
/// use logfsm::trace::slots;
/// let of = |json| slots(json).into_iter().map(|s| (s.name.into_owned(), s.value.map(|v| v.into_owned()))).collect::<Vec<_>>();
/// assert_eq!(of(r#"{"size": 12, "path": "/a"}"#), [("path".into(), Some("/a".into())), ("size".into(), Some("12".into()))]);
/// assert_eq!(of(r#"["x", null]"#), [("1".into(), Some("x".into())), ("2".into(), None)]);
/// ```
pub fn slots(json: &str) -> Vec<Slot<'_>> {
    match json.trim_ascii_start().as_bytes().first() {
        Some(b'[') => {
            let list = serde_json::from_str::<Vec<&RawValue>>(json).unwrap_or_default();
            list.into_iter().zip(1..).map(|(value, place)| slot(Cow::Owned(place.to_string()), value)).collect()
        }
        Some(b'{') => {
            let Pairs(mut pairs) = serde_json::from_str(json).unwrap_or_default();
            // Of a name that is there twice the last one counts.
            pairs.reverse();
            pairs.sort_by(|a, b| a.0.cmp(&b.0));
            pairs.dedup_by(|a, b| a.0 == b.0);
            pairs.into_iter().map(|(name, value)| slot(name, value)).collect()
        }
        _ => Vec::new(),
    }
}

/// The names and values of an object as they are written.
#[derive(Default)]
struct Pairs<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

/// A name, borrowed where it has no escapes.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de> Deserialize<'de> for Pairs<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Each;
        impl<'de> Visitor<'de> for Each {
            type Value = Pairs<'de>;

            fn expecting(&self, formatter: &mut Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut pairs = Vec::new();
                while let Some((Name(name), value)) = map.next_entry()? {
                    pairs.push((name, value));
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(Each)
    }
}

fn slot<'a>(name: Cow<'a, str>, value: &'a RawValue) -> Slot<'a> {
    let (json_type, value) = read(value.get());
    Slot { name, value, json_type }
}

/// What JSON calls the type of a value, and its text.
fn read(json: &str) -> (&'static str, Option<Cow<'_, str>>) {
    match json.as_bytes().first() {
        Some(b'n') => ("null", None),
        Some(b'"') => {
            let plain = &json[1..json.len() - 1];
            let content = if plain.contains('\\') { serde_json::from_str(json).map(Cow::Owned).ok() } else { None };
            ("string", Some(content.unwrap_or(Cow::Borrowed(plain))))
        }
        Some(b't' | b'f') => ("boolean", Some(Cow::Borrowed(json))),
        Some(b'{') => ("object", Some(Cow::Borrowed(json))),
        Some(b'[') => ("array", Some(Cow::Borrowed(json))),
        _ => ("number", Some(Cow::Borrowed(json))),
    }
}

/// The parameters of all events of a trace, in few pieces of memory.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TraceSlots {
    text: String,
    /// Where a name ends, where its value does, and what JSON calls its type; each begins where the one before ends.
    slots: Vec<(u32, Option<u32>, &'static str)>,
    /// Per event where its slots end, and their text.
    events: Vec<(u32, u32)>,
}

impl TraceSlots {
    /// Those of events by their JSON text. O(bytes).
    ///
    /// ```
    /// use logfsm::trace::{TraceSlots, slots};
    /// let all = TraceSlots::of(&[Some(r#"{"b": 1, "a": null}"#.into()), None]);
    /// assert_eq!(all.event(0).collect::<Vec<_>>(), slots(r#"{"b": 1, "a": null}"#));
    /// assert_eq!(all.event(1).count(), 0);
    /// ```
    pub fn of(parameters: &[Option<Box<str>>]) -> Self {
        let mut all = TraceSlots::default();
        for json in parameters {
            for slot in json.as_deref().map_or_else(Vec::new, slots) {
                all.push(&slot.name, slot.json_type, slot.value.as_deref());
            }
            all.end_event();
        }
        all
    }

    /// Room for the parameters of so many events.
    pub fn with_capacity(events: usize) -> Self {
        let room = (String::with_capacity(32 * events), Vec::with_capacity(2 * events));
        TraceSlots { text: room.0, slots: room.1, events: Vec::with_capacity(events) }
    }

    fn push(&mut self, name: &str, json_type: &'static str, value: Option<&str>) {
        self.text.push_str(name);
        let name = self.text.len() as u32;
        self.text.push_str(value.unwrap_or_default());
        self.slots.push((name, value.map(|_| self.text.len() as u32), json_type));
    }

    /// Adds a parameter to the event under way, its value as JSON text. They come in the order of [`slots`].
    pub fn add(&mut self, name: &str, json: &str) {
        let (json_type, value) = read(json);
        self.push(name, json_type, value.as_deref());
    }

    /// Ends the event under way.
    pub fn end_event(&mut self) {
        self.events.push((self.slots.len() as u32, self.text.len() as u32));
    }

    /// Forgets what was added to the event under way.
    pub fn take_back(&mut self) {
        let (slots, text) = self.events.last().copied().unwrap_or_default();
        self.slots.truncate(slots as usize);
        self.text.truncate(text as usize);
    }

    /// The parameters of an event, counting from 0.
    pub fn event(&self, i: usize) -> impl Iterator<Item = Slot<'_>> {
        let (first, start) = i.checked_sub(1).and_then(|i| self.events.get(i)).copied().unwrap_or_default();
        let (first, mut at) = (first as usize, start as usize);
        let last = self.events.get(i).map_or(first, |event| event.0 as usize);
        self.slots[first..last].iter().map(move |&(name, value, json_type)| {
            let (start, name) = (at, name as usize);
            at = value.map_or(name, |end| end as usize);
            let value = value.map(|_| Cow::Borrowed(&self.text[name..at]));
            Slot { name: Cow::Borrowed(&self.text[start..name]), value, json_type }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flat(json: &str) -> Vec<(String, Option<String>, &'static str)> {
        slots(json).into_iter().map(|s| (s.name.into_owned(), s.value.map(Cow::into_owned), s.json_type)).collect()
    }

    #[test]
    fn values_keep_their_text() {
        let found = flat(r#"{"a": 1.50, "b": "x \"y\" \u00e9", "c": null, "d": true, "e": {"f": [1, 2]}, "g": []}"#);
        let of = |name: &str, value: Option<&str>, kind| (name.to_string(), value.map(String::from), kind);
        assert_eq!(
            found,
            [
                of("a", Some("1.50"), "number"),
                of("b", Some("x \"y\" é"), "string"),
                of("c", None, "null"),
                of("d", Some("true"), "boolean"),
                of("e", Some(r#"{"f": [1, 2]}"#), "object"),
                of("g", Some("[]"), "array"),
            ]
        );
    }

    #[test]
    fn names_are_in_order_and_the_last_of_equal_ones_counts() {
        let found = flat(" {\"b\": 1, \"a\\u0062\": 2, \"a\": 3, \"b\": \"x\"}");
        let of = |name: &str, value: &str, kind| (name.to_string(), Some(value.to_string()), kind);
        assert_eq!(found, [of("a", "3", "number"), of("ab", "2", "number"), of("b", "x", "string")]);
    }

    #[test]
    fn those_of_a_trace_are_those_of_its_events() {
        let events = ["[1, null, \"x\"]", "{}", "{\"a\": \"\", \"b\": \"\\u00e9\"}", "7", "{\"c\": [2]}"];
        let mut given: Vec<Option<Box<str>>> = events.iter().map(|&json| Some(json.into())).collect();
        given.insert(1, None);
        let all = TraceSlots::of(&given);
        for (i, json) in given.iter().enumerate() {
            assert_eq!(all.event(i).collect::<Vec<_>>(), json.as_deref().map_or_else(Vec::new, slots));
        }
        assert_eq!(all.event(given.len()).count(), 0);
    }

    #[test]
    fn what_is_no_object_or_list_has_no_parameters() {
        for json in ["1", "\"a\"", "null", "", "{", "[1", "{\"a\"}", "{\"a\": 1} x", "[1] x"] {
            assert_eq!(flat(json), [], "{json}");
        }
    }
}
