//! What this backend holds in Rust's heap, counted as it is allocated, so that whatever asks whether to go on also finds
//! out whether it has grown beyond bounds.
//!
//! Trees and learners account for what they hold and stop at logfsm.memory_limit. This bounds what nobody accounted for:
//! results, copies, several values in one statement. Only blocks of a kilobyte and more are counted: they are what
//! things that grow are made of, and small ones stay as cheap as they were.

use super::MEMORY_LIMIT;
use crate::error::{Error, Result};
use pgrx::{PgLogLevel, PgSqlErrorCode, ereport, pg_sys};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicIsize, Ordering};

/// Smaller blocks are not counted.
const COUNTED: usize = 1024;
/// How many times logfsm.memory_limit a statement may hold in all: several values that each keep to the limit, and what
/// is made of them.
const TIMES: isize = 3;
/// What is held by what is not worth bounding.
const BESIDE: isize = 64 << 20;

static HELD: AtomicIsize = AtomicIsize::new(0);

thread_local! {
    /// Where the heap was beyond the bound when it was last looked at: the statement that was running then, by its start,
    /// and from where on its growth counts. (0, 0) where it was within.
    static BEYOND: Cell<(i64, isize)> = const { Cell::new((0, 0)) };
    /// What ends the session, in the thread that Postgres runs in, and nothing elsewhere: only that one may report. It is
    /// handed over when the library is loaded, so that the allocator itself needs nothing of Postgres: the programs of
    /// `cargo test` are linked without one.
    static REPORT: Cell<Option<fn(usize)>> = const { Cell::new(None) };
}

/// Called once, by the thread that Postgres runs in.
pub fn of_backend() {
    REPORT.set(Some(end_session));
}

fn end_session(size: usize) {
    ereport!(
        PgLogLevel::FATAL,
        PgSqlErrorCode::ERRCODE_OUT_OF_MEMORY,
        "out of memory",
        format!("The system refused {size} bytes to logfsm. A lower logfsm.memory_limit makes such statements fail before.")
    );
}

/// The system's allocator, counting.
struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn count(bytes: usize, sign: isize) {
    if bytes >= COUNTED {
        HELD.fetch_add(sign * bytes as isize, Ordering::Relaxed);
    }
}

/// What the system gave. Where it gave nothing, Rust would abort the process, and Postgres would restart the whole
/// cluster for it. An allocator may not unwind, so there is no error to raise here; but the session can end, and it alone.
/// A thread of ours cannot even do that and aborts.
fn given(block: *mut u8, size: usize) -> *mut u8 {
    // Taken, so that what reports does not come here again.
    if block.is_null()
        && let Some(report) = REPORT.take()
    {
        report(size);
    }
    block
}

// SAFETY: all is passed on to the system's allocator as it came, and what it gives is given on.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), 1);
        // SAFETY: as the caller promises.
        given(unsafe { System.alloc(layout) }, layout.size())
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), 1);
        // SAFETY: as the caller promises.
        given(unsafe { System.alloc_zeroed(layout) }, layout.size())
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        count(layout.size(), -1);
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(layout.size(), -1);
        count(size, 1);
        // SAFETY: as the caller promises.
        given(unsafe { System.realloc(block, layout, size) }, size)
    }
}

/// Fails where the statement at hand has made the heap grow far beyond logfsm.memory_limit. What earlier statements left,
/// such as models that a session keeps ready, is not held against it.
pub fn check() -> Result<()> {
    let held = HELD.load(Ordering::Relaxed);
    let limit = MEMORY_LIMIT.get() as isize * 1024;
    let bound = TIMES.saturating_mul(limit).saturating_add(BESIDE);
    if held <= bound {
        BEYOND.set((0, 0));
        return Ok(());
    }

    // SAFETY: reads a variable.
    let statement = unsafe { pg_sys::GetCurrentStatementStartTimestamp() };
    let (known, from) = BEYOND.get();
    let grew_before = known != 0 && known != statement;
    if grew_before || known == 0 {
        BEYOND.set((statement, held));
    }
    if grew_before || (known == statement && held - from <= bound) {
        return Ok(());
    }
    Err(Error::MemoryLimit { operation: "the statement", limit: limit as usize })
}
