//! What synthetic traces are worth, side by side with floors and controls: run with LOGFSM_DATA set.
#![allow(missing_docs)]

mod hdfs;
mod phases;
#[path = "../../tests/support/mod.rs"]
mod support;

fn main() {
    let only = std::env::args().skip(1).find(|a| !a.starts_with('-'));
    let wanted = |name: &str| only.as_deref().is_none_or(|only| name == only);
    if wanted("hdfs") {
        hdfs::run();
    }
    if wanted("phases") {
        phases::run();
    }
}
