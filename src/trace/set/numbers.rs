//! Numbers of few bytes, as they are written and read.

use super::WHAT;
use crate::error::{Error, Result};
use crate::trace::order::EventRow;

/// Writes seven bits a byte, the lowest first.
pub(super) fn put(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// Writes bytes with their number before them.
pub(super) fn put_bytes(bytes: &mut Vec<u8>, what: &[u8]) {
    put(bytes, what.len() as u64);
    bytes.extend_from_slice(what);
}

pub(super) fn zigzag(number: i64) -> u64 {
    (number << 1 ^ number >> 63) as u64
}

pub(super) fn unzigzag(number: u64) -> i64 {
    (number >> 1) as i64 ^ -((number & 1) as i64)
}

/// How many bytes `put` writes.
fn length(number: u64) -> usize {
    (70 - (number | 1).leading_zeros() as usize) / 7
}

/// Writes as `put` does; gives what is left of the room.
fn write(room: &mut [u8], mut number: u64) -> &mut [u8] {
    let mut at = 0;
    while number >= 0x80 {
        room[at] = number as u8 | 0x80;
        number >>= 7;
        at += 1;
    }
    room[at] = number as u8;
    &mut room[at + 1..]
}

/// A row as it is written.
pub(super) struct Written<'a> {
    head: u64,
    at: Option<u64>,
    seq: Option<u64>,
    parameters: Option<&'a [u8]>,
}

impl<'a> Written<'a> {
    /// A row after one of this time and sequence number, which become those of the row.
    pub fn after(row: &EventRow<'a>, timed: bool, at: &mut i64, seq: &mut i64) -> Self {
        let numbered = row.seq.is_some();
        Written {
            head: u64::from(row.label) << 2 | u64::from(numbered) << 1 | u64::from(row.parameters.is_some()),
            at: timed.then(|| zigzag(row.at.wrapping_sub(std::mem::replace(at, row.at)))),
            seq: row.seq.map(|number| zigzag(number.wrapping_sub(std::mem::replace(seq, number)))),
            parameters: row.parameters.map(str::as_bytes),
        }
    }

    /// How many bytes it takes.
    pub fn size(&self) -> usize {
        let parameters = self.parameters.map_or(0, |parameters| length(parameters.len() as u64) + parameters.len());
        length(self.head) + self.at.map_or(0, length) + self.seq.map_or(0, length) + parameters
    }

    /// Writes it into room of that size.
    pub fn write(&self, room: &mut [u8]) {
        let mut room = write(room, self.head);
        for number in [self.at, self.seq].into_iter().flatten() {
            room = write(room, number);
        }
        if let Some(parameters) = self.parameters {
            write(room, parameters.len() as u64).copy_from_slice(parameters);
        }
    }
}

/// Reads what `put` wrote.
pub(super) struct Reader<'a>(pub &'a [u8]);

impl<'a> Reader<'a> {
    #[inline]
    pub fn number(&mut self) -> Result<u64> {
        if let [byte @ 0..0x80, rest @ ..] = self.0 {
            self.0 = rest;
            return Ok(u64::from(*byte));
        }
        self.long_number()
    }

    fn long_number(&mut self) -> Result<u64> {
        let (mut number, mut shift) = (0u64, 0u32);
        while let Some((&byte, rest)) = self.0.split_first() {
            self.0 = rest;
            if shift > 63 || (shift == 63 && byte > 1) {
                break;
            }
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
            shift += 7;
        }
        Err(Error::invalid(WHAT, "A row is cut short."))
    }

    /// What `put_bytes` wrote.
    pub fn bytes(&mut self) -> Result<&'a [u8]> {
        let length = self.number()?;
        let cut = usize::try_from(length).ok().filter(|&length| length <= self.0.len());
        let (bytes, rest) = self.0.split_at(cut.ok_or_else(|| Error::invalid(WHAT, "It is cut short."))?);
        self.0 = rest;
        Ok(bytes)
    }

    pub fn text(&mut self) -> Result<&'a str> {
        std::str::from_utf8(self.bytes()?).map_err(|_| Error::invalid(WHAT, "A row's parameters are not UTF-8."))
    }
}
