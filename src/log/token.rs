//! Splits a line into words, values, delimiters and blanks, without losing a byte.
//!
//! The tokens of a line tile it: joined in order they are the line again. What a token *is* depends on its own text and
//! its neighbours in the line alone, so that mining and matching, on any node and in any order, see the same tokens.
//!
//! * a [`Class::Word`] has no digit, or one that is part of a name (`IPv6`), and may be part of a template,
//! * a [`Class::Soft`] word holds a few digits (`eth0`, `jk2_init`): the values seen decide whether it is text or a slot,
//! * a [`Class::Value`] is a number, address, path, identifier …: always a slot,
//! * a [`Class::Delimiter`] is punctuation that stays in the template, a [`Class::Blank`] a run of white space.

use super::classify;
use super::dates;
use super::kind::SlotKind;
use super::masks::Masks;
use super::scan::{self, CLASS, D, W, is_word_byte};

/// Tokens of a line that are looked at one by one; what follows is one slot of free text.
pub const MAX_TOKENS: usize = 256;
/// A longer word is a value.
pub const MAX_WORD: usize = 64;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// A run of white space.
    Blank,
    /// Punctuation.
    Delimiter,
    /// Text without digits, or a name that has some.
    Word,
    /// A word with a few digits.
    Soft,
    /// Always a slot; the kind its text has.
    Value(SlotKind),
}

/// A piece of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub class: Class,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Token {
    /// The token's text in the line it was taken from.
    pub fn text<'a>(&self, line: &'a str) -> &'a str {
        &line[self.start as usize..self.end as usize]
    }
}

/// Splits `line` into `tokens`, which is cleared first. What `masks` match is one value each.
///
/// Takes time linear in the line. Lines are cut at 2³² bytes by the caller's types long before this matters; offsets
/// are 32 bits wide, longer lines become one value.
pub fn tokenize(line: &str, masks: &Masks, tokens: &mut Vec<Token>) {
    tokens.clear();
    if u32::try_from(line.len()).is_err() {
        // invariant: no Postgres or file line is this long; keep offsets representable
        return;
    }
    let mut at = 0;
    if !masks.is_empty() {
        for (from, to) in masks.spans(line) {
            if !tokenize_part(line, at, from, tokens) {
                return;
            }
            mask(line, from, to, tokens);
            at = to;
        }
    }
    tokenize_part(line, at, line.len(), tokens);
}

/// Adds what a mask matched: one value, of the kind it would have by itself.
fn mask(line: &str, from: usize, to: usize, tokens: &mut Vec<Token>) {
    let before = tokens.len();
    tokenize_part(line, from, to, tokens);
    let kind = match tokens[before..] {
        [Token { class: Class::Value(kind), .. }] => kind,
        _ => SlotKind::Text,
    };
    tokens.truncate(before);
    push(tokens, Class::Value(kind), from, to);
}

/// Adds the tokens from `at` to `n`, which look at nothing beyond; false where they were too many for the line.
fn tokenize_part(line: &str, mut at: usize, n: usize, tokens: &mut Vec<Token>) -> bool {
    let all = line;
    let line = &line[..n];
    let bytes = line.as_bytes();
    while at < n {
        if tokens.len() + 4 > MAX_TOKENS {
            push(tokens, Class::Value(SlotKind::Text), at, all.len());
            return false;
        }
        match CLASS[bytes[at] as usize] {
            scan::B => {
                let start = at;
                at = scan::blank_end(bytes, at);
                push(tokens, Class::Blank, start, at);
            }
            D => {
                push(tokens, Class::Delimiter, at, at + 1);
                at += 1;
            }
            _ => at = word(line, at, tokens),
        }
    }
    true
}

fn push(tokens: &mut Vec<Token>, class: Class, start: usize, end: usize) {
    if start < end {
        tokens.push(Token { class, start: start as u32, end: end as u32 });
    }
}

