//! The generator: a plan, a seed and options, and the trace of any number.

mod make;

use super::checks::within;
use super::cover::{Drawing, Goal, Suite, suite};
use super::durations;
use super::mutate::{Mutant, Mutator};
use super::options::{Condition, OPTIONS};
use super::paths::amplify::{Amplifier, Pair, tilted};
use super::paths::condition::{capped, conditioned};
use super::paths::walk::Walk;
use super::plan::{Playout, variant_hash};
use super::random::{self, Spread, Stream};
use super::time::Starts;
use crate::error::{Error, Result};
use crate::infer::{Control, Options};
use crate::trace::{Trace, TraceSlots, Variant};
use std::ops::Deref;

/// Paths drawn until one can last as long as real traces do.
const PATH_ATTEMPTS: u32 = 50;
/// As many until delays that are each as real ones have to do.
const LAST_RESORT: u32 = 500;
/// Paths on which no parameters meet the guards, until one is taken as it is.
const ASTRAY: u32 = 8;
/// Draws until a trace that meets what only whole traces show (a duration, not being a copy) is given up.
const ATTEMPTS: u32 = 1000;
/// As many where a duration is asked for: paths and times are drawn together until one has it, so that both are as
/// probable as they are among all traces that last as long.
const DURATION_ATTEMPTS: u32 = 100_000;
/// Draws of times alone for a path, before they are taken as they come, or another path is drawn where they never last as
/// long as real traces do.
const TIME_ATTEMPTS: u32 = 32;
/// Events whose times are drawn before a path's delays are made to fit.
const PATIENT_EVENTS: usize = 20_000;
/// Draws of times for a test case, before it is given up.
const CASE_TIMES: u32 = 128;
/// Mutants of one kind that are tried before another kind is.
const MUTANTS_PER_KIND: u32 = 8;

/// Paths of so many events that are drawn until one can last as long as real traces do: few long ones, since that takes
/// long.
fn patience(events: usize) -> u32 {
    PATH_ATTEMPTS.min((PATIENT_EVENTS / (TIME_ATTEMPTS as usize * events.max(1))) as u32).max(1)
}

/// Generates traces from a plan, borrowed or shared.
pub struct Generator<P> {
    playout: P,
    walk: Walk,
    /// The walk before tilting, for weights.
    plain: Option<Walk>,
    amplifier: Option<Amplifier>,
    log_shares: Vec<f64>,
    log_stops: Vec<f64>,
    ambiguous: bool,
    spread: bool,
    offset: u64,
    no_copy: bool,
    independent: bool,
    duration: Option<(u64, u64)>,
    starts: Starts,
    /// Per slot of parameters whether others depend on it.
    looked_at: Vec<bool>,
    mutator: Option<Mutator>,
    suite: Option<Suite>,
    keys: [[u8; 32]; 5],
}

/// A synthetic trace and how it came about.
#[derive(Debug, Clone, PartialEq)]
pub struct Synthetic {
    /// Events, times and parameters.
    pub trace: Trace,
    /// Its parameters, event by event.
    pub slots: TraceSlots,
    /// Positions of the transitions in the automaton. In a mutant, events that the machine does not take have the
    /// transition whose delays and parameters they have, `NONE` where their type is not one of the machine's.
    pub path: Vec<u32>,
    /// The trace's weight in statistics: 1 without amplification.
    pub weight: f64,
    /// log2 of the path's probability without amplification; `None` for a mutant.
    pub log_probability: Option<f64>,
    /// The rare pair of events that the trace was made to have.
    pub forced: Option<Pair>,
    /// What is wrong with a trace that was made anomalous.
    pub mutant: Option<Mutant>,
    /// What a test case covers and none before it does.
    pub covers: Vec<Goal>,
}

