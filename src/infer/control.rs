//! How a long computation asks whether to go on, and how much memory it may take.

use crate::error::{Error, Result};

/// A hook that may stop a computation, and its memory bound.
#[derive(Clone, Copy)]
pub struct Control<'a> {
    proceed: &'a dyn Fn() -> Result<()>,
    /// Bytes that a learner may hold beyond its input.
    pub memory_limit: usize,
}

impl<'a> Control<'a> {
    /// Calls `proceed` now and then; its error stops the computation.
    pub fn new(proceed: &'a dyn Fn() -> Result<()>, memory_limit: usize) -> Self {
        Control { proceed, memory_limit }
    }

    /// Asks whether to go on. Learners call this at least every few thousand steps.
    pub fn check(&self) -> Result<()> {
        (self.proceed)()
    }

    /// Asks whether `bytes` held for `operation` are within the bound.
    pub fn check_memory(&self, operation: &'static str, bytes: usize) -> Result<()> {
        if bytes > self.memory_limit {
            return Err(Error::MemoryLimit { operation, limit: self.memory_limit });
        }
        Ok(())
    }
}

impl Control<'static> {
    /// Never stops and has no bound.
    pub fn unlimited() -> Self {
        Control { proceed: &|| Ok(()), memory_limit: usize::MAX }
    }
}
