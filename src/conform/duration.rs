//! Durations as people write them.

/// Units with how many microseconds they have, the smallest first.
const UNITS: [(&str, u64); 6] =
    [("µs", 1), ("ms", 1_000), ("s", 1_000_000), ("min", 60_000_000), ("h", 3_600_000_000), ("d", 86_400_000_000)];
/// From this unit on a duration is said in two units.
const TWO_UNITS: usize = 3;

/// A duration in words: in two units from a minute on, to three digits below.
///
/// ```
/// use logfsm::conform::duration;
/// let second = 1_000_000;
/// assert_eq!(duration(24 * 86_400 * second + 19 * 3600 * second + 1), "24 d 19 h");
/// assert_eq!((duration(7_260 * second), duration(3600 * second)), ("2 h 1 min".into(), "1 h".into()));
/// assert_eq!((duration(1_530_000), duration(12_340), duration(0)), ("1.53 s".into(), "12.3 ms".into(), "0 s".into()));
/// ```
pub fn duration(microseconds: u64) -> String {
    if microseconds == 0 {
        return "0 s".into();
    }
    let unit = unit_of(microseconds);
    if unit < TWO_UNITS {
        return format!("{} {}", digits(microseconds, UNITS[unit].1, 3), UNITS[unit].0);
    }
    // Rounded to the smaller unit, which may make one more of the larger.
    let (smaller, size) = UNITS[unit - 1];
    let rounded = (microseconds / size + u64::from(microseconds % size >= size.div_ceil(2))) * size;
    if unit_of(rounded) > unit {
        return duration(rounded);
    }
    let (name, larger) = UNITS[unit];
    match rounded % larger / size {
        0 => format!("{} {name}", rounded / larger),
        rest => format!("{} {name} {rest} {smaller}", rounded / larger),
    }
}

/// Two durations as a range, to two digits each.
///
/// ```
/// use logfsm::conform::duration_range;
/// let hour = 3_600_000_000;
/// assert_eq!(duration_range(2 * hour, 9 * hour), "2–9 h");
/// assert_eq!(duration_range(hour / 60, 9 * hour), "1 min – 9 h");
/// assert_eq!(duration_range(2 * hour, 2 * hour + 1), "2 h");
/// ```
pub fn duration_range(low: u64, high: u64) -> String {
    let said = |microseconds: u64| {
        let unit = unit_of(microseconds);
        (digits(microseconds, UNITS[unit].1, 2), UNITS[unit].0)
    };
    match (said(low), said(high)) {
        (low, high) if low == high => format!("{} {}", high.0, high.1),
        _ if low == 0 => format!("at most {} {}", said(high).0, said(high).1),
        (low, high) if low.1 == high.1 => format!("{}–{} {}", low.0, high.0, high.1),
        (low, high) => format!("{} {} – {} {}", low.0, low.1, high.0, high.1),
    }
}

/// The largest unit that a duration has one of.
fn unit_of(microseconds: u64) -> usize {
    UNITS.iter().rposition(|unit| microseconds >= unit.1).unwrap_or(2)
}

/// How often a unit is in a duration, to so many digits, whole parts in full.
fn digits(microseconds: u64, size: u64, count: usize) -> String {
    let number = microseconds as f64 / size as f64;
    let whole = (microseconds / size).to_string().len();
    let text = format!("{number:.*}", count.saturating_sub(whole));
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').into() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_carries() {
        assert_eq!(duration(3_599_999_999), "1 h");
        assert_eq!(duration(86_399_999_999), "1 d");
        assert_eq!(duration(59_999_999), "60 s");
        assert_eq!(duration(u64::MAX), "213503982 d 8 h");
        assert_eq!((duration(7), duration(1_000), duration(999_999)), ("7 µs".into(), "1 ms".into(), "1000 ms".into()));
        assert_eq!(duration_range(0, 1_530_000), "at most 1.5 s");
        assert_eq!(duration_range(0, 0), "0 s");
    }
}
