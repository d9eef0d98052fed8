//! Arguments made ready for use, kept from row to row until the transaction ends.

use super::call::Call;
use super::error::Failure;
use super::expanded::{self, Growing};
use super::memory_limit;
use crate::automaton::PrefixTree;
use crate::conform::Machine;
use crate::log::{TemplateMiner, Templates};
use crate::synth::Playout;
use pgrx::pg_sys::{self, Datum};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::thread::LocalKey;
use xxhash_rust::xxh3::xxh3_128;

/// More values than this are rarely used side by side in one query.
const KEPT: usize = 4;

/// Values by what identifies the argument they were made from.
type Cache<T> = RefCell<Vec<(Vec<u8>, Rc<T>)>>;

thread_local! {
    static MACHINES: Cache<Machine> = const { RefCell::new(Vec::new()) };
    static PLAYOUTS: Cache<Playout> = const { RefCell::new(Vec::new()) };
    static TEMPLATES: Cache<Templates> = const { RefCell::new(Vec::new()) };
    /// Templates by the hash of their state, for the life of the backend: deriving them takes long.
    static DERIVED: RefCell<Vec<(u128, Rc<Templates>)>> = const { RefCell::new(Vec::new()) };
    static REGISTERED: Cell<bool> = const { Cell::new(false) };
}

/// At the end of a transaction: TOAST pointers may mean something else in the next one.
unsafe extern "C-unwind" fn forget(_: pg_sys::XactEvent::Type, _: *mut std::ffi::c_void) {
    fn clear<T>(cache: &'static LocalKey<Cache<T>>) {
        let _ = cache.try_with(|all| all.try_borrow_mut().map(|mut all| all.clear()));
    }
    clear(&MACHINES);
    clear(&PLAYOUTS);
    clear(&TEMPLATES);
}

/// The machine of automaton argument `i`; `None` for NULL.
pub fn machine(call: Call, i: usize) -> Result<Option<Rc<Machine>>, Failure> {
    let make = || Ok(Rc::new(Machine::new(expanded::automaton(call, i)?)));
    call.datum(i).map(|datum| kept::<PrefixTree, Machine>(&MACHINES, datum, make)).transpose()
}

/// What generator argument `i` generates from; `None` for NULL.
pub fn playout(call: Call, i: usize) -> Result<Option<Rc<Playout>>, Failure> {
    let make = || Ok(Rc::new(Playout::from_bytes(call.bytes(i).unwrap_or_default())?));
    call.datum(i).map(|datum| kept::<PrefixTree, Playout>(&PLAYOUTS, datum, make)).transpose()
}

/// What the machine of automaton argument `i` generates alone; `None` for NULL.
pub fn playout_of_machine(call: Call, i: usize) -> Result<Option<Rc<Playout>>, Failure> {
    let make = || Ok(Rc::new(Playout::of_machine(Machine::new(expanded::automaton(call, i)?))));
    call.datum(i).map(|datum| kept::<PrefixTree, Playout>(&PLAYOUTS, datum, make)).transpose()
}

/// The templates of templates argument `i`; `None` for NULL.
pub fn templates(call: Call, i: usize) -> Result<Option<Rc<Templates>>, Failure> {
    call.datum(i).map(|datum| kept::<TemplateMiner, Templates>(&TEMPLATES, datum, || derived(call, i))).transpose()
}

fn derived(call: Call, i: usize) -> Result<Rc<Templates>, Failure> {
    let flat = expanded::flat::<TemplateMiner>(call, i)?.unwrap_or_default();
    let hash = xxh3_128(&flat);
    if let Some(found) = DERIVED.with_borrow(|all| all.iter().find(|entry| entry.0 == hash).map(|e| e.1.clone())) {
        return Ok(found);
    }
    let made = Rc::new(TemplateMiner::from_bytes(&flat, memory_limit())?.finish()?);
    DERIVED.with_borrow_mut(|all| {
        all.truncate(KEPT - 1);
        all.insert(0, (hash, made.clone()));
    });
    Ok(made)
}

fn kept<S: Growing, T>(
    cache: &'static LocalKey<Cache<T>>,
    datum: Datum,
    make: impl FnOnce() -> Result<Rc<T>, Failure>,
) -> Result<Rc<T>, Failure> {
    let Some(key) = expanded::raw_key::<S>(datum) else { return make() };
    if let Some(found) = cache.with_borrow(|all| all.iter().find(|entry| entry.0 == key).map(|entry| entry.1.clone())) {
        return Ok(found);
    }
    let made = make()?;
    if !REGISTERED.replace(true) {
        // SAFETY: the callback stays valid for the life of the backend.
        unsafe { pg_sys::RegisterXactCallback(Some(forget), std::ptr::null_mut()) };
    }
    cache.with_borrow_mut(|all| {
        all.truncate(KEPT - 1);
        all.insert(0, (key.to_vec(), made.clone()));
    });
    Ok(made)
}
