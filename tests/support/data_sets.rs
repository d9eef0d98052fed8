//! Every log of the data sets, as traces: all rows of each, labelled as anomalies or not, as a user would fit them.

use super::support;
use logfsm::log::{MinerOptions, TemplateMiner};
use logfsm::trace::Trace;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A log by its name.
pub struct Log {
    pub name: String,
    pub traces: Vec<Trace>,
}

impl Log {
    fn of(name: impl Into<String>, traces: Vec<Trace>) -> Self {
        Log { name: name.into(), traces }
    }
}

/// Traces of an event type each step.
pub fn sequences_of_events() -> Vec<Log> {
    let Some(cases) = support::data("synoptic/conformance.json.gz") else { return Vec::new() };
    let mut logs: Vec<Log> = [
        "hdfs/hdfs_loghub_sequences.csv.gz",
        "hdfs/hdfs_logdeep_sequences.csv.gz",
        "hdfs/hdfs_100k_sessions.csv.gz",
        "hadoop/hadoop_sequences.csv.gz",
        "bgl/bgl_loghub_train_normal.csv.gz",
        "bgl/bgl_cfdr_train_normal.csv.gz",
        "adfa/adfa_sequences.csv.gz",
    ]
    .map(|path| Log::of(path, sequences(path)))
    .into();
    let cases: serde_json::Value = serde_json::from_str(&cases).unwrap();
    for case in ["cases", "small_cases"].into_iter().flat_map(|of| cases[of].as_array().unwrap()) {
        let trace = |events: &serde_json::Value| {
            Trace::of(events.as_array().unwrap().iter().map(|event| event.as_str().unwrap()))
        };
        let traces: Vec<Trace> = case["traces"].as_array().unwrap().iter().map(trace).collect();
        logs.push(Log::of(format!("synoptic {}", case["name"]), traces));
    }
    logs
}

/// Traces with times and parameters, some of them of templates found in messages.
pub fn with_parameters() -> Vec<Log> {
    if support::data("prins/hadoop.csv.gz").is_none() {
        return Vec::new();
    }
    let mut logs: Vec<Log> =
        ["hadoop", "nglclient"].map(|name| Log::of(name, prins(&format!("prins/{name}.csv.gz")))).into();
    for name in ["20000", "AD_5k"] {
        logs.push(Log::of(format!("HDFS {name}"), hdfs_raw(&format!("hdfs_raw/HDFS_{name}_structured.csv.gz"))));
    }
    let sets = [
        "Apache",
        "BGL",
        "HDFS",
        "Hadoop",
        "HealthApp",
        "Linux",
        "OpenSSH",
        "OpenStack",
        "Spark",
        "Thunderbird",
        "Windows",
        "Zookeeper",
    ];
    logs.extend(sets.map(|set| Log::of(set, loghub(set))));
    logs.push(Log::of("raw BGL", raw("raw/BGL_5000.log.gz", ' ', 10)));
    logs.push(Log::of("raw HealthApp", raw("raw/HealthApp_20000.log.gz", '|', 4)));
    logs
}

/// Strings of numbered symbols.
pub fn strings_of_symbols() -> Vec<Log> {
    let mut logs: Vec<Log> = Vec::new();
    for n in [1, 7, 24, 29, 33, 45] {
        logs.push(Log::of(format!("pautomac {n}"), strings(&format!("pautomac/{n}.pautomac.train.gz"), 1)));
    }
    for n in [1, 6, 21, 46] {
        logs.push(Log::of(format!("stamina {n}"), strings(&format!("stamina/{n}_train.txt.gz"), 2)));
    }
    logs.retain(|log| !log.traces.is_empty());
    logs
}

/// Orders of a shop, which a script beside the data sets makes.
pub fn orders() -> Vec<Log> {
    let Some(data) = std::env::var_os("LOGFSM_DATA") else { return Vec::new() };
    let script = Path::new(&data).join("../cases/orders/generate.py");
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("orders");
    let history = directory.join("data/orders_history.csv");
    if !history.exists() {
        std::fs::create_dir_all(directory.join("data")).unwrap();
        let script = script.canonicalize().expect("the script that makes the orders");
        let made = Command::new("python3").arg(script).current_dir(&directory).status().expect("python3");
        assert!(made.success(), "the orders could not be made");
    }
    let mut events = Events::new();
    for row in support::csv(&std::fs::read_to_string(history).unwrap()) {
        let at = row[3].parse::<jiff::Timestamp>().unwrap().as_microsecond();
        events.entry(row[1].clone()).or_default().push((at, row[2].clone(), row[6].clone()));
    }
    vec![Log::of("orders", of_events(events))]
}

