//! Two machines side by side: what one has and the other lacks, and what became more or less probable.
//!
//! The machines are walked together from their starts along equal events. Where both stand, their outgoing events and
//! ends are compared; a difference in probability is tested by the likelihood-ratio (G) test of two proportions, and
//! all tests of a comparison together by Holm's method, so that the chance of calling anything different that is not
//! stays below alpha.

use crate::automaton::{Automaton, StateId};
use crate::error::Result;
use crate::infer::{Control, OptionKind, OptionSpec};
use crate::trace::Label;
use hashbrown::HashMap;
use std::collections::BTreeMap;

/// Options of comparison.
pub const COMPARE_OPTIONS: &[OptionSpec] = &[
    OptionSpec {
        name: "alpha",
        kind: OptionKind::Number(0.0, 1.0),
        default: "0.01",
        meaning: "chance of calling something different that is not, over the whole comparison",
    },
    OptionSpec {
        name: "unchanged",
        kind: OptionKind::Boolean,
        default: "false",
        meaning: "whether to list what is the same in both, too",
    },
];

/// How an event, or an end, differs between two machines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// Only the second machine has it.
    Added,
    /// Only the first machine has it.
    Removed,
    /// Both have it, with probabilities that differ significantly.
    Changed,
    /// Both have it, and nothing speaks for a difference.
    Unchanged,
}

impl Change {
    /// The word used in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Change::Added => "added",
            Change::Removed => "removed",
            Change::Changed => "changed",
            Change::Unchanged => "unchanged",
        }
    }
}

/// One machine's side of a difference.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Side {
    /// The states it stands in; one for a deterministic machine, none where it cannot get there.
    pub states: Vec<StateId>,
    /// How often training traces were there.
    pub visits: u64,
    /// How often the event followed, or the end.
    pub count: u64,
}

/// An event after equal events in both machines.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// How it differs.
    pub change: Change,
    /// The event; `None` for the end of a trace.
    pub label: Option<Label>,
    /// In the first and in the second machine.
    pub sides: [Side; 2],
    /// Of the test whether both probabilities are the same.
    pub p_value: f64,
    /// Whether that is significant, all tests of the comparison considered.
    pub is_significant: bool,
    /// A shortest trace that has it; accepted by the second machine alone where it was added, by the first alone where
    /// it was removed.
    pub example: Vec<Label>,
}

/// Where both machines stand after equal events.
struct Stand {
    sets: [Vec<StateId>; 2],
    /// The stand before and the event from there, `None` at the start.
    before: Option<(usize, usize)>,
}

/// What leaves a set of states: per label the count and the targets; and its visits and stops.
#[derive(Default)]
struct Outgoing {
    visits: u64,
    stops: u64,
    labels: BTreeMap<usize, (u64, Vec<StateId>)>,
}

/// Compares two machines, or two prefix trees. Most significant first, ties as met breadth-first.
///
/// O(stands × labels), where a stand is a pair of states both machines can be in after the same events.
pub fn compare(
    a: &Automaton,
    b: &Automaton,
    alpha: f64,
    unchanged: bool,
    control: &Control<'_>,
) -> Result<Vec<Difference>> {
    let mut labels: Vec<&Label> = a.labels.iter().chain(&b.labels).collect();
    labels.sort_unstable();
    labels.dedup();
    let sides = [SideView::new(a, &labels), SideView::new(b, &labels)];
    let mut stands = vec![Stand { sets: [vec![0], vec![0]], before: None }];
    let mut known: HashMap<[Vec<StateId>; 2], usize> = HashMap::new();
    known.insert([vec![0], vec![0]], 0);
    let (mut found, mut at, mut bytes) = (Vec::new(), 0, 0);
    while at < stands.len() {
        if at % 256 == 0 {
            control.check()?;
            control.check_memory("compare", bytes)?;
        }
        let sets = stands[at].sets.clone();
        let [mine, theirs] = [sides[0].outgoing(&sets[0]), sides[1].outgoing(&sets[1])];
        let mut all: Vec<usize> = mine.labels.keys().chain(theirs.labels.keys()).copied().collect();
        all.sort_unstable();
        all.dedup();
        let side = |which: usize, outgoing: &Outgoing, count| Side {
            states: sets[which].clone(),
            visits: outgoing.visits,
            count,
        };
        found.push((at, None, [side(0, &mine, mine.stops), side(1, &theirs, theirs.stops)]));
        for label in all {
            let (x, y) = (mine.labels.get(&label), theirs.labels.get(&label));
            let count = |entry: Option<&(u64, Vec<StateId>)>| entry.map_or(0, |entry| entry.0);
            found.push((at, Some(label), [side(0, &mine, count(x)), side(1, &theirs, count(y))]));
            if let (Some((_, x)), Some((_, y))) = (x, y) {
                let next = [x.clone(), y.clone()];
                if !known.contains_key(&next) {
                    bytes += 200 + 16 * (x.len() + y.len());
                    known.insert(next.clone(), stands.len());
                    stands.push(Stand { sets: next, before: Some((at, label)) });
                }
            }
        }
        bytes += 160;
        at += 1;
    }
    found.retain(|(.., sides)| sides[0].count + sides[1].count > 0);
    judge(found, alpha, unchanged, &stands, &sides, &labels, control)
}