/// Reads the word or value that starts at `start`; returns where it ends.
fn word(line: &str, start: usize, tokens: &mut Vec<Token>) -> usize {
    let bytes = line.as_bytes();
    let date = if bytes[start].is_ascii_digit() { dates::digits(bytes, start) } else { dates::date(bytes, start) };
    if let Some(end) = date {
        push(tokens, Class::Value(SlotKind::Timestamp), start, end);
        return end;
    }
    let run = scan::run(bytes, start);
    let mut end = run.end;
    if let Some(kind) = run.special {
        end = scan::trim_sentence(bytes, start, end);
        push(tokens, Class::Value(kind), start, end);
        return end;
    }
    if bytes[start..end].iter().all(|b| *b == b'.') {
        push(tokens, Class::Delimiter, start, end);
        return end;
    }
    // so is the dash of an arrow, which touches words
    if bytes[start] == b'-' && end == start + 1 && bytes.get(end) == Some(&b'>') {
        push(tokens, Class::Delimiter, start, end);
        return end;
    }
    // a rule of stars or dashes is punctuation, one token for each kind
    if run.digits == 0 && scan::is_rule(&bytes[start..end]) {
        let mut at = start;
        for same in bytes[start..end].chunk_by(|a, b| a == b) {
            push(tokens, Class::Delimiter, at, at + same.len());
            at += same.len();
        }
        return end;
    }
    // dot leaders ("enable......0") separate
    if run.dots > 1
        && let Some((from, to)) = scan::dots(bytes, start, end)
    {
        if from > start {
            plain(line, start, from, &run, tokens);
        }
        push(tokens, Class::Delimiter, from, to);
        return to;
    }
    if run.digits > 0 || run.slash {
        end = scan::trim_sentence(bytes, start, end);
    } else if bytes[end - 1] == b'.' && end - start > 1 {
        end -= 1;
        plain(line, start, end, &run, tokens);
        push(tokens, Class::Delimiter, end, end + 1);
        return end + 1;
    }
    plain(line, start, end, &run, tokens);
    end
}

/// Classifies the text from `start` to `end`, where `run` starts, and adds it.
fn plain(line: &str, start: usize, end: usize, run: &scan::Run, tokens: &mut Vec<Token>) {
    let bytes = line.as_bytes();
    let text = &bytes[start..end];
    if run.wide && run.digits > 0 {
        return scripts(line, start, end, tokens);
    }
    // what most words, numbers and names are follows from what was counted already
    if !run.backslash && text[0].is_ascii_alphabetic() {
        if run.digits == 0 {
            return push(tokens, classify::word(text), start, end);
        }
        if classify::is_name_with_digits(text) {
            return push(tokens, Class::Word, start, end);
        }
        if let Some((from, to)) = classify::glued(text) {
            push(tokens, Class::Word, start, start + from);
            push(tokens, Class::Soft, start + from, start + to);
            return push(tokens, Class::Word, start + to, end);
        }
        if !run.hex && run.dots == 0 && run.digits > text.len() - run.digits {
            return push(tokens, Class::Value(SlotKind::Identifier), start, end);
        }
    }
    if run.digits == end - start {
        return push(tokens, Class::Value(SlotKind::Integer), start, end);
    }
    if run.dots > 0
        && let Some(dot) = scan::numbered_suffix(text)
    {
        push(tokens, Class::Word, start, start + dot);
        push(tokens, Class::Delimiter, start + dot, start + dot + 1);
        push(tokens, classify::classify(&text[dot + 1..]), start + dot + 1, end);
        return;
    }
    debug_assert!(text.iter().all(|&b| CLASS[b as usize] >= W || is_word_byte(b) || b == b':' || b == b'@'));
    push(tokens, classify::classify(text), start, end);
}

