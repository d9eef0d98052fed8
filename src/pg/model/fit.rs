//! fit: reads the source, infers the machine, and swaps in new tables.

use super::leaf::{self, Leaves};
use super::progress::Progress;
use super::scores::ScoreWriter;
use super::{Model, data, events, invariants, labels, lines, source};
use crate::conform::FALSE_POSITIVE_RATE;
use crate::error::Error;
use crate::pg::call::{Call, Reply, datum};
use crate::pg::error::Failure;
use crate::pg::heap_writer::BulkWriter;
use crate::pg::set;
use crate::pg::sql;
use pgrx::datum::TimestampWithTimeZone;
use pgrx::{PgSqlErrorCode, pg_sys};

/// fit(model, method, options, since, until) → (fit, traces, events, states, transitions)
pub fn fit(call: Call) -> Reply {
    let name = call.need_text(0, "model")?;
    let (method, options) = (call.need_text(1, "method")?, call.json(2, "{}"));
    let (since, until): (Option<TimestampWithTimeZone>, Option<TimestampWithTimeZone>) = (call.get(3), call.get(4));
    // Learners and options are checked before any row is read.
    crate::infer::check(method, &options)?;
    let summary = Model::change(name, "fit", |model| {
        source::require_readable(&model.info)?;
        if (since.is_some() || until.is_some()) && !model.info.has_times() {
            let message = format!("model \"{}\" has no times to choose a period by", model.info.name);
            return Err(Failure::new(PgSqlErrorCode::ERRCODE_INVALID_PARAMETER_VALUE, message)
                .detail("since and until keep traces by their first event's time.")
                .hint("Leave since and until out, or create the model with at => a timestamp column."));
        }
        let windowed = since.is_some() || until.is_some();
        let progress = Progress::start("fit", &model.info.name);
        let set = format!(
            "UPDATE {} SET method = $1, fit_options = $2::jsonb, since = $3, until = $4,
                 fits = fits OPERATOR(pg_catalog.+) 1, high_water = NULL,
                 settled_before = NULL, settled_rows = NULL, settled_sum = NULL, recent_traces = NULL",
            model.table("model")
        );
        sql::run(&set, &[method.into(), options.as_str().into(), since.into(), until.into()])?;
        let model = Model::read(model.schema, model.owner)?;
        let mut leaves = Leaves::of_fit(&model, model.info.fits);
        progress.stage("reading the source");
        read_traces(&model, &mut leaves, windowed)?;
        labels::split(&model, &leaves.name("traces"))?;
        crate::pg::evaluate_functions::tell_of_log(&model, method)?;
        infer(&model, "fit_options", &progress)?;
        tell_given_up(&model)?;
        compared(&model)?;
        materialise(&model, leaves, &progress)
    })?;
    record(call, summary)
}

/// The result of fit and refresh as a record.
pub fn record(call: Call, values: Vec<i64>) -> Reply {
    // SAFETY: the declared result is a row of as many bigints.
    unsafe {
        let mut tuple_desc: pg_sys::TupleDesc = std::ptr::null_mut();
        pg_sys::get_call_result_type(call.0, std::ptr::null_mut(), &mut tuple_desc);
        Ok(set::form(pg_sys::BlessTupleDesc(tuple_desc), values.into_iter().map(datum).collect()))
    }
}

/// The query for (trace_key, trace) of whole traces; `join` restricts the rows, which it knows as r.
pub fn traces_query(model: &Model, relation: &str, join: &str) -> Result<String, Failure> {
    let templates = format!("(SELECT templates FROM {})", model.table("model"));
    let rows = model.info.rows_query(relation, &templates)?;
    let trace = model.info.trace_agg();
    Ok(format!("SELECT r.trace_key, {trace} AS trace FROM ({rows}) AS r {join} GROUP BY r.trace_key"))
}

/// Fills the traces leaf from the source and stores the prefix tree.
fn read_traces(model: &Model, leaves: &mut Leaves<'_>, windowed: bool) -> Result<(), Failure> {
    lines::learn(model)?;
    let leaf = leaves.create("traces")?;
    let traces = data::read_traces(model, &leaf)?;
    if traces == 0 {
        let keyed = if model.info.trace_column.is_some() { "" } else { " with a trace key" };
        let period = if windowed { " in the given period" } else { "" };
        return Err(Failure::from(Error::NoTraces { operation: "fit" })
            .detail(format!("Source {} has no rows{keyed}{period}.", model.info.source)));
    }
    Ok(())
}

