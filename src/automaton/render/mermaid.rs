//! Mermaid, as drawn by GitHub, GitLab and many note-taking programs.

use super::picture::Picture;
use super::{Direction, RenderOptions, text};
use crate::automaton::Automaton;
use std::fmt::Write;

/// A quoted text. Mermaid has no escape character: `#65;` stands for a character, and anything else than plain text
/// could be read as HTML, Markdown, a directive (`%%{`), or, with a colon and a `;`, as a style.
fn quoted(lines: &[String]) -> String {
    let mut out = String::from("\"");
    for (i, line) in lines.iter().enumerate() {
        if i > 0 {
            out.push_str("<br/>");
        }
        for c in line.chars() {
            if c.is_ascii_alphanumeric() || !c.is_ascii() || " .,=/()".contains(c) {
                out.push(c);
            } else {
                let _ = write!(out, "#{};", c as u32); // writing to a String cannot fail
            }
        }
    }
    out.push('"');
    out
}

/// Text that Markdown would take for a list, heading or quotation is kept from starting a line.
fn guarded(line: String) -> String {
    let digits = line.trim_start_matches(|c: char| c.is_ascii_digit());
    let numbered = digits.len() < line.len() && (digits.starts_with('.') || digits.starts_with(')'));
    if numbered || line.starts_with(['-', '+', '*', '#', '>']) { format!("\u{200b}{line}") } else { line }
}

impl Automaton {
    /// The machine as a Mermaid flowchart.
    ///
    /// # Arguments
    /// * `options`: what of the machine to show
    ///
    /// # Returns
    /// A `flowchart`, without the code fence that Markdown needs around it; end states have double sides.
    ///
    /// # Complexity
    /// O(n + m log m) for n states and m transitions.
    ///
    /// # Example
    /// ```
    /// use logfsm::automaton::{PrefixTree, RenderOptions};
    ///
    /// let chart = PrefixTree::new(usize::MAX).to_automaton().to_mermaid(&RenderOptions::default());
    /// assert!(chart.starts_with("flowchart TB"));
    /// ```
    pub fn to_mermaid(&self, options: &RenderOptions) -> String {
        let picture = Picture::of(self, options);
        let direction = match options.direction {
            Direction::TopToBottom => "TB",
            Direction::LeftToRight => "LR",
        };
        let mut out = format!("flowchart {direction}\n");
        // Writing to a String cannot fail.
        for node in &picture.nodes {
            let mut lines = vec![node.title.clone()];
            lines.extend(node.figures.iter().cloned());
            let label = quoted(&lines);
            let _ = match (node.is_start, node.is_end) {
                (_, true) => writeln!(out, "  s{}[[{label}]]", node.state),
                (true, false) => writeln!(out, "  s{}([{label}])", node.state),
                (false, false) => writeln!(out, "  s{}({label})", node.state),
            };
        }
        for edge in &picture.edges {
            let lines: Vec<String> = edge
                .lines
                .iter()
                .flat_map(|l| text::wrap(&l.event, 28).into_iter().chain([l.figures.clone()]))
                .map(guarded)
                .collect();
            let (source, target) = (picture.nodes[edge.source].state, picture.nodes[edge.target].state);
            let _ = writeln!(out, "  s{source} -->|{}| s{target}", quoted(&lines));
        }
        let mut legend = vec![picture.legend.clone()];
        legend.extend(picture.hidden.clone());
        let _ = writeln!(out, "  legend[{}]", quoted(&legend));
        for (i, edge) in picture.edges.iter().enumerate() {
            let _ = writeln!(out, "  linkStyle {i} stroke-width:{:.1}px,stroke:{}", edge.line_width(), edge.color());
        }
        out + "  classDef start fill:#d9ead3,stroke:#5b6b7b\n  class s0 start\n  style legend fill:none,stroke:none\n"
    }
}
