//! Dates inside texts: which notation they are in, and dates of a range written in it.

use crate::synth::random::Stream;
use jiff::civil::{Date, Weekday};
use serde::{Deserialize, Serialize};

/// Ranges of days that are told apart.
const RANGES: usize = 8;
/// Draws of a date until its day is one that is written so.
const ATTEMPTS: usize = 8;
/// Days around those seen, where few texts were.
const AROUND: i32 = 15;
const FEW: usize = 5;

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];
const WEEKDAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// One part of a notation of dates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Piece {
    /// Four digits.
    Year,
    /// The last two of them, of 1970 to 2069.
    ShortYear,
    /// The month's number, with a leading 0 if so.
    Month(bool),
    /// The month's name, so many letters of it (0: all), capitals as said.
    MonthName(u8, Capitals),
    /// The day of the month, with a leading 0 if so.
    Day(bool),
    /// The day of the week, likewise.
    WeekdayName(u8, Capitals),
    /// What stands between.
    Between(Box<str>),
}

/// Which letters of a name are capitals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Capitals {
    /// None.
    None,
    /// The first.
    First,
    /// All.
    All,
}

/// Dates of a notation and where they lie.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dates {
    pieces: Vec<Piece>,
    /// (first day since 1970, last day, texts), ascending.
    ranges: Vec<(i32, i32, u64)>,
    /// First and last day of the month that are written so.
    days: (i8, i8),
}

fn style(name: &str) -> Capitals {
    let mut letters = name.chars();
    match (letters.next().is_some_and(char::is_uppercase), letters.all(char::is_uppercase)) {
        (true, true) => Capitals::All,
        (true, false) => Capitals::First,
        _ => Capitals::None,
    }
}

fn write_name(name: &str, length: u8, capitals: Capitals) -> String {
    let name = if length == 0 { name } else { &name[..usize::from(length).min(name.len())] };
    match capitals {
        Capitals::None => name.to_string(),
        Capitals::All => name.to_ascii_uppercase(),
        Capitals::First => name[..1].to_ascii_uppercase() + &name[1..],
    }
}

/// The place of a name among names, and how much of it is written.
fn find_name(names: &[&str], text: &str) -> Option<(usize, u8)> {
    let lower = text.to_ascii_lowercase();
    let whole = names.iter().position(|name| **name == lower).map(|i| (i, 0));
    let short = || names.iter().position(|name| lower.len() == 3 && name.starts_with(&lower)).map(|i| (i, 3));
    whole.or_else(short)
}

/// True for the name of a month or a weekday, whole or its first three letters.
pub fn is_month_or_weekday(text: &str) -> bool {
    find_name(&MONTHS, text).or_else(|| find_name(&WEEKDAYS, text)).is_some()
}

/// The pieces of names that all texts have in common: short ones where some are, since May is both.
fn named(names: &[&str], texts: &[&str]) -> Option<(u8, Capitals)> {
    let found: Option<Vec<(usize, u8)>> = texts.iter().map(|text| find_name(names, text)).collect();
    let found = found?;
    let capitals = style(texts.first()?);
    let longest = texts.iter().map(|t| t.len()).max()?;
    let length = if longest > 3 { 0 } else { 3 };
    let written = |(text, (i, _)): (&&str, &(usize, u8))| write_name(names[*i], length, capitals) == **text;
    texts.iter().zip(&found).all(written).then_some((length, capitals))
}

/// How a column of texts can be read in a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// A year.
    Year,
    /// A month, by number or by name.
    Month,
    /// A day of the month.
    Day,
}

/// A unit of each text; `None` where one cannot be it.
fn numbers(unit: Unit, texts: &[&str]) -> Option<(Piece, Vec<i32>)> {
    let digits = texts.iter().all(|t| t.bytes().all(|b| b.is_ascii_digit()));
    if !digits {
        let (length, capitals) = (unit == Unit::Month).then(|| named(&MONTHS, texts)).flatten()?;
        let month = |text: &&str| find_name(&MONTHS, text).map(|found| found.0 as i32 + 1);
        return Some((Piece::MonthName(length, capitals), texts.iter().map(month).collect::<Option<_>>()?));
    }
    let of_length = |length: usize| texts.iter().all(|t| t.len() == length);
    let values: Vec<i32> = texts.iter().map(|t| t.parse().ok()).collect::<Option<_>>()?;
    let padded = of_length(2);
    let plain = padded || texts.iter().all(|t| (1..=2).contains(&t.len()) && !t.starts_with('0'));
    let within = |range: std::ops::RangeInclusive<i32>| values.iter().all(|v| range.contains(v));
    match unit {
        Unit::Year if of_length(4) && within(1800..=2200) => Some((Piece::Year, values)),
        Unit::Year if padded => {
            let full = values.iter().map(|v| if *v < 70 { v + 2000 } else { v + 1900 }).collect();
            Some((Piece::ShortYear, full))
        }
        Unit::Month if plain && within(1..=12) => Some((Piece::Month(padded), values)),
        Unit::Day if plain && within(1..=31) => Some((Piece::Day(padded), values)),
        _ => None,
    }
}

