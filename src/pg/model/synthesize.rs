//! synthesize, drop_run and score_traces: runs of synthetic traces beside the real ones.

use super::Model;
use super::fit::{drop_earlier_fits, mark_scores, write_data};
use super::leaf::{self, Leaves};
use super::progress::Progress;
use crate::infer::Options;
use crate::pg::call::{Call, Reply, datum};
use crate::pg::error::Failure;
use crate::pg::sql;
use crate::synth;
use pgrx::PgSqlErrorCode;

/// A run's number in the high bits of its trace ids: ids never meet between runs.
const RUN_SHIFT: u32 = 40;

/// synthesize(model, traces, seed, options) → run_id
pub fn synthesize(call: Call) -> Reply {
    let name = call.need_text(0, "model")?;
    let (traces, seed): (i64, i64) = (call.need(1, "traces")?, call.need(2, "seed")?);
    let options = call.json(3, "{}");
    Options::parse("synthesize", synth::OPTIONS, &options)?;
    if !(1..1 << RUN_SHIFT).contains(&traces) {
        let message = format!("invalid number of traces: {traces}");
        return Err(Failure::new(PgSqlErrorCode::ERRCODE_INVALID_PARAMETER_VALUE, message)
            .detail(format!("A run has from 1 to {} traces.", (1i64 << RUN_SHIFT) - 1))
            .hint("Give traces => a positive number."));
    }
    let run_id = Model::change(name, "synthesize from", |model| {
        model.require_fitted()?;
        let progress = Progress::start("synthesize", &model.info.name);
        let next = format!("SELECT pg_catalog.max(run_id) OPERATOR(pg_catalog.+) 1 FROM {}", model.table("runs"));
        let run_id: i32 = sql::one(&next, &[])?.unwrap_or(1);
        let mut leaves = Leaves::of_run(&model, run_id);
        progress.stage("generating traces");
        let leaf = leaves.create("traces")?;
        // OFFSET 0 keeps each trace from being generated once per column.
        let insert = format!(
            "INSERT INTO {leaf} (run_id, trace_id, origin, synthetic_key, started_at, ended_at, n_events, trace)
             SELECT {run_id}, ({run_id}::bigint OPERATOR(pg_catalog.<<) {RUN_SHIFT}) OPERATOR(pg_catalog.+) g.n, 'synthetic',
                    pg_catalog.format('s%s-%s', $2, g.n),
                    logfsm.started_at(g.trace), logfsm.ended_at(g.trace), logfsm.length(g.trace), g.trace
             FROM (SELECT n, logfsm.generate_trace((SELECT automaton FROM {}), $2, n, $3::jsonb) AS trace
                   FROM pg_catalog.generate_series(1::bigint, $1) AS n OFFSET 0) AS g",
            model.table("model")
        );
        sql::run(&insert, &[traces.into(), seed.into(), options.as_str().into()])?;
        leaves.finish("traces")?;
        progress.stage("writing tables");
        write_data(&model, &mut leaves, run_id)?;
        mark_scores(&model, &leaves.name("scores"))?;
        let record = format!(
            "INSERT INTO {} (run_id, kind, status, fit, seed, options, fingerprint, version, traces, events)
             SELECT {run_id}, 'synthetic', 'current', m.fits, $1, $2::jsonb, logfsm.fingerprint(m.automaton), logfsm.version(),
                    t.traces, t.events
             FROM {} m, (SELECT pg_catalog.count(*) AS traces, pg_catalog.sum(n_events) AS events FROM {leaf}) t",
            model.table("runs"),
            model.table("model")
        );
        sql::run(&record, &[seed.into(), options.as_str().into()])?;
        leaves.attach()?;
        Ok(run_id)
    })?;
    Ok(datum(run_id))
}

/// drop_run(model, run) → void
pub fn drop_run(call: Call) -> Reply {
    let run: i32 = call.need(1, "run")?;
    Model::change(call.need_text(0, "model")?, "drop a run of", |model| {
        let delete = format!(
            "DELETE FROM {} WHERE run_id OPERATOR(pg_catalog.=) $1 AND run_id OPERATOR(pg_catalog.>) 0",
            model.table("runs")
        );
        let exists = format!(
            "SELECT true FROM {} WHERE run_id OPERATOR(pg_catalog.=) $1 AND run_id OPERATOR(pg_catalog.>) 0",
            model.table("runs")
        );
        if !sql::holds(&exists, &[run.into()])? {
            let message = format!("model \"{}\" has no synthetic run {run}", model.info.name);
            return Err(Failure::new(PgSqlErrorCode::ERRCODE_UNDEFINED_OBJECT, message)
                .detail(if run == 0 {
                    "Run 0 is the real data and cannot be dropped."
                } else {
                    "It never was, or it was dropped."
                })
                .hint(format!("SELECT * FROM {} lists the runs.", model.table("runs"))));
        }
        let parents = ["scores", "parameters", "events", "traces"];
        leaf::take_locks(&parents.iter().map(|p| model.table(p)).collect::<Vec<_>>())?;
        leaf::drop_tables(&model, &parents.iter().map(|p| format!("{p}_run_{run}")).collect::<Vec<_>>())?;
        sql::run(&delete, &[run.into()])?;
        drop_earlier_fits(&model)
    })?;
    Ok(None)
}

/// score_traces(model) → traces scored: anew, by the current machine and threshold
pub fn score_traces(call: Call) -> Reply {
    let scored = Model::change(call.need_text(0, "model")?, "score", |model| {
        model.require_fitted()?;
        score_again(&model)
    })?;
    Ok(datum(scored))
}

/// Scores all traces of a model by its machine and marks those beyond its threshold; returns how many there are.
pub fn score_again(model: &Model) -> Result<i64, Failure> {
    let update = format!(
        "UPDATE {} s SET score = n.score, is_anomalous = n.score OPERATOR(pg_catalog.>) n.threshold
         FROM (SELECT t.run_id, t.trace_id, logfsm.score((SELECT automaton FROM {model}), t.trace) AS score, m.threshold
               FROM {} t, {model} m OFFSET 0) n
         WHERE n.run_id OPERATOR(pg_catalog.=) s.run_id AND n.trace_id OPERATOR(pg_catalog.=) s.trace_id",
        model.table("scores"),
        model.table("traces"),
        model = model.table("model"),
    );
    sql::run(&update, &[])?;
    let count = format!("SELECT pg_catalog.count(*) FROM {}", model.table("scores"));
    Ok(sql::one::<i64>(&count, &[])?.unwrap_or(0))
}
