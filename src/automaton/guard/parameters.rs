//! Reading an event's parameters: each value as text or number, by rules that SQL can follow exactly.

use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The parameters of one event, read from JSON text; values are decoded when asked for.
#[derive(Debug)]
pub enum Parameters<'a> {
    /// By name.
    Named(BTreeMap<String, &'a RawValue>),
    /// By position, from 1. A lone value stands for a list of one, as in jsonb.
    Listed(Vec<&'a RawValue>),
}

impl<'a> Parameters<'a> {
    /// Reads JSON text; anything that is not JSON has no parameters. O(length).
    pub fn parse(json: &'a str) -> Self {
        let json = json.trim_start();
        match json.as_bytes().first() {
            Some(b'{') => Parameters::Named(serde_json::from_str(json).unwrap_or_default()),
            Some(b'[') => Parameters::Listed(serde_json::from_str(json).unwrap_or_default()),
            _ => Parameters::Listed(serde_json::from_str(json).ok().into_iter().collect()),
        }
    }

    /// A value as text, `None` where it is missing or null: a string's content, anything else as written.
    pub fn value(&self, slot: &str) -> Option<Cow<'a, str>> {
        let raw = match self {
            Parameters::Named(values) => values.get(slot)?.get(),
            Parameters::Listed(values) => values.get(list_position(slot)?)?.get(),
        };
        match raw.as_bytes().first() {
            Some(b'"') => serde_json::from_str(raw).ok().map(Cow::Owned),
            Some(b'n') => None,
            _ => Some(Cow::Borrowed(raw)),
        }
    }

    /// The names of all slots, those of a list counting from 1.
    pub fn slots(&self) -> Vec<Box<str>> {
        match self {
            Parameters::Named(values) => values.keys().map(|key| key.as_str().into()).collect(),
            Parameters::Listed(values) => (1..=values.len()).map(|i| i.to_string().into()).collect(),
        }
    }
}

/// The index into a list, from 0, that a slot's name stands for.
pub fn list_position(slot: &str) -> Option<usize> {
    let plain = slot.bytes().all(|b| b.is_ascii_digit()) && !slot.starts_with('0') && slot.len() < 10;
    plain.then(|| slot.parse::<usize>().ok()).flatten().map(|i| i - 1)
}

/// Text as a number: a sign, up to 100 digits, a point and up to 100 more, an exponent of up to two digits.
///
/// SQL asks the same by a regular expression before it casts, so that both agree on every text and no cast overflows.
pub fn number(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let whole = digits(unsigned);
    let mut rest = &unsigned[whole..];
    if let Some(fraction) = rest.strip_prefix('.') {
        let length = digits(fraction);
        if length > 100 {
            return None;
        }
        rest = &fraction[length..];
    }
    if let Some(exponent) = rest.strip_prefix(['e', 'E']) {
        let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        let length = digits(exponent);
        if !(1..=2).contains(&length) {
            return None;
        }
        rest = &exponent[length..];
    }
    let fits = (1..=100).contains(&whole) && rest.is_empty();
    fits.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_read_as_jsonb_gives_them() {
        let named = Parameters::parse(r#"{"n": 7, "s": "a\"bü", "z": null, "b": true, "o": {"x": [1, 2]}, "n": 1.50}"#);
        let value = |slot: &str| named.value(slot).map(Cow::into_owned);
        assert_eq!(value("n").as_deref(), Some("1.50"));
        assert_eq!(value("s").as_deref(), Some("a\"bü"));
        assert_eq!((value("z"), value("nothing"), value("1")), (None, None, None));
        assert_eq!(value("b").as_deref(), Some("true"));
        assert_eq!(value("o").as_deref(), Some(r#"{"x": [1, 2]}"#));
        let listed = Parameters::parse(r#"["x", 8]"#);
        assert_eq!(listed.value("1").as_deref(), Some("x"));
        assert_eq!(listed.value("2").as_deref(), Some("8"));
        assert!(["0", "3", "01", "-1", "99999999999", "x"].iter().all(|slot| listed.value(slot).is_none()));
        assert_eq!(Parameters::parse("5").value("1").as_deref(), Some("5"));
        assert!(Parameters::parse("{broken").value("1").is_none());
        assert_eq!(listed.slots().len(), 2);
    }

    #[test]
    fn numbers_are_what_the_rule_says() {
        for (text, expected) in [("50", 50.0), ("-0.5", -0.5), ("+1e3", 1000.0), ("7.", 7.0), ("1E-9", 1e-9)] {
            assert_eq!(number(text), Some(expected), "{text}");
        }
        for odd in ["", "x", " 1", "1 ", "1e", "1e100", ".5", "NaN", "inf", "0x10", "1_0", "--1", "12ms", "1e+"] {
            assert_eq!(number(odd), None, "{odd}");
        }
        assert_eq!(number(&"9".repeat(101)), None);
    }
}
