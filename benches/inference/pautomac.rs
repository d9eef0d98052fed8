//! PAutomaC: perplexity on the test strings, 1 % smoothing with the uniform at every event.

use crate::data;
use logfsm::automaton::Automaton;
use logfsm::infer::{Control, infer};
use std::collections::HashMap;
use std::time::Instant;

const SMOOTHING: f64 = 0.01;
/// Problem and target perplexity, where the data directory's README gives one.
const PROBLEMS: [u32; 6] = [1, 7, 24, 29, 33, 45];

struct Problem {
    train: String,
    test: String,
    targets: Vec<f64>,
    symbols: f64,
}

fn strings(text: &str) -> Vec<Vec<&str>> {
    text.lines().skip(1).map(|line| line.split_whitespace().skip(1).collect()).collect()
}

fn read(number: u32) -> Option<Problem> {
    let train = data::text(&format!("pautomac/{number}.pautomac.train.gz"))?;
    let test = data::text(&format!("pautomac/{number}.pautomac.test.gz"))?;
    let solution = data::text(&format!("pautomac/{number}.pautomac_solution.txt.gz"))?;
    let symbols = train.lines().next()?.split_whitespace().nth(1)?.parse().ok()?;
    let targets = solution.split_whitespace().skip(1).map(|p| p.parse().unwrap_or(0.0)).collect();
    Some(Problem { train, test, targets, symbols })
}

/// 2^(-sum pT log2 pC), both renormalised over the test set.
fn perplexity(targets: &[f64], candidates: &[f64]) -> f64 {
    let (t, c): (f64, f64) = (targets.iter().sum(), candidates.iter().sum());
    let sum: f64 = targets.iter().zip(candidates).map(|(p, q)| p / t * (q / c).log2()).sum();
    (-sum).exp2()
}

/// The probability of a string by the forward algorithm; a machine that has lost the string predicts uniformly.
fn probability(machine: &Automaton, offsets: &[u32], visits: &[u64], string: &[Option<u32>], symbols: f64) -> f64 {
    let uniform = 1.0 / (symbols + 1.0);
    let mut states: Vec<(u32, f64)> = vec![(0, 1.0)];
    let mut p = 1.0;
    let smooth = |q: f64, lost: bool| if lost { uniform } else { (1.0 - SMOOTHING) * q + SMOOTHING * uniform };
    for &label in string {
        let mut next: Vec<(u32, f64)> = Vec::new();
        for &(state, weight) in &states {
            let range = offsets[state as usize] as usize..offsets[state as usize + 1] as usize;
            for t in machine.transitions[range].iter().filter(|t| Some(t.label) == label) {
                next.push((t.target, weight * t.count as f64 / visits[state as usize] as f64));
            }
        }
        next.sort_unstable_by_key(|&(state, _)| state);
        next.dedup_by(|b, a| {
            a.0 == b.0 && {
                a.1 += b.1;
                true
            }
        });
        let sum: f64 = next.iter().map(|&(_, w)| w).sum();
        p *= smooth(sum, states.is_empty());
        next.iter_mut().for_each(|(_, w)| *w /= sum);
        states = next;
    }
    let stop: f64 = states.iter().map(|&(s, w)| w * machine.stops[s as usize] as f64 / visits[s as usize] as f64).sum();
    p * smooth(stop, states.is_empty())
}

fn score(problem: &Problem, machine: &Automaton) -> f64 {
    let ids: HashMap<&str, u32> = machine.labels.iter().enumerate().map(|(i, l)| (&*l.event, i as u32)).collect();
    let (offsets, visits) = (machine.offsets(), machine.visits());
    let candidates: Vec<f64> = strings(&problem.test)
        .iter()
        .map(|string| {
            let string: Vec<Option<u32>> = string.iter().map(|s| ids.get(s).copied()).collect();
            probability(machine, &offsets, &visits, &string, problem.symbols)
        })
        .collect();
    perplexity(&problem.targets, &candidates)
}

/// A 3-gram with the same smoothing, the yardstick.
fn trigram(problem: &Problem) -> f64 {
    let pad = |string: &[&str]| {
        let mut padded = vec!["^".to_string(), "^".to_string()];
        padded.extend(string.iter().map(|s| s.to_string()));
        padded.push("$".to_string());
        padded
    };
    let mut counts: HashMap<Vec<String>, f64> = HashMap::new();
    for string in strings(&problem.train) {
        for window in pad(&string).windows(3) {
            *counts.entry(window.to_vec()).or_default() += 1.0;
            *counts.entry(window[..2].to_vec()).or_default() += 1.0;
        }
    }
    let uniform = 1.0 / (problem.symbols + 1.0);
    let of = |window: &[String]| counts.get(window).copied().unwrap_or(0.0);
    let candidates: Vec<f64> = strings(&problem.test)
        .iter()
        .map(|string| {
            let p = |w: &[String]| match of(&w[..2]) {
                0.0 => uniform,
                n => (1.0 - SMOOTHING) * of(w) / n + SMOOTHING * uniform,
            };
            pad(string).windows(3).map(p).product()
        })
        .collect();
    perplexity(&problem.targets, &candidates)
}

/// Prints the table for some methods.
pub fn run(methods: &[String], options: &str, only: &[u32]) {
    println!("\nPAutomaC: perplexity, smaller is better (target = the generating machine)");
    println!(
        "{:>3} {:>9} {:>9} {:>12} {:>9} {:>8} {:>8}",
        "no", "target", "3-gram", "method", "perplex.", "states", "seconds"
    );
    for number in PROBLEMS.into_iter().filter(|n| only.is_empty() || only.contains(n)) {
        let Some(problem) = read(number) else { return };
        let (target, trigram) = (perplexity(&problem.targets, &problem.targets), trigram(&problem));
        let tree = data::tree(strings(&problem.train));
        for method in methods {
            let start = Instant::now();
            let machine = infer(&tree, method, options, &Control::unlimited()).expect("a valid method");
            let seconds = start.elapsed().as_secs_f64();
            let reached = score(&problem, &machine);
            let states = machine.state_count();
            println!("{number:>3} {target:>9.3} {trigram:>9.3} {method:>12} {reached:>9.3} {states:>8} {seconds:>8.2}");
        }
    }
}
