//! guards, guard_text and guard_sql: what an automaton asks of parameters, as rows, in words and as SQL.

use super::automaton_type::rows;
use super::cache::machine;
use super::call::{Call, datum, sql_functions, text};
use super::error::Failure;
use super::expanded;
use super::set::stream;
use super::sql::{quote_identifier, quote_literal};
use crate::automaton::guard::{Condition, Operator};
use crate::automaton::{Guard, guard::list_position};
use pgrx::PgSqlErrorCode;

/// What reads as a number, as the core reads it; a cast of such text cannot fail.
const NUMBER: &str = r"^[+-]?[0-9]{1,100}(\.[0-9]{0,100})?([eE][+-]?[0-9]{1,2})?$";

/// The guard of transition argument 1; `None` where that has none.
fn guard(call: Call) -> Result<Option<Guard>, Failure> {
    let Some(machine) = machine(call, 0)? else { return Ok(None) };
    let transition: i32 = call.need(1, "transition_id")?;
    let transitions = machine.automaton.transitions.len();
    if usize::try_from(transition).is_ok_and(|t| t < transitions) {
        return Ok(machine.automaton.guard(transition as usize));
    }
    let message = format!("the automaton has no transition {transition}");
    Err(Failure::new(PgSqlErrorCode::ERRCODE_INVALID_PARAMETER_VALUE, message)
        .detail(format!("Its transitions are numbered from 0 to {}.", transitions as i64 - 1))
        .hint("logfsm.transitions() lists them."))
}

/// A guard as an SQL expression over the jsonb column `params`: true or false, never NULL.
fn expression(guard: &Guard, params: &str) -> String {
    let alternative = |conditions: &Vec<Condition>| {
        let conditions: Vec<String> = conditions.iter().map(|c| condition(c, params)).collect();
        if conditions.is_empty() { "true".into() } else { conditions.join(" AND ") }
    };
    let alternatives: Vec<String> = guard.alternatives.iter().map(alternative).collect();
    if alternatives.len() == 1 { alternatives.concat() } else { format!("({})", alternatives.join(") OR (")) }
}

fn condition(condition: &Condition, params: &str) -> String {
    let value_of = |slot: &str| {
        let named = format!("{params} OPERATOR(pg_catalog.->>) {}::pg_catalog.text", quote_literal(slot));
        match list_position(slot) {
            Some(i) => format!("COALESCE({named}, {params} OPERATOR(pg_catalog.->>) {i})"),
            None => format!("({named})"),
        }
    };
    let value = value_of(&condition.slot);
    let compare = |n: f64, operator: &str, otherwise: bool| {
        format!(
            "CASE WHEN {value} OPERATOR(pg_catalog.~) '{NUMBER}' THEN {value}::pg_catalog.float8 \
             OPERATOR(pg_catalog.{operator}) '{n}'::pg_catalog.float8 ELSE {otherwise} END"
        )
    };
    let compare_slots = |slot: &str, plus: f64, operator: &str, otherwise: bool| {
        let other = value_of(slot);
        format!(
            "CASE WHEN {value} OPERATOR(pg_catalog.~) '{NUMBER}' AND {other} OPERATOR(pg_catalog.~) '{NUMBER}' \
             THEN {value}::pg_catalog.float8 OPERATOR(pg_catalog.{operator}) ({other}::pg_catalog.float8 \
             OPERATOR(pg_catalog.+) '{plus}'::pg_catalog.float8) ELSE {otherwise} END"
        )
    };
    let listed = |texts: &[Box<str>]| {
        let texts: Vec<String> = texts.iter().map(quote_literal).collect();
        let list = format!("ARRAY[{}]::pg_catalog.text[]", texts.join(", "));
        format!("COALESCE({value} COLLATE pg_catalog.\"C\" OPERATOR(pg_catalog.=) ANY ({list}), false)")
    };
    match &condition.operator {
        Operator::AtMost(n) => compare(n.0, "<=", false),
        Operator::Above(n) => compare(n.0, ">", true),
        Operator::OneOf(texts) => listed(texts),
        Operator::NoneOf(texts) => format!("NOT {}", listed(texts)),
        Operator::AtMostSlot(slot, plus) => compare_slots(slot, plus.0, "<=", false),
        Operator::AboveSlot(slot, plus) => compare_slots(slot, plus.0, ">", true),
        Operator::Missing => format!("{value} IS NULL"),
        Operator::Present => format!("{value} IS NOT NULL"),
    }
}

/// A column's name, each part of it quoted where it must be.
fn column(name: &str) -> String {
    name.split('.').map(quote_identifier).collect::<Vec<_>>().join(".")
}

sql_functions! {
    /// guards(automaton) → setof (transition_id, alternative, slot, operator, value)
    fn logfsm_guards(call) {
        stream(call, || {
            let automaton = expanded::automaton(call, 0)?;
            let guards = (0..automaton.transitions.len()).filter_map(|i| Some((i, automaton.guard(i)?)));
            let conditions = guards.flat_map(|(i, guard)| {
                let numbered = guard.alternatives.into_iter().enumerate();
                numbered.flat_map(move |(n, conditions)| conditions.into_iter().map(move |c| (i, n, c)))
            });
            rows(conditions.collect(), |(i, n, condition): (usize, usize, Condition)| Ok(vec![
                datum(i as i32),
                datum(n as i32 + 1),
                Some(text(&condition.slot)),
                Some(text(condition.operator.as_str())),
                condition.operator.value().as_deref().map(text),
            ]))
        })
    }

    /// guard_text(automaton, integer) → text
    fn logfsm_guard_text(call) {
        Ok(guard(call)?.map(|guard| text(&guard.to_string())))
    }

    /// guard_sql(automaton, integer, text) → text
    fn logfsm_guard_sql(call) {
        let params = column(call.need_text(2, "params")?);
        Ok(Some(text(&guard(call)?.map_or_else(|| "true".into(), |guard| expression(&guard, &params)))))
    }
}
