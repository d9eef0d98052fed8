//! Grammars of texts: what values of a slot look like, so that fresh ones look alike and none is a real one.
//!
//! Texts with the same punctuation are one grammar. Within it, columns of digits and letters are found, dates and times
//! among them ([`columns`]); of each column the texts that at least k traces have are kept, others are made from the
//! characters, lengths and ranges seen ([`part`]), or from numbers beyond these ([`others`]). A slot's values are a mixture of grammars.
//!
//! ```
//! use logfsm::synth::parameters::{Few, Grammar, Text};
//! let days: Vec<String> = (1..=28).map(|day| format!("backup of 2024-02-{day:02}")).collect();
//! let texts: Vec<Text<'_>> = (0..).zip(&days).map(|(i, text)| Text { text, traces: Few::of(i) }).collect();
//! let (grammars, of) = Grammar::learn(&texts, &|_| true);
//! assert_eq!((grammars.len(), of.len()), (1, 28));
//! ```

mod alphabet;
mod calendar;
mod check_digits;
mod columns;
mod others;
mod part;
mod ways;

pub use columns::skeleton;

use super::few::{LEAST, Text, are_single};
use super::shape::is_name;
use crate::synth::random::Stream;
use check_digits::CheckDigits;
use columns::{Kind, divide, signature};
use hashbrown::HashSet;
use part::Part;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Grammars kept per slot or class; texts of others take one of these.
const MOST: usize = 256;
/// Texts of a grammar that are learned from.
const MOST_TEXTS: usize = 20_000;
/// Runs of letters and digits that texts of one skeleton may have to be told apart by them.
const MOST_SIGNATURES: usize = 4;
/// How many texts there are per real one where real ones are avoided: names of things are, wherever there is room for
/// others; numbers and dates where they are so sparse that one stands for a thing.
const ROOM_FOR_NAMES: f64 = 2.0;
const ROOM_FOR_NUMBERS: f64 = 64.0;
/// Texts that have something in common not by chance.
const CERTAIN: usize = 8;
/// Texts drawn to see how many are real ones.
const TRIALS: usize = 64;
/// Texts drawn to see that the reader of formats takes numbers that go on.
const JUDGED: usize = 1024;
/// Draws until a text that is not real is given up, as seen and from all there are.
const ATTEMPTS: usize = 32;

/// What texts of one skeleton look like.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grammar {
    /// See `skeleton()`.
    pub skeleton: Box<str>,
    parts: Vec<Part>,
    check: Option<CheckDigits>,
    /// True where texts must not be real ones.
    pub guarded: bool,
}

