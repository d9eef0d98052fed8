//! Reading inserted rows as events: straight from the tuples where the columns have the types that the model wants,
//! else by a query that casts them.

use super::compiled::{Compiled, Watch};
use super::fire::Fired;
use super::key::Key;
use super::row::{Names, Row, Rows};
use super::statements::NEW_ROWS;
use super::transaction::Traces;
use crate::conform::NO_SEQ;
use crate::log::{LineRow, NEW_TEMPLATE, Outcome};
use crate::pg::call::varlena_payload;
use crate::pg::error::Failure;
use crate::pg::plan::{Plan, Record};
use pgrx::pg_sys::{self, Datum, Oid};
use pgrx::{FromDatum, varlena};
use std::ffi::CStr;

/// Characters of a message kept with an anomaly.
pub const SHOWN: usize = 200;
const MICROSECONDS_A_DAY: i64 = 86_400_000_000;

/// How the rows of a watched table are read.
pub enum Reader {
    /// From tuples.
    Tuples(Columns),
    /// By a query.
    Query(Plan),
}

/// A column of a table as it was when the reader was made.
struct Column {
    number: usize,
    name: String,
    type_id: Oid,
}

/// A column's number and the type below its domains.
type Place = (usize, Oid);

/// The columns that a model uses.
#[derive(Default)]
pub struct Columns {
    all: Vec<Column>,
    key: Option<Place>,
    event: Option<Place>,
    message: Option<Place>,
    component: Option<Place>,
    at: Option<Place>,
    seq: Option<Place>,
    params: Option<Place>,
}

/// A tuple's values.
struct Tuple<'a> {
    values: &'a [Datum],
    nulls: &'a [bool],
}

impl Tuple<'_> {
    fn get(&self, column: usize) -> Option<Datum> {
        (!self.nulls[column - 1]).then(|| self.values[column - 1])
    }
}

/// The payload of a text without a call where it is stored plainly.
///
/// # Safety
/// `datum` must be of a variable-length type.
unsafe fn payload<'a>(datum: Datum) -> &'a [u8] {
    // SAFETY: as the caller says.
    unsafe {
        let pointer = datum.cast_mut_ptr::<pg_sys::varlena>();
        if varlena::varatt_is_4b_u(pointer) || (varlena::varatt_is_1b(pointer) && !varlena::varatt_is_1b_e(pointer)) {
            varlena::varlena_to_byte_slice(pointer)
        } else {
            varlena_payload(datum)
        }
    }
}

impl Reader {
    /// Decides how the rows of a table are read.
    ///
    /// # Safety
    /// `fired` must be of the call at hand.
    pub unsafe fn new(watch: &Watch, fired: &Fired) -> Result<Self, Failure> {
        let model = &watch.model;
        // SAFETY: the relation is open.
        unsafe {
            if let Some(columns) = Columns::of(model, fired) {
                return Ok(Reader::Tuples(columns));
            }
            let templates = format!("(SELECT templates FROM {})", model.model.table("model"));
            let by_row = fired.is_row();
            let relation = if by_row { format!("(SELECT ($1::{}).*)", fired.row_type()) } else { NEW_ROWS.into() };
            let rows = model.model.info.rows_query(&relation, &templates);
            let query = format!(
                "SELECT CAST(r.trace_key AS {}), r.event, r.at, r.seq, r.component, r.params::text, pg_catalog.left(r.message, {SHOWN}) FROM ({rows}) r",
                super::super::refresh::key_type(&model.model)?
            );
            let row_type = (*(*(*fired.data).tg_relation).rd_rel).reltype;
            Ok(Reader::Query(if by_row { Plan::new(&query, &[row_type]) } else { Plan::over_new_rows(&query) }))
        }
    }

    /// False where the table's columns are no longer what they were.
    ///
    /// # Safety
    /// `fired` must be of the call at hand.
    pub unsafe fn fits(&self, fired: &Fired) -> bool {
        match self {
            Reader::Query(_) => true,
            // SAFETY: the relation is open.
            Reader::Tuples(columns) => unsafe { columns.fit((*(*fired.data).tg_relation).rd_att) },
        }
    }

