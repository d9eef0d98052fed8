//! Options of the generator, and conditions on traces.

use crate::automaton::{Automaton, LabelId};
use crate::error::{Error, Result};
use crate::infer::{OptionKind, OptionSpec, Options};
use crate::trace::Label;
use serde_json::Value;

/// Options of the generator.
pub const OPTIONS: &[OptionSpec] = &[
    OptionSpec {
        name: "max_length",
        kind: OptionKind::Integer(1, 1_000_000),
        default: "10000",
        meaning: "events a trace may have at most; traces are steered to an end, never cut",
    },
    OptionSpec {
        name: "sampling",
        kind: OptionKind::Choice(&["spread", "independent"]),
        default: r#""spread""#,
        meaning: "spread: traces of consecutive numbers cover the distribution evenly; independent: each is drawn for itself",
    },
    OptionSpec {
        name: "amplification",
        kind: OptionKind::Number(0.0, 0.9),
        default: "0",
        meaning: "share of traces that are made to show rare behaviour; their weights undo it",
    },
    OptionSpec {
        name: "amplify_by",
        kind: OptionKind::Choice(&["mixture", "tilt"]),
        default: r#""mixture""#,
        meaning: "mixture: some traces are forced to have a rare pair of events; tilt: rare steps of every state become more frequent",
    },
    OptionSpec {
        name: "rare",
        kind: OptionKind::Number(0.0, 1.0),
        default: "0.01",
        meaning: "pairs of adjacent events in at most this share of the traces are rare",
    },
    OptionSpec {
        name: "tilt",
        kind: OptionKind::Number(0.0, 1.0),
        default: "0.5",
        meaning: "with tilt: the power that a step's probability is raised to; smaller is flatter",
    },
    OptionSpec {
        name: "condition",
        kind: OptionKind::Json,
        default: "{}",
        meaning: "what every trace must meet: ends_in, takes, contains, length, duration, starts_at",
    },
    OptionSpec {
        name: "arrivals",
        kind: OptionKind::Choice(&["empirical", "hour_of_week"]),
        default: r#""empirical""#,
        meaning: "when traces start: between neighbouring real starts, or by the hours of the week",
    },
    OptionSpec {
        name: "independent_delays",
        kind: OptionKind::Boolean,
        default: "false",
        meaning: "draw every delay for itself; else slow traces are slow throughout, as far as real ones are, and traces last as long as often as real ones",
    },
    OptionSpec {
        name: "min_support",
        kind: OptionKind::Integer(1, i64::MAX),
        default: "1",
        meaning: "steps that fewer training traces took are left out",
    },
    OptionSpec {
        name: "no_copy",
        kind: OptionKind::Boolean,
        default: "false",
        meaning: "no trace has the sequence of events of a real one",
    },
    OptionSpec {
        name: "cover",
        kind: OptionKind::Choice(&["none", "states", "transitions", "pairs"]),
        default: r#""none""#,
        meaning: "few traces that together cover every state, every transition, or every two transitions that follow each other",
    },
    OptionSpec {
        name: "kind",
        kind: OptionKind::Choice(&["normal", "anomalous"]),
        default: r#""normal""#,
        meaning: "anomalous: normal traces are made faulty until the machine rejects them",
    },
    OptionSpec {
        name: "mutations",
        kind: OptionKind::Json,
        default: "[]",
        meaning: "what is done to anomalous traces, in turn: cut, drop, repeat, replace, insert, swap, move, unseen; none named: all but unseen",
    },
    OptionSpec {
        name: "edits",
        kind: OptionKind::Integer(1, 1000),
        default: "1",
        meaning: "mutations of each anomalous trace",
    },
    OptionSpec {
        name: "beyond",
        kind: OptionKind::Number(0.0, 1e9),
        default: "0",
        meaning: "bits that an anomalous trace's score exceeds; 0: the machine rejects it",
    },
];

/// What every trace must meet.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Condition {
    /// The state that traces end in.
    pub ends_in: Option<u32>,
    /// The transition that traces take.
    pub takes: Option<u32>,
    /// Event types that traces have, each a set of labels any of which will do.
    pub contains: Vec<Vec<LabelId>>,
    /// Fewest and most events.
    pub length: Option<(u32, u32)>,
    /// Shortest and longest duration in microseconds.
    pub duration: Option<(u64, u64)>,
    /// Earliest and latest start in microseconds since 2000-01-01 UTC.
    pub starts_at: Option<(i64, i64)>,
}