fn date(year: i32, month: i32, day: i32) -> Option<Date> {
    Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

const EPOCH: Date = Date::constant(1970, 1, 1);

fn day_number(date: Date) -> i32 {
    (date - EPOCH).get_days()
}

/// The dates that columns of texts are, read in an order of units, with what stands between the columns, and the days
/// since 1970 that they are; `None` where some are none. Without years they are days of any year.
pub fn read(units: &[Unit], columns: &[&[&str]], between: &[&str]) -> Option<(Dates, Vec<i32>)> {
    let read: Vec<(Piece, Vec<i32>)> =
        units.iter().zip(columns).map(|(&unit, texts)| numbers(unit, texts)).collect::<Option<_>>()?;
    let of = |unit: Unit| units.iter().position(|u| *u == unit).map(|i| &read[i].1);
    let (months, days) = (of(Unit::Month)?, of(Unit::Day)?);
    let leap = months.iter().zip(days).any(|of| of == (&2, &29));
    let any = vec![if leap { 1972 } else { 1971 }; months.len()];
    let years = of(Unit::Year);
    // What is padded by blanks is written otherwise below 10.
    let written = |days: &[i32]| {
        let least = if days.iter().any(|day| *day < 10) { 1 } else { 10 };
        let most = if days.iter().any(|day| *day >= 10) { 31 } else { 9 };
        (least, most)
    };
    let written = if years.is_some() { (1, 31) } else { written(days) };
    let each = years.unwrap_or(&any).iter().zip(months).zip(days);
    let days: Vec<i32> = each.map(|((&y, &m), &d)| date(y, m, d).map(day_number)).collect::<Option<_>>()?;
    let mut all = days.clone();
    all.sort_unstable();
    let mut pieces: Vec<Piece> = Vec::new();
    for (i, (piece, _)) in read.into_iter().enumerate() {
        if i > 0 && !between[i - 1].is_empty() {
            pieces.push(Piece::Between(between[i - 1].into()));
        }
        pieces.push(piece);
    }
    let few = all.len() < FEW;
    let size = all.len().div_ceil(RANGES).max(FEW);
    let range = |days: &[i32]| {
        let around = if few { AROUND } else { 0 };
        Some((days.first()? - around, days.last()? + around, days.len() as u64))
    };
    Some((Dates { pieces, ranges: all.chunks(size).filter_map(range).collect(), days: written }, days))
}

impl Dates {
    /// Takes a name of the weekday in front of the date into the notation; false where it is not always the date's.
    pub fn take_weekday(&mut self, names: &[&str], days: &[i32], between: &str) -> bool {
        let Some((length, capitals)) = named(&WEEKDAYS, names) else { return false };
        let is = |(name, &day): (&&str, &i32)| {
            find_name(&WEEKDAYS, name).is_some_and(|found| found.0 as i32 == (day + 3).rem_euclid(7))
        };
        let all = names.iter().zip(days).all(is);
        if all {
            self.pieces.splice(0..0, [Piece::WeekdayName(length, capitals), Piece::Between(between.into())]);
        }
        all
    }

    /// True where years have four digits.
    pub fn has_long_years(&self) -> bool {
        self.pieces.contains(&Piece::Year)
    }

    /// Years from the first to the last.
    pub fn years(&self) -> i32 {
        let (first, last) = (self.ranges.first().map_or(0, |r| r.0), self.ranges.last().map_or(0, |r| r.1));
        (last - first) / 365
    }

    /// How many dates there are: ranges may have days in common.
    pub fn space(&self) -> f64 {
        let mut after = i32::MIN;
        let mut days = 0.0;
        for &(first, last, _) in &self.ranges {
            let first = first.max(after);
            if first <= last {
                days += f64::from(last) - f64::from(first) + 1.0;
                after = last.saturating_add(1);
            }
        }
        days
    }

    /// A date of the ranges.
    fn date(&self, stream: &mut Stream) -> Date {
        let mut draw = stream.below(self.ranges.iter().map(|r| r.2).sum());
        let mut day = 0;
        for &(first, last, count) in &self.ranges {
            if draw < count {
                day = first + stream.below(u64::from(first.abs_diff(last)) + 1) as i32;
                break;
            }
            draw -= count;
        }
        EPOCH.saturating_add(jiff::Span::new().days(day.clamp(-4_000_000, 2_900_000)))
    }

    /// Writes a date.
    pub fn draw(&self, stream: &mut Stream, text: &mut String) {
        let written = self.days.0..=self.days.1;
        let mut date = self.date(stream);
        for _ in 0..ATTEMPTS {
            if written.contains(&date.day()) {
                break;
            }
            date = self.date(stream);
        }
        let day = date.day().clamp(self.days.0, self.days.1);
        let number = |n: i8, padded: bool| if padded { format!("{n:02}") } else { n.to_string() };
        for piece in &self.pieces {
            match piece {
                Piece::Year => text.push_str(&format!("{:04}", date.year())),
                Piece::ShortYear => text.push_str(&format!("{:02}", date.year().rem_euclid(100))),
                Piece::Month(padded) => text.push_str(&number(date.month(), *padded)),
                Piece::Day(padded) => text.push_str(&number(day, *padded)),
                Piece::MonthName(length, capitals) => {
                    text.push_str(&write_name(
                        MONTHS[usize::from(date.month().unsigned_abs()) - 1],
                        *length,
                        *capitals,
                    ));
                }
                Piece::WeekdayName(length, capitals) => {
                    let day = Weekday::to_monday_zero_offset(date.weekday());
                    text.push_str(&write_name(WEEKDAYS[usize::from(day.unsigned_abs())], *length, *capitals));
                }
                Piece::Between(between) => text.push_str(between),
            }
        }
    }

    /// Why these cannot be dates, if so.
    pub fn problem(&self) -> Option<&'static str> {
        let days = -4_000_000..2_900_000;
        let fits = |r: &(i32, i32, u64)| r.0 <= r.1 && days.contains(&r.0) && days.contains(&r.1) && r.2 > 0;
        let written = self.days == (1, 31) || self.days == (1, 9) || self.days == (10, 31);
        (self.ranges.is_empty() || !self.ranges.iter().all(fits) || !written)
            .then_some("A generator's dates have no days.")
    }
}
