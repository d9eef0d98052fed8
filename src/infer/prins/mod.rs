//! PRINS (Shin, Bianculli & Briand 2022): a machine per component, stitched as components take turns in the traces.
//!
//! Components are small and learned in parallel; the machine of the system follows from theirs without ever merging
//! states across the whole system.
//!
//! ```text
//! a trace of the shop          api: GET · cache: miss · db: query took · api: sent page
//! projected to components      api: GET · sent page      cache: miss      db: query took
//! a machine each               api 0 ─GET─▶ 1 ─sent page─▶ 2      cache 0 ─miss─▶ 1      db 0 ─query took─▶ 1
//! slices, appended in turn     api ─GET─▶  cache ─miss─▶  db ─query took─▶  api ─sent page─▶
//! ```
//!
//! In reading order, one step each of the learner:
//!
//! 1. `project`: the prefix tree of one component's events alone
//! 2. this file, `learn_components`: a machine per component by the base method, on threads, made deterministic
//! 3. `stitch`: per distinct trace the slices of component machines in the order in which components take turns
//! 4. `infer/determinize`: hybrid determinization of the stitched graph, with the option `u`
//! 5. `infer/minimize`: states with the same future become one
//! 6. `infer/quotient`: counts, delays and samples from the prefix tree

mod project;
mod stitch;

use super::determinize::{Graph, blocks, hybrid, powerset};
use super::minimize::minimize;
use super::{Control, Learner, OptionKind, OptionSpec, Options, Sample, distinct_traces, parallel, quotient};
use crate::automaton::{Automaton, Component, Kind, LabelId, Learned, Provenance, StateId, Transition};
use crate::error::{Error, Result};
use std::collections::BTreeMap;
use stitch::{Models, Stitched};

/// The PRINS learner.
pub struct Prins;

const OPTIONS: &[OptionSpec] = &[
    OptionSpec {
        name: "base",
        kind: OptionKind::Json,
        default: "\"mdl\"",
        meaning: "the method that learns each component's machine: any that needs no negative traces",
    },
    OptionSpec {
        name: "base_options",
        kind: OptionKind::Json,
        default: "{}",
        meaning: "options of that method, as an object",
    },
    OptionSpec {
        name: "u",
        kind: OptionKind::Json,
        default: "1",
        meaning: "how often hybrid determinization may merge a state: a whole number from 0, or \"inf\"; larger \
                  generalises more, 0 is the powerset construction alone",
    },
    OptionSpec {
        name: "workers",
        kind: OptionKind::Integer(1, 64),
        default: "2",
        meaning: "threads that learn component machines; the result does not depend on it",
    },
    OptionSpec {
        name: "determinize",
        kind: OptionKind::Choice(&["none", "powerset", "hybrid"]),
        default: "\"hybrid\"",
        meaning: "none keeps the stitched machine for reading",
    },
    OptionSpec {
        name: "minimize",
        kind: OptionKind::Boolean,
        default: "true",
        meaning: "whether states of the result with the same future become one, which accepts nothing more",
    },
];

