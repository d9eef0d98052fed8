//! Pictures of state machines: Graphviz, Mermaid, SVG and HTML.
//!
//! Every format draws the same picture: the most frequent transitions, as many as stay legible, on a connected
//! part of the machine that holds its start, and a legend that says what is not shown. The SVG needs no other program:
//! the crate graphlay lays it out. (Others do not bound their time: layout-rs enumerates paths, 2.8 s for a ladder of 46
//! states; rust-sugiyama 0.4 ran for over a minute on a random machine of 30 states and 400 transitions.)
//!
//! ```text
//! Automaton → Picture → dot · mermaid
//!                     → Placed → svg → html
//! ```
//!
//! The shop's machine of 6 states and 7 transitions is drawn whole: the line of "hit" is wide, that of "query failed",
//! taken once in 2,000 traces, is thin and grey.
//!
//! In reading order:
//!
//! * this file: [`RenderOptions`], what a caller may choose
//! * `picture`: which states and transitions are shown, with which texts; all formats start from it
//! * `text`: cleaning, shortening, wrapping, measuring and escaping of labels, which are arbitrary user text
//! * `dot`, `mermaid`: formats that others lay out
//! * `place`: coordinates from graphlay, edge labels being vertices of their own; `svg` draws them, `html` adds a table
//! * `heat_map`: transition matrices of real and synthetic traces side by side
//! * `tests`: what must hold of any picture of any machine

mod dot;
mod heat_map;
mod html;
mod mermaid;
mod picture;
mod place;
mod svg;
#[cfg(test)]
mod tests;
mod text;

pub use heat_map::{Follows, START_OR_END, transition_matrices_svg};

use crate::error::{Error, Result};

/// The way a picture reads, from the start on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Direction {
    /// Downwards: best for screens and for long labels.
    #[default]
    TopToBottom,
    /// To the right: best for slides and for short labels.
    LeftToRight,
}

/// What a picture shows of a machine.
#[derive(Debug, Clone, PartialEq)]
pub struct RenderOptions {
    /// Hide transitions taken with less than this probability from their state (0 to 1).
    pub min_probability: f64,
    /// Hide transitions that training traces took less often than this.
    pub min_count: u64,
    /// Show at most this many transitions, the most frequent ones that can be reached from the start.
    pub max_transitions: usize,
    /// Shorten labels to this many characters; tooltips still show them in full.
    pub max_label: usize,
    /// Draw all labels between the same two states at one edge.
    pub merge_parallel: bool,
    /// The way the picture reads.
    pub direction: Direction,
}

impl Default for RenderOptions {
    /// A small machine is shown whole, a large one by its 60 most frequent transitions.
    fn default() -> Self {
        RenderOptions {
            min_probability: 0.0,
            min_count: 0,
            max_transitions: 60,
            max_label: 60,
            merge_parallel: true,
            direction: Direction::default(),
        }
    }
}

impl RenderOptions {
    /// Fails where an option is out of range.
    pub fn check(&self) -> Result<()> {
        if (0.0..=1.0).contains(&self.min_probability) {
            return Ok(());
        }
        Err(Error::InvalidOption {
            name: "min_probability".into(),
            value: self.min_probability.to_string(),
            expected: "a number from 0 to 1".into(),
        })
    }
}
