//! Progress that other sessions see while a statement runs: the application name, restored afterwards.

use pgrx::pg_sys;
use std::ffi::CString;

/// Shows a stage in `pg_stat_activity.application_name` until dropped.
pub struct Progress {
    subject: String,
}

impl Progress {
    /// Starts reporting on a model.
    pub fn start(action: &str, model: &str) -> Self {
        Progress { subject: format!("logfsm {action} {model}") }
    }

    /// Reports a stage, here and as a NOTICE.
    pub fn stage(&self, stage: &str) {
        report(&format!("{}: {stage}", self.subject));
        pgrx::notice!("{}: {stage}", self.subject);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        // SAFETY: application_name is a C string that Postgres keeps.
        unsafe { pg_sys::pgstat_report_appname(pg_sys::application_name) };
    }
}

fn report(text: &str) {
    if let Ok(text) = CString::new(text) {
        // SAFETY: Postgres copies the text.
        unsafe { pg_sys::pgstat_report_appname(text.as_ptr()) };
    }
}
