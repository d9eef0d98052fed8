//! What is known about the lines of one skeleton: counts, layout, the values of each position.

use super::kind::{Kinds, SlotKind};
use super::scan;
use super::skeleton::{self, Part};
use super::token::{Class, Token};
use serde::{Deserialize, Serialize};

/// Distinct values kept per position.
pub(crate) const MAX_VALUES: usize = 8;
/// A longer value is not kept: its position counts as saturated.
const MAX_VALUE_LEN: usize = 64;

/// Distinct values of a position: sorted, or `None` once there were too many.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Values {
    pub kinds: Kinds,
    pub seen: Option<Vec<Box<str>>>,
}

impl Default for Values {
    fn default() -> Self {
        Values { kinds: Kinds::default(), seen: Some(Vec::new()) }
    }
}

impl Values {
    /// Adds a value; returns the bytes this takes.
    pub fn add(&mut self, text: &str) -> usize {
        let Some(seen) = &mut self.seen else { return 0 };
        match seen.binary_search_by(|v| (**v).cmp(text)) {
            Ok(_) => 0,
            Err(i) if seen.len() < MAX_VALUES && text.len() <= MAX_VALUE_LEN => {
                seen.insert(i, text.into());
                text.len() + 16
            }
            Err(_) => {
                self.seen = None;
                0
            }
        }
    }

    pub fn merge(&mut self, other: &Values) -> usize {
        self.kinds.merge(other.kinds);
        match &other.seen {
            Some(seen) => seen.iter().map(|v| self.add(v)).sum(),
            None => {
                self.seen = None;
                0
            }
        }
    }

    pub fn problem(&self) -> bool {
        !self.kinds.is_valid()
            || self.seen.as_ref().is_some_and(|seen| {
                seen.len() > MAX_VALUES
                    || seen.iter().any(|v| v.len() > MAX_VALUE_LEN)
                    || seen.windows(2).any(|w| w[0] >= w[1])
            })
    }
}

/// How white space was written: not yet seen, always the same, or in several ways.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Layout {
    One(Box<str>),
    Many,
}

/// What is known about the lines of one skeleton.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Leaf {
    /// Hash of its shape.
    pub shape: u64,
    pub count: u64,
    pub layout: Layout,
    pub values: Vec<Values>,
}

impl Leaf {
    /// Heap bytes, about.
    pub fn bytes(&self, key: &[u8]) -> usize {
        let values: usize = self.values.iter().flat_map(|v| &v.seen).flatten().map(|v| v.len() + 16).sum();
        key.len() + 96 + self.values.len() * 32 + values
    }

    pub fn merge(&mut self, other: &Leaf) {
        self.count = self.count.saturating_add(other.count);
        if self.layout != other.layout {
            self.layout = Layout::Many;
        }
        for (a, b) in self.values.iter_mut().zip(&other.values) {
            a.merge(b);
        }
    }

    /// The leaf with the words that `mask` names turned into values, and its new skeleton.
    pub fn masked(mut self, parts: &[Part], mask: &[bool]) -> (Box<[u8]>, Leaf) {
        let mut key = Vec::new();
        let hidden = |number: usize| mask.get(number) == Some(&true);
        skeleton::render(parts, hidden, &mut key);
        let mut old = std::mem::take(&mut self.values).into_iter();
        let mut number = 0;
        for part in parts {
            let now = matches!(part, Part::Word(_)) && hidden(number);
            number += usize::from(matches!(part, Part::Word(_) | Part::Soft(_) | Part::Masked));
            match part {
                Part::Word(text) if now => {
                    let mut values = Values::default();
                    values.kinds.add(SlotKind::Text);
                    values.add(text);
                    self.values.push(values);
                }
                part if skeleton::has_values(part) => self.values.extend(old.next()),
                _ => {}
            }
        }
        (key.into(), self)
    }
}

/// Adds a line to its leaf; returns the bytes this takes. `mask` names the words that are values.
pub(crate) fn observe(leaf: &mut Leaf, line: &str, tokens: &[Token], layout: &str, mask: &[bool]) -> usize {
    if matches!(&leaf.layout, Layout::One(l) if **l != *layout) {
        leaf.layout = Layout::Many;
    }
    leaf.count = leaf.count.saturating_add(1);
    let (mut at, mut number, mut used) = (0, 0, 0);
    for token in tokens {
        let kind = match token.class {
            Class::Value(kind) => kind,
            Class::Soft => SlotKind::Identifier,
            Class::Word if mask.get(number) == Some(&true) => SlotKind::Text,
            Class::Word => {
                number += 1;
                continue;
            }
            _ => continue,
        };
        number += usize::from(matches!(token.class, Class::Soft | Class::Word));
        let Some(values) = leaf.values.get_mut(at) else { break };
        at += 1;
        values.kinds.add(kind);
        if values.seen.is_some() {
            used += values.add(token.text(line));
        }
    }
    used
}

/// Writes how a line's white space differs from single blanks: nothing where it does not, else every run, each ended
/// by a `|`, the runs before the first and after the last token included.
pub(crate) fn layout_of(line: &str, tokens: &[Token], out: &mut String) {
    out.clear();
    let blank = |t: &Token| t.class == Class::Blank;
    let canonical = !tokens.first().is_some_and(blank)
        && !tokens.last().is_some_and(blank)
        && tokens.iter().filter(|t| blank(t)).all(|t| t.text(line) == " ");
    if canonical {
        return;
    }
    if !tokens.first().is_some_and(blank) {
        out.push('|');
    }
    for token in tokens.iter().filter(|t| blank(t)) {
        out.push_str(token.text(line));
        out.push('|');
    }
    if !tokens.last().is_some_and(blank) || tokens.len() == 1 {
        out.push('|');
    }
}

pub(crate) fn layout_matches(layout: &str, parts: &[skeleton::Part]) -> bool {
    let blanks = parts.iter().filter(|p| **p == skeleton::Part::Blank).count();
    let runs: Vec<&str> = layout.split_terminator('|').collect();
    layout.is_empty() || (scan::is_layout(layout) && runs.len() == blanks + 2)
}
