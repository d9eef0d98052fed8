//! Times in log lines.

use super::format_iso::{self, Zone};
use super::format_pattern::{invalid, shorten};
use crate::error::Result;
use jiff::civil::DateTime;
use jiff::fmt::strtime::BrokenDownTime;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, Zoned};

/// Microseconds from 1970 to 2000, where Postgres counts from.
const EPOCH: i64 = 946_684_800_000_000;

/// The year of dates without one, where none is given: a leap year, so that every day exists.
const DEFAULT_YEAR: i16 = 1972;
/// The year of times without a date, where none is given.
const DEFAULT_YEAR_OF_TIMES: i16 = 1970;

/// What a date leaves open, so that it comes again after a year or a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Cycle {
    /// Nothing is open.
    #[default]
    Never,
    /// The date has no year.
    Yearly,
    /// The time of day has no date.
    Daily,
}

/// When an event happened.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Time {
    /// A whole number.
    Integer(i64),
    /// A decimal number.
    Decimal(f64),
    /// Microseconds since 2000-01-01 UTC.
    Timestamp(i64),
}

impl Time {
    /// 1970 in microseconds since 2000.
    pub(crate) const START: i64 = -EPOCH;

    pub(crate) fn integer(text: &str) -> std::result::Result<Self, String> {
        text.trim().parse().map(Time::Integer).map_err(|_| format!("\"{text}\" is not a whole number"))
    }

    pub(crate) fn decimal(text: &str) -> std::result::Result<Self, String> {
        match text.trim().parse::<f64>() {
            Ok(number) if Time::Decimal(number).microseconds().is_some() => Ok(Time::Decimal(number)),
            Ok(number) if number.is_finite() => Err(format!("\"{text}\" is out of range")),
            _ => Err(format!("\"{text}\" is not a number")),
        }
    }

    /// Orders times of one kind; integers before decimals before dates.
    pub fn compare(&self, other: &Time) -> std::cmp::Ordering {
        let rank = |time: &Time| match time {
            Time::Integer(_) => 0,
            Time::Decimal(_) => 1,
            Time::Timestamp(_) => 2,
        };
        match (self, other) {
            (Time::Integer(a), Time::Integer(b)) | (Time::Timestamp(a), Time::Timestamp(b)) => a.cmp(b),
            (Time::Decimal(a), Time::Decimal(b)) => a.total_cmp(b),
            _ => rank(self).cmp(&rank(other)),
        }
    }

    /// Microseconds since 2000-01-01 UTC. Numbers are seconds, milli-, micro- or nanoseconds since 1970, by their
    /// size; `None` for one larger than any of these.
    pub fn microseconds(&self) -> Option<i64> {
        let scaled = |absolute: f64| match absolute {
            s if s < 1e11 => Some(1e6),
            s if s < 1e14 => Some(1e3),
            s if s < 1e17 => Some(1.0),
            s if s < 1e20 => Some(1e-3),
            _ => None,
        };
        match *self {
            Time::Timestamp(at) => Some(at),
            Time::Decimal(number) => Some((number * scaled(number.abs())?).round() as i64 - EPOCH),
            Time::Integer(number) => {
                let whole = match scaled((number as f64).abs())? {
                    scale if scale >= 1.0 => number * scale as i64,
                    _ => number / 1000,
                };
                Some(whole - EPOCH)
            }
        }
    }

    /// The sum of two times of one kind, where it exists.
    pub(crate) fn plus(self, other: Time) -> Time {
        match (self, other) {
            (Time::Integer(a), Time::Integer(b)) => Time::Integer(a.saturating_add(b)),
            (Time::Decimal(a), Time::Decimal(b)) => Time::Decimal(a + b),
            _ => other,
        }
    }
}

/// Reads dates.
#[derive(Debug, Clone)]
pub(crate) struct Clock {
    patterns: Vec<String>,
    /// Whether dates that fit no pattern may be ISO 8601, too.
    or_iso: bool,
    zone: TimeZone,
    /// Whether the caller gave the zone: what an abbreviation such as JST then stands for.
    zone_given: bool,
    year: Option<i16>,
}

