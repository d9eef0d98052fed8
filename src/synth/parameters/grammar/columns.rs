//! Texts of one skeleton as columns: what stands between letters and digits is the same in all of them, what is in a
//! column varies.

use super::calendar::{self, Dates, Unit};
use std::ops::Range;

/// Texts that must agree before digits without separators are taken for a date, or for a time of day: one random number
/// of eight digits in about 600 is a date of 1900 to 2100, one of six in twelve a time.
const COMPACT_DATES: usize = 4;
const COMPACT_TIMES: usize = 24;
/// As many for dates of three numbers of two digits.
const SHORT_DATES: usize = 16;

/// A kind of column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// The same punctuation in all texts.
    Between,
    /// Digits only.
    Digits,
    /// Letters only.
    Letters,
    /// Letters and digits, otherwise in each text.
    Mixed,
    /// Dates.
    Dates(Dates),
}

/// A column: where it is in each text.
#[derive(Debug, Clone)]
pub struct Column {
    /// What it holds.
    pub kind: Kind,
    /// Its place in each text, in bytes.
    pub spans: Vec<(u32, u32)>,
    /// The run of letters and digits that it is a part of; columns of one run belong together.
    pub field: u32,
}

/// The text of a column in one of the texts.
fn at<'t>(texts: &[&'t str], span: (u32, u32), i: usize) -> &'t str {
    &texts[i][span.0 as usize..span.1 as usize]
}

impl Column {
    /// Its text in each of the texts.
    pub fn texts<'t>(&self, texts: &[&'t str]) -> Vec<&'t str> {
        self.spans.iter().enumerate().map(|(i, &span)| at(texts, span, i)).collect()
    }
}

/// What of a text its group has in common: its punctuation, with a mark where letters and digits are.
pub fn skeleton(text: &str) -> String {
    let mut skeleton = String::with_capacity(16);
    let mut in_field = false;
    for c in text.chars() {
        if !c.is_alphanumeric() {
            skeleton.push(c);
        } else if !in_field {
            skeleton.push('\0');
        }
        in_field = c.is_alphanumeric();
    }
    skeleton
}

/// The runs of digits and of letters of a text: `d`, `w`, and `.` for other characters, each run once.
pub fn signature(text: &str) -> String {
    let mut signature = String::with_capacity(16);
    for c in text.chars() {
        let class = if c.is_ascii_digit() {
            'd'
        } else if c.is_alphanumeric() {
            'w'
        } else {
            '.'
        };
        if !signature.ends_with(class) {
            signature.push(class);
        }
    }
    signature
}

fn runs(text: &str, same: fn(char, char) -> bool) -> Vec<Range<usize>> {
    let mut runs: Vec<Range<usize>> = Vec::new();
    let mut last: Option<char> = None;
    for (i, c) in text.char_indices() {
        let end = i + c.len_utf8();
        match runs.last_mut() {
            Some(run) if last.is_some_and(|last| same(last, c)) => run.end = end,
            _ => runs.push(i..end),
        }
        last = Some(c);
    }
    runs
}

/// Divides texts of one skeleton into columns, finding dates and times.
pub fn divide(texts: &[&str]) -> Vec<Column> {
    let mut columns = fields(texts);
    split_compact(&mut columns, texts);
    find_dates(&mut columns, texts);
    columns
}

