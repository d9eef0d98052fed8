//! Templates: what a parser needs, and all it needs.

use super::ansi;
use super::kind::{Kinds, SlotKind};
use super::leaf::{Leaf, MAX_VALUES, Values};
use super::masks::Masks;
use super::matcher::Matcher;
use super::scan::is_word_byte;
use super::skeleton;
use super::token::{Class, Token, tokenize};
use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// How a slot is written in a template's text.
pub const SLOT: &str = "<*>";

/// A part of a template.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Piece {
    /// White space.
    Blank,
    /// One token, verbatim.
    Text(Box<str>),
    /// One word or value.
    Slot,
    /// One or more tokens, white space and punctuation included.
    List,
    /// Any tokens, or none.
    Optional,
}

/// A template on its way out of clustering.
pub(crate) struct Draft {
    pub pieces: Vec<Piece>,
    pub layout: Box<str>,
}

/// A message template: text with slots.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Template {
    /// Its number: templates are numbered in the order of their pieces.
    pub id: u32,
    /// Its text, slots written `<*>`.
    pub text: String,
    /// The detected kind of each slot.
    pub kinds: Vec<SlotKind>,
    /// Lines that have it, of those it was mined from.
    pub count: u64,
    /// Its pieces.
    pub pieces: Vec<Piece>,
    /// Its white space where that is not single blanks; each run ended by `|`, the outer ones included.
    pub layout: Box<str>,
}

/// A parsed line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parsed<'a> {
    /// The template's id.
    pub template: u32,
    /// One value for each slot. One more where the line's white space differs from the template's: see
    /// [`Template::layout`].
    pub parameters: Vec<Cow<'a, str>>,
}

/// A set of templates that parses lines.
#[derive(Debug, Clone)]
pub struct Templates {
    pub(crate) templates: Vec<Template>,
    pub(crate) masks: Masks,
    pub(crate) matcher: Matcher,
    /// By template: whether it has no word, so that it could take any.
    wordless: Vec<bool>,
}

impl PartialEq for Templates {
    fn eq(&self, other: &Self) -> bool {
        self.templates == other.templates && self.masks == other.masks
    }
}

impl Eq for Templates {}

impl Templates {
    /// Numbers the drafts, then counts and types them by what the leaves of the state parse to. Returns the leaves that
    /// no template fits, too.
    pub(crate) fn build(
        drafts: Vec<Draft>,
        leaves: &[(&[u8], &Leaf)],
        overflow: u64,
        masks: &Masks,
    ) -> Result<(Self, Vec<u32>)> {
        let mut templates: Vec<Template> = drafts
            .into_iter()
            .map(|d| Template {
                id: 0,
                text: String::new(),
                kinds: Vec::new(),
                count: 0,
                pieces: d.pieces,
                layout: d.layout,
            })
            .collect();
        templates.sort_unstable_by(|a, b| a.pieces.cmp(&b.pieces));
        templates.dedup_by(|a, b| a.pieces == b.pieces);
        for (id, template) in templates.iter_mut().enumerate() {
            template.id = u32::try_from(id).map_err(|_| Error::Overflow { what: "the number of templates" })?;
            template.text = text_of(&template.pieces, &template.layout);
        }
        let matcher = Matcher::new(&templates);
        let mut slots: Vec<Vec<Values>> = templates
            .iter()
            .map(|t| vec![Values::default(); t.pieces.iter().filter(|p| p.is_slot()).count()])
            .collect();
        let mut tokens = Vec::new();
        let mut spans = Vec::new();
        let mut missed = Vec::new();
        for (i, (key, leaf)) in leaves.iter().enumerate() {
            // a line of this skeleton stands for all of them
            let Some(line) = skeleton::example(key, &leaf.values, &mut tokens) else { continue };
            let Some(id) = matcher.find(&line, &tokens, &mut spans) else {
                missed.push(i as u32);
                continue;
            };
            let template = &mut templates[id as usize];
            template.count = template.count.saturating_add(leaf.count);
            for (slot, span) in slots[id as usize].iter_mut().zip(&spans) {
                observe(slot, &line, &tokens, span, leaf);
            }
        }
        if let Some(rest) = templates.iter_mut().find(|t| t.pieces == [Piece::Optional]) {
            rest.count = rest.count.saturating_add(overflow);
        }
        for (template, slots) in templates.iter_mut().zip(slots) {
            template.kinds = slots.iter().map(kind_of).collect();
        }
        Ok((Self::ready(templates, masks.clone(), matcher), missed))
    }