/// Rows of a table by its header.
fn rows(path: &str) -> Vec<BTreeMap<String, String>> {
    let Some(text) = support::data(path) else { return Vec::new() };
    let mut rows = support::csv(&text).into_iter();
    let header = rows.next().unwrap_or_default();
    rows.map(|row| header.iter().cloned().zip(row).collect()).collect()
}

/// Traces of a table of sequences.
fn sequences(path: &str) -> Vec<Trace> {
    rows(path).iter().map(|row| Trace::of(row["event_ids"].split(' ').filter(|e| !e.is_empty()))).collect()
}

/// Events with times and parameters, by trace.
type Events = BTreeMap<String, Vec<(i64, String, String)>>;

fn of_events(events: Events) -> Vec<Trace> {
    let of_rows = |events: Vec<(i64, String, String)>| {
        let mut rows = Vec::new();
        for (at, event, json) in &events {
            rows.push((Some(*at), None, event.as_str(), None, Some(json.as_str())));
        }
        Trace::from_rows(rows)
    };
    events.into_values().map(of_rows).collect()
}

/// Messages by trace, with what templates make of them.
fn of_messages(messages: &[(String, i64, String)]) -> Vec<Trace> {
    let mut miner = TemplateMiner::new(MinerOptions::default(), usize::MAX);
    messages.iter().for_each(|m| miner.add(&m.2).unwrap());
    let templates = miner.finish().unwrap();
    let mut events = Events::new();
    for (key, at, message) in messages {
        let Some(parsed) = templates.parse(message) else { continue };
        let json = serde_json::to_string(&parsed.parameters).unwrap();
        events.entry(key.clone()).or_default().push((*at, format!("T{}", parsed.template), json));
    }
    of_events(events)
}

fn microseconds(text: &str) -> i64 {
    let time = text.replace(' ', "T").parse::<jiff::civil::DateTime>();
    time.map_or(0, |t| t.to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp().as_microsecond())
}

fn prins(path: &str) -> Vec<Trace> {
    let mut events = Events::new();
    for row in rows(path) {
        let event = (microseconds(&row["ts"]), row["event_id"].clone(), row["params"].clone());
        events.entry(row["trace_id"].clone()).or_default().push(event);
    }
    of_events(events)
}

fn hdfs_raw(path: &str) -> Vec<Trace> {
    let message = |row: BTreeMap<String, String>| {
        let block = row["block_ids"].split(' ').next().unwrap_or_default().to_string();
        (block, microseconds(&row["ts"]), row["content"].clone())
    };
    of_messages(&rows(path).into_iter().map(message).collect::<Vec<_>>())
}

/// Every ten lines of a log without keys are a trace, with times that are made up.
fn by_tens(messages: impl Iterator<Item = String>) -> Vec<Trace> {
    let message = |(i, message): (usize, String)| {
        (format!("{:05}", i / 10), i as i64 * 1_000_000 + (i * i % 997) as i64, message)
    };
    of_messages(&messages.enumerate().map(message).collect::<Vec<_>>())
}

fn loghub(set: &str) -> Vec<Trace> {
    let rows = rows(&format!("loghub2k/{set}/{set}_2k.log_structured_corrected.csv.gz"));
    by_tens(rows.iter().map(|row| row["Content"].clone()))
}

/// Messages that are the last of so many columns.
fn raw(path: &str, separator: char, columns: usize) -> Vec<Trace> {
    let text = support::data(path).unwrap_or_default();
    by_tens(text.lines().map(|line| line.splitn(columns, separator).last().unwrap_or_default().to_string()))
}

/// Strings of symbols behind so many other numbers, in a file with a header.
fn strings(path: &str, before: usize) -> Vec<Trace> {
    let text = support::data(path).unwrap_or_default();
    let lines = text.lines().skip(1).filter(|line| !line.trim().is_empty());
    lines.map(|line| Trace::of(line.split_whitespace().skip(before))).collect()
}