/// A difference before it is judged: the stand, the label's number, both sides.
type Raw = (usize, Option<usize>, [Side; 2]);

fn judge(
    found: Vec<Raw>,
    alpha: f64,
    unchanged: bool,
    stands: &[Stand],
    views: &[SideView<'_>; 2],
    labels: &[&Label],
    control: &Control<'_>,
) -> Result<Vec<Difference>> {
    let mut tested: Vec<(f64, Raw)> = found.into_iter().map(|raw| (p_value(&raw.2), raw)).collect();
    tested.sort_by(|x, y| x.0.total_cmp(&y.0));
    let tests = tested.len();
    let mut rejecting = true;
    let (mut all, mut bytes) = (Vec::new(), 0);
    for (i, (p_value, (at, label, sides))) in tested.into_iter().enumerate() {
        // Holm: the i-th smallest against alpha / (tests - i), up to the first that fails.
        rejecting &= p_value <= alpha / (tests - i) as f64;
        let change = match (sides[0].count, sides[1].count) {
            (0, _) => Change::Added,
            (_, 0) => Change::Removed,
            _ if rejecting => Change::Changed,
            _ => Change::Unchanged,
        };
        if change == Change::Unchanged && !unchanged {
            continue;
        }
        let view = usize::from(sides[0].count == 0);
        let example = example(stands, at, label, &views[view], view);
        bytes += example.iter().map(|&l| size_of::<Label>() + labels[l].heap_bytes()).sum::<usize>();
        control.check()?;
        control.check_memory("compare", bytes)?;
        all.push(Difference {
            change,
            example: example.into_iter().map(|l| labels[l].clone()).collect(),
            label: label.map(|l| labels[l].clone()),
            sides,
            p_value,
            is_significant: rejecting,
        });
    }
    Ok(all)
}

/// The events to a stand, one more, and the shortest way from there to an end.
fn example(stands: &[Stand], at: usize, label: Option<usize>, view: &SideView<'_>, which: usize) -> Vec<usize> {
    let (mut events, mut stand) = (Vec::new(), at);
    while let Some((before, label)) = stands[stand].before {
        events.push(label);
        stand = before;
    }
    events.reverse();
    let Some(label) = label else { return events };
    events.push(label);
    let targets = view.outgoing(&stands[at].sets[which]).labels.remove(&label).unwrap_or_default().1;
    // invariant: from every state there is a way to an end
    let mut state = targets.into_iter().min_by_key(|&s| (view.to_end[s as usize], s));
    while let Some(t) = state.and_then(|s| view.towards_end(s)) {
        events.push(view.number[t.label as usize]);
        state = Some(t.target);
    }
    events
}

/// A machine as a comparison sees it.
struct SideView<'a> {
    machine: &'a Automaton,
    visits: Vec<u64>,
    /// For each of its labels the number among those of both machines.
    number: Vec<usize>,
    /// For each state the events of the shortest way to an end.
    to_end: Vec<u32>,
}

impl<'a> SideView<'a> {
    fn new(machine: &'a Automaton, labels: &[&Label]) -> Self {
        let number = machine.labels.iter().map(|l| labels.binary_search(&l).unwrap_or_default()).collect();
        let states = machine.state_count();
        let mut before: Vec<Vec<StateId>> = vec![Vec::new(); states];
        for t in &machine.transitions {
            before[t.target as usize].push(t.source);
        }
        let mut to_end = vec![u32::MAX; states];
        let mut queue: Vec<StateId> = (0..states as StateId).filter(|&s| machine.stops[s as usize] > 0).collect();
        queue.iter().for_each(|&s| to_end[s as usize] = 0);
        let mut at = 0;
        while let Some(&state) = queue.get(at) {
            at += 1;
            for &source in &before[state as usize] {
                if to_end[source as usize] == u32::MAX {
                    to_end[source as usize] = to_end[state as usize] + 1;
                    queue.push(source);
                }
            }
        }
        SideView { machine, visits: machine.visits(), number, to_end }
    }

