//! Helpers that several tests share.
#![allow(dead_code)]

use logfsm::automaton::{Automaton, PrefixTree};
use logfsm::trace::{Trace, TraceBuilder, TraceView};
use std::io::Read;

/// The prefix tree of traces of event types.
pub fn tree<T: AsRef<str>>(traces: &[Vec<T>]) -> Automaton {
    let mut tree = PrefixTree::new(usize::MAX);
    for trace in traces {
        let bytes = Trace::of(trace.iter().map(AsRef::as_ref)).to_bytes();
        tree.add(&TraceView::from_bytes(&bytes).unwrap()).unwrap();
    }
    tree.to_automaton()
}

/// A trace of event types with times, in its binary form.
pub fn timed(events: &[(&str, i64)]) -> Vec<u8> {
    let mut builder = TraceBuilder::default();
    for &(event, at) in events {
        builder.push(None, event, Some(at), None, None);
    }
    builder.finish().to_bytes()
}

/// The text of a gzip file below `LOGFSM_DATA`; `None` after saying so where it is not there.
pub fn data(path: &str) -> Option<String> {
    let Some(directory) = std::env::var_os("LOGFSM_DATA") else {
        eprintln!("SKIPPED: set LOGFSM_DATA to the directory of data sets to run this test");
        return None;
    };
    let file = std::fs::File::open(std::path::Path::new(&directory).join(path)).expect("the data set");
    let mut text = String::new();
    flate2::read::GzDecoder::new(file).read_to_string(&mut text).expect("gzip text");
    Some(text)
}

/// The rows of RFC 4180 text, header included.
pub fn csv(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => cell.extend(letters.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut cell)),
            '\n' if !quoted => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            '\r' if !quoted => {}
            other => cell.push(other),
        }
    }
    rows
}
