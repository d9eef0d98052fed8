//! Rows of events and parameters, written in bulk along the paths of their traces.

use super::leaf::Leaves;
use super::{Model, data};
use crate::automaton::Automaton;
use crate::conform::{Machine, Paths};
use crate::pg::bulk::{self, BulkWriter};
use crate::pg::call::{datum, text, varlena_payload};
use crate::pg::error::Failure;
use crate::pg::replay_functions::followed;
use crate::pg::sql;
use crate::pg::trace_type::timestamp;
use crate::trace::{Slot, TraceView, slots};
use hashbrown::HashMap;
use pgrx::pg_sys::Datum;

/// Fills an events and a parameters leaf from the traces in a traces leaf: events along their paths, those of traces
/// that are anomalous on purpose as far as the machine follows. Gives the number of events.
pub fn write_events(model: &Model, leaves: &Leaves<'_>, run_id: i32) -> Result<u64, Failure> {
    let machine = data::machine(model)?;
    let mut writer = EventWriter::open(model, &machine, leaves, run_id, BulkWriter::open)?;
    bulk::each_row(&format!("SELECT trace_id, trace FROM {}", leaves.name("traces")), &mut |row| {
        let (trace_id, Some(trace)) = (row.datum(0), row.datum(1)) else { return Ok(()) };
        // SAFETY: the column is a trace.
        writer.trace(trace_id, &TraceView::from_bytes(unsafe { varlena_payload(trace) })?)
    })?;
    Ok(writer.finish())
}

/// How a table is opened for writing: as a new one, or with its indexes.
pub type Open = fn(&str, &[&str]) -> Result<BulkWriter, Failure>;

/// Writes the events and parameters of traces.
pub struct EventWriter<'m> {
    machine: &'m Machine,
    paths: Paths<'m>,
    kinds: SlotKinds,
    events: BulkWriter,
    parameters: BulkWriter,
    run_id: Option<Datum>,
    anomalous: bool,
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
        let columns = ["run_id", "trace_id", "seq", "at", "template_id", "transition_id", "src", "dst"];
        let events = open(&leaves.name("events"), &columns)?;
        let columns = ["run_id", "trace_id", "seq", "slot", "value", "kind"];
        let parameters = open(&leaves.name("parameters"), &columns)?;
        let (paths, kinds) = (Paths::new(machine), SlotKinds::read(model)?);
        let anomalous = leaves.anomalous();
        Ok(EventWriter { machine, paths, kinds, events, parameters, run_id: datum(run_id), anomalous })
    }

    /// Writes a trace's events.
    pub fn trace(&mut self, trace_id: Option<Datum>, view: &TraceView<'_>) -> Result<(), Failure> {
        let (path, outside) = match self.paths.of(view)? {
            Some(path) => (path, Vec::new()),
            None if self.anomalous => {
                let (path, outside) = followed(self.machine, &view.to_trace()?)?;
                (path.into(), outside)
            }
            None => return Ok(()),
        };
        let Automaton { transitions, labels, .. } = &self.machine.automaton;
        for (i, &position) in path.iter().enumerate() {
            let Some(transition) = transitions.get(position as usize) else { continue };
            let passes = outside.get(i).copied().flatten();
            let seq = datum(i as i32 + 1);
            self.events.row(&[
                self.run_id,
                trace_id,
                seq,
                view.times.get(i).copied().map(timestamp),
                datum(transition.label as i32),
                if passes.is_none() { datum(position as i32) } else { None },
                datum(passes.unwrap_or(transition.source) as i32),
                datum(passes.unwrap_or(transition.target) as i32),
            ]);
            let Some(json) = view.parameters.get(i).copied().flatten() else { continue };
            let kinds = self.kinds.of(&labels[transition.label as usize].event);
            for slot in slots(json) {
                let kind = kinds.map_or(slot.json_type, |kinds| kinds.of(&slot));
                let value = slot.value.as_deref().map(text);
                self.parameters.row(&[self.run_id, trace_id, seq, Some(text(&slot.name)), value, Some(text(kind))]);
            }
        }
        Ok(())
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
