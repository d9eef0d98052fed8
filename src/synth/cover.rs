//! Test cases: few traces that cover every state, transition or pair of transitions of a machine.
//!
//! A tour walks from one thing not covered yet to the nearest next one and then to an end; tours are taken until nothing
//! is left, those that others make needless are dropped, and the ones that cover most come first. A smallest suite is
//! NP-hard to find; this one is deterministic. Every case is a trace that the generator could draw.

mod goal;

pub use goal::Goal;

use super::paths::graph::{Edge, NONE};
use super::paths::solve::{Order, fixed};
use super::paths::walk::Walk;
use super::random::Stream;
use crate::automaton::Automaton;
use crate::error::Result;
use crate::infer::Control;
use std::collections::VecDeque;
use std::fmt;

/// Ends of a tour that are tried, the longest first.
const ENDS: usize = 16;
/// Traces of a plain run that are looked at for what is left.
const PLAIN: u64 = 256;
/// Draws through what no tour covers, of which the best is taken.
const DRAWS: usize = 64;
/// Draws before it is given up: where only whole paths tell the transitions, few of them may be as wanted.
const MOST_DRAWS: usize = 512;

/// One trace of a suite.
#[derive(Debug, Clone, PartialEq)]
pub struct TestCase {
    /// Edges of the walk.
    pub edges: Vec<u32>,
    /// The machine's transitions.
    pub path: Vec<u32>,
    /// What it covers and no case before it does.
    pub covers: Vec<Goal>,
}

/// Traces that cover a machine.
#[derive(Debug, Clone, PartialEq)]
pub struct Suite {
    /// Those that cover most come first.
    pub cases: Vec<TestCase>,
    /// What no trace of the generator covers.
    pub uncovered: Vec<Goal>,
    /// How much there is to cover.
    pub goals: usize,
}

impl fmt::Display for Suite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} traces cover {} of {}", self.cases.len(), self.goals - self.uncovered.len(), self.goals)
    }
}

/// The machine's path of a walk that may be a test case.
pub type Valid<'a> = &'a dyn Fn(&[u32]) -> Option<Vec<u32>>;

/// What a generator gives to find test cases with.
pub struct Drawing<'a> {
    /// The key of its streams.
    pub key: &'a [u8; 32],
    /// The path of a walk that is acceptable otherwise, too.
    pub valid: Valid<'a>,
    /// The walk of a plain run's trace with this number.
    pub plain: &'a dyn Fn(u64) -> Option<Vec<u32>>,
}

/// Looks for test cases.
struct Search<'a> {
    machine: &'a Automaton,
    walk: &'a Walk,
    bounds: &'a [(u32, u32)],
    goals: Vec<Goal>,
    /// For each goal whether a case covers it.
    covered: Vec<bool>,
    /// For each goal whether tours have failed to.
    hard: Vec<bool>,
    longest: usize,
    distance: Vec<u32>,
    /// Cases taken: walk and path.
    found: Vec<(Vec<u32>, Vec<u32>)>,
}

