//! A writer that fills a table page by page.
//!
//! It passes by constraints and triggers, and by indexes unless told otherwise: it is for tables of ours, whose
//! rows are valid by how they are made. What the table is, and that its columns are what is written into them, is checked
//! each time it is opened: its owner may have changed it since it was made.

use super::error::Failure;
use super::sql;
use super::value::{Value, ValueType, attribute, wrong_type};
use pgrx::PgSqlErrorCode;
use pgrx::pg_sys::{self, Datum};

/// Rows or bytes after which a batch is written.
const BATCH_ROWS: usize = 1000;
const BATCH_BYTES: usize = 1 << 18;
/// One in so many of the shared buffers are a table's share while it is filled.
const BUFFERS_PART: usize = 8;

/// Memory for a text of a row that is written at once.
#[derive(Default)]
pub struct TextRoom(Vec<u32>);

impl TextRoom {
    /// A text, valid until the next one is made.
    pub fn text(&mut self, value: &str) -> Value {
        let size = value.len() + pg_sys::VARHDRSZ;
        let words = size.div_ceil(size_of::<u32>());
        if self.0.len() < words {
            self.0.resize(words, 0);
        }
        let room = self.0.as_mut_ptr();
        // SAFETY: there is room for header and payload, aligned as headers are.
        unsafe {
            pgrx::set_varsize_4b(room.cast(), size as i32);
            std::ptr::copy_nonoverlapping(value.as_ptr(), room.add(1).cast(), value.len());
            Value::new(Datum::from(room), ValueType::Text)
        }
    }
}

/// Fills a table of ours.
pub struct BulkWriter {
    relation: pg_sys::Relation,
    /// For each value of a row where it goes.
    columns: Vec<Column>,
    values: Vec<Datum>,
    nulls: Vec<bool>,
    slots: Vec<*mut pg_sys::TupleTableSlot>,
    filled: usize,
    bytes: usize,
    context: pg_sys::MemoryContext,
    /// How pages are taken: NULL while they stay in shared buffers like any others, for the keys that are made of them
    /// next; a ring of few once the table has its share.
    pages: pg_sys::BulkInsertState,
    /// Bytes written.
    size: usize,
    indexes: Option<Indexes>,
    rows: u64,
}

/// A column that is filled.
#[derive(Clone, Copy)]
struct Column {
    /// Its position among the table's attributes.
    place: usize,
    kind: ValueType,
    not_null: bool,
}

/// A table's indexes, open for writing.
struct Indexes {
    state: *mut pg_sys::EState,
    relation: *mut pg_sys::ResultRelInfo,
}

impl Indexes {
    /// # Safety
    /// The relation is open for writing and stays so until `close`.
    unsafe fn open(relation: pg_sys::Relation) -> Self {
        // SAFETY: as COPY does it.
        unsafe {
            let state = pg_sys::CreateExecutorState();
            let info = pg_sys::palloc0(size_of::<pg_sys::ResultRelInfo>()).cast::<pg_sys::ResultRelInfo>();
            pg_sys::InitResultRelInfo(info, relation, 0, std::ptr::null_mut(), 0);
            pg_sys::ExecOpenIndices(info, false);
            Indexes { state, relation: info }
        }
    }

    /// # Safety
    /// The slot's row was just written to the relation.
    unsafe fn add(&self, slot: *mut pg_sys::TupleTableSlot) {
        let (state, info, none) = (self.state, self.relation, std::ptr::null_mut());
        // SAFETY: as COPY does it.
        unsafe {
            #[cfg(feature = "pg15")]
            pg_sys::ExecInsertIndexTuples(info, slot, state, false, false, none, std::ptr::null_mut());
            #[cfg(not(feature = "pg15"))]
            pg_sys::ExecInsertIndexTuples(info, slot, state, false, false, none, std::ptr::null_mut(), false);
        }
    }

    /// # Safety
    /// Called once.
    unsafe fn close(self) {
        // SAFETY: undoes what `open` did.
        unsafe {
            pg_sys::ExecCloseIndices(self.relation);
            pg_sys::FreeExecutorState(self.state);
        }
    }
}

impl BulkWriter {
    /// As [`BulkWriter::open`], for a table that has indexes: rows go into them too, and unique ones are checked.
    pub fn open_indexed(table: &str, columns: &[(&str, ValueType)]) -> Result<Self, Failure> {
        let mut writer = Self::open(table, columns)?;
        // SAFETY: the relation was just opened.
        writer.indexes = Some(unsafe { Indexes::open(writer.relation) });
        Ok(writer)
    }