/// Infers the machine from the prefix tree. `options` is an expression over the model's row for the options of infer.
pub fn infer(model: &Model, options: &str, progress: &Progress) -> Result<(), Failure> {
    let table = model.table("model");
    progress.stage("inferring the machine");
    // Labels change no method: only those that were chosen because they reject traces get to see them.
    let infer = format!(
        "UPDATE {table} SET automaton = logfsm.infer(prefix_tree, method, {options},
             CASE WHEN method OPERATOR(pg_catalog.=) ANY ('{{edsm,rpni}}'::text[]) THEN negative_tree END)"
    );
    sql::run(&infer, &[])?;
    Ok(())
}

/// Says which methods `auto` gave up, and what the machine does without.
fn tell_given_up(model: &Model) -> Result<(), Failure> {
    let query = format!(
        "SELECT s.value FROM logfsm.stats((SELECT automaton FROM {})) AS s
         WHERE s.name OPERATOR(pg_catalog.=) 'note' AND s.value OPERATOR(pg_catalog.~) '(: given up|^no invariants)'",
        model.table("model")
    );
    sql::column::<String>(&query, &[])?.iter().for_each(|note| pgrx::notice!("{note}"));
    Ok(())
}

/// Notes how many traces there were when methods were compared.
pub fn compared(model: &Model) -> Result<(), Failure> {
    let note = format!(
        "UPDATE {} SET compared_traces = (SELECT s.value::bigint FROM logfsm.stats(prefix_tree) AS s
             WHERE s.name OPERATOR(pg_catalog.=) 'traces')",
        model.table("model")
    );
    sql::run(&note, &[])?;
    Ok(())
}

/// From traces, prefix tree and machine to tables and scores; swaps everything in.
pub fn materialise(model: &Model, mut leaves: Leaves<'_>, progress: &Progress) -> Result<Vec<i64>, Failure> {
    super::scoring::set_threshold(model, FALSE_POSITIVE_RATE)?;
    progress.stage("learning the generator and scoring");
    let scores = ScoreWriter::open(model, &leaves.create("scores")?, 0, BulkWriter::open)?;
    super::synthesize::learn_generator(model, &leaves.name("traces"), Some(scores))?;
    progress.stage("writing tables");
    for parent in ["phases", "templates", "states", "transitions"] {
        leaves.create(parent)?;
    }
    let [phases, templates, states, transitions] =
        ["phases", "templates", "states", "transitions"].map(|parent| leaves.name(parent));
    let rows = |parent: &str| machine_rows(model, parent, &templates);
    let insert = format!(
        "WITH {}, written AS (INSERT INTO {phases} {}), named AS (INSERT INTO {templates} {}) INSERT INTO {states} {}",
        phases_of(model),
        rows("phases"),
        rows("templates"),
        rows("states")
    );
    sql::run(&insert, &[])?;
    sql::run(&format!("INSERT INTO {transitions} {}", rows("transitions")), &[])?;
    for parent in ["phases", "templates", "states", "transitions", "traces"] {
        leaves.finish(parent)?;
    }
    invariants::write(model, &mut leaves)?;
    super::guards::write(model, &mut leaves)?;
    write_events(model, &mut leaves, 0)?;
    leaves.finish("scores")?;
    progress.stage("swapping tables in");
    retire_runs(model)?;
    leaves.attach()?;
    drop_earlier_fits(model)?;
    finish_run_zero(model, count_run_zero(model)?)
}

/// The phases of the machine, as a common table expression p: they take long to find, so once for all who ask.
pub fn phases_of(model: &Model) -> String {
    format!("p AS MATERIALIZED (SELECT * FROM logfsm.phases((SELECT automaton FROM {})))", model.table("model"))
}

