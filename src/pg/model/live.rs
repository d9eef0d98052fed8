//! Scoring inserted rows event by event, from what is stored of each live trace.

use super::Model;
use super::refresh::{key_equality, key_type};
use crate::automaton::Automaton;
use crate::conform::{Explanation, ExplanationKind, Frontier, Machine, Observed};
use crate::pg::error::Failure;
use crate::pg::sql;
use crate::trace::{Label, Trace};
use pgrx::datum::TimestampWithTimeZone;
use pgrx::pg_sys;
use pgrx::spi::Spi;
use std::cell::RefCell;
use std::rc::Rc;

/// Locks per model that writers of live traces share; a trace whose lock is taken is left to the next refresh.
const BUCKETS: u64 = 256;
/// Characters of a message kept with an anomaly.
const SHOWN: u32 = 200;

thread_local! {
    /// The machine last used by a watch, with the row version of the model it came from.
    static MACHINE: RefCell<Option<(String, Rc<Machine>, f64)>> = const { RefCell::new(None) };
}

/// The live side of a model while one statement's rows are scored.
pub struct Live<'a> {
    model: &'a Model,
    machine: Rc<Machine>,
    threshold: f64,
    table: String,
    equals: String,
    key_type: String,
}

/// Where a live trace stands.
struct Stand {
    frontier: Frontier,
    events: i32,
    score: f64,
}

/// An inserted row.
struct Inserted {
    key: String,
    event: Option<String>,
    component: Option<String>,
    at: Option<TimestampWithTimeZone>,
    message: Option<String>,
    parameters: Option<String>,
}

impl<'a> Live<'a> {
    /// Loads the machine, from this backend's memory if the model has not changed.
    pub fn new(model: &'a Model, table: pg_sys::Oid) -> Result<Self, Failure> {
        let (machine, threshold) = current_machine(model)?;
        let name = "SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) FROM pg_catalog.pg_class c
                    JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace WHERE c.oid OPERATOR(pg_catalog.=) $1";
        let name: Option<String> = sql::one(name, &[table.into()])?;
        let equals = key_equality(model)?;
        let (table, key_type) = (name.unwrap_or_default(), key_type(model)?);
        Ok(Live { model, machine, threshold, table, equals, key_type })
    }

    /// Scores the rows of a statement, trace by trace. Rows without a trace key are nobody's.
    pub fn score_rows(&self, data: *mut pg_sys::TriggerData, relation: &str) -> Result<(), Failure> {
        let rows = self.inserted(data, relation)?;
        for group in rows.chunk_by(|a, b| a.key == b.key) {
            pgrx::check_for_interrupts!();
            if self.try_lock(&group[0].key)? {
                self.score_trace(group)?;
            }
        }
        Ok(())
    }

    fn inserted(&self, data: *mut pg_sys::TriggerData, relation: &str) -> Result<Vec<Inserted>, Failure> {
        let templates = format!("(SELECT templates FROM {})", self.model.table("model"));
        let rows = self.model.info.rows_query(relation, &templates);
        let query = format!(
            "SELECT r.trace_key::text, r.event, r.component, r.at, pg_catalog.left(r.message, {SHOWN}), r.params::text FROM ({rows}) r WHERE r.trace_key IS NOT NULL
             ORDER BY 1, r.at, r.seq, r.event COLLATE \"C\""
        );
        Spi::connect(|client| {
            // SAFETY: the trigger manager's data; the connection is open.
            unsafe { pg_sys::SPI_register_trigger_data(data) };
            let mut inserted = Vec::new();
            for row in client.select(&query, None, &[])? {
                let Some(key) = row.get(1)? else { continue };
                let (event, component, at, message) = (row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?);
                let parameters = row.get(6)?;
                inserted.push(Inserted { key, event, component, at, message, parameters });
            }
            Ok(inserted)
        })
    }

    /// Never waits: waiting in the order of somebody's rows could deadlock.
    fn try_lock(&self, key: &str) -> Result<bool, Failure> {
        let bucket = (xxhash_rust::xxh3::xxh3_64(key.as_bytes()) % BUCKETS) as i32;
        let lock = "SELECT pg_catalog.pg_try_advisory_xact_lock($1::regclass::oid::integer, $2)";
        sql::holds(lock, &[self.model.table("live_traces").into(), bucket.into()])
    }

    fn score_trace(&self, rows: &[Inserted]) -> Result<(), Failure> {
        let key = rows[0].key.as_str();
        let mut stand = self.stand(key)?;
        for row in rows {
            let label = row.event.as_deref().map(|event| Label::new(row.component.as_deref(), event));
            let id = label.as_ref().and_then(|label| self.machine.label_id(label));
            let step = self.machine.advance(&mut stand.frontier, id, row.parameters.as_deref());
            let before = stand.score;
            stand.score += step.contribution;
            stand.events += 1;
            let kind = ExplanationKind::of(&step, false);
            let crossed = before <= self.threshold && stand.score > self.threshold;
            if kind.is_structural() || crossed {
                let name = label.map_or_else(|| "(no known template)".into(), |label| label.to_string());
                self.flag(row, &self.machine.row(stand.events as u32, Some(name), &step), stand.score)?;
            }
        }
        let last_at = rows.iter().filter_map(|row| row.at).next_back();
        self.store(key, &stand, last_at)
    }

