//! Trace keys of any type: kept beyond the row they came from, told apart as their type does.

use crate::pg::call::{text, varlena_payload};
use hashbrown::HashTable;
use pgrx::pg_sys::{self, Datum, Oid};
use std::ffi::{CStr, c_char};
use xxhash_rust::xxh3::xxh3_64;

/// Keys longer than this do not fit into an index entry.
pub const LONGEST_KEY: usize = 2_600;

/// Types whose values are equal exactly where their bytes are.
const BY_BYTES: [Oid; 10] = [
    pg_sys::BOOLOID,
    pg_sys::INT2OID,
    pg_sys::INT4OID,
    pg_sys::INT8OID,
    pg_sys::OIDOID,
    pg_sys::UUIDOID,
    pg_sys::TIMESTAMPTZOID,
    pg_sys::DATEOID,
    pg_sys::BYTEAOID,
    pg_sys::TEXTOID,
];

/// The type of a model's trace keys.
pub struct KeyType {
    /// The type itself, a domain perhaps.
    pub oid: Oid,
    /// The type below its domains.
    pub base: Oid,
    /// The type of arrays of keys in statements: `text[]` where there are no arrays of the type.
    pub array: Oid,
    length: i16,
    by_value: bool,
    align: c_char,
    /// How values are compared, where their bytes do not tell.
    compare: Option<(*mut pg_sys::FmgrInfo, Oid)>,
}

/// A key that outlives its row: the value as Postgres stores it, in memory of its own.
pub struct Key {
    words: Box<[u64]>,
    /// Bytes in use; 0 for a type passed by value.
    length: usize,
    /// Where the bytes that tell keys apart start.
    start: usize,
}

impl KeyType {
    /// Looks up a type that exists; keys are compared by a collation, where they have one.
    pub fn new(oid: Oid, collation: Option<Oid>) -> Self {
        // SAFETY: catalog look-ups; type cache entries live as long as the backend.
        unsafe {
            let base = pg_sys::getBaseType(oid);
            let (mut length, mut by_value, mut align) = (0, false, 0);
            pg_sys::get_typlenbyvalalign(oid, &mut length, &mut by_value, &mut align);
            let array = pg_sys::get_array_type(oid);
            let array = if array == Oid::INVALID { pg_sys::TEXTARRAYOID } else { array };
            let entry = pg_sys::lookup_type_cache(base, pg_sys::TYPECACHE_CMP_PROC_FINFO as i32);
            let collation = collation.unwrap_or((*entry).typcollation);
            // Under a collation that ignores case or accents, what is equal is more than what has equal bytes.
            let exact = collation == Oid::INVALID || pg_sys::get_collation_isdeterministic(collation);
            let by_bytes = exact && (BY_BYTES.contains(&base) || base == pg_sys::VARCHAROID);
            let compare =
                (!by_bytes && (*entry).cmp_proc != Oid::INVALID).then(|| (&raw mut (*entry).cmp_proc_finfo, collation));
            KeyType { oid, base, array, length, by_value, align, compare }
        }
    }

    /// True where the type, a domain perhaps, is not Postgres' own.
    pub fn is_foreign(&self) -> bool {
        self.oid.to_u32() >= pg_sys::FirstNormalObjectId
    }

    /// How a statement writes a key that it takes from an array.
    pub fn element(&self, element: &str, sql_type: &str) -> String {
        if self.has_arrays() { element.into() } else { format!("CAST({element} AS {sql_type})") }
    }

    /// True where keys are equal exactly where their bytes are.
    pub fn is_told_by_bytes(&self) -> bool {
        self.compare.is_none()
    }

    fn has_arrays(&self) -> bool {
        // SAFETY: a catalog look-up.
        self.array != pg_sys::TEXTARRAYOID || unsafe { pg_sys::get_array_type(self.oid) } == self.array
    }

    /// A copy of a value of this type.
    pub fn key(&self, datum: Datum) -> Key {
        if self.by_value {
            return Key { words: Box::new([datum.value() as u64]), length: 0, start: 0 };
        }
        // SAFETY: the datum is of this type.
        let (bytes, start) = unsafe {
            match self.length {
                -1 => (varlena_payload(datum), pg_sys::VARHDRSZ),
                -2 => (CStr::from_ptr(datum.cast_mut_ptr()).to_bytes_with_nul(), 0),
                length => (std::slice::from_raw_parts(datum.cast_mut_ptr::<u8>(), length as usize), 0),
            }
        };
        Key::of_bytes(bytes, start)
    }

    /// A key of a text type.
    pub fn key_of_text(&self, value: &str) -> Key {
        Key::of_bytes(value.as_bytes(), pg_sys::VARHDRSZ)
    }

