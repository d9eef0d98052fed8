//! How a long computation asks whether to go on, how much memory it may take, and whether it may use threads.

use crate::error::{Error, Result};
use std::cell::Cell;

/// Work done, in steps of about ten nanoseconds, and how much may be done. Steps are counted, not timed: what a bound
/// on them decides is the same on every machine and in every run.
#[derive(Debug)]
pub struct Work<'a> {
    done: Cell<u64>,
    most: u64,
    /// What this is a part of, and counts for as well.
    within: Option<&'a Work<'a>>,
}

impl Work<'_> {
    /// Steps done so far.
    pub fn done(&self) -> u64 {
        self.done.get()
    }

    /// Counts steps; the bound that they break, if any.
    fn count(&self, steps: u64) -> Option<u64> {
        self.done.set(self.done.get().saturating_add(steps));
        let broken = (self.done.get() > self.most).then_some(self.most);
        broken.or(self.within.and_then(|outer| outer.count(steps)))
    }
}

/// A hook that may stop a computation, its memory bound, the work it may do, and its leave to start threads.
#[derive(Clone, Copy)]
pub struct Control<'a> {
    proceed: &'a dyn Fn() -> Result<()>,
    work: Option<&'a Work<'a>>,
    /// Bytes that a learner may hold beyond its input.
    pub memory_limit: usize,
    around_spawn: Option<&'a dyn Fn(bool)>,
    /// 0: as many as the machine has processors.
    workers: usize,
}

impl<'a> Control<'a> {
    /// Calls `proceed` now and then; its error stops the computation. All work is done in the calling thread.
    pub fn new(proceed: &'a dyn Fn() -> Result<()>, memory_limit: usize) -> Self {
        Control { proceed, work: None, memory_limit, around_spawn: None, workers: 1 }
    }

    /// Allows threads. `around_spawn` is called with true before threads are started and with false afterwards, always
    /// in pairs: a host whose signals only its own thread may handle blocks them in between. Where nothing else says how
    /// many, there are up to `workers` at a time.
    pub fn with_threads(self, around_spawn: &'a dyn Fn(bool), workers: usize) -> Self {
        Control { around_spawn: Some(around_spawn), workers, ..self }
    }

    /// Work of which at most so many steps may be done, a part of this computation's.
    pub fn at_most(&self, most: u64) -> Work<'a> {
        Work { done: Cell::new(0), most, within: self.work }
    }

    /// The same computation, counted and bounded by `work`. Threads that it starts are not counted.
    pub fn with_work<'b>(&self, work: &'b Work<'b>) -> Control<'b>
    where
        'a: 'b,
    {
        Control { work: Some(work), ..*self }
    }

    /// Steps that may still be done.
    pub fn work_left(&self) -> u64 {
        self.work.map_or(u64::MAX, |work| work.most.saturating_sub(work.done()))
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

    /// Counts steps of work and asks whether to go on.
    pub fn spend(&self, steps: usize) -> Result<()> {
        if let Some(steps) = self.work.and_then(|work| work.count(steps as u64)) {
            return Err(Error::WorkLimit { steps });
        }
        self.check()
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
        Control { proceed: &|| Ok(()), work: None, memory_limit: usize::MAX, around_spawn: Some(&|_| ()), workers: 0 }
    }
}
