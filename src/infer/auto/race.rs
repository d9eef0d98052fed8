//! Candidates on held-out traces, with bounded work: none may take much longer than the cheapest.

use super::super::bits::{Lost, judge};
use super::super::invariants::count_broken;
use super::super::{Control, Learner, Options, Sample, parallel};
use super::choice::{Candidate, Figures, Weights};
use super::folds::{FOLDS, Fold, View, views};
use crate::automaton::{Automaton, Invariant};
use crate::error::{Error, Result};

/// Machines learned at a time, at most.
const MOST_WORKERS: usize = 4;
/// A candidate that needs so many times the bits of the best one in the first fold, and a little, is out of the race.
const FAR: (f64, f64) = (1.5, 0.1);
/// Steps of work that each candidate may do on the first fold, whatever the others take: a fraction of a second.
pub(super) const FREE: u64 = 20_000_000;
/// And so many times the steps that the cheapest one takes.
pub(super) const TIMES: u64 = 2;
/// Steps that all candidates together may do on further folds.
const FURTHER: u64 = 30_000_000;

/// Why a candidate is out of the race.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failure {
    TooMuchWork,
    MemoryLimit,
}

/// What came of a race.
pub(super) struct Outcome {
    /// How traces were held out.
    pub(super) views: Vec<View>,
    pub(super) weights: Weights,
    /// In order of preference.
    pub(super) candidates: Vec<Candidate>,
    pub(super) failed: Vec<(&'static str, Failure)>,
    /// Steps that the cheapest one took on the first fold.
    pub(super) cheapest: u64,
    /// True where no trace could be held out.
    pub(super) is_void: bool,
}

struct Race<'a> {
    tree: &'a Automaton,
    learners: &'a [&'a dyn Learner],
    invariants: &'a [Invariant],
    views: Vec<View>,
    /// Per view.
    folds: Vec<Vec<Fold>>,
}

/// Judges learners by held-out traces. The last of them is the one whose work is near linear in the tree's size whatever
/// the log: it tells how much the others may do. Small logs are held out fold by fold, of large ones one fifth is.
pub(super) fn run(
    tree: &Automaton,
    learners: &[&dyn Learner],
    invariants: &[Invariant],
    control: &Control<'_>,
) -> Result<Outcome> {
    let views = views(tree);
    let folds = views.iter().map(|&view| Ok(vec![Fold::new(tree, view, 0, control)?])).collect::<Result<_>>()?;
    let mut race = Race { tree, learners, invariants, views, folds };
    let last = learners.len() - 1;
    let mut judged: Vec<std::result::Result<Candidate, Failure>> = race.judge(&[(last, u64::MAX)], 0..1, control)?;
    let cheapest = judged[0].as_ref().map_or(0, Candidate::work);
    let bound = FREE + TIMES * cheapest;
    let others: Vec<(usize, u64)> = (0..last).map(|learner| (learner, bound)).collect();
    judged.splice(0..0, race.judge(&others, 0..1, control)?);
    let further = race.further(&judged);
    if further > 1 {
        race.hold_out(further, control)?;
        race.go_on(&mut judged, further, control)?;
    }
    let mut outcome = Outcome {
        views: race.views.clone(),
        weights: Weights::of(&race.folds),
        candidates: Vec::new(),
        failed: Vec::new(),
        cheapest,
        is_void: race.folds.iter().flatten().all(Fold::is_void),
    };
    for (learner, judged) in learners.iter().zip(judged) {
        match judged {
            Ok(candidate) => outcome.candidates.push(candidate),
            Err(failure) => outcome.failed.push((learner.name(), failure)),
        }
    }
    Ok(outcome)
}

