//! SVG, drawn without any other program and shown by any browser.

use super::picture::{Edge, Node, Picture};
use super::place::{Link, Placed, Point};
use super::{Direction, RenderOptions, text};
use crate::automaton::Automaton;
use crate::error::Result;
use std::fmt::Write;

/// Transitions drawn at most, whatever the options ask for: more are neither legible nor fast.
const MAX_DRAWN: usize = 400;
/// Characters in a line of an edge's label.
const LABEL_COLUMNS: usize = 28;
const MARGIN: f64 = 18.0;
const LINE_HEIGHT: f64 = 13.0;
const TITLE_SIZE: f64 = 13.0;
const EVENT_SIZE: f64 = 11.0;
const FIGURES_SIZE: f64 = 10.0;
/// Radius of a line's corners.
const CORNER: f64 = 9.0;
const HEAD: f64 = 8.0;

/// Lines of text with their font sizes, and the room they take.
struct Block {
    lines: Vec<(String, f64, bool)>,
    width: f64,
    height: f64,
}

impl Block {
    fn of(lines: Vec<(String, f64, bool)>) -> Block {
        let width = lines.iter().map(|(line, size, _)| text::width(line) * size).fold(0.0, f64::max);
        let height = lines.len() as f64 * LINE_HEIGHT;
        Block { lines, width, height }
    }

    fn node(node: &Node) -> Block {
        let figures = node.figures.iter().map(|line| (line.clone(), FIGURES_SIZE, false));
        Block::of([(node.title.clone(), TITLE_SIZE, true)].into_iter().chain(figures).collect())
    }

    fn edge(edge: &Edge) -> Block {
        let mut lines = Vec::new();
        for line in &edge.lines {
            lines.extend(text::wrap(&line.event, LABEL_COLUMNS).into_iter().map(|part| (part, EVENT_SIZE, true)));
            lines.push((line.figures.clone(), FIGURES_SIZE, false));
        }
        Block::of(lines)
    }

    /// Writes the text around a centre.
    fn write(&self, out: &mut String, (x, y): (f64, f64)) {
        let top = y - self.height / 2.0;
        for (i, (line, size, strong)) in self.lines.iter().enumerate() {
            let base = top + (i as f64 + 0.78) * LINE_HEIGHT;
            let fill = if *strong { "#1b1f23" } else { "#57606a" };
            let line = text::xml(line);
            put(
                out,
                format_args!("<text x=\"{x:.1}\" y=\"{base:.1}\" font-size=\"{size}\" fill=\"{fill}\">{line}</text>\n"),
            );
        }
    }
}

/// Writing to a String cannot fail.
fn put(out: &mut String, what: std::fmt::Arguments<'_>) {
    let _ = out.write_fmt(what);
}

/// A picture with the places of all its parts.
pub(super) struct Drawing {
    pub picture: Picture,
    nodes: Vec<Block>,
    edges: Vec<Block>,
    placed: Placed,
}

impl Drawing {
    /// Lays out what `options` ask for, or as much of it as can be done in time.
    pub fn of(a: &Automaton, options: &RenderOptions) -> Result<Drawing> {
        options.check()?;
        let mut options = options.clone();
        options.max_transitions = options.max_transitions.min(MAX_DRAWN);
        loop {
            let picture = Picture::of(a, &options);
            // A picture of one state has no links, and is always placed: this ends.
            options.max_transitions = picture.shown.iter().filter(|shown| **shown).count() / 2;
            if let Some(drawing) = Drawing::place(picture, options.direction) {
                return Ok(drawing);
            }
        }
    }

    fn place(picture: Picture, direction: Direction) -> Option<Drawing> {
        let nodes: Vec<Block> = picture.nodes.iter().map(Block::node).collect();
        let edges: Vec<Block> = picture.edges.iter().map(Block::edge).collect();
        let sizes = |block: &Block, padding: f64| (block.width + 2.0 * padding, block.height + padding);
        let boxes: Vec<(f64, f64)> = nodes.iter().map(|block| sizes(block, 10.0)).collect();
        let link = |(edge, block): (&Edge, &Block)| {
            let label = sizes(block, 4.0);
            Link { source: edge.source, target: edge.target, label, weight: edge.count }
        };
        let links: Vec<Link> = picture.edges.iter().zip(&edges).map(link).collect();
        let placed = Placed::of(&boxes, &links, direction)?;
        Some(Drawing { picture, nodes, edges, placed })
    }