    /// An array of keys for a statement.
    ///
    /// # Safety
    /// Keys must be of this type.
    pub unsafe fn array<'a>(&self, keys: impl Iterator<Item = &'a Key>) -> Datum {
        // SAFETY: elements are of the type that the array says.
        unsafe {
            if self.has_arrays() {
                let mut elements: Vec<Datum> = keys.map(Key::datum).collect();
                let (count, values) = (elements.len() as i32, elements.as_mut_ptr());
                let (length, by_value) = (self.length.into(), self.by_value);
                Datum::from(pg_sys::construct_array(values, count, self.oid, length, by_value, self.align))
            } else {
                array(pg_sys::TEXTOID, keys.map(|key| Some(text(&self.display(key)))).collect())
            }
        }
    }

    /// The key as its type writes it.
    pub fn display(&self, key: &Key) -> String {
        // SAFETY: the key is of this type.
        unsafe {
            let (mut output, mut is_varlena) = (Oid::INVALID, false);
            pg_sys::getTypeOutputInfo(self.oid, &mut output, &mut is_varlena);
            let text = pg_sys::OidOutputFunctionCall(output, key.datum());
            let display = CStr::from_ptr(text).to_string_lossy().into_owned();
            pg_sys::pfree(text.cast());
            display
        }
    }
}

impl Key {
    fn of_bytes(bytes: &[u8], start: usize) -> Self {
        let length = start + bytes.len();
        let mut words = vec![0u64; length.div_ceil(8).max(1)].into_boxed_slice();
        // SAFETY: the words have room for a header and the bytes.
        unsafe {
            let room = words.as_mut_ptr().cast::<u8>();
            if start > 0 {
                pgrx::set_varsize_4b(room.cast(), length as i32);
            }
            std::ptr::copy_nonoverlapping(bytes.as_ptr(), room.add(start), bytes.len());
        }
        Key { words, length, start }
    }

    /// The value; valid as long as the key.
    pub fn datum(&self) -> Datum {
        if self.length == 0 { Datum::from(self.words[0]) } else { Datum::from(self.words.as_ptr()) }
    }

    /// The bytes that tell keys apart.
    pub fn bytes(&self) -> &[u8] {
        let length = if self.length == 0 { 8 } else { self.length };
        // SAFETY: the words hold at least that many bytes.
        unsafe { &std::slice::from_raw_parts(self.words.as_ptr().cast::<u8>(), length)[self.start..] }
    }

    /// Whether an index entry can hold it.
    pub fn fits(&self) -> bool {
        self.length <= LONGEST_KEY
    }
}

/// Finds entries by key.
#[derive(Default)]
pub struct KeyIndex {
    by_bytes: HashTable<u32>,
    /// Ascending, for types whose bytes do not tell.
    in_order: Vec<u32>,
}

impl KeyIndex {
    /// The entry of a key, or where `key_of` finds no such key, `next`, which the caller then adds.
    pub fn find_or_add<'a>(&mut self, kind: &KeyType, key: &Key, next: u32, key_of: impl Fn(u32) -> &'a Key) -> u32 {
        match kind.compare {
            None => {
                let hash = xxh3_64(key.bytes());
                let found = self.by_bytes.find(hash, |&i| key_of(i).bytes() == key.bytes());
                found.copied().unwrap_or_else(|| {
                    self.by_bytes.insert_unique(hash, next, |&i| {
                        xxh3_64(if i == next { key.bytes() } else { key_of(i).bytes() })
                    });
                    next
                })
            }
            Some((function, collation)) => {
                let found = self.in_order.binary_search_by(|&i| {
                    // SAFETY: the type's own comparison, on values of the type.
                    let order = unsafe {
                        pg_sys::FunctionCall2Coll(function, collation, key_of(i).datum(), key.datum()).value() as i32
                    };
                    order.cmp(&0)
                });
                match found {
                    Ok(i) => self.in_order[i],
                    Err(i) => {
                        self.in_order.insert(i, next);
                        next
                    }
                }
            }
        }
    }
}

/// An array of values of a type, NULLs included.
pub fn array(element: Oid, values: Vec<Option<Datum>>) -> Datum {
    let mut nulls: Vec<bool> = values.iter().map(Option::is_none).collect();
    let mut values: Vec<Datum> = values.into_iter().map(|value| value.unwrap_or(Datum::null())).collect();
    let (mut count, mut lower) = (values.len() as i32, 1);
    // SAFETY: the caller gives values of the type; an empty array has no dimension.
    unsafe {
        let (mut length, mut by_value, mut align) = (0, false, 0);
        pg_sys::get_typlenbyvalalign(element, &mut length, &mut by_value, &mut align);
        let dimensions = i32::from(count > 0);
        Datum::from(pg_sys::construct_md_array(
            values.as_mut_ptr(),
            nulls.as_mut_ptr(),
            dimensions,
            &mut count,
            &mut lower,
            element,
            length.into(),
            by_value,
            align,
        ))
    }
}