    /// Reads all rows of the call. Keys become entries of `traces`.
    ///
    /// # Safety
    /// `fired` must be of the call at hand.
    pub unsafe fn read(&self, fired: &Fired, traces: &mut Traces, rows: &mut Rows) -> Result<(), Failure> {
        let model = traces.model.clone();
        let names = &mut model.names.borrow_mut();
        // SAFETY: the tuples are of the relation that the columns were found in.
        unsafe {
            match self {
                Reader::Query(plan) => {
                    let row = if fired.is_row() { vec![Some(fired.row_datum())] } else { Vec::new() };
                    plan.each_of(fired.data, &row, |record| {
                        read_record(&model, record, names, traces, rows);
                        Ok(())
                    })?;
                }
                Reader::Tuples(columns) => fired.each_tuple(None, |number, values, nulls| {
                    columns.read(&model, &Tuple { values, nulls }, number, names, traces, rows)
                })?,
            }
        }
        Ok(())
    }

    /// Adds messages and parameters to rows of the call, ascending by number.
    ///
    /// # Safety
    /// `fired` must be of the call at hand.
    pub unsafe fn complete(
        &self,
        fired: &Fired,
        model: &Compiled,
        wanted: &mut [&mut Row],
        rows: &mut Rows,
    ) -> Result<(), Failure> {
        let Reader::Tuples(columns) = self else { return Ok(()) };
        if columns.message.is_none() && columns.params.is_none() {
            return Ok(());
        }
        let mut numbers: Vec<u32> = wanted.iter().map(|row| row.number).collect();
        numbers.dedup();
        let mut wanted = wanted.iter_mut().peekable();
        // SAFETY: as above.
        unsafe {
            fired.each_tuple(Some(&numbers), |number, values, nulls| {
                let (message, parameters) = columns.details(model, &Tuple { values, nulls })?;
                let (message, parameters) = (rows.keep(message), rows.keep(parameters));
                // A line may be of several traces.
                while let Some(row) = wanted.next_if(|row| row.number == number) {
                    row.message = message;
                    if row.parameters == 0 {
                        row.parameters = parameters;
                    }
                }
                Ok(())
            })
        }
    }
}

fn read_record(model: &Compiled, record: &Record<'_>, names: &mut Names, traces: &mut Traces, rows: &mut Rows) {
    let number = rows.rows.len() as u32;
    let Some(key) = record.datum(0).map(|key| model.key.key(key)) else { return };
    let trace = traces.entry_of(key);
    let (at, seq): (Option<i64>, Option<i64>) = (record.datum(2).map(|at| at.value() as i64), record.get(3));
    let message = rows.keep(record.text(6));
    let mut row = Row { message, ..Row::incomplete(trace, number) };
    if let (Some(event), Some((at, seq))) = (record.bytes(1), place(model, at, seq)) {
        let parameters = rows.keep(record.text(5));
        row = Row { name: names.number(record.bytes(4), event), at, seq, parameters, ..row };
    }
    rows.rows.push(row);
}

/// The place of an event in its trace; `None` where it has none.
fn place(model: &Compiled, at: Option<i64>, seq: Option<i64>) -> Option<(i64, i64)> {
    if !model.model.info.has_times() {
        return seq.map(|seq| (0, seq));
    }
    at.filter(|&at| at != i64::MIN && at != i64::MAX).map(|at| (at, seq.unwrap_or(NO_SEQ)))
}

impl Columns {
    /// The columns of a table, if they have the types that tuples can be read by.
    ///
    /// # Safety
    /// `fired` must be of the call at hand.
    unsafe fn of(model: &Compiled, fired: &Fired) -> Option<Self> {
        let info = &model.model.info;
        if info.message_column.is_some() && model.lines.is_none() {
            return None;
        }
        let mut columns = Columns::default();
        // SAFETY: the relation is open.
        let attributes = unsafe { pgrx::PgTupleDesc::from_pg_copy((*(*fired.data).tg_relation).rd_att) };
        let mut find = |name: &Option<String>, fits: &dyn Fn(Oid) -> bool| -> Option<Option<Place>> {
            let Some(name) = name else { return Some(None) };
            let found = attributes.iter().find(|a| !a.attisdropped && pgrx::name_data_to_str(&a.attname) == name)?;
            // SAFETY: a catalog look-up.
            let base = unsafe { pg_sys::getBaseType(found.atttypid) };
            if !fits(base) {
                return None;
            }
            let number = found.attnum as usize;
            columns.all.push(Column { number, name: name.clone(), type_id: found.atttypid });
            Some(Some((number, base)))
        };
        let is_text = |base: Oid| base == pg_sys::TEXTOID || base == pg_sys::VARCHAROID;
        // SAFETY: a catalog look-up.
        let is_enum = |base: Oid| unsafe { pg_sys::get_typtype(base) as u8 == b'e' };
        let is_name = |base: Oid| is_text(base) || is_enum(base);
        let is_time = |base: Oid| [pg_sys::TIMESTAMPTZOID, pg_sys::TIMESTAMPOID, pg_sys::DATEOID].contains(&base);
        let is_number = |base: Oid| [pg_sys::INT2OID, pg_sys::INT4OID, pg_sys::INT8OID].contains(&base);
        let same = |base: Oid| base == model.key.base || (is_text(base) && is_text(model.key.base));
        columns.key = find(&info.trace_column, &same)?;
        columns.event = find(&info.event_column, &is_name)?;
        columns.message = find(&info.message_column, &is_text)?;
        columns.component = find(&info.component_column, &is_name)?;
        columns.at = find(&info.at_column, &is_time)?;
        columns.seq = find(&info.seq_column, &is_number)?;
        columns.params = find(&info.params_column, &|base| base == pg_sys::JSONBOID)?;
        Some(columns)
    }

