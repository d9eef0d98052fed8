//! Independent jobs on several threads; the calling thread waits and asks whether to go on.

use super::Control;
use crate::error::{Error, Result};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

/// How long the calling thread waits between two questions whether to go on.
const PATIENCE: Duration = Duration::from_millis(10);

/// Tells the workers to stop, also when the calling thread unwinds.
struct StopOnDrop<'a>(&'a AtomicBool);

impl Drop for StopOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Does `jobs` jobs, up to `workers` at a time, and gives their results in order, whoever did them. The memory bound
/// is shared out among the workers. The first error in that order is returned.
pub fn run<T: Send>(
    jobs: usize,
    workers: usize,
    control: &Control<'_>,
    work: &(dyn Fn(usize, &Control<'_>) -> Result<T> + Sync),
) -> Result<Vec<T>> {
    let workers = workers.min(jobs);
    let mut results: Vec<Option<Result<T>>> = (0..jobs).map(|_| None).collect();
    if let Some(around_spawn) = control.around_spawn().filter(|_| workers > 1) {
        let (stop, next) = (AtomicBool::new(false), AtomicUsize::new(0));
        let limit = control.memory_limit / workers;
        let (sender, receiver) = channel();
        thread::scope(|scope| {
            let _stop = StopOnDrop(&stop);
            let (stop, next) = (&stop, &next);
            around_spawn(true);
            for _ in 0..workers {
                let sender = sender.clone();
                let worker = move || {
                    let proceed = || if stop.load(Ordering::Relaxed) { Err(Error::Cancelled) } else { Ok(()) };
                    let control = Control::new(&proceed, limit);
                    while !stop.load(Ordering::Relaxed) {
                        let job = next.fetch_add(1, Ordering::Relaxed);
                        if job >= jobs || sender.send((job, work(job, &control))).is_err() {
                            return;
                        }
                    }
                };
                // A thread that cannot be started is one worker fewer: what is left is done below.
                let _ = thread::Builder::new().spawn_scoped(scope, worker);
            }
            around_spawn(false);
            drop(sender);
            loop {
                match receiver.recv_timeout(PATIENCE) {
                    Ok((job, result)) => results[job] = Some(result),
                    Err(RecvTimeoutError::Timeout) => control.check()?,
                    Err(RecvTimeoutError::Disconnected) => return Ok(()),
                }
            }
        })?;
    }
    let results = results.into_iter().enumerate();
    results.map(|(job, result)| result.unwrap_or_else(|| work(job, control))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_order_and_errors_too() {
        let control = Control::unlimited();
        let squares = run(100, 4, &control, &|i, _| Ok(i * i)).unwrap();
        assert_eq!(squares, (0..100).map(|i| i * i).collect::<Vec<_>>());
        let failing =
            |i: usize, _: &Control<'_>| if i % 40 == 39 { Err(Error::Overflow { what: "it" }) } else { Ok(i) };
        assert_eq!(run(100, 4, &control, &failing), Err(Error::Overflow { what: "it" }));
        assert_eq!(run(0, 4, &control, &failing), Ok(Vec::new()));
    }

    #[test]
    fn the_caller_can_stop_the_workers() {
        let asked = std::cell::Cell::new(0);
        let proceed = || {
            asked.set(asked.get() + 1);
            if asked.get() > 2 { Err(Error::Cancelled) } else { Ok(()) }
        };
        let depth = std::cell::Cell::new(0);
        let around = |before: bool| depth.set(depth.get() + if before { 1 } else { -1 });
        let control = Control::new(&proceed, 1000).with_threads(&around);
        // Jobs that end only when told to.
        let endless = |_: usize, control: &Control<'_>| -> Result<()> {
            assert_eq!(control.memory_limit, 500);
            loop {
                control.check()?;
                thread::sleep(Duration::from_millis(1));
            }
        };
        assert_eq!(run(2, 2, &control, &endless), Err(Error::Cancelled));
        assert_eq!(depth.get(), 0);
    }
}
