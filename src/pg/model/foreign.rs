//! Code of others that reading a source would run, and values of types that are not Postgres' own.
//!
//! Whoever reads a relation runs what its owner wrote: the functions of a view or of a policy, and casts from types of his
//! own. A source is read with the rights of the model's owner, so code of roles that do not have these rights anyway is
//! not run: values become text by the output functions of their types, which only superusers can make, and a source
//! that needs more is refused. See docs/security.md.

use super::info::Info;
use super::source;
use crate::pg::error::Failure;
use crate::pg::sql::{self, quote_identifier};
use pgrx::PgSqlErrorCode;

/// The first number of what is not made with the database itself.
const FIRST_FOREIGN: u32 = 16_384;

/// The columns of a relation whose types, below domains, are not Postgres' own.
pub fn columns(relation: &str) -> Result<Vec<String>, Failure> {
    let Some(relation) = source::relation(relation) else { return Ok(Vec::new()) };
    let query = format!(
        "WITH RECURSIVE base (name, id, parent) AS (
             SELECT a.attname::text, t.oid, t.typbasetype FROM pg_catalog.pg_attribute a
             JOIN pg_catalog.pg_type t ON t.oid OPERATOR(pg_catalog.=) a.atttypid
             WHERE a.attrelid OPERATOR(pg_catalog.=) $1 AND a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped
             UNION ALL SELECT base.name, t.oid, t.typbasetype FROM base
             JOIN pg_catalog.pg_type t ON t.oid OPERATOR(pg_catalog.=) base.parent)
         SELECT name FROM base WHERE parent::bigint OPERATOR(pg_catalog.=) 0 AND id::bigint OPERATOR(pg_catalog.>=) {FIRST_FOREIGN}"
    );
    sql::column(&query, &[relation.into()])
}

/// The text of a column: by a cast where its type is Postgres' own, else as the type's output function writes it.
pub fn text_of(relation: &str, column: &str, foreign: &[String]) -> String {
    let value = format!("{relation}.{}", quote_identifier(column));
    if foreign.iter().any(|foreign| foreign == column) {
        format!("CASE WHEN {value} IS DISTINCT FROM NULL THEN pg_catalog.format('%s', {value}) END")
    } else {
        format!("{value}::text")
    }
}

/// Fails where times, numbers or parameters are of types that are not Postgres' own: only a cast could make them so.
pub fn require_plain(info: &Info, relation: &str, foreign: &[String]) -> Result<(), Failure> {
    let casted = [
        (&info.at_column, "at"),
        (&info.seq_column, "seq"),
        (&info.params_column, "params"),
        (&info.refresh_by, "refresh_by"),
    ];
    for (column, role) in casted {
        let Some(column) = column.as_ref().filter(|column| foreign.contains(column)) else { continue };
        let message = format!("column \"{column}\" of {relation}, given as {role}, has a type of its own");
        return Err(Failure::new(PgSqlErrorCode::ERRCODE_DATATYPE_MISMATCH, message)
            .detail("Its cast would run with the rights of the model's owner.")
            .hint("Give the column a type of Postgres, or make a view that casts it."));
    }
    Ok(())
}

/// A function that reading a source would run as its reader, though its owner does not have the reader's rights: in a view
/// or policy of a role that has not, either. Functions that run as their own owner are safe.
const CODE_OF_OTHERS: &str = "
    WITH RECURSIVE reached (class, id, is_own) AS (
        SELECT 'pg_catalog.pg_class'::regclass::oid, $1::oid, true
        UNION
        SELECT x.class, x.id, x.is_own FROM reached r CROSS JOIN LATERAL (
            SELECT d.refclassid, d.refobjid, r.is_own FROM pg_catalog.pg_depend d
            WHERE d.classid OPERATOR(pg_catalog.=) r.class AND d.objid OPERATOR(pg_catalog.=) r.id
              AND r.class OPERATOR(pg_catalog.=) ANY ('{pg_catalog.pg_rewrite,pg_catalog.pg_policy,pg_catalog.pg_operator,pg_catalog.pg_constraint}'::regclass[])
              AND (NOT r.is_own OR d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::regclass)
            UNION ALL
            SELECT 'pg_catalog.pg_rewrite'::regclass, w.oid, pg_catalog.pg_has_role(c.relowner, CURRENT_USER, 'USAGE')
            FROM pg_catalog.pg_class c JOIN pg_catalog.pg_rewrite w ON w.ev_class OPERATOR(pg_catalog.=) c.oid
            WHERE r.class OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::regclass AND c.oid OPERATOR(pg_catalog.=) r.id AND c.relkind OPERATOR(pg_catalog.=) 'v'
            UNION ALL
            SELECT 'pg_catalog.pg_policy'::regclass, p.oid, pg_catalog.pg_has_role(c.relowner, CURRENT_USER, 'USAGE')
            FROM pg_catalog.pg_class c JOIN pg_catalog.pg_policy p ON p.polrelid OPERATOR(pg_catalog.=) c.oid
            WHERE r.class OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::regclass AND c.oid OPERATOR(pg_catalog.=) r.id AND c.relrowsecurity
            UNION ALL
            SELECT 'pg_catalog.pg_constraint'::regclass, k.oid, r.is_own FROM pg_catalog.pg_constraint k
            WHERE r.class OPERATOR(pg_catalog.=) 'pg_catalog.pg_type'::regclass AND k.contypid OPERATOR(pg_catalog.=) r.id
        ) x (class, id, is_own))
    SELECT pg_catalog.format('%s of role %I', p.oid::regprocedure, pg_catalog.pg_get_userbyid(p.proowner))
    FROM reached r JOIN pg_catalog.pg_proc p ON p.oid OPERATOR(pg_catalog.=) r.id AND r.class OPERATOR(pg_catalog.=) 'pg_catalog.pg_proc'::regclass
    WHERE NOT r.is_own AND NOT p.prosecdef AND NOT pg_catalog.pg_has_role(p.proowner, CURRENT_USER, 'USAGE') ORDER BY 1";

/// Fails where reading the source would run code of others with the rights of the current role, the model's owner.
pub fn require_own_code(info: &Info) -> Result<(), Failure> {
    let Some(function) = sql::one::<String>(CODE_OF_OTHERS, &[source::relation(&info.source).into()])? else {
        return Ok(());
    };
    let message = format!("reading {} would run code of others with the rights of the model's owner", info.source);
    Err(Failure::new(PgSqlErrorCode::ERRCODE_INSUFFICIENT_PRIVILEGE, message)
        .detail(format!("A view or a policy calls {function}."))
        .hint("Have its owner make the function SECURITY DEFINER, or read a table or a view of your own instead."))
}
