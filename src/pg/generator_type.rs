//! The type logfsm.generator, and what generates: from a generator, or from a machine alone.

use super::automaton_type::rows;
use super::cache;
use super::call::{Call, Reply, cstring, datum, sql_functions, text, varlena};
use super::error::Failure;
use super::replay_functions::event_row;
use super::set::{Row, Rows, stream};
use super::trace_type::reply;
use super::value::{self, value};
use super::{check_interrupts, expanded, memory_limit, text_form};
use crate::conform::Machine;
use crate::infer::Control;
use crate::synth::cover::Goal;
use crate::synth::{Generator, Plan, Playout, Synthetic};
use crate::trace::TraceView;
use pgrx::PgSqlErrorCode;
use pgrx::datum::Array;
use serde_json::Value;
use std::rc::Rc;

/// The prefix of the text form.
pub const PREFIX: &str = "generator:";

fn control() -> Control<'static> {
    Control::new(&check_interrupts, memory_limit())
}

/// The number of the last of `traces` traces from number `first` on.
fn last_trace(first: i64, traces: i64) -> Result<i64, Failure> {
    let last = (first >= 1 && traces >= 0).then(|| first.checked_add(traces)).flatten();
    last.map(|end| end - 1).ok_or_else(|| {
        Failure::new(PgSqlErrorCode::ERRCODE_INVALID_PARAMETER_VALUE, "invalid range of traces")
            .detail(format!("{traces} traces from number {first} on were asked for."))
            .hint("Traces are numbered from 1; give first_trace => n to start at the n-th.")
    })
}

/// Finds what an argument generates from.
type Find = fn(Call, usize) -> Result<Option<Rc<Playout>>, Failure>;

/// A generator kept from call to call, with what it was made for.
type Kept = Option<(Rc<Playout>, i64, String, Generator<Rc<Playout>>)>;

fn one_trace(call: Call, find: Find) -> Reply {
    let Some(playout) = find(call, 0)? else { return Ok(None) };
    let (seed, ordinal): (i64, i64) = (call.need(1, "seed")?, call.need(2, "trace")?);
    last_trace(ordinal, 1)?;
    let options = call.json(3, "{}");
    let kept: &mut Kept = call.keep(|| None);
    if !kept.as_ref().is_some_and(|k| Rc::ptr_eq(&k.0, &playout) && k.1 == seed && k.2 == options) {
        let generator = Generator::new(playout.clone(), seed, &options, &control())?;
        *kept = Some((playout, seed, options, generator));
    }
    match kept {
        Some((.., generator)) => reply(&generator.trace_within(ordinal as u64, &control())?.trace),
        None => Ok(None),
    }
}

/// What a set-returning function over (source, traces, seed, first_trace, options) generates.
struct Wanted {
    generator: Generator<Rc<Playout>>,
    next: i64,
    last: i64,
}

fn wanted(call: Call, find: Find) -> Result<Option<Wanted>, Failure> {
    let Some(playout) = find(call, 0)? else { return Ok(None) };
    let (traces, seed, next): (i64, i64, i64) =
        (call.need(1, "traces")?, call.need(2, "seed")?, call.need(3, "first_trace")?);
    let last = last_trace(next, traces)?;
    let generator = Generator::new(playout, seed, &call.json(4, "{}"), &control())?;
    // A suite of test cases ends where everything is covered.
    let last = generator.suite().map_or(last, |suite| last.min(suite.cases.len() as i64));
    Ok(Some(Wanted { generator, next, last }))
}

/// Options with one of them set.
pub fn with_option(options: &str, name: &str, value: &str) -> String {
    let mut object: serde_json::Map<String, Value> = serde_json::from_str(options).unwrap_or_default();
    object.insert(name.into(), value.into());
    Value::Object(object).to_string()
}

fn empty() -> Rows {
    Box::new(std::iter::empty())
}

fn events(call: Call, find: Find) -> Reply {
    stream(call, || {
        let Some(wanted) = wanted(call, find)? else { return Ok(empty()) };
        Ok(Box::new(Generated { wanted, current: None, at: 0 }))
    })
}

/// What is to be covered, in words.
fn goals(goals: &[Goal], playout: &Playout) -> Vec<String> {
    goals.iter().map(|goal| goal.name(&playout.machine.automaton)).collect()
}

/// A trace with what is known of how it came about: (number, trace, weight, log_probability, label, about, mutation,
/// mutated_seq, covers); `bytes` is the trace's binary form.
pub fn trace_row(number: i64, synthetic: &Synthetic, bytes: &[u8], playout: &Playout) -> Vec<Option<value::Value>> {
    let name = |label: u32, end: &'static str| {
        let labels = &playout.machine.automaton.labels;
        labels.get(label as usize).map_or_else(|| end.to_string(), ToString::to_string)
    };
    let mutant = synthetic.mutant.as_ref();
    let about = match mutant {
        Some(mutant) => Some(format!("{} at event {}", mutant.name(), mutant.seq)),
        None if !synthetic.covers.is_empty() => Some(format!("covers {} more", synthetic.covers.len())),
        None => synthetic.forced.map(|p| format!("{} → {}", name(p.first, "START"), name(p.then, "END"))),
    };
    vec![
        value(number),
        Some(value::Value::trace(bytes)),
        value(synthetic.weight),
        synthetic.log_probability.map(value::Value::from),
        Some(value::Value::text(if mutant.is_some() { "anomalous" } else { "normal" })),
        about.as_deref().map(value::Value::text),
        mutant.map(|mutant| value::Value::text(&mutant.name())),
        mutant.map(|mutant| value::Value::from(mutant.seq as i32)),
        (!synthetic.covers.is_empty()).then(|| value::Value::texts(goals(&synthetic.covers, playout))).flatten(),
    ]
}

