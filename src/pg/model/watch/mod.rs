//! watch and unwatch: triggers on a log table that score rows as they are inserted.
//!
//! rows → events by trace → live traces → anomalies. Live traces are kept in the backend until the transaction commits;
//! what cannot be scored at once, because another transaction holds the trace, waits in `pending` for `close_traces`.
//!
//! ```text
//! INSERT a row of req-2001: "query failed"     live trace req-2001 stands after GET · miss
//!   touch its live trace   locked: advance it; the score goes over the threshold → a row of anomalies
//!                          held by somebody else: the event goes to pending
//!   COMMIT                 live_traces is written, once for each trace
//! ```
//!
//! In the order in which an insert meets them:
//!
//! * `fire`: the trigger function. `fired`: what the trigger manager says; `statement`: whether the row was inserted or
//!   moved; `compiled`: the watch and its model, kept by the backend until they change
//! * `reader`, with `columns` and `key`: inserted rows as events of `row`
//! * `transaction`: what this transaction holds, and what to go back to at each savepoint; written before the commit
//! * `store`, with `statements`: locking, reading and writing the model's tables, never waiting
//! * `judge`: scoring and what is anomalous; `scored`: what a statement's rows come to; `notify`; `decide`: the BEFORE
//!   trigger of `skip`
//! * `close`, with `reread`: close_traces
//!
//! This file makes and removes the triggers.

mod close;
mod columns;
mod compiled;
mod decide;
mod fire;
mod fired;
mod judge;
mod key;
mod notify;
mod reader;
mod reread;
mod row;
mod scored;
mod statement;
mod statements;
mod store;
mod transaction;

pub use close::{after_fit, close_traces};
pub use compiled::on_change;
pub use fire::on_insert;
pub(super) use reread::rows_of;

use super::Model;
use crate::pg::call::{Call, Reply, datum};
use crate::pg::error::Failure;
use crate::pg::sql::{self, quote_identifier, quote_literal};
use pgrx::{PgSqlErrorCode, pg_sys};

/// What a watch does with anomalous rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Writes them to `anomalies`.
    Flag,
    /// The same, and notifies.
    Notify,
    /// Fails the statement.
    Raise,
    /// Drops them before they are inserted, and writes them to `anomalies`.
    Skip,
}

impl Action {
    fn parse(name: &str) -> Result<Self, Failure> {
        Ok(match name {
            "flag" => Action::Flag,
            "notify" => Action::Notify,
            "raise" => Action::Raise,
            "skip" => Action::Skip,
            _ => {
                let code = PgSqlErrorCode::ERRCODE_INVALID_PARAMETER_VALUE;
                return Err(Failure::new(code, format!("unknown action \"{name}\""))
                    .detail("Actions that exist: flag, notify, raise, skip.")
                    .hint("flag writes anomalous rows to the model's table anomalies; notify also sends a notification; raise fails the statement; skip drops the rows."));
            }
        })
    }
}

/// Fails for tables whose rows Citus keeps on other servers: it takes no triggers there.
fn require_local(table: &str) -> Result<(), Failure> {
    if !super::source::is_distributed(table)? {
        return Ok(());
    }
    Err(Failure::new(PgSqlErrorCode::ERRCODE_FEATURE_NOT_SUPPORTED, format!("table {table} is distributed and cannot be watched"))
        .detail("A watch is a trigger, and Citus takes none on distributed tables.")
        .hint("Watch the table that its rows are copied from, or call refresh() and read scores from time to time, for example by pg_cron."))
}

/// A watch whose trigger is still the one that was made for it, on the table that it was made on. `w` is the recorded row.
pub const IN_FORCE: &str = "EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.oid OPERATOR(pg_catalog.=) w.trigger_oid
    AND t.tgrelid OPERATOR(pg_catalog.=) w.watched_oid AND t.tgfoid OPERATOR(pg_catalog.=) 'logfsm.watch_insert()'::regprocedure)";

