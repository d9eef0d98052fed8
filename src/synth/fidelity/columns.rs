//! Parameters as columns, one per event type and slot: their shapes, and how many parameters events have.
//!
//! The yardstick is the real side's alone: which values are frequent, what is a number, where ranges lie.

use super::report::Trace;
use super::{ks, ngrams};
use crate::automaton::LabelId;
use crate::trace::slots;
use hashbrown::HashMap;
use xxhash_rust::xxh3::xxh3_64;

/// Values seen fewer times count as one: generators pool them.
const LEAST: u64 = 5;
/// Values told apart in a column, and ranges of numbers.
const MOST_WORDS: usize = 1024;
const RANGES: usize = 10;
/// The bin of null, and of values that are pooled.
const NULL: u32 = 0;
const RARE: u32 = 1;

/// What a column holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// Names of things: only which of them are equal can be compared.
    Identifier,
    /// Words, the frequent ones by their bins.
    Words(HashMap<Box<str>, u32>),
    /// Numbers: all real ones, ascending, and where each range of them starts.
    Numbers(Vec<f64>, Vec<f64>),
}

/// One parameter of an event type.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// The event type.
    pub label: LabelId,
    /// The slot.
    pub name: Box<str>,
    /// What it holds.
    pub kind: Kind,
}

/// A value in its column.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cell {
    /// The column.
    pub column: u32,
    /// The value's bin; of identifiers a hash.
    pub bin: u32,
    /// The number, where the column holds numbers.
    pub number: Option<f64>,
}

/// A trace's parameters, coded.
#[derive(Debug, Clone, PartialEq)]
pub struct Coded {
    /// The trace's weight.
    pub weight: f64,
    /// Its events with their cells, null ones included.
    pub events: Vec<(LabelId, Vec<Cell>)>,
}

/// All columns, ascending by event type and slot.
#[derive(Debug, Clone, PartialEq)]
pub struct Columns {
    /// Them.
    pub list: Vec<Column>,
}

fn number(text: &str) -> Option<f64> {
    text.parse::<f64>().ok().filter(|n| n.is_finite())
}

impl Columns {
    /// The columns of real traces. `is_identifier` says which hold names of things. O(values × log values).
    pub fn of(real: &[Trace], is_identifier: &dyn Fn(LabelId, &str) -> bool) -> Self {
        let mut values: HashMap<(LabelId, Box<str>), HashMap<Box<str>, u64>> = HashMap::new();
        for trace in real {
            crate::interrupt::check();
            for (&label, json) in trace.events.iter().zip(&trace.parameters) {
                for slot in json.as_deref().map(slots).unwrap_or_default() {
                    let of_column = values.entry((label, slot.name.into())).or_default();
                    if let Some(text) = slot.value {
                        *of_column.entry_ref(&*text).or_default() += 1;
                    }
                }
            }
        }
        let column = |((label, name), values): ((LabelId, Box<str>), HashMap<Box<str>, u64>)| {
            let kind = if is_identifier(label, &name) { Kind::Identifier } else { Kind::of(values) };
            Column { label, name, kind }
        };
        let mut list: Vec<Column> = values.into_iter().map(column).collect();
        list.sort_unstable_by(|a, b| (a.label, &a.name).cmp(&(b.label, &b.name)));
        Columns { list }
    }

    /// Traces as these columns see them; values of other columns are left out.
    pub fn code(&self, traces: &[Trace]) -> Vec<Coded> {
        let cells = |label: LabelId, json: &str| -> Vec<Cell> {
            let cell = |slot: crate::trace::Slot<'_>| {
                let found = self.list.binary_search_by(|c| (c.label, &*c.name).cmp(&(label, &*slot.name))).ok()?;
                let (bin, number) = self.list[found].kind.bin(slot.value.as_deref());
                Some(Cell { column: found as u32, bin, number })
            };
            slots(json).into_iter().filter_map(cell).collect()
        };
        let event = |(&label, json): (&LabelId, &Option<Box<str>>)| {
            (label, json.as_deref().map(|json| cells(label, json)).unwrap_or_default())
        };
        traces
            .iter()
            .map(|t| Coded { weight: t.weight, events: t.events.iter().zip(&t.parameters).map(event).collect() })
            .collect()
    }
}

impl Kind {
    fn of(values: HashMap<Box<str>, u64>) -> Self {
        let mut all: Vec<(Box<str>, u64)> = values.into_iter().collect();
        all.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let numbers: Option<Vec<(f64, u64)>> = all.iter().map(|(text, count)| Some((number(text)?, *count))).collect();
        if let Some(numbers) = numbers.filter(|n| !n.is_empty()) {
            let repeat = |&(number, count): &(f64, u64)| std::iter::repeat_n(number, count as usize);
            let mut sorted: Vec<f64> = numbers.iter().flat_map(repeat).collect();
            sorted.sort_unstable_by(f64::total_cmp);
            let mut edges: Vec<f64> = (1..RANGES).map(|i| sorted[i * sorted.len() / RANGES]).collect();
            edges.dedup();
            return Kind::Numbers(sorted, edges);
        }
        let frequent = all.into_iter().take(MOST_WORDS).take_while(|v| v.1 >= LEAST);
        Kind::Words(frequent.zip(RARE + 1..).map(|((text, _), bin)| (text, bin)).collect())
    }

