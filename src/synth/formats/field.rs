//! A run of letters and digits: how long it is, of what characters, which number.

use crate::synth::parameters::{digit_count, next_numbers};
use serde::{Deserialize, Serialize};

/// Numbers below this have a range; longer ones have a length.
const LARGE: u64 = 100_000;
/// Letters that are all hexadecimal digits before others are refused.
const HEX_LETTERS: usize = 20;

/// Digits, lower-case letters, upper-case letters, other letters.
pub fn class(c: char) -> u8 {
    match c {
        _ if c.is_ascii_digit() => 0,
        _ if c.is_lowercase() => 1,
        _ if c.is_uppercase() => 2,
        _ => 3,
    }
}

/// What stands at one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// Fewest and most characters.
    length: (u32, u32),
    /// Classes of characters, as bits.
    classes: u8,
    /// True where letters are hexadecimal digits.
    hex: bool,
    /// Smallest and largest number.
    number: Option<(u64, u64)>,
    /// True where numbers may begin with 0.
    zeros: bool,
    /// Where all have runs of the same classes: fewest and most characters of each.
    runs: Option<Vec<(u8, u32, u32)>>,
    /// Where these are several: smallest and largest number of each that is of digits.
    numbers: Vec<Option<(u64, u64)>>,
    /// What is known otherwise: only the classes count.
    loose: bool,
}

/// Runs of characters of one class, with their lengths.
fn runs(text: &str) -> Vec<(u8, u32)> {
    let mut runs: Vec<(u8, u32)> = Vec::new();
    for of in text.chars().map(class) {
        match runs.last_mut() {
            Some(last) if last.0 == of => last.1 += 1,
            _ => runs.push((of, 1)),
        }
    }
    runs
}

/// The numbers that the runs of a text are.
fn run_numbers(text: &str, runs: &[(u8, u32)]) -> Vec<Option<u64>> {
    let mut rest = text.chars();
    let number = |&(class, length): &(u8, u32)| {
        let run: String = rest.by_ref().take(length as usize).collect();
        if class == 0 { run.parse().ok() } else { None }
    };
    runs.iter().map(number).collect()
}

/// Texts from which on a number that all have is the only one there is.
const TOLD: usize = 5;

fn is_told(range: (u64, u64), texts: usize) -> bool {
    range.0 < range.1 || texts >= TOLD
}

/// The ranges of numbers in runs that all texts have.
fn ranges(texts: &[&str], count: usize) -> Vec<Option<(u64, u64)>> {
    let mut ranges: Vec<Option<(u64, u64)>> = vec![None; count];
    for text in texts {
        for (range, number) in ranges.iter_mut().zip(run_numbers(text, &runs(text))) {
            let Some(number) = number else { continue };
            *range = Some(range.map_or((number, number), |(least, most)| (number.min(least), number.max(most))));
        }
    }
    ranges.into_iter().map(|range| range.filter(|range| range.1 < LARGE && is_told(*range, texts.len()))).collect()
}

/// Digits of which none is missing before it is taken for ruled out, as 8 and 9 are in octal numbers.
const DIGITS: usize = 40;

/// False where some digit is missing in so many that these are no decimal numbers.
fn has_all_digits(texts: &[&str]) -> bool {
    let mut seen = [false; 256];
    texts.iter().flat_map(|t| t.bytes()).for_each(|b| seen[usize::from(b)] = true);
    let few = texts.iter().map(|t| t.len()).sum::<usize>() < DIGITS;
    few || texts.iter().any(|t| t.len() < 3) || (b'0'..=b'9').all(|digit| seen[usize::from(digit)])
}

fn has_zero(text: &str) -> bool {
    text.len() > 1 && text.starts_with('0')
}

