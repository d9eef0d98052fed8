//! Options of learners: declared once, checked and listed from the declaration.

use crate::error::{Error, Result};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What values an option takes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum OptionKind {
    /// A whole number between two bounds.
    Integer(i64, i64),
    /// A number between two bounds.
    Number(f64, f64),
    /// true or false.
    Boolean,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// Any JSON; the learner checks it itself.
    Json,
}

/// An option's declaration.
#[derive(Debug, Clone, Copy)]
pub struct OptionSpec {
    /// Its name.
    pub name: &'static str,
    /// What values it takes.
    pub kind: OptionKind,
    /// Its default as JSON text.
    pub default: &'static str,
    /// What it does.
    pub meaning: &'static str,
}

/// The options in effect: every declared option has a valid value.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    values: BTreeMap<&'static str, Value>,
    given: BTreeSet<&'static str>,
}

impl Options {
    /// Reads a JSON object against declarations; an empty text stands for no options.
    ///
    /// Errors list the options that exist or say what a value should have been.
    pub fn parse(subject: &str, specs: &'static [OptionSpec], json: &str) -> Result<Self> {
        let json = if json.trim().is_empty() { "{}" } else { json };
        let given = match serde_json::from_str(json) {
            Ok(Value::Object(given)) => given,
            _ => {
                return Err(Error::InvalidArgument {
                    argument: "options",
                    reason: "A JSON object is needed.".into(),
                    hint: r#"Give an object, as in '{"k": 2}'."#.into(),
                });
            }
        };
        let (mut values, mut named) = (BTreeMap::new(), BTreeSet::new());
        for spec in specs {
            // invariant: defaults are JSON literals, checked by a test over all learners
            values.insert(spec.name, serde_json::from_str(spec.default).unwrap_or(Value::Null));
        }
        for (name, value) in given {
            let spec = specs.iter().find(|spec| spec.name == name).ok_or_else(|| Error::UnknownOption {
                name: name.clone(),
                subject: subject.into(),
                known: specs.iter().map(|spec| spec.name).collect(),
            })?;
            spec.kind.check(&name, &value)?;
            values.insert(spec.name, value);
            named.insert(spec.name);
        }
        Ok(Options { values, given: named })
    }

    /// True where the caller gave this option, be it with its default.
    pub fn is_given(&self, name: &str) -> bool {
        self.given.contains(name)
    }

    /// The value of an integer option.
    pub fn integer(&self, name: &str) -> i64 {
        self.values.get(name).and_then(Value::as_i64).unwrap_or_default()
    }

    /// The value of a numeric option.
    pub fn number(&self, name: &str) -> f64 {
        self.values.get(name).and_then(Value::as_f64).unwrap_or_default()
    }

    /// The value of a boolean option.
    pub fn boolean(&self, name: &str) -> bool {
        self.values.get(name).and_then(Value::as_bool).unwrap_or_default()
    }

    /// The value of a choice.
    pub fn choice(&self, name: &str) -> &str {
        self.values.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// The value of any option.
    pub fn json(&self, name: &str) -> &Value {
        self.values.get(name).unwrap_or(&Value::Null)
    }

    /// All options with their values as JSON text.
    pub fn to_text(&self) -> BTreeMap<String, String> {
        self.values.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()
    }
}

impl OptionKind {
    /// What the option takes, in words.
    pub fn describe(&self) -> String {
        match self {
            OptionKind::Integer(low, high) => format!("a whole number from {low} to {high}"),
            OptionKind::Number(low, high) => format!("a number from {low} to {high}"),
            OptionKind::Boolean => "true or false".into(),
            OptionKind::Choice(words) => format!("one of {}", words.join(", ")),
            OptionKind::Json => "JSON".into(),
        }
    }

    fn check(&self, name: &str, value: &Value) -> Result<()> {
        let fits = match self {
            OptionKind::Integer(low, high) => value.as_i64().is_some_and(|v| (*low..=*high).contains(&v)),
            OptionKind::Number(low, high) => value.as_f64().is_some_and(|v| (*low..=*high).contains(&v)),
            OptionKind::Boolean => value.is_boolean(),
            OptionKind::Choice(words) => value.as_str().is_some_and(|v| words.contains(&v)),
            OptionKind::Json => true,
        };
        if fits {
            return Ok(());
        }
        Err(Error::InvalidOption { name: name.into(), value: value.to_string(), expected: self.describe() })
    }
}
