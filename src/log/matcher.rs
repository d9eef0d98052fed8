//! Finds the template of a line: a tree over template pieces, text before slots before lists.

use super::templates::{Piece, Template};
use super::token::{Class, Token};
use hashbrown::HashMap;
use std::ops::Range;

/// Steps one line may take before it counts as unmatched; bounds what lists and hostile lines can cost.
const MAX_STEPS: usize = 100_000;
const NONE: u32 = u32::MAX;
const BLANK: u32 = 0;

#[derive(Debug, Clone)]
struct Node {
    /// Text edges by text id, sorted.
    edges: Vec<(u32, u32)>,
    slot: u32,
    list: u32,
    optional: u32,
    template: u32,
}

/// The tree.
#[derive(Debug, Clone)]
pub(crate) struct Matcher {
    nodes: Vec<Node>,
    texts: HashMap<Box<str>, u32>,
}

impl Matcher {
    /// Builds the tree.
    pub fn new(templates: &[Template]) -> Self {
        let mut out = Matcher { nodes: Vec::new(), texts: HashMap::new() };
        out.node();
        for template in templates {
            let mut at = 0u32;
            for piece in &template.pieces {
                at = match piece {
                    Piece::Blank => out.edge(at, BLANK),
                    Piece::Text(text) => {
                        let next = out.texts.len() as u32 + 1;
                        let id = *out.texts.entry_ref(&**text).or_insert(next);
                        out.edge(at, id)
                    }
                    Piece::Slot => {
                        if out.nodes[at as usize].slot == NONE {
                            out.nodes[at as usize].slot = out.node();
                        }
                        out.nodes[at as usize].slot
                    }
                    Piece::Optional => {
                        if out.nodes[at as usize].optional == NONE {
                            out.nodes[at as usize].optional = out.node();
                        }
                        out.nodes[at as usize].optional
                    }
                    Piece::List => {
                        if out.nodes[at as usize].list == NONE {
                            out.nodes[at as usize].list = out.node();
                        }
                        out.nodes[at as usize].list
                    }
                };
            }
            out.nodes[at as usize].template = template.id;
        }
        out
    }

    fn node(&mut self) -> u32 {
        self.nodes.push(Node { edges: Vec::new(), slot: NONE, list: NONE, optional: NONE, template: NONE });
        self.nodes.len() as u32 - 1
    }

    fn edge(&mut self, from: u32, text: u32) -> u32 {
        match self.nodes[from as usize].edges.binary_search_by_key(&text, |e| e.0) {
            Ok(i) => self.nodes[from as usize].edges[i].1,
            Err(i) => {
                let to = self.node();
                self.nodes[from as usize].edges.insert(i, (text, to));
                to
            }
        }
    }

    /// The template that fits the line, and the tokens each slot takes.
    pub fn find(&self, line: &str, tokens: &[Token], spans: &mut Vec<Range<u32>>) -> Option<u32> {
        spans.clear();
        let first = usize::from(tokens.first().is_some_and(|t| t.class == Class::Blank));
        let mut last = tokens.len();
        if last > first && tokens[last - 1].class == Class::Blank {
            last -= 1;
        }
        let mut steps = 0;
        self.walk(0, line, tokens, first..last, spans, &mut steps)
    }

    fn walk(
        &self,
        node: u32,
        line: &str,
        tokens: &[Token],
        range: Range<usize>,
        spans: &mut Vec<Range<u32>>,
        steps: &mut usize,
    ) -> Option<u32> {
        *steps += 1;
        if *steps > MAX_STEPS {
            return None;
        }
        let here = &self.nodes[node as usize];
        let at = range.start;
        let depth = spans.len();
        if at == range.end {
            if here.template != NONE {
                return Some(here.template);
            }
            if here.optional != NONE {
                spans.push(at as u32..at as u32);
                if let Some(found) = self.walk(here.optional, line, tokens, range, spans, steps) {
                    return Some(found);
                }
                spans.truncate(depth);
            }
            return None;
        }
        let token = &tokens[at];
        if !here.edges.is_empty() && !matches!(token.class, Class::Value(_)) {
            let text = match token.class {
                Class::Blank => Some(BLANK),
                _ => self.texts.get(token.text(line)).copied(),
            };
            if let Some(i) = text.and_then(|text| here.edges.binary_search_by_key(&text, |e| e.0).ok())
                && let Some(found) = self.walk(here.edges[i].1, line, tokens, at + 1..range.end, spans, steps)
            {
                return Some(found);
            }
        }
        if here.slot != NONE && !matches!(token.class, Class::Blank | Class::Delimiter) {
            spans.push(at as u32..at as u32 + 1);
            if let Some(found) = self.walk(here.slot, line, tokens, at + 1..range.end, spans, steps) {
                return Some(found);
            }
            spans.truncate(depth);
        }
        if here.optional != NONE {
            for end in at..=range.end {
                spans.push(at as u32..end as u32);
                if let Some(found) = self.walk(here.optional, line, tokens, end..range.end, spans, steps) {
                    return Some(found);
                }
                spans.truncate(depth);
            }
        }
        if here.list != NONE && token.class != Class::Blank {
            for end in at + 1..=range.end {
                if tokens[end - 1].class == Class::Blank {
                    continue;
                }
                spans.push(at as u32..end as u32);
                if let Some(found) = self.walk(here.list, line, tokens, end..range.end, spans, steps) {
                    return Some(found);
                }
                spans.truncate(depth);
            }
        }
        None
    }
}
