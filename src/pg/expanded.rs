//! Aggregate states as expanded objects: in memory while an aggregate adds to them, flattened only when they must
//! travel.

use super::call::{Call, LARGEST_VALUE, into_context, null_argument, varlena_payload};
use super::error::Failure;
use super::value::ValueType;
use super::{check_interrupts, memory_limit};
use crate::automaton::{Automaton, PrefixTree};
use crate::log::{MinerOptions, TemplateMiner};
use crate::trace::TraceSet;
use pgrx::PgSqlErrorCode;
use pgrx::pg_sys::{self, Datum};
use std::ffi::c_void;

/// A state that grows by merging, with a flat form.
pub trait Growing: Clone + 'static {
    /// Its type in SQL.
    const TYPE: ValueType;
    /// Nothing yet.
    fn empty() -> Self;
    /// Its flat form.
    fn flat(&self) -> Result<Vec<u8>, Failure>;
    /// Reads a flat form.
    fn read(flat: &[u8]) -> Result<Self, Failure>;
    /// Adds what a flat form holds.
    fn absorb(&mut self, flat: &[u8]) -> Result<(), Failure>;
}

impl Growing for PrefixTree {
    const TYPE: ValueType = ValueType::Automaton;

    fn empty() -> Self {
        PrefixTree::new(memory_limit())
    }

    fn flat(&self) -> Result<Vec<u8>, Failure> {
        Ok(self.to_automaton().to_bytes())
    }

    fn read(flat: &[u8]) -> Result<Self, Failure> {
        let mut tree = Self::empty();
        tree.absorb(flat)?;
        Ok(tree)
    }

    fn absorb(&mut self, flat: &[u8]) -> Result<(), Failure> {
        Ok(self.merge(&Automaton::from_bytes(flat)?)?)
    }
}

impl Growing for TemplateMiner {
    const TYPE: ValueType = ValueType::Templates;

    fn empty() -> Self {
        TemplateMiner::new(MinerOptions::default(), memory_limit())
    }

    fn flat(&self) -> Result<Vec<u8>, Failure> {
        Ok(self.to_bytes())
    }

    fn read(flat: &[u8]) -> Result<Self, Failure> {
        Ok(TemplateMiner::from_bytes(flat, memory_limit())?)
    }

    fn absorb(&mut self, flat: &[u8]) -> Result<(), Failure> {
        Ok(self.merge(&TemplateMiner::from_bytes(flat, memory_limit())?)?)
    }
}

impl Growing for TraceSet {
    const TYPE: ValueType = ValueType::TraceSet;

    fn empty() -> Self {
        TraceSet::new(memory_limit())
    }

    fn flat(&self) -> Result<Vec<u8>, Failure> {
        Ok(self.to_bytes(&check_interrupts)?)
    }

    fn read(flat: &[u8]) -> Result<Self, Failure> {
        let mut set = Self::empty();
        set.absorb(flat, &check_interrupts)?;
        Ok(set)
    }

    fn absorb(&mut self, flat: &[u8]) -> Result<(), Failure> {
        Ok(TraceSet::absorb(self, flat, &check_interrupts)?)
    }
}

#[repr(C)]
struct Expanded<T> {
    header: pg_sys::ExpandedObjectHeader,
    state: *mut T,
    /// The flat form between asking for its size and writing it.
    flat: *mut Vec<u8>,
}

/// The two methods of an expanded object, for each type of state.
struct Methods<T>(std::marker::PhantomData<T>);

impl<T: Growing> Methods<T> {
    const TABLE: &'static pg_sys::ExpandedObjectMethods =
        &pg_sys::ExpandedObjectMethods { get_flat_size: Some(flat_size::<T>), flatten_into: Some(flatten::<T>) };
}

fn too_large(size: usize) -> Failure {
    Failure::new(
        PgSqlErrorCode::ERRCODE_CONFIGURATION_LIMIT_EXCEEDED,
        "the state of an aggregate is too large to be passed on",
    )
    .detail(format!("It takes {} MB, a value of PostgreSQL at most 1023 MB.", size >> 20))
    .hint("SET max_parallel_workers_per_gather = 0, or aggregate parts and combine their prefix trees with rollup.")
}

unsafe extern "C-unwind" fn flat_size<T: Growing>(header: *mut pg_sys::ExpandedObjectHeader) -> pg_sys::Size {
    // SAFETY: only called by Postgres on objects made by `expand`.
    unsafe {
        pg_sys::panic::pgrx_extern_c_guard(move || {
            let object = &mut *header.cast::<Expanded<T>>();
            let flat = (*object.state).flat().unwrap_or_else(|failure| failure.raise());
            let size = flat.len() + pg_sys::VARHDRSZ;
            if size > LARGEST_VALUE {
                too_large(size).raise();
            }
            *object.flat = flat;
            size
        })
    }
}

unsafe extern "C-unwind" fn flatten<T: Growing>(
    header: *mut pg_sys::ExpandedObjectHeader,
    room: *mut c_void,
    size: pg_sys::Size,
) {
    // SAFETY: as above; Postgres allocated `size` bytes, as `flat_size` said.
    unsafe {
        pg_sys::panic::pgrx_extern_c_guard(move || {
            let object = &mut *header.cast::<Expanded<T>>();
            let flat = std::mem::take(&mut *object.flat);
            pgrx::set_varsize_4b(room.cast(), size as i32);
            let payload = room.cast::<u8>().add(pg_sys::VARHDRSZ);
            std::ptr::copy_nonoverlapping(flat.as_ptr(), payload, flat.len().min(size - pg_sys::VARHDRSZ));
        })
    }
}

