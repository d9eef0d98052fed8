//! Byte scanners behind the tokenizer: where a word ends, and which kind of value it is.

use super::kind::SlotKind;
use super::token::{Class, MAX_WORD};

/// White space.
pub const B: u8 = 0;
/// A delimiter.
pub const D: u8 = 1;
/// From here on: bytes of words. Letters and other text.
pub const W: u8 = 2;
/// Punctuation inside words.
const P: u8 = 3;
/// Digits.
const N: u8 = 4;
/// Control characters: they make a value of the word.
const C: u8 = 5;

/// The class of each byte.
pub static CLASS: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut table = [W; 256];
    let mut b = 0;
    while b < 128 {
        table[b] = match b as u8 {
            b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c => B,
            0..=0x1f | 0x7f => C,
            b'0'..=b'9' => N,
            b'a'..=b'z' | b'A'..=b'Z' => W,
            b'_' | b'.' | b'-' | b'/' | b'\\' | b'$' | b'+' | b'*' | b'~' | b'%' | b'^' | b'`' => P,
            _ => D,
        };
        b += 1;
    }
    table
}

/// True for bytes that words are made of.
pub fn is_word_byte(b: u8) -> bool {
    CLASS[b as usize] >= W
}

/// A run of word bytes.
pub struct Run {
    /// One past its last byte.
    pub end: usize,
    /// Digits in it.
    pub digits: usize,
    /// It starts with a slash.
    pub slash: bool,
    /// Set where its shape alone says what it is.
    pub special: Option<SlotKind>,
}

/// Reads the run that starts at `start`, including the colons and at-signs that belong to it.
pub fn run(bytes: &[u8], start: usize) -> Run {
    let n = bytes.len();
    let mut out = Run { end: start, digits: 0, slash: bytes[start] == b'/', special: None };
    let (mut at, mut control) = (start, false);
    // all hexadecimal digits so far, in groups joined by ':'
    let mut hex = true;
    let mut colons = 0;
    while at < n {
        let b = bytes[at];
        match CLASS[b as usize] {
            N => out.digits += 1,
            W => hex &= b.is_ascii_hexdigit(),
            // dot leaders end a word
            P if b == b'.' && at > start && !out.slash && bytes.get(at + 1) == Some(&b'.') => break,
            P => hex &= b == b'.' || b == b'-' || b == b'/',
            C => control = true,
            _ if b == b':' && at > start => {
                let next = bytes.get(at + 1).copied().unwrap_or(b' ');
                if next == b'/' && bytes.get(at + 2) == Some(&b'/') {
                    out.end = address_end(bytes, at + 3);
                    out.special = Some(SlotKind::Path);
                    return out;
                }
                if next == b'\\' && at == start + 1 {
                    out.end = path_end(bytes, at + 1);
                    out.special = Some(SlotKind::Path);
                    return out;
                }
                if next == b':' && bytes.get(at + 2).is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_') && !hex {
                    at += 2;
                    continue;
                }
                let grouped = hex && out.digits > 0 && next.is_ascii_hexdigit() && hex_group(bytes, at + 1);
                let port = out.digits > 0 && port_end(bytes, at + 1).is_some();
                // a list of paths
                if out.slash && next == b'/' {
                    out.special = Some(SlotKind::Path);
                    at += 1;
                    continue;
                }
                let clock = at >= start + 2 && two_digits(bytes, at - 2) && two_digits(bytes, at + 1);
                // looks back over the run, but once only: a port has digits
                let host = || out.digits == 0 && port_end(bytes, at + 1).is_some() && hostlike(&bytes[start..at]);
                if !(grouped || port || clock || host()) {
                    break;
                }
                colons += 1;
            }
            _ if b == b'?' && out.slash && at > start + 1 => {
                out.end = address_end(bytes, at);
                out.special = Some(SlotKind::Path);
                return out;
            }
            _ if b == b'@' && at > start => {
                let end = at + 1 + bytes[at + 1..].iter().take_while(|b| is_word_byte(**b)).count();
                if !bytes[at + 1..end].contains(&b'.') || end - at < 4 {
                    break;
                }
                out.end = end;
                out.special = Some(SlotKind::Identifier);
                return out;
            }
            _ => break,
        }
        at += 1;
    }
    out.end = at;
    if control {
        out.special = Some(SlotKind::Text);
    } else if colons > 0 && out.special.is_none() {
        out.special = Some(colon_kind(&bytes[start..at]));
    }
    out
}

