//! Many traces collected from rows in any order, each row a few bytes: what a table scan fills without sorting or
//! grouping it first.
//!
//! Rows of a trace are kept as they come, as differences from the row before, and are ordered when traces are asked
//! for. Sets of parts of a table combine to the set of the whole: the parts' bytes stay as they are.

mod binary;
mod flat;
mod lookup;
mod numbers;
mod order;
mod store;

pub use binary::Binaries;
pub use flat::Proceed;
pub use lookup::VariantIds;
pub use order::Start;

use super::Label;
use super::order::EventRow;
use crate::error::{Error, Result};
use hashbrown::{Equivalent, HashMap, HashTable};
use lookup::{key_hash, spread};
use numbers::{Reader, Written, unzigzag};
use store::{Chain, Store};

const WHAT: &str = "logfsm.trace_set";
/// How many traces are remembered as met lately.
const RECENT: usize = 4096;
/// How many labels are remembered as met lately.
const RECENT_LABELS: usize = 64;
/// What a trace takes beside its rows' bytes and its key.
const TRACE_BYTES: usize = size_of::<Rows>() + 12;

/// One row to add.
#[derive(Debug, Clone, Copy)]
pub struct SetRow<'a> {
    /// Microseconds since 2000-01-01 UTC.
    pub at: Option<i64>,
    /// Its sequence number.
    pub seq: Option<i64>,
    /// The component that wrote it.
    pub component: Option<&'a str>,
    /// The event type.
    pub event: &'a str,
    /// Its parameters as JSON text.
    pub parameters: Option<&'a str>,
}

/// The rows of one trace.
#[derive(Debug, Clone, Default)]
struct Rows {
    key_start: u64,
    key_length: u32,
    count: u32,
    /// Time and sequence number of the last row that was added here.
    at: i64,
    seq: i64,
    chain: Chain,
}

/// Traces by key; keys are bytes, equal exactly where keys are equal, and order traces.
#[derive(Debug, Clone)]
pub struct TraceSet {
    labels: Vec<Label>,
    label_ids: HashMap<Label, u32>,
    /// Labels met lately, by what [`glance`] sees of them.
    recent_labels: [u32; RECENT_LABELS],
    keys: Vec<u8>,
    /// Hash and position of each trace: growing it looks at no key.
    index: HashTable<(u32, u32)>,
    /// Hash and position of traces met lately, by their hashes' low bits: rows of a trace are often near each other, and
    /// the index of many traces is in no cache.
    recent: Box<[(u32, u32)]>,
    traces: Vec<Rows>,
    store: Store,
    /// Whether rows have times; `None` before the first.
    timed: Option<bool>,
    keyless: u64,
    bytes: usize,
    limit: usize,
}

#[derive(Hash)]
struct LabelRef<'a> {
    component: Option<&'a str>,
    event: &'a str,
}

impl Equivalent<Label> for LabelRef<'_> {
    fn equivalent(&self, label: &Label) -> bool {
        self.event == &*label.event && self.component == label.component.as_deref()
    }
}

impl TraceSet {
    /// An empty set that may hold about `limit` bytes.
    pub fn new(limit: usize) -> Self {
        TraceSet {
            labels: Vec::new(),
            label_ids: HashMap::new(),
            recent_labels: [0; RECENT_LABELS],
            keys: Vec::new(),
            index: HashTable::new(),
            recent: Box::default(),
            traces: Vec::new(),
            store: Store::default(),
            timed: None,
            keyless: 0,
            bytes: 0,
            limit,
        }
    }

    /// Number of traces.
    pub fn len(&self) -> usize {
        self.traces.len()
    }

    /// True without traces.
    pub fn is_empty(&self) -> bool {
        self.traces.is_empty()
    }

    /// Whether its rows have times.
    pub fn is_timed(&self) -> bool {
        self.timed == Some(true)
    }

    /// Rows that came without a key.
    pub fn keyless(&self) -> u64 {
        self.keyless
    }

    /// Approximate heap bytes held.
    pub fn heap_bytes(&self) -> usize {
        self.bytes
    }

