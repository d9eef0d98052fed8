//! How a long computation asks whether to go on, how much memory it may take, and whether it may use threads.

use crate::error::{Error, Result};

/// A hook that may stop a computation, its memory bound, and its leave to start threads.
#[derive(Clone, Copy)]
pub struct Control<'a> {
    proceed: &'a dyn Fn() -> Result<()>,
    /// Bytes that a learner may hold beyond its input.
    pub memory_limit: usize,
    around_spawn: Option<&'a dyn Fn(bool)>,
    /// 0: as many as the machine has processors.
    workers: usize,
}

impl<'a> Control<'a> {
    /// Calls `proceed` now and then; its error stops the computation. All work is done in the calling thread.
    pub fn new(proceed: &'a dyn Fn() -> Result<()>, memory_limit: usize) -> Self {
        Control { proceed, memory_limit, around_spawn: None, workers: 1 }
    }

    /// Allows threads. `around_spawn` is called with true before threads are started and with false afterwards, always
    /// in pairs: a host whose signals only its own thread may handle blocks them in between. Where nothing else says how
    /// many, there are up to `workers` at a time.
    pub fn with_threads(self, around_spawn: &'a dyn Fn(bool), workers: usize) -> Self {
        Control { around_spawn: Some(around_spawn), workers, ..self }
    }

    /// How many threads may work at a time.
    pub fn workers(&self) -> usize {
        match self.workers {
            // Asked only when it matters: the answer is in files of the system.
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            workers => workers,
        }
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

    /// The hook around starting threads; `None` where none may be started.
    pub(super) fn around_spawn(&self) -> Option<&'a dyn Fn(bool)> {
        self.around_spawn
    }
}

impl Control<'static> {
    /// Never stops, has no bound and may start threads.
    pub fn unlimited() -> Self {
        Control { proceed: &|| Ok(()), memory_limit: usize::MAX, around_spawn: Some(&|_| ()), workers: 0 }
    }
}
