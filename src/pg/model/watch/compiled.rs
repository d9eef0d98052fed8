//! Watches and their models as a backend keeps them from statement to statement, and what makes it look again.
//!
//! Statement triggers on a model's tables "model" and "watches" invalidate those tables' relation cache entries in all
//! backends, at commit; the callback only raises a flag.

use super::super::owner::{AsOwner, role_name};
use super::super::refresh::{key_equality, key_type};
use super::super::{Model, source};
use super::Action;
use super::fired::Fired;
use super::key::KeyType;
use super::reader::Reader;
use super::row::Names;
use super::statement::{Arrival, Running, Statement};
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

/// Models that a backend keeps; the one found longest ago goes first.
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
    pub reader: RefCell<Option<Rc<Reader>>>,
    /// The statement that was told last that its rows are not dropped.
    pub warned: Cell<Option<Statement>>,
    /// How the rows of the statement that was asked for last come.
    arrival: Cell<Option<(Statement, Arrival)>>,
    trigger: Oid,
    table: Oid,
    stale: Rc<Cell<bool>>,
}

impl Watch {
    /// How the rows of a statement come to this table.
    pub fn arrival(&self, running: &Running, fired: &Fired) -> Arrival {
        let statement = running.statement();
        if let Some((known, arrival)) = self.arrival.get()
            && known == statement
        {
            return arrival;
        }
        let arrival = running.arrival(fired);
        self.arrival.set(Some((statement, arrival)));
        arrival
    }
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

unsafe extern "C-unwind" fn catalog_changed(_: Datum, _: i32, _: u32) {
    // SAFETY: as the callback above.
    unsafe { relation_changed(Datum::null(), Oid::INVALID) }
}

/// A flag that is raised when the relation cache's entry of one of the tables is invalidated.
fn track(tables: &[Oid]) -> Rc<Cell<bool>> {
    if !REGISTERED.replace(true) {
        // SAFETY: the callbacks stay valid for the life of the backend.
        unsafe {
            pg_sys::CacheRegisterRelcacheCallback(Some(relation_changed), Datum::null());
            // Schemas may be renamed; roles may lose rights.
            use pg_sys::SysCacheIdentifier::{AUTHMEMROLEMEM, AUTHOID, NAMESPACEOID};
            for cache in [NAMESPACEOID, AUTHOID, AUTHMEMROLEMEM] {
                pg_sys::CacheRegisterSyscacheCallback(cache as i32, Some(catalog_changed), Datum::null());
            }
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
        .detail("Anybody can make a trigger that calls logfsm.watch_insert(); only those that a model records, by their number and that of their table, do work.")
        .hint("logfsm.watch() makes and records the trigger; after a restore it is needed again.")
}

/// The watch of a trigger as last found, if nothing has changed since.
pub fn known(trigger: Oid, table: Oid) -> Option<Rc<Watch>> {
    WATCHES.with_borrow(|watches| {
        let watch = watches.iter().find(|watch| watch.trigger == trigger && watch.table == table)?;
        (!watch.stale.get() && !watch.model.stale.get()).then(|| watch.clone())
    })
}

/// What a model records of a trigger on a table.
pub struct Recorded {
    /// The model's schema.
    pub schema: String,
    /// Its owner.
    pub owner: Oid,
    /// What the watch does.
    pub action: Action,
    /// The table as recorded, by its present name.
    pub table_name: String,
    watched: Oid,
    trigger: Oid,
    table: Oid,
}

/// Finds the model of a trigger, and checks that it records this trigger on this table, by number, and that its owner may
/// see all rows of the table.
pub fn recorded(trigger: Oid, table: Oid) -> Result<Recorded, Failure> {
    let (root, watched, schema, owner) = {
        // As whoever inserts, but not by their search path.
        // SAFETY: reads who that is.
        let _as_caller = AsOwner::switch(unsafe { pg_sys::GetUserId() });
        let (root, watched) = root_of(trigger)?.ok_or_else(refused)?;
        let (schema, owner) = model_of(root)?.ok_or_else(refused)?;
        (root, watched, schema, owner)
    };
    let _as_owner = AsOwner::switch(owner);
    let query = format!(
        "SELECT w.action, pg_catalog.format('%I.%I', n.nspname, c.relname)
         FROM {}.watches w JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) w.watched_oid
         JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
         WHERE w.watched_oid OPERATOR(pg_catalog.=) $1 AND $2 OPERATOR(pg_catalog.=) ANY (ARRAY[w.trigger_oid, w.before_oid])",
        sql::quote_identifier(&schema)
    );
    let mut recorded: Option<(String, String)> = None;
    sql::each_row(&query, &[watched.into(), root.into()], |row| {
        recorded = row.get(1)?.zip(row.get(2)?);
        Ok(())
    })?;
    let (action, table_name) = recorded.ok_or_else(refused)?;
    let action = Action::parse(&action)?;
    Ok(Recorded { schema, owner, action, table_name, watched, trigger, table })
}

/// Makes the watch of a recorded trigger ready; or gives why its owner may not see the rows.
pub fn find(recorded: &Recorded) -> Result<Result<Rc<Watch>, Failure>, Failure> {
    let _as_owner = AsOwner::switch(recorded.owner).with_default_memory();
    let model = Model::read(recorded.schema.clone(), recorded.owner)?;
    let stale = track(&[oid_of(&model.table("watches"))?, recorded.watched]);
    if let Err(blind) = require_sight(&model, &recorded.table_name) {
        return Ok(Err(blind));
    }
    let model = compiled(model)?;
    let watch = Rc::new(Watch {
        model,
        action: recorded.action,
        table_name: recorded.table_name.clone(),
        reader: RefCell::new(None),
        warned: Cell::new(None),
        arrival: Cell::new(None),
        trigger: recorded.trigger,
        table: recorded.table,
        stale,
    });
    WATCHES.with_borrow_mut(|watches| {
        watches.retain(|w| w.trigger != recorded.trigger && !w.stale.get());
        watches.truncate(4 * KEPT);
        watches.insert(0, watch.clone());
    });
    Ok(Ok(watch))
}

/// Fails unless the current role may read all rows of a table, as far as the model uses them: a watch shows what others
/// insert.
pub fn require_sight(model: &Model, table: &str) -> Result<(), Failure> {
    let denied = |detail: String, hint: String| {
        let message = format!("the owner of model \"{}\" may not see the rows of {table}", model.info.name);
        Err(Failure::new(PgSqlErrorCode::ERRCODE_INSUFFICIENT_PRIVILEGE, message).detail(detail).hint(hint))
    };
    let owner = role_name(model.owner);
    for column in model.info.read_columns() {
        let may = "SELECT pg_catalog.has_column_privilege($1::text::regclass, $2::text, 'SELECT')";
        if !sql::holds(may, &[table.into(), column.into()])? {
            let detail = format!("Role \"{owner}\" may not SELECT column \"{column}\".");
            return denied(detail, format!("GRANT SELECT ON {table} TO {}.", sql::quote_identifier(owner)));
        }
    }
    if sql::holds("SELECT pg_catalog.row_security_active($1::text::regclass)", &[table.into()])? {
        let detail = format!("Row-level security of the table applies to role \"{owner}\".");
        return denied(detail, "Refresh the model instead: it reads what the policies let its owner see.".into());
    }
    Ok(())
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
    let live = model.table("live_traces");
    let stale = track(&[table, oid_of(&live)?]);
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
    let of_key = |what: &str| -> Result<Option<Oid>, Failure> {
        let query = format!(
            "SELECT a.{what} FROM pg_catalog.pg_attribute a
             WHERE a.attrelid OPERATOR(pg_catalog.=) $1::regclass AND a.attname OPERATOR(pg_catalog.=) 'trace_key'"
        );
        sql::one(&query, &[live.as_str().into()])
    };
    let key = KeyType::new(of_key("atttypid")?.unwrap_or(pg_sys::TEXTOID), of_key("attcollation")?);
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

/// The trigger that a partition's trigger was cloned from, and its table; itself where it is no clone.
fn root_of(trigger: Oid) -> Result<Option<(Oid, Oid)>, Failure> {
    let query = "WITH RECURSIVE up (id, parent, relation) AS (
                     SELECT t.oid, t.tgparentid, t.tgrelid FROM pg_catalog.pg_trigger t WHERE t.oid OPERATOR(pg_catalog.=) $1
                     UNION ALL SELECT t.oid, t.tgparentid, t.tgrelid
                     FROM up JOIN pg_catalog.pg_trigger t ON t.oid OPERATOR(pg_catalog.=) up.parent)
                 SELECT id, relation FROM up WHERE parent::bigint OPERATOR(pg_catalog.=) 0";
    let mut found = None;
    sql::each_row(query, &[trigger.into()], |row| {
        found = row.get(1)?.zip(row.get(2)?);
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
