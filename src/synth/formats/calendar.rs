//! Dates and times of day in runs of letters and digits.

/// An order of units of dates, and where they stand.
pub const ORDERS: [[char; 3]; 3] = [['y', 'm', 'd'], ['d', 'm', 'y'], ['m', 'd', 'y']];

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const LONG: [&str; 12] = ["uary", "ruary", "ch", "il", "", "e", "y", "ust", "tember", "ober", "ember", "ember"];

/// The number of a month by its English name, short or long.
pub fn month(name: &str) -> Option<u32> {
    let lower = name.to_ascii_lowercase();
    let found = MONTHS.iter().position(|month| lower.starts_with(month))?;
    let rest = &lower[3..];
    (rest.is_empty() || rest == LONG[found]).then_some(found as u32 + 1)
}

/// True for a run of letters and digits whose letters are the name of a month or of a weekday.
pub fn has_name(text: &str) -> bool {
    let letters: String = text.chars().filter(|c| c.is_alphabetic()).collect();
    let lower = letters.to_ascii_lowercase();
    let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    month(&letters).is_some()
        || days.iter().any(|day| lower.starts_with(day) && (lower.len() == 3 || lower.ends_with("day")))
}

/// True for a day of the Gregorian calendar.
pub fn is_date(year: u32, month: u32, day: u32) -> bool {
    let leap = year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400);
    let days = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    (1..=days).contains(&day)
}

/// True for three texts that are a date in an order of units. Years have four digits, or two where `short`.
pub fn reads(order: [char; 3], parts: [&str; 3], short: bool) -> bool {
    let mut date = [0u32; 3];
    for (unit, part) in order.into_iter().zip(parts) {
        let digits = !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        let number = part.parse::<u32>().ok().filter(|_| digits);
        let value = match unit {
            'y' if short => number.filter(|_| part.len() == 2).map(|y| if y < 70 { y + 2000 } else { y + 1900 }),
            'y' => number.filter(|y| part.len() == 4 && (1900..=2100).contains(y)),
            'm' if !digits => month(part),
            _ => number.filter(|_| part.len() <= 2),
        };
        let Some(value) = value else { return false };
        date[match unit {
            'y' => 0,
            'm' => 1,
            _ => 2,
        }] = value;
    }
    is_date(date[0], date[1], date[2])
}

/// True for hours, minutes and perhaps seconds of two digits each, one after the other.
pub fn is_time(digits: &str) -> bool {
    let pair = |i: usize| digits.get(i..i + 2).and_then(|t| t.parse::<u32>().ok()).unwrap_or(99);
    match digits.len() {
        4 => pair(0) < 24 && pair(2) < 60,
        6 => pair(0) < 24 && pair(2) < 60 && pair(4) < 60,
        _ => false,
    }
}
