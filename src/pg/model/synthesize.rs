//! synthesize, drop_run and score_traces: runs of synthetic traces beside the real ones.

use super::fit::drop_earlier_fits;
use super::leaf::{self, Leaves};
use super::progress::Progress;
use super::run::{self, RUN_SHIFT, Wanted, Written};
use super::scores::ScoreWriter;
use super::{Model, data};
use crate::error::Error;
use crate::infer::{Options, parallel};
use crate::pg::bulk;
use crate::pg::call::{Call, Reply, datum, null_argument};
use crate::pg::error::Failure;
use crate::pg::generator_type::{PREFIX, with_option};
use crate::pg::{sql, text_form};
use crate::synth::checks::Verdict;
use crate::synth::cover::Goal;
use crate::synth::paths::choose::choose;
use crate::synth::{self, PlanLearner, Playout};
use crate::trace::TraceView;
use pgrx::PgSqlErrorCode;

/// The options with the kind of traces in them, which may be an argument of its own.
fn with_kind(options: &str, kind: Option<&str>) -> Result<String, Failure> {
    let Some(kind) = kind else { return Ok(options.into()) };
    let parsed = Options::parse("synthesize", synth::OPTIONS, options)?;
    if parsed.is_given("kind") && parsed.choice("kind") != kind {
        let message = format!("two kinds of traces: {} and {kind}", parsed.choice("kind"));
        return Err(Failure::new(PgSqlErrorCode::ERRCODE_INVALID_PARAMETER_VALUE, message)
            .detail("One is in options, one is the argument kind.")
            .hint("Give one of them."));
    }
    Ok(if kind == parsed.choice("kind") { options.into() } else { with_option(options, "kind", kind) })
}

/// Says what a run of test cases covers; `rows` are its traces, as a FROM clause has it.
fn tell_coverage(model: &Model, rows: &str, what: &str) -> Result<(), Failure> {
    let goals = Goal::all(&data::machine(model)?.automaton, what).len();
    let covered: Option<i64> =
        sql::one(&format!("SELECT pg_catalog.sum(pg_catalog.cardinality(covers)) FROM {rows}"), &[])?;
    let covered = covered.unwrap_or(0);
    let traces: Option<i64> = sql::one(&format!("SELECT pg_catalog.count(*) FROM {rows}"), &[])?;
    let left = goals as i64 - covered;
    let rest = if left > 0 { "; uncovered() names those that no trace of the generator covers" } else { "" };
    pgrx::notice!("{} traces cover {covered} of {goals} {what}{rest}", traces.unwrap_or(0));
    Ok(())
}

/// synthesize(model, traces, seed, options, kind) → run_id
pub fn synthesize(call: Call) -> Reply {
    let name = call.need_text(0, "model")?;
    let (traces, seed): (Option<i64>, i64) = (call.get(1), call.need(2, "seed")?);
    let options = with_kind(&call.json(3, "{}"), call.text(4)?)?;
    let parsed = Options::parse("synthesize", synth::OPTIONS, &options)?;
    let anomalous = parsed.choice("kind") == "anomalous";
    let cover = Some(parsed.choice("cover")).filter(|&what| what != "none");
    // A suite has as many as it takes.
    let traces: i64 = match traces {
        None if cover.is_some() => (1 << RUN_SHIFT) - 1,
        _ => call.need(1, "traces")?,
    };
    if anomalous && parsed.json("mutations").as_array().is_some_and(|all| all.iter().any(|m| m == "unseen")) {
        return Err(Error::InvalidOption {
            name: "mutations".into(),
            value: "unseen".into(),
            expected: "mutations that keep to the model's event types: an event's template is a row of templates"
                .into(),
        }
        .into());
    }
    if !(1..1 << RUN_SHIFT).contains(&traces) {
        let message = format!("invalid number of traces: {traces}");
        return Err(Failure::new(PgSqlErrorCode::ERRCODE_INVALID_PARAMETER_VALUE, message)
            .detail(format!("A run has from 1 to {} traces.", (1i64 << RUN_SHIFT) - 1))
            .hint("Give traces => a positive number."));
    }
    let run_id = Model::change(name, "synthesize from", |model| {
        model.require_fitted()?;
        let progress = Progress::start("synthesize", &model.info.name);
        if generator_is_old(&model)? {
            progress.stage("learning what traces are made from");
            let real = format!("{} WHERE run_id OPERATOR(pg_catalog.=) 0", model.table("traces"));
            learn_generator(&model, &real, None)?;
        }
        let next = format!("SELECT pg_catalog.max(run_id) OPERATOR(pg_catalog.+) 1 FROM {}", model.table("runs"));
        let run_id: i32 = sql::one(&next, &[])?.unwrap_or(1);
        let leaves = Leaves::of_run(&model, run_id, anomalous)?;
        let leaf = leaves.name("traces");
        let wanted = Wanted { run_id, traces, seed, options: &options };
        let Written { leaves, verdicts, traces, events } = run::write(&model, leaves, &wanted, &progress)?;
        if let Some(what) = cover {
            tell_coverage(&model, &format!("{leaf} WHERE run_id OPERATOR(pg_catalog.=) {run_id}"), what)?;
        }
        let record = format!(
            "INSERT INTO {} (run_id, kind, status, fit, seed, options, fingerprint, generator, version, traces, events)
             SELECT {run_id}, '{}', 'current', m.fits, $1, $2::jsonb, logfsm.fingerprint(m.automaton),
                    (SELECT s.value FROM logfsm.generator_stats(m.generator) s WHERE s.name OPERATOR(pg_catalog.=) 'fingerprint'), logfsm.version(),
                    {traces}, {events}
             FROM {} m",
            model.table("runs"),
            match cover {
                Some(_) => "tests",
                None if anomalous => "anomalous",
                None => "synthetic",
            },
            model.table("model")
        );
        sql::run(&record, &[seed.into(), options.as_str().into()])?;
        if !reject_if_broken(&model, run_id, &verdicts)? {
            let (checks, rules) =
                verdicts.iter().fold((0, 0), |n, v| (n.0 + v.checked, n.1 + u64::from(v.checked > 0)));
            progress.stage(&format!("{checks} checks by {rules} rules, none failed"));
        }
        leaves.attach()?;
        Ok(run_id)
    })?;
    Ok(datum(run_id))
}

