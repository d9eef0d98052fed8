//! cross_validate, compare_methods, log_component_diversity and log_confidence.

use super::call::{Call, datum, sql_functions, text};
use super::error::Failure;
use super::model::Model;
use super::set::{Row, Rows, stream};
use super::{expanded, sql};
use crate::automaton::Automaton;
use crate::conform::accuracy::{
    Candidate, Judgement, LIKELIHOOD_FOLDS, Plan, Protocol, compare, cross_validate, folds, mean_of, wilson,
};
use pgrx::{PgLogLevel, PgSqlErrorCode};

/// Above this, components differ so much between traces that stitched machines lose accuracy (Shin et al. 2022).
const DIVERSE: f64 = 0.2;
/// Below this, more traces would show more behaviour (Cohen & Maoz 2015).
const CONFIDENT: f64 = 0.85;

/// Warns where the traces differ so much in their components that machines stitched from components lose accuracy.
fn warn_of_diversity(diversity: f64) {
    if diversity > DIVERSE {
        let message =
            format!("component diversity is {diversity:.3}: above {DIVERSE}, machines stitched by prins lose accuracy");
        Failure::new(PgSqlErrorCode::ERRCODE_WARNING, message)
            .detail("Traces differ in which components take part, so few traces show how any two of them take turns.")
            .hint("Compare with a method for the whole system by logfsm.compare_methods(), or fit by 'auto'.")
            .say(PgLogLevel::WARNING);
    }
}

/// Says where more traces would show more.
fn tell_confidence(confidence: f64, level: PgLogLevel) {
    if confidence < CONFIDENT {
        let message =
            format!("log confidence is {confidence:.3}: below {CONFIDENT}, more traces would show more behaviour");
        Failure::new(PgSqlErrorCode::ERRCODE_WARNING, message)
            .detail(
                "Some pairs of events in a row occur in very few traces; others are likely not to have occurred yet.",
            )
            .hint("Fit from a longer period, or expect new traces that the machine rejects.")
            .say(level);
    }
}

/// Says what speaks against learning from a model's traces before it is done.
pub fn tell_of_log(model: &Model, method: &str) -> Result<(), Failure> {
    let tree = tree_in(model)?;
    for odd in crate::infer::oddities(&tree, model.info.message_column.is_some()) {
        Failure::new(PgSqlErrorCode::ERRCODE_WARNING, odd.what).hint(odd.hint).say(PgLogLevel::NOTICE);
    }
    if method == "prins" {
        warn_of_diversity(tree.component_diversity(&super::control())?);
    }
    tell_confidence(tree.log_confidence(&super::control())?, PgLogLevel::NOTICE);
    Ok(())
}

/// The plan of arguments k, seed and protocol.
fn plan(call: Call, first: usize) -> Result<Plan, Failure> {
    let k: i32 = call.need(first, "k")?;
    let protocol = Protocol::named(call.need_text(first + 2, "protocol")?)?;
    Ok(Plan { protocol, folds: usize::try_from(k).unwrap_or(0), seed: call.need(first + 1, "seed")? })
}

/// The prefix tree of a model that the caller may read.
fn tree_of(name: &str) -> Result<Automaton, Failure> {
    Model::open(name, "Validating methods", &[], |model| {
        model.require_fitted()?;
        tree_in(model)
    })
}

fn tree_in(model: &Model) -> Result<Automaton, Failure> {
    let query = format!("SELECT logfsm.automaton_send(prefix_tree) FROM {}", model.table("model"));
    let bytes: Option<Vec<u8>> = sql::one(&query, &[])?;
    Ok(Automaton::from_bytes(&bytes.unwrap_or_default())?)
}

/// A share with its 95 % interval as three columns.
fn share(part: u64, whole: u64) -> [Option<pgrx::pg_sys::Datum>; 3] {
    let interval = wilson(part, whole);
    let value = interval.map(|_| part as f64 / whole as f64);
    [value.and_then(datum), interval.and_then(|i| datum(i.low)), interval.and_then(|i| datum(i.high))]
}

/// One judgement: fold, positives, negatives, recall, specificity and balanced accuracy with intervals, and the two
/// kinds of negatives apart.
fn judgement_row(fold: Option<i32>, judged: &Judgement) -> Row {
    let mut row =
        vec![fold.and_then(datum), datum(judged.positives as i64), datum((judged.local + judged.hidden) as i64)];
    row.extend(share(judged.accepted, judged.positives));
    let (local, hidden) = (wilson(judged.local_rejected, judged.local), wilson(judged.hidden_rejected, judged.hidden));
    let of = |part: u64, whole: u64| part as f64 / whole as f64;
    let specificity = match (local, hidden) {
        (Some(a), Some(b)) => {
            let (x, y) = (of(judged.local_rejected, judged.local), of(judged.hidden_rejected, judged.hidden));
            Some(((x + y) / 2.0, mean_of((x, a), (y, b))))
        }
        (Some(a), None) => Some((of(judged.local_rejected, judged.local), a)),
        (None, b) => b.map(|b| (of(judged.hidden_rejected, judged.hidden), b)),
    };
    let columns = |value: Option<(f64, crate::conform::accuracy::Interval)>| {
        [value.and_then(|v| datum(v.0)), value.and_then(|v| datum(v.1.low)), value.and_then(|v| datum(v.1.high))]
    };
    row.extend(columns(specificity));
    let recall = wilson(judged.accepted, judged.positives).map(|i| (of(judged.accepted, judged.positives), i));
    let accuracy = recall.zip(specificity).map(|(a, b)| ((a.0 + b.0) / 2.0, mean_of(a, b)));
    row.extend(columns(accuracy));
    row.push(local.and_then(|_| datum(of(judged.local_rejected, judged.local))));
    row.push(hidden.and_then(|_| datum(of(judged.hidden_rejected, judged.hidden))));
    row
}

