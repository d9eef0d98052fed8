//! Times in log lines.

use super::format_pattern::{invalid, shorten};
use crate::error::Result;
use jiff::civil::DateTime;
use jiff::fmt::strtime::BrokenDownTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

/// Microseconds from 1970 to 2000, where Postgres counts from.
const EPOCH: i64 = 946_684_800_000_000;

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
            Ok(number) if number.is_finite() => Ok(Time::Decimal(number)),
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
    zone: TimeZone,
    /// Whether the caller gave the zone: what an abbreviation such as JST then stands for.
    zone_given: bool,
    year: i16,
}

impl Clock {
    pub fn new(patterns: &[&str], zone: Option<&str>, year: Option<i16>) -> Result<Self> {
        let zone_given = zone.is_some();
        let zone = match zone {
            None => TimeZone::UTC,
            Some(name) => TimeZone::get(name).map_err(|_| invalid(format!("There is no time zone \"{name}\".")))?,
        };
        // what cannot be written with a pattern cannot be read with it
        let sample = BrokenDownTime::from(&Timestamp::UNIX_EPOCH.to_zoned(TimeZone::UTC));
        for pattern in patterns {
            if let Err(e) = sample.to_string(pattern) {
                return Err(invalid(format!("The date pattern \"{pattern}\": {e}.")));
            }
        }
        let year = year.unwrap_or(1970);
        if !(1..=9999).contains(&year) {
            return Err(invalid(format!("The year {year} is out of range.")));
        }
        Ok(Clock { patterns: patterns.iter().map(|p| (*p).into()).collect(), zone, zone_given, year })
    }

    /// Reads a date; without patterns, as ISO 8601.
    pub fn read(&self, text: &str) -> std::result::Result<Time, String> {
        let text = text.trim();
        let bad = || {
            let zoned = text.ends_with(|c: char| c.is_ascii_uppercase()) && !self.zone_given;
            let hint = if zoned { "; an abbreviated time zone needs the option timezone" } else { "" };
            format!("\"{}\" is not a date{hint}", shorten(text))
        };
        if text.len() > 200 {
            return Err(bad());
        }
        // a decimal comma is a point
        let pointed = text.replace(',', ".");
        let read = |pattern: &String| {
            let plain = BrokenDownTime::parse(pattern, text);
            plain.or_else(|_| BrokenDownTime::parse(pattern, &pointed)).ok().and_then(|parts| self.moment(parts))
        };
        if let Some(time) = self.patterns.iter().find_map(read) {
            return Ok(time);
        }
        if self.patterns.is_empty()
            && let Some(time) = self.iso(&pointed)
        {
            return Ok(time);
        }
        Err(bad())
    }

    fn iso(&self, text: &str) -> Option<Time> {
        let text = text.strip_suffix(" UTC").map_or_else(|| text.to_string(), |t| format!("{t}Z"));
        if let Ok(moment) = text.parse::<Timestamp>() {
            return Some(timestamp(moment));
        }
        if let Ok(moment) = text.parse::<Zoned>() {
            return Some(timestamp(moment.timestamp()));
        }
        self.civil(text.parse::<DateTime>().ok()?)
    }

    fn civil(&self, moment: DateTime) -> Option<Time> {
        Some(timestamp(self.zone.to_ambiguous_zoned(moment).compatible().ok()?.timestamp()))
    }

    fn moment(&self, mut parts: BrokenDownTime) -> Option<Time> {
        if let Ok(moment) = parts.to_timestamp() {
            return Some(timestamp(moment));
        }
        if parts.iana_time_zone().is_some_and(|zone| TimeZone::get(zone).is_err()) && !self.zone_given {
            return None;
        }
        if parts.year().is_none() {
            parts.set_year(Some(self.year)).ok()?;
        }
        if parts.month().is_none() && parts.day().is_none() && parts.day_of_year().is_none() {
            parts.set_month(Some(1)).ok()?;
            parts.set_day(Some(1)).ok()?;
        }
        if parts.offset().is_some() {
            return parts.to_timestamp().ok().map(timestamp);
        }
        if let Ok(moment) = parts.to_datetime() {
            return self.civil(moment);
        }
        parts.to_date().ok().and_then(|date| self.civil(date.to_datetime(jiff::civil::Time::midnight())))
    }
}

fn timestamp(moment: Timestamp) -> Time {
    Time::Timestamp(moment.as_microsecond().saturating_sub(EPOCH))
}
