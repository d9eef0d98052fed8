//! Speed on HDFS-like events, sampled with replacement from the normal traces, and growth as the input doubles.

use crate::data::{self, Numbers, add};
use logfsm::automaton::{Automaton, PrefixTree};
use logfsm::infer::{Control, distinct_traces, infer};
use logfsm::trace::Trace;
use std::time::Instant;

fn normal_traces() -> Option<Vec<Vec<u8>>> {
    let text = data::text("hdfs/hdfs_loghub_sequences.csv.gz")?;
    // trace_id, source_file, label, event_ids, wherever the header puts them
    let header: Vec<&str> = text.lines().next()?.split(',').collect();
    let (label, events) = (header.iter().position(|h| *h == "label")?, header.iter().position(|h| *h == "event_ids")?);
    let rows = text.lines().skip(1).map(|line| line.split(',').collect::<Vec<&str>>());
    let normal = rows.filter(|row| row.get(label) == Some(&"0"));
    Some(normal.filter_map(|row| row.get(events).map(|e| Trace::of(e.split_whitespace()).to_bytes())).collect())
}

fn sampled(traces: &[Vec<u8>], count: usize) -> Automaton {
    let (mut tree, mut numbers) = (PrefixTree::new(usize::MAX), Numbers(3));
    for _ in 0..count {
        add(&mut tree, &traces[numbers.below(traces.len() as u64) as usize]);
    }
    tree.to_automaton()
}

/// Traces up to which the peers are run: beyond, they need gigabytes.
const PEERS_MOST: usize = 71_883;

/// Runs AALpy and pm4py on the same traces with the Python that `LOGFSM_PEERS` names, if it does.
fn peers(tree: &Automaton) {
    let Some(python) = std::env::var_os("LOGFSM_PEERS") else { return };
    let lines: Vec<String> = distinct_traces(tree, &Control::unlimited())
        .unwrap()
        .into_iter()
        .map(|t| {
            let names = t.events.iter().map(|&e| tree.labels[e as usize].to_string());
            std::iter::once(t.count.to_string()).chain(names).collect::<Vec<String>>().join(" ")
        })
        .collect();
    let file = std::env::temp_dir().join(format!("logfsm-peers-{}", std::process::id()));
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/inference/peers.py");
    let written = std::fs::write(&file, lines.join("\n"));
    let output = written.and_then(|()| std::process::Command::new(python).arg(script).arg(&file).output());
    let _ = std::fs::remove_file(&file);
    match output {
        Ok(output) => {
            String::from_utf8_lossy(&output.stdout).lines().for_each(|line| println!("         peer: {line}"))
        }
        Err(error) => println!("         peers not run: {error}"),
    }
}

/// Prints the time of a method on 575,061 traces, and of several on inputs that double five times.
pub fn run(methods: &[String]) {
    let Some(traces) = normal_traces() else { return };
    println!("\nHDFS-like traces sampled with replacement");
    println!(
        "{:>8} {:>9} {:>8} {:>10} {:>10} {:>7} {:>9}",
        "traces", "events", "distinct", "tree s", "method", "states", "learn s"
    );
    for count in [17_971, 35_941, 71_883, 143_765, 287_531, 575_061] {
        let start = Instant::now();
        let tree = sampled(&traces, count);
        let built = start.elapsed().as_secs_f64();
        for method in methods {
            let start = Instant::now();
            let machine = infer(&tree, method, "{}", &Control::unlimited()).expect("a valid method");
            let (events, distinct) = (tree.totals.events, tree.totals.distinct_traces);
            let (states, seconds) = (machine.state_count(), start.elapsed().as_secs_f64());
            println!("{count:>8} {events:>9} {distinct:>8} {built:>10.2} {method:>10} {states:>7} {seconds:>9.3}");
        }
        if count <= PEERS_MOST {
            peers(&tree);
        }
    }
    if let Ok(status) = std::fs::read_to_string("/proc/self/status") {
        let peak = status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default();
        println!("peak memory of the process: {}", peak.trim_start_matches("VmHWM:").trim());
    }
}