    /// Opens a table, quoted and qualified, to fill these columns with values of these types; others stay NULL.
    pub fn open(table: &str, columns: &[(&str, ValueType)]) -> Result<Self, Failure> {
        let oid: Option<pg_sys::Oid> = sql::one("SELECT $1::regclass::oid", &[table.into()])?;
        // SAFETY: the relation stays open, and so keeps its columns, until `finish` or the end of the transaction.
        unsafe {
            let relation = pg_sys::try_table_open(oid.unwrap_or_default(), pg_sys::RowExclusiveLock as i32);
            if relation.is_null() {
                return Err(changed(table, "It is gone."));
            }
            require_plain_table(relation, table)?;
            let columns = columns_of((*relation).rd_att, table, columns)?;
            let width = (*(*relation).rd_att).natts as usize;
            let context = pg_sys::AllocSetContextCreateInternal(
                pg_sys::CurrentMemoryContext,
                c"logfsm bulk rows".as_ptr(),
                0,
                8192,
                1 << 23,
            );
            Ok(BulkWriter {
                relation,
                columns,
                values: vec![Datum::null(); width],
                nulls: vec![true; width],
                slots: Vec::new(),
                filled: 0,
                bytes: 0,
                context,
                pages: std::ptr::null_mut(),
                size: 0,
                indexes: None,
                rows: 0,
            })
        }
    }

    /// Adds a row, a value per column as named at [`BulkWriter::open`]; the values are copied.
    pub fn row(&mut self, row: &[Option<Value>]) -> Result<(), Failure> {
        if row.len() != self.columns.len() {
            return Err(changed("a table", &format!("{} values for {} columns.", row.len(), self.columns.len())));
        }
        for (value, column) in row.iter().zip(&self.columns) {
            match value {
                Some(value) => self.values[column.place] = value.datum(column.kind)?,
                None if column.not_null => {
                    let code = PgSqlErrorCode::ERRCODE_NOT_NULL_VIOLATION;
                    return Err(Failure::new(code, "a value is missing for a column that is NOT NULL").hint(CHANGED));
                }
                None => {}
            }
            self.nulls[column.place] = value.is_none();
        }
        // SAFETY: both arrays are as wide as the table; the tuple lives in our context until the batch is written.
        unsafe {
            let previous = pg_sys::MemoryContextSwitchTo(self.context);
            let description = (*self.relation).rd_att;
            let tuple = pg_sys::heap_form_tuple(description, self.values.as_mut_ptr(), self.nulls.as_mut_ptr());
            pg_sys::MemoryContextSwitchTo(previous);
            if self.filled == self.slots.len() {
                let parent = (*self.context).parent;
                let previous = pg_sys::MemoryContextSwitchTo(parent);
                self.slots.push(pg_sys::MakeSingleTupleTableSlot(description, &pg_sys::TTSOpsHeapTuple));
                pg_sys::MemoryContextSwitchTo(previous);
            }
            // The slot frees the tuple: else what writes it would copy it first.
            pg_sys::ExecStoreHeapTuple(tuple, self.slots[self.filled], true);
            self.filled += 1;
            self.bytes += (*tuple).t_len as usize;
        }
        self.rows += 1;
        if self.filled == BATCH_ROWS || self.bytes > BATCH_BYTES {
            self.flush();
        }
        Ok(())
    }

    fn flush(&mut self) {
        if self.filled == 0 {
            return;
        }
        // SAFETY: the slots hold tuples of this relation.
        unsafe {
            let share = pg_sys::NBuffers as usize / BUFFERS_PART * pg_sys::BLCKSZ as usize;
            if self.pages.is_null() && self.size > share {
                // It lives as long as the writer does.
                let previous = pg_sys::MemoryContextSwitchTo((*self.context).parent);
                self.pages = pg_sys::GetBulkInsertState();
                pg_sys::MemoryContextSwitchTo(previous);
            }
            let previous = pg_sys::MemoryContextSwitchTo(self.context);
            pg_sys::heap_multi_insert(
                self.relation,
                self.slots.as_mut_ptr(),
                self.filled as i32,
                pg_sys::GetCurrentCommandId(true),
                // A new table has no free space to look for.
                if self.indexes.is_none() { pg_sys::TABLE_INSERT_SKIP_FSM as i32 } else { 0 },
                self.pages,
            );
            if let Some(indexes) = &self.indexes {
                self.slots[..self.filled].iter().for_each(|&slot| indexes.add(slot));
            }
            pg_sys::MemoryContextSwitchTo(previous);
            for &slot in &self.slots[..self.filled] {
                // Frees the tuple.
                if let Some(clear) = (*(*slot).tts_ops).clear {
                    clear(slot);
                }
            }
            pg_sys::MemoryContextReset(self.context);
        }
        self.size += self.bytes;
        (self.filled, self.bytes) = (0, 0);
    }