fn fields(texts: &[&str]) -> Vec<Column> {
    let outer = |a: char, b: char| a.is_alphanumeric() == b.is_alphanumeric();
    let inner = |a: char, b: char| a.is_ascii_digit() == b.is_ascii_digit();
    let divided: Vec<Vec<Range<usize>>> = texts.iter().map(|text| runs(text, outer)).collect();
    let mut columns = Vec::new();
    for field in 0..divided.first().map_or(0, Vec::len) {
        let spans: Vec<(u32, u32)> = divided.iter().map(|of| (of[field].start as u32, of[field].end as u32)).collect();
        let first = at(texts, spans[0], 0);
        if !first.starts_with(char::is_alphanumeric) {
            columns.push(Column { kind: Kind::Between, spans, field: field as u32 });
            continue;
        }
        let parts: Vec<Vec<Range<usize>>> =
            spans.iter().enumerate().map(|(i, &span)| runs(at(texts, span, i), inner)).collect();
        let is_digits = |i: usize, part: &Range<usize>| {
            texts[i][spans[i].0 as usize + part.start..].starts_with(|c: char| c.is_ascii_digit())
        };
        let alike = |(i, of): (usize, &Vec<Range<usize>>)| {
            of.len() == parts[0].len() && is_digits(i, &of[0]) == is_digits(0, &parts[0][0])
        };
        if !parts.iter().enumerate().all(alike) {
            columns.push(Column { kind: Kind::Mixed, spans, field: field as u32 });
            continue;
        }
        for (part, of_first) in parts[0].iter().enumerate() {
            let kind = if is_digits(0, of_first) { Kind::Digits } else { Kind::Letters };
            let place = |(of, span): (&Vec<Range<usize>>, &(u32, u32))| {
                (span.0 + of[part].start as u32, span.0 + of[part].end as u32)
            };
            let spans = parts.iter().zip(&spans).map(place).collect();
            columns.push(Column { kind, spans, field: field as u32 });
        }
    }
    columns
}

/// Cuts a column of digits behind so many of them each.
fn cut(columns: &mut Vec<Column>, i: usize, lengths: &[u32]) {
    let column = columns.remove(i);
    let mut start = 0;
    for (place, length) in lengths.iter().enumerate() {
        let span = |span: &(u32, u32)| (span.0 + start, (span.0 + start + length).min(span.1));
        let spans = column.spans.iter().map(span).collect();
        columns.insert(i + place, Column { kind: Kind::Digits, spans, field: column.field });
        start += length;
    }
}

/// True where so many digits of all texts are times of day: hours, minutes and perhaps seconds.
fn are_times(texts: &[&str]) -> bool {
    let two = |text: &str, at: usize| text.get(at..at + 2).and_then(|t| t.parse::<u32>().ok()).unwrap_or(99);
    texts.iter().all(|t| two(t, 0) < 24 && two(t, 2) < 60 && (t.len() < 6 || two(t, 4) < 60))
}

/// Cuts dates and times that are written without separators into columns of their own.
fn split_compact(columns: &mut Vec<Column>, texts: &[&str]) {
    let mut i = 0;
    // A date stands before.
    let mut dated = false;
    while i < columns.len() {
        if columns[i].kind != Kind::Digits {
            i += 1;
            continue;
        }
        let of = columns[i].texts(texts);
        let length = of[0].len();
        let mut distinct = of.clone();
        distinct.sort_unstable();
        distinct.dedup();
        if of.iter().any(|text| text.len() != length) {
            i += 1;
            continue;
        }
        let date = |lengths: [usize; 3], units: [Unit; 3]| {
            let (a, b) = (lengths[0], lengths[0] + lengths[1]);
            let part = |range: Range<usize>| -> Vec<&str> { of.iter().map(|t| &t[range.clone()]).collect() };
            let (x, y, z) = (part(0..a), part(a..b), part(b..b + lengths[2]));
            calendar::read(&units, &[&x, &y, &z], &["", ""]).is_some()
        };
        use Unit::{Day, Month, Year};
        let long = length >= 8 && length != 9 && distinct.len() >= COMPACT_DATES && plausible(&of, 0);
        let mut lengths: Vec<u32> = if long && date([4, 2, 2], [Year, Month, Day]) {
            vec![4, 2, 2]
        } else if length == 8
            && distinct.len() >= COMPACT_DATES
            && plausible(&of, 4)
            && date([2, 2, 4], [Day, Month, Year])
        {
            vec![2, 2, 4]
        } else if [6, 12].contains(&length) && distinct.len() >= SHORT_DATES && date([2, 2, 2], [Year, Month, Day]) {
            vec![2, 2, 2]
        } else {
            Vec::new()
        };
        let done: u32 = lengths.iter().sum();
        let rest: Vec<&str> = of.iter().map(|t| &t[done as usize..]).collect();
        let left = length - done as usize;
        let enough = distinct.len() >= if done > 0 || dated { COMPACT_DATES } else { COMPACT_TIMES };
        if enough && are_times(&rest) && (left == 4 || left == 6 || (left > 6 && done > 0)) {
            lengths.extend(std::iter::repeat_n(2, left.min(6) / 2));
        }
        let used: u32 = lengths.iter().sum();
        dated |= done > 0;
        if used > 0 {
            if (used as usize) < length {
                lengths.push(length as u32 - used);
            }
            cut(columns, i, &lengths);
        }
        i += lengths.len().max(1);
    }
}

