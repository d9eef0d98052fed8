//! The rules that runs must keep: judged while rows are written, and by check_run, which reads them again.

use super::events::{Followed, parameters_of};
use super::{Model, synthesize};
use crate::conform::Machine;
use crate::infer::Options;
use crate::pg::bulk;
use crate::pg::call::{Call, Reply, datum, text};
use crate::pg::error::Failure;
use crate::pg::set::{Rows, stream};
use crate::pg::sql;
use crate::synth::checks::{
    Check, Checker, EventParameters, EventRow, ParameterChecker, Purpose, Reference, StateRow, Tables, TransitionRow,
    Verdict, Verdicts,
};
use crate::synth::{OPTIONS, Playout};
use crate::trace::{Slot, TraceView};
use pgrx::PgSqlErrorCode;

/// The rows of a run: relations, quoted and qualified or in parentheses.
struct RunRows {
    traces: String,
    events: String,
    parameters: String,
}

/// What a model's traces are generated from.
pub fn playout(model: &Model) -> Result<Playout, Failure> {
    let mut bytes = Vec::new();
    bulk::each_row(&format!("SELECT generator FROM {}", model.table("model")), &mut |row| {
        bytes.extend_from_slice(row.generator(0)?.unwrap_or_default());
        Ok(())
    })?;
    if bytes.is_empty() {
        let message = format!("model \"{}\" has no generator", model.info.name);
        return Err(Failure::new(PgSqlErrorCode::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE, message)
            .detail("It was fitted by an earlier release.")
            .hint(format!("SELECT logfsm.fit({}) again.", sql::quote_literal(&model.info.name))));
    }
    Ok(Playout::from_bytes(&bytes)?)
}

fn tables(model: &Model, playout: &Playout) -> Result<Tables, Failure> {
    let mut tables = Tables { traces: playout.machine.automaton.totals.traces as i64, ..Tables::default() };
    bulk::each_row(&format!("SELECT state_id, visits, stops FROM {} ORDER BY 1", model.table("states")), &mut |row| {
        let (Some(id), Some(visits), Some(stops)) = (row.int4(0)?, row.int8(1)?, row.int8(2)?) else {
            return Ok(());
        };
        tables.states.push(StateRow { id, visits, stops });
        Ok(())
    })?;
    let query =
        format!("SELECT transition_id, src, template_id, dst, count FROM {} ORDER BY 1", model.table("transitions"));
    bulk::each_row(&query, &mut |row| {
        let key = (row.int4(0)?, row.int4(1)?, row.int4(2)?, row.int4(3)?, row.int8(4)?);
        if let (Some(id), Some(src), Some(template), Some(dst), Some(count)) = key {
            tables.transitions.push(TransitionRow { id, src, template, dst, count });
        }
        Ok(())
    })?;
    bulk::each_row(&format!("SELECT template_id FROM {}", model.table("templates")), &mut |row| {
        tables.templates.extend(row.int4(0)?);
        Ok(())
    })?;
    Ok(tables)
}

/// What a run of the current machine is judged by.
pub struct Rules {
    reference: Reference,
    tables: Tables,
}

/// The rules for a run with these options.
pub fn rules(model: &Model, playout: &Playout, options: &str) -> Result<Rules, Failure> {
    let options = Options::parse("generate", OPTIONS, options)?;
    let lambda = options.number("amplification");
    let bound =
        if options.choice("amplify_by") == "tilt" && lambda > 0.0 { f64::INFINITY } else { 1.0 / (1.0 - lambda) };
    let mut reference = Reference::of(playout, bound, options.boolean("no_copy"));
    if options.json("condition").get("duration").is_some() {
        reference.durations = None;
    }
    if options.json("condition").as_object().is_some_and(|c| !c.is_empty()) {
        // Weights average 1 over what was conditioned, not over all.
        reference.largest_weight = f64::INFINITY;
    }
    if options.choice("kind") == "anomalous" {
        let by_score = options.number("beyond") > 0.0;
        reference.purpose = if by_score { Purpose::Anomalous } else { Purpose::Rejected };
        reference.no_copies_of = Some(playout.plan.variants.clone());
    }
    Ok(Rules { reference, tables: tables(model, playout)? })
}

/// Judges the traces of a run one after the other, in any order.
pub struct Judge<'a> {
    checker: Checker<'a>,
    parameters: Option<ParameterChecker<'a>>,
}

impl<'a> Judge<'a> {
    /// By the rules of a run; what parameters must not repeat in synthetic traces they may in real ones.
    pub fn new(rules: &'a Rules, playout: &'a Playout, real: bool) -> Self {
        let (parameters, machine) = (&playout.plan.parameters, &playout.machine.automaton);
        let parameters = (!parameters.is_empty()).then(|| ParameterChecker::new(parameters, machine, !real));
        Judge { checker: Checker::new(&rules.tables, &rules.reference), parameters }
    }

