//! The row of a model, read as it is stored: looking at a table runs nobody's code, be it a policy, a rule or a cast.

use crate::pg::call::{utf8, varlena_payload};
use crate::pg::value::attribute;
use pgrx::pg_sys::{self, Datum, Oid};
use pgrx::{FromDatum, datum::TimestampWithTimeZone};
use std::ffi::CStr;

/// The columns of `logfsm.model_info` that plan work; the values of other types stay in the table.
#[derive(Debug, Clone)]
pub struct Info {
    pub name: String,
    pub source: String,
    pub trace_column: Option<String>,
    pub trace_pattern: Option<String>,
    pub trace_slot: Option<i32>,
    pub event_column: Option<String>,
    pub message_column: Option<String>,
    pub at_column: Option<String>,
    pub seq_column: Option<String>,
    pub component_column: Option<String>,
    pub params_column: Option<String>,
    pub refresh_by: Option<String>,
    /// How lines of the message column are read, as JSON text.
    pub parse_settings: Option<String>,
    /// What the lines' formats give: see `LineFormats::gives`.
    pub line_fields: Vec<String>,
    /// The column that says of rows what their trace is, and its value where that must not happen.
    pub label_column: Option<String>,
    pub negative_label: Option<String>,
    pub events: String,
    pub fits: i32,
    pub method: Option<String>,
    pub fitted_at: Option<TimestampWithTimeZone>,
    pub traces: Option<i64>,
    pub events_read: Option<i64>,
    /// Whether it was fitted with since or until.
    pub has_period: bool,
    pub states: Option<i64>,
    pub transitions: Option<i64>,
}

/// What a table that may be a model's holds.
pub enum Stored {
    /// Its first row.
    Row(Box<Info>),
    /// No row that a model could have, or the relation is no table of type `logfsm.model_info`.
    Nothing,
    /// It cannot be read now, because somebody has locked it.
    Locked,
}

/// The longest values that are looked at before it is known whose model it is: a stranger's row must not fill memory.
const LONGEST_BRIEF: usize = 1024;

/// How much of a row is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Extent {
    /// What a list of models shows.
    Brief,
    /// All of it.
    Whole,
}

/// Reads what a list of models shows of a table's row, waiting for its lock or not. The lock is given back.
pub fn brief(table: Oid, wait: bool) -> Stored {
    let lock = pg_sys::AccessShareLock as pg_sys::LOCKMODE;
    // SAFETY: as below.
    unsafe {
        if wait {
            pg_sys::LockRelationOid(table, lock);
        } else if !pg_sys::ConditionalLockRelationOid(table, lock) {
            return Stored::Locked;
        }
        let found = locked(table, Extent::Brief);
        pg_sys::UnlockRelationOid(table, lock);
        found.map_or(Stored::Nothing, |info| Stored::Row(Box::new(info)))
    }
}

/// Reads the row of a table, whose lock is kept until the transaction ends.
pub fn whole(table: Oid) -> Option<Info> {
    // SAFETY: the lock is held when the relation is opened.
    unsafe {
        pg_sys::LockRelationOid(table, pg_sys::AccessShareLock as pg_sys::LOCKMODE);
        locked(table, Extent::Whole)
    }
}

/// # Safety
/// The table is locked.
unsafe fn locked(table: Oid, extent: Extent) -> Option<Info> {
    // SAFETY: the relation is closed again; its lock is the caller's.
    unsafe {
        let relation = pg_sys::RelationIdGetRelation(table);
        if relation.is_null() {
            return None;
        }
        let class = (*relation).rd_rel;
        // Pages of temporary tables are in their session's memory, and a standby has none of unlogged ones.
        let persistence = (*class).relpersistence as u8;
        let is_here = persistence == pg_sys::RELPERSISTENCE_PERMANENT
            || (persistence == pg_sys::RELPERSISTENCE_UNLOGGED && !pg_sys::RecoveryInProgress());
        let is_ours = (*class).relkind as u8 == pg_sys::RELKIND_RELATION
            && (*class).reloftype == row_type()
            && (*class).relam == pg_sys::HEAP_TABLE_AM_OID;
        let found = if is_here && is_ours { first_row(relation, extent) } else { None };
        pg_sys::relation_close(relation, pg_sys::NoLock as pg_sys::LOCKMODE);
        found
    }
}

/// The type of models' rows; invalid where the extension is not there.
pub fn row_type() -> Oid {
    // SAFETY: look-ups by name that find nothing at worst.
    unsafe {
        let schema = pg_sys::get_namespace_oid(c"logfsm".as_ptr(), true);
        if schema == Oid::INVALID {
            return Oid::INVALID;
        }
        pg_sys::GetSysCacheOid(
            pg_sys::SysCacheIdentifier::TYPENAMENSP as i32,
            pg_sys::Anum_pg_type_oid as pg_sys::AttrNumber,
            Datum::from(c"model_info".as_ptr()),
            Datum::from(schema),
            Datum::null(),
            Datum::null(),
        )
    }
}

