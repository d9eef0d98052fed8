//! What the trigger manager says about a call, and the rows it brings.

use crate::pg::call::Call;
use crate::pg::error::Failure;
use pgrx::PgSqlErrorCode;
use pgrx::pg_sys::{self, Datum, Oid};
use std::ffi::CStr;

/// What the trigger manager says about a call.
pub struct Fired {
    /// All of it.
    pub data: *mut pg_sys::TriggerData,
    /// The table.
    pub table: Oid,
    /// The trigger.
    pub trigger: Oid,
    event: u32,
}

impl Fired {
    /// Reads it, or fails where `function` was not called as a trigger.
    pub fn from(call: Call, function: &str) -> Result<Self, Failure> {
        // SAFETY: the trigger manager passes TriggerData as context; anything else is refused.
        unsafe {
            let context = (*call.0).context;
            if context.is_null() || !pgrx::is_a(context, pg_sys::NodeTag::T_TriggerData) {
                let message = format!("{function} can only be called as a trigger");
                return Err(Failure::new(PgSqlErrorCode::ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED, message)
                    .detail("It is the function of triggers that logfsm makes.")
                    .hint("logfsm.watch() makes the trigger of a watch."));
            }
            let data = context.cast::<pg_sys::TriggerData>();
            let (table, trigger) = ((*(*data).tg_relation).rd_id, (*(*data).tg_trigger).tgoid);
            Ok(Fired { data, table, trigger, event: (*data).tg_event })
        }
    }

    /// True for a row trigger.
    pub fn is_row(&self) -> bool {
        self.event & pg_sys::TRIGGER_EVENT_ROW != 0
    }

    /// True for a BEFORE trigger.
    pub fn is_before(&self) -> bool {
        self.event & pg_sys::TRIGGER_EVENT_TIMINGMASK == pg_sys::TRIGGER_EVENT_BEFORE
    }

    /// True for an INSERT.
    pub fn is_insert(&self) -> bool {
        self.event & pg_sys::TRIGGER_EVENT_OPMASK == pg_sys::TRIGGER_EVENT_INSERT
    }

    /// True where the call has the rows that it should have.
    pub fn has_rows(&self) -> bool {
        // SAFETY: the trigger manager's data.
        unsafe { self.is_row() || !(*self.data).tg_newtable.is_null() }
    }

    /// True where the table is a partition.
    pub fn is_partition(&self) -> bool {
        // SAFETY: the relation is open.
        unsafe { (*(*(*self.data).tg_relation).rd_rel).relispartition }
    }

    /// A trigger that sees a row after this one, and may change or drop it, before it is inserted.
    pub fn later_trigger(&self) -> Option<String> {
        let before_insert =
            (pg_sys::TRIGGER_TYPE_ROW | pg_sys::TRIGGER_TYPE_BEFORE | pg_sys::TRIGGER_TYPE_INSERT) as i16;
        // SAFETY: the relation is open, and has this trigger at least; they are in the order in which they run.
        unsafe {
            let all = &*(*(*self.data).tg_relation).trigdesc;
            let triggers = std::slice::from_raw_parts(all.triggers, all.numtriggers as usize);
            let after = triggers.iter().rev().take_while(|trigger| trigger.tgoid != self.trigger);
            let runs = |trigger: &&pg_sys::Trigger| {
                trigger.tgtype & before_insert == before_insert && matches!(trigger.tgenabled as u8, b'O' | b'A')
            };
            after.into_iter().find(runs).map(|trigger| CStr::from_ptr(trigger.tgname).to_string_lossy().into_owned())
        }
    }

    /// One of the columns that has its value from others, after all BEFORE triggers ran.
    pub fn generated_column(&self, columns: &[&str]) -> Option<String> {
        // SAFETY: the relation is open.
        unsafe {
            let row = (*(*self.data).tg_relation).rd_att;
            let constraints = (*row).constr;
            if constraints.is_null() || !(*constraints).has_generated_stored {
                return None;
            }
            let attributes = pgrx::PgTupleDesc::from_pg_copy(row);
            let generated = attributes.iter().filter(|a| !a.attisdropped && a.attgenerated != 0);
            let mut names = generated.map(|a| pgrx::name_data_to_str(&a.attname));
            names.find(|name| columns.contains(name)).map(Into::into)
        }
    }

    /// The table's name.
    pub fn table_name(&self) -> String {
        // SAFETY: the relation is open.
        let name = unsafe { CStr::from_ptr((*(*(*self.data).tg_relation).rd_rel).relname.data.as_ptr()) };
        name.to_string_lossy().into_owned()
    }

