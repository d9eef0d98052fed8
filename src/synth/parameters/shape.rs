//! Shapes of texts: grammars, and what generators of version 1 had in their place, whose traces stay as they are.

use super::grammar::Grammar;
use crate::synth::random::Stream;
use serde::{Deserialize, Serialize};

const LOWER: &[u8] = b"abcdefghijklmnopqrstuvwxyz";
const UPPER: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const HEX: &[u8] = b"0123456789abcdef";
const UPPER_HEX: &[u8] = b"0123456789ABCDEF";
const MIXED: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyz";

/// What a part of a text consists of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Part {
    /// Digits.
    Number,
    /// Lower-case letters, perhaps after one upper-case one.
    Word,
    /// Upper-case letters.
    Capitals,
    /// Hexadecimal digits with letters among them.
    Hex,
    /// The same in upper case.
    UpperHex,
    /// Letters and digits.
    Mixed,
    /// One other character.
    Other(char),
}

/// What was seen at one part of a shape.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    part: Part,
    /// (text, distinct values with it), frequent ones only.
    atoms: Vec<(Box<str>, u64)>,
    /// Values with other texts there.
    others: u64,
    /// (length, values), ascending.
    lengths: Vec<(u32, u64)>,
    /// Smallest and largest number.
    range: (u64, u64),
    /// True where numbers start with 0s.
    padded: bool,
}

/// What texts look like that are not repeated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Shape {
    /// A grammar.
    Grammar(Grammar),
    /// A shape of a generator of version 1.
    Earlier(EarlierShape),
}

impl Shape {
    /// A text of this shape that `real` does not know, where it has room for such.
    pub fn fresh(&self, stream: &mut Stream, real: &dyn Fn(&str) -> bool) -> String {
        match self {
            Shape::Grammar(grammar) => grammar.fresh(stream, real),
            Shape::Earlier(shape) => shape.fresh(stream, real),
        }
    }

    /// True where its texts must not be real ones.
    pub fn is_guarded(&self) -> bool {
        match self {
            Shape::Grammar(grammar) => grammar.guarded,
            Shape::Earlier(_) => true,
        }
    }

    /// True for a text of a shape of version 1.
    pub fn is_earlier_of(&self, text: &str) -> bool {
        matches!(self, Shape::Earlier(shape) if shape.fits(text))
    }

    /// Why this cannot be a shape, if so.
    pub fn problem(&self) -> Option<&'static str> {
        match self {
            Shape::Grammar(grammar) => grammar.problem(),
            Shape::Earlier(_) => None,
        }
    }
}

/// A shape of version 1: its parts in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EarlierShape {
    parts: Vec<Seen>,
}

/// Splits a text into parts.
fn split(text: &str) -> Vec<(Part, &str)> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = if first.is_ascii_alphanumeric() {
            rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len())
        } else {
            first.len_utf8()
        };
        let (part, after) = rest.split_at(end);
        let all = |test: fn(&u8) -> bool| part.as_bytes().iter().all(test);
        let kind = if !first.is_ascii_alphanumeric() {
            Part::Other(first)
        } else if all(u8::is_ascii_digit) {
            Part::Number
        } else if all(u8::is_ascii_uppercase) {
            Part::Capitals
        } else if all(u8::is_ascii_alphabetic) {
            Part::Word
        } else if part.bytes().all(|b| HEX.contains(&b)) {
            Part::Hex
        } else if part.bytes().all(|b| UPPER_HEX.contains(&b)) {
            Part::UpperHex
        } else {
            Part::Mixed
        };
        parts.push((kind, part));
        rest = after;
    }
    // Runs of hexadecimal digits are of one kind, whatever letters they happen to have.
    let any_hex = parts.iter().any(|p| p.0 == Part::Hex);
    let any_upper = parts.iter().any(|p| p.0 == Part::UpperHex);
    for part in &mut parts {
        if any_hex && part.1.len() >= 4 && part.1.bytes().all(|b| HEX.contains(&b)) {
            part.0 = Part::Hex;
        }
        if any_upper && part.1.len() >= 4 && part.1.bytes().all(|b| UPPER_HEX.contains(&b)) {
            part.0 = Part::UpperHex;
        }
    }
    parts
}

