//! One call of an SQL function: its arguments, its result, and what it keeps between calls.

use super::error::Failure;
use pgrx::pg_sys::{self, Datum};
use pgrx::{FromDatum, IntoDatum, PgSqlErrorCode};
use std::ffi::{CStr, c_char};

/// What an extern returns: `None` is NULL.
pub type Reply = Result<Option<Datum>, Failure>;

/// The arguments of one call.
#[derive(Clone, Copy)]
pub struct Call(pub pg_sys::FunctionCallInfo);

/// Declares C-callable functions that `sql/` refers to by name; each body is a thin call into the core.
macro_rules! sql_functions {
    ($($(#[$doc:meta])* fn $name:ident($call:ident) $body:block)*) => { $(
        $(#[$doc])*
        #[unsafe(no_mangle)]
        pub unsafe extern "C-unwind" fn $name(fcinfo: pgrx::pg_sys::FunctionCallInfo) -> pgrx::pg_sys::Datum {
            fn body($call: $crate::pg::call::Call) -> $crate::pg::call::Reply {
                $body
            }
            // SAFETY: Postgres passes a valid call frame; unwinding stops at this guard.
            unsafe {
                pgrx::pg_sys::panic::pgrx_extern_c_guard(move || {
                    let call = $crate::pg::call::Call(fcinfo);
                    call.answer(body(call))
                })
            }
        }
        const _: () = {
            #[unsafe(export_name = concat!("pg_finfo_", stringify!($name)))]
            extern "C" fn info() -> &'static pgrx::pg_sys::Pg_finfo_record {
                static RECORD: pgrx::pg_sys::Pg_finfo_record = pgrx::pg_sys::Pg_finfo_record { api_version: 1 };
                &RECORD
            }
        };
    )* };
}
pub(crate) use sql_functions;

impl Call {
    /// Sets the NULL flag or raises the error.
    pub fn answer(self, reply: Reply) -> Datum {
        match reply {
            // SAFETY: the call frame is valid for the whole call.
            Ok(Some(datum)) => unsafe {
                (*self.0).isnull = false;
                datum
            },
            Ok(None) => unsafe {
                (*self.0).isnull = true;
                Datum::null()
            },
            Err(failure) => failure.raise(),
        }
    }

    /// Argument `i` as it came; `None` for NULL.
    pub fn datum(self, i: usize) -> Option<Datum> {
        // SAFETY: callers ask for declared arguments only.
        unsafe {
            let argument = (*self.0).args.as_slice((*self.0).nargs as usize).get(i)?;
            (!argument.isnull).then_some(argument.value)
        }
    }

    /// Argument `i` converted by pgrx: numbers, booleans, timestamps, oids.
    pub fn get<T: FromDatum>(self, i: usize) -> Option<T> {
        // SAFETY: sql/ declares the argument with the matching type.
        self.datum(i).and_then(|datum| unsafe { T::from_datum(datum, false) })
    }

    /// Argument `i`, or an error naming it.
    pub fn need<T: FromDatum>(self, i: usize, name: &'static str) -> Result<T, Failure> {
        self.get(i).ok_or_else(|| null_argument(name))
    }

    /// Argument `i` of a text type. Bytes are checked: databases may have other encodings.
    pub fn text<'a>(self, i: usize) -> Result<Option<&'a str>, Failure> {
        self.bytes(i).map(utf8).transpose()
    }

    /// Argument `i` of a text type, or an error naming it.
    pub fn need_text<'a>(self, i: usize, name: &'static str) -> Result<&'a str, Failure> {
        self.text(i)?.ok_or_else(|| null_argument(name))
    }

    /// Argument `i` of an input function: a C string.
    pub fn cstring<'a>(self, i: usize) -> Result<Option<&'a str>, Failure> {
        // SAFETY: input functions get a NUL-terminated string.
        self.datum(i).map(|datum| utf8(unsafe { CStr::from_ptr(datum.cast_mut_ptr()) }.to_bytes())).transpose()
    }

    /// The payload of argument `i` of a variable-length type, detoasted; lives as long as the call.
    pub fn bytes<'a>(self, i: usize) -> Option<&'a [u8]> {
        // SAFETY: as for `get`; memory stays until the per-call context is reset.
        self.datum(i).map(|datum| unsafe { varlena_payload(datum) })
    }

    /// Argument `i` of type jsonb as JSON text; `default` for NULL.
    pub fn json(self, i: usize, default: &str) -> String {
        // SAFETY: sql/ declares the argument as jsonb.
        self.datum(i).map_or_else(|| default.into(), |datum| unsafe { jsonb_text(datum) })
    }

    /// Something kept from call to call at this call site, made on first use and dropped with the query.
    pub fn keep<'a, T: 'static>(self, make: impl FnOnce() -> T) -> &'a mut T {
        // SAFETY: fn_extra is ours alone; fn_mcxt outlives every call through this flinfo.
        unsafe {
            let flinfo = (*self.0).flinfo;
            if (*flinfo).fn_extra.is_null() {
                (*flinfo).fn_extra = into_context(make(), (*flinfo).fn_mcxt).cast();
            }
            &mut *(*flinfo).fn_extra.cast::<T>()
        }
    }

    /// The type of the declared result's rows; lives as long as the call site.
    pub fn row_type(self) -> pg_sys::TupleDesc {
        // SAFETY: flinfo is that of this call; the descriptor is made in its context.
        unsafe {
            let previous = pg_sys::MemoryContextSwitchTo((*(*self.0).flinfo).fn_mcxt);
            let mut found: pg_sys::TupleDesc = std::ptr::null_mut();
            pg_sys::get_call_result_type(self.0, std::ptr::null_mut(), &mut found);
            let found = pg_sys::BlessTupleDesc(found);
            pg_sys::MemoryContextSwitchTo(previous);
            found
        }
    }

    /// The memory context of the aggregate that calls, or the current one.
    pub fn aggregate_context(self) -> pg_sys::MemoryContext {
        let mut context: pg_sys::MemoryContext = std::ptr::null_mut();
        // SAFETY: AggCheckCallContext only reads the call frame.
        unsafe {
            if pg_sys::AggCheckCallContext(self.0, &mut context) == 0 { pg_sys::CurrentMemoryContext } else { context }
        }
    }
}

