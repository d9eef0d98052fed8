//! Readers of the data sets with components.

use flate2::read::GzDecoder;
use logfsm::automaton::{Automaton, PrefixTree};
use logfsm::trace::{Trace, TraceBuilder, TraceView};
use std::collections::BTreeMap;
use std::io::Read;
use std::path::PathBuf;

/// The rows of a gzip CSV file below `LOGFSM_DATA`, without its header; `None` (with a message) where it is not there.
pub fn rows(path: &str) -> Option<Vec<Vec<String>>> {
    let Some(directory) = std::env::var_os("LOGFSM_DATA").map(PathBuf::from) else {
        println!("skipped: LOGFSM_DATA is not set");
        return None;
    };
    let mut text = String::new();
    let file = directory.join(path);
    match std::fs::File::open(&file).and_then(|f| GzDecoder::new(f).read_to_string(&mut text)) {
        Ok(_) => Some(parse(&text).split_off(1)),
        Err(error) => {
            println!("skipped: {}: {error}", file.display());
            None
        }
    }
}

fn parse(text: &str) -> Vec<Vec<String>> {
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

/// Adds a finished trace to a tree.
pub fn add(tree: &mut PrefixTree, builder: TraceBuilder) {
    let bytes = builder.finish().to_bytes();
    tree.add(&TraceView::from_bytes(&bytes).expect("a trace just written")).expect("no limit");
}

/// The traces of a PRINS data set, each so many times.
pub fn prins_traces(name: &str, copies: usize) -> Option<Vec<Trace>> {
    let rows = rows(&format!("prins/{name}.csv.gz"))?;
    let mut traces = Vec::new();
    for _ in 0..copies {
        for trace in rows.chunk_by(|a, b| a[0] == b[0]) {
            let mut builder = TraceBuilder::default();
            for row in trace {
                builder.push(Some(&row[3]), &row[4], None, row[1].parse().ok(), Some(&row[7]));
            }
            traces.push(builder.finish());
        }
    }
    Some(traces)
}

/// The prefix tree of a PRINS data set.
pub fn prins(name: &str) -> Option<Automaton> {
    let mut tree = PrefixTree::new(usize::MAX);
    for trace in prins_traces(name, 1)? {
        tree.add(&TraceView::from_bytes(&trace.to_bytes()).expect("a trace just written")).expect("no limit");
    }
    Some(tree.to_automaton())
}

/// The prefix tree of the normal HDFS traces, components as in the raw log, `unknown` for events it lacks.
pub fn hdfs() -> Option<Automaton> {
    let mut component: BTreeMap<String, String> = BTreeMap::new();
    for file in ["hdfs_raw/HDFS_20000_structured.csv.gz", "hdfs_raw/HDFS_AD_5k_structured.csv.gz"] {
        // line_id, ts, pid, level, component, content, block_ids, event_id
        component.extend(rows(file)?.into_iter().map(|row| (row[7].clone(), row[4].clone())));
    }
    let mut tree = PrefixTree::new(usize::MAX);
    for row in rows("hdfs/hdfs_loghub_sequences.csv.gz")?.iter().filter(|row| row[1] == "0") {
        let mut builder = TraceBuilder::default();
        for event in row[2].split(' ') {
            let component = component.get(event).map_or("unknown", String::as_str);
            builder.push(Some(component), event, None, None, None);
        }
        add(&mut tree, builder);
    }
    Some(tree.to_automaton())
}
