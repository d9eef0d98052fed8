//! The layout: places for all states and labels, and lines between them.
//!
//! Layered, by the crate graphlay, with edge labels as vertices of their own so that nothing lies on top of them.

use super::Direction;
use graphlay::{
    Edge, EdgeId, Effort, GraphBuilder, LayoutOptions, LoopSide, Node, NodeId, PortCentring, PortSides, Size,
};
use std::cmp::Reverse;

/// Room between a loop and its label.
const LOOP_GAP: f64 = 4.0;
/// Room between a loop's ends and the corners of its state.
const LOOP_INSET: f64 = 8.0;
/// Bends that lines may have: the layout's time is bounded by this, however many layers they cross.
const MAX_BENDS: usize = 6000;

pub(super) type Point = (f64, f64);

/// An edge to lay out, with the room its label needs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Link {
    pub source: usize,
    pub target: usize,
    pub label: (f64, f64),
    /// Frequent edges go forwards where the machine has cycles, and straight.
    pub weight: u64,
}

/// Where everything is.
#[derive(Debug, Default)]
pub(super) struct Placed {
    /// Centre of each state.
    pub states: Vec<Point>,
    /// Centre of each link's label.
    pub labels: Vec<Point>,
    /// Each link's corners, from its source to its target.
    pub lines: Vec<Vec<Point>>,
    /// Size of the whole.
    pub size: (f64, f64),
}

/// For each link whether it must be turned round for no cycle to remain; depth first, frequent links first.
fn turned(states: usize, links: &[Link]) -> Vec<bool> {
    let mut outgoing: Vec<Vec<usize>> = vec![Vec::new(); states];
    for (i, link) in links.iter().enumerate() {
        outgoing[link.source].push(i);
    }
    for list in &mut outgoing {
        list.sort_by_key(|&i| (Reverse(links[i].weight), i));
    }
    let mut turned = vec![false; links.len()];
    // 0: not seen, 1: on the path from the root, 2: done
    let mut mark = vec![0u8; states];
    for root in 0..states {
        if mark[root] != 0 {
            continue;
        }
        mark[root] = 1;
        let mut path = vec![(root, 0)];
        while let Some((state, next)) = path.last_mut() {
            let Some(&i) = outgoing[*state].get(*next) else {
                mark[*state] = 2;
                path.pop();
                continue;
            };
            *next += 1;
            let target = links[i].target;
            match mark[target] {
                0 => {
                    mark[target] = 1;
                    path.push((target, 0));
                }
                1 => turned[i] = true,
                _ => {}
            }
        }
    }
    turned
}

fn options(direction: Direction) -> LayoutOptions {
    let mut options = LayoutOptions::process_map();
    options.direction = match direction {
        Direction::TopToBottom => graphlay::Direction::TopBottom,
        Direction::LeftToRight => graphlay::Direction::LeftRight,
    };
    options.spacing.layer_gap = 26.0;
    options.spacing.node_gap = 16.0;
    options.spacing.dummy_gap = 12.0;
    options.spacing.port_gap = 12.0;
    options.spacing.stub = 10.0;
    options.routing.port_sides = PortSides::FacingOnly;
    options.self_loops.side = LoopSide::CrossPositive;
    options.self_loops.size = 22.0;
    options.self_loops.label_gap = LOOP_GAP;
    options.limits.max_dummies = Some(MAX_BENDS);
    // Without these passes a star of 400 edges takes 10 ms rather than 29 s, and looks much the same.
    options.effort = Effort::Fast;
    options.routing.centre_ports = PortCentring::Off;
    options.tuning.routing.port_relax_rounds = 0;
    options.tuning.routing.overlap_repair_rounds = 0;
    options.tuning.routing.step_flatten = 0.0;
    // A quicker placement for tangles.
    options.tuning.coords.simplex_max_nodes = 4000;
    options
}

