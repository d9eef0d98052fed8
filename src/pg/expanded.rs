//! The growing prefix tree as an expanded object: in memory while an aggregate adds to it, flattened only when it must travel.

use super::call::{Call, into_context, null_argument, varlena_payload};
use super::error::Failure;
use super::memory_limit;
use crate::automaton::{Automaton, PrefixTree};
use pgrx::pg_sys::{self, Datum};
use std::ffi::c_void;

#[repr(C)]
struct Expanded {
    header: pg_sys::ExpandedObjectHeader,
    tree: *mut PrefixTree,
    /// The flat form between asking for its size and writing it.
    flat: *mut Vec<u8>,
}

static METHODS: pg_sys::ExpandedObjectMethods =
    pg_sys::ExpandedObjectMethods { get_flat_size: Some(flat_size), flatten_into: Some(flatten) };

unsafe extern "C-unwind" fn flat_size(header: *mut pg_sys::ExpandedObjectHeader) -> pg_sys::Size {
    // SAFETY: only called by Postgres on objects made by `expand`.
    unsafe {
        pg_sys::panic::pgrx_extern_c_guard(move || {
            let object = &mut *header.cast::<Expanded>();
            let flat = (*object.tree).to_automaton().to_bytes();
            let size = flat.len() + pg_sys::VARHDRSZ;
            *object.flat = flat;
            size
        })
    }
}

unsafe extern "C-unwind" fn flatten(header: *mut pg_sys::ExpandedObjectHeader, room: *mut c_void, size: pg_sys::Size) {
    // SAFETY: as above; Postgres allocated `size` bytes, as `flat_size` said.
    unsafe {
        pg_sys::panic::pgrx_extern_c_guard(move || {
            let object = &mut *header.cast::<Expanded>();
            let flat = std::mem::take(&mut *object.flat);
            pgrx::set_varsize_4b(room.cast(), size as i32);
            let payload = room.cast::<u8>().add(pg_sys::VARHDRSZ);
            std::ptr::copy_nonoverlapping(flat.as_ptr(), payload, flat.len().min(size - pg_sys::VARHDRSZ));
        })
    }
}

/// Puts a tree into an expanded object of its own memory context below `parent`; gives the read-write datum.
pub fn expand(tree: PrefixTree, parent: pg_sys::MemoryContext) -> Datum {
    // SAFETY: the object lives in the context that frees it.
    unsafe {
        let context = pg_sys::AllocSetContextCreateInternal(parent, c"logfsm automaton".as_ptr(), 0, 1024, 8192);
        let object = pg_sys::MemoryContextAllocZero(context, size_of::<Expanded>()).cast::<Expanded>();
        pg_sys::EOH_init_header(&mut (*object).header, &METHODS, context);
        (*object).tree = into_context(tree, context);
        (*object).flat = into_context(Vec::new(), context);
        Datum::from((*object).header.eoh_rw_ptr.as_mut_ptr())
    }
}

/// First byte 1: a pointer to something outside; the second says what.
const EXTERNAL: u8 = 1;

/// Argument `i` if it is an expanded object; the flag says whether it may be changed in place.
fn expanded<'a>(datum: Datum) -> Option<(&'a mut PrefixTree, bool)> {
    // SAFETY: the datum is a varlena; an expanded one of our type was made by `expand`.
    unsafe {
        let bytes = datum.cast_mut_ptr::<u8>();
        let tag = (*bytes == EXTERNAL).then(|| u32::from(*bytes.add(1)))?;
        let writable = tag == pg_sys::vartag_external::VARTAG_EXPANDED_RW;
        if !writable && tag != pg_sys::vartag_external::VARTAG_EXPANDED_RO {
            return None;
        }
        let object = pg_sys::DatumGetEOHP(datum).cast::<Expanded>();
        Some((&mut *(*object).tree, writable))
    }
}

/// An automaton argument.
pub fn read(datum: Datum) -> Result<Automaton, Failure> {
    match expanded(datum) {
        Some((tree, _)) => Ok(tree.to_automaton()),
        // SAFETY: not expanded, so a flat varlena.
        None => Ok(Automaton::from_bytes(unsafe { varlena_payload(datum) })?),
    }
}

/// Automaton argument `i` of a strict function.
pub fn argument(call: Call, i: usize) -> Result<Automaton, Failure> {
    read(call.datum(i).ok_or_else(|| null_argument("automaton"))?)
}

/// The binary form of an automaton argument.
pub fn read_bytes(datum: Datum) -> Vec<u8> {
    match expanded(datum) {
        Some((tree, _)) => tree.to_automaton().to_bytes(),
        // SAFETY: not expanded, so a flat varlena.
        None => unsafe { varlena_payload(datum) }.to_vec(),
    }
}

/// The growing tree of an aggregate's state argument: changed in place where it is ours, else a copy or a new one.
pub fn growing<'a>(call: Call) -> Result<(Datum, &'a mut PrefixTree), Failure> {
    let limit = memory_limit();
    let Some(datum) = call.datum(0) else { return fresh(call, PrefixTree::new(limit)) };
    match expanded(datum) {
        Some((tree, true)) => Ok((datum, tree)),
        Some((tree, false)) => fresh(call, tree.clone()),
        None => {
            let mut tree = PrefixTree::new(limit);
            tree.merge(&read(datum)?)?;
            fresh(call, tree)
        }
    }
}

fn fresh<'a>(call: Call, tree: PrefixTree) -> Result<(Datum, &'a mut PrefixTree), Failure> {
    let datum = expand(tree, call.aggregate_context());
    expanded(datum).map(|(tree, _)| (datum, tree)).ok_or_else(|| null_argument("state"))
}

/// What identifies an automaton argument without reading it: its raw bytes, or its place in a TOAST table.
pub fn raw_key<'a>(datum: Datum) -> Option<&'a [u8]> {
    if expanded(datum).is_some() {
        return None;
    }
    // SAFETY: a varlena, whose size its first bytes tell.
    unsafe {
        let varlena = datum.cast_mut_ptr::<pg_sys::varlena>();
        Some(std::slice::from_raw_parts(varlena.cast::<u8>(), pgrx::varsize_any(varlena)))
    }
}