    /// Leaves the parameters to others: how they are judged.
    pub fn without_parameters(&mut self) -> Option<ParameterChecker<'a>> {
        self.parameters.take()
    }

    /// Takes a trace: its id, number of events and weight as its row says, the rows that it has, and the parameters that
    /// each of them has.
    pub fn trace<'t>(
        &mut self,
        (id, n_events, weight): (i64, i32, f64),
        events: &[EventRow],
        parameters: impl Fn(&EventRow) -> Vec<Slot<'t>>,
    ) {
        self.checker.trace(id, n_events, weight, events);
        if let Some(checker) = &mut self.parameters {
            let of: Vec<EventParameters<'_>> =
                events.iter().map(|row| EventParameters::of(row, parameters(row))).collect();
            checker.trace(id, &of);
        }
    }

    /// Takes a trace whose events are not stored: they are made from it.
    pub fn trace_of(
        &mut self,
        of_row: (i64, i32, f64),
        view: &TraceView<'_>,
        followed: &mut Followed<'_>,
    ) -> Result<(), Failure> {
        let events = followed.rows(view)?;
        self.trace(of_row, events, |row| parameters_of(view, row));
        Ok(())
    }

    /// What came of each rule, with what others judged.
    pub fn finish_with(self, others: Verdicts) -> Vec<Verdict> {
        let mut all = self.checker.finish();
        self.parameters.into_iter().for_each(|checker| all.add(checker.finish()));
        all.with(others)
    }

    /// What came of each rule.
    pub fn finish(self) -> Vec<Verdict> {
        self.finish_with(Verdicts::default())
    }
}

/// Judges the rows of a run of the current machine. One pass over events, one over parameters.
fn judge_rows(mut judge: Judge<'_>, rows: &RunRows) -> Result<Vec<Verdict>, Failure> {
    let checker = &mut judge.checker;
    let query = format!(
        "SELECT t.trace_id, t.n_events, COALESCE(t.weight, 1::double precision), e.seq, e.at, e.template_id, e.transition_id, e.src, e.dst
         FROM {} t LEFT JOIN {} e ON e.trace_id OPERATOR(pg_catalog.=) t.trace_id ORDER BY t.trace_id, e.seq",
        rows.traces, rows.events
    );
    let mut current: Option<(i64, i32, f64)> = None;
    let mut events: Vec<EventRow> = Vec::new();
    bulk::each_row(&query, &mut |row| {
        let (Some(id), Some(n)) = (row.int8(0)?, row.int4(1)?) else { return Ok(()) };
        if let Some((before, n, weight)) = current.filter(|c| c.0 != id) {
            checker.trace(before, n, weight, &events);
            events.clear();
        }
        current = Some((id, n, row.float8(2)?.unwrap_or(1.0)));
        if let (Some(seq), Some(template)) = (row.int4(3)?, row.int4(5)?) {
            let (transition, src, dst) = (row.int4(6)?, row.int4(7)?, row.int4(8)?);
            events.push(EventRow { seq, at: row.time(4)?, template, transition, src, dst });
        }
        Ok(())
    })?;
    if let Some((id, n, weight)) = current {
        checker.trace(id, n, weight, &events);
    }
    if let Some(parameters) = &mut judge.parameters {
        judge_parameters(rows, parameters)?;
    }
    let orphans = orphans(rows)?;
    Ok(judge.finish_with(orphans))
}

/// Finds the parameters that have no event. Rows that are judged as they are written have none, so only these count.
fn orphans(rows: &RunRows) -> Result<Verdicts, Failure> {
    let mut verdicts = Verdicts::default();
    let query = format!(
        "SELECT p.trace_id FROM {} p WHERE NOT EXISTS (SELECT FROM {} e
             WHERE e.trace_id OPERATOR(pg_catalog.=) p.trace_id AND e.seq OPERATOR(pg_catalog.=) p.seq)",
        rows.parameters, rows.events
    );
    bulk::each_row(&query, &mut |row| {
        verdicts.note(Check::parameter_of_event, row.int8(0)?.unwrap_or_default(), false);
        Ok(())
    })?;
    Ok(verdicts)
}

/// Judges a run whose events are not stored.
fn judge_traces(mut judge: Judge<'_>, machine: &Machine, traces: &str) -> Result<Vec<Verdict>, Failure> {
    let mut followed = Followed::new(machine, true);
    let query = format!("SELECT trace_id, n_events, weight, trace FROM {traces} t");
    bulk::each_row(&query, &mut |row| {
        let (Some(id), Some(n), Some(trace)) = (row.int8(0)?, row.int4(1)?, row.trace(3)?) else { return Ok(()) };
        let view = TraceView::from_bytes(trace)?;
        judge.trace_of((id, n, row.float8(2)?.unwrap_or(1.0)), &view, &mut followed)
    })?;
    Ok(judge.finish())
}

