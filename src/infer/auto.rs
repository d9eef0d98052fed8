//! The choice among learners: held-out likelihood first, invariants broken second.

use super::bits::{WittenBell, bits_per_event};
use super::holdout::{self, Held, distinct_traces};
use super::invariants::{InvariantMiner, MiningOptions, check};
use super::{Control, Learner, OptionKind, OptionSpec, Options, Sample, parallel};
use crate::automaton::{Automaton, Invariant, Kind, Provenance};
use crate::error::{Error, Result};
use std::cell::Cell;

/// One in so many distinct traces is held out.
const FOLDS: usize = 5;
/// Bits per event within which likelihoods count as equal, so that broken invariants decide.
const TIE: f64 = 0.01;
/// Machines learned at a time, at most.
const MOST_WORKERS: usize = 4;
/// Bits per event that another method must save for the one to stay with to be left.
const MARGIN: f64 = 0.05;
/// A method that needs so many times the bits of the best one in the first fold, and a little, is out of the race.
const FAR: (f64, f64) = (1.5, 0.1);
/// Up to so many states of the prefix tree and event types every fold is held out once, beyond only the first.
const SMALL: (usize, usize) = (20_000, 100);

/// The options of `auto`.
pub(super) const OPTIONS: &[OptionSpec] = &[
    OptionSpec {
        name: "stay",
        kind: OptionKind::Json,
        default: "null",
        meaning: "a method to stay with unless another needs 0.05 bits per held-out event less; refresh gives the one that \
                  the model has",
    },
    OptionSpec {
        name: "compare",
        kind: OptionKind::Boolean,
        default: "true",
        meaning: "false: take the method to stay with without comparing it to others; refresh does so for logs of 10,000 \
                  traces up until there are half as many again as when methods were compared",
    },
];

/// Learns with each of `learners` on four fifths of the distinct traces, and with the best on all.
///
/// * Best: the fewest bits per held-out event, a state escaping to the event before as its context; within 0.01 bits the
///   machine that breaks fewest mined invariants; then the first. Small logs are held out fold by fold, of large ones one
///   fifth is. A learner that reaches the memory limit is passed over, and one that is far behind after the first fold
///   is judged by it alone.
/// * `stay` names the one that is kept although another is a little better: near a tie a few new traces decide
///   otherwise, and a machine of another kind would replace the one that people have come to know.
///
/// The notes of the result say what was chosen and why. Costs what all learners cost.
pub(super) fn learn(
    tree: &Automaton,
    learners: &[&dyn Learner],
    stay: &Stay,
    control: &Control<'_>,
) -> Result<Automaton> {
    if let Some(learner) =
        learners.iter().find(|learner| !stay.compare && stay.method.as_deref() == Some(learner.name()))
    {
        let note = format!("auto stayed with {} without comparing methods again", learner.name());
        return with_notes(*learner, tree, vec![note], control);
    }
    let stay = stay.method.as_deref();
    let small = tree.state_count() <= SMALL.0 && tree.labels.len() <= SMALL.1;
    let folds = if small { FOLDS } else { 1 };
    let mut folds: Vec<Fold> = (0..folds).map(|fold| Fold::new(tree, fold, control)).collect::<Result<_>>()?;
    let first = folds.swap_remove(0);
    folds.retain(|fold| !fold.held.is_empty() && fold.rest.totals.traces > 0);
    folds.insert(0, first);
    let mined = InvariantMiner::from_tree(tree, control)?.finish(&MiningOptions::default());
    let judged = race(learners, &folds, &mined.list, control)?;
    let mut notes = Vec::new();
    let (mut best, mut known): (Option<(f64, usize, &dyn Learner)>, _) = (None, None);
    for (&learner, of_folds) in learners.iter().zip(judged) {
        let (bits, broken) = match judge(learner, &folds, &of_folds, &mined.list, control) {
            Ok(judged) => judged,
            Err(Error::MemoryLimit { .. }) => {
                notes.push(format!("{}: reached the memory limit", learner.name()));
                continue;
            }
            Err(error) => return Err(error),
        };
        if bits.is_infinite() {
            notes.push(format!("{}: given up, it takes too long here", learner.name()));
            continue;
        }
        notes.push(format!(
            "{}: {bits:.3} bits per held-out event, {broken} of {} invariants broken",
            learner.name(),
            mined.list.len()
        ));
        let better =
            |&(least, fewest, _): &(f64, usize, _)| bits < least - TIE || (bits < least + TIE && broken < fewest);
        if best.as_ref().is_none_or(better) {
            best = Some((bits, broken, learner));
        }
        if stay == Some(learner.name()) {
            known = Some((bits, broken, learner));
        }
    }
    // Only where it makes a difference is it told: else the machine is what it is without `stay`.
    let stayed = known
        .zip(best)
        .filter(|(known, best)| known.2.name() != best.2.name() && known.0 <= best.0 + MARGIN)
        .map(|(known, _)| known);
    let verb = if stayed.is_some() { "stayed with" } else { "chose" };
    let (bits, broken, learner) =
        stayed.or(best).ok_or(Error::MemoryLimit { operation: "auto", limit: control.memory_limit })?;
    let why = if folds.iter().all(|fold| fold.held.is_empty()) {
        "too few distinct traces to hold some out"
    } else {
        "held-out traces"
    };
    notes.insert(
        0,
        format!(
            "auto {verb} {} by {why}: {bits:.3} bits per held-out event, {broken} invariants broken",
            learner.name()
        ),
    );
    with_notes(learner, tree, notes, control)
}

