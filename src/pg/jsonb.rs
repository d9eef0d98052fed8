//! jsonb made directly, without the detour over JSON text.

use pgrx::pg_sys::{self, Datum};
use std::ffi::c_char;

/// Builds a jsonb of strings.
struct Builder {
    state: *mut pg_sys::JsonbParseState,
}

impl Builder {
    /// # Safety
    /// `value` must be null or a valid value for the token.
    unsafe fn push(
        &mut self,
        token: pg_sys::JsonbIteratorToken::Type,
        value: *mut pg_sys::JsonbValue,
    ) -> *mut pg_sys::JsonbValue {
        // SAFETY: Postgres keeps the state in the current memory context.
        unsafe { pg_sys::pushJsonbValue(&mut self.state, token, value) }
    }

    fn string(&mut self, token: pg_sys::JsonbIteratorToken::Type, text: &str) {
        // SAFETY: a zeroed value with type and string set is valid; Postgres copies the bytes when it writes the result.
        unsafe {
            let mut value: pg_sys::JsonbValue = std::mem::zeroed();
            value.type_ = pg_sys::jbvType::jbvString;
            value.val.string.len = text.len() as i32;
            value.val.string.val = text.as_ptr().cast::<c_char>().cast_mut();
            self.push(token, &mut value);
        }
    }

    /// # Safety
    /// The value must come from ending the outermost array or object, and all text pushed must still be there.
    unsafe fn finish(value: *mut pg_sys::JsonbValue) -> Datum {
        // SAFETY: as the caller says.
        Datum::from(unsafe { pg_sys::JsonbValueToJsonb(value) })
    }
}

/// An array of strings.
pub fn array<S: AsRef<str>>(values: &[S]) -> Datum {
    let mut builder = Builder { state: std::ptr::null_mut() };
    // SAFETY: begin, elements, end; the texts outlive the call.
    unsafe {
        builder.push(pg_sys::JsonbIteratorToken::WJB_BEGIN_ARRAY, std::ptr::null_mut());
        for value in values {
            builder.string(pg_sys::JsonbIteratorToken::WJB_ELEM, value.as_ref());
        }
        let end = builder.push(pg_sys::JsonbIteratorToken::WJB_END_ARRAY, std::ptr::null_mut());
        Builder::finish(end)
    }
}

/// An object of strings; of a key given twice the last value stays.
pub fn object<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Datum {
    let mut builder = Builder { state: std::ptr::null_mut() };
    // SAFETY: begin, pairs of key and value, end; the texts outlive the call.
    unsafe {
        builder.push(pg_sys::JsonbIteratorToken::WJB_BEGIN_OBJECT, std::ptr::null_mut());
        for (key, value) in pairs {
            builder.string(pg_sys::JsonbIteratorToken::WJB_KEY, key);
            builder.string(pg_sys::JsonbIteratorToken::WJB_VALUE, value);
        }
        let end = builder.push(pg_sys::JsonbIteratorToken::WJB_END_OBJECT, std::ptr::null_mut());
        Builder::finish(end)
    }
}