impl<P: Deref<Target = Playout>> Generator<P> {
    /// Prepares generation. `options` is a JSON object, see [`OPTIONS`].
    ///
    /// O(nodes + edges) of the plan, times the rare pairs with amplification.
    pub fn new(playout: P, seed: i64, options: &str, control: &Control<'_>) -> Result<Self> {
        let options = Options::parse("generate", OPTIONS, options)?;
        let machine = &playout.machine.automaton;
        if machine.totals.traces == 0 {
            return Err(Error::NoTraces { operation: "generate from" });
        }
        let condition = Condition::parse(&options, machine)?;
        let max_length = options.integer("max_length") as u32;
        let mut graph = playout.plan.graph.clone();
        if options.integer("min_support") > 1 {
            graph = graph.supported(options.integer("min_support") as u64);
            if graph.is_empty() {
                let value = options.integer("min_support").to_string();
                let expected = "a number that some trace's every step reaches".into();
                return Err(Error::InvalidOption { name: "min_support".into(), value, expected });
            }
        }
        let shortest = graph.distances()[0];
        if shortest > max_length {
            return Err(Error::InvalidOption {
                name: "max_length".into(),
                value: max_length.to_string(),
                expected: format!("at least {shortest}, the length of the shortest trace"),
            });
        }
        let graph = capped(conditioned(graph, &condition, max_length)?, max_length)?;
        if let Some(asked) = condition.duration {
            durations::require(&graph, machine, &playout.plan.delays, asked)?;
        }
        let cover = Some(options.choice("cover")).filter(|&what| what != "none").map(str::to_string);
        let mutator = Mutator::new(&options, machine)?;
        if cover.is_some() && mutator.is_some() {
            return Err(Error::InvalidArgument {
                argument: "options",
                reason: "Test cases are traces that the machine accepts, anomalous ones are not".into(),
                hint: "Leave out cover or kind.".into(),
            });
        }
        // Test cases are chosen, not drawn.
        let lambda = if cover.is_some() { 0.0 } else { options.number("amplification") };
        let rho = options.number("rare");
        let tilt = lambda > 0.0 && options.choice("amplify_by") == "tilt";
        let (walk, plain) = if tilt {
            (Walk::new(tilted(&graph, lambda, options.number("tilt")), max_length), Some(Walk::new(graph, max_length)))
        } else {
            (Walk::new(graph, max_length), None)
        };
        let amplifier = match tilt {
            true => None,
            false => Amplifier::new(&walk, &playout.plan.pairs, playout.plan.traces, lambda, rho, control)?,
        };
        let of_plain = plain.as_ref().unwrap_or(&walk);
        let nodes = 0..of_plain.graph.len() as u32;
        let log = |node: u32, weight: u64| libm::log2(of_plain.share(node, weight));
        let of_node = |n: u32| of_plain.graph.outgoing(n).iter().map(move |e| log(n, e.weight));
        let domain = |domain| random::key(domain, seed, &playout.fingerprint);
        let keys = ["path", "time", "parameters", "shared", "mutations"].map(domain);
        let mut generator = Generator {
            mutator,
            log_shares: nodes.clone().flat_map(of_node).collect(),
            log_stops: nodes.map(|n| log(n, of_plain.graph.stops[n as usize])).collect(),
            ambiguous: walk.graph.is_ambiguous(),
            spread: options.choice("sampling") == "spread",
            no_copy: options.boolean("no_copy"),
            independent: options.boolean("independent_delays"),
            duration: condition.duration,
            starts: Starts::new(machine, options.choice("arrivals") == "hour_of_week", condition.starts_at),
            looked_at: playout.plan.parameters.looked_at(),
            offset: Spread::offset(&keys[0]),
            keys,
            walk,
            plain,
            amplifier,
            playout,
            suite: None,
        };
        if let Some(what) = cover {
            let (machine, bounds) = (&generator.playout.machine.automaton, &generator.playout.plan.bounds);
            let drawing = Drawing {
                key: &generator.keys[0],
                valid: &|edges| generator.case(edges).map(|case| case.0),
                plain: &|ordinal| generator.plain_walk(ordinal),
            };
            generator.suite = Some(suite(machine, &generator.walk, &what, bounds, &drawing, control)?);
        }
        Ok(generator)
    }

    /// The test cases, where such were asked for.
    pub fn suite(&self) -> Option<&Suite> {
        self.suite.as_ref()
    }

    /// What traces are generated from.
    pub fn playout(&self) -> &Playout {
        &self.playout
    }

    /// The rare pairs that are amplified, rarest first.
    pub fn rare_pairs(&self) -> &[Pair] {
        self.amplifier.as_ref().map_or(&[], |a| &a.pairs)
    }

