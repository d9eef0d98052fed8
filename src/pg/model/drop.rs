//! drop_model: the schema with everything in it, and with it the watches.

use super::Model;
use super::owner::{AsOwner, require_membership};
use crate::pg::call::{Call, Reply};
use crate::pg::error::{Failure, report_of};
use crate::pg::sql::{self, quote_identifier};
use pgrx::{PgSqlErrorCode, PgTryBuilder};
use std::panic::AssertUnwindSafe;

/// drop_model(model, cascade) → void
///
/// Without cascade the relations go by RESTRICT, so that Postgres itself finds whatever depends on them.
pub fn drop_model(call: Call) -> Reply {
    let model = Model::find(call.need_text(0, "model")?)?;
    let cascade: bool = call.need(1, "cascade")?;
    require_membership(model.owner, &model.info.name, "drop")?;
    let _as_owner = AsOwner::switch(model.owner);
    sql::run("SELECT pg_catalog.set_config('client_min_messages', 'warning', true)", &[])?;
    let schema = quote_identifier(&model.schema);
    if !cascade {
        for view in relations(
            &model,
            "relkind OPERATOR(pg_catalog.=) 'v' AND relname OPERATOR(pg_catalog.~) '^anomalies_of_[0-9]+$'",
        )? {
            sql::run(&format!("DROP VIEW {view} CASCADE"), &[])?;
        }
        let own =
            "relname OPERATOR(pg_catalog.~) '^((all|real|synthetic|anomalous)_(events|traces)|trace_summary|drift)$'";
        drop_all("VIEW", &relations(&model, &format!("relkind OPERATOR(pg_catalog.=) 'v' AND {own}"))?)?;
        let own = "relname OPERATOR(pg_catalog.~) '^(model|runs|watches|live_traces|pending|anomalies|(phases|templates|states|transitions|guards|invariants|traces|events|parameters|scores)(_(fit|run)_[0-9]+)?)$'";
        let tables =
            format!("relkind OPERATOR(pg_catalog.=) ANY ('{{r,p}}'::\"char\"[]) AND NOT relispartition AND {own}");
        drop_all("TABLE", &relations(&model, &tables)?)?;
    }
    sql::run(&format!("DROP SCHEMA {schema} {}", if cascade { "CASCADE" } else { "RESTRICT" }), &[])?;
    Ok(None)
}

fn drop_all(kind: &str, names: &[String]) -> Result<(), Failure> {
    if !names.is_empty() {
        let drop = format!("DROP {kind} {} RESTRICT", names.join(", "));
        PgTryBuilder::new(AssertUnwindSafe(|| sql::run(&drop, &[])))
            .catch_when(PgSqlErrorCode::ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST, |error| {
                let report = report_of(&error);
                let message = "cannot drop the model because other objects depend on it";
                Err(Failure::new(PgSqlErrorCode::ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST, message)
                    .detail(report.detail().unwrap_or("Objects outside the model refer to it.").to_string())
                    .hint("Drop them first, or give cascade => true to drop them too."))
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
