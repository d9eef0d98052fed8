//! From the core's errors to SQLSTATE, message, DETAIL and HINT.

use crate::error::Error;
use pgrx::pg_sys::panic::{CaughtError, ErrorReport, ErrorReportWithLevel};
use pgrx::{PgLogLevel, PgSqlErrorCode};

/// What an extern fails with.
pub struct Failure(Box<ErrorReport>);

impl Failure {
    /// An error of our own.
    pub fn new(code: PgSqlErrorCode, message: impl Into<String>) -> Self {
        Failure(Box::new(ErrorReport::new(code, message.into(), "logfsm")))
    }

    /// Adds DETAIL.
    pub fn detail(self, detail: impl Into<String>) -> Self {
        Failure(Box::new(self.0.set_detail(detail)))
    }

    /// Adds HINT.
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Failure(Box::new(self.0.set_hint(hint)))
    }

    /// What it says.
    pub fn message(&self) -> String {
        self.0.message().to_string()
    }

    /// Says it as a NOTICE or WARNING; things go on.
    pub fn say(self, level: PgLogLevel) {
        self.0.report(level);
    }

    /// Raises it. Memory of the frames above is released on the way.
    pub fn raise(self) -> ! {
        self.0.report(PgLogLevel::ERROR);
        unreachable!("ERROR does not return")
    }
}

/// What a caught error says.
pub fn report_of(error: &CaughtError) -> &ErrorReportWithLevel {
    let (CaughtError::PostgresError(report)
    | CaughtError::ErrorReport(report)
    | CaughtError::RustPanic { ereport: report, .. }) = error;
    report
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let mut failure = Failure::new(sqlstate(&error), error.to_string());
        if let Some(detail) = error.detail() {
            failure = failure.detail(detail);
        }
        if let Some(hint) = error.hint() {
            failure = failure.hint(hint);
        }
        failure
    }
}

impl From<pgrx::spi::Error> for Failure {
    fn from(error: pgrx::spi::Error) -> Self {
        if let pgrx::spi::Error::DatumError(wrong) = &error {
            // Types of results depend on tables that their owners may change.
            let message = format!("a query gave a value of another type: {wrong}");
            return Failure::new(PgSqlErrorCode::ERRCODE_DATATYPE_MISMATCH, message)
                .detail("The type of a column of the model or its source was changed after create_model().")
                .hint("Change it back, or drop the model and create it anew.");
        }
        Failure::new(PgSqlErrorCode::ERRCODE_INTERNAL_ERROR, format!("logfsm could not run a query: {error}"))
    }
}

fn sqlstate(error: &Error) -> PgSqlErrorCode {
    match error {
        Error::InvalidValue { .. } => PgSqlErrorCode::ERRCODE_INVALID_TEXT_REPRESENTATION,
        Error::NewerVersion { .. } => PgSqlErrorCode::ERRCODE_FEATURE_NOT_SUPPORTED,
        Error::NullInput { .. } => PgSqlErrorCode::ERRCODE_NULL_VALUE_NOT_ALLOWED,
        Error::NoTraces { .. } => PgSqlErrorCode::ERRCODE_NO_DATA_FOUND,
        Error::MemoryLimit { .. } | Error::WorkLimit { .. } => PgSqlErrorCode::ERRCODE_CONFIGURATION_LIMIT_EXCEEDED,
        Error::Overflow { .. } => PgSqlErrorCode::ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE,
        Error::InvalidPattern { .. } => PgSqlErrorCode::ERRCODE_INVALID_REGULAR_EXPRESSION,
        Error::Cancelled => PgSqlErrorCode::ERRCODE_QUERY_CANCELED,
        Error::UnknownMethod { .. }
        | Error::UnknownOption { .. }
        | Error::InvalidOption { .. }
        | Error::NotAPrefixTree { .. }
        | Error::InvalidArgument { .. } => PgSqlErrorCode::ERRCODE_INVALID_PARAMETER_VALUE,
    }
}
