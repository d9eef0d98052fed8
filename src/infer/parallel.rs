//! Independent jobs on several threads; the calling thread waits and asks whether to go on.

use super::Control;
use crate::error::{Error, Result};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
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
    let workers = Some(workers.min(jobs)).filter(|&workers| workers > 1).unwrap_or(0);
    let mut results = Vec::with_capacity(jobs);
    in_order::<T, Error>(jobs, workers, control, work, &mut |result| {
        results.push(result);
        Ok(())
    })?;
    Ok(results)
}

/// Does `jobs` jobs on up to `workers` threads while the calling thread takes their results in order, as they come.
///
/// Threads wait where the caller is slow, so that few results exist at a time. Without threads the caller does all. The
/// memory bound is shared out among the threads. The first error in that order ends it.
pub fn in_order<T: Send, E: From<Error>>(
    jobs: usize,
    workers: usize,
    control: &Control<'_>,
    work: &(dyn Fn(usize, &Control<'_>) -> Result<T> + Sync),
    take: &mut dyn FnMut(T) -> std::result::Result<(), E>,
) -> std::result::Result<(), E> {
    let mut taken = 0;
    if let Some(around_spawn) = control.around_spawn().filter(|_| workers > 0 && jobs > 1) {
        let (stop, next) = (AtomicBool::new(false), AtomicUsize::new(0));
        let (sender, receiver) = sync_channel(workers);
        let limit = control.memory_limit / workers;
        thread::scope(|scope| {
            let (stop, next) = (&stop, &next);
            // Dropped before threads are waited for: what they send then fails.
            let receiver = receiver;
            let _stop = StopOnDrop(stop);
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
                let _ = thread::Builder::new().spawn_scoped(scope, worker);
            }
            around_spawn(false);
            drop(sender);
            let mut early = BTreeMap::new();
            loop {
                match receiver.recv_timeout(PATIENCE) {
                    Ok((job, result)) => {
                        early.insert(job, result);
                    }
                    Err(RecvTimeoutError::Timeout) => control.check()?,
                    Err(RecvTimeoutError::Disconnected) => return Ok(()),
                }
                while let Some(result) = early.remove(&taken) {
                    taken += 1;
                    take(result?)?;
                }
            }
        })
        .map_err(|error: E| error)?;
    }
    // Where no thread could be started, and where none may be.
    (taken..jobs).try_for_each(|job| {
        control.check()?;
        take(work(job, control)?)
    })
}

/// Does `work` on a thread of its own while the calling thread does `own`; one after the other where no more than one
/// thread may work.
pub fn beside<T: Send, R, E: From<Error>>(
    control: &Control<'_>,
    work: &(dyn Fn(&Control<'_>) -> Result<T> + Sync),
    own: &mut dyn FnMut() -> std::result::Result<R, E>,
) -> std::result::Result<(T, R), E> {
    let mut done = None;
    if let Some(around_spawn) = control.around_spawn().filter(|_| control.workers() > 1) {
        let stop = AtomicBool::new(false);
        let both: std::result::Result<_, E> = thread::scope(|scope| {
            let stop = &stop;
            let _stop = StopOnDrop(stop);
            let limit = control.memory_limit;
            around_spawn(true);
            let worker = thread::Builder::new().spawn_scoped(scope, move || {
                let proceed = || if stop.load(Ordering::Relaxed) { Err(Error::Cancelled) } else { Ok(()) };
                work(&Control::new(&proceed, limit))
            });
            around_spawn(false);
            let Ok(worker) = worker else { return Ok(None) };
            let own = own()?;
            while !worker.is_finished() {
                thread::sleep(PATIENCE / 10);
                control.check()?;
            }
            let theirs = worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
            Ok(Some((theirs, own)))
        });
        done = both?;
    }
    match done {
        Some(both) => Ok(both),
        None => Ok((work(control)?, own()?)),
    }
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
    fn results_are_taken_in_order_and_the_taker_can_end_it() {
        let control = Control::unlimited();
        for workers in [0, 1, 3] {
            let mut taken = Vec::new();
            let square = |i: usize, _: &Control<'_>| Ok(i * i);
            let mut push = |i| {
                taken.push(i);
                Ok::<(), Error>(())
            };
            in_order(500, workers, &control, &square, &mut push).unwrap();
            assert_eq!(taken, (0..500).map(|i| i * i).collect::<Vec<_>>());
            let mut left = 10;
            let mut some = |_: usize| {
                left -= 1;
                if left == 0 { Err(Error::Cancelled) } else { Ok(()) }
            };
            assert_eq!(in_order(500, workers, &control, &square, &mut some), Err(Error::Cancelled));
            let failing = |i: usize, _: &Control<'_>| if i == 7 { Err(Error::Overflow { what: "it" }) } else { Ok(i) };
            let mut taken = 0;
            let mut count = |_| {
                taken += 1;
                Ok(())
            };
            let outcome = in_order(500, workers, &control, &failing, &mut count);
            assert_eq!((outcome, taken), (Err(Error::Overflow { what: "it" }), 7));
        }
    }

    #[test]
    fn two_things_are_done_side_by_side() {
        let control = Control::unlimited();
        let both = beside::<_, _, Error>(&control, &|_| Ok(6), &mut || Ok(7)).unwrap();
        assert_eq!(both, (6, 7));
        // An error of the caller's ends the thread.
        let endless = |control: &Control<'_>| -> Result<()> {
            loop {
                control.check()?;
                thread::yield_now();
            }
        };
        assert_eq!(beside::<_, (), _>(&control, &endless, &mut || Err(Error::Cancelled)), Err(Error::Cancelled));
        let failing = |_: &Control<'_>| -> Result<()> { Err(Error::Overflow { what: "it" }) };
        assert_eq!(beside::<_, _, Error>(&control, &failing, &mut || Ok(1)), Err(Error::Overflow { what: "it" }));
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
        let control = Control::new(&proceed, 1000).with_threads(&around, 2);
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
