//! Masks: regular expressions for what the caller knows to be one value.

use super::format_pattern::compile;
use super::pattern::Pattern;
use crate::error::{Error, Result};

/// Masks that one set of options may have.
const MAX_MASKS: usize = 100;

/// What a caller knows to be a value: each match is one slot, whatever its text.
///
/// Where two masks match at the same place, the first one given wins.
#[derive(Debug, Clone, Default)]
pub struct Masks {
    patterns: Vec<String>,
    regex: Option<Pattern>,
}

impl PartialEq for Masks {
    fn eq(&self, other: &Self) -> bool {
        self.patterns == other.patterns
    }
}

impl Eq for Masks {}

impl Masks {
    /// Compiles masks.
    ///
    /// # Errors
    /// [`Error::InvalidPattern`] for an expression that is none, and where all of them together are too large.
    pub fn new(patterns: Vec<String>) -> Result<Self> {
        let invalid = |reason: String| Error::InvalidPattern { what: "mask", reason };
        if patterns.len() > MAX_MASKS {
            return Err(invalid(format!("There are {} masks, more than {MAX_MASKS}.", patterns.len())));
        }
        for pattern in &patterns {
            compile(pattern, "mask")?;
        }
        let joined: Vec<String> = patterns.iter().map(|pattern| format!("(?:{pattern})")).collect();
        let regex = if joined.is_empty() { None } else { Some(compile(&joined.join("|"), "mask")?) };
        Ok(Masks { patterns, regex })
    }

    /// The expressions, as given.
    pub fn patterns(&self) -> &[String] {
        &self.patterns
    }

    /// The parts of a line that are values, in order; empty matches are none.
    pub(crate) fn spans<'a>(&'a self, line: &'a str) -> impl Iterator<Item = (usize, usize)> + 'a {
        self.regex.iter().flat_map(move |regex| regex.each(line, 0))
    }

    /// True where there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.regex.is_none()
    }
}
