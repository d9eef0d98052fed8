//! Statements prepared once per session, for triggers that run them row after row.
//!
//! They probe indexes by construction: a generic plan made while a table was small would scan it for ever.

use super::error::Failure;
use super::model::Settings;
use super::sql;
use super::value::{Row, RowType};
use pgrx::PgSqlErrorCode;
use pgrx::pg_sys::{self, Datum};
use pgrx::spi::Spi;
use std::cell::Cell;
use std::ffi::{CStr, CString, c_char};

/// Settings under which plans are made.
const PROBING: [&CStr; 5] =
    [c"enable_seqscan", c"enable_bitmapscan", c"enable_hashjoin", c"enable_mergejoin", c"enable_material"];

/// Runs statements whose plans look rows up one by one, by index: for few rows beside many of a table that was never
/// analyzed.
pub fn probing<T>(work: impl FnOnce() -> T) -> T {
    let _settings = probing_settings();
    work()
}

fn probing_settings() -> Settings {
    PROBING.iter().fold(Settings::new(), |settings, setting| settings.with(setting, c"off"))
}

/// A statement with the types of its parameters, prepared at its first use.
pub struct Plan {
    sql: CString,
    types: Vec<pg_sys::Oid>,
    /// The types of the columns of its result.
    results: Vec<pg_sys::Oid>,
    prepared: Cell<pg_sys::SPIPlanPtr>,
    /// Whether it reads a trigger's transition table, which must be registered in the connection.
    trigger: bool,
}

impl Plan {
    /// A statement to be prepared when it first runs, and the types of its result's columns: its rows are read by them,
    /// so each run fails where a table that it reads has come to have others.
    pub fn new(sql: &str, types: &[pg_sys::Oid], results: &[pg_sys::Oid]) -> Self {
        let (sql, prepared) = (CString::new(sql).unwrap_or_default(), Cell::new(std::ptr::null_mut()));
        Plan { sql, types: types.to_vec(), results: results.to_vec(), prepared, trigger: false }
    }

    /// A statement over the transition table of a trigger.
    pub fn over_new_rows(sql: &str, results: &[pg_sys::Oid]) -> Self {
        let mut plan = Plan::new(sql, &[], results);
        plan.trigger = true;
        plan
    }

    /// Runs it; the number of rows. `None` is NULL.
    pub fn run(&self, args: &[Option<Datum>]) -> Result<u64, Failure> {
        self.each(args, |_| Ok(()))
    }

    /// Runs it and calls `each` with every row of the result.
    pub fn each(
        &self,
        args: &[Option<Datum>],
        each: impl FnMut(&Row<'_>) -> Result<(), Failure>,
    ) -> Result<u64, Failure> {
        // SAFETY: no trigger data are used.
        unsafe { self.each_of(std::ptr::null_mut(), args, each) }
    }

    /// Runs it over the rows of a trigger.
    ///
    /// # Safety
    /// `data` must be what the trigger manager passed.
    pub unsafe fn each_of(
        &self,
        data: *mut pg_sys::TriggerData,
        args: &[Option<Datum>],
        mut each: impl FnMut(&Row<'_>) -> Result<(), Failure>,
    ) -> Result<u64, Failure> {
        sql::require_switch()?;
        Spi::connect_mut(|_| {
            // SAFETY: inside a connection; arguments have the types given at preparation.
            unsafe {
                if self.trigger {
                    pg_sys::SPI_register_trigger_data(data);
                }
                let settings = self.prepare()?;
                let mut values: Vec<Datum> = args.iter().map(|arg| arg.unwrap_or(Datum::null())).collect();
                let nulls: Vec<c_char> =
                    args.iter().map(|arg| if arg.is_none() { b'n' } else { b' ' } as c_char).collect();
                let code = pg_sys::SPI_execute_plan(self.prepared.get(), values.as_mut_ptr(), nulls.as_ptr(), false, 0);
                drop(settings);
                if code < 0 {
                    return Err(failed(code));
                }
                let (rows, table) = (pg_sys::SPI_processed, pg_sys::SPI_tuptable);
                if !table.is_null() {
                    require_types((*table).tupdesc, &self.results)?;
                    let columns = RowType::of((*table).tupdesc);
                    let (mut values, mut nulls) = (vec![Datum::null(); columns.len()], vec![true; columns.len()]);
                    for i in 0..(*table).numvals as usize {
                        let tuple = *(*table).vals.add(i);
                        pg_sys::heap_deform_tuple(tuple, (*table).tupdesc, values.as_mut_ptr(), nulls.as_mut_ptr());
                        each(&columns.row(values.as_ptr(), nulls.as_ptr()))?;
                    }
                }
                Ok(rows)
            }
        })
    }

    /// Prepares it, and gives the settings for planning where it will be planned now.
    ///
    /// # Safety
    /// Inside an SPI connection.
    unsafe fn prepare(&self) -> Result<Option<Settings>, Failure> {
        // SAFETY: a kept plan lives until it is freed below.
        unsafe {
            // What others changed is taken notice of now: else the plan would be made anew while it runs, without the settings.
            pg_sys::AcceptInvalidationMessages();
            let known = self.prepared.get();
            if !known.is_null() && pg_sys::SPI_plan_is_valid(known) {
                return Ok(None);
            }
            let settings = probing_settings();
            if known.is_null() {
                let mut types = self.types.clone();
                let options = pg_sys::CURSOR_OPT_GENERIC_PLAN as i32;
                let plan =
                    pg_sys::SPI_prepare_cursor(self.sql.as_ptr(), types.len() as i32, types.as_mut_ptr(), options);
                if plan.is_null() {
                    return Err(failed(pg_sys::SPI_result));
                }
                pg_sys::SPI_keepplan(plan);
                self.prepared.set(plan);
            }
            Ok(Some(settings))
        }
    }
}

/// Fails unless the columns of a result have the types that they are read by.
///
/// # Safety
/// `row` must be a live descriptor.
pub unsafe fn require_types(row: pg_sys::TupleDesc, types: &[pg_sys::Oid]) -> Result<(), Failure> {
    // SAFETY: as the caller says; columns are numbered from 1, and those that are not there have no type.
    let fits = |(i, &expected): (usize, &pg_sys::Oid)| unsafe { pg_sys::SPI_gettypeid(row, i as i32 + 1) } == expected;
    // SAFETY: as the caller says.
    let columns = unsafe { (*row).natts } as usize;
    if columns == types.len() && types.iter().enumerate().all(fits) { Ok(()) } else { Err(altered()) }
}

/// The error for a table of a model whose columns have other types than it was made with.
pub fn altered() -> Failure {
    Failure::new(
        PgSqlErrorCode::ERRCODE_DATATYPE_MISMATCH,
        "a column of a model's table has another type than it was made with",
    )
    .detail("The tables of a model are read and written as they were made.")
    .hint("Give the column its type back, or drop the model and create it anew.")
}

fn failed(code: i32) -> Failure {
    // SAFETY: gives a static string for every code.
    let what = unsafe { CStr::from_ptr(pg_sys::SPI_result_code_string(code)) }.to_string_lossy();
    Failure::new(PgSqlErrorCode::ERRCODE_INTERNAL_ERROR, format!("logfsm could not run a query: {what}"))
}

impl Drop for Plan {
    fn drop(&mut self) {
        let plan = self.prepared.get();
        // SAFETY: the plan is ours. While the process exits its memory is gone already.
        unsafe {
            if !plan.is_null() && !pg_sys::proc_exit_inprogress && !std::thread::panicking() {
                pg_sys::SPI_freeplan(plan);
            }
        }
    }
}