fn two_digits(bytes: &[u8], at: usize) -> bool {
    bytes.get(at..at + 2).is_some_and(|pair| pair.iter().all(u8::is_ascii_digit))
}

/// Two hexadecimal digits at most four long, then a boundary: a group of a time, a hardware or an IPv6 address.
fn hex_group(bytes: &[u8], at: usize) -> bool {
    let len = bytes[at..].iter().take(5).take_while(|b| b.is_ascii_hexdigit()).count();
    (1..=4).contains(&len) && bytes.get(at + len).is_none_or(|b| !b.is_ascii_alphanumeric() && *b != b'_')
}

fn port_end(bytes: &[u8], at: usize) -> Option<usize> {
    let len = bytes[at..].iter().take(6).take_while(|b| b.is_ascii_digit()).count();
    let boundary = bytes.get(at + len).is_none_or(|b| !is_word_byte(*b) || *b == b'.');
    ((1..=5).contains(&len) && boundary).then_some(at + len)
}

/// A dotted name such as a host.
fn hostlike(text: &[u8]) -> bool {
    text.iter().filter(|b| **b == b'.').count() >= 1
        && text.iter().all(|b| b.is_ascii_alphanumeric() || b"-._/".contains(b))
}

fn address_end(bytes: &[u8], at: usize) -> usize {
    let stop = |b: &u8| CLASS[*b as usize] == B || b"\"'<>|,;()[]{}".contains(b);
    at + bytes[at..].iter().take_while(|b| !stop(b)).count()
}

fn path_end(bytes: &[u8], at: usize) -> usize {
    at + bytes[at..].iter().take_while(|b| is_word_byte(**b)).count()
}

fn colon_kind(text: &[u8]) -> SlotKind {
    let mut digits = 0;
    let mut groups = 1;
    let mut all_digits = true;
    for &b in text {
        match b {
            b':' => groups += 1,
            b'0'..=b'9' => digits += 1,
            b'.' | b'-' | b'/' | b'+' => {}
            b'T' | b'Z' => {}
            _ => all_digits = false,
        }
    }
    let host = text.strip_prefix(b"/").unwrap_or(text);
    let address = host.split(|b| *b == b':').next().unwrap_or(host);
    if is_ip(address) || address.iter().position(|b| *b == b'/').is_some_and(|i| is_ip(&address[i + 1..])) {
        return SlotKind::Ip;
    }
    if all_digits && digits > 0 && !host.starts_with(b":") && groups <= 4 {
        let first = address.len();
        if groups >= 3 || (first <= 2 && groups == 2) || (first >= 8 && groups >= 2) {
            return SlotKind::Timestamp;
        }
    }
    if text.iter().all(|b| b.is_ascii_hexdigit() || *b == b':') && groups > 2 {
        return SlotKind::Hex;
    }
    SlotKind::Identifier
}

fn is_weekday(text: &[u8]) -> bool {
    matches!(text, b"Mon" | b"Tue" | b"Wed" | b"Thu" | b"Fri" | b"Sat" | b"Sun")
}

fn is_month(text: &[u8]) -> bool {
    matches!(text, b"Jan" | b"Feb" | b"Mar" | b"Apr" | b"May" | b"Jun")
        || matches!(text, b"Jul" | b"Aug" | b"Sep" | b"Oct" | b"Nov" | b"Dec")
}

