//! The skeleton of a line: its tokens with every value masked, as bytes that name it.
//!
//! Words stand for themselves, a soft word has its digits replaced by `0`, a value is one marker byte, and any run of
//! white space is one blank. Words hold no control character, so the markers are unambiguous.

use super::kind::SlotKind;
use super::leaf::Values;
use super::scan::{CLASS, is_word_byte};
use super::token::{Class, Token};

const VALUE: u8 = 1;
const SOFT: u8 = 2;
const DELIMITER: u8 = 3;
const QUOTED: u8 = 4;
const MASKED: u8 = 5;

/// A token of a skeleton.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// White space.
    Blank,
    /// Punctuation, verbatim.
    Delimiter(Box<str>),
    /// A word, verbatim.
    Word(Box<str>),
    /// A word whose digits were replaced.
    Soft(Box<str>),
    /// A value.
    Value,
    /// A word or soft word that is masked because its position has many.
    Masked,
}

/// Writes the skeleton of a tokenized line.
pub fn write(line: &str, tokens: &[Token], out: &mut Vec<u8>) {
    out.clear();
    let bytes = line.as_bytes();
    for token in tokens {
        let text = &bytes[token.start as usize..token.end as usize];
        match token.class {
            Class::Blank if token.start == 0 || token.end as usize == bytes.len() => {}
            Class::Blank => out.push(b' '),
            Class::Delimiter => {
                if is_word_byte(text[0]) {
                    out.push(DELIMITER);
                }
                out.extend_from_slice(text);
            }
            Class::Word if text.iter().all(|b| is_word_byte(*b)) => out.extend_from_slice(text),
            Class::Word => {
                out.push(QUOTED);
                out.extend_from_slice(text);
                out.push(QUOTED);
            }
            Class::Soft => {
                out.push(SOFT);
                let mut digit = false;
                for &b in text {
                    if !b.is_ascii_digit() {
                        out.push(b);
                    } else if !digit {
                        out.push(b'0');
                    }
                    digit = b.is_ascii_digit();
                }
                out.push(SOFT);
            }
            Class::Value(_) => out.push(VALUE),
        }
    }
}

/// Reads a skeleton back, `None` where the bytes are none.
pub fn read(bytes: &[u8]) -> Option<Vec<Part>> {
    let text = std::str::from_utf8(bytes).ok()?;
    let mut parts = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        let word = |from: usize| from + bytes[from..].iter().take_while(|b| **b >= 0x20 && is_word_byte(**b)).count();
        match bytes[at] {
            b' ' => {
                at += 1;
                parts.push(Part::Blank);
            }
            VALUE => {
                at += 1;
                parts.push(Part::Value);
            }
            DELIMITER => {
                bytes.get(at + 1).filter(|b| b.is_ascii() && is_word_byte(**b))?;
                at += 1 + bytes[at + 1..].iter().take_while(|c| **c == bytes[start + 1]).count();
                parts.push(Part::Delimiter(text.get(start + 1..at)?.into()));
            }
            MASKED => {
                at += 1;
                parts.push(Part::Masked);
            }
            mark @ (SOFT | QUOTED) => {
                let len = bytes[at + 1..].iter().position(|b| *b <= 0x20)?;
                at += len + 2;
                let text = text.get(start + 1..at - 1).filter(|t| !t.is_empty() && bytes[at - 1] == mark)?;
                parts.push(if mark == SOFT { Part::Soft(text.into()) } else { Part::Word(text.into()) });
            }
            b if b < 0x20 || b == 0x7f => return None,
            b if CLASS[b as usize] == super::scan::D => {
                at += 1;
                parts.push(Part::Delimiter(text.get(start..at)?.into()));
            }
            _ => {
                at = word(at);
                if at == start {
                    return None;
                }
                parts.push(Part::Word(text.get(start..at)?.into()));
            }
        }
    }
    Some(parts)
}

/// Writes parts as a skeleton, the inverse of [`read`]; words and soft words are numbered, and those that `masked`
/// names are masked.
pub fn render(parts: &[Part], masked: impl Fn(usize) -> bool, out: &mut Vec<u8>) {
    out.clear();
    let mut number = 0;
    for part in parts {
        let mut hidden = false;
        if matches!(part, Part::Word(_) | Part::Soft(_) | Part::Masked) {
            hidden = masked(number);
            number += 1;
        }
        match part {
            _ if hidden => out.push(MASKED),
            Part::Masked => out.push(MASKED),
            Part::Blank => out.push(b' '),
            Part::Value => out.push(VALUE),
            Part::Delimiter(text) => {
                if is_word_byte(text.as_bytes()[0]) {
                    out.push(DELIMITER);
                }
                out.extend_from_slice(text.as_bytes());
            }
            Part::Soft(text) => {
                out.push(SOFT);
                out.extend_from_slice(text.as_bytes());
                out.push(SOFT);
            }
            Part::Word(text) => {
                let quote = !text.bytes().all(is_word_byte);
                out.extend(quote.then_some(QUOTED));
                out.extend_from_slice(text.as_bytes());
                out.extend(quote.then_some(QUOTED));
            }
        }
    }
}

/// True for the parts that have values of their own.
pub fn has_values(part: &Part) -> bool {
    matches!(part, Part::Value | Part::Soft(_) | Part::Masked)
}

/// A line of this skeleton and its tokens. Values whose text does not matter are a control character.
pub(crate) fn example(key: &[u8], values: &[Values], tokens: &mut Vec<Token>) -> Option<String> {
    tokens.clear();
    let mut line = String::new();
    let mut values = values.iter();
    for part in read(key)? {
        let start = line.len() as u32;
        let class = match part {
            Part::Blank => {
                line.push(' ');
                Class::Blank
            }
            Part::Delimiter(text) => {
                line.push_str(&text);
                Class::Delimiter
            }
            Part::Word(text) => {
                line.push_str(&text);
                Class::Word
            }
            Part::Soft(_) => {
                match values.next()?.seen.as_deref() {
                    Some([only]) => line.push_str(only),
                    _ => line.push('\u{1}'),
                }
                Class::Soft
            }
            Part::Value | Part::Masked => {
                values.next()?;
                line.push('\u{1}');
                Class::Value(SlotKind::Text)
            }
        };
        tokens.push(Token { class, start, end: line.len() as u32 });
    }
    Some(line)
}
