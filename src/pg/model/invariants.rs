//! The invariants of a model's traces: its table.

use super::Model;
use super::leaf::Leaves;
use crate::pg::error::Failure;
use crate::pg::sql;

/// Fills the invariants leaf from the machine.
pub fn write(model: &Model, leaves: &mut Leaves<'_>) -> Result<(), Failure> {
    fill(model, &leaves.create("invariants")?)?;
    leaves.finish("invariants")
}

/// Fills an empty table of invariants from the machine.
pub fn fill(model: &Model, leaf: &str) -> Result<(), Failure> {
    let insert = format!(
        "INSERT INTO {leaf} (run_id, invariant_id, kind, a, b, support, delay_min, delay_max, a_template_id, b_template_id)
         SELECT 0, i.* FROM logfsm.invariants((SELECT automaton FROM {})) i",
        model.table("model")
    );
    sql::run(&insert, &[])?;
    Ok(())
}