/// The end of a date written with the names of weekday or month, with a time of day or a year.
pub fn date(bytes: &[u8], start: usize) -> Option<usize> {
    let three = bytes.get(start..start + 3)?;
    if !three[0].is_ascii_uppercase() || !(is_weekday(three) || is_month(three)) {
        return None;
    }
    // fields between blanks
    let field = |at: usize| {
        let from = at + bytes[at..].iter().take(3).take_while(|b| **b == b' ').count();
        let len = bytes[from..].iter().take(16).take_while(|b| b.is_ascii_alphanumeric() || b":.+".contains(b)).count();
        (from > at && len > 0).then_some((from, from + len))
    };
    let digits = |from: usize, to: usize, lengths: std::ops::RangeInclusive<usize>| {
        lengths.contains(&(to - from)) && bytes[from..to].iter().all(u8::is_ascii_digit)
    };
    let mut at = start + 3;
    if is_weekday(three) {
        if bytes.get(at) == Some(&b',') {
            at += 1;
        }
        let (from, to) = field(at)?;
        if !is_month(&bytes[from..to]) {
            return None;
        }
        at = to;
    }
    let (from, to) = field(at)?;
    if !digits(from, to, 1..=2) {
        return None;
    }
    at = to;
    let (mut from, mut to) = field(at)?;
    let clock = to - from >= 5
        && bytes[from..to].iter().all(|b| b.is_ascii_digit() || b":.".contains(b))
        && bytes[from + 2] == b':';
    if clock {
        at = to;
        while bytes[at - 1] == b'.' || bytes[at - 1] == b':' {
            at -= 1;
        }
        let Some(next) = field(at) else { return Some(at) };
        (from, to) = next;
        if (2..=5).contains(&(to - from)) && bytes[from..to].iter().all(u8::is_ascii_uppercase) {
            let Some(next) = field(to) else { return Some(at) };
            (from, to) = next;
        }
    }
    if digits(from, to, 4..=4) && (bytes[from] == b'1' || bytes[from] == b'2') {
        return Some(to);
    }
    clock.then_some(at)
}

/// Four decimal numbers joined by dots.
fn is_ip(text: &[u8]) -> bool {
    let mut groups = 0;
    for group in text.split(|b| *b == b'.') {
        if group.is_empty() || group.len() > 3 || !group.iter().all(u8::is_ascii_digit) {
            return false;
        }
        groups += 1;
    }
    groups == 4
}

/// Without the full stop, dash or percent sign that ends it, where that closes a sentence rather than a value.
pub fn trim_sentence(bytes: &[u8], start: usize, end: usize) -> usize {
    let mut cut = end;
    while cut > start + 1 && bytes[cut - 1] == b'.' {
        cut -= 1;
    }
    if cut == end {
        return end;
    }
    // inside a sentence a full stop belongs to the value
    let mut next = end;
    while next < bytes.len() && CLASS[bytes[next] as usize] == B {
        next += 1;
    }
    let inside = next > end && bytes.get(next).is_some_and(u8::is_ascii_lowercase);
    if inside && end - cut == 1 { end } else { cut }
}

/// The first run of two or more dots between `start` and `end`.
pub fn dots(bytes: &[u8], start: usize, end: usize) -> Option<(usize, usize)> {
    let text = &bytes[start..end];
    if text[0] == b'/' {
        return None;
    }
    let from = text.windows(2).position(|w| w == b"..")?;
    let len = text[from..].iter().take_while(|b| **b == b'.').count();
    Some((start + from, start + from + len))
}

/// Where a name of letters ends that a dot joins to a number (`core.2275`).
pub fn numbered_suffix(text: &[u8]) -> Option<usize> {
    if !text.last()?.is_ascii_digit() || !text[0].is_ascii_alphabetic() {
        return None;
    }
    let dot = text.iter().position(|b| *b == b'.')?;
    let name = text[..dot].iter().all(|b| b.is_ascii_alphabetic() || *b == b'_');
    (name && dot >= 2 && text[dot + 1..].iter().all(u8::is_ascii_digit)).then_some(dot)
}

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
    if digits == 0 && is_literal(text) {
        return Class::Value(SlotKind::Categorical);
    }
    if digits == 0 {
        return if text.len() > MAX_WORD { Class::Value(SlotKind::Text) } else { Class::Word };
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
