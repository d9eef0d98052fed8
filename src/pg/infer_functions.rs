//! infer and the list of methods.

use super::automaton_type::rows;
use super::call::{datum, sql_functions, text, varlena};
use super::expanded;
use super::set::stream;
use crate::infer::{Sample, auto_options, general_options, infer_from, learners};

/// One row per option, and one for a method without any.
fn method_rows() -> Vec<[Option<String>; 6]> {
    let auto = "chooses mdl, synoptic, prefix_multiset, alergia or k_tails: fewest bits per held-out event, then fewest broken invariants";
    let mut rows = Vec::new();
    for option in auto_options().iter().chain(general_options("auto")) {
        let (name, default, takes) = (option.name.into(), option.default.into(), option.kind.describe());
        let meaning = Some(option.meaning.into());
        rows.push([Some("auto".into()), Some(auto.into()), Some(name), Some(default), Some(takes), meaning]);
    }
    for learner in learners() {
        let (name, summary) = (Some(learner.name().to_string()), Some(learner.summary().to_string()));
        for option in learner.options().iter().chain(general_options(learner.name())) {
            let (default, takes, meaning) = (option.default.into(), option.kind.describe(), option.meaning.into());
            let option = option.name.to_string();
            rows.push([name.clone(), summary.clone(), Some(option), Some(default), Some(takes), Some(meaning)]);
        }
        if learner.options().is_empty() && general_options(learner.name()).is_empty() {
            rows.push([name, summary, None, None, None, None]);
        }
    }
    rows
}

sql_functions! {
    /// infer(automaton, text, jsonb, automaton) → automaton; the last one, of negative traces, may be NULL
    fn logfsm_infer(call) {
        if (0..3).any(|i| call.datum(i).is_none()) {
            return Ok(None);
        }
        let method = call.need_text(1, "method")?;
        let options = call.json(2, "{}");
        let positive = expanded::automaton(call, 0)?;
        let negative = call.datum(3).map(|_| expanded::automaton(call, 3)).transpose()?;
        let sample = Sample { positive: &positive, negative: negative.as_ref() };
        let control = super::control();
        Ok(Some(varlena(&infer_from(sample, method, &options, &control)?.to_bytes())))
    }

    /// component_automata(automaton) → setof (component, automaton)
    fn logfsm_component_automata(call) {
        stream(call, || {
            let components = expanded::automaton(call, 0)?.component_automata();
            rows(components, |(name, machine)| Ok(vec![name.as_deref().map(text), Some(varlena(&machine.to_bytes()))]))
        })
    }

    /// list_methods() → setof (method, summary, option, default_value, takes, meaning)
    fn logfsm_methods(call) {
        stream(call, || rows(method_rows(), |row| Ok(row.iter().map(|value| value.as_deref().map(text)).collect())))
    }

    /// version() → text
    fn logfsm_version(_call) {
        Ok(datum(env!("CARGO_PKG_VERSION")))
    }
}
