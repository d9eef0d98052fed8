//! The binary and JSON forms of templates.

use super::masks::Masks;
use super::matcher::Matcher;
use super::scan::is_layout;
use super::templates::{Piece, Template, Templates, text_of};
use super::token::MAX_TOKENS;
use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The version of the binary and JSON forms this release writes.
///
/// Version 1, which is written where it suffices, has no masks.
pub const TEMPLATES_VERSION: u8 = 2;
const WHAT: &str = "logfsm.templates";

#[derive(Serialize, Deserialize)]
struct Json<'a> {
    version: u8,
    #[serde(default, skip_serializing_if = "<[String]>::is_empty")]
    masks: Cow<'a, [String]>,
    templates: Cow<'a, [Template]>,
}

impl Templates {
    /// The binary form: a version byte, then postcard. Equal templates have equal bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        // invariant: serialising plain vectors into a growing buffer cannot fail
        if self.masks.is_empty() {
            return postcard::to_extend(&self.templates, vec![1]).unwrap_or_default();
        }
        let head = postcard::to_extend(self.masks.patterns(), vec![TEMPLATES_VERSION]).unwrap_or_default();
        postcard::to_extend(&self.templates, head).unwrap_or_default()
    }

    /// Reads what [`Templates::to_bytes`] wrote, checking everything.
    ///
    /// # Errors
    /// [`Error::InvalidValue`] or [`Error::NewerVersion`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let (&version, body) = bytes.split_first().ok_or_else(|| Error::invalid(WHAT, "It is empty."))?;
        check_version(version)?;
        let unreadable = |e: postcard::Error| Error::invalid(WHAT, format!("The binary form: {e}."));
        let (masks, body): (Vec<String>, _) =
            if version == 1 { (Vec::new(), body) } else { postcard::take_from_bytes(body).map_err(unreadable)? };
        let (templates, rest): (Vec<Template>, _) = postcard::take_from_bytes(body).map_err(unreadable)?;
        if !rest.is_empty() {
            return Err(Error::invalid(WHAT, "Bytes are left over at the end."));
        }
        Self::checked(templates, masks)
    }

    /// The JSON form, complete: [`Templates::from_json`] gives back the same templates.
    pub fn to_json(&self) -> String {
        let masks = Cow::Borrowed(self.masks.patterns());
        let version = if masks.is_empty() { 1 } else { TEMPLATES_VERSION };
        let json = Json { version, masks, templates: Cow::Borrowed(&self.templates) };
        // invariant: no map with keys that are not strings, no failing Serialize
        serde_json::to_string(&json).unwrap_or_default()
    }

    /// Reads the JSON form, checking everything.
    ///
    /// # Errors
    /// [`Error::InvalidValue`] or [`Error::NewerVersion`].
    pub fn from_json(json: &str) -> Result<Self> {
        let json: Json<'_> =
            serde_json::from_str(json).map_err(|e| Error::invalid(WHAT, format!("The JSON form: {e}.")))?;
        check_version(json.version)?;
        Self::checked(json.templates.into_owned(), json.masks.into_owned())
    }

    fn checked(templates: Vec<Template>, masks: Vec<String>) -> Result<Self> {
        for (i, t) in templates.iter().enumerate() {
            let slots = t.pieces.iter().filter(|p| p.is_slot()).count();
            if t.id as usize != i || slots != t.kinds.len() || t.text != text_of(&t.pieces, &t.layout) {
                return Err(Error::invalid(WHAT, format!("Template {i} contradicts itself.")));
            }
            // bounds the depth of matching, too
            if t.pieces.len() > 4 * MAX_TOKENS {
                return Err(Error::invalid(WHAT, format!("Template {i} has {} pieces.", t.pieces.len())));
            }
            let blanks = t.pieces.iter().filter(|p| **p == Piece::Blank).count();
            let runs = t.layout.matches('|').count();
            if !t.layout.is_empty() && (!is_layout(&t.layout) || runs != blanks + 2) {
                return Err(Error::invalid(WHAT, format!("The white space of template {i} does not fit it.")));
            }
            if t.pieces.iter().any(|p| matches!(p, Piece::Text(text) if text.is_empty())) {
                return Err(Error::invalid(WHAT, format!("Template {i} has empty text.")));
            }
        }
        if templates.windows(2).any(|w| w[0].pieces >= w[1].pieces) {
            return Err(Error::invalid(WHAT, "The templates are out of order."));
        }
        let (masks, matcher) = (Masks::new(masks)?, Matcher::new(&templates));
        Ok(Templates::ready(templates, masks, matcher))
    }
}

fn check_version(version: u8) -> Result<()> {
    if version == 0 {
        return Err(Error::invalid(WHAT, "Versions count from 1."));
    }
    if version > TEMPLATES_VERSION {
        return Err(Error::NewerVersion { what: WHAT, found: version.into(), newest: TEMPLATES_VERSION.into() });
    }
    Ok(())
}
