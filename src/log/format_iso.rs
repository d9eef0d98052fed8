//! Dates as ISO 8601 writes them, and as programs write them that mean it: with a blank before the offset, with slashes,
//! with more digits than a nanosecond has, at 24:00.

use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;

/// The zone behind a date.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Zone<'a> {
    /// There is none.
    None,
    /// A difference to UTC.
    Offset(Offset),
    /// A name or an abbreviation.
    Named(&'a str),
}

/// Reads a date with or without a time and a zone; `None` where it is another text.
pub(crate) fn read(text: &str) -> Option<(DateTime, Zone<'_>)> {
    let mut rest = Rest(text);
    let year = rest.digits(4, 4)?;
    let joint = rest.any(&['-', '/'])?;
    let month = rest.digits(1, 2)?;
    rest.any(&[joint])?;
    let day = rest.digits(1, 2)?;
    let date = Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    if rest.0.is_empty() {
        return Some((date.to_datetime(jiff::civil::Time::midnight()), Zone::None));
    }
    if rest.any(&['T', 't', '_']).is_none() && rest.blanks() == 0 {
        return None;
    }
    let (hour, minute) = (rest.digits(1, 2)?, rest.colon().and_then(|()| rest.digits(2, 2))?);
    let second = if rest.colon().is_some() { rest.digits(2, 2)? } else { 0 };
    let nanosecond = if rest.any(&['.']).is_some() { rest.fraction()? } else { 0 };
    // the end of a day is the beginning of the next; a leap second is the one before it
    let end = (hour, minute, second, nanosecond) == (24, 0, 0, 0);
    let [hour, minute, second] = [if end { 0 } else { hour }, minute, second.min(if second == 60 { 59 } else { 99 })];
    let time = jiff::civil::Time::new(hour as i8, minute as i8, second as i8, nanosecond as i32).ok()?;
    let date = if end { date.tomorrow().ok()? } else { date };
    rest.blanks();
    Some((date.to_datetime(time), zone(rest.0)?))
}

fn zone(text: &str) -> Option<Zone<'_>> {
    let bracketed = text.strip_prefix('[').and_then(|name| name.strip_suffix(']'));
    Some(match text {
        "" => Zone::None,
        "Z" | "z" | "UTC" | "GMT" | "UT" => Zone::Offset(Offset::UTC),
        _ => match (offset(text), bracketed) {
            (Some(offset), _) => Zone::Offset(offset),
            (None, Some(name)) => Zone::Named(name),
            _ if text.bytes().all(|b| b.is_ascii_alphanumeric() || b"/_+-".contains(&b)) => Zone::Named(text),
            _ => return None,
        },
    })
}

/// An offset such as `+02:00`, `-0330` or `+01`.
pub(crate) fn offset(text: &str) -> Option<Offset> {
    let mut rest = Rest(text);
    let sign = if rest.any(&['+', '-'])? == '-' { -1 } else { 1 };
    let hours = rest.digits(2, 2)?;
    let mut seconds = hours * 3600;
    for unit in [60, 1] {
        if !rest.0.is_empty() {
            rest.colon();
            let part = rest.digits(2, 2).filter(|part| *part < 60)?;
            seconds += part * unit;
        }
    }
    if rest.0.is_empty() { Offset::from_seconds(sign * i32::try_from(seconds).ok()?).ok() } else { None }
}

/// True for a zone's abbreviation such as `CET`: what it stands for depends on where it was written.
pub(crate) fn is_abbreviation(name: &str) -> bool {
    (2..=5).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_uppercase())
}

/// What is left to read.
struct Rest<'a>(&'a str);

impl Rest<'_> {
    fn any(&mut self, of: &[char]) -> Option<char> {
        let found = self.0.chars().next().filter(|c| of.contains(c))?;
        self.0 = &self.0[found.len_utf8()..];
        Some(found)
    }

    fn colon(&mut self) -> Option<()> {
        self.any(&[':']).map(drop)
    }

    fn blanks(&mut self) -> usize {
        let after = self.0.trim_start_matches([' ', '\t']);
        let blanks = self.0.len() - after.len();
        self.0 = after;
        blanks
    }

    /// A number of `least` to `most` digits.
    fn digits(&mut self, least: usize, most: usize) -> Option<i64> {
        let len = self.0.bytes().take(most).take_while(u8::is_ascii_digit).count();
        // where the number of digits is open, all of them are taken
        if len < least || (least < most && self.0.as_bytes().get(len).is_some_and(u8::is_ascii_digit)) {
            return None;
        }
        let (number, rest) = self.0.split_at(len);
        self.0 = rest;
        number.parse().ok()
    }

    /// Nanoseconds; what is smaller is left out.
    fn fraction(&mut self) -> Option<i64> {
        let len = self.0.bytes().take_while(u8::is_ascii_digit).count();
        let (digits, rest) = self.0.split_at(len);
        self.0 = rest;
        let nanoseconds = digits.get(..9).unwrap_or(digits);
        let scale = 10i64.pow(9 - u32::try_from(nanoseconds.len()).ok()?);
        nanoseconds.parse::<i64>().ok().map(|number| number * scale)
    }
}
