//! Values of `key=value` pairs: what stands behind the sign is a value, however few of them were seen.
//!
//! Pairs come in lists, and several of their values change at once (`tag="Job Queue", name=batch` and `tag="View Lock",
//! name=screen`). Rows that agree but for such values are therefore compared with all of them left out.

use super::cells::{BLANK, Cells, LIST, MAYBE, Row, SLOT};
use super::chunks;
use super::cluster::unite;
use super::words::{is_numbered, said};
use hashbrown::{HashMap, HashSet};
use xxhash_rust::xxh3::xxh3_64;

/// Stands for a value that is left out.
const LEFT_OUT: u32 = u32::MAX;
/// What ends a value that is not quoted.
const ENDS: [&str; 11] = [",", ";", ")", "]", "}", "\"", "'", "|", "&", "=", ">"];
/// What a quoted or bracketed value, or none, begins with.
const OPENS: [&str; 5] = ["(", "[", "{", "<", "="];

/// Turns values of pairs into slots where rows that agree otherwise have several.
pub(crate) fn merge(rows: &mut Vec<Row>, cells: &Cells) {
    let all: Vec<Vec<(usize, usize)>> = rows.iter().map(|row| spans(&row.cells, cells)).collect();
    let mut families: HashMap<Vec<u32>, Vec<usize>> = HashMap::new();
    for (i, row) in rows.iter().enumerate().filter(|(i, _)| !all[*i].is_empty()) {
        let mut key = replaced(&row.cells, &all[i], |_| Some(&[LEFT_OUT][..]));
        key.iter_mut().for_each(|cell| *cell = form(*cell, cells));
        families.entry(key).or_default().push(i);
    }
    for members in families.into_values().filter(|members| members.len() > 1) {
        let slots: Vec<Option<Vec<u32>>> = (0..all[members[0]].len())
            .map(|n| slots(members.iter().map(|&i| &rows[i].cells[all[i][n].0..all[i][n].1]), cells))
            .collect();
        let mut merged: Vec<Vec<u32>> =
            members.iter().map(|&i| replaced(&rows[i].cells, &all[i], |n| slots[n].as_deref())).collect();
        // words of one form are values where their numbers differ
        let least = merged.iter().map(Vec::len).min().unwrap_or(0);
        let same_length = merged.iter().all(|row| row.len() == least);
        for at in (0..least).filter(|_| same_length) {
            let first = merged[0][at];
            let forms = merged.iter().all(|row| form(row[at], cells) == form(first, cells));
            if forms && merged.iter().any(|row| row[at] != first) {
                merged.iter_mut().for_each(|row| row[at] = SLOT);
            }
        }
        for (i, row) in members.into_iter().zip(merged) {
            rows[i].cells = row;
        }
    }
    unite(rows);
}

/// Stands for all words that their number alone tells apart; other cells stand for themselves.
fn form(cell: u32, cells: &Cells) -> u32 {
    let text = cells.text(cell);
    if !cells.is_word(cell) || !is_numbered(text) {
        return cell;
    }
    let stem = text.trim_end_matches(|c: char| c.is_ascii_digit());
    // above all cells there are and below the mark of what is left out
    (xxh3_64(stem.as_bytes()) as u32 | 1 << 31) & !1
}

/// The cells for values that differ; `None` where they do not, or say what happened.
fn slots<'a>(values: impl Iterator<Item = &'a [u32]>, cells: &Cells) -> Option<Vec<u32>> {
    let distinct: HashSet<&[u32]> = values.collect();
    // a gerund may name a thing, `billing`
    let verb = |value: &[u32]| matches!(value, [word] if cells.is_verb(*word) && !cells.text(*word).ends_with("ing"));
    let first = *distinct.iter().find(|value| !verb(value))?;
    if distinct.iter().filter(|value| !verb(value)).count() < 2 {
        return None;
    }
    // one word with the same punctuation in all: a slot for each part that differs
    let same = |at: usize| distinct.iter().all(|value| value[at] == first[at]);
    let single = |cell: u32| cell == SLOT || cells.is_word(cell);
    let alike = |at: usize| same(at) || distinct.iter().all(|value| single(value[at]));
    let word = !first.contains(&BLANK) && distinct.iter().all(|value| value.len() == first.len());
    if word && (0..first.len()).all(alike) {
        return Some((0..first.len()).map(|at| if same(at) { first[at] } else { SLOT }).collect());
    }
    Some(vec![if distinct.iter().any(|value| value.contains(&MAYBE)) { MAYBE } else { LIST }])
}

