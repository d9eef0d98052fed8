//! row_hash and row_digest_agg: whether the rows of a source that were read before are still what they were.

use super::call::{Call, Reply, datum, sql_functions, varlena_payload};
use super::error::Failure;
use super::expanded::{self, Growing};
use super::value::ValueType;
use crate::trace::{RowDigest, RowHash};
use pgrx::PgSqlErrorCode;
use pgrx::pg_sys::{self, Datum};
use std::ffi::CStr;

impl Growing for RowDigest {
    const TYPE: ValueType = ValueType::Bytea;

    fn empty() -> Self {
        RowDigest::new(i64::MIN)
    }

    fn flat(&self) -> Result<Vec<u8>, Failure> {
        Ok(self.to_bytes())
    }

    fn read(flat: &[u8]) -> Result<Self, Failure> {
        Ok(RowDigest::from_bytes(flat)?)
    }

    fn absorb(&mut self, flat: &[u8]) -> Result<(), Failure> {
        Ok(self.merge(RowDigest::from_bytes(flat)?)?)
    }
}

/// How the bytes of a type's values are found.
#[derive(Debug, Clone, Copy)]
enum Layout {
    ByValue,
    Fixed(usize),
    Varlena,
    CString,
}

/// The layouts of the arguments of this call site.
fn layouts<'a>(call: Call) -> Result<&'a [Layout], Failure> {
    let kept: &mut Vec<Layout> = call.keep(Vec::new);
    // SAFETY: reads the call frame; the types are those of its arguments.
    unsafe {
        let arguments = (*call.0).nargs as usize;
        if kept.len() != arguments {
            kept.clear();
            for i in 0..arguments {
                let type_oid = pg_sys::get_fn_expr_argtype((*call.0).flinfo, i as i32);
                if type_oid == pg_sys::InvalidOid {
                    let message = "row_hash must be called in a query";
                    return Err(Failure::new(PgSqlErrorCode::ERRCODE_FEATURE_NOT_SUPPORTED, message)
                        .detail("The types of its arguments are taken from there.")
                        .hint("SELECT logfsm.row_hash(…) FROM …."));
                }
                let (mut length, mut by_value) = (0i16, false);
                pg_sys::get_typlenbyval(type_oid, &mut length, &mut by_value);
                kept.push(match (by_value, length) {
                    (true, _) => Layout::ByValue,
                    (_, -1) => Layout::Varlena,
                    (_, length) => usize::try_from(length).map_or(Layout::CString, Layout::Fixed),
                });
            }
        }
    }
    Ok(kept)
}

/// The bytes of a variable-length value: its payload, or where it is compressed or stored elsewhere what stands for it,
/// which is another value's too only where that value is the same.
///
/// # Safety
/// The datum is of a variable-length type.
unsafe fn stored<'a>(datum: Datum) -> &'a [u8] {
    // SAFETY: as the caller promises; the size is what the header says.
    unsafe {
        let varlena = datum.cast_mut_ptr::<pg_sys::varlena>();
        let external = pgrx::varatt_is_1b_e(varlena);
        let on_disk = external && u32::from(*varlena.cast::<u8>().add(1)) == pg_sys::vartag_external::VARTAG_ONDISK;
        if on_disk || (!external && !pgrx::varatt_is_4b_u(varlena) && !pgrx::varatt_is_1b(varlena)) {
            return std::slice::from_raw_parts(varlena.cast::<u8>(), pgrx::varsize_any(varlena));
        }
        varlena_payload(datum)
    }
}

/// row_hash(VARIADIC "any") → bigint
fn row_hash(call: Call) -> Reply {
    let mut hash = RowHash::default();
    for (i, layout) in layouts(call)?.iter().enumerate() {
        let Some(value) = call.datum(i) else {
            hash.missing();
            continue;
        };
        // SAFETY: the layout is that of the argument's type.
        unsafe {
            match *layout {
                Layout::ByValue => hash.number(value.value() as u64),
                Layout::Fixed(length) => hash.bytes(std::slice::from_raw_parts(value.cast_mut_ptr(), length)),
                Layout::Varlena => hash.bytes(stored(value)),
                Layout::CString => hash.bytes(CStr::from_ptr(value.cast_mut_ptr()).to_bytes()),
            }
        }
    }
    Ok(datum(hash.finish() as i64))
}

sql_functions! {
    /// row_hash(VARIADIC "any") → bigint
    fn logfsm_row_hash(call) { row_hash(call) }

    /// row_digest_transition(bytea, at or number, hash, bound) → bytea
    fn logfsm_row_digest_transition(call) {
        let (state, digest) = match call.datum(0) {
            Some(_) => expanded::growing::<RowDigest>(call)?,
            None => {
                let bound = call.datum(3).map_or(i64::MIN, |bound| bound.value() as i64);
                expanded::fresh(call, RowDigest::new(bound))?
            }
        };
        // A timestamptz, too, is a number of eight bytes.
        let at = call.datum(1).map(|at| at.value() as i64);
        digest.add(at, call.datum(2).map_or(0, |hash| hash.value() as u64));
        Ok(Some(state))
    }

    /// row_digest_combine(bytea, bytea) → bytea
    fn logfsm_row_digest_combine(call) { expanded::combine::<RowDigest>(call) }
}