/// Finds a suite.
///
/// * `what`: states, transitions or pairs
/// * `bounds`: the fewest and most of each event type in a trace, empty where unknown
/// * `drawing`: what the generator takes and draws
///
/// What the first traces of a plain run of the same seed cover, the suite covers.
///
/// O(goals × (nodes + edges)) and more where many goals are out of reach.
pub fn suite(
    machine: &Automaton,
    walk: &Walk,
    what: &str,
    bounds: &[(u32, u32)],
    drawing: &Drawing<'_>,
    control: &Control<'_>,
) -> Result<Suite> {
    let (key, valid) = (drawing.key, drawing.valid);
    let goals = Goal::all(machine, what);
    control.check_memory("cover", goals.len() * 16)?;
    let most: u64 = bounds.iter().map(|bound| u64::from(bound.1)).sum();
    let distance = walk.graph.distances();
    // Without real traces to go by, a tour is twice as long as it takes to get anywhere and to an end.
    let longest = if bounds.is_empty() { 2 * u64::from(farthest(walk, &distance)) } else { most };
    let n = goals.len();
    let mut search = Search {
        machine,
        walk,
        bounds,
        goals,
        covered: vec![false; n],
        hard: vec![false; n],
        longest: longest.min(walk.max_length.into()) as usize,
        distance,
        found: Vec::new(),
    };
    loop {
        control.check()?;
        let tour = search.tour();
        let Some(&(_, first)) = tour.ends.first() else { break };
        let found = tour.ends.iter().rev().take(ENDS).chain([&tour.ends[0]]).find_map(|&(length, _)| {
            let edges = search.ended(&tour.edges[..length]);
            let path = valid(&edges).filter(|path| search.adds(path))?;
            Some((edges, path))
        });
        match found {
            Some((edges, path)) => search.take(edges, path),
            None => search.hard[first] = true,
        }
    }
    let order = Order::of(&walk.graph);
    for goal in 0..n {
        if search.covered[goal] {
            continue;
        }
        control.check()?;
        let mut stream = Stream::new(key, goal as u64);
        if let Some((edges, path)) = search.through(goal, &order, valid, &mut stream) {
            search.take(edges, path);
        }
    }
    for ordinal in 1..=PLAIN {
        if search.covered.iter().all(|&covered| covered) {
            break;
        }
        control.check()?;
        let Some(edges) = (drawing.plain)(ordinal) else { continue };
        if let Some(path) = valid(&edges).filter(|path| search.adds(path)) {
            search.take(edges, path);
        }
    }
    let uncovered = (0..n).filter(|&goal| !search.covered[goal]).map(|goal| search.goals[goal]).collect();
    Ok(Suite { cases: search.arrange(), uncovered, goals: n })
}

/// Events to the farthest node and from there to an end.
fn farthest(walk: &Walk, distance: &[u32]) -> u32 {
    let mut depth = vec![NONE; walk.graph.len()];
    depth[0] = 0;
    let (mut queue, mut most) = (VecDeque::from([0u32]), 1);
    while let Some(node) = queue.pop_front() {
        most = most.max(depth[node as usize].saturating_add(distance[node as usize]));
        for edge in walk.graph.outgoing(node) {
            if depth[edge.target as usize] == NONE {
                depth[edge.target as usize] = depth[node as usize] + 1;
                queue.push_back(edge.target);
            }
        }
    }
    most
}

/// A walk past uncovered goals: its edges, and after how many of them which goal was met.
struct Tour {
    edges: Vec<u32>,
    ends: Vec<(usize, usize)>,
}