    pub(crate) fn ready(templates: Vec<Template>, masks: Masks, matcher: Matcher) -> Self {
        let wordless = templates.iter().map(|t| !t.pieces.iter().any(Piece::is_word)).collect();
        Templates { templates, masks, matcher, wordless }
    }

    /// The templates, by id.
    pub fn templates(&self) -> &[Template] {
        &self.templates
    }

    /// Parses a line: its template and the value of each slot, `None` where no template fits.
    ///
    /// Linear in the line for templates without lists. The longest text wins over slots, one-word slots over lists.
    pub fn parse<'a>(&self, line: &'a str) -> Option<Parsed<'a>> {
        let mut scratch = Scratch::default();
        let template = self.find(line, &mut scratch)?;
        Some(Parsed { template, parameters: self.parameters(line, template, &scratch) })
    }

    /// The template of a line alone, with buffers that are used again: the fastest form.
    pub fn find(&self, line: &str, scratch: &mut Scratch) -> Option<u32> {
        tokenize(line, &self.masks, &mut scratch.tokens);
        let id = self.matcher.find(line, &scratch.tokens, &mut scratch.spans)?;
        if self.wordless[id as usize] && self.is_foreign(id, scratch) {
            return None;
        }
        Some(id)
    }

    /// Whether a template without words, such as a lone slot, would take a word though it never saw one: it would take
    /// anything. Slots that saw words are texts or categories.
    fn is_foreign(&self, id: u32, scratch: &Scratch) -> bool {
        let kinds = &self.templates[id as usize].kinds;
        if kinds.iter().any(|kind| matches!(kind, SlotKind::Text | SlotKind::Categorical)) {
            return false;
        }
        let word = |span: &std::ops::Range<u32>| {
            scratch.tokens[span.start as usize..span.end as usize].iter().any(|t| t.class == Class::Word)
        };
        scratch.spans.iter().any(word)
    }

    /// The template of tokens, and where its slots are.
    pub(crate) fn find_tokens(
        &self,
        line: &str,
        tokens: &[Token],
        spans: &mut Vec<std::ops::Range<u32>>,
    ) -> Option<&Template> {
        self.templates.get(self.matcher.find(line, tokens, spans)? as usize)
    }

    /// The parameters of the line that [`Templates::find`] was just called with.
    pub fn parameters<'a>(&self, line: &'a str, template: u32, scratch: &Scratch) -> Vec<Cow<'a, str>> {
        let Some(template) = self.templates.get(template as usize) else { return Vec::new() };
        let text = |span: &std::ops::Range<u32>| {
            if span.is_empty() {
                return "";
            }
            let (first, last) = (scratch.tokens[span.start as usize], scratch.tokens[span.end as usize - 1]);
            &line[first.start as usize..last.end as usize]
        };
        let mut parameters: Vec<Cow<'a, str>> = Vec::with_capacity(scratch.spans.len() + 1);
        parameters.extend(scratch.spans.iter().map(|span| Cow::Borrowed(text(span))));
        let blank = |t: &Token| t.class == Class::Blank;
        let canonical = template.layout.is_empty()
            && !scratch.tokens.first().is_some_and(blank)
            && !scratch.tokens.last().is_some_and(blank)
            && scratch.tokens.iter().all(|t| !blank(t) || t.text(line) == " ");
        if !canonical {
            let layout = layout_outside(line, scratch);
            if layout != *template.layout && !(template.layout.is_empty() && is_single(&layout)) {
                parameters.push(Cow::Owned(layout));
            }
        }
        parameters
    }

    /// The line a template and its parameters stand for, byte for byte.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] where the template does not exist or the parameters do not fit it.
    pub fn rebuild<S: AsRef<str>>(&self, template: u32, parameters: &[S]) -> Result<String> {
        let bad = |reason: &str| Error::InvalidArgument {
            argument: "parameters",
            reason: reason.into(),
            hint: "Give template and parameters as parse() returned them.".into(),
        };
        let template = self.templates.get(template as usize).ok_or_else(|| bad("There is no such template"))?;
        let slots = template.kinds.len();
        if parameters.len() != slots && parameters.len() != slots + 1 {
            return Err(bad(&format!("the template has {slots} slots, {} values were given", parameters.len())));
        }
        let layout = parameters.get(slots).map_or(&*template.layout, AsRef::as_ref);
        let mut runs = layout.split('|');
        let mut blank = |single: &'static str| {
            if layout.is_empty() { Ok(single) } else { runs.next().ok_or_else(|| bad("White space is missing")) }
        };
        let mut out = String::from(blank("")?);
        let mut values = parameters.iter();
        for piece in &template.pieces {
            match piece {
                Piece::Blank => out.push_str(blank(" ")?),
                Piece::Text(text) => out.push_str(text),
                Piece::Slot | Piece::List | Piece::Optional => {
                    out.push_str(values.next().ok_or_else(|| bad("A value is missing"))?.as_ref());
                }
            }
        }
        out.push_str(blank("")?);
        Ok(out)
    }
}

