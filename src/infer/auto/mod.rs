//! The choice among learners: each learns from a part of the traces and is judged by the others.
//!
//! [`folds`] holds traces out, as they come and by distinct traces; [`race`] lets the candidates learn, with bounded work,
//! and judges them by the traces held out; [`choice`] says which is the best. The best then learns from all traces.

mod choice;
mod folds;
mod race;

use super::{Control, Learner, OptionKind, OptionSpec, Options, Sample};
use crate::automaton::{Automaton, Invariant, Kind, Provenance};
use crate::error::{Error, Result};
use choice::{Candidate, choose, objects};
use folds::View;
use race::{FREE, Failure, Outcome, TIMES};

/// Bits per event that another method must save for the one to stay with to be left.
const MARGIN: f64 = 0.05;
/// All traces may take so many times the work of a fold, which has four fifths of them.
const GROWTH: u64 = 4;

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

/// Learns with each of `learners` on four fifths of the traces, and with the best on all.
///
/// * `invariants`: those mined from the traces
/// * `stay` names the method that is kept although another is a little better: near a tie a few new traces decide
///   otherwise, and a machine of another kind would replace the one that people have come to know.
///
/// A learner that reaches the memory limit or takes much more work than the cheapest is passed over. The notes of the
/// result say what was chosen and why. Costs a few times what the cheapest learner costs, and at most a second or so.
pub(super) fn learn(
    tree: &Automaton,
    learners: &[&dyn Learner],
    stay: &Stay,
    invariants: &[Invariant],
    control: &Control<'_>,
) -> Result<Automaton> {
    if let Some(learner) =
        learners.iter().find(|learner| !stay.compare && stay.method.as_deref() == Some(learner.name()))
    {
        let note = format!("auto stayed with {} without comparing methods again", learner.name());
        return with_notes(*learner, tree, vec![note], control);
    }
    let mut outcome = race::run(tree, learners, invariants, control)?;
    let mut notes = notes(&outcome, invariants.len());
    while let Some((best, stayed)) = pick(&outcome, stay) {
        let candidate = outcome.candidates.remove(best);
        let learner = learners.iter().find(|learner| learner.name() == candidate.name);
        let Some(learner) = learner else { continue };
        let mut all = vec![reason(&candidate, &outcome, stayed)];
        all.extend(notes.iter().cloned());
        let work = control.at_most(FREE.saturating_add(GROWTH * candidate.work().max(TIMES * outcome.cheapest)));
        let what = match with_notes(*learner, tree, all, &control.with_work(&work)) {
            Err(Error::MemoryLimit { .. }) => "reached the memory limit",
            Err(Error::WorkLimit { .. }) => "given up, it takes too much work",
            learned => return learned,
        };
        notes.push(format!("{}: {what} with all traces", candidate.name));
    }
    // invariant: the cheapest learner, whose work the bounds follow, does not reach them
    Err(Error::MemoryLimit { operation: "auto", limit: control.memory_limit })
}

/// The number of the candidate to take, and whether it is so only because the log's machine is of it already.
fn pick(outcome: &Outcome, stay: &Stay) -> Option<(usize, bool)> {
    let candidates = &outcome.candidates;
    let best = choose(candidates, &outcome.weights)?;
    let bits = |candidate: &Candidate| candidate.bits(&outcome.weights);
    let least = candidates.iter().map(bits).fold(f64::INFINITY, f64::min);
    let known = candidates.iter().position(|candidate| stay.method.as_deref() == Some(candidate.name));
    let known = known.filter(|&known| {
        // Only where it makes a difference is it told: else the machine is what it is without `stay`.
        known != best
            && bits(&candidates[known]) <= least + MARGIN
            && !objects(candidates, best, known, &outcome.weights)
    });
    Some(known.map_or((best, false), |known| (known, true)))
}

/// Why a candidate was taken.
fn reason(candidate: &Candidate, outcome: &Outcome, stayed: bool) -> String {
    let verb = if stayed { "stayed with" } else { "chose" };
    let why = if outcome.is_void { "too few distinct traces to hold some out" } else { "held-out traces" };
    format!(
        "auto {verb} {} by {why}: {:.3} bits per held-out event, {} invariants broken",
        candidate.name,
        candidate.bits(&outcome.weights),
        candidate.broken()
    )
}

/// What each candidate reached.
fn notes(outcome: &Outcome, invariants: usize) -> Vec<String> {
    let figures = outcome.candidates.iter().map(|candidate| {
        let accepted = candidate.accepted(&outcome.weights);
        let share = |(view, share): (&View, f64)| format!("{:.0} % of {}", 100.0 * share, view.held_out());
        let shares: Vec<String> = outcome.views.iter().zip(accepted).map(share).collect();
        format!(
            "{}: {:.3} bits per held-out event, accepts {}, {} of {invariants} invariants broken, {} states",
            candidate.name,
            candidate.bits(&outcome.weights),
            shares.join(" and "),
            candidate.broken(),
            candidate.states(),
        )
    });
    let failed = outcome.failed.iter().map(|(name, failure)| match failure {
        Failure::TooMuchWork => format!("{name}: given up, it takes too much work here"),
        Failure::MemoryLimit => format!("{name}: reached the memory limit"),
    });
    figures.chain(failed).collect()
}

/// What a learner with its default options makes of a log, with notes on why it was taken.
fn with_notes(learner: &dyn Learner, tree: &Automaton, notes: Vec<String>, control: &Control<'_>) -> Result<Automaton> {
    let options = Options::parse(learner.name(), learner.options(), "{}")?;
    let mut machine = learner.learn(Sample { positive: tree, negative: None }, &options, control)?;
    let shown = learner.effective(&options, false);
    machine.kind = Kind::Inferred(Provenance { method: learner.name().into(), options: shown, notes });
    Ok(machine)
}

/// What is known before methods are compared.
pub(super) struct Stay {
    /// The method that a log's machine is of already.
    pub method: Option<String>,
    /// Whether others are compared with it.
    pub compare: bool,
}
