//! How a row came to a row trigger: by an INSERT, or because an UPDATE moved it from one partition to another.
//!
//! Postgres fires the INSERT row triggers of the target partition for moved rows, too, and says nothing of the statement to
//! a trigger. But a trigger runs in a memory context right below that of the executor's state, which is the first thing
//! allocated there and points back to it; the state has the plan. What is found is checked by that pointer: where an
//! executor is built otherwise, nothing is found.

use super::fired::Fired;
use pgrx::pg_sys::{self, CmdType, List, ModifyTable, Oid, OnConflictAction, PlannedStmt};
use pgrx::{PgList, is_a};
use std::cell::Cell;
use std::ffi::CStr;

/// How a row came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival {
    /// By INSERT, MERGE or COPY.
    Inserted,
    /// By an INSERT that has an ON CONFLICT clause: a BEFORE trigger sees rows that will not be inserted, too.
    Offered,
    /// From another partition, by an UPDATE.
    Moved,
    /// By a statement that both inserts rows and moves some.
    Unclear,
}

/// The execution of a statement, told from others of its transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Statement {
    state: usize,
    command: pg_sys::CommandId,
    transaction: pg_sys::TimestampTz,
    is_planned: bool,
}

impl Statement {
    /// True for what has no plan: COPY.
    pub fn is_copy(self) -> bool {
        !self.is_planned
    }
}

/// A statement that is being executed.
pub struct Running(*mut pg_sys::EState);

/// Bytes at the start of a memory context among which the executor's state begins: the context's own header and that of
/// its first block take fewer, and the first block is larger.
const SEARCHED: usize = 1024;

thread_local! {
    /// Where in its memory context an executor's state was found last.
    static FOUND_AT: Cell<Option<usize>> = const { Cell::new(None) };
}

impl Running {
    /// The statement whose executor fired the trigger at hand; `None` where it was none, as after COPY.
    pub fn find() -> Option<Self> {
        // SAFETY: contexts are live. The first block of an allocation set follows its header and has 8 kB, so all that is
        // looked at is memory of the context; what is taken for a state says so and points back.
        unsafe {
            let context = (*pg_sys::CurrentMemoryContext).parent;
            if context.is_null()
                || !has_tag(context.cast(), pg_sys::NodeTag::T_AllocSetContext)
                || CStr::from_ptr((*context).name) != c"ExecutorState"
            {
                return None;
            }
            let found = |start: usize| {
                let state = context.cast::<u8>().add(start).cast::<pg_sys::EState>();
                let points_back = || (&raw const (*state).es_query_cxt).read() == context;
                (has_tag(state.cast(), pg_sys::NodeTag::T_EState) && points_back()).then_some(Running(state))
            };
            // It is where it was last, unless the server was built to guard its memory otherwise.
            FOUND_AT.get().and_then(found).or_else(|| {
                let mut starts =
                    (size_of::<pg_sys::MemoryContextData>()..SEARCHED).step_by(align_of::<pg_sys::EState>());
                let start = starts.find(|&start| found(start).is_some())?;
                FOUND_AT.set(Some(start));
                found(start)
            })
        }
    }

    /// Which execution it is.
    pub fn statement(&self) -> Statement {
        // SAFETY: found to be the executor's state.
        unsafe {
            Statement {
                state: self.0 as usize,
                command: (*self.0).es_output_cid,
                transaction: pg_sys::GetCurrentTransactionStartTimestamp(),
                is_planned: !(*self.0).es_plannedstmt.is_null(),
            }
        }
    }

