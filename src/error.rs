//! The one error type of the core: what was wrong, where, and which limit it broke.
//!
//! The Postgres surface maps each variant to a SQLSTATE; [`Error::detail`] and [`Error::hint`] become DETAIL and HINT.

use thiserror::Error;

/// Everything that can go wrong in the core, in terms of what the caller gave.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Error {
    /// A text, binary or JSON form of one of our types that does not hold what it must.
    #[error("invalid {what}")]
    InvalidValue {
        /// Which type was read, e.g. `logfsm.automaton`.
        what: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// A value written by a newer release.
    #[error("{what} has version {found}, newer than this release reads")]
    NewerVersion {
        /// Which type was read.
        what: &'static str,
        /// The version found.
        found: u32,
        /// The newest version this release reads.
        newest: u32,
    },
    /// A learner that does not exist.
    #[error("unknown method \"{name}\"")]
    UnknownMethod {
        /// The name given.
        name: String,
        /// The names that exist.
        known: Vec<&'static str>,
    },
    /// An option that the function or learner does not have.
    #[error("unknown option \"{name}\" for {subject}")]
    UnknownOption {
        /// The name given.
        name: String,
        /// The learner or function.
        subject: String,
        /// The options that exist.
        known: Vec<&'static str>,
    },
    /// An option whose value is of the wrong type or out of range.
    #[error("invalid value for option \"{name}\": {value}")]
    InvalidOption {
        /// The option.
        name: String,
        /// The value given, as JSON text.
        value: String,
        /// What would be valid.
        expected: String,
    },
    /// A prefix tree was needed, an inferred automaton was given.
    #[error("{operation} needs a prefix tree, but was given an automaton inferred by {method}")]
    NotAPrefixTree {
        /// The operation asked for.
        operation: &'static str,
        /// How the automaton was made.
        method: String,
    },
    /// An argument that must not be missing.
    #[error("{argument} of an event must not be NULL")]
    NullInput {
        /// The argument.
        argument: &'static str,
    },
    /// A value of an argument that makes no sense.
    #[error("invalid {argument}")]
    InvalidArgument {
        /// The argument.
        argument: &'static str,
        /// Why it cannot be used, as a sentence.
        reason: String,
        /// What to do instead.
        hint: String,
    },
    /// Nothing to work on.
    #[error("no traces to {operation}")]
    NoTraces {
        /// The operation asked for.
        operation: &'static str,
    },
    /// The memory bound of trees and learners was reached.
    #[error("{operation} needs more than the memory limit of {limit} bytes")]
    MemoryLimit {
        /// What was being built.
        operation: &'static str,
        /// The limit in bytes.
        limit: usize,
    },
    /// A computation took more steps than it was given.
    #[error("more than {steps} steps of work are needed")]
    WorkLimit {
        /// The bound.
        steps: u64,
    },
    /// A statistic outgrew 64 bits.
    #[error("{what} is out of range")]
    Overflow {
        /// The statistic.
        what: &'static str,
    },
    /// A log format or pattern that cannot be used.
    #[error("invalid {what}")]
    InvalidPattern {
        /// Which setting holds the pattern.
        what: &'static str,
        /// What is wrong with it, and where.
        reason: String,
    },
    /// The caller asked to stop.
    #[error("cancelled")]
    Cancelled,
}

