//! What a transaction has scored and not yet written: live traces by key, with what to go back to at each savepoint.
//!
//! The rows of live traces are locked when they are first touched and written once, before the commit. So a transaction
//! of many statements writes each trace once, and one that is rolled back leaves nothing.

use super::compiled::Compiled;
use super::key::{Key, KeyIndex};
use super::statement::Statement;
use crate::conform::Standing;
use hashbrown::HashMap;
use pgrx::pg_sys::{self, SubTransactionId};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// Traces that a transaction keeps before it writes them.
const KEPT: usize = 200_000;

/// A live trace whose row this transaction holds.
#[derive(Debug, Clone)]
pub struct Held {
    /// Where it stands; `None` where that is not known until the source is read again.
    pub standing: Option<Standing>,
    /// The fit whose machine it stands in.
    pub fit: i32,
    /// True where events are missing from it, so that the source must be read again.
    pub dirty: bool,
    /// True where it differs from what is stored.
    pub changed: bool,
}

impl Held {
    /// A trace of which nothing is known before it is read from the source.
    pub fn unknown(model: &Compiled) -> Self {
        Held { standing: None, fit: model.model.info.fits, dirty: true, changed: false }
    }
}

/// A trace that this transaction saw.
pub struct Entry {
    /// Its key.
    pub key: Key,
    /// Its state, if its row is locked.
    pub held: Option<Held>,
    /// The subtransaction that held or changed it last.
    changed_in: SubTransactionId,
    /// What to go back to when that one is rolled back.
    before: Vec<(SubTransactionId, Option<Held>)>,
}

/// What a statement's rows that a BEFORE trigger let pass make of their traces. They are taken into them when the statement
/// is done.
struct Ahead {
    statement: Statement,
    started_in: SubTransactionId,
    states: HashMap<u32, Held>,
    /// True where that is not known any more.
    is_spoiled: bool,
}

/// The traces of one model.
pub struct Traces {
    /// The model as it was when last used.
    pub model: Rc<Compiled>,
    entries: Vec<Entry>,
    index: KeyIndex,
    touched: HashMap<SubTransactionId, Vec<u32>>,
    /// Statements that have let rows pass and are not done; a trigger's statement may run within another.
    ahead: Vec<Ahead>,
    /// With more entries than this they are written and forgotten, if they can be.
    room: usize,
}

thread_local! {
    static MODELS: RefCell<Vec<Traces>> = const { RefCell::new(Vec::new()) };
    static WORKING: RefCell<Vec<pg_sys::Oid>> = const { RefCell::new(Vec::new()) };
    static REGISTERED: Cell<bool> = const { Cell::new(false) };
}

impl Traces {
    fn new(model: Rc<Compiled>) -> Self {
        let (index, touched) = (KeyIndex::default(), HashMap::new());
        Traces { model, entries: Vec::new(), index, touched, ahead: Vec::new(), room: KEPT }
    }

    /// The entry of a key.
    pub fn entry_of(&mut self, key: Key) -> u32 {
        let next = self.entries.len() as u32;
        let entries = &self.entries;
        let found = self.index.find_or_add(&self.model.key, &key, next, |i| &entries[i as usize].key);
        if found == next {
            self.entries.push(Entry { key, held: None, changed_in: 0, before: Vec::new() });
        }
        found
    }

    /// An entry.
    pub fn entry(&self, trace: u32) -> &Entry {
        &self.entries[trace as usize]
    }

    /// Sets an entry's state as of the current subtransaction.
    pub fn hold(&mut self, trace: u32, held: Held) {
        // SAFETY: reads the transaction state.
        let current = unsafe { pg_sys::GetCurrentSubTransactionId() };
        let entry = &mut self.entries[trace as usize];
        if entry.changed_in == current {
            entry.held = Some(held);
            return;
        }
        let before = entry.held.replace(held);
        entry.before.push((entry.changed_in, before));
        entry.changed_in = current;
        self.touched.entry(current).or_default().push(trace);
    }