/// True for years of 1900 to 2100 at a place of all texts.
fn plausible(texts: &[&str], at: usize) -> bool {
    texts
        .iter()
        .all(|t| t.get(at..at + 4).and_then(|y| y.parse::<u32>().ok()).is_some_and(|y| (1900..=2100).contains(&y)))
}

/// Joins columns that are dates in all texts.
fn find_dates(columns: &mut Vec<Column>, texts: &[&str]) {
    use Unit::{Day, Month, Year};
    let orders = [[Year, Month, Day], [Day, Month, Year], [Month, Day, Year]];
    let mut i = 0;
    while i < columns.len() {
        // Where years have two digits several orders may do: that of the fewest years does.
        let read = orders.iter().filter_map(|&units| dates_at(columns, texts, i, units));
        let found = read.min_by_key(|(dates, _, _)| if dates.has_long_years() { 0 } else { 1 + dates.years() });
        if let Some((mut dates, days, mut end)) = found {
            let mut start = i;
            if let Some((names, between)) = before(columns, texts, i)
                && dates.take_weekday(&names, &days, between)
            {
                start = i - 2;
            }
            let spans = columns[start].spans.iter().zip(&columns[end].spans).map(|(a, b)| (a.0, b.1)).collect();
            let joined = Column { kind: Kind::Dates(dates), spans, field: columns[start].field };
            columns.splice(start..=end, [joined]);
            end = start;
            i = end;
        } else if let Some(dates) = day_at(columns, texts, i) {
            let spans = columns[i].spans.iter().zip(&columns[i + 2].spans).map(|(a, b)| (a.0, b.1)).collect();
            let joined = Column { kind: Kind::Dates(dates), spans, field: columns[i].field };
            columns.splice(i..=i + 2, [joined]);
        }
        i += 1;
    }
}

/// The names that stand before a column, and what is between.
fn before<'t>(columns: &[Column], texts: &[&'t str], i: usize) -> Option<(Vec<&'t str>, &'t str)> {
    let (names, between) = (columns.get(i.checked_sub(2)?)?, &columns[i - 1]);
    (names.kind == Kind::Letters && between.kind == Kind::Between)
        .then(|| (names.texts(texts), at(texts, between.spans[0], 0)))
}

/// True where numbers go on before or behind some columns, as those of addresses and versions do, or the last is an hour.
fn goes_on(columns: &[Column], texts: &[&str], (first, last): (usize, usize)) -> bool {
    let between = |i: usize| {
        let column = columns.get(i).filter(|column| column.kind == Kind::Between)?;
        Some(at(texts, column.spans[0], 0))
    };
    let digits = |i: usize| columns.get(i).is_some_and(|column| column.kind == Kind::Digits);
    let joins = |text: &str| matches!(text, "." | "-" | "/" | "_" | ":");
    let before = first >= 2 && digits(first - 2) && between(first - 1).is_some_and(joins);
    before || digits(last + 2) && between(last + 1).is_some_and(joins)
}

