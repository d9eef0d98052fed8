//! Parts of a line that some lines of a statement have and others have not, and names of one word or several.

use super::cells::{BLANK, Cells, LIST, MAYBE, Row, SLOT, is_value};
use super::chunks;
use super::cluster::{replace_widest, unite};
use super::words;
use hashbrown::{HashMap, HashSet};

/// Cells of the longest remark that may be missing.
const MAX_REMARK: usize = 20;
/// Words of the longest name.
const MAX_NAME: usize = 4;
/// Distinct names from which on they are values, where no value was seen in their place.
const NAMES: usize = 5;
/// Cells of a row beyond which none is looked for in it.
const MAX_CELLS: usize = 96;
/// Rows beyond which names of several words are not looked for.
const MAX_ROWS: usize = 5_000;

/// A remark that holds a value, in brackets or as further pairs at the end, is optional where the row without it is
/// there, too: `in 3s` and `in 3s (2s waiting)`, `from ::1` and `from ::1, user=ann`. What has no value says something
/// else each time.
pub(crate) fn merge_remarks(rows: &mut Vec<Row>, cells: &Cells) {
    let mut known: HashMap<Vec<u32>, usize> = HashMap::new();
    for (i, row) in rows.iter().enumerate() {
        // what is optional already may also be missing
        known.insert(row.cells.clone(), i);
        if let Some((&MAYBE, rest)) = row.cells.split_last() {
            known.insert(rest.to_vec(), i);
        }
    }
    let mut found: Vec<(usize, usize, Vec<u32>)> = Vec::new();
    for (i, row) in rows.iter().enumerate() {
        for (from, to) in remarks(&row.cells, cells) {
            let (head, tail) = (&row.cells[..from], &row.cells[to..]);
            if let Some(&j) = known.get(&[head, tail].concat())
                && i != j
                && head.iter().any(|c| cells.is_word(*c))
            {
                found.push((i, j, [head, &[MAYBE], tail].concat()));
                break;
            }
        }
    }
    // a row that is the rest of others takes no part as one that has a remark itself
    let rests: HashSet<usize> = found.iter().map(|(_, j, _)| *j).collect();
    let mut changed = HashSet::new();
    for (i, j, cells) in found.into_iter().filter(|(i, _, _)| !rests.contains(i)) {
        if changed.insert(j) || rows[j].cells == cells {
            rows[i].cells.clone_from(&cells);
            rows[j].cells = cells;
        }
    }
    unite(rows);
}

/// The remarks of a row, longest first.
fn remarks(row: &[u32], cells: &Cells) -> Vec<(usize, usize)> {
    let text = |at: usize| row.get(at).map_or("", |c| cells.text(*c));
    let valued = |from: usize, to: usize| row[from..to].iter().any(|c| is_value(*c));
    // a program that writes keys without values (`ruser= rhost=::1`) leaves no key out
    let empty = (1..row.len()).any(|at| text(at - 1) == "=" && row[at] == BLANK);
    let mut out = Vec::new();
    let (mut depth, mut quoted) = (0usize, false);
    for at in 1..row.len() {
        match text(at) {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth = depth.saturating_sub(1),
            "\"" => quoted = !quoted,
            _ => {}
        }
        if quoted {
            continue;
        }
        let bracket = row[at] == BLANK && text(at + 1) == "(";
        let key = at + 1 + usize::from(text(at) == ",");
        let pair = ((row[at] == BLANK && !empty) || (text(at) == "," && row.get(at + 1) == Some(&BLANK)))
            && text(at - 1) != ","
            && row.get(key).is_some_and(|c| cells.is_word(*c));
        // after a comma a value may follow its name without a sign
        let signed =
            text(key + 1) == "=" || (text(at) == "," && (text(key + 1) == ":" || row.get(key + 1) == Some(&BLANK)));
        // or its name follows it: `, 12 MB free`
        let counted = text(at) == ","
            && row.get(at + 1) == Some(&BLANK)
            && row.get(at + 2).is_some_and(|c| is_value(*c))
            && row[at + 3..].first() == Some(&BLANK)
            && row[at + 3..].iter().all(|c| *c == BLANK || cells.is_word(*c));
        let delayed = row[at] == BLANK && DELAYS.contains(&text(at + 1)) && amount(&row[at + 2..], cells);
        let end = if bracket {
            row[at..].iter().position(|c| cells.text(*c) == ")").map_or(row.len(), |n| at + n + 1)
        } else if depth > 0 {
            close(row, at, cells)
        } else {
            row.len()
        };
        if (bracket || (pair && signed) || counted || delayed) && end - at <= MAX_REMARK && valued(at, end) {
            out.push((at, end));
        }
    }
    out
}