sql_functions! {
    /// generator_in(cstring)
    fn logfsm_generator_in(call) {
        let Some(input) = call.cstring(0)? else { return Ok(None) };
        let bytes = text_form::decode("logfsm.generator", PREFIX, input)?;
        Ok(Some(varlena(&Playout::from_bytes(&bytes)?.to_bytes())))
    }

    /// generator_out(generator)
    fn logfsm_generator_out(call) {
        Ok(call.bytes(0).map(|bytes| cstring(&text_form::encode(PREFIX, bytes))))
    }

    /// generator_recv(internal)
    fn logfsm_generator_recv(call) {
        Ok(Some(varlena(&Playout::from_bytes(&text_form::received(call))?.to_bytes())))
    }

    /// generator_send(generator)
    fn logfsm_generator_send(call) {
        Ok(call.bytes(0).map(varlena))
    }

    /// generator(prefix_tree, machine, traces) → generator
    fn logfsm_generator(call) {
        let (tree, machine) = (expanded::automaton(call, 0)?, Machine::new(expanded::automaton(call, 1)?));
        let traces: Option<Array<'_, &[u8]>> = call.get(2);
        let bytes: Vec<&[u8]> = traces.iter().flat_map(|traces| traces.iter().flatten()).collect();
        let plan = Plan::learn(&tree, &machine, &mut |each| {
            bytes.iter().try_for_each(|bytes| each(&TraceView::from_bytes(bytes)?))
        }, &control())?;
        Ok(Some(varlena(&Playout::new(machine, plan).to_bytes())))
    }

    /// generator_stats(generator) → setof (name, value)
    fn logfsm_generator_stats(call) {
        stream(call, || {
            let Some(playout) = cache::playout(call, 0)? else { return Ok(empty()) };
            let fingerprint: String = playout.fingerprint.iter().map(|byte| format!("{byte:02x}")).collect();
            let mut stats = vec![
                ("fingerprint", fingerprint),
                ("traces", playout.plan.traces.to_string()),
                ("contexts", playout.plan.graph.len().to_string()),
                ("steps", playout.plan.graph.edges.len().to_string()),
                ("pairs", playout.plan.pairs.len().to_string()),
            ];
            stats.extend(playout.plan.notes.iter().map(|note| ("note", note.clone())));
            rows(stats, |(name, value)| Ok(vec![Some(text(name)), Some(text(&value))]))
        })
    }

    /// generate(generator, bigint, bigint, bigint, jsonb) → setof (trace, seq, at, component, event, src, dst, transition_id, label_id)
    fn logfsm_generate_from(call) {
        events(call, cache::playout)
    }

    /// generate(automaton, bigint, bigint, bigint, jsonb) → as from a generator
    fn logfsm_generate(call) {
        events(call, cache::playout_of_machine)
    }

    /// generate_trace(generator, bigint, bigint, jsonb) → trace
    fn logfsm_generate_trace_from(call) {
        one_trace(call, cache::playout)
    }

    /// generate_trace(automaton, bigint, bigint, jsonb) → trace
    fn logfsm_generate_trace(call) {
        one_trace(call, cache::playout_of_machine)
    }

    /// uncovered(generator, text, bigint, jsonb) → setof text
    fn logfsm_uncovered(call) {
        stream(call, || {
            let Some(playout) = cache::playout(call, 0)? else { return Ok(empty()) };
            let (cover, seed): (&str, i64) = (call.need_text(1, "cover")?, call.need(2, "seed")?);
            let options = with_option(&call.json(3, "{}"), "cover", cover);
            let generator = Generator::new(playout, seed, &options, &control())?;
            let left = generator.suite().map_or(Vec::new(), |suite| goals(&suite.uncovered, generator.playout()));
            rows(left, |goal| Ok(vec![Some(text(&goal))]))
        })
    }

    /// generate_traces(generator, bigint, bigint, bigint, jsonb) → setof (number, trace, weight, log_probability, label, about, mutation, mutated_seq, covers)
    fn logfsm_generate_traces(call) {
        stream(call, || {
            let Some(Wanted { generator, next, last }) = wanted(call, cache::playout)? else { return Ok(empty()) };
            Ok(Box::new((next..=last).map(move |number| {
                pgrx::check_for_interrupts!();
                let synthetic = generator.trace_within(number as u64, &control())?;
                let row = trace_row(number, &synthetic, &synthetic.trace.to_bytes(), generator.playout());
                Ok(row.into_iter().map(|value| value.map(value::Value::into_result)).collect())
            })))
        })
    }
}

/// Rows of generated traces, one trace at a time in memory.
struct Generated {
    wanted: Wanted,
    current: Option<Synthetic>,
    at: usize,
}

impl Iterator for Generated {
    type Item = Result<Row, Failure>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(synthetic) = self.current.as_ref().filter(|s| self.at < s.path.len()) {
                let machine = &self.wanted.generator.playout().machine;
                let outside = synthetic.mutant.as_ref().map_or(&[][..], |mutant| &mutant.outside);
                let mut row = event_row(machine, &synthetic.trace, &synthetic.path, outside, self.at);
                row.insert(0, datum(self.wanted.next - 1));
                self.at += 1;
                return Some(Ok(row));
            }
            if self.wanted.next > self.wanted.last {
                return None;
            }
            pgrx::check_for_interrupts!();
            match self.wanted.generator.trace_within(self.wanted.next as u64, &control()) {
                Ok(synthetic) => self.current = Some(synthetic),
                Err(error) => return Some(Err(error.into())),
            }
            (self.wanted.next, self.at) = (self.wanted.next + 1, 0);
        }
    }
}