impl Grammar {
    /// The grammars of distinct texts, that of most texts first, and for each text which it has. O(characters).
    ///
    /// * `fits`: whether a text is one that real ones look like
    pub fn learn(texts: &[Text<'_>], fits: &dyn Fn(&str) -> bool) -> (Vec<Grammar>, Vec<u32>) {
        if is_base64(texts) {
            return of_base64(texts);
        }
        let mut skeletons: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (i, text) in texts.iter().enumerate() {
            skeletons.entry(skeleton(text.text)).or_default().push(i);
        }
        let mut groups: Vec<(String, Vec<usize>)> = Vec::new();
        for (skeleton, members) in skeletons {
            groups.extend(by_signature(texts, members).into_iter().map(|group| (skeleton.clone(), group)));
        }
        groups.sort_by_cached_key(|(skeleton, members)| {
            (Reverse(members.len()), crate::automaton::keyed_hash(skeleton.as_bytes()))
        });
        let mut of = vec![0u32; texts.len()];
        for (number, (_, members)) in groups.iter().enumerate() {
            members.iter().for_each(|&i| of[i] = (number % MOST) as u32);
        }
        groups.truncate(MOST);
        let learned = |(_, members): &(String, Vec<usize>)| {
            let step = members.len().div_ceil(MOST_TEXTS).max(1);
            Grammar::of(&members.iter().step_by(step).map(|&i| texts[i]).collect::<Vec<_>>(), fits)
        };
        (groups.iter().map(learned).collect(), of)
    }

    /// The grammar of texts of one skeleton.
    fn of(texts: &[Text<'_>], fits: &dyn Fn(&str) -> bool) -> Self {
        let plain: Vec<&str> = texts.iter().map(|t| t.text).collect();
        let parts = if is_uuid(&plain) { part::of_uuids(texts) } else { Grammar::parts(texts, &plain) };
        let check = CheckDigits::of(&plain);
        let mut grammar = Grammar { skeleton: skeleton(plain[0]).into(), parts, check, guarded: false };
        grammar.guarded = grammar.has_room(&plain);
        // A number that fewer than k traces have is not repeated only because no other was seen.
        if !grammar.guarded && check.is_none() && (texts.len() as u64) < LEAST && !is_frequent(texts) {
            grammar.guarded =
                grammar.vary(|grammar| others::widen(&mut grammar.parts) && grammar.has_room(&plain), fits);
        }
        // What counts through single things, as in user17, has no room among the real ones, but after them.
        if !grammar.guarded && check.is_none() && is_name(plain[0]) && are_single(texts) {
            grammar.guarded = grammar.vary(|grammar| others::go_on(&mut grammar.parts, texts.len()), fits);
        }
        grammar
    }

    /// Changes its parts, unless that comes to nothing or makes texts that real ones do not look like; true if so.
    fn vary(&mut self, change: impl FnOnce(&mut Self) -> bool, fits: &dyn Fn(&str) -> bool) -> bool {
        let before = self.parts.clone();
        let mut stream = Stream::new(&[0; 32], 0);
        let varied = change(self) && (0..JUDGED).all(|trial| fits(&self.draw(trial % 2 == 0, &mut stream)));
        if !varied {
            self.parts = before;
        }
        varied
    }

    /// What stands in texts of one skeleton, from left to right.
    fn parts(texts: &[Text<'_>], plain: &[&str]) -> Vec<Part> {
        let columns = divide(plain);
        let hex = is_hexadecimal(plain);
        let mut parts: Vec<Part> = Vec::new();
        let mut i = 0;
        while i < columns.len() {
            let column = &columns[i];
            let mut end = i;
            match &column.kind {
                Kind::Between => parts.push(Part::same(column.texts(plain)[0])),
                Kind::Dates(dates) => parts.push(Part::dates(dates.clone())),
                _ => {
                    // The columns of one run of letters and digits are one place, but for dates and times in it.
                    let joins = |next: usize| {
                        let (a, b) = (&columns[next - 1], &columns[next]);
                        let both_digits = a.kind == Kind::Digits && b.kind == Kind::Digits;
                        b.field == a.field && !both_digits && matches!(b.kind, Kind::Digits | Kind::Letters)
                    };
                    while end + 1 < columns.len() && joins(end + 1) {
                        end += 1;
                    }
                    let spans = column.spans.iter().zip(&columns[end].spans);
                    let mut slices: Vec<Text<'_>> = Vec::with_capacity(texts.len());
                    for ((of, text), (from, until)) in texts.iter().zip(plain).zip(spans) {
                        slices.push(Text { text: &text[from.0 as usize..until.1 as usize], traces: of.traces });
                    }
                    let texts = slices;
                    let prefix = if column.kind == Kind::Mixed { common_prefix(&texts) } else { "" };
                    if !prefix.is_empty() {
                        parts.push(Part::same(prefix));
                    }
                    let rest: Vec<Text<'_>> =
                        texts.iter().map(|t| Text { text: &t.text[prefix.len()..], ..*t }).collect();
                    parts.push(Part::of(&rest, hex));
                }
            }
            i = end + 1;
        }
        parts
    }

    /// True where there are so many other texts than the real ones that these can be avoided.
    fn has_room(&self, real: &[&str]) -> bool {
        let space = self.parts.iter().fold(1.0, |product: f64, part| (product * part.space()).min(1e30));
        let named = is_name(real[0]) || self.parts.iter().any(Part::makes_words);
        let room = if named { ROOM_FOR_NAMES } else { ROOM_FOR_NUMBERS };
        if !real[0].chars().any(char::is_alphanumeric) || space < room * real.len() as f64 {
            return false;
        }
        // What is drawn tells whether places that depend on each other leave as much room as they seem to.
        let known: HashSet<&str> = real.iter().copied().collect();
        let mut stream = Stream::new(&[0; 32], 0);
        let found = (0..TRIALS).filter(|_| known.contains(self.draw(true, &mut stream).as_str())).count();
        found * 2 <= TRIALS
    }

    /// A text of the grammar.
    ///
    /// * `flat`: what is frequent is as rare as all else
    fn draw(&self, flat: bool, stream: &mut Stream) -> String {
        let mut text = String::with_capacity(32);
        self.parts.iter().for_each(|part| part.draw(None, flat, stream, &mut text));
        match self.check {
            Some(check) => check.correct(&text),
            None => text,
        }
    }

    /// A text of the grammar that `real` does not know, where it has room for such.
    pub fn fresh(&self, stream: &mut Stream, real: &dyn Fn(&str) -> bool) -> String {
        let text = self.draw(false, stream);
        if !self.guarded || !real(&text) {
            return text;
        }
        for attempt in 0..2 * ATTEMPTS {
            let text = self.draw(attempt >= ATTEMPTS, stream);
            if !real(&text) {
                return text;
            }
        }
        text
    }

    /// Why this cannot be a grammar, if so.
    pub fn problem(&self) -> Option<&'static str> {
        self.parts.iter().find_map(Part::problem)
    }
}

/// True where the traces of some texts are together enough for what all of them have to be repeated.
fn is_frequent(texts: &[Text<'_>]) -> bool {
    let mut traces = super::few::Few::default();
    texts.iter().for_each(|t| traces.merge(&t.traces));
    traces.is_frequent()
}

/// What all texts begin with, where enough traces have it or it is the mark of a base; something is left of each.
fn common_prefix<'t>(texts: &[Text<'t>]) -> &'t str {
    let Some(first) = texts.first().map(|t| t.text) else { return "" };
    let common =
        |other: &str| first.chars().zip(other.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum();
    let shortest = texts.iter().map(|t| t.text.len()).min().unwrap_or(0);
    let mut length: usize = texts.iter().map(|t| common(t.text)).min().unwrap_or(0);
    if texts.len() < CERTAIN || !is_frequent(texts) {
        length = if length >= 2 && ["0x", "0X", "0b", "0o"].contains(&&first[..2]) { 2 } else { 0 };
    }
    if length < shortest { &first[..length] } else { "" }
}

/// The body of a text in base 64, and the padding behind it.
fn padded(text: &str) -> (&str, &str) {
    text.split_at(text.trim_end_matches('=').len())
}

/// True for texts in base 64 (RFC 4648): whatever stands between letters and digits is one of its characters.
fn is_base64(texts: &[Text<'_>]) -> bool {
    let fits = |text: &str| {
        let (body, padding) = padded(text);
        let usual = |b: u8| b.is_ascii_alphanumeric() || b"+/-_".contains(&b);
        text.len() >= 12 && padding.len() <= 2 && text.len().is_multiple_of(4) && body.bytes().all(usual)
    };
    let any = |test: fn(u8) -> bool| texts.iter().filter(|t| padded(t.text).0.bytes().any(test)).count();
    let marked = any(|b| b"+/-_".contains(&b));
    texts.len() >= CERTAIN
        && texts.iter().all(|t| fits(t.text))
        && marked * 4 >= texts.len()
        && [u8::is_ascii_lowercase, u8::is_ascii_uppercase, u8::is_ascii_digit]
            .iter()
            .all(|of| texts.iter().filter(|t| t.text.bytes().any(|b| of(&b))).count() * 4 >= 3 * texts.len())
}

/// Grammars of texts in base 64, by their padding.
fn of_base64(texts: &[Text<'_>]) -> (Vec<Grammar>, Vec<u32>) {
    let mut groups: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    texts.iter().enumerate().for_each(|(i, text)| groups.entry(padded(text.text).1).or_default().push(i));
    let mut of = vec![0u32; texts.len()];
    let mut grammars = Vec::new();
    for (padding, members) in groups {
        members.iter().for_each(|&i| of[i] = grammars.len() as u32);
        let bodies: Vec<Text<'_>> =
            members.iter().map(|&i| Text { text: padded(texts[i].text).0, ..texts[i] }).collect();
        let parts = vec![Part::of_texts(&bodies, false), Part::same(padding)];
        // No skeleton is theirs alone.
        grammars.push(Grammar { skeleton: "\0\0".into(), parts, check: None, guarded: true });
    }
    (grammars, of)
}

/// True for digits that are dates without separators in all texts.
pub fn are_dates(texts: &[&str]) -> bool {
    let length = texts.first().map_or(0, |text| text.len());
    let digits = |text: &&str| text.len() == length && text.bytes().all(|b| b.is_ascii_digit());
    matches!(length, 8 | 12 | 14)
        && texts.iter().all(digits)
        && divide(texts).iter().any(|column| matches!(column.kind, Kind::Dates(_)))
}

/// Divides texts of one skeleton by how their letters and digits alternate, where there are few ways that many have.
fn by_signature(texts: &[Text<'_>], members: Vec<usize>) -> Vec<Vec<usize>> {
    let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for &i in &members {
        groups.entry(signature(texts[i].text)).or_default().push(i);
        if groups.len() > MOST_SIGNATURES {
            return vec![members];
        }
    }
    let many = |group: &Vec<usize>| group.len() as u64 >= LEAST && group.len() * 8 >= members.len();
    if groups.values().all(many) { groups.into_values().collect() } else { vec![members] }
}

/// True where the letters of texts that have digits among them are hexadecimal digits, and not by chance.
fn is_hexadecimal(texts: &[&str]) -> bool {
    let (mut letters, mut digits) = (0, 0);
    for c in texts.iter().flat_map(|t| t.chars()).filter(|c| c.is_alphanumeric()) {
        if !c.is_ascii_hexdigit() {
            return false;
        }
        letters += u64::from(c.is_ascii_alphabetic());
        digits += u64::from(c.is_ascii_digit());
    }
    letters >= 10 && digits >= 10
}

fn is_uuid(texts: &[&str]) -> bool {
    let groups = |text: &&str| {
        let fields: Vec<&str> = text.split('-').collect();
        let hex = fields.iter().all(|f| f.bytes().all(|b| b.is_ascii_hexdigit()));
        hex && fields.iter().map(|f| f.len()).eq([8, 4, 4, 4, 12])
    };
    texts.iter().all(groups)
}
