//! Control sequences of terminals, such as colours: they say how a line looks, not what it says.

use std::borrow::Cow;

/// The character that starts a sequence.
pub(crate) const ESCAPE: u8 = 0x1b;

/// The end of the sequence that starts at `at`, `at` itself where there is none: ECMA-48 control sequences (`ESC [`,
/// parameters, a letter), operating system commands up to their end, and two-character escapes.
pub(crate) fn sequence_end(bytes: &[u8], at: usize) -> usize {
    if bytes.get(at) != Some(&ESCAPE) {
        return at;
    }
    match bytes.get(at + 1) {
        Some(b'[') => {
            let parameters = bytes[at + 2..].iter().take_while(|b| (0x20..=0x3f).contains(*b)).count();
            match bytes.get(at + 2 + parameters) {
                Some(0x40..=0x7e) => at + 3 + parameters,
                _ => at,
            }
        }
        Some(b']') => {
            let text = bytes[at + 2..].iter().take_while(|b| **b >= 0x20).count();
            let end = at + 2 + text;
            match bytes.get(end..) {
                Some([0x07, ..]) => end + 1,
                Some([ESCAPE, b'\\', ..]) => end + 2,
                _ => at,
            }
        }
        Some(b'(' | b')') if bytes.get(at + 2).is_some_and(u8::is_ascii_alphanumeric) => at + 3,
        _ => at,
    }
}

/// A line without its sequences.
pub(crate) fn strip(line: &str) -> Cow<'_, str> {
    let bytes = line.as_bytes();
    if !bytes.contains(&ESCAPE) {
        return line.into();
    }
    let mut out = String::with_capacity(line.len());
    let (mut kept, mut at) = (0, 0);
    while let Some(found) = bytes[at..].iter().position(|b| *b == ESCAPE) {
        let start = at + found;
        let end = sequence_end(bytes, start);
        if end > start {
            out.push_str(&line[kept..start]);
            kept = end;
        }
        at = end.max(start + 1);
    }
    out.push_str(&line[kept..]);
    out.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequences_are_stripped_and_nothing_else() {
        for (line, plain) in [
            ("\x1b[31mfailed\x1b[0m job", "failed job"),
            ("\x1b[1;38;5;12mä\x1b[m", "ä"),
            ("\x1b[?25l\x1b[2Kdone", "done"),
            ("\x1b]8;;http://x\x07link\x1b]8;;\x1b\\", "link"),
            ("\x1b(Bx", "x"),
            ("cut \x1b[31", "cut \x1b[31"),
            ("\x1b lone \x1b", "\x1b lone \x1b"),
            ("plain", "plain"),
        ] {
            assert_eq!(strip(line), plain, "{line:?}");
        }
    }
}
