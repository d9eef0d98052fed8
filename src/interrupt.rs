//! Whether to go on, asked where no [`Control`](crate::infer::Control) is at hand: deep in matching and reading.
//!
//! A host that can be asked sets a hook for its own thread. It does not return where the work is to stop: it unwinds.

use std::cell::Cell;

thread_local! {
    static HOOK: Cell<Option<fn()>> = const { Cell::new(None) };
}

/// Calls `hook` from now on whenever work on this thread asks whether to go on.
pub fn set(hook: fn()) {
    HOOK.set(Some(hook));
}

/// Asks whether to go on; returns if so.
pub fn check() {
    if let Some(hook) = HOOK.get() {
        hook();
    }
}
