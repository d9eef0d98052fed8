//! Which kind of value a run of word bytes is, if it is one.

use super::kind::SlotKind;
use super::scan::is_ip;
use super::token::{Class, MAX_WORD};

const UNITS: [&str; 46] = [
    "ns", "us", "ms", "s", "sec", "secs", "second", "seconds", "m", "min", "mins", "h", "hr", "hrs", "d", "day",
    "days", "b", "k", "kb", "kib", "m", "mb", "mib", "g", "gb", "gib", "t", "tb", "tib", "byte", "bytes", "kbytes",
    "mbytes", "gbytes", "hz", "khz", "mhz", "ghz", "%", "bit", "bits", "kbps", "mbps", "gbps", "w",
];

/// Values by themselves, in any language that prints them.
fn is_literal(text: &[u8]) -> bool {
    matches!(text, b"true" | b"True" | b"TRUE" | b"null" | b"NULL" | b"false" | b"False" | b"FALSE")
}

/// True for the name of a unit of size, time or rate.
pub fn is_unit(word: &str) -> bool {
    UNITS.iter().any(|u| u.eq_ignore_ascii_case(word))
}

/// What text without digits is that is no path.
pub fn word(text: &[u8]) -> Class {
    if is_literal(text) {
        return Class::Value(SlotKind::Categorical);
    }
    if text.len() > MAX_WORD { Class::Value(SlotKind::Text) } else { Class::Word }
}

/// What a run of word bytes is.
pub fn classify(text: &[u8]) -> Class {
    let (mut digits, mut letters, mut longest, mut run, mut runs) = (0usize, 0usize, 0usize, 0usize, 0usize);
    let (mut hex, mut backslashes) = (true, 0usize);
    for &b in text {
        if b.is_ascii_digit() {
            digits += 1;
            runs += usize::from(run == 0);
            run += 1;
            longest = longest.max(run);
        } else {
            run = 0;
            letters += usize::from(b.is_ascii_alphabetic() || b >= 0x80);
            hex &= b.is_ascii_hexdigit();
            backslashes += usize::from(b == b'\\');
        }
    }
    let first = text[0];
    if is_path(text, backslashes) {
        return Class::Value(SlotKind::Path);
    }
    if digits == 0 {
        return word(text);
    }
    let body = if matches!(first, b'-' | b'+') { &text[1..] } else { text };
    if letters == 0 {
        return Class::Value(number_kind(body));
    }
    if body.len() > 2 && body[0] == b'0' && (body[1] | 32) == b'x' && body[2..].iter().all(u8::is_ascii_hexdigit) {
        return Class::Value(SlotKind::Hex);
    }
    if hex && text.len() >= 6 {
        return Class::Value(SlotKind::Hex);
    }
    if is_uuid(text) {
        return Class::Value(SlotKind::Hex);
    }
    if body.first().is_some_and(u8::is_ascii_digit) {
        return Class::Value(leading_digit_kind(body));
    }
    if is_ip(text.strip_prefix(b"/").unwrap_or(text)) {
        return Class::Value(SlotKind::Ip);
    }
    if longest >= 4 || runs > 1 || digits > letters || text.len() > MAX_WORD {
        return Class::Value(SlotKind::Identifier);
    }
    Class::Soft
}

/// A slash at the start, or several backslashes.
fn is_path(text: &[u8], backslashes: usize) -> bool {
    match text[0] {
        b'/' => text.len() > 1 && text[1] != b'/' && !is_ip(&text[1..]),
        b'.' => text.starts_with(b"./") || text.starts_with(b"../"),
        b'~' => text.starts_with(b"~/"),
        _ => backslashes >= 2,
    }
}

fn number_kind(body: &[u8]) -> SlotKind {
    let dots = body.iter().filter(|b| **b == b'.').count();
    let plain = body.iter().all(|b| b.is_ascii_digit() || *b == b'.');
    if plain && dots == 0 {
        return SlotKind::Integer;
    }
    if plain && dots == 1 {
        return SlotKind::Decimal;
    }
    if is_ip(body) || (body[0] == b'/' && is_ip(&body[1..])) {
        return SlotKind::Ip;
    }
    if let Some(number) = body.strip_suffix(b"%")
        && number.iter().all(|b| b.is_ascii_digit() || *b == b'.')
    {
        return SlotKind::Quantity;
    }
    let separators = body.iter().filter(|b| matches!(b, b'-' | b'/')).count();
    if separators == 2 && body.len() >= 8 && body.iter().all(|b| b.is_ascii_digit() || matches!(b, b'-' | b'/')) {
        return SlotKind::Timestamp;
    }
    SlotKind::Identifier
}

fn leading_digit_kind(body: &[u8]) -> SlotKind {
    let number = body.iter().take_while(|b| b.is_ascii_digit() || **b == b'.').count();
    let unit = &body[number..];
    if unit.len() <= 7 && UNITS.iter().any(|u| u.as_bytes().eq_ignore_ascii_case(unit)) {
        return SlotKind::Quantity;
    }
    SlotKind::Identifier
}

fn is_uuid(text: &[u8]) -> bool {
    text.len() == 36
        && text.iter().enumerate().all(|(i, b)| match i {
            8 | 13 | 18 | 23 => *b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
}
