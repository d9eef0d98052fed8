//! The mergeable state behind templates: what an aggregate carries.
//!
//! The state is a join semilattice. Per skeleton it keeps, for every value position, the set of kinds and the set of
//! values seen, saturating at a fixed size; merging is union. Counts are sums kept beside it and decide nothing, so
//! adding the same lines again changes no template. Templates follow from the state in [`TemplateMiner::finish`].

use super::cluster;
use super::leaf::{Layout, Leaf, Values, layout_matches, layout_of, observe};
use super::masks::Masks;
use super::shape::{self, Shape};
use super::skeleton::{self, Part};
use super::templates::Templates;
use super::token::{Token, tokenize};
use crate::error::{Error, Result};
use hashbrown::{HashMap, HashSet};
use serde::{Deserialize, Serialize};

/// The version of the binary form this release writes; version 1, which is written where it suffices, has no masks.
pub const MINER_VERSION: u8 = 2;
const WHAT: &str = "logfsm.templates";
/// Shapes kept. Logs have hundreds; only arbitrary bytes have more, and those beyond become one template.
const MAX_SHAPES: usize = 1 << 16;

/// How templates are mined. The defaults are meant for all systems.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MinerOptions {
    /// What the caller knows to be values.
    pub masks: Masks,
    /// Distinct words at one position, all else equal, from which on they are values of a slot; fewer do where they look
    /// like names, more are needed where they look like what happened.
    pub word_limit: u32,
}

impl Default for MinerOptions {
    fn default() -> Self {
        MinerOptions { masks: Masks::default(), word_limit: 4 }
    }
}

/// Collects lines for template mining; see the module's documentation.
#[derive(Debug, Clone)]
pub struct TemplateMiner {
    options: MinerOptions,
    limit: usize,
    used: usize,
    leaves: HashMap<Box<[u8]>, Leaf>,
    shapes: HashMap<u64, Shape>,
    /// Shapes of larger hash are not kept.
    bound: u64,
    /// Lines whose shapes are not kept.
    overflow: u64,
    key: Vec<u8>,
    shape: Vec<u8>,
    tokens: Vec<Token>,
    layout: String,
}