/// The result type of the core.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// Shorthand for a malformed value of one of our types.
    pub fn invalid(what: &'static str, reason: impl Into<String>) -> Self {
        Error::InvalidValue { what, reason: reason.into() }
    }

    /// More about what was found, where there is more to say.
    pub fn detail(&self) -> Option<String> {
        match self {
            Error::InvalidValue { reason, .. }
            | Error::InvalidPattern { reason, .. }
            | Error::InvalidArgument { reason, .. } => Some(sentence(reason)),
            Error::NoTraces { .. } => Some("There is not one trace to work on.".into()),
            Error::NewerVersion { newest, .. } => Some(format!("The newest version this release reads is {newest}.")),
            Error::UnknownMethod { known, .. } => Some(format!("Methods that exist: {}.", known.join(", "))),
            Error::UnknownOption { known, .. } if known.is_empty() => Some("It has no options.".into()),
            Error::UnknownOption { known, .. } => Some(format!("Options that exist: {}.", known.join(", "))),
            Error::InvalidOption { expected, .. } => Some(format!("Expected {expected}.")),
            Error::NullInput { .. } => Some("A row given to trace_agg() is without it.".into()),
            Error::NotAPrefixTree { .. } => Some("Merging threw away what made it a tree.".into()),
            Error::MemoryLimit { .. } => {
                Some("Memory follows the number of distinct traces, event types and parameter samples.".into())
            }
            _ => None,
        }
    }

    /// What the caller can do about it.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Error::InvalidValue { what: "logfsm.trace", .. } => "Build traces with logfsm.trace_agg().",
            Error::InvalidValue { .. } => {
                "Use text, binary or JSON written by logfsm itself, unchanged: ::text, COPY or logfsm.to_json()."
            }
            Error::NewerVersion { .. } => "Install the release of logfsm that wrote it, or a later one.",
            Error::UnknownMethod { name, known } | Error::UnknownOption { name, known, .. }
                if nearest(name, known).is_some() =>
            {
                return nearest(name, known).map(|near| format!("Did you mean \"{near}\"?"));
            }
            Error::UnknownMethod { .. } => "SELECT * FROM logfsm.methods lists each method and its options.",
            Error::UnknownOption { .. } => "Option names are written in lower case, as the reference lists them.",
            Error::InvalidOption { .. } => "Leave the option out to get its default.",
            Error::NotAPrefixTree { .. } => {
                "Keep the prefix tree that logfsm.prefix_tree_agg() returns, and infer from it or roll it up."
            }
            Error::NullInput { .. } => {
                "Leave such rows out, as in trace_agg(event, at) FILTER (WHERE event IS NOT NULL AND at IS NOT NULL)."
            }
            Error::InvalidArgument { hint, .. } => return Some(hint.clone()),
            Error::InvalidPattern { .. } => {
                "Formats, masks and keys are regular expressions without look-around and back references; SELECT * FROM logfsm.formats shows some that work."
            }
            Error::NoTraces { .. } => "Check the source and its filters: at least one trace is needed.",
            Error::WorkLimit { .. } => "Name a method that costs less, such as k_tails.",
            Error::MemoryLimit { .. } => {
                "Raise logfsm.memory_limit, or give fewer distinct traces, for example of a shorter period."
            }
            _ => return None,
        };
        Some(hint.into())
    }
}

/// A reason as DETAIL: it ends with a full stop. What it starts with may be the caller's own text.
fn sentence(reason: &str) -> String {
    format!("{}.", reason.trim_end_matches('.'))
}

/// Of some names the one that a mistyped one is likely to stand for; the first of equally near ones.
pub fn nearest<'k>(name: &str, known: &[&'k str]) -> Option<&'k str> {
    let given: Vec<char> = name.to_lowercase().chars().map(|c| if c == '-' { '_' } else { c }).collect();
    let distance = |other: &&'k str| edits(&given, &other.chars().collect::<Vec<_>>());
    let near = known.iter().map(|other| (distance(other), *other)).min_by_key(|near| near.0)?;
    // A third of the letters may be wrong, of short names one.
    let length = near.1.chars().count();
    (near.0 <= (length / 3).max(1) && near.0 < length).then_some(near.1)
}

/// Letters to insert, delete, replace or swap with the next one, at least (optimal string alignment).
fn edits(a: &[char], b: &[char]) -> usize {
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            rows[i][j] = match (i, j) {
                (0, _) | (_, 0) => i + j,
                _ => {
                    let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
                    let swapped = if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                        rows[i - 2][j - 2] + 1
                    } else {
                        usize::MAX
                    };
                    replaced.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1).min(swapped)
                }
            };
        }
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_name_has_a_nearest_one() {
        let known = ["min_count", "min_probability", "direction", "k"];
        for (given, expected) in [
            ("min_cuont", Some("min_count")),
            ("mincount", Some("min_count")),
            ("Direction", Some("direction")),
            ("min-probabilty", Some("min_probability")),
            ("K", Some("k")),
            ("x", None),
            ("colour", None),
            ("", None),
        ] {
            assert_eq!(nearest(given, &known), expected, "{given}");
        }
        assert_eq!(nearest("k", &[]), None);
    }
}
