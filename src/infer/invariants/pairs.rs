//! Counts of ordered pairs of event types: a matrix where types are few, a table of the pairs that occur where they are
//! many.

use crate::automaton::LabelId;
use crate::error::{Error, Result};
use hashbrown::HashMap;
use serde::{Deserialize, Serialize};

/// What is counted for an ordered pair (a, b) of event types.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Pair {
    /// Events a with a later b.
    pub(super) followed: u64,
    /// Events b with an earlier a.
    pub(super) preceded: u64,
    /// Consecutive a with a b between.
    pub(super) interrupted: u64,
    /// Smallest and largest time from a to a later b; (MAX, 0) where none is known.
    pub(super) times: (u64, u64),
}

pub(super) const NOTHING: Pair = Pair { followed: 0, preceded: 0, interrupted: 0, times: (u64::MAX, 0) };

/// Event types up to which all pairs have a place of their own: 42 MB.
const MATRIX: usize = 1024;
/// Bytes that an entry of the table takes, room to grow included.
const ENTRY: usize = 2 * (size_of::<(LabelId, LabelId)>() + size_of::<Pair>());

/// The counts of all pairs.
#[derive(Debug, Clone)]
pub(super) struct Pairs {
    form: Form,
    limit: usize,
}

#[derive(Debug, Clone)]
enum Form {
    /// Row a, column b, so many columns.
    Matrix(Vec<Pair>, usize),
    /// Pairs that occur.
    Table(HashMap<(LabelId, LabelId), Pair>),
}

impl Pairs {
    /// None yet, and at most about `limit` bytes.
    pub(super) fn new(limit: usize) -> Self {
        Pairs { form: Form::Matrix(Vec::new(), 0), limit }
    }

    /// Room for `labels` labels, as a matrix however many they are: for those that know that most pairs occur. Left as it
    /// is where that takes more than the limit.
    pub(super) fn fill(&mut self, labels: usize) {
        if labels.saturating_mul(labels).saturating_mul(size_of::<Pair>()) <= self.limit {
            self.form = Form::Matrix(vec![NOTHING; labels * labels], labels);
        }
    }

    /// How many pairs have a place.
    pub(super) fn len(&self) -> usize {
        match &self.form {
            Form::Matrix(all, _) => all.len(),
            Form::Table(table) => table.len(),
        }
    }

    /// Steps of work that adding to a pair takes, in quarters.
    pub(super) fn quarters(&self) -> usize {
        match self.form {
            Form::Matrix(..) => 1,
            Form::Table(_) => 32,
        }
    }

    /// Makes room for `labels` labels. O(labels²) where they are few.
    pub(super) fn widen(&mut self, labels: usize) -> Result<()> {
        let Form::Matrix(all, columns) = &self.form else { return Ok(()) };
        if labels <= *columns {
            return Ok(());
        }
        let wider = labels.max(2 * columns).clamp(8, MATRIX);
        if labels > MATRIX || wider * wider * size_of::<Pair>() > self.limit {
            let occurring = self.occurring().map(|(a, b, pair)| ((a, b), pair)).collect();
            self.form = Form::Table(occurring);
            return self.check();
        }
        let mut matrix = vec![NOTHING; wider * wider];
        for (row, old) in all.chunks((*columns).max(1)).enumerate() {
            matrix[row * wider..row * wider + old.len()].copy_from_slice(old);
        }
        self.form = Form::Matrix(matrix, wider);
        Ok(())
    }

    /// Fails where the pairs that occur take more than the limit.
    pub(super) fn check(&self) -> Result<()> {
        match &self.form {
            Form::Table(table) if table.len().saturating_mul(ENTRY) > self.limit => {
                Err(Error::MemoryLimit { operation: "mining invariants", limit: self.limit })
            }
            _ => Ok(()),
        }
    }

    /// The counts of a pair.
    pub(super) fn get(&self, a: LabelId, b: LabelId) -> Pair {
        match &self.form {
            Form::Matrix(all, columns) => all[a as usize * columns + b as usize],
            Form::Table(table) => table.get(&(a, b)).copied().unwrap_or(NOTHING),
        }
    }

    /// The counts of a pair, to be added to.
    pub(super) fn at(&mut self, a: LabelId, b: LabelId) -> &mut Pair {
        match &mut self.form {
            Form::Matrix(all, columns) => &mut all[a as usize * *columns + b as usize],
            Form::Table(table) => table.entry((a, b)).or_insert(NOTHING),
        }
    }

    /// The pairs that occur, in no order.
    pub(super) fn occurring(&self) -> Box<dyn Iterator<Item = (LabelId, LabelId, Pair)> + '_> {
        let all: Box<dyn Iterator<Item = (LabelId, LabelId, Pair)> + '_> = match &self.form {
            Form::Matrix(all, columns) => {
                let place = move |at: usize| ((at / columns) as LabelId, (at % columns) as LabelId);
                Box::new(all.iter().enumerate().map(move |(at, &pair)| (place(at).0, place(at).1, pair)))
            }
            Form::Table(table) => Box::new(table.iter().map(|(&(a, b), &pair)| (a, b, pair))),
        };
        Box::new(all.filter(|(_, _, pair)| *pair != NOTHING))
    }
}
