//! The mergeable state behind templates: what an aggregate carries.
//!
//! The state is a join semilattice. Per skeleton it keeps, for every value position, the set of kinds and the set of
//! values seen, saturating at a fixed size; merging is union. Counts are sums kept beside it and decide nothing, so
//! adding the same lines again changes no template. Templates follow from the state in [`TemplateMiner::finish`].

use super::cluster;
use super::kind::Kinds;
use super::skeleton;
use super::templates::Templates;
use super::token::{Class, Token, tokenize};
use crate::error::{Error, Result};
use hashbrown::HashMap;
use serde::{Deserialize, Serialize};

/// The version of the binary form this release writes.
pub const MINER_VERSION: u8 = 1;
const WHAT: &str = "logfsm.templates";
/// Distinct values kept per position.
pub const MAX_VALUES: usize = 8;
/// A longer value is not kept: its position counts as saturated.
const MAX_VALUE_LEN: usize = 64;

/// How templates are mined. The defaults are meant for all systems.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MinerOptions {
    /// Distinct words at one position, all else equal, from which on they are values of a slot.
    pub word_limit: u32,
}

impl Default for MinerOptions {
    fn default() -> Self {
        MinerOptions { word_limit: 4 }
    }
}

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
    pub(crate) fn add(&mut self, text: &str) -> usize {
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

    pub(crate) fn merge(&mut self, other: &Values) -> usize {
        self.kinds.merge(other.kinds);
        match &other.seen {
            Some(seen) => seen.iter().map(|v| self.add(v)).sum(),
            None => {
                self.seen = None;
                0
            }
        }
    }

    fn problem(&self) -> bool {
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
    pub count: u64,
    pub layout: Layout,
    pub values: Vec<Values>,
}

/// Collects lines for template mining; see the module's documentation.
#[derive(Debug, Clone)]
pub struct TemplateMiner {
    options: MinerOptions,
    limit: usize,
    used: usize,
    leaves: HashMap<Box<[u8]>, Leaf>,
    key: Vec<u8>,
    tokens: Vec<Token>,
    layout: String,
}

#[derive(Serialize, Deserialize)]
struct Wire {
    options: MinerOptions,
    leaves: Vec<(Box<[u8]>, Leaf)>,
}

impl TemplateMiner {
    /// An empty state that may take about `memory_limit` bytes.
    pub fn new(options: MinerOptions, memory_limit: usize) -> Self {
        TemplateMiner {
            options,
            limit: memory_limit,
            used: 0,
            leaves: HashMap::new(),
            key: Vec::new(),
            tokens: Vec::new(),
            layout: String::new(),
        }
    }

    /// Adds one line. Linear in the line.
    ///
    /// # Errors
    /// [`Error::MemoryLimit`] where distinct skeletons outgrow the limit.
    pub fn add(&mut self, line: &str) -> Result<()> {
        tokenize(line, &mut self.tokens);
        skeleton::write(line, &self.tokens, &mut self.key);
        layout_of(line, &self.tokens, &mut self.layout);
        let fresh = !self.leaves.contains_key(self.key.as_slice());
        let leaf = self.leaves.entry_ref(self.key.as_slice()).or_insert_with(|| Leaf {
            count: 0,
            layout: Layout::One(self.layout.as_str().into()),
            values: Vec::new(),
        });
        if fresh {
            self.used += self.key.len() + self.layout.len() + 96;
        } else if matches!(&leaf.layout, Layout::One(l) if **l != *self.layout) {
            leaf.layout = Layout::Many;
        }
        leaf.count = leaf.count.saturating_add(1);
        let mut at = 0;
        for token in &self.tokens {
            let kind = match token.class {
                Class::Value(kind) => kind,
                Class::Soft => skeleton::kind_of(token.class),
                _ => continue,
            };
            if fresh {
                leaf.values.push(Values::default());
                self.used += 32;
            }
            let values = &mut leaf.values[at];
            values.kinds.add(kind);
            if values.seen.is_some() {
                self.used += values.add(token.text(line));
            }
            at += 1;
        }
        self.check()
    }

    fn check(&self) -> Result<()> {
        if self.used > self.limit {
            return Err(Error::MemoryLimit { operation: "template mining", limit: self.limit });
        }
        Ok(())
    }

    /// Adds all that another state holds.
    ///
    /// # Errors
    /// [`Error::MemoryLimit`]; [`Error::InvalidArgument`] where the options differ.
    pub fn merge(&mut self, other: &TemplateMiner) -> Result<()> {
        if self.options != other.options {
            return Err(Error::InvalidArgument {
                argument: "templates",
                reason: "they were mined with different options".into(),
                hint: "Use the same options in every part.".into(),
            });
        }
        for (key, theirs) in &other.leaves {
            match self.leaves.get_mut(key) {
                None => {
                    self.used += key.len() + 96 + theirs.values.len() * 32;
                    self.leaves.insert(key.clone(), theirs.clone());
                }
                Some(ours) => {
                    ours.count = ours.count.saturating_add(theirs.count);
                    if ours.layout != theirs.layout {
                        ours.layout = Layout::Many;
                    }
                    for (a, b) in ours.values.iter_mut().zip(&theirs.values) {
                        self.used += a.merge(b);
                    }
                }
            }
        }
        self.check()
    }

    /// Number of lines added.
    pub fn lines(&self) -> u64 {
        self.leaves.values().fold(0, |sum, leaf| sum.saturating_add(leaf.count))
    }

    /// Heap bytes in use, about.
    pub fn memory(&self) -> usize {
        self.used
    }

    /// The options given to [`TemplateMiner::new`].
    pub fn options(&self) -> MinerOptions {
        self.options
    }

    fn sorted(&self) -> Vec<(&[u8], &Leaf)> {
        let mut leaves: Vec<(&[u8], &Leaf)> = self.leaves.iter().map(|(key, leaf)| (&**key, leaf)).collect();
        leaves.sort_unstable_by_key(|leaf| leaf.0);
        leaves
    }

    /// The binary form: a version byte, then postcard. Equal states have equal bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let leaves = self.sorted().into_iter().map(|(key, leaf)| (key.into(), leaf.clone())).collect();
        // invariant: serialising plain vectors into a growing buffer cannot fail
        postcard::to_extend(&Wire { options: self.options, leaves }, vec![MINER_VERSION]).unwrap_or_default()
    }

    /// Reads what [`TemplateMiner::to_bytes`] wrote, checking everything.
    ///
    /// # Errors
    /// [`Error::InvalidValue`], [`Error::NewerVersion`] or [`Error::MemoryLimit`].
    pub fn from_bytes(bytes: &[u8], memory_limit: usize) -> Result<Self> {
        let (&version, body) = bytes.split_first().ok_or_else(|| Error::invalid(WHAT, "It is empty."))?;
        if version == 0 || version > MINER_VERSION {
            return Err(Error::NewerVersion { what: WHAT, found: version.into(), newest: MINER_VERSION.into() });
        }
        let (wire, rest): (Wire, _) =
            postcard::take_from_bytes(body).map_err(|e| Error::invalid(WHAT, format!("The binary form: {e}.")))?;
        if !rest.is_empty() {
            return Err(Error::invalid(WHAT, "Bytes are left over at the end."));
        }
        let mut miner = TemplateMiner::new(wire.options, memory_limit);
        let mut last: Option<Box<[u8]>> = None;
        for (key, leaf) in wire.leaves {
            let parts = skeleton::read(&key).ok_or_else(|| Error::invalid(WHAT, "A skeleton cannot be read."))?;
            let slots = parts.iter().filter(|p| matches!(p, skeleton::Part::Value | skeleton::Part::Soft(_))).count();
            let layout_fits = match &leaf.layout {
                Layout::One(layout) => layout_matches(layout, &parts),
                Layout::Many => true,
            };
            if leaf.count == 0 || slots != leaf.values.len() || leaf.values.iter().any(Values::problem) || !layout_fits
            {
                return Err(Error::invalid(WHAT, "The values of a skeleton do not fit it."));
            }
            if last.as_ref().is_some_and(|last| *last >= key) {
                return Err(Error::invalid(WHAT, "The skeletons are out of order."));
            }
            miner.used += key.len() + 96 + leaf.values.len() * 32;
            last = Some(key.clone());
            miner.leaves.insert(key, leaf);
        }
        miner.check()?;
        Ok(miner)
    }

    /// Derives the templates. A function of the set of lines added, not of their order, number or grouping.
    ///
    /// # Errors
    /// [`Error::InvalidValue`] where the state cannot be read back, which would be a bug.
    pub fn finish(&self) -> Result<Templates> {
        cluster::templates(&self.sorted(), &self.options)
    }
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

fn layout_matches(layout: &str, parts: &[skeleton::Part]) -> bool {
    let blanks = parts.iter().filter(|p| **p == skeleton::Part::Blank).count();
    let runs: Vec<&str> = layout.split_terminator('|').collect();
    let all_blank = layout.bytes().all(|b| b == b'|' || super::scan::CLASS[b as usize] == super::scan::B);
    layout.is_empty() || (all_blank && layout.ends_with('|') && runs.len() == blanks + 2)
}
