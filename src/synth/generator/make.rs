//! What becomes of a path: times, parameters, weight; test cases and mutants.

use super::{CASE_TIMES, Generator, Synthetic};
use crate::error::{Error, Result};
use crate::infer::Control;
use crate::synth::cover::{Suite, TestCase};
use crate::synth::mutate::Faulty;
use crate::synth::parameters::Drawn;
use crate::synth::paths::graph::NONE;
use crate::synth::paths::walk::Walk;
use crate::synth::plan::{Playout, variant_hash};
use crate::synth::random::Stream;
use crate::trace::{Trace, TraceSlots, Variant};
use std::ops::Deref;

impl<P: Deref<Target = Playout>> Generator<P> {
    /// Path and delays of a walk that may be a test case, and the numbers that come after them.
    pub(super) fn case(&self, edges: &[u32]) -> Option<(Vec<u32>, Vec<u64>, Stream)> {
        if self.no_copy && self.is_copy(edges) || !self.is_bounded(edges) {
            return None;
        }
        let path = self.transitions(edges)?;
        // By what happens in it, so that its place in the suite does not matter.
        let label = |&edge: &u32| self.walk.graph.edges[edge as usize].label;
        let mut stream = Stream::new(&self.keys[1], variant_hash(edges.iter().map(label)));
        let mut delays = Vec::new();
        for _ in 0..CASE_TIMES {
            self.playout.plan.delays.draw(&self.playout.machine, &path, &mut stream, self.independent, &mut delays);
            if self.lasts(&delays).is_some() || self.duration.is_none() && !self.is_timed() {
                return Some((path, delays, stream));
            }
        }
        (self.duration.is_none() && self.fit(&path, &mut delays)).then_some((path, delays, stream))
    }

    pub(super) fn test_case(&self, suite: &Suite, ordinal: u64, control: &Control<'_>) -> Result<Synthetic> {
        let case = usize::try_from(ordinal - 1).ok().and_then(|i| suite.cases.get(i));
        let found = case.and_then(|case| Some((case, self.case(&case.edges)?)));
        let Some((TestCase { edges, covers, .. }, (path, delays, mut stream))) = found else {
            return Err(Error::InvalidArgument {
                argument: "trace",
                reason: format!("{suite}, there is no trace {ordinal}"),
                hint: "Ask for fewer traces.".into(),
            });
        };
        let (synthetic, _) = self.finish(ordinal, edges, path, &delays, (&mut stream, None), control)?;
        Ok(Synthetic { covers: covers.clone(), ..synthetic })
    }

    /// A mutant with times and parameters; `None` where it is not what was asked for.
    pub(super) fn faulty(
        &self,
        ordinal: u64,
        faulty: Faulty,
        beyond: Option<f64>,
        stream: &mut Stream,
        control: &Control<'_>,
    ) -> Result<Option<Synthetic>> {
        let Faulty { path, variant, mutant } = faulty;
        let machine = &self.playout.machine;
        if self.is_real(variant_hash(
            path.iter().map(|&t| machine.automaton.transitions.get(t as usize).map_or(NONE, |t| t.label)),
        )) {
            return Ok(None);
        }
        // An event of an unseen type takes as long as the one before it.
        let mut known = path.clone();
        let mut before = path.iter().copied().find(|&t| t != NONE).unwrap_or(0);
        for transition in &mut known {
            before = if *transition == NONE { before } else { *transition };
            *transition = before;
        }
        if machine.automaton.transitions.is_empty() {
            known.clear();
        }
        let mut delays = Vec::new();
        self.playout.plan.delays.draw(machine, &known, stream, self.independent, &mut delays);
        if self.duration.is_some() && self.lasts(&delays).is_none() {
            return Ok(None);
        }
        let (mut trace, mut slots, _) = self.timed(ordinal, &known, variant, &delays, stream, control)?;
        if path.contains(&NONE) {
            for (parameters, _) in trace.parameters.iter_mut().zip(&path).filter(|(_, t)| **t == NONE) {
                *parameters = None;
            }
            slots = TraceSlots::of(&trace.parameters);
        }
        if beyond.is_some_and(|bits| machine.score_trace(&trace) <= bits) {
            return Ok(None);
        }
        Ok(Some(Synthetic {
            trace,
            slots,
            path,
            weight: 1.0,
            log_probability: None,
            forced: None,
            mutant: Some(mutant),
            covers: Vec::new(),
        }))
    }

    /// A trace of a path, and whether its parameters lead elsewhere.
    pub(super) fn finish(
        &self,
        ordinal: u64,
        edges: &[u32],
        path: Vec<u32>,
        delays: &[u64],
        (stream, forced): (&mut Stream, Option<usize>),
        control: &Control<'_>,
    ) -> Result<(Synthetic, bool)> {
        let (trace, slots, astray) = self.timed(ordinal, &path, self.variant(edges), delays, stream, control)?;
        let (weight, log_probability) = self.weigh(edges);
        let forced = forced.and_then(|pair| self.rare_pairs().get(pair).copied());
        let synthetic = Synthetic {
            trace,
            slots,
            path,
            weight,
            log_probability: Some(log_probability),
            forced,
            mutant: None,
            covers: Vec::new(),
        };
        Ok((synthetic, astray))
    }

    /// A sequence of events with a start, times by some delays, and parameters, and whether these lead elsewhere.
    pub(super) fn timed(
        &self,
        ordinal: u64,
        path: &[u32],
        variant: Variant,
        delays: &[u64],
        stream: &mut Stream,
        control: &Control<'_>,
    ) -> Result<(Trace, TraceSlots, bool)> {
        let mut times = Vec::new();
        if self.is_timed() && !path.is_empty() {
            let mut at = self.starts.draw(stream);
            times.reserve(path.len());
            times.push(at);
            for &delay in delays {
                at = at.saturating_add_unsigned(delay);
                times.push(at);
            }
        }
        let ties = times.windows(2).filter(|pair| pair[0] == pair[1]).count() as u32;
        let seqs = if ties > 0 { (1..=path.len() as i64).collect() } else { Vec::new() };
        let mut own = Stream::new(&self.keys[2], ordinal);
        let (model, machine) = (&self.playout.plan.parameters, &self.playout.machine);
        let Drawn { parameters, slots, astray } =
            model.draw(&self.looked_at, machine, path, &self.keys[3], &mut own, control)?;
        Ok((Trace { variant, times, seqs, parameters, ties: 0 }, slots, astray))
    }

    /// The weight of a path and log2 of its probability.
    pub(super) fn weigh(&self, edges: &[u32]) -> (f64, f64) {
        let last = self.walk.last_node(edges);
        let log_probability =
            edges.iter().fold(self.log_stops[last as usize], |sum, &edge| sum + self.log_shares[edge as usize]);
        let weight = match (&self.amplifier, &self.plain) {
            (Some(amplifier), _) => amplifier.weight(&self.walk, edges),
            (None, Some(plain)) => {
                let mut node = 0;
                let mut ratio = 1.0;
                for &edge in edges {
                    let (p, q) = (&plain.graph.edges[edge as usize], &self.walk.graph.edges[edge as usize]);
                    ratio *= plain.share(node, p.weight) / self.walk.share(node, q.weight);
                    node = q.target;
                }
                let stops = |walk: &Walk| walk.share(node, walk.graph.stops[node as usize]);
                ratio * stops(plain) / stops(&self.walk)
            }
            (None, None) => 1.0,
        };
        (weight, log_probability)
    }
}
