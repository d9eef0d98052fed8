//! Byte scanners behind the tokenizer: where a word ends, and what its shape alone says.

use super::ansi;
use super::kind::SlotKind;

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
pub static CLASS: [u8; 256] = CLASSES;
const CLASSES: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut table = [W; 256];
    let mut b = 0;
    while b < 128 {
        table[b] = match b as u8 {
            b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c | ansi::ESCAPE => B,
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

/// Bits of [`SEEN`]: a digit.
const DIGIT: u8 = 1;
/// A byte that hexadecimal numbers, addresses and dates have not.
const NOT_HEX: u8 = 2;
/// A backslash.
const BACKSLASH: u8 = 4;
/// A byte that means more than itself: a dot, a colon, the end of the word ….
const STOP: u8 = 8;
/// A byte of a script whose characters take three bytes or more; most of these write no blanks between words.
const WIDE: u8 = 16;

/// What each byte says about the word it is in.
static SEEN: [u8; 256] = seen();

const fn seen() -> [u8; 256] {
    let mut table = [NOT_HEX; 256];
    let mut b = 0;
    while b < 256 {
        table[b] = match (CLASSES[b], b as u8) {
            (N, _) => DIGIT,
            (W, b'a'..=b'f' | b'A'..=b'F') | (P, b'-' | b'/') => 0,
            (W, 0xe0..) => NOT_HEX | WIDE,
            (W, _) => NOT_HEX,
            (P, b'\\') => NOT_HEX | BACKSLASH,
            (P, byte) if byte != b'.' => NOT_HEX,
            _ => STOP,
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
    /// Dots in it.
    pub dots: usize,
    /// It has a backslash.
    pub backslash: bool,
    /// It has characters of a script that writes no blanks.
    pub wide: bool,
    /// It has hexadecimal digits, dots, dashes and slashes only.
    pub hex: bool,
    /// Set where its shape alone says what it is.
    pub special: Option<SlotKind>,
}

/// How many bytes at the start mean nothing more than themselves, what they say, and how many of them are digits.
#[inline]
fn plain(bytes: &[u8]) -> (usize, u8, usize) {
    let (mut len, mut seen, mut digits) = (0, 0, 0);
    for &b in bytes {
        let says = SEEN[b as usize];
        if says & STOP != 0 {
            break;
        }
        seen |= says;
        digits += usize::from(says & DIGIT);
        len += 1;
    }
    (len, seen, digits)
}

/// Reads the run that starts at `start`, including the colons and at-signs that belong to it.
pub fn run(bytes: &[u8], start: usize) -> Run {
    let n = bytes.len();
    let slash = bytes[start] == b'/';
    let mut out =
        Run { end: start, digits: 0, slash, dots: 0, backslash: false, wide: false, hex: true, special: None };
    let (mut at, mut control) = (start, false);
    let (mut colons, mut seen) = (0, 0);
    while at < n {
        let (len, says, digits) = plain(&bytes[at..]);
        (at, seen, out.digits) = (at + len, seen | says, out.digits + digits);
        let Some(&b) = bytes.get(at) else { break };
        // all hexadecimal digits so far, in groups joined by ':'
        let hex = seen & NOT_HEX == 0;
        match CLASS[b as usize] {
            // dot leaders end a word
            P if at > start && !out.slash && bytes.get(at + 1) == Some(&b'.') => break,
            P => out.dots += 1,
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
                if hex
                    && colons == 0
                    && at - start <= 4
                    && let Some((end, kind)) = address(bytes, start)
                {
                    out.end = end;
                    out.special = Some(kind);
                    return out;
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
                // an image and its version: `registry/app:1.2`
                let version = || {
                    let digit = at + 1 + usize::from(next == b'v');
                    !out.slash && bytes.get(digit).is_some_and(u8::is_ascii_digit) && bytes[start..at].contains(&b'/')
                };
                if !(grouped || port || clock || host() || version()) {
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
    // the dash of an arrow is no part of what stands before it
    if bytes.get(at) == Some(&b'>') && at > start + 1 && bytes[at - 1] == b'-' {
        at -= 1;
    }
    (out.end, out.hex, out.backslash) = (at, seen & NOT_HEX == 0, seen & BACKSLASH != 0);
    out.wide = seen & WIDE != 0;
    if control {
        out.special = Some(SlotKind::Text);
    } else if colons > 0 && out.special.is_none() {
        out.special = Some(colon_kind(&bytes[start..at]));
    }
    out
}

/// The end of the white space at `at`. How a terminal is to show what follows is white space, too.
pub fn blank_end(bytes: &[u8], mut at: usize) -> usize {
    while at < bytes.len() && CLASS[bytes[at] as usize] == B {
        // a layout's runs are ended by bars, so a sequence with one is left apart
        let end = ansi::sequence_end(bytes, at);
        at = if bytes[at..end].contains(&b'|') { at + 1 } else { end.max(at + 1) };
    }
    at
}

/// True for text that is punctuation inside words only, such as `****`, and too long to mean anything by itself.
pub fn is_rule(text: &[u8]) -> bool {
    text.len() >= 3 && text.iter().all(|b| CLASS[*b as usize] == P)
}

/// True for white space, each run ended by a bar.
pub fn is_layout(layout: &str) -> bool {
    let blank = |run: &str| blank_end(run.as_bytes(), 0) == run.len();
    layout.is_empty() || (layout.ends_with('|') && layout.split('|').all(blank))
}

fn two_digits(bytes: &[u8], at: usize) -> bool {
    bytes.get(at..at + 2).is_some_and(|pair| pair.iter().all(u8::is_ascii_digit))
}

/// Two hexadecimal digits at most four long, then a boundary: a group of a time, a hardware or an IPv6 address.
fn hex_group(bytes: &[u8], at: usize) -> bool {
    let len = bytes[at..].iter().take(5).take_while(|b| b.is_ascii_hexdigit()).count();
    (1..=4).contains(&len) && bytes.get(at + len).is_none_or(|b| !b.is_ascii_alphanumeric() && *b != b'_')
}

/// The end of a hardware address or an IPv6 address: groups of hexadecimal digits joined by colons, six of two digits, or
/// eight, or fewer with a double colon.
fn address(bytes: &[u8], start: usize) -> Option<(usize, SlotKind)> {
    let (mut at, mut groups, mut pairs, mut digits, mut doubled) = (start, 0, true, false, false);
    loop {
        let len = bytes[at..].iter().take(5).take_while(|b| b.is_ascii_hexdigit()).count();
        if len > 4 || groups == 8 {
            return None;
        }
        if len > 0 {
            groups += 1;
            pairs &= len == 2;
            digits |= bytes[at..at + len].iter().any(u8::is_ascii_digit);
        }
        at += len;
        match (bytes.get(at), bytes.get(at + 1)) {
            (Some(b':'), Some(b':')) if !doubled && len > 0 => {
                doubled = true;
                at += 2;
            }
            (Some(b':'), Some(next)) if len > 0 && next.is_ascii_hexdigit() => at += 1,
            _ => break,
        }
    }
    if bytes.get(at).is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_') {
        return None;
    }
    match (groups, pairs, doubled) {
        (6, true, false) => Some((at, SlotKind::Hex)),
        // names of C++ may be made of these letters, too
        (8, _, false) | (1..=7, _, true) if digits => Some((at, SlotKind::Ip)),
        _ => None,
    }
}

fn port_end(bytes: &[u8], at: usize) -> Option<usize> {
    let len = bytes[at..].iter().take(6).take_while(|b| b.is_ascii_digit()).count();
    // a full stop ends a sentence, a point goes on with an address
    let stop = || bytes.get(at + len + 1).is_none_or(|b| !b.is_ascii_digit());
    let boundary = bytes.get(at + len).is_none_or(|b| !is_word_byte(*b) || (*b == b'.' && stop()));
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

/// Four decimal numbers joined by dots.
pub fn is_ip(text: &[u8]) -> bool {
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