impl Learner for Prins {
    fn name(&self) -> &'static str {
        "prins"
    }

    fn summary(&self) -> &'static str {
        "learns a machine per component in parallel and stitches them together (PRINS, Shin, Bianculli & Briand 2022)"
    }

    fn options(&self) -> &'static [OptionSpec] {
        OPTIONS
    }

    fn effective(&self, options: &Options, _negative: bool) -> BTreeMap<String, String> {
        let mut text = options.to_text();
        text.remove("workers");
        match options.choice("determinize") {
            "none" => text.retain(|name, _| name != "u" && name != "minimize"),
            "powerset" => drop(text.remove("u")),
            _ if options.json("u").as_u64() == Some(0) => {
                text.remove("u");
                text.insert("determinize".into(), "\"powerset\"".into());
            }
            _ => {}
        }
        if let Ok(settings) = Settings::of(options) {
            text.insert("base_options".into(), settings.shown);
        }
        text
    }

    /// The sum of the base learner over components, then near linear in the events of distinct traces; only the powerset
    /// construction can be exponential.
    fn learn(&self, sample: Sample<'_>, options: &Options, control: &Control<'_>) -> Result<Automaton> {
        let tree = sample.positive;
        let settings = Settings::of(options)?;
        let (machines, components) = learn_components(tree, &settings, control)?;
        let (_, of_label) = project::components(tree);
        let first_label: Vec<LabelId> =
            (0..machines.len()).map(|c| of_label.partition_point(|&of| of < c) as LabelId).collect();
        let models = Models { machines: &machines, of_label: &of_label, first_label: &first_label };
        let traces = distinct_traces(tree, control)?;
        let stitched = stitch::stitch(&models, &traces, control)?;
        let mut targets: Vec<StateId> = stitched.graph.edges.iter().flatten().map(|edge| edge.1).collect();
        let edges = targets.len();
        targets.sort_unstable();
        targets.dedup();
        let mut notes =
            vec![format!("{} components; stitched: {} states, {edges} transitions", machines.len(), targets.len() + 1)];
        let mut machine = match settings.u {
            None => undetermined(tree, &stitched, &traces, control)?,
            Some(u) => {
                let mut graph = hybrid(stitched.graph, u, control)?;
                if options.boolean("minimize") {
                    graph = minimize(&graph, control)?;
                }
                determined(tree, &graph, &mut notes, control)?
            }
        };
        machine.learned = Learned { components, ..machine.learned };
        machine.kind = Kind::Inferred(Provenance { method: self.name().into(), options: BTreeMap::new(), notes });
        Ok(machine)
    }
}

/// The options, read.
struct Settings {
    base: String,
    base_options: String,
    /// Those that are not as by default, as text.
    shown: String,
    /// `None` keeps the machine nondeterministic.
    u: Option<u32>,
    workers: usize,
}

impl Settings {
    fn of(options: &Options) -> Result<Self> {
        let wrong = |name: &str, expected: &str| Error::InvalidOption {
            name: name.into(),
            value: options.json(name).to_string(),
            expected: expected.into(),
        };
        let base = options.json("base").as_str().ok_or_else(|| wrong("base", "the name of a method"))?;
        if ["prins", "rpni"].contains(&base) {
            return Err(wrong("base", "a method that learns one component's machine from positive traces"));
        }
        let base_options = options.json("base_options").to_string();
        let shown = match base {
            "auto" => {
                super::check(base, &base_options)?;
                base_options.clone()
            }
            _ => {
                let learner = super::find(base)?;
                let read = Options::parse(base, learner.options(), &base_options)?;
                let defaults = learner.effective(&Options::parse(base, learner.options(), "{}")?, false);
                let shown = learner.effective(&read, false).into_iter();
                let shown = shown.filter(|(name, value)| defaults.get(name) != Some(value));
                let list: Vec<String> = shown.map(|(name, value)| format!("\"{name}\":{value}")).collect();
                format!("{{{}}}", list.join(","))
            }
        };
        let u = match options.json("u") {
            value if value.as_str() == Some("inf") => u32::MAX,
            value => value
                .as_u64()
                .map(|u| u32::try_from(u).unwrap_or(u32::MAX))
                .ok_or_else(|| wrong("u", "a whole number from 0, or \"inf\""))?,
        };
        let u = match options.choice("determinize") {
            "none" => None,
            "powerset" => Some(0),
            _ => Some(u),
        };
        Ok(Settings { base: base.into(), base_options, shown, u, workers: options.integer("workers") as usize })
    }
}

