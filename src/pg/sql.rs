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
        for row in client.update(sql, None, args)? {
            each(&row)?;
        }
        Ok(())
    })
}