/// Where the bracket closes that is open at `at`.
fn close(row: &[u32], at: usize, cells: &Cells) -> usize {
    let mut depth = 0usize;
    for (end, &cell) in row.iter().enumerate().skip(at) {
        match cells.text(cell) {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" if depth == 0 => return end,
            ")" | "]" | "}" => depth -= 1,
            _ => {}
        }
    }
    row.len()
}

/// Words before how long something took.
const DELAYS: [&str; 3] = ["after", "in", "within"];

/// True for a blank and a value, with or without its unit, and nothing else.
fn amount(row: &[u32], cells: &Cells) -> bool {
    match row {
        [BLANK, value] => is_value(*value),
        [BLANK, value, BLANK, unit] => is_value(*value) && cells.is_unit(*unit),
        _ => false,
    }
}

/// Where the same text surrounds one word in some rows and several in others, a name stands there, as users give them:
/// `mounted Backup on disk0` and `mounted My Old Files on disk0`. So do lists of words.
pub(crate) fn merge_names(rows: &mut Vec<Row>, cells: &Cells) {
    if rows.len() > MAX_ROWS {
        return;
    }
    // by what surrounds the span: how long its head is, then the rows and where the span ends in each
    let mut families: HashMap<u128, (usize, Vec<(usize, usize)>)> = HashMap::new();
    for (i, row) in rows.iter().enumerate().filter(|(_, row)| row.cells.len() <= MAX_CELLS) {
        for (from, to) in names(&row.cells, cells) {
            let ends = chunks::without(&row.cells, from, to);
            families.entry(ends).or_insert_with(|| (from, Vec::new())).1.push((i, to));
        }
    }
    let mut wide: Vec<(Vec<u32>, Vec<usize>)> = Vec::new();
    for (from, members) in families.into_values().filter(|(_, members)| members.len() > 1) {
        let (head, tail) = (&rows[members[0].0].cells[..from], &rows[members[0].0].cells[members[0].1..]);
        let lengths: HashSet<usize> = members.iter().map(|m| m.1).collect();
        let of = |m: &(usize, usize)| &rows[m.0].cells[head.len()..m.1];
        let alone = members.iter().any(|m| matches!(of(m), [SLOT | LIST]));
        let listed = lengths.len() >= 3 && members.iter().any(|m| of(m).iter().any(|c| cells.text(*c) == ","));
        let proper = members.iter().all(|m| of(m).iter().all(|c| !cells.is_word(*c) || is_proper(cells.text(*c))));
        let named = head.len() >= 2 && words::is_preposition(cells.text(head[head.len() - 2]));
        let closed = (!tail.is_empty() && tail != [MAYBE]) || (proper && named);
        let needed = match (alone, proper) {
            (true, true) => 2,
            (true, false) | (false, true) => 3,
            _ if cells.text(head[head.len() - 1]) == "[" => 3,
            (false, false) => NAMES,
        };
        let enough = members.len() >= needed;
        let anchors = head.iter().chain(tail).filter(|c| cells.is_word(**c)).count();
        if lengths.len() >= 2 && enough && anchors >= 2 && (closed || listed) {
            wide.push(([head, &[LIST], tail].concat(), members.into_iter().map(|m| m.0).collect()));
        }
    }
    replace_widest(rows, wide);
}

/// True for words that begin with a capital or a digit.
fn is_proper(word: &str) -> bool {
    word.starts_with(|c: char| c.is_uppercase() || c.is_ascii_digit())
}

/// The spans of a row that may be names, or lists of words: words and values with blanks or commas between them.
fn names(row: &[u32], cells: &Cells) -> Vec<(usize, usize)> {
    let name = |c: u32| cells.is_word(c) && !cells.is_verb(c) && !words::is_preposition(cells.text(c));
    let item = |at: usize| row.get(at).is_some_and(|c| is_value(*c) || name(*c));
    let mut out = Vec::new();
    for from in (2..row.len()).filter(|&at| item(at) && (row[at - 1] == BLANK || cells.is_delimiter(row[at - 1]))) {
        let mut to = from + 1;
        out.push((from, to));
        let comma = row.get(to).is_some_and(|c| cells.text(*c) == ",");
        let joint: &[u32] = if comma { &row[to..(to + 2).min(row.len())] } else { &[BLANK] };
        for _ in 1..MAX_NAME {
            if !row[to..].starts_with(joint) || !item(to + joint.len()) {
                break;
            }
            to += joint.len() + 1;
            out.push((from, to));
        }
    }
    out
}
