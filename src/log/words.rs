//! Words that vary while all else agrees.

use super::cells::{BLANK, Cells, Row, SLOT, is_value};
use super::cluster::unite;
use super::miner::MinerOptions;
use hashbrown::HashMap;
use xxhash_rust::xxh3::xxh3_128;

/// Rows beyond which pairs of varying words are not looked for.
const MAX_PAIR_ROWS: usize = 20_000;
/// Words of a row beyond which pairs are not looked for.
const MAX_PAIR_WORDS: usize = 24;

/// Rows that agree but for one or two positions, each written as a value.
#[derive(Default)]
struct Family {
    at: (u32, u32),
    rows: Vec<u32>,
    slot: bool,
}

/// The hash of a cell at a position. A row's hash is the sum over its cells, so that changing a cell is one step.
fn mix(at: usize, cell: u32) -> u128 {
    xxh3_128(&((at as u64) << 32 | u64::from(cell)).to_le_bytes())
}

fn hash(cells: &[u32]) -> u128 {
    cells.iter().enumerate().fold(mix(usize::MAX, cells.len() as u32), |sum, (i, &c)| sum.wrapping_add(mix(i, c)))
}

/// Turns varying words into slots until nothing changes.
pub(crate) fn merge(rows: &mut Vec<Row>, cells: &Cells, options: &MinerOptions) {
    loop {
        let before = rows.len();
        let found = singles(rows, cells, options);
        apply(rows, found);
        if rows.len() < before {
            continue;
        }
        let found = pairs(rows, cells);
        apply(rows, found);
        if rows.len() == before {
            return;
        }
    }
}

/// Applies families, the largest first, to rows that no other family changed.
fn apply(rows: &mut Vec<Row>, mut families: Vec<Family>) {
    families.sort_by(|a, b| (b.rows.len(), a.at, &a.rows).cmp(&(a.rows.len(), b.at, &b.rows)));
    let mut changed = vec![false; rows.len()];
    for family in families {
        if family.rows.iter().any(|&i| changed[i as usize]) {
            continue;
        }
        for i in family.rows {
            changed[i as usize] = true;
            let row = &mut rows[i as usize].cells;
            row[family.at.0 as usize] = SLOT;
            row[family.at.1 as usize] = SLOT;
        }
    }
    unite(rows);
}

fn singles(rows: &[Row], cells: &Cells, options: &MinerOptions) -> Vec<Family> {
    let hashes: Vec<u128> = rows.iter().map(|row| hash(&row.cells)).collect();
    let longest = rows.iter().map(|row| row.cells.len()).max().unwrap_or(0);
    let mut out = Vec::new();
    // position by position, so that memory follows the rows, not their cells
    for p in 0..longest {
        let mut families: HashMap<u128, Family> = HashMap::new();
        for (i, row) in rows.iter().enumerate() {
            let Some(&cell) = row.cells.get(p).filter(|c| **c == SLOT || cells.is_word(**c)) else { continue };
            let rest = hashes[i].wrapping_sub(mix(p, cell)).wrapping_add(mix(p, SLOT));
            let family = families.entry(rest).or_default();
            family.at = (p as u32, p as u32);
            family.rows.push(i as u32);
            family.slot |= cell == SLOT;
        }
        out.extend(families.into_values().filter(|family| family.rows.len() > 1).filter(|family| {
            let words: Vec<u32> =
                family.rows.iter().map(|&i| rows[i as usize].cells[p]).filter(|c| *c != SLOT).collect();
            enough(&words, &rows[family.rows[0] as usize].cells, p, family.slot, cells, options)
        }));
    }
    out.sort_by(|a, b| (a.at, &a.rows).cmp(&(b.at, &b.rows)));
    out
}

/// Prepositions, and nouns that stand before a name: what follows is mostly a thing, not an action.
const PREPOSITIONS: [&str; 15] =
    ["for", "from", "to", "by", "at", "on", "of", "with", "via", "into", "in", "user", "host", "interface", "device"];

/// Whether what follows a word is mostly a thing.
pub(crate) fn is_preposition(word: &str) -> bool {
    PREPOSITIONS.iter().any(|preposition| preposition.eq_ignore_ascii_case(word))
}

