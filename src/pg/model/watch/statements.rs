//! The statements of a watch over its model's tables, for all traces of a statement at once.

use super::super::Model;
use super::key::KeyType;
use crate::pg::plan::Plan;
use pgrx::pg_sys::{
    BOOLARRAYOID, BOOLOID, BYTEAARRAYOID, BYTEAOID, FLOAT8ARRAYOID, INT4ARRAYOID, INT4OID, INT8ARRAYOID, INT8OID, Oid,
    TEXTARRAYOID, TEXTOID, TIMESTAMPTZARRAYOID, TIMESTAMPTZOID,
};

/// Statements of a model, prepared when first used.
pub struct Statements {
    /// ($1 keys, $2 fit) → number, exists, fit, dirty, state, events, has pending events, trace of the last fit. Locks the rows
    /// of live traces that nobody else has locked.
    pub touch: Plan,
    /// The same without locking.
    pub look: Plan,
    /// Writes live traces.
    pub write: Plan,
    /// ($1 keys …) adds pending events.
    pub suspend: Plan,
    /// ($1 keys) → number, event, component, at, seq, parameters, message, table, flagged: takes pending events out.
    pub resume: Plan,
    /// The same without taking them out.
    pub pending: Plan,
    /// Adds anomalies → their numbers.
    pub flag: Plan,
}

