//! Many traces collected from rows in any order, each row a few bytes: what a table scan fills without sorting or
//! grouping it first.
//!
//! Rows of a trace are kept as they come, as differences from the row before, and are ordered when traces are asked
//! for. Sets of parts of a table combine to the set of the whole.

mod binary;
mod lookup;
mod numbers;

pub use binary::Binaries;
pub use lookup::VariantIds;

use super::Label;
use super::order::EventRow;
use crate::error::{Error, Result};
use hashbrown::{Equivalent, HashMap, HashTable};
use lookup::{key_hash, spread};
use numbers::{Reader, put, put_bytes, unzigzag, zigzag};

/// The version of the flat form.
const VERSION: u8 = 1;
const WHAT: &str = "logfsm.trace_set";
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
    at: i64,
    seq: i64,
    bytes: Vec<u8>,
}

/// Traces by key; keys are bytes, equal exactly where keys are equal, and order traces.
#[derive(Debug, Clone)]
pub struct TraceSet {
    labels: Vec<Label>,
    label_ids: HashMap<Label, u32>,
    keys: Vec<u8>,
    /// Hash and position of each trace: growing it looks at no key.
    index: HashTable<(u32, u32)>,
    traces: Vec<Rows>,
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
            keys: Vec::new(),
            index: HashTable::new(),
            traces: Vec::new(),
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
        if let Some(&id) = self.label_ids.get(&LabelRef { component, event }) {
            return Ok(id);
        }
        let (label, id) = (Label::new(component, event), self.labels.len() as u32);
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
        if let Some(at) = self.find_hashed(key, hash) {
            return Ok(at);
        }
        let at = u32::try_from(self.traces.len()).map_err(|_| Error::Overflow { what: "the number of traces" })?;
        let key_length = u32::try_from(key.len()).map_err(|_| Error::Overflow { what: "the length of a trace key" })?;
        self.charge(TRACE_BYTES + key.len())?;
        self.traces.push(Rows { key_start: self.keys.len() as u64, key_length, ..Rows::default() });
        self.keys.extend_from_slice(key);
        self.index.insert_unique(spread(hash), (hash, at), |&(hash, _)| spread(hash));
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
        self.push(trace, label, row.at.unwrap_or(0), row.seq, row.parameters)
    }

    fn push(&mut self, trace: usize, label: u32, at: i64, seq: Option<i64>, parameters: Option<&str>) -> Result<()> {
        let timed = self.timed == Some(true);
        let rows = &mut self.traces[trace];
        let before = rows.bytes.capacity();
        rows.count = rows.count.checked_add(1).ok_or(Error::Overflow { what: "the number of events of a trace" })?;
        put(&mut rows.bytes, u64::from(label) << 2 | u64::from(seq.is_some()) << 1 | u64::from(parameters.is_some()));
        if timed {
            put(&mut rows.bytes, zigzag(at.wrapping_sub(std::mem::replace(&mut rows.at, at))));
        }
        if let Some(seq) = seq {
            put(&mut rows.bytes, zigzag(seq.wrapping_sub(std::mem::replace(&mut rows.seq, seq))));
        }
        if let Some(parameters) = parameters {
            put(&mut rows.bytes, parameters.len() as u64);
            rows.bytes.extend_from_slice(parameters.as_bytes());
        }
        let grown = rows.bytes.capacity() - before;
        self.charge(grown)
    }

    /// The rows in a byte string that `push` wrote.
    fn rows<'a>(&self, bytes: &'a [u8], timed: bool) -> Result<Vec<EventRow<'a>>> {
        let mut rows = Vec::new();
        self.read_rows(bytes, timed, &mut rows)?;
        Ok(rows)
    }

    fn read_rows<'a>(&self, bytes: &'a [u8], timed: bool, rows: &mut Vec<EventRow<'a>>) -> Result<()> {
        let (mut reader, mut at, mut seq) = (Reader(bytes), 0i64, 0i64);
        while !reader.0.is_empty() {
            let head = reader.number()?;
            let label = u32::try_from(head >> 2).ok().filter(|&label| (label as usize) < self.labels.len());
            let label = label.ok_or_else(|| Error::invalid(WHAT, "A row refers to a label that is missing."))?;
            if timed {
                at = at.wrapping_add(unzigzag(reader.number()?));
            }
            let numbered = head & 2 != 0;
            if numbered {
                seq = seq.wrapping_add(unzigzag(reader.number()?));
            }
            let parameters = if head & 1 != 0 { Some(reader.text()?) } else { None };
            rows.push(EventRow { at, label, seq: numbered.then_some(seq), parameters });
        }
        Ok(())
    }

    /// The flat form: for travel between processes of one server or of several.
    pub fn to_bytes(&self) -> Vec<u8> {
        let rows: usize = self.traces.iter().map(|rows| rows.bytes.len() + 8).sum();
        let mut bytes = Vec::with_capacity(rows + self.keys.len() + 64 * self.labels.len() + 32);
        bytes.push(VERSION);
        match self.timed {
            Some(timed) => bytes.extend([1, u8::from(timed)]),
            None => bytes.push(0),
        }
        put(&mut bytes, self.keyless);
        put(&mut bytes, self.labels.len() as u64);
        self.labels.iter().for_each(|label| binary::put_label(&mut bytes, label));
        put(&mut bytes, self.traces.len() as u64);
        for rows in &self.traces {
            put_bytes(&mut bytes, Self::key_of(&self.keys, rows));
            put(&mut bytes, rows.count.into());
            put_bytes(&mut bytes, &rows.bytes);
        }
        bytes
    }

    /// Adds all rows of another set in its flat form, checking everything.
    pub fn absorb(&mut self, flat: &[u8]) -> Result<()> {
        let (&version, body) = flat.split_first().ok_or_else(|| Error::invalid(WHAT, "It is empty."))?;
        if version != VERSION {
            return Err(Error::NewerVersion { what: WHAT, found: version.into(), newest: VERSION.into() });
        }
        let ((timed, keyless, labels), rest): ((Option<bool>, u64, Vec<Label>), _) =
            postcard::take_from_bytes(body).map_err(|e| Error::invalid(WHAT, format!("The binary form: {e}.")))?;
        if self.timed.is_some() && timed.is_some() && self.timed != timed {
            return Err(Error::invalid(WHAT, "Rows with and without times cannot be in one set."));
        }
        self.timed = self.timed.or(timed);
        self.keyless = self.keyless.saturating_add(keyless);
        let timed = self.timed == Some(true);
        let labels = labels.iter().map(|l| self.label(l.component.as_deref(), &l.event)).collect::<Result<Vec<_>>>()?;
        let mut reader = Reader(rest);
        let traces = reader.number()?;
        // A trace takes three bytes and more: what is announced can be there.
        let new = usize::try_from(traces).unwrap_or(usize::MAX).min(rest.len() / 3).saturating_sub(self.traces.len());
        self.index.reserve(new, |&(hash, _)| spread(hash));
        self.traces.reserve(new);
        for _ in 0..traces {
            let key = reader.bytes()?;
            let count = reader.number()?;
            let trace = self.trace(key)?;
            self.continue_rows(trace, count, reader.bytes()?, &labels, timed)?;
        }
        if !reader.0.is_empty() {
            return Err(Error::invalid(WHAT, "Bytes are left over at the end."));
        }
        Ok(())
    }

    /// Appends the rows of a part of a trace: the first as the difference from our last, the others as they are, with
    /// our numbers of their labels.
    fn continue_rows(&mut self, trace: usize, announced: u64, part: &[u8], labels: &[u32], timed: bool) -> Result<()> {
        let rows = &mut self.traces[trace];
        let before = rows.bytes.capacity();
        rows.bytes.reserve(part.len() + 8);
        let (mut at, mut seq, mut count) = (0i64, 0i64, 0u32);
        let (our_at, our_seq) = (rows.at, rows.seq);
        let (mut reader, mut unnumbered) = (Reader(part), true);
        while !reader.0.is_empty() {
            let head = reader.number()?;
            let label = usize::try_from(head >> 2).ok().and_then(|label| labels.get(label));
            let label = label.ok_or_else(|| Error::invalid(WHAT, "A row refers to a label that is missing."))?;
            put(&mut rows.bytes, u64::from(*label) << 2 | head & 3);
            if timed {
                let delta = reader.number()?;
                at = at.wrapping_add(unzigzag(delta));
                put(&mut rows.bytes, if count == 0 { zigzag(at.wrapping_sub(our_at)) } else { delta });
            }
            if head & 2 != 0 {
                let delta = reader.number()?;
                seq = seq.wrapping_add(unzigzag(delta));
                let first = std::mem::replace(&mut unnumbered, false);
                put(&mut rows.bytes, if first { zigzag(seq.wrapping_sub(our_seq)) } else { delta });
            }
            if head & 1 != 0 {
                let parameters = reader.text()?;
                put(&mut rows.bytes, parameters.len() as u64);
                rows.bytes.extend_from_slice(parameters.as_bytes());
            }
            count = count.saturating_add(1);
        }
        if u64::from(count) != announced || count == 0 {
            return Err(Error::invalid(WHAT, "A trace has another number of rows than it says."));
        }
        rows.at = if timed { at } else { our_at };
        rows.seq = if unnumbered { our_seq } else { seq };
        rows.count =
            rows.count.checked_add(count).ok_or(Error::Overflow { what: "the number of events of a trace" })?;
        let grown = rows.bytes.capacity() - before;
        self.charge(grown)
    }
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
        set.order().into_iter().map(&mut one).collect()
    }

    proptest! {
        #[test]
        fn equals_grouping_and_ordering_and_parts_combine(
            rows in prop::collection::vec(
                (0u8..6, any::<i64>(), (-3i64..300).prop_map(Some), "[a-c]", prop::option::of("[xy]".prop_map(String::from)), prop::option::of("[0-9]{1,3}".prop_map(String::from))),
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
            combined.absorb(&set_of(first).to_bytes()).unwrap();
            prop_assert_eq!(traces(&combined), expected);
        }

        #[test]
        fn arbitrary_bytes_never_panic(mut bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = TraceSet::new(1 << 20).absorb(&bytes);
            bytes.insert(0, VERSION);
            let mut set = TraceSet::new(1 << 20);
            if set.absorb(&bytes).is_ok() {
                let mut binaries = set.binaries();
                set.order().into_iter().for_each(|at| drop(binaries.append(at, &mut Vec::new())));
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
