//! Graphviz.

use super::picture::Picture;
use super::{Direction, RenderOptions, text};
use crate::automaton::Automaton;
use std::fmt::Write;

/// A quoted string: in labels Graphviz reads backslashes (`\N` is the node's name) and HTML entities.
fn quoted(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace('&', "&amp;").replace('\n', "\\n");
    format!("\"{escaped}\"")
}

impl Automaton {
    /// The machine in Graphviz's language, for `dot -Tsvg` and the like.
    ///
    /// # Arguments
    /// * `options`: what of the machine to show
    ///
    /// # Returns
    /// A `digraph` whose labels are escaped, with full label texts as tooltips.
    ///
    /// # Complexity
    /// O(n + m log m) for n states and m transitions.
    ///
    /// # Example
    /// ```
    /// use logfsm::automaton::{PrefixTree, RenderOptions};
    /// use logfsm::trace::{Trace, TraceView};
    ///
    /// let mut tree = PrefixTree::new(usize::MAX);
    /// let bytes = Trace::of(["open", "close"]).to_bytes();
    /// tree.add(&TraceView::from_bytes(&bytes)?)?;
    /// assert!(tree.to_automaton().to_dot(&RenderOptions::default()).starts_with("digraph"));
    /// # Ok::<(), logfsm::error::Error>(())
    /// ```
    pub fn to_dot(&self, options: &RenderOptions) -> String {
        let picture = Picture::of(self, options);
        let rankdir = match options.direction {
            Direction::TopToBottom => "TB",
            Direction::LeftToRight => "LR",
        };
        let mut legend = picture.legend.clone();
        if let Some(hidden) = &picture.hidden {
            legend += &format!("\n{hidden}");
        }
        let mut out = format!(
            "digraph logfsm {{\n  graph [rankdir={rankdir}, bgcolor=white, label={}, labelloc=b, fontname=\"sans-serif\", \
             fontsize=11];\n  node [shape=box, style=\"rounded,filled\", fillcolor=\"#f4f7fa\", color=\"#5b6b7b\", \
             fontname=\"sans-serif\", fontsize=11];\n  edge [fontname=\"sans-serif\", fontsize=10];\n",
            quoted(&legend)
        );
        // Writing to a String cannot fail.
        for node in &picture.nodes {
            let label = quoted(&format!("{}\n{}", node.title, node.figures.join("\n")));
            let peripheries = if node.is_end { 2 } else { 1 };
            let fill = if node.is_start { ", fillcolor=\"#d9ead3\"" } else { "" };
            let tip = quoted(&node.tip);
            let _ = writeln!(out, "  s{} [label={label}, tooltip={tip}, peripheries={peripheries}{fill}];", node.state);
        }
        for edge in &picture.edges {
            let lines: Vec<String> =
                edge.lines.iter().map(|l| format!("{}\n{}", text::wrap(&l.event, 28).join("\n"), l.figures)).collect();
            let tip = quoted(&edge.tip);
            let _ = writeln!(
                out,
                "  s{} -> s{} [label={}, tooltip={tip}, labeltooltip={tip}, penwidth={:.1}, color=\"{}\"];",
                picture.nodes[edge.source].state,
                picture.nodes[edge.target].state,
                quoted(&lines.join("\n")),
                edge.line_width(),
                edge.color()
            );
        }
        out + "}\n"
    }
}
