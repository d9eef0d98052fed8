//! Regular expressions that users give, matched within bounds.
//!
//! The crate regex matches in time linear in states times bytes, and nothing can stop it meanwhile: of an expression of
//! 10,000 states a megabyte takes a minute. What may take long is therefore matched step by step, by the same
//! nondeterministic automaton and with the same result (Pike's simulation, leftmost first), asking on the way whether to go
//! on.

use super::format_pattern::{invalid_of, limits};
use crate::error::Result;
use crate::interrupt;
use regex::{CaptureLocations, Regex};
use regex_automata::nfa::thompson::{Compiler, NFA, State};
use regex_automata::util::primitives::StateID;
use std::sync::{Arc, OnceLock};

/// States times bytes that are matched without asking whether to go on: a fifth of a second at worst.
const QUICK: usize = 20_000_000;
/// Steps between two questions whether to go on.
const STEPS_PER_CHECK: usize = 1 << 16;

/// A compiled expression.
#[derive(Debug, Clone)]
pub(crate) struct Pattern {
    regex: Regex,
    automaton: Arc<OnceLock<Option<NFA>>>,
    /// No fewer than its automaton has states.
    states: usize,
}

/// Where the groups of an expression are in the text that was matched last.
#[derive(Debug)]
pub(crate) enum Places {
    Quick(CaptureLocations),
    Slow(Vec<Option<usize>>),
}

impl Places {
    /// Where group `i` is, if it took part.
    pub fn get(&self, i: usize) -> Option<(usize, usize)> {
        match self {
            Places::Quick(places) => places.get(i),
            Places::Slow(slots) => Some(((*slots.get(2 * i)?)?, (*slots.get(2 * i + 1)?)?)),
        }
    }
}

impl Pattern {
    /// Compiles an expression of bounded size; `what` names the setting it is from.
    pub fn new(pattern: &str, what: &'static str) -> Result<Self> {
        let regex = limits(pattern, what)?;
        let hir = regex_syntax::parse(pattern).map_err(|e| invalid_of(what, e.to_string()))?;
        Ok(Pattern { regex, automaton: Arc::default(), states: size(&hir) })
    }

    /// How many groups it has, the whole match included.
    pub fn captures_len(&self) -> usize {
        self.regex.captures_len()
    }

    /// The names of its groups.
    pub fn capture_names(&self) -> impl Iterator<Item = Option<&str>> {
        self.regex.capture_names()
    }

    /// Room for the places of its groups.
    pub fn places(&self) -> Places {
        Places::Quick(self.regex.capture_locations())
    }

    /// The automaton for matching step by step, where a text is too long for matching at once.
    fn slow(&self, text: &str) -> Option<&NFA> {
        if self.states.saturating_mul(text.len()) <= QUICK {
            return None;
        }
        let build = || Compiler::new().build(self.regex.as_str()).ok();
        self.automaton.get_or_init(build).as_ref()
    }

    /// Whether it matches somewhere in a text.
    pub fn is_match(&self, text: &str) -> bool {
        match self.slow(text) {
            None => self.regex.is_match(text),
            Some(nfa) => search(nfa, text, 0, &mut [None; 2]),
        }
    }

    /// Where the first match is.
    pub fn find(&self, text: &str) -> Option<(usize, usize)> {
        match self.slow(text) {
            None => self.regex.find(text).map(|found| (found.start(), found.end())),
            Some(nfa) => {
                let mut slots = [None; 2];
                search(nfa, text, 0, &mut slots);
                slots[0].zip(slots[1])
            }
        }
    }

    /// The first match; `places`, made by it, then says where its groups are.
    pub fn find_groups(&self, text: &str, places: &mut Places) -> Option<(usize, usize)> {
        match self.slow(text) {
            None => {
                if !matches!(places, Places::Quick(_)) {
                    *places = self.places();
                }
                let Places::Quick(places) = places else { return None };
                self.regex.captures_read(places, text).map(|found| (found.start(), found.end()))
            }
            Some(nfa) => {
                let mut slots = vec![None; 2 * self.captures_len()];
                search(nfa, text, 0, &mut slots);
                let found = slots[0].zip(slots[1]);
                *places = Places::Slow(slots);
                found
            }
        }
    }

