//! The first half of the layout: every state and edge label in a layer, layers ordered for few crossings.
//!
//! Layered drawing after Sugiyama, Tagawa and Toda (1981), with edge labels as vertices of their own so that nothing
//! lies on top of anything else: states take the even layers, labels the odd ones. Ours rather than the layout-rs
//! crate's, whose cycle check enumerates paths: it took 0.7 s for a ladder of 42 states, 2.8 s for one of 46.

use std::cmp::Reverse;

/// Vertices a layout may have: its time is bounded by this, however long the edges are.
const MAX_VERTICES: usize = 6000;
/// Rounds of ordering; more improve little.
const ROUNDS: usize = 24;

/// The room something needs: `before` and `after` its centre across the picture's direction, `along` it in all.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Extent {
    pub before: f64,
    pub after: f64,
    pub along: f64,
}

/// An edge to lay out, with the room its label needs; loops are not edges here.
#[derive(Debug, Clone, Copy)]
pub(super) struct Link {
    pub source: usize,
    pub target: usize,
    pub label: Extent,
    /// Frequent edges go forwards where the machine has cycles.
    pub weight: u64,
}

/// A link's vertices from the upper layer to the lower one.
#[derive(Debug, Clone)]
pub(super) struct Chain {
    pub vertices: Vec<usize>,
    /// The vertex that holds the label.
    pub label: usize,
    /// The link points upwards.
    pub upwards: bool,
}

/// States first, then labels and bends.
#[derive(Debug, Default)]
pub(super) struct Layers {
    pub extents: Vec<Extent>,
    /// How much it matters that lines through a vertex are straight; 1 for states.
    pub heft: Vec<f64>,
    pub layer: Vec<usize>,
    pub rows: Vec<Vec<usize>>,
    /// One per link.
    pub chains: Vec<Chain>,
    /// Neighbours of each vertex in the layer above and below.
    pub above: Vec<Vec<usize>>,
    pub below: Vec<Vec<usize>>,
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

/// Layers of states: as high as their predecessors allow, then lowered where that shortens edges.
fn ranks(states: usize, arcs: &[(usize, usize)]) -> Vec<usize> {
    let (mut inward, mut outward) = (vec![Vec::new(); states], vec![Vec::new(); states]);
    for &(upper, lower) in arcs {
        inward[lower].push(upper);
        outward[upper].push(lower);
    }
    let mut missing: Vec<usize> = inward.iter().map(Vec::len).collect();
    let mut order: Vec<usize> = (0..states).filter(|&s| missing[s] == 0).collect();
    let mut rank = vec![0; states];
    let mut done = 0;
    while done < order.len() {
        let state = order[done];
        done += 1;
        for &lower in &outward[state] {
            rank[lower] = rank[lower].max(rank[state] + 1);
            missing[lower] -= 1;
            if missing[lower] == 0 {
                order.push(lower);
            }
        }
    }
    for &state in order.iter().rev().filter(|&&s| outward[s].len() > inward[s].len() && !inward[s].is_empty()) {
        let lowest = outward[state].iter().map(|&s| rank[s] - 1).min();
        rank[state] = rank[state].max(lowest.unwrap_or(0));
    }
    rank
}

impl Layers {
    /// Layers for states and links; `None` where it would take too long.
    pub fn of(states: &[Extent], links: &[Link]) -> Option<Layers> {
        let turned = turned(states.len(), links);
        let arc = |i: usize| match turned[i] {
            false => (links[i].source, links[i].target),
            true => (links[i].target, links[i].source),
        };
        let arcs: Vec<_> = (0..links.len()).map(arc).collect();
        let rank = ranks(states.len(), &arcs);
        let bends: usize = arcs.iter().map(|&(upper, lower)| 2 * (rank[lower] - rank[upper]) - 1).sum();
        if states.len() + bends > MAX_VERTICES {
            return None;
        }
        let mut layers = Layers {
            extents: states.to_vec(),
            heft: vec![1.0; states.len()],
            layer: rank.iter().map(|r| 2 * r).collect(),
            rows: vec![Vec::new(); rank.iter().max().map_or(0, |r| 2 * r + 1)],
            chains: Vec::with_capacity(links.len()),
            above: vec![Vec::new(); states.len()],
            below: vec![Vec::new(); states.len()],
        };
        let heaviest = links.iter().map(|link| link.weight).max().unwrap_or(1).max(1) as f64;
        let at = label_layers(&layers.layer, layers.rows.len(), &arcs, links);
        for (i, &(upper, lower)) in arcs.iter().enumerate() {
            let (mut vertices, mut label) = (vec![upper], upper);
            for layer in layers.layer[upper] + 1..layers.layer[lower] {
                let bend = Extent { before: 3.0, after: 3.0, along: 0.0 };
                let vertex = layers.extents.len();
                layers.extents.push(if layer == at[i] { links[i].label } else { bend });
                layers.heft.push(1.0 + 9.0 * (links[i].weight as f64 / heaviest));
                layers.layer.push(layer);
                layers.above.push(Vec::new());
                layers.below.push(Vec::new());
                label = if layer == at[i] { vertex } else { label };
                vertices.push(vertex);
            }
            vertices.push(lower);
            for pair in vertices.windows(2) {
                layers.below[pair[0]].push(pair[1]);
                layers.above[pair[1]].push(pair[0]);
            }
            layers.chains.push(Chain { vertices, label, upwards: turned[i] });
        }
        layers.fill_rows();
        layers.order();
        Some(layers)
    }

