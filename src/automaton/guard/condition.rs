//! What leads to one transition, as alternatives of conditions.

use super::{Choice, Finite, Node, Test};
use std::fmt;

/// How a condition compares.
///
/// Every operator has a negation, and both together cover every value: a value that is missing or not a number is greater
/// than any number, and is in no list if missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operator {
    /// A number, at most this.
    AtMost(Finite),
    /// A greater number, or no number at all.
    Above(Finite),
    /// One of these texts.
    OneOf(Vec<Box<str>>),
    /// None of these texts, or missing.
    NoneOf(Vec<Box<str>>),
    /// Missing or null.
    Missing,
    /// Neither missing nor null.
    Present,
    /// It and another parameter are numbers, and it is at most the other and so much more.
    AtMostSlot(Box<str>, Finite),
    /// It is a greater number, or one of both is no number at all.
    AboveSlot(Box<str>, Finite),
}

/// One condition on one parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// The parameter.
    pub slot: Box<str>,
    /// What must hold of it.
    pub operator: Operator,
}

/// What leads to a transition: one of these lists of conditions, all of which hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guard {
    /// Alternatives; an empty list of conditions always holds.
    pub alternatives: Vec<Vec<Condition>>,
}

impl Operator {
    /// The word used in tables.
    pub fn as_str(&self) -> &'static str {
        match self {
            Operator::AtMost(_) => "<=",
            Operator::Above(_) => ">",
            Operator::OneOf(_) => "in",
            Operator::NoneOf(_) => "not in",
            Operator::Missing => "is missing",
            Operator::Present => "is present",
            Operator::AtMostSlot(..) => "<= slot",
            Operator::AboveSlot(..) => "> slot",
        }
    }

    /// What it compares with: a number, a JSON array of texts, or a JSON object with the other parameter and what is
    /// added to it; `None` for missing and present.
    pub fn value(&self) -> Option<String> {
        match self {
            Operator::AtMost(n) | Operator::Above(n) => Some(n.0.to_string()),
            Operator::OneOf(texts) | Operator::NoneOf(texts) => serde_json::to_string(texts).ok(),
            Operator::AtMostSlot(slot, plus) | Operator::AboveSlot(slot, plus) => {
                Some(serde_json::json!({ "slot": slot, "plus": plus }).to_string())
            }
            Operator::Missing | Operator::Present => None,
        }
    }

    /// The other parameter that it compares with, if any.
    pub fn other(&self) -> Option<&str> {
        match self {
            Operator::AtMostSlot(slot, _) | Operator::AboveSlot(slot, _) => Some(slot),
            _ => None,
        }
    }

    /// Whether it holds of a value, and of that of the other parameter; `None` stands for a missing one.
    pub fn holds(&self, value: Option<&str>, other: Option<&str>) -> bool {
        match self {
            Operator::AtMost(n) => Test::AtMost(*n).holds(value, None),
            Operator::Above(n) => !Test::AtMost(*n).holds(value, None),
            Operator::AtMostSlot(slot, plus) => {
                Test::AtMostSlot { slot: slot.clone(), plus: *plus }.holds(value, other)
            }
            Operator::AboveSlot(slot, plus) => {
                !Test::AtMostSlot { slot: slot.clone(), plus: *plus }.holds(value, other)
            }
            Operator::OneOf(texts) => value.is_some_and(|v| texts.iter().any(|t| t.as_ref() == v)),
            Operator::NoneOf(texts) => value.is_none_or(|v| texts.iter().all(|t| t.as_ref() != v)),
            Operator::Missing => value.is_none(),
            Operator::Present => value.is_some(),
        }
    }

    fn of(test: &Test, answer: bool) -> Self {
        match (test, answer) {
            (Test::AtMost(n), true) => Operator::AtMost(*n),
            (Test::AtMost(n), false) => Operator::Above(*n),
            (Test::OneOf(texts), true) => Operator::OneOf(texts.clone()),
            (Test::OneOf(texts), false) => Operator::NoneOf(texts.clone()),
            (Test::Missing, true) => Operator::Missing,
            (Test::Missing, false) => Operator::Present,
            (Test::AtMostSlot { slot, plus }, true) => Operator::AtMostSlot(slot.clone(), *plus),
            (Test::AtMostSlot { slot, plus }, false) => Operator::AboveSlot(slot.clone(), *plus),
        }
    }

    /// True where `self` adds nothing beside `other` on the same slot.
    fn follows_from(&self, other: &Operator) -> bool {
        match (self, other) {
            (Operator::AtMost(a), Operator::AtMost(b)) => a.0 >= b.0,
            (Operator::Above(a), Operator::Above(b)) => a.0 <= b.0,
            (Operator::AtMostSlot(x, a), Operator::AtMostSlot(y, b)) => x == y && a.0 >= b.0,
            (Operator::AboveSlot(x, a), Operator::AboveSlot(y, b)) => x == y && a.0 <= b.0,
            (Operator::Present, Operator::AtMost(_) | Operator::OneOf(_) | Operator::AtMostSlot(..)) => true,
            (Operator::NoneOf(a), Operator::OneOf(b)) => a.iter().all(|text| !b.contains(text)),
            (Operator::Above(_) | Operator::NoneOf(_) | Operator::AboveSlot(..), Operator::Missing) => true,
            (a, b) => a == b,
        }
    }
}

