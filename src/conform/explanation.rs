//! The rows of an explanation: what an event was, what was expected, and both in words.

use super::score::{Oddity, RARE};
use super::{Finding, Step, duration, duration_range};
use crate::automaton::StateId;

/// What an event was, as the machine sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExplanationKind {
    /// As expected.
    Usual,
    /// Seen here before, but in less than one case in a hundred.
    Rare,
    /// Known, but never seen here.
    Unexpected,
    /// An event type never seen at all.
    UnknownType,
    /// A line whose message fits no known template.
    NewTemplate,
    /// Traces end here, but in less than one case in a hundred.
    RareEnd,
    /// No trace ever ended here, or events at its end are missing.
    WrongEnd,
    /// It came later than usual.
    Delay,
    /// It has a parameter value that never came here before.
    Parameter,
    /// It breaks an invariant of the training traces.
    Invariant,
    /// More or fewer events of a type than in the nearest training trace.
    Count,
    /// An event is missing before this position.
    Missing,
    /// The event is too much.
    Extra,
    /// The event stands in place of another one.
    Replaced,
    /// The event and the one after it are in the wrong order.
    Swapped,
}

/// One row of an explanation.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// 1 for the first event; one past the last event for the end.
    pub position: u32,
    /// The event; `None` for the end.
    pub event: Option<String>,
    /// What it was.
    pub kind: ExplanationKind,
    /// The state before it.
    pub state: StateId,
    /// Its smoothed probability there.
    pub probability: f64,
    /// What is most probable there; `None` where that is the end.
    pub expected: Option<String>,
    /// How probable that is.
    pub expected_probability: f64,
    /// Its share of the score in bits; the shares add up to the score.
    pub contribution: f64,
    pub(super) detail: Detail,
    /// The part of the contribution that is not due to the order of events.
    pub(super) apart: f64,
}

/// What a sentence needs beside the columns.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Detail {
    None,
    /// The row is an edit to a training trace.
    Edit,
    Count {
        found: u32,
        expected: u32,
    },
    Delay {
        microseconds: u64,
        /// What four of five delays lie between.
        usual: (u64, u64),
    },
    Parameter {
        slot: Box<str>,
        value: Box<str>,
        oddity: Oddity,
    },
    Invariant {
        rule: String,
    },
}

/// Characters of a value that a sentence shows.
const SHOWN: usize = 60;

/// A value that is not too long for a sentence.
fn shortened(value: &str) -> String {
    let mut characters = value.chars();
    let mut shown: String = characters.by_ref().take(SHOWN).collect();
    if characters.next().is_some() {
        shown.push('…');
    }
    shown
}

/// A bound to three digits.
fn rounded(number: f64) -> String {
    let decimals = (2.0 - libm::floor(libm::log10(number.abs().max(1e-9)))).clamp(0.0, 9.0) as usize;
    let text = format!("{number:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').into() } else { text }
}

impl ExplanationKind {
    /// The word used in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            ExplanationKind::Usual => "usual",
            ExplanationKind::Rare => "rare",
            ExplanationKind::Unexpected => "unexpected",
            ExplanationKind::UnknownType => "unknown_type",
            ExplanationKind::NewTemplate => "new_template",
            ExplanationKind::RareEnd => "rare_end",
            ExplanationKind::WrongEnd => "wrong_end",
            ExplanationKind::Delay => "delay",
            ExplanationKind::Parameter => "parameter",
            ExplanationKind::Invariant => "invariant",
            ExplanationKind::Count => "count",
            ExplanationKind::Missing => "missing",
            ExplanationKind::Extra => "extra",
            ExplanationKind::Replaced => "replaced",
            ExplanationKind::Swapped => "swapped",
        }
    }

    /// True where the event is as it should be.
    pub fn is_usual(self) -> bool {
        self == ExplanationKind::Usual
    }

    /// True for an event of a type never seen.
    pub fn is_new_type(self) -> bool {
        matches!(self, Self::UnknownType | Self::NewTemplate)
    }

    /// True for what the machine does not have at all.
    pub fn is_structural(self) -> bool {
        matches!(self, Self::Unexpected | Self::UnknownType | Self::NewTemplate | Self::WrongEnd)
    }

    /// What a step was.
    pub fn of(step: &Step, is_end: bool) -> Self {
        match &step.finding {
            Finding::Count(_) => return ExplanationKind::Count,
            Finding::Invariant(_) if step.possible => return ExplanationKind::Invariant,
            Finding::Delay { contribution, .. } if 2.0 * *contribution >= step.contribution => {
                return ExplanationKind::Delay;
            }
            Finding::Parameter { contribution, .. } if 2.0 * *contribution >= step.contribution => {
                return ExplanationKind::Parameter;
            }
            _ => {}
        }
        match (is_end, step.possible, step.label.is_some()) {
            (true, false, _) => ExplanationKind::WrongEnd,
            (true, true, _) if step.probability < RARE => ExplanationKind::RareEnd,
            (false, false, true) => ExplanationKind::Unexpected,
            (false, false, false) => ExplanationKind::UnknownType,
            (false, true, _) if step.probability < RARE => ExplanationKind::Rare,
            _ => ExplanationKind::Usual,
        }
    }
}