    /// The SVG element.
    pub fn to_svg(&self) -> String {
        let mut legend: Vec<(String, f64, bool)> = vec![(self.picture.legend.clone(), EVENT_SIZE, false)];
        legend.extend(self.picture.hidden.iter().map(|line| (line.clone(), EVENT_SIZE, false)));
        let legend = Block::of(legend);
        let (inner_width, inner_height) = self.placed.size;
        let width = (inner_width.max(legend.width) + 2.0 * MARGIN).ceil();
        let height = (inner_height + legend.height + 3.0 * MARGIN).ceil();
        let mut out = String::new();
        put(
            &mut out,
            format_args!(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} \
                 {height}\" font-family=\"Helvetica, Arial, 'DejaVu Sans', sans-serif\" text-anchor=\"middle\">\n\
                 <title>{}</title>\n<rect width=\"{width}\" height=\"{height}\" fill=\"white\"/>\n",
                text::xml(&self.picture.legend)
            ),
        );
        // Rare edges first, so that frequent ones are on top where they cross.
        let mut order: Vec<usize> = (0..self.picture.edges.len()).collect();
        order.sort_by_key(|&i| (self.picture.edges[i].count, i));
        for &i in &order {
            self.write_line(&mut out, i);
        }
        for i in 0..self.picture.edges.len() {
            self.write_label(&mut out, i);
        }
        for i in 0..self.picture.nodes.len() {
            self.write_node(&mut out, i);
        }
        let shift = MARGIN + legend.width / 2.0;
        legend.write(&mut out, (shift, inner_height + 2.0 * MARGIN + legend.height / 2.0));
        out.push_str("</svg>\n");
        out
    }

    fn open(&self, out: &mut String, class: &str, i: usize) {
        let edge = &self.picture.edges[i];
        let (source, target) = (self.picture.nodes[edge.source].state, self.picture.nodes[edge.target].state);
        let tip = text::xml(&format!("{source} → {target}\n{}", edge.tip));
        put(
            out,
            format_args!(
                "<g class=\"{class}\" data-source=\"{source}\" data-target=\"{target}\"><title>{tip}</title>\n"
            ),
        );
    }

    fn write_line(&self, out: &mut String, i: usize) {
        let edge = &self.picture.edges[i];
        let mut line: Vec<Point> = self.placed.lines[i].iter().map(|&p| at(p)).collect();
        let Some(tip) = line.pop() else { return };
        // The line ends where its head begins.
        let from = line.last().copied().unwrap_or(tip);
        let length = libm::hypot(tip.0 - from.0, tip.1 - from.1).max(1e-9);
        let along = ((tip.0 - from.0) / length, (tip.1 - from.1) / length);
        let neck = HEAD.min(length);
        line.push((tip.0 - along.0 * neck, tip.1 - along.1 * neck));
        let path = path(&line);
        self.open(out, "edge", i);
        let (color, width) = (edge.color(), edge.line_width());
        let half = HEAD / 2.0 + width / 2.0;
        let back = (tip.0 - along.0 * (HEAD + 1.0), tip.1 - along.1 * (HEAD + 1.0));
        let side = (along.1 * half, along.0 * half);
        put(
            out,
            format_args!(
                "<path d=\"{path}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"{width:.1}\"/>\n\
                 <polygon points=\"{:.1},{:.1} {:.1},{:.1} {:.1},{:.1}\" fill=\"{color}\"/>\n</g>\n",
                tip.0,
                tip.1,
                back.0 + side.0,
                back.1 + side.1,
                back.0 - side.0,
                back.1 - side.1
            ),
        );
    }

    fn write_label(&self, out: &mut String, i: usize) {
        let block = &self.edges[i];
        let (x, y) = at(self.placed.labels[i]);
        self.open(out, "label", i);
        put(
            out,
            format_args!(
                "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"white\"/>\n",
                x - block.width / 2.0 - 2.0,
                y - block.height / 2.0 - 1.0,
                block.width + 4.0,
                block.height + 2.0
            ),
        );
        block.write(out, (x, y));
        out.push_str("</g>\n");
    }

    fn write_node(&self, out: &mut String, i: usize) {
        let (node, block) = (&self.picture.nodes[i], &self.nodes[i]);
        let (x, y) = at(self.placed.states[i]);
        let fill = match node.share {
            _ if node.is_start => "#d9ead3",
            share if share > 0.5 => "#dce8f5",
            share if share > 0.1 => "#eaf1f9",
            _ => "#f6f8fa",
        };
        put(
            out,
            format_args!("<g class=\"state\" data-state=\"{}\"><title>{}</title>\n", node.state, text::xml(&node.tip)),
        );
        let mut frame = |inset: f64, fill: &str| {
            let (width, height) = (block.width + 20.0 - 2.0 * inset, block.height + 10.0 - 2.0 * inset);
            put(
                out,
                format_args!(
                    "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"{}\" fill=\"{fill}\" \
                     stroke=\"#44546a\"/>\n",
                    x - width / 2.0,
                    y - height / 2.0,
                    9.0 - inset
                ),
            );
        };
        frame(0.0, fill);
        if node.is_end {
            frame(3.0, "none");
        }
        block.write(out, (x, y));
        out.push_str("</g>\n");
    }
}