/// Puts a state into an expanded object of its own memory context below `parent`; gives the read-write datum.
fn expand<T: Growing>(state: T, parent: pg_sys::MemoryContext) -> Datum {
    // SAFETY: the object lives in the context that frees it.
    unsafe {
        let context = pg_sys::AllocSetContextCreateInternal(parent, c"logfsm state".as_ptr(), 0, 1024, 8192);
        let object = pg_sys::MemoryContextAllocZero(context, size_of::<Expanded<T>>()).cast::<Expanded<T>>();
        pg_sys::EOH_init_header(&mut (*object).header, Methods::<T>::TABLE, context);
        (*object).state = into_context(state, context);
        (*object).flat = into_context(Vec::new(), context);
        Datum::from((*object).header.eoh_rw_ptr.as_mut_ptr())
    }
}

/// First byte 1: a pointer to something outside; the second says what.
const EXTERNAL: u8 = 1;

/// The state of an expanded object; the flag says whether it may be changed in place.
fn expanded<'a, T: Growing>(datum: Datum) -> Option<(&'a mut T, bool)> {
    // SAFETY: the datum is a varlena of the SQL type of T; an expanded one was made by `expand::<T>`.
    unsafe {
        let bytes = datum.cast_mut_ptr::<u8>();
        let tag = (*bytes == EXTERNAL).then(|| u32::from(*bytes.add(1)))?;
        let writable = tag == pg_sys::vartag_external::VARTAG_EXPANDED_RW;
        if !writable && tag != pg_sys::vartag_external::VARTAG_EXPANDED_RO {
            return None;
        }
        // As DatumGetEOHP reads it: the pointer comes right after the tag.
        let object = bytes.add(pg_sys::VARHDRSZ_EXTERNAL).cast::<*mut Expanded<T>>().read_unaligned();
        Some((&mut *(*object).state, writable))
    }
}

/// Argument `i` of an automaton's type in strict functions.
pub fn automaton(call: Call, i: usize) -> Result<Automaton, Failure> {
    automaton_of(call.datum(i).ok_or_else(|| null_argument("automaton"))?)
}

/// The automaton in a datum of that type.
pub fn automaton_of(datum: Datum) -> Result<Automaton, Failure> {
    match expanded::<PrefixTree>(datum) {
        Some((tree, _)) => Ok(tree.to_automaton()),
        // SAFETY: not expanded, so a flat varlena.
        None => Ok(Automaton::from_bytes(unsafe { varlena_payload(datum) })?),
    }
}

/// Argument `i` of the type of T in its flat form.
pub fn flat<T: Growing>(call: Call, i: usize) -> Result<Option<Vec<u8>>, Failure> {
    let Some(datum) = call.datum(i) else { return Ok(None) };
    match expanded::<T>(datum) {
        Some((state, _)) => state.flat().map(Some),
        // SAFETY: not expanded, so a flat varlena.
        None => Ok(Some(unsafe { varlena_payload(datum) }.to_vec())),
    }
}

/// Works on the state in a datum of the type of T: as it is in memory, or read from its flat form.
pub fn with<T: Growing, R>(datum: Datum, work: impl FnOnce(&mut T) -> Result<R, Failure>) -> Result<R, Failure> {
    match expanded::<T>(datum) {
        Some((state, _)) => work(state),
        // SAFETY: not expanded, so a flat varlena.
        None => work(&mut T::read(unsafe { varlena_payload(datum) })?),
    }
}

/// The state argument of an aggregate: changed in place where it is ours, else a copy or a new one.
pub fn growing<'a, T: Growing>(call: Call) -> Result<(Datum, &'a mut T), Failure> {
    let Some(datum) = call.datum(0) else { return fresh(call, T::empty()) };
    match expanded::<T>(datum) {
        Some((state, true)) => Ok((datum, state)),
        Some((state, false)) => fresh(call, state.clone()),
        None => {
            // SAFETY: not expanded, so a flat varlena.
            fresh(call, T::read(unsafe { varlena_payload(datum) })?)
        }
    }
}

/// Combines the state argument with a second one.
pub fn combine<T: Growing>(call: Call) -> super::call::Reply {
    let Some(other) = call.datum(1) else { return Ok(call.datum(0)) };
    let own;
    let flat = match expanded::<T>(other) {
        Some((state, _)) => {
            own = state.flat()?;
            &own[..]
        }
        // SAFETY: not expanded, so a flat varlena.
        None => unsafe { varlena_payload(other) },
    };
    if call.datum(0).is_none() {
        return Ok(Some(fresh(call, T::read(flat)?)?.0));
    }
    let (datum, state) = growing::<T>(call)?;
    state.absorb(flat)?;
    Ok(Some(datum))
}

/// A new state in the aggregate's memory context.
pub fn fresh<'a, T: Growing>(call: Call, state: T) -> Result<(Datum, &'a mut T), Failure> {
    let datum = expand(state, call.aggregate_context());
    expanded(datum).map(|(state, _)| (datum, state)).ok_or_else(|| null_argument("state"))
}

/// What identifies an argument without reading it: its raw bytes, or its place in a TOAST table. `None` for an
/// expanded object.
pub fn raw_key<'a, T: Growing>(datum: Datum) -> Option<&'a [u8]> {
    if expanded::<T>(datum).is_some() {
        return None;
    }
    // SAFETY: a varlena, whose size its first bytes tell.
    unsafe {
        let varlena = datum.cast_mut_ptr::<pg_sys::varlena>();
        Some(std::slice::from_raw_parts(varlena.cast::<u8>(), pgrx::varsize_any(varlena)))
    }
}
