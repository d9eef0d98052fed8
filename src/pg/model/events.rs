//! Rows of events and parameters, written in bulk along the paths of their traces.

use super::check::Judge;
use super::leaf::Leaves;
use super::{Model, data};
use crate::conform::{Machine, Paths};
use crate::pg::bulk;
use crate::pg::error::Failure;
use crate::pg::heap_writer::{BulkWriter, TextRoom};
use crate::pg::replay_functions::followed;
use crate::pg::sql;
use crate::pg::value::{Value, ValueType, value};
use crate::synth::checks::EventRow;
use crate::trace::{Slot, TraceSlots, TraceView, slots};
use hashbrown::HashMap;

/// Fills an events and a parameters leaf from the traces in a traces leaf: events along their paths, those of traces
/// that are anomalous on purpose as far as the machine follows. Gives the number of events.
pub fn write_events(model: &Model, leaves: &Leaves<'_>, run_id: i32) -> Result<u64, Failure> {
    let machine = data::machine(model)?;
    let mut writer = EventWriter::open(model, &machine, leaves, run_id, BulkWriter::open)?;
    bulk::each_row(&format!("SELECT trace_id, trace FROM {}", leaves.name("traces")), &mut |row| {
        let (Some(trace_id), Some(trace)) = (row.int8(0)?, row.trace(1)?) else { return Ok(()) };
        writer.trace(trace_id, &TraceView::from_bytes(trace)?)
    })?;
    Ok(writer.finish())
}

/// How a table is opened for writing: as a new one, or with its indexes.
pub type Open = fn(&str, &[(&str, ValueType)]) -> Result<BulkWriter, Failure>;

/// The columns of events.
const EVENTS: [(&str, ValueType); 8] = [
    ("run_id", ValueType::Int4),
    ("trace_id", ValueType::Int8),
    ("seq", ValueType::Int4),
    ("at", ValueType::Timestamptz),
    ("template_id", ValueType::Int4),
    ("transition_id", ValueType::Int4),
    ("src", ValueType::Int4),
    ("dst", ValueType::Int4),
];

/// The columns of parameters.
const PARAMETERS: [(&str, ValueType); 6] = [
    ("run_id", ValueType::Int4),
    ("trace_id", ValueType::Int8),
    ("seq", ValueType::Int4),
    ("slot", ValueType::Text),
    ("value", ValueType::Text),
    ("kind", ValueType::Text),
];

/// The rows of events that traces have: those of their paths.
pub struct Followed<'m> {
    machine: &'m Machine,
    paths: Paths<'m>,
    anomalous: bool,
    rows: Vec<EventRow>,
}

impl<'m> Followed<'m> {
    /// Along a machine; traces that are anomalous on purpose as far as it follows.
    pub fn new(machine: &'m Machine, anomalous: bool) -> Self {
        Followed { machine, paths: Paths::new(machine), anomalous, rows: Vec::new() }
    }

    /// A trace's rows; none where the machine has no path for it.
    pub fn rows(&mut self, view: &TraceView<'_>) -> Result<&[EventRow], Failure> {
        self.rows.clear();
        let (path, outside) = match self.paths.of(view)? {
            Some(path) => (path, Vec::new()),
            None if self.anomalous => {
                let (path, outside) = followed(self.machine, &view.to_trace()?)?;
                (path.into(), outside)
            }
            None => return Ok(&self.rows),
        };
        let transitions = &self.machine.automaton.transitions;
        for (i, &position) in path.iter().enumerate() {
            let Some(transition) = transitions.get(position as usize) else { continue };
            let passes = outside.get(i).copied().flatten();
            self.rows.push(EventRow {
                seq: i as i32 + 1,
                at: view.times.get(i).copied(),
                template: transition.label as i32,
                transition: passes.is_none().then_some(position as i32),
                src: Some(passes.unwrap_or(transition.source) as i32),
                dst: Some(passes.unwrap_or(transition.target) as i32),
            });
        }
        Ok(&self.rows)
    }
}

/// The parameters of a row's event.
pub fn parameters_of<'t>(view: &TraceView<'t>, row: &EventRow) -> Vec<Slot<'t>> {
    let json = view.parameters.get(row.seq as usize - 1).copied().flatten();
    json.map_or_else(Vec::new, slots)
}

/// Writes the events and parameters of traces.
pub struct EventWriter<'m> {
    machine: &'m Machine,
    followed: Followed<'m>,
    kinds: SlotKinds,
    events: BulkWriter,
    parameters: BulkWriter,
    /// For a parameter's name, value and kind.
    rooms: [TextRoom; 3],
    run_id: Option<Value>,
}