/// Splits text of a script that writes no blanks where it meets a value, as in `订单42支付失败`.
fn scripts(line: &str, start: usize, end: usize, tokens: &mut Vec<Token>) {
    let wide = |c: char| c >= '\u{800}';
    let text = &line[start..end];
    // the text that is open, and where reading is
    let (mut from, mut at) = (start, start);
    while at < end {
        let rest = &text[at - start..];
        let len = rest.find(wide).unwrap_or(rest.len());
        if len == 0 {
            at += rest.find(|c| !wide(c)).unwrap_or(rest.len());
            continue;
        }
        let part = &rest.as_bytes()[..len];
        let class = if part.iter().any(u8::is_ascii_digit) { classify::classify(part) } else { Class::Word };
        if class != Class::Word {
            push(tokens, classify::word(&line.as_bytes()[from..at]), from, at);
            push(tokens, class, at, at + len);
            from = at + len;
        }
        at += len;
    }
    push(tokens, classify::word(&line.as_bytes()[from..end]), from, end);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn classes(line: &str) -> Vec<(String, Class)> {
        let mut tokens = Vec::new();
        tokenize(line, &Masks::default(), &mut tokens);
        tokens.iter().filter(|t| t.class != Class::Blank).map(|t| (t.text(line).into(), t.class)).collect()
    }

    fn values(line: &str) -> Vec<(String, SlotKind)> {
        classes(line)
            .into_iter()
            .filter_map(|(t, c)| if let Class::Value(k) = c { Some((t, k)) } else { None })
            .collect()
    }

    #[test]
    fn values_are_one_token_each_with_a_kind() {
        for (line, value, kind) in [
            ("from 10.1.2.3:80 now", "10.1.2.3:80", SlotKind::Ip),
            ("from /10.1.2.3:80 now", "/10.1.2.3:80", SlotKind::Ip),
            ("x=-17, y", "-17", SlotKind::Integer),
            ("took 3.25 x", "3.25", SlotKind::Decimal),
            ("took 35ms.", "35ms", SlotKind::Quantity),
            ("at 0x7fed806eb5d!", "0x7fed806eb5d", SlotKind::Hex),
            ("id 123e4567-e89b-12d3-a456-426614174000", "123e4567-e89b-12d3-a456-426614174000", SlotKind::Hex),
            ("open '/var/log/x y'", "/var/log/x", SlotKind::Path),
            ("open C:\\Temp\\x.log", "C:\\Temp\\x.log", SlotKind::Path),
            ("get http://a.b/c?d=1", "http://a.b/c?d=1", SlotKind::Path),
            ("at 12:30:01.5 x", "12:30:01.5", SlotKind::Timestamp),
            ("at 2024-01-02T03:04:05Z x", "2024-01-02T03:04:05Z", SlotKind::Timestamp),
            ("at Fri Jun  7 07:07:00 2005", "Fri Jun  7 07:07:00 2005", SlotKind::Timestamp),
            ("on Dec 10 06:55:46 x", "Dec 10 06:55:46", SlotKind::Timestamp),
            ("mac 00:11:43:e3:ba:c3 x", "00:11:43:e3:ba:c3", SlotKind::Hex),
            ("block blk_-5140072410813878235", "blk_-5140072410813878235", SlotKind::Identifier),
        ] {
            assert!(values(line).contains(&(value.into(), kind)), "{line}: {:?}", classes(line));
        }
    }

    #[test]
    fn masks_are_one_value_each() {
        let masks = Masks::new(vec![r"<[^>]*>".into(), r"user \w+".into(), r"\d+\.\d+".into()]).unwrap();
        let mut tokens = Vec::new();
        let line = "x<a b> of user ann, 3.5 and user";
        tokenize(line, &masks, &mut tokens);
        let found: Vec<(&str, Class)> =
            tokens.iter().filter(|t| matches!(t.class, Class::Value(_))).map(|t| (t.text(line), t.class)).collect();
        let text = Class::Value(SlotKind::Text);
        assert_eq!(found, [("<a b>", text), ("user ann", text), ("3.5", Class::Value(SlotKind::Decimal))]);
        let joined: String = tokens.iter().map(|t| t.text(line)).collect();
        assert_eq!(joined, line);
        assert!(Masks::new(vec!["(".into()]).is_err() && Masks::new(vec!["a".into(); 101]).is_err());
    }

    proptest! {
        #[test]
        fn tokens_tile_the_line(line in "\\PC{0,80}|[a-z0-9:./\\\\@=,. \\t-]{0,80}|(?s:.{0,40})") {
            let mut tokens = Vec::new();
            tokenize(&line, &Masks::default(), &mut tokens);
            let joined: String = tokens.iter().map(|t| t.text(&line)).collect();
            prop_assert_eq!(joined, line);
        }
    }
}
