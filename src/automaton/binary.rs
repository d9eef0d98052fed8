//! The binary and JSON forms of an automaton, both versioned and both checked when read.

use super::{Automaton, Learned, SlotValues};
use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
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

    /// The JSON form, if it has at most so many bytes: it is several times as long as the binary one.
    pub fn to_json_within(&self, limit: usize) -> Result<String> {
        let mut text = Bounded { text: Vec::new(), limit };
        match serde_json::to_writer(&mut text, &JsonOut { version: AUTOMATON_VERSION, automaton: self }) {
            Ok(()) => Ok(String::from_utf8(text.text).unwrap_or_default()),
            Err(_) => Err(Error::MemoryLimit { operation: "to_json", limit }),
        }
    }

    /// Reads the JSON form, checking everything.
    pub fn from_json(json: &str) -> Result<Self> {
        #[derive(Deserialize)]
        struct Version {
            version: u64,
        }
        let not_object = || Error::invalid(WHAT, "The JSON form is an object with a version.");
        // Read twice: a tree of JSON values would take many times what the automaton does.
        let version: Version = serde_json::from_str(json).map_err(|_| not_object())?;
        check_version(version.version)?;
        let automaton: Self = serde_json::from_str(json).map_err(|error| {
            // Where in the text it is says nothing: jsonb has an order of its own.
            let error = error.to_string();
            let what = error.split(" at line ").next().unwrap_or_default();
            Error::invalid(WHAT, format!("The JSON form: {what}."))
        })?;
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

/// Text that fails to grow beyond a limit.
struct Bounded {
    text: Vec<u8>,
    limit: usize,
}

impl std::io::Write for Bounded {
    fn write(&mut self, more: &[u8]) -> std::io::Result<usize> {
        if self.text.len() + more.len() > self.limit {
            return Err(std::io::ErrorKind::OutOfMemory.into());
        }
        self.text.extend_from_slice(more);
        Ok(more.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
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
