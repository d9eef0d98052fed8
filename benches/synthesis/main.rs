//! What synthetic traces are worth, side by side with floors and controls: run with LOGFSM_DATA set.
#![allow(missing_docs)]

mod hdfs;
mod peers;
mod phases;
#[path = "../../tests/support/mod.rs"]
mod support;
mod throughput;

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|a| !a.starts_with('-'));
    let (only, directory) = (arguments.next(), arguments.next().unwrap_or(".".into()));
    let wanted = |name: &str| only.as_deref().is_none_or(|only| name == only);
    if wanted("hdfs") {
        hdfs::run();
    }
    if wanted("phases") {
        phases::run();
    }
    if wanted("throughput") {
        throughput::run();
    }
    match only.as_deref() {
        Some("peers-export") => peers::export(directory.as_ref()),
        Some("peers") => peers::run(directory.as_ref()),
        _ => {}
    }
}
