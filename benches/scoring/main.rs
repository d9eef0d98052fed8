//! Scoring: detection on HDFS beside simple detectors, explanations of injected faults, alignment and throughput.
//!
//! `cargo bench --bench scoring -- [detection] [contaminated] [faults] [throughput] [--subsets n]`; without a section, all.

mod baselines;
#[path = "../inference/data.rs"]
#[allow(dead_code)]
mod data;
mod detection;
mod faults;
mod logs;
mod throughput;

fn main() {
    let mut sections: Vec<String> = Vec::new();
    let (mut subsets, mut method) = (None, "auto".to_string());
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--bench" => {}
            "--subsets" => subsets = arguments.next().and_then(|n| n.parse::<usize>().ok()),
            "--method" => method = arguments.next().unwrap_or_default(),
            _ => sections.push(argument),
        }
    }
    let wanted = |name: &str| sections.is_empty() || sections.iter().any(|s| s == name);
    if wanted("detection") {
        detection::run(subsets, &method);
    }
    if wanted("contaminated") {
        detection::contaminated(subsets, &method);
    }
    if wanted("faults") {
        faults::run(&method);
    }
    if wanted("throughput") {
        throughput::run(&method);
    }
}
