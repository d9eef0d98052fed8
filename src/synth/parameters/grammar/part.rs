//! What stands at one place of a grammar: frequent texts as they are, others by their characters, lengths and ranges.

use super::alphabet::{Characters, closure, count};
use super::calendar::{Dates, is_month_or_weekday};
use super::ways::{Way, draw_ways, ways};
use crate::synth::parameters::few::{Few, Text};
use crate::synth::random::Stream;
use hashbrown::HashMap;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Frequent texts kept per place.
const MOST_ATOMS: usize = 64;
/// A place has no more texts than the frequent ones where less than one in so many others was seen once.
const CLOSED: u64 = 10;
/// Bits of evidence that a place of a fixed length has fewer characters than others.
const PLACE_BITS: f64 = 20.0;

/// A text or a number with how many texts have it.
pub(super) type Counts<T> = Vec<(T, u64)>;

/// What stands at one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Texts that enough traces have, most frequent first.
    pub(super) atoms: Counts<Box<str>>,
    /// Lengths of the others, in characters, ascending.
    pub(super) others: Counts<u32>,
    /// How the others are made.
    pub(super) form: Form,
}

/// How texts are made that are not repeated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Form {
    /// They are the same everywhere: punctuation.
    Same(Box<str>),
    /// Numbers.
    Digits {
        /// Smallest and largest.
        range: (u64, u64),
        /// True where they start with 0s.
        padded: bool,
    },
    /// Characters one by one: at the first places their own sets, after these one set.
    Characters {
        /// Sets of the first places.
        places: Vec<Vec<char>>,
        /// The set of all others.
        rest: Vec<char>,
    },
    /// One of several ways in which letters and digits follow each other.
    Ways(Vec<Way>),
    /// Dates.
    Dates(Dates),
}

/// Digits, lower-case letters, upper-case letters, other letters.
pub(super) fn class(c: char) -> u8 {
    match c {
        _ if c.is_ascii_digit() => 0,
        _ if c.is_lowercase() => 1,
        _ if c.is_uppercase() => 2,
        _ => 3,
    }
}

pub(super) fn length(text: &str) -> u32 {
    text.chars().count() as u32
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit())
}

impl Part {
    /// True where it is the same in all texts.
    pub(super) fn is_fixed(&self) -> bool {
        match &self.form {
            Form::Same(_) => true,
            Form::Dates(_) => false,
            _ => self.others.is_empty() && self.atoms.len() == 1,
        }
    }

    /// Punctuation.
    pub fn same(text: &str) -> Self {
        Part { atoms: Vec::new(), others: Vec::new(), form: Form::Same(text.into()) }
    }

    /// Dates.
    pub fn dates(dates: Dates) -> Self {
        Part { atoms: Vec::new(), others: Vec::new(), form: Form::Dates(dates) }
    }

