//! From skeletons to templates: which words are text and which are values.
//!
//! Works on the sorted skeletons of a finished state and never looks at counts, so equal sets of lines give equal
//! templates. See each step's comment for the principle behind it.

use super::miner::{Layout, Leaf, MinerOptions};
use super::skeleton::{self, Part};
use super::templates::{Draft, Piece, Templates};
use crate::error::{Error, Result};
use hashbrown::{HashMap, HashSet};

/// One row of the table of skeletons.
struct Row<'a> {
    cells: Vec<Cell>,
    leaf: &'a Leaf,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Cell {
    Blank,
    Text(Box<str>),
    Word(Box<str>),
    Slot,
}

fn shape(cells: &[Cell]) -> Vec<Cell> {
    cells.iter().map(|c| if matches!(c, Cell::Word(_)) { Cell::Slot } else { c.clone() }).collect()
}

/// Derives templates from the sorted leaves of a state.
pub(crate) fn templates(leaves: &[(&[u8], &Leaf)], options: &MinerOptions) -> Result<Templates> {
    let mut rows = Vec::with_capacity(leaves.len());
    for (key, leaf) in leaves {
        let parts =
            skeleton::read(key).ok_or_else(|| Error::invalid("logfsm.templates", "A skeleton is unreadable."))?;
        rows.push(row(parts, leaf));
    }
    let mut shapes: HashMap<Vec<Cell>, Vec<usize>> = HashMap::new();
    for (i, row) in rows.iter().enumerate() {
        shapes.entry(shape(&row.cells)).or_default().push(i);
    }
    let mut groups: Vec<Vec<usize>> = shapes.into_values().collect();
    groups.sort_unstable();
    for group in &groups {
        generalise(&mut rows, group, options.word_limit as usize);
    }
    let mut merged: HashMap<Vec<Cell>, Vec<usize>> = HashMap::new();
    for (i, row) in rows.iter().enumerate() {
        merged.entry(row.cells.clone()).or_default().push(i);
    }
    let mut merged: Vec<_> = merged.into_iter().collect();
    merged.sort_unstable();
    let drafts = merged.into_iter().map(|(cells, members)| draft(&cells, &members, &rows)).collect();
    Templates::build(drafts, leaves)
}

/// A soft word seen with one spelling only is text, with several a slot.
fn row(parts: Vec<Part>, leaf: &Leaf) -> Row<'_> {
    let mut values = leaf.values.iter();
    let cells = parts
        .into_iter()
        .map(|part| match part {
            Part::Blank => Cell::Blank,
            Part::Delimiter(text) => Cell::Text(text),
            Part::Word(text) => Cell::Word(text),
            Part::Value => {
                values.next();
                Cell::Slot
            }
            Part::Soft(_) => match values.next().and_then(|v| v.seen.as_deref()) {
                Some([only]) => Cell::Word(only.clone()),
                _ => Cell::Slot,
            },
        })
        .collect();
    Row { cells, leaf }
}

/// Words that differ at one position while all else agrees are values once there are `limit` of them.
fn generalise(rows: &mut [Row<'_>], group: &[usize], limit: usize) {
    loop {
        let mut families: HashMap<(usize, Vec<Cell>), HashSet<&str>> = HashMap::new();
        for &i in group {
            for (p, cell) in rows[i].cells.iter().enumerate() {
                if let Cell::Word(word) = cell {
                    let mut rest = rows[i].cells.clone();
                    rest[p] = Cell::Slot;
                    families.entry((p, rest)).or_default().insert(word);
                }
            }
        }
        let wide: HashSet<(usize, Vec<Cell>)> =
            families.into_iter().filter(|(_, words)| words.len() >= limit).map(|(family, _)| family).collect();
        if wide.is_empty() {
            return;
        }
        for &i in group {
            let before = rows[i].cells.clone();
            for p in 0..before.len() {
                let mut rest = before.clone();
                rest[p] = Cell::Slot;
                if matches!(before[p], Cell::Word(_)) && wide.contains(&(p, rest)) {
                    rows[i].cells[p] = Cell::Slot;
                }
            }
        }
    }
}

fn draft(cells: &[Cell], members: &[usize], rows: &[Row<'_>]) -> Draft {
    let pieces = cells
        .iter()
        .map(|cell| match cell {
            Cell::Blank => Piece::Blank,
            Cell::Text(text) | Cell::Word(text) => Piece::Text(text.clone()),
            Cell::Slot => Piece::Slot,
        })
        .collect();
    let mut layout: Option<&str> = None;
    for &i in members {
        match (&rows[i].leaf.layout, layout) {
            (Layout::One(l), None) => layout = Some(l),
            (Layout::One(l), Some(seen)) if **l == *seen => {}
            _ => {
                layout = Some("");
                break;
            }
        }
    }
    Draft { pieces, layout: layout.unwrap_or_default().into() }
}
