//! watch and unwatch: a trigger on a log table that flags anomalous inserts.
//!
//! The trigger runs as whoever inserts, switches to the model's owner once the model confirms that it watches this
//! table through this trigger, and works in a subtransaction: a watch never makes an insert fail.

use super::Model;
use super::live::Live;
use super::owner::AsOwner;
use crate::pg::call::{Call, Reply, datum};
use crate::pg::error::Failure;
use crate::pg::sql::{self, quote_identifier, quote_literal};
use crate::pg::subtransaction::{Outcome, attempt};
use pgrx::{PgSqlErrorCode, pg_sys};
use std::ffi::CStr;

/// The transition table's name inside the trigger.
const NEW_ROWS: &str = "logfsm_new_rows";

/// watch(model, action, on_table) → void
pub fn watch(call: Call) -> Reply {
    let (name, action) = (call.need_text(0, "model")?, call.need_text(1, "action")?);
    if action != "flag" {
        let code = PgSqlErrorCode::ERRCODE_INVALID_PARAMETER_VALUE;
        return Err(Failure::new(code, format!("unknown action \"{action}\""))
            .detail("Actions that exist: flag.")
            .hint("flag writes a row with the explanation into the model's table anomalies."));
    }
    let on_table: Option<pg_sys::Oid> = call.get(2);
    Model::change(name, "watch with", |model| {
        model.require_fitted()?;
        super::lines::require_independent_rows(&model.info)?;
        let table = watched_table(&model, on_table)?;
        let columns = super::source::columns(&table)?;
        for column in model.info.used_columns() {
            super::source::column(&columns, column, "a column of the model", &table)?;
        }
        let id: i64 = sql::one("SELECT $1::regclass::oid::bigint", &[table.as_str().into()])?.unwrap_or(0);
        // By name only where the number is not that of a table any more, as after a restore.
        let recorded = format!(
            "SELECT EXISTS (SELECT FROM {} WHERE watched_oid::bigint OPERATOR(pg_catalog.=) $1
                 OR (watched_table OPERATOR(pg_catalog.=) $2
                     AND NOT EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.oid OPERATOR(pg_catalog.=) watched_oid)))",
            model.table("watches")
        );
        if sql::holds(&recorded, &[id.into(), table.as_str().into()])? {
            let code = PgSqlErrorCode::ERRCODE_DUPLICATE_OBJECT;
            return Err(Failure::new(code, format!("model \"{}\" already watches {table}", model.info.name))
                .detail("A model watches a table once.")
                .hint("unwatch() it first."));
        }
        let view = model.table(&watch_view(id));
        let trigger = format!("logfsm_watch_{}", model_id(&model)?);
        let create = format!(
            "CREATE VIEW {view} AS SELECT * FROM {} WHERE watched_table OPERATOR(pg_catalog.=) {}",
            model.table("anomalies"),
            quote_literal(&table)
        );
        sql::run(&create, &[])?;
        // The trigger's condition names a view of the model: so it is dropped with the model, also after a restore, and
        // the model's owner can remove it from somebody else's table. A constant costs nothing and needs no rights.
        let create = format!(
            "CREATE TRIGGER {} AFTER INSERT ON {table} REFERENCING NEW TABLE AS {NEW_ROWS} FOR EACH STATEMENT
             WHEN ({}::regclass IS NOT NULL) EXECUTE FUNCTION logfsm.watch_insert()",
            quote_identifier(&trigger),
            quote_literal(&view)
        );
        sql::run(&create, &[])?;
        let record = format!("INSERT INTO {} VALUES ($1, $2::bigint::oid, $3, $4, $5)", model.table("watches"));
        sql::run(&record, &[table.into(), id.into(), trigger.into(), watch_view(id).into(), action.into()])?;
        Ok(())
    })?;
    Ok(None)
}

/// The view of a watch: its anomalies, and what its trigger hangs on.
fn watch_view(table_id: i64) -> String {
    format!("anomalies_of_{table_id}")
}

