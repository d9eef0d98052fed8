//! Work that may fail without failing the statement.

use super::error::{Failure, report_of};
use pgrx::{PgSqlErrorCode, PgTryBuilder, pg_sys};

/// How an attempt ended.
pub enum Outcome<T> {
    /// Its work is kept.
    Done(T),
    /// Its work is undone; the error's message.
    Failed(String),
}

/// Errors that are not about the work: these always pass.
const PASSING: [PgSqlErrorCode; 5] = [
    PgSqlErrorCode::ERRCODE_QUERY_CANCELED,
    PgSqlErrorCode::ERRCODE_ADMIN_SHUTDOWN,
    PgSqlErrorCode::ERRCODE_CRASH_SHUTDOWN,
    PgSqlErrorCode::ERRCODE_T_R_SERIALIZATION_FAILURE,
    PgSqlErrorCode::ERRCODE_T_R_DEADLOCK_DETECTED,
];

/// Runs `work` in a subtransaction of its own; its error undoes it and is returned as a message.
pub fn attempt<T>(work: impl FnOnce() -> Result<T, Failure>) -> Outcome<T> {
    attempt_if(work, |code| !PASSING.contains(&code))
}

/// As [`attempt`], for one kind of error alone: others pass.
pub fn attempt_but_for<T>(code: PgSqlErrorCode, work: impl FnOnce() -> Result<T, Failure>) -> Outcome<T> {
    attempt_if(work, |found| found == code)
}

fn attempt_if<T>(
    work: impl FnOnce() -> Result<T, Failure>,
    catches: impl Fn(PgSqlErrorCode) -> bool + std::panic::UnwindSafe + std::panic::RefUnwindSafe,
) -> Outcome<T> {
    // SAFETY: the usual frame of a subtransaction, as in PL/pgSQL's exception blocks.
    unsafe {
        let (context, owner) = (pg_sys::CurrentMemoryContext, pg_sys::CurrentResourceOwner);
        pg_sys::BeginInternalSubTransaction(std::ptr::null());
        pg_sys::MemoryContextSwitchTo(context);
        let work = std::panic::AssertUnwindSafe(work);
        let outcome = PgTryBuilder::new(|| match { work }.0() {
            Ok(value) => {
                pg_sys::ReleaseCurrentSubTransaction();
                Outcome::Done(value)
            }
            Err(failure) => failure.raise(),
        })
        .catch_others(|error| {
            let report = report_of(&error);
            let message = report.message().to_string();
            let caught = catches(report.sql_error_code());
            pg_sys::RollbackAndReleaseCurrentSubTransaction();
            pg_sys::MemoryContextSwitchTo(context);
            pg_sys::CurrentResourceOwner = owner;
            if !caught {
                error.rethrow();
            }
            Outcome::Failed(message)
        })
        .execute();
        pg_sys::MemoryContextSwitchTo(context);
        pg_sys::CurrentResourceOwner = owner;
        outcome
    }
}
