//! Rows of cells: skeletons as clustering sees them, with their texts interned.

use super::classify::{is_name_with_digits, is_unit};
use super::leaf::Leaf;
use super::skeleton::{self, Part};
use super::templates::Piece;
use crate::error::{Error, Result};
use hashbrown::HashMap;

/// White space.
pub(crate) const BLANK: u32 = 0;
/// One value.
pub(crate) const SLOT: u32 = 1;
/// One or more tokens.
pub(crate) const LIST: u32 = 2;
/// A value or nothing.
pub(crate) const MAYBE: u32 = 3;

/// Links of one kind from which on joined values are one value.
const CHAIN: usize = 3;

/// A skeleton on its way to a template, with the leaves it stands for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Row {
    pub cells: Vec<u32>,
    pub members: Vec<u32>,
}

struct Text {
    text: Box<str>,
    word: bool,
    identifier: bool,
    verb: bool,
    unit: bool,
}

/// The texts of cells.
#[derive(Default)]
pub(crate) struct Cells {
    texts: Vec<Text>,
    ids: HashMap<(bool, Box<str>), u32>,
}

/// True for the cells that stand for values.
pub(crate) fn is_value(cell: u32) -> bool {
    (SLOT..=MAYBE).contains(&cell)
}

impl Cells {
    /// The cells of a skeleton.
    pub fn row(&mut self, key: &[u8], leaf: &Leaf) -> Result<Vec<u32>> {
        let invalid = || Error::invalid("logfsm.templates", "A skeleton is unreadable.");
        let parts = skeleton::read(key).ok_or_else(invalid)?;
        let mut values = leaf.values.iter();
        let mut out: Vec<u32> = Vec::with_capacity(parts.len());
        // soft words of the same form, one after the other, are a list
        let mut run: Option<(&str, usize)> = None;
        let mut quote: Option<usize> = None;
        for (i, part) in parts.iter().enumerate() {
            match part {
                Part::Blank => out.push(BLANK),
                Part::Delimiter(text) => {
                    if matches!(&**text, "\"") {
                        quote = match quote {
                            Some(from) => {
                                self.join_values(&mut out, from);
                                None
                            }
                            None => Some(out.len()),
                        };
                    }
                    out.push(self.intern(text, false));
                }
                Part::Word(text) => out.push(self.intern(text, true)),
                Part::Value | Part::Masked => {
                    values.next().ok_or_else(invalid)?;
                    out.push(SLOT);
                }
                Part::Soft(form) => {
                    let seen = values.next().ok_or_else(invalid)?.seen.as_deref();
                    let joined = i >= 2 && matches!(&parts[i - 1], Part::Blank);
                    if let Some((last, at)) = run
                        && joined
                        && last == &**form
                        && (at + 2 == out.len() || out.get(at) == Some(&LIST))
                        && out.len() <= at + 2
                    {
                        out.truncate(at);
                        out.push(LIST);
                        run = Some((form, at));
                        continue;
                    }
                    run = Some((form, out.len()));
                    match seen {
                        Some([only]) => out.push(self.intern(only, true)),
                        _ => out.push(SLOT),
                    }
                }
            }
        }
        self.join_chains(&mut out);
        self.join_quoted_lists(&mut out);
        Ok(out)
    }

    /// Quoted texts in brackets, `["a", "b"]`, are a list.
    fn join_quoted_lists(&self, out: &mut Vec<u32>) {
        let is = |cell: Option<&u32>, text: &str| cell.is_some_and(|c| self.is_delimiter(*c) && self.text(*c) == text);
        let mut from = 0;
        while from + 3 < out.len() {
            let quote = ["\"", "'"].into_iter().find(|quote| is(out.get(from + 1), quote));
            let (true, Some(quote)) = (is(out.get(from), "["), quote) else {
                from += 1;
                continue;
            };
            // an item, then a comma and the next item, or the end
            let mut at = from + 1;
            let end = loop {
                let inside = out[at + 1..].iter().position(|c| is(Some(c), quote));
                let Some(close) = inside.map(|n| at + 1 + n).filter(|close| is(out.get(at), quote) && *close > at)
                else {
                    break None;
                };
                match out.get(close + 1) {
                    next if is(next, "]") => break Some(close + 1),
                    next if is(next, ",") => at = close + 2 + usize::from(out.get(close + 2) == Some(&BLANK)),
                    _ => break None,
                }
                if at + 1 >= out.len() {
                    break None;
                }
            };
            // one item may be a list of one, but need not be
            if let Some(end) = end
                && out[from..end].iter().any(|c| is(Some(c), ","))
            {
                out.splice(from + 1..end, [LIST]);
            }
            from += 1;
        }
    }