/// Marks a run that breaks a rule as rejected, saying which. True where it is.
fn reject_if_broken(model: &Model, run_id: i32, verdicts: &[Verdict]) -> Result<bool, Failure> {
    let broken: Vec<String> = verdicts
        .iter()
        .filter(|v| v.violated > 0)
        .map(|v| format!("{} ({} of {})", v.rule.name, v.violated, v.checked))
        .collect();
    if broken.is_empty() {
        return Ok(false);
    }
    let mark = format!("UPDATE {} SET status = 'rejected' WHERE run_id OPERATOR(pg_catalog.=) $1", model.table("runs"));
    sql::run(&mark, &[run_id.into()])?;
    pgrx::warning!(
        "run {run_id} is rejected, it breaks rules: {}; check_run() names traces, drop_run() removes it",
        broken.join(", ")
    );
    Ok(true)
}

/// Learns what synthetic traces are made from and stores it.
pub fn learn_generator(model: &Model, traces: &str, scores: Option<ScoreWriter>) -> Result<(), Failure> {
    let text = text_form::encode(PREFIX, &learn_playout(model, traces, scores)?.to_bytes());
    let set =
        format!("UPDATE {} SET generator = $1::text::logfsm.generator, generator_fit = fits", model.table("model"));
    sql::run(&set, &[text.into()])?;
    Ok(())
}

/// Learns what synthetic traces are made from, from the machine, the prefix tree and the traces of a fit, and scores
/// these traces on the way if asked to.
pub fn learn_playout(model: &Model, traces: &str, mut scores: Option<ScoreWriter>) -> Result<Playout, Failure> {
    let control = crate::pg::control();
    let tree = data::automaton(model, "prefix_tree")?.ok_or_else(|| null_argument("the model's prefix tree"))?;
    let machine = data::machine(model)?;
    let mut learner = PlanLearner::new(&tree, &machine, &control)?;
    let mut pass = || {
        bulk::each_row(&format!("SELECT trace_id, trace, is_negative FROM {traces}"), &mut |row| {
            let (Some(trace_id), Some(trace)) = (row.int8(0)?, row.trace(1)?) else { return Ok(()) };
            let view = TraceView::from_bytes(trace)?;
            scores.iter_mut().try_for_each(|scores| scores.trace(&machine, trace_id, &view))?;
            // What must not happen is scored, but nothing is made like it.
            if row.boolean(2)?.unwrap_or(false) { Ok(()) } else { Ok(learner.add(&view)?) }
        })
    };
    let (choice, _) = parallel::beside(&control, &|control| choose(&tree, &machine, control), &mut pass)?;
    if let Some(scores) = scores {
        scores.finish();
    }
    let mut failed = None;
    let mut again = |each: &mut dyn FnMut(&TraceView<'_>) -> crate::error::Result<()>| {
        let outcome = bulk::each_row(&format!("SELECT trace FROM {traces}"), &mut |row| {
            let Some(trace) = row.trace(0)? else { return Ok(()) };
            Ok(each(&TraceView::from_bytes(trace)?)?)
        });
        // The core has no word for what Postgres says; it is kept aside.
        outcome.map(|_| ()).map_err(|failure| {
            failed = Some(failure);
            Error::Cancelled
        })
    };
    let plan = learner.finish(choice, &mut again, &control);
    if let Some(failure) = failed {
        return Err(failure);
    }
    Ok(Playout::new(machine, plan?))
}

/// Whether the generator was learned before the latest refresh: it reads all traces, so it is left to who needs it.
pub fn generator_is_old(model: &Model) -> Result<bool, Failure> {
    sql::holds(&format!("SELECT generator_fit OPERATOR(pg_catalog.<) fits FROM {}", model.table("model")), &[])
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
        remove_rows(&model, run)?;
        sql::run(&delete, &[run.into()])?;
        drop_earlier_fits(&model)
    })?;
    Ok(None)
}

/// Removes the rows of a run: with its leaves, or from those that it shares, which go with the last of their runs.
fn remove_rows(model: &Model, run: i32) -> Result<(), Failure> {
    let parents = ["scores", "parameters", "events", "traces"];
    let of = |suffix: &str| parents.map(|parent| format!("{parent}_{suffix}"));
    let drop = |suffix: &str| {
        leaf::take_locks(&parents.map(|parent| model.table(parent)))?;
        leaf::drop_tables(model, &of(suffix))
    };
    let own = format!("run_{run}");
    let there = "SELECT pg_catalog.to_regclass($1) IS NOT NULL";
    let shared = leaf::shared_by(model, run)?;
    let Some(shared) = shared.filter(|_| !sql::holds(there, &[model.table(&of(&own)[3]).into()]).unwrap_or(true))
    else {
        return drop(&own);
    };
    for table in of(&shared) {
        let delete = format!("DELETE FROM {} WHERE run_id OPERATOR(pg_catalog.=) $1", model.table(&table));
        sql::run(&delete, &[run.into()])?;
    }
    let left = format!("SELECT EXISTS (SELECT FROM {})", model.table(&of(&shared)[3]));
    if sql::holds(&left, &[])? { Ok(()) } else { drop(&shared) }
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
