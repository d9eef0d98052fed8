//! Simple detectors, each with its threshold from training traces alone.

use std::collections::{BTreeMap, HashMap, HashSet};

/// A trace's event types as numbers.
pub type Ids = Vec<usize>;
/// Gives a trace's score.
pub type Scorer = Box<dyn Fn(&Ids) -> f64>;

/// A name, its score, and the threshold that it picks.
pub struct Detector {
    pub name: &'static str,
    pub score: Scorer,
    pub threshold: f64,
}

fn counts(trace: &Ids, types: usize) -> Vec<f64> {
    let mut counts = vec![0.0; types];
    trace.iter().for_each(|&e| counts[e] += 1.0);
    counts
}

/// The 99.9 % quantile of scores.
fn quantile(mut scores: Vec<f64>) -> f64 {
    scores.sort_by(f64::total_cmp);
    let rank = ((scores.len() as f64 * 0.999).ceil() as usize).clamp(1, scores.len());
    scores[rank - 1]
}

fn markov(train: &[Ids], types: usize) -> impl Fn(&Ids) -> f64 + use<> {
    let mut pairs: HashMap<(usize, usize), f64> = HashMap::new();
    let mut from: HashMap<usize, f64> = HashMap::new();
    let steps = move |trace: &Ids| -> Vec<(usize, usize)> {
        let padded: Vec<usize> = [types].into_iter().chain(trace.iter().copied()).chain([types]).collect();
        padded.windows(2).map(|w| (w[0], w[1])).collect()
    };
    for trace in train {
        for step in steps(trace) {
            *pairs.entry(step).or_default() += 1.0;
            *from.entry(step.0).or_default() += 1.0;
        }
    }
    move |trace| {
        let surprise = |step: &(usize, usize)| {
            let (n, all) = (pairs.get(step).copied().unwrap_or(0.0), from.get(&step.0).copied().unwrap_or(0.0));
            -((n + 0.01) / (all + 0.01 * (types as f64 + 1.0))).log2()
        };
        steps(trace).iter().map(surprise).fold(0.0, f64::max)
    }
}

fn nearest(vectors: &[Vec<f64>], known: &HashSet<usize>, trace: &Ids, types: usize) -> f64 {
    let own = counts(trace, types);
    let distance = |v: &Vec<f64>| v.iter().zip(&own).map(|(a, b)| (a - b).abs()).sum::<f64>();
    let least = vectors.iter().map(distance).fold(f64::INFINITY, f64::min);
    least + if trace.iter().any(|e| !known.contains(e)) { 1000.0 } else { 0.0 }
}

/// Squared distance from the subspace that holds 95 % of the variance of the training counts.
fn pca(train: &[Ids], types: usize) -> impl Fn(&Ids) -> f64 + use<> {
    let rows: Vec<Vec<f64>> = train.iter().map(|t| counts(t, types)).collect();
    let mean: Vec<f64> = (0..types).map(|i| rows.iter().map(|r| r[i]).sum::<f64>() / rows.len() as f64).collect();
    let mut covariance = vec![vec![0.0; types]; types];
    for row in &rows {
        for i in 0..types {
            for j in 0..types {
                covariance[i][j] += (row[i] - mean[i]) * (row[j] - mean[j]) / rows.len() as f64;
            }
        }
    }
    let total: f64 = (0..types).map(|i| covariance[i][i]).sum();
    let (mut basis, mut kept): (Vec<Vec<f64>>, f64) = (Vec::new(), 0.0);
    while kept < 0.95 * total && basis.len() < types {
        // Power iteration with deflation.
        let mut v: Vec<f64> = (0..types).map(|i| 1.0 + i as f64 / 7.0).collect();
        let mut value = 0.0;
        for _ in 0..200 {
            let w: Vec<f64> = covariance.iter().map(|row| row.iter().zip(&v).map(|(a, b)| a * b).sum()).collect();
            value = w.iter().map(|x| x * x).sum::<f64>().sqrt();
            if value < 1e-12 {
                break;
            }
            v = w.iter().map(|x| x / value).collect();
        }
        if value < 1e-12 {
            break;
        }
        for i in 0..types {
            for j in 0..types {
                covariance[i][j] -= value * v[i] * v[j];
            }
        }
        kept += value;
        basis.push(v);
    }
    move |trace| {
        let own = counts(trace, types);
        let centred: Vec<f64> = own.iter().zip(&mean).map(|(a, b)| a - b).collect();
        let dot = |v: &Vec<f64>| v.iter().zip(&centred).map(|(a, b)| a * b).sum::<f64>();
        centred.iter().map(|x| x * x).sum::<f64>() - basis.iter().map(|v| dot(v).powi(2)).sum::<f64>()
    }
}