    fn bin(&self, text: Option<&str>) -> (u32, Option<f64>) {
        let Some(text) = text else { return (NULL, None) };
        match self {
            Kind::Identifier => (xxh3_64(text.as_bytes()) as u32 | 1, None),
            Kind::Words(bins) => (bins.get(text).copied().unwrap_or(RARE), None),
            Kind::Numbers(_, edges) => match number(text) {
                Some(number) => (RARE + 1 + edges.partition_point(|&edge| edge <= number) as u32, Some(number)),
                None => (RARE, None),
            },
        }
    }

    /// Where a number stands among the real ones, from -1/2 to 1/2.
    pub fn rank(&self, number: f64) -> f64 {
        let Kind::Numbers(sorted, _) = self else { return 0.0 };
        let (below, up_to) = (sorted.partition_point(|&n| n < number), sorted.partition_point(|&n| n <= number));
        (below + up_to) as f64 / (2 * sorted.len().max(1)) as f64 - 0.5
    }
}

/// For each column how alike its values are on both sides: 1 less the Kolmogorov–Smirnov distance of numbers, or less
/// the total variation of words. `None` for identifiers and for columns that the first side does not have.
pub fn shapes(columns: &Columns, a: &[Coded], b: &[Coded]) -> Vec<Option<f64>> {
    let (a, b) = (Values::of(columns, a), Values::of(columns, b));
    let shape = |i: usize| match &columns.list[i].kind {
        _ if a.bins[i].is_empty() => None,
        Kind::Identifier => None,
        Kind::Numbers(..) if !a.numbers[i].is_empty() => {
            let distance = if b.numbers[i].is_empty() { 1.0 } else { ks(&a.numbers[i], &b.numbers[i]) };
            Some((1.0 - distance).max(0.0))
        }
        _ => Some(overlap(&a.bins[i], &b.bins[i])),
    };
    (0..columns.list.len()).map(shape).collect()
}

/// 1 less the total variation of two sets of counts; 0 where one is empty.
pub fn overlap<K: Ord + Clone + std::hash::Hash + Eq>(a: &HashMap<K, f64>, b: &HashMap<K, f64>) -> f64 {
    ngrams::shares(a, b).iter().fold(0.0, |sum, (f, g)| sum + f.min(*g))
}

/// The values of each column.
struct Values {
    bins: Vec<HashMap<u32, f64>>,
    numbers: Vec<Vec<(f64, f64)>>,
}

impl Values {
    fn of(columns: &Columns, traces: &[Coded]) -> Self {
        let n = columns.list.len();
        let mut values = Values { bins: vec![HashMap::new(); n], numbers: vec![Vec::new(); n] };
        for trace in traces {
            crate::interrupt::check();
            for cell in trace.events.iter().flat_map(|e| &e.1) {
                let column = cell.column as usize;
                *values.bins[column].entry(cell.bin).or_default() += trace.weight;
                values.numbers[column].extend(cell.number.map(|number| (number, trace.weight)));
            }
        }
        values
    }
}

/// How alike the numbers of parameters per event are: the overlap of their distributions for each event type that has
/// any, by the event type's share of the first side. `None` without parameters.
pub fn parameters_per_event(a: &[Coded], b: &[Coded]) -> Option<f64> {
    let of = |side: &[Coded]| {
        let mut counts: HashMap<LabelId, HashMap<usize, f64>> = HashMap::new();
        for trace in side {
            for (label, cells) in &trace.events {
                *counts.entry(*label).or_default().entry(cells.len()).or_default() += trace.weight;
            }
        }
        counts
    };
    let (a, b) = (of(a), of(b));
    let none = HashMap::new();
    let mut labels: Vec<&LabelId> = a.iter().filter(|(_, counts)| counts.keys().any(|&n| n > 0)).map(|c| c.0).collect();
    labels.sort_unstable();
    let mut sum = (0.0, 0.0);
    for label in labels {
        let weight = total(&a[label]);
        sum = (sum.0 + weight * overlap(&a[label], b.get(label).unwrap_or(&none)), sum.1 + weight);
    }
    (sum.1 > 0.0).then(|| sum.0 / sum.1)
}

/// The sum of counts, in an order of its own.
fn total<K: Ord>(counts: &HashMap<K, f64>) -> f64 {
    let mut all: Vec<(&K, f64)> = counts.iter().map(|(k, &v)| (k, v)).collect();
    all.sort_unstable_by(|a, b| a.0.cmp(b.0));
    all.into_iter().fold(0.0, |sum, c| sum + c.1)
}