    /// Where a trace stands: as stored live, else after its events at the last fit, else at the start.
    fn stand(&self, key: &str) -> Result<Stand, Failure> {
        let key_of = format!("CAST($1::text AS {})", self.key_type);
        let query = format!(
            "SELECT states, weights, n_events, score FROM {} WHERE trace_key {} {key_of} AND fit OPERATOR(pg_catalog.=) $2",
            self.model.table("live_traces"),
            self.equals
        );
        let mut stand: Option<Stand> = None;
        sql::each_row(&query, &[key.into(), self.model.info.fits.into()], |row| {
            let (states, weights): (Option<Vec<i32>>, Option<Vec<f64>>) = (row.get(1)?, row.get(2)?);
            let states = states.unwrap_or_default().into_iter().map(|s| s as u32);
            let states: Vec<(u32, f64)> = states.zip(weights.unwrap_or_default()).collect();
            let known = states.iter().all(|s| (s.0 as usize) < self.machine.automaton.state_count());
            if let (Some(events), Some(score), true) = (row.get(3)?, row.get(4)?, known && !states.is_empty()) {
                stand = Some(Stand { frontier: Frontier { states }, events, score });
            }
            Ok(())
        })?;
        if let Some(stand) = stand {
            return Ok(stand);
        }
        let mut stand = Stand { frontier: Frontier::start(), events: 0, score: 0.0 };
        let query = format!(
            "SELECT logfsm.trace_send(trace) FROM {} WHERE run_id OPERATOR(pg_catalog.=) 0 AND trace_key {} {key_of}",
            self.model.table("traces"),
            self.equals
        );
        if let Some(bytes) = sql::one::<Vec<u8>>(&query, &[key.into()])? {
            let trace = Trace::from_bytes(&bytes)?;
            let (labels, observed) = (self.machine.resolve(&trace.variant), Observed::from(&trace));
            for (i, &event) in trace.variant.events.iter().enumerate() {
                let (label, parameters) = (labels[event as usize], observed.parameters(i));
                stand.score += self.machine.advance(&mut stand.frontier, label, parameters).contribution;
                stand.events += 1;
            }
        }
        Ok(stand)
    }

    fn store(&self, key: &str, stand: &Stand, last_at: Option<TimestampWithTimeZone>) -> Result<(), Failure> {
        let states: Vec<i32> = stand.frontier.states.iter().map(|s| s.0 as i32).collect();
        let weights: Vec<f64> = stand.frontier.states.iter().map(|s| s.1).collect();
        let upsert = format!(
            "INSERT INTO {} AS l (trace_key, fit, states, weights, n_events, score, last_at)
             VALUES (CAST($1::text AS {}), $2, $3, $4, $5, $6, $7)
             ON CONFLICT (trace_key) DO UPDATE SET fit = EXCLUDED.fit, states = EXCLUDED.states, weights = EXCLUDED.weights,
                 n_events = EXCLUDED.n_events, score = EXCLUDED.score, last_at = EXCLUDED.last_at",
            self.model.table("live_traces"),
            self.key_type
        );
        let fit = self.model.info.fits;
        let arguments = [
            key.into(),
            fit.into(),
            states.into(),
            weights.into(),
            stand.events.into(),
            stand.score.into(),
            last_at.into(),
        ];
        sql::run(&upsert, &arguments)?;
        Ok(())
    }

    fn flag(&self, row: &Inserted, why: &Explanation, score: f64) -> Result<(), Failure> {
        let expected = why.expected.as_deref().unwrap_or("the end of the trace");
        let insert = format!(
            "INSERT INTO {} (watched_table, trace_key, seq, at, event, kind, expected, expected_probability, probability, score, explanation, message)
             VALUES ($1, CAST($2::text AS {}), $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
            self.model.table("anomalies"),
            self.key_type
        );
        let arguments = [
            self.table.as_str().into(),
            row.key.as_str().into(),
            (why.position as i32).into(),
            row.at.into(),
            why.event.clone().into(),
            why.kind.as_str().into(),
            expected.into(),
            why.expected_probability.into(),
            why.probability.into(),
            score.into(),
            why.sentence().into(),
            row.message.as_deref().into(),
        ];
        sql::run(&insert, &arguments)?;
        Ok(())
    }
}

/// The model's machine and threshold; parsed once per version of the model's row.
fn current_machine(model: &Model) -> Result<(Rc<Machine>, f64), Failure> {
    let table = model.table("model");
    let version = format!("SELECT pg_catalog.format('%s/%s/%s', tableoid, ctid, xmin) FROM {table}");
    let version: String = sql::one(&version, &[])?.unwrap_or_default();
    let kept = MACHINE.with_borrow(|kept| kept.as_ref().filter(|k| k.0 == version).map(|k| (k.1.clone(), k.2)));
    if let Some(kept) = kept {
        return Ok(kept);
    }
    let bytes: Option<Vec<u8>> = sql::one(&format!("SELECT logfsm.automaton_send(automaton) FROM {table}"), &[])?;
    let threshold: Option<f64> = sql::one(&format!("SELECT threshold FROM {table}"), &[])?;
    model.require_fitted()?;
    let machine = Rc::new(Machine::new(Automaton::from_bytes(&bytes.unwrap_or_default())?));
    let threshold = threshold.unwrap_or(f64::INFINITY);
    MACHINE.set(Some((version, machine.clone(), threshold)));
    Ok((machine, threshold))
}