/// Moves a value into a memory context: dropped when the context is reset or deleted.
///
/// # Safety
/// `context` must be a live memory context.
pub unsafe fn into_context<T>(value: T, context: pg_sys::MemoryContext) -> *mut T {
    unsafe extern "C-unwind" fn drop_value<T>(value: *mut std::ffi::c_void) {
        // SAFETY: made by Box::into_raw below and dropped once, by this callback.
        drop(unsafe { Box::from_raw(value.cast::<T>()) });
    }
    // SAFETY: the callback record lives in the context that calls it.
    unsafe {
        let callback = pg_sys::MemoryContextAllocZero(context, size_of::<pg_sys::MemoryContextCallback>())
            .cast::<pg_sys::MemoryContextCallback>();
        let value = Box::into_raw(Box::new(value));
        (*callback).func = Some(drop_value::<T>);
        (*callback).arg = value.cast();
        pg_sys::MemoryContextRegisterResetCallback(context, callback);
        value
    }
}

/// The payload of a varlena datum, detoasted in the current memory context.
///
/// # Safety
/// `datum` must be of a variable-length type.
pub unsafe fn varlena_payload<'a>(datum: Datum) -> &'a [u8] {
    // SAFETY: pg_detoast_datum_packed gives a valid varlena with a 1- or 4-byte header.
    unsafe {
        let mut varlena = datum.cast_mut_ptr::<pg_sys::varlena>();
        // Most values are plain: asking Postgres about each costs more than looking.
        let plain = pgrx::varatt_is_4b_u(varlena) || (pgrx::varatt_is_1b(varlena) && !pgrx::varatt_is_1b_e(varlena));
        if !plain {
            varlena = pg_sys::pg_detoast_datum_packed(varlena);
        }
        pgrx::varlena_to_byte_slice(varlena)
    }
}