/// unwatch(model, on_table) → how many watches ended
pub fn unwatch(call: Call) -> Reply {
    let on_table: Option<pg_sys::Oid> = call.get(1);
    let ended = Model::change(call.need_text(0, "model")?, "unwatch", |model| {
        let query = format!(
            "SELECT view_name FROM {} w WHERE $1::oid IS NULL OR watched_oid OPERATOR(pg_catalog.=) $1::oid
                 OR NOT EXISTS (SELECT FROM pg_catalog.pg_class t WHERE t.oid OPERATOR(pg_catalog.=) w.watched_oid)
                    AND watched_table OPERATOR(pg_catalog.=) (SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) FROM pg_catalog.pg_class c
                     JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace WHERE c.oid OPERATOR(pg_catalog.=) $1::oid)
             ORDER BY 1",
            model.table("watches")
        );
        let watches: Vec<String> = sql::column(&query, &[on_table.into()])?;
        sql::run("SELECT pg_catalog.set_config('client_min_messages', 'warning', true)", &[])?;
        for view in &watches {
            sql::run(&format!("DROP VIEW IF EXISTS {} CASCADE", model.table(view)), &[])?;
            let forget = format!("DELETE FROM {} WHERE view_name OPERATOR(pg_catalog.=) $1", model.table("watches"));
            sql::run(&forget, &[view.as_str().into()])?;
        }
        Ok(watches.len() as i32)
    })?;
    Ok(datum(ended))
}

/// A number that tells models apart in trigger names.
fn model_id(model: &Model) -> Result<i64, Failure> {
    Ok(sql::one("SELECT $1::regclass::oid::bigint", &[model.table("model").into()])?.unwrap_or(0))
}

/// Whether a relation is temporary.
const TEMPORARY: &str = "SELECT relpersistence OPERATOR(pg_catalog.=) 't' FROM pg_catalog.pg_class WHERE oid OPERATOR(pg_catalog.=) $1::regclass";

/// The table to put the trigger on; fails for what cannot have such a trigger.
fn watched_table(model: &Model, on_table: Option<pg_sys::Oid>) -> Result<String, Failure> {
    let query = "SELECT pg_catalog.format('%I.%I', n.nspname, c.relname), c.relkind::text
                 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
                 WHERE c.oid OPERATOR(pg_catalog.=) COALESCE($1, pg_catalog.to_regclass($2)::oid)";
    let mut found: Option<(String, String)> = None;
    sql::each_row(query, &[on_table.into(), model.info.source.as_str().into()], |row| {
        found = row.get(1)?.zip(row.get(2)?);
        Ok(())
    })?;
    let Some((table, kind)) = found else {
        let code = PgSqlErrorCode::ERRCODE_UNDEFINED_TABLE;
        return Err(Failure::new(code, format!("table to watch does not exist: {}", model.info.source))
            .detail("It was dropped or renamed.")
            .hint("Give on_table => the table that receives the rows."));
    };
    if kind != "r" || sql::holds(TEMPORARY, &[table.as_str().into()])? {
        let code = PgSqlErrorCode::ERRCODE_WRONG_OBJECT_TYPE;
        return Err(Failure::new(code, format!("{table} cannot be watched"))
            .detail("Only ordinary, permanent tables have insert triggers that see all rows of a statement.")
            .hint("Give on_table => the ordinary table that receives the rows, with the same column names."));
    }
    let may = "SELECT pg_catalog.has_table_privilege($1::regclass, 'TRIGGER')";
    if !sql::holds(may, &[table.as_str().into()])? {
        let code = PgSqlErrorCode::ERRCODE_INSUFFICIENT_PRIVILEGE;
        return Err(Failure::new(code, format!("permission denied to watch {table}"))
            .detail("A watch is a trigger on the table.")
            .hint(format!("GRANT TRIGGER ON {table} TO {}.", quote_identifier(super::owner::role_name(model.owner)))));
    }
    Ok(table)
}

/// What the trigger manager says about this call.
struct Fired {
    data: *mut pg_sys::TriggerData,
    table: pg_sys::Oid,
    table_name: String,
    trigger: String,
    trigger_id: pg_sys::Oid,
}