/// The dates that start at a column, and the last column they take.
fn dates_at(columns: &[Column], texts: &[&str], i: usize, units: [Unit; 3]) -> Option<(Dates, Vec<i32>, usize)> {
    let is_value = |column: &Column| matches!(column.kind, Kind::Digits | Kind::Letters);
    let mut places = [0usize; 3];
    let mut between = [""; 2];
    let mut place = i;
    for unit in 0..3 {
        if unit > 0 {
            let column = columns.get(place)?;
            if column.kind == Kind::Between {
                between[unit - 1] = at(texts, column.spans[0], 0);
                place += 1;
            }
        }
        if !is_value(columns.get(place)?) {
            return None;
        }
        places[unit] = place;
        place += 1;
    }
    // Numbers that go on are none of a date's; cut ones were looked at.
    let [a, b, c] = places.map(|place| columns[place].texts(texts));
    let cut = between == ["", ""] && columns[places[0]].field == columns[places[2]].field;
    let named = columns[places[0]].kind == Kind::Letters || columns[places[1]].kind == Kind::Letters;
    let separators = |text: &str| matches!(text, "-" | "/" | "." | "_" | " " | ", " | "");
    let equal = between[0] == between[1] && matches!(between[0], "-" | "/" | "." | "_" | " ");
    if !(named && between.iter().all(|b| separators(b)) || equal || cut) {
        return None;
    }
    let year = [&a, &b, &c][units.iter().position(|u| *u == Unit::Year).unwrap_or(0)];
    let long_years = year.iter().all(|y| y.len() == 4);
    if !long_years && !named && texts.len() < SHORT_DATES || long_years && !plausible(year, 0) {
        return None;
    }
    if !long_years && goes_on(columns, texts, (i, places[2])) {
        return None;
    }
    let (dates, days) = calendar::read(&units, &[&a, &b, &c], &between)?;
    Some((dates, days, places[2]))
}

/// The days without a year that start at a column: the name of a month and a day of it, in either order.
fn day_at(columns: &[Column], texts: &[&str], i: usize) -> Option<Dates> {
    let [a, between, b] = columns.get(i..i + 3)? else { return None };
    let units = match (&a.kind, &b.kind) {
        (Kind::Letters, Kind::Digits) => [Unit::Month, Unit::Day],
        (Kind::Digits, Kind::Letters) => [Unit::Day, Unit::Month],
        _ => return None,
    };
    let between = if between.kind == Kind::Between { at(texts, between.spans[0], 0) } else { return None };
    if !matches!(between, " " | "  " | "-" | "/" | ".") {
        return None;
    }
    let (first, second) = (a.texts(texts), b.texts(texts));
    calendar::read(&units, &[&first, &second], &[between]).map(|read| read.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(texts: &[&str]) -> String {
        let name = |column: &Column| match column.kind {
            Kind::Between => '.',
            Kind::Digits => 'n',
            Kind::Letters => 'w',
            Kind::Mixed => 'x',
            Kind::Dates(_) => 'D',
        };
        divide(texts).iter().map(name).collect()
    }

    #[test]
    fn dates_are_found_in_their_notations() {
        assert_eq!(kinds(&["2024-02-29T10:00:00Z", "2023-12-31T23:59:59Z"]), "Dwn.n.nw");
        assert_eq!(kinds(&["29/02/2024", "31/12/2023"]), "D");
        assert_eq!(kinds(&["02/29/2024 x", "12/31/2023 y"]), "D.w");
        assert_eq!(kinds(&["Thu, 29 Feb 2024", "Sun, 31 Dec 2023"]), "D");
        assert_eq!(kinds(&["backup-5.May.2024.tar", "backup-12.June.2024.tar"]), "w.D.w");
        assert_eq!(kinds(&["JD20240229101500", "JD20231231235959", "JD20240101000000", "JD20230101000001"]), "wDnnn");
        assert_eq!(kinds(&["1.2.3", "2.10.0"]), "n.n.n");
        // Hours are no years, and addresses no dates.
        assert_eq!(kinds(&["Sep 29 14:11:16 PDT 2005", "Jun 26 02:23:10 PDT 2005"]), "D.n.n.n.w.n");
        let hosts: Vec<String> = (1..40).map(|i| format!("10.11.21.{i}")).collect();
        assert_eq!(kinds(&hosts.iter().map(String::as_str).collect::<Vec<_>>()), "n.n.n.n");
        assert_eq!(kinds(&["2024-02-30", "2023-12-31"]), "n.n.n");
        assert_eq!(kinds(&["8a:00", "2b:31"]), "nw.n");
        assert_eq!(kinds(&["8a:00", "b2:31"]), "x.n");
    }
}
