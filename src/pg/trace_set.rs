//! The type logfsm.trace_set and the one-step aggregates over rows: no GROUP BY, no sort, and plans may be parallel.

use super::call::{Call, Reply, cstring, null_argument, sql_functions, varlena, varlena_payload};
use super::error::Failure;
use super::trace_agg::finite_time;
use super::value::{Value, ValueType};
use super::{expanded, memory_limit, text_form};
use crate::error::Error;
use crate::infer::{Control, collect, parallel};
use crate::trace::{SetRow, TraceSet};
use pgrx::PgSqlErrorCode;
use pgrx::pg_sys::{self, Datum};
use std::cell::RefCell;
use std::ffi::{CStr, CString};

const PREFIX: &str = "trace_set:";
/// The B-tree support function that says whether equal values have equal bytes.
const EQUAL_IMAGE: i16 = 4;

/// How values of a type are turned into bytes that are equal exactly where the values are equal, and back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyForm {
    kind: ValueType,
    layout: Layout,
}

/// How a type's values are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layout {
    /// Passed by value: eight bytes in the order of signed numbers.
    Value,
    /// Of variable length: its payload.
    Varlena,
    /// Of this length: as it is.
    Fixed(usize),
}

impl KeyForm {
    /// The form of a type's values under a collation; `None` where equal values may have different bytes.
    pub fn of(type_oid: pg_sys::Oid, collation: pg_sys::Oid) -> Option<Self> {
        // SAFETY: plain catalog look-ups of a type that exists.
        unsafe {
            let base = pg_sys::getBaseType(type_oid);
            let entry = pg_sys::lookup_type_cache(base, pg_sys::TYPECACHE_BTREE_OPFAMILY as i32);
            let (family, input) = ((*entry).btree_opf, (*entry).btree_opintype);
            if family == pg_sys::InvalidOid {
                return None;
            }
            let support = pg_sys::get_opfamily_proc(family, input, input, EQUAL_IMAGE);
            if support == pg_sys::InvalidOid {
                return None;
            }
            let equal = pg_sys::OidFunctionCall1Coll(support, collation, Datum::from(input));
            if equal.value() & 0xff == 0 {
                return None;
            }
            let (mut length, mut by_value) = (0i16, false);
            pg_sys::get_typlenbyval(base, &mut length, &mut by_value);
            let layout = match (by_value, length) {
                (true, _) => Layout::Value,
                (_, -1) => Layout::Varlena,
                (_, length) => Layout::Fixed(usize::try_from(length).ok()?),
            };
            Some(KeyForm { kind: ValueType::of(base), layout })
        }
    }

    /// The type of the values.
    pub fn kind(self) -> ValueType {
        self.kind
    }

    /// Calls `with` with a value's bytes. Fails where it is of another type.
    pub fn bytes<T>(self, value: Value, with: impl FnOnce(&[u8]) -> T) -> Result<T, Failure> {
        let datum = value.datum(self.kind)?;
        Ok(match self.layout {
            Layout::Value => with(&(datum.value() as u64 ^ 1 << 63).to_be_bytes()),
            // SAFETY: the datum is of this form's type.
            Layout::Varlena => with(unsafe { varlena_payload(datum) }),
            // SAFETY: as above.
            Layout::Fixed(length) => with(unsafe { std::slice::from_raw_parts(datum.cast_mut_ptr(), length) }),
        })
    }

    /// A value from its bytes, in the current memory context. Fails where there are not as many as it has.
    pub fn value(self, bytes: &[u8]) -> Result<Value, Failure> {
        let datum = match self.layout {
            Layout::Value => {
                let number: [u8; 8] = bytes.try_into().map_err(|_| self.other_key())?;
                Datum::from(u64::from_be_bytes(number) ^ 1 << 63)
            }
            Layout::Varlena => varlena(bytes),
            Layout::Fixed(length) if bytes.len() != length => return Err(self.other_key()),
            // SAFETY: a copy of that length.
            Layout::Fixed(length) => unsafe {
                let copy = pg_sys::palloc(length).cast::<u8>();
                std::ptr::copy_nonoverlapping(bytes.as_ptr(), copy, length);
                Datum::from(copy)
            },
        };
        // SAFETY: made in the form of that type's values.
        Ok(unsafe { Value::new(datum, self.kind) })
    }

