//! What kind of values a slot has: names of things, words, or numbers.

use super::few::{LEAST, Text};
use super::grammar::{Grammar, are_dates};
use super::learn::{SlotValue, json_text, scaled, split_json};
use super::model::{Rare, Values};
use super::shape::{Shape, is_name};
use crate::automaton::Histogram;
use crate::synth::formats::Format;

/// Frequent values kept per slot of words, and of numbers.
const MOST_WORDS: usize = 1024;
const MOST_NUMBERS: usize = 64;
/// Ranges of numbers per slot.
const RANGES: usize = 8;
/// Digits after the point that numbers have at most.
const MOST_DECIMALS: u32 = 9;
/// Numbers within the range seen per number seen, from which on one stands for a thing.
const SPARSE: u64 = 64;

/// True for a value that names nothing, however rare it is: null, true, false, and texts of punctuation.
pub fn names_nothing(json: &str) -> bool {
    match json {
        "null" | "true" | "false" => true,
        _ => json.starts_with('"') && !json_text(json).1.chars().any(char::is_alphanumeric),
    }
}

/// True for a text that names one thing however often it occurs: addresses, long numbers and hexadecimal runs, and
/// what has nine digits or more, as telephone numbers have.
pub fn names_one(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let mailbox = text.split_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.is_empty());
    strong_name(text) || digits >= 9 || mailbox
}

/// Addresses, long numbers and hexadecimal runs.
fn strong_name(text: &str) -> bool {
    let long = |part: &str| part.len() >= 8 && part.bytes().any(|b| b.is_ascii_digit());
    let numbers = text.split(|c: char| !c.is_ascii_digit()).filter(|p| !p.is_empty() && p.len() <= 3).count();
    text.split(|c: char| !c.is_ascii_alphanumeric()).any(long) || (numbers >= 4 && text.matches('.').count() >= 3)
}

fn is_number(json: &str) -> bool {
    split_json(json).1.is_some_and(|text| scaled(&text, MOST_DECIMALS).is_some())
}

/// True for a value that may be repeated as it is.
fn is_atom(value: &SlotValue) -> bool {
    value.traces.is_frequent() || names_nothing(&value.json)
}

/// True where what is not repeated are numbers, and most values are.
fn are_numbers(values: &[SlotValue]) -> bool {
    let numbers: u64 = values.iter().filter(|v| is_number(&v.json)).map(|v| v.count).sum();
    let all: u64 = values.iter().filter(|v| !names_nothing(&v.json)).map(|v| v.count).sum();
    if numbers == 0 || numbers * 2 < all || !values.iter().all(|v| is_atom(v) || is_number(&v.json)) {
        return false;
    }
    // Dates without separators are no amounts.
    let texts: Vec<String> = values.iter().filter(|v| is_number(&v.json)).map(|v| json_text(&v.json).1).collect();
    !are_dates(&texts.iter().map(String::as_str).collect::<Vec<_>>())
}

/// True where values name things: most look like names, or are had by few traces each, and they are neither one
/// constant nor a few codes.
pub fn is_identifier(values: &[SlotValue], traces: usize) -> bool {
    let sum = |test: &dyn Fn(&SlotValue) -> bool| values.iter().filter(|v| test(v)).map(|v| v.count).sum::<u64>();
    let total = sum(&|v| !names_nothing(&v.json));
    if total == 0 {
        return false;
    }
    let distinct = values.iter().filter(|v| !names_nothing(&v.json)).count() as u64;
    let frequent = sum(&|v| !names_nothing(&v.json) && v.traces.is_frequent());
    let named = sum(&|v| is_name(&json_text(&v.json).1)) * 2 >= total;
    // Numbers that are large but not one per thing are measurements, such as sizes in bytes.
    if are_numbers(values) {
        return named && distinct * 3 >= traces.min(total as usize) as u64 && frequent * 2 < total;
    }
    if frequent * 2 <= total {
        return true;
    }
    let strong = sum(&|v| strong_name(&json_text(&v.json).1)) * 2 >= total;
    named && (strong || distinct > 50 || frequent * 10 < total * 9)
}

/// Words or numbers, with frequent values apart.
pub fn kind_of(values: &[SlotValue]) -> Values {
    numbers(values).unwrap_or_else(|| words(values))
}

