//! Text in pictures: labels are arbitrary user text, so they are cleaned, shortened, wrapped, measured and escaped here.

use crate::trace::Label;
use std::fmt::Write;

/// Characters of a label's full text kept in tooltips: a label may be megabytes long.
const MAX_FULL: usize = 1000;

/// `text` without what a renderer would act on instead of showing it: control characters become their pictures, and
/// what turns the writing direction around or is not allowed in XML becomes U+FFFD.
pub(super) fn clean(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\n' => '↵',
            '\t' => '⇥',
            '\0'..='\x1f' => char::from_u32(0x2400 + c as u32).unwrap_or('\u{fffd}'),
            '\x7f' => '\u{2421}',
            '\u{2028}' | '\u{2029}' => '↵',
            '\u{80}'..='\u{9f}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                '\u{fffd}'
            }
            '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}' => '\u{fffd}',
            _ => c,
        })
        .collect()
}

/// `text` in at most `max` characters, the last one `…` where something was left out.
pub(super) fn shorten(text: &str, max: usize) -> String {
    match text.char_indices().nth(max) {
        None => text.to_string(),
        Some(_) => {
            let kept: String = text.chars().take(max.saturating_sub(1)).collect();
            format!("{}…", kept.trim_end())
        }
    }
}

/// A label as the picture shows it, and its full text for tooltips. Empty labels are shown as `""`.
pub(super) fn label_texts(label: &Label, max: usize) -> (String, String) {
    // Cut before cleaning: a label may be megabytes long. One character more shows that something was left out.
    let part = |text: &str| clean(&text.chars().take(MAX_FULL.max(max) + 1).collect::<String>());
    let event = if label.event.trim().is_empty() { format!("\"{}\"", part(&label.event)) } else { part(&label.event) };
    let Some(component) = label.component.as_deref().map(part) else {
        return (shorten(&event, max), shorten(&event, MAX_FULL));
    };
    let full = format!("{component}: {event}");
    let fits = full.chars().nth(max).is_none();
    // Of org.apache.hadoop.Thing only Thing tells one event from another.
    let last = component.rsplit(['.', '/', '\\']).next().unwrap_or_default();
    let shown = if fits || last.is_empty() { full.clone() } else { format!("{last}: {event}") };
    (shorten(&shown, max), shorten(&full, MAX_FULL))
}

/// `text` in as few lines of `width` characters as it needs, all about as long, broken at spaces where there are some,
/// elsewhere inside words.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let lines = fill(text, width.max(1));
    // Many lines need no balance, and each try costs the length of the text.
    if lines.len() < 2 || lines.len() > 6 {
        return lines;
    }
    let balanced = (width / 2..width).map(|narrower| fill(text, narrower.max(1))).find(|l| l.len() <= lines.len());
    balanced.unwrap_or(lines)
}

/// `text` in lines, each with as many of at most `width` characters as fit.
fn fill(text: &str, width: usize) -> Vec<String> {
    let (mut lines, mut line, mut used) = (Vec::new(), String::new(), 0);
    for word in text.split_inclusive([' ', '/', '.', ',', '_', ':', '-']) {
        let length = word.trim_end().chars().count();
        if used > 0 && used + length > width {
            lines.push(std::mem::take(&mut line));
            used = 0;
        }
        for c in word.chars() {
            if used == width && c != ' ' {
                lines.push(std::mem::take(&mut line));
                used = 0;
            }
            line.push(c);
            used += 1;
        }
    }
    lines.push(line);
    lines.iter().map(|line| line.trim().to_string()).filter(|line| !line.is_empty()).collect()
}

