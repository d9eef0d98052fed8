//! Values that may be missing, chunks and quotes that hold one value or several, rows that another row covers.

use super::cells::{BLANK, Cells, LIST, MAYBE, Row, SLOT, is_value};
use super::cluster::{replace_widest, unite};
use super::miner::MinerOptions;
use super::words;
use hashbrown::{HashMap, HashSet};
use std::collections::BTreeMap;
use xxhash_rust::xxh3::Xxh3;

/// A row without the value at some place between two delimiters is the same template with the value missing.
pub(crate) fn merge_optional(rows: &mut Vec<Row>, cells: &Cells) {
    let closed = |row: &[u32], at: usize| {
        let before = at.checked_sub(1).map(|i| row[i]);
        let after = row.get(at + 1).copied();
        before.is_some_and(|c| cells.is_delimiter(c)) && after.is_none_or(|c| c == BLANK || cells.is_delimiter(c))
    };
    loop {
        let known: HashMap<u128, usize> = rows.iter().enumerate().map(|(i, r)| (whole(&r.cells), i)).collect();
        let mut found: Vec<(usize, usize, usize)> = Vec::new();
        for (i, row) in rows.iter().enumerate() {
            for at in (0..row.cells.len()).filter(|&at| row.cells[at] == SLOT && closed(&row.cells, at)) {
                if let Some(&j) = known.get(&whole(&[&row.cells[..at], &row.cells[at + 1..]].concat()))
                    && row.cells.iter().any(|c| cells.is_word(*c))
                {
                    found.push((i, j, at));
                }
            }
        }
        if found.is_empty() {
            return;
        }
        let mut changed = HashSet::new();
        for (i, j, at) in found {
            if changed.contains(&i) || changed.contains(&j) {
                continue;
            }
            changed.extend([i, j]);
            rows[i].cells[at] = MAYBE;
            rows[j].cells = rows[i].cells.clone();
        }
        unite(rows);
    }
}

/// Where one chunk between blanks is a value in one row and something that holds a value or a name in another, all
/// else equal, it is a list; so is quoted text that varies. Punctuation and keys around a chunk are not part of it.
pub(crate) fn merge_chunks(rows: &mut Vec<Row>, cells: &Cells, options: &MinerOptions) {
    let limit = options.word_limit as usize;
    loop {
        // by first cell: spans of one family start at the same cell
        let mut starts: BTreeMap<usize, Vec<(usize, usize, bool)>> = BTreeMap::new();
        for (i, row) in rows.iter().enumerate() {
            for (from, to, quoted) in spans(&row.cells, cells) {
                starts.entry(from).or_default().push((i, to, quoted));
            }
        }
        let mut wide: Vec<(Vec<u32>, Vec<usize>)> = Vec::new();
        for (from, spans) in starts {
            let mut families: HashMap<u128, Family> = HashMap::new();
            for (i, to, quoted) in spans {
                let row = &rows[i].cells;
                let family = families.entry(without(row, from, to)).or_insert_with(|| Family::of(i, to));
                family.alone |= to == from + 1 && is_value(row[from]);
                let bracketed = from > 0 && ["(", "["].contains(&cells.text(row[from - 1]));
                let name = |c: u32| is_plain_name(c, cells) || (bracketed && is_value(c));
                family.quoted |= quoted;
                family.bracketed |= bracketed;
                family.names &= row[from..to].iter().all(|&c| name(c));
                family.empty |= row[from..to].contains(&MAYBE);
                if family.rows.last() != Some(&i) {
                    family.rows.push(i);
                }
            }
            for family in families.into_values().filter(|family| family.rows.len() > 1) {
                let row = &rows[family.first.0].cells;
                let tail = row.len() - family.first.1;
                let inside = |i: usize| &rows[i].cells[from..rows[i].cells.len() - tail];
                // what all of them begin with is text
                let shared = if family.alone { 0 } else { common(family.rows.iter().map(|&i| inside(i)), cells) };
                let slot = if family.empty { MAYBE } else { LIST };
                let rest = [&row[..from + shared], &[slot], &row[family.first.1..]].concat();
                let assigned = from >= 2 && cells.text(row[from - 2]) == "=";
                let many = match (words::said(row, from, cells), assigned) {
                    (true, _) => limit * 4,
                    (false, true) => limit.saturating_sub(1).max(2),
                    // what a program quotes is a name of someone else's, unless it is a request or a part of its own
                    _ if family.names && family.bracketed => limit.saturating_sub(1).max(2),
                    _ if family.names => 2,
                    _ => limit + 1,
                };
                let enough = family.alone || (family.quoted && family.rows.len() >= many);
                if enough && rest.iter().any(|c| cells.is_word(*c)) {
                    wide.push((rest, family.rows));
                }
            }
        }
        if wide.is_empty() {
            return;
        }
        replace_widest(rows, wide);
    }
}