    fn charge(&mut self, bytes: usize) -> Result<()> {
        self.bytes += bytes;
        if self.bytes > self.limit {
            return Err(Error::MemoryLimit { operation: "collecting traces", limit: self.limit });
        }
        Ok(())
    }

    fn label(&mut self, component: Option<&str>, event: &str) -> Result<u32> {
        let slot = glance(event);
        let recent = self.recent_labels[slot];
        let label = self.labels.get(recent as usize);
        if label.is_some_and(|label| *label.event == *event && label.component.as_deref() == component) {
            return Ok(recent);
        }
        let id = match self.label_ids.get(&LabelRef { component, event }) {
            Some(&id) => id,
            None => self.add_label(Label::new(component, event))?,
        };
        self.recent_labels[slot] = id;
        Ok(id)
    }

    fn add_label(&mut self, label: Label) -> Result<u32> {
        let id = self.labels.len() as u32;
        self.charge(2 * (size_of::<Label>() + label.heap_bytes()) + 16)?;
        self.labels.push(label.clone());
        self.label_ids.insert(label, id);
        Ok(id)
    }

    fn key_of<'a>(keys: &'a [u8], rows: &Rows) -> &'a [u8] {
        &keys[rows.key_start as usize..][..rows.key_length as usize]
    }

    fn trace(&mut self, key: &[u8]) -> Result<usize> {
        let hash = key_hash(key);
        let slot = hash as usize % RECENT;
        if let Some(&(known, at)) = self.recent.get(slot) {
            let rows = self.traces.get(at as usize).filter(|_| known == hash);
            if rows.is_some_and(|rows| Self::key_of(&self.keys, rows) == key) {
                return Ok(at as usize);
            }
        }
        let at = match self.find_hashed(key, hash) {
            Some(at) => at,
            None => self.add_trace(key, hash)?,
        };
        if let Some(recent) = self.recent.get_mut(slot) {
            *recent = (hash, at as u32);
        }
        Ok(at)
    }

    fn add_trace(&mut self, key: &[u8], hash: u32) -> Result<usize> {
        let at = u32::try_from(self.traces.len()).map_err(|_| Error::Overflow { what: "the number of traces" })?;
        let key_length = u32::try_from(key.len()).map_err(|_| Error::Overflow { what: "the length of a trace key" })?;
        self.charge(TRACE_BYTES + key.len())?;
        self.traces.push(Rows { key_start: self.keys.len() as u64, key_length, ..Rows::default() });
        self.keys.extend_from_slice(key);
        self.index.insert_unique(spread(hash), (hash, at), |&(hash, _)| spread(hash));
        if self.recent.is_empty() && self.traces.len() >= RECENT {
            self.recent = vec![(0, u32::MAX); RECENT].into();
        }
        Ok(at as usize)
    }

    /// Adds a row; one without a key is only counted. O(bytes of the row).
    ///
    /// Either all rows of a set have a time or none has; the caller's SQL declaration sees to it.
    pub fn add(&mut self, key: Option<&[u8]>, row: SetRow<'_>) -> Result<()> {
        let Some(key) = key else {
            self.keyless += 1;
            return Ok(());
        };
        self.timed.get_or_insert(row.at.is_some());
        let label = self.label(row.component, row.event)?;
        let trace = self.trace(key)?;
        self.push(trace, &EventRow { at: row.at.unwrap_or(0), label, seq: row.seq, parameters: row.parameters })
    }

    fn push(&mut self, trace: usize, row: &EventRow<'_>) -> Result<()> {
        let (timed, traces) = (self.is_timed(), self.traces.len());
        let rows = &mut self.traces[trace];
        rows.count = rows.count.checked_add(1).ok_or_else(too_many_events)?;
        let written = Written::after(row, timed, &mut rows.at, &mut rows.seq);
        let size = written.size();
        let grown = self.store.reserve(&mut rows.chain, size, traces)?;
        written.write(self.store.room(&mut rows.chain, size));
        if grown > 0 { self.charge(grown) } else { Ok(()) }
    }

    /// Hands on the rows of a trace in the order in which they are stored.
    fn each_row<'a>(&'a self, trace: usize, mut each: impl FnMut(EventRow<'a>)) -> Result<()> {
        let timed = self.is_timed();
        let (mut our_at, mut our_seq) = (0i64, 0i64);
        for (bytes, labels) in self.store.pieces(&self.traces[trace].chain) {
            // Rows of ours go on from ours before, those of a part begin anew.
            let (mut at, mut seq) = if labels.is_none() { (our_at, our_seq) } else { (0, 0) };
            let mut reader = Reader(bytes);
            while !reader.0.is_empty() {
                let head = reader.number()?;
                let label = match (labels, head >> 2) {
                    (Some(labels), label) => labels.get(label as usize).copied(),
                    (None, label) => u32::try_from(label).ok().filter(|&label| (label as usize) < self.labels.len()),
                };
                let label = label.ok_or_else(|| Error::invalid(WHAT, "A row refers to a label that is missing."))?;
                if timed {
                    at = at.wrapping_add(unzigzag(reader.number()?));
                }
                let numbered = head & 2 != 0;
                if numbered {
                    seq = seq.wrapping_add(unzigzag(reader.number()?));
                }
                let parameters = if head & 1 != 0 { Some(reader.text()?) } else { None };
                each(EventRow { at, label, seq: numbered.then_some(seq), parameters });
            }
            if labels.is_none() {
                (our_at, our_seq) = (at, seq);
            }
        }
        Ok(())
    }

    /// Reads the rows of a trace after what is in `rows` and checks that they are as many as was said.
    fn read_rows<'a>(&'a self, trace: usize, rows: &mut Vec<EventRow<'a>>) -> Result<()> {
        let before = rows.len();
        self.each_row(trace, |row| rows.push(row))?;
        if rows.len() - before != self.traces[trace].count as usize {
            return Err(Error::invalid(WHAT, "A trace has another number of rows than it says."));
        }
        Ok(())
    }
}