/// About how wide `text` is in a sans-serif font, in units of the font size; rather too wide than too narrow.
pub(super) fn width(text: &str) -> f64 {
    text.chars()
        .map(|c| match c {
            '\u{300}'..='\u{36f}' | '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{fe00}'..='\u{fe0f}' => 0.0,
            'i' | 'j' | 'l' | '\'' | '|' | '.' | ',' | ':' | ';' | ' ' | '!' | 'I' => 0.34,
            'f' | 'r' | 't' | '(' | ')' | '[' | ']' | '/' | '\\' | '-' | '·' => 0.42,
            'm' | 'w' | 'M' | 'W' | '@' | '%' | '…' => 1.0,
            '<' | '>' | '=' | '+' | '#' | '~' | '^' => 0.84,
            'A'..='Z' => 0.72,
            '\0'..='\x7f' => 0.63,
            '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}' => {
                1.0
            }
            '\u{fe30}'..='\u{fe6f}' | '\u{ff00}'..='\u{ff60}' | '\u{fffd}' => 1.05,
            '\u{1f000}'.. => 1.3,
            _ => 0.75,
        })
        .sum()
}

/// `text` for XML and HTML, between tags and in quoted attributes.
pub(super) fn xml(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

/// A probability as pictures write it: `.83`, `1`, `<.01`.
pub(super) fn probability(p: f64) -> String {
    match (p * 100.0).round() as i64 {
        _ if p >= 1.0 => "=1".into(),
        ..=0 => "<.01".into(),
        100.. => ">.99".into(),
        percent => format!("=.{percent:02}"),
    }
}

/// A number with its thousands set apart: `1,204`.
pub(super) fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A number of things: `1 state`, `1,204 states`.
pub(super) fn counted(n: u64, thing: &str) -> String {
    format!("{} {thing}{}", thousands(n), if n == 1 { "" } else { "s" })
}

/// A duration in microseconds with two significant digits or more and the unit that suits it.
pub(super) fn duration(micros: f64) -> String {
    const UNITS: [(f64, &str); 6] =
        [(86_400e6, "d"), (3600e6, "h"), (60e6, "min"), (1e6, "s"), (1e3, "ms"), (1.0, "µs")];
    let (scale, unit) = UNITS.into_iter().find(|&(scale, _)| micros >= scale).unwrap_or((1.0, "µs"));
    let value = micros / scale;
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = if value < 10.0 && value.fract() > 0.0 {
        write!(text, "{value:.1} {unit}")
    } else {
        write!(text, "{value:.0} {unit}")
    };
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cleaned_and_cut_at_characters() {
        assert_eq!(clean("a\nb\u{202e}c\u{0}"), "a↵b\u{fffd}c␀");
        assert_eq!(shorten("äöüß", 4), "äöüß");
        assert_eq!(shorten("äöüßx", 4), "äöü…");
        assert_eq!(shorten("abc", 0), "…");
        assert_eq!(xml("<a & \"b\">'"), "&lt;a &amp; &quot;b&quot;&gt;&#39;");
        assert_eq!(label_texts(&Label::event(""), 9).0, "\"\"");
        assert_eq!(label_texts(&Label::new(Some("org.x.Thing"), "started"), 18).0, "Thing: started");
        assert_eq!(label_texts(&Label::new(Some("a.b"), "started"), 18).0, "a.b: started");
        assert!(label_texts(&Label::event(&"x".repeat(1 << 20)), 60).1.chars().count() <= 1000);
    }

    #[test]
    fn wrapping_keeps_all_but_spaces() {
        assert_eq!(wrap("connection received from host", 12), ["connection", "received", "from host"]);
        assert_eq!(wrap("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(wrap("disconnection: session time: <*>", 28), ["disconnection:", "session time: <*>"]);
        assert_eq!(wrap("", 3), Vec::<String>::new());
    }

    #[test]
    fn numbers_are_short() {
        let all: Vec<_> = [1.0, 0.999, 0.83, 0.05, 0.001].map(probability).into();
        assert_eq!(all, ["=1", ">.99", "=.83", "=.05", "<.01"]);
        assert_eq!([0, 999, 1204, 1_000_000].map(thousands), ["0", "999", "1,204", "1,000,000"]);
        let all = [0.0, 0.4, 3100.0, 15_000_000.0, 90_000_000.0, 172_800e6].map(duration);
        assert_eq!(all, ["0 µs", "0.4 µs", "3.1 ms", "15 s", "1.5 min", "2 d"]);
    }
}