#[derive(Serialize, Deserialize)]
struct Wire {
    word_limit: u32,
    bound: u64,
    overflow: u64,
    shapes: Vec<(u64, Shape)>,
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
            shapes: HashMap::new(),
            bound: u64::MAX,
            overflow: 0,
            key: Vec::new(),
            shape: Vec::new(),
            tokens: Vec::new(),
            layout: String::new(),
        }
    }

    /// Adds one line. Linear in the line.
    ///
    /// # Errors
    /// [`Error::MemoryLimit`] where distinct skeletons outgrow the limit, [`Error::InvalidArgument`] for a line of 4 GB.
    pub fn add(&mut self, line: &str) -> Result<()> {
        check_length(line)?;
        tokenize(line, &self.options.masks, &mut self.tokens);
        skeleton::write(line, &self.tokens, &mut self.key);
        layout_of(line, &self.tokens, &mut self.layout);
        // a skeleton without masked words is its own key, so one look-up settles most lines
        if let Some(leaf) = self.leaves.get_mut(self.key.as_slice()) {
            self.used += observe(leaf, line, &self.tokens, &self.layout, &[]);
            return self.check();
        }
        let parts =
            skeleton::read(&self.key).ok_or_else(|| Error::invalid(WHAT, "A line's skeleton is unreadable."))?;
        skeleton::render(&parts, |_| true, &mut self.shape);
        let id = shape::hash(&self.shape);
        if id > self.bound {
            self.overflow = self.overflow.saturating_add(1);
            return Ok(());
        }
        let shape = self.shapes.entry(id).or_default();
        let before = shape.bytes();
        shape.keys = shape.keys.saturating_add(u32::from(shape.level == 0));
        let wider = shape.add(&self.key, &parts);
        self.used = (self.used + shape.bytes()).saturating_sub(before);
        let mask = shape.mask.clone();
        if wider {
            self.remask(&HashSet::from([id]));
        }
        if mask.contains(&true) {
            skeleton::render(&parts, |number| mask.get(number) == Some(&true), &mut self.key);
        }
        let mut fresh = 0;
        let leaf = self.leaves.entry_ref(self.key.as_slice()).or_insert_with(|| {
            let parts = skeleton::read(&self.key).unwrap_or_default();
            let values = parts.iter().filter(|p| skeleton::has_values(p)).map(|_| Values::default()).collect();
            let leaf = Leaf { shape: id, count: 0, layout: Layout::One(self.layout.as_str().into()), values };
            fresh = leaf.bytes(&self.key);
            leaf
        });
        self.used += fresh + observe(leaf, line, &self.tokens, &self.layout, &mask);
        if self.shapes.len() > 2 * MAX_SHAPES {
            self.prune();
        }
        self.check()
    }

    /// Applies the masks of these shapes to their leaves.
    fn remask(&mut self, shapes: &HashSet<u64>) {
        let moved: Vec<(Box<[u8]>, Leaf)> = self.leaves.extract_if(|_, leaf| shapes.contains(&leaf.shape)).collect();
        for (key, leaf) in moved {
            self.used = self.used.saturating_sub(leaf.bytes(&key));
            let mask = self.shapes.get(&leaf.shape).map_or(&[][..], |s| &s.mask);
            let parts = skeleton::read(&key).unwrap_or_default();
            let (key, leaf) = leaf.masked(&parts, mask);
            self.absorb(key, leaf);
        }
    }

    /// Adds a leaf under its key; returns whether the key is new.
    fn absorb(&mut self, key: Box<[u8]>, leaf: Leaf) -> bool {
        match self.leaves.get_mut(&key) {
            Some(ours) => {
                self.used = self.used.saturating_sub(ours.bytes(&key));
                ours.merge(&leaf);
                self.used += ours.bytes(&key);
                false
            }
            None => {
                self.used += leaf.bytes(&key);
                self.leaves.insert(key, leaf);
                true
            }
        }
    }

    /// Keeps the shapes of smallest hash: a set that no order of adding and merging changes.
    fn prune(&mut self) {
        if self.shapes.len() > MAX_SHAPES {
            let mut ids: Vec<u64> = self.shapes.keys().copied().collect();
            let (_, bound, _) = ids.select_nth_unstable(MAX_SHAPES - 1);
            self.bound = self.bound.min(*bound);
        }
        let bound = self.bound;
        let mut gone = 0u64;
        self.shapes.retain(|id, _| *id <= bound);
        self.leaves.retain(|_, leaf| {
            let keep = leaf.shape <= bound;
            gone = gone.saturating_add(if keep { 0 } else { leaf.count });
            keep
        });
        self.overflow = self.overflow.saturating_add(gone);
        self.used = self.leaves.iter().map(|(key, leaf)| leaf.bytes(key)).sum::<usize>()
            + self.shapes.values().map(Shape::bytes).sum::<usize>();
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
                reason: "They were mined with different options".into(),
                hint: "Use the same options in every part.".into(),
            });
        }
        self.bound = self.bound.min(other.bound);
        self.overflow = self.overflow.saturating_add(other.overflow);
        let mut wider: HashSet<u64> = HashSet::new();
        for (&id, theirs) in &other.shapes {
            let ours = self.shapes.entry(id).or_default();
            let before = ours.bytes();
            ours.merge(theirs);
            self.used = (self.used + ours.bytes()).saturating_sub(before);
            if ours.level > 0 {
                ours.settle();
                wider.insert(id);
            }
        }
        for (key, leaf) in &other.leaves {
            if self.absorb(key.clone(), leaf.clone())
                && let Some(shape) = self.shapes.get_mut(&leaf.shape)
                && shape.level == 0
            {
                shape.keys = shape.keys.saturating_add(1);
                if shape.keys > shape::EXACT {
                    shape.settle();
                    wider.insert(leaf.shape);
                }
            }
        }
        if !wider.is_empty() {
            self.remask(&wider);
        }
        self.prune();
        self.check()
    }

    /// Number of lines added.
    pub fn lines(&self) -> u64 {
        self.leaves.values().fold(self.overflow, |sum, leaf| sum.saturating_add(leaf.count))
    }

    /// Heap bytes in use, about.
    pub fn memory(&self) -> usize {
        self.used
    }

    /// The options given to [`TemplateMiner::new`].
    pub fn options(&self) -> &MinerOptions {
        &self.options
    }

    /// True where lines were too many-shaped to be told apart.
    pub(crate) fn has_overflow(&self) -> bool {
        self.overflow > 0
    }

    /// The leaves by key.
    pub(crate) fn sorted(&self) -> Vec<(&[u8], &Leaf)> {
        let mut leaves: Vec<(&[u8], &Leaf)> = self.leaves.iter().map(|(key, leaf)| (&**key, leaf)).collect();
        leaves.sort_unstable_by_key(|leaf| leaf.0);
        leaves
    }

    /// Itself with only the shapes that stay.
    fn pruned(&self) -> std::borrow::Cow<'_, TemplateMiner> {
        if self.shapes.len() <= MAX_SHAPES {
            return std::borrow::Cow::Borrowed(self);
        }
        let mut out = self.clone();
        out.prune();
        std::borrow::Cow::Owned(out)
    }

    /// The binary form: a version byte, then postcard. Equal states have equal bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let state = self.pruned();
        let mut shapes: Vec<(u64, Shape)> =
            state.shapes.iter().filter(|(_, s)| s.level > 0).map(|(id, s)| (*id, s.clone())).collect();
        shapes.sort_unstable_by_key(|shape| shape.0);
        let leaves = state.sorted().into_iter().map(|(key, leaf)| (key.into(), leaf.clone())).collect();
        let word_limit = state.options.word_limit;
        let wire = Wire { word_limit, bound: state.bound, overflow: state.overflow, shapes, leaves };
        let masks = state.options.masks.patterns();
        // invariant: serialising plain vectors into a growing buffer cannot fail
        if masks.is_empty() {
            return postcard::to_extend(&wire, vec![1]).unwrap_or_default();
        }
        let head = postcard::to_extend(masks, vec![MINER_VERSION]).unwrap_or_default();
        postcard::to_extend(&wire, head).unwrap_or_default()
    }

    /// Reads what [`TemplateMiner::to_bytes`] wrote, checking everything.
    ///
    /// # Errors
    /// [`Error::InvalidValue`], [`Error::NewerVersion`] or [`Error::MemoryLimit`].
    pub fn from_bytes(bytes: &[u8], memory_limit: usize) -> Result<Self> {
        let (&version, body) = bytes.split_first().ok_or_else(|| Error::invalid(WHAT, "It is empty."))?;
        if version == 0 {
            return Err(Error::invalid(WHAT, "Versions count from 1."));
        }
        if version > MINER_VERSION {
            return Err(Error::NewerVersion { what: WHAT, found: version.into(), newest: MINER_VERSION.into() });
        }
        let unreadable = |e: postcard::Error| Error::invalid(WHAT, format!("The binary form: {e}."));
        let (masks, body): (Vec<String>, _) =
            if version == 1 { (Vec::new(), body) } else { postcard::take_from_bytes(body).map_err(unreadable)? };
        let (wire, rest): (Wire, _) = postcard::take_from_bytes(body).map_err(unreadable)?;
        if !rest.is_empty() {
            return Err(Error::invalid(WHAT, "Bytes are left over at the end."));
        }
        let options = MinerOptions { masks: Masks::new(masks)?, word_limit: wire.word_limit };
        let mut miner = TemplateMiner::new(options, memory_limit);
        miner.bound = wire.bound;
        miner.overflow = wire.overflow;
        for (id, mut shape) in wire.shapes {
            shape.settle();
            if !shape.is_valid() || miner.shapes.insert(id, shape).is_some() {
                return Err(Error::invalid(WHAT, "The words of a shape are not as they must be."));
            }
        }
        let mut last: Option<Box<[u8]>> = None;
        for (key, leaf) in wire.leaves {
            let parts = skeleton::read(&key).ok_or_else(|| Error::invalid(WHAT, "A skeleton cannot be read."))?;
            let slots = parts.iter().filter(|p| skeleton::has_values(p)).count();
            let layout_fits = match &leaf.layout {
                Layout::One(layout) => layout_matches(layout, &parts),
                Layout::Many => true,
            };
            let values_fit = slots == leaf.values.len() && !leaf.values.iter().any(Values::problem);
            skeleton::render(&parts, |_| true, &mut miner.shape);
            if leaf.count == 0 || !values_fit || !layout_fits || leaf.shape != shape::hash(&miner.shape) {
                return Err(Error::invalid(WHAT, "The values of a skeleton do not fit it."));
            }
            if last.as_ref().is_some_and(|last| *last >= key) {
                return Err(Error::invalid(WHAT, "The skeletons are out of order."));
            }
            last = Some(key.clone());
            let shape = miner.shapes.entry(leaf.shape).or_default();
            if shape.level == 0 {
                if parts.contains(&Part::Masked) {
                    return Err(Error::invalid(WHAT, "A word is masked for no reason."));
                }
                shape.keys = shape.keys.saturating_add(1);
                shape.add(&key, &parts);
            }
            miner.used += leaf.bytes(&key);
            miner.leaves.insert(key, leaf);
        }
        miner.prune();
        miner.check()?;
        Ok(miner)
    }

    /// Derives the templates. A function of the set of lines added, not of their order, number or grouping.
    ///
    /// # Errors
    /// [`Error::InvalidValue`] where the state cannot be read back, which would be a bug.
    pub fn finish(&self) -> Result<Templates> {
        let state = self.pruned();
        cluster::templates(&state.sorted(), state.overflow, &state.options)
    }
}

/// The longest line whose offsets fit 32 bits.
fn check_length(line: &str) -> Result<()> {
    if u32::try_from(line.len()).is_err() {
        return Err(Error::InvalidArgument {
            argument: "message",
            reason: format!("It has {} bytes", line.len()),
            hint: "Lines must be shorter than 4 GB.".into(),
        });
    }
    Ok(())
}