/// Microseconds from 1970 to 2000.
const EPOCH_2000: i64 = 946_684_800_000_000;

fn invalid(reason: impl Into<String>) -> Error {
    Error::InvalidArgument {
        argument: "condition",
        reason: reason.into(),
        hint: r#"An example: {"ends_in": 3, "takes": 7, "contains": "close", "length": [5, 20], "duration": [0, 1.5], "starts_at": "2026-01-01T00:00:00Z"}."#
            .into(),
    }
}

impl Condition {
    /// Reads the option `condition` for a machine.
    pub fn parse(options: &Options, machine: &Automaton) -> Result<Self> {
        let (states, transitions) = (machine.state_count(), machine.transitions.len());
        let Value::Object(object) = options.json("condition") else {
            return Err(invalid("An object is needed"));
        };
        let mut condition = Condition::default();
        for (name, value) in object {
            match name.as_str() {
                "ends_in" => condition.ends_in = Some(number(name, value, states, "state")?),
                "takes" => condition.takes = Some(number(name, value, transitions, "transition")?),
                "contains" => {
                    let names = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
                    condition.contains = names.iter().map(|name| event_type(name, machine)).collect::<Result<_>>()?;
                }
                "length" => {
                    let (least, most) = range(name, value, &|v| v.as_u64().filter(|&v| v <= 1_000_000))?;
                    condition.length = Some((least as u32, most as u32));
                }
                "duration" => {
                    let micros = |v: &Value| v.as_f64().filter(|s| (0.0..=9e12).contains(s)).map(|s| (s * 1e6) as u64);
                    condition.duration = Some(range(name, value, &micros)?);
                }
                "starts_at" => condition.starts_at = Some(range(name, value, &timestamp)?),
                "label" => return Err(by_label()),
                _ => {
                    let reason = format!("\"{name}\" is none of ends_in, takes, contains, length, duration, starts_at");
                    return Err(invalid(reason));
                }
            }
        }
        Ok(condition)
    }
}

fn number(name: &str, value: &Value, count: usize, what: &str) -> Result<u32> {
    let number = value.as_u64().filter(|&number| number < count as u64);
    number.map(|n| n as u32).ok_or_else(|| invalid(format!("{name} is {value}, which is no {what} of the machine")))
}

/// The labels with this event type; a component may be in front of it, as in `store: open`.
fn event_type(name: &Value, machine: &Automaton) -> Result<Vec<LabelId>> {
    let wanted = name.as_str().unwrap_or_default();
    let is = |label: &Label| *label.event == *wanted || label.component.is_some() && label.to_string() == wanted;
    let found: Vec<LabelId> = machine.labels.iter().zip(0..).filter(|(label, _)| is(label)).map(|(_, id)| id).collect();
    if name.is_string() && !found.is_empty() {
        return Ok(found);
    }
    Err(invalid(format!("contains has {name}, which is no event type of the machine")))
}

/// What a machine learned from normal traces does not tell: which of them would have been labelled otherwise.
fn by_label() -> Error {
    Error::InvalidArgument {
        argument: "condition",
        reason:
            "A label cannot be asked for: traces are labelled by what is done to them, normal ones and anomalous ones"
                .into(),
        hint: r#"Give the option "kind": "normal" or "anomalous" instead; "contains" asks for an event type."#.into(),
    }
}

/// One value, or the two ends of a range.
fn range<T: Copy + PartialOrd>(name: &str, value: &Value, read: &dyn Fn(&Value) -> Option<T>) -> Result<(T, T)> {
    let ends = match value {
        Value::Array(ends) if ends.len() == 2 => read(&ends[0]).zip(read(&ends[1])),
        Value::Array(_) => None,
        single => read(single).map(|v| (v, v)),
    };
    ends.filter(|(low, high)| low <= high)
        .ok_or_else(|| invalid(format!("{name} is {value}; a value, or two of them in order, can be used")))
}

fn timestamp(value: &Value) -> Option<i64> {
    let text = value.as_str()?.trim();
    let instant = text.parse::<jiff::Timestamp>().ok().or_else(|| {
        let moment = text.parse::<jiff::civil::DateTime>().ok()?;
        Some(moment.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp())
    })?;
    instant.as_microsecond().checked_sub(EPOCH_2000)
}