/// The words that all spans begin with, as cells up to a blank, where each goes on after it.
fn common<'a>(spans: impl Iterator<Item = &'a [u32]> + Clone, cells: &Cells) -> usize {
    let Some(first) = spans.clone().next() else { return 0 };
    let same = |n: usize| {
        (first[n] == BLANK || cells.is_word(first[n]))
            && spans.clone().all(|span| span.len() > n + 1 && span[n] == first[n])
    };
    (0..first.len()).take_while(|&n| same(n)).filter(|&n| first[n] == BLANK).last().map_or(0, |n| n + 1)
}

/// Hash of a row.
fn whole(row: &[u32]) -> u128 {
    without(row, row.len(), row.len())
}

/// Hash of a row without the cells from `from` to `to`.
pub(crate) fn without(row: &[u32], from: usize, to: usize) -> u128 {
    let mut hash = Xxh3::new();
    for cells in [&row[..from], &row[to..]] {
        cells.iter().for_each(|c| hash.update(&c.to_le_bytes()));
        hash.update(&u32::MAX.to_le_bytes());
    }
    hash.digest128()
}

/// Rows that agree but for one span; the first row and where its span ends.
struct Family {
    alone: bool,
    /// Quotes or brackets enclose the spans.
    quoted: bool,
    bracketed: bool,
    /// All spans are words that may be names.
    names: bool,
    empty: bool,
    first: (usize, usize),
    rows: Vec<usize>,
}

impl Family {
    fn of(row: usize, to: usize) -> Self {
        Family {
            alone: false,
            quoted: false,
            bracketed: false,
            names: true,
            empty: false,
            first: (row, to),
            rows: Vec::new(),
        }
    }
}

/// Blanks, full stops and words that neither say what happened nor end with a number.
pub(crate) fn is_plain_name(cell: u32, cells: &Cells) -> bool {
    let word = cells.is_word(cell) && !cells.is_verb(cell) && !words::is_numbered(cells.text(cell));
    word || cell == BLANK || cells.text(cell) == "."
}

/// The spans of a row that may hold one value or several: chunks with and without their keys, and quoted text.
fn spans(row: &[u32], cells: &Cells) -> Vec<(usize, usize, bool)> {
    let mut out = Vec::new();
    let valued = |from: usize, to: usize| row[from..to].iter().any(|c| is_value(*c) || cells.is_identifier(*c));
    let mut start = 0;
    for chunk in row.split(|c| *c == BLANK) {
        let end = start + chunk.len();
        let (from, to) = core(row, start, end, cells);
        if from < to && valued(from, to) {
            out.push((from, to, false));
        }
        if let Some(key) = row[from..to].iter().position(|c| cells.text(*c) == "=") {
            let (from, to) = core(row, from + key + 1, to, cells);
            if from < to && valued(from, to) {
                out.push((from, to, false));
            }
        }
        start = end + 1;
    }
    for (open, close) in [("(", ")"), ("[", "]")] {
        let mut from = None;
        for (at, text) in row.iter().map(|c| cells.text(*c)).enumerate() {
            match from {
                _ if text == open => from = Some(at + 1),
                // values in brackets are lists, see `lists`
                Some(start) if text == close => {
                    let inside = &row[start..at];
                    let named = inside.iter().any(|c| cells.is_word(*c))
                        && inside.iter().all(|&c| is_value(c) || is_plain_name(c, cells));
                    out.extend(named.then_some((start, at, true)));
                    from = None;
                }
                _ => {}
            }
        }
    }
    for quote in ["\"", "'"] {
        let mut open: Option<usize> = None;
        for (at, &cell) in row.iter().enumerate().filter(|(_, c)| cells.text(**c) == quote) {
            debug_assert_ne!(cell, BLANK);
            match open.take() {
                Some(from) if from + 1 < at => out.push((from + 1, at, true)),
                Some(_) => {}
                None if quote == "\"" || at == 0 || row[at - 1] == BLANK || cells.is_delimiter(row[at - 1]) => {
                    open = Some(at);
                }
                None => {}
            }
        }
    }
    out
}

/// The chunk from `start` to `end` without the punctuation that ends it and the brackets around it.
fn core(row: &[u32], start: usize, end: usize, cells: &Cells) -> (usize, usize) {
    let (mut from, mut to) = (start, end);
    while to > from && [",", ";", ":", "."].contains(&cells.text(row[to - 1])) {
        to -= 1;
    }
    let pairs = [("(", ")"), ("[", "]"), ("{", "}"), ("<", ">"), ("\"", "\""), ("'", "'")];
    while to > from + 1 && pairs.contains(&(cells.text(row[from]), cells.text(row[to - 1]))) {
        from += 1;
        to -= 1;
    }
    (from, to)
}

/// Rows of one shape beyond which covers are not looked for.
const MAX_COVER_ROWS: usize = 500;

