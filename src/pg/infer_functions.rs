//! infer and the list of methods.

use super::call::{datum, sql_functions, text, varlena};
use super::error::Failure;
use super::set::{Row, Rows, stream};
use super::{check_interrupts, expanded, memory_limit};
use crate::infer::{Control, infer, learners};

fn method_rows() -> Vec<Row> {
    let mut rows = Vec::new();
    for learner in learners() {
        let head = [Some(learner.name().to_string()), Some(learner.summary().to_string())];
        let options: Vec<[Option<String>; 4]> = learner
            .options()
            .iter()
            .map(|o| {
                let described = o.kind.describe();
                [Some(o.name.into()), Some(o.default.into()), Some(described), Some(o.meaning.into())]
            })
            .collect();
        let options = if options.is_empty() { vec![[None, None, None, None]] } else { options };
        for option in options {
            rows.push(head.iter().chain(&option).map(|v| v.as_deref().map(text)).collect());
        }
    }
    rows
}

sql_functions! {
    /// infer(automaton, text, jsonb) → automaton
    fn logfsm_infer(call) {
        let method = call.need_text(1, "method")?;
        let options = call.json(2, "{}");
        let control = Control::new(&check_interrupts, memory_limit());
        Ok(Some(varlena(&infer(&expanded::automaton(call, 0)?, method, &options, &control)?.to_bytes())))
    }

    /// list_methods() → setof (method, summary, option, default_value, takes, meaning)
    fn logfsm_methods(call) {
        stream(call, || Ok(Box::new(method_rows().into_iter().map(Ok::<Row, Failure>)) as Rows))
    }

    /// version() → text
    fn logfsm_version(_call) {
        Ok(datum(env!("CARGO_PKG_VERSION")))
    }
}
