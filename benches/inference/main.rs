//! Learners on the public data sets: accuracy and speed, as tables.
//!
//! `LOGFSM_DATA=… cargo bench --bench inference -- [section] [--method m]… [--options json]
//! [--traces n] [--log part]`; without a section, all. `--log` takes logs of the section costs by a part of their name.

mod costs;
mod data;
mod gaps;
mod hdfs;
mod pautomac;
mod stamina;
mod synoptic;

fn main() {
    let mut sections: Vec<String> = Vec::new();
    let (mut methods, mut options, mut only) = (Vec::new(), "{}".to_string(), Vec::new());
    let (mut traces, mut log) = (8000, String::new());
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--bench" => {}
            "--method" => methods.extend(arguments.next()),
            "--options" => options = arguments.next().unwrap_or_default(),
            "--problem" => only.extend(arguments.next().and_then(|n| n.parse::<u32>().ok())),
            "--traces" => traces = arguments.next().and_then(|n| n.parse().ok()).unwrap_or(traces),
            "--log" => log = arguments.next().unwrap_or_default(),
            _ => sections.push(argument),
        }
    }
    let wanted = |name: &str| sections.is_empty() || sections.iter().any(|s| s == name);
    let or = |defaults: &[&str]| {
        if methods.is_empty() { defaults.iter().map(|m| m.to_string()).collect() } else { methods.clone() }
    };
    if wanted("pautomac") {
        pautomac::run(&or(&["mdl", "likelihood", "alergia"]), &options, &only);
    }
    if wanted("synoptic") {
        synoptic::run();
    }
    if wanted("hdfs") {
        hdfs::run(&or(&["alergia", "mdl", "k_tails", "synoptic"]));
    }
    if wanted("gaps") {
        let all = ["k_tails", "edsm", "alergia", "likelihood", "aic", "mdl", "synoptic", "prefix_tree", "auto"];
        gaps::run(&or(&all), traces);
    }
    if wanted("costs") {
        costs::run(&or(&["k_tails", "prefix_multiset", "mdl", "alergia", "auto"]), &log);
    }
    if wanted("stamina") {
        stamina::run(&or(&["edsm", "rpni"]), &options);
    }
}
