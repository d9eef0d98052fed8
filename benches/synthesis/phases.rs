//! Phases: how much of the held-out likelihood of a machine's states they keep, and how many there are.

use crate::support;
use logfsm::automaton::Automaton;
use logfsm::conform::{Frontier, Machine};
use logfsm::infer::{Control, infer, phases};
use logfsm::trace::Trace;
use std::collections::HashMap;

/// One in so many traces is held out at a time.
const FOLDS: usize = 5;

fn traces(path: &str) -> Option<Vec<Vec<String>>> {
    let rows = support::csv(&support::data(path)?);
    let column = |name: &str| rows[0].iter().position(|cell| cell == name);
    let (id, event) = (column("trace_id")?, column("event")?);
    let component = column("component");
    let (mut numbers, mut all): (HashMap<&str, usize>, Vec<Vec<String>>) = Default::default();
    for row in &rows[1..] {
        let number = *numbers.entry(&row[id]).or_insert_with(|| {
            all.push(Vec::new());
            all.len() - 1
        });
        let component = component.map_or("", |c| &row[c]);
        all[number].push(format!("{component}: {}", row[event]));
    }
    Some(all)
}

fn hdfs() -> Option<Vec<Vec<String>>> {
    let text = support::data("hdfs/hdfs_loghub_sequences.csv.gz")?;
    let rows = text.lines().skip(1).map(|line| line.split(',').collect::<Vec<_>>());
    Some(rows.filter(|r| r[1] == "0").map(|r| r[2].split(' ').map(String::from).collect()).collect())
}

/// What follows in each group, the end as the last one.
fn counts(machine: &Automaton, of: &[usize], groups: usize) -> Vec<Vec<f64>> {
    let mut counts = vec![vec![0.0; machine.labels.len() + 1]; groups];
    machine.transitions.iter().for_each(|t| counts[of[t.source as usize]][t.label as usize] += t.count as f64);
    machine.stops.iter().enumerate().for_each(|(s, &n)| counts[of[s]][machine.labels.len()] += n as f64);
    counts
}

fn bits(counts: &[f64], background: &[f64], next: Option<usize>) -> f64 {
    let (total, kinds) = (counts.iter().sum::<f64>(), counts.iter().filter(|n| **n > 0.0).count() as f64);
    // Event types never seen share what is left with all others.
    let (seen, lower) =
        next.map_or((0.0, 1.0 / (background.len() as f64 + 1.0)), |next| (counts[next], background[next]));
    -((seen + kinds * lower) / (total + kinds)).log2()
}

pub fn run() {
    println!("\nPhases: held-out bits per event by states and by phases, {FOLDS} folds");
    let logs =
        [("hadoop", traces("prins/hadoop.csv.gz")), ("nglclient", traces("prins/nglclient.csv.gz")), ("hdfs", hdfs())];
    for (name, all) in logs {
        let Some(all) = all else { return };
        let method = std::env::var("METHOD").unwrap_or("auto".into());
        let (mut by_state, mut by_phase, mut events) = (0.0, 0.0, 0);
        // Bits of an event that any phases half as many as the states leave open: H(next) - log2(states / 2).
        let (mut states, mut groups, mut least) = (0, 0, 0.0);
        for fold in 0..FOLDS {
            let train: Vec<Vec<String>> =
                all.iter().enumerate().filter(|(i, _)| i % FOLDS != fold).map(|t| t.1.clone()).collect();
            let learned = infer(&support::tree(&train), &method, "{}", &Control::unlimited()).unwrap();
            let found = phases(&learned, "{}", &Control::unlimited()).unwrap();
            // SHOW=1: what the phases are.
            for phase in found.list.iter().filter(|_| fold == 0 && std::env::var_os("SHOW").is_some()) {
                let name = |&label: &u32| learned.labels[label as usize].to_string().chars().take(60).collect();
                let labels: Vec<String> = phase.labels.iter().map(name).collect();
                println!("  {} visits, {} states: {}", phase.visits, phase.states.len(), labels.join(" | "));
            }
            let mut of = vec![0; learned.state_count()];
            found.list.iter().enumerate().for_each(|(i, p)| p.states.iter().for_each(|&s| of[s as usize] = i));
            let own: Vec<usize> = (0..learned.state_count()).collect();
            let of_state = counts(&learned, &own, learned.state_count());
            let of_phase = counts(&learned, &of, found.list.len());
            let sums: Vec<f64> =
                (0..=learned.labels.len()).map(|l| of_state.iter().map(|n| n[l]).sum::<f64>() + 1.0).collect();
            let total: f64 = sums.iter().sum();
            let entropy = sums.iter().fold(0.0, |bits, n| bits - n / total * (n / total).log2());
            least += entropy - (learned.state_count() as f64 / 2.0).log2();
            let background: Vec<f64> = sums.iter().map(|n| n / total).collect();
            (states, groups) = (states + learned.state_count(), groups + found.list.len());
            let machine = Machine::new(learned);
            for (_, trace) in all.iter().enumerate().filter(|(i, _)| i % FOLDS == fold) {
                let trace = Trace::of(trace.iter().map(String::as_str));
                let labels = machine.resolve(&trace.variant);
                let mut frontier = Frontier::start();
                for event in trace.variant.events.iter().map(Some).chain([None]) {
                    let state = frontier.best() as usize;
                    let label = event.and_then(|&event| labels[event as usize]);
                    let next =
                        if event.is_some() { label.map(|l| l as usize) } else { Some(machine.automaton.labels.len()) };
                    by_state += bits(&of_state[state], &background, next);
                    by_phase += bits(&of_phase[of[state]], &background, next);
                    events += 1;
                    if event.is_some() {
                        machine.advance(&mut frontier, label, None);
                    }
                }
            }
        }
        println!(
            "{name:<10} {:>7.1} states {:>6.1} phases ({:.2})  {:.4} bits by states, {:.4} by phases ({:+.1} %): an event {:.1} % less likely; half as many phases leave {:.2} bits or more",
            states as f64 / FOLDS as f64,
            groups as f64 / FOLDS as f64,
            groups as f64 / states as f64,
            by_state / events as f64,
            by_phase / events as f64,
            100.0 * (by_phase / by_state - 1.0),
            100.0 * (1.0 - ((by_state - by_phase) / events as f64).exp2()),
            f64::max(least / FOLDS as f64, 0.0)
        );
    }
}