impl Search<'_> {
    fn number(&self, goal: Goal) -> Option<usize> {
        self.goals.binary_search(&goal).ok()
    }

    /// The goals that a path covers, some more than once.
    fn of<'a>(&'a self, path: &'a [u32]) -> impl Iterator<Item = usize> + 'a {
        let start = path.is_empty().then_some(Goal::State(0));
        let steps = path.iter().enumerate().flat_map(move |(i, &t)| {
            let of = &self.machine.transitions[t as usize];
            let pair = i.checked_sub(1).map(|before| Goal::Pair(path[before], t));
            [Some(Goal::State(of.source)), Some(Goal::State(of.target)), Some(Goal::Transition(t)), pair]
        });
        start.into_iter().chain(steps.flatten()).filter_map(|goal| self.number(goal))
    }

    /// Whether a path covers what no case does yet.
    fn adds(&self, path: &[u32]) -> bool {
        self.of(path).any(|goal| !self.covered[goal])
    }

    /// Takes a case.
    fn take(&mut self, edges: Vec<u32>, path: Vec<u32>) {
        let met: Vec<usize> = self.of(&path).collect();
        met.into_iter().for_each(|goal| self.covered[goal] = true);
        self.found.push((edges, path));
    }

    /// The open goal that taking an edge after another one meets.
    fn meets(&self, before: Option<&Edge>, edge: &Edge, met: &[bool]) -> Option<usize> {
        let pair = before.map(|before| Goal::Pair(before.transition, edge.transition));
        let state = Goal::State(self.walk.graph.states[edge.target as usize]);
        let goals = [Some(state), Some(Goal::Transition(edge.transition)), pair].into_iter().flatten();
        goals.filter_map(|goal| self.number(goal)).find(|&goal| !self.covered[goal] && !self.hard[goal] && !met[goal])
    }

    /// Goes from goal to goal, each time to the nearest one, as long as length and counts allow.
    fn tour(&self) -> Tour {
        let graph = &self.walk.graph;
        let (mut edges, mut ends) = (Vec::<u32>::new(), Vec::new());
        let mut met = vec![false; self.goals.len()];
        let mut counts = vec![0u32; self.bounds.len()];
        loop {
            let node = edges.last().map_or(0, |&e| graph.edges[e as usize].target);
            let Some((way, goal)) = self.nearest(node, &edges, &met, &counts) else { break };
            way.iter().for_each(|&e| {
                if let Some(count) = counts.get_mut(graph.edges[e as usize].label as usize) {
                    *count += 1;
                }
            });
            let within = counts.iter().zip(self.bounds).all(|(count, bound)| *count <= bound.1);
            if !within && !ends.is_empty() {
                break;
            }
            edges.extend(way);
            met[goal] = true;
            ends.push((edges.len(), goal));
            if !within {
                break;
            }
        }
        Tour { edges, ends }
    }

    /// The shortest way from a node to an open goal, breadth first over edges.
    fn nearest(&self, node: u32, taken: &[u32], met: &[bool], counts: &[u32]) -> Option<(Vec<u32>, usize)> {
        let graph = &self.walk.graph;
        let allowed = |edge: &Edge, depth: usize| {
            let full = |label: u32| counts.get(label as usize).is_some_and(|&n| n >= self.bounds[label as usize].1);
            taken.len() + depth + self.distance[edge.target as usize] as usize <= self.longest && !full(edge.label)
        };
        let mut from = vec![NONE; graph.edges.len()];
        let mut seen = vec![false; graph.edges.len()];
        let mut queue: VecDeque<(u32, usize)> = VecDeque::new();
        let way = |last: u32, then: u32, from: &[u32]| {
            let mut way = vec![then];
            let mut at = last;
            while at != NONE {
                way.push(at);
                at = from[at as usize];
            }
            way.reverse();
            way
        };
        let start = taken.last().map(|&e| &graph.edges[e as usize]);
        for i in graph.range(node) {
            let edge = &graph.edges[i];
            if allowed(edge, 1) {
                if let Some(goal) = self.meets(start, edge, met) {
                    return Some((vec![i as u32], goal));
                }
                seen[i] = true;
                queue.push_back((i as u32, 1));
            }
        }
        while let Some((at, depth)) = queue.pop_front() {
            let before = &graph.edges[at as usize];
            for i in graph.range(before.target) {
                let edge = &graph.edges[i];
                if !allowed(edge, depth + 1) {
                    continue;
                }
                if let Some(goal) = self.meets(Some(before), edge, met) {
                    return Some((way(at, i as u32, &from), goal));
                }
                if !std::mem::replace(&mut seen[i], true) {
                    from[i] = at;
                    queue.push_back((i as u32, depth + 1));
                }
            }
        }
        None
    }

    /// A walk brought to an end by the shortest way.
    fn ended(&self, edges: &[u32]) -> Vec<u32> {
        let graph = &self.walk.graph;
        let mut edges = edges.to_vec();
        let mut node = self.walk.last_node(&edges);
        while self.distance[node as usize] > 0 {
            let nearer = |i: &usize| self.distance[graph.edges[*i].target as usize] < self.distance[node as usize];
            let Some(next) = graph.range(node).find(nearer) else { break };
            edges.push(next as u32);
            node = graph.edges[next].target;
        }
        edges
    }

    /// The walk through one goal that covers most of some that are drawn.
    fn through(
        &self,
        goal: usize,
        order: &Order,
        valid: Valid<'_>,
        stream: &mut Stream,
    ) -> Option<(Vec<u32>, Vec<u32>)> {
        let graph = &self.walk.graph;
        let label = |t: u32| self.machine.transitions[t as usize].label;
        // Where only the whole path tells the transition, its event must do.
        let takes = |e: &Edge, t: u32| e.transition == t || (e.transition == NONE && e.label == label(t));
        let into: Vec<u32> = match self.goals[goal] {
            Goal::State(state) => {
                self.machine.transitions.iter().filter(|t| t.target == state).map(|t| t.label).collect()
            }
            _ => Vec::new(),
        };
        let mut counts = vec![false; graph.edges.len()];
        for node in 0..graph.len() as u32 {
            for i in graph.range(node) {
                let edge = &graph.edges[i];
                let state = graph.states[edge.target as usize];
                counts[i] = match self.goals[goal] {
                    Goal::State(wanted) => state == wanted || (state == NONE && into.contains(&edge.label)),
                    Goal::Transition(t) => takes(edge, t),
                    Goal::Pair(first, then) => takes(edge, then) && graph.last[node as usize] == label(first),
                };
            }
        }
        let edge = |i: usize| counts[i];
        let reach = order.probability(graph, &edge, &|_| false);
        if reach[0] <= 0.0 {
            return None;
        }
        let reach: Vec<u64> = reach.into_iter().map(fixed).collect();
        let mut best: Option<(usize, Vec<u32>, Vec<u32>)> = None;
        let mut edges = Vec::new();
        for draw in 0..MOST_DRAWS {
            if draw >= DRAWS && best.is_some() {
                break;
            }
            self.walk.draw_through(&reach, &edge, &|_| false, stream, &mut edges);
            let Some(path) = valid(&edges) else { continue };
            let mut new: Vec<usize> = self.of(&path).filter(|&met| !self.covered[met]).collect();
            new.sort_unstable();
            new.dedup();
            if new.contains(&goal) && best.as_ref().is_none_or(|best| new.len() > best.0) {
                best = Some((new.len(), edges.clone(), path));
            }
        }
        best.map(|(_, edges, path)| (edges, path))
    }

    /// Drops cases that the others make needless, and puts those first that cover most beside the ones before.
    fn arrange(&self) -> Vec<TestCase> {
        let cases = &self.found;
        let of = |path: &Vec<u32>| {
            let mut met: Vec<usize> = self.of(path).collect();
            met.sort_unstable();
            met.dedup();
            met
        };
        let met: Vec<Vec<usize>> = cases.iter().map(|(_, path)| of(path)).collect();
        let mut times = vec![0u32; self.goals.len()];
        met.iter().flatten().for_each(|&goal| times[goal] += 1);
        let mut left: Vec<usize> = (0..cases.len()).collect();
        // Later tours found less to cover: they are the first to go.
        for case in (0..cases.len()).rev() {
            if met[case].iter().all(|&goal| times[goal] > 1) {
                met[case].iter().for_each(|&goal| times[goal] -= 1);
                left.retain(|&other| other != case);
            }
        }
        let mut open = vec![true; self.goals.len()];
        let mut arranged = Vec::with_capacity(left.len());
        while !left.is_empty() {
            let new = |case: usize| met[case].iter().filter(|&&goal| open[goal]).count();
            let key = |&case: &usize| (new(case), std::cmp::Reverse(cases[case].0.len()), std::cmp::Reverse(case));
            let Some(next) = left.iter().copied().max_by_key(key) else { break };
            left.retain(|&case| case != next);
            let covers: Vec<usize> = met[next].iter().copied().filter(|&goal| open[goal]).collect();
            covers.iter().for_each(|&goal| open[goal] = false);
            let covers = covers.into_iter().map(|goal| self.goals[goal]).collect();
            let (edges, path) = cases[next].clone();
            arranged.push(TestCase { edges, path, covers });
        }
        arranged
    }
}
