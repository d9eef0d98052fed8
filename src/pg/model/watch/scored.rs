//! What the rows of a statement come to: states of traces, anomalies, and events that must wait.

use super::Action;
use super::compiled::Watch;
use super::decide::resume;
use super::fire::{as_owner, complete, unjudged};
use super::fired::Fired;
use super::judge::{Anomaly, judge};
use super::row::{Row, Rows};
use super::transaction::{Held, Traces};
use super::{notify, store};
use crate::pg::error::Failure;
use pgrx::PgSqlErrorCode;

/// What the rows of a statement come to.
#[derive(Default)]
pub struct Scored {
    /// States to hold.
    pub held: Vec<(u32, Held)>,
    /// What is anomalous.
    anomalies: Vec<Anomaly>,
    /// Events of traces that cannot be scored now.
    suspended: Vec<Row>,
    /// A trace whose events nobody can judge before it is read from the source.
    unknown: Option<u32>,
}

impl Scored {
    /// True where nothing is to be written.
    pub fn is_quiet(&self) -> bool {
        self.anomalies.is_empty() && self.suspended.is_empty() && self.unknown.is_none()
    }

    /// Scores groups of rows. `touched` has the traces that were not held before; `Some(None)`: all are out of reach.
    pub fn judge(
        &mut self,
        watch: &Watch,
        traces: &Traces,
        groups: Vec<Vec<Row>>,
        rows: &mut Rows,
        touched: Option<Option<Vec<(u32, store::Touch)>>>,
    ) {
        let reachable = !matches!(touched, Some(None));
        let mut touched: hashbrown::HashMap<u32, store::Touch> =
            touched.flatten().unwrap_or_default().into_iter().collect();
        for mut group in groups {
            let trace = group[0].trace;
            let touch = touched.remove(&trace);
            let held = if reachable {
                touch.as_ref().map_or(traces.entry(trace).held.as_ref(), |t| t.held.as_ref())
            } else {
                None
            };
            let Some(held) = held else {
                self.out_of_reach(watch, group);
                continue;
            };
            let mut held = held.clone();
            let resumed = touch.map(|touch| touch.resumed).unwrap_or_default();
            // A mark among what was pending says that events are missing.
            let marked = resumed.iter().any(Row::is_incomplete);
            (held.dirty, held.changed) = (held.dirty || marked, held.changed || marked);
            if !resumed.is_empty() {
                group.extend(resumed.into_iter().filter(|row| !row.is_incomplete()));
                rows.order(&mut group, &watch.model.names.borrow());
            }
            judge(&watch.model, &mut held, &group, rows, |anomaly| self.anomalies.push(anomaly));
            if watch.action == Action::Raise && held.standing.is_none() && !group.iter().all(Row::is_incomplete) {
                self.unknown = Some(trace);
            }
            self.held.push((trace, held));
        }
    }

    /// Judges events that are suspended by what is visible of their traces, and those of this transaction before them.
    pub fn look(&mut self, watch: &Watch, traces: &Traces, rows: &mut Rows) -> Result<(), Failure> {
        let mut wanted: Vec<u32> = self.suspended.iter().map(|row| row.trace).collect();
        wanted.dedup();
        let touched = store::look(traces, &wanted, rows)?;
        let of_traces = self.suspended.chunk_by_mut(|a, b| a.trace == b.trace);
        for (touch, of_trace) in touched.into_iter().zip(of_traces) {
            let seen = resume(watch, touch, rows).map(|(held, _)| held);
            let mut held = seen.unwrap_or_else(|| Held::unknown(&watch.model));
            let first = self.anomalies.len();
            judge(&watch.model, &mut held, of_trace, rows, |anomaly| self.anomalies.push(anomaly));
            if watch.action == Action::Raise && held.standing.is_none() {
                self.unknown = Some(of_trace[0].trace);
            }
            for row in of_trace {
                row.flagged = self.anomalies[first..].iter().any(|anomaly| anomaly.number == row.number);
            }
        }
        Ok(())
    }

    fn out_of_reach(&mut self, watch: &Watch, group: Vec<Row>) {
        let (incomplete, suspended): (Vec<Row>, Vec<Row>) = group.into_iter().partition(Row::is_incomplete);
        self.suspended.extend(suspended);
        if !incomplete.is_empty() {
            let mut none = Held::unknown(&watch.model);
            judge(&watch.model, &mut none, &incomplete, &Rows::default(), |anomaly| self.anomalies.push(anomaly));
        }
    }

    /// Writes anomalies and what is suspended; notifies or raises.
    pub fn write(&mut self, watch: &Watch, fired: &Fired, traces: &Traces, rows: &mut Rows) -> Result<(), Failure> {
        let _as_owner = as_owner(watch);
        if let Some(trace) = self.unknown {
            let key = watch.model.key.display(&traces.entry(trace).key);
            return Err(unjudged(&watch.table_name, &format!("rows of trace \"{key}\" are missing or came late")));
        }
        if !self.suspended.is_empty() {
            complete(watch, fired, self.suspended.iter_mut(), rows)?;
            store::suspend(traces, &self.suspended, rows, &watch.table_name)?;
        }
        if self.anomalies.is_empty() {
            return Ok(());
        }
        self.anomalies.sort_by_key(|anomaly| (anomaly.number, anomaly.seq));
        if watch.action == Action::Raise
            && let Some(first) = self.anomalies.iter().find(|anomaly| anomaly.number != u32::MAX)
        {
            return Err(raised(watch, fired, traces, first));
        }
        let mut of_rows: Vec<Row> = self
            .anomalies
            .iter()
            .map(|a| Row { number: a.number, message: a.message, ..Row::incomplete(a.trace, 0) })
            .collect();
        complete(watch, fired, of_rows.iter_mut(), rows)?;
        for (anomaly, row) in self.anomalies.iter_mut().zip(&of_rows) {
            anomaly.message = row.message;
        }
        let numbers = store::flag(traces, &self.anomalies, rows, &watch.table_name)?;
        if watch.action == Action::Notify {
            notify::notify(watch, traces, &self.anomalies, &numbers)?;
        }
        Ok(())
    }
}

/// The error of `raise`.
fn raised(watch: &Watch, fired: &Fired, traces: &Traces, anomaly: &Anomaly) -> Failure {
    let model = &watch.model;
    let key = model.key.display(&traces.entry(anomaly.trace).key);
    let event = anomaly.event.as_deref().map_or_else(|| "no event type".into(), |event| format!("event \"{event}\""));
    let place = if fired.is_row() {
        String::new()
    } else {
        format!(", row {} of the statement", anomaly.number.saturating_add(1))
    };
    Failure::new(
        PgSqlErrorCode::ERRCODE_CHECK_VIOLATION,
        format!("anomalous row inserted into {}: trace \"{key}\", {event}{place}", watch.table_name),
    )
    .detail(format!(
        "{}. Kind {}, position {} in its trace, score {:.1}.",
        anomaly.explanation, anomaly.kind, anomaly.seq, anomaly.score
    ))
    .hint(format!(
        "Model \"{}\" watches the table with action raise; logfsm.unwatch() ends that.",
        model.model.info.name
    ))
}
