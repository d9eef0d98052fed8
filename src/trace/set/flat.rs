//! The flat form of a set: how it travels between processes of one server or of several.

use super::numbers::{Reader, Written, put, put_bytes};
use super::{TraceSet, WHAT, binary, lookup::spread, too_many_events};
use crate::error::{Error, Result};
use crate::trace::{Label, binary::is_json};

/// Traces between two questions whether to go on.
const TRACES_PER_CHECK: usize = 4096;
/// The version of the flat form.
pub(super) const VERSION: u8 = 1;

/// Asks whether to go on.
pub type Proceed<'a> = &'a dyn Fn() -> Result<()>;

impl TraceSet {
    /// The flat form; an error of `proceed`, called now and then, ends it. O(bytes held).
    pub fn to_bytes(&self, proceed: Proceed<'_>) -> Result<Vec<u8>> {
        let rows: usize = self.traces.iter().map(|rows| rows.chain.size() + 8).sum();
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
        for (trace, rows) in self.traces.iter().enumerate() {
            if trace % TRACES_PER_CHECK == 0 {
                proceed()?;
            }
            put_bytes(&mut bytes, Self::key_of(&self.keys, rows));
            put(&mut bytes, rows.count.into());
            self.put_rows(trace, &mut bytes)?;
        }
        Ok(bytes)
    }

    fn put_rows(&self, trace: usize, bytes: &mut Vec<u8>) -> Result<()> {
        let pieces = || self.store.pieces(&self.traces[trace].chain);
        if pieces().all(|(_, labels)| labels.is_none()) {
            put(bytes, pieces().map(|(piece, _)| piece.len() as u64).sum());
            pieces().for_each(|(piece, _)| bytes.extend_from_slice(piece));
            return Ok(());
        }
        let (mut rows, mut at, mut seq) = (Vec::new(), 0, 0);
        self.each_row(trace, |row| {
            let written = Written::after(&row, self.is_timed(), &mut at, &mut seq);
            let before = rows.len();
            rows.resize(before + written.size(), 0);
            written.write(&mut rows[before..]);
        })?;
        put_bytes(bytes, &rows);
        Ok(())
    }

    /// Adds all rows of another set in its flat form. The rows themselves are kept as they are and checked when they are
    /// read. An error of `proceed`, called now and then, ends it. O(traces and their keys).
    pub fn absorb(&mut self, flat: &[u8], proceed: Proceed<'_>) -> Result<()> {
        let (&version, body) = flat.split_first().ok_or_else(|| Error::invalid(WHAT, "It is empty."))?;
        if version == 0 {
            return Err(Error::invalid(WHAT, "Versions count from 1."));
        }
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
        let labels = labels.iter().map(|l| self.label(l.component.as_deref(), &l.event)).collect::<Result<_>>()?;
        self.charge(rest.len())?;
        let block = self.store.keep(rest, labels)?;
        let mut reader = Reader(rest);
        let traces = reader.number()?;
        // A trace takes three bytes and more: what is announced can be there.
        let new = usize::try_from(traces).unwrap_or(usize::MAX).min(rest.len() / 3).saturating_sub(self.traces.len());
        self.index.reserve(new, |&(hash, _)| spread(hash));
        self.traces.reserve(new);
        for done in 0..traces as usize {
            if done % TRACES_PER_CHECK == 0 {
                proceed()?;
            }
            let key = reader.bytes()?;
            let count = reader.number()?;
            let rows = reader.bytes()?;
            // A row takes a byte and more.
            let count = u32::try_from(count).ok().filter(|&count| count > 0 && count as usize <= rows.len());
            let count =
                count.ok_or_else(|| Error::invalid(WHAT, "A trace has another number of rows than it says."))?;
            let trace = self.trace(key)?;
            let ours = &mut self.traces[trace];
            ours.count = ours.count.checked_add(count).ok_or_else(too_many_events)?;
            let offset = rest.len() - reader.0.len() - rows.len();
            self.store.append(&mut ours.chain, block, offset, rows.len())?;
        }
        self.charge(traces as usize * super::store::PIECE_BYTES)?;
        if !reader.0.is_empty() {
            return Err(Error::invalid(WHAT, "Bytes are left over at the end."));
        }
        Ok(())
    }

    /// Reads all rows and their parameters, for sets that come from outside. O(bytes held).
    pub fn check(&self, proceed: Proceed<'_>) -> Result<()> {
        let mut rows = Vec::new();
        (0..self.traces.len()).try_for_each(|trace| {
            if trace % TRACES_PER_CHECK == 0 {
                proceed()?;
            }
            rows.clear();
            self.read_rows(trace, &mut rows)?;
            match rows.iter().any(|row| row.parameters.is_some_and(|text| !is_json(text))) {
                false => Ok(()),
                true => Err(Error::invalid(WHAT, "A row's parameters are not JSON.")),
            }
        })
    }
}