impl Clock {
    /// A clock for dates of these strptime patterns, ISO 8601 without one.
    pub fn new(patterns: &[&str], zone: Option<&str>, year: Option<i16>) -> Result<Self> {
        let zone_given = zone.is_some();
        let zone = zone.map_or(Ok(TimeZone::UTC), time_zone)?;
        // what cannot be written with a pattern cannot be read with it
        let sample = BrokenDownTime::from(&Timestamp::UNIX_EPOCH.to_zoned(TimeZone::UTC));
        for pattern in patterns {
            if let Err(e) = sample.to_string(pattern) {
                return Err(invalid(format!("The date pattern \"{pattern}\": {e}.")));
            }
        }
        if let Some(year) = year.filter(|year| !(1..=9999).contains(year)) {
            return Err(invalid(format!("The year {year} is out of range.")));
        }
        let or_iso = patterns.is_empty();
        let patterns = patterns.iter().map(|p| (*p).into()).collect();
        Ok(Clock { patterns, or_iso, zone, zone_given, year })
    }

    /// The same clock, which also reads ISO 8601 where no pattern fits: programs change how they write dates.
    pub fn or_iso(self) -> Self {
        Clock { or_iso: true, ..self }
    }

    /// Reads a date, and says what it leaves open.
    pub fn read(&self, text: &str) -> std::result::Result<(Time, Cycle), String> {
        let text = text.trim();
        if text.len() > 200 {
            return Err(self.unread(text));
        }
        // a decimal comma is a point
        let pointed = text.replace(',', ".");
        let read = |pattern: &String| {
            let plain = BrokenDownTime::parse(pattern, text);
            plain.or_else(|_| BrokenDownTime::parse(pattern, &pointed)).ok().and_then(|parts| self.moment(parts))
        };
        if let Some(found) = self.patterns.iter().find_map(read) {
            return Ok(found);
        }
        let iso = if self.or_iso { self.iso(&pointed) } else { None };
        iso.map(|time| (time, Cycle::Never)).ok_or_else(|| self.unread(text))
    }

    /// Why a text is no date.
    fn unread(&self, text: &str) -> String {
        let yearless = |pattern: &String| BrokenDownTime::parse(pattern, text).is_ok_and(|date| date.year().is_none());
        let last = text.trim_end_matches(|c: char| c.is_ascii_uppercase()).len();
        let zoned = format_iso::is_abbreviation(&text[last..]) && !self.zone_given;
        let hint = match self.year {
            Some(year) if self.patterns.iter().any(yearless) => format!("; the option year says {year}"),
            _ if zoned => "; an abbreviated time zone needs the option timezone".into(),
            _ => String::new(),
        };
        format!("\"{}\" is not a date{hint}", shorten(text))
    }

    /// Reads ISO 8601 and what is written for it.
    fn iso(&self, text: &str) -> Option<Time> {
        if let Ok(moment) = text.parse::<Timestamp>() {
            return Some(timestamp(moment));
        }
        if let Some((moment, zone)) = format_iso::read(text) {
            return match zone {
                Zone::None => self.civil(moment),
                Zone::Offset(offset) => offset.to_timestamp(moment).ok().map(timestamp),
                Zone::Named(name) => match TimeZone::get(name) {
                    Ok(zone) => civil_in(&zone, moment),
                    Err(_) if self.zone_given && format_iso::is_abbreviation(name) => self.civil(moment),
                    Err(_) => None,
                },
            };
        }
        if let Ok(moment) = text.parse::<Zoned>() {
            return Some(timestamp(moment.timestamp()));
        }
        self.civil(text.parse::<DateTime>().ok()?)
    }

    /// The moment of a local time. Of an hour that comes twice it is the first one; an hour that is left out is read
    /// as the one after it.
    fn civil(&self, moment: DateTime) -> Option<Time> {
        civil_in(&self.zone, moment)
    }

