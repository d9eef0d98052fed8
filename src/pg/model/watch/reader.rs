//! Reading inserted rows as events: straight from the tuples where the columns have the types that the model wants,
//! else by a query that casts them.

use super::super::foreign;
use super::super::refresh::key_type;
use super::columns::{Columns, Tuple, place};
use super::compiled::{Compiled, Watch};
use super::fired::Fired;
use super::row::{Names, Row, Rows};
use super::statements::NEW_ROWS;
use super::transaction::Traces;
use crate::pg::error::Failure;
use crate::pg::plan::Plan;
use crate::pg::value::{Row as Record, ValueType};
use pgrx::PgSqlErrorCode;
use pgrx::pg_sys::{INT8OID, TEXTOID, TIMESTAMPTZOID};

/// Characters of a message kept with an anomaly.
pub const SHOWN: usize = 200;

/// How the rows of a watched table are read.
pub enum Reader {
    /// From tuples.
    Tuples(Columns),
    /// By a query.
    Query(Plan),
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
            let info = &model.model.info;
            let templates = format!("(SELECT templates FROM {})", model.model.table("model"));
            let by_row = fired.is_row();
            let relation = if by_row { format!("(SELECT ($1::{}).*)", fired.row_type()) } else { NEW_ROWS.into() };
            let foreign = foreign::columns(&fired.qualified_name())?;
            foreign::require_plain(info, &fired.table_name(), &foreign)?;
            let rows = info.rows_query_of(&relation, &templates, &foreign);
            let query = format!(
                "SELECT {}, r.event, r.at, r.seq, r.component, r.params::text, pg_catalog.left(r.message, {SHOWN}) FROM ({rows}) r",
                key_of(model, fired, &foreign)?
            );
            let results = [model.key.oid, TEXTOID, TIMESTAMPTZOID, INT8OID, TEXTOID, TEXTOID, TEXTOID];
            let row_type = (*(*(*fired.data).tg_relation).rd_rel).reltype;
            let plan =
                if by_row { Plan::new(&query, &[row_type], &results) } else { Plan::over_new_rows(&query, &results) };
            Ok(Reader::Query(plan))
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
        // SAFETY: the tuples are of the relation that the columns were found in.
        unsafe {
            match self {
                Reader::Query(plan) => {
                    let row = if fired.is_row() { vec![Some(fired.row_datum())] } else { Vec::new() };
                    // Nothing is borrowed while the query runs: its functions may insert into the table.
                    plan.each_of(fired.data, &row, |record| {
                        read_record(&model, record, &mut model.names.borrow_mut(), traces, rows)
                    })?;
                }
                Reader::Tuples(columns) => {
                    let names = &mut model.names.borrow_mut();
                    fired.each_tuple(None, |number, values, nulls| {
                        columns.read(&model, &Tuple { values, nulls }, number, names, traces, rows)
                    })?;
                }
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
        if !columns.have_details() {
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

/// The trace key of a row `r` as the model's type. A cast is only made between types of Postgres: others would run code of
/// the types' owner.
fn key_of(model: &Compiled, fired: &Fired, foreign: &[String]) -> Result<String, Failure> {
    let Some(column) = &model.model.info.trace_column else { return Ok("r.trace_key".into()) };
    let is_foreign = foreign.contains(column);
    let is_same = fired.column_type(column) == Some(model.key.oid);
    if model.key.oid == TEXTOID && is_foreign {
        return Ok(foreign::text_of("r", "trace_key", &["trace_key".into()]));
    }
    if is_same && (is_foreign || model.key.is_foreign()) {
        return Ok("r.trace_key".into());
    }
    if is_foreign || model.key.is_foreign() {
        let message =
            format!("column \"{column}\" of {} is not of the type of the model's trace keys", fired.table_name());
        return Err(Failure::new(PgSqlErrorCode::ERRCODE_DATATYPE_MISMATCH, message)
            .detail("One of the types is not of Postgres, and its cast would run with the rights of the model's owner.")
            .hint("Give the column the type that it has in the source."));
    }
    Ok(format!("CAST(r.trace_key AS {})", key_type(&model.model)?))
}

fn read_record(
    model: &Compiled,
    record: &Record<'_>,
    names: &mut Names,
    traces: &mut Traces,
    rows: &mut Rows,
) -> Result<(), Failure> {
    let number = rows.rows.len() as u32;
    let Some(key) = record.value(0) else { return Ok(()) };
    let trace = traces.entry_of(model.key.key(key.datum(ValueType::of(model.key.base))?));
    let (at, seq) = (record.time(2)?, record.int8(3)?);
    let message = rows.keep(record.text(6)?.map(Into::into));
    let mut row = Row { message, ..Row::incomplete(trace, number) };
    if let (Some(event), Some((at, seq))) = (record.text(1)?, place(model, at, seq)) {
        let parameters = rows.keep(record.text(5)?.map(Into::into));
        let name = names.number(record.text(4)?.map(str::as_bytes), event.as_bytes());
        row = Row { name, at, seq, parameters, ..row };
    }
    rows.rows.push(row);
    Ok(())
}