impl Explanation {
    /// The row in words.
    pub fn sentence(&self) -> String {
        let quoted = |event: &Option<String>| event.as_deref().map(|event| format!("\"{event}\""));
        let event = quoted(&self.event).unwrap_or_default();
        let other = quoted(&self.expected).unwrap_or_else(|| "the end".into());
        let found = match (self.kind, &self.detail) {
            (ExplanationKind::Usual, _) => return "usual".into(),
            (_, Detail::Count { found, expected }) => {
                return format!("{event} occurs {found} times; the nearest training trace has {expected}");
            }
            (ExplanationKind::Delay, Detail::Delay { microseconds, usual }) => {
                let (after, usual) = (duration(*microseconds), duration_range(usual.0, usual.1));
                return format!("{event} came after {after}; usual is {usual}");
            }
            (ExplanationKind::Invariant, Detail::Invariant { rule }) => {
                let event = if event.is_empty() { "the end" } else { &event };
                return format!("{event} breaks an invariant: {rule}");
            }
            (ExplanationKind::Parameter, Detail::Parameter { slot, value, oddity }) => {
                let value = shortened(value);
                return match oddity {
                    Oddity::Value => format!("{event} has \"{value}\" in parameter {slot}, which it never had"),
                    Oddity::Place => format!("{event} has \"{value}\" in parameter {slot}, which it never had here"),
                    Oddity::Shape => {
                        format!("{event} has \"{value}\" in parameter {slot}, which is unlike any value it had")
                    }
                    Oddity::Above(usual) => {
                        format!("{event} has {value} in parameter {slot}; usual is at most {}", rounded(*usual))
                    }
                    Oddity::Below(usual) => {
                        format!("{event} has {value} in parameter {slot}; usual is at least {}", rounded(*usual))
                    }
                };
            }
            (ExplanationKind::Missing, _) => return format!("{other} is missing here"),
            (ExplanationKind::Extra, _) => return format!("{event} is too much here"),
            (ExplanationKind::Replaced, _) => return format!("{event} stands where {other} should"),
            (ExplanationKind::Swapped, _) => return format!("{event} came before {other}, usual is the reverse"),
            (ExplanationKind::WrongEnd, Detail::Edit) => return format!("the trace ends here; {other} is missing"),
            (ExplanationKind::Rare, _) => format!("{event} is rare here (probability {:.2e})", self.probability),
            (ExplanationKind::UnknownType, _) => format!("{event} was never seen before"),
            (ExplanationKind::NewTemplate, _) => "the line fits no template seen before".into(),
            (ExplanationKind::RareEnd, _) => {
                format!("the trace ends here, which is rare (probability {:.2e})", self.probability)
            }
            (ExplanationKind::WrongEnd, _) => "the trace ends here, which none did before".into(),
            _ => format!("{event} never came here before"),
        };
        format!("{found}; usual is {other} ({:.1} %)", 100.0 * self.expected_probability)
    }
}