impl Field {
    /// From the texts at a place.
    pub fn of(texts: &[&str]) -> Self {
        let lengths = || texts.iter().map(|t| t.chars().count() as u32);
        let numbers: Option<Vec<u64>> = texts
            .iter()
            .map(|t| t.bytes().all(|b| b.is_ascii_digit()).then(|| t.parse().unwrap_or(u64::MAX)))
            .collect();
        let range = numbers.as_ref().and_then(|n| Some((*n.iter().min()?, *n.iter().max()?)));
        let mut all = texts.iter().map(|t| runs(t));
        let first = all.next().unwrap_or_default();
        let start: Vec<(u8, u32, u32)> = first.into_iter().map(|(class, n)| (class, n, n)).collect();
        let common = all.try_fold(start, |mut known, runs| {
            let same = known.len() == runs.len() && known.iter().zip(&runs).all(|(a, b)| a.0 == b.0);
            known.iter_mut().zip(&runs).for_each(|(a, b)| (a.1, a.2) = (a.1.min(b.1), a.2.max(b.1)));
            same.then_some(known)
        });
        let letters = || texts.iter().flat_map(|t| t.chars()).filter(|c| c.is_alphabetic());
        Field {
            length: (lengths().min().unwrap_or(0), lengths().max().unwrap_or(0)),
            classes: texts.iter().flat_map(|t| t.chars()).fold(0, |bits, c| bits | 1 << class(c)),
            hex: letters().count() >= HEX_LETTERS && letters().all(|c| c.is_ascii_hexdigit()),
            number: range.filter(|range| range.1 < LARGE && is_told(*range, texts.len()) && has_all_digits(texts)),
            zeros: texts.iter().any(|t| has_zero(t)),
            numbers: match &common {
                Some(runs) if runs.len() > 1 => ranges(texts, runs.len()),
                _ => Vec::new(),
            },
            runs: common,
            loose: false,
        }
    }

    /// Takes the numbers after those seen where these count through as many texts.
    pub fn go_on(&mut self, texts: usize) {
        let after = |range: (u64, u64)| next_numbers(range, texts).map(|next| (range.0, next.1));
        if let Some(range) = self.number.and_then(after) {
            self.number = Some(range);
            self.length.1 = self.length.1.max(digit_count(range.1));
            self.runs.iter_mut().flatten().for_each(|run| run.2 = run.2.max(digit_count(range.1)));
        }
        let Some(runs) = self.runs.as_mut().filter(|runs| runs.len() == self.numbers.len()) else { return };
        let mut longer = 0;
        for (range, run) in self.numbers.iter_mut().zip(runs) {
            // One number alone: the others are the same in all texts.
            if let Some(next) = range.filter(|range| range.0 < range.1).and_then(after) {
                *range = Some(next);
                longer += digit_count(next.1).saturating_sub(run.2);
                run.2 = run.2.max(digit_count(next.1));
            }
        }
        self.length.1 += longer;
    }

    /// Leaves numbers, and lengths that vary, to what knows more of them.
    pub fn loosen(&mut self) {
        self.number = None;
        self.numbers.clear();
        // One digit may be two next time.
        let steady = |run: &(u8, u32, u32)| run.1 == run.2 && (run.0 != 0 || run.1 > 1);
        self.loose |= !self.runs.as_ref().is_some_and(|runs| runs.iter().all(steady));
    }

    /// Leaves all but the characters to what knows more of them.
    pub fn loosen_wholly(&mut self) {
        self.number = None;
        self.numbers.clear();
        self.loose = true;
    }

    /// The classes of its letters, as bits.
    pub fn letters(&self) -> u8 {
        self.classes & (1 << 1 | 1 << 2)
    }

    /// Takes any hexadecimal digits of its length, with letters of these classes.
    pub fn take_hexadecimal(&mut self, letters: u8) {
        let of = if letters == 0 { 1 << 1 } else { letters };
        (self.classes, self.hex) = (1 | of, true);
        (self.number, self.runs) = (None, None);
        self.numbers.clear();
    }

    /// Leaves numbers to what knows more of them.
    pub fn loosen_number(&mut self) {
        self.number = None;
        self.numbers.clear();
    }

    /// True for a text like those.
    pub fn fits(&self, text: &str) -> bool {
        let of_class = |c: char| self.classes & 1 << class(c) != 0;
        let hex = |c: char| !self.hex || c.is_ascii_hexdigit();
        if !text.chars().all(|c| of_class(c) && hex(c)) {
            return false;
        }
        if self.loose {
            let digits = self.classes == 1;
            return !digits || text.len() <= self.length.1.max(2) as usize && (self.zeros || !has_zero(text));
        }
        let length = text.chars().count() as u32;
        if !(self.length.0..=self.length.1).contains(&length) {
            return false;
        }
        if let Some((least, most)) = self.number {
            let number = text.parse().ok().filter(|n| (least..=most).contains(n));
            if number.is_none() || has_zero(text) && !self.zeros {
                return false;
            }
        }
        let Some(known) = &self.runs else { return true };
        let runs = runs(text);
        let fits =
            |(known, run): (&(u8, u32, u32), &(u8, u32))| known.0 == run.0 && (known.1..=known.2).contains(&run.1);
        let within = |(range, number): (&Option<(u64, u64)>, Option<u64>)| {
            range.is_none_or(|(least, most)| number.is_some_and(|n| (least..=most).contains(&n)))
        };
        known.len() == runs.len()
            && known.iter().zip(&runs).all(fits)
            && self.numbers.iter().zip(run_numbers(text, &runs)).all(within)
    }
}
