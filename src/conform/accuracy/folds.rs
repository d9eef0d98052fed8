//! Folds: who is in training, who is held out, and the negatives made from those.

use super::negatives::{Negative, Positives};
use super::require_tree;
use crate::automaton::{Automaton, LabelId};
use crate::error::{Error, Result};
use crate::infer::{Control, Held, distinct_traces, restrict};
use crate::synth::random::{Stream, key};

/// How traces are held out and what negatives are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// Folds over traces, local negatives only.
    Published,
    /// Folds over distinct traces, local and hidden negatives.
    Strict,
}

impl Protocol {
    /// By the name used in SQL.
    pub fn named(name: &str) -> Result<Self> {
        match name {
            "published" => Ok(Protocol::Published),
            "strict" => Ok(Protocol::Strict),
            _ => Err(Error::InvalidArgument {
                argument: "protocol",
                reason: format!("There is no protocol \"{name}\""),
                hint: "Give published or strict.".into(),
            }),
        }
    }
}

/// What fixes the folds and their negatives, given the traces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// The protocol.
    pub protocol: Protocol,
    /// Number of folds.
    pub folds: usize,
    /// Seed of the shuffle and of the negatives.
    pub seed: i64,
}

/// One fold.
#[derive(Debug, Clone)]
pub struct Fold {
    /// The prefix tree of the traces to learn from.
    pub training: Automaton,
    /// The held-out traces.
    pub held: Vec<Held>,
    /// True where each distinct trace weighs the same.
    pub by_distinct: bool,
    /// Negatives by a local change.
    pub local: Vec<Negative>,
    /// Negatives that no three events in a row give away.
    pub hidden: Vec<Vec<LabelId>>,
}

/// Negatives of one kind made per fold at most.
const MOST_NEGATIVES: usize = 10_000;

/// The folds of a prefix tree, those without any trace left out. O(traces + folds × tree).
///
/// A held-out trace for which no negative is found contributes none.
pub fn folds(tree: &Automaton, plan: Plan, control: &Control<'_>) -> Result<Vec<Fold>> {
    require_tree(tree, "evaluate")?;
    let traces = distinct_traces(tree, control)?;
    // In the published protocol copies of one trace are shuffled apart.
    let mut instances: Vec<u32> = match plan.protocol {
        Protocol::Strict => (0..traces.len() as u32).collect(),
        Protocol::Published => {
            let copies = |(number, trace): (usize, &Held)| std::iter::repeat_n(number as u32, trace.count as usize);
            let total: u64 = traces.iter().map(|trace| trace.count).sum();
            control.check_memory("cross-validation", total as usize * size_of::<u32>())?;
            traces.iter().enumerate().flat_map(copies).collect()
        }
    };
    if instances.len() < 2 || plan.folds < 2 {
        return Err(Error::InvalidArgument {
            argument: "k",
            reason: format!(
                "{} folds of {} traces leave nothing to learn from or to hold out",
                plan.folds,
                instances.len()
            ),
            hint: "At least 2 folds of 2 traces are needed; the strict protocol counts distinct traces.".into(),
        });
    }
    let mut stream = Stream::new(&key("shuffle", plan.seed, &[0; 32]), 0);
    for i in (1..instances.len()).rev() {
        instances.swap(i, stream.below(i as u64 + 1) as usize);
    }
    let positives = Positives::new(&traces);
    let negative_key = key("negative", plan.seed, &[0; 32]);
    let folds = plan.folds.min(instances.len());
    (0..folds)
        .map(|fold| {
            control.check()?;
            let mine: Vec<(usize, u32)> =
                instances.iter().copied().enumerate().filter(|(i, _)| i % folds == fold).collect();
            let mut taken = vec![0u64; traces.len()];
            mine.iter().for_each(|&(_, number)| taken[number as usize] += 1);
            if plan.protocol == Protocol::Strict {
                taken.iter_mut().zip(&traces).filter(|(n, _)| **n > 0).for_each(|(n, trace)| *n = trace.count);
            }
            let mut stops = tree.stops.clone();
            stops.iter_mut().filter(|n| **n > 0).zip(&taken).for_each(|(left, taken)| *left -= taken);
            let mut made = Fold {
                training: restrict(tree, &stops),
                held: traces
                    .iter()
                    .zip(&taken)
                    .filter(|(_, n)| **n > 0)
                    .map(|(trace, &count)| Held { events: trace.events.clone(), count })
                    .collect(),
                by_distinct: plan.protocol == Protocol::Strict,
                local: Vec::new(),
                hidden: Vec::new(),
            };
            for &(ordinal, number) in mine.iter().take(MOST_NEGATIVES) {
                if ordinal % 1024 == 0 {
                    control.check()?;
                }
                let mut stream = Stream::new(&negative_key, ordinal as u64);
                let events = &traces[number as usize].events;
                made.local.extend(positives.local(events, &mut stream));
                if plan.protocol == Protocol::Strict {
                    made.hidden.extend(positives.hidden(events, &mut stream));
                }
            }
            Ok(made)
        })
        .collect()
}