impl<'m> EventWriter<'m> {
    /// Opens the leaves of a run.
    pub fn open(
        model: &Model,
        machine: &'m Machine,
        leaves: &Leaves<'_>,
        run_id: i32,
        open: Open,
    ) -> Result<Self, Failure> {
        let events = open(&leaves.name("events"), &EVENTS)?;
        let parameters = open(&leaves.name("parameters"), &PARAMETERS)?;
        let (followed, kinds) = (Followed::new(machine, leaves.anomalous()), SlotKinds::read(model)?);
        Ok(EventWriter {
            machine,
            followed,
            kinds,
            events,
            parameters,
            rooms: Default::default(),
            run_id: value(run_id),
        })
    }

    /// Writes a trace's events.
    pub fn trace(&mut self, trace_id: i64, view: &TraceView<'_>) -> Result<(), Failure> {
        self.trace_after(trace_id, view, 0)
    }

    /// Writes a trace's events but for the first so many, whose rows are there.
    pub fn trace_after(&mut self, trace_id: i64, view: &TraceView<'_>, stay: usize) -> Result<(), Failure> {
        self.write(trace_id, view, stay, |row| parameters_of(view, row).into_iter())?;
        Ok(())
    }

    /// Writes a trace's events, which are judged as they are written; its id, number of events and weight are those of
    /// its row.
    pub fn judged_trace(
        &mut self,
        of_row: (i64, i32, f64),
        view: &TraceView<'_>,
        slots: &TraceSlots,
        judge: &mut Judge<'_>,
    ) -> Result<(), Failure> {
        let rows = self.write(of_row.0, view, 0, |row| slots.event(row.seq as usize - 1))?;
        judge.trace(of_row, rows, |row| slots.event(row.seq as usize - 1).collect());
        Ok(())
    }

    /// Writes the rows of a trace's events, with the parameters that `of` gives for each, and returns them.
    fn write<'t, S: Iterator<Item = Slot<'t>>>(
        &mut self,
        trace_id: i64,
        view: &TraceView<'_>,
        stay: usize,
        of: impl Fn(&EventRow) -> S,
    ) -> Result<&[EventRow], Failure> {
        let labels = &self.machine.automaton.labels;
        let rows = self.followed.rows(view)?;
        let rows = rows.get(stay..).unwrap_or_default();
        let trace_id = value(trace_id);
        for row in rows {
            let seq = value(row.seq);
            self.events.row(&[
                self.run_id,
                trace_id,
                seq,
                row.at.map(Value::time),
                value(row.template),
                row.transition.map(Value::from),
                row.src.map(Value::from),
                row.dst.map(Value::from),
            ])?;
            if view.parameters.is_empty() {
                continue;
            }
            let kinds = self.kinds.of(&labels[row.template as usize].event);
            let [name_room, value_room, kind_room] = &mut self.rooms;
            for slot in of(row) {
                let kind = kinds.map_or(slot.json_type, |kinds| kinds.of(&slot));
                let value = slot.value.as_deref().map(|value| value_room.text(value));
                let (name, kind) = (name_room.text(&slot.name), kind_room.text(kind));
                self.parameters.row(&[self.run_id, trace_id, seq, Some(name), value, Some(kind)])?;
            }
        }
        Ok(rows)
    }

    /// Writes what is left. Gives the number of events.
    pub fn finish(self) -> u64 {
        self.parameters.finish();
        self.events.finish()
    }
}

/// The detected kinds of templates' slots, by template.
struct SlotKinds(HashMap<String, TemplateKinds>);

/// The kinds of one template's slots.
struct TemplateKinds(Vec<Option<String>>);

impl SlotKinds {
    fn read(model: &Model) -> Result<Self, Failure> {
        let query =
            format!("SELECT k.template, k.kinds FROM {} k WHERE k.kinds IS NOT NULL", super::lines::kinds_query(model));
        let mut kinds = HashMap::new();
        sql::each_row(&query, &[], |row| {
            if let Some(template) = row.get::<String>(1)? {
                kinds.insert(template, TemplateKinds(row.get::<Vec<Option<String>>>(2)?.unwrap_or_default()));
            }
            Ok(())
        })?;
        Ok(SlotKinds(kinds))
    }

    fn of(&self, event: &str) -> Option<&TemplateKinds> {
        self.0.get(event)
    }
}

impl TemplateKinds {
    /// A slot's kind; what comes after a template's slots says how its line was laid out.
    fn of<'a>(&'a self, slot: &Slot<'_>) -> &'a str {
        let place = slot.name.parse::<usize>().ok().filter(|_| slot.name.len() <= 4);
        let Some(place) = place else { return slot.json_type };
        place.checked_sub(1).and_then(|i| self.0.get(i)).and_then(Option::as_deref).unwrap_or("layout")
    }
}
