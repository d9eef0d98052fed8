//! drop_model: the schema with everything in it, and with it the watches.

use super::Model;
use crate::pg::call::{Call, Reply};
use crate::pg::error::{Failure, report_of};
use crate::pg::sql::{self, quote_identifier};
use pgrx::{PgSqlErrorCode, PgTryBuilder, pg_sys};
use std::panic::AssertUnwindSafe;

/// drop_model(model, cascade) → void
///
/// Without cascade the relations go by RESTRICT, so that Postgres itself finds whatever depends on them.
pub fn drop_model(call: Call) -> Reply {
    let cascade: bool = call.need(1, "cascade")?;
    Model::as_owner(call.need_text(0, "model")?, "drop", |model| {
        sql::run("SELECT pg_catalog.set_config('client_min_messages', 'warning', true)", &[])?;
        let schema = quote_identifier(&model.schema);
        if !cascade {
            let watched =
                "relkind OPERATOR(pg_catalog.=) 'v' AND relname OPERATOR(pg_catalog.~) '^anomalies_of_[0-9]+$'";
            for view in relations(&model, watched)? {
                drop_watch_view(&view, "model")?;
            }
            let own = "relname OPERATOR(pg_catalog.~) '^((all|real|synthetic|anomalous)_(events|traces)|trace_summary|drift|unjudged)$'";
            drop_all("VIEW", &relations(&model, &format!("relkind OPERATOR(pg_catalog.=) 'v' AND {own}"))?)?;
            let own = "relname OPERATOR(pg_catalog.~) '^(model|runs|watches|live_traces|pending|anomalies|(phases|templates|states|transitions|guards|invariants|traces|events|parameters|scores)(_(fit|run|runs_of_fit)_[0-9]+)?)$'";
            let tables =
                format!("relkind OPERATOR(pg_catalog.=) ANY ('{{r,p}}'::\"char\"[]) AND NOT relispartition AND {own}");
            drop_all("TABLE", &relations(&model, &tables)?)?;
        }
        sql::run(&format!("DROP SCHEMA {schema} {}", if cascade { "CASCADE" } else { "RESTRICT" }), &[])?;
        Ok(())
    })?;
    Ok(None)
}

/// What hangs on a view besides itself, its row type and the triggers of its watch.
const DEPENDENTS: &str = "SELECT pg_catalog.string_agg(DISTINCT pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid), ', ')
    FROM pg_catalog.pg_depend d
    LEFT JOIN pg_catalog.pg_rewrite w ON d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_rewrite'::regclass AND w.oid OPERATOR(pg_catalog.=) d.objid
    LEFT JOIN pg_catalog.pg_trigger t ON d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_trigger'::regclass AND t.oid OPERATOR(pg_catalog.=) d.objid
    WHERE ((d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::regclass AND d.refobjid OPERATOR(pg_catalog.=) $1)
           OR (d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_type'::regclass AND d.refobjid OPERATOR(pg_catalog.=) ANY (
               SELECT y.oid FROM pg_catalog.pg_type y WHERE y.typrelid OPERATOR(pg_catalog.=) $1
               UNION ALL SELECT y.typarray FROM pg_catalog.pg_type y WHERE y.typrelid OPERATOR(pg_catalog.=) $1)))
      AND d.deptype OPERATOR(pg_catalog.=) 'n' AND w.ev_class IS DISTINCT FROM $1
      AND t.tgfoid IS DISTINCT FROM 'logfsm.watch_insert()'::pg_catalog.regprocedure::oid";

/// Drops the view of a watch, and with it the watch's triggers, though they are on somebody else's table; fails where
/// anything else depends on it.
pub fn drop_watch_view(view: &str, what: &str) -> Result<(), Failure> {
    let oid = "SELECT pg_catalog.to_regclass($1)::oid";
    let Some(oid) = sql::one::<pg_sys::Oid>(oid, &[view.into()])? else { return Ok(()) };
    // Nothing can come to depend on it from here on.
    // SAFETY: the lock stays until the transaction ends.
    unsafe { pg_sys::LockRelationOid(oid, pg_sys::AccessExclusiveLock as pg_sys::LOCKMODE) };
    if let Some(dependents) = sql::one::<String>(DEPENDENTS, &[oid.into()])? {
        return Err(depended_on(what, &format!("{dependents} depend on view {view}.")));
    }
    sql::run(&format!("DROP VIEW IF EXISTS {view} CASCADE"), &[])?;
    Ok(())
}

fn depended_on(what: &str, detail: &str) -> Failure {
    let message = format!("cannot drop the {what} because other objects depend on it");
    let hint =
        if what == "model" { "Drop them first, or give cascade => true to drop them too." } else { "Drop them first." };
    Failure::new(PgSqlErrorCode::ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST, message).detail(detail).hint(hint)
}

fn drop_all(kind: &str, names: &[String]) -> Result<(), Failure> {
    if !names.is_empty() {
        let drop = format!("DROP {kind} {} RESTRICT", names.join(", "));
        PgTryBuilder::new(AssertUnwindSafe(|| sql::run(&drop, &[])))
            .catch_when(PgSqlErrorCode::ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST, |error| {
                Err(depended_on(
                    "model",
                    report_of(&error).detail().unwrap_or("Objects outside the model refer to it."),
                ))
            })
            .execute()?;
    }
    Ok(())
}

/// The relations of the model's schema for which a condition holds, quoted and qualified.
fn relations(model: &Model, condition: &str) -> Result<Vec<String>, Failure> {
    let query = format!(
        "SELECT pg_catalog.format('%I.%I', $1::text, relname) FROM pg_catalog.pg_class
         WHERE relnamespace OPERATOR(pg_catalog.=) (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname OPERATOR(pg_catalog.=) $1::name)
           AND {condition} ORDER BY relname"
    );
    let names: Vec<String> = sql::column(&query, &[model.schema.as_str().into()])?;
    Ok(names)
}
