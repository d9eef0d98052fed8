//! Options that any learner takes: what is done with its machine afterwards.

use super::determinize::{Graph, blocks, hybrid};
use super::guards::add_guards;
use super::{Control, OptionKind, OptionSpec, Options, quotient};
use crate::automaton::{Automaton, Kind, Learned};
use crate::error::Result;
use serde_json::Value;

const GUARDS: OptionSpec = OptionSpec {
    name: "guards",
    kind: OptionKind::Boolean,
    default: "false",
    meaning: "whether parameters choose among transitions where they tell what comes next",
};
const CONTAMINATION: OptionSpec = OptionSpec {
    name: "contamination",
    kind: OptionKind::Number(0.0, 0.5),
    default: "0",
    meaning: "share of the training traces that are taken to be faulty: scores compare with the others only",
};
const ALL: &[OptionSpec] = &[CONTAMINATION];
const ANY: &[OptionSpec] = &[GUARDS, CONTAMINATION];
const GUARDED: &[OptionSpec] = &[OptionSpec { default: "true", ..GUARDS }, CONTAMINATION];
const NONDETERMINISTIC: &[OptionSpec] = &[
    GUARDS,
    OptionSpec {
        name: "determinize",
        kind: OptionKind::Choice(&["none", "powerset", "hybrid"]),
        default: "\"none\"",
        meaning: "whether the machine is made deterministic: powerset accepts nothing more, hybrid merges states and \
                  may; guards need it",
    },
    CONTAMINATION,
];

/// The options that a method takes beside its own.
pub fn options(method: &str) -> &'static [OptionSpec] {
    match method {
        "rpni" => ALL,
        "mint" => GUARDED,
        "synoptic" => NONDETERMINISTIC,
        _ => ANY,
    }
}

/// These options, read.
pub(super) struct General(Options);

impl General {
    /// Takes a method's general options out of a JSON object; the rest are its own.
    pub(super) fn take(method: &str, json: &str) -> Result<(Self, String)> {
        let mut specs = options(method);
        let Ok(Value::Object(mut own)) = serde_json::from_str(json) else {
            return Ok((General(Options::parse(method, specs, "{}")?), json.into()));
        };
        // A machine of machines that look at parameters has their guards.
        if method == "prins" && own.get("base").and_then(Value::as_str) == Some("mint") {
            specs = GUARDED;
        }
        let taken: serde_json::Map<String, Value> =
            specs.iter().filter_map(|spec| Some((spec.name.to_string(), own.remove(spec.name)?))).collect();
        let general = Options::parse(method, specs, &Value::Object(taken).to_string())?;
        Ok((General(general), Value::Object(own).to_string()))
    }

    /// The share of training traces that are taken to be faulty.
    pub(super) fn contamination(&self) -> f64 {
        self.0.number("contamination")
    }

    /// Makes a machine deterministic and adds guards, as asked.
    pub(super) fn finish(&self, machine: Automaton, tree: &Automaton, control: &Control<'_>) -> Result<Automaton> {
        let (kind, learned) = (machine.kind.clone(), machine.learned.clone());
        let determinize = self.0.choice("determinize");
        let is_changed = !machine.is_deterministic();
        let mut machine = match determinize {
            "powerset" | "hybrid" if is_changed => {
                let graph = hybrid(Graph::of(&machine), u32::from(determinize == "hybrid"), control)?;
                // invariant: determinization loses no trace
                match blocks(&graph, tree) {
                    Some(blocks) => quotient(tree, &blocks, graph.len(), control)?,
                    None => machine,
                }
            }
            _ => machine,
        };
        if self.0.boolean("guards") {
            machine = add_guards(machine, tree, control)?;
        }
        machine.kind = kind;
        machine.learned = Learned { guards: machine.learned.guards, ..learned };
        if let Kind::Inferred(provenance) = &mut machine.kind {
            // A machine without parameters is the same whether guards are asked for or not.
            let guarded = !machine.learned.guards.is_empty();
            let shown = self.0.to_text().into_iter().filter(|(name, value)| match name.as_str() {
                "guards" => guarded,
                "contamination" => self.contamination() > 0.0,
                // A machine that was deterministic anyway is the same.
                _ => is_changed && value != "\"none\"",
            });
            provenance.options.extend(shown);
        }
        Ok(machine)
    }
}
