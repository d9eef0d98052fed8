//! Trace keys found in message text: by a regular expression or in a template's slot.
//!
//! A line that names several keys belongs to each of their traces.

use super::format_pattern::compile;
use super::pattern::Pattern;
use super::templates::{Parsed, Template};
use crate::error::Result;

/// Up to so many keys are compared one by one.
const FEW: usize = 8;

/// An expression whose matches in a message are trace keys.
#[derive(Debug, Clone)]
pub struct KeyPattern {
    regex: Pattern,
    group: usize,
}

impl KeyPattern {
    /// Compiles an expression. Where it has a group, the first group is the key, else the whole match.
    ///
    /// # Errors
    /// [`InvalidPattern`](crate::error::Error::InvalidPattern) for an expression that is none or is too large.
    pub fn new(pattern: &str) -> Result<Self> {
        let regex = compile(pattern, "trace_pattern")?;
        let group = usize::from(regex.captures_len() > 1);
        Ok(KeyPattern { regex, group })
    }

    /// The distinct keys of a message in the order they first occur; empty matches are none. Each match takes time
    /// linear in the message.
    ///
    /// ```
    /// let pattern = logfsm::log::KeyPattern::new(r"blk_-?\d+").unwrap();
    /// assert_eq!(pattern.keys("copy blk_7 to blk_-8, drop blk_7"), ["blk_7", "blk_-8"]);
    /// ```
    pub fn keys<'a>(&self, message: &'a str) -> Vec<&'a str> {
        distinct(self.regex.each(message, self.group).map(|(from, to)| &message[from..to]))
    }
}

/// The keys in one slot of a parsed line, the first slot being 1: its value, or every part of a list between blanks
/// and commas. Empty where the template has no such slot.
pub fn slot_keys<'a>(parsed: &'a Parsed<'_>, template: &Template, slot: usize) -> Vec<&'a str> {
    let Some(at) = slot.checked_sub(1).filter(|at| *at < template.kinds.len()) else { return Vec::new() };
    slot_values(parsed.parameters.get(at).map_or("", AsRef::as_ref))
}

/// The keys in the value of a slot.
pub(crate) fn slot_values(value: &str) -> Vec<&str> {
    distinct(value.split(|c: char| c.is_whitespace() || c == ','))
}

fn distinct<'a>(keys: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    // mostly there are few: then looking through them is quicker than a set
    let (mut out, mut seen): (Vec<&str>, _) = (Vec::new(), hashbrown::HashSet::new());
    for key in keys.filter(|key| !key.is_empty()) {
        let known = if out.len() < FEW { out.contains(&key) } else { !seen.insert(key) };
        if known {
            continue;
        }
        out.push(key);
        if out.len() == FEW {
            seen.extend(out.iter().copied());
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::{MinerOptions, TemplateMiner};

    #[test]
    fn a_group_is_the_key() {
        let pattern = KeyPattern::new(r"req=(\w+)").unwrap();
        assert_eq!(pattern.keys("req=a1 then req=b2 then req=a1"), ["a1", "b2"]);
        assert!(pattern.keys("nothing").is_empty());
        assert!(KeyPattern::new("(").is_err());
        assert!(KeyPattern::new("a*").unwrap().keys("bbb").is_empty());
    }

    #[test]
    fn slots_hold_keys_too() {
        let lines = ["drop blk_11111 now", "drop blk_22222 blk_33333 now", "drop blk_4444 blk_5555 blk_6666 now"];
        let mut miner = TemplateMiner::new(MinerOptions::default(), 1 << 20);
        for line in lines {
            miner.add(line).unwrap();
        }
        let templates = miner.finish().unwrap();
        let parsed = templates.parse(lines[1]).unwrap();
        let template = &templates.templates()[parsed.template as usize];
        assert_eq!(template.text, "drop <*> now");
        assert_eq!(slot_keys(&parsed, template, 1), ["blk_22222", "blk_33333"]);
        assert!(slot_keys(&parsed, template, 2).is_empty() && slot_keys(&parsed, template, 0).is_empty());
    }
}
