//! Scoring the events of one trace, and what is anomalous about them.

use super::compiled::Compiled;
use super::row::{Row, Rows};
use super::transaction::Held;
use crate::conform::{EventType, Explanation, ExplanationKind, Finding, Last, Standing};

/// Something anomalous, as the table `anomalies` has it.
#[derive(Debug, Clone)]
pub struct Anomaly {
    /// The entry of its trace.
    pub trace: u32,
    /// The row's number in its statement.
    pub number: u32,
    /// The table's and the message's places in the texts, from 1; 0 for none.
    pub table: u32,
    /// See `table`.
    pub message: u32,
    /// The event's position in its trace, from 1; 0 where it has none.
    pub seq: i32,
    /// Its time.
    pub at: Option<i64>,
    /// Its type; `None` for the end of a trace.
    pub event: Option<String>,
    /// What it is.
    pub kind: String,
    /// What was expected.
    pub expected: Option<String>,
    /// How probable that was.
    pub expected_probability: Option<f64>,
    /// How probable the event was.
    pub probability: Option<f64>,
    /// The score of the trace with it.
    pub score: f64,
    /// All of it in words.
    pub explanation: String,
}

/// Takes the events of a trace, in its order. `found` gets what is anomalous: what the machine does not have at all, what
/// lifts the score over the threshold, and rows that a trace cannot take.
pub fn judge(model: &Compiled, held: &mut Held, events: &[Row], rows: &Rows, mut found: impl FnMut(Anomaly)) {
    let names = model.names.borrow();
    let has_times = model.model.info.has_times();
    if held.fit != model.model.info.fits {
        // Fitted anew within this transaction: a state of the machine before means nothing in this one.
        *held = Held { standing: None, fit: model.model.info.fits, dirty: true, changed: true };
    }
    let with_parameters = events.iter().any(|row| row.parameters != 0);
    if let Some(standing) = held.standing.as_mut().filter(|standing| with_parameters && !standing.has_parameters) {
        // Events before, that had none, lacked them: where guards look at parameters they must be judged again.
        held.dirty |= standing.live.events() > 0 && model.machine.has_guards();
        held.changed = true;
        standing.has_parameters = true;
    }
    let mut last: Option<&Row> = None;
    for row in events {
        if row.is_incomplete() {
            found(incomplete(row, held));
            continue;
        }
        let label = names.label(row.name);
        let Some(standing) = &mut held.standing else {
            (held.dirty, held.changed) = (true, true);
            continue;
        };
        let in_order = last.is_some()
            || standing.last.as_ref().is_none_or(|last| last.is_before(row.at, row.seq, label, row.parameters != 0));
        held.changed = true;
        if !in_order {
            held.dirty = true;
            // Where it belongs is for close_traces to see; a type that nobody has ever seen is anomalous anywhere.
            if names.known(row.name).is_none() && !row.flagged {
                let mut beside = standing.clone();
                let step = beside.advance(&model.machine, model.machine.event_type(Some(label)), None, None);
                let position = u32::try_from(beside.live.events()).unwrap_or(u32::MAX);
                let why = model.machine.row(position, Some(label.to_string()), &step);
                found(anomaly(row, has_times.then_some(row.at), &why, beside.live.score()));
            }
            continue;
        }
        let before = standing.live.score();
        let at = has_times.then_some(row.at);
        let known = names.known(row.name).map(EventType::Known);
        let event = known.unwrap_or_else(|| model.machine.event_type(Some(label)));
        let parameters = rows.text(row.parameters).or(standing.has_parameters.then_some("{}"));
        let step = standing.advance(&model.machine, event, at, parameters);
        last = Some(row);
        let kind = ExplanationKind::of(&step, false);
        let score = standing.live.score();
        if !row.flagged
            && (!step.possible || kind.is_structural() || (before <= model.threshold && score > model.threshold))
        {
            let position = u32::try_from(standing.live.events()).unwrap_or(u32::MAX);
            let why = model.machine.row(position, Some(label.to_string()), &step);
            found(anomaly(row, at, &why, score));
        }
    }
    if let (Some(row), Some(standing)) = (last, &mut held.standing) {
        standing.last = Some(Last::new(row.at, row.seq, names.label(row.name)));
    }
}

/// What the end of a trace shows.
pub fn judge_end(model: &Compiled, trace: u32, standing: &Standing, mut found: impl FnMut(Anomaly)) -> f64 {
    let finished = standing.live.finish(&model.machine);
    let position = u32::try_from(standing.live.events()).unwrap_or(u32::MAX).saturating_add(1);
    let at = standing.last.as_ref().map(|last| last.at);
    let row = Row::incomplete(trace, 0);
    let before = standing.live.score();
    for step in &finished.steps {
        let name = |label: u32| model.machine.automaton.labels.get(label as usize).map(ToString::to_string);
        let event = if let Finding::Count(_) = step.finding { step.label.and_then(name) } else { None };
        let why = model.machine.row(position, event, step);
        let crossed = before <= model.threshold && finished.score > model.threshold && step.contribution > 0.0;
        if why.kind.is_structural() || crossed {
            found(anomaly(&row, at, &why, finished.score));
        }
    }
    finished.score
}

fn anomaly(row: &Row, at: Option<i64>, why: &Explanation, score: f64) -> Anomaly {
    Anomaly {
        trace: row.trace,
        number: row.number,
        table: row.table,
        message: row.message,
        seq: i32::try_from(why.position).unwrap_or(i32::MAX),
        at,
        event: why.event.clone(),
        kind: why.kind.as_str().into(),
        expected: Some(why.expected.clone().unwrap_or_else(|| "the end of the trace".into())),
        expected_probability: Some(why.expected_probability),
        probability: Some(why.probability),
        score,
        explanation: why.sentence(),
    }
}

/// A row without event type, time or number: no trace can take it, so it changes none.
fn incomplete(row: &Row, held: &Held) -> Anomaly {
    Anomaly {
        trace: row.trace,
        number: row.number,
        table: row.table,
        message: row.message,
        seq: 0,
        at: None,
        event: None,
        kind: "incomplete".into(),
        expected: None,
        expected_probability: None,
        probability: None,
        score: held.standing.as_ref().map_or(0.0, |standing| standing.live.score()),
        explanation: "the row has no event type, no finite time or no number, so no trace can take it".into(),
    }
}
