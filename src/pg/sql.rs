//! Running SQL: every statement sees what the ones before it did, and errors pass through.

use super::error::Failure;
use pgrx::datum::DatumWithOid;
use pgrx::spi::{Spi, SpiHeapTupleData};
use pgrx::{FromDatum, IntoDatum};

pub use pgrx::spi::{quote_identifier, quote_literal};

/// Arguments of a statement.
pub type Args<'a> = &'a [DatumWithOid<'a>];

/// Runs a statement; the number of rows it touched.
pub fn run(sql: &str, args: Args<'_>) -> Result<u64, Failure> {
    pgrx::check_for_interrupts!();
    Spi::connect_mut(|client| Ok(client.update(sql, None, args)?.len() as u64))
}

/// The first column of the first row; `None` for NULL or no row.
pub fn one<T: FromDatum + IntoDatum>(sql: &str, args: Args<'_>) -> Result<Option<T>, Failure> {
    Spi::connect_mut(|client| {
        let rows = client.update(sql, Some(1), args)?;
        if rows.is_empty() { Ok(None) } else { Ok(rows.first().get_one::<T>()?) }
    })
}

/// Whether a condition holds.
pub fn holds(sql: &str, args: Args<'_>) -> Result<bool, Failure> {
    Ok(one::<bool>(sql, args)?.unwrap_or(false))
}

/// Calls `each` with every row.
pub fn each_row(
    sql: &str,
    args: Args<'_>,
    mut each: impl FnMut(&SpiHeapTupleData<'_>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    Spi::connect_mut(|client| {
        for row in client.update(sql, None, args)? {
            each(&row)?;
        }
        Ok(())
    })
}
