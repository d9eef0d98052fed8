//! Finds the template of a line: a tree over template pieces, text before slots before lists.

use super::templates::{Piece, Template};
use super::token::{Class, Token};
use hashbrown::HashMap;
use std::ops::Range;

/// Steps one line may take before it counts as unmatched; bounds what lists and hostile lines can cost.
const MAX_STEPS: usize = 100_000;
const NONE: u32 = u32::MAX;
/// Up to so many texts are compared one by one; more are looked up.
const FEW: usize = 6;

#[derive(Debug, Clone)]
struct Node {
    /// The first text edges.
    few: Vec<(Box<str>, u32)>,
    /// All text edges, where they are more than few.
    many: Option<Box<HashMap<Box<str>, u32>>>,
    blank: u32,
    slot: u32,
    list: u32,
    optional: u32,
    template: u32,
}

impl Node {
    fn text(&self, text: &str) -> Option<u32> {
        match &self.many {
            Some(many) => many.get(text).copied(),
            None => self.few.iter().find(|(edge, _)| **edge == *text).map(|(_, to)| *to),
        }
    }

    fn add(&mut self, text: &str, to: u32) {
        if self.few.len() == FEW {
            let all = self.few.iter().cloned();
            self.many.get_or_insert_with(|| Box::new(all.collect())).insert(text.into(), to);
        } else {
            self.few.push((text.into(), to));
        }
    }
}

/// The tree.
#[derive(Debug, Clone)]
pub(crate) struct Matcher {
    nodes: Vec<Node>,
}

impl Matcher {
    /// Builds the tree.
    pub fn new(templates: &[Template]) -> Self {
        let mut out = Matcher { nodes: Vec::new() };
        out.node();
        for template in templates {
            let mut at = 0u32;
            for piece in &template.pieces {
                let fresh = out.nodes.len() as u32;
                let here = &mut out.nodes[at as usize];
                let edge = match piece {
                    Piece::Text(text) => match here.text(text) {
                        Some(next) => {
                            at = next;
                            continue;
                        }
                        None => {
                            here.add(text, fresh);
                            at = out.node();
                            continue;
                        }
                    },
                    Piece::Blank => &mut here.blank,
                    Piece::Slot => &mut here.slot,
                    Piece::Optional => &mut here.optional,
                    Piece::List => &mut here.list,
                };
                if *edge == NONE {
                    *edge = fresh;
                    at = out.node();
                } else {
                    at = *edge;
                }
            }
            out.nodes[at as usize].template = template.id;
        }
        out
    }

    fn node(&mut self) -> u32 {
        let (few, many) = (Vec::new(), None);
        self.nodes.push(Node { few, many, blank: NONE, slot: NONE, list: NONE, optional: NONE, template: NONE });
        self.nodes.len() as u32 - 1
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
        let next = match token.class {
            Class::Value(_) => None,
            Class::Blank => Some(here.blank).filter(|blank| *blank != NONE),
            _ => here.text(token.text(line)),
        };
        if let Some(next) = next
            && let Some(found) = self.walk(next, line, tokens, at + 1..range.end, spans, steps)
        {
            return Some(found);
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