/// The largest value that PostgreSQL passes on: MaxAllocSize.
pub const LARGEST_VALUE: usize = 0x3fff_ffff;

/// Raises an error for a value that is too large for PostgreSQL.
fn require_size(size: usize) {
    if size > LARGEST_VALUE {
        Failure::new(PgSqlErrorCode::ERRCODE_PROGRAM_LIMIT_EXCEEDED, "a result of logfsm is too large for PostgreSQL")
            .detail(format!("It has {} MB, a value has at most {} MB.", size >> 20, LARGEST_VALUE >> 20))
            .hint("Work on fewer or smaller rows at a time.")
            .raise();
    }
}

/// A varlena datum with this payload, in the current memory context.
pub fn varlena(payload: &[u8]) -> Datum {
    let size = payload.len() + pg_sys::VARHDRSZ;
    require_size(size);
    // SAFETY: palloc gives room for header and payload.
    unsafe {
        let room = pg_sys::palloc(size).cast::<u8>();
        pgrx::set_varsize_4b(room.cast(), size as i32);
        std::ptr::copy_nonoverlapping(payload.as_ptr(), room.add(pg_sys::VARHDRSZ), payload.len());
        Datum::from(room)
    }
}

/// A text datum.
pub fn text(value: &str) -> Datum {
    varlena(value.as_bytes())
}

/// Any value pgrx converts.
pub fn datum<T: IntoDatum>(value: T) -> Option<Datum> {
    value.into_datum()
}

/// A jsonb datum from JSON text, as Postgres reads it: however deep it is nested, and with its errors where it is none.
pub fn jsonb(json: &str) -> Datum {
    // SAFETY: jsonb_in takes a C string.
    unsafe {
        pg_sys::OidInputFunctionCall(
            pg_sys::Oid::from(pg_sys::F_JSONB_IN),
            cstring(json).cast_mut_ptr(),
            pg_sys::JSONBOID,
            -1,
        )
    }
}

/// # Safety
/// `datum` must be a jsonb.
pub unsafe fn jsonb_text(datum: Datum) -> String {
    // SAFETY: detoasted to a 4-byte header, as JsonbToCString needs.
    unsafe {
        let jsonb = pg_sys::pg_detoast_datum(datum.cast_mut_ptr()).cast::<pg_sys::Jsonb>();
        let size = pgrx::varsize_any(jsonb.cast()) as i32;
        let text = pg_sys::JsonbToCString(std::ptr::null_mut(), &mut (*jsonb).root, size);
        let json = CStr::from_ptr(text).to_string_lossy().into_owned();
        pg_sys::pfree(text.cast());
        json
    }
}

/// Checks that bytes from the database are UTF-8.
pub fn utf8(bytes: &[u8]) -> Result<&str, Failure> {
    std::str::from_utf8(bytes).map_err(|_| {
        Failure::new(PgSqlErrorCode::ERRCODE_CHARACTER_NOT_IN_REPERTOIRE, "text is not valid UTF-8")
            .hint("logfsm works in databases with encoding UTF8.")
    })
}

/// A NUL-terminated copy in the current memory context.
pub fn cstring(value: &str) -> Datum {
    require_size(value.len() + 1);
    // SAFETY: pnstrdup copies exactly the given bytes and adds the NUL.
    Datum::from(unsafe { pg_sys::pnstrdup(value.as_ptr().cast::<c_char>(), value.len()) })
}

/// The error for an argument that must not be NULL.
pub fn null_argument(name: &'static str) -> Failure {
    Failure::new(PgSqlErrorCode::ERRCODE_NULL_VALUE_NOT_ALLOWED, format!("{name} must not be NULL"))
        .detail("There is no meaning that a missing value could have here.")
        .hint(format!("Give a value for {name}."))
}
