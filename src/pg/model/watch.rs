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
        let table = watched_table(&model, on_table)?;
        for column in model.info.used_columns() {
            super::source::column(&super::source::columns(&table)?, column, "a column of the model", &table)?;
        }
        let recorded = format!(
            "SELECT EXISTS (SELECT FROM {} WHERE watched_table OPERATOR(pg_catalog.=) $1::regclass)",
            model.table("watches")
        );
        if sql::holds(&recorded, &[table.as_str().into()])? {
            let code = PgSqlErrorCode::ERRCODE_DUPLICATE_OBJECT;
            return Err(Failure::new(code, format!("model \"{}\" already watches {table}", model.info.name))
                .detail("A model watches a table once.")
                .hint("unwatch() it first."));
        }
        let id: i64 = sql::one("SELECT $1::regclass::oid::bigint", &[table.as_str().into()])?.unwrap_or(0);
        let guard = model.table(&format!("is_watching_{id}"));
        let trigger = format!("logfsm_watch_{}", model_id(&model)?);
        // The trigger depends on a function of the model's schema, so that it goes when the model goes, and so that
        // the model's owner can remove it from a table of somebody else.
        sql::run(
            &format!("CREATE FUNCTION {guard}() RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN true"),
            &[],
        )?;
        let create = format!(
            "CREATE TRIGGER {} AFTER INSERT ON {table} REFERENCING NEW TABLE AS {NEW_ROWS} FOR EACH STATEMENT
             WHEN ({guard}()) EXECUTE FUNCTION logfsm.watch_insert({})",
            quote_identifier(&trigger),
            quote_literal(&model.schema)
        );
        sql::run(&create, &[])?;
        let record = format!("INSERT INTO {} VALUES ($1::regclass, $2, $3)", model.table("watches"));
        sql::run(&record, &[table.into(), trigger.into(), action.into()])?;
        Ok(())
    })?;
    Ok(None)
}

/// unwatch(model, on_table) → how many watches ended
pub fn unwatch(call: Call) -> Reply {
    let on_table: Option<pg_sys::Oid> = call.get(1);
    let ended = Model::change(call.need_text(0, "model")?, "unwatch", |model| {
        let query = format!(
            "SELECT watched_table::oid::bigint FROM {} WHERE $1 IS NULL OR watched_table OPERATOR(pg_catalog.=) $1 ORDER BY 1",
            model.table("watches")
        );
        let mut tables: Vec<i64> = Vec::new();
        sql::each_row(&query, &[on_table.into()], |row| {
            tables.extend(row.get::<i64>(1)?);
            Ok(())
        })?;
        sql::run("SELECT pg_catalog.set_config('client_min_messages', 'warning', true)", &[])?;
        for table in &tables {
            let guard = model.table(&format!("is_watching_{table}"));
            sql::run(&format!("DROP FUNCTION IF EXISTS {guard}() CASCADE"), &[])?;
            let forget = format!(
                "DELETE FROM {} WHERE watched_table::oid::bigint OPERATOR(pg_catalog.=) $1",
                model.table("watches")
            );
            sql::run(&forget, &[(*table).into()])?;
        }
        Ok(tables.len() as i32)
    })?;
    Ok(datum(ended))
}

/// A number that tells models apart in trigger names.
fn model_id(model: &Model) -> Result<i64, Failure> {
    Ok(sql::one("SELECT $1::regclass::oid::bigint", &[model.table("model").into()])?.unwrap_or(0))
}

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
    if kind != "r" {
        let code = PgSqlErrorCode::ERRCODE_WRONG_OBJECT_TYPE;
        return Err(Failure::new(code, format!("{table} cannot be watched"))
            .detail("Only ordinary tables have insert triggers that see all rows of a statement.")
            .hint("Give on_table => the ordinary table that receives the rows, with the same column names."));
    }
    let may = "SELECT pg_catalog.has_table_privilege($1::regclass, 'TRIGGER')";
    if !sql::holds(may, &[table.as_str().into()])? {
        let code = PgSqlErrorCode::ERRCODE_INSUFFICIENT_PRIVILEGE;
        return Err(Failure::new(code, format!("permission denied to watch {table}"))
            .detail("A watch is a trigger on the table.")
            .hint(format!("GRANT TRIGGER ON {table} TO the model's owner.")));
    }
    Ok(table)
}

/// What the trigger manager says about this call.
struct Fired {
    data: *mut pg_sys::TriggerData,
    table: pg_sys::Oid,
    trigger: String,
    schema: String,
}

impl Fired {
    fn from(call: Call) -> Result<Self, Failure> {
        // SAFETY: the trigger manager passes TriggerData as context; anything else is refused.
        unsafe {
            let context = (*call.0).context;
            if context.is_null() || !pgrx::is_a(context, pg_sys::NodeTag::T_TriggerData) {
                let message = "logfsm.watch_insert() can only be called as a trigger";
                return Err(Failure::new(PgSqlErrorCode::ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED, message));
            }
            let data = context.cast::<pg_sys::TriggerData>();
            let trigger = (*data).tg_trigger;
            let text = |text: *const std::ffi::c_char| CStr::from_ptr(text).to_string_lossy().into_owned();
            let schema = if (*trigger).tgnargs > 0 { text(*(*trigger).tgargs) } else { String::new() };
            Ok(Fired { data, table: (*(*data).tg_relation).rd_id, trigger: text((*trigger).tgname), schema })
        }
    }
}

/// watch_insert(): the AFTER INSERT statement trigger.
pub fn on_insert(call: Call) -> Reply {
    let fired = Fired::from(call)?;
    match attempt(|| check_rows(&fired)) {
        Outcome::Done(()) => {}
        Outcome::Failed(message) => {
            pgrx::warning!("logfsm watch of model in schema \"{}\" did not score these rows: {message}", fired.schema);
        }
    }
    Ok(Some(pg_sys::Datum::null()))
}

/// The owner of the model in a schema, if there is a model.
fn model_owner(schema: &str) -> Result<Option<pg_sys::Oid>, Failure> {
    let query = "SELECT c.relowner FROM pg_catalog.pg_class c
                 JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
                 WHERE n.nspname OPERATOR(pg_catalog.=) $1::name AND c.relname OPERATOR(pg_catalog.=) 'model'
                   AND c.reloftype OPERATOR(pg_catalog.=) 'logfsm.model_info'::regtype";
    sql::one(query, &[schema.into()])
}

fn check_rows(fired: &Fired) -> Result<(), Failure> {
    // A dropped model has nothing to say.
    let Some(owner) = model_owner(&fired.schema)? else { return Ok(()) };
    let _as_owner = AsOwner::switch(owner);
    let model = Model::read(fired.schema.clone(), owner)?;
    let recorded = format!(
        "SELECT EXISTS (SELECT FROM {} WHERE watched_table OPERATOR(pg_catalog.=) $1 AND trigger_name OPERATOR(pg_catalog.=) $2)",
        model.table("watches")
    );
    if !sql::holds(&recorded, &[fired.table.into(), fired.trigger.as_str().into()])? {
        return Err(Failure::new(
            PgSqlErrorCode::ERRCODE_INSUFFICIENT_PRIVILEGE,
            "the model does not watch this table through this trigger",
        ));
    }
    Live::new(&model, fired.table)?.score_rows(fired.data, NEW_ROWS)
}
