//! drop_model: the schema with everything in it, and with it the watches.

use super::Model;
use super::owner::{AsOwner, require_membership};
use crate::pg::call::{Call, Reply};
use crate::pg::error::Failure;
use crate::pg::sql::{self, quote_identifier};
use pgrx::PgSqlErrorCode;

/// What outside the schema depends on something in it, watch triggers aside.
const DEPENDENTS: &str = "
    SELECT DISTINCT pg_catalog.pg_describe_object(o.classid, o.objid, 0)
    FROM (
        SELECT CASE WHEN w.oid IS NULL THEN d.classid ELSE 'pg_catalog.pg_class'::regclass END AS classid,
               COALESCE(w.ev_class, d.objid) AS objid,
               COALESCE(rc.relnamespace, cc.relnamespace, c.relnamespace, p.pronamespace) AS namespace
        FROM pg_catalog.pg_depend d
        JOIN pg_catalog.pg_class mine ON d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::regclass
             AND mine.oid OPERATOR(pg_catalog.=) d.refobjid AND mine.relnamespace OPERATOR(pg_catalog.=) $1::regnamespace
             AND d.deptype OPERATOR(pg_catalog.=) 'n'
        LEFT JOIN pg_catalog.pg_rewrite w ON d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_rewrite'::regclass AND w.oid OPERATOR(pg_catalog.=) d.objid
        LEFT JOIN pg_catalog.pg_class rc ON rc.oid OPERATOR(pg_catalog.=) w.ev_class
        LEFT JOIN pg_catalog.pg_constraint k ON d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_constraint'::regclass AND k.oid OPERATOR(pg_catalog.=) d.objid
        LEFT JOIN pg_catalog.pg_class cc ON cc.oid OPERATOR(pg_catalog.=) k.conrelid
        LEFT JOIN pg_catalog.pg_class c ON d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::regclass AND c.oid OPERATOR(pg_catalog.=) d.objid
        LEFT JOIN pg_catalog.pg_proc p ON d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_proc'::regclass AND p.oid OPERATOR(pg_catalog.=) d.objid
    ) o
    WHERE o.namespace OPERATOR(pg_catalog.<>) $1::regnamespace
    ORDER BY 1";

/// drop_model(model, cascade) → void
pub fn drop_model(call: Call) -> Reply {
    let model = Model::find(call.need_text(0, "model")?)?;
    let cascade: bool = call.need(1, "cascade")?;
    require_membership(model.owner, &model.info.name, "drop")?;
    let _as_owner = AsOwner::switch(model.owner);
    let schema = quote_identifier(&model.schema);
    if !cascade {
        let mut dependents: Vec<String> = Vec::new();
        sql::each_row(DEPENDENTS, &[schema.as_str().into()], |row| {
            dependents.extend(row.get::<String>(1)?);
            Ok(())
        })?;
        if !dependents.is_empty() {
            let message = format!("cannot drop model \"{}\" because other objects depend on it", model.info.name);
            return Err(Failure::new(PgSqlErrorCode::ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST, message)
                .detail(format!("Dependent: {}.", dependents.join(", ")))
                .hint("Drop them first, or give cascade => true to drop them too."));
        }
    }
    sql::run("SELECT pg_catalog.set_config('client_min_messages', 'warning', true)", &[])?;
    sql::run(&format!("DROP SCHEMA {schema} CASCADE"), &[])?;
    Ok(None)
}
