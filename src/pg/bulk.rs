//! Rows of a query, as the executor makes them, given to a closure one after the other.

use super::error::Failure;
use super::sql;
use super::value::{Row, RowType};
use pgrx::pg_sys;
use pgrx::{PgSqlErrorCode, Spi};
use std::ffi::CString;

/// Rows after which what a closure allocated is freed, and interrupts are looked at.
const ROWS_PER_RESET: u64 = 256;

#[repr(C)]
struct Receiver<'a> {
    base: pg_sys::DestReceiver,
    each: &'a mut dyn FnMut(Row<'_>) -> Result<(), Failure>,
    /// The types of the result's columns, as its descriptor says at startup.
    columns: RowType,
    scratch: Scratch,
}

unsafe extern "C-unwind" fn receive(slot: *mut pg_sys::TupleTableSlot, receiver: *mut pg_sys::DestReceiver) -> bool {
    // SAFETY: called by the executor with the receiver that `each_row` made.
    unsafe {
        pg_sys::panic::pgrx_extern_c_guard(move || {
            let receiver = &mut *receiver.cast::<Receiver<'_>>();
            pg_sys::slot_getallattrs(slot);
            if (*(*slot).tts_tupleDescriptor).natts as usize != receiver.columns.len() {
                let message = "a query gave rows of another width than it said";
                Failure::new(PgSqlErrorCode::ERRCODE_DATATYPE_MISMATCH, message).raise();
            }
            let row = receiver.columns.row((*slot).tts_values, (*slot).tts_isnull);
            let each = &mut receiver.each;
            if let Err(failure) = receiver.scratch.round(|| each(row)) {
                failure.raise();
            }
            true
        })
    }
}

unsafe extern "C-unwind" fn start(receiver: *mut pg_sys::DestReceiver, _: i32, description: pg_sys::TupleDesc) {
    // SAFETY: as above; the executor gives the descriptor of the rows to come.
    unsafe {
        pg_sys::panic::pgrx_extern_c_guard(move || {
            (*receiver.cast::<Receiver<'_>>()).columns = RowType::of(description);
        })
    }
}
unsafe extern "C-unwind" fn end(_: *mut pg_sys::DestReceiver) {}

/// Calls `each` with every row of a query as the executor makes it: nothing is stored in between, and the plan may be
/// parallel. What `each` allocates in the current memory context is freed after some rows. Gives the number of rows.
pub fn each_row(query: &str, each: &mut dyn FnMut(Row<'_>) -> Result<(), Failure>) -> Result<u64, Failure> {
    sql::require_switch()?;
    let query = CString::new(query).map_err(|_| {
        Failure::new(PgSqlErrorCode::ERRCODE_INVALID_PARAMETER_VALUE, "a name holds a NUL byte")
            .hint("Rename it in the source.")
    })?;
    let _snapshot = sql::Snapshot::of_statement();
    // SAFETY: the receiver outlives the query, whose executor is the only one to use it.
    let code = Spi::connect_mut(|_| unsafe {
        let mut receiver = Receiver {
            base: pg_sys::DestReceiver {
                receiveSlot: Some(receive),
                rStartup: Some(start),
                rShutdown: Some(end),
                rDestroy: Some(end),
                mydest: pg_sys::CommandDest::DestNone,
            },
            each,
            columns: RowType::none(),
            scratch: Scratch::new(),
        };
        let options = pg_sys::SPIExecuteOptions {
            dest: (&raw mut receiver).cast(),
            read_only: sql::has_written_nothing(),
            ..pg_sys::SPIExecuteOptions::default()
        };
        let code = pg_sys::SPI_execute_extended(query.as_ptr(), &options);
        let rows = receiver.scratch.rounds;
        if code < 0 { Err(code) } else { Ok(rows) }
    });
    code.map_err(|code| Failure::new(PgSqlErrorCode::ERRCODE_INTERNAL_ERROR, format!("SPI failed with code {code}")))
}

/// A memory context for what a loop allocates, emptied every few rounds.
pub struct Scratch {
    context: pg_sys::MemoryContext,
    rounds: u64,
}

impl Scratch {
    /// A context below the current one.
    pub fn new() -> Self {
        // SAFETY: deleted on drop, or with its parent.
        let context = unsafe {
            let parent = pg_sys::CurrentMemoryContext;
            pg_sys::AllocSetContextCreateInternal(parent, c"logfsm rows".as_ptr(), 0, 8192, 1 << 23)
        };
        Scratch { context, rounds: 0 }
    }

    /// One round: what `work` allocates lives until a later round. Looks at interrupts now and then.
    pub fn round<T>(&mut self, work: impl FnOnce() -> T) -> T {
        // SAFETY: switches back; an error leaves the switching to whoever catches it.
        unsafe {
            if self.rounds.is_multiple_of(ROWS_PER_RESET) {
                pgrx::check_for_interrupts!();
                pg_sys::MemoryContextReset(self.context);
            }
            self.rounds += 1;
            let previous = pg_sys::MemoryContextSwitchTo(self.context);
            let done = work();
            pg_sys::MemoryContextSwitchTo(previous);
            done
        }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            // SAFETY: made by `new`; after an error its parent's end frees it.
            unsafe { pg_sys::MemoryContextDelete(self.context) };
        }
    }
}
