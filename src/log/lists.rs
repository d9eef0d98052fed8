//! Runs of values of many lengths, amounts written in several ways.

use super::cells::{BLANK, Cells, LIST, MAYBE, Row, SLOT, is_value};
use super::cluster::unite;
use super::kind::Kinds;
use super::leaf::Leaf;
use super::skeleton;
use hashbrown::{HashMap, HashSet};

/// Distinct lengths from which on a run of values is a list.
const LIST_LENGTHS: usize = 3;

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

/// Replaces the runs that `cell` names a cell for.
fn with_lists(row: &[u32], runs: &[Run], cell: impl Fn(usize) -> Option<u32>) -> Vec<u32> {
    let mut out = Vec::with_capacity(row.len());
    let mut at = 0;
    for (n, &(from, to, _)) in runs.iter().enumerate() {
        if let Some(cell) = cell(n) {
            out.extend_from_slice(&row[at..from]);
            out.push(cell);
            at = to;
        }
    }
    out.extend_from_slice(&row[at..]);
    out
}

/// Adds the kinds of a run's values, false where they are not known any more.
fn all_kinds(row: &Row, run: Run, leaves: &[(&[u8], &Leaf)], kinds: &mut Kinds) -> bool {
    row.members.iter().all(|&member| {
        let (key, leaf) = leaves[member as usize];
        let Some(parts) = skeleton::read(key).filter(|parts| parts.len() == row.cells.len()) else { return false };
        let before = parts[..run.0].iter().filter(|p| skeleton::has_values(p)).count();
        let inside = parts[run.0..run.1].iter().filter(|p| skeleton::has_values(p)).count();
        leaf.values.iter().skip(before).take(inside).for_each(|v| kinds.merge(v.kinds));
        inside == run.2
    })
}

/// Runs become lists where rows that agree otherwise have many lengths: three, or two where one of them is long,
/// brackets or quotes enclose the run, or all values are names of one kind.
pub(crate) fn merge_runs(rows: &mut Vec<Row>, cells: &Cells, leaves: &[(&[u8], &Leaf)]) {
    let mut families: HashMap<Vec<u32>, Vec<usize>> = HashMap::new();
    let all: Vec<Vec<Run>> = rows.iter().map(|row| runs(&row.cells, cells)).collect();
    for (i, row) in rows.iter().enumerate() {
        families.entry(with_lists(&row.cells, &all[i], |_| Some(LIST))).or_default().push(i);
    }
    for (rest, members) in families {
        if members.len() < 2 || !rest.iter().any(|c| cells.is_word(*c)) {
            continue;
        }
        let lists: Vec<Option<u32>> = (0..all[members[0]].len())
            .map(|n| {
                let lengths: HashSet<usize> = members.iter().map(|&i| all[i][n].2).collect();
                let (i, (from, to, _)) = (members[0], all[members[0]][n]);
                let row = &rows[i].cells;
                let enclosed = from > 0
                    && ["(", "[", "{", "\"", "'"].contains(&cells.text(row[from - 1]))
                    && row.get(to).is_some_and(|c| [")", "]", "}", "\"", "'"].contains(&cells.text(*c)));
                let long = lengths.iter().any(|l| *l >= 2 * LIST_LENGTHS);
                let alike = || {
                    let mut kinds = Kinds::default();
                    members.iter().all(|&i| all_kinds(&rows[i], all[i][n], leaves, &mut kinds)) && kinds.is_name()
                };
                let list = lengths.len() >= LIST_LENGTHS || (lengths.len() == 2 && (long || enclosed || alike()));
                // what may be empty stays so
                let empty = members.iter().any(|&i| rows[i].cells[all[i][n].0..all[i][n].1].contains(&MAYBE));
                list.then_some(if empty { MAYBE } else { LIST })
            })
            .collect();
        for i in members {
            rows[i].cells = with_lists(&rows[i].cells, &all[i], |n| lists[n]);
        }
    }
    unite(rows);
}

/// A part of a row, for comparing rows by what they say rather than how.
enum Part {
    Cell(u32),
    /// A value with the sign before and the unit behind it.
    Amount(usize, usize),
    /// A bracketed amount with the blank before it (` (0.8 KB)`).
    Remark(usize, usize),
}