/// What a learner with its default options makes of a log, with notes on why it was taken.
fn with_notes(learner: &dyn Learner, tree: &Automaton, notes: Vec<String>, control: &Control<'_>) -> Result<Automaton> {
    let options = Options::parse(learner.name(), learner.options(), "{}")?;
    let mut machine = learner.learn(Sample { positive: tree, negative: None }, &options, control)?;
    machine.kind = Kind::Inferred(Provenance { method: learner.name().into(), options: options.to_text(), notes });
    Ok(machine)
}

/// What is known before methods are compared.
pub(super) struct Stay {
    /// The method that a log's machine is of already.
    pub method: Option<String>,
    /// Whether others are compared with it.
    pub compare: bool,
}

/// Traces to learn from, traces held out, and what events before alone tell of these.
struct Fold {
    rest: Automaton,
    held: Vec<Held>,
    shorter: WittenBell,
}

impl Fold {
    fn new(tree: &Automaton, fold: usize, control: &Control<'_>) -> Result<Self> {
        let (rest, held) = holdout::split(tree, fold, FOLDS, control)?;
        let shorter = WittenBell::new(1, tree.labels.len(), &distinct_traces(&rest, control)?);
        Ok(Fold { rest, held, shorter })
    }
}

/// What a learner's machine of a fold comes to: bits, held-out events, and how many invariants it breaks; endless bits
/// where it was given up.
type Judged = (f64, f64, usize);

/// Every learner on the first fold, and on the others those that are not far behind: of each the folds it was judged on.
fn race(
    learners: &[&dyn Learner],
    folds: &[Fold],
    invariants: &[Invariant],
    control: &Control<'_>,
) -> Result<Vec<Vec<Option<Judged>>>> {
    let all: Vec<usize> = (0..learners.len()).collect();
    let (first, others) = folds.split_at(1);
    let mut judged = judge_all(learners, &all, first, invariants, control)?;
    let bits =
        |of: &[Option<Judged>]| of[0].map_or(0.0, |(bits, events, _)| if events > 0.0 { bits / events } else { 0.0 });
    let best = judged.iter().filter(|of| of[0].is_some()).map(|of| bits(of)).fold(f64::INFINITY, f64::min);
    let near: Vec<usize> = all.into_iter().filter(|&i| bits(&judged[i]) <= FAR.0 * best + FAR.1).collect();
    for (i, more) in near.iter().zip(judge_all(learners, &near, others, invariants, control)?) {
        judged[*i].extend(more);
    }
    Ok(judged)
}

/// Some learners on some folds, several at a time; `None` where a learner reached its share of the memory limit.
fn judge_all(
    learners: &[&dyn Learner],
    which: &[usize],
    folds: &[Fold],
    invariants: &[Invariant],
    control: &Control<'_>,
) -> Result<Vec<Vec<Option<Judged>>>> {
    let workers = control.workers().min(MOST_WORKERS);
    let judge = |job: usize, control: &Control<'_>| {
        let (learner, fold) = (learners[which[job / folds.len()]], &folds[job % folds.len()]);
        match judge_fold(learner, fold, invariants, control) {
            Err(Error::MemoryLimit { .. }) => Ok(None),
            judged => judged.map(Some),
        }
    };
    let judged = parallel::run(which.len() * folds.len(), workers, control, &judge)?;
    let mut judged = judged.into_iter();
    Ok(which.iter().map(|_| judged.by_ref().take(folds.len()).collect()).collect())
}

fn judge_fold(learner: &dyn Learner, fold: &Fold, invariants: &[Invariant], control: &Control<'_>) -> Result<Judged> {
    let options = Options::parse(learner.name(), learner.options(), "{}")?;
    let (asked, patience) = (Cell::new(0), learner.patience(&fold.rest).unwrap_or(u64::MAX));
    let proceed = || {
        asked.set(asked.get() + 1);
        if asked.get() > patience { Err(Error::Cancelled) } else { control.check() }
    };
    let bounded = Control::new(&proceed, control.memory_limit);
    let machine = match learner.learn(Sample { positive: &fold.rest, negative: None }, &options, &bounded) {
        Err(Error::Cancelled) if asked.get() > patience => return Ok((f64::INFINITY, 1.0, 0)),
        learned => learned?,
    };
    let (bits, events) = bits_per_event(&machine, &fold.shorter, &fold.held, control)?;
    Ok((bits, events, check(&machine, invariants, control)?.len()))
}

/// Bits per held-out event and invariants broken: those of the fold's machine that breaks most. A fold that was not
/// judged within a worker's share of the memory is judged with all of it.
fn judge(
    learner: &dyn Learner,
    folds: &[Fold],
    judged: &[Option<Judged>],
    invariants: &[Invariant],
    control: &Control<'_>,
) -> Result<(f64, usize)> {
    let (mut bits, mut events, mut broken) = (0.0, 0.0, 0);
    for (fold, judged) in folds.iter().zip(judged) {
        let (sum, count, breaks) = match *judged {
            Some(judged) => judged,
            None => judge_fold(learner, fold, invariants, control)?,
        };
        (bits, events) = (bits + sum, events + count);
        broken = broken.max(breaks);
    }
    Ok((if events > 0.0 { bits / events } else { 0.0 }, broken))
}
