//! Values that may be missing, chunks that hold one value or several, runs of many lengths.

use super::cells::{BLANK, Cells, LIST, MAYBE, Row, SLOT, is_value};
use super::cluster::unite;
use hashbrown::{HashMap, HashSet};

/// Distinct lengths from which on a run of values is a list.
const LIST_LENGTHS: usize = 3;

/// A row without the value at some place between two delimiters is the same template with the value missing.
pub(crate) fn merge_optional(rows: &mut Vec<Row>, cells: &Cells) {
    let closed = |row: &[u32], at: usize| {
        let before = at.checked_sub(1).map(|i| row[i]);
        let after = row.get(at + 1).copied();
        before.is_some_and(|c| cells.is_delimiter(c)) && after.is_none_or(|c| c == BLANK || cells.is_delimiter(c))
    };
    loop {
        let known: HashMap<&[u32], usize> = rows.iter().enumerate().map(|(i, r)| (&*r.cells, i)).collect();
        let mut found: Vec<(usize, usize, usize)> = Vec::new();
        for (i, row) in rows.iter().enumerate() {
            for at in (0..row.cells.len()).filter(|&at| row.cells[at] == SLOT && closed(&row.cells, at)) {
                let mut rest = row.cells.clone();
                rest.remove(at);
                if let Some(&j) = known.get(&*rest)
                    && rest.iter().any(|c| cells.is_word(*c))
                {
                    found.push((i, j, at));
                }
            }
        }
        drop(known);
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

/// Where one chunk between blanks is a value in one row and something that holds a value in another, all else equal,
/// it is a list. Punctuation around a chunk is not part of it.
pub(crate) fn merge_chunks(rows: &mut Vec<Row>, cells: &Cells) {
    loop {
        let mut families: HashMap<(usize, Vec<u32>), (bool, Vec<usize>)> = HashMap::new();
        for (i, row) in rows.iter().enumerate() {
            let mut start = 0;
            for (n, chunk) in row.cells.split(|c| *c == BLANK).enumerate() {
                let end = start + chunk.len();
                let (from, to) = core(&row.cells, start, end, cells);
                if row.cells[from..to].iter().any(|c| is_value(*c)) {
                    let mut rest = row.cells[..from].to_vec();
                    rest.push(LIST);
                    rest.extend_from_slice(&row.cells[to..]);
                    let family = families.entry((n, rest)).or_default();
                    family.0 |= to == from + 1;
                    family.1.push(i);
                }
                start = end + 1;
            }
        }
        let mut wide: Vec<(Vec<u32>, Vec<usize>)> = families
            .into_iter()
            .filter(|((_, rest), (alone, members))| {
                *alone && members.len() > 1 && rest.iter().any(|c| cells.is_word(*c))
            })
            .map(|((_, rest), (_, members))| (rest, members))
            .collect();
        if wide.is_empty() {
            return;
        }
        wide.sort_by(|a, b| (b.1.len(), &a.0).cmp(&(a.1.len(), &b.0)));
        let mut changed = HashSet::new();
        for (rest, members) in wide {
            if members.iter().all(|i| !changed.contains(i)) {
                for i in members {
                    changed.insert(i);
                    rows[i].cells.clone_from(&rest);
                }
            }
        }
        unite(rows);
    }
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

/// A run of values: where it starts and ends, and how many values it has.
type Run = (usize, usize, usize);

/// Runs of values, each joined by blanks or commas.
fn runs(row: &[u32], cells: &Cells) -> Vec<Run> {
    let mut out: Vec<Run> = Vec::new();
    for (at, &cell) in row.iter().enumerate() {
        if !is_value(cell) {
            continue;
        }
        let length = if cell == LIST { LIST_LENGTHS } else { 1 };
        match out.last_mut() {
            Some(run) if row[run.1..at].iter().all(|c| *c == BLANK || cells.text(*c) == ",") => {
                run.1 = at + 1;
                run.2 += length;
            }
            _ => out.push((at, at + 1, length)),
        }
    }
    out
}

/// Replaces the runs that `which` names by lists.
fn with_lists(row: &[u32], runs: &[Run], which: impl Fn(usize) -> bool) -> Vec<u32> {
    let mut out = Vec::with_capacity(row.len());
    let mut at = 0;
    for (_, &(from, to, _)) in runs.iter().enumerate().filter(|(n, _)| which(*n)) {
        out.extend_from_slice(&row[at..from]);
        out.push(LIST);
        at = to;
    }
    out.extend_from_slice(&row[at..]);
    out
}

/// Runs become lists where rows that agree otherwise have many lengths: three, or two where one of them is long or
/// brackets or quotes enclose the run.
pub(crate) fn merge_runs(rows: &mut Vec<Row>, cells: &Cells) {
    let mut families: HashMap<Vec<u32>, Vec<usize>> = HashMap::new();
    let all: Vec<Vec<Run>> = rows.iter().map(|row| runs(&row.cells, cells)).collect();
    for (i, row) in rows.iter().enumerate() {
        families.entry(with_lists(&row.cells, &all[i], |_| true)).or_default().push(i);
    }
    for (rest, members) in families {
        if members.len() < 2 || !rest.iter().any(|c| cells.is_word(*c)) {
            continue;
        }
        let lists: Vec<bool> = (0..all[members[0]].len())
            .map(|n| {
                let lengths: HashSet<usize> = members.iter().map(|&i| all[i][n].2).collect();
                let (i, (from, to, _)) = (members[0], all[members[0]][n]);
                let row = &rows[i].cells;
                let enclosed = from > 0
                    && ["(", "[", "{", "\"", "'"].contains(&cells.text(row[from - 1]))
                    && row.get(to).is_some_and(|c| [")", "]", "}", "\"", "'"].contains(&cells.text(*c)));
                let long = lengths.iter().any(|l| *l >= 2 * LIST_LENGTHS);
                lengths.len() >= LIST_LENGTHS || (lengths.len() == 2 && (long || enclosed))
            })
            .collect();
        for i in members {
            rows[i].cells = with_lists(&rows[i].cells, &all[i], |n| lists[n]);
        }
    }
    unite(rows);
}

/// A size in brackets that only some lines have (`812 bytes (0.8 KB) sent`) is optional.
pub(crate) fn merge_remarks(rows: &mut Vec<Row>, cells: &Cells) {
    let mut families: HashMap<Vec<u32>, Vec<usize>> = HashMap::new();
    let mut all: Vec<Vec<(usize, usize)>> = Vec::with_capacity(rows.len());
    for (i, row) in rows.iter().enumerate() {
        let found = remarks(&row.cells, cells);
        let mut rest = Vec::with_capacity(row.cells.len());
        let mut at = 0;
        for &(from, to) in &found {
            rest.extend_from_slice(&row.cells[at..from]);
            at = to;
        }
        rest.extend_from_slice(&row.cells[at..]);
        families.entry(rest).or_default().push(i);
        all.push(found);
    }
    for (rest, members) in families {
        if members.len() < 2 || !rest.iter().any(|c| cells.is_word(*c)) {
            continue;
        }
        // places of remarks, counted in cells of the rest
        let places = |i: usize| {
            let mut gone = 0;
            all[i]
                .iter()
                .map(move |&(from, to)| {
                    let place = from - gone;
                    gone += to - from;
                    place
                })
                .collect::<Vec<_>>()
        };
        let mut open: Vec<usize> = members.iter().flat_map(|&i| places(i)).collect();
        open.sort_unstable();
        open.dedup();
        open.retain(|place| members.iter().any(|&i| !places(i).contains(place)));
        if open.is_empty() {
            continue;
        }
        for i in members {
            let places = places(i);
            let mut merged = Vec::new();
            for at in 0..=rest.len() {
                if open.contains(&at) {
                    merged.push(MAYBE);
                } else if let Some(n) = places.iter().position(|p| *p == at) {
                    merged.extend_from_slice(&rows[i].cells[all[i][n].0..all[i][n].1]);
                }
                merged.extend(rest.get(at));
            }
            rows[i].cells = merged;
        }
    }
    unite(rows);
}

/// Bracketed values with their units, each with the blank before it.
fn remarks(row: &[u32], cells: &Cells) -> Vec<(usize, usize)> {
    let mut out = Vec::new();
    let mut at = 0;
    while at + 3 < row.len() {
        if row[at] == BLANK && cells.text(row[at + 1]) == "(" {
            let inside =
                row[at + 2..].iter().take_while(|c| **c == BLANK || is_value(**c) || cells.is_unit(**c)).count();
            let end = at + 2 + inside;
            let valued = row[at + 2..end].iter().any(|c| is_value(*c));
            if valued && inside <= 3 && row.get(end).is_some_and(|c| cells.text(*c) == ")") {
                out.push((at, end + 1));
                at = end + 1;
                continue;
            }
        }
        at += 1;
    }
    out
}