/// # Safety
/// The relation is a heap, open and locked.
unsafe fn first_row(relation: pg_sys::Relation, extent: Extent) -> Option<Info> {
    // SAFETY: a scan by a registered snapshot; values are copied before it ends.
    unsafe {
        // By a snapshot of its own, unless the transaction reads by one: what others have committed since counts.
        let snapshot = pg_sys::RegisterSnapshot(pg_sys::GetTransactionSnapshot());
        let scan = pg_sys::systable_beginscan(relation, Oid::INVALID, false, snapshot, 0, std::ptr::null_mut());
        let tuple = pg_sys::systable_getnext(scan);
        let info = if tuple.is_null() { None } else { Columns::of(relation, tuple, extent).info() };
        pg_sys::systable_endscan(scan);
        pg_sys::UnregisterSnapshot(snapshot);
        info
    }
}

/// The values of a row by name; a column of another type than the extension gave it holds nothing.
struct Columns<'a> {
    attributes: Vec<&'a pg_sys::FormData_pg_attribute>,
    values: Vec<Datum>,
    nulls: Vec<bool>,
    extent: Extent,
}

impl Columns<'_> {
    /// # Safety
    /// The tuple is one of the relation, which stays open.
    unsafe fn of(relation: pg_sys::Relation, tuple: pg_sys::HeapTuple, extent: Extent) -> Self {
        // SAFETY: both arrays are as wide as the relation.
        unsafe {
            let description = (*relation).rd_att;
            let width = (*description).natts as usize;
            let (mut values, mut nulls) = (vec![Datum::null(); width], vec![true; width]);
            pg_sys::heap_deform_tuple(tuple, description, values.as_mut_ptr(), nulls.as_mut_ptr());
            let attributes = (0..width).map(|i| &*attribute(description, i)).collect();
            Columns { attributes, values, nulls, extent }
        }
    }

    fn datum(&self, name: &str, sql_type: Oid) -> Option<Datum> {
        let at = self.attributes.iter().position(|attribute| {
            // SAFETY: names of attributes end with a NUL.
            let known = unsafe { CStr::from_ptr(attribute.attname.data.as_ptr()) };
            !attribute.attisdropped && attribute.atttypid == sql_type && known.to_bytes() == name.as_bytes()
        })?;
        (!self.nulls[at]).then(|| self.values[at])
    }

    fn text(&self, name: &str) -> Option<String> {
        let value = self.datum(name, pg_sys::TEXTOID)?;
        // SAFETY: the column is of type text.
        unsafe {
            let length = pg_sys::toast_raw_datum_size(value) as usize;
            if self.extent == Extent::Brief && length > LONGEST_BRIEF {
                return None;
            }
            utf8(varlena_payload(value)).ok().map(Into::into)
        }
    }

    fn get<T: FromDatum>(&self, name: &str, sql_type: Oid) -> Option<T> {
        // SAFETY: the column is of the type that the caller converts from.
        self.datum(name, sql_type).and_then(|d| unsafe { T::from_datum(d, false) })
    }

    fn info(&self) -> Option<Info> {
        let number = |name: &str| self.get::<i64>(name, pg_sys::INT8OID);
        let brief = Info {
            name: self.text("name")?,
            source: self.text("source")?,
            trace_column: None,
            trace_pattern: None,
            trace_slot: None,
            event_column: None,
            message_column: None,
            at_column: None,
            seq_column: None,
            component_column: None,
            params_column: None,
            refresh_by: None,
            parse_settings: None,
            line_fields: Vec::new(),
            label_column: None,
            negative_label: None,
            events: self.text("events")?,
            fits: self.get("fits", pg_sys::INT4OID)?,
            method: self.text("method"),
            fitted_at: self.get("fitted_at", pg_sys::TIMESTAMPTZOID),
            traces: number("traces"),
            events_read: number("events_read"),
            has_period: false,
            states: number("states"),
            transitions: number("transitions"),
        };
        if self.extent == Extent::Brief {
            return Some(brief);
        }
        let fields: Option<Vec<Option<String>>> = self.get("line_fields", pg_sys::TEXTARRAYOID);
        // SAFETY: the column is of type jsonb.
        let json = |name: &str| self.datum(name, pg_sys::JSONBOID).map(|d| unsafe { crate::pg::call::jsonb_text(d) });
        Some(Info {
            trace_column: self.text("trace_column"),
            trace_pattern: self.text("trace_pattern"),
            trace_slot: self.get("trace_slot", pg_sys::INT4OID),
            event_column: self.text("event_column"),
            message_column: self.text("message_column"),
            at_column: self.text("at_column"),
            seq_column: self.text("seq_column"),
            component_column: self.text("component_column"),
            params_column: self.text("params_column"),
            refresh_by: self.text("refresh_by"),
            parse_settings: json("parse_settings"),
            line_fields: fields.unwrap_or_default().into_iter().flatten().collect(),
            label_column: self.text("label_column"),
            negative_label: self.text("negative_label"),
            has_period: self.datum("since", pg_sys::TIMESTAMPTZOID).is_some()
                || self.datum("until", pg_sys::TIMESTAMPTZOID).is_some(),
            ..brief
        })
    }
}