    /// The entries that differ from what is stored.
    pub fn changed(&self) -> Vec<u32> {
        let changed = |entry: &Entry| entry.held.as_ref().is_some_and(|held| held.changed);
        (0..self.entries.len() as u32).filter(|&i| changed(self.entry(i))).collect()
    }

    /// True where there are so many entries that they should be written and forgotten, and may be.
    pub fn is_full(&mut self) -> bool {
        if self.entries.len() <= self.room {
            return false;
        }
        let full = self.may_be_forgotten();
        // Under savepoints they must stay: not to be looked at again with every row.
        self.room = self.room.max(self.entries.len()) * 2;
        full
    }

    /// Where a trace stands with the rows that a statement let pass, or without any where it is held.
    pub fn ahead(&self, statement: Statement, trace: u32) -> Option<&Held> {
        let ahead = self.ahead.iter().find(|ahead| ahead.statement == statement);
        ahead.and_then(|ahead| ahead.states.get(&trace)).or(self.entry(trace).held.as_ref())
    }

    /// Notes where traces stand after a row that a statement lets pass.
    pub fn let_pass(&mut self, statement: Statement, states: Vec<(u32, Held)>) {
        self.ahead_of(statement).states.extend(states);
    }

    /// Notes that a row passes which nobody judged.
    pub fn let_pass_unseen(&mut self, statement: Statement) {
        self.ahead_of(statement).is_spoiled = true;
    }

    /// True where it is not known where the traces of a statement's rows stand.
    pub fn is_spoiled(&self, statement: Statement) -> bool {
        self.ahead.iter().any(|ahead| ahead.statement == statement && ahead.is_spoiled)
    }

    fn ahead_of(&mut self, statement: Statement) -> &mut Ahead {
        let known = self.ahead.iter().position(|ahead| ahead.statement == statement);
        let at = known.unwrap_or_else(|| {
            // SAFETY: reads the transaction state.
            let started_in = unsafe { pg_sys::GetCurrentSubTransactionId() };
            self.ahead.push(Ahead { statement, started_in, states: HashMap::new(), is_spoiled: false });
            self.ahead.len() - 1
        });
        &mut self.ahead[at]
    }

    /// A statement is done, and its rows are taken into their traces: what others that it ran within have made of those is
    /// not what it was. `None` is a COPY.
    pub fn end(&mut self, statement: Option<Statement>) {
        self.ahead.retain(|ahead| match statement {
            Some(statement) => ahead.statement != statement,
            None => !ahead.statement.is_copy(),
        });
        self.ahead.iter_mut().for_each(|ahead| ahead.is_spoiled = true);
    }

    /// True where no savepoint could bring back a state that is not stored: then all may be written and forgotten.
    pub fn may_be_forgotten(&self) -> bool {
        // SAFETY: reads the transaction state.
        let current = unsafe { pg_sys::GetCurrentSubTransactionId() };
        self.ahead.is_empty()
            && self.entries.iter().all(|e| e.held.is_none() || (e.changed_in == current && e.before.len() <= 1))
    }

    /// Forgets all entries.
    pub fn forget(&mut self) {
        *self = Traces::new(self.model.clone());
    }

    fn roll_back(&mut self, subtransaction: SubTransactionId) {
        self.ahead.retain(|ahead| ahead.started_in != subtransaction);
        for trace in self.touched.remove(&subtransaction).unwrap_or_default() {
            let entry = &mut self.entries[trace as usize];
            if entry.changed_in == subtransaction
                && let Some((changed_in, held)) = entry.before.pop()
            {
                (entry.changed_in, entry.held) = (changed_in, held);
            }
        }
    }

    fn commit(&mut self, subtransaction: SubTransactionId, parent: SubTransactionId) {
        self.ahead.retain(|ahead| ahead.started_in != subtransaction);
        for trace in self.touched.remove(&subtransaction).unwrap_or_default() {
            let entry = &mut self.entries[trace as usize];
            if entry.changed_in != subtransaction {
                continue;
            }
            entry.changed_in = parent;
            if entry.before.last().is_some_and(|before| before.0 == parent) {
                entry.before.pop();
            } else {
                self.touched.entry(parent).or_default().push(trace);
            }
        }
    }
}

