//! Finding models without a registry: the schemas whose table "model" is typed `logfsm.model_info`.
//!
//! Anybody may make such a schema, and give it any name that is free and its row any name at all. So a name means the
//! caller's own model first, and of others' the one whose schema has the name; what cannot be read at once is passed
//! over; and looking at a model's row runs no code of its owner.

use super::info::{self, Info, Stored};
use super::owner::{AsOwner, role_name};
use super::relations::{may_read, name_in};
use super::{Model, sql};
use crate::pg::automaton_type::rows;
use crate::pg::call::{Call, Reply, datum, text};
use crate::pg::error::Failure;
use crate::pg::set::stream;
use crate::pg::sql::quote_identifier;
use pgrx::{PgSqlErrorCode, pg_sys};
use std::ffi::CString;

/// A schema whose table "model" has the type of models' rows.
struct Place {
    schema: String,
    /// The table "model".
    table: pg_sys::Oid,
    /// Its owner, who owns the model.
    owner: pg_sys::Oid,
}

impl Place {
    /// The place in a schema of this name.
    fn in_schema(schema: &str) -> Option<Place> {
        let table = name_in(schema, "model")?;
        let class = super::relations::Class::of(table)?;
        let is_model = class.kind == pg_sys::RELKIND_RELATION && class.row_type == info::row_type();
        is_model.then(|| Place { schema: schema.into(), table, owner: class.owner })
    }

    /// All places, by schema.
    fn all() -> Result<Vec<Place>, Failure> {
        let query = "SELECT n.nspname::text, c.oid, c.relowner FROM pg_catalog.pg_depend d
                     JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) d.objid
                     JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
                     WHERE d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_type'::regclass AND d.refobjid OPERATOR(pg_catalog.=) $1
                       AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::regclass AND d.objsubid OPERATOR(pg_catalog.=) 0
                       AND c.reloftype OPERATOR(pg_catalog.=) $1
                       AND c.relname OPERATOR(pg_catalog.=) 'model' AND c.relkind OPERATOR(pg_catalog.=) 'r'
                       AND c.relpersistence OPERATOR(pg_catalog.<>) 't'
                     ORDER BY n.nspname";
        let _as_caller = AsOwner::as_caller();
        let mut found = Vec::new();
        sql::each_row(query, &[info::row_type().into()], |row| {
            if let (Some(schema), Some(table), Some(owner)) = (row.get(1)?, row.get(2)?, row.get(3)?) {
                found.push(Place { schema, table, owner });
            }
            Ok(())
        })?;
        Ok(found)
    }

    /// Whether the caller may read the row, or change the model where that is what is wanted.
    fn is_open(&self, changes: bool) -> bool {
        // SAFETY: plain catalog look-ups.
        let is_member = || unsafe { pg_sys::is_member_of_role(pg_sys::GetUserId(), self.owner) };
        may_read(self.table) || (changes && is_member())
    }

    /// Whether the model belongs to the caller or a role that he is a member of. Superusers are members of no more roles
    /// here than others: to them, too, a stranger's model must not stand in for one of their own.
    fn is_own(&self) -> bool {
        // SAFETY: plain catalog look-ups.
        unsafe { pg_sys::is_member_of_role_nosuper(pg_sys::GetUserId(), self.owner) }
    }

    /// The model, if it can be read at once.
    fn read_now(self) -> Option<Model> {
        match info::brief(self.table, false) {
            Stored::Row(info) => Some(self.model(*info)),
            Stored::Nothing | Stored::Locked => None,
        }
    }

    fn model(self, info: Info) -> Model {
        Model { schema: self.schema, owner: self.owner, info, tables: super::EVERY }
    }
}

/// The model that a name means to the caller: that of a schema or, where none is, that whose row says so; the caller's
/// own before others'. He needs USAGE on the schema and SELECT on its table "model", or for changes membership. Of its row
/// only what a list shows is read.
pub fn find(name: &str, changes: bool) -> Result<Model, Failure> {
    let mut named = Place::in_schema(name).filter(|place| place.is_open(changes));
    if let Some(place) = named.take_if(|place| place.is_own()) {
        match info::brief(place.table, true) {
            Stored::Row(info) => return Ok(place.model(*info)),
            Stored::Nothing | Stored::Locked => {}
        }
    }
    let (own, others): (Vec<Place>, Vec<Place>) = Place::all()?
        .into_iter()
        .filter(|place| place.schema != name && place.is_open(changes))
        .partition(Place::is_own);
    if let Some(model) = only(name, own)? {
        return Ok(model);
    }
    let mut locked = None;
    if let Some(place) = named {
        match info::brief(place.table, false) {
            Stored::Row(info) => return Ok(place.model(*info)),
            Stored::Locked => locked = Some(place),
            Stored::Nothing => {}
        }
    }
    if let Some(model) = only(name, others)? {
        return Ok(model);
    }
    // There is no other that it could be.
    if let Some(place) = locked
        && let Stored::Row(info) = info::brief(place.table, true)
    {
        return Ok(place.model(*info));
    }
    Err(unknown(name))
}

