//! The labelled logs.

use crate::data;

/// Traces of event types.
pub type Traces = Vec<Vec<String>>;

/// (training normals, test normals, test anomalies) of HDFS, as logdeep split it.
pub fn hdfs() -> Option<(Traces, Traces, Traces)> {
    let text = data::text("hdfs/hdfs_logdeep_sequences.csv.gz")?;
    let (mut train, mut normal, mut abnormal) = (Vec::new(), Vec::new(), Vec::new());
    for line in text.lines().skip(1) {
        let row: Vec<&str> = line.split(',').collect();
        let [_, source, label, events] = row[..] else { continue };
        let trace = events.split_whitespace().map(str::to_string).collect();
        match (source, label) {
            ("hdfs_train", _) => train.push(trace),
            ("hdfs_test_abnormal", _) => abnormal.push(trace),
            (source, "0") if source.starts_with("robust") => normal.push(trace),
            _ => {}
        }
    }
    Some((train, normal, abnormal))
}

/// A row of a trace.
#[derive(Debug, Clone)]
pub struct Event {
    pub event: String,
    pub at: Option<i64>,
    pub parameters: Option<String>,
}

/// The fields of CSV text with quotes, line by line.
fn csv(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut field, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '"' if quoted && characters.peek() == Some(&'"') => {
                characters.next();
                field.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut field)),
            '\n' if !quoted => {
                row.push(std::mem::take(&mut field));
                rows.push(std::mem::take(&mut row));
            }
            '\r' if !quoted => {}
            c => field.push(c),
        }
    }
    rows
}

/// Microseconds since some moment, from an ISO date and time; the zone is the same everywhere in a log.
fn microseconds(text: &str) -> Option<i64> {
    let plain: String = text.replace('T', " ").chars().take(23).collect();
    let moment: jiff::civil::DateTime = plain.parse().ok()?;
    Some(moment.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_microsecond())
}

/// A log of the PRINS study: with times and parameters.
pub fn prins(name: &str) -> Option<Vec<Vec<Event>>> {
    let rows = csv(&data::text(&format!("prins/{name}.csv.gz"))?);
    let mut traces: std::collections::BTreeMap<String, Vec<(u64, Event)>> = Default::default();
    for row in rows.iter().skip(1) {
        let [trace, seq, at, component, event, _, _, parameters] = &row[..] else { continue };
        let event = Event {
            event: format!("{component} {event}"),
            at: microseconds(at),
            parameters: (parameters != "[]").then(|| parameters.clone()),
        };
        traces.entry(trace.clone()).or_default().push((seq.parse().unwrap_or(0), event));
    }
    let ordered = traces.into_values().map(|mut trace| {
        trace.sort_by_key(|e| e.0);
        trace.into_iter().map(|e| e.1).collect()
    });
    Some(ordered.collect())
}

/// Whole block lives of a raw HDFS log, with times.
pub fn hdfs_timed() -> Option<Vec<Vec<Event>>> {
    let rows = csv(&data::text("hdfs_raw/HDFS_AD_5k_structured.csv.gz")?);
    let labels = csv(&data::text("hdfs_raw/HDFS_AD_5k_labels.csv.gz")?);
    let normal: std::collections::HashSet<&str> =
        labels.iter().filter(|row| row.last().is_some_and(|l| l == "0")).map(|row| row[0].as_str()).collect();
    let mut traces: std::collections::BTreeMap<String, Vec<Event>> = Default::default();
    for row in rows.iter().skip(1) {
        let [_, at, .., blocks, event] = &row[..] else { continue };
        for block in blocks.split_whitespace().filter(|block| normal.contains(block)) {
            let event = Event { event: event.clone(), at: microseconds(at), parameters: None };
            traces.entry(block.into()).or_default().push(event);
        }
    }
    Some(traces.into_values().collect())
}
