//! How well scores tell labelled traces apart.

/// A scored trace with its label.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Labelled {
    /// Its score.
    pub score: f64,
    /// True where it is an anomaly.
    pub anomalous: bool,
    /// How many traces it stands for.
    pub weight: f64,
}

/// Figures of a classifier and of the ranking behind it; `None` where there are no anomalies or nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Evaluation {
    /// Weight of all traces.
    pub traces: f64,
    /// Weight of the anomalies.
    pub anomalies: f64,
    /// Weight of what is beyond the threshold.
    pub flagged: f64,
    /// Share of anomalies among what is flagged.
    pub precision: Option<f64>,
    /// Share of anomalies that are flagged.
    pub recall: Option<f64>,
    /// Harmonic mean of precision and recall.
    pub f1: Option<f64>,
    /// The best F1 of any threshold: an oracle's.
    pub best_f1: Option<f64>,
    /// Probability that an anomaly scores higher than a normal trace, equal scores counting half.
    pub auroc: Option<f64>,
    /// Area under the precision-recall curve (average precision; equal scores are one step).
    pub auprc: Option<f64>,
    /// Share of normal traces flagged by the threshold that flags 95 % of the anomalies.
    pub fpr_at_95_recall: Option<f64>,
}

/// Evaluates scores against labels; traces with a score beyond `threshold` count as flagged. O(n log n).
pub fn evaluate(traces: &[Labelled], threshold: f64) -> Evaluation {
    let mut order: Vec<&Labelled> = traces.iter().filter(|t| t.weight > 0.0 && !t.score.is_nan()).collect();
    order.sort_by(|a, b| b.score.total_cmp(&a.score));
    let weight_of = |anomalous| order.iter().filter(|t| t.anomalous == anomalous).map(|t| t.weight).sum::<f64>();
    let (anomalies, normal) = (weight_of(true), weight_of(false));
    let mut result = Evaluation { traces: anomalies + normal, anomalies, ..Evaluation::default() };
    let (mut hits, mut alarms) = (0.0, 0.0);
    let (mut area, mut average, mut best) = (0.0, 0.0, 0.0f64);
    let mut at_95 = None;
    let (mut flagged_hits, mut flagged_alarms) = (0.0, 0.0);
    for step in order.chunk_by(|a, b| a.score == b.score) {
        let of = |anomalous| step.iter().filter(|t| t.anomalous == anomalous).map(|t| t.weight).sum::<f64>();
        let (more_hits, more_alarms): (f64, f64) = (of(true), of(false));
        area += more_alarms * (hits + more_hits / 2.0);
        hits += more_hits;
        alarms += more_alarms;
        average += more_hits * hits / (hits + alarms);
        best = best.max(2.0 * hits / (hits + alarms + anomalies));
        if at_95.is_none() && hits >= 0.95 * anomalies {
            at_95 = Some(alarms);
        }
        if step[0].score > threshold {
            (flagged_hits, flagged_alarms) = (hits, alarms);
        }
    }
    result.flagged = flagged_hits + flagged_alarms;
    result.precision = (result.flagged > 0.0).then(|| flagged_hits / result.flagged);
    if anomalies > 0.0 {
        result.recall = Some(flagged_hits / anomalies);
        result.f1 = Some(2.0 * flagged_hits / (result.flagged + anomalies));
        result.best_f1 = Some(best);
        result.auprc = Some(average / anomalies);
    }
    if anomalies > 0.0 && normal > 0.0 {
        result.auroc = Some(area / (anomalies * normal));
        result.fpr_at_95_recall = at_95.map(|alarms| alarms / normal);
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn labelled(scores: &[(u8, bool)]) -> Vec<Labelled> {
        scores.iter().map(|&(s, anomalous)| Labelled { score: f64::from(s), anomalous, weight: 1.0 }).collect()
    }

    #[test]
    fn figures_of_a_small_example() {
        // Descending: anomaly 9, normal 8, anomaly 7, and normals at 1.
        let found = evaluate(&labelled(&[(9, true), (8, false), (7, true), (1, false), (1, false)]), 7.5);
        assert_eq!((found.flagged, found.precision, found.recall, found.f1), (2.0, Some(0.5), Some(0.5), Some(0.5)));
        assert_eq!(found.best_f1, Some(0.8));
        assert_eq!(found.auprc, Some((1.0 + 2.0 / 3.0) / 2.0));
        assert_eq!(found.auroc, Some(5.0 / 6.0));
        assert_eq!(found.fpr_at_95_recall, Some(1.0 / 3.0));
    }

    #[test]
    fn without_anomalies_or_normals_nothing_is_claimed() {
        let none = evaluate(&[], 0.0);
        assert_eq!((none.precision, none.recall, none.auroc), (None, None, None));
        let normal = evaluate(&labelled(&[(1, false)]), 0.0);
        assert_eq!((normal.flagged, normal.precision, normal.auprc), (1.0, Some(0.0), None));
    }

    proptest! {
        #[test]
        fn area_under_the_curve_is_the_share_of_ordered_pairs(scores in prop::collection::vec((0u8..9, any::<bool>()), 0..30)) {
            let all = labelled(&scores);
            let (mut pairs, mut ordered) = (0.0, 0.0);
            for a in all.iter().filter(|t| t.anomalous) {
                for b in all.iter().filter(|t| !t.anomalous) {
                    pairs += 1.0;
                    ordered += if a.score > b.score { 1.0 } else if a.score == b.score { 0.5 } else { 0.0 };
                }
            }
            let found = evaluate(&all, 4.0);
            if pairs > 0.0 {
                prop_assert!((found.auroc.unwrap() - ordered / pairs).abs() < 1e-12);
                prop_assert!(found.f1.unwrap() <= found.best_f1.unwrap() + 1e-12);
            }
            let doubled: Vec<Labelled> = all.iter().map(|t| Labelled { weight: 2.0, ..*t }).collect();
            prop_assert_eq!(evaluate(&doubled, 4.0).auprc, found.auprc);
        }
    }
}