/// Keys whose values say what happened, as in `msg="disk full"`.
const SAYING: [&str; 2] = ["msg", "message"];
/// Keys whose values do so where the line has no words besides its pairs.
const NAMING: [&str; 2] = ["event", "action"];

/// Whether what starts at a position is the value of such a key, or the quoted text that opens the line.
pub(crate) fn said(row: &[u32], at: usize, cells: &Cells) -> bool {
    if at == 1 && ["\"", "'"].contains(&cells.text(row[0])) {
        return true;
    }
    let mut before = row[..at].iter().rev().map(|c| cells.text(*c)).filter(|text| !["\"", "'", ""].contains(text));
    let says = |keys: &[&str], key: &str| keys.iter().any(|said| said.eq_ignore_ascii_case(key));
    matches!(before.next(), Some("=" | ":"))
        && before.next().is_some_and(|key| says(&SAYING, key) || (says(&NAMING, key) && !has_message(row, cells)))
}

/// Whether a row has words that are neither keys nor values.
fn has_message(row: &[u32], cells: &Cells) -> bool {
    let sign = |at: Option<usize>| at.and_then(|at| row.get(at)).is_some_and(|c| ["=", ":"].contains(&cells.text(*c)));
    let mut quoted = false;
    row.iter().enumerate().any(|(at, cell)| {
        quoted ^= cells.text(*cell) == "\"";
        !quoted && cells.is_word(*cell) && !sign(at.checked_sub(1)) && !sign(Some(at + 1))
    })
}

/// Whether these distinct words at one position are values. `slot`: a value was seen there too.
fn enough(words: &[u32], row: &[u32], at: usize, slot: bool, cells: &Cells, options: &MinerOptions) -> bool {
    let verbs = words.iter().filter(|w| cells.is_verb(**w)).count();
    let names = words.iter().filter(|w| cells.is_identifier(**w)).count();
    let count = words.len() - verbs;
    // at least one word must remain to tell the template from others
    let anchors = row.iter().enumerate().filter(|(i, c)| *i != at && cells.is_word(**c)).count();
    if anchors == 0 {
        return false;
    }
    let limit = options.word_limit as usize;
    let before = at.checked_sub(1).map(|i| row[i]);
    let after = row.get(at + 1).copied();
    let is = |cell: Option<u32>, texts: &[&str]| cell.is_some_and(|c| texts.contains(&cells.text(c)));
    let said = said(row, at, cells);
    let assigned = is(before, &["="]) && !said;
    let quoted = is(before, &["\"", "'"]) && is(after, &["\"", "'"]) && !said;
    let bracketed = is(before, &["[", "("]) && is(after, &["]", ")"]);
    let preposition = before == Some(BLANK) && at >= 2 && is_preposition(cells.text(row[at - 2]));
    // what happened is mostly the last word (`order 7 of ann paid`), a kind of thing stands before others
    let followed = row[at + 1..].iter().any(|c| cells.is_word(*c));
    let numbered = words.iter().any(|w| is_numbered(cells.text(*w)));
    // what stands right behind a value says what becomes of it (`blk_7 close block of …`)
    let predicate = before == Some(BLANK) && at >= 2 && is_value(row[at - 2]);
    // the first word of a quoted text says what it does (`"GET /path"`)
    let opening = is(before, &["\"", "'"]);
    // a part of the program that speaks (`com.vendor.part: …`), as the component would be
    let label = !preposition && (is(after, &[":"]) || (at == 0 && is(after, &["["])));
    let unit = at >= 2 && before == Some(BLANK) && is_value(row[at - 2]) && words.iter().all(|w| cells.is_unit(*w));
    // an amount and its unit are one value, see `lists::merge_forms`
    if unit {
        return false;
    }
    let needed = if slot {
        1
    } else if assigned
        || (names == words.len() && at > 0 && !label)
        || (enclosed(row, at, cells) && words.iter().all(|w| is_switch(cells.text(*w))))
    {
        2
    } else if at == 0 && names == words.len() && !label {
        limit + 1
    } else if at == 0 && anchors >= 3 && words.iter().all(|w| cells.is_lower(*w)) {
        // a subject, such as a user's name, before a sentence; a part's name and what happens are capitals' mostly
        limit + 2
    } else if at == 0 {
        limit * 4
    } else if quoted && count == words.len() && !numbered {
        // what a program quotes is a name of someone else's
        2
    } else if bracketed
        || quoted
        || preposition
        || enclosed(row, at, cells)
        || (!opening
            && !said
            && !label
            && !numbered
            && ((anchors >= 2 && followed && !predicate) || words.iter().all(|w| is_marked(cells.text(*w)))))
    {
        limit.saturating_sub(1).max(2)
    } else {
        limit + 1
    };
    count >= needed
}