/// A point of the layout in the picture.
fn at((x, y): Point) -> Point {
    (x + MARGIN, y + MARGIN)
}

/// Straight lines with rounded corners.
fn path(points: &[Point]) -> String {
    let mut path = String::new();
    for (i, &(x, y)) in points.iter().enumerate() {
        // A corner begins and ends CORNER away from its point, or halfway to the next one.
        let towards = |(u, v): Point| {
            let length = libm::hypot(u - x, v - y).max(1e-9);
            let part = (CORNER / length).min(0.5);
            (x + part * (u - x), y + part * (v - y))
        };
        match (i, points.get(i + 1)) {
            (0, _) => put(&mut path, format_args!("M{x:.1} {y:.1}")),
            (_, None) => put(&mut path, format_args!(" L{x:.1} {y:.1}")),
            (_, Some(&next)) => {
                let ((a, b), (c, d)) = (towards(points[i - 1]), towards(next));
                put(&mut path, format_args!(" L{a:.1} {b:.1} Q{x:.1} {y:.1} {c:.1} {d:.1}"));
            }
        }
    }
    path
}

impl Automaton {
    /// The machine as a standalone SVG document.
    ///
    /// # Arguments
    /// * `options`: what of the machine to show; at most 400 transitions are drawn
    ///
    /// # Returns
    /// An SVG with a white background: the start is green, end states have a double border, line width and colour follow
    /// frequency, and tooltips hold the labels in full. Fails where an option is out of range.
    ///
    /// # Complexity
    /// O(n + m log m) for n states and m transitions, and bounded time for the layout.
    ///
    /// # Example
    /// ```
    /// use logfsm::automaton::{PrefixTree, RenderOptions};
    /// use logfsm::trace::{Trace, TraceView};
    ///
    /// let mut tree = PrefixTree::new(usize::MAX);
    /// let bytes = Trace::of(["open", "close"]).to_bytes();
    /// tree.add(&TraceView::from_bytes(&bytes)?)?;
    /// assert!(tree.to_automaton().to_svg(&RenderOptions::default())?.starts_with("<svg"));
    /// # Ok::<(), logfsm::error::Error>(())
    /// ```
    pub fn to_svg(&self, options: &RenderOptions) -> Result<String> {
        Ok(Drawing::of(self, options)?.to_svg())
    }
}
