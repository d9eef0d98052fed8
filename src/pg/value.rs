//! Raw datums together with their types: a value read from a row says what it is, and so does one put into a row.
//!
//! Whoever owns a model may change its tables, and whoever owns a source its columns, with plain SQL. A datum taken for
//! what it is not reads memory out of bounds. So nothing outside this file gets a datum out of a row without naming the
//! type it expects, which is compared with the type that the row's descriptor says, each time; and what is written
//! carries its type to where it is compared with the column's (see `heap_writer::BulkWriter`). docs/security.md
//! lists all uses.

use super::call::{utf8, varlena, varlena_payload};
use super::error::Failure;
use super::expanded::{self, Growing};
use crate::automaton::Automaton;
use pgrx::pg_sys::{self, Datum, Oid};
use pgrx::{IntoDatum, PgSqlErrorCode};
use std::ffi::CStr;

/// The column at a position, from 0, of a descriptor.
///
/// # Safety
/// The descriptor is live and has so many columns.
#[cfg(not(feature = "pg18"))]
pub unsafe fn attribute(description: pg_sys::TupleDesc, i: usize) -> *const pg_sys::FormData_pg_attribute {
    // SAFETY: as the caller promises.
    unsafe { (*description).attrs.as_ptr().add(i) }
}

/// The same; PostgreSQL 18 keeps compact attributes before the full ones.
///
/// # Safety
/// The descriptor is live and has so many columns.
#[cfg(feature = "pg18")]
pub unsafe fn attribute(description: pg_sys::TupleDesc, i: usize) -> *const pg_sys::FormData_pg_attribute {
    // SAFETY: as the caller promises.
    unsafe { pg_sys::TupleDescAttr(description, i as i32) }
}

/// A type of values, below its domains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueType {
    Bool,
    Int4,
    Int8,
    Float8,
    Text,
    TextArray,
    Timestamptz,
    Bytea,
    /// logfsm.trace
    Trace,
    /// logfsm.automaton
    Automaton,
    /// logfsm.generator
    Generator,
    /// logfsm.trace_set
    TraceSet,
    /// logfsm.templates
    Templates,
    /// logfsm.invariant_counts
    InvariantCounts,
    /// Any other: trace keys may be of any type with an order.
    Other(Oid),
}

/// The types of this extension that rows hold.
const OWN_TYPES: [(&CStr, ValueType); 6] = [
    (c"trace", ValueType::Trace),
    (c"automaton", ValueType::Automaton),
    (c"generator", ValueType::Generator),
    (c"trace_set", ValueType::TraceSet),
    (c"templates", ValueType::Templates),
    (c"invariant_counts", ValueType::InvariantCounts),
];

impl ValueType {
    /// The type of this number, or what its domain is over.
    pub fn of(type_oid: Oid) -> Self {
        // SAFETY: a catalog look-up; a type that does not exist is an error.
        let base = unsafe { pg_sys::getBaseType(type_oid) };
        match base {
            pg_sys::BOOLOID => ValueType::Bool,
            pg_sys::INT4OID => ValueType::Int4,
            pg_sys::INT8OID => ValueType::Int8,
            pg_sys::FLOAT8OID => ValueType::Float8,
            pg_sys::TEXTOID => ValueType::Text,
            pg_sys::TEXTARRAYOID => ValueType::TextArray,
            pg_sys::TIMESTAMPTZOID => ValueType::Timestamptz,
            pg_sys::BYTEAOID => ValueType::Bytea,
            _ => {
                let own = OWN_TYPES.iter().find(|(name, _)| base == own_type(name));
                own.map_or(ValueType::Other(base), |&(_, own)| own)
            }
        }
    }

    /// The type's name in SQL.
    pub fn name(self) -> String {
        let name = match self {
            ValueType::Bool => "boolean",
            ValueType::Int4 => "integer",
            ValueType::Int8 => "bigint",
            ValueType::Float8 => "double precision",
            ValueType::Text => "text",
            ValueType::TextArray => "text[]",
            ValueType::Timestamptz => "timestamp with time zone",
            ValueType::Bytea => "bytea",
            ValueType::Trace => "logfsm.trace",
            ValueType::Automaton => "logfsm.automaton",
            ValueType::Generator => "logfsm.generator",
            ValueType::TraceSet => "logfsm.trace_set",
            ValueType::Templates => "logfsm.templates",
            ValueType::InvariantCounts => "logfsm.invariant_counts",
            // SAFETY: gives a palloc'd string, "???" for a type that does not exist.
            ValueType::Other(oid) => {
                return unsafe { CStr::from_ptr(pg_sys::format_type_be(oid)) }.to_string_lossy().into_owned();
            }
        };
        name.into()
    }
}

