//! A format's expression on a line: whether it matches it whole, and where its groups are.

use super::format_pattern::{WHAT, compile};
use super::pattern::{Pattern, Places};
use crate::error::Result;
use regex_syntax::hir::{Capture, Dot, Hir, HirKind, Repetition};

/// An expression that must match a whole line.
///
/// Most formats end with `(?<MESSAGE>.*)`. What comes before it settles the match then, and the message, often most of
/// the line, need not be walked byte by byte.
#[derive(Debug, Clone)]
pub(crate) struct Expression {
    whole: Pattern,
    head: Option<Head>,
}

/// What comes before a last group of anything.
#[derive(Debug, Clone)]
struct Head {
    regex: Pattern,
    /// The number of the last group.
    group: usize,
    /// Whether that takes line feeds too.
    any: bool,
}

/// Where the groups of an expression are in the line that was matched last.
#[derive(Debug)]
pub(crate) struct Groups {
    whole: Places,
    head: Option<Places>,
    /// The last group, where the head matched.
    rest: Option<(usize, (usize, usize))>,
}

impl Expression {
    /// Compiles an expression.
    pub fn new(pattern: &str) -> Result<Self> {
        Ok(Expression { whole: compile(&format!("^(?:{pattern})$"), WHAT)?, head: Head::of(pattern) })
    }

    /// Its groups by number, with their names.
    pub fn names(&self) -> impl Iterator<Item = Option<&str>> {
        self.whole.capture_names()
    }

    /// Room for the places of its groups.
    pub fn groups(&self) -> Groups {
        let head = self.head.as_ref().map(|head| head.regex.places());
        Groups { whole: self.whole.places(), head, rest: None }
    }

    /// Whether it matches the line.
    pub fn is_match(&self, line: &str) -> bool {
        self.whole.is_match(line)
    }

    /// Whether it matches the line; `groups`, made by it, then says where its groups are.
    pub fn find(&self, line: &str, groups: &mut Groups) -> bool {
        groups.rest = None;
        if let (Some(head), Some(places)) = (&self.head, &mut groups.head)
            && (head.any || !line.contains('\n'))
        {
            // Of all ways to match, the first one of the head is also the first of the whole: what follows always fits.
            let found = head.regex.find_groups(line, places);
            groups.rest = found.map(|(_, end)| (head.group, (end, line.len())));
            return groups.rest.is_some();
        }
        self.whole.find_groups(line, &mut groups.whole).is_some()
    }
}

impl Groups {
    /// Where group `i` is, if it took part.
    pub fn get(&self, i: usize) -> Option<(usize, usize)> {
        match (self.rest, &self.head) {
            (Some((group, place)), _) if group == i => Some(place),
            (Some(_), Some(head)) => head.get(i),
            _ => self.whole.get(i),
        }
    }
}

impl Head {
    /// The head of a pattern that ends with a group of anything, whatever comes before it.
    fn of(pattern: &str) -> Option<Self> {
        let head = pattern.strip_suffix(">.*)")?;
        let at = head.rfind("(?<")?;
        let (head, last) = (&head[..at], &head[at + 3..]);
        let hir = regex_syntax::parse(pattern).ok()?;
        // the last part of the whole, not of an alternative
        let HirKind::Concat(parts) = hir.kind() else { return None };
        let HirKind::Capture(Capture { name: Some(name), index, sub }) = parts.last()?.kind() else { return None };
        let HirKind::Repetition(Repetition { min: 0, max: None, greedy: true, sub }) = sub.kind() else { return None };
        let any = **sub == Hir::dot(Dot::AnyChar);
        if **name != *last || !(any || **sub == Hir::dot(Dot::AnyCharExceptLF)) {
            return None;
        }
        let regex = compile(&format!("^(?:{head})"), WHAT).ok()?;
        let group = *index as usize;
        (regex.captures_len() == group).then_some(Head { regex, group, any })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_a_last_group_of_anything_has_a_head() {
        for (pattern, has) in [
            (r"(?<TIME>\d+) (?<MESSAGE>.*)", true),
            (r"(?s)(?<TIME>\d+) (?<MESSAGE>.*)", true),
            (r"(?<A>a|b)+?(?<MESSAGE>.*)", true),
            (r"(?<MESSAGE>.*)", false),
            (r"a(?<TYPE>b)|(?<MESSAGE>.*)", false),
            (r"a(?:b(?<MESSAGE>.*))", false),
            (r"(?U)a (?<MESSAGE>.*)", false),
            (r"a (?<MESSAGE>.*?)", false),
            (r"a (?<MESSAGE>.*)(?<TYPE>b)", false),
            (r"a\(?<MESSAGE>.*)", false),
        ] {
            assert_eq!(Head::of(pattern).is_some(), has, "{pattern}");
        }
    }

    proptest! {
        #[test]
        fn a_head_finds_what_the_whole_finds(
            head in r"(\(\?<A>(a|b|a\*|\.\+\?|\[\^ \]\+)\)| |a|b\?|\.\*|\\d\+|\(\?:a\|ab\)){1,5}",
            flags in r"|\(\?s\)|\(\?i\)|\(\?R\)",
            line in r"[ab1 \n\r]{0,12}",
        ) {
            let pattern = format!("{flags}{head}(?<MESSAGE>.*)");
            // a group given twice is no expression
            if let Ok(expression) = Expression::new(&pattern) {
                let mut groups = expression.groups();
                let whole = regex::Regex::new(&format!("^(?:{pattern})$")).unwrap();
                let whole = whole.captures(&line);
                prop_assert_eq!(expression.find(&line, &mut groups), whole.is_some());
                for i in 0..expression.whole.captures_len() {
                    let place = whole.as_ref().and_then(|found| found.get(i)).map(|found| (found.start(), found.end()));
                    prop_assert!(i == 0 || groups.get(i) == place, "{} {:?} {}", pattern, line, i);
                }
            }
        }
    }
}
