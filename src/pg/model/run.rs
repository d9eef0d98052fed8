//! The rows of a synthetic run: traces, events, parameters and scores, generated, written and judged in one pass.

use super::Model;
use super::check::{self, Judge};
use super::events::{EventWriter, Followed, Open};
use super::leaf::Leaves;
use super::progress::Progress;
use super::scores::ScoreWriter;
use crate::pg::bulk::Scratch;
use crate::pg::error::Failure;
use crate::pg::generator_type::trace_row;
use crate::pg::heap_writer::BulkWriter;
use crate::pg::value::{Value, ValueType, value};
use crate::synth::ahead::{self, Judges, Made};
use crate::synth::checks::{Verdict, Verdicts};
use crate::synth::{Generator, Playout};
use crate::trace::TraceView;

/// A run's number in the high bits of its trace ids: ids never meet between runs.
pub const RUN_SHIFT: u32 = 40;

const PARENTS: [&str; 4] = ["traces", "events", "parameters", "scores"];
const TRACES: &[(&str, ValueType)] = &[
    ("run_id", ValueType::Int4),
    ("trace_id", ValueType::Int8),
    ("origin", ValueType::Text),
    ("synthetic_key", ValueType::Text),
    ("started_at", ValueType::Timestamptz),
    ("ended_at", ValueType::Timestamptz),
    ("n_events", ValueType::Int4),
    ("trace", ValueType::Trace),
    ("weight", ValueType::Float8),
    ("log_probability", ValueType::Float8),
    ("label", ValueType::Text),
    ("about", ValueType::Text),
    ("mutation", ValueType::Text),
    ("mutated_seq", ValueType::Int4),
    ("covers", ValueType::TextArray),
];

/// The run to be made.
pub struct Wanted<'a> {
    /// Its number.
    pub run_id: i32,
    /// How many traces it has at most: a suite of test cases may have fewer.
    pub traces: i64,
    /// As given to synthesize.
    pub seed: i64,
    /// As given to synthesize.
    pub options: &'a str,
}

/// A run that was written.
pub struct Written<'m> {
    /// Its leaves, not attached yet.
    pub leaves: Leaves<'m>,
    /// What came of each rule.
    pub verdicts: Vec<Verdict>,
    /// How many traces it has.
    pub traces: i64,
    /// How many events they have.
    pub events: i64,
}

/// Writes the leaves of a run, with their keys.
pub fn write<'m>(
    model: &'m Model,
    mut leaves: Leaves<'m>,
    wanted: &Wanted<'_>,
    progress: &Progress,
) -> Result<Written<'m>, Failure> {
    progress.stage("generating traces");
    let playout = check::playout(model)?;
    let control = crate::pg::control();
    let generator = Generator::new(&playout, wanted.seed, wanted.options, &control)?;
    let rules = check::rules(model, &playout, wanted.options)?;
    let mut judge = Judge::new(&rules, &playout, false);
    let open: Open = if leaves.shared() { BulkWriter::open_indexed } else { BulkWriter::open };
    if leaves.shared() {
        leaves.share(&PARENTS)?;
    } else {
        for parent in PARENTS {
            leaves.create(parent)?;
        }
    }
    let traces = open(&leaves.name("traces"), TRACES)?;
    let scores = ScoreWriter::open(model, &leaves.name("scores"), wanted.run_id, open)?;
    let events = if model.info.events == "table" {
        let writer = EventWriter::open(model, &playout.machine, &leaves, wanted.run_id, open)?;
        Events::Stored(Box::new(writer))
    } else {
        Events::Made(Followed::new(&playout.machine, true))
    };
    let mut rows = Rows { wanted, traces, scores, events, written: 0 };
    let last = generator.suite().map_or(wanted.traces, |suite| wanted.traces.min(suite.cases.len() as i64));
    // Where parameters decide which way a trace goes, what is judged is the way that was written.
    let own_way = !playout.machine.has_guards() && !leaves.anomalous();
    let checker = own_way.then(|| judge.without_parameters()).flatten();
    let judges = checker.map(|checker| Judges::new(checker, i64::from(wanted.run_id) << RUN_SHIFT));
    let mut scratch = Scratch::new();
    ahead::each(&generator, 1..=last as u64, judges.as_ref(), ahead::workers(&control), &control, &mut |made| {
        scratch.round(|| rows.add(made, &playout, &mut judge))
    })?;
    let (traces, events) = rows.finish();
    progress.stage("adding keys");
    if leaves.shared() {
        leaves.analyze(&PARENTS)?;
    } else {
        for parent in PARENTS {
            leaves.finish(parent)?;
        }
    }
    let verdicts = judge.finish_with(judges.map_or_else(Verdicts::default, Judges::finish));
    Ok(Written { leaves, verdicts, traces, events })
}

/// Where a run's events go.
enum Events<'m> {
    /// Into the tables.
    Stored(Box<EventWriter<'m>>),
    /// Nowhere: they can be made from the traces.
    Made(Followed<'m>),
}

/// The tables being filled.
struct Rows<'r, 'm> {
    wanted: &'r Wanted<'r>,
    traces: BulkWriter,
    scores: ScoreWriter,
    events: Events<'m>,
    /// Events of the traces so far.
    written: i64,
}

impl<'m> Rows<'_, 'm> {
    fn add(&mut self, made: &Made, playout: &Playout, judge: &mut Judge<'_>) -> Result<(), Failure> {
        let Made { number, synthetic, bytes, score } = made;
        let number = *number as i64;
        let id = (i64::from(self.wanted.run_id) << RUN_SHIFT) + number;
        let n_events = synthetic.trace.variant.events.len() as i32;
        self.written += i64::from(n_events);
        let times = &synthetic.trace.times;
        let mut row = vec![
            value(self.wanted.run_id),
            value(id),
            Some(Value::text("synthetic")),
            Some(Value::text(&format!("s{}-{number}", self.wanted.seed))),
            times.first().copied().map(Value::time),
            times.last().copied().map(Value::time),
            value(n_events),
        ];
        row.extend(trace_row(number, synthetic, bytes, playout).into_iter().skip(1));
        self.traces.row(&row)?;
        let view = TraceView::from_bytes(bytes)?;
        let of_row = (id, n_events, synthetic.weight);
        match &mut self.events {
            Events::Stored(writer) => writer.judged_trace(of_row, &view, &synthetic.slots, judge)?,
            Events::Made(followed) => judge.trace_of(of_row, &view, followed)?,
        }
        self.scores.score(id, *score)
    }

    /// Writes what is left. Gives the number of traces and of their events.
    fn finish(self) -> (i64, i64) {
        let traces = self.traces.finish() as i64;
        self.scores.finish();
        if let Events::Stored(writer) = self.events {
            writer.finish();
        }
        (traces, self.written)
    }
}