/// The query for the rows of a table of the machine; those of transitions need the rows of templates to be there
/// already, the others the common table expression of [`phases_of`].
pub fn machine_rows(model: &Model, parent: &str, templates: &str) -> String {
    let machine = format!("(SELECT automaton FROM {})", model.table("model"));
    match parent {
        "phases" => "SELECT 0 AS run_id, p.phase_id, p.name, p.visits FROM p".into(),
        "templates" => format!(
            "SELECT 0 AS run_id, e.label_id AS template_id, e.component, e.event AS template,
                    COALESCE(pg_catalog.cardinality(k.kinds), (SELECT pg_catalog.count(*) FROM pg_catalog.regexp_matches(e.event, '<\\*>', 'g')))::integer AS slots,
                    e.count, k.kinds, g.phase_id
             FROM logfsm.event_types({machine}) e LEFT JOIN {} k ON k.template OPERATOR(pg_catalog.=) e.event
             LEFT JOIN (SELECT p.phase_id, l.label_id FROM p, pg_catalog.unnest(p.label_ids) l (label_id)) g
                    ON g.label_id OPERATOR(pg_catalog.=) e.label_id",
            lines::kinds_query(model)
        ),
        "states" => format!(
            "SELECT 0 AS run_id, s.state_id, s.name, s.kind, s.visits, s.stops, g.phase_id FROM logfsm.states({machine}) s
             LEFT JOIN (SELECT p.phase_id, i.state_id FROM p, pg_catalog.unnest(p.states) i (state_id)) g
                    ON g.state_id OPERATOR(pg_catalog.=) s.state_id"
        ),
        _ => format!(
            "SELECT 0 AS run_id, t.transition_id, t.src, p.template_id, t.component, t.event, t.dst,
                    logfsm.guard_text({machine}, t.transition_id) AS guard, t.count, t.prob,
                    t.delay_min, t.delay_mean, t.delay_median, t.delay_p99, t.delay_max
             FROM logfsm.transitions({machine}) t
             JOIN {templates} p ON p.template OPERATOR(pg_catalog.=) t.event AND p.component IS NOT DISTINCT FROM t.component"
        ),
    }
}

/// Fills events and parameters of a run from its traces leaf.
pub fn write_events(model: &Model, leaves: &mut Leaves<'_>, run_id: i32) -> Result<(), Failure> {
    leaves.create("events")?;
    leaves.create("parameters")?;
    if model.info.events == "table" {
        events::write_events(model, leaves, run_id)?;
    }
    for parent in ["events", "parameters"] {
        leaves.finish(parent)?;
    }
    Ok(())
}

/// Runs of the machine before this one stay as tables of their own, with the machine they came from.
fn retire_runs(model: &Model) -> Result<(), Failure> {
    let runs = model.table("runs");
    let mut stale: Vec<i32> = Vec::new();
    let query = format!(
        "SELECT run_id FROM {runs} WHERE kind OPERATOR(pg_catalog.<>) 'real' AND status OPERATOR(pg_catalog.<>) 'stale' ORDER BY 1"
    );
    sql::each_row(&query, &[], |row| {
        stale.extend(row.get::<i32>(1)?);
        Ok(())
    })?;
    if stale.is_empty() {
        return Ok(());
    }
    let parents = ["scores", "parameters", "events", "traces"];
    leaf::take_locks(&parents.iter().map(|p| model.table(p)).collect::<Vec<_>>())?;
    let mut alone: Vec<String> = Vec::new();
    for parent in parents {
        let leaves = leaf::attached_runs(model, parent)?;
        for leaf in &leaves {
            sql::run(&format!("ALTER TABLE {} DETACH PARTITION {leaf}", model.table(parent)), &[])?;
        }
        if parent == "events" {
            alone = leaves;
        }
    }
    // Those of one run each, in order; those that runs share come last.
    let number = |leaf: &String| leaf.rsplit_once("events_run_").and_then(|(_, run)| run.parse::<i32>().ok());
    alone.sort_by_key(|leaf| (number(leaf).is_none(), number(leaf)));
    let names: Vec<String> = alone
        .iter()
        .filter_map(|leaf| leaf.rsplit_once('.').map(|(_, leaf)| format!("{}.{leaf}", model.schema)))
        .collect();
    pgrx::notice!(
        "synthetic runs of the earlier machine are stale and now stand alone: {}; drop_run() removes them",
        names.join(", ")
    );
    let mark = format!("UPDATE {runs} SET status = 'stale' WHERE kind OPERATOR(pg_catalog.<>) 'real'");
    sql::run(&mark, &[])?;
    Ok(())
}

