//! Options of mining, read from JSON.

use super::{InvariantKind, Invariants};
use crate::automaton::{Automaton, Invariant, LabelId};
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

/// The options of checking.
pub const CHECK_OPTIONS: &[OptionSpec] = &[
    OptionSpec {
        default: r#"["AFby", "AP", "NFby", "IntrBy"]"#,
        meaning: "kinds of invariants that are checked",
        ..KINDS
    },
    OptionSpec { meaning: "invariants seen to hold of fewer events are not checked", ..MIN_SUPPORT },
    OptionSpec { meaning: "pairs [a, b] of event types between which no invariant is checked", ..IGNORE },
    OptionSpec {
        name: "invariants",
        kind: OptionKind::Json,
        default: "[]",
        meaning: "invariants [kind, a, b] of your own to check too; a may be INITIAL",
    },
];

/// Of invariants over an automaton's labels those that options ask for, and the user's own.
pub fn chosen(invariants: Invariants, automaton: &Automaton, json: &str) -> Result<Invariants> {
    let options = Options::parse("check_invariants", CHECK_OPTIONS, json)?;
    let (kinds, least) = (kinds(options.json(KINDS.name))?, options.integer(MIN_SUPPORT.name).unsigned_abs());
    let printed: Vec<String> = automaton.labels.iter().map(Label::to_string).collect();
    let ignored = pairs(options.json(IGNORE.name))?;
    let is_ignored = |i: &Invariant| {
        let b = &printed[i.b as usize];
        i.a.is_some_and(|a| ignored.iter().any(|(x, y)| *x == printed[a as usize] && y == b))
    };
    let Invariants { labels, mut list } = invariants;
    list.retain(|i| kinds.contains(&i.kind) && i.support >= least && !is_ignored(i));
    for own in own(automaton, options.json("invariants"))? {
        if let Err(at) = list.binary_search_by_key(&own.key(), Invariant::key) {
            list.insert(at, own);
        }
    }
    Ok(Invariants { labels, list })
}

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

/// The invariant of a kind and two of an automaton's labels as they print; `a` may be INITIAL for AFby.
///
/// Errors say which kind or event type does not exist.
pub fn named(automaton: &Automaton, kind: &str, a: &str, b: &str) -> Result<Invariant> {
    let invariant = named_in(&automaton.labels, kind, a, b)?;
    let unknown = |id: LabelId| id as usize >= automaton.labels.len();
    let missing = if invariant.a.is_some_and(unknown) { Some(a) } else { unknown(invariant.b).then_some(b) };
    match missing {
        None => Ok(invariant),
        Some(missing) => Err(Error::InvalidArgument {
            argument: "event type",
            reason: format!("No trace has an event \"{missing}\""),
            hint: "Give event types as event_types() lists them, \"component: event\" where there is a component."
                .into(),
        }),
    }
}

/// As [`named`], where event types that are not among the labels get numbers behind theirs.
pub fn named_in(labels: &[Label], kind: &str, a: &str, b: &str) -> Result<Invariant> {
    let kind = InvariantKind::from_name(kind).ok_or_else(|| Error::InvalidArgument {
        argument: "kind of invariant",
        reason: format!("\"{kind}\" is no kind of invariant"),
        hint: "Kinds are AFby, AP, NFby and IntrBy.".into(),
    })?;
    let id = |text: &str| {
        let plain = labels.iter().position(|label| label.component.is_none() && *label.event == *text);
        plain.or_else(|| labels.iter().position(|label| label.to_string() == text)).map(|i| i as LabelId)
    };
    let beyond = labels.len() as LabelId;
    let initial = a == "INITIAL" && kind == InvariantKind::AlwaysFollowedBy && id(a).is_none();
    let first = if initial { None } else { Some(id(a).unwrap_or(beyond)) };
    let second = id(b).unwrap_or(if a == b { beyond } else { beyond + 1 });
    Ok(Invariant { kind, a: first, b: second, support: 0, times: None })
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
