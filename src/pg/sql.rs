//! Running SQL: every statement sees what the ones before it did, and errors pass through.
//!
//! Statements run only after a switch of `model::owner`, which says as whom, restricted in what they may do and under
//! settings that are not the session's: see docs/security.md. Those that read take no transaction id, so that they run on
//! a standby too.

use super::error::Failure;
use pgrx::datum::DatumWithOid;
use pgrx::spi::{Spi, SpiClient, SpiHeapTupleData, SpiTupleTable};
use pgrx::{FromDatum, IntoDatum, PgSqlErrorCode, pg_sys};
use std::cell::Cell;

pub use pgrx::spi::{quote_identifier, quote_literal};

/// Arguments of a statement.
pub type Args<'a> = &'a [DatumWithOid<'a>];

/// Fails where no switch of `model::owner` says as whom a statement runs.
pub fn require_switch() -> Result<(), Failure> {
    // SAFETY: reads the security context.
    if unsafe { pg_sys::InSecurityRestrictedOperation() } {
        return Ok(());
    }
    let code = PgSqlErrorCode::ERRCODE_INSUFFICIENT_PRIVILEGE;
    Err(Failure::new(code, "logfsm does not run statements with the rights of a session")
        .detail("A function of the extension forgot to say as whom its statements run.")
        .hint("Please report it as an error of logfsm."))
}

thread_local! {
    /// How many snapshots for several statements are in force.
    static SHARED: Cell<u32> = const { Cell::new(0) };
}

/// The snapshot that statements read by while this lives, as long as the transaction has written nothing.
pub struct Snapshot {
    shared: bool,
    pushed: bool,
}

impl Snapshot {
    /// One for all statements until it is dropped: what they read is of one moment.
    pub fn shared() -> Self {
        SHARED.set(SHARED.get() + 1);
        Self::push(true, true)
    }

    /// One for a single statement: the one that is shared, or of this moment.
    pub fn of_statement() -> Self {
        Self::push(false, SHARED.get() == 0 && has_written_nothing())
    }

    fn push(shared: bool, pushed: bool) -> Self {
        if pushed {
            // SAFETY: popped on drop, or by transaction abort.
            unsafe { pg_sys::PushActiveSnapshot(pg_sys::GetTransactionSnapshot()) };
        }
        Snapshot { shared, pushed }
    }
}

impl Drop for Snapshot {
    fn drop(&mut self) {
        if self.shared {
            SHARED.set(SHARED.get() - 1);
        }
        if self.pushed && !std::thread::panicking() {
            // SAFETY: undoes what `push` did.
            unsafe { pg_sys::PopActiveSnapshot() };
        }
    }
}

/// Whether the transaction has written nothing yet. Then statements read by the snapshot at hand, which takes no
/// transaction id; otherwise each sees what the ones before it wrote.
pub fn has_written_nothing() -> bool {
    // SAFETY: reads the transaction's state.
    unsafe { pg_sys::GetTopTransactionIdIfAny() == pg_sys::InvalidTransactionId }
}

/// Runs a statement that may write.
fn write<'c>(
    client: &mut SpiClient<'c>,
    sql: &str,
    limit: Option<i64>,
    args: Args<'_>,
) -> Result<SpiTupleTable<'c>, Failure> {
    require_switch()?;
    Ok(client.update(sql, limit, args)?)
}

/// Runs a statement that reads, or is not the first of its transaction to write.
fn query<'c>(
    client: &mut SpiClient<'c>,
    sql: &str,
    limit: Option<i64>,
    args: Args<'_>,
) -> Result<SpiTupleTable<'c>, Failure> {
    if !has_written_nothing() {
        return write(client, sql, limit, args);
    }
    require_switch()?;
    let _snapshot = Snapshot::of_statement();
    Ok(client.select(sql, limit, args)?)
}

/// Runs a statement; the number of rows it touched.
pub fn run(sql: &str, args: Args<'_>) -> Result<u64, Failure> {
    pgrx::check_for_interrupts!();
    Spi::connect_mut(|client| Ok(write(client, sql, None, args)?.len() as u64))
}

/// The first column of the first row; `None` for NULL or no row.
pub fn one<T: FromDatum + IntoDatum>(sql: &str, args: Args<'_>) -> Result<Option<T>, Failure> {
    Spi::connect_mut(|client| {
        let rows = query(client, sql, Some(1), args)?;
        if rows.is_empty() { Ok(None) } else { Ok(rows.first().get_one::<T>()?) }
    })
}

/// Whether a condition holds.
pub fn holds(sql: &str, args: Args<'_>) -> Result<bool, Failure> {
    Ok(one::<bool>(sql, args)?.unwrap_or(false))
}

/// The first column of all rows, NULLs left out.
pub fn column<T: FromDatum + IntoDatum>(sql: &str, args: Args<'_>) -> Result<Vec<T>, Failure> {
    let mut values = Vec::new();
    each_row(sql, args, |row| {
        values.extend(row.get::<T>(1)?);
        Ok(())
    })?;
    Ok(values)
}

/// Fills `{name}` placeholders in one pass: what is filled in is never looked at again.
pub fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(at) = rest.find('{') {
        let (before, from) = rest.split_at(at);
        filled.push_str(before);
        let value = values.iter().find_map(|(name, value)| {
            from[1..].strip_prefix(name).and_then(|after| after.strip_prefix('}')).map(|after| (value, after))
        });
        match value {
            Some((value, after)) => {
                filled.push_str(value);
                rest = after;
            }
            None => {
                filled.push('{');
                rest = &from[1..];
            }
        }
    }
    filled + rest
}

/// Calls `each` with every row.
pub fn each_row(
    sql: &str,
    args: Args<'_>,
    mut each: impl FnMut(&SpiHeapTupleData<'_>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    Spi::connect_mut(|client| {
        for row in query(client, sql, None, args)? {
            each(&row)?;
        }
        Ok(())
    })
}