    /// How the rows of a trigger's relation come.
    pub fn arrival(&self, fired: &Fired) -> Arrival {
        // SAFETY: found to be the executor's state; plans live as long as they are executed.
        unsafe {
            let Some(planned) = (*self.0).es_plannedstmt.as_ref() else {
                // COPY and the apply process of a subscription have no plan.
                return Arrival::Inserted;
            };
            let changes = changes(planned);
            let reaching = || changes.iter().filter(|change| change.reaches(planned, fired));
            let offers = reaching().any(|change| change.offers());
            if !fired.is_partition() {
                return if offers { Arrival::Offered } else { Arrival::Inserted };
            }
            // Rows that a foreign key's action moves have a statement that does not insert into the table.
            match (reaching().any(|change| change.inserts()), reaching().any(|change| change.updates())) {
                (false, _) => Arrival::Moved,
                (true, true) => Arrival::Unclear,
                (true, false) if offers => Arrival::Offered,
                (true, false) => Arrival::Inserted,
            }
        }
    }
}

/// Whether memory starts with a node's tag; it may hold anything else.
///
/// # Safety
/// There must be memory.
unsafe fn has_tag(memory: *const u32, tag: pg_sys::NodeTag) -> bool {
    // SAFETY: as the caller says; any bytes are a number.
    unsafe { *memory == tag as u32 }
}

/// A part of a statement that changes a table.
struct Change<'p>(&'p ModifyTable);

/// The parts of a statement that change tables: at its top, and in WITH clauses.
///
/// # Safety
/// The plan is live.
unsafe fn changes(planned: &PlannedStmt) -> Vec<Change<'_>> {
    // SAFETY: nodes of a live plan.
    unsafe {
        let within = if planned.hasModifyingCTE { planned.subplans } else { std::ptr::null_mut::<List>() };
        std::iter::once(planned.planTree)
            .chain(PgList::<pg_sys::Plan>::from_pg(within).iter_ptr())
            .filter(|plan| !plan.is_null() && is_a(plan.cast(), pg_sys::NodeTag::T_ModifyTable))
            .map(|plan| Change(&*plan.cast::<ModifyTable>()))
            .collect()
    }
}

impl Change<'_> {
    fn inserts(&self) -> bool {
        self.0.operation == CmdType::CMD_INSERT || self.merges(CmdType::CMD_INSERT)
    }

    /// Whether it changes rows so that they may move.
    fn updates(&self) -> bool {
        self.0.operation == CmdType::CMD_UPDATE || self.merges(CmdType::CMD_UPDATE)
    }

    fn offers(&self) -> bool {
        self.0.onConflictAction != OnConflictAction::ONCONFLICT_NONE
    }

    /// Whether it is a MERGE with such an action.
    fn merges(&self, kind: CmdType::Type) -> bool {
        if self.0.operation != CmdType::CMD_MERGE {
            return false;
        }
        // SAFETY: a list of lists of actions, of a live plan.
        unsafe {
            PgList::<List>::from_pg(self.0.mergeActionLists).iter_ptr().any(|actions| {
                PgList::<pg_sys::MergeAction>::from_pg(actions).iter_ptr().any(|action| (*action).commandType == kind)
            })
        }
    }

    /// Whether it changes the trigger's relation, named itself or by a table that it is a partition of.
    ///
    /// # Safety
    /// The plan is live, and `fired` is of the call at hand.
    unsafe fn reaches(&self, planned: &PlannedStmt, fired: &Fired) -> bool {
        // SAFETY: range table entries are numbered from 1.
        let named = unsafe {
            let entries = PgList::<pg_sys::RangeTblEntry>::from_pg(planned.rtable);
            let entry = (self.0.nominalRelation as usize).checked_sub(1).and_then(|i| entries.get_ptr(i));
            entry.map_or(Oid::INVALID, |entry| (*entry).relid)
        };
        named == fired.table || (fired.is_partition() && is_part_of(fired.table, named))
    }
}

unsafe extern "C-unwind" {
    fn get_partition_ancestors(relation: Oid) -> *mut List;
}

/// Whether a relation is a partition of another, at any level.
fn is_part_of(relation: Oid, ancestor: Oid) -> bool {
    // SAFETY: a catalog look-up of a relation that is open.
    unsafe { PgList::<Oid>::from_pg(get_partition_ancestors(relation)).iter_oid().any(|oid| oid == ancestor) }
}