/// Drops the tables of earlier fits, but machines that stale runs refer to.
pub fn drop_earlier_fits(model: &Model) -> Result<(), Failure> {
    let query = format!(
        "SELECT c.relname::text FROM pg_catalog.pg_class c
         WHERE c.relnamespace OPERATOR(pg_catalog.=) $1::regnamespace AND c.relkind OPERATOR(pg_catalog.=) 'r'
           AND c.relname OPERATOR(pg_catalog.~) '^(phases|templates|states|transitions|guards|invariants|traces|events|parameters|scores)_fit_[0-9]+$'
           AND NOT c.relispartition
           AND NOT (c.relname OPERATOR(pg_catalog.~) '^(phases|templates|states|transitions|guards|invariants)_fit_' AND EXISTS (
                   -- A run's machine is that of the last fit up to its own that wrote leaves.
                   SELECT FROM {} r WHERE r.kind OPERATOR(pg_catalog.<>) 'real'
                   AND r.fit OPERATOR(pg_catalog.>=) pg_catalog.substring(c.relname::text, '[0-9]+$')::integer
                   AND NOT EXISTS (SELECT FROM pg_catalog.pg_class l
                       WHERE l.relnamespace OPERATOR(pg_catalog.=) c.relnamespace AND l.relkind OPERATOR(pg_catalog.=) 'r'
                         AND l.relname OPERATOR(pg_catalog.~) '^transitions_fit_[0-9]+$'
                         AND pg_catalog.substring(l.relname::text, '[0-9]+$')::integer OPERATOR(pg_catalog.>) pg_catalog.substring(c.relname::text, '[0-9]+$')::integer
                         AND pg_catalog.substring(l.relname::text, '[0-9]+$')::integer OPERATOR(pg_catalog.<=) r.fit)))
         ORDER BY 1",
        model.table("runs")
    );
    let tables: Vec<String> = sql::column(&query, &[sql::quote_identifier(&model.schema).into()])?;
    leaf::drop_tables(model, &tables)
}

/// How many traces and events run 0 has, as expressions.
fn count_run_zero(model: &Model) -> Result<(String, String), Failure> {
    // Without labels all traces are in the prefix tree.
    if model.info.label_column.is_none()
        && let Some(tree) = data::automaton(model, "prefix_tree")?
    {
        return Ok((tree.totals.traces.to_string(), tree.totals.events.to_string()));
    }
    let of =
        |what: &str| format!("(SELECT {what} FROM {} WHERE run_id OPERATOR(pg_catalog.=) 0)", model.table("traces"));
    Ok((of("pg_catalog.count(*)"), of("pg_catalog.sum(n_events)")))
}

/// Records run 0, with so many traces and events, and gives the summary.
pub fn finish_run_zero(model: &Model, (traces, events): (String, String)) -> Result<Vec<i64>, Failure> {
    let table = model.table("model");
    let upsert = format!(
        "INSERT INTO {} AS r (run_id, kind, status, fit, fingerprint, version, traces, events)
         SELECT 0, 'real', 'current', m.fits, logfsm.fingerprint(m.automaton), logfsm.version(),
                {traces}, {events}
         FROM {table} m
         ON CONFLICT (run_id) DO UPDATE SET fit = EXCLUDED.fit, fingerprint = EXCLUDED.fingerprint, version = EXCLUDED.version,
             traces = EXCLUDED.traces, events = EXCLUDED.events, created_at = pg_catalog.now()",
        model.table("runs"),
    );
    sql::run(&upsert, &[])?;
    sql::run(&format!("UPDATE {table} SET fitted_at = pg_catalog.now()"), &[])?;
    super::watch::after_fit(model)?;
    let sizes = format!(
        "UPDATE {table} SET traces = r.traces, events_read = r.events, states = (SELECT pg_catalog.count(*) FROM {}),
                transitions = (SELECT pg_catalog.count(*) FROM {})
         FROM {} r WHERE r.run_id OPERATOR(pg_catalog.=) 0",
        model.table("states"),
        model.table("transitions"),
        model.table("runs")
    );
    sql::run(&sizes, &[])?;
    let summary = format!("SELECT ARRAY[fits, traces, events_read, states, transitions]::bigint[] FROM {table}");
    Ok(sql::one::<Vec<i64>>(&summary, &[])?.unwrap_or_default())
}