    /// The largest weight that a trace can have; `None` where tilting leaves it unbounded.
    pub fn largest_weight(&self) -> Option<f64> {
        match (&self.amplifier, &self.plain) {
            (_, Some(_)) => None,
            (amplifier, None) => Some(amplifier.as_ref().map_or(1.0, Amplifier::largest_weight)),
        }
    }

    /// The trace with this number, counted from 1. O(length × log of a context's events) without parameters.
    ///
    /// Fails where not being a copy is not met in 1000 draws, or a condition on durations in 100,000.
    pub fn trace(&self, ordinal: u64) -> Result<Synthetic> {
        self.trace_within(ordinal, &Control::unlimited())
    }

    /// As [`Generator::trace`], within bounds: following a mutant costs as much as aligning it does.
    pub fn trace_within(&self, ordinal: u64, control: &Control<'_>) -> Result<Synthetic> {
        if let Some(suite) = &self.suite {
            return self.test_case(suite, ordinal, control);
        }
        let mut stream = Stream::new(&self.keys[0], ordinal);
        let mut times = Stream::new(&self.keys[1], ordinal);
        let mut faults = Stream::new(&self.keys[4], ordinal);
        let forced = self.amplifier.as_ref().and_then(|amplifier| amplifier.forced(ordinal));
        let (mut edges, mut delays) = (Vec::new(), Vec::new());
        let number = self.amplifier.as_ref().map_or(ordinal, |amplifier| amplifier.plain_until(ordinal));
        let conditioned = self.duration.is_some();
        let attempts = if conditioned { DURATION_ATTEMPTS } else { ATTEMPTS };
        let mut astray = 0;
        for attempt in 0..attempts {
            if attempt > 0 {
                control.check()?;
            }
            match (&self.amplifier, forced) {
                (Some(amplifier), Some(pair)) => amplifier.draw(&self.walk, pair, &mut stream, &mut edges),
                _ => self.draw_plain(attempt, number, &mut stream, &mut edges),
            }
            if self.no_copy && self.is_copy(&edges) || !self.is_bounded(&edges) {
                continue;
            }
            let Some(path) = self.transitions(&edges) else { continue };
            if let Some(mutator) = &self.mutator {
                let kind = (ordinal - 1).wrapping_add(u64::from(attempt / MUTANTS_PER_KIND)) % mutator.len() as u64;
                let machine = &self.playout.machine;
                let Some(faulty) = mutator.mutate(machine, &path, kind as usize, &mut faults, control)? else {
                    continue;
                };
                if let Some(synthetic) = self.faulty(ordinal, faulty, mutator.beyond, &mut times, control)? {
                    return Ok(synthetic);
                }
                continue;
            }
            let mut lasting: Option<Vec<u64>> = None;
            for trial in 0..if conditioned { 1 } else { TIME_ATTEMPTS } {
                // Between any two: a path may have a million events.
                control.check()?;
                self.playout.plan.delays.draw(&self.playout.machine, &path, &mut times, self.independent, &mut delays);
                if let Some(lasts) = self.lasts(&delays) {
                    let accepted =
                        conditioned || self.independent || self.playout.acceptance().accepts(lasts, &mut times);
                    lasting = Some(std::mem::take(&mut delays));
                    if accepted {
                        break;
                    }
                }
                let hopeless = !self.is_timed() || (trial == 0 && lasting.is_none() && !self.may_last(&path));
                if self.duration.is_none() && hopeless {
                    break;
                }
            }
            // Beyond this, what lasts as long as real traces is made to, and what never does is taken as it is.
            let patient = self.duration.is_some() || attempt < patience(path.len());
            if lasting.is_none() && !patient {
                let fits = self.fit(&path, &mut delays);
                let hopeless = attempt >= LAST_RESORT && !self.no_copy;
                lasting = (fits || hopeless).then(|| std::mem::take(&mut delays));
            }
            let Some(delays) = lasting else { continue };
            let made = self.finish(ordinal, &edges, path, &delays, (&mut times, forced), control)?;
            astray += 1;
            // Where its parameters would lead elsewhere another path is drawn, if there is one.
            if !made.1 || astray >= ASTRAY {
                return Ok(made.0);
            }
        }
        if self.mutator.is_some() {
            return Err(Error::InvalidArgument {
                argument: "options",
                reason: format!("None of {attempts} mutants is anomalous to the machine"),
                hint: "Allow more kinds of mutations or more edits, ask for a lower score, or fit with a method that generalises less."
                    .into(),
            });
        }
        let what = if self.no_copy { "is new and meets the condition" } else { "meets the condition" };
        Err(Error::InvalidArgument {
            argument: "condition",
            reason: format!("None of {attempts} drawn traces {what}"),
            hint: "Ask for what is less rare, or leave no_copy out.".into(),
        })
    }