/// The one model of these whose row has the name.
fn only(name: &str, places: Vec<Place>) -> Result<Option<Model>, Failure> {
    let mut named: Vec<Model> =
        places.into_iter().filter_map(Place::read_now).filter(|model| model.info.name == name).collect();
    if named.len() > 1 {
        let schemas: Vec<&str> = named.iter().map(|model| model.schema.as_str()).collect();
        let code = PgSqlErrorCode::ERRCODE_AMBIGUOUS_PARAMETER;
        return Err(Failure::new(code, format!("model name \"{name}\" is ambiguous"))
            .detail(format!("Models of that name are in schemas {}.", schemas.join(", ")))
            .hint("Give the schema's name instead."));
    }
    Ok(named.pop())
}

fn unknown(name: &str) -> Failure {
    let failure = Failure::new(PgSqlErrorCode::ERRCODE_UNDEFINED_OBJECT, format!("model \"{name}\" does not exist"));
    if is_left_over(name) {
        return failure
            .detail(format!(
                "Schema \"{name}\" holds what DROP EXTENSION … CASCADE left of a model: its table \"model\" is gone."
            ))
            .hint(format!(
                "DROP SCHEMA {} CASCADE removes the rest; then create the model anew.",
                quote_identifier(name)
            ));
    }
    failure
        .detail("No model of that name can be read by the current role.")
        .hint("SELECT name FROM logfsm.models lists the models you may read; logfsm.create_model() makes one.")
}

/// Whether a schema holds what is left of a model after the type of its table "model" was dropped with the extension.
pub fn is_left_over(schema: &str) -> bool {
    let has = |table: &str| name_in(schema, table).is_some();
    !has("model") && ["runs", "states", "transitions", "traces", "watches"].iter().all(|table| has(table))
}

/// Before which other model of the same name a model stands.
fn rank(place: &Place, info: &Info) -> u8 {
    match (place.is_own(), place.schema == info.name) {
        (true, true) => 0,
        (true, false) => 1,
        (false, true) => 2,
        (false, false) => 3,
    }
}

/// A model to be listed, with its rank.
struct Listed {
    model: Model,
    rank: u8,
}

/// list_models() → setof (name, schema, owner, source, fits, fitted_at, method, traces, events, states, transitions)
pub fn list_models(call: Call) -> Reply {
    stream(call, || {
        let mut models: Vec<Listed> = Vec::new();
        for place in Place::all()?.into_iter().filter(|place| place.is_open(false)) {
            pgrx::check_for_interrupts!();
            if let Stored::Row(info) = info::brief(place.table, false) {
                let rank = rank(&place, &info);
                models.push(Listed { model: place.model(*info), rank });
            }
        }
        let names = names(&models);
        rows(models.into_iter().zip(names).collect(), |(Listed { model, .. }, name)| {
            let info = model.info;
            Ok(vec![
                Some(text(&name)),
                Some(text(&model.schema)),
                Some(text(&role_name(model.owner))),
                Some(text(&info.source)),
                datum(info.fits),
                info.fitted_at.and_then(datum),
                info.method.as_deref().map(text),
                info.traces.and_then(datum),
                info.events_read.and_then(datum),
                info.states.and_then(datum),
                info.transitions.and_then(datum),
            ])
        })
    })
}

/// The name of each model in a list: what its row says or, where that means another one to the caller, its schema's.
fn names(models: &[Listed]) -> Vec<String> {
    let mut first: std::collections::HashMap<&str, u8> = std::collections::HashMap::new();
    for listed in models {
        let rank = first.entry(&listed.model.info.name).or_insert(listed.rank);
        *rank = listed.rank.min(*rank);
    }
    let name = |listed: &Listed| {
        let model = &listed.model;
        let is_meant = first.get(model.info.name.as_str()).is_none_or(|&rank| rank == listed.rank);
        if is_meant { model.info.name.clone() } else { model.schema.clone() }
    };
    models.iter().map(name).collect()
}

/// A name as Postgres takes it; `None` for what no name can be.
pub fn c_name(name: &str) -> Option<CString> {
    (name.len() < pg_sys::NAMEDATALEN as usize).then(|| CString::new(name).ok()).flatten()
}
