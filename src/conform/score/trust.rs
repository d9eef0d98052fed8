//! Training traces that are taken to be faulty where the caller says how many are.

use super::calibrate::{count, quantile};
use super::counts;
use crate::automaton::{CountVector, LabelId};
use crate::error::Result;
use crate::infer::{Control, Held};
use hashbrown::HashMap;

/// Core vectors that others are compared with, at most.
const CORE: usize = 1024;

/// The traces, with the surprise of their rare events, that are left when the most doubtful ones go.
///
/// The core are the most frequent count vectors that cover all but twice the share `contamination`. How doubtful a
/// trace is: how far its counts are from the core, and how surprising its events are beyond what a share of
/// `contamination` exceeds. The most doubtful ones go, rarer ones first among equals, as long as they are no more than
/// that share (a step of concentration towards a trimmed sample, Rousseeuw & Van Driessen 1999).
/// O(events + distinct vectors × core).
pub fn trusted(
    traces: Vec<Held>,
    surprises: Vec<Vec<u64>>,
    contamination: f64,
    control: &Control<'_>,
) -> Result<(Vec<Held>, Vec<Vec<u64>>)> {
    let total: u64 = traces.iter().map(|t| t.count).sum();
    let most = (contamination * total as f64) as u64;
    if most == 0 {
        return Ok((traces, surprises));
    }
    let of_trace: Vec<Vec<(LabelId, u32)>> = traces.iter().map(|t| count(&t.events)).collect();
    let mut times: HashMap<&[(LabelId, u32)], u64> = HashMap::new();
    for (counts, trace) in of_trace.iter().zip(&traces) {
        *times.entry(counts).or_default() += trace.count;
    }
    let mut vectors: Vec<CountVector> =
        times.iter().map(|(counts, &count)| CountVector { count, counts: counts.to_vec() }).collect();
    vectors.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.counts.cmp(&b.counts)));
    let mut covered = 0;
    let core = vectors.iter().take_while(|v| {
        let wanted = covered + 2 * most < total;
        covered += v.count;
        wanted
    });
    let core = core.take(CORE).count().max(1);
    let mut far: HashMap<&[(LabelId, u32)], u64> = HashMap::new();
    for (rank, vector) in vectors.iter().enumerate() {
        control.check()?;
        let distance =
            if rank < core { 0 } else { counts::nearest(&vector.counts, &vectors[..core], None).map_or(0, |n| n.0) };
        far.insert(&vector.counts, distance);
    }
    let largest = traces.iter().zip(&surprises).map(|(t, s)| (s.iter().copied().max().unwrap_or(0), t.count));
    let usual = quantile(largest.collect(), total - most);
    let doubt = |i: usize| {
        let order: u64 = surprises[i].iter().map(|s| s.saturating_sub(usual)).sum();
        far.get(&*of_trace[i]).copied().unwrap_or(0) + order
    };
    let mut order: Vec<(u64, usize)> = (0..traces.len()).map(|i| (doubt(i), i)).filter(|d| d.0 > 0).collect();
    order.sort_by(|a, b| {
        let (x, y) = (&traces[a.1], &traces[b.1]);
        b.0.cmp(&a.0).then(x.count.cmp(&y.count)).then_with(|| y.events.cmp(&x.events))
    });
    let mut gone = vec![false; traces.len()];
    let mut left = most;
    for (_, i) in order {
        if traces[i].count <= left {
            left -= traces[i].count;
            gone[i] = true;
        }
    }
    drop(far);
    Ok(traces.into_iter().zip(surprises).enumerate().filter(|(i, _)| !gone[*i]).map(|(_, kept)| kept).unzip())
}

#[cfg(test)]
mod tests {
    use crate::automaton::PrefixTree;
    use crate::conform::{FALSE_POSITIVE_RATE, Machine, threshold};
    use crate::infer::{Control, infer};
    use crate::trace::{Trace, TraceView};

    /// 1,000 usual traces of a few kinds and 20 of two faulty ones, each several times.
    fn scores(options: &str) -> (Vec<f64>, f64) {
        let mut tree = PrefixTree::new(usize::MAX);
        let mut add = |events: &[&str], times: usize| {
            let bytes = Trace::of(events.iter().copied()).to_bytes();
            (0..times).for_each(|_| tree.add(&TraceView::from_bytes(&bytes).unwrap()).unwrap());
        };
        for reads in 0..4 {
            add(&[&["open"][..], &vec!["read"; reads], &["close"]].concat(), 250);
        }
        let faulty =
            [vec!["open", "error", "error", "retry", "close"], vec!["open", "read", "error", "abort", "abort"]];
        faulty.iter().for_each(|events| add(events, 10));
        let automaton = infer(&tree.to_automaton(), "auto", options, &Control::unlimited()).unwrap();
        let threshold = threshold(&automaton, FALSE_POSITIVE_RATE).unwrap();
        let machine = Machine::new(automaton);
        let usual = Trace::of(["open", "read", "close"]);
        let scores = faulty.iter().map(|events| Trace::of(events.iter().copied())).chain([usual]);
        (scores.map(|trace| machine.score_trace(&trace)).collect(), threshold)
    }

    #[test]
    fn faulty_training_traces_are_found_where_their_share_is_given() {
        let (found, threshold) = scores("{}");
        assert!(found[0] < threshold && found[1] < threshold, "{found:?} {threshold}");
        for share in ["0.02", "0.05", "0.2"] {
            let (found, threshold) = scores(&format!("{{\"contamination\": {share}}}"));
            assert!(
                found[0] > threshold && found[1] > threshold && found[2] < threshold,
                "{share} {found:?} {threshold}"
            );
        }
        assert!(infer_fails("-0.1") && infer_fails("0.7") && infer_fails("\"some\""));
    }

    fn infer_fails(share: &str) -> bool {
        let tree = PrefixTree::new(usize::MAX).to_automaton();
        infer(&tree, "k_tails", &format!("{{\"contamination\": {share}}}"), &Control::unlimited()).is_err()
    }
}
