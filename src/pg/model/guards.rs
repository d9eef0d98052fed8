//! The guards of a model's machine as rows.

use super::Model;
use super::leaf::Leaves;
use crate::pg::error::Failure;
use crate::pg::sql;

/// Fills the guards leaf from the model's machine.
pub fn write(model: &Model, leaves: &mut Leaves<'_>) -> Result<(), Failure> {
    fill(model, &leaves.create("guards")?)?;
    leaves.finish("guards")
}

/// Fills an empty table of guards from the model's machine.
pub fn fill(model: &Model, leaf: &str) -> Result<(), Failure> {
    let insert = format!(
        "INSERT INTO {leaf} (run_id, transition_id, alternative, slot, operator, value)
         SELECT 0, g.transition_id, g.alternative, g.slot, g.operator, g.value
         FROM logfsm.guards((SELECT automaton FROM {})) g",
        model.table("model")
    );
    sql::run(&insert, &[])?;
    Ok(())
}
