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
/// it is a list.
pub(crate) fn merge_chunks(rows: &mut Vec<Row>, cells: &Cells) {
    loop {
        let mut families: HashMap<(usize, Vec<u32>), Vec<usize>> = HashMap::new();
        for (i, row) in rows.iter().enumerate() {
            let mut start = 0;
            for (n, chunk) in row.cells.split(|c| *c == BLANK).enumerate() {
                let end = start + chunk.len();
                if chunk.iter().any(|c| is_value(*c)) {
                    let mut rest = row.cells[..start].to_vec();
                    rest.push(LIST);
                    rest.extend_from_slice(&row.cells[end..]);
                    families.entry((n, rest)).or_default().push(i);
                }
                start = end + 1;
            }
        }
        let mut wide: Vec<(usize, Vec<u32>, Vec<usize>)> = families
            .into_iter()
            .filter(|((n, rest), members)| {
                let alone = |i: &usize| {
                    let chunk = rows[*i].cells.split(|c| *c == BLANK).nth(*n).unwrap_or(&[]);
                    chunk.len() == 1 && is_value(chunk[0])
                };
                members.len() > 1 && members.iter().any(alone) && rest.iter().any(|c| cells.is_word(*c))
            })
            .map(|((n, rest), members)| (n, rest, members))
            .collect();
        if wide.is_empty() {
            return;
        }
        wide.sort_by(|a, b| (b.2.len(), &a.1).cmp(&(a.2.len(), &b.1)));
        let mut changed = HashSet::new();
        for (_, rest, members) in wide {
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

/// Runs of values, each joined by a blank or comma, become lists where rows with many lengths agree otherwise.
pub(crate) fn merge_runs(rows: &mut Vec<Row>, cells: &Cells) {
    let mut families: HashMap<Vec<u32>, Vec<usize>> = HashMap::new();
    for (i, row) in rows.iter().enumerate() {
        families.entry(collapse(&row.cells, cells)).or_default().push(i);
    }
    let mut wide: Vec<_> = families
        .into_iter()
        .filter(|(rest, members)| {
            let lengths: HashSet<usize> = members.iter().map(|&i| rows[i].cells.len()).collect();
            lengths.len() >= LIST_LENGTHS && rest.iter().any(|c| cells.is_word(*c))
        })
        .collect();
    wide.sort();
    for (rest, members) in wide {
        for i in members {
            rows[i].cells.clone_from(&rest);
        }
    }
    unite(rows);
}

fn collapse(row: &[u32], cells: &Cells) -> Vec<u32> {
    let mut out: Vec<u32> = Vec::with_capacity(row.len());
    for &cell in row {
        if is_value(cell) {
            let mut from = out.len();
            while from > 0 && (out[from - 1] == BLANK || cells.text(out[from - 1]) == ",") {
                from -= 1;
            }
            if from < out.len() && from > 0 && is_value(out[from - 1]) {
                out.truncate(from - 1);
                out.push(LIST);
                continue;
            }
        }
        out.push(cell);
    }
    out
}