    /// The row of a BEFORE trigger, as its answer.
    pub fn same_row(&self) -> Datum {
        // SAFETY: the trigger manager's data; null for statement triggers.
        unsafe {
            let update = self.event & pg_sys::TRIGGER_EVENT_OPMASK == pg_sys::TRIGGER_EVENT_UPDATE;
            let row = if update { (*self.data).tg_newtuple } else { (*self.data).tg_trigtuple };
            if self.is_row() { Datum::from(row) } else { Datum::null() }
        }
    }
}

impl Fired {
    /// The row type's name for a cast.
    pub fn row_type(&self) -> String {
        // SAFETY: the relation is open.
        let reltype = unsafe { (*(*(*self.data).tg_relation).rd_rel).reltype };
        // SAFETY: gives a palloc'd string.
        let name = unsafe { CStr::from_ptr(pg_sys::format_type_be_qualified(reltype)) };
        name.to_string_lossy().into_owned()
    }

    /// The table's name with its schema.
    pub fn qualified_name(&self) -> String {
        // SAFETY: the relation is open; the functions give palloc'd strings.
        unsafe {
            let relation = (*(*self.data).tg_relation).rd_rel;
            let schema = pg_sys::get_namespace_name((*relation).relnamespace);
            let name = pg_sys::quote_qualified_identifier(schema, (*relation).relname.data.as_ptr());
            CStr::from_ptr(name).to_string_lossy().into_owned()
        }
    }

    /// The type of a column.
    pub fn column_type(&self, name: &str) -> Option<Oid> {
        // SAFETY: the relation is open.
        let row = unsafe { pgrx::PgTupleDesc::from_pg_copy((*(*self.data).tg_relation).rd_att) };
        row.iter().find(|a| !a.attisdropped && pgrx::name_data_to_str(&a.attname) == name).map(|a| a.atttypid)
    }

    /// The row of a row trigger as a composite value.
    pub fn row_datum(&self) -> Datum {
        // SAFETY: a row trigger has a tuple of its relation.
        unsafe { pg_sys::heap_copy_tuple_as_datum((*self.data).tg_trigtuple, (*(*self.data).tg_relation).rd_att) }
    }

    /// Calls `each` with the tuples of the call, or with those of the given numbers, ascending.
    ///
    /// # Safety
    /// Of the call at hand.
    pub unsafe fn each_tuple(
        &self,
        numbers: Option<&[u32]>,
        mut each: impl FnMut(u32, &[Datum], &[bool]) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        // SAFETY: the protocol of a trigger; a transition table is read by a read pointer of our own.
        unsafe {
            let columns = (*(*(*self.data).tg_relation).rd_att).natts;
            let mut visit = |number: u32, slot: *mut pg_sys::TupleTableSlot| {
                if i32::from((*slot).tts_nvalid) < columns {
                    pg_sys::slot_getsomeattrs_int(slot, columns);
                }
                let values = std::slice::from_raw_parts((*slot).tts_values, columns as usize);
                let nulls = std::slice::from_raw_parts((*slot).tts_isnull, columns as usize);
                each(number, values, nulls)
            };
            if self.is_row() {
                return visit(0, (*self.data).tg_trigslot);
            }
            let table = (*self.data).tg_newtable;
            let pointer = pg_sys::tuplestore_alloc_read_pointer(table, pg_sys::EXEC_FLAG_REWIND as i32);
            pg_sys::tuplestore_select_read_pointer(table, pointer);
            pg_sys::tuplestore_rescan(table);
            let slot = pg_sys::MakeSingleTupleTableSlot(
                (*(*self.data).tg_relation).rd_att,
                &raw const pg_sys::TTSOpsMinimalTuple,
            );
            let mut wanted = numbers.unwrap_or_default().iter();
            let mut number = 0;
            let mut result = Ok(());
            while result.is_ok() {
                if let Some(numbers) = numbers {
                    let Some(&next) = wanted.next().filter(|_| !numbers.is_empty()) else { break };
                    if next > number && !pg_sys::tuplestore_skiptuples(table, i64::from(next - number), true) {
                        break;
                    }
                    number = next;
                }
                if !pg_sys::tuplestore_gettupleslot(table, true, false, slot) {
                    break;
                }
                if number % 4096 == 0 {
                    pgrx::check_for_interrupts!();
                }
                result = visit(number, slot);
                number += 1;
            }
            pg_sys::ExecDropSingleTupleTableSlot(slot);
            pg_sys::tuplestore_select_read_pointer(table, 0);
            result
        }
    }
}