    /// Where a group is in each match that is not empty and in which it took part, one after the other.
    pub fn each<'a>(&'a self, text: &'a str, group: usize) -> Box<dyn Iterator<Item = (usize, usize)> + 'a> {
        match self.slow(text) {
            None if group == 0 => {
                let found = self.regex.find_iter(text).map(|found| (found.start(), found.end()));
                Box::new(found.filter(|(from, to)| from < to))
            }
            None => {
                let found = self.regex.captures_iter(text).filter_map(move |found| found.get(group));
                Box::new(found.map(|found| (found.start(), found.end())))
            }
            Some(nfa) => {
                let (mut from, slots) = (0, 2 * self.captures_len());
                Box::new(std::iter::from_fn(move || {
                    loop {
                        let mut slots = vec![None; slots];
                        if from > text.len() || !search(nfa, text, from, &mut slots) {
                            return None;
                        }
                        let (start, end) = slots[0].zip(slots[1])?;
                        // After an empty match the search goes on one character later.
                        let next = text[end..].chars().next().map_or(1, char::len_utf8);
                        from = if start == end { end + next } else { end };
                        let place = slots[2 * group].zip(slots[2 * group + 1]);
                        if let Some(place) = place.filter(|_| start < end || group > 0) {
                            return Some(place);
                        }
                    }
                }))
            }
        }
    }
}

/// No fewer states than the automaton of an expression has, roughly.
fn size(hir: &regex_syntax::hir::Hir) -> usize {
    use regex_syntax::hir::{Class, HirKind};
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => 1,
        HirKind::Literal(literal) => literal.0.len(),
        HirKind::Class(Class::Bytes(_)) => 1,
        // A range of characters is up to four ranges of byte sequences.
        HirKind::Class(Class::Unicode(class)) => 1 + 4 * class.ranges().len(),
        HirKind::Repetition(repetition) => {
            let times = repetition.max.unwrap_or(repetition.min.saturating_add(1)).max(1) as usize;
            times.saturating_mul(size(&repetition.sub).saturating_add(1))
        }
        HirKind::Capture(capture) => size(&capture.sub).saturating_add(2),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().fold(1usize, |sum, part| sum.saturating_add(size(part)).saturating_add(1))
        }
    }
}

/// The states that matching stands in, most preferred first, each with where its groups are.
struct Threads {
    order: Vec<StateID>,
    /// Where in `order` a state is, if it is there.
    place: Vec<u32>,
    slots: Vec<Option<usize>>,
    width: usize,
}

impl Threads {
    fn new(states: usize, width: usize) -> Self {
        Threads { order: Vec::new(), place: vec![0; states], slots: vec![None; states * width], width }
    }

    /// Adds a state; false where it is there already.
    fn add(&mut self, state: StateID) -> bool {
        let place = self.place[state.as_usize()] as usize;
        if self.order.get(place) == Some(&state) {
            return false;
        }
        self.place[state.as_usize()] = self.order.len() as u32;
        self.order.push(state);
        true
    }

    fn slots(&mut self, state: StateID) -> &mut [Option<usize>] {
        let from = state.as_usize() * self.width;
        &mut self.slots[from..from + self.width]
    }
}

/// What is still to be followed without taking a byte.
enum Follow {
    State(StateID),
    /// Slots change on the way and back.
    Restore(usize, Option<usize>),
}