    fn other_key(self) -> Failure {
        let message = format!("a trace key is not of type {}", self.kind.name());
        Failure::new(PgSqlErrorCode::ERRCODE_DATATYPE_MISMATCH, message)
            .detail("The source was changed while it was read.")
            .hint("Try again.")
    }
}

/// The form of the key argument of this call site: of the type that the function declares, or if it is polymorphic of
/// the one that the call's expression has.
fn key_form(call: Call, declared: Option<pg_sys::Oid>) -> Result<KeyForm, Failure> {
    let kept: &mut Option<KeyForm> = call.keep(|| None);
    if let Some(form) = *kept {
        return Ok(form);
    }
    // SAFETY: reads the call frame.
    let (type_oid, collation) = unsafe {
        let type_oid = declared.unwrap_or_else(|| pg_sys::get_fn_expr_argtype((*call.0).flinfo, 1));
        let given = (*call.0).fncollation;
        // Whoever calls without an expression may not say the collation either.
        let unsaid = declared.is_some() && given == pg_sys::InvalidOid;
        (type_oid, if unsaid { pg_sys::get_typcollation(type_oid) } else { given })
    };
    if type_oid == pg_sys::InvalidOid {
        let message = "the type of the trace key is not known here";
        return Err(Failure::new(PgSqlErrorCode::ERRCODE_FEATURE_NOT_SUPPORTED, message)
            .detail("The aggregate is called without an expression, as on the shards of a distributed table.")
            .hint("Cast the key to text, bigint, integer, smallint or uuid."));
    }
    let form = KeyForm::of(type_oid, collation).ok_or_else(|| {
        // SAFETY: the type exists.
        let name = unsafe { std::ffi::CStr::from_ptr(pg_sys::format_type_be(type_oid)).to_string_lossy().into_owned() };
        Failure::new(
            PgSqlErrorCode::ERRCODE_FEATURE_NOT_SUPPORTED,
            format!("a trace key of type {name} needs GROUP BY"),
        )
        .detail("Equal values of this type may be written differently, so they cannot be told apart by their bytes.")
        .hint("Cast the key to text, or use prefix_tree_agg over trace_agg(…) … GROUP BY key.")
    })?;
    *kept = Some(form);
    Ok(form)
}

/// Adds a row: arguments are state, key, event, then at (if `timed`), seq, component, parameters as far as declared; the
/// key is of the type that is declared, if one is.
fn add_row(call: Call, timed: bool, declared: Option<pg_sys::Oid>) -> Reply {
    let (datum, set) = expanded::growing::<TraceSet>(call)?;
    // SAFETY: reads the call frame.
    let arguments = unsafe { (*call.0).nargs } as usize;
    let event = call.text(2)?.ok_or(Error::NullInput { argument: "the event type" })?;
    let at = if timed { Some(finite_time(call, 3)?) } else { None };
    let i = if timed { 4 } else { 3 };
    let seq: Option<i64> = if arguments > i { call.get(i) } else { None };
    if !timed && seq.is_none() {
        return Err(Error::NullInput { argument: "the sequence number" }.into());
    }
    let component = if arguments > i + 1 { call.text(i + 1)? } else { None };
    let parameters =
        if arguments > i + 2 && call.datum(i + 2).is_some() { Some(call.json(i + 2, "null")) } else { None };
    let row = SetRow { at, seq, component, event, parameters: parameters.as_deref() };
    match call.datum(1) {
        None => set.add(None, row)?,
        Some(key) => {
            let form = key_form(call, declared)?;
            // SAFETY: the form was made for the argument's type.
            let key = unsafe { Value::new(key, form.kind()) };
            form.bytes(key, |key| set.add(Some(key), row))??;
        }
    }
    Ok(Some(datum))
}

