//! Asking a set for single traces: what a refresh does with the rows that are new since the last time.

use super::TraceSet;
use crate::error::Result;
use crate::trace::order::{EventRow, assemble, sort_rows};
use crate::trace::{Label, Trace, TraceView, Variant};
use hashbrown::HashMap;
use xxhash_rust::xxh3::xxh3_64;

/// Variants as a set numbers their labels: each event's label, `None` for one that the set does not have.
#[derive(Debug, Default)]
pub struct VariantIds(HashMap<Box<[u8]>, Box<[Option<u32>]>>);

pub(super) fn key_hash(key: &[u8]) -> u32 {
    xxh3_64(key) as u32
}

/// The bits of a hash in all places where the table looks for some.
pub(super) fn spread(hash: u32) -> u64 {
    u64::from(hash) << 32 | u64::from(hash)
}

impl TraceSet {
    /// The position of a key's trace.
    pub(super) fn find_hashed(&self, key: &[u8], hash: u32) -> Option<usize> {
        let (keys, traces) = (&self.keys, &self.traces);
        let equal = |&(known, at): &(u32, u32)| known == hash && Self::key_of(keys, &traces[at as usize]) == key;
        self.index.find(spread(hash), equal).map(|&(_, at)| at as usize)
    }

    /// The position of a key's trace. O(bytes of the key).
    pub fn find(&self, key: &[u8]) -> Option<usize> {
        self.find_hashed(key, key_hash(key))
    }

    /// The key of the trace at a position.
    pub fn key(&self, at: usize) -> &[u8] {
        Self::key_of(&self.keys, &self.traces[at])
    }

    /// How many rows its traces have. O(traces).
    pub fn rows(&self) -> u64 {
        self.traces.iter().map(|rows| u64::from(rows.count)).sum()
    }

    /// Whether the trace at a position has just those events that `old` has from `since` on.
    pub fn agrees(&self, at: usize, old: &TraceView<'_>, since: i64, ids: &mut VariantIds) -> Result<bool> {
        let start = old.times.partition_point(|&time| time < since);
        let rows = &self.traces[at];
        if rows.count as usize != old.times.len() - start {
            return Ok(false);
        }
        if !ids.0.contains_key(old.variant) {
            let variant = Variant::from_bytes(old.variant)?;
            let known: Vec<Option<u32>> =
                variant.labels.iter().map(|label| self.label_ids.get(label).copied()).collect();
            ids.0.insert(old.variant.into(), variant.events.iter().map(|&event| known[event as usize]).collect());
        }
        let Some(labels) = ids.0.get(old.variant) else { return Ok(false) };
        let mut rows = Vec::with_capacity(rows.count as usize);
        self.read_rows(at, &mut rows)?;
        sort_rows(&mut rows, &self.labels);
        let seqs = old.seqs();
        Ok(rows.iter().enumerate().all(|(i, row)| {
            let i = start + i;
            row.at == old.times[i]
                && labels.get(i) == Some(&Some(row.label))
                && row.seq == seqs.get(i).copied()
                && row.parameters == old.parameters.get(i).copied().flatten()
        }))
    }

    /// The trace at a position, after those events of an older state of it that are before `since`.
    pub fn continued(&mut self, at: usize, old: Option<&Trace>, since: i64) -> Result<Trace> {
        let old_labels: Vec<u32> = match old {
            Some(old) => {
                let labels = &old.variant.labels;
                labels.iter().map(|l: &Label| self.label(l.component.as_deref(), &l.event)).collect::<Result<_>>()?
            }
            None => Vec::new(),
        };
        let timed = self.is_timed();
        let mut rows = Vec::new();
        self.read_rows(at, &mut rows)?;
        if let Some(old) = old {
            let kept = old.times.partition_point(|&time| time < since);
            rows.extend((0..kept).map(|i| EventRow {
                at: old.times[i],
                label: old_labels[old.variant.events[i] as usize],
                seq: old.seqs.get(i).copied(),
                parameters: old.parameters.get(i).and_then(Option::as_deref),
            }));
        }
        assemble(rows, &self.labels, timed)
    }
}

#[cfg(test)]
mod tests {
    use crate::trace::{SetRow, Trace, TraceSet, TraceView};
    use proptest::prelude::*;

    type Given = (i64, Option<String>, String, Option<String>);

    fn row(given: &Given) -> SetRow<'_> {
        let (at, component, event, parameters) = given;
        SetRow { at: Some(*at), seq: None, event, component: component.as_deref(), parameters: parameters.as_deref() }
    }

    fn whole(rows: &[Given]) -> Trace {
        Trace::from_rows(
            rows.iter().map(|(at, c, e, p)| (Some(*at), None, e.as_str(), c.as_deref(), p.as_deref())).collect(),
        )
    }

    proptest! {
        #[test]
        fn what_was_before_and_the_rows_since_make_the_whole(
            rows in prop::collection::vec(
                (-20i64..20, prop::option::of("[xy]".prop_map(String::from)), "[a-c]", prop::option::of("[0-9]".prop_map(String::from))), 1..40),
            added in 0usize..40,
            since in -20i64..20,
        ) {
            // what was added since comes in the window
            let known: Vec<Given> = rows.iter().enumerate().filter(|(i, r)| *i >= added || r.0 < since).map(|r| r.1.clone()).collect();
            let (old, new) = (whole(&known), whole(&rows));
            let mut set = TraceSet::new(usize::MAX);
            for given in rows.iter().filter(|r| r.0 >= since) {
                set.add(Some(b"k"), row(given)).unwrap();
            }
            prop_assume!(!set.is_empty());
            let recent = rows.iter().filter(|r| r.0 >= since).count() as u64;
            prop_assert_eq!(set.rows(), recent);
            let at = set.find(b"k").unwrap();
            let bytes = old.to_bytes();
            let view = TraceView::from_bytes(&bytes).unwrap();
            prop_assert_eq!(set.agrees(at, &view, since, &mut Default::default()).unwrap(), old == new);
            prop_assert_eq!(set.continued(at, Some(&old), since).unwrap(), new);
        }
    }
}
