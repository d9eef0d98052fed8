//! Synoptic (Beschastnikh, Brun, Schneider, Sloan & Ernst 2011): the model satisfies exactly the mined invariants.
//!
//! The most compact model, one node per event type, is refined by counterexamples until every invariant holds, then
//! coarsened as far as they go on holding.

mod graph;
mod machine;
mod refine;

use super::holdout::distinct_traces;
use super::invariants::{Invariant, InvariantKind, InvariantMiner, MiningOptions, violations};
use super::{Control, Learner, OptionKind, OptionSpec, Options, Sample};
use crate::automaton::{Automaton, LabelId};
use crate::error::{Error, Result};
use crate::trace::Label;
use graph::Graph;
use serde_json::Value;

/// The Synoptic learner.
pub struct Synoptic;

const OPTIONS: &[OptionSpec] = &[
    OptionSpec {
        name: "kinds",
        kind: OptionKind::Json,
        default: r#"["AFby", "AP", "NFby"]"#,
        meaning: "kinds of invariants that are mined: AFby, AP, NFby, IntrBy",
    },
    OptionSpec {
        name: "min_support",
        kind: OptionKind::Integer(0, i64::MAX),
        default: "0",
        meaning: "invariants seen to hold of fewer events are not enforced",
    },
    OptionSpec {
        name: "ignore",
        kind: OptionKind::Json,
        default: "[]",
        meaning: "pairs [a, b] of event types between which no mined invariant is enforced",
    },
    OptionSpec {
        name: "invariants",
        kind: OptionKind::Json,
        default: "[]",
        meaning: "invariants [kind, a, b] of your own, enforced like mined ones; a may be INITIAL",
    },
    OptionSpec {
        name: "refine",
        kind: OptionKind::Boolean,
        default: "true",
        meaning: "whether to split nodes until every invariant holds",
    },
    OptionSpec {
        name: "coarsen",
        kind: OptionKind::Boolean,
        default: "true",
        meaning: "whether to merge nodes again that no invariant needs apart",
    },
];

impl Learner for Synoptic {
    fn name(&self) -> &'static str {
        "synoptic"
    }

    fn summary(&self) -> &'static str {
        "refines one node per event type until the mined temporal invariants hold, then coarsens: the model satisfies \
         exactly those (Beschastnikh et al. 2011); may be nondeterministic"
    }

    fn options(&self) -> &'static [OptionSpec] {
        OPTIONS
    }

    fn learn(&self, sample: Sample<'_>, options: &Options, control: &Control<'_>) -> Result<Automaton> {
        let tree = sample.positive;
        let invariants = enforced(tree, options, control)?;
        let traces = distinct_traces(tree);
        let mut graph = Graph::new(&traces, tree.labels.len());
        control.check_memory("synoptic", graph.bytes())?;
        if options.boolean("refine") {
            refine::refine(&mut graph, &invariants, tree.labels.len(), control)?;
        }
        if options.boolean("coarsen") {
            refine::coarsen(&mut graph, &invariants, tree.labels.len(), control)?;
        }
        machine::machine(tree, &traces, &graph, control)
    }
}

/// The invariants to enforce, numbered by the tree's labels: mined ones, then the user's.
fn enforced(tree: &Automaton, options: &Options, control: &Control<'_>) -> Result<Vec<Invariant>> {
    let kinds = kinds(options.json("kinds"))?;
    let ignore = pairs(options.json("ignore"))?;
    let min_support = options.integer("min_support").unsigned_abs();
    let miner = InvariantMiner::from_tree(tree, control)?;
    let mining = MiningOptions { kinds, min_support, never_together: true, ignore };
    let mut list = miner.finish(&mining).list;
    for invariant in own(tree, options.json("invariants"))? {
        if let Some(broken) = violations(tree, &invariant, 1).first() {
            let name = |id: LabelId| tree.labels[id as usize].to_string();
            let events: Vec<String> = broken.events.iter().take(20).map(|&e| name(e)).collect();
            return Err(Error::InvalidArgument {
                argument: "invariants",
                reason: format!(
                    "{} {} {} does not hold: {} traces break it with the events {}",
                    invariant.a.map_or("INITIAL".into(), name),
                    invariant.kind.as_str(),
                    name(invariant.b),
                    broken.count,
                    events.join(", ")
                ),
                hint: "Leave the invariant out, or remove the traces that break it.".into(),
            });
        }
        if !list.iter().any(|i| (i.kind, i.a, i.b) == (invariant.kind, invariant.a, invariant.b)) {
            list.push(invariant);
        }
    }
    Ok(list)
}

fn malformed(name: &str, value: &Value, expected: &str) -> Error {
    Error::InvalidOption { name: name.into(), value: value.to_string(), expected: expected.into() }
}

fn kinds(value: &Value) -> Result<Vec<InvariantKind>> {
    let kind = |v: &Value| v.as_str().and_then(InvariantKind::from_name);
    let all = value.as_array().and_then(|list| list.iter().map(kind).collect::<Option<Vec<_>>>());
    let mut kinds = all.ok_or_else(|| malformed("kinds", value, "an array of AFby, AP, NFby, IntrBy"))?;
    kinds.sort_unstable();
    kinds.dedup();
    Ok(kinds)
}

/// A label from its text: an event type, or `component: event` as labels print.
fn label(tree: Option<&Automaton>, text: &str) -> Label {
    let printed = tree.and_then(|tree| tree.labels.iter().find(|label| label.to_string() == text));
    printed.cloned().unwrap_or_else(|| Label::event(text))
}

fn pairs(value: &Value) -> Result<Vec<(Label, Label)>> {
    let pair = |v: &Value| match v.as_array().map(Vec::as_slice) {
        Some([Value::String(a), Value::String(b)]) => Some((label(None, a), label(None, b))),
        _ => None,
    };
    let all = value.as_array().and_then(|list| list.iter().map(pair).collect());
    all.ok_or_else(|| malformed("ignore", value, r#"an array of pairs, as in [["open", "close"]]"#))
}

fn own(tree: &Automaton, value: &Value) -> Result<Vec<Invariant>> {
    let expected = r#"an array of [kind, a, b] with event types that occur, as in [["AFby", "open", "close"]]"#;
    let id = |text: &str| tree.label_id(&label(Some(tree), text));
    let invariant = |v: &Value| match v.as_array().map(Vec::as_slice) {
        Some([Value::String(kind), Value::String(a), Value::String(b)]) => {
            let kind = InvariantKind::from_name(kind)?;
            let initial = a == "INITIAL" && kind == InvariantKind::AlwaysFollowedBy && id(a).is_none();
            let a = if initial { None } else { Some(id(a)?) };
            Some(Invariant { kind, a, b: id(b)?, support: 0, times: None })
        }
        _ => None,
    };
    let all = value.as_array().and_then(|list| list.iter().map(invariant).collect());
    all.ok_or_else(|| malformed("invariants", value, expected))
}
