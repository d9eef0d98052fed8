//! Foreign keys of rows that are right by how they were made.

use super::error::Failure;
use super::sql;
use pgrx::{PgSqlErrorCode, pg_sys};

/// The catalog pg_constraint.
const CONSTRAINTS: pg_sys::Oid = pg_sys::Oid::from_u32(2606);

/// Marks a foreign key that was added as NOT VALID as valid, as ALTER TABLE … VALIDATE CONSTRAINT does once it has read
/// all rows. The caller vouches for the rows.
pub fn mark_validated(table: &str, name: &str) -> Result<(), Failure> {
    let query = "SELECT oid FROM pg_catalog.pg_constraint WHERE conrelid OPERATOR(pg_catalog.=) $1::regclass
                 AND conname OPERATOR(pg_catalog.=) $2 AND contype OPERATOR(pg_catalog.=) 'f'";
    let missing = || {
        Failure::new(PgSqlErrorCode::ERRCODE_UNDEFINED_OBJECT, format!("constraint {name} of {table} does not exist"))
            .detail("It was added by the statement before.")
            .hint("Look for an event trigger that changes what ALTER TABLE does.")
    };
    let constraint: pg_sys::Oid = sql::one(query, &[table.into(), name.into()])?.ok_or_else(missing)?;
    let relation: pg_sys::Oid = sql::one("SELECT $1::regclass::oid", &[table.into()])?.ok_or_else(missing)?;
    // SAFETY: as ATExecValidateConstraint does it: the copy of the catalog row is ours, the table is locked by us.
    unsafe {
        let catalog = pg_sys::table_open(CONSTRAINTS, pg_sys::RowExclusiveLock as i32);
        let none = pg_sys::Datum::null();
        let cache = pg_sys::SysCacheIdentifier::CONSTROID as i32;
        let row = pg_sys::SearchSysCacheCopy(cache, constraint.into(), none, none, none);
        if row.is_null() {
            return Err(missing());
        }
        let mut column = i32::from(pg_sys::get_attnum(CONSTRAINTS, c"convalidated".as_ptr()));
        let (mut value, mut null) = (pg_sys::Datum::from(true), false);
        let valid = pg_sys::heap_modify_tuple_by_cols(row, (*catalog).rd_att, 1, &mut column, &mut value, &mut null);
        pg_sys::CatalogTupleUpdate(catalog, &mut (*row).t_self, valid);
        pg_sys::CacheInvalidateRelcacheByRelid(relation);
        pg_sys::heap_freetuple(valid);
        pg_sys::heap_freetuple(row);
        pg_sys::table_close(catalog, pg_sys::RowExclusiveLock as i32);
        pg_sys::CommandCounterIncrement();
    }
    Ok(())
}