thread_local! {
    /// The query whose set is to be handed over as it is in memory, and the set.
    static TAKEN: RefCell<Option<(CString, Option<TraceSet>)>> = const { RefCell::new(None) };
}

/// Runs a query whose outermost plan node is an aggregate, and gives the set that its trace_set_agg collected.
///
/// A result that is passed on as a value is made flat and read again: that takes several times the memory.
pub fn taking(query: &str, run: impl FnOnce() -> Result<(), Failure>) -> Result<Option<TraceSet>, Failure> {
    /// Forgets the query, also after an error.
    struct Forget;
    impl Drop for Forget {
        fn drop(&mut self) {
            TAKEN.set(None);
        }
    }
    let query = CString::new(query).map_err(|_| null_argument("query"))?;
    TAKEN.set(Some((query, None)));
    let _forget = Forget;
    run()?;
    Ok(TAKEN.take().and_then(|(_, set)| set))
}

/// Whether this call is the last step of the outermost node of the query that a set is taken from. Views and functions
/// that it reads from may use the aggregate, too: they have other plans and texts.
fn is_taken(call: Call, query: &CStr) -> bool {
    // SAFETY: only reads the call frame, whose context is an AggState where the answer is 1.
    unsafe {
        if pg_sys::AggCheckCallContext(call.0, std::ptr::null_mut()) != 1 {
            return false;
        }
        let plan = &(*(*call.0).context.cast::<pg_sys::AggState>()).ss.ps;
        let state = &*plan.state;
        !state.es_sourceText.is_null()
            && CStr::from_ptr(state.es_sourceText) == query
            && std::ptr::eq((*state.es_plannedstmt).planTree, plan.plan)
    }
}

/// Takes a key and the binary form of a trace.
pub type TakeKeyed<'a> = &'a mut dyn FnMut(&[u8], &[u8]) -> Result<(), Failure>;

/// Calls `each` with the key and the binary form of every trace of a set, ordered by key. Threads make the binary forms
/// where a gather may have workers.
pub fn each_trace(set: &TraceSet, each: TakeKeyed<'_>) -> Result<(), Failure> {
    let control = super::control();
    let order = collect::key_order(set, &control)?;
    let parts = set.parts(&order);
    let make = |part: usize, control: &Control<'_>| {
        let (mut binaries, mut bytes, mut ends) = (set.binaries(), Vec::new(), Vec::new());
        control.check()?;
        for &at in &order[parts[part].clone()] {
            binaries.append(at, &mut bytes)?;
            ends.push(bytes.len());
        }
        Ok((part, bytes, ends))
    };
    let mut take = |(part, bytes, ends): (usize, Vec<u8>, Vec<usize>)| {
        pgrx::check_for_interrupts!();
        let starts = [0].into_iter().chain(ends.iter().copied());
        let traces = order[parts[part].clone()].iter().zip(starts.zip(&ends));
        traces.into_iter().try_for_each(|(&at, (start, &end))| each(set.key(at as usize), &bytes[start..end]))
    };
    parallel::in_order(parts.len(), control.workers() - 1, &control, &make, &mut take)
}