fn judge_parameters(rows: &RunRows, checker: &mut ParameterChecker<'_>) -> Result<(), Failure> {
    let query = format!(
        "SELECT e.trace_id, e.seq, e.template_id, e.transition_id, p.slot, p.value
         FROM {} e LEFT JOIN {} p ON p.trace_id OPERATOR(pg_catalog.=) e.trace_id AND p.seq OPERATOR(pg_catalog.=) e.seq
         ORDER BY e.trace_id, e.seq, p.slot COLLATE \"C\"",
        rows.events, rows.parameters
    );
    let mut at: Option<(i64, i32)> = None;
    let mut events: Vec<EventParameters> = Vec::new();
    bulk::each_row(&query, &mut |row| {
        let (Some(id), Some(seq)) = (row.int8(0)?, row.int4(1)?) else { return Ok(()) };
        if let Some((before, _)) = at.filter(|a| a.0 != id) {
            checker.trace(before, &events);
            events.clear();
        }
        if at != Some((id, seq)) {
            let template = row.int4(2)?.unwrap_or_default() as u32;
            events.push(EventParameters { template, transition: row.int4(3)?, values: Vec::new() });
            at = Some((id, seq));
        }
        if let (Some(slot), Some(event)) = (row.text(4)?, events.last_mut()) {
            event.values.push((slot.to_string().into(), row.text(5)?.map(|text| text.to_string().into())));
        }
        Ok(())
    })?;
    if let Some((id, _)) = at {
        checker.trace(id, &events);
    }
    Ok(())
}

/// Opens the model of argument 0 for work with the run of argument 1, which must be of the current machine. The work
/// also gets its options, of which run 0 has none.
pub fn with_run<T>(
    call: Call,
    purpose: &str,
    tables: &'static [&'static str],
    work: impl FnOnce(&Model, i32, &str) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let (name, run): (&str, i32) = (call.need_text(0, "model")?, call.need(1, "run")?);
    Model::open(name, purpose, tables, |model| {
        model.require_fitted()?;
        let query = format!(
            "SELECT COALESCE(options, '{{}}')::text FROM {} WHERE run_id OPERATOR(pg_catalog.=) $1 AND status OPERATOR(pg_catalog.<>) 'stale'",
            model.table("runs")
        );
        let options: Option<String> = sql::one(&query, &[run.into()])?;
        let options = options.ok_or_else(|| {
            let message = format!("model \"{}\" has no run {run} of its current machine", model.info.name);
            Failure::new(PgSqlErrorCode::ERRCODE_UNDEFINED_OBJECT, message)
                .detail("It never was, was dropped, or belongs to the machine of an earlier fit.")
                .hint(format!("SELECT * FROM {} lists the runs; 0 is the real data.", model.table("runs")))
        })?;
        work(model, run, &options)
    })
}

/// What checking a run reads.
const CHECKED: &[&str] = &["runs", "traces", "events", "parameters", "templates", "states", "transitions"];

/// check_run(model, run) → setof (rule, kind, meaning, checked, violated, examples)
pub fn check_run(call: Call) -> Reply {
    stream(call, || {
        let answers = with_run(call, "Checking a run", CHECKED, judged)?;
        Ok(Box::new(answers.into_iter().map(|(v, names)| {
            Ok(vec![
                Some(text(v.rule.name)),
                Some(text(v.rule.group)),
                Some(text(v.rule.meaning)),
                datum(v.checked as i64),
                datum(v.violated as i64),
                datum(names),
            ])
        })) as Rows)
    })
}

/// What came of each rule for a run, with the names of traces or states that break it.
fn judged(model: &Model, run: i32, options: &str) -> Result<Vec<(Verdict, Vec<String>)>, Failure> {
    let of = |table: &str| format!("(SELECT * FROM {} WHERE run_id OPERATOR(pg_catalog.=) {run})", model.table(table));
    let rows = RunRows { traces: of("traces"), events: of("events"), parameters: of("parameters") };
    // What the rules are taken from may be older than the latest refresh; there are no runs of it then.
    let playout = if run == 0 && synthesize::generator_is_old(model)? {
        synthesize::learn_playout(model, &format!("{} AS t", rows.traces), None)?
    } else {
        playout(model)?
    };
    let rules = rules(model, &playout, options)?;
    let judge = Judge::new(&rules, &playout, run == 0);
    let verdicts = if model.info.events == "table" {
        judge_rows(judge, &rows)?
    } else {
        judge_traces(judge, &playout.machine, &rows.traces)?
    };
    let mut answers = Vec::new();
    for v in verdicts {
        let names: Vec<String> = if v.rule.group == "model" {
            v.examples.iter().map(|state| format!("S{state}")).collect()
        } else {
            let name = format!(
                "SELECT COALESCE(trace_key::text, synthetic_key) FROM {} t WHERE trace_id OPERATOR(pg_catalog.=) ANY ($1) ORDER BY trace_id",
                rows.traces
            );
            sql::column(&name, &[v.examples.clone().into()])?
        };
        answers.push((v, names));
    }
    Ok(answers)
}
