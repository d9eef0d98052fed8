//! The binary form of a trace: a version byte, the variant, then times, sequence numbers and parameters.
//!
//! The variant comes first and as a block, so that a prefix tree recognises a variant it has seen by its bytes alone.

use super::{Label, Trace, Variant};
use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};

/// The version this release writes. Older ones stay readable.
pub const TRACE_VERSION: u8 = 1;
const WHAT: &str = "logfsm.trace";

#[derive(Serialize, Deserialize)]
struct Wire<'a> {
    #[serde(borrow)]
    variant: &'a [u8],
    ties: u32,
    time_deltas: Vec<i64>,
    seq_deltas: Vec<i64>,
    #[serde(borrow)]
    parameters: Vec<Option<&'a str>>,
}

/// A trace in binary form, read just far enough to be recognised.
#[derive(Debug, Clone)]
pub struct TraceView<'a> {
    /// The variant's bytes: equal exactly where the variants are equal.
    pub variant: &'a [u8],
    /// As in [`Trace`].
    pub ties: u32,
    /// As in [`Trace`].
    pub times: Vec<i64>,
    /// As in [`Trace`].
    pub parameters: Vec<Option<&'a str>>,
    seqs: Vec<i64>,
    bytes: &'a [u8],
}

fn deltas(values: &[i64]) -> Vec<i64> {
    let mut last = 0i64;
    values.iter().map(|&v| v.wrapping_sub(std::mem::replace(&mut last, v))).collect()
}

fn undo_deltas(mut values: Vec<i64>) -> Vec<i64> {
    let mut last = 0i64;
    for value in &mut values {
        last = last.wrapping_add(*value);
        *value = last;
    }
    values
}

impl Variant {
    /// The bytes that stand for this variant inside a trace.
    pub fn to_bytes(&self) -> Vec<u8> {
        // invariant: serialising plain vectors into a growing buffer cannot fail
        postcard::to_allocvec(&(&self.labels, &self.events)).unwrap_or_default()
    }

    /// Reads what [`Variant::to_bytes`] wrote, checking everything.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let ((labels, events), rest): ((Vec<Label>, Vec<u32>), _) =
            postcard::take_from_bytes(bytes).map_err(|e| Error::invalid(WHAT, format!("The variant: {e}.")))?;
        if !rest.is_empty() {
            return Err(Error::invalid(WHAT, "Bytes are left over after the variant."));
        }
        let mut seen = 0u32;
        for &event in &events {
            if event > seen || event as usize >= labels.len() {
                return Err(Error::invalid(WHAT, "An event refers to a label that is missing or out of order."));
            }
            seen = seen.max(event + 1);
        }
        if seen as usize != labels.len() {
            return Err(Error::invalid(WHAT, "A label is not used by any event."));
        }
        let mut sorted: Vec<&Label> = labels.iter().collect();
        sorted.sort_unstable();
        if sorted.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(Error::invalid(WHAT, "A label is listed twice."));
        }
        if labels.iter().any(|l| l.event.contains('\0') || l.component.as_ref().is_some_and(|c| c.contains('\0'))) {
            return Err(Error::invalid(WHAT, "A label holds a NUL character."));
        }
        Ok(Variant { labels, events })
    }
}

