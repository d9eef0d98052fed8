//! The text form of our types: a prefix, then base64 of the binary form, whose first byte is the version.

use super::call::Call;
use crate::error::{Error, Result};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use pgrx::pg_sys;

/// Writes binary as text.
pub fn encode(prefix: &str, bytes: &[u8]) -> String {
    let mut text = String::with_capacity(prefix.len() + 4 + bytes.len() * 4 / 3);
    text.push_str(prefix);
    STANDARD.encode_string(bytes, &mut text);
    text
}

/// Reads text as binary.
pub fn decode(what: &'static str, prefix: &str, text: &str) -> Result<Vec<u8>> {
    let body = text.trim().strip_prefix(prefix);
    let body = body.ok_or_else(|| Error::invalid(what, format!("The text form starts with \"{prefix}\".")))?;
    STANDARD.decode(body).map_err(|_| Error::invalid(what, "The text form is not base64."))
}

/// The bytes given to a receive function.
pub fn received(call: Call) -> Vec<u8> {
    let Some(buffer) = call.datum(0) else { return Vec::new() };
    // SAFETY: receive functions get a StringInfo whose cursor marks what is unread.
    unsafe {
        let buffer = buffer.cast_mut_ptr::<pg_sys::StringInfoData>();
        let rest = ((*buffer).len - (*buffer).cursor).max(0) as usize;
        let start = (*buffer).data.add((*buffer).cursor as usize).cast::<u8>();
        (*buffer).cursor = (*buffer).len;
        std::slice::from_raw_parts(start, rest).to_vec()
    }
}
