//! Starting threads inside a backend: signals stay with the backend's own thread.

use pgrx::pg_sys;
use std::cell::Cell;
use std::mem::MaybeUninit;

thread_local! {
    /// The signals blocked before threads were started.
    static BEFORE: Cell<Option<libc::sigset_t>> = const { Cell::new(None) };
}

/// Called with true before threads are started and with false afterwards: in between every signal is blocked, and
/// threads inherit that. Postgres' handlers so run in the backend's thread only.
pub fn around_spawn(before: bool) {
    // SAFETY: both sets are initialised before they are read; pthread_sigmask changes this thread's mask only.
    unsafe {
        if before {
            let (mut all, mut previous) = (MaybeUninit::uninit(), MaybeUninit::uninit());
            libc::sigfillset(all.as_mut_ptr());
            if libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), previous.as_mut_ptr()) == 0 {
                BEFORE.set(Some(previous.assume_init()));
            }
        } else if let Some(previous) = BEFORE.take() {
            libc::pthread_sigmask(libc::SIG_SETMASK, &previous, std::ptr::null_mut());
        }
    }
}

/// How many threads may compute at a time: as many as a gather may have workers, and the backend's own; no more than
/// the machine has cores.
pub fn workers() -> usize {
    // SAFETY: reads a setting.
    let more = unsafe { pg_sys::max_parallel_workers_per_gather };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    usize::try_from(more).unwrap_or(0).saturating_add(1).min(cores)
}
