//! The columns that a model uses, read straight from the tuples of a watched table.

use super::compiled::Compiled;
use super::fired::Fired;
use super::key::Key;
use super::reader::SHOWN;
use super::row::{Names, Row, Rows};
use super::transaction::Traces;
use crate::conform::NO_SEQ;
use crate::log::{LineRow, NEW_TEMPLATE, Outcome};
use crate::pg::call::varlena_payload;
use crate::pg::error::Failure;
use crate::pg::value::attribute;
use pgrx::pg_sys::{self, Datum, Oid};
use pgrx::{FromDatum, varlena};
use std::ffi::CStr;

const MICROSECONDS_A_DAY: i64 = 86_400_000_000;

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
pub struct Tuple<'a> {
    /// One of each column.
    pub values: &'a [Datum],
    /// Which of them are NULL.
    pub nulls: &'a [bool],
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

/// The place of an event in its trace; `None` where it has none.
pub fn place(model: &Compiled, at: Option<i64>, seq: Option<i64>) -> Option<(i64, i64)> {
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
    pub unsafe fn of(model: &Compiled, fired: &Fired) -> Option<Self> {
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

    /// True where rows have messages or parameters.
    pub fn have_details(&self) -> bool {
        self.message.is_some() || self.params.is_some()
    }

    /// False where the table's columns are no longer these.
    ///
    /// # Safety
    /// `attributes` must be a live descriptor.
    pub unsafe fn fit(&self, attributes: pg_sys::TupleDesc) -> bool {
        // SAFETY: attributes are numbered from 1.
        unsafe {
            let all = (*attributes).natts as usize;
            self.all.iter().all(|column| {
                (1..=all).contains(&column.number) && {
                    let a = &*attribute(attributes, column.number - 1);
                    a.atttypid == column.type_id
                        && !a.attisdropped
                        && CStr::from_ptr(a.attname.data.as_ptr()).to_bytes() == column.name.as_bytes()
                }
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
    pub fn details(&self, model: &Compiled, tuple: &Tuple<'_>) -> Result<(Option<String>, Option<String>), Failure> {
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

    pub fn read(
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
    // parameters too large for jsonb are none: a watch never fails a statement
    let datum = crate::pg::line_functions::parameters(row, true).ok().flatten()?;
    // SAFETY: a jsonb.
    Some(unsafe { crate::pg::call::jsonb_text(datum) })
}
