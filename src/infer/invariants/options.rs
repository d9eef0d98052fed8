//! Options of mining, read from JSON.

use super::InvariantKind;
use crate::automaton::{Automaton, Invariant};
use crate::error::{Error, Result};
use crate::infer::{OptionKind, OptionSpec, Options};
use crate::trace::Label;
use serde_json::Value;

/// Which invariants to list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MiningOptions {
    /// The kinds wanted.
    pub kinds: Vec<InvariantKind>,
    /// Invariants with less support are left out.
    pub min_support: u64,
    /// Whether `a NFby b` is listed where no trace has both.
    pub never_together: bool,
    /// Pairs of event types that no invariant is wanted for, as their labels print.
    pub ignore: Vec<(String, String)>,
}

impl Default for MiningOptions {
    fn default() -> Self {
        use InvariantKind::*;
        let kinds = vec![AlwaysFollowedBy, AlwaysPrecedes, NeverFollowedBy];
        MiningOptions { kinds, min_support: 0, never_together: true, ignore: Vec::new() }
    }
}

/// The kinds of invariants.
pub const KINDS: OptionSpec = OptionSpec {
    name: "kinds",
    kind: OptionKind::Json,
    default: r#"["AFby", "AP", "NFby"]"#,
    meaning: "kinds of invariants that are mined: AFby, AP, NFby, IntrBy",
};
/// The support threshold.
pub const MIN_SUPPORT: OptionSpec = OptionSpec {
    name: "min_support",
    kind: OptionKind::Integer(0, i64::MAX),
    default: "0",
    meaning: "mined invariants seen to hold of fewer events are left out",
};
/// Ignored pairs.
pub const IGNORE: OptionSpec = OptionSpec {
    name: "ignore",
    kind: OptionKind::Json,
    default: "[]",
    meaning: "pairs [a, b] of event types between which no mined invariant counts",
};
/// Whether NFby is listed for pairs that never occur together.
pub const NEVER_TOGETHER: OptionSpec = OptionSpec {
    name: "never_together",
    kind: OptionKind::Boolean,
    default: "true",
    meaning: "whether a NFby b is mined where no trace has both",
};

/// The options of listing mined invariants.
pub const OPTIONS: &[OptionSpec] = &[KINDS, MIN_SUPPORT, IGNORE, NEVER_TOGETHER];

impl MiningOptions {
    /// Reads a JSON object with the options of [`OPTIONS`].
    pub fn parse(json: &str) -> Result<Self> {
        Self::from_options(&Options::parse("invariants", OPTIONS, json)?)
    }

    /// Takes the options of mining among others.
    pub fn from_options(options: &Options) -> Result<Self> {
        Ok(MiningOptions {
            kinds: kinds(options.json(KINDS.name))?,
            min_support: options.integer(MIN_SUPPORT.name).unsigned_abs(),
            never_together: options.boolean(NEVER_TOGETHER.name),
            ignore: pairs(options.json(IGNORE.name))?,
        })
    }
}

fn malformed(name: &str, value: &Value, expected: &str) -> Error {
    Error::InvalidOption { name: name.into(), value: value.to_string(), expected: expected.into() }
}

fn kinds(value: &Value) -> Result<Vec<InvariantKind>> {
    let kind = |v: &Value| v.as_str().and_then(InvariantKind::from_name);
    let all = value.as_array().and_then(|list| list.iter().map(kind).collect::<Option<Vec<_>>>());
    let mut kinds = all.ok_or_else(|| malformed(KINDS.name, value, "an array of AFby, AP, NFby, IntrBy"))?;
    kinds.sort_unstable();
    kinds.dedup();
    Ok(kinds)
}

fn pairs(value: &Value) -> Result<Vec<(String, String)>> {
    let pair = |v: &Value| match v.as_array().map(Vec::as_slice) {
        Some([Value::String(a), Value::String(b)]) => Some((a.clone(), b.clone())),
        _ => None,
    };
    let all = value.as_array().and_then(|list| list.iter().map(pair).collect());
    all.ok_or_else(|| malformed(IGNORE.name, value, r#"an array of pairs, as in [["open", "close"]]"#))
}

/// The invariant of a kind and two labels as they print; `a` may be INITIAL for AFby.
///
/// Errors say which kind or event type does not exist.
pub fn named(automaton: &Automaton, kind: &str, a: &str, b: &str) -> Result<Invariant> {
    let unknown = |argument: &'static str, reason: String, hint: &str| Error::InvalidArgument {
        argument,
        reason,
        hint: hint.into(),
    };
    let kind = InvariantKind::from_name(kind).ok_or_else(|| {
        unknown(
            "kind of invariant",
            format!("\"{kind}\" is no kind of invariant"),
            "Kinds are AFby, AP, NFby and IntrBy.",
        )
    })?;
    let id = |text: &str| {
        let plain = automaton.label_id(&Label::event(text));
        let printed = || automaton.labels.iter().position(|label| label.to_string() == text).map(|i| i as u32);
        plain.or_else(printed).ok_or_else(|| {
            let hint = "Give event types as event_types() lists them, \"component: event\" where there is a component.";
            unknown("event type", format!("No trace has an event \"{text}\""), hint)
        })
    };
    let initial = a == "INITIAL" && kind == InvariantKind::AlwaysFollowedBy && id(a).is_err();
    let a = if initial { None } else { Some(id(a)?) };
    Ok(Invariant { kind, a, b: id(b)?, support: 0, times: None })
}

/// The user's own invariants of an option `invariants`: an array of [kind, a, b].
pub(crate) fn own(automaton: &Automaton, value: &Value) -> Result<Vec<Invariant>> {
    let expected = r#"an array of [kind, a, b] with event types that occur, as in [["AFby", "open", "close"]]"#;
    let invariant = |v: &Value| match v.as_array().map(Vec::as_slice) {
        Some([Value::String(kind), Value::String(a), Value::String(b)]) => named(automaton, kind, a, b).ok(),
        _ => None,
    };
    let all = value.as_array().and_then(|list| list.iter().map(invariant).collect());
    all.ok_or_else(|| malformed("invariants", value, expected))
}
