//! Paths of many traces through one machine: found once per variant.

use super::Machine;
use crate::error::Result;
use crate::trace::{TraceView, Variant};
use hashbrown::HashMap;
use std::rc::Rc;

/// Bytes of paths kept; beyond it they are forgotten and found anew.
const KEPT_BYTES: usize = 64 << 20;

/// A path as positions of transitions; `None` for a trace that the machine does not accept.
pub type Path = Option<Rc<[u32]>>;

/// Finds the most probable path of each trace, see [`Machine::path`], remembering those of variants seen before.
#[derive(Debug)]
pub struct Paths<'m> {
    machine: &'m Machine,
    known: HashMap<Box<[u8]>, Path>,
    bytes: usize,
}

impl<'m> Paths<'m> {
    /// Paths through a machine.
    pub fn new(machine: &'m Machine) -> Self {
        Paths { machine, known: HashMap::new(), bytes: 0 }
    }

    /// The path of a trace. O(bytes of the variant) for a known one. Errors: the variant's bytes are invalid.
    pub fn of(&mut self, trace: &TraceView<'_>) -> Result<Path> {
        if self.machine.has_guards() && !trace.parameters.is_empty() {
            // Traces of one variant go different ways by their parameters.
            return Ok(self.machine.path(&trace.to_trace()?).map(Into::into));
        }
        if let Some(path) = self.known.get(trace.variant) {
            return Ok(path.clone());
        }
        let variant = Variant::from_bytes(trace.variant)?;
        let path: Path = self.machine.path(&variant).map(Into::into);
        self.bytes += trace.variant.len() + 4 * variant.events.len() + 64;
        if self.bytes > KEPT_BYTES {
            self.known.clear();
            self.bytes = trace.variant.len() + 4 * variant.events.len() + 64;
        }
        self.known.insert(trace.variant.into(), path.clone());
        Ok(path)
    }
}
