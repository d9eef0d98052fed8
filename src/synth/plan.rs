//! What traces are generated from: made once from prefix tree, machine and traces, then only read.

use super::durations::Acceptance;
use super::parameters::{EarlierModel, ParameterModel, RealValues};
use super::paths::amplify::{self, Pair};
use super::paths::choose::{Choice, choose};
use super::paths::graph::{Graph, NONE};
use super::paths::solve::Order;
use super::time::{Delays, SpeedLearner};
use crate::automaton::{Automaton, LabelId};
use crate::conform::{Machine, Paths};
use crate::error::{Error, Result};
use crate::infer::{Control, Held, distinct_traces};
use crate::trace::{Trace, TraceView};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::sync::OnceLock;
use xxhash_rust::xxh3::xxh3_64;

/// The version this release writes. Older ones stay readable.
pub const GENERATOR_VERSION: u8 = 2;
const WHAT: &str = "logfsm.generator";
/// Edges looked at to find the probabilities of a machine's pairs of events, some tenths of a second; a machine that takes
/// more has no rare pairs, unless they were counted.
const MOST_SOLVED: usize = 1 << 27;

/// What generation needs beside the machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// How paths were chosen to be generated, and what the other ways came to.
    pub notes: Vec<String>,
    /// Contexts, events and counts.
    pub graph: Graph,
    /// Pairs of adjacent events with their trace support.
    pub pairs: Vec<Pair>,
    /// Hashes of all distinct real traces, ascending: to tell copies from new ones.
    pub variants: Vec<u64>,
    /// For each event type the fewest and most of it in a trace.
    pub bounds: Vec<(u32, u32)>,
    /// Traces learned from.
    pub traces: u64,
    /// Delays where a transition has none of its own, and how they hang together.
    pub delays: Delays,
    /// Parameters of events.
    pub parameters: ParameterModel,
}

/// A plan with the machine it belongs to, ready for use.
pub struct Playout {
    /// The machine.
    pub machine: Machine,
    /// The plan.
    pub plan: Plan,
    /// SHA-256 of both: names the generator in runs and keys its random streams.
    pub fingerprint: [u8; 32],
    /// The bytes it was read from, where they are of an earlier version: they say what its traces are.
    earlier: Option<Box<[u8]>>,
    /// How durations become those of real traces, once it was asked for.
    acceptance: OnceLock<Acceptance>,
}

/// A [`Plan`] of version 1, which had other parameters.
#[derive(Deserialize)]
struct EarlierPlan {
    notes: Vec<String>,
    graph: Graph,
    pairs: Vec<Pair>,
    variants: Vec<u64>,
    bounds: Vec<(u32, u32)>,
    traces: u64,
    delays: Delays,
    parameters: EarlierModel,
}

impl From<EarlierPlan> for Plan {
    fn from(earlier: EarlierPlan) -> Self {
        let EarlierPlan { notes, graph, pairs, variants, bounds, traces, delays, parameters } = earlier;
        Plan { notes, graph, pairs, variants, bounds, traces, delays, parameters: parameters.into() }
    }
}

/// The hash of a sequence of events.
pub fn variant_hash(events: impl IntoIterator<Item = LabelId>) -> u64 {
    let bytes: Vec<u8> = events.into_iter().flat_map(u32::to_le_bytes).collect();
    xxh3_64(&bytes)
}

/// The fewest and most occurrences of each label in a trace. O(sum of lengths + traces × labels).
pub fn bounds(traces: &[Held], labels: usize) -> Vec<(u32, u32)> {
    let mut bounds = vec![(u32::MAX, 0u32); labels];
    let mut counts = vec![0u32; labels];
    for trace in traces {
        trace.events.iter().for_each(|&label| counts[label as usize] += 1);
        for (count, bound) in counts.iter_mut().zip(&mut bounds) {
            *bound = (bound.0.min(*count), bound.1.max(*count));
            *count = 0;
        }
    }
    bounds
}