/// Buffers of a parse, to be used again.
#[derive(Debug, Clone, Default)]
pub struct Scratch {
    tokens: Vec<Token>,
    spans: Vec<std::ops::Range<u32>>,
}

impl Piece {
    /// True for text that is no punctuation.
    fn is_word(&self) -> bool {
        matches!(self, Piece::Text(text) if text.bytes().any(|b| b != b'.' && is_word_byte(b)))
    }

    /// True for the pieces that take a value.
    pub fn is_slot(&self) -> bool {
        matches!(self, Piece::Slot | Piece::List | Piece::Optional)
    }
}

fn is_single(layout: &str) -> bool {
    let mut runs: Vec<&str> = layout.split('|').collect();
    runs.pop();
    let inner = runs.len().saturating_sub(1);
    runs.iter().enumerate().all(|(i, run)| if i == 0 || i == inner { run.is_empty() } else { *run == " " })
}

/// The white space outside the line's parameters: each run ended by `|`, the outer ones included.
fn layout_outside(line: &str, scratch: &Scratch) -> String {
    let mut out = String::new();
    let tokens = &scratch.tokens;
    let mut spans = scratch.spans.iter().peekable();
    let inside = |span: &std::ops::Range<u32>, i: usize| span.contains(&(i as u32));
    if tokens.first().is_none_or(|t| t.class != Class::Blank || spans.peek().is_some_and(|s| inside(s, 0))) {
        out.push('|');
    }
    for (i, token) in tokens.iter().enumerate() {
        while spans.peek().is_some_and(|s| s.end as usize <= i) {
            spans.next();
        }
        if token.class == Class::Blank && !spans.peek().is_some_and(|s| inside(s, i)) {
            out.push_str(token.text(line));
            out.push('|');
        }
    }
    if tokens.len() < 2 || tokens.last().is_some_and(|t| t.class != Class::Blank) {
        out.push('|');
    }
    out
}

pub(crate) fn text_of(pieces: &[Piece], layout: &str) -> String {
    let mut runs = layout.split('|').skip(1);
    let mut out = String::new();
    for piece in pieces {
        match piece {
            Piece::Blank if layout.is_empty() => out.push(' '),
            Piece::Blank => out.push_str(&ansi::strip(runs.next().unwrap_or(" "))),
            Piece::Text(text) => out.push_str(text),
            Piece::Slot | Piece::List | Piece::Optional => out.push_str(SLOT),
        }
    }
    out
}

/// Adds what a leaf knows of the tokens in `span` to a slot.
fn observe(slot: &mut Values, line: &str, tokens: &[Token], span: &std::ops::Range<u32>, leaf: &Leaf) {
    let valued = |t: &&Token| matches!(t.class, Class::Value(_) | Class::Soft);
    let Some(token) = tokens.get(span.start as usize).filter(|_| !span.is_empty()) else {
        slot.add("");
        return;
    };
    if span.len() > 1 {
        slot.kinds.add(SlotKind::Text);
        slot.seen = None;
    } else if valued(&token) {
        let before = tokens[..span.start as usize].iter().filter(valued).count();
        if let Some(values) = leaf.values.get(before) {
            slot.merge(values);
        }
    } else {
        slot.kinds.add(SlotKind::Text);
        slot.add(token.text(line));
    }
}

/// The kind of a slot from all that was seen in it.
fn kind_of(values: &Values) -> SlotKind {
    match (&values.seen, values.kinds.common()) {
        (Some(seen), _) if seen.len() == 1 => SlotKind::Constant,
        (Some(seen), SlotKind::Text | SlotKind::Identifier) if seen.len() <= MAX_VALUES => SlotKind::Categorical,
        (_, kind) if values.kinds != Kinds::default() => kind,
        _ => SlotKind::Text,
    }
}