    /// Many values joined by the same punctuation are one.
    fn join_chains(&self, out: &mut Vec<u32>) {
        let mut from = 0;
        while from < out.len() {
            let values = |at: usize| out.get(at).is_some_and(|c| *c == SLOT);
            let joint = out[(from + 1).min(out.len())..].iter().take_while(|c| self.is_delimiter(**c)).count();
            if !values(from) || joint == 0 {
                from += 1;
                continue;
            }
            let (step, mut to, mut links) = (joint + 1, from, 0);
            while values(to + step) && out[to + 1..to + step] == out[from + 1..from + step] {
                to += step;
                links += 1;
            }
            if links >= CHAIN {
                out.splice(from..=to, [LIST]);
            }
            from += 1;
        }
    }

    /// Inside quotes, values one after the other are one free text.
    fn join_values(&self, out: &mut Vec<u32>, from: usize) {
        let mut at = from;
        while at + 2 < out.len() {
            if is_value(out[at]) && out[at + 1] == BLANK && is_value(out[at + 2]) {
                out.splice(at..at + 3, [LIST]);
            } else {
                at += 1;
            }
        }
    }

    fn intern(&mut self, text: &str, word: bool) -> u32 {
        let next = self.texts.len() as u32 + MAYBE + 1;
        let id = *self.ids.entry((word, text.into())).or_insert(next);
        if id == next {
            self.texts.push(Text {
                text: text.into(),
                word,
                identifier: word && is_identifier(text),
                verb: word && is_verb(text),
                unit: word && is_unit(text),
            });
        }
        id
    }

    fn get(&self, cell: u32) -> Option<&Text> {
        self.texts.get(cell.checked_sub(MAYBE + 1)? as usize)
    }

    /// The cell's text, empty for blanks and values.
    pub fn text(&self, cell: u32) -> &str {
        self.get(cell).map_or("", |t| &t.text)
    }

    /// True for words.
    pub fn is_word(&self, cell: u32) -> bool {
        self.get(cell).is_some_and(|t| t.word)
    }

    /// True for punctuation.
    pub fn is_delimiter(&self, cell: u32) -> bool {
        self.get(cell).is_some_and(|t| !t.word)
    }

    /// True for words that look like names rather than language.
    pub fn is_identifier(&self, cell: u32) -> bool {
        self.get(cell).is_some_and(|t| t.identifier)
    }

    /// True for words that look like what happened.
    pub fn is_verb(&self, cell: u32) -> bool {
        self.get(cell).is_some_and(|t| t.verb)
    }

    /// True for words of small letters only.
    pub fn is_lower(&self, cell: u32) -> bool {
        self.get(cell).is_some_and(|t| t.word && t.text.bytes().all(|b| b.is_ascii_lowercase()))
    }

    /// True for the names of units.
    pub fn is_unit(&self, cell: u32) -> bool {
        self.get(cell).is_some_and(|t| t.unit)
    }

    /// The template piece of a blank or text cell.
    pub fn piece(&self, cell: u32) -> Piece {
        self.get(cell).map_or(Piece::Blank, |t| Piece::Text(t.text.clone()))
    }
}

/// Names of things: joined parts, or digits inside. Members of enumerations, in capitals, are language, and so is a word
/// that ends with its number (`alt0` beside `if0`): what numbers tell apart has one form.
fn is_identifier(text: &str) -> bool {
    let bytes = text.as_bytes();
    let last = text.rsplit(['.', ':']).next().unwrap_or(text);
    if last.len() > 1 && last.bytes().all(|b| b.is_ascii_uppercase() || b == b'_') {
        return false;
    }
    let joints = bytes[..bytes.len() - 1].iter().filter(|b| b"_.$/\\:@*~".contains(b)).count();
    let dashes = bytes.iter().filter(|b| **b == b'-').count();
    let letters = text.trim_end_matches(|c: char| c.is_ascii_digit());
    let inside = letters.bytes().any(|b| b.is_ascii_digit()) && !is_name_with_digits(bytes);
    (joints >= 1 || dashes >= 2 || inside) && bytes.iter().any(|b| b.is_ascii_alphanumeric() || *b >= 0x80)
}

/// Participles without an ending of their own, as they stand inside a sentence; sorted.
const IRREGULAR: [&str; 24] = [
    "begun",
    "bound",
    "broken",
    "built",
    "done",
    "found",
    "gone",
    "held",
    "hit",
    "kept",
    "left",
    "lost",
    "made",
    "met",
    "overridden",
    "paid",
    "read",
    "sent",
    "set",
    "shut",
    "stuck",
    "taken",
    "withdrawn",
    "written",
];

/// English participles: "opened", "failing", "sent".
fn is_verb(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    if IRREGULAR.binary_search(&text).is_ok() {
        return true;
    }
    let stem = lower.strip_suffix("ed").or_else(|| lower.strip_suffix("ing"));
    stem.is_some_and(|s| s.len() >= 3 && s.bytes().all(|b| b.is_ascii_lowercase()))
}