    fn moment(&self, mut parts: BrokenDownTime) -> Option<(Time, Cycle)> {
        let known = |moment| Some((timestamp(moment), Cycle::Never));
        if let Ok(moment) = parts.to_timestamp() {
            return known(moment);
        }
        if parts.iana_time_zone().is_some_and(|zone| TimeZone::get(zone).is_err()) && !self.zone_given {
            return None;
        }
        let dateless = parts.month().is_none() && parts.day().is_none() && parts.day_of_year().is_none();
        let cycle = match (parts.year(), dateless) {
            (Some(_), _) => Cycle::Never,
            (None, false) => Cycle::Yearly,
            (None, true) => Cycle::Daily,
        };
        if cycle != Cycle::Never {
            let default = if dateless { DEFAULT_YEAR_OF_TIMES } else { DEFAULT_YEAR };
            parts.set_year(Some(self.year.unwrap_or(default))).ok()?;
        }
        if dateless {
            parts.set_month(Some(1)).ok()?;
            parts.set_day(Some(1)).ok()?;
        }
        if parts.offset().is_some() {
            return parts.to_timestamp().ok().map(|moment| (timestamp(moment), cycle));
        }
        let local = parts.to_datetime();
        let local = local.or_else(|_| parts.to_date().map(|date| date.to_datetime(jiff::civil::Time::midnight())));
        self.civil(local.ok()?).map(|time| (time, cycle))
    }

    /// The moment `turns` years or days after a time that leaves these open.
    fn turned(&self, at: i64, cycle: Cycle, turns: i16) -> Option<i64> {
        let moment = Timestamp::from_microsecond(at.checked_add(EPOCH)?).ok()?;
        let local = self.zone.to_datetime(moment);
        let span = match cycle {
            Cycle::Never => return Some(at),
            Cycle::Yearly => Span::new().try_years(turns).ok()?,
            Cycle::Daily => Span::new().try_days(turns).ok()?,
        };
        match self.civil(local.checked_add(span).ok()?)? {
            Time::Timestamp(at) => Some(at),
            _ => None,
        }
    }
}

/// The zone of a name, or of an offset such as `+02:00`.
fn time_zone(name: &str) -> Result<TimeZone> {
    match format_iso::offset(name) {
        Some(offset) => Ok(TimeZone::fixed(offset)),
        None => TimeZone::get(name).map_err(|_| invalid(format!("There is no time zone \"{}\".", shorten(name)))),
    }
}

fn civil_in(zone: &TimeZone, moment: DateTime) -> Option<Time> {
    Some(timestamp(zone.to_ambiguous_zoned(moment).compatible().ok()?.timestamp()))
}

fn timestamp(moment: Timestamp) -> Time {
    Time::Timestamp(moment.as_microsecond().saturating_sub(EPOCH))
}

/// Microseconds of a day.
const DAY: i64 = 86_400_000_000;

/// Counts the years or days that pass in a log whose dates do not name them: a step back of more than half of one is
/// the next one, a step forward of more than half of one a line that comes late.
#[derive(Debug, Default)]
pub(crate) struct Rollover {
    last: Option<i64>,
    turns: i16,
}

impl Rollover {
    /// The moment of the next line's time. Lines are given in the order of the log.
    pub fn next(&mut self, at: i64, cycle: Cycle, clock: &Clock) -> i64 {
        let half = match cycle {
            Cycle::Never => return at,
            Cycle::Yearly => 183 * DAY,
            Cycle::Daily => DAY / 2,
        };
        let step = at.saturating_sub(self.last.unwrap_or(at));
        if step < -half {
            self.turns = self.turns.saturating_add(1);
        } else if step > half && self.turns > 0 {
            self.turns -= 1;
        }
        self.last = Some(at);
        if self.turns == 0 { at } else { clock.turned(at, cycle, self.turns).unwrap_or(at) }
    }
}