/// watch(model, action, on_table) → void
pub fn watch(call: Call) -> Reply {
    let (name, action) = (call.need_text(0, "model")?, call.need_text(1, "action")?);
    let kind = Action::parse(action)?;
    let on_table: Option<pg_sys::Oid> = call.get(2);
    Model::change(name, "watch with", |model| {
        model.require_fitted()?;
        super::lines::require_independent_rows(&model.info)?;
        let (table, by_row) = watched_table(&model, on_table)?;
        require_local(&table)?;
        compiled::require_columns(&model, &table)?;
        compiled::require_sight(&model, &table)?;
        let id: i64 = sql::one("SELECT $1::regclass::oid::bigint", &[table.as_str().into()])?.unwrap_or(0);
        let watches = model.table("watches");
        let recorded = format!(
            "SELECT EXISTS (SELECT FROM {watches} w WHERE watched_oid::bigint OPERATOR(pg_catalog.=) $1 AND {IN_FORCE})"
        );
        if sql::holds(&recorded, &[id.into()])? {
            let code = PgSqlErrorCode::ERRCODE_DUPLICATE_OBJECT;
            return Err(Failure::new(code, format!("model \"{}\" already watches {table}", model.info.name))
                .detail("A model watches a table once.")
                .hint("unwatch() it first."));
        }
        let ended = format!(
            "SELECT view_name FROM {watches} w WHERE NOT {IN_FORCE}
               AND (watched_oid::bigint OPERATOR(pg_catalog.=) $1 OR watched_table OPERATOR(pg_catalog.=) $2 OR view_name OPERATOR(pg_catalog.=) $3)"
        );
        let ended = sql::column(&ended, &[id.into(), table.as_str().into(), watch_view(id).into()])?;
        forget(&model, &ended)?;
        let trigger = format!("logfsm_watch_{}", model_id(&model)?);
        if kind == Action::Skip {
            require_final(&model, &table, &trigger_before(&trigger))?;
        }
        create_triggers(&model, &table, id, &trigger, by_row, kind)?;
        let of_name = "(SELECT t.oid FROM pg_catalog.pg_trigger t WHERE t.tgrelid::bigint OPERATOR(pg_catalog.=) $2 AND t.tgname OPERATOR(pg_catalog.=) $3)";
        let record = format!(
            "INSERT INTO {watches} (watched_table, watched_oid, trigger_name, trigger_oid, before_oid, view_name, action, checked)
             VALUES ($1, $2::oid, $3, {of_name}, {}, $5, $6, false)",
            of_name.replace("$3", "$4")
        );
        let before = trigger_before(&trigger);
        sql::run(
            &record,
            &[table.into(), id.into(), trigger.into(), before.into(), watch_view(id).into(), action.into()],
        )?;
        Ok(())
    })?;
    Ok(None)
}

/// Makes the view of a watch and the triggers that hang on it.
fn create_triggers(
    model: &Model,
    table: &str,
    id: i64,
    trigger: &str,
    by_row: bool,
    kind: Action,
) -> Result<(), Failure> {
    let view = model.table(&watch_view(id));
    let create = format!(
        "CREATE VIEW {view} AS SELECT * FROM {} WHERE watched_table OPERATOR(pg_catalog.=) {}",
        model.table("anomalies"),
        quote_literal(table)
    );
    sql::run(&create, &[])?;
    // The trigger's condition names a view of the model: so it is dropped with the model, also after a restore, and
    // the model's owner can remove it from somebody else's table. A constant costs nothing and needs no rights.
    let when = format!("WHEN ({}::regclass IS NOT NULL) EXECUTE FUNCTION logfsm.watch_insert()", quote_literal(&view));
    let each = if by_row {
        "FOR EACH ROW".into()
    } else {
        format!("REFERENCING NEW TABLE AS {} FOR EACH STATEMENT", statements::NEW_ROWS)
    };
    let name = quote_identifier(trigger);
    sql::run(&format!("CREATE TRIGGER {name} AFTER INSERT ON {table} {each} {when}"), &[])?;
    if kind == Action::Skip {
        let name = quote_identifier(trigger_before(trigger));
        sql::run(&format!("CREATE TRIGGER {name} BEFORE INSERT ON {table} FOR EACH ROW {when}"), &[])?;
    }
    Ok(())
}

/// The name of the second trigger of skip. Triggers run in the order of their names, and it should be the last.
fn trigger_before(trigger: &str) -> String {
    format!("~{trigger}")
}

/// Fails where a row of a table, or of a partition of it, is not yet what will be stored when the second trigger of skip
/// sees it, which would drop rows for what they are not.
fn require_final(model: &Model, table: &str, trigger: &str) -> Result<(), Failure> {
    let refused = |detail: String, hint: &str| {
        let code = PgSqlErrorCode::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE;
        Err(Failure::new(code, format!("{table} cannot be watched with action skip")).detail(detail).hint(hint))
    };
    let generated = format!(
        "{PARTITIONS} SELECT a.attname::text FROM part p JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) p.id
         WHERE a.attgenerated OPERATOR(pg_catalog.<>) '' AND NOT a.attisdropped AND a.attname OPERATOR(pg_catalog.=) ANY ($2) ORDER BY 1"
    );
    let used: Vec<String> = model.info.read_columns().into_iter().map(Into::into).collect();
    if let Some(column) = sql::one::<String>(&generated, &[table.into(), used.into()])? {
        return refused(
            format!(
                "Column \"{column}\" is generated after triggers ran, so the one that drops rows would not see its value."
            ),
            "Use action flag or raise, which judge rows as they are stored.",
        );
    }
    let later = format!(
        "{PARTITIONS} SELECT t.tgname::text FROM part p JOIN pg_catalog.pg_trigger t ON t.tgrelid OPERATOR(pg_catalog.=) p.id
         WHERE (t.tgtype OPERATOR(pg_catalog.&) 7::smallint) OPERATOR(pg_catalog.=) 7 AND t.tgenabled OPERATOR(pg_catalog.<>) 'D'
           AND (t.tgname OPERATOR(pg_catalog.>=) $2::name OR t.tgfoid OPERATOR(pg_catalog.=) 'logfsm.watch_insert()'::regprocedure) ORDER BY 1"
    );
    if let Some(later) = sql::one::<String>(&later, &[table.into(), trigger.into()])? {
        return refused(
            format!(
                "Trigger \"{later}\" would run after \"{trigger}\", or is of another watch, and may change or drop rows."
            ),
            "Give it a name that sorts before, or use action flag or raise, which judge rows as they are stored.",
        );
    }
    Ok(())
}

