//! Watches and their models as a backend keeps them from statement to statement, and what makes it look again.
//!
//! Statement triggers on a model's tables "model" and "watches" invalidate those tables' relation cache entries in all
//! backends, at commit; the callback only raises a flag.

use super::super::owner::AsOwner;
use super::super::refresh::{key_equality, key_type};
use super::super::{Model, source};
use super::Action;
use super::key::KeyType;
use super::reader::Reader;
use super::row::Names;
use super::statements::Statements;
use crate::automaton::Automaton;
use crate::conform::Machine;
use crate::log::{LineReader, TemplateMiner, Templates};
use crate::pg::error::Failure;
use crate::pg::sql;
use pgrx::PgSqlErrorCode;
use pgrx::pg_sys::{self, Datum, Oid};
use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

/// Models that a backend keeps; the one used longest ago goes first.
const KEPT: usize = 16;

/// A model ready to score events.
pub struct Compiled {
    /// Its name, schema, owner and columns.
    pub model: Model,
    /// Its table "model".
    pub table: Oid,
    /// Its machine.
    pub machine: Rc<Machine>,
    /// The score beyond which a trace is anomalous.
    pub threshold: f64,
    /// Its templates, where events come from messages.
    pub templates: Option<Rc<Templates>>,
    /// How its lines are read, where each can be read by itself.
    pub lines: Option<RefCell<LineReader>>,
    /// The type of its trace keys.
    pub key: KeyType,
    /// Its event types.
    pub names: RefCell<Names>,
    /// Its statements.
    pub statements: Statements,
    version: String,
    stale: Rc<Cell<bool>>,
}

/// A watch: a trigger on a table or on one of its partitions.
pub struct Watch {
    /// The model it scores by.
    pub model: Rc<Compiled>,
    /// What it does with anomalous rows.
    pub action: Action,
    /// The table as recorded, by its present name.
    pub table_name: String,
    /// How to read its rows.
    pub reader: RefCell<Option<Reader>>,
    trigger: Oid,
    table: Oid,
    stale: Rc<Cell<bool>>,
}

/// A flag for a table.
type Tracked = (Oid, Weak<Cell<bool>>);

thread_local! {
    static WATCHES: RefCell<Vec<Rc<Watch>>> = const { RefCell::new(Vec::new()) };
    static TRACKED: RefCell<Vec<Tracked>> = const { RefCell::new(Vec::new()) };
    static REGISTERED: Cell<bool> = const { Cell::new(false) };
}

unsafe extern "C-unwind" fn relation_changed(_: Datum, relation: Oid) {
    let _ = TRACKED.try_with(|tracked| {
        let Ok(tracked) = tracked.try_borrow() else { return };
        for (table, stale) in tracked.iter() {
            if relation == Oid::INVALID || relation == *table {
                let _ = stale.upgrade().map(|stale| stale.set(true));
            }
        }
    });
}

unsafe extern "C-unwind" fn schema_changed(_: Datum, _: i32, _: u32) {
    // SAFETY: as the callback above.
    unsafe { relation_changed(Datum::null(), Oid::INVALID) }
}

/// A flag that is raised when the relation cache's entry of one of the tables is invalidated.
fn track(tables: &[Oid]) -> Rc<Cell<bool>> {
    if !REGISTERED.replace(true) {
        // SAFETY: the callbacks stay valid for the life of the backend.
        unsafe {
            pg_sys::CacheRegisterRelcacheCallback(Some(relation_changed), Datum::null());
            let schemas = pg_sys::SysCacheIdentifier::NAMESPACEOID as i32;
            pg_sys::CacheRegisterSyscacheCallback(schemas, Some(schema_changed), Datum::null());
        }
    }
    let stale = Rc::new(Cell::new(false));
    TRACKED.with_borrow_mut(|tracked| {
        // Flags that nobody looks at any more go.
        tracked.retain(|entry| entry.1.strong_count() > 0);
        tracked.extend(tables.iter().map(|table| (*table, Rc::downgrade(&stale))));
    });
    stale
}

fn refused() -> Failure {
    let message = "no model watches this table through this trigger";
    Failure::new(PgSqlErrorCode::ERRCODE_INSUFFICIENT_PRIVILEGE, message)
        .detail("Anybody can make a trigger that calls logfsm.watch_insert(); only those that a model records do work.")
        .hint("logfsm.watch() makes and records the trigger.")
}