/// The number of a type of this extension; invalid where there is none.
fn own_type(name: &CStr) -> Oid {
    // SAFETY: catalog look-ups by C strings.
    unsafe {
        let schema = pg_sys::get_namespace_oid(c"logfsm".as_ptr(), true);
        let cache = pg_sys::SysCacheIdentifier::TYPENAMENSP as i32;
        let (column, none) = (pg_sys::Anum_pg_type_oid as pg_sys::AttrNumber, Datum::null());
        pg_sys::GetSysCacheOid(cache, column, Datum::from(name.as_ptr()), Datum::from(schema), none, none)
    }
}

/// The error for a column of a table or a query that is not of the type it was made with.
pub fn wrong_type(what: &str, found: ValueType, expected: ValueType) -> Failure {
    let message = format!("{what} has type {}, not {}", found.name(), expected.name());
    Failure::new(PgSqlErrorCode::ERRCODE_DATATYPE_MISMATCH, message)
        .detail("The type of a column of the model or its source was changed after create_model().")
        .hint("Change it back, or drop the model and create it anew.")
}

/// A datum and its type.
#[derive(Debug, Clone, Copy)]
pub struct Value {
    datum: Datum,
    kind: ValueType,
}

impl Value {
    /// A text, in the current memory context.
    pub fn text(value: &str) -> Self {
        Value { datum: varlena(value.as_bytes()), kind: ValueType::Text }
    }

    /// A trace from its binary form, in the current memory context.
    pub fn trace(bytes: &[u8]) -> Self {
        Value { datum: varlena(bytes), kind: ValueType::Trace }
    }

    /// A time in microseconds since 2000-01-01 UTC.
    pub fn time(at: i64) -> Self {
        Value { datum: Datum::from(at), kind: ValueType::Timestamptz }
    }

    /// Some texts, in the current memory context.
    pub fn texts(values: Vec<String>) -> Option<Self> {
        values.into_datum().map(|datum| Value { datum, kind: ValueType::TextArray })
    }

    /// A datum that is known to be of this type.
    ///
    /// # Safety
    /// It must be.
    pub unsafe fn new(datum: Datum, kind: ValueType) -> Self {
        Value { datum, kind }
    }

    /// The datum, where the value is of this type.
    pub fn datum(self, expected: ValueType) -> Result<Datum, Failure> {
        if self.kind == expected { Ok(self.datum) } else { Err(wrong_type("a value", self.kind, expected)) }
    }

    /// The datum as the result of a function whose columns sql/ declares.
    pub fn into_result(self) -> Datum {
        self.datum
    }
}

impl From<i32> for Value {
    fn from(value: i32) -> Self {
        Value { datum: Datum::from(value), kind: ValueType::Int4 }
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Value { datum: Datum::from(value), kind: ValueType::Int8 }
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Value { datum: Datum::from(value.to_bits()), kind: ValueType::Float8 }
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Value { datum: Datum::from(value), kind: ValueType::Bool }
    }
}

/// A value of a row to be written.
pub fn value(value: impl Into<Value>) -> Option<Value> {
    Some(value.into())
}

/// The types of a query's columns.
pub struct RowType(Vec<ValueType>);

impl RowType {
    /// The types that a descriptor says.
    ///
    /// # Safety
    /// It must be valid.
    pub unsafe fn of(description: pg_sys::TupleDesc) -> Self {
        // SAFETY: as the caller promises.
        unsafe {
            let count = (*description).natts as usize;
            RowType((0..count).map(|i| ValueType::of((*attribute(description, i)).atttypid)).collect())
        }
    }

    /// No columns.
    pub const fn none() -> Self {
        RowType(Vec::new())
    }

