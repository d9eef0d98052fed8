//! The binary form of counted pairs, versioned and checked when read.

use super::miner::{InvariantMiner, Single};
use super::pairs::{NOTHING, Pair};
use crate::automaton::LabelId;
use crate::error::{Error, Result};
use crate::trace::Label;
use serde::{Deserialize, Serialize};

/// The version of the binary form that this release writes.
pub const INVARIANTS_VERSION: u8 = 1;
const WHAT: &str = "logfsm.invariant_counts";

/// The portable form: labels ascending, pairs that say something, ascending.
#[derive(Serialize, Deserialize)]
struct Portable {
    labels: Vec<Label>,
    singles: Vec<Single>,
    pairs: Vec<(LabelId, LabelId, Pair)>,
    traces: u64,
}

impl InvariantMiner {
    /// The binary form, the same for the same traces in any order and grouping.
    pub fn to_bytes(&self) -> Vec<u8> {
        let order = self.order();
        let mut rank = vec![0 as LabelId; order.len()];
        order.iter().enumerate().for_each(|(at, &label)| rank[label] = at as LabelId);
        let occurring = self.pairs.occurring();
        let mut pairs: Vec<(LabelId, LabelId, Pair)> =
            occurring.map(|(a, b, pair)| (rank[a as usize], rank[b as usize], pair)).collect();
        pairs.sort_unstable_by_key(|&(a, b, _)| (a, b));
        let labels = order.iter().map(|&i| self.labels[i].clone()).collect();
        let singles = order.iter().map(|&i| self.singles[i]).collect();
        let portable = Portable { labels, singles, pairs, traces: self.traces };
        // invariant: serialising plain vectors into a growing buffer cannot fail
        postcard::to_extend(&portable, vec![INVARIANTS_VERSION]).unwrap_or_default()
    }

    /// Reads what [`InvariantMiner::to_bytes`] wrote, checking it; it may hold about `limit` bytes.
    pub fn from_bytes(bytes: &[u8], limit: usize) -> Result<Self> {
        let (&version, body) = bytes.split_first().ok_or_else(|| Error::invalid(WHAT, "It is empty."))?;
        if version == 0 {
            return Err(Error::invalid(WHAT, "Versions count from 1."));
        }
        if version != INVARIANTS_VERSION {
            let newest = INVARIANTS_VERSION.into();
            return Err(Error::NewerVersion { what: WHAT, found: version.into(), newest });
        }
        let (read, rest): (Portable, _) =
            postcard::take_from_bytes(body).map_err(|e| Error::invalid(WHAT, format!("The binary form: {e}.")))?;
        let labels = read.labels.len();
        if !rest.is_empty() || read.singles.len() != labels || read.labels.windows(2).any(|pair| pair[0] >= pair[1]) {
            return Err(Error::invalid(WHAT, "Labels or counts are out of order or number."));
        }
        let mut miner = Self::new(limit);
        miner.pairs.widen(labels)?;
        miner.labels_of(&read.labels)?;
        let unprintable = |l: &Label| l.event.contains('\0') || l.component.as_ref().is_some_and(|c| c.contains('\0'));
        if read.labels.iter().any(unprintable) {
            return Err(Error::invalid(WHAT, "A label holds a NUL character."));
        }
        let sane =
            |s: &Single| s.traces > 0 && s.traces <= s.occurrences && s.gaps < s.occurrences && s.traces <= read.traces;
        if !read.singles.iter().all(sane) {
            return Err(Error::invalid(WHAT, "Counts contradict each other."));
        }
        miner.singles = read.singles;
        miner.traces = read.traces;
        for (a, b, pair) in read.pairs {
            let known = |id: LabelId| (id as usize) < labels;
            if !known(a) || !known(b) {
                return Err(Error::invalid(WHAT, "A pair refers to a label that does not exist."));
            }
            let (first, then) = (miner.singles[a as usize], miner.singles[b as usize]);
            let times = pair.times.0 <= pair.times.1 || pair.times == NOTHING.times;
            if pair.followed > first.occurrences
                || pair.preceded > then.occurrences
                || pair.interrupted > first.gaps
                || !times
            {
                return Err(Error::invalid(WHAT, "Counts contradict each other."));
            }
            *miner.pairs.at(a, b) = pair;
            miner.pairs.check()?;
        }
        Ok(miner)
    }
}
