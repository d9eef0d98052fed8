//! What all real texts of a pattern are: dates, times, addresses, numbers with check digits.

use super::calendar::{ORDERS, is_date, is_time, month, reads};
use super::field::Field;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// A type that all texts of a pattern have, with the number of the first run of letters and digits that it concerns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Typed {
    /// Three runs are a date, in this order of units; with years of two digits or not.
    Date(u32, [char; 3], bool),
    /// Two runs are the name of a month and a day of it, in this order or the other.
    MonthDay(u32, bool),
    /// Digits at the end of a run, or all of it, begin with a date without separators, in this order.
    CompactDate(u32, [char; 3]),
    /// A run is hours and minutes, or also seconds, without separators.
    CompactTime(u32),
    /// The last digit is Luhn's.
    Luhn,
    /// The last digit is GS1's.
    Gs1,
    /// The check digits of an IBAN.
    Iban,
    /// A UUID of one of these versions.
    Uuid(Vec<u8>),
}

/// Texts of which a type is told, and from how many on it is required of others. The generator may look at an eighth of
/// the texts alone, and needs some to see a date.
const MANY: usize = 64;
/// The same for what is often so by chance.
const VERY_MANY: usize = 256;

fn digits(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    &text[..end]
}

fn last_digits(text: &str) -> &str {
    let start =
        text.rfind(|c: char| !c.is_ascii_digit()).map_or(0, |i| i + text[i..].chars().next().map_or(1, char::len_utf8));
    &text[start..]
}

/// The three parts of a date from a run on: the first may have something in front, the last something behind.
fn parts<'t>(fields: &[&'t str], at: usize) -> Option<[&'t str; 3]> {
    let &[first, middle, last] = fields.get(at..at + 3)? else { return None };
    let name = |text: &str| month(text).is_some();
    let first = if name(first) { first } else { last_digits(first) };
    let last = if name(last) { last } else { digits(last) };
    Some([first, middle, last])
}

fn compact(field: &str, order: [char; 3]) -> bool {
    let text = if field.starts_with(|c: char| c.is_ascii_digit()) { digits(field) } else { last_digits(field) };
    let lengths = if order[0] == 'y' { [4, 2, 2] } else { [2, 2, 4] };
    let (a, b) = (lengths[0], lengths[0] + lengths[1]);
    text.len() >= 8 && reads(order, [&text[..a], &text[a..b], &text[b..b + lengths[2]]], false)
}

/// False where the last run of a date goes on with an hour, as in ISO 8601, that is none.
fn hour(field: &str) -> bool {
    let hour = field.split_once('T').map(|parts| parts.1).filter(|hour| hour.len() == 2);
    hour.and_then(|hour| hour.parse::<u32>().ok()).is_none_or(|hour| hour < 24)
}

fn plain(text: &str) -> Vec<u32> {
    text.chars().filter(|c| c.is_ascii_alphanumeric()).filter_map(|c| c.to_digit(36)).collect()
}

fn luhn(text: &str) -> bool {
    let digits = plain(text);
    let odd = digits.len() % 2;
    let sum: u32 = digits
        .iter()
        .enumerate()
        .map(|(i, &d)| if i % 2 == odd { if d > 4 { 2 * d - 9 } else { 2 * d } } else { d })
        .sum();
    (12..=19).contains(&digits.len()) && digits.iter().all(|&d| d < 10) && sum.is_multiple_of(10)
}

fn gs1(text: &str) -> bool {
    let digits = plain(text);
    let even = digits.len() % 2;
    let sum: u32 = digits.iter().enumerate().map(|(i, &d)| if i % 2 == even { 3 * d } else { d }).sum();
    [8, 12, 13, 14].contains(&digits.len()) && digits.iter().all(|&d| d < 10) && sum.is_multiple_of(10)
}

fn iban(text: &str) -> bool {
    let values = plain(text);
    if values.len() < 15 || values[..2].iter().any(|&v| v < 10) || values[2..4].iter().any(|&v| v > 9) {
        return false;
    }
    let mut rest = 0;
    for value in values[4..].iter().chain(&values[..4]) {
        rest = if *value > 9 { (rest * 100 + value) % 97 } else { (rest * 10 + value) % 97 };
    }
    rest == 1
}

/// The version of a UUID.
fn uuid(text: &str) -> Option<u8> {
    let groups = text.split('-').map(str::len);
    let hex = text.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit());
    (hex && groups.eq([8, 4, 4, 4, 12])).then(|| text.as_bytes()[14].to_ascii_lowercase())
}

