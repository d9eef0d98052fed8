//! trace_agg: rows of one trace in any order become a trace.
//!
//! The rows sit in palloc'd memory of the aggregate's context, as fixed-size records of words, so that hash
//! aggregation sees what they take and spills; labels are interned once per call site.

use super::call::{Call, Reply, null_argument, sql_functions, varlena, varlena_payload};
use super::error::Failure;
use super::trace_type::microseconds;
use crate::error::Error;
use crate::trace::{EventRow, Label, Trace, Variant, assemble};
use hashbrown::{Equivalent, HashMap};
use pgrx::PgSqlErrorCode;
use pgrx::datum::TimestampWithTimeZone;
use pgrx::pg_sys::{self, Datum};
use serde::{Deserialize, Serialize};

/// Which values an overload has; decides the words of a record: time, label, then seq and parameters where present.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Shape {
    at: bool,
    seq: bool,
    component: bool,
    parameters: bool,
}

impl Shape {
    fn of(call: Call, at: bool) -> Self {
        // SAFETY: reads the call frame. Without a time, seq stands in its place.
        let arguments = unsafe { (*call.0).nargs } + i16::from(!at);
        Shape { at, seq: arguments > 3, component: arguments > 4, parameters: arguments > 5 }
    }

    /// The position of the component; parameters come after it.
    fn component_argument(self) -> usize {
        if self.at { 4 } else { 3 }
    }

    fn words(self) -> usize {
        1 + usize::from(self.at) + usize::from(self.seq) + usize::from(self.parameters)
    }
}

/// Stands for a sequence number that was not given.
const NO_SEQ: i64 = i64::MIN;

/// Rows between two looks at what they take.
const ROWS_PER_CHECK: usize = 1024;
/// Parameters so long are looked at one by one.
const LONG: usize = 1 << 16;
/// What a row takes beside its parameters, in the state and in the trace that is made of it.
const ROW_BYTES: usize = 64;
/// How many times the parameters are held while a trace is made: as rows, as a trace, in binary form, as a value.
const COPIES: usize = 4;
/// What a label takes beside its text: in the list, and with its number.
const LABEL_BYTES: usize = 160;

/// Labels of one call site, numbered as they come.
#[derive(Default)]
struct Interner {
    labels: Vec<Label>,
    /// About what they take.
    bytes: usize,
    ids: HashMap<Label, u32>,
}

#[derive(Hash)]
struct LabelRef<'a> {
    component: Option<&'a str>,
    event: &'a str,
}

impl Equivalent<Label> for LabelRef<'_> {
    fn equivalent(&self, label: &Label) -> bool {
        self.event == &*label.event && self.component == label.component.as_deref()
    }
}

impl Interner {
    fn id(&mut self, component: Option<&str>, event: &str) -> u32 {
        if let Some(&id) = self.ids.get(&LabelRef { component, event }) {
            return id;
        }
        let (label, id) = (Label::new(component, event), self.labels.len() as u32);
        self.bytes += LABEL_BYTES + 2 * label.heap_bytes();
        self.labels.push(label.clone());
        self.ids.insert(label, id);
        id
    }
}

/// The aggregate's state.
#[repr(C)]
struct State {
    shape: Shape,
    interner: *mut Interner,
    words: *mut u64,
    rows: usize,
    room: usize,
    /// Bytes of parameters.
    texts: usize,
}

/// One row of a state.
#[derive(Clone, Copy)]
struct Row<'a> {
    at: i64,
    label: u32,
    seq: i64,
    parameters: Option<&'a str>,
}

#[derive(Serialize, Deserialize)]
struct Wire<'a> {
    shape: Shape,
    labels: Vec<Label>,
    #[serde(borrow)]
    rows: Vec<(i64, u32, i64, Option<&'a str>)>,
}

impl State {
    fn new(shape: Shape, interner: *mut Interner, context: pg_sys::MemoryContext) -> *mut State {
        // SAFETY: plain data in the aggregate's context.
        unsafe {
            let state = pg_sys::MemoryContextAlloc(context, size_of::<State>()).cast::<State>();
            let room = 8;
            let words = pg_sys::MemoryContextAlloc(context, room * shape.words() * 8).cast();
            state.write(State { shape, interner, words, rows: 0, room, texts: 0 });
            state
        }
    }

    fn interner<'a>(&self) -> &'a mut Interner {
        // SAFETY: kept by a call site of the same query, which outlives the state.
        unsafe { &mut *self.interner }
    }

