//! What a fit or refresh has read of its source, and up to where later ones take it as settled.
//!
//! Rows have a place: the column that `refresh` goes by, or the time in the line. Those before a bound, the latest
//! place less the lateness, are settled: they must be what they were, which their number and the sum of their hashes
//! tells. The rows from the bound on are read again.

use super::info::Info;
use super::{Model, foreign, source, sql};
use crate::pg::bulk;
use crate::pg::error::Failure;
use crate::pg::trace_type::microseconds;
use crate::pg::value::Row;
use crate::trace::{RowDigest, Seen};
use pgrx::datum::{DatumWithOid, TimestampWithTimeZone};
use pgrx::pg_sys;

/// How far back a refresh by number looks: numbers are given out before their rows are committed.
const NUMBERS_BACK: i64 = 10_000;
/// Types of columns that are numbers, not times.
const NUMBERS: [&str; 3] = ["int2", "int4", "int8"];

/// Where a row of the source stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// By a column of times.
    Time(String),
    /// By a column of growing numbers.
    Number(String),
    /// By the time that is in its line.
    Line,
}

/// A bound and what the model has read before it; `None` where that is not known to be all.
pub struct Settled {
    /// Rows from here on are read again.
    pub before: i64,
    /// The rows before.
    pub seen: Option<Seen>,
}

impl Place {
    /// How a model's rows are placed; `None` where nothing says.
    pub fn of(model: &Model) -> Result<Option<Self>, Failure> {
        let Some(column) = &model.info.refresh_by else {
            return Ok(model.info.lines_give("time").then_some(Place::Line));
        };
        let columns = source::columns(&model.info.source)?;
        let base = &source::column(&columns, column, "refresh_by", &model.info.source)?.base;
        let number = NUMBERS.contains(&base.as_str());
        Ok(Some(if number { Place::Number(column.clone()) } else { Place::Time(column.clone()) }))
    }

    /// The place of a row of the relation that is called so, as an expression.
    pub fn of_row(&self, info: &Info, relation: &str) -> String {
        let column = |name: &str| format!("{relation}.{}", sql::quote_identifier(name));
        match self {
            Place::Time(name) => format!("{}::timestamptz", column(name)),
            Place::Number(name) => format!("{}::bigint", column(name)),
            Place::Line => {
                let message = info.message_column.as_deref().unwrap_or_default();
                // Where its type cannot be looked up, no cast is tried either.
                let foreign = foreign::columns(&info.source).unwrap_or_else(|_| vec![message.into()]);
                let message = foreign::text_of(relation, message, &foreign);
                let settings = info.settings_literal();
                format!("(logfsm.read_line({settings}, NULL::logfsm.templates, {message})).at")
            }
        }
    }

    /// A bound as an expression of the type of places.
    pub fn literal(&self, bound: i64) -> Result<String, Failure> {
        if matches!(self, Place::Number(_)) {
            return Ok(format!("({bound})::bigint"));
        }
        let text: Option<String> = sql::one("SELECT pg_catalog.quote_literal($1)", &[time(bound)])?;
        Ok(format!("{}::timestamptz", text.unwrap_or_else(|| "NULL".into())))
    }

    /// The rows of the source from a bound on, and those without a place, as a relation of its shape.
    pub fn recent(&self, info: &Info, bound: i64) -> Result<String, Failure> {
        let columns = used(info, "x");
        let condition = match bound {
            i64::MIN => String::new(),
            _ => {
                let (place, bound) = (self.of_row(info, "x"), self.literal(bound)?);
                // Traces of rows without a place are always read again. Without a time of its own a row is an error.
                let placeless = if info.refresh_by.is_some() && info.refresh_by == info.at_column {
                    String::new()
                } else {
                    format!(" OR {place} IS NULL")
                };
                format!(" WHERE {place} OPERATOR(pg_catalog.>=) {bound}{placeless}")
            }
        };
        Ok(format!("(SELECT {} FROM {} x{condition})", columns.join(", "), info.source))
    }

    /// The columns `place` and `row_hash` of a query over the relation that is called so.
    pub fn columns(&self, info: &Info, relation: &str) -> String {
        let (place, used) = (self.of_row(info, relation), used(info, relation).join(", "));
        format!("{place} AS place, logfsm.row_hash({used}) AS row_hash")
    }

    /// The digest of the source's rows before and after a bound.
    pub fn digest(&self, model: &Model, bound: i64) -> Result<RowDigest, Failure> {
        let query = format!(
            "SELECT {} FROM (SELECT {} FROM {} AS s) AS r",
            digest_call(bound),
            self.columns(&model.info, "s"),
            model.info.source
        );
        let mut digest = RowDigest::new(bound);
        bulk::each_row(&query, &mut |row| take_digest(&row, 0, &mut digest))?;
        Ok(digest)
    }

