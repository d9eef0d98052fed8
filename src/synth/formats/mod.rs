//! What real values look like, as rules that synthetic ones are judged by.
//!
//! This knows nothing of how values are made: it reads the real ones on its own, so that a mistake of the generator
//! shows. Texts with the same punctuation are one pattern, which says of every run of letters and digits how long it is,
//! of what characters, and what number; where all real texts have a valid date, time, address or check digit, so must
//! others. Where punctuation is otherwise in most texts, as in sentences, texts of other patterns are judged by their
//! characters and length alone.

mod base64;
mod calendar;
mod field;
mod typed;

use super::parameters::{Text, are_single};
use base64::Base64;
use field::Field;
use hashbrown::HashMap;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use typed::Typed;

/// Patterns kept.
const MOST: usize = 1024;
/// Texts of a pattern from which on it is known.
const SURE: usize = 64;
/// Patterns of one text each, per text, from which on others are expected.
const OPEN: usize = 10;

/// What values look like.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Format {
    /// By skeleton, ascending.
    patterns: Vec<Pattern>,
    /// What is judged by characters alone; none where every pattern is known.
    open: Option<Open>,
    /// Where texts are in base 64, how these are.
    base64: Option<Base64>,
}

/// Texts of one skeleton.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Pattern {
    /// The punctuation, with a mark for every run of letters and digits.
    skeleton: Box<str>,
    fields: Vec<Field>,
    typed: Vec<Typed>,
    /// True where it has many texts.
    sure: bool,
}

/// Texts of any skeleton.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Open {
    classes: u8,
    punctuation: Vec<char>,
    longest: u32,
}

/// A text with its runs of letters and digits.
type Taken<'t> = (&'t str, Vec<&'t str>);

/// A text taken apart: its skeleton, and its runs of letters and digits.
struct Split<'t> {
    skeleton: String,
    fields: Vec<&'t str>,
}

fn split(text: &str) -> Split<'_> {
    let mut split = Split { skeleton: String::new(), fields: Vec::new() };
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let inside = first.is_alphanumeric();
        let end = rest.find(|c: char| c.is_alphanumeric() != inside).unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        if inside {
            split.skeleton.push('\u{1}');
            split.fields.push(run);
        } else {
            split.skeleton.push_str(run);
        }
        rest = after;
    }
    split
}

