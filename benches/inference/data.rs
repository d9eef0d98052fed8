//! Readers of the data sets and builders of prefix trees.

#[path = "../../tests/support/logs.rs"]
pub mod logs;

use flate2::read::GzDecoder;
use logfsm::automaton::{Automaton, PrefixTree};
use logfsm::trace::{Trace, TraceView};
pub use logs::Numbers;
use std::io::Read;
use std::path::PathBuf;

/// The directory of data sets, from `LOGFSM_DATA`.
pub fn directory() -> Option<PathBuf> {
    std::env::var_os("LOGFSM_DATA").map(PathBuf::from)
}

/// The text of a gzip file below the data directory, `None` (with a message) where it is not there.
pub fn text(path: &str) -> Option<String> {
    let Some(directory) = directory() else {
        println!("skipped: LOGFSM_DATA is not set");
        return None;
    };
    let file = directory.join(path);
    let mut text = String::new();
    match std::fs::File::open(&file).and_then(|f| GzDecoder::new(f).read_to_string(&mut text)) {
        Ok(_) => Some(text),
        Err(error) => {
            println!("skipped: {}: {error}", file.display());
            None
        }
    }
}

/// The prefix tree of some traces.
pub fn tree<'a, T: AsRef<[&'a str]>>(traces: impl IntoIterator<Item = T>) -> Automaton {
    let mut tree = PrefixTree::new(usize::MAX);
    for trace in traces {
        add(&mut tree, &Trace::of(trace.as_ref().iter().copied()).to_bytes());
    }
    tree.to_automaton()
}

/// Adds a trace in its binary form.
pub fn add(tree: &mut PrefixTree, bytes: &[u8]) {
    tree.add(&TraceView::from_bytes(bytes).expect("a trace just written")).expect("no limit");
}
