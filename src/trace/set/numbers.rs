//! Numbers of few bytes, as they are written and read.

use super::WHAT;
use crate::error::{Error, Result};

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

/// Reads what `put` wrote.
pub(super) struct Reader<'a>(pub &'a [u8]);

impl<'a> Reader<'a> {
    pub fn number(&mut self) -> Result<u64> {
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
