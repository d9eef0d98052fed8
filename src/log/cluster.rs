//! From skeletons to templates: which words are text and which are values.
//!
//! Works on the sorted skeletons of a finished state and never looks at counts, so equal sets of lines give equal
//! templates. Rows of cells are merged in steps, each after one principle:
//!
//! 1. words that differ while all else agrees are values once there are enough of them; how many are enough depends on
//!    where they stand and what they look like ([`words`](super::words)),
//! 2. what follows the sign of a `key=value` pair is a value ([`assigned`](super::assigned)),
//! 3. a value may be missing between its delimiters, and one chunk between blanks may hold one value or several
//!    ([`chunks`](super::chunks)),
//! 4. runs of values of many lengths are lists,
//! 5. a remark that holds a value may be missing, and names have one word or several ([`optional`](super::optional)).

use super::cells::{Cells, LIST, MAYBE, Row, SLOT};
use super::leaf::{Layout, Leaf};
use super::miner::MinerOptions;
use super::templates::{Draft, Piece, Templates};
use super::{assigned, chunks, lists, optional, words};
use crate::error::Result;
use hashbrown::HashSet;

/// Derives templates from the sorted leaves of a state.
pub(crate) fn templates(leaves: &[(&[u8], &Leaf)], overflow: u64, options: &MinerOptions) -> Result<Templates> {
    let mut cells = Cells::default();
    let mut rows = Vec::with_capacity(leaves.len());
    for (i, (key, leaf)) in leaves.iter().enumerate() {
        rows.push(Row { cells: cells.row(key, leaf)?, members: vec![i as u32] });
    }
    unite(&mut rows);
    // each step can make rows equal that another step then sees as one
    loop {
        let before = rows.len();
        assigned::merge(&mut rows, &cells);
        words::merge(&mut rows, &cells, options);
        chunks::merge_optional(&mut rows, &cells);
        chunks::merge_chunks(&mut rows, &cells, options);
        chunks::merge_covered(&mut rows, &cells);
        lists::merge_runs(&mut rows, &cells, leaves);
        lists::merge_forms(&mut rows, &cells);
        optional::merge_remarks(&mut rows, &cells);
        optional::merge_names(&mut rows, &cells);
        if rows.len() == before {
            break;
        }
    }
    let drafts = |rows: &[Row], cells: &Cells| {
        let mut drafts: Vec<Draft> = rows.iter().map(|row| draft(row, cells, leaves)).collect();
        if overflow > 0 {
            drafts.push(Draft { pieces: vec![Piece::Optional], layout: "".into() });
        }
        drafts
    };
    let (templates, missed) = Templates::build(drafts(&rows, &cells), leaves, overflow, &options.masks)?;
    if missed.is_empty() {
        return Ok(templates);
    }
    // every line added has a template, come what may: one of its own where matching gave up on the merged ones
    for i in missed {
        let (key, leaf) = leaves[i as usize];
        rows.push(Row { cells: cells.row(key, leaf)?, members: vec![i] });
    }
    unite(&mut rows);
    Ok(Templates::build(drafts(&rows, &cells), leaves, overflow, &options.masks)?.0)
}

/// Gives rows the cells that groups of them share, the largest groups first; a group of which a row has changed already is
/// left. Then unites rows that became equal.
pub(crate) fn replace_widest(rows: &mut Vec<Row>, mut wide: Vec<(Vec<u32>, Vec<usize>)>) {
    wide.sort_by(|a, b| (b.1.len(), &a.0, &a.1).cmp(&(a.1.len(), &b.0, &b.1)));
    let mut changed = HashSet::new();
    for (cells, members) in wide {
        if members.iter().all(|i| !changed.contains(i)) {
            for i in members {
                changed.insert(i);
                rows[i].cells.clone_from(&cells);
            }
        }
    }
    unite(rows);
}

/// Makes one row of rows with equal cells; sorts.
pub(crate) fn unite(rows: &mut Vec<Row>) {
    rows.sort_unstable();
    rows.dedup_by(|row, kept| {
        let same = row.cells == kept.cells;
        if same {
            kept.members.append(&mut row.members);
        }
        same
    });
}

fn draft(row: &Row, cells: &Cells, leaves: &[(&[u8], &Leaf)]) -> Draft {
    let mut pieces: Vec<Piece> = Vec::with_capacity(row.cells.len());
    for &cell in &row.cells {
        pieces.push(match cell {
            SLOT => Piece::Slot,
            LIST => Piece::List,
            MAYBE => Piece::Optional,
            _ => cells.piece(cell),
        });
    }
    // lists swallow white space of their own, so only lines without one can agree on it
    let mut layout: Option<&str> = row.cells.contains(&LIST).then_some("");
    for &i in &row.members {
        match (&leaves[i as usize].1.layout, layout) {
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
