//! The traces of a set in binary form, made from its rows without a [`Trace`] in between.

use super::TraceSet;
use super::numbers::{put, put_bytes, zigzag};
use crate::error::Result;
use crate::trace::order::{EventRow, check_numbered, sort_rows, ties};
use crate::trace::{Label, TRACE_VERSION};
use std::ops::Range;

/// What a part of a set's traces holds at most, unless a single trace is larger.
const PART_BYTES: usize = 1 << 19;
const PART_TRACES: usize = 4096;

/// Makes the binary form of a set's traces, one after the other in buffers of its own.
pub struct Binaries<'s> {
    set: &'s TraceSet,
    /// Each label as a trace's binary form writes it.
    labels: Vec<Box<[u8]>>,
    rows: Vec<EventRow<'s>>,
    /// For each label its number in the trace at hand plus one; 0 where it has none.
    numbers: Vec<u32>,
    /// The labels of the trace at hand in order of first occurrence.
    own: Vec<u32>,
    variant: Vec<u8>,
}

/// Writes a label as a trace's binary form does.
pub(super) fn put_label(bytes: &mut Vec<u8>, label: &Label) {
    bytes.push(u8::from(label.component.is_some()));
    label.component.iter().for_each(|component| put_bytes(bytes, component.as_bytes()));
    put_bytes(bytes, label.event.as_bytes());
}

fn label_bytes(label: &Label) -> Box<[u8]> {
    let mut bytes = Vec::new();
    put_label(&mut bytes, label);
    bytes.into()
}

/// Writes numbers as their differences.
fn put_deltas(bytes: &mut Vec<u8>, length: usize, numbers: impl Iterator<Item = i64>) {
    put(bytes, length as u64);
    let mut last = 0i64;
    for number in numbers {
        put(bytes, zigzag(number.wrapping_sub(last)));
        last = number;
    }
}

impl TraceSet {
    /// Parts of an order that are worth a thread's while, and small enough to be held.
    pub fn parts(&self, order: &[u32]) -> Vec<Range<usize>> {
        let (mut parts, mut start, mut bytes) = (Vec::new(), 0, 0);
        for (i, &at) in order.iter().enumerate() {
            bytes += self.traces[at as usize].chain.size();
            if bytes >= PART_BYTES || i - start >= PART_TRACES {
                parts.push(start..i + 1);
                (start, bytes) = (i + 1, 0);
            }
        }
        parts.extend((start < order.len()).then_some(start..order.len()));
        parts
    }

    /// Makes traces in binary form.
    pub fn binaries(&self) -> Binaries<'_> {
        Binaries {
            set: self,
            labels: self.labels.iter().map(label_bytes).collect(),
            rows: Vec::new(),
            numbers: vec![0; self.labels.len()],
            own: Vec::new(),
            variant: Vec::new(),
        }
    }
}

impl<'s> Binaries<'s> {
    /// Appends the binary form of the trace at a position: what [`Trace::to_bytes`] gives for it.
    ///
    /// O(length) for rows in order of time, O(length log length) for others. Errors: some events of the trace have a
    /// sequence number, others have none.
    ///
    /// [`Trace::to_bytes`]: crate::trace::Trace::to_bytes
    pub fn append(&mut self, at: u32, bytes: &mut Vec<u8>) -> Result<()> {
        let timed = self.set.is_timed();
        let numbered = self.read(at)?;
        self.write_variant();
        let rows = &self.rows;
        bytes.push(TRACE_VERSION);
        put_bytes(bytes, &self.variant);
        put(bytes, ties(rows).into());
        put_deltas(bytes, if timed { rows.len() } else { 0 }, rows.iter().filter(|_| timed).map(|row| row.at));
        put_deltas(bytes, if numbered { rows.len() } else { 0 }, rows.iter().filter_map(|row| row.seq));
        if rows.iter().all(|row| row.parameters.is_none()) {
            put(bytes, 0);
            return Ok(());
        }
        put(bytes, rows.len() as u64);
        for row in rows {
            bytes.push(u8::from(row.parameters.is_some()));
            row.parameters.iter().for_each(|parameters| put_bytes(bytes, parameters.as_bytes()));
        }
        Ok(())
    }

    /// Takes the trace at a position as the one at hand. Gives whether its events have sequence numbers.
    fn read(&mut self, at: u32) -> Result<bool> {
        self.rows.clear();
        self.set.read_rows(at as usize, &mut self.rows)?;
        sort_rows(&mut self.rows, &self.set.labels);
        check_numbered(&self.rows)
    }

    /// The ordered rows of the trace at a position; their labels are numbers of the set. Errors as for `append`.
    pub fn rows(&mut self, at: u32) -> Result<&[EventRow<'s>]> {
        self.read(at)?;
        Ok(&self.rows)
    }

    /// The bytes of the variant of the trace whose rows were asked for last.
    pub fn variant(&mut self) -> &[u8] {
        self.write_variant();
        &self.variant
    }

    fn write_variant(&mut self) {
        for row in &self.rows {
            let number = &mut self.numbers[row.label as usize];
            if *number == 0 {
                self.own.push(row.label);
                *number = self.own.len() as u32;
            }
        }
        self.variant.clear();
        put(&mut self.variant, self.own.len() as u64);
        self.own.iter().for_each(|&label| self.variant.extend_from_slice(&self.labels[label as usize]));
        put(&mut self.variant, self.rows.len() as u64);
        self.rows.iter().for_each(|row| put(&mut self.variant, (self.numbers[row.label as usize] - 1).into()));
        self.own.drain(..).for_each(|label| self.numbers[label as usize] = 0);
    }
}