impl<'a> TraceView<'a> {
    /// The variant's bytes of a trace's binary form: nothing else of it is read. O(1).
    pub fn variant_of(bytes: &'a [u8]) -> Result<&'a [u8]> {
        let body = bytes.get(1..).unwrap_or_default();
        let variant = postcard::take_from_bytes::<&[u8]>(body);
        variant.map(|(variant, _)| variant).map_err(|e| Error::invalid(WHAT, format!("The variant: {e}.")))
    }

    /// Reads a trace's binary form without decoding its variant.
    pub fn from_bytes(bytes: &'a [u8]) -> Result<Self> {
        let (&version, body) = bytes.split_first().ok_or_else(|| Error::invalid(WHAT, "It is empty."))?;
        if version == 0 {
            return Err(Error::invalid(WHAT, "Versions count from 1."));
        }
        if version > TRACE_VERSION {
            return Err(Error::NewerVersion { what: WHAT, found: version.into(), newest: TRACE_VERSION.into() });
        }
        let (wire, rest): (Wire<'a>, _) =
            postcard::take_from_bytes(body).map_err(|e| Error::invalid(WHAT, format!("The events: {e}.")))?;
        if !rest.is_empty() {
            return Err(Error::invalid(WHAT, "Bytes are left over at the end."));
        }
        Ok(TraceView {
            variant: wire.variant,
            ties: wire.ties,
            times: undo_deltas(wire.time_deltas),
            parameters: wire.parameters,
            seqs: undo_deltas(wire.seq_deltas),
            bytes,
        })
    }

    /// As in [`Trace`].
    pub fn seqs(&self) -> &[i64] {
        &self.seqs
    }

    /// The binary form that was read.
    pub fn as_bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Fails unless times and parameters are those of so many events, or missing.
    pub fn check_lengths(&self, events: usize) -> Result<()> {
        let fits = |len: usize| len == 0 || len == events;
        if fits(self.times.len()) && fits(self.parameters.len()) {
            return Ok(());
        }
        Err(Error::invalid(WHAT, "Times or parameters do not match the events."))
    }

    /// The number of events. O(1) with times, else O(bytes of the variant).
    pub fn length(&self) -> Result<usize> {
        if !self.times.is_empty() {
            return Ok(self.times.len());
        }
        Ok(Variant::from_bytes(self.variant)?.events.len())
    }

    /// How many first events two traces have in common, with their times; the variants are those of the traces.
    pub fn shared(&self, variant: &Variant, other: &TraceView<'_>, other_variant: &Variant) -> usize {
        let same = |i: usize| {
            variant.labels[variant.events[i] as usize] == other_variant.labels[other_variant.events[i] as usize]
                && self.times.get(i) == other.times.get(i)
        };
        (0..variant.events.len().min(other_variant.events.len())).take_while(|&i| same(i)).count()
    }

    /// Decodes and checks the whole trace.
    pub fn to_trace(&self) -> Result<Trace> {
        let variant = Variant::from_bytes(self.variant)?;
        let n = variant.events.len();
        let fits = |len: usize| len == 0 || len == n;
        if !fits(self.times.len()) || !fits(self.seqs.len()) || !fits(self.parameters.len()) {
            return Err(Error::invalid(WHAT, "Times, sequence numbers or parameters do not match the events."));
        }
        if self.times.windows(2).any(|pair| pair[0] > pair[1]) {
            return Err(Error::invalid(WHAT, "Times decrease."));
        }
        if self.ties as usize >= n.max(1) {
            return Err(Error::invalid(WHAT, "More ties than events."));
        }
        if !self.parameters.is_empty() && self.parameters.iter().all(Option::is_none) {
            return Err(Error::invalid(WHAT, "Parameters are announced but all are missing."));
        }
        Ok(Trace {
            variant,
            times: self.times.clone(),
            seqs: self.seqs.clone(),
            parameters: self.parameters.iter().map(|p| p.map(Into::into)).collect(),
            ties: self.ties,
        })
    }
}

/// True for JSON text, however deep it is nested.
pub(super) fn is_json(text: &str) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

impl Trace {
    /// The binary form; equal traces have equal bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let variant = self.variant.to_bytes();
        let mut parameters: Vec<Option<&str>> = self.parameters.iter().map(|p| p.as_deref()).collect();
        if !parameters.is_empty() {
            parameters.resize(self.len(), None);
        }
        let wire = Wire {
            variant: &variant,
            ties: self.ties,
            time_deltas: deltas(&self.times),
            seq_deltas: deltas(&self.seqs),
            parameters,
        };
        // invariant: serialising plain vectors into a growing buffer cannot fail
        postcard::to_extend(&wire, vec![TRACE_VERSION]).unwrap_or_default()
    }

    /// Fails where an event's parameters are not JSON, however deep. What trace_agg made is; other input may not be.
    pub fn check_parameters(&self) -> Result<()> {
        match self.parameters.iter().position(|text| text.as_deref().is_some_and(|text| !is_json(text))) {
            None => Ok(()),
            Some(event) => Err(Error::invalid(WHAT, format!("The parameters of event {} are not JSON.", event + 1))),
        }
    }

    /// Reads what [`Trace::to_bytes`] wrote, of this or an older release, checking everything but what parameters hold.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        TraceView::from_bytes(bytes)?.to_trace()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_trace_survives_its_binary_form(
            rows in prop::collection::vec((any::<i64>(), 0i64..3, "[a-c]{1,2}", prop::option::of("[xy]"), prop::option::of("[0-9]")), 0..40)
        ) {
            let rows = rows.iter().map(|(at, seq, e, c, p)| (Some(*at), Some(*seq), e.as_str(), c.as_deref(), p.as_deref())).collect();
            let trace = Trace::from_rows(rows);
            prop_assert_eq!(Trace::from_bytes(&trace.to_bytes()).unwrap(), trace);
        }

        #[test]
        fn parameters_are_json_of_any_depth(depth in 0usize..3000, cut in 0usize..2) {
            let json = format!("{}1{}", "[".repeat(depth), "]".repeat(depth - depth.min(cut)));
            let trace = Trace::from_rows(vec![(None, Some(1), "e", None, Some(json.as_str()))]);
            prop_assert_eq!(trace.check_parameters().is_ok(), depth == 0 || cut == 0);
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Trace::from_bytes(&bytes);
            let mut versioned = vec![TRACE_VERSION];
            versioned.extend(&bytes);
            if let Ok(trace) = Trace::from_bytes(&versioned) {
                prop_assert_eq!(Trace::from_bytes(&trace.to_bytes()).unwrap(), trace);
            }
        }
    }
}