impl Seen {
    fn draw(&self, stream: &mut Stream, text: &mut String) {
        if let Part::Other(character) = self.part {
            return text.push(character);
        }
        let mut draw = stream.below(self.atoms.iter().map(|a| a.1).sum::<u64>() + self.others);
        for (atom, count) in &self.atoms {
            if draw < *count {
                return text.push_str(atom);
            }
            draw -= count;
        }
        let mut draw = stream.below(self.lengths.iter().map(|l| l.1).sum());
        let mut length = 1;
        for &(candidate, count) in &self.lengths {
            length = candidate as usize;
            if draw < count {
                break;
            }
            draw -= count;
        }
        let alphabet = match self.part {
            Part::Number => return self.number(length, stream, text),
            Part::Word => LOWER,
            Part::Capitals => UPPER,
            Part::Hex => HEX,
            Part::UpperHex => UPPER_HEX,
            _ => MIXED,
        };
        (0..length).for_each(|_| text.push(char::from(alphabet[stream.below(alphabet.len() as u64) as usize])));
    }

    /// A number of this length within the range seen.
    fn number(&self, length: usize, stream: &mut Stream, text: &mut String) {
        let power = |n: usize| u32::try_from(n).ok().and_then(|n| 10u64.checked_pow(n));
        let least = if self.padded || length == 1 { 0 } else { power(length - 1).unwrap_or(0) };
        let most = power(length).map_or(u64::MAX, |p| p - 1);
        let (low, high) = (least.max(self.range.0), most.min(self.range.1));
        if length > 19 || low > high {
            return (0..length).for_each(|_| text.push(char::from(b'0' + stream.below(10) as u8)));
        }
        let number = low + stream.below((high - low).saturating_add(1));
        text.push_str(&format!("{number:0width$}", width = if self.padded { length } else { 1 }));
    }
}

impl EarlierShape {
    /// A text of this shape.
    pub fn draw(&self, stream: &mut Stream) -> String {
        let mut text = String::new();
        self.parts.iter().for_each(|part| part.draw(stream, &mut text));
        text
    }

    /// True for a text of these parts. Letters and digits may turn out otherwise than in the texts seen.
    pub fn fits(&self, text: &str) -> bool {
        let parts = split(text);
        let like = |(seen, (part, text)): (&Seen, &(Part, &str))| match (seen.part, *part) {
            (Part::Other(a), Part::Other(b)) => a == b,
            (Part::Other(_), _) | (_, Part::Other(_)) => false,
            (Part::Number, _) => text.bytes().all(|b| b.is_ascii_digit()),
            _ => true,
        };
        parts.len() == self.parts.len() && self.parts.iter().zip(&parts).all(like)
    }

    /// A text of this shape that `real` does not know. Where hardly any other exists, digits are added.
    pub fn fresh(&self, stream: &mut Stream, real: &dyn Fn(&str) -> bool) -> String {
        for _ in 0..32 {
            let text = self.draw(stream);
            if !real(&text) {
                return text;
            }
        }
        let mut text = self.draw(stream);
        // Behind the last letter or digit, so that the parts stay as they are.
        let Some(last) = text.rfind(|c: char| c.is_ascii_alphanumeric()) else { return text };
        while real(&text) {
            text.insert(last + 1, char::from(b'0' + stream.below(10) as u8));
        }
        text
    }
}

/// True for texts that name one thing: addresses, identifiers, long or hexadecimal numbers, paths with digits.
pub fn is_name(text: &str) -> bool {
    let parts = split(text);
    let numbers = parts.iter().filter(|p| p.0 == Part::Number).count();
    let letters = parts.iter().any(|p| matches!(p.0, Part::Word | Part::Capitals | Part::Mixed));
    let hex = parts.iter().any(|p| matches!(p.0, Part::Hex | Part::UpperHex | Part::Mixed) && p.1.len() >= 4);
    let address = numbers == parts.iter().filter(|p| !matches!(p.0, Part::Other(_))).count() && numbers >= 4;
    let long = parts.iter().any(|p| p.0 == Part::Number && p.1.len() >= 9);
    hex || address || long || (letters && numbers > 0)
}
