//! Pictures: to_dot, to_mermaid, to_svg, to_html.

use super::call::{Call, Reply, sql_functions, text};
use super::error::Failure;
use super::expanded;
use crate::automaton::{Automaton, Direction, RenderOptions};
use crate::error::Result;
use crate::infer::{OptionKind, OptionSpec, Options};

const OPTIONS: &[OptionSpec] = &[
    OptionSpec {
        name: "min_probability",
        kind: OptionKind::Number(0.0, 1.0),
        default: "0.0",
        meaning: "hide transitions taken with less than this probability",
    },
    OptionSpec {
        name: "min_count",
        kind: OptionKind::Integer(0, i64::MAX),
        default: "0",
        meaning: "hide transitions that training traces took less often than this",
    },
    OptionSpec {
        name: "max_transitions",
        kind: OptionKind::Integer(1, 10_000),
        default: "60",
        meaning: "show at most this many transitions, the most frequent ones",
    },
    OptionSpec {
        name: "max_label",
        kind: OptionKind::Integer(1, 10_000),
        default: "60",
        meaning: "shorten labels to this many characters",
    },
    OptionSpec {
        name: "merge_parallel",
        kind: OptionKind::Boolean,
        default: "true",
        meaning: "draw all labels between two states at one edge",
    },
    OptionSpec {
        name: "direction",
        kind: OptionKind::Choice(&["down", "right"]),
        default: "\"down\"",
        meaning: "the way the picture reads",
    },
];

fn options(json: &str) -> Result<RenderOptions> {
    let options = Options::parse("pictures", OPTIONS, json)?;
    Ok(RenderOptions {
        min_probability: options.number("min_probability"),
        min_count: options.integer("min_count") as u64,
        max_transitions: options.integer("max_transitions") as usize,
        max_label: options.integer("max_label") as usize,
        merge_parallel: options.boolean("merge_parallel"),
        direction: if options.choice("direction") == "right" { Direction::LeftToRight } else { Direction::TopToBottom },
    })
}

fn picture(call: Call, draw: impl FnOnce(&Automaton, &RenderOptions) -> Result<String>) -> Reply {
    let (automaton, options) = (expanded::automaton(call, 0)?, options(&call.json(1, "{}"))?);
    Ok(Some(text(&draw(&automaton, &options).map_err(Failure::from)?)))
}

sql_functions! {
    /// to_dot(automaton, jsonb) → text
    fn logfsm_to_dot(call) { picture(call, |automaton, options| Ok(automaton.to_dot(options))) }

    /// to_mermaid(automaton, jsonb) → text
    fn logfsm_to_mermaid(call) { picture(call, |automaton, options| Ok(automaton.to_mermaid(options))) }

    /// to_svg(automaton, jsonb) → text
    fn logfsm_to_svg(call) { picture(call, Automaton::to_svg) }

    /// to_html(automaton, jsonb) → text
    fn logfsm_to_html(call) { picture(call, Automaton::to_html) }
}