/// The positions of a switch.
fn is_switch(word: &str) -> bool {
    ["on", "off", "yes", "no", "enabled", "disabled"].iter().any(|position| position.eq_ignore_ascii_case(word))
}

/// Names that end with their number, as `alt0` and `if0` do, are parts of the program's own world.
pub(crate) fn is_numbered(word: &str) -> bool {
    word.ends_with(|c: char| c.is_ascii_digit()) && !word.contains(char::is_uppercase)
}

/// Whether capitals make a name of a word, as in `ShareLock`, `TIME_OUT` and `VA01`: language has at most one, its first
/// letter.
fn is_marked(word: &str) -> bool {
    word.chars().skip(1).any(char::is_uppercase)
}

/// Whether a position is inside brackets.
fn enclosed(row: &[u32], at: usize, cells: &Cells) -> bool {
    let count = |texts: &[&str]| row[..at].iter().filter(|c| texts.contains(&cells.text(**c))).count();
    count(&["(", "[", "{"]) > count(&[")", "]", "}"])
}

/// Two words that vary together, as a user and a host do.
fn pairs(rows: &[Row], cells: &Cells) -> Vec<Family> {
    if rows.len() > MAX_PAIR_ROWS {
        return Vec::new();
    }
    let positions = |row: &Row| -> Vec<usize> {
        let at: Vec<usize> = (1..row.cells.len()).filter(|&p| cells.is_word(row.cells[p])).collect();
        if at.len() > MAX_PAIR_WORDS { Vec::new() } else { at }
    };
    let distinct = |family: &Family, p: u32| {
        let mut words: Vec<u32> = family.rows.iter().map(|&i| rows[i as usize].cells[p as usize]).collect();
        words.retain(|w| !cells.is_verb(*w));
        words.sort_unstable();
        words.dedup();
        words.len()
    };
    let wide = |family: &Family| {
        let row = &rows[family.rows[0] as usize].cells;
        let anchors = row.iter().filter(|c| cells.is_word(**c)).count() - 2;
        let varying = 2 + row.iter().filter(|c| is_value(**c)).count();
        family.rows.len() >= 8
            && anchors >= 2
            && anchors * 2 >= varying
            && distinct(family, family.at.0) >= 6
            && distinct(family, family.at.1) >= 6
    };
    let places: Vec<Vec<usize>> = rows.iter().map(positions).collect();
    let hashes: Vec<u128> = rows.iter().map(|row| hash(&row.cells)).collect();
    let mut out: Vec<Family> = Vec::new();
    for n in 0..MAX_PAIR_WORDS {
        let mut families: HashMap<(u32, u32, u128), Family> = HashMap::new();
        for (i, row) in rows.iter().enumerate() {
            let Some((&p, later)) = places[i].get(n..).and_then(<[usize]>::split_first) else { continue };
            for &q in later {
                let rest = hashes[i]
                    .wrapping_sub(mix(p, row.cells[p]))
                    .wrapping_sub(mix(q, row.cells[q]))
                    .wrapping_add(mix(p, SLOT))
                    .wrapping_add(mix(q, SLOT));
                let family = families.entry((p as u32, q as u32, rest)).or_default();
                family.at = (p as u32, q as u32);
                family.rows.push(i as u32);
            }
        }
        out.extend(families.into_values().filter(wide));
    }
    out.sort_by(|a, b| (a.at, &a.rows).cmp(&(b.at, &b.rows)));
    out
}