sql_functions! {
    /// trace_set_in(cstring)
    fn logfsm_trace_set_in(call) {
        let Some(input) = call.cstring(0)? else { return Ok(None) };
        checked(&text_form::decode("logfsm.trace_set", PREFIX, input)?)
    }

    /// trace_set_out(trace_set)
    fn logfsm_trace_set_out(call) {
        Ok(expanded::flat::<TraceSet>(call, 0)?.map(|flat| cstring(&text_form::encode(PREFIX, &flat))))
    }

    /// trace_set_recv(internal)
    fn logfsm_trace_set_recv(call) { checked(&text_form::received(call)) }

    /// trace_set_send(trace_set)
    fn logfsm_trace_set_send(call) {
        Ok(expanded::flat::<TraceSet>(call, 0)?.map(|flat| varlena(&flat)))
    }

    /// trace_set_transition(trace_set, key, event, at [, seq [, component [, params]]]) → trace_set
    fn logfsm_trace_set_transition(call) { add_row(call, true, None) }

    /// trace_set_transition(trace_set, key, event, seq [, component [, params]]) → trace_set
    fn logfsm_trace_set_transition_seq(call) { add_row(call, false, None) }

    /// trace_set_transition(trace_set, text, event, at [, seq [, component [, params]]]) → trace_set
    fn logfsm_trace_set_transition_text(call) { add_row(call, true, Some(pg_sys::TEXTOID)) }

    /// trace_set_transition(trace_set, text, event, seq [, component [, params]]) → trace_set
    fn logfsm_trace_set_transition_text_seq(call) { add_row(call, false, Some(pg_sys::TEXTOID)) }

    /// trace_set_transition(trace_set, bigint, event, at [, seq [, component [, params]]]) → trace_set
    fn logfsm_trace_set_transition_bigint(call) { add_row(call, true, Some(pg_sys::INT8OID)) }

    /// trace_set_transition(trace_set, bigint, event, seq [, component [, params]]) → trace_set
    fn logfsm_trace_set_transition_bigint_seq(call) { add_row(call, false, Some(pg_sys::INT8OID)) }

    /// trace_set_transition(trace_set, integer, event, at [, seq [, component [, params]]]) → trace_set
    fn logfsm_trace_set_transition_integer(call) { add_row(call, true, Some(pg_sys::INT4OID)) }

    /// trace_set_transition(trace_set, integer, event, seq [, component [, params]]) → trace_set
    fn logfsm_trace_set_transition_integer_seq(call) { add_row(call, false, Some(pg_sys::INT4OID)) }

    /// trace_set_transition(trace_set, smallint, event, at [, seq [, component [, params]]]) → trace_set
    fn logfsm_trace_set_transition_smallint(call) { add_row(call, true, Some(pg_sys::INT2OID)) }

    /// trace_set_transition(trace_set, smallint, event, seq [, component [, params]]) → trace_set
    fn logfsm_trace_set_transition_smallint_seq(call) { add_row(call, false, Some(pg_sys::INT2OID)) }

    /// trace_set_transition(trace_set, uuid, event, at [, seq [, component [, params]]]) → trace_set
    fn logfsm_trace_set_transition_uuid(call) { add_row(call, true, Some(pg_sys::UUIDOID)) }

    /// trace_set_transition(trace_set, uuid, event, seq [, component [, params]]) → trace_set
    fn logfsm_trace_set_transition_uuid_seq(call) { add_row(call, false, Some(pg_sys::UUIDOID)) }

    /// trace_set_combine(trace_set, trace_set) → trace_set
    fn logfsm_trace_set_combine(call) { expanded::combine::<TraceSet>(call) }

    /// trace_set_final(trace_set) → trace_set
    fn logfsm_trace_set_final(call) {
        let Some(datum) = call.datum(0) else { return Ok(None) };
        TAKEN.with_borrow_mut(|taken| match taken {
            Some((query, set @ None)) if is_taken(call, query) => expanded::with::<TraceSet, _>(datum, |whole| {
                *set = Some(std::mem::replace(whole, TraceSet::new(0)));
                Ok(None)
            }),
            _ => Ok(Some(datum)),
        })
    }

    /// trace_set_tree(trace_set) → automaton
    fn logfsm_trace_set_tree(call) {
        let Some(datum) = call.datum(0) else { return Ok(None) };
        expanded::with::<TraceSet, _>(datum, |set| {
            if set.keyless() > 0 {
                return Err(Error::NullInput { argument: "the trace key" }.into());
            }
            Ok(Some(varlena(&collect::prefix_tree(set, &super::control())?.to_automaton().to_bytes())))
        })
    }
}

fn checked(flat: &[u8]) -> Reply {
    let mut set = TraceSet::new(memory_limit());
    set.absorb(flat, &super::check_interrupts)?;
    set.check(&super::check_interrupts)?;
    Ok(Some(varlena(&set.to_bytes(&super::check_interrupts)?)))
}