fn validated(call: Call, tree: &Automaton) -> Result<Rows, Failure> {
    let candidate = Candidate::named(call.need_text(1, "method")?, &call.json(5, "{}"))?;
    let control = super::control();
    let judged = cross_validate(&folds(tree, plan(call, 2)?, &control)?, &candidate, &control)?;
    let all = judged.iter().fold(Judgement::default(), |a, b| a.plus(b));
    let numbered = judged.into_iter().enumerate().map(|(i, fold)| (Some(i as i32 + 1), fold));
    Ok(Box::new(numbered.chain([(None, all)]).map(|(fold, judged)| Ok(judgement_row(fold, &judged)))))
}

/// The methods named in a JSON array of names or of objects with method and options.
fn candidates(json: &str) -> Result<Vec<(String, Candidate)>, Failure> {
    let wrong = || {
        Failure::new(PgSqlErrorCode::ERRCODE_INVALID_PARAMETER_VALUE, "invalid methods")
            .detail(
                "A JSON array is needed, each of its elements a method's name or an object with method and options.",
            )
            .hint(r#"As in '["mdl", "3-gram", {"method": "prins", "options": {"u": 2}}]'."#)
    };
    let values: Vec<serde_json::Value> = serde_json::from_str(json).map_err(|_| wrong())?;
    let read = |value: &serde_json::Value| {
        let name = value.as_str().or_else(|| value.get("method")?.as_str()).ok_or_else(wrong)?;
        let options = value.get("options").map_or_else(|| "{}".into(), ToString::to_string);
        let shown = if options == "{}" { name.to_string() } else { format!("{name} {options}") };
        Ok((shown, Candidate::named(name, &options)?))
    };
    values.iter().map(read).collect()
}

fn compared(call: Call, tree: Automaton) -> Result<Rows, Failure> {
    let candidates = candidates(&call.json(1, "[]"))?;
    let plan = plan(call, 2)?;
    let control = super::control();
    let judged = folds(&tree, plan, &control)?;
    let by_distinct = Plan { protocol: Protocol::Strict, folds: LIKELIHOOD_FOLDS, seed: plan.seed };
    let measured = folds(&tree, by_distinct, &control)?;
    Ok(Box::new(candidates.into_iter().map(move |(name, candidate)| {
        let control = super::control();
        let row = compare(&tree, &judged, &measured, &candidate, &control)?;
        Ok(vec![
            Some(text(&name)),
            datum(row.states as i64),
            row.transitions.and_then(|n| datum(n as i64)),
            row.judgement.recall().and_then(datum),
            row.judgement.specificity().and_then(datum),
            row.judgement.balanced_accuracy().and_then(datum),
            datum(row.bits),
            datum(row.seconds),
        ])
    })))
}

sql_functions! {
    /// cross_validate(automaton, text, integer, bigint, text, jsonb) → setof record
    fn logfsm_cross_validate(call) {
        stream(call, || validated(call, &expanded::automaton(call, 0)?))
    }

    /// cross_validate(text, text, integer, bigint, text, jsonb) → setof record
    fn logfsm_cross_validate_model(call) {
        stream(call, || validated(call, &tree_of(call.need_text(0, "model")?)?))
    }

    /// compare_methods(automaton, jsonb, integer, bigint, text) → setof record
    fn logfsm_compare_methods(call) {
        stream(call, || compared(call, expanded::automaton(call, 0)?))
    }

    /// compare_methods(text, jsonb, integer, bigint, text) → setof record
    fn logfsm_compare_methods_model(call) {
        stream(call, || compared(call, tree_of(call.need_text(0, "model")?)?))
    }

    /// log_component_diversity(automaton) → double precision
    fn logfsm_log_component_diversity(call) {
        let diversity = expanded::automaton(call, 0)?.component_diversity(&super::control())?;
        warn_of_diversity(diversity);
        Ok(datum(diversity))
    }

    /// log_confidence(automaton) → double precision
    fn logfsm_log_confidence(call) {
        let confidence = expanded::automaton(call, 0)?.log_confidence(&super::control())?;
        tell_confidence(confidence, PgLogLevel::WARNING);
        Ok(datum(confidence))
    }
}