/// An amount with a unit in some rows and without or with another unit in others is one slot (`<1 sec`, `00:02`); a
/// bracketed amount that only some rows have is optional (`812 bytes (0.8 KB) sent`).
pub(crate) fn merge_forms(rows: &mut Vec<Row>, cells: &Cells) {
    let all: Vec<Vec<Part>> = rows.iter().map(|row| parts(&row.cells, cells)).collect();
    let mut families: HashMap<Vec<u32>, Vec<usize>> = HashMap::new();
    for (i, parts) in all.iter().enumerate() {
        let form = |part: &Part| match part {
            Part::Cell(cell) => Some(*cell),
            Part::Amount(..) => Some(SLOT),
            Part::Remark(..) => None,
        };
        families.entry(parts.iter().filter_map(form).collect()).or_default().push(i);
    }
    for (rest, mut members) in families {
        if members.len() < 2 || !rest.iter().any(|c| cells.is_word(*c)) {
            continue;
        }
        members.sort_unstable();
        // what stands at each place of the rest: the remark before it and the amount itself
        let mut merged: Vec<(Option<Vec<u32>>, Vec<u32>)> = Vec::new();
        for (n, &i) in members.iter().enumerate() {
            let row = &rows[i].cells;
            let mut at = 0;
            let mut remark: Vec<u32> = Vec::new();
            let close = [Part::Cell(BLANK)];
            for part in all[i].iter().chain(&close) {
                let cell = match part {
                    Part::Remark(from, to) => {
                        remark.extend_from_slice(&row[*from..*to]);
                        continue;
                    }
                    Part::Cell(cell) => vec![*cell],
                    Part::Amount(from, to) => row[*from..*to].to_vec(),
                };
                let remark = std::mem::take(&mut remark);
                if n == 0 {
                    merged.push((Some(remark), cell));
                } else {
                    let place = &mut merged[at];
                    if place.0.as_ref().is_some_and(|r| *r != remark) {
                        place.0 = place.0.take().and_then(|before| joint_remark(before, &remark));
                    }
                    if place.1 != cell {
                        let maybe = place.1 == [MAYBE] || cell == [MAYBE];
                        place.1 = vec![if maybe { MAYBE } else { LIST }];
                    }
                }
                at += 1;
            }
        }
        let mut out: Vec<u32> = Vec::new();
        for (remark, cell) in merged {
            match remark {
                Some(remark) => out.extend(remark),
                None => out.push(MAYBE),
            }
            out.extend(cell);
        }
        out.pop();
        for i in members {
            rows[i].cells.clone_from(&out);
        }
    }
    unite(rows);
}

/// What stands for two remarks: brackets around an amount written in several ways, `None` where one has no remark.
fn joint_remark(mut remark: Vec<u32>, other: &[u32]) -> Option<Vec<u32>> {
    let ([BLANK, open, .., close], [BLANK, other_open, .., other_close]) = (&remark[..], other) else { return None };
    if (open, close) != (other_open, other_close) {
        return None;
    }
    let inside = 2..remark.len() - 1;
    remark.splice(inside, [LIST]);
    Some(remark)
}

fn parts(row: &[u32], cells: &Cells) -> Vec<Part> {
    let mut out: Vec<Part> = Vec::new();
    let mut at = 0;
    while at < row.len() {
        let text = cells.text(row[at]);
        let value = |at: usize| row.get(at).is_some_and(|c| is_value(*c));
        let arrow = at > 0 && text == ">" && cells.text(row[at - 1]) == "-";
        if let Some(end) = remark_end(row, at, cells) {
            out.push(Part::Remark(at, end));
            at = end;
        } else if row[at] == MAYBE && at > 0 && cells.is_word(row[at - 1]) {
            out.push(Part::Remark(at, at + 1));
            at += 1;
        } else if value(at) || (["<", ">"].contains(&text) && !arrow && value(at + 1) && unit(row, at + 2, cells)) {
            let from = at;
            at += 1 + usize::from(!value(at));
            if unit(row, at, cells) {
                at += 2;
            }
            out.push(Part::Amount(from, at));
        } else {
            out.push(Part::Cell(row[at]));
            at += 1;
        }
    }
    out
}

fn unit(row: &[u32], at: usize, cells: &Cells) -> bool {
    row.get(at) == Some(&BLANK) && row.get(at + 1).is_some_and(|c| cells.is_unit(*c))
}

/// The end of the remark that starts at the blank at `at`.
fn remark_end(row: &[u32], at: usize, cells: &Cells) -> Option<usize> {
    if row[at] != BLANK || cells.text(*row.get(at + 1)?) != "(" {
        return None;
    }
    let inside =
        row[at + 2..].iter().take(4).take_while(|c| **c == BLANK || is_value(**c) || cells.is_unit(**c)).count();
    let end = at + 2 + inside;
    let valued = row[at + 2..end].iter().any(|c| is_value(*c));
    (valued && inside <= 3 && cells.text(*row.get(end)?) == ")").then_some(end + 1)
}