    /// How many columns there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// A row of these columns.
    ///
    /// # Safety
    /// Both arrays must hold values and NULL flags of as many columns of these types.
    pub unsafe fn row<'a>(&'a self, values: *const Datum, nulls: *const bool) -> Row<'a> {
        // SAFETY: as the caller promises.
        unsafe {
            let (values, nulls) =
                (std::slice::from_raw_parts(values, self.len()), std::slice::from_raw_parts(nulls, self.len()));
            Row { types: &self.0, values, nulls }
        }
    }
}

/// One row of a query. Columns count from 0; `None` is NULL. Values live as long as the row.
pub struct Row<'a> {
    types: &'a [ValueType],
    values: &'a [Datum],
    nulls: &'a [bool],
}

impl<'a> Row<'a> {
    /// Column `i` with the type it has.
    pub fn value(&self, i: usize) -> Option<Value> {
        (!*self.nulls.get(i)?).then(|| Value { datum: self.values[i], kind: self.types[i] })
    }

    /// Column `i`, which must be of this type.
    fn of(&self, i: usize, expected: ValueType) -> Result<Option<Datum>, Failure> {
        match self.types.get(i) {
            Some(&found) if found == expected => Ok((!self.nulls[i]).then(|| self.values[i])),
            found => {
                let found = found.copied().unwrap_or(ValueType::Other(pg_sys::UNKNOWNOID));
                Err(wrong_type(&format!("column {} of a query", i + 1), found, expected))
            }
        }
    }

    /// Column `i` of type boolean.
    pub fn boolean(&self, i: usize) -> Result<Option<bool>, Failure> {
        Ok(self.of(i, ValueType::Bool)?.map(|datum| datum.value() & 0xff != 0))
    }

    /// Column `i` of type integer.
    pub fn int4(&self, i: usize) -> Result<Option<i32>, Failure> {
        Ok(self.of(i, ValueType::Int4)?.map(|datum| datum.value() as i32))
    }

    /// Column `i` of type bigint.
    pub fn int8(&self, i: usize) -> Result<Option<i64>, Failure> {
        Ok(self.of(i, ValueType::Int8)?.map(|datum| datum.value() as i64))
    }

    /// Column `i` of type double precision.
    pub fn float8(&self, i: usize) -> Result<Option<f64>, Failure> {
        Ok(self.of(i, ValueType::Float8)?.map(|datum| f64::from_bits(datum.value() as u64)))
    }

    /// Column `i` of type timestamptz, in microseconds since 2000-01-01 UTC.
    pub fn time(&self, i: usize) -> Result<Option<i64>, Failure> {
        Ok(self.of(i, ValueType::Timestamptz)?.map(|datum| datum.value() as i64))
    }

    /// Column `i` of type text.
    pub fn text(&self, i: usize) -> Result<Option<&'a str>, Failure> {
        self.payload(i, ValueType::Text)?.map(utf8).transpose()
    }

    /// Column `i` of type bytea.
    pub fn bytea(&self, i: usize) -> Result<Option<&'a [u8]>, Failure> {
        self.payload(i, ValueType::Bytea)
    }

    /// Column `i` of type trace, in its binary form.
    pub fn trace(&self, i: usize) -> Result<Option<&'a [u8]>, Failure> {
        self.payload(i, ValueType::Trace)
    }

    /// Column `i` of type generator, in its binary form.
    pub fn generator(&self, i: usize) -> Result<Option<&'a [u8]>, Failure> {
        self.payload(i, ValueType::Generator)
    }

    /// Column `i` of type automaton.
    pub fn automaton(&self, i: usize) -> Result<Option<Automaton>, Failure> {
        self.of(i, ValueType::Automaton)?.map(expanded::automaton_of).transpose()
    }

    /// Works on the state in column `i`, of the type of an aggregate's states.
    pub fn state<T: Growing, R>(
        &self,
        i: usize,
        work: impl FnOnce(&mut T) -> Result<R, Failure>,
    ) -> Result<Option<R>, Failure> {
        self.of(i, T::TYPE)?.map(|datum| expanded::with::<T, R>(datum, work)).transpose()
    }

    fn payload(&self, i: usize, expected: ValueType) -> Result<Option<&'a [u8]>, Failure> {
        // SAFETY: the column is of that type, whose values are of variable length.
        Ok(self.of(i, expected)?.map(|datum| unsafe { varlena_payload(datum) }))
    }
}
