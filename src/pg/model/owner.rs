//! Work that runs as a model's owner, as REFRESH MATERIALIZED VIEW does.

use super::super::error::Failure;
use pgrx::{PgSqlErrorCode, pg_sys};
use std::ffi::CStr;

/// While it lives, the current user is another one and GUC changes are local. Errors restore both by themselves.
pub struct AsOwner {
    user: pg_sys::Oid,
    context: i32,
    guc_level: i32,
}

impl AsOwner {
    /// Switches to `owner` under SECURITY_RESTRICTED_OPERATION.
    pub fn switch(owner: pg_sys::Oid) -> Self {
        // SAFETY: plain calls; restored on drop, or by transaction abort.
        unsafe {
            let (mut user, mut context) = (pg_sys::Oid::INVALID, 0);
            pg_sys::GetUserIdAndSecContext(&mut user, &mut context);
            let restricted = context | pg_sys::SECURITY_RESTRICTED_OPERATION as i32;
            pg_sys::SetUserIdAndSecContext(owner, restricted);
            let switched = AsOwner { user, context, guc_level: pg_sys::NewGUCNestLevel() };
            // Timestamps without time zone count as UTC, whatever the session says.
            set_local(c"TimeZone", c"UTC");
            set_local(c"search_path", c"pg_catalog, pg_temp");
            switched
        }
    }
}

impl AsOwner {
    /// Bounds how long a lock is waited for while this lives.
    pub fn wait_for_locks_at_most(&self, time: &CStr) {
        // SAFETY: inside the nest level that `switch` opened.
        unsafe { set_local(c"lock_timeout", time) };
    }
}

/// Sets a GUC until the nest level ends.
///
/// # Safety
/// Inside a GUC nest level of ours.
unsafe fn set_local(name: &CStr, value: &CStr) {
    // SAFETY: both are C strings; the action is that of SET LOCAL in a function.
    unsafe {
        pg_sys::set_config_option(
            name.as_ptr(),
            value.as_ptr(),
            pg_sys::GucContext::PGC_USERSET,
            pg_sys::GucSource::PGC_S_SESSION,
            pg_sys::GucAction::GUC_ACTION_SAVE,
            true,
            0,
            false,
        );
    }
}

/// Settings that hold while it lives.
pub struct Settings(i32);

impl Settings {
    /// None yet.
    pub fn new() -> Self {
        // SAFETY: a plain call; undone on drop, or by transaction abort.
        Settings(unsafe { pg_sys::NewGUCNestLevel() })
    }

    /// With one of them.
    pub fn with(self, name: &CStr, value: &CStr) -> Self {
        // SAFETY: inside our nest level.
        unsafe { set_local(name, value) };
        self
    }
}

impl Drop for Settings {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            // SAFETY: undoes what `new` did.
            unsafe { pg_sys::AtEOXact_GUC(false, self.0) };
        }
    }
}

impl Drop for AsOwner {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        // SAFETY: undoes what `switch` did.
        unsafe {
            pg_sys::AtEOXact_GUC(false, self.guc_level);
            pg_sys::SetUserIdAndSecContext(self.user, self.context);
        }
    }
}

/// Fails unless the caller is a member of the owner's role.
pub fn require_membership(owner: pg_sys::Oid, model: &str, action: &str) -> Result<(), Failure> {
    // SAFETY: plain catalog look-ups.
    let member = unsafe { pg_sys::is_member_of_role(pg_sys::GetUserId(), owner) };
    if member {
        return Ok(());
    }
    let message = format!("must be member of the owner of model \"{model}\" to {action} it");
    Err(Failure::new(PgSqlErrorCode::ERRCODE_INSUFFICIENT_PRIVILEGE, message)
        .detail(format!("The model belongs to role \"{}\".", role_name(owner)))
        .hint("Ask for membership in that role, or create a model of your own."))
}

/// A role's name.
pub fn role_name(role: pg_sys::Oid) -> String {
    // SAFETY: GetUserNameFromId gives a palloc'd string, or NULL with noerr.
    unsafe {
        let name = pg_sys::GetUserNameFromId(role, true);
        if name.is_null() { role.to_u32().to_string() } else { std::ffi::CStr::from_ptr(name).to_string_lossy().into() }
    }
}
