//! Dates written with the names of weekday or month.

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