    /// Appends a row; the parameters' text must live as long as the state.
    fn push(&mut self, row: Row<'_>) -> Result<(), Failure> {
        let stride = self.shape.words();
        self.texts += row.parameters.map_or(0, str::len);
        if self.rows.is_multiple_of(ROWS_PER_CHECK) || row.parameters.is_some_and(|text| text.len() > LONG) {
            self.check()?;
        }
        // SAFETY: `words` has room for `room` records of `stride` words.
        unsafe {
            if self.rows == self.room {
                self.room *= 2;
                self.words = pg_sys::repalloc_huge(self.words.cast(), self.room * stride * 8).cast();
            }
            let mut word = self.words.add(self.rows * stride);
            let mut put = |value: u64| {
                word.write(value);
                word = word.add(1);
            };
            put(row.label.into());
            if self.shape.at {
                put(row.at as u64);
            }
            if self.shape.seq {
                put(row.seq as u64);
            }
            if self.shape.parameters {
                put(row.parameters.map_or(0, |text| copy_text(text, self.words.cast()) as u64));
            }
        }
        self.rows += 1;
        Ok(())
    }

    /// Fails where the trace would not fit into memory, or its labels do not.
    fn check(&self) -> Result<(), Failure> {
        let bytes = self.texts.saturating_add(self.rows.saturating_mul(ROW_BYTES));
        super::control().check_memory("trace_agg", bytes.saturating_mul(COPIES))?;
        Ok(super::control().check_memory("the list of event types in trace_agg", self.interner().bytes)?)
    }

    fn row<'a>(&self, i: usize) -> Row<'a> {
        let stride = self.shape.words();
        // SAFETY: i < rows; the words were written by `push`.
        unsafe {
            let mut word = self.words.add(i * stride);
            let mut take = |present: bool| {
                if !present {
                    return 0;
                }
                let value = *word;
                word = word.add(1);
                value
            };
            let label = take(true) as u32;
            let (at, seq) = (take(self.shape.at) as i64, take(self.shape.seq) as i64);
            let text = take(self.shape.parameters) as usize as *const u8;
            Row { at, label, seq, parameters: (!text.is_null()).then(|| read_text(text)) }
        }
    }

    fn trace(&self) -> Result<Trace, Failure> {
        self.check()?;
        let rows = (0..self.rows).map(|i| {
            let row = self.row(i);
            let seq = (self.shape.seq && row.seq != NO_SEQ).then_some(row.seq);
            EventRow { at: row.at, label: row.label, seq, parameters: row.parameters }
        });
        Ok(assemble(rows.collect(), &self.interner().labels, self.shape.at)?)
    }
}

/// A length-prefixed copy of a text in the memory context of `beside`.
///
/// # Safety
/// `beside` must be palloc'd.
unsafe fn copy_text(text: &str, beside: *mut std::ffi::c_void) -> *const u8 {
    // SAFETY: room for the length and the bytes.
    unsafe {
        let context = pg_sys::GetMemoryChunkContext(beside);
        let copy = pg_sys::MemoryContextAlloc(context, text.len() + 8).cast::<u8>();
        copy.cast::<u64>().write(text.len() as u64);
        std::ptr::copy_nonoverlapping(text.as_ptr(), copy.add(8), text.len());
        copy
    }
}

fn read_text<'a>(copy: *const u8) -> &'a str {
    // SAFETY: written by `copy_text` from a str.
    unsafe {
        let length = copy.cast::<u64>().read() as usize;
        std::str::from_utf8_unchecked(std::slice::from_raw_parts(copy.add(8), length))
    }
}

fn state<'a>(call: Call, i: usize) -> Option<&'a mut State> {
    // SAFETY: an internal argument is a pointer made by `State::new`.
    call.datum(i).map(|datum| unsafe { &mut *datum.cast_mut_ptr::<State>() })
}

fn in_aggregate(call: Call) -> Result<pg_sys::MemoryContext, Failure> {
    let mut context: pg_sys::MemoryContext = std::ptr::null_mut();
    // SAFETY: AggCheckCallContext only reads the call frame.
    if unsafe { pg_sys::AggCheckCallContext(call.0, &mut context) } == 0 {
        let message = "this function can only be called as part of logfsm.trace_agg";
        return Err(Failure::new(PgSqlErrorCode::ERRCODE_INVALID_FUNCTION_DEFINITION, message));
    }
    Ok(context)
}

