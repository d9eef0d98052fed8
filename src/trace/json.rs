//! A trace as JSON, for people and other programs.

use super::{Label, Trace};
use jiff::Timestamp;
use serde_json::{Value, json};

/// 2000-01-01 UTC in seconds since 1970.
const EPOCH: i64 = 946_684_800;

/// A time as ISO 8601 in UTC; beyond the years that this can say, in microseconds since 2000.
fn time(at: i64) -> Value {
    let since_1970 = at.checked_add(EPOCH * 1_000_000).and_then(|at| Timestamp::from_microsecond(at).ok());
    since_1970.map_or_else(|| json!(at), |at| json!(at.to_string()))
}

impl Trace {
    /// The events as a JSON array of objects with event, component, at, seq and params, as far as the trace has them.
    ///
    /// ```
    /// let trace = logfsm::trace::Trace::of(["open", "close"]);
    /// assert_eq!(trace.to_json(), r#"[{"event":"open"},{"event":"close"}]"#);
    /// ```
    pub fn to_json(&self) -> String {
        let events: Vec<String> = self.variant.iter().enumerate().map(|(i, label)| self.event_json(i, label)).collect();
        format!("[{}]", events.join(","))
    }

    fn event_json(&self, i: usize, label: &Label) -> String {
        let mut json = format!("{{\"event\":{}", json!(label.event));
        let mut field = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                json.push_str(&format!(",\"{name}\":{value}"));
            }
        };
        field("component", label.component.as_ref().map(|component| json!(component).to_string()));
        field("at", self.times.get(i).map(|&at| time(at).to_string()));
        field("seq", self.seqs.get(i).map(i64::to_string));
        // They are JSON text already.
        field("params", self.parameters.get(i).and_then(|text| text.as_deref().map(String::from)));
        json.push('}');
        json
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_have_what_the_log_gave() {
        let rows = vec![
            (Some(0), Some(1), "say \"hi\"", Some("db"), Some("{\"n\": 1}")),
            (Some(1_500_000), Some(2), "end", None, None),
            (Some(i64::MAX), Some(3), "never", None, None),
        ];
        let json = Trace::from_rows(rows).to_json();
        let read: Value = serde_json::from_str(&json).unwrap();
        let expected = json!([
            {"event": "say \"hi\"", "component": "db", "at": "2000-01-01T00:00:00Z", "seq": 1, "params": {"n": 1}},
            {"event": "end", "at": "2000-01-01T00:00:01.5Z", "seq": 2},
            {"event": "never", "at": i64::MAX, "seq": 3},
        ]);
        assert_eq!(read, expected);
    }
}
