//! Set-returning functions that stream: one row per call, so that nothing is stored in the target list.

use super::call::{Call, Reply, into_context};
use super::error::Failure;
use pgrx::PgSqlErrorCode;
use pgrx::pg_sys::{self, Datum};

/// One row: a value per column, `None` for NULL.
pub type Row = Vec<Option<Datum>>;
/// Rows still to come. Each is made in the per-call memory context.
pub type Rows = Box<dyn Iterator<Item = Result<Row, Failure>>>;

/// Answers one call of a set-returning function; `rows` is asked once, at the first call.
///
/// A function that returns one column gives bare values, one that returns several gives records.
pub fn stream(call: Call, rows: impl FnOnce() -> Result<Rows, Failure>) -> Reply {
    // SAFETY: the protocol of funcapi.h, step by step.
    unsafe {
        let fcinfo = call.0;
        let result_info = (*fcinfo).resultinfo.cast::<pg_sys::ReturnSetInfo>();
        if result_info.is_null() || !pgrx::is_a((*fcinfo).resultinfo, pg_sys::NodeTag::T_ReturnSetInfo) {
            return Err(Failure::new(
                PgSqlErrorCode::ERRCODE_FEATURE_NOT_SUPPORTED,
                "set-valued function called in context that cannot accept a set",
            ));
        }
        if (*(*fcinfo).flinfo).fn_extra.is_null() {
            let context = pg_sys::init_MultiFuncCall(fcinfo);
            let previous = pg_sys::MemoryContextSwitchTo((*context).multi_call_memory_ctx);
            let mut tuple_desc: pg_sys::TupleDesc = std::ptr::null_mut();
            if pg_sys::get_call_result_type(fcinfo, std::ptr::null_mut(), &mut tuple_desc)
                == pg_sys::TypeFuncClass::TYPEFUNC_COMPOSITE
            {
                (*context).tuple_desc = pg_sys::BlessTupleDesc(tuple_desc);
            }
            pg_sys::MemoryContextSwitchTo(previous);
            let rows = rows()?;
            (*context).user_fctx = into_context(rows, (*context).multi_call_memory_ctx).cast();
        }
        let context = pg_sys::per_MultiFuncCall(fcinfo);
        let rows = &mut *(*context).user_fctx.cast::<Rows>();
        match rows.next().transpose()? {
            Some(row) => {
                (*context).call_cntr += 1;
                (*result_info).isDone = pg_sys::ExprDoneCond::ExprMultipleResult;
                Ok(Some(form((*context).tuple_desc, row)).flatten())
            }
            None => {
                pg_sys::end_MultiFuncCall(fcinfo, context);
                (*result_info).isDone = pg_sys::ExprDoneCond::ExprEndResult;
                Ok(None)
            }
        }
    }
}

/// # Safety
/// `tuple_desc` must be null or blessed, with as many columns as the row has values.
pub unsafe fn form(tuple_desc: pg_sys::TupleDesc, row: Row) -> Option<Datum> {
    if tuple_desc.is_null() {
        return row.into_iter().next().flatten();
    }
    let mut nulls: Vec<bool> = row.iter().map(Option::is_none).collect();
    let mut values: Vec<Datum> = row.into_iter().map(|value| value.unwrap_or(Datum::null())).collect();
    // SAFETY: both arrays have the descriptor's length.
    unsafe {
        require_width(tuple_desc, values.len());
        let tuple = pg_sys::heap_form_tuple(tuple_desc, values.as_mut_ptr(), nulls.as_mut_ptr());
        Some(pg_sys::HeapTupleHeaderGetDatum((*tuple).t_data))
    }
}

/// A row of a fixed number of columns, without detours: for functions called once a row.
///
/// # Safety
/// `tuple_desc` must be blessed, with N columns.
pub unsafe fn form_columns<const N: usize>(tuple_desc: pg_sys::TupleDesc, row: [Option<Datum>; N]) -> Datum {
    let mut nulls = row.map(|value| value.is_none());
    let mut values = row.map(|value| value.unwrap_or(Datum::null()));
    // SAFETY: both arrays have the descriptor's length.
    unsafe {
        require_width(tuple_desc, N);
        let tuple = pg_sys::heap_form_tuple(tuple_desc, values.as_mut_ptr(), nulls.as_mut_ptr());
        pg_sys::HeapTupleHeaderGetDatum((*tuple).t_data)
    }
}

/// Fails where a function is declared with another number of columns than it gives.
///
/// # Safety
/// `tuple_desc` must be valid.
unsafe fn require_width(tuple_desc: pg_sys::TupleDesc, width: usize) {
    // SAFETY: as the caller promises.
    let declared = unsafe { (*tuple_desc).natts } as usize;
    if declared != width {
        let message = format!("a function of logfsm gives {width} columns and is declared with {declared}");
        Failure::new(PgSqlErrorCode::ERRCODE_DATATYPE_MISMATCH, message)
            .detail("The library and the extension's SQL objects are of different releases.")
            .hint("ALTER EXTENSION logfsm UPDATE.")
            .raise();
    }
}