/// A row all of whose cells another row has too, or has a slot for, is that row's: the slots were found elsewhere. At
/// least half of the row's plain words must be among the text they share.
pub(crate) fn merge_covered(rows: &mut Vec<Row>, cells: &Cells) {
    let mut shapes: HashMap<Vec<u32>, Vec<usize>> = HashMap::new();
    for (i, row) in rows.iter().enumerate() {
        let shape = row.cells.iter().map(|&c| if cells.is_word(c) { SLOT } else { c }).collect();
        shapes.entry(shape).or_default().push(i);
    }
    let plain = |c: u32| cells.is_word(c) && !cells.is_identifier(c);
    let mut into: Vec<(usize, usize)> = Vec::new();
    for members in shapes.into_values().filter(|m| m.len() > 1 && m.len() <= MAX_COVER_ROWS) {
        for &i in &members {
            let covers = |j: usize| {
                let pairs = || rows[i].cells.iter().zip(&rows[j].cells);
                let lost = pairs().filter(|(a, b)| a != b && plain(**a)).count();
                let kept = pairs().filter(|(a, b)| a == b && plain(**a)).count();
                i != j && pairs().all(|(a, b)| a == b || *b == SLOT) && kept >= 1 && kept >= lost
            };
            let slots = |j: usize| rows[j].cells.iter().filter(|c| **c == SLOT).count();
            if let Some(&j) = members.iter().filter(|&&j| covers(j)).max_by_key(|&&j| (slots(j), j)) {
                into.push((i, j));
            }
        }
    }
    into.sort_unstable();
    for &(i, j) in &into {
        rows[i].cells = rows[j].cells.clone();
    }
    unite(rows);
    merge_listed(rows, cells);
}

/// Comparisons of rows beyond which covers by lists are not looked for.
const MAX_LISTED: usize = 200_000;

/// As above, where the other row has a list in place of several values of this one.
fn merge_listed(rows: &mut Vec<Row>, cells: &Cells) {
    let open = |cells: &[u32]| cells.iter().any(|c| [LIST, MAYBE].contains(c));
    let listed: Vec<usize> = (0..rows.len()).filter(|&j| open(&rows[j].cells)).collect();
    if listed.len() * rows.len() > MAX_LISTED {
        return;
    }
    let plain = |c: u32| cells.is_word(c) && !cells.is_identifier(c);
    let mut into: Vec<(usize, usize)> = Vec::new();
    for (i, row) in rows.iter().enumerate() {
        let words = row.cells.iter().filter(|c| plain(**c)).count();
        let covers = |&&j: &&usize| {
            let other = &rows[j].cells;
            let kept = other.iter().filter(|c| plain(**c)).count();
            i != j
                && row.cells.len() + other.iter().filter(|c| **c == MAYBE).count() >= other.len()
                && kept >= 1
                && kept * 2 >= words
                && listed_fits(&row.cells, other, cells)
        };
        // the one that keeps most words; of equal ones the last
        if let Some(&j) =
            listed.iter().filter(covers).max_by_key(|&&j| (rows[j].cells.iter().filter(|c| plain(**c)).count(), j))
        {
            into.push((i, j));
        }
    }
    // a row that goes into another one takes none itself
    let going: HashSet<usize> = into.iter().map(|pair| pair.0).collect();
    into.retain(|pair| !going.contains(&pair.1));
    for &(i, j) in &into {
        rows[i].cells = rows[j].cells.clone();
    }
    unite(rows);
}

/// Whether `other` has every cell of `row`, or a slot for it, or a list for a run without plain words, or what may be
/// missing for such a run or none.
fn listed_fits(row: &[u32], other: &[u32], cells: &Cells) -> bool {
    let plain = |c: u32| cells.is_word(c) && !cells.is_identifier(c);
    // the unit of an amount is part of it
    let kept = |at: usize| plain(row[at]) && !(at >= 2 && cells.is_unit(row[at]) && is_value(row[at - 2]));
    // reached[k]: the cells of other so far can stand for the first k cells of row
    let mut reached = vec![false; row.len() + 1];
    reached[0] = true;
    for (n, &cell) in other.iter().enumerate() {
        let mut next = vec![false; row.len() + 1];
        let mut open = false;
        // what is quoted is free text
        let quoted = n > 0 && ["\"", "'"].contains(&cells.text(other[n - 1]));
        let kept = |at: usize| if quoted { cells.is_delimiter(row[at]) } else { kept(at) };
        if cell == MAYBE {
            next.clone_from(&reached);
        }
        for k in 0..row.len() {
            let here = row[k];
            match cell {
                LIST => {
                    open = (open || (reached[k] && here != BLANK)) && !kept(k);
                    next[k + 1] |= open && here != BLANK;
                }
                MAYBE => {
                    open = (open || reached[k]) && !kept(k);
                    next[k + 1] |= open && here != BLANK;
                }
                SLOT => next[k + 1] |= reached[k] && (here == SLOT || cells.is_word(here)),
                cell => next[k + 1] |= reached[k] && here == cell,
            }
        }
        reached = next;
    }
    reached[row.len()]
}