/// A deterministic machine per component, and the same as they are kept.
fn learn_components(
    tree: &Automaton,
    settings: &Settings,
    control: &Control<'_>,
) -> Result<(Vec<Automaton>, Vec<Component>)> {
    let (names, of_label) = project::components(tree);
    let learn = |component: usize, control: &Control<'_>| {
        let projected = project::project(tree, &of_label, component);
        control.check()?;
        let machine = super::learn(&projected, &settings.base, &settings.base_options, control)?;
        if machine.is_deterministic() {
            return Ok(machine);
        }
        let graph = powerset(&Graph::of(&machine), control)?;
        let kind = machine.kind;
        let mut machine = determined(&projected, &graph, &mut Vec::new(), control)?;
        machine.kind = kind;
        Ok(machine)
    };
    let machines = parallel::run(names.len(), settings.workers, control, &learn)?;
    let first = |component: usize| of_label.partition_point(|&of| of < component) as LabelId;
    let components = names.into_iter().zip(&machines).enumerate();
    let components = components.map(|(i, (name, machine))| component(name, machine, first(i))).collect();
    Ok((machines, components))
}

fn component(name: Option<Box<str>>, machine: &Automaton, first_label: LabelId) -> Component {
    let provenance = match &machine.kind {
        Kind::Inferred(provenance) => provenance.clone(),
        Kind::PrefixTree => Provenance { method: "prefix_tree".into(), options: BTreeMap::new(), notes: Vec::new() },
    };
    Component {
        component: name,
        provenance,
        traces: machine.totals.traces,
        distinct_traces: machine.totals.distinct_traces,
        stops: machine.stops.clone(),
        transitions: machine.transitions.iter().map(|t| (t.source, t.label + first_label, t.target, t.count)).collect(),
    }
}

/// The counted machine of a deterministic structure: what training traces take of it.
fn determined(tree: &Automaton, graph: &Graph, notes: &mut Vec<String>, control: &Control<'_>) -> Result<Automaton> {
    // invariant: determinization loses no trace, so each ends somewhere
    let Some(blocks) = blocks(graph, tree) else { return Ok(tree.clone()) };
    let machine = quotient(tree, &blocks, graph.len(), control)?;
    let edges: usize = graph.edges.iter().map(Vec::len).sum();
    let left = edges - machine.transitions.len();
    if left > 0 {
        notes.push(format!("{left} transitions of the powerset that no trace takes are left out"));
    }
    Ok(machine)
}

/// The stitched machine as it is, counted along each trace's own way. Delays and parameters stay where one distinct
/// trace alone has them.
fn undetermined(
    tree: &Automaton,
    stitched: &Stitched,
    traces: &[super::Held],
    control: &Control<'_>,
) -> Result<Automaton> {
    let mut distinct = vec![0u32; tree.transitions.len()];
    let ways: Vec<Vec<usize>> = traces.iter().map(|trace| way(tree, &trace.events)).collect();
    ways.iter().flatten().for_each(|&t| distinct[t] += 1);
    // Every trace as a path of its own, all from one initial state.
    let mut unfolded = Automaton { stops: vec![0], transitions: Vec::new(), ..tree.clone() };
    let mut blocks: Vec<StateId> = vec![0];
    for ((trace, path), way) in traces.iter().zip(&stitched.paths).zip(&ways) {
        control.check()?;
        let mut source = 0;
        for (&state, &t) in path.iter().zip(way) {
            let target = blocks.len() as StateId;
            blocks.push(state);
            unfolded.stops.push(0);
            let taken = &tree.transitions[t];
            let (delays, parameters) = match distinct[t] {
                1 => (taken.delays.clone(), taken.parameters.clone()),
                _ => Default::default(),
            };
            let count = trace.count;
            unfolded.transitions.push(Transition { source, label: taken.label, target, count, delays, parameters });
            source = target;
        }
        unfolded.stops[source as usize] += trace.count;
    }
    quotient(&unfolded, &blocks, stitched.graph.len(), control)
}

/// The transitions of a prefix tree along some of its events.
fn way(tree: &Automaton, events: &[LabelId]) -> Vec<usize> {
    let mut state = 0;
    let step = |&label: &LabelId| {
        let taken = tree.on_label(state, label).start;
        state = tree.transitions.get(taken).map_or(state, |t| t.target);
        taken
    };
    events.iter().map(step).collect()
}