    /// # Safety
    /// `attributes` must be a live descriptor.
    unsafe fn fit(&self, attributes: pg_sys::TupleDesc) -> bool {
        // SAFETY: attributes are numbered from 1.
        unsafe {
            let all = (*attributes).attrs.as_slice((*attributes).natts as usize);
            self.all.iter().all(|column| {
                all.get(column.number - 1).is_some_and(|a| {
                    a.atttypid == column.type_id
                        && !a.attisdropped
                        && CStr::from_ptr(a.attname.data.as_ptr()).to_bytes() == column.name.as_bytes()
                })
            })
        }
    }

    /// The bytes of a name: of a text, or of an enum's label.
    fn name<'a>(tuple: &Tuple<'a>, column: Option<Place>, room: &'a mut Vec<u8>) -> Option<&'a [u8]> {
        let (number, base) = column?;
        let datum = tuple.get(number)?;
        // SAFETY: texts are variable-length, everything else here is an enum.
        unsafe {
            if base == pg_sys::TEXTOID || base == pg_sys::VARCHAROID {
                return Some(payload(datum));
            }
            let (mut output, mut is_varlena) = (Oid::INVALID, false);
            pg_sys::getTypeOutputInfo(base, &mut output, &mut is_varlena);
            let label = pg_sys::OidOutputFunctionCall(output, datum);
            room.extend_from_slice(CStr::from_ptr(label).to_bytes());
            pg_sys::pfree(label.cast());
            Some(room)
        }
    }

