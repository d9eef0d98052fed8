//! Many traces, made and scored by threads of their own while the calling thread writes those before.

use super::checks::{EventParameters, ParameterChecker, Verdicts};
use super::generator::{Generator, Synthetic};
use super::plan::Playout;
use crate::automaton::Automaton;
use crate::conform::VariantScores;
use crate::error::{Error, Result};
use crate::infer::{Control, parallel};
use crate::trace::TraceView;
use std::ops::{Deref, RangeInclusive};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Events that are handed over at once, about.
const BATCH_EVENTS: u64 = 4096;
/// More threads than this make more than one thread can write.
const MOST_WORKERS: usize = 3;

/// A trace that was made.
#[derive(Debug)]
pub struct Made {
    /// Its number.
    pub number: u64,
    /// The trace and how it came about.
    pub synthetic: Synthetic,
    /// Its binary form.
    pub bytes: Vec<u8>,
    /// Its score by the machine it was made from.
    pub score: f64,
}

/// Judges the parameters of traces on the threads that make them. It is for traces that go their way whatever their
/// parameters are.
pub struct Judges<'a> {
    new: ParameterChecker<'a>,
    idle: Mutex<Vec<ParameterChecker<'a>>>,
    before_first: i64,
}

impl<'a> Judges<'a> {
    /// * `new`: a checker that has seen nothing
    /// * `before_first`: added to a trace's number it is its id
    pub fn new(new: ParameterChecker<'a>, before_first: i64) -> Self {
        Judges { new, idle: Mutex::default(), before_first }
    }

    fn judge(&self, machine: &Automaton, all: &[Made]) {
        let mut checker = lock(&self.idle).pop().unwrap_or_else(|| self.new.clone());
        for Made { number, synthetic, .. } in all {
            let event = |(i, &position): (usize, &u32)| EventParameters {
                template: machine.transitions[position as usize].label,
                transition: Some(position as i32),
                values: synthetic.slots.event(i).map(|slot| (slot.name, slot.value)).collect(),
            };
            let events: Vec<EventParameters<'_>> = synthetic.path.iter().enumerate().map(event).collect();
            checker.trace(self.before_first + *number as i64, &events);
        }
        lock(&self.idle).push(checker);
    }

    /// What came of the rules for parameters.
    pub fn finish(self) -> Verdicts {
        let mut verdicts = Verdicts::default();
        let all = self.idle.into_inner().unwrap_or_else(PoisonError::into_inner);
        all.into_iter().for_each(|checker| verdicts.add(checker.finish()));
        verdicts
    }
}

/// Threads that can be of use beside the calling one.
pub fn workers(control: &Control<'_>) -> usize {
    control.workers().saturating_sub(1).min(MOST_WORKERS)
}

/// Makes the traces with these numbers, has their parameters judged where asked to, and hands them to `take` in their
/// order, whoever made them. A few batches of some thousand events, or of one longer trace, exist at a time.
pub fn each<P, E>(
    generator: &Generator<P>,
    numbers: RangeInclusive<u64>,
    judges: Option<&Judges<'_>>,
    workers: usize,
    control: &Control<'_>,
    take: &mut dyn FnMut(&Made) -> std::result::Result<(), E>,
) -> std::result::Result<(), E>
where
    P: Deref<Target = Playout> + Sync,
    E: From<Error>,
{
    let totals = &generator.playout().machine.automaton.totals;
    let size = (BATCH_EVENTS / (totals.events / totals.traces.max(1)).max(1)).max(1);
    let (first, last) = numbers.into_inner();
    let batches = last.checked_sub(first).map_or(0, |more| more / size + 1);
    let (scores, taken): (Mutex<Vec<VariantScores>>, Mutex<Vec<Vec<Made>>>) = Default::default();
    let work = |batch: usize, control: &Control<'_>| -> Result<Vec<Made>> {
        // A thread that makes traces frees them, too: the calling one need not wait for its memory.
        drop(std::mem::take(&mut *lock(&taken)));
        let mut known = lock(&scores).pop().unwrap_or_default();
        let start = first + batch as u64 * size;
        let made: Result<Vec<Made>> = (start..=start.saturating_add(size - 1).min(last))
            .map(|number| {
                control.check()?;
                make(generator, number, &mut known, control)
            })
            .collect();
        lock(&scores).push(known);
        if let (Some(judges), Ok(made)) = (judges, &made) {
            judges.judge(&generator.playout().machine.automaton, made);
        }
        made
    };
    parallel::in_order(batches as usize, workers, control, &work, &mut |made: Vec<Made>| {
        made.iter().try_for_each(&mut *take)?;
        lock(&taken).push(made);
        Ok(())
    })
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

fn make<P: Deref<Target = Playout>>(
    generator: &Generator<P>,
    number: u64,
    scores: &mut VariantScores,
    control: &Control<'_>,
) -> Result<Made> {
    let synthetic = generator.trace_within(number, control)?;
    let bytes = synthetic.trace.to_bytes();
    let view = TraceView::from_bytes(&bytes)?;
    let score = scores.score_with(&generator.playout().machine, &view, &synthetic.slots)?;
    Ok(Made { number, synthetic, bytes, score })
}
