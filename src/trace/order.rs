//! The order of events inside a trace, and building a trace from ordered rows.

use super::{Label, Trace, Variant};
use crate::error::{Error, Result};
use hashbrown::HashMap;
use std::cmp::Ordering;

/// One row of a trace before ordering: (at, seq, event, component, parameters).
pub type Row<'a> = (Option<i64>, Option<i64>, &'a str, Option<&'a str>, Option<&'a str>);

/// The total order of rows inside a trace: at, then seq, then event, component and parameters by bytes.
///
/// Ties therefore never depend on the plan that delivered the rows.
pub fn compare_rows(a: &Row<'_>, b: &Row<'_>) -> Ordering {
    a.0.cmp(&b.0)
        .then_with(|| a.1.cmp(&b.1))
        .then_with(|| a.2.as_bytes().cmp(b.2.as_bytes()))
        .then_with(|| a.3.map(str::as_bytes).cmp(&b.3.map(str::as_bytes)))
        .then_with(|| a.4.map(str::as_bytes).cmp(&b.4.map(str::as_bytes)))
}

/// One row of a trace before ordering, its label interned.
#[derive(Debug, Clone, Copy)]
pub struct EventRow<'a> {
    /// Microseconds since 2000-01-01 UTC; any value where the trace has no times.
    pub at: i64,
    /// The label's position in the list it is interned in.
    pub label: u32,
    /// The sequence number, if given.
    pub seq: Option<i64>,
    /// JSON text of the parameters.
    pub parameters: Option<&'a str>,
}

/// Orders rows as [`compare_rows`] does. O(n log n), O(n) for rows in order of time.
pub fn sort_rows(rows: &mut [EventRow<'_>], labels: &[Label]) {
    let ascending = rows.windows(2).all(|pair| pair[0].at < pair[1].at);
    if !ascending {
        rows.sort_unstable_by(|a, b| {
            (a.at, a.seq).cmp(&(b.at, b.seq)).then_with(|| {
                let (x, y) = (&labels[a.label as usize], &labels[b.label as usize]);
                let by_label = if a.label == b.label {
                    Ordering::Equal
                } else {
                    x.event.cmp(&y.event).then_with(|| x.component.cmp(&y.component))
                };
                by_label.then_with(|| a.parameters.cmp(&b.parameters))
            })
        });
    }
}

/// How many ordered rows neither time nor sequence number tells from the one before.
pub fn ties(rows: &[EventRow<'_>]) -> u32 {
    rows.windows(2).filter(|pair| (pair[0].at, pair[0].seq) == (pair[1].at, pair[1].seq)).count() as u32
}

/// Whether the rows of a trace have sequence numbers. Errors: some have one and others have none.
pub fn check_numbered(rows: &[EventRow<'_>]) -> Result<bool> {
    let numbered = rows.iter().filter(|row| row.seq.is_some()).count();
    if numbered != 0 && numbered != rows.len() {
        return Err(Error::InvalidArgument {
            argument: "sequence numbers",
            reason: format!("{numbered} of the {} events of a trace have one, the others have none.", rows.len()),
            hint: "Give seq for all events of a trace, or for none.".into(),
        });
    }
    Ok(numbered > 0)
}

/// Orders rows as [`compare_rows`] does and builds their trace. O(n log n), O(n) for rows in order of time.
///
/// Errors: some rows have a sequence number and others have none.
pub fn assemble(mut rows: Vec<EventRow<'_>>, labels: &[Label], timed: bool) -> Result<Trace> {
    sort_rows(&mut rows, labels);
    let ties = ties(&rows);
    check_numbered(&rows)?;
    let has_parameters = rows.iter().any(|row| row.parameters.is_some());
    Ok(Trace {
        variant: Variant::from_ids(rows.iter().map(|row| row.label), labels),
        times: if timed { rows.iter().map(|row| row.at).collect() } else { Vec::new() },
        seqs: rows.iter().filter_map(|row| row.seq).collect(),
        parameters: if has_parameters {
            rows.iter().map(|row| row.parameters.map(Into::into)).collect()
        } else {
            Vec::new()
        },
        ties,
    })
}

/// Collects rows that are already in the order of [`compare_rows`] into a [`Trace`].
#[derive(Debug, Default)]
pub struct TraceBuilder {
    trace: Trace,
    ids: HashMap<Label, u32>,
}

impl TraceBuilder {
    /// Appends one event. Either all events of a trace have a time or none has; the same holds for sequence numbers.
    pub fn push(
        &mut self,
        component: Option<&str>,
        event: &str,
        at: Option<i64>,
        seq: Option<i64>,
        parameters: Option<&str>,
    ) {
        let trace = &mut self.trace;
        let position = trace.variant.events.len();
        let label = Label::new(component, event);
        let next = trace.variant.labels.len() as u32;
        let id = *self.ids.entry(label).or_insert_with_key(|label| {
            trace.variant.labels.push(label.clone());
            next
        });
        let same_time = at.is_none() || trace.times.last() == at.as_ref();
        let same_seq = seq.is_none() || trace.seqs.last() == seq.as_ref();
        if position > 0 && same_time && same_seq && (at.is_some() || seq.is_some()) {
            trace.ties += 1;
        }
        trace.variant.events.push(id);
        trace.times.extend(at);
        trace.seqs.extend(seq);
        if let Some(parameters) = parameters {
            trace.parameters.resize(position, None);
            trace.parameters.push(Some(parameters.into()));
        } else if !trace.parameters.is_empty() {
            trace.parameters.push(None);
        }
    }

    /// The finished trace.
    pub fn finish(self) -> Trace {
        self.trace
    }
}

impl Trace {
    /// Orders rows by [`compare_rows`] and builds their trace. O(n log n).
    pub fn from_rows(mut rows: Vec<Row<'_>>) -> Self {
        rows.sort_by(compare_rows);
        let mut builder = TraceBuilder::default();
        for (at, seq, event, component, parameters) in rows {
            builder.push(component, event, at, seq, parameters);
        }
        builder.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_without_a_sequence_number_are_counted_and_ordered_by_bytes() {
        let trace = Trace::from_rows(vec![
            (Some(5), None, "b", None, None),
            (Some(5), None, "a", None, None),
            (Some(1), None, "z", None, None),
        ]);
        let events: Vec<String> = trace.variant.iter().map(Label::to_string).collect();
        assert_eq!(events, ["z", "a", "b"]);
        assert_eq!(trace.ties, 1);
    }

    #[test]
    fn sequence_numbers_decide_before_names() {
        let trace = Trace::from_rows(vec![(Some(5), Some(2), "a", None, None), (Some(5), Some(1), "b", None, None)]);
        assert_eq!(trace.variant.labels[0].event.as_ref(), "b");
        assert_eq!(trace.ties, 0);
    }
}
