//! The rows of a statement as events: keys and names as numbers, so that a million of them are small.

use crate::conform::NO_SEQ;
use crate::trace::Label;
use hashbrown::HashTable;
use xxhash_rust::xxh3::Xxh3;

/// Stands for a name that a row does not have.
pub const NO_NAME: u32 = u32::MAX;

/// An inserted row.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// The entry of its trace.
    pub trace: u32,
    /// Its event type, or [`NO_NAME`] where the row is incomplete.
    pub name: u32,
    /// Microseconds since 2000-01-01 UTC; 0 where order is by number alone.
    pub at: i64,
    /// The sequence number, or [`NO_SEQ`].
    pub seq: i64,
    /// Which row of the statement it is, from 0.
    pub number: u32,
    /// Its parameters' place in [`Rows::texts`], from 1; 0 for none.
    pub parameters: u32,
    /// Its message's place in [`Rows::texts`], from 1; 0 for none kept.
    pub message: u32,
    /// The table it was inserted into, in [`Rows::texts`], from 1; 0 for the one at hand.
    pub table: u32,
    /// True where it was found anomalous before, by what its transaction saw.
    pub flagged: bool,
}

/// The rows of a statement, or some of them.
#[derive(Default)]
pub struct Rows {
    /// In the order they came.
    pub rows: Vec<Row>,
    /// Parameters and messages.
    pub texts: Vec<Box<str>>,
    /// Rows that no trace can be told for: their key is too long, or no format matches their line.
    pub left_out: u64,
}

impl Rows {
    /// Keeps a text.
    pub fn keep(&mut self, text: Option<String>) -> u32 {
        let Some(text) = text else { return 0 };
        self.texts.push(text.into());
        self.texts.len() as u32
    }

    /// A kept text.
    pub fn text(&self, place: u32) -> Option<&str> {
        place.checked_sub(1).and_then(|i| self.texts.get(i as usize)).map(|text| &**text)
    }

    /// The rows grouped by trace, groups in the order their first rows came, each in the order of its trace.
    pub fn groups(&self, names: &Names) -> Vec<Vec<Row>> {
        if let [row] = self.rows[..] {
            return vec![vec![row]];
        }
        let mut group_of: hashbrown::HashMap<u32, u32> = hashbrown::HashMap::new();
        let mut groups: Vec<Vec<Row>> = Vec::new();
        for row in &self.rows {
            let group = *group_of.entry(row.trace).or_insert_with(|| {
                groups.push(Vec::new());
                groups.len() as u32 - 1
            });
            groups[group as usize].push(*row);
        }
        for group in &mut groups {
            self.order(group, names);
        }
        groups
    }

    /// Puts rows of one trace in its order.
    pub fn order(&self, rows: &mut [Row], names: &Names) {
        let compare = |a: &Row, b: &Row| {
            (a.at, a.seq)
                .cmp(&(b.at, b.seq))
                .then_with(|| names.compare(a.name, b.name))
                .then_with(|| self.text(a.parameters).cmp(&self.text(b.parameters)))
        };
        if !rows.is_sorted_by(|a, b| compare(a, b).is_le()) {
            rows.sort_by(compare);
        }
    }
}

/// Event types by number: first those of the machine, as it numbers them, then others as they came.
pub struct Names {
    labels: Vec<Label>,
    known: u32,
    index: HashTable<u32>,
}

impl Names {
    /// The event types of a machine.
    pub fn new(labels: &[Label]) -> Self {
        let mut names = Names { labels: Vec::new(), known: 0, index: HashTable::new() };
        for label in labels {
            names.add(label.clone());
        }
        names.known = labels.len() as u32;
        names
    }

    fn add(&mut self, label: Label) -> u32 {
        let number = self.labels.len() as u32;
        let hash = hash(label.component.as_deref().map(str::as_bytes), label.event.as_bytes());
        self.labels.push(label);
        let labels = &self.labels;
        self.index.insert_unique(hash, number, |&i| {
            let label = &labels[i as usize];
            hash_of(label)
        });
        number
    }

    /// The number of an event type.
    pub fn number(&mut self, component: Option<&[u8]>, event: &[u8]) -> u32 {
        let labels = &self.labels;
        let found = self.index.find(hash(component, event), |&i| {
            let label = &labels[i as usize];
            label.event.as_bytes() == event && label.component.as_deref().map(str::as_bytes) == component
        });
        match found {
            Some(&number) => number,
            None => {
                let component = component.map(String::from_utf8_lossy);
                self.add(Label::new(component.as_deref(), &String::from_utf8_lossy(event)))
            }
        }
    }

    /// The event type of a number.
    pub fn label(&self, number: u32) -> &Label {
        &self.labels[number as usize]
    }

    /// The number as the machine knows it.
    pub fn known(&self, number: u32) -> Option<u32> {
        (number < self.known).then_some(number)
    }

    /// Forgets event types that the machine does not know.
    pub fn forget_unknown(&mut self) {
        while self.labels.len() > self.known as usize {
            let number = self.labels.len() as u32 - 1;
            if let Some(label) = self.labels.pop()
                && let Ok(entry) = self.index.find_entry(hash_of(&label), |&i| i == number)
            {
                entry.remove();
            }
        }
    }

    /// The order of two event types among rows of the same time and number.
    fn compare(&self, a: u32, b: u32) -> std::cmp::Ordering {
        if a == b || a == NO_NAME || b == NO_NAME {
            return a.cmp(&b);
        }
        let (a, b) = (self.label(a), self.label(b));
        a.event.cmp(&b.event).then_with(|| a.component.cmp(&b.component))
    }
}

fn hash_of(label: &Label) -> u64 {
    hash(label.component.as_deref().map(str::as_bytes), label.event.as_bytes())
}

fn hash(component: Option<&[u8]>, event: &[u8]) -> u64 {
    let Some(component) = component else { return xxhash_rust::xxh3::xxh3_64(event) };
    let mut hasher = Xxh3::new();
    hasher.update(component);
    hasher.update(&[0xff]);
    hasher.update(event);
    hasher.digest()
}

impl Row {
    /// True where a trace cannot take the row: it has no event type, no time or no number to order it by.
    pub fn is_incomplete(&self) -> bool {
        self.name == NO_NAME
    }

    /// A row that a trace cannot take.
    pub fn incomplete(trace: u32, number: u32) -> Self {
        Row { trace, name: NO_NAME, at: 0, seq: NO_SEQ, number, parameters: 0, message: 0, table: 0, flagged: false }
    }
}
