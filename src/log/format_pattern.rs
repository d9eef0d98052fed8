//! The text of formats: constants, empty groups, trace expressions, and the bound on what is compiled.

use super::pattern::Pattern;
use crate::error::{Error, Result};
use regex::{Regex, RegexBuilder};
use std::borrow::Cow;

/// Bytes of a format's text.
const MAX_PATTERN: usize = 16 << 10;
/// Bytes of a compiled format.
const MAX_COMPILED: usize = 4 << 20;
pub(crate) const WHAT: &str = "format";

#[derive(Debug, Clone)]
pub(crate) enum TracePart {
    Text(String),
    Group(String),
}

pub(crate) fn invalid(reason: impl Into<String>) -> Error {
    Error::InvalidPattern { what: WHAT, reason: reason.into() }
}

/// The error for an expression of a setting.
pub(crate) fn invalid_of(what: &'static str, reason: String) -> Error {
    Error::InvalidPattern { what, reason }
}

/// A regular expression of bounded size.
pub(crate) fn compile(pattern: &str, what: &'static str) -> Result<Pattern> {
    Pattern::new(pattern, what)
}

/// The crate's expression, within the bounds on its text and on what it compiles to.
pub(crate) fn limits(pattern: &str, what: &'static str) -> Result<Regex> {
    let invalid = |reason: String| invalid_of(what, reason);
    if pattern.len() > MAX_PATTERN {
        return Err(invalid(format!("It has {} bytes, more than {MAX_PATTERN}.", pattern.len())));
    }
    RegexBuilder::new(pattern)
        .size_limit(MAX_COMPILED)
        .dfa_size_limit(MAX_COMPILED)
        .nest_limit(100)
        .build()
        .map_err(|e| invalid(e.to_string()))
}

/// At most 200 characters of a text.
pub(crate) fn shorten(text: &str) -> String {
    match text.char_indices().nth(200) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.into(),
    }
}

/// Reads a trace expression such as `\k<ip>/\k<port>`.
pub(crate) fn trace_expression(text: &str) -> Result<Vec<TracePart>> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("\\k<") {
        let (before, group) = rest.split_at(at);
        let Some(end) = group.find('>') else {
            return Err(invalid(format!("The trace expression {text} has a group without end.")));
        };
        if !before.is_empty() {
            out.push(TracePart::Text(before.into()));
        }
        out.push(TracePart::Group(group[3..end].into()));
        rest = &group[end + 1..];
    }
    if !rest.is_empty() {
        out.push(TracePart::Text(rest.into()));
    }
    Ok(out)
}

/// The key an expression stands for, `None` for a line that lacks one of its groups: it belongs to no trace.
pub(crate) fn trace_key<'a>(parts: &'a [TracePart], value: impl Fn(&str) -> Option<Cow<'a, str>>) -> Option<String> {
    let text = |part: &'a TracePart| match part {
        TracePart::Text(text) => Some(Cow::Borrowed(text.as_str())),
        TracePart::Group(name) => value(name).filter(|value| !value.is_empty()),
    };
    parts.iter().map(text).collect()
}

/// A pattern without its constants and with the empty groups filled in, the constants, and whether it hides lines.
pub(crate) type Expanded = (String, Vec<(String, String)>, bool);

/// Takes a format's text apart.
pub(crate) fn expand(source: &str) -> Result<Expanded> {
    let (mut pattern, mut constants, mut hidden) = (String::with_capacity(source.len()), Vec::new(), false);
    let mut rest = source;
    while let Some(at) = rest.find("(?<") {
        let (before, group) = rest.split_at(at);
        pattern.push_str(before);
        let name: String = group[3..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        let after = &group[3 + name.len()..];
        let escaped = before.bytes().rev().take_while(|b| *b == b'\\').count() % 2 == 1;
        if let Some(value) = after.strip_prefix("=>").filter(|_| !escaped && !name.is_empty()) {
            let end = value.find(')').ok_or_else(|| invalid(format!("The constant {name} has no end.")))?;
            if name != "HIDE" {
                constants.push((name, value[..end].into()));
            } else if &value[..end] == "true" {
                hidden = true;
            } else {
                return Err(invalid("HIDE can be fixed to true only."));
            }
            rest = &value[end + 1..];
        } else if let Some(after) = after.strip_prefix(">)").filter(|_| !escaped && !name.is_empty()) {
            pattern.push_str(&format!("\\s*(?<{name}>\\S+)\\s*"));
            rest = after;
        } else {
            pattern.push_str("(?<");
            rest = &group[3..];
        }
    }
    pattern.push_str(rest);
    if pattern.contains("(?<HIDE>") {
        return Err(invalid("HIDE can be fixed to true only."));
    }
    Ok((pattern, constants, hidden))
}