/// Finds the first match from a place on: its groups' places, as many as there is room for.
fn search(nfa: &NFA, text: &str, from: usize, found: &mut [Option<usize>]) -> bool {
    interrupt::check();
    let (bytes, width) = (text.as_bytes(), found.len());
    let states = nfa.states().len();
    let (mut now, mut next) = (Threads::new(states, width), Threads::new(states, width));
    let (mut stack, mut slots) = (Vec::new(), vec![None; width]);
    let (mut matched, mut steps) = (false, 0);
    for at in from..=bytes.len() {
        steps += 1 + now.order.len();
        if steps >= STEPS_PER_CHECK {
            interrupt::check();
            steps = 0;
        }
        if now.order.is_empty() && matched {
            break;
        }
        // A match may begin here, after those that began earlier, and only between characters.
        if !matched && text.is_char_boundary(at) {
            slots.fill(None);
            follow(nfa, bytes, at, nfa.start_anchored(), &mut slots, &mut now, &mut stack);
        }
        for i in 0..now.order.len() {
            let state = now.order[i];
            let target = match nfa.state(state) {
                State::ByteRange { trans } => trans.matches(bytes, at).then_some(trans.next),
                State::Sparse(sparse) => sparse.matches(bytes, at),
                State::Dense(dense) => dense.matches(bytes, at),
                State::Match { .. } => {
                    found.copy_from_slice(now.slots(state));
                    matched = true;
                    // Whatever comes after it is less preferred.
                    break;
                }
                _ => None,
            };
            if let Some(target) = target {
                slots.copy_from_slice(now.slots(state));
                follow(nfa, bytes, at + 1, target, &mut slots, &mut next, &mut stack);
            }
        }
        std::mem::swap(&mut now, &mut next);
        next.order.clear();
    }
    matched
}

/// Adds a state and all that can be reached from it without taking a byte, in order of preference.
fn follow(
    nfa: &NFA,
    bytes: &[u8],
    at: usize,
    from: StateID,
    slots: &mut [Option<usize>],
    threads: &mut Threads,
    stack: &mut Vec<Follow>,
) {
    stack.push(Follow::State(from));
    while let Some(step) = stack.pop() {
        let mut state = match step {
            Follow::Restore(slot, before) => {
                slots[slot] = before;
                continue;
            }
            Follow::State(state) => state,
        };
        loop {
            if !threads.add(state) {
                break;
            }
            match nfa.state(state) {
                State::Look { look, next } if nfa.look_matcher().matches(*look, bytes, at) => state = *next,
                State::Look { .. } | State::Fail => break,
                State::Union { alternates } => {
                    let Some((first, others)) = alternates.split_first() else { break };
                    stack.extend(others.iter().rev().map(|&other| Follow::State(other)));
                    state = *first;
                }
                State::BinaryUnion { alt1, alt2 } => {
                    stack.push(Follow::State(*alt2));
                    state = *alt1;
                }
                State::Capture { next, slot, .. } => {
                    let slot = slot.as_usize();
                    if slot < slots.len() {
                        stack.push(Follow::Restore(slot, slots[slot].replace(at)));
                    }
                    state = *next;
                }
                State::ByteRange { .. } | State::Sparse(_) | State::Dense(_) | State::Match { .. } => {
                    threads.slots(state).copy_from_slice(slots);
                    break;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_expression_that_explodes_is_matched_step_by_step() {
        let pattern = Pattern::new(&format!("{}{}", "(?:a?){500}", "a{500}"), "mask").unwrap();
        let text = "a".repeat(1_500) + "b";
        assert!(pattern.states >= 1_000 && pattern.slow(&text.repeat(50)).is_some());
        let nfa = Compiler::new().build(pattern.regex.as_str()).unwrap();
        let mut slots = [None; 2];
        assert!(search(&nfa, &text, 0, &mut slots));
        assert_eq!(slots, [Some(0), Some(1000)]);
    }

    proptest! {
        #[test]
        fn step_by_step_finds_what_the_crate_finds(
            pattern in r"(\(\?<[xyz]>(a|b+|a\*\?|é|[ab]c?)\)|a|b\?|\.\*\?|\.|\\b|\^|\$|\(\?:a\|ab\|\)|[ab]\{1,2\}){1,6}",
            text in "[abcé \n]{0,14}",
        ) {
            if let Ok(regex) = Regex::new(&pattern) {
                let nfa = Compiler::new().build(&pattern).unwrap();
                let mut slots = vec![None; 2 * regex.captures_len()];
                let found = search(&nfa, &text, 0, &mut slots);
                let expected = regex.captures(&text);
                prop_assert_eq!(found, expected.is_some(), "{} {:?}", &pattern, &text);
                for i in 0..regex.captures_len() {
                    let place = expected.as_ref().and_then(|e| e.get(i)).map(|m| (m.start(), m.end()));
                    prop_assert_eq!(slots[2 * i].zip(slots[2 * i + 1]), place, "{} {:?} {}", &pattern, &text, i);
                }
            }
        }
    }
}
