//! Machines ready for replay, kept from row to row until the transaction ends.

use super::call::Call;
use super::error::Failure;
use super::expanded;
use crate::conform::Machine;
use pgrx::pg_sys;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// More automata than this are rarely used side by side in one query.
const KEPT: usize = 4;

struct Entry {
    key: Vec<u8>,
    machine: Rc<Machine>,
}

thread_local! {
    static MACHINES: RefCell<Vec<Entry>> = const { RefCell::new(Vec::new()) };
    static REGISTERED: Cell<bool> = const { Cell::new(false) };
}

/// At the end of a transaction: TOAST pointers may mean something else in the next one.
unsafe extern "C-unwind" fn forget(_: pg_sys::XactEvent::Type, _: *mut std::ffi::c_void) {
    let _ = MACHINES.try_with(|machines| {
        if let Ok(mut machines) = machines.try_borrow_mut() {
            machines.clear();
        }
    });
}

/// The machine of automaton argument `i`; `None` for NULL.
pub fn machine(call: Call, i: usize) -> Result<Option<Rc<Machine>>, Failure> {
    let Some(datum) = call.datum(i) else { return Ok(None) };
    let Some(key) = expanded::raw_key(datum) else {
        return Ok(Some(Rc::new(Machine::new(expanded::read(datum)?))));
    };
    if let Some(machine) = MACHINES.with_borrow(|all| find(all, key)) {
        return Ok(Some(machine));
    }
    let machine = Rc::new(Machine::new(expanded::read(datum)?));
    if !REGISTERED.replace(true) {
        // SAFETY: the callback stays valid for the life of the backend.
        unsafe { pg_sys::RegisterXactCallback(Some(forget), std::ptr::null_mut()) };
    }
    MACHINES.with_borrow_mut(|all| {
        if all.len() == KEPT {
            all.pop();
        }
        all.insert(0, Entry { key: key.to_vec(), machine: machine.clone() });
    });
    Ok(Some(machine))
}

fn find(all: &[Entry], key: &[u8]) -> Option<Rc<Machine>> {
    all.iter().find(|entry| entry.key == key).map(|entry| entry.machine.clone())
}