    fn outgoing(&self, states: &[StateId]) -> Outgoing {
        let mut outgoing = Outgoing::default();
        for &state in states {
            outgoing.visits += self.visits[state as usize];
            outgoing.stops += self.machine.stops[state as usize];
            for t in self.machine.outgoing(state) {
                let entry = outgoing.labels.entry(self.number[t.label as usize]).or_default();
                entry.0 += t.count;
                entry.1.push(t.target);
            }
        }
        for (_, targets) in outgoing.labels.values_mut() {
            targets.sort_unstable();
            targets.dedup();
        }
        outgoing
    }

    /// The first transition on a shortest way to an end, `None` at one.
    fn towards_end(&self, state: StateId) -> Option<&'a crate::automaton::Transition> {
        let left = self.to_end[state as usize];
        self.machine.outgoing(state).iter().find(|t| left > 0 && self.to_end[t.target as usize] < left)
    }
}

/// The likelihood-ratio test whether two counts have one probability: chi-square with one degree of freedom.
fn p_value(sides: &[Side; 2]) -> f64 {
    let total = (sides[0].count + sides[1].count) as f64 / (sides[0].visits + sides[1].visits).max(1) as f64;
    let term =
        |observed: f64, expected: f64| if observed > 0.0 { observed * libm::log(observed / expected) } else { 0.0 };
    let g: f64 = sides
        .iter()
        .map(|side| {
            let (n, hits) = (side.visits as f64, side.count as f64);
            term(hits, n * total) + term(n - hits, n * (1.0 - total))
        })
        .sum();
    libm::erfc(libm::sqrt(g.max(0.0)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::automaton::PrefixTree;
    use crate::infer::{accepts, infer};
    use crate::trace::{Trace, TraceView};
    use proptest::prelude::*;

    fn learn(traces: &[Vec<String>], method: &str) -> Automaton {
        let mut tree = PrefixTree::new(usize::MAX);
        for trace in traces {
            let bytes = Trace::of(trace.iter().map(String::as_str)).to_bytes();
            tree.add(&TraceView::from_bytes(&bytes).unwrap()).unwrap();
        }
        infer(&tree.to_automaton(), method, "{}", &Control::unlimited()).unwrap()
    }

    fn repeated(parts: &[(&str, usize)]) -> Vec<Vec<String>> {
        let trace = |text: &str| text.chars().map(String::from).collect();
        parts.iter().flat_map(|&(text, n)| vec![trace(text); n]).collect()
    }

    #[test]
    fn differences_are_found_and_weighed() {
        let before = learn(&repeated(&[("abc", 500), ("adc", 500), ("ac", 3)]), "k_tails");
        let after = learn(&repeated(&[("abc", 900), ("adc", 100), ("aec", 4)]), "k_tails");
        let found = compare(&before, &after, 0.01, false, &Control::unlimited()).unwrap();
        let rows: Vec<(&str, String, bool, String)> = found
            .iter()
            .map(|d| {
                let label = d.label.as_ref().map_or("END".into(), Label::to_string);
                let example = d.example.iter().map(Label::to_string).collect();
                (d.change.as_str(), label, d.is_significant, example)
            })
            .collect();
        let row = |change, label: &str, significant, example: &str| (change, label.into(), significant, example.into());
        assert_eq!(rows.len(), 4, "{rows:?}");
        assert!(rows.contains(&row("changed", "b", true, "abc")) && rows.contains(&row("changed", "d", true, "adc")));
        assert!(rows.contains(&row("added", "e", false, "aec")) && rows.contains(&row("removed", "c", false, "ac")));
        assert!(compare(&after, &after, 0.01, false, &Control::unlimited()).unwrap().is_empty());
    }

    #[test]
    fn the_test_agrees_with_the_tables() {
        // G of (30 of 100, 45 of 100) is 4.8247: p = 0.02806.
        let side = |count| Side { states: Vec::new(), visits: 100, count };
        assert!((p_value(&[side(30), side(45)]) - 0.028055).abs() < 1e-5);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn examples_tell_machines_apart(
            a in prop::collection::vec(prop::collection::vec("[a-c]", 0..6), 1..8),
            b in prop::collection::vec(prop::collection::vec("[a-d]", 0..6), 1..8),
        ) {
            for method in ["prefix_tree", "k_tails", "mdl", "synoptic"] {
                let machines = [learn(&a, method), learn(&b, method)];
                for d in compare(&machines[0], &machines[1], 0.01, true, &Control::unlimited()).unwrap() {
                    let accepted = machines.each_ref().map(|m| {
                        let ids = d.example.iter().map(|l| m.label_id(l).unwrap_or(u32::MAX)).collect::<Vec<_>>();
                        accepts(m, &ids)
                    });
                    match d.change {
                        Change::Added => prop_assert_eq!(accepted, [false, true]),
                        Change::Removed => prop_assert_eq!(accepted, [true, false]),
                        _ => prop_assert!(accepted[0]),
                    }
                    prop_assert!((0.0..=1.0).contains(&d.p_value));
                }
            }
        }
    }
}
