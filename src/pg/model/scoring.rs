//! The threshold of a model.

use super::synthesize::score_again;
use super::{Model, sql};
use crate::pg::call::{Call, Reply, datum};
use crate::pg::error::Failure;

/// Sets the threshold that about this share of normal traces exceeds.
pub fn set_threshold(model: &Model, false_positive_rate: f64) -> Result<f64, Failure> {
    let set =
        format!("UPDATE {} SET threshold = logfsm.threshold(automaton, $1) RETURNING threshold", model.table("model"));
    Ok(sql::one(&set, &[false_positive_rate.into()])?.unwrap_or(f64::INFINITY))
}

/// recalibrate(model, false_positive_rate) → threshold
pub fn recalibrate(call: Call) -> Reply {
    let rate: f64 = call.need(1, "false_positive_rate")?;
    let threshold = Model::change(call.need_text(0, "model")?, "recalibrate", |model| {
        model.require_fitted()?;
        let threshold = set_threshold(&model, rate)?;
        score_again(&model)?;
        Ok(threshold)
    })?;
    Ok(datum(threshold))
}
