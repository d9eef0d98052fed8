//! What all formats draw: which states and transitions of a machine are shown, and with which texts.

use super::{RenderOptions, text};
use crate::automaton::{Automaton, StateKind, Transition};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::collections::BinaryHeap;

/// Labels listed at one edge; the others are counted there and named in its tooltip.
const MAX_LINES: usize = 4;
/// Labels named in one tooltip.
const MAX_TIPS: usize = 40;

/// The shown part of a machine.
pub(super) struct Picture {
    /// In order of state numbers, so the start comes first.
    pub nodes: Vec<Node>,
    /// In order of source and target.
    pub edges: Vec<Edge>,
    /// Method, sizes and traces.
    pub legend: String,
    /// What is left out, if anything.
    pub hidden: Option<String>,
    /// For each transition of the machine whether it is shown.
    pub shown: Vec<bool>,
}

/// A shown state.
pub(super) struct Node {
    /// Its number in the machine.
    pub state: u32,
    /// `start` or its number.
    pub title: String,
    /// Visits, and the probability to stop here.
    pub figures: Vec<String>,
    /// All about it, for tooltips.
    pub tip: String,
    pub is_start: bool,
    /// Training traces ended here.
    pub is_end: bool,
    /// Visits as a share of those of the most visited state.
    pub share: f64,
}

/// One or more shown transitions between the same two states.
pub(super) struct Edge {
    /// Position of the source in [`Picture::nodes`].
    pub source: usize,
    /// Position of the target in [`Picture::nodes`].
    pub target: usize,
    /// What stands beside it, most frequent first.
    pub lines: Vec<Line>,
    /// All about it, for tooltips.
    pub tip: String,
    pub count: u64,
    /// Count as a share of the greatest shown.
    pub share: f64,
}

/// What stands beside an edge for one transition.
pub(super) struct Line {
    /// The event, shortened.
    pub event: String,
    /// Probability, count and mean delay.
    pub figures: String,
}

impl Edge {
    /// How wide to draw the line, 1 to 4: a root, so that rare edges still differ.
    pub fn line_width(&self) -> f64 {
        1.0 + 3.0 * self.share.sqrt()
    }

    /// The line's colour, from grey to blue by frequency.
    pub fn color(&self) -> &'static str {
        match self.share.sqrt() {
            share if share > 0.7 => "#1d4e89",
            share if share > 0.4 => "#3a6ea5",
            share if share > 0.15 => "#6788a8",
            _ => "#8c99a6",
        }
    }
}

/// Probability of a transition from its source; `visits` are those of all states.
pub(super) fn probability(t: &Transition, visits: &[u64]) -> f64 {
    t.count as f64 / visits[t.source as usize].max(1) as f64
}

/// Probability, count and mean delay: `p=.83 n=1,204 · 3.1 ms`.
fn figures(t: &Transition, visits: &[u64]) -> String {
    let base = format!("p{} n={}", text::probability(probability(t, visits)), text::thousands(t.count));
    match t.delays.mean() {
        Some(mean) => format!("{base} · {}", text::duration(mean)),
        None => base,
    }
}

/// Which transitions to show: from the start on, always the most frequent one that leaves what is shown already. So
/// what is shown hangs together, and a frequent transition behind a rare one waits for it. O(m log m).
fn choose(a: &Automaton, visits: &[u64], options: &RenderOptions) -> Vec<bool> {
    let offsets = a.offsets();
    let mut shown = vec![false; a.transitions.len()];
    let mut seen = vec![false; a.state_count()];
    let (mut heap, mut left) = (BinaryHeap::new(), options.max_transitions);
    let mut enter = |state: u32, heap: &mut BinaryHeap<(u64, Reverse<usize>)>| {
        if !std::mem::replace(&mut seen[state as usize], true) {
            for i in offsets[state as usize] as usize..offsets[state as usize + 1] as usize {
                let t = &a.transitions[i];
                let rare = t.count < options.min_count || probability(t, visits) < options.min_probability;
                if !rare {
                    heap.push((t.count, Reverse(i)));
                }
            }
        }
    };
    if a.state_count() > 0 {
        enter(0, &mut heap);
    }
    while left > 0
        && let Some((_, Reverse(i))) = heap.pop()
    {
        shown[i] = true;
        left -= 1;
        enter(a.transitions[i].target, &mut heap);
    }
    shown
}

impl Picture {
    /// The part of `a` that `options` ask for.
    pub fn of(a: &Automaton, options: &RenderOptions) -> Picture {
        let visits = a.visits();
        let shown = choose(a, &visits, options);
        let mut position = BTreeMap::new();
        if a.state_count() > 0 {
            position.insert(0, 0);
        }
        let transitions = || (0..a.transitions.len()).filter(|&i| shown[i]);
        position.extend(transitions().flat_map(|i| [(a.transitions[i].source, 0), (a.transitions[i].target, 0)]));
        for (i, place) in position.values_mut().enumerate() {
            *place = i;
        }
        let mut groups: BTreeMap<(usize, usize, usize), Vec<usize>> = BTreeMap::new();
        for i in transitions() {
            let t = &a.transitions[i];
            // Loops always share: there is one place to draw them.
            let apart = if options.merge_parallel || t.source == t.target { 0 } else { i };
            groups.entry((position[&t.source], position[&t.target], apart)).or_default().push(i);
        }
        let count = |group: &Vec<usize>| group.iter().map(|&i| a.transitions[i].count).sum();
        let greatest = groups.values().map(count).max().unwrap_or(1).max(1);
        let edges = groups
            .into_iter()
            .map(|((source, target, _), group)| edge(a, &visits, options, (source, target), group, greatest))
            .collect();
        let nodes = nodes(a, &shown, position.keys().copied());
        let (legend, hidden) = legend(a, nodes.len(), &shown);
        Picture { nodes, edges, legend, hidden, shown }
    }
}

