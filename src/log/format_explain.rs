//! Shows how far a format matches a line and where it stops.

use super::format_builtin;
use super::format_one::Format;
use super::format_pattern::{compile, invalid, shorten};
use super::format_time::Clock;
use crate::error::Result;
use regex_syntax::ast::{Ast, parse::Parser};
use std::fmt;

/// How far a format matched a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The expression that got furthest: its constants removed, its empty groups filled in.
    pub pattern: String,
    /// True where it matches the whole line.
    pub matches: bool,
    /// Bytes of the line that were matched from its beginning.
    pub matched_bytes: usize,
    /// The part of the expression that matched them.
    pub matched_pattern: String,
    /// The part of the expression that did not match what follows; empty where the line goes on after the format.
    pub stopped_at: String,
    /// What follows in the line, shortened.
    pub rest: String,
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.matches {
            return f.write_str("It matches the whole line.");
        }
        let at = self.matched_bytes;
        match self.stopped_at.as_str() {
            "" => write!(f, "It matches the first {at} bytes, but the line goes on with \"{}\".", self.rest),
            part => write!(
                f,
                "It matches the first {at} bytes and stops at {part}, which does not match \"{}\".",
                self.rest
            ),
        }
    }
}

/// Explains how far `format`, an expression or the name of a built-in format, matches `line`.
///
/// Tries the beginnings of the expression, part by part, so it takes as many matches as the expression has parts.
///
/// # Errors
/// [`InvalidPattern`](crate::error::Error::InvalidPattern) for a format that cannot be used at all.
///
/// ```
/// let found = logfsm::log::explain_format("12 open x", r"(?<TIME>\d+) (?<TYPE>close|open)").unwrap();
/// assert_eq!((found.matches, found.matched_bytes, found.rest.as_str()), (false, 7, " x"));
/// ```
pub fn explain_format(line: &str, format: &str) -> Result<Explanation> {
    if format == "json" {
        let matches = matches!(super::format_json::read(line, &Clock::new(&[], None, None)?, None), Some(Ok(_)));
        return Ok(Explanation {
            pattern: "json".into(),
            matches,
            matched_bytes: if matches { line.len() } else { 0 },
            matched_pattern: String::new(),
            stopped_at: if matches { String::new() } else { "an object with a message or an event type".into() },
            rest: if matches { String::new() } else { shorten(line) },
        });
    }
    let mut best: Option<Explanation> = None;
    for source in format_builtin::patterns(format).unwrap_or(&[format]) {
        let compiled = Format::new(source, Clock::new(&[], None, None)?)?;
        let found = explain(line, &compiled.pattern)?;
        let rank = |e: &Explanation| (e.matches, e.matched_bytes);
        if best.as_ref().is_none_or(|best| rank(best) < rank(&found)) {
            best = Some(found);
        }
    }
    best.ok_or_else(|| invalid("There is no format to explain."))
}

/// As [`explain_format`], for an expression without constants and empty groups.
pub(crate) fn explain(line: &str, pattern: &str) -> Result<Explanation> {
    let ast = Parser::new().parse(pattern).map_err(|e| invalid(e.to_string()))?;
    // where each part of the expression ends
    let ends: Vec<usize> = match &ast {
        Ast::Concat(concat) => join_letters(&concat.asts),
        ast => vec![ast.span().end.offset],
    };
    let matched = |end: usize, tail: &str| -> Option<usize> {
        let regex = compile(&format!("^(?:{}){tail}", &pattern[..end]), "format").ok()?;
        crate::interrupt::check();
        regex.find(line).map(|(_, end)| end)
    };
    if matched(pattern.len(), "$").is_some() {
        return Ok(Explanation {
            pattern: pattern.into(),
            matches: true,
            matched_bytes: line.len(),
            matched_pattern: pattern.into(),
            stopped_at: String::new(),
            rest: String::new(),
        });
    }
    // beginnings of an expression match longer and longer beginnings of a line, so halve the interval
    let (mut low, mut high) = (0, ends.len() + 1);
    let mut bytes = 0;
    while low + 1 < high {
        let middle = usize::midpoint(low, high);
        match matched(ends[middle - 1], "") {
            Some(end) => {
                low = middle;
                bytes = end;
            }
            None => high = middle,
        }
    }
    let from = if low == 0 { 0 } else { ends[low - 1] };
    let to = ends.get(low).copied().unwrap_or(from);
    Ok(Explanation {
        pattern: pattern.into(),
        matches: false,
        matched_bytes: bytes,
        matched_pattern: pattern[..from].into(),
        stopped_at: pattern[from..to].into(),
        rest: shorten(&line[bytes..]),
    })
}

/// The ends of the parts, letters that follow each other taken as one part each.
fn join_letters(parts: &[Ast]) -> Vec<usize> {
    parts.iter().filter(|part| !matches!(part, Ast::Empty(_))).map(|part| part.span().end.offset).collect()
}
