//! Dates that are one value though they have several parts: with names of weekday or month, or in digits with a time.

use super::scan::is_word_byte;

fn is_weekday(text: &[u8]) -> bool {
    matches!(text, b"Mon" | b"Tue" | b"Wed" | b"Thu" | b"Fri" | b"Sat" | b"Sun")
}

fn is_month(text: &[u8]) -> bool {
    matches!(text, b"Jan" | b"Feb" | b"Mar" | b"Apr" | b"May" | b"Jun")
        || matches!(text, b"Jul" | b"Aug" | b"Sep" | b"Oct" | b"Nov" | b"Dec")
}

/// The end of a date in digits with a time of day behind it (`2024-05-01 10:00:00,123 +0200`, `01/May/2024:10:00:00`), or
/// of a time of day with a part that would else be cut off (`10:00:00,123`, `9:05 PM`).
pub fn digits(bytes: &[u8], start: usize) -> Option<usize> {
    // most numbers are none of these: what joins the first two parts comes after one, two or four digits
    let rest = &bytes[start..];
    let joins = |n: usize| rest.get(n).is_some_and(|b| b"-/.:".contains(b));
    let length = [1, 2, 4].into_iter().find(|n| joins(*n))?;
    if rest[length] == b'.' && !joins(length + 2) && !joins(length + 3) {
        return None;
    }
    let first = start + length;
    let ends = |at: usize| bytes.get(at).is_none_or(|b| !is_word_byte(*b) || *b == b'.');
    match bytes.get(first)? {
        b':' => {
            let plain = clock(bytes, start)?;
            let end = suffix(bytes, plain);
            (end > plain && ends(end)).then_some(end)
        }
        b'-' | b'/' | b'.' => {
            let date = day(bytes, start)?;
            let joint = bytes.get(date).filter(|b| b" T:_".contains(b))?;
            let plain = clock(bytes, date + 1)?;
            let end = suffix(bytes, plain);
            // what is written without a blank is one word anyway
            (ends(end) && (b" :".contains(joint) || end > plain)).then_some(end)
        }
        _ => None,
    }
}

fn number(bytes: &[u8], at: usize, lengths: std::ops::RangeInclusive<usize>) -> Option<usize> {
    let len = bytes.get(at..)?.iter().take(10).take_while(|b| b.is_ascii_digit()).count();
    lengths.contains(&len).then_some(at + len)
}

/// The end of a day: `2024-05-01`, `01.05.2024`, `5/1/24`, `01/May/2024`.
fn day(bytes: &[u8], start: usize) -> Option<usize> {
    let first = number(bytes, start, 1..=4)?;
    let joint = *bytes.get(first).filter(|b| b"-/.".contains(b))?;
    let middle = match number(bytes, first + 1, 1..=2) {
        Some(end) => end,
        None if bytes.get(first + 1..first + 4).is_some_and(is_month) => first + 4,
        None => return None,
    };
    if bytes.get(middle) != Some(&joint) {
        return None;
    }
    let long = first - start == 4;
    number(bytes, middle + 1, if long { 1..=2 } else { 2..=4 })
}

/// The end of a time of day, its decimals included.
fn clock(bytes: &[u8], start: usize) -> Option<usize> {
    let hour = number(bytes, start, 1..=2).filter(|end| bytes.get(*end) == Some(&b':'))?;
    let minute = number(bytes, hour + 1, 2..=2)?;
    if bytes.get(minute) != Some(&b':') {
        return Some(minute);
    }
    let second = number(bytes, minute + 1, 2..=2)?;
    let point = bytes.get(second) == Some(&b'.');
    Some(if point { number(bytes, second + 1, 1..=9).unwrap_or(second) } else { second })
}

/// The end of what belongs to a time of day: decimals behind a comma, AM or PM, an offset.
fn suffix(bytes: &[u8], at: usize) -> usize {
    let mut end = at;
    if bytes.get(at) == Some(&b',')
        && at >= 3
        && bytes[at - 3] == b':'
        && let Some(decimals) = number(bytes, at + 1, 3..=3).or_else(|| number(bytes, at + 1, 6..=6))
    {
        end = decimals;
    }
    let rest = &bytes[end..];
    for word in [&b" AM"[..], b" PM", b" am", b" pm", b" UTC", b" GMT", b"Z"] {
        if rest.starts_with(word) && rest.get(word.len()).is_none_or(|b| !is_word_byte(*b)) {
            return end + word.len();
        }
    }
    end + offset(rest).unwrap_or(0)
}

/// The end of an offset such as ` +0200` or `-03:30`.
fn offset(rest: &[u8]) -> Option<usize> {
    let sign = usize::from(rest.first() == Some(&b' '));
    rest.get(sign).filter(|b| b"+-".contains(b))?;
    let end = match number(rest, sign + 1, 2..=4)? - sign - 1 {
        4 => sign + 5,
        2 if rest.get(sign + 3) == Some(&b':') => number(rest, sign + 4, 2..=2)?,
        _ => return None,
    };
    rest.get(end).is_none_or(|b| !is_word_byte(*b)).then_some(end)
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