/// The watch of a trigger as last found, if nothing has changed since.
pub fn known(trigger: Oid, table: Oid) -> Option<Rc<Watch>> {
    WATCHES.with_borrow(|watches| {
        let watch = watches.iter().find(|watch| watch.trigger == trigger && watch.table == table)?;
        (!watch.stale.get() && !watch.model.stale.get()).then(|| watch.clone())
    })
}

/// Finds the watch of a trigger, checking that its model records it.
pub fn find(trigger: Oid, table: Oid) -> Result<Rc<Watch>, Failure> {
    let (watched, name, schema, owner) = {
        // As whoever inserts, but not by their search path.
        // SAFETY: reads who that is.
        let _as_caller = AsOwner::switch(unsafe { pg_sys::GetUserId() });
        let (root, watched, name) = root_of(trigger)?.ok_or_else(refused)?;
        let (schema, owner) = model_of(root)?.ok_or_else(refused)?;
        (watched, name, schema, owner)
    };
    let _as_owner = AsOwner::switch(owner);
    let model = Model::read(schema, owner)?;
    let stale = track(&[oid_of(&model.table("watches"))?, watched]);
    let query = format!(
        "SELECT w.action, pg_catalog.format('%I.%I', n.nspname, c.relname)
         FROM {} w JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) $1
         JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
         WHERE (w.trigger_name OPERATOR(pg_catalog.=) $2 OR (w.trigger_name OPERATOR(pg_catalog.||) '_before') OPERATOR(pg_catalog.=) $2) AND (w.watched_oid OPERATOR(pg_catalog.=) $1
               OR w.watched_table OPERATOR(pg_catalog.=) pg_catalog.format('%I.%I', n.nspname, c.relname))",
        model.table("watches")
    );
    let mut recorded: Option<(String, String)> = None;
    sql::each_row(&query, &[watched.into(), name.into()], |row| {
        recorded = row.get(1)?.zip(row.get(2)?);
        Ok(())
    })?;
    let (action, table_name) = recorded.ok_or_else(refused)?;
    let action = Action::parse(&action)?;
    let model = compiled(model)?;
    let watch = Rc::new(Watch { model, action, table_name, reader: RefCell::new(None), trigger, table, stale });
    WATCHES.with_borrow_mut(|watches| {
        watches.retain(|w| w.trigger != trigger && !w.stale.get());
        watches.truncate(4 * KEPT);
        watches.insert(0, watch.clone());
    });
    Ok(watch)
}

/// A model made ready, anew unless its row is the one it was made from.
pub fn compiled(model: Model) -> Result<Rc<Compiled>, Failure> {
    let name = model.table("model");
    let table = oid_of(&name)?;
    let before = WATCHES.with_borrow(|watches| {
        watches.iter().map(|watch| &watch.model).find(|compiled| compiled.table == table).cloned()
    });
    if let Some(before) = before.as_ref().filter(|before| !before.stale.get()) {
        return Ok(before.clone());
    }
    model.require_fitted()?;
    // The flag is there before the row is read: what changes in between is noticed.
    let stale = track(&[table]);
    let version = format!("SELECT pg_catalog.format('%s/%s/%s', tableoid, ctid, xmin) FROM {name}");
    let version: String = sql::one(&version, &[])?.unwrap_or_default();
    let same =
        before.filter(|b| b.version == version && b.model.schema == model.schema && b.model.owner == model.owner);
    let (machine, templates) = match &same {
        Some(before) => (before.machine.clone(), before.templates.clone()),
        None => {
            let bytes: Option<Vec<u8>> =
                sql::one(&format!("SELECT logfsm.automaton_send(automaton) FROM {name}"), &[])?;
            let machine = Machine::new(Automaton::from_bytes(&bytes.unwrap_or_default())?);
            (Rc::new(machine), templates(&model)?)
        }
    };
    let threshold: Option<f64> = sql::one(&format!("SELECT threshold FROM {name}"), &[])?;
    let key_oid = "SELECT a.atttypid FROM pg_catalog.pg_attribute a
                   WHERE a.attrelid OPERATOR(pg_catalog.=) $1::regclass AND a.attname OPERATOR(pg_catalog.=) 'trace_key'";
    let key_oid: Option<Oid> = sql::one(key_oid, &[model.table("live_traces").into()])?;
    let key = KeyType::new(key_oid.unwrap_or(pg_sys::TEXTOID));
    let statements = Statements::new(&model, &key, &key_type(&model)?, &key_equality(&model)?);
    let lines = lines(&model)?.map(RefCell::new);
    let names = RefCell::new(Names::new(&machine.automaton.labels));
    let threshold = threshold.unwrap_or(f64::INFINITY);
    Ok(Rc::new(Compiled { model, table, machine, threshold, templates, lines, key, names, statements, version, stale }))
}