impl Race<'_> {
    /// How many folds of each view the work done on the first leaves room for.
    fn further(&self, judged: &[std::result::Result<Candidate, Failure>]) -> usize {
        let near = self.near(judged);
        let work: u64 = near.iter().filter_map(|&i| judged[i].as_ref().ok()).map(Candidate::work).sum();
        if self.views.contains(&View::Ending) { 1 } else { 1 + (FOLDS - 1).min((FURTHER / work.max(1)) as usize) }
    }

    /// The candidates that are not far behind.
    fn near(&self, judged: &[std::result::Result<Candidate, Failure>]) -> Vec<usize> {
        let weights = Weights::of(&self.folds);
        let bits = |i: &usize| judged[*i].as_ref().map_or(f64::INFINITY, |candidate| candidate.bits(&weights));
        let all = 0..judged.len();
        let best = all.clone().map(|i| bits(&i)).fold(f64::INFINITY, f64::min);
        all.filter(|i| bits(i) <= FAR.0 * best + FAR.1).collect()
    }

    /// Holds out more folds of every view, void ones left out.
    fn hold_out(&mut self, folds: usize, control: &Control<'_>) -> Result<()> {
        for (view, held) in self.views.iter().zip(&mut self.folds) {
            for fold in 1..folds {
                let fold = Fold::new(self.tree, *view, fold, control)?;
                if !fold.is_void() {
                    held.push(fold);
                }
            }
        }
        Ok(())
    }

    /// The candidates that are not far behind, on all further folds.
    fn go_on(
        &self,
        judged: &mut [std::result::Result<Candidate, Failure>],
        folds: usize,
        control: &Control<'_>,
    ) -> Result<()> {
        let near = self.near(judged);
        // What took little for one fold is not far from it for another.
        let bound = |i: usize| FREE + TIMES * judged[i].as_ref().map_or(0, Candidate::work);
        let which: Vec<(usize, u64)> = near.into_iter().map(|i| (i, bound(i))).collect();
        let more = self.judge(&which, 1..folds, control)?;
        for ((i, _), more) in which.into_iter().zip(more) {
            match (&mut judged[i], more) {
                (Ok(candidate), Ok(more)) => {
                    candidate.figures.iter_mut().zip(more.figures).for_each(|(all, more)| all.extend(more));
                }
                (candidate, Err(failure)) => *candidate = Err(failure),
                (Err(_), Ok(_)) => {}
            }
        }
        Ok(())
    }

    /// Some learners, each with its bound of work per fold, on some folds of every view, several at a time.
    fn judge(
        &self,
        which: &[(usize, u64)],
        folds: std::ops::Range<usize>,
        control: &Control<'_>,
    ) -> Result<Vec<std::result::Result<Candidate, Failure>>> {
        let of_view: Vec<&[Fold]> =
            self.folds.iter().map(|of| &of[folds.start.min(of.len())..folds.end.min(of.len())]).collect();
        let jobs: Vec<(usize, u64, &Fold)> = which
            .iter()
            .flat_map(|&(learner, most)| of_view.iter().copied().flatten().map(move |fold| (learner, most, fold)))
            .collect();
        let job = |job: usize, control: &Control<'_>| {
            let (learner, most, fold) = jobs[job];
            self.judge_fold(learner, fold, most, control)
        };
        let workers = control.workers().min(MOST_WORKERS);
        let mut judged = parallel::run(jobs.len(), workers, control, &job)?.into_iter();
        let mut job = 0;
        let mut candidates = Vec::with_capacity(which.len());
        for &(learner, most) in which {
            let mut candidate = Ok(Candidate { name: self.learners[learner].name(), figures: Vec::new() });
            for folds in &of_view {
                let mut figures = Vec::with_capacity(folds.len());
                for _ in *folds {
                    let mut of_fold = judged.next().unwrap_or(Err(Failure::MemoryLimit));
                    // A worker had but its share of the memory.
                    if matches!(of_fold, Err(Failure::MemoryLimit)) {
                        of_fold = self.judge_fold(learner, jobs[job].2, most, control)?;
                    }
                    job += 1;
                    match of_fold {
                        Ok(of_fold) => figures.push(of_fold),
                        Err(failure) => candidate = Err(failure),
                    }
                }
                if let Ok(candidate) = &mut candidate {
                    candidate.figures.push(figures);
                }
            }
            candidates.push(candidate);
        }
        Ok(candidates)
    }

    fn judge_fold(
        &self,
        learner: usize,
        fold: &Fold,
        most: u64,
        control: &Control<'_>,
    ) -> Result<std::result::Result<Figures, Failure>> {
        let work = control.at_most(most);
        let figures = self.figures(self.learners[learner], fold, &control.with_work(&work));
        match figures {
            Ok(figures) => Ok(Ok(Figures { work: work.done(), ..figures })),
            Err(Error::WorkLimit { .. }) => Ok(Err(Failure::TooMuchWork)),
            Err(Error::MemoryLimit { .. }) => Ok(Err(Failure::MemoryLimit)),
            Err(error) => Err(error),
        }
    }

    fn figures(&self, learner: &dyn Learner, fold: &Fold, control: &Control<'_>) -> Result<Figures> {
        let options = Options::parse(learner.name(), learner.options(), "{}")?;
        let machine = learner.learn(Sample { positive: &fold.rest, negative: None }, &options, control)?;
        let verdicts = judge(&machine, &fold.shorter, &fold.held, Lost::NothingIsKnown, fold.skip, control)?;
        let broken = match count_broken(&machine, self.invariants, control) {
            // Too many to look at: as if all were broken.
            Err(Error::WorkLimit { .. }) => self.invariants.len(),
            broken => broken?,
        };
        Ok(Figures { verdicts, broken, states: machine.state_count(), work: 0 })
    }
}