impl Format {
    /// From the distinct real texts. O(characters).
    pub fn of(texts: &[Text<'_>]) -> Self {
        let mut groups: BTreeMap<String, Vec<Taken<'_>>> = BTreeMap::new();
        for text in texts {
            let Split { skeleton, fields } = split(text.text);
            groups.entry(skeleton).or_default().push((text.text, fields));
        }
        let single = groups.values().filter(|group| group.len() == 1).count();
        let open = (groups.len() > MOST || texts.len() >= 2 * OPEN && single * OPEN > texts.len())
            .then(|| Open::of(texts.iter().map(|t| t.text)));
        let mut groups: Vec<(String, Vec<Taken<'_>>)> = groups.into_iter().collect();
        groups.sort_by(|a, b| b.1.len().cmp(&a.1.len()).then_with(|| a.0.cmp(&b.0)));
        groups.truncate(MOST);
        let single = are_single(texts);
        let of = |(skeleton, texts): (String, Vec<Taken<'_>>)| Pattern::of(skeleton, &texts, single);
        let mut patterns: Vec<Pattern> = groups.into_iter().map(of).collect();
        patterns.sort_unstable_by(|a, b| a.skeleton.cmp(&b.skeleton));
        Format { patterns, open, base64: Base64::of(texts.iter().map(|t| t.text)) }
    }

    /// True for a text that real ones look like. O(length).
    pub fn fits(&self, text: &str) -> bool {
        if self.base64.as_ref().is_some_and(|base64| base64.fits(text)) {
            return true;
        }
        let Split { skeleton, fields } = split(text);
        match self.patterns.binary_search_by(|p| (*p.skeleton).cmp(skeleton.as_str())) {
            Ok(found) if self.patterns[found].fits(text, &fields) => true,
            // Where texts are of all patterns, one of few texts says little.
            Ok(found) => self.open.as_ref().is_some_and(|open| !self.patterns[found].sure && open.fits(text)),
            Err(_) => self.open.as_ref().is_some_and(|open| open.fits(text)),
        }
    }
}

impl Pattern {
    /// * `single`: each text belongs to one trace
    fn of(skeleton: String, texts: &[Taken<'_>], single: bool) -> Self {
        let typed = Typed::of(&skeleton, texts);
        let column = |i: usize| -> Vec<&str> { texts.iter().map(|(_, fields)| fields[i]).collect() };
        let count = texts.first().map_or(0, |t| t.1.len());
        let mut fields: Vec<Field> = (0..count).map(|i| Field::of(&column(i))).collect();
        for typed in typed.iter().filter(|typed| typed.may_be(texts.len())) {
            typed.decides(count).for_each(|i| typed.loosen(&mut fields[i]));
        }
        for (i, field) in fields.iter_mut().enumerate() {
            if column(i).iter().all(|text| calendar::has_name(text)) {
                field.loosen_wholly();
            }
        }
        // Numbers that count single things through, in names with letters, go on.
        let mut varying = (0..count).filter(|&i| column(i).iter().any(|text| *text != texts[0].1[i]));
        let has_letters = texts.iter().any(|t| t.0.chars().any(char::is_alphabetic));
        if let (true, true, Some(i), None) = (single, has_letters, varying.next(), varying.next()) {
            fields[i].go_on(texts.len());
        }
        // Few UUIDs have groups of digits alone by chance.
        if typed.iter().any(|typed| matches!(typed, Typed::Uuid(_))) {
            let letters = fields.iter().fold(0, |bits, field| bits | field.letters());
            fields.iter_mut().for_each(|field| field.take_hexadecimal(letters));
        }
        let typed = typed.into_iter().filter(|typed| typed.is_sure(texts.len())).collect();
        Pattern { skeleton: skeleton.into(), fields, typed, sure: texts.len() >= SURE }
    }

    fn fits(&self, text: &str, fields: &[&str]) -> bool {
        self.fields.len() == fields.len()
            && self.fields.iter().zip(fields).all(|(of, field)| of.fits(field))
            && self.typed.iter().all(|typed| typed.fits(text, fields))
    }
}

impl Open {
    fn of<'t>(texts: impl Iterator<Item = &'t str>) -> Self {
        let mut open = Open { classes: 0, punctuation: Vec::new(), longest: 0 };
        let mut punctuation: HashMap<char, ()> = HashMap::new();
        for text in texts {
            open.longest = open.longest.max(text.chars().count() as u32);
            for c in text.chars() {
                if c.is_alphanumeric() {
                    open.classes |= 1 << field::class(c);
                } else {
                    punctuation.insert(c, ());
                }
            }
        }
        open.punctuation = punctuation.into_keys().collect();
        open.punctuation.sort_unstable();
        // What varies in every way may be longer, too.
        open.longest = open.longest * 2 + 8;
        open
    }

    fn fits(&self, text: &str) -> bool {
        let fits = |c: char| match c.is_alphanumeric() {
            true => self.classes & 1 << field::class(c) != 0,
            false => self.punctuation.binary_search(&c).is_ok(),
        };
        text.chars().count() as u32 <= self.longest && text.chars().all(fits)
    }
}

#[cfg(test)]
mod tests {
    use super::super::parameters::Few;
    use super::*;

    fn format(texts: &[String]) -> Format {
        let text = |(i, text)| Text { text, traces: Few::of(i) };
        Format::of(&(0..).zip(texts.iter().map(String::as_str)).map(text).collect::<Vec<_>>())
    }

    fn refused(texts: impl Iterator<Item = String>, others: &[&str]) {
        let texts: Vec<String> = texts.collect();
        let format = format(&texts);
        texts.iter().for_each(|text| assert!(format.fits(text), "{text}"));
        others.iter().for_each(|text| assert!(!format.fits(text), "{text} is taken for one of {:?}", &texts[..3]));
    }

    #[test]
    fn what_no_real_value_looks_like_is_refused() {
        refused(
            (0..200).map(|i| format!("2024-{:02}-{:02}", 1 + i % 12, 1 + i % 28)),
            &["2024-02-30", "2024-13-01", "2024-1-01", "2024-01-001", "24-01-01", "2024/01/01", "2024-01-01T00"],
        );
        refused(
            (0..200).map(|i| format!("2024-{:02}-{:02}T{:02}:{:02}Z", 1 + i % 12, 1 + i % 28, i % 24, i % 60)),
            &["2024-02-30T10:00Z", "2024-02-03T24:00Z", "2024-02-03T10:60Z", "2024-02-03T10:00X1"],
        );
        refused((0..200).map(|i| format!("{:02}:{:02}", i % 24, i * 7 % 60)), &["24:00", "1:00", "10:60", "10:600"]);
        refused((0..200).map(|i| format!("08:00:{i:02x}")), &["08:00:1ff", "08:00:g1", "08:00"]);
        refused((0..200).map(|i| format!("{i:06}")), &["12345", "1234567", "00012a"]);
        refused((0..200).map(|i| format!("10.0.{}.{}", i % 250, i % 7)), &["10.0.256.1", "10.0.1.01", "10.0.1"]);
        refused(
            (1..200).map(|i| format!("user{i}@example.org")),
            &["user1@example", "user@example.org", "1@example.org"],
        );
        refused((1..200).map(|i| format!("-{i}.50 €")), &["1.50 €", "-1.500 €", "-1.5 €", "-1.50 $"]);
        refused(
            (0..200).map(|i| format!("Sep {:02} {:02}:{:02}", 1 + i % 30, i % 24, i % 60)),
            &["Sep 31 10:00", "Sep 1 10:00", "Spt 01 10:00", "Sep 01 24:00"],
        );
        refused(
            (0..3).map(|i| format!("{i}0000000-0000-4000-8000-000000000000")),
            &["00000000-0000-5000-8000-00000000000"],
        );
        refused(
            (1..200).map(|i| format!("{:08X}", 0x89ab_cdef_u32.wrapping_mul(i))),
            &["0123ABCG", "0123abcd", "0123ABC"],
        );
    }

    #[test]
    fn sentences_are_judged_by_their_characters() {
        let words = ["one", "two, three", "(four)", "five - six", "seven; eight"];
        let texts: Vec<String> =
            (0..625).map(|i| [i % 5, i / 5 % 5, i / 25 % 5, i / 125].map(|w| words[w]).join(" ")).collect();
        let format = format(&texts);
        assert!(format.fits("two, three one; two") && !format.fits("two# three") && !format.fits("TWO, (three) ; ;"));
    }

    #[test]
    fn few_uuids_say_that_others_have_letters() {
        let real: Vec<String> = (0..3).map(|i| format!("{i}0000000-0000-4000-8000-000000000000")).collect();
        let format = format(&real);
        assert!(format.fits("9870fc96-cf9f-4f4b-9a53-4cbc09b1405d"));
        assert!(
            !format.fits("9870fc96-cf9f-1f4b-9a53-4cbc09b1405d")
                && !format.fits("9870FC96-CF9F-4F4B-9A53-4CBC09B1405D")
        );
    }
}