    /// Writes what is left and closes the table; its rows are seen by the next statement. Gives their number.
    pub fn finish(mut self) -> u64 {
        self.flush();
        // SAFETY: undoes what `open` and `row` did; the lock stays until the transaction ends.
        unsafe {
            if let Some(indexes) = self.indexes.take() {
                indexes.close();
            }
            for &slot in &self.slots {
                pg_sys::ExecDropSingleTupleTableSlot(slot);
            }
            if !self.pages.is_null() {
                pg_sys::FreeBulkInsertState(self.pages);
            }
            pg_sys::table_close(self.relation, pg_sys::NoLock as i32);
            pg_sys::MemoryContextDelete(self.context);
            pg_sys::CommandCounterIncrement();
        }
        self.rows
    }
}

/// What to do about a table that is not as it was made.
const CHANGED: &str = "The model's schema was changed by hand; drop the model and create it anew.";

fn changed(table: &str, detail: &str) -> Failure {
    let code = PgSqlErrorCode::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE;
    Failure::new(code, format!("{table} is not the table that logfsm made")).detail(detail).hint(CHANGED)
}

/// Fails unless a relation is what rows may be written into page by page: an ordinary heap of the current role.
///
/// # Safety
/// It must be open.
unsafe fn require_plain_table(relation: pg_sys::Relation, table: &str) -> Result<(), Failure> {
    // SAFETY: as the caller promises; the rest are catalog look-ups.
    unsafe {
        let class = &*(*relation).rd_rel;
        if class.relkind as u8 != pg_sys::RELKIND_RELATION {
            return Err(changed(table, "It is a view, a foreign or a partitioned table, or the like."));
        }
        if class.relam != pg_sys::HEAP_TABLE_AM_OID {
            return Err(changed(table, "It is not stored as a heap."));
        }
        if class.relpersistence as u8 == pg_sys::RELPERSISTENCE_TEMP {
            return Err(changed(table, "It is temporary."));
        }
        if !pg_sys::has_privs_of_role(pg_sys::GetUserId(), class.relowner) {
            return Err(changed(table, "It belongs to another role."));
        }
        Ok(())
    }
}

/// Where the values of rows go. Fails unless the table has these columns with these types, and no others that would have
/// to be computed.
///
/// # Safety
/// The descriptor must be that of an open relation.
unsafe fn columns_of(
    description: pg_sys::TupleDesc,
    table: &str,
    wanted: &[(&str, ValueType)],
) -> Result<Vec<Column>, Failure> {
    let mut found: Vec<Option<Column>> = vec![None; wanted.len()];
    // SAFETY: as the caller promises.
    let width = unsafe { (*description).natts } as usize;
    for place in 0..width {
        // SAFETY: the descriptor has that many attributes.
        let attribute = unsafe { &*attribute(description, place) };
        if attribute.attisdropped {
            continue;
        }
        let name = pgrx::name_data_to_str(&attribute.attname);
        let given = wanted.iter().position(|(wanted, _)| *wanted == name);
        if attribute.attgenerated != 0 || (given.is_none() && attribute.attnotnull) {
            let detail = format!("Its column \"{name}\" is generated, or NOT NULL and not one of the model.");
            return Err(changed(table, &detail));
        }
        let Some(given) = given else { continue };
        let (kind, expected) = (ValueType::of(attribute.atttypid), wanted[given].1);
        if kind != expected {
            return Err(wrong_type(&format!("column \"{name}\" of {table}"), kind, expected));
        }
        found[given] = Some(Column { place, kind, not_null: attribute.attnotnull });
    }
    let names = || wanted.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
    found.into_iter().collect::<Option<_>>().ok_or_else(|| {
        let message = format!("table {table} lacks a column of {}", names());
        Failure::new(PgSqlErrorCode::ERRCODE_UNDEFINED_COLUMN, message).hint(CHANGED)
    })
}