impl Choice {
    /// What leads to a transition.
    pub fn guard_of(&self, transition: u32) -> Guard {
        let mut alternatives = Vec::new();
        let mut stack: Vec<(u32, Vec<Condition>)> = vec![(0, Vec::new())];
        while let Some((at, conditions)) = stack.pop() {
            match self.nodes.get(at as usize) {
                Some(Node::Ask { slot, test, yes, no }) => {
                    // The yes side first: it is popped last in, first out.
                    for (next, answer) in [(*no, false), (*yes, true)] {
                        let condition = Condition { slot: slot.clone(), operator: Operator::of(test, answer) };
                        stack.push((next, add(&conditions, condition)));
                    }
                }
                Some(Node::Take(positions)) if positions.contains(&transition) => {
                    alternatives.push(in_order(conditions));
                }
                _ => {}
            }
        }
        Guard { alternatives }
    }
}

/// Slots as they were asked for, lower bounds before upper ones.
fn in_order(mut conditions: Vec<Condition>) -> Vec<Condition> {
    let slots: Vec<Box<str>> = conditions.iter().map(|c| c.slot.clone()).collect();
    let first = |slot: &str| slots.iter().position(|s| s.as_ref() == slot);
    conditions
        .sort_by_cached_key(|c| (first(&c.slot), matches!(c.operator, Operator::AtMost(_) | Operator::AtMostSlot(..))));
    conditions
}

/// The conditions with one more, without those that then say nothing.
fn add(conditions: &[Condition], fresh: Condition) -> Vec<Condition> {
    let beside = |c: &&Condition| !(c.slot == fresh.slot && c.operator.follows_from(&fresh.operator));
    if conditions.iter().any(|c| c.slot == fresh.slot && fresh.operator.follows_from(&c.operator)) {
        return conditions.to_vec();
    }
    let mut all: Vec<Condition> = conditions.iter().filter(beside).cloned().collect();
    let mut fresh = fresh.clone();
    // Lists of texts on one slot are one list, so that an alternative names slot and operator once.
    all.retain(|c| match (&c.operator, &mut fresh.operator) {
        (Operator::OneOf(a), Operator::OneOf(b)) if c.slot == fresh.slot => {
            b.retain(|text| a.contains(text));
            false
        }
        (Operator::NoneOf(a), Operator::NoneOf(b)) if c.slot == fresh.slot => {
            b.extend(a.iter().cloned());
            b.sort_unstable();
            b.dedup();
            false
        }
        _ => true,
    });
    all.push(fresh);
    all
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A position in a list alone would read as a number.
        let mark = |slot: &str| if super::list_position(slot).is_some() { "$" } else { "" };
        let word = self.operator.as_str().trim_end_matches(" slot");
        write!(f, "{}{} {word}", mark(&self.slot), self.slot)?;
        match &self.operator {
            Operator::AtMostSlot(slot, plus) | Operator::AboveSlot(slot, plus) => {
                write!(f, " {}{slot}", mark(slot))?;
                match plus.0 {
                    0.0 => Ok(()),
                    n if n < 0.0 => write!(f, " - {}", -n),
                    n => write!(f, " + {n}"),
                }
            }
            Operator::OneOf(texts) | Operator::NoneOf(texts) => write!(f, " ({})", texts.join(", ")),
            operator => operator.value().map_or(Ok(()), |value| write!(f, " {value}")),
        }
    }
}

