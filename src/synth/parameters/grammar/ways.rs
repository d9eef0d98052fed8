//! The ways in which digits, small letters and capitals follow each other at one place.

use super::alphabet::{Characters, count};
use super::part::{Counts, Part, class, length};
use crate::synth::parameters::few::Text;
use crate::synth::random::Stream;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Ways that are told apart at one place.
const MOST_SIGNATURES: usize = 8;
/// Lengths of their runs, taken together, that are told apart.
const MOST_LENGTHS: usize = 64;

/// One way in which letters and digits follow each other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Way {
    /// Its runs.
    pub runs: Vec<Part>,
    /// Lengths of the runs, with how many texts have them.
    pub lengths: Counts<Vec<u32>>,
}

/// The runs of one class of a text.
fn runs(text: &str) -> Vec<(u8, &str)> {
    let mut runs: Vec<(u8, &str)> = Vec::new();
    let mut start = 0;
    let mut last = None;
    for (i, c) in text.char_indices() {
        if last.is_some_and(|last| last != class(c)) {
            runs.push((last.unwrap_or(0), &text[start..i]));
            start = i;
        }
        last = Some(class(c));
    }
    runs.extend(last.map(|last| (last, &text[start..])));
    runs
}

/// The ways in which letters and digits follow each other; `None` where there are too many, as in random texts.
pub(super) fn ways(texts: &[Text<'_>], hex: bool) -> Option<Vec<Way>> {
    let mut groups: BTreeMap<Vec<u8>, Vec<usize>> = BTreeMap::new();
    for (i, text) in texts.iter().enumerate() {
        let signature = runs(text.text).into_iter().map(|run| run.0).collect();
        let group = groups.entry(signature).or_default();
        group.push(i);
        if groups.len() > MOST_SIGNATURES {
            return None;
        }
    }
    let mut all = Characters::new();
    texts.iter().for_each(|t| count(&mut all, t.text));
    let letters: u64 = all.iter().filter(|(c, _)| c.is_ascii_alphabetic()).map(|(_, n)| n).sum();
    let hex = hex || letters >= 6 && all.keys().all(char::is_ascii_hexdigit);
    let mut ways: Vec<Way> = Vec::new();
    let mut told_apart = 0;
    for (signature, members) in &groups {
        let of: Vec<Vec<(u8, &str)>> = members.iter().map(|&i| runs(texts[i].text)).collect();
        let mut lengths: BTreeMap<Vec<u32>, u64> = BTreeMap::new();
        for runs in &of {
            *lengths.entry(runs.iter().map(|run| length(run.1)).collect()).or_default() += 1;
        }
        told_apart += lengths.len();
        let run = |place: usize| {
            let texts: Vec<Text<'_>> = of
                .iter()
                .zip(members)
                .map(|(runs, &i)| Text { text: runs[place].1, traces: texts[i].traces })
                .collect();
            let mut part = Part::of_texts(&texts, hex);
            part.form.restrict(&all, signature[place], hex);
            part
        };
        ways.push(Way { runs: (0..signature.len()).map(run).collect(), lengths: lengths.into_iter().collect() });
    }
    let random = groups.len() > 3 && told_apart * 4 > texts.len();
    (told_apart <= MOST_LENGTHS && !random).then_some(ways)
}

/// Adds a text of one of some ways, with so many characters.
pub(super) fn draw_ways(ways: &[Way], length: u32, flat: bool, stream: &mut Stream, text: &mut String) {
    let all = || ways.iter().flat_map(|way| way.lengths.iter().map(move |lengths| (way, lengths)));
    let fits = |lengths: &[u32]| lengths.iter().sum::<u32>() == length;
    let total: u64 = all().filter(|(_, l)| fits(&l.0)).map(|(_, l)| l.1).sum();
    let any = total == 0;
    let mut draw = stream.below(if any { all().map(|(_, l)| l.1).sum() } else { total });
    for (way, (lengths, count)) in all() {
        if !any && !fits(lengths) {
            continue;
        }
        if draw < *count {
            let runs = way.runs.iter().zip(lengths);
            return runs.for_each(|(part, &length)| part.draw(Some(length), flat, stream, text));
        }
        draw -= count;
    }
}