    /// Makes delays of a path last as long as real traces do, where they can.
    fn fit(&self, path: &[u32], delays: &mut [u64]) -> bool {
        let real = &self.playout.machine.automaton.durations;
        let range = if real.buckets.is_empty() { (0, u64::MAX) } else { (real.min, real.max) };
        self.playout.plan.delays.fit(&self.playout.machine, path, range, delays)
    }

    /// Draws a walk that nothing is asked of.
    fn draw_plain(&self, attempt: u32, number: u64, stream: &mut Stream, edges: &mut Vec<u32>) {
        if self.spread && attempt == 0 {
            self.walk.draw_spread(Spread::new(self.offset, number), stream, edges);
        } else {
            self.walk.draw(stream, edges);
        }
    }

    /// The walk that a trace of a plain run with this number takes.
    fn plain_walk(&self, ordinal: u64) -> Option<Vec<u32>> {
        let (mut stream, mut edges) = (Stream::new(&self.keys[0], ordinal), Vec::new());
        (0..ATTEMPTS).find_map(|attempt| {
            self.draw_plain(attempt, ordinal, &mut stream, &mut edges);
            let fits = !(self.no_copy && self.is_copy(&edges)) && self.is_bounded(&edges);
            (fits && self.transitions(&edges).is_some()).then(|| edges.clone())
        })
    }

    fn is_timed(&self) -> bool {
        self.playout.machine.automaton.totals.timed_traces > 0
    }

    /// Whether some delays of a path last as long as real traces do.
    fn may_last(&self, path: &[u32]) -> bool {
        let (least, most) = self.playout.plan.delays.range(&self.playout.machine, path);
        let real = &self.playout.machine.automaton.durations;
        real.buckets.is_empty() || (least <= real.max && real.min <= most)
    }

    /// The duration where it is one asked for, or else one within what real traces have.
    fn lasts(&self, delays: &[u64]) -> Option<u64> {
        let real = &self.playout.machine.automaton.durations;
        let (least, most) = match self.duration {
            Some(range) => range,
            None if real.buckets.is_empty() => (0, u64::MAX),
            None => (real.min, real.max),
        };
        let sum = delays.iter().fold(0u64, |sum, &delay| sum.saturating_add(delay));
        (least..=most).contains(&sum).then_some(sum)
    }

    /// True for the sequence of events of a real trace.
    fn is_copy(&self, edges: &[u32]) -> bool {
        self.is_real(variant_hash(edges.iter().map(|&edge| self.walk.graph.edges[edge as usize].label)))
    }

    fn is_real(&self, hash: u64) -> bool {
        self.playout.plan.variants.binary_search(&hash).is_ok()
    }

    /// True where no event type is more or less frequent than in any real trace; what is drawn seldom is not.
    fn is_bounded(&self, edges: &[u32]) -> bool {
        let bounds = &self.playout.plan.bounds;
        let label = |&edge: &u32| self.walk.graph.edges[edge as usize].label;
        bounds.is_empty() || within(&edges.iter().map(label).collect::<Vec<_>>(), bounds)
    }

    /// The machine's transitions along a path.
    fn transitions(&self, edges: &[u32]) -> Option<Vec<u32>> {
        if !self.ambiguous {
            return Some(edges.iter().map(|&edge| self.walk.graph.edges[edge as usize].transition).collect());
        }
        self.playout.machine.path(&self.variant(edges))
    }

    fn variant(&self, edges: &[u32]) -> Variant {
        let labels = edges.iter().map(|&edge| self.walk.graph.edges[edge as usize].label);
        Variant::from_ids(labels, &self.playout.machine.automaton.labels)
    }
}