/// The reader of lines; `None` where there are none, or where lines without a time get that of the line before.
fn lines(model: &Model) -> Result<Option<LineReader>, Failure> {
    let info = &model.info;
    let carried = info.at_column.is_none()
        && info.lines_give("time")
        && !info.lines_give("time in all")
        && info.seq_column.is_some();
    if info.message_column.is_none() || carried || info.depends_on_order() {
        return Ok(None);
    }
    Ok(Some(LineReader::new(&info.settings()?)?))
}

fn templates(model: &Model) -> Result<Option<Rc<Templates>>, Failure> {
    if model.info.message_column.is_none() {
        return Ok(None);
    }
    let query = format!("SELECT logfsm.templates_send(templates) FROM {}", model.table("model"));
    let Some(bytes) = sql::one::<Vec<u8>>(&query, &[])? else { return Ok(None) };
    Ok(Some(Rc::new(TemplateMiner::from_bytes(&bytes, crate::pg::memory_limit())?.finish()?)))
}

fn oid_of(table: &str) -> Result<Oid, Failure> {
    let oid: Option<Oid> = sql::one("SELECT $1::regclass::oid", &[table.into()])?;
    Ok(oid.unwrap_or(Oid::INVALID))
}

/// The trigger that a partition's trigger was cloned from, its table and its name; itself where it is no clone.
fn root_of(trigger: Oid) -> Result<Option<(Oid, Oid, String)>, Failure> {
    let query = "WITH RECURSIVE up (id, parent, relation, name) AS (
                     SELECT t.oid, t.tgparentid, t.tgrelid, t.tgname::text FROM pg_catalog.pg_trigger t WHERE t.oid OPERATOR(pg_catalog.=) $1
                     UNION ALL SELECT t.oid, t.tgparentid, t.tgrelid, t.tgname::text
                     FROM up JOIN pg_catalog.pg_trigger t ON t.oid OPERATOR(pg_catalog.=) up.parent)
                 SELECT id, relation, name FROM up WHERE parent::bigint OPERATOR(pg_catalog.=) 0";
    let mut found = None;
    sql::each_row(query, &[trigger.into()], |row| {
        if let (Some(id), Some(relation), Some(name)) = (row.get(1)?, row.get(2)?, row.get(3)?) {
            found = Some((id, relation, name));
        }
        Ok(())
    })?;
    Ok(found)
}

/// The schema and owner of the model that a watch trigger's condition refers to.
fn model_of(trigger: Oid) -> Result<Option<(String, Oid)>, Failure> {
    let query = "SELECT n.nspname::text, m.relowner FROM pg_catalog.pg_depend d
                 JOIN pg_catalog.pg_class v ON v.oid OPERATOR(pg_catalog.=) d.refobjid AND v.relkind OPERATOR(pg_catalog.=) 'v'
                 JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) v.relnamespace
                 JOIN pg_catalog.pg_class m ON m.relnamespace OPERATOR(pg_catalog.=) n.oid AND m.relname OPERATOR(pg_catalog.=) 'model'
                      AND m.reloftype OPERATOR(pg_catalog.=) 'logfsm.model_info'::regtype
                 WHERE d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_trigger'::regclass AND d.objid OPERATOR(pg_catalog.=) $1
                   AND d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::regclass";
    let mut found = None;
    sql::each_row(query, &[trigger.into()], |row| {
        found = row.get(1)?.zip(row.get(2)?);
        Ok(())
    })?;
    Ok(found)
}

/// model_changed(): the statement trigger on "model" and "watches".
pub fn on_change(call: crate::pg::call::Call) -> crate::pg::call::Reply {
    let fired = super::fired::Fired::from(call, "logfsm.model_changed()")?;
    // SAFETY: the trigger's relation exists.
    unsafe { pg_sys::CacheInvalidateRelcacheByRelid(fired.table) };
    Ok(Some(Datum::null()))
}

/// Fails unless a table has the columns of the model.
pub fn require_columns(model: &Model, table: &str) -> Result<(), Failure> {
    let columns = source::columns(table)?;
    for column in model.info.used_columns() {
        source::column(&columns, column, "a column of the model", table)?;
    }
    Ok(())
}