fn words(values: &[SlotValue]) -> Values {
    let (mut atoms, mut rest): (Vec<Box<str>>, Vec<&SlotValue>) = Default::default();
    for value in values {
        if is_atom(value) && atoms.len() < MOST_WORDS {
            atoms.push(value.json.clone());
        } else {
            rest.push(value);
        }
    }
    let texts: Vec<(bool, String)> = rest.iter().map(|v| json_text(&v.json)).collect();
    let all: Vec<Text<'_>> = texts.iter().zip(&rest).map(|((_, text), v)| Text { text, traces: v.traces }).collect();
    let format = (!all.is_empty()).then(|| Format::of(&all));
    let fits = |text: &str| format.as_ref().is_some_and(|format| format.fits(text));
    let mut rare: Vec<Rare> = Vec::new();
    for quoted in [true, false] {
        let of: Vec<usize> = (0..rest.len()).filter(|&i| texts[i].0 == quoted).collect();
        let seen: Vec<Text<'_>> = of.iter().map(|&i| Text { text: &texts[i].1, traces: rest[i].traces }).collect();
        let (grammars, shape_of) = Grammar::learn(&seen, &fits);
        let mut counts = vec![0u64; grammars.len()];
        shape_of.iter().zip(&of).for_each(|(&shape, &i)| counts[shape as usize] += rest[i].count);
        let shape = |(grammar, count)| Rare { shape: Shape::Grammar(grammar), quoted, count };
        rare.extend(grammars.into_iter().zip(counts).map(shape));
    }
    Values::Words { atoms, format, rare }
}

/// Digits after the point.
fn decimals_of(text: &str) -> u32 {
    text.split_once('.').map_or(0, |parts| parts.1.len() as u32)
}

/// Numbers; `None` where some values that are not repeated are none, or are written in different ways.
fn numbers(values: &[SlotValue]) -> Option<Values> {
    if !are_numbers(values) {
        return None;
    }
    let all: Vec<(bool, String)> = values.iter().filter(|v| is_number(&v.json)).map(|v| json_text(&v.json)).collect();
    let decimals = all.iter().map(|(_, text)| decimals_of(text)).max()?;
    let written = all.iter().map(|(_, text)| decimals_of(text)).min()?;
    let quoted = all[0].0;
    if all.iter().any(|of| of.0 != quoted) || all.iter().any(|(_, text)| scaled(text, decimals).is_none()) {
        return None;
    }
    let total: u64 = values.iter().map(|v| v.count).sum();
    let (mut atoms, mut rest): (Vec<Box<str>>, Vec<(i64, u64)>) = Default::default();
    let mut repeated = 0;
    for value in values {
        let number = if is_number(&value.json) { scaled(&json_text(&value.json).1, decimals) } else { None };
        let frequent = value.traces.is_frequent() && value.count * 100 >= total && repeated < MOST_NUMBERS;
        match number {
            Some(number) if !frequent => rest.push((number, value.count)),
            _ => {
                repeated += usize::from(number.is_some());
                atoms.push(value.json.clone());
            }
        }
    }
    if atoms.len() > MOST_WORDS {
        return None;
    }
    rest.sort_unstable();
    let span = rest.first().zip(rest.last()).map_or(0, |(first, last)| first.0.abs_diff(last.0));
    let guarded = rest.len() > 1 && span / rest.len() as u64 >= SPARSE;
    Some(Values::Numbers { atoms, decimals, quoted, written, guarded, ranges: ranges(&rest) })
}

/// Ranges with about as many numbers each, of numbers ascending with their counts.
fn ranges(numbers: &[(i64, u64)]) -> Vec<(i64, Histogram)> {
    let left: u64 = numbers.iter().map(|r| r.1).sum();
    let wanted = left.div_ceil(RANGES as u64).max(LEAST);
    let mut ranges: Vec<(i64, Histogram)> = Vec::new();
    let mut filled = wanted;
    for &(number, count) in numbers {
        if filled >= wanted {
            ranges.push((number, Histogram::default()));
            filled = 0;
        }
        if let Some((low, above)) = ranges.last_mut() {
            (0..count).for_each(|_| above.add(low.abs_diff(number)));
        }
        filled += count;
    }
    // The last range may have too few values of its own.
    if let [.., before, last] = ranges.as_mut_slice()
        && last.1.count() < LEAST
    {
        let shift = before.0.abs_diff(last.0);
        let values: Vec<u64> = (0..last.1.count()).filter_map(|rank| last.1.value_at(rank)).collect();
        values.into_iter().for_each(|v| before.1.add(v + shift));
        ranges.pop();
    }
    ranges
}