    fn message<'a>(&self, tuple: &Tuple<'a>) -> Result<Option<&'a str>, Failure> {
        let datum = self.message.and_then(|place| tuple.get(place.0));
        // SAFETY: a message column is of a text type.
        datum.map(|datum| crate::pg::call::utf8(unsafe { payload(datum) })).transpose()
    }

    /// The parameters in their column as JSON text.
    fn parameters(&self, tuple: &Tuple<'_>) -> Option<String> {
        let (number, _) = self.params?;
        // SAFETY: the column is of type jsonb.
        tuple.get(number).map(|datum| unsafe { crate::pg::call::jsonb_text(datum) })
    }

    /// The beginning of a row's message, and its parameters.
    fn details(&self, model: &Compiled, tuple: &Tuple<'_>) -> Result<(Option<String>, Option<String>), Failure> {
        let Some(line) = self.message(tuple)? else { return Ok((None, self.parameters(tuple))) };
        let shown = |text: &str| Some(text.chars().take(SHOWN).collect());
        let Some(lines) = &model.lines else { return Ok((shown(line), self.parameters(tuple))) };
        let read = lines.borrow_mut().read(line, None, model.templates.as_deref(), |row| {
            (shown(row.message.unwrap_or(line)), parameters_of(&row))
        });
        let (message, parameters) = read.unwrap_or_else(|_| (shown(line), None));
        Ok((message, if self.params.is_some() { self.parameters(tuple) } else { parameters }))
    }

    fn at(&self, tuple: &Tuple<'_>) -> Option<i64> {
        let (number, base) = self.at?;
        let datum = tuple.get(number)?;
        if base != pg_sys::DATEOID {
            return Some(datum.value() as i64);
        }
        // SAFETY: the column is of type date.
        let day = unsafe { i32::from_datum(datum, false)? };
        let infinite = day == i32::MIN || day == i32::MAX;
        if infinite { Some(i64::MAX) } else { i64::from(day).checked_mul(MICROSECONDS_A_DAY) }
    }

    fn seq(&self, tuple: &Tuple<'_>) -> Option<i64> {
        let (number, base) = self.seq?;
        let datum = tuple.get(number)?;
        // SAFETY: the column is of one of the three types.
        unsafe {
            match base {
                pg_sys::INT2OID => i16::from_datum(datum, false).map(i64::from),
                pg_sys::INT4OID => i32::from_datum(datum, false).map(i64::from),
                _ => i64::from_datum(datum, false),
            }
        }
    }

    fn read(
        &self,
        model: &Compiled,
        tuple: &Tuple<'_>,
        number: u32,
        names: &mut Names,
        traces: &mut Traces,
        rows: &mut Rows,
    ) -> Result<(), Failure> {
        let key = self.key.and_then(|(column, _)| tuple.get(column)).map(|datum| model.key.key(datum));
        let (mut room, mut other_room) = (Vec::new(), Vec::new());
        let component = Self::name(tuple, self.component, &mut other_room);
        let Some(lines) = &model.lines else {
            let Some(key) = key else { return Ok(()) };
            let event = Self::name(tuple, self.event, &mut room);
            let found = event.zip(place(model, self.at(tuple), self.seq(tuple)));
            let parameters = self.parameters(tuple);
            let found = found.map(|(event, place)| (names.number(component, event), place, parameters));
            add(key, number, found, traces, rows);
            return Ok(());
        };
        let Some(line) = self.message(tuple)? else {
            if let Some(key) = key {
                add(key, number, None, traces, rows);
            }
            return Ok(());
        };
        let mut by_column = key;
        let read = lines.borrow_mut().read(line, None, model.templates.as_deref(), |row| {
            if !matches!(row.outcome, Outcome::Event | Outcome::Kept) {
                return;
            }
            let event = row.event.or(row.message.and(Some(NEW_TEMPLATE)));
            let at = if self.at.is_some() { self.at(tuple) } else { row.at };
            let component = if self.component.is_some() { component } else { row.component.map(str::as_bytes) };
            let found = event.zip(place(model, at, self.seq(tuple)));
            let mut keys: Vec<Key> = by_column.take().into_iter().collect();
            if self.key.is_none() {
                keys.extend(row.keys.iter().flatten().map(|key| model.key.key_of_text(key)));
            }
            for key in keys {
                let parameters = if self.params.is_some() { self.parameters(tuple) } else { parameters_of(&row) };
                let found = found.map(|(event, place)| (names.number(component, event.as_bytes()), place, parameters));
                add(key, number, found, traces, rows);
            }
        });
        // Where no format matches the line, the row is incomplete.
        match (read, by_column) {
            (Err(_), Some(key)) => add(key, number, None, traces, rows),
            (Err(_), None) => rows.left_out += 1,
            (Ok(()), _) => {}
        }
        Ok(())
    }
}

/// Adds a row to those read; without event type and place it is incomplete.
fn add(key: Key, number: u32, found: Option<(u32, (i64, i64), Option<String>)>, traces: &mut Traces, rows: &mut Rows) {
    if !key.fits() {
        rows.left_out += 1;
        return;
    }
    let row = Row::incomplete(traces.entry_of(key), number);
    let row = match found {
        Some((name, (at, seq), parameters)) => Row { name, at, seq, parameters: rows.keep(parameters), ..row },
        None => row,
    };
    rows.rows.push(row);
}

/// The parameters of a line as JSON text.
fn parameters_of(row: &LineRow<'_>) -> Option<String> {
    // SAFETY: a jsonb.
    crate::pg::line_functions::parameters(row, true).map(|datum| unsafe { crate::pg::call::jsonb_text(datum) })
}

impl Fired {
    /// The row type's name for a cast.
    fn row_type(&self) -> String {
        // SAFETY: the relation is open.
        let reltype = unsafe { (*(*(*self.data).tg_relation).rd_rel).reltype };
        // SAFETY: gives a palloc'd string.
        let name = unsafe { CStr::from_ptr(pg_sys::format_type_be_qualified(reltype)) };
        name.to_string_lossy().into_owned()
    }

    /// The row of a row trigger as a composite value.
    fn row_datum(&self) -> Datum {
        // SAFETY: a row trigger has a tuple of its relation.
        unsafe { pg_sys::heap_copy_tuple_as_datum((*self.data).tg_trigtuple, (*(*self.data).tg_relation).rd_att) }
    }

    /// Calls `each` with the tuples of the call, or with those of the given numbers, ascending.
    ///
    /// # Safety
    /// Of the call at hand.
    unsafe fn each_tuple(
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