    /// Rows in the order of a depth-first walk: subtrees stay together.
    fn fill_rows(&mut self) {
        let mut seen = vec![false; self.extents.len()];
        for root in 0..self.extents.len() {
            let mut stack = vec![root];
            while let Some(vertex) = stack.pop() {
                if !std::mem::replace(&mut seen[vertex], true) {
                    self.rows[self.layer[vertex]].push(vertex);
                    stack.extend(self.below[vertex].iter().rev());
                }
            }
        }
    }

    /// Sweeps down and up, sorting each row by the mean place of its neighbours, and keeps the best order seen.
    fn order(&mut self) {
        let mut place = self.places();
        let (mut best, mut fewest) = (self.rows.clone(), self.crossings(&place));
        for round in 0..ROUNDS {
            if fewest == 0 {
                break;
            }
            let downwards = round % 2 == 0;
            for step in 1..self.rows.len() {
                let row = if downwards { step } else { self.rows.len() - 1 - step };
                let neighbours = if downwards { &self.above } else { &self.below };
                let mean = |v: usize| match neighbours[v].len() {
                    0 => place[v] as f64,
                    n => neighbours[v].iter().map(|&u| place[u] as f64).sum::<f64>() / n as f64,
                };
                let mut keyed: Vec<(f64, usize)> = self.rows[row].iter().map(|&v| (mean(v), v)).collect();
                // Every other pair of rounds turns ties over, to get out of local minima.
                if round % 4 > 1 {
                    keyed.reverse();
                }
                keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
                self.rows[row] = keyed.into_iter().map(|(_, v)| v).collect();
                for (i, &v) in self.rows[row].iter().enumerate() {
                    place[v] = i;
                }
            }
            self.transpose(&mut place);
            let crossings = self.crossings(&place);
            if crossings < fewest {
                (best, fewest) = (self.rows.clone(), crossings);
            }
        }
        self.rows = best;
    }

    /// Swaps neighbours in a row where that saves crossings.
    fn transpose(&mut self, place: &mut [usize]) {
        for _ in 0..3 {
            let mut better = false;
            for row in &mut self.rows {
                for i in 1..row.len() {
                    let (left, right) = (row[i - 1], row[i]);
                    let saved = [&self.above, &self.below].map(|near| {
                        inversions(&near[left], &near[right], place) - inversions(&near[right], &near[left], place)
                    });
                    if saved[0] + saved[1] > 0 {
                        row.swap(i - 1, i);
                        (place[left], place[right]) = (i, i - 1);
                        better = true;
                    }
                }
            }
            if !better {
                break;
            }
        }
    }

    fn places(&self) -> Vec<usize> {
        let mut place = vec![0; self.extents.len()];
        for row in &self.rows {
            for (i, &v) in row.iter().enumerate() {
                place[v] = i;
            }
        }
        place
    }

    /// Crossings of all pairs of adjacent rows. O(e log e).
    fn crossings(&self, place: &[usize]) -> usize {
        let mut total = 0;
        for rows in self.rows.windows(2) {
            // A Fenwick tree over the lower row, filled in order of the upper one.
            let mut tree = vec![0usize; rows[1].len() + 1];
            let mut entered = 0;
            for &upper in &rows[0] {
                for &lower in &self.below[upper] {
                    let mut i = place[lower] + 1;
                    let mut not_right = 0;
                    while i > 0 {
                        not_right += tree[i];
                        i &= i - 1;
                    }
                    total += entered - not_right;
                }
                for &lower in &self.below[upper] {
                    let mut i = place[lower] + 1;
                    while i < tree.len() {
                        tree[i] += 1;
                        i += i & i.wrapping_neg();
                    }
                    entered += 1;
                }
            }
        }
        total
    }
}

/// The odd layer of each label: a long edge has a choice, and takes the emptiest of its layers.
fn label_layers(layer: &[usize], layers: usize, arcs: &[(usize, usize)], links: &[Link]) -> Vec<usize> {
    let mut used = vec![0.0f64; layers];
    let mut at = vec![0; arcs.len()];
    let mut order: Vec<usize> = (0..arcs.len()).collect();
    order.sort_by_key(|&i| (layer[arcs[i].1] - layer[arcs[i].0], i));
    for i in order {
        let (upper, lower) = (layer[arcs[i].0], layer[arcs[i].1]);
        let off_middle = |l: usize| (2 * l).abs_diff(upper + lower);
        let room = |l: &usize, m: &usize| used[*l].total_cmp(&used[*m]).then(off_middle(*l).cmp(&off_middle(*m)));
        at[i] = (upper + 1..lower).step_by(2).min_by(room).unwrap_or(upper + 1);
        used[at[i]] += links[i].label.before + links[i].label.after;
    }
    at
}

/// How many pairs of a left and a right neighbour are in the wrong order.
fn inversions(left: &[usize], right: &[usize], place: &[usize]) -> i64 {
    left.iter().map(|&a| right.iter().filter(|&&b| place[b] < place[a]).count() as i64).sum()
}