/// A row with the spans that `cells` names cells for replaced by them.
fn replaced<'a>(row: &[u32], spans: &[(usize, usize)], cells: impl Fn(usize) -> Option<&'a [u32]>) -> Vec<u32> {
    let mut out = Vec::with_capacity(row.len());
    let mut at = 0;
    for (n, &(from, to)) in spans.iter().enumerate() {
        if let Some(cells) = cells(n) {
            out.extend_from_slice(&row[at..from]);
            out.extend_from_slice(cells);
            at = to;
        }
    }
    out.extend_from_slice(&row[at..]);
    out
}

/// The values of a row's pairs, but of those that are messages themselves.
fn spans(row: &[u32], cells: &Cells) -> Vec<(usize, usize)> {
    let mut out: Vec<(usize, usize)> = Vec::new();
    for at in 1..row.len() {
        let inside = out.last().is_some_and(|span| at < span.1);
        if inside {
            continue;
        }
        if let Some(name) = quoted_name(row, at, cells) {
            out.push(name);
            continue;
        }
        if !cells.is_word(row[at - 1]) {
            continue;
        }
        let listed = listed(row, at, cells);
        let found = if cells.text(row[at]) == "=" { listed.or_else(|| value(row, at + 1, cells)) } else { listed };
        if let Some((from, to)) = found
            && !said(row, from, cells)
        {
            out.push((from, to));
        }
    }
    out
}

/// Where the name is that the quote at `at` opens: quoted names change together, too.
fn quoted_name(row: &[u32], at: usize, cells: &Cells) -> Option<(usize, usize)> {
    let opens = ["\"", "'"].contains(&cells.text(row[at])) && row[at - 1] == BLANK;
    let (from, to) = value(row, at, cells).filter(|_| opens)?;
    let names =
        matches!(row[from..to], [SLOT | LIST]) || row[from..to].iter().all(|&c| chunks::is_plain_name(c, cells));
    (names && !said(row, from, cells)).then_some((from, to))
}

/// Cells of the longest value that is not quoted and holds blanks.
const MAX_LISTED: usize = 9;

/// Where the value is whose key, before the sign at `at`, follows a comma (`…, reason: driver update, state = 3`): such
/// a value may hold blanks, for what ends it is the next comma, the bracket around the pairs or the end.
fn listed(row: &[u32], at: usize, cells: &Cells) -> Option<(usize, usize)> {
    let text = |at: usize| row.get(at).map_or("", |c| cells.text(*c));
    let behind_comma = at >= 3 && row[at - 2] == BLANK && text(at - 3) == ",";
    let mut from = at + 1;
    match text(at) {
        "=" => {}
        ":" if row.get(from) == Some(&BLANK) => from += 1,
        _ => return None,
    }
    if !behind_comma || row.get(from).is_none_or(|c| *c == BLANK || cells.is_delimiter(*c)) {
        return None;
    }
    let mut to = from;
    while to < row.len() {
        match text(to) {
            "," | ";" | ")" | "]" | "}" => break,
            ":" if text(at) == "=" && row.get(to + 1) == Some(&BLANK) => break,
            // neither another pair nor a remark is part of it
            "=" | ":" | "\"" | "'" | "(" | "[" | "{" => return None,
            _ => to += 1,
        }
    }
    (from < to && to - from <= MAX_LISTED).then_some((from, to))
}

/// Where the value that starts at `from` is, without the quotes around it.
fn value(row: &[u32], from: usize, cells: &Cells) -> Option<(usize, usize)> {
    let first = cells.text(*row.get(from)?);
    let (from, to) = if ["\"", "'"].contains(&first) {
        let close = row[from + 1..].iter().position(|c| cells.text(*c) == first)?;
        (from + 1, from + 1 + close)
    } else if OPENS.contains(&first) {
        return None;
    } else {
        // a bracket that opens inside the value closes inside it
        let (mut to, mut depth) = (from, 0);
        while let Some(&cell) = row.get(to).filter(|cell| **cell != BLANK) {
            let text = cells.text(cell);
            match text {
                "(" | "[" | "{" => depth += 1,
                ")" | "]" | "}" if depth > 0 => depth -= 1,
                text if depth == 0 && ENDS.contains(&text) => break,
                _ => {}
            }
            to += 1;
        }
        while to > from + 1 && [":", "."].contains(&cells.text(row[to - 1])) {
            to -= 1;
        }
        (from, to)
    };
    (from < to).then_some((from, to))
}