/// Works with the traces of a model in this transaction. The second argument of `work` is true inside such work on the
/// same model, as where a trigger on one of its tables inserts into a watched table: those traces are not kept.
pub fn with<T>(model: &Rc<Compiled>, work: impl FnOnce(&mut Traces, bool) -> T) -> T {
    if !REGISTERED.replace(true) {
        // SAFETY: the callbacks stay valid for the life of the backend.
        unsafe {
            pg_sys::RegisterXactCallback(Some(at_end), std::ptr::null_mut());
            pg_sys::RegisterSubXactCallback(Some(at_end_of_subtransaction), std::ptr::null_mut());
        }
    }
    if WORKING.with_borrow(|working| working.contains(&model.table)) {
        return work(&mut Traces::new(model.clone()), true);
    }
    // Taken out while it is worked with: an error in between must not leave it borrowed.
    let traces = MODELS.with_borrow_mut(|models| {
        let known = models.iter().position(|traces| traces.model.table == model.table);
        known.map_or_else(|| Traces::new(model.clone()), |i| models.swap_remove(i))
    });
    WORKING.with_borrow_mut(|working| working.push(model.table));
    let mut lent = Lent(traces);
    lent.0.model = model.clone();
    work(&mut lent.0, false)
}

/// Goes back when dropped, also when an error passes.
struct Lent(Traces);

impl Drop for Lent {
    fn drop(&mut self) {
        let empty = Traces::new(self.0.model.clone());
        let traces = std::mem::replace(&mut self.0, empty);
        WORKING.with_borrow_mut(|working| working.retain(|table| *table != traces.model.table));
        MODELS.with_borrow_mut(|models| models.push(traces));
    }
}

unsafe extern "C-unwind" fn at_end(event: pg_sys::XactEvent::Type, _: *mut std::ffi::c_void) {
    use pg_sys::XactEvent::{
        XACT_EVENT_ABORT, XACT_EVENT_COMMIT, XACT_EVENT_PRE_COMMIT, XACT_EVENT_PRE_PREPARE, XACT_EVENT_PREPARE,
    };
    match event {
        XACT_EVENT_PRE_COMMIT | XACT_EVENT_PRE_PREPARE if MODELS.with_borrow(|models| !models.is_empty()) => {
            // SAFETY: errors, which are cancels and the like only, become the transaction's.
            unsafe { pg_sys::panic::pgrx_extern_c_guard(write_all) }
        }
        XACT_EVENT_COMMIT | XACT_EVENT_ABORT | XACT_EVENT_PREPARE => {
            let gone = MODELS.try_with(|models| models.try_borrow_mut().map(|mut models| std::mem::take(&mut *models)));
            drop(gone);
        }
        _ => {}
    }
}

fn write_all() {
    // A trigger on one of the model's tables may insert into a watched table again: once or twice, not for ever.
    for _ in 0..3 {
        for mut traces in MODELS.with_borrow_mut(std::mem::take) {
            // SAFETY: a snapshot for what runs outside a statement.
            unsafe { pg_sys::PushActiveSnapshot(pg_sys::GetTransactionSnapshot()) };
            super::store::write_or_mark(&mut traces);
            // SAFETY: the one pushed above.
            unsafe { pg_sys::PopActiveSnapshot() };
        }
    }
}

unsafe extern "C-unwind" fn at_end_of_subtransaction(
    event: pg_sys::SubXactEvent::Type,
    subtransaction: SubTransactionId,
    parent: SubTransactionId,
    _: *mut std::ffi::c_void,
) {
    use pg_sys::SubXactEvent::{SUBXACT_EVENT_ABORT_SUB, SUBXACT_EVENT_COMMIT_SUB};
    let _ = MODELS.try_with(|models| {
        let Ok(mut models) = models.try_borrow_mut() else { return };
        for traces in models.iter_mut() {
            match event {
                SUBXACT_EVENT_ABORT_SUB => traces.roll_back(subtransaction),
                SUBXACT_EVENT_COMMIT_SUB => traces.commit(subtransaction, parent),
                _ => {}
            }
        }
    });
}
