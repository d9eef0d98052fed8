//! A model's relations as they must be before anything is done with them: whose they are, of which kind, and who may
//! read them. All of it is looked up in the catalog's caches; nothing here runs a statement.

use super::Model;
use super::find::c_name;
use super::owner::role_name;
use crate::pg::error::Failure;
use pgrx::{PgSqlErrorCode, pg_sys};
use std::ffi::CStr;

/// The tables of a model that are partitioned by run, those that others refer to first.
pub const PARTITIONED: [&str; 10] = [
    "phases",
    "templates",
    "states",
    "transitions",
    "traces",
    "invariants",
    "guards",
    "events",
    "parameters",
    "scores",
];

/// Its other tables.
const PLAIN: [&str; 6] = ["model", "runs", "watches", "live_traces", "pending", "anomalies"];

/// Whether a model has a table of this name.
pub fn is_table(name: &str) -> bool {
    PARTITIONED.contains(&name) || PLAIN.contains(&name)
}

/// What the catalog says of a relation.
pub struct Class {
    /// Its kind, as in `pg_class.relkind`.
    pub kind: u8,
    /// Whose it is.
    pub owner: pg_sys::Oid,
    /// The type of a typed table.
    pub row_type: pg_sys::Oid,
    /// Where it is.
    pub schema: pg_sys::Oid,
}

impl Class {
    /// Looks it up; `None` where it does not exist.
    pub fn of(relation: pg_sys::Oid) -> Option<Class> {
        // SAFETY: the tuple is released after its fixed part was copied.
        unsafe {
            let tuple = pg_sys::SearchSysCache1(pg_sys::SysCacheIdentifier::RELOID as i32, relation.into());
            if tuple.is_null() {
                return None;
            }
            let form = &*pg_sys::GETSTRUCT(tuple).cast::<pg_sys::FormData_pg_class>();
            let class = Class {
                kind: form.relkind as u8,
                owner: form.relowner,
                row_type: form.reloftype,
                schema: form.relnamespace,
            };
            pg_sys::ReleaseSysCache(tuple);
            Some(class)
        }
    }
}

/// The relation of a name in a schema.
pub fn name_in(schema: &str, name: &str) -> Option<pg_sys::Oid> {
    let (schema, name) = (c_name(schema)?, c_name(name)?);
    // SAFETY: look-ups by name that find nothing at worst.
    unsafe {
        let schema = pg_sys::get_namespace_oid(schema.as_ptr(), true);
        if schema == pg_sys::Oid::INVALID {
            return None;
        }
        Some(pg_sys::get_relname_relid(name.as_ptr(), schema)).filter(|&oid| oid != pg_sys::Oid::INVALID)
    }
}

/// A right as the functions that check rights take it: PostgreSQL 16 made more room for rights.
#[allow(clippy::useless_conversion)]
pub fn acl(right: u32) -> pg_sys::AclMode {
    right.into()
}

/// Whether the current role may use a schema.
pub fn may_use(schema: pg_sys::Oid) -> bool {
    // SAFETY: plain catalog look-ups.
    unsafe {
        let role = pg_sys::GetUserId();
        #[cfg(feature = "pg15")]
        let answer = pg_sys::pg_namespace_aclcheck(schema, role, acl(pg_sys::ACL_USAGE));
        #[cfg(not(feature = "pg15"))]
        let answer = pg_sys::object_aclcheck(pg_sys::NamespaceRelationId, schema, role, acl(pg_sys::ACL_USAGE));
        answer == pg_sys::AclResult::ACLCHECK_OK
    }
}

/// Whether a SELECT of all columns by the current role would be allowed and would see all rows.
pub fn may_read(relation: pg_sys::Oid) -> bool {
    let Some(class) = Class::of(relation) else { return false };
    may_use(class.schema) && may_select(relation) && !sees_some(relation)
}

fn may_select(relation: pg_sys::Oid) -> bool {
    // SAFETY: plain catalog look-ups.
    unsafe {
        let (role, select) = (pg_sys::GetUserId(), acl(pg_sys::ACL_SELECT));
        let ok = pg_sys::AclResult::ACLCHECK_OK;
        let all = pg_sys::AclMaskHow::ACLMASK_ALL;
        pg_sys::pg_class_aclcheck(relation, role, select) == ok
            || pg_sys::pg_attribute_aclcheck_all(relation, role, select, all) == ok
    }
}

/// Whether row-level security lets the current role see some rows only.
pub fn sees_some(relation: pg_sys::Oid) -> bool {
    // SAFETY: plain catalog look-ups; it does not raise.
    let state = unsafe { pg_sys::check_enable_rls(relation, pg_sys::Oid::INVALID, true) };
    state == pg_sys::CheckEnableRlsResult::RLS_ENABLED as i32
}

/// Takes the locks of a reader on tables of a model, after the current role's right to read them was checked, and checks
/// that they are what the extension made.
pub fn open_for_reading(model: &Model, tables: &[&str], purpose: &str) -> Result<(), Failure> {
    for table in ["model"].iter().chain(tables) {
        let (table, needs_right) = table.strip_prefix('?').map_or((*table, true), |table| (table, false));
        // A name may come to mean another relation while its lock is waited for.
        while let Some(oid) = name_in(&model.schema, table) {
            if needs_right {
                require_select(model, table, oid, purpose)?;
            }
            lock(oid);
            if name_in(&model.schema, table) == Some(oid) {
                require_kind(model, table, oid)?;
                break;
            }
        }
    }
    Ok(())
}