    /// From the texts at a place. O(characters).
    ///
    /// * `hex`: what stands at other places says that letters are hexadecimal digits
    pub fn of(texts: &[Text<'_>], hex: bool) -> Self {
        // Names of months and weekdays are anybody's, and no other words are in their place.
        if texts.iter().all(|t| is_month_or_weekday(t.text)) {
            return Part::closed(texts);
        }
        let mut part = Part::of_texts(texts, hex);
        part.form = match is_one_run(texts) {
            true => part.form,
            false => ways(texts, hex).map_or(part.form, Form::Ways),
        };
        part
    }

    /// Texts of which there are no others, as often as they are seen.
    fn closed(texts: &[Text<'_>]) -> Self {
        let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
        texts.iter().for_each(|t| *counts.entry(t.text).or_default() += 1);
        let atoms = counts.into_iter().map(|(text, count)| (text.into(), count)).collect();
        Part { atoms, others: Vec::new(), form: characters(texts, false) }
    }

    pub(super) fn of_texts(texts: &[Text<'_>], hex: bool) -> Self {
        let mut counts: HashMap<&str, (u64, Few)> = HashMap::new();
        for text in texts {
            let seen = counts.entry(text.text).or_default();
            seen.0 += 1;
            seen.1.merge(&text.traces);
        }
        let mut atoms: Counts<Box<str>> = counts
            .iter()
            .filter(|(_, (_, traces))| traces.is_frequent())
            .map(|(text, (count, _))| ((*text).into(), *count))
            .collect();
        atoms.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        atoms.truncate(MOST_ATOMS);
        let (mut others, mut once): (BTreeMap<u32, u64>, u64) = Default::default();
        for (text, (count, traces)) in &counts {
            if !traces.is_frequent() || !atoms.iter().any(|atom| *atom.0 == **text) {
                *others.entry(length(text)).or_default() += count;
                once += u64::from(*count == 1);
            }
        }
        let numbers = texts.iter().all(|t| is_number(t.text));
        if !atoms.is_empty() && !numbers && once * CLOSED < texts.len() as u64 {
            others.clear();
        }
        let form = if numbers && !is_of_few_digits(texts) { digits(texts) } else { characters(texts, hex) };
        Part { atoms, others: others.into_iter().collect(), form }
    }

    /// Adds a text.
    ///
    /// * `wanted`: its length in characters, where the runs around it say so
    /// * `flat`: frequent texts only where there are no others
    pub fn draw(&self, wanted: Option<u32>, flat: bool, stream: &mut Stream, text: &mut String) {
        match &self.form {
            Form::Same(same) => return text.push_str(same),
            Form::Dates(dates) => return dates.draw(stream, text),
            _ => {}
        }
        let fits = |length: u32| wanted.is_none_or(|wanted| wanted == length);
        let others: u64 = self.others.iter().filter(|o| fits(o.0)).map(|o| o.1).sum();
        if !flat || others == 0 {
            let atoms = || self.atoms.iter().filter(|a| wanted.is_none() || fits(length(&a.0)));
            let all: u64 = if self.atoms.is_empty() { 0 } else { atoms().map(|a| a.1).sum() };
            let mut draw = if all > 0 { stream.below(all + others) } else { 0 };
            if draw < all {
                for (atom, count) in atoms() {
                    if draw < *count {
                        return text.push_str(atom);
                    }
                    draw -= count;
                }
            }
        }
        let mut draw = stream.below(others);
        let mut length = wanted.or(self.others.first().map(|o| o.0)).unwrap_or(1);
        for &(candidate, count) in self.others.iter().filter(|o| fits(o.0)) {
            length = candidate;
            if draw < count {
                break;
            }
            draw -= count;
        }
        self.form.draw(length, flat, stream, text);
    }

    /// About how many texts it can be.
    pub fn space(&self) -> f64 {
        let of_form = match &self.form {
            Form::Same(_) => return 1.0,
            Form::Dates(dates) => return dates.space(),
            _ if self.others.is_empty() => return self.atoms.len() as f64,
            Form::Digits { range, .. } => (range.1.saturating_sub(range.0)) as f64 + 1.0,
            Form::Characters { places, rest } => {
                let longest = self.others.last().map_or(0, |o| o.0 as usize).min(40);
                let size = |i: usize| places.get(i).unwrap_or(rest).len() as f64;
                (0..longest).fold(1.0, |product, i| product * size(i))
            }
            Form::Ways(ways) => {
                let of_way = |way: &Way| way.runs.iter().fold(1.0, |product, part| product * part.space());
                ways.iter().fold(0.0, |sum, way| sum + of_way(way))
            }
        };
        of_form.clamp(1.0, 1e30)
    }

    /// True where letters are made up.
    pub fn makes_words(&self) -> bool {
        !self.others.is_empty()
            && match &self.form {
                Form::Characters { .. } => true,
                Form::Ways(ways) => ways.iter().any(|way| way.runs.iter().any(Part::makes_words)),
                _ => false,
            }
    }

    /// Why this cannot be a part, if so.
    pub fn problem(&self) -> Option<&'static str> {
        const EMPTY: Option<&str> = Some("A generator's grammar has nothing at a place.");
        match &self.form {
            Form::Dates(dates) => dates.problem(),
            Form::Characters { places, rest } if rest.is_empty() && places.is_empty() => EMPTY,
            Form::Characters { places, .. } if places.iter().any(Vec::is_empty) => EMPTY,
            Form::Ways(ways) if ways.is_empty() || ways.iter().any(|w| w.runs.is_empty()) => EMPTY,
            Form::Ways(ways) => {
                let lengths = |way: &Way| way.lengths.iter().all(|l| l.0.len() == way.runs.len());
                if !ways.iter().all(lengths) {
                    return EMPTY;
                }
                // Runs hold none of their own, so nothing is nested.
                let nested = |part: &Part| matches!(part.form, Form::Ways(_) | Form::Dates(_));
                let runs = || ways.iter().flat_map(|way| &way.runs);
                runs().find_map(|part| if nested(part) { EMPTY } else { part.problem() })
            }
            _ => None,
        }
    }
}

/// True where every text is one run of a class.
fn is_one_run(texts: &[Text<'_>]) -> bool {
    let one = |text: &str| {
        let mut classes = text.chars().map(class);
        let first = classes.next();
        classes.all(|c| Some(c) == first)
    };
    let class_of = |t: &Text<'_>| t.text.chars().next().map(class);
    texts.iter().all(|t| one(t.text) && class_of(t) == class_of(&texts[0]))
}

/// True for digits that are no decimal number: octal or binary ones, which have a length and never some of the digits.
fn is_of_few_digits(texts: &[Text<'_>]) -> bool {
    let mut all = Characters::new();
    texts.iter().for_each(|t| count(&mut all, t.text));
    let fixed = texts.iter().all(|t| t.text.len() == texts[0].text.len());
    let padded = texts.iter().any(|t| t.text.len() > 2 && t.text.starts_with('0'));
    fixed && padded && closure(&all, false).len() < 10
}

fn digits(texts: &[Text<'_>]) -> Form {
    let (mut range, mut padded) = ((u64::MAX, 0), false);
    for text in texts {
        let number = text.text.parse().unwrap_or(u64::MAX);
        range = (range.0.min(number), range.1.max(number));
        padded |= text.text.len() > 1 && text.text.starts_with('0');
    }
    Form::Digits { range, padded }
}

/// Sets of characters: one per place as far as all texts go, where places differ.
fn characters(texts: &[Text<'_>], hex: bool) -> Form {
    let mut all = Characters::new();
    texts.iter().for_each(|t| count(&mut all, t.text));
    let set = closure(&all, hex);
    let shortest = texts.iter().map(|t| length(t.text)).min().unwrap_or(0) as usize;
    let mut seen: Vec<BTreeMap<char, (u64, Few)>> = vec![BTreeMap::new(); shortest.min(64)];
    let mut rest = Characters::new();
    for text in texts {
        for (i, c) in text.text.chars().enumerate() {
            match seen.get_mut(i) {
                Some(place) => {
                    let of = place.entry(c).or_default();
                    of.0 += 1;
                    of.1.merge(&text.traces);
                }
                None => *rest.entry(c).or_default() += 1,
            }
        }
    }
    let n = texts.len() as f64;
    let place = |seen: &BTreeMap<char, (u64, Few)>| {
        // Fewer than elsewhere in what has digits, and not by chance: a version, a variant. Words are none of these.
        let told = n * libm::log2(set.len() as f64 / seen.len() as f64);
        let coded = set.iter().any(char::is_ascii_digit);
        if coded && told >= PLACE_BITS && seen.len() * 2 <= set.len() && seen.values().all(|s| s.1.is_frequent()) {
            return seen.keys().copied().collect();
        }
        let own = closure(&seen.iter().map(|(&c, s)| (c, s.0)).collect(), hex);
        let classes = |set: &[char]| {
            let mut classes: Vec<u8> = set.iter().map(|&c| class(c)).collect();
            classes.dedup();
            classes
        };
        // Of a class alone, such as a capital in front.
        let told = n * libm::log2(set.len() as f64 / own.len().max(1) as f64);
        if told >= PLACE_BITS && classes(&own) != classes(&set) {
            return own.into_iter().filter(|c| set.contains(c)).collect();
        }
        set.clone()
    };
    let mut places: Vec<Vec<char>> = seen.iter().map(place).collect();
    if places.iter().any(Vec::is_empty) {
        places.clear();
    }
    let rest: Vec<char> = if rest.is_empty() { set.clone() } else { closure(&rest, hex) };
    let rest: Vec<char> = rest.into_iter().filter(|c| set.contains(c)).collect();
    let rest = if rest.is_empty() { set } else { rest };
    while places.last() == Some(&rest) {
        places.pop();
    }
    Form::Characters { places, rest }
}

impl Form {
    /// Takes the characters of a class that all texts of a place have, where a run alone shows few.
    pub(super) fn restrict(&mut self, all: &Characters, of_class: u8, hex: bool) {
        let Form::Characters { rest, places } = self else { return };
        let seen: Characters = all.iter().filter(|(c, _)| class(**c) == of_class).map(|(&c, &n)| (c, n)).collect();
        let set = closure(&seen, hex);
        if !set.is_empty() && places.is_empty() {
            *rest = set;
        }
    }

    fn draw(&self, length: u32, flat: bool, stream: &mut Stream, text: &mut String) {
        match self {
            Form::Digits { range, padded } => number(length as usize, *range, *padded, stream, text),
            Form::Characters { places, rest } => {
                for i in 0..length as usize {
                    let set = places.get(i).unwrap_or(rest);
                    text.extend(set.get(stream.below(set.len() as u64) as usize));
                }
            }
            Form::Ways(ways) => draw_ways(ways, length, flat, stream, text),
            Form::Same(same) => text.push_str(same),
            Form::Dates(dates) => dates.draw(stream, text),
        }
    }
}

/// A number of this length within the range seen.
fn number(length: usize, range: (u64, u64), padded: bool, stream: &mut Stream, text: &mut String) {
    let power = |n: usize| u32::try_from(n).ok().and_then(|n| 10u64.checked_pow(n));
    let least = if padded || length <= 1 { 0 } else { power(length - 1).unwrap_or(0) };
    let most = power(length).map_or(u64::MAX, |p| p - 1);
    let (low, high) = (least.max(range.0), most.min(range.1));
    if length > 19 || low > high {
        for i in 0..length {
            let least = u64::from(i == 0 && length > 1 && !padded);
            text.push(char::from(b'0' + (least + stream.below(10 - least)) as u8));
        }
        return;
    }
    let number = (low + stream.below((high - low).saturating_add(1))).to_string();
    (number.len()..if padded { length } else { 1 }).for_each(|_| text.push('0'));
    text.push_str(&number);
}

/// The parts of UUIDs (RFC 9562): five runs of hexadecimal digits, and the version and the variant as they are, however
/// few there are.
pub fn of_uuids(texts: &[Text<'_>]) -> Vec<Part> {
    const RUNS: [(usize, usize); 5] = [(0, 8), (9, 13), (14, 18), (19, 23), (24, 36)];
    let upper = texts.iter().any(|t| t.text.bytes().any(|b| b.is_ascii_uppercase()));
    let hex: Vec<char> = if upper { "0123456789ABCDEF" } else { "0123456789abcdef" }.chars().collect();
    let usual: Vec<char> = if upper { "89AB" } else { "89ab" }.chars().collect();
    let mut parts: Vec<Part> = Vec::new();
    for (place, (start, end)) in RUNS.into_iter().enumerate() {
        if place > 0 {
            parts.push(Part::same("-"));
        }
        let runs: Vec<Text<'_>> = texts.iter().map(|t| Text { text: &t.text[start..end], ..*t }).collect();
        let mut part = Part::of_texts(&runs, true);
        let mut places = match characters(&runs, true) {
            Form::Characters { places, .. } => places,
            _ => Vec::new(),
        };
        // Digits alone are hexadecimal digits that happen to be some.
        places.iter_mut().filter(|set| set.len() * 2 > hex.len()).for_each(|set| set.clone_from(&hex));
        if matches!(place, 2 | 3) {
            let mut seen: Vec<char> = runs.iter().filter_map(|t| t.text.chars().next()).collect();
            seen.sort_unstable();
            seen.dedup();
            let variant = place == 3 && seen.iter().all(|c| usual.contains(c));
            places.resize(places.len().max(1), hex.clone());
            places[0] = if variant { usual.clone() } else { seen };
        }
        part.form = Form::Characters { places, rest: hex.clone() };
        parts.push(part);
    }
    parts
}
