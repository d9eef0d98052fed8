//! EDSM (Lang, Pearlmutter & Price 1998): evidence-driven state merging with a blue fringe, all blue states considered.

use super::bayes::Bayes;
use super::merge::{Block, Evidence};
use super::red_blue::{self, Order};
use super::{Control, Learner, OptionKind, OptionSpec, Options, Sample, holdout};
use crate::automaton::{Automaton, Kind, Provenance};
use crate::error::Result;
use std::collections::BTreeMap;

/// The EDSM learner.
pub struct Edsm;

/// Prior of each outcome of a state: Jeffreys.
const JEFFREYS: f64 = 0.5;
/// One in so many traces is held out.
const FOLDS: usize = 5;

const OPTIONS: &[OptionSpec] = &[
    OptionSpec {
        name: "k",
        kind: OptionKind::Integer(0, 1_000_000),
        default: "2",
        meaning: "score that a merge needs; positive traces only: number of folded transitions with equal labels, \
                  with negative traces: number of folded states known alike (there 0 unless k is given)",
    },
    OptionSpec {
        name: "frequencies",
        kind: OptionKind::Choice(&["auto", "yes", "no"]),
        default: "\"auto\"",
        meaning: "with negative traces: whether frequencies of the positive ones are evidence too, which helps where \
                  traces are few and misleads where they were not sampled; auto holds a fifth of the traces out and \
                  takes what tells them apart better",
    },
    OptionSpec {
        name: "runs",
        kind: OptionKind::Integer(1, 1_000_000),
        default: "64",
        meaning: "with negative traces, without frequencies: complete runs, each departing from the best merge at one \
                  more decision; the smallest machine is kept",
    },
];

impl Learner for Edsm {
    fn name(&self) -> &'static str {
        "edsm"
    }

    fn summary(&self) -> &'static str {
        "merges the pair of states with the most evidence first, with or without negative traces (blue-fringe EDSM, \
         Lang, Pearlmutter & Price 1998)"
    }

    fn options(&self) -> &'static [OptionSpec] {
        OPTIONS
    }

    fn takes_negative(&self) -> bool {
        true
    }

    fn effective(&self, options: &Options, negative: bool) -> BTreeMap<String, String> {
        let mut text = options.to_text();
        let by_frequencies = options.choice("frequencies") == "yes";
        match negative {
            false => text.retain(|name, _| name == "k"),
            true if by_frequencies => text.retain(|name, _| name == "frequencies"),
            true if !options.is_given("k") => drop(text.insert("k".into(), "0".into())),
            true => {}
        }
        text
    }

    fn learn(&self, sample: Sample<'_>, options: &Options, control: &Control<'_>) -> Result<Automaton> {
        let Some(negative) = sample.negative else {
            let mut evidence = Positive { score: 0, threshold: options.integer("k") };
            return red_blue::learn(sample, Order::All, &mut evidence, control);
        };
        let threshold = if options.is_given("k") { options.integer("k") } else { 0 };
        let (frequencies, note) = match options.choice("frequencies") {
            "yes" => (true, None),
            "no" => (false, None),
            _ => frequencies_help(sample.positive, negative, threshold, control)?,
        };
        let runs = options.integer("runs") as usize;
        let mut machine = learn_labelled(sample, frequencies, threshold, runs, control)?;
        if let Some(note) = note {
            let provenance = Provenance { method: self.name().into(), options: BTreeMap::new(), notes: vec![note] };
            machine.kind = Kind::Inferred(provenance);
        }
        Ok(machine)
    }
}

fn learn_labelled(
    sample: Sample<'_>,
    frequencies: bool,
    threshold: i64,
    runs: usize,
    control: &Control<'_>,
) -> Result<Automaton> {
    if frequencies {
        let labels = sample.positive.labels.len();
        let mut evidence = Bayes::new(labels, JEFFREYS, f64::INFINITY, f64::NEG_INFINITY, true);
        return red_blue::learn(sample, Order::All, &mut evidence, control);
    }
    red_blue::learn_smallest(sample, &mut Labelled { score: 0, threshold }, runs, control)
}

/// Whether held-out traces are told apart better with frequencies than without, and the note that says so.
fn frequencies_help(
    positive: &Automaton,
    negative: &Automaton,
    threshold: i64,
    control: &Control<'_>,
) -> Result<(bool, Option<String>)> {
    let (positive, accepted) = holdout::split(positive, 0, FOLDS, control)?;
    let (negative, rejected) = holdout::split(negative, 0, FOLDS, control)?;
    if accepted.is_empty() || rejected.is_empty() || positive.totals.traces == 0 {
        return Ok((false, Some("too few traces to hold some out: frequencies are no evidence".into())));
    }
    let sample = Sample { positive: &positive, negative: Some(&negative) };
    let mut rates = [0.0; 2];
    for (rate, frequencies) in rates.iter_mut().zip([false, true]) {
        let machine = learn_labelled(sample, frequencies, threshold, 1, control)?;
        let hits = |traces: &[holdout::Held]| {
            traces.iter().filter(|t| holdout::accepts(&machine, &t.events)).count() as f64 / traces.len() as f64
        };
        // Labels of the two trees are numbered apart: rejected traces are translated by name.
        *rate = (hits(&accepted) + 1.0 - hits(&holdout::relabel(&rejected, &negative, &machine))) / 2.0;
    }
    let taken = rates[1] > rates[0];
    let note = format!(
        "frequencies {} evidence: balanced accuracy on a held-out fifth {:.3} without, {:.3} with",
        if taken { "are" } else { "are no" },
        rates[0],
        rates[1]
    );
    Ok((taken, Some(note)))
}

/// Evidence from accepted and rejected traces: pairs of states known alike; a conflict forbids the merge.
pub(super) struct Labelled {
    pub(super) score: i64,
    pub(super) threshold: i64,
}

impl Evidence for Labelled {
    fn begin(&mut self) {
        self.score = 0;
    }

    fn pair(&mut self, red: Block<'_>, blue: Block<'_>) -> bool {
        if (red.stops > 0 && blue.rejects > 0) || (red.rejects > 0 && blue.stops > 0) {
            return false;
        }
        let alike = (red.stops > 0 && blue.stops > 0) || (red.rejects > 0 && blue.rejects > 0);
        self.score += i64::from(alike);
        true
    }

    fn score(&self) -> Option<f64> {
        (self.score >= self.threshold).then_some(self.score as f64)
    }

    // A conflict stays one in every coarser partition; a low score may still rise.
    fn is_final(&self) -> bool {
        self.threshold <= 0
    }
}

/// Evidence from accepted traces alone: transitions with equal labels that fold into one.
struct Positive {
    score: i64,
    threshold: i64,
}

impl Evidence for Positive {
    fn begin(&mut self) {
        self.score = 0;
    }

    fn pair(&mut self, red: Block<'_>, blue: Block<'_>) -> bool {
        let shared = blue.edges.iter().filter(|e| red.edges.binary_search_by_key(&e.label, |r| r.label).is_ok());
        self.score += shared.count() as i64;
        true
    }

    fn score(&self) -> Option<f64> {
        (self.score >= self.threshold).then_some(self.score as f64)
    }
}