    /// Moves the bound to the latest row less the lateness, and keeps what is before it: unless the model is known not
    /// to have just that.
    pub fn settle(&self, model: &Model, digest: RowDigest, complete: bool) -> Result<(), Failure> {
        let latest = digest.latest();
        let high_water = latest.filter(|_| !matches!(self, Place::Number(_))).map(time);
        let (before, seen) = digest.settle(match latest {
            Some(latest) => self.bound(model, latest)?,
            None => i64::MIN,
        });
        let set = format!(
            "UPDATE {} SET high_water = $1, settled_before = NULLIF($2, {}::bigint), settled_rows = $3, settled_sum = $4",
            model.table("model"),
            i64::MIN + 1
        );
        let rows = complete.then_some(seen.rows as i64);
        let sum = complete.then_some(seen.sum as i64);
        let none = Option::<TimestampWithTimeZone>::None.into();
        // The smallest number cannot be written: it and the next stand for no bound.
        let arguments = [high_water.unwrap_or(none), before.max(i64::MIN + 1).into(), rows.into(), sum.into()];
        sql::run(&set, &arguments)?;
        Ok(())
    }

    /// How far back from the latest row a refresh reads.
    fn bound(&self, model: &Model, latest: i64) -> Result<i64, Failure> {
        if matches!(self, Place::Number(_)) {
            return Ok(latest.saturating_sub(NUMBERS_BACK));
        }
        let query = format!("SELECT $1 OPERATOR(pg_catalog.-) lateness FROM {}", model.table("model"));
        let bound: Option<TimestampWithTimeZone> = sql::one(&query, &[time(latest)])?;
        Ok(bound.map_or(i64::MIN, microseconds))
    }

    /// What the latest fit or refresh left as settled. A lateness that was made longer since moves the bound back.
    pub fn settled(&self, model: &Model) -> Result<Settled, Failure> {
        let query = format!(
            "SELECT ARRAY[COALESCE(settled_before, {}), settled_rows, settled_sum] FROM {}",
            i64::MIN + 1,
            model.table("model")
        );
        let kept: Vec<Option<i64>> = sql::one(&query, &[])?.unwrap_or_default();
        let [Some(before), rows, sum] = kept[..] else {
            return Ok(Settled { before: i64::MIN, seen: None });
        };
        let before = if before == i64::MIN + 1 { i64::MIN } else { before };
        let high_water = format!("SELECT high_water FROM {}", model.table("model"));
        if let Some(high_water) = sql::one::<TimestampWithTimeZone>(&high_water, &[])? {
            let now = self.bound(model, microseconds(high_water))?;
            if now < before {
                return Ok(Settled { before: now, seen: None });
            }
        }
        let seen = rows.zip(sum).map(|(rows, sum)| Seen { rows: rows as u64, sum: sum as u64 });
        Ok(Settled { before, seen })
    }
}

/// The columns that a model uses of a relation, each once, in an order of their own.
fn used(info: &Info, relation: &str) -> Vec<String> {
    let mut used: Vec<String> =
        info.used_columns().iter().map(|column| format!("{relation}.{}", sql::quote_identifier(column))).collect();
    used.sort();
    used.dedup();
    used
}

/// The aggregate call for the digest of rows r that have the columns of [`Place::columns`].
pub fn digest_call(bound: i64) -> String {
    let bound = if bound == i64::MIN { "NULL::bigint".into() } else { format!("({bound})::bigint") };
    format!("logfsm.row_digest_agg(r.place, r.row_hash, {bound})")
}

/// Takes the digest in a column of a row; without rows there is none.
pub fn take_digest(row: &Row<'_>, i: usize, digest: &mut RowDigest) -> Result<(), Failure> {
    if let Some(found) = row.state::<RowDigest, _>(i, |found| Ok(found.clone()))? {
        *digest = found;
    }
    Ok(())
}

/// A time as an argument.
fn time(at: i64) -> DatumWithOid<'static> {
    // SAFETY: a timestamptz is a number of eight bytes.
    unsafe { DatumWithOid::new(crate::pg::trace_type::timestamp(at), pg_sys::TIMESTAMPTZOID) }
}

/// Keeps which traces have rows from the bound on, for models whose next refresh could not see otherwise that all of
/// those are gone.
pub fn remember_recent(model: &Model, place: &Place, traces: &str) -> Result<(), Failure> {
    if super::staged::by_window(model) {
        return Ok(());
    }
    let table = model.table("model");
    let recent = place.recent(&model.info, place.settled(model)?.before)?;
    let rows = model.info.rows_query(&recent, &format!("(SELECT templates FROM {table})"))?;
    let set = format!(
        "UPDATE {table} SET recent_traces = ARRAY(
             SELECT t.trace_id FROM {traces} t
             JOIN (SELECT DISTINCT r.trace_key FROM ({rows}) r WHERE r.trace_key IS NOT NULL) k ON k.trace_key {} t.trace_key
             WHERE t.run_id OPERATOR(pg_catalog.=) 0)",
        super::refresh::key_equality(model)?
    );
    source::run_reading(&model.info, || sql::run(&set, &[]))?;
    Ok(())
}
