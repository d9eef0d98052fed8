//! Traces that should be rejected, made from real ones by one change.

use crate::automaton::LabelId;
use crate::infer::Held;
use crate::infer::bits::framed;
use crate::synth::random::Stream;
use hashbrown::{HashMap, HashSet};

/// The longest window that a change is judged by: two swapped neighbours and what is beside them.
const LONGEST: usize = 5;
/// How often a change is tried before a trace is given up.
const TRIES: usize = 100;

/// What occurs in positive traces, to know what does not.
pub struct Positives<'a> {
    traces: &'a [Held],
    /// Distinct traces by count: (upper end of its share, position).
    total: u64,
    ends: Vec<u64>,
    windows: [HashSet<Box<[LabelId]>>; LONGEST + 1],
    whole: HashSet<&'a [LabelId]>,
    /// Where each pair of events in a row occurs: (trace, position of the first).
    pairs: HashMap<[LabelId; 2], Vec<(u32, u32)>>,
}

/// A negative trace and the windows around its change, in which no positive trace can be found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Negative {
    /// Its events.
    pub events: Vec<LabelId>,
    /// The changed entries with their direct neighbours; START and END may be among them.
    pub windows: Vec<Vec<LabelId>>,
}

impl<'a> Positives<'a> {
    /// Indexes distinct traces. O(events).
    pub fn new(traces: &'a [Held]) -> Self {
        let mut windows: [HashSet<Box<[LabelId]>>; LONGEST + 1] = Default::default();
        let (mut ends, mut total) = (Vec::with_capacity(traces.len()), 0);
        let mut pairs: HashMap<[LabelId; 2], Vec<(u32, u32)>> = HashMap::new();
        for (number, trace) in traces.iter().enumerate() {
            total += trace.count;
            ends.push(total);
            let framed = framed(&trace.events);
            for (length, seen) in windows.iter_mut().enumerate().skip(2) {
                for window in framed.windows(length) {
                    seen.get_or_insert_with(window, |window| window.into());
                }
            }
            for (at, pair) in trace.events.windows(2).enumerate() {
                pairs.entry([pair[0], pair[1]]).or_default().push((number as u32, at as u32));
            }
        }
        let whole = traces.iter().map(|trace| trace.events.as_slice()).collect();
        Positives { traces, total, ends, windows, whole, pairs }
    }

    fn occurs(&self, window: &[LabelId]) -> bool {
        self.windows[window.len()].contains(window)
    }

    /// An event taken from any positive trace, each as likely as it is frequent.
    fn any_event(&self, stream: &mut Stream) -> Option<LabelId> {
        let draw = stream.below(self.total);
        let events = &self.traces[self.ends.partition_point(|&end| end <= draw)].events;
        (!events.is_empty()).then(|| events[stream.below(events.len() as u64) as usize])
    }

    /// One random change of a trace: two entries swapped, one left out, or one put in; and the windows around it.
    fn change(&self, events: &[LabelId], stream: &mut Stream) -> Option<Negative> {
        let n = events.len() as u64;
        let mut changed = events.to_vec();
        let mut places: Vec<(usize, usize)> = Vec::new();
        match stream.below(3) {
            0 if n > 1 => {
                let (i, j) = (stream.below(n) as usize, stream.below(n) as usize);
                let (i, j) = (i.min(j), i.max(j));
                if events[i] == events[j] {
                    return None;
                }
                changed.swap(i, j);
                // Positions in the framed trace, one further than in the bare one.
                if j - i <= 2 { places.push((i, j + 3)) } else { places.extend([(i, i + 3), (j, j + 3)]) }
            }
            1 if n > 1 => {
                let i = stream.below(n) as usize;
                changed.remove(i);
                places.push((i, i + 2));
            }
            2 => {
                let i = stream.below(n + 1) as usize;
                changed.insert(i, self.any_event(stream)?);
                places.push((i, i + 3));
            }
            _ => return None,
        }
        let framed = framed(&changed);
        let windows = places.iter().map(|&(start, end)| framed[start..end].to_vec()).collect();
        Some(Negative { events: changed, windows })
    }

    /// A local negative: every window around its change occurs in no positive trace. `None` where none was found.
    pub fn local(&self, events: &[LabelId], stream: &mut Stream) -> Option<Negative> {
        (0..TRIES).find_map(|_| {
            let negative = self.change(events, stream)?;
            negative.windows.iter().all(|window| !self.occurs(window)).then_some(negative)
        })
    }

    /// A hidden negative: every three entries in a row, start and end counted, occur in positive traces, the whole
    /// trace is none of them. By one change if possible, else by going over to another trace at two equal events.
    pub fn hidden(&self, events: &[LabelId], stream: &mut Stream) -> Option<Vec<LabelId>> {
        let hidden = |events: &[LabelId]| {
            let framed = framed(events);
            framed.windows(3.min(framed.len())).all(|window| self.occurs(window)) && !self.whole.contains(events)
        };
        let by_change = (0..TRIES).find_map(|_| {
            let changed = self.change(events, stream)?.events;
            hidden(&changed).then_some(changed)
        });
        by_change.or_else(|| {
            (0..TRIES).find_map(|_| {
                let at = stream.below(events.len().saturating_sub(1) as u64) as usize;
                let places = self.pairs.get(events.get(at..at + 2)?)?;
                let (other, there) = places[stream.below(places.len() as u64) as usize];
                let mut crossed = events[..at].to_vec();
                crossed.extend_from_slice(&self.traces[other as usize].events[there as usize..]);
                hidden(&crossed).then_some(crossed)
            })
        })
    }
}
