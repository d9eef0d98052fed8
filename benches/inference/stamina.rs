//! StaMinA: balanced classification rate of machines learned from positive and negative strings.

use crate::data;
use logfsm::automaton::Automaton;
use logfsm::infer::{Control, Sample, infer_from};
use std::collections::HashMap;
use std::time::Instant;

const PROBLEMS: [u32; 4] = [1, 6, 21, 46];

/// (label, string) of an Abbadingo file.
fn strings(text: &str) -> Vec<(bool, Vec<&str>)> {
    text.lines()
        .skip(1)
        .filter(|line| !line.trim().is_empty())
        .map(|line| {
            let mut fields = line.split_whitespace();
            let label = fields.next() == Some("1");
            (label, fields.skip(1).collect())
        })
        .collect()
}

fn accepts(machine: &Automaton, ids: &HashMap<&str, u32>, string: &[&str]) -> bool {
    let mut state = 0;
    for symbol in string {
        let Some(&label) = ids.get(symbol) else { return false };
        let outgoing = machine.outgoing(state);
        match outgoing.binary_search_by_key(&label, |t| t.label) {
            Ok(at) => state = outgoing[at].target,
            Err(_) => return false,
        }
    }
    machine.stops[state as usize] > 0
}

/// Prints the table for the methods that take negative traces.
pub fn run(methods: &[String], options: &str) {
    println!("\nStaMinA: BCR = harmonic mean of recall and specificity");
    println!(
        "{:>3} {:>6} {:>7} {:>7} {:>7} {:>7} {:>8}",
        "no", "method", "BCR", "recall", "spec.", "states", "seconds"
    );
    for number in PROBLEMS {
        let (Some(train), Some(test)) = (
            data::text(&format!("stamina/{number}_train.txt.gz")),
            data::text(&format!("stamina/{number}_test.txt.gz")),
        ) else {
            return;
        };
        let train = strings(&train);
        let of = |label: bool| data::tree(train.iter().filter(|(l, _)| *l == label).map(|(_, s)| s));
        let (positive, negative) = (of(true), of(false));
        for method in methods {
            let start = Instant::now();
            let sample = Sample { positive: &positive, negative: Some(&negative) };
            let machine = infer_from(sample, method, options, &Control::unlimited()).expect("a valid method");
            let seconds = start.elapsed().as_secs_f64();
            let ids: HashMap<&str, u32> =
                machine.labels.iter().enumerate().map(|(i, l)| (&*l.event, i as u32)).collect();
            let mut hits = [[0.0f64; 2]; 2];
            for (label, string) in strings(&test) {
                hits[usize::from(label)][usize::from(accepts(&machine, &ids, &string))] += 1.0;
            }
            let recall = hits[1][1] / (hits[1][0] + hits[1][1]);
            let specificity = hits[0][0] / (hits[0][0] + hits[0][1]);
            let bcr = 2.0 * recall * specificity / (recall + specificity);
            let states = machine.state_count();
            println!("{number:>3} {method:>6} {bcr:>7.3} {recall:>7.3} {specificity:>7.3} {states:>7} {seconds:>8.2}");
        }
    }
}