impl Placed {
    /// Places for states of these sizes and the links between them; `None` where it would take too long.
    pub fn of(boxes: &[(f64, f64)], links: &[Link], direction: Direction) -> Option<Placed> {
        let down = direction == Direction::TopToBottom;
        let turned = turned(boxes.len(), links);
        let mut graph = GraphBuilder::new();
        let size = |(width, height)| Size::new(width, height);
        // The crate keeps room for a loop's label beside its state, but not where it is thicker than the state.
        let mut rooms = boxes.to_vec();
        for link in links.iter().filter(|link| link.source == link.target) {
            let (room, label) = (&mut rooms[link.source], link.label);
            *room = if down { (room.0, room.1.max(label.1)) } else { (room.0.max(label.0), room.1) };
        }
        let states: Vec<_> = rooms.into_iter().map(|room| graph.add_box(size(room))).collect();
        let mut degrees = vec![0; boxes.len()];
        links.iter().flat_map(|link| [link.source, link.target]).for_each(|state| degrees[state] += 1);
        let degree = |state: NodeId| degrees[state.index()];
        let heaviest = links.iter().map(|link| link.weight).max().unwrap_or(1).max(1) as f64;
        // For each link its edges and, where it is no loop, the vertex of its label.
        let mut parts = Vec::with_capacity(links.len());
        for (link, &turned) in links.iter().zip(&turned) {
            let weight = 1.0 + 9.0 * (link.weight as f64 / heaviest);
            let (source, target) = (states[link.source], states[link.target]);
            if link.source == link.target {
                let label_size = Some(size(link.label));
                parts.push((graph.add_edge(Edge { weight, label_size, ..Edge::new(source, target) }), None));
                continue;
            }
            let label = graph.add_node(Node { size: size(link.label), ..Node::default() });
            let (upper, lower) = if turned { (target, source) } else { (source, target) };
            // The shorter half is at the state with fewer links, so that labels do not crowd around those with many.
            let pull = |state: NodeId, other: NodeId| if degree(state) < degree(other) { 2.0 * weight } else { weight };
            let first = graph.add_edge(Edge { weight: pull(upper, lower), ..Edge::new(upper, label) });
            let second = graph.add_edge(Edge { weight: pull(lower, upper), ..Edge::new(label, lower) });
            parts.push((first, Some((label, second))));
        }
        let layout = graphlay::layout(&graph.build(), &options(direction)).ok()?;
        // Lines go on to the border of their states where the room is thicker.
        let to_border = |point: &mut Point, state: usize, inset: f64| {
            let (center, (width, height)) = (layout.nodes[states[state].index()].center, boxes[state]);
            let (value, middle, length) = match down {
                true => (&mut point.1, center.y, height),
                false => (&mut point.0, center.x, width),
            };
            let half = (length / 2.0 - inset).max(0.0);
            *value = value.clamp(middle - half, middle + half);
        };
        let line = |edge: EdgeId| layout.edges[edge.index()].points.iter().map(|p| (p.x, p.y));
        let mut placed = Placed {
            states: states.iter().map(|s| layout.nodes[s.index()].center).map(|p| (p.x, p.y)).collect(),
            ..Placed::default()
        };
        for ((&(first, rest), &turned), link) in parts.iter().zip(&turned).zip(links) {
            let mut points: Vec<Point> = line(first).collect();
            let label = match rest {
                Some((vertex, second)) => {
                    points.extend(line(second));
                    let center = layout.nodes[vertex.index()].center;
                    (center.x, center.y)
                }
                // The crate's own label_anchor takes the label's height for its width from top to bottom (0.3.1).
                None => {
                    let (x, y) = placed.states[link.source];
                    let furthest =
                        |all: &mut dyn Iterator<Item = f64>| all.fold(f64::NEG_INFINITY, f64::max) + LOOP_GAP;
                    match down {
                        true => (furthest(&mut points.iter().map(|p| p.0)) + link.label.0 / 2.0, y),
                        false => (x, furthest(&mut points.iter().map(|p| p.1)) + link.label.1 / 2.0),
                    }
                }
            };
            if turned && rest.is_some() {
                points.reverse();
            }
            let ends = [(0, link.source), (points.len() - 1, link.target)];
            match rest {
                Some(_) => ends.into_iter().for_each(|(i, state)| to_border(&mut points[i], state, 0.0)),
                None => points.iter_mut().for_each(|point| to_border(point, link.source, LOOP_INSET)),
            }
            placed.lines.push(points);
            placed.labels.push(label);
        }
        placed.move_to_origin(boxes, links);
        Some(placed)
    }

    /// Moves all to start at 0 and finds the size.
    fn move_to_origin(&mut self, boxes: &[(f64, f64)], links: &[Link]) {
        let (mut low, mut high) = ((f64::INFINITY, f64::INFINITY), (0.0f64, 0.0f64));
        let rooms = self.states.iter().zip(boxes.iter().copied());
        let rooms = rooms.chain(self.labels.iter().zip(links.iter().map(|link| link.label)));
        let rooms = rooms.chain(self.lines.iter().flatten().map(|point| (point, (0.0, 0.0))));
        for (&(x, y), (width, height)) in rooms {
            low = (low.0.min(x - width / 2.0), low.1.min(y - height / 2.0));
            high = (high.0.max(x + width / 2.0), high.1.max(y + height / 2.0));
        }
        for point in self.states.iter_mut().chain(&mut self.labels).chain(self.lines.iter_mut().flatten()) {
            *point = (point.0 - low.0, point.1 - low.1);
        }
        self.size = (high.0 - low.0, high.1 - low.1);
    }
}