/// All detectors trained on some normal traces; `held` of them are kept back where a threshold needs it.
pub fn train(all: &[Ids], types: usize) -> Vec<Detector> {
    let (held, fit) = all.split_at((all.len() / 5).max(1));
    let known: HashSet<usize> = all.iter().flatten().copied().collect();
    let lengths: HashSet<usize> = all.iter().map(Vec::len).collect();
    let grams: HashSet<(usize, usize)> = all.iter().flat_map(|t| t.windows(2).map(|w| (w[0], w[1]))).collect();
    let vectors: BTreeMap<Vec<u64>, u64> = all.iter().fold(BTreeMap::new(), |mut m, t| {
        *m.entry(counts(t, types).iter().map(|&c| c as u64).collect()).or_default() += 1;
        m
    });
    let mut detectors = Vec::new();
    let mut add = |name, score: Scorer, threshold| detectors.push(Detector { name, score, threshold });
    let new_type = {
        let known = known.clone();
        move |t: &Ids| t.iter().any(|e| !known.contains(e))
    };
    let flag = |yes: bool| f64::from(u8::from(yes));
    let (a, b, c, d) = (new_type.clone(), new_type.clone(), new_type.clone(), new_type);
    add("new event type", Box::new(move |t| flag(a(t))), 0.5);
    add("event type + length", Box::new(move |t| flag(b(t) || !lengths.contains(&t.len()))), 0.5);
    add(
        "unseen 2-gram",
        Box::new(move |t| t.windows(2).filter(|w| !grams.contains(&(w[0], w[1]))).count() as f64),
        0.5,
    );
    let dense: Vec<Vec<f64>> = vectors.keys().map(|v| v.iter().map(|&c| c as f64).collect()).collect();
    {
        let vectors: HashSet<Vec<u64>> = vectors.keys().cloned().collect();
        let seen = move |t: &Ids| vectors.contains(&counts(t, types).iter().map(|&c| c as u64).collect::<Vec<_>>());
        add("event count vector", Box::new(move |t| flag(c(t)) + flag(!seen(t))), 0.5);
    }
    let fitted = pca(fit, types);
    let threshold = quantile(held.iter().map(&fitted).collect());
    add("PCA", Box::new(fitted), threshold);
    let fitted = markov(fit, types);
    let threshold = quantile(held.iter().map(&fitted).collect());
    add("order-1 Markov, max", Box::new(fitted), threshold);
    {
        let (fitted, again) = (markov(fit, types), markov(all, types));
        let limit = quantile(held.iter().map(&fitted).collect());
        let vectors: HashSet<Vec<u64>> = vectors.keys().cloned().collect();
        let seen = move |t: &Ids| vectors.contains(&counts(t, types).iter().map(|&c| c as u64).collect::<Vec<_>>());
        // Surprise in shares of its threshold, below one unless crossed, plus an unseen count vector.
        let score = move |t: &Ids| again(t) / limit + 2.0 * flag(!seen(t)) + flag(d(t));
        add("Markov + count vector", Box::new(score), 1.0);
    }
    {
        // Each trace held out: at distance 0 from another of the same counts, else from the nearest.
        let mut scores = Vec::new();
        for (at, (vector, &n)) in vectors.iter().enumerate() {
            let others: Vec<Vec<f64>> =
                dense.iter().enumerate().filter(|(i, _)| *i != at).map(|(_, v)| v.clone()).collect();
            let trace: Ids = vector.iter().enumerate().flat_map(|(e, &n)| vec![e; n as usize]).collect();
            let far = if n > 1 || others.is_empty() { 0.0 } else { nearest(&others, &known, &trace, types) };
            scores.extend(vec![far; n as usize]);
        }
        let threshold = quantile(scores);
        add("nearest count vector", Box::new(move |t| nearest(&dense, &known, t, types)), threshold);
    }
    detectors
}
