//! Work that runs as a model's owner, as REFRESH MATERIALIZED VIEW does, under settings that do not depend on the session.

use super::super::error::Failure;
use pgrx::{PgSqlErrorCode, pg_sys};
use std::ffi::{CStr, c_char, c_int};

/// A setting that what SQL gives may depend on.
pub struct Pinned {
    /// Its name.
    pub name: &'static CStr,
    /// The value it has while statements of ours run.
    pub value: &'static CStr,
    /// Whether it has that value now: looked up where Postgres keeps it, because that is asked at each switch.
    holds: unsafe fn() -> bool,
}

const fn pin(name: &'static CStr, value: &'static CStr, holds: unsafe fn() -> bool) -> Pinned {
    Pinned { name, value, holds }
}

// Settings that have no binding, as guc.c knows them.
unsafe extern "C" {
    static bytea_output: c_int;
    static xmlbinary: c_int;
    static xmloption: c_int;
    static locale_monetary: *const c_char;
    static locale_numeric: *const c_char;
    static locale_time: *const c_char;
}

/// Whether a setting kept as text has a value.
///
/// # Safety
/// The setting is null or a C string.
unsafe fn reads(setting: *const c_char, value: &CStr) -> bool {
    // SAFETY: as the caller says.
    !setting.is_null() && unsafe { CStr::from_ptr(setting) } == value
}

/// Whether a setting that only its name leads to has a value.
///
/// # Safety
/// Called by the backend's only thread.
unsafe fn is_set(name: &CStr, value: &CStr) -> bool {
    // SAFETY: gives NULL or a C string that is compared at once.
    unsafe { reads(pg_sys::GetConfigOption(name.as_ptr(), true, false), value) }
}

// Values of settings of which there is no binding, from the headers of Postgres.
const BYTEA_OUTPUT_HEX: c_int = 1;
const XMLBINARY_BASE64: c_int = 0;
const XMLOPTION_CONTENT: c_int = 1;
const BACKSLASH_QUOTE_SAFE_ENCODING: c_int = 2;

/// How values become text and text becomes values, how statements are read, and where new tables are made. Settings of
/// the planner are not among them: statements whose result depends on an order say which they need.
// SAFETY: settings are plain values, or C strings that Postgres keeps.
pub const PINNED: [Pinned; 21] = unsafe {
    use pg_sys as pg;
    [
        pin(c"search_path", c"pg_catalog, pg_temp", || reads(pg::namespace_search_path, c"pg_catalog, pg_temp")),
        // Timestamps without time zone count as UTC, whatever the session says.
        pin(c"TimeZone", c"UTC", || reads(pg::pg_get_timezone_name(pg::session_timezone), c"UTC")),
        pin(c"timezone_abbreviations", c"Default", || is_set(c"timezone_abbreviations", c"Default")),
        pin(c"DateStyle", c"ISO, MDY", || {
            pg::DateStyle == pg::USE_ISO_DATES as c_int && pg::DateOrder == pg::DATEORDER_MDY as c_int
        }),
        pin(c"IntervalStyle", c"postgres", || pg::IntervalStyle == pg::INTSTYLE_POSTGRES as c_int),
        pin(c"extra_float_digits", c"1", || pg::extra_float_digits == 1),
        pin(c"bytea_output", c"hex", || bytea_output == BYTEA_OUTPUT_HEX),
        pin(c"xmlbinary", c"base64", || xmlbinary == XMLBINARY_BASE64),
        pin(c"xmloption", c"content", || xmloption == XMLOPTION_CONTENT),
        pin(c"lc_monetary", c"C", || reads(locale_monetary, c"C")),
        pin(c"lc_numeric", c"C", || reads(locale_numeric, c"C")),
        pin(c"lc_time", c"C", || reads(locale_time, c"C")),
        pin(c"quote_all_identifiers", c"off", || !pg::quote_all_identifiers),
        pin(c"standard_conforming_strings", c"on", || pg::standard_conforming_strings),
        pin(c"backslash_quote", c"safe_encoding", || pg::backslash_quote == BACKSLASH_QUOTE_SAFE_ENCODING),
        pin(c"array_nulls", c"on", || pg::Array_nulls),
        pin(c"transform_null_equals", c"off", || !pg::Transform_null_equals),
        pin(c"default_text_search_config", c"pg_catalog.simple", || reads(pg::TSCurrentConfig, c"pg_catalog.simple")),
        pin(c"gin_fuzzy_search_limit", c"0", || pg::GinFuzzySearchLimit == 0),
        pin(c"row_security", c"on", || pg::row_security),
        // Our tables are written page by page, as heaps are.
        pin(c"default_table_access_method", c"heap", || reads(pg::default_table_access_method, c"heap")),
    ]
};

/// While it lives, the current user is another one and GUC changes are local. Errors restore both by themselves.
pub struct AsOwner {
    user: pg_sys::Oid,
    context: i32,
    _settings: Settings,
}

impl AsOwner {
    /// Switches to `owner` under SECURITY_RESTRICTED_OPERATION and the [`PINNED`] settings.
    pub fn switch(owner: pg_sys::Oid) -> Self {
        // SAFETY: plain calls; restored on drop, or by transaction abort.
        unsafe {
            let (mut user, mut context) = (pg_sys::Oid::INVALID, 0);
            pg_sys::GetUserIdAndSecContext(&mut user, &mut context);
            let restricted = context | pg_sys::SECURITY_RESTRICTED_OPERATION as i32;
            pg_sys::SetUserIdAndSecContext(owner, restricted);
            AsOwner { user, context, _settings: Settings::pinned() }
        }
    }

    /// The same for the current user: whose statement it is, it runs under the same restrictions and settings.
    pub fn as_caller() -> Self {
        // SAFETY: reads who that is.
        Self::switch(unsafe { pg_sys::GetUserId() })
    }

    /// The owner's work does not fail for what the session allows itself.
    pub fn with_default_memory(self) -> Self {
        if crate::pg::is_short_of_memory() {
            // SAFETY: inside the nest level of our settings.
            unsafe { set_local(c"logfsm.memory_limit", c"512MB") };
        }
        self
    }

    /// Bounds how long a lock is waited for while this lives.
    pub fn wait_for_locks_at_most(&self, time: &CStr) {
        // SAFETY: inside the nest level of our settings.
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

    /// Those that results may depend on.
    pub fn pinned() -> Self {
        let mut settings = Settings::new();
        for pinned in &PINNED {
            // SAFETY: reads a setting.
            if !unsafe { (pinned.holds)() } {
                settings = settings.with(pinned.name, pinned.value);
            }
        }
        settings
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
        if !std::thread::panicking() {
            // SAFETY: undoes what `switch` did; the settings go after it, which needs no rights.
            unsafe { pg_sys::SetUserIdAndSecContext(self.user, self.context) };
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
