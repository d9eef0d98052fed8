//! jsonb of strings written as Postgres stores it: without the detour over JSON text or a tree of values.
//!
//! The layout is that of utils/jsonb.h, fixed since 9.4 because it is on disks: a header with the kind and the number
//! of elements, one word for each entry with its length, every 32nd of them with the offset of its end instead, then
//! the strings. Keys come before values, shorter keys first, equal lengths by bytes.

use super::error::Failure;
use pgrx::PgSqlErrorCode;
use pgrx::pg_sys::{self, Datum};

const ARRAY: u32 = 0x4000_0000;
const OBJECT: u32 = 0x2000_0000;
const HAS_OFFSET: u32 = 0x8000_0000;
/// The largest length, offset or number of elements.
const MOST: usize = 0x0FFF_FFFF;
const OFFSET_STRIDE: usize = 32;

/// A container of these entries, in this order; `count` is that of elements or pairs.
fn container<S: AsRef<str>>(kind: u32, count: usize, entries: &[S]) -> Result<Datum, Failure> {
    let total: usize = entries.iter().map(|entry| entry.as_ref().len()).sum();
    if total > MOST || entries.len() > MOST {
        return Err(Failure::new(
            PgSqlErrorCode::ERRCODE_PROGRAM_LIMIT_EXCEEDED,
            "the parameters of a line are too large for jsonb",
        )
        .detail(format!("They have {total} bytes; jsonb holds {MOST}."))
        .hint("Leave such lines out, or cut them."));
    }
    let head = pg_sys::VARHDRSZ + 4 + 4 * entries.len();
    // SAFETY: room for all that is written; palloc aligns it for words.
    unsafe {
        let room = pg_sys::palloc(head + total).cast::<u8>();
        pgrx::set_varsize_4b(room.cast(), (head + total) as i32);
        let words = room.add(pg_sys::VARHDRSZ).cast::<u32>();
        words.write(kind | count as u32);
        let mut end = 0;
        for (i, entry) in entries.iter().enumerate() {
            let text = entry.as_ref().as_bytes();
            std::ptr::copy_nonoverlapping(text.as_ptr(), room.add(head + end), text.len());
            end += text.len();
            let word = if i % OFFSET_STRIDE == 0 { HAS_OFFSET | end as u32 } else { text.len() as u32 };
            words.add(1 + i).write(word);
        }
        Ok(Datum::from(room))
    }
}

/// An array of strings.
pub fn array<S: AsRef<str>>(values: &[S]) -> Result<Datum, Failure> {
    container(ARRAY, values.len(), values)
}

/// An object of strings; of a key given twice the last value stays.
pub fn object<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Result<Datum, Failure> {
    let mut pairs: Vec<(&str, &str)> = pairs.collect();
    pairs.sort_by(|(a, _), (b, _)| (a.len(), a).cmp(&(b.len(), b)));
    // the later of equal keys is kept: it takes the place of the earlier one
    pairs.dedup_by(|later, earlier| {
        let same = later.0 == earlier.0;
        if same {
            earlier.1 = later.1;
        }
        same
    });
    let entries: Vec<&str> = pairs.iter().map(|pair| pair.0).chain(pairs.iter().map(|pair| pair.1)).collect();
    container(OBJECT, pairs.len(), &entries)
}
