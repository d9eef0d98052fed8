//! Starting threads inside a backend: signals stay with the backend's own thread.

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