/// Takes a trace.
pub type TakeTrace<'a> = &'a mut dyn FnMut(&TraceView<'_>) -> Result<()>;
/// Calls what it is given with every trace.
pub type ForEachTrace<'a> = &'a mut dyn FnMut(TakeTrace<'_>) -> Result<()>;

/// Goes over traces that are in memory.
pub fn over(traces: &[Trace]) -> impl FnMut(TakeTrace<'_>) -> Result<()> + '_ {
    move |each| traces.iter().try_for_each(|trace| each(&TraceView::from_bytes(&trace.to_bytes())?))
}

/// Learns a [`Plan`] trace by trace.
pub struct PlanLearner<'a> {
    tree: &'a Automaton,
    machine: &'a Machine,
    paths: Paths<'a>,
    delays: Delays,
    speed: SpeedLearner,
    parameters: super::parameters::Learner,
}

impl<'a> PlanLearner<'a> {
    /// Starts with a prefix tree and the machine inferred from it; generated paths will be paths of it.
    pub fn new(tree: &'a Automaton, machine: &'a Machine, control: &Control<'_>) -> Result<Self> {
        if let crate::automaton::Kind::Inferred(provenance) = &tree.kind {
            return Err(Error::NotAPrefixTree { operation: "generator", method: provenance.method.clone() });
        }
        if tree.labels != machine.automaton.labels || tree.totals.traces != machine.automaton.totals.traces {
            return Err(Error::InvalidArgument {
                argument: "machine",
                reason: "It was not inferred from this prefix tree".into(),
                hint: "Give the prefix tree and the machine that infer() made from it.".into(),
            });
        }
        Ok(PlanLearner {
            tree,
            machine,
            paths: Paths::new(machine),
            delays: Delays::of_tree(tree),
            speed: SpeedLearner::default(),
            parameters: super::parameters::Learner::new(&machine.automaton, control.memory_limit),
        })
    }

    /// Takes a trace: how its delays hang together, and its parameters. O(length).
    pub fn add(&mut self, trace: &TraceView<'_>) -> Result<()> {
        let Some(path) = self.paths.of(trace)? else { return Ok(()) };
        trace.check_lengths(path.len())?;
        self.speed.add(&self.delays, self.machine, &trace.times, &path);
        self.parameters.add(trace, &path)
    }

    /// The plan, with paths generated as chosen; goes over the traces once more where some have identifiers.
    pub fn finish(self, choice: Choice, again: ForEachTrace<'_>, control: &Control<'_>) -> Result<Plan> {
        let PlanLearner { tree, machine, mut delays, speed, parameters, .. } = self;
        let traces = distinct_traces(tree, control)?;
        let mut variants: Vec<u64> = traces.iter().map(|t| variant_hash(t.events.iter().copied())).collect();
        variants.sort_unstable();
        delays.follow = speed.finish();
        let mut parameters = parameters.finish(control)?;
        if parameters.has_identifiers() {
            let mut real = RealValues::new(&parameters);
            again(&mut |trace| {
                real.add(machine, &trace.to_trace()?);
                Ok(())
            })?;
            parameters.real = real.finish();
        }
        Ok(Plan {
            notes: choice.notes,
            graph: choice.graph,
            pairs: amplify::pairs(&traces),
            variants,
            bounds: bounds(&traces, tree.labels.len()),
            traces: tree.totals.traces,
            delays,
            parameters,
        })
    }
}

impl Plan {
    /// Learns a plan.
    ///
    /// * `tree`: the prefix tree of the traces
    /// * `machine`: the machine inferred from it; generated paths are paths of it
    /// * `for_each_trace`: calls its argument with every trace, twice in all; may give none
    ///
    /// See [`choose`] for what choosing the paths costs; O(events) beside.
    pub fn learn(
        tree: &Automaton,
        machine: &Machine,
        for_each_trace: ForEachTrace<'_>,
        control: &Control<'_>,
    ) -> Result<Self> {
        let mut learner = PlanLearner::new(tree, machine, control)?;
        let choice = choose(tree, machine, control)?;
        for_each_trace(&mut |trace| learner.add(trace))?;
        learner.finish(choice, for_each_trace, control)
    }

    /// The plan of a machine alone: its own walk and delays, rare pairs by its own probabilities, no parameters.
    pub fn of_machine(machine: &Automaton) -> Self {
        let graph = Graph::of_machine(machine);
        let (order, traces) = (Order::of(&graph), machine.totals.traces);
        let mut pairs: Vec<Pair> = Vec::new();
        let sources = (0..graph.len() as u32).flat_map(|n| graph.outgoing(n).iter().map(move |e| (n, e.label)));
        let ends = (0..graph.len() as u32).filter(|&n| graph.stops[n as usize] > 0).map(|n| (n, NONE));
        pairs.extend(sources.chain(ends).map(|(n, then)| Pair { first: graph.last[n as usize], then, support: 0 }));
        pairs.sort_unstable();
        pairs.dedup();
        let mut source = vec![0u32; graph.edges.len()];
        (0..graph.len() as u32).for_each(|n| graph.range(n).for_each(|i| source[i] = graph.last[n as usize]));
        let mut room = MOST_SOLVED;
        for at in 0..pairs.len() {
            let pair = pairs[at];
            let edge = |i: usize| source[i] == pair.first && graph.edges[i].label == pair.then;
            let stop = |n: u32| pair.then == NONE && graph.last[n as usize] == pair.first;
            let Some(h) = order.probability_within(&graph, &edge, &stop, &mut room) else {
                pairs.clear();
                break;
            };
            pairs[at].support = libm::round(h.first().unwrap_or(&0.0) * traces as f64) as u64;
        }
        Plan {
            notes: vec!["paths by machine".into()],
            pairs,
            variants: Vec::new(),
            bounds: Vec::new(),
            traces,
            delays: Delays::of_tree(machine),
            parameters: ParameterModel::default(),
            graph,
        }
    }
}

impl Playout {
    /// Makes a machine and its plan ready; the fingerprint covers both.
    pub fn new(machine: Machine, plan: Plan) -> Self {
        let bytes = postcard::to_allocvec(&plan).unwrap_or_default();
        Playout::stored(machine, plan, &bytes)
    }

    /// The same for a plan with this binary form.
    fn stored(machine: Machine, plan: Plan, bytes: &[u8]) -> Self {
        let mut hash = Sha256::new();
        hash.update(machine.fingerprint);
        hash.update(bytes);
        let fingerprint = hash.finalize().into();
        Playout { fingerprint, machine, plan, earlier: None, acceptance: OnceLock::new() }
    }

    /// A machine alone; the fingerprint is the machine's.
    pub fn of_machine(machine: Machine) -> Self {
        let plan = Plan::of_machine(&machine.automaton);
        let fingerprint = machine.fingerprint;
        Playout { fingerprint, machine, plan, earlier: None, acceptance: OnceLock::new() }
    }

    /// How often delays with some sum are accepted. O(its trials) once.
    pub(super) fn acceptance(&self) -> &Acceptance {
        self.acceptance.get_or_init(|| Acceptance::of(self))
    }

    /// The binary form: a version byte, then the machine's binary form with its length, then the plan. What was read
    /// from an earlier version keeps it.
    pub fn to_bytes(&self) -> Vec<u8> {
        if let Some(bytes) = &self.earlier {
            return bytes.to_vec();
        }
        let machine = self.machine.automaton.to_bytes();
        // invariant: serialising plain vectors into a growing buffer cannot fail
        postcard::to_extend(&(machine.as_slice(), &self.plan), vec![GENERATOR_VERSION]).unwrap_or_default()
    }

    /// Reads what [`Playout::to_bytes`] wrote, of this or an older release, checking everything.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let (&version, body) = bytes.split_first().ok_or_else(|| Error::invalid(WHAT, "It is empty."))?;
        if version == 0 {
            return Err(Error::invalid(WHAT, "Versions count from 1."));
        }
        if version > GENERATOR_VERSION {
            return Err(Error::NewerVersion { what: WHAT, found: version.into(), newest: GENERATOR_VERSION.into() });
        }
        let (machine, of_plan): (&[u8], &[u8]) = read(body)?;
        let (plan, rest): (Plan, &[u8]) = if version == 1 {
            let (plan, rest): (EarlierPlan, _) = read(of_plan)?;
            (plan.into(), rest)
        } else {
            read(of_plan)?
        };
        if !rest.is_empty() {
            return Err(Error::invalid(WHAT, "Bytes are left over at the end."));
        }
        let machine = Automaton::from_bytes(machine)?;
        let (labels, transitions) = (machine.labels.len(), machine.transitions.len());
        let problem = plan.graph.problem(labels, transitions).or_else(|| plan.delays.problem(labels));
        if let Some(problem) = problem.or_else(|| plan.parameters.problem(labels, transitions)) {
            return Err(Error::invalid(WHAT, problem));
        }
        if plan.graph.states.iter().any(|&s| s != NONE && s as usize >= machine.state_count()) {
            return Err(Error::invalid(WHAT, "A generator's node refers to no state."));
        }
        let earlier = (version < GENERATOR_VERSION).then(|| bytes.into());
        Ok(Playout { earlier, ..Playout::stored(Machine::new(machine), plan, of_plan) })
    }
}

/// Reads what stands at the beginning of some bytes; gives what is left, too.
fn read<'b, T: Deserialize<'b>>(bytes: &'b [u8]) -> Result<(T, &'b [u8])> {
    postcard::take_from_bytes(bytes).map_err(|e| Error::invalid(WHAT, format!("The binary form: {e}.")))
}
