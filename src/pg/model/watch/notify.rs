//! NOTIFY for anomalies: one per statement, never longer than the queue takes.

use super::compiled::Watch;
use super::judge::Anomaly;
use super::transaction::Traces;
use crate::pg::error::Failure;
use crate::pg::sql;
use serde_json::json;

/// The channel of all watches.
const CHANNEL: &str = "logfsm";
/// A payload must be shorter than 8,000 bytes.
const LONGEST: usize = 7_999;
/// A queue fuller than this is left alone: a commit that overfills it fails.
const FULL: f64 = 0.5;
/// Bytes of a trace key or event that are sent.
const SHOWN: usize = 200;

/// Tells listeners about the anomalies of a statement; as many as fit, and how many there were.
pub fn notify(watch: &Watch, traces: &Traces, anomalies: &[Anomaly], numbers: &[i64]) -> Result<(), Failure> {
    let usage: Option<f64> = sql::one("SELECT pg_catalog.pg_notification_queue_usage()", &[])?;
    if usage.unwrap_or(0.0) > FULL {
        pgrx::warning!("logfsm watch did not notify: the notification queue is more than half full");
        return Ok(());
    }
    let model = &watch.model.model.info.name;
    let mut listed: Vec<String> = Vec::new();
    let payload = |listed: &[String]| {
        let (model, table) = (json!(model), json!(watch.table_name));
        let count = anomalies.len();
        format!(r#"{{"model": {model}, "table": {table}, "count": {count}, "anomalies": [{}]}}"#, listed.join(", "))
    };
    let mut length = payload(&listed).len();
    for (anomaly, number) in anomalies.iter().zip(numbers) {
        let key = watch.model.key.display(&traces.entry(anomaly.trace).key);
        let item = json!({
            "anomaly_id": number,
            "trace_key": cut(&key),
            "seq": anomaly.seq,
            "event": anomaly.event.as_deref().map(cut),
            "kind": anomaly.kind,
        })
        .to_string();
        if length + item.len() + 2 > LONGEST {
            break;
        }
        length += item.len() + 2;
        listed.push(item);
    }
    sql::run("SELECT pg_catalog.pg_notify($1, $2)", &[CHANNEL.into(), payload(&listed).into()])?;
    Ok(())
}

fn cut(text: &str) -> &str {
    let mut end = text.len().min(SHOWN);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}
