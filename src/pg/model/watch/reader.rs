//! Reading inserted rows as events: straight from the tuples where the columns have the types that the model wants,
//! else by a query that casts them.

use super::columns::{Columns, Tuple, place};
use super::compiled::{Compiled, Watch};
use super::fired::Fired;
use super::row::{Names, Row, Rows};
use super::statements::NEW_ROWS;
use super::transaction::Traces;
use crate::pg::error::Failure;
use crate::pg::plan::Plan;
use crate::pg::value::{Row as Record, ValueType};

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
                    plan.each_of(fired.data, &row, |record| read_record(&model, record, names, traces, rows))?;
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