/// A table and all its partitions: the part before a query over `part (id)`.
const PARTITIONS: &str = "WITH RECURSIVE part (id) AS (
    SELECT $1::text::regclass::oid
    UNION ALL SELECT i.inhrelid FROM part JOIN pg_catalog.pg_inherits i ON i.inhparent OPERATOR(pg_catalog.=) part.id
    JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.inhrelid AND c.relispartition)";

/// The view of a watch: its anomalies, and what its trigger hangs on.
fn watch_view(table_id: i64) -> String {
    format!("anomalies_of_{table_id}")
}

/// Drops the views of watches, their triggers with them, and forgets the watches.
fn forget(model: &Model, views: &[String]) -> Result<(), Failure> {
    sql::run("SELECT pg_catalog.set_config('client_min_messages', 'warning', true)", &[])?;
    for view in views {
        super::drop::drop_watch_view(&model.table(view), "watch")?;
        let forget = format!("DELETE FROM {} WHERE view_name OPERATOR(pg_catalog.=) $1", model.table("watches"));
        sql::run(&forget, &[view.as_str().into()])?;
    }
    Ok(())
}

/// unwatch(model, on_table) → how many watches ended
pub fn unwatch(call: Call) -> Reply {
    let on_table: Option<pg_sys::Oid> = call.get(1);
    let ended = Model::change(call.need_text(0, "model")?, "unwatch", |model| {
        let query = format!(
            "SELECT view_name FROM {} w WHERE $1::oid IS NULL OR (watched_oid OPERATOR(pg_catalog.=) $1::oid AND {IN_FORCE})
                 OR (NOT {IN_FORCE} AND watched_table OPERATOR(pg_catalog.=) (SELECT pg_catalog.format('%I.%I', n.nspname, c.relname)
                     FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
                     WHERE c.oid OPERATOR(pg_catalog.=) $1::oid))
             ORDER BY 1",
            model.table("watches")
        );
        let watches: Vec<String> = sql::column(&query, &[on_table.into()])?;
        forget(&model, &watches)?;
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

/// The table to put the trigger on, and whether it must be a row trigger: the statement triggers of a partitioned table
/// do not fire for inserts into a partition, nor those of a partition for inserts into its parent.
fn watched_table(model: &Model, on_table: Option<pg_sys::Oid>) -> Result<(String, bool), Failure> {
    let query = "SELECT pg_catalog.format('%I.%I', n.nspname, c.relname), c.relkind::text, c.relispartition
                 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
                 WHERE c.oid OPERATOR(pg_catalog.=) COALESCE($1, pg_catalog.to_regclass($2)::oid)";
    let mut found: Option<((String, String), bool)> = None;
    sql::each_row(query, &[on_table.into(), model.info.source.as_str().into()], |row| {
        found = row.get(1)?.zip(row.get(2)?).zip(row.get(3)?);
        Ok(())
    })?;
    let Some(((table, kind), is_partition)) = found else {
        let code = PgSqlErrorCode::ERRCODE_UNDEFINED_TABLE;
        return Err(Failure::new(code, format!("table to watch does not exist: {}", model.info.source))
            .detail("It was dropped or renamed.")
            .hint("Give on_table => the table that receives the rows."));
    };
    if (kind != "r" && kind != "p") || sql::holds(TEMPORARY, &[table.as_str().into()])? {
        let code = PgSqlErrorCode::ERRCODE_WRONG_OBJECT_TYPE;
        return Err(Failure::new(code, format!("{table} cannot be watched"))
            .detail("Only permanent tables, partitioned or not, can be watched: rows reach a view or a foreign table without its triggers.")
            .hint("Give on_table => the table that receives the rows, with the same column names."));
    }
    let may = "SELECT pg_catalog.has_table_privilege($1::regclass, 'TRIGGER')";
    if !sql::holds(may, &[table.as_str().into()])? {
        let code = PgSqlErrorCode::ERRCODE_INSUFFICIENT_PRIVILEGE;
        return Err(Failure::new(code, format!("permission denied to watch {table}"))
            .detail("A watch is a trigger on the table.")
            .hint(format!("GRANT TRIGGER ON {table} TO {}.", quote_identifier(super::owner::role_name(model.owner)))));
    }
    Ok((table, kind == "p" || is_partition))
}