fn add_row(call: Call, at: Option<i64>, seq: Option<i64>, shape: Shape) -> Reply {
    let context = in_aggregate(call)?;
    let interner: *mut Interner = call.keep(Interner::default);
    let event = call.text(1)?.ok_or(Error::NullInput { argument: "the event type" })?;
    let i = shape.component_argument();
    let component = if shape.component { call.text(i)? } else { None };
    let parameters =
        if shape.parameters && call.datum(i + 1).is_some() { Some(call.json(i + 1, "null")) } else { None };
    let state = match state(call, 0) {
        Some(state) => state,
        // SAFETY: just allocated.
        None => unsafe { &mut *State::new(shape, interner, context) },
    };
    let label = state.interner().id(component, event);
    let row = Row { at: at.unwrap_or(0), label, seq: seq.unwrap_or(NO_SEQ), parameters: parameters.as_deref() };
    state.push(row)?;
    Ok(Some(Datum::from(std::ptr::from_mut(state))))
}

/// Argument `i`, a time that is neither NULL nor infinite, in microseconds.
pub fn finite_time(call: Call, i: usize) -> Result<i64, Failure> {
    let at: Option<TimestampWithTimeZone> = call.get(i);
    let at = microseconds(at.ok_or(Error::NullInput { argument: "the time" })?);
    if at == i64::MIN || at == i64::MAX {
        return Err(Error::InvalidArgument {
            argument: "event time",
            reason: "It is infinite.".into(),
            hint: "Filter such rows, as in trace_agg(event, at) FILTER (WHERE isfinite(at)).".into(),
        }
        .into());
    }
    Ok(at)
}

sql_functions! {
    /// trace_transition(internal, event, at [, seq [, component [, params]]]) → internal
    fn logfsm_trace_transition(call) {
        let shape = Shape::of(call, true);
        let at = finite_time(call, 2)?;
        add_row(call, Some(at), if shape.seq { call.get(3) } else { None }, shape)
    }

    /// trace_transition(internal, event, seq [, component [, params]]) → internal
    fn logfsm_trace_transition_seq(call) {
        let seq = call.get(2).ok_or(Error::NullInput { argument: "the sequence number" })?;
        add_row(call, None, Some(seq), Shape::of(call, false))
    }

    /// trace_final(internal) → trace
    fn logfsm_trace_final(call) {
        state(call, 0).map(|state| Ok(varlena(&state.trace()?.to_bytes()))).transpose()
    }

    /// trace_combine(internal, internal) → internal
    fn logfsm_trace_combine(call) {
        let context = in_aggregate(call)?;
        let Some(other) = state(call, 1) else { return Ok(call.datum(0)) };
        let mine = match state(call, 0) {
            Some(mine) => mine,
            // SAFETY: just allocated.
            None => unsafe { &mut *State::new(other.shape, other.interner, context) },
        };
        for i in 0..other.rows {
            let mut row = other.row(i);
            if mine.interner != other.interner {
                let label = &other.interner().labels[row.label as usize];
                row.label = mine.interner().id(label.component.as_deref(), &label.event);
            }
            mine.push(row)?;
        }
        Ok(Some(Datum::from(std::ptr::from_mut(mine))))
    }

    /// trace_serial(internal) → bytea
    fn logfsm_trace_serial(call) {
        in_aggregate(call)?;
        let Some(state) = state(call, 0) else { return Ok(None) };
        let rows: Vec<Row<'_>> = (0..state.rows).map(|i| state.row(i)).collect();
        let all = &state.interner().labels;
        let used = Variant::from_ids(rows.iter().map(|row| row.label), all);
        let rows = rows.iter().zip(&used.events).map(|(row, &label)| (row.at, label, row.seq, row.parameters)).collect();
        let wire = Wire { shape: state.shape, labels: used.labels, rows };
        Ok(Some(varlena(&postcard::to_allocvec(&wire).map_err(corrupt)?)))
    }

    /// trace_deserial(bytea, internal) → internal
    fn logfsm_trace_deserial(call) {
        let context = in_aggregate(call)?;
        let interner: *mut Interner = call.keep(Interner::default);
        let Some(datum) = call.datum(0) else { return Ok(None) };
        // SAFETY: the argument is a bytea.
        let wire: Wire<'_> = postcard::from_bytes(unsafe { varlena_payload(datum) }).map_err(corrupt)?;
        // SAFETY: just allocated.
        let state = unsafe { &mut *State::new(wire.shape, interner, context) };
        let ids: Vec<u32> =
            wire.labels.iter().map(|l| state.interner().id(l.component.as_deref(), &l.event)).collect();
        for (at, label, seq, parameters) in wire.rows {
            let label = *ids.get(label as usize).ok_or_else(|| null_argument("label"))?;
            state.push(Row { at, label, seq, parameters })?;
        }
        Ok(Some(Datum::from(std::ptr::from_mut(state))))
    }
}

fn corrupt(error: postcard::Error) -> Failure {
    Failure::new(PgSqlErrorCode::ERRCODE_INVALID_BINARY_REPRESENTATION, format!("invalid trace_agg state: {error}"))
}
