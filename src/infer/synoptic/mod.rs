//! Synoptic (Beschastnikh, Brun, Schneider, Sloan & Ernst 2011): the model satisfies exactly the mined invariants.
//!
//! The most compact model, one node per event type, is refined by counterexamples until every invariant holds, then
//! coarsened as far as they go on holding.
//!
//! ```text
//! one node a type      INITIAL → GET → hit → sent page → TERMINAL      GET → miss → query took → sent page
//! an invariant breaks  if a path exists that no trace may take, such as "a, c" where  a AFby b  holds
//! refine               the node where such a path leaves what traces do is split by its neighbour
//! coarsen              two nodes of one type are merged again if every invariant still holds
//! ```
//!
//! In reading order:
//!
//! * this file: [`Synoptic`], its options, and which invariants are enforced
//! * `graph`: event instances of distinct traces, partitioned into nodes of one type; splitting and merging
//! * `refine`: counterexamples by `infer/invariants/check`, the split that settles most of them, until none is left
//! * `timed`: the same for bounds on times, if asked for
//! * `coarsen`: merging by trial, pairs with the same successors first
//! * `machine`: an automaton with a state per node, each transition labelled with the type of the node it enters; it
//!   may be nondeterministic

mod coarsen;
mod graph;
mod machine;
mod refine;
mod timed;

use super::holdout::distinct_traces;
use super::invariants::{self, Invariant, InvariantKind, MiningOptions, violations};
use super::{Control, Learner, OptionKind, OptionSpec, Options, Sample};
use crate::automaton::{Automaton, Kind, LabelId, Provenance};
use crate::error::{Error, Result};
use coarsen::Rules;
use graph::Graph;
use std::collections::{BTreeMap, BTreeSet};
use timed::Times;

/// The Synoptic learner.
pub struct Synoptic;

const OPTIONS: &[OptionSpec] = &[
    invariants::KINDS,
    invariants::MIN_SUPPORT,
    invariants::IGNORE,
    invariants::NEVER_TOGETHER,
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
        name: "rounds",
        kind: OptionKind::Integer(0, i64::MAX),
        default: "9223372036854775807",
        meaning: "rounds of splitting after which to stop: with coarsen false, the stages of refinement",
    },
    OptionSpec {
        name: "timed",
        kind: OptionKind::Boolean,
        default: "false",
        meaning: "whether the times of AFby and AP are enforced too: no path as long as the longest trace may be \
                  surely faster or slower than all traces (Perfume, Ohmann et al. 2014)",
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

    fn effective(&self, options: &Options, _negative: bool) -> BTreeMap<String, String> {
        let mut text = options.to_text();
        if !options.boolean("refine") {
            text.remove("rounds");
        }
        // The order of a list, and what it holds twice, tells nothing.
        for name in ["kinds", "ignore", "invariants"] {
            if let serde_json::Value::Array(of) = options.json(name) {
                let all: BTreeSet<String> = of.iter().map(ToString::to_string).collect();
                text.insert(name.into(), format!("[{}]", Vec::from_iter(all).join(",")));
            }
        }
        text
    }

    fn learn(&self, sample: Sample<'_>, options: &Options, control: &Control<'_>) -> Result<Automaton> {
        let tree = sample.positive;
        let invariants = enforced(tree, options, control)?;
        let traces = distinct_traces(tree, control)?;
        let mut graph = Graph::new(&traces, tree.labels.len());
        control.check_memory("synoptic", graph.bytes())?;
        let times = if options.boolean("timed") { Some(Times::of(tree, &traces, control)?) } else { None };
        let (initial, mut rounds) = (graph.nodes(), 0);
        if options.boolean("refine") {
            let most = options.integer("rounds").unsigned_abs();
            rounds = refine::refine(&mut graph, &invariants, tree.labels.len(), most, control)?;
            if let Some(times) = &times {
                rounds += timed::refine(&mut graph, &invariants, times, most.saturating_sub(rounds), control)?;
            }
        }
        let refined = graph.nodes();
        if options.boolean("coarsen") {
            let rules = Rules { invariants: &invariants, labels: tree.labels.len(), times: times.as_ref() };
            coarsen::coarsen(&mut graph, &rules, control)?;
        }
        let mut machine = machine::machine(tree, &traces, &graph, control)?;
        machine.learned.invariants = invariants;
        let note = format!(
            "{initial} nodes with INITIAL and TERMINAL, {refined} after {rounds} rounds of splitting, {} in the end",
            graph.nodes()
        );
        let (method, options) = (self.name().into(), BTreeMap::new());
        machine.kind = Kind::Inferred(Provenance { method, options, notes: vec![note] });
        Ok(machine)
    }

    fn keeps_invariants(&self) -> bool {
        true
    }
}

/// The invariants to enforce, numbered by the tree's labels: mined ones and the user's, ascending.
fn enforced(tree: &Automaton, options: &Options, control: &Control<'_>) -> Result<Vec<Invariant>> {
    let mut list = invariants::mine(tree, &MiningOptions::from_options(options)?, control)?.list;
    for mut invariant in invariants::own(tree, options.json("invariants"))? {
        if let Some(broken) = violations(tree, &invariant, 1, control)?.first() {
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
        if let Err(at) = list.binary_search_by_key(&invariant.key(), Invariant::key) {
            invariant.support = support(tree, &invariant);
            list.insert(at, invariant);
        }
    }
    Ok(list)
}

/// How many events an invariant holds of.
fn support(tree: &Automaton, invariant: &Invariant) -> u64 {
    let of =
        if invariant.kind == InvariantKind::AlwaysPrecedes { invariant.b } else { invariant.a.unwrap_or(invariant.b) };
    tree.transitions.iter().filter(|t| t.label == of).map(|t| t.count).sum()
}