/// Checks that all tables of a model are what the extension made.
pub fn require_kinds(model: &Model) -> Result<(), Failure> {
    for table in PLAIN.iter().chain(&PARTITIONED) {
        if let Some(oid) = name_in(&model.schema, table) {
            lock(oid);
            require_kind(model, table, oid)?;
        }
    }
    Ok(())
}

fn lock(relation: pg_sys::Oid) {
    // SAFETY: the lock stays until the transaction ends.
    unsafe { pg_sys::LockRelationOid(relation, pg_sys::AccessShareLock as pg_sys::LOCKMODE) };
}

fn require_select(model: &Model, table: &str, oid: pg_sys::Oid, purpose: &str) -> Result<(), Failure> {
    let denied = |detail: String, hint: String| {
        let code = PgSqlErrorCode::ERRCODE_INSUFFICIENT_PRIVILEGE;
        let message = format!("permission denied for the {table} of model \"{}\"", model.info.name);
        Err(Failure::new(code, message).detail(detail).hint(hint))
    };
    if Class::of(oid).is_some_and(|class| !may_use(class.schema)) || !may_select(oid) {
        let detail = format!("{purpose} reads the model's table {table}.");
        return denied(detail, format!("Ask the owner to GRANT SELECT ON {}.", model.table(table)));
    }
    if sees_some(oid) {
        let detail = format!(
            "{purpose} reads all rows of the model's table {table}; row-level security hides some from this role."
        );
        return denied(detail, "Select from the model's tables instead, or ask for BYPASSRLS.".into());
    }
    Ok(())
}

/// Fails unless a relation of a model is a table or partitioned table with partitions of the owner's, without rules.
fn require_kind(model: &Model, table: &str, oid: pg_sys::Oid) -> Result<(), Failure> {
    let wrong = |detail: String| {
        let message = format!("table \"{table}\" of model \"{}\" is not what logfsm made", model.info.name);
        Err(Failure::new(PgSqlErrorCode::ERRCODE_WRONG_OBJECT_TYPE, message)
            .detail(detail)
            .hint("Put the table back, or drop the model with cascade => true and create it anew."))
    };
    let partitioned = PARTITIONED.contains(&table);
    let expected = if partitioned { pg_sys::RELKIND_PARTITIONED_TABLE } else { pg_sys::RELKIND_RELATION };
    let Some(class) = Class::of(oid) else { return wrong("It is gone.".into()) };
    if class.kind != expected {
        return wrong(format!("It is {}.", kind_name(class.kind)));
    }
    if class.owner != model.owner {
        return wrong(format!("It belongs to role \"{}\".", role_name(class.owner)));
    }
    // SAFETY: the relation is locked.
    let (rules, parts) = unsafe {
        let relation = pg_sys::relation_open(oid, pg_sys::NoLock as pg_sys::LOCKMODE);
        let rules = !(*relation).rd_rules.is_null();
        let parts = if partitioned { partitions(relation) } else { Vec::new() };
        pg_sys::relation_close(relation, pg_sys::NoLock as pg_sys::LOCKMODE);
        (rules, parts)
    };
    if rules {
        return wrong("It has rules.".into());
    }
    for part in parts {
        let Some(class) = Class::of(part) else { continue };
        if class.kind != pg_sys::RELKIND_RELATION || class.owner != model.owner {
            let (kind, owner) = (kind_name(class.kind), role_name(class.owner));
            return wrong(format!("Its partition \"{}\" is {kind} of role \"{owner}\".", relation_name(part)));
        }
    }
    Ok(())
}

/// The partitions of a partitioned table.
///
/// # Safety
/// The relation is open and locked.
unsafe fn partitions(relation: pg_sys::Relation) -> Vec<pg_sys::Oid> {
    // SAFETY: the descriptor lives as long as the relation is open.
    unsafe {
        let found = pg_sys::RelationGetPartitionDesc(relation, true);
        if found.is_null() || (*found).nparts == 0 {
            return Vec::new();
        }
        std::slice::from_raw_parts((*found).oids, (*found).nparts as usize).to_vec()
    }
}

fn kind_name(kind: u8) -> &'static str {
    match kind {
        pg_sys::RELKIND_RELATION => "a plain table",
        pg_sys::RELKIND_PARTITIONED_TABLE => "a partitioned table",
        pg_sys::RELKIND_VIEW => "a view",
        pg_sys::RELKIND_MATVIEW => "a materialized view",
        pg_sys::RELKIND_FOREIGN_TABLE => "a foreign table",
        _ => "no table",
    }
}

fn relation_name(relation: pg_sys::Oid) -> String {
    // SAFETY: a palloc'd string, or NULL.
    unsafe {
        let name = pg_sys::get_rel_name(relation);
        if name.is_null() { relation.to_u32().to_string() } else { CStr::from_ptr(name).to_string_lossy().into() }
    }
}