impl Statements {
    /// The statements for a model whose keys are compared by `equals`.
    pub fn new(model: &Model, key: &KeyType, key_type: &str, equals: &str) -> Self {
        let (live, pending) = (model.table("live_traces"), model.table("pending"));
        let (traces, anomalies) = (model.table("traces"), model.table("anomalies"));
        let (k, u) = (key.element("k.key", key_type), key.element("u.key", key_type));
        let touch = |lock: &str| {
            format!(
                "SELECT k.n::integer, e.there, l.fit, l.dirty, l.state, l.n_events,
                        EXISTS (SELECT FROM {pending} p WHERE p.trace_key {equals} {k}),
                        CASE WHEN NOT e.there OR l.fit OPERATOR(pg_catalog.<>) $2 THEN
                            (SELECT logfsm.trace_send(t.trace) FROM {traces} t WHERE t.run_id OPERATOR(pg_catalog.=) 0 AND t.trace_key {equals} {k}) END
                 FROM pg_catalog.unnest($1) WITH ORDINALITY AS k (key, n)
                 CROSS JOIN LATERAL (SELECT EXISTS (SELECT FROM {live} l WHERE l.trace_key {equals} {k}) AS there) e
                 LEFT JOIN LATERAL (SELECT l.fit, l.dirty, l.state, l.n_events FROM {live} l WHERE l.trace_key {equals} {k} {lock}) l ON true"
            )
        };
        let write = format!(
            "INSERT INTO {live} AS l (trace_key, fit, n_events, score, dirty, unseen, surprise, started_at, last_at, state, touched_at, ended_at)
             SELECT {u}, u.fit, u.n_events, u.score, u.dirty, u.unseen, u.surprise, u.started_at, u.last_at, u.state, pg_catalog.clock_timestamp(), NULL
             FROM ROWS FROM (pg_catalog.unnest($1), pg_catalog.unnest($2), pg_catalog.unnest($3), pg_catalog.unnest($4), pg_catalog.unnest($5), pg_catalog.unnest($6),
                             pg_catalog.unnest($7), pg_catalog.unnest($8), pg_catalog.unnest($9), pg_catalog.unnest($10))
                  AS u (key, fit, n_events, score, dirty, unseen, surprise, started_at, last_at, state)
             ON CONFLICT (trace_key) DO UPDATE SET fit = EXCLUDED.fit, n_events = EXCLUDED.n_events, score = EXCLUDED.score,
                 dirty = EXCLUDED.dirty, unseen = EXCLUDED.unseen, surprise = EXCLUDED.surprise, started_at = EXCLUDED.started_at,
                 last_at = EXCLUDED.last_at, state = EXCLUDED.state, touched_at = EXCLUDED.touched_at, ended_at = NULL"
        );
        let suspend = format!(
            "INSERT INTO {pending} (trace_key, event, component, at, seq, parameters, message, flagged, watched_table)
             SELECT {u}, u.event, u.component, u.at, u.seq, u.parameters::jsonb, u.message, u.flagged, $9
             FROM ROWS FROM (pg_catalog.unnest($1), pg_catalog.unnest($2), pg_catalog.unnest($3), pg_catalog.unnest($4), pg_catalog.unnest($5),
                             pg_catalog.unnest($6), pg_catalog.unnest($7), pg_catalog.unnest($8)) AS u (key, event, component, at, seq, parameters, message, flagged)"
        );
        let columns = "k.n::integer, p.event, p.component, p.at, p.seq, p.parameters::text, p.message, p.watched_table, p.flagged";
        let resume = format!(
            "DELETE FROM {pending} p USING pg_catalog.unnest($1) WITH ORDINALITY AS k (key, n) WHERE p.trace_key {equals} {k} RETURNING {columns}"
        );
        let look_pending = format!(
            "SELECT {columns} FROM pg_catalog.unnest($1) WITH ORDINALITY AS k (key, n) JOIN {pending} p ON p.trace_key {equals} {k}"
        );
        let flag = format!(
            "INSERT INTO {anomalies} (watched_table, trace_key, seq, at, event, kind, expected, expected_probability, probability, score, explanation, message)
             SELECT $12, {u}, u.seq, u.at, u.event, u.kind, u.expected, u.expected_probability, u.probability, u.score, u.explanation, u.message
             FROM ROWS FROM (pg_catalog.unnest($1), pg_catalog.unnest($2), pg_catalog.unnest($3), pg_catalog.unnest($4), pg_catalog.unnest($5), pg_catalog.unnest($6),
                             pg_catalog.unnest($7), pg_catalog.unnest($8), pg_catalog.unnest($9), pg_catalog.unnest($10), pg_catalog.unnest($11))
                  AS u (key, seq, at, event, kind, expected, expected_probability, probability, score, explanation, message)
             RETURNING anomaly_id"
        );
        let keys: Oid = key.array;
        Statements {
            touch: Plan::new(&touch("FOR NO KEY UPDATE SKIP LOCKED"), &[keys, INT4OID], &TOUCHED),
            look: Plan::new(&touch(""), &[keys, INT4OID], &TOUCHED),
            write: Plan::new(
                &write,
                &[
                    keys,
                    INT4ARRAYOID,
                    INT4ARRAYOID,
                    FLOAT8ARRAYOID,
                    BOOLARRAYOID,
                    INT4ARRAYOID,
                    FLOAT8ARRAYOID,
                    TIMESTAMPTZARRAYOID,
                    TIMESTAMPTZARRAYOID,
                    BYTEAARRAYOID,
                ],
                &[],
            ),
            suspend: Plan::new(
                &suspend,
                &[
                    keys,
                    TEXTARRAYOID,
                    TEXTARRAYOID,
                    TIMESTAMPTZARRAYOID,
                    INT8ARRAYOID,
                    TEXTARRAYOID,
                    TEXTARRAYOID,
                    BOOLARRAYOID,
                    TEXTOID,
                ],
                &[],
            ),
            resume: Plan::new(&resume, &[keys], &PENDING),
            pending: Plan::new(&look_pending, &[keys], &PENDING),
            flag: Plan::new(
                &flag,
                &[
                    keys,
                    INT4ARRAYOID,
                    TIMESTAMPTZARRAYOID,
                    TEXTARRAYOID,
                    TEXTARRAYOID,
                    TEXTARRAYOID,
                    FLOAT8ARRAYOID,
                    FLOAT8ARRAYOID,
                    FLOAT8ARRAYOID,
                    TEXTARRAYOID,
                    TEXTARRAYOID,
                    TEXTOID,
                ],
                &[INT8OID],
            ),
        }
    }
}

/// What `touch` and `look` give.
const TOUCHED: [Oid; 8] = [INT4OID, BOOLOID, INT4OID, BOOLOID, BYTEAOID, INT4OID, BOOLOID, BYTEAOID];
/// What `resume` and `pending` give.
const PENDING: [Oid; 9] = [INT4OID, TEXTOID, TEXTOID, TIMESTAMPTZOID, INT8OID, TEXTOID, TEXTOID, TEXTOID, BOOLOID];

/// The transition table's name inside the trigger.
pub const NEW_ROWS: &str = "logfsm_new_rows";