fn edge(
    a: &Automaton,
    visits: &[u64],
    options: &RenderOptions,
    (source, target): (usize, usize),
    group: Vec<usize>,
    greatest: u64,
) -> Edge {
    let mut group: Vec<(usize, &Transition)> = group.into_iter().map(|i| (i, &a.transitions[i])).collect();
    group.sort_by_key(|(_, t)| (Reverse(t.count), t.label));
    let texts = |t: &Transition, max| text::label_texts(&a.labels[t.label as usize], max);
    // As in UML: the event, and in brackets the guard.
    let guard = |i: usize| a.guard(i).map(|guard| text::clean(&guard.to_string()));
    let guarded = |event: String, guard: Option<String>| match guard {
        Some(guard) => format!("{event} [{guard}]"),
        None => event,
    };
    let line = |&(i, t): &(usize, &Transition)| {
        let short = guard(i).map(|guard| text::shorten(&guard, options.max_label));
        Line { event: guarded(texts(t, options.max_label).0, short), figures: figures(t, visits) }
    };
    // One more rather than a line that says "1 more".
    let listed = if group.len() > MAX_LINES + 1 { MAX_LINES } else { group.len() };
    let mut lines: Vec<Line> = group[..listed].iter().map(line).collect();
    let count: u64 = group.iter().map(|(_, t)| t.count).sum();
    if group.len() > listed {
        let rest: u64 = group[listed..].iter().map(|(_, t)| t.count).sum();
        let figures = format!("n={}", text::thousands(rest));
        lines.push(Line { event: format!("+ {} more", group.len() - listed), figures });
    }
    let mut tips: Vec<String> = group
        .iter()
        .take(MAX_TIPS)
        .map(|&(i, t)| format!("{}\n{}", guarded(texts(t, 0).1, guard(i)), figures(t, visits)))
        .collect();
    if group.len() > MAX_TIPS {
        tips.push(format!("and {} more", group.len() - MAX_TIPS));
    }
    Edge { source, target, lines, tip: tips.join("\n"), count, share: count as f64 / greatest as f64 }
}

fn nodes(a: &Automaton, shown: &[bool], states: impl Iterator<Item = u32>) -> Vec<Node> {
    let infos = a.state_infos();
    let greatest = infos.iter().map(|info| info.visits).max().unwrap_or(1).max(1);
    let mut hidden: BTreeMap<u32, u64> = BTreeMap::new();
    for (t, _) in a.transitions.iter().zip(shown).filter(|(_, shown)| !**shown) {
        *hidden.entry(t.source).or_default() += 1;
    }
    states
        .map(|state| {
            let info = &infos[state as usize];
            let name = text::shorten(&text::clean(&info.name), 1000);
            let mut figures = vec![format!("n={}", text::thousands(info.visits))];
            let mut tip = format!("{name}\nstate {state} · n={}", text::thousands(info.visits));
            if info.stops > 0 {
                let stop = text::probability(info.stops as f64 / info.visits.max(1) as f64);
                figures.push(format!("ends p{stop}"));
                tip += &format!("\n{} ended here, p{stop}", text::counted(info.stops, "trace"));
            }
            if let Some(&hidden) = hidden.get(&state) {
                tip += &format!("\n{} from here not shown", text::counted(hidden, "transition"));
            }
            Node {
                state,
                title: if info.kind == StateKind::Start { "start".into() } else { state.to_string() },
                figures,
                tip,
                is_start: info.kind == StateKind::Start,
                is_end: info.stops > 0,
                share: info.visits as f64 / greatest as f64,
            }
        })
        .collect()
}

fn legend(a: &Automaton, nodes: usize, shown: &[bool]) -> (String, Option<String>) {
    let of = |part: usize, whole: usize, thing: &str| match part == whole {
        true => text::counted(whole as u64, thing),
        false => format!("{} of {}", text::thousands(part as u64), text::counted(whole as u64, thing)),
    };
    let edges = shown.iter().filter(|shown| **shown).count();
    let parts = [
        text::shorten(&text::clean(a.method()), 60),
        of(nodes, a.state_count(), "state"),
        of(edges, shown.len(), "transition"),
        text::counted(a.totals.traces, "trace"),
    ];
    let rare = (shown.len() - edges) as u64;
    let hidden = (rare > 0).then(|| format!("{} not shown", text::counted(rare, "rare transition")));
    (parts.join(" · "), hidden)
}
