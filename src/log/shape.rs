//! What bounds the state: lines of one shape share a table of words that saturates.
//!
//! A shape is a skeleton with its words taken out. While a shape has few skeletons all are kept. Beyond that, a
//! position with many words is masked, and the more skeletons there are the fewer words are many. All of it follows
//! from the set of lines alone: words per position are a saturating union, and the number of skeletons is estimated
//! from the smallest hashes, which merge exactly.

use super::skeleton::Part;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// Skeletons of a shape that are all kept.
pub(crate) const EXACT: u32 = 2048;
/// Beyond this many skeletons of a shape, a position keeps at most so many words.
const LEVELS: [(u64, usize); 4] = [(EXACT as u64, MAX_WORDS), (1 << 14, 16), (1 << 16, 4), (1 << 18, 0)];
const MAX_WORDS: usize = 64;
/// Smallest hashes kept to estimate the number of skeletons.
const HASHES: usize = 64;
/// Key of the hashes; part of the format.
const KEY: u64 = 0x6c6f_6766_736d_0003;

/// Hash of a shape or skeleton.
pub(crate) fn hash(bytes: &[u8]) -> u64 {
    xxh3_64_with_seed(bytes, KEY)
}

/// The state of a shape.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Shape {
    /// 0 while all skeletons are kept.
    pub level: u8,
    /// Skeletons added while the level is 0.
    #[serde(skip)]
    pub keys: u32,
    /// The words of each position, sorted, `None` once there were too many.
    pub words: Vec<Option<Vec<Box<str>>>>,
    /// The smallest hashes of its skeletons, sorted.
    pub hashes: Vec<u64>,
    /// Masked positions.
    #[serde(skip)]
    pub mask: Vec<bool>,
}

/// The text of the parts that a shape masks.
fn word(part: &Part) -> Option<&str> {
    match part {
        Part::Word(text) | Part::Soft(text) => Some(text),
        _ => None,
    }
}

fn insert(words: &mut Option<Vec<Box<str>>>, text: &str) {
    if let Some(known) = words
        && let Err(i) = known.binary_search_by(|w| (**w).cmp(text))
    {
        if known.len() < MAX_WORDS {
            known.insert(i, text.into());
        } else {
            *words = None;
        }
    }
}

impl Shape {
    /// Adds a skeleton; returns whether more is masked than before.
    pub fn add(&mut self, key: &[u8], parts: &[Part]) -> bool {
        for (at, text) in parts.iter().filter_map(word).enumerate() {
            if at == self.words.len() {
                self.words.push(Some(Vec::new()));
            }
            insert(&mut self.words[at], text);
        }
        self.add_hash(hash(key));
        self.settle()
    }

    fn add_hash(&mut self, hash: u64) {
        if let Err(i) = self.hashes.binary_search(&hash)
            && i < HASHES
        {
            self.hashes.insert(i, hash);
            self.hashes.truncate(HASHES);
        }
    }

    /// Adds all that another state of this shape holds, but not its skeletons.
    pub fn merge(&mut self, other: &Shape) {
        self.level = self.level.max(other.level);
        self.words.resize(self.words.len().max(other.words.len()), Some(Vec::new()));
        for (ours, theirs) in self.words.iter_mut().zip(&other.words) {
            match theirs {
                Some(words) => words.iter().for_each(|w| insert(ours, w)),
                None => *ours = None,
            }
        }
        other.hashes.iter().for_each(|h| self.add_hash(*h));
    }

    /// Brings level and mask up to date; returns whether the mask changed.
    pub fn settle(&mut self) -> bool {
        if self.level == 0 && self.keys > EXACT {
            self.level = 1;
        }
        while self.level > 0 && usize::from(self.level) < LEVELS.len() {
            let more = u64::MAX / LEVELS[usize::from(self.level)].0 * HASHES as u64;
            if self.hashes.len() < HASHES || self.hashes[HASHES - 1] > more {
                break;
            }
            self.level += 1;
        }
        if self.level == 0 {
            return false;
        }
        let most = LEVELS[usize::from(self.level).min(LEVELS.len()) - 1].1;
        let masked = |words: &Option<Vec<Box<str>>>| words.as_ref().is_none_or(|w| w.len() > most);
        let before = self.mask.iter().filter(|m| **m).count();
        self.mask = self.words.iter().map(masked).collect();
        self.mask.iter().filter(|m| **m).count() != before
    }

    /// True for what [`Shape::add`] and [`Shape::merge`] can have made.
    pub fn is_valid(&self) -> bool {
        (1..=LEVELS.len()).contains(&usize::from(self.level))
            && self.hashes.len() <= HASHES
            && self.hashes.windows(2).all(|w| w[0] < w[1])
            && self.words.iter().flatten().all(|w| w.len() <= MAX_WORDS && w.windows(2).all(|w| w[0] < w[1]))
    }

    /// Heap bytes, about.
    pub fn bytes(&self) -> usize {
        let words: usize = self.words.iter().flatten().flatten().map(|w| w.len() + 16).sum();
        128 + words + self.hashes.len() * 8 + self.words.len() * 32
    }
}