/// A number that differs for most event types of a log: from the length and three of the bytes.
fn glance(event: &str) -> usize {
    let bytes = event.as_bytes();
    let at = |i: usize| usize::from(bytes.get(i).copied().unwrap_or(0));
    let (length, middle, last) = (bytes.len(), at(bytes.len() / 2), at(bytes.len().wrapping_sub(1)));
    (length ^ at(0) << 3 ^ middle << 1 ^ last.wrapping_mul(5)) % RECENT_LABELS
}

fn too_many_events() -> Error {
    Error::Overflow { what: "the number of events of a trace" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::Trace;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    type Given = (u8, i64, Option<i64>, String, Option<String>, Option<String>);

    fn row(given: &Given) -> SetRow<'_> {
        let (_, at, seq, event, component, parameters) = given;
        SetRow { at: Some(*at), seq: *seq, event, component: component.as_deref(), parameters: parameters.as_deref() }
    }

    fn set_of(rows: &[Given]) -> TraceSet {
        let mut set = TraceSet::new(usize::MAX);
        rows.iter().for_each(|given| set.add(Some(&[given.0]), row(given)).unwrap());
        set
    }

    fn traces(set: &TraceSet) -> Vec<(Vec<u8>, Trace)> {
        let mut binaries = set.binaries();
        let mut one = |at: u32| {
            let mut bytes = Vec::new();
            binaries.append(at, &mut bytes).unwrap();
            let trace = Trace::from_bytes(&bytes).unwrap();
            assert_eq!(trace.to_bytes(), bytes);
            (set.key(at as usize).to_vec(), trace)
        };
        let (mut starts, _) = set.key_buckets();
        set.sort_bucket(&mut starts);
        starts.iter().map(|start| one(start.at())).collect()
    }

    #[test]
    fn sets_from_outside_hold_json() {
        for (parameters, good) in [(r#"{"a": [1]}"#, true), ("[1, 2", false), ("", false)] {
            let set = set_of(&[(1, 0, Some(1), "a".into(), None, Some(parameters.into()))]);
            assert_eq!(set.check(&|| Ok(())).is_ok(), good, "{parameters}");
        }
    }

    proptest! {
        #[test]
        fn equals_grouping_and_ordering_and_parts_combine(
            rows in prop::collection::vec(
                (0u8..6, any::<i64>(), (-3i64..300).prop_map(Some), "[a-c]", prop::option::of("[xy]".prop_map(String::from)), prop::option::of("[1-9][0-9]{0,2}".prop_map(String::from))),
                0..80),
            cut in 0usize..80,
            numbered in any::<bool>(),
        ) {
            let mut rows = rows;
            rows.iter_mut().filter(|_| !numbered).for_each(|row| row.2 = None);
            let mut groups: BTreeMap<u8, Vec<&Given>> = BTreeMap::new();
            rows.iter().for_each(|given| groups.entry(given.0).or_default().push(given));
            let expected: Vec<(Vec<u8>, Trace)> = groups.into_iter().map(|(key, rows)| {
                let rows = rows.iter().map(|(_, at, seq, e, c, p)| (Some(*at), *seq, e.as_str(), c.as_deref(), p.as_deref()));
                (vec![key], Trace::from_rows(rows.collect()))
            }).collect();
            prop_assert_eq!(traces(&set_of(&rows)), expected.clone());
            let (first, second) = rows.split_at(cut.min(rows.len()));
            let mut combined = set_of(second);
            combined.absorb(&set_of(first).to_bytes(&|| Ok(())).unwrap(), &|| Ok(())).unwrap();
            combined.check(&|| Ok(())).unwrap();
            let mut again = TraceSet::new(usize::MAX);
            again.absorb(&combined.to_bytes(&|| Ok(())).unwrap(), &|| Ok(())).unwrap();
            prop_assert_eq!(traces(&again), expected.clone());
            // A set that begins with a part goes on with rows of its own.
            let mut begun = TraceSet::new(usize::MAX);
            begun.absorb(&set_of(first).to_bytes(&|| Ok(())).unwrap(), &|| Ok(())).unwrap();
            second.iter().for_each(|given| begun.add(Some(&[given.0]), row(given)).unwrap());
            prop_assert_eq!(traces(&begun), expected.clone());
            // Rows of one's own go on after those of a part.
            let mut mixed = set_of(second);
            mixed.absorb(&set_of(first).to_bytes(&|| Ok(())).unwrap(), &|| Ok(())).unwrap();
            second.iter().for_each(|given| mixed.add(Some(&[given.0]), row(given)).unwrap());
            let mut twice = set_of(first);
            second.iter().chain(second).for_each(|given| twice.add(Some(&[given.0]), row(given)).unwrap());
            prop_assert_eq!(traces(&mixed), traces(&twice));
            prop_assert_eq!(traces(&combined), expected);
        }

        #[test]
        fn arbitrary_bytes_never_panic(mut bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = TraceSet::new(1 << 20).absorb(&bytes, &|| Ok(()));
            bytes.insert(0, flat::VERSION);
            let mut set = TraceSet::new(1 << 20);
            if set.absorb(&bytes, &|| Ok(())).is_ok() {
                let mut binaries = set.binaries();
                (0..set.len() as u32).for_each(|at| drop(binaries.append(at, &mut Vec::new())));
            }
        }
    }

    #[test]
    fn sequence_numbers_are_for_all_events_of_a_trace_or_for_none() {
        let rows: Vec<Given> = vec![(1, 5, Some(2), "a".into(), None, None), (1, 6, None, "b".into(), None, None)];
        assert!(set_of(&rows).binaries().append(0, &mut Vec::new()).is_err());
    }

    #[test]
    fn the_memory_limit_is_an_error() {
        let mut set = TraceSet::new(1 << 12);
        let added =
            (0u32..1000).try_for_each(|i| set.add(Some(&i.to_be_bytes()), row(&(0, 1, None, "a".into(), None, None))));
        assert!(matches!(added, Err(Error::MemoryLimit { .. })));
    }
}