impl fmt::Display for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, alternative) in self.alternatives.iter().enumerate() {
            f.write_str(if i > 0 { " or " } else { "" })?;
            if alternative.is_empty() {
                f.write_str("always")?;
            }
            for (j, condition) in alternative.iter().enumerate() {
                write!(f, "{}{condition}", if j > 0 { " and " } else { "" })?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::automaton::Parameters;
    use proptest::prelude::*;

    fn choice(nodes: Vec<Node>) -> Choice {
        Choice { source: 0, label: 0, nodes, gain: Finite(0.0), support: 0 }
    }

    fn ask(slot: &str, test: Test, yes: u32, no: u32) -> Node {
        Node::Ask { slot: slot.into(), test, yes, no }
    }

    #[test]
    fn guards_read_well() {
        let methods = Test::OneOf(vec!["GET".into(), "HEAD".into()]);
        let choice = choice(vec![
            ask("n", Test::AtMost(Finite(50.0)), 1, 2),
            ask("n", Test::AtMost(Finite(10.5)), 3, 4),
            ask("method", methods, 5, 6),
            Node::Take(vec![0]),
            Node::Take(vec![1]),
            Node::Take(vec![0]),
            Node::Take(vec![2]),
        ]);
        assert_eq!(choice.guard_of(0).to_string(), "n <= 10.5 or n > 50 and method in (GET, HEAD)");
        assert_eq!(choice.guard_of(1).to_string(), "n > 10.5 and n <= 50");
        assert_eq!(choice.guard_of(2).to_string(), "n > 50 and method not in (GET, HEAD)");
        assert_eq!(choice.guard_of(0).alternatives[1][1].operator.value().as_deref(), Some(r#"["GET","HEAD"]"#));
    }

    #[test]
    fn comparisons_of_parameters_read_well() {
        let below = |slot: &str, plus: f64| Test::AtMostSlot { slot: slot.into(), plus: Finite(plus) };
        let choice = choice(vec![
            ask("sent", below("received", 0.0), 1, 2),
            Node::Take(vec![0]),
            ask("1", below("2", -1.5), 3, 4),
            Node::Take(vec![1]),
            Node::Take(vec![2]),
        ]);
        assert_eq!(choice.guard_of(0).to_string(), "sent <= received");
        assert_eq!(choice.guard_of(1).to_string(), "sent > received and $1 <= $2 - 1.5");
        let operator = &choice.guard_of(1).alternatives[0][1].operator;
        assert_eq!((operator.as_str(), operator.value().as_deref()), ("<= slot", Some(r#"{"plus":-1.5,"slot":"2"}"#)));
    }

    /// A random tree of questions over two slots with as many transitions as leaves.
    fn trees() -> impl Strategy<Value = Choice> {
        let test = prop_oneof![
            (-2i32..3).prop_map(|n| Test::AtMost(Finite(f64::from(n)))),
            prop::sample::subsequence(vec!["-1", "1", "a", "b"], 1..4)
                .prop_map(|texts| Test::OneOf(texts.into_iter().map(Into::into).collect())),
            (prop::sample::select(vec!["x", "y"]), -2i32..3)
                .prop_map(|(slot, n)| Test::AtMostSlot { slot: slot.into(), plus: Finite(f64::from(n)) }),
            Just(Test::Missing),
        ];
        prop::collection::vec((prop::sample::select(vec!["x", "y"]), test), 0..7).prop_map(|asks| {
            let leaves = asks.len() as u32;
            let mut nodes: Vec<Node> = Vec::new();
            for (i, (slot, test)) in asks.into_iter().enumerate() {
                // A chain: yes is a leaf, no goes on.
                nodes.push(ask(
                    slot,
                    test,
                    leaves + 1 + i as u32,
                    if i as u32 + 1 < leaves { i as u32 + 1 } else { leaves },
                ));
            }
            nodes.push(Node::Take(vec![leaves]));
            (0..leaves).for_each(|i| nodes.push(Node::Take(vec![i])));
            choice(nodes)
        })
    }

    proptest! {
        #[test]
        fn exactly_one_guard_holds_and_it_is_the_one_decided(
            choice in trees(),
            x in prop::sample::select(vec!["1", "-1", "\"1\"", "\"a\"", "null", "[1]", "2.5", "true", "\"\""]),
            y in prop::sample::select(vec!["0", "\"b\"", "{}", "1e5"]),
        ) {
            let json = format!("{{\"x\": {x}, \"y\": {y}}}");
            for json in [json.as_str(), "{}", "[]", "odd"] {
                let parameters = Parameters::parse(json);
                let leaves = choice.nodes.iter().filter(|n| matches!(n, Node::Take(_))).count() as u32;
                let holds = |t: &u32| {
                    choice.guard_of(*t).alternatives.iter().any(|alternative| {
                        alternative.iter().all(|c| {
                            let other = c.operator.other().and_then(|other| parameters.value(other));
                            c.operator.holds(parameters.value(&c.slot).as_deref(), other.as_deref())
                        })
                    })
                };
                let held: Vec<u32> = (0..leaves).filter(holds).collect();
                prop_assert_eq!(&held[..], choice.decide(&parameters));
            }
        }
    }
}