impl Fired {
    fn from(call: Call) -> Result<Self, Failure> {
        // SAFETY: the trigger manager passes TriggerData as context; anything else is refused.
        unsafe {
            let context = (*call.0).context;
            if context.is_null() || !pgrx::is_a(context, pg_sys::NodeTag::T_TriggerData) {
                let message = "logfsm.watch_insert() can only be called as a trigger";
                return Err(Failure::new(PgSqlErrorCode::ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED, message)
                    .detail("It scores the rows that an INSERT added.")
                    .hint("logfsm.watch() makes the trigger."));
            }
            let data = context.cast::<pg_sys::TriggerData>();
            let trigger = (*data).tg_trigger;
            let relation = (*data).tg_relation;
            let table_name = CStr::from_ptr((*(*relation).rd_rel).relname.data.as_ptr()).to_string_lossy().into_owned();
            let name = CStr::from_ptr((*trigger).tgname).to_string_lossy().into_owned();
            Ok(Fired { data, table: (*relation).rd_id, table_name, trigger: name, trigger_id: (*trigger).tgoid })
        }
    }
}

/// watch_insert(): the AFTER INSERT statement trigger.
pub fn on_insert(call: Call) -> Reply {
    let fired = Fired::from(call)?;
    if let Outcome::Failed(message) = attempt(|| check_rows(&fired)) {
        pgrx::warning!("logfsm watch did not score the rows inserted into {}: {message}", fired.table_name);
    }
    Ok(Some(pg_sys::Datum::null()))
}

/// The schema and owner of the model that a watch trigger's condition refers to.
fn model_of(trigger: pg_sys::Oid) -> Result<Option<(String, pg_sys::Oid)>, Failure> {
    let query = "SELECT n.nspname::text, m.relowner FROM pg_catalog.pg_depend d
                 JOIN pg_catalog.pg_class v ON v.oid OPERATOR(pg_catalog.=) d.refobjid AND v.relkind OPERATOR(pg_catalog.=) 'v'
                 JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) v.relnamespace
                 JOIN pg_catalog.pg_class m ON m.relnamespace OPERATOR(pg_catalog.=) n.oid AND m.relname OPERATOR(pg_catalog.=) 'model'
                      AND m.reloftype OPERATOR(pg_catalog.=) 'logfsm.model_info'::regtype
                 WHERE d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_trigger'::regclass AND d.objid OPERATOR(pg_catalog.=) $1
                   AND d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::regclass";
    let mut found = None;
    sql::each_row(query, &[trigger.into()], |row| {
        found = row.get(1)?.zip(row.get(2)?);
        Ok(())
    })?;
    Ok(found)
}

fn check_rows(fired: &Fired) -> Result<(), Failure> {
    let refused = || {
        let message = "no model watches this table through this trigger";
        Failure::new(PgSqlErrorCode::ERRCODE_INSUFFICIENT_PRIVILEGE, message)
    };
    let (schema, owner) = model_of(fired.trigger_id)?.ok_or_else(refused)?;
    let as_owner = AsOwner::switch(owner);
    as_owner.wait_for_locks_at_most(c"100ms");
    let model = Model::read(schema, owner)?;
    // Anybody can make a trigger that calls this function: only those that the model knows may write into it.
    let recorded = format!(
        "SELECT EXISTS (SELECT FROM {} w JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) $1
                        JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
                        WHERE w.trigger_name OPERATOR(pg_catalog.=) $2 AND (w.watched_oid OPERATOR(pg_catalog.=) $1
                              OR w.watched_table OPERATOR(pg_catalog.=) pg_catalog.format('%I.%I', n.nspname, c.relname)))",
        model.table("watches")
    );
    if !sql::holds(&recorded, &[fired.table.into(), fired.trigger.as_str().into()])? {
        return Err(refused());
    }
    Live::new(&model, fired.table)?.score_rows(fired.data, NEW_ROWS)
}