impl Typed {
    /// All types that the texts of a skeleton have. O(texts × runs).
    pub fn of(skeleton: &str, texts: &[(&str, Vec<&str>)]) -> Vec<Typed> {
        let mut found = Vec::new();
        let count = texts.first().map_or(0, |t| t.1.len());
        let all = |typed: &Typed| texts.iter().all(|(text, fields)| typed.fits(text, fields));
        for at in 0..count as u32 {
            let dates = [false, true].into_iter().flat_map(|short| ORDERS.map(|order| Typed::Date(at, order, short)));
            found.extend(dates.into_iter().find(|typed| separated(skeleton, at, typed) && all(typed)));
            let dated = found.iter().any(|typed| matches!(typed, Typed::Date(date, ..) if at <= date + 1));
            let days = [true, false].map(|first| Typed::MonthDay(at, first));
            found.extend(days.into_iter().find(|typed| !dated && follows(skeleton, at) && all(typed)));
            let compact = ORDERS[..2].iter().map(|&order| Typed::CompactDate(at, order));
            found.extend(compact.into_iter().chain([Typed::CompactTime(at)]).find(&all));
        }
        found.extend([Typed::Luhn, Typed::Gs1, Typed::Iban].into_iter().find(&all));
        let versions: Option<Vec<u8>> = texts.iter().map(|(text, _)| uuid(text)).collect();
        if let Some(mut versions) = versions {
            versions.sort_unstable();
            versions.dedup();
            found.push(Typed::Uuid(versions));
        }
        found
    }

    /// The runs, of so many, whose lengths or numbers it decides.
    pub fn decides(&self, count: usize) -> Range<usize> {
        let range = match *self {
            Typed::Date(at, ..) => at as usize..at as usize + 3,
            Typed::MonthDay(at, _) => at as usize..at as usize + 2,
            Typed::CompactDate(at, _) | Typed::CompactTime(at) => at as usize..at as usize + 1,
            Typed::Luhn | Typed::Gs1 => 0..count,
            Typed::Iban | Typed::Uuid(_) => 0..0,
        };
        range.start.min(count)..range.end.min(count)
    }

    /// Leaves to this type what it decides of a run.
    pub fn loosen(&self, field: &mut Field) {
        match self {
            Typed::Luhn | Typed::Gs1 => field.loosen_number(),
            _ => field.loosen(),
        }
    }

    /// True where so many texts may be enough for a reader to see it.
    pub fn may_be(&self, texts: usize) -> bool {
        texts
            >= match self {
                Typed::Date(_, _, true) => 16,
                Typed::CompactDate(..) | Typed::CompactTime(_) => 4,
                _ => 1,
            }
    }

    /// True where so many texts are enough to require it of others.
    pub fn is_sure(&self, texts: usize) -> bool {
        texts
            >= match self {
                Typed::Date(_, _, true) | Typed::CompactDate(..) | Typed::CompactTime(_) => VERY_MANY,
                Typed::Date(..) | Typed::MonthDay(..) | Typed::Luhn | Typed::Gs1 | Typed::Iban => MANY,
                Typed::Uuid(_) => 1,
            }
    }

    /// True for a text that has it.
    pub fn fits(&self, text: &str, fields: &[&str]) -> bool {
        let field = |at: u32| fields.get(at as usize).copied().unwrap_or("");
        match self {
            Typed::Date(at, order, short) => {
                parts(fields, *at as usize).is_some_and(|parts| reads(*order, parts, *short)) && hour(field(at + 2))
            }
            Typed::MonthDay(at, first) => {
                let (a, b) = (field(*at), field(at + 1));
                let (name, day) = if *first { (a, b) } else { (b, a) };
                let day = day.parse().ok().filter(|_| day.len() <= 2 && day.bytes().all(|b| b.is_ascii_digit()));
                // Of a leap year: which one is not said.
                month(name).zip(day).is_some_and(|(month, day)| is_date(1972, month, day))
            }
            Typed::CompactDate(at, order) => compact(field(*at), *order),
            Typed::CompactTime(at) => is_time(field(*at)),
            Typed::Luhn => luhn(text),
            Typed::Gs1 => gs1(text),
            Typed::Iban => iban(text),
            Typed::Uuid(versions) => uuid(text).is_some_and(|version| versions.contains(&version)),
        }
    }
}

/// True where a run and the two after it are set apart as the units of dates are. A year of two digits stands alone: in
/// addresses and versions numbers go on, and an hour is none.
fn separated(skeleton: &str, at: u32, date: &Typed) -> bool {
    let between: Vec<&str> = skeleton.split('\u{1}').skip(at as usize).take(4).collect();
    let usual = |text: &&str| matches!(*text, "-" | "/" | "." | "_" | " " | ", ");
    let joins = |text: Option<&&str>| text.is_some_and(|text| matches!(*text, "." | "-" | "/" | "_" | ":"));
    // What stands behind the last run goes on only where another run follows.
    let runs = skeleton.matches('\u{1}').count();
    let goes_on = at > 0 && joins(between.first()) || runs > at as usize + 3 && joins(between.get(3));
    let short = matches!(date, Typed::Date(_, _, true));
    between.len() >= 3 && between[1..3].iter().all(usual) && !(short && goes_on)
}

/// True where a run and the one after it are set apart as the name of a month and a day are.
fn follows(skeleton: &str, at: u32) -> bool {
    let between = skeleton.split('\u{1}').nth(at as usize + 1);
    let runs = skeleton.matches('\u{1}').count();
    runs > at as usize + 1 && matches!(between, Some(" " | "  " | "-" | "/" | "."))
}
