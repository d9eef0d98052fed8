//! The binary and JSON forms of an automaton, both versioned and both checked when read.

use super::{Automaton, Learned, SlotValues};
use crate::error::{Error, Result};
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// The version this release writes, in binary and in JSON. Older ones stay readable.
pub const AUTOMATON_VERSION: u8 = 3;
const WHAT: &str = "logfsm.automaton";

#[derive(Serialize)]
struct JsonOut<'a> {
    version: u8,
    #[serde(flatten)]
    automaton: &'a Automaton,
}

impl Automaton {
    /// The binary form: a version byte, then postcard. Equal automata have equal bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        // invariant: serialising plain vectors into a growing buffer cannot fail
        postcard::to_extend(self, vec![AUTOMATON_VERSION]).unwrap_or_default()
    }

    /// Reads what [`Automaton::to_bytes`] wrote, of this or an older release, checking everything.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let (&version, body) = bytes.split_first().ok_or_else(|| Error::invalid(WHAT, "It is empty."))?;
        check_version(version.into())?;
        // Version 1 ended before what is learned beside states and transitions, version 2 before the slots.
        let completed = (version < AUTOMATON_VERSION).then(|| {
            let learned =
                if version == 1 { postcard::to_allocvec(&Learned::default()).unwrap_or_default() } else { Vec::new() };
            let slots = postcard::to_allocvec(&None::<Vec<SlotValues>>).unwrap_or_default();
            [body, &learned, &slots].concat()
        });
        let (automaton, rest): (Self, _) = postcard::take_from_bytes(completed.as_deref().unwrap_or(body))
            .map_err(|e| Error::invalid(WHAT, format!("The binary form: {e}.")))?;
        if !rest.is_empty() {
            return Err(Error::invalid(WHAT, "Bytes are left over at the end."));
        }
        automaton.validate()?;
        Ok(automaton)
    }

    /// The JSON form, complete: [`Automaton::from_json`] gives back the same automaton.
    pub fn to_json(&self) -> String {
        // invariant: no map with keys that are not strings, no failing Serialize
        serde_json::to_string(&JsonOut { version: AUTOMATON_VERSION, automaton: self }).unwrap_or_default()
    }

    /// Reads the JSON form, checking everything.
    pub fn from_json(json: &str) -> Result<Self> {
        let not_object = || Error::invalid(WHAT, "The JSON form is an object with a version.");
        let value: Value = serde_json::from_str(json).map_err(|_| not_object())?;
        check_version(value.get("version").and_then(Value::as_u64).ok_or_else(not_object)?)?;
        let automaton: Self =
            serde_json::from_value(value).map_err(|e| Error::invalid(WHAT, format!("The JSON form: {e}.")))?;
        automaton.validate()?;
        Ok(automaton)
    }

    /// SHA-256 of the binary form as version 2 wrote it: names a model in runs and seeds its random streams, which
    /// therefore stay what they were. What was added since only sums up what the counts in it stand for.
    pub fn fingerprint(&self) -> [u8; 32] {
        const FINGERPRINTED: u8 = 2;
        let parts = (&self.kind, &self.labels, &self.stops, &self.transitions, &self.totals, &self.durations);
        let rest = (&self.starts, &self.pair_times, &self.learned);
        // invariant: serialising plain vectors into a growing buffer cannot fail
        Sha256::digest(postcard::to_extend(&(parts, rest), vec![FINGERPRINTED]).unwrap_or_default()).into()
    }
}

fn check_version(found: u64) -> Result<()> {
    if found == 0 {
        return Err(Error::invalid(WHAT, "Versions count from 1."));
    }
    if found > AUTOMATON_VERSION.into() {
        let found = u32::try_from(found).unwrap_or(u32::MAX);
        return Err(Error::NewerVersion { what: WHAT, found, newest: AUTOMATON_VERSION.into() });
    }
    Ok(())
}
