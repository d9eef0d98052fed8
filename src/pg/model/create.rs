//! create_model: checks names, columns and rights, then makes the schema with its empty tables.

use super::Settings;
use super::find::is_left_over;
use super::info::Info;
use super::owner::AsOwner;
use super::source::{self, Column};
use crate::pg::call::{Call, Reply, text};
use crate::pg::error::Failure;
use crate::pg::sql::{self, quote_identifier, quote_literal};
use pgrx::{PgSqlErrorCode, pg_sys};

/// The tables and views of a model; `{schema}` and `{key_type}` are filled in.
const SCHEMA_SQL: &str = include_str!("../../../sql/model_schema.sql");

/// The longest identifier Postgres keeps whole.
const LONGEST_NAME: usize = 63;

/// create_model(model, source, trace, message, event, at, seq, component, params, trace_pattern, trace_slot, refresh_by,
/// lateness, events, schema, format, formats, on_unmatched, parse_options, label, negative) → text
pub fn create_model(call: Call) -> Reply {
    let name = call.need_text(0, "model")?;
    super::require_writable(&format!("create model \"{name}\""))?;
    let _as_caller = AsOwner::as_caller();
    let source: pg_sys::Oid = call.need(1, "source")?;
    let optional = |i: usize| -> Result<Option<String>, Failure> { Ok(call.text(i)?.map(Into::into)) };
    let mut info = Info {
        name: name.into(),
        source: relation_name(source)?,
        trace_column: optional(2)?,
        message_column: optional(3)?,
        event_column: optional(4)?,
        at_column: optional(5)?,
        seq_column: optional(6)?,
        component_column: optional(7)?,
        params_column: optional(8)?,
        trace_pattern: optional(9)?,
        trace_slot: call.get(10),
        refresh_by: optional(11)?.or(optional(5)?),
        parse_settings: None,
        line_fields: Vec::new(),
        label_column: optional(19)?,
        negative_label: optional(20)?,
        events: call.need_text(13, "events")?.into(),
        fits: 0,
        method: None,
        fitted_at: None,
        traces: None,
        events_read: None,
        has_period: false,
        states: None,
        transitions: None,
    };
    let lateness: pgrx::datum::Interval = call.need(12, "lateness")?;
    let schema = call.text(14)?;
    check_name(name, "model")?;
    check_values(&info, &lateness)?;
    let several: Option<Vec<Option<String>>> = call.get(16);
    let formats = optional(15)?.into_iter().chain(several.into_iter().flatten().flatten()).collect();
    let on_unmatched = call.need_text(17, "on_unmatched")?.into();
    let options = call.json(18, "{}");
    super::lines::settle(&mut info, super::lines::Given { formats, on_unmatched, options })?;
    default_place(&mut info, source)?;
    let columns = source::columns(&info.source)?;
    let key_type = check_mapping(&info, &columns)?;
    source::require_select(&info)?;
    let schema = match schema {
        Some(existing) => adopt_schema(existing)?,
        None => create_schema(name)?,
    };
    let quoted = quote_identifier(&schema);
    // Citus would warn about every view that it does not make on other servers, too.
    let citus = "SELECT pg_catalog.current_setting('citus.enable_ddl_propagation', true) IS NOT NULL";
    let _local = sql::holds(citus, &[])?.then(|| Settings::new().with(c"citus.enable_ddl_propagation", c"off"));
    sql::run(&sql::fill(SCHEMA_SQL, &[("schema", &quoted), ("key_type", &key_type)]), &[])?;
    let insert = format!(
        "INSERT INTO {quoted}.model (name, source, trace_column, trace_pattern, trace_slot, event_column, message_column,
             at_column, seq_column, component_column, params_column, refresh_by, lateness, events, fits, created_with,
             parse_settings, line_fields, label_column, negative_label)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 0, $15, $16::jsonb, $17, $18, $19)"
    );
    let created_with = env!("CARGO_PKG_VERSION");
    sql::run(
        &insert,
        &[
            info.name.into(),
            info.source.into(),
            info.trace_column.into(),
            info.trace_pattern.into(),
            info.trace_slot.into(),
            info.event_column.into(),
            info.message_column.into(),
            info.at_column.into(),
            info.seq_column.into(),
            info.component_column.into(),
            info.params_column.into(),
            info.refresh_by.into(),
            lateness.into(),
            info.events.into(),
            created_with.into(),
            info.parse_settings.into(),
            info.line_fields.into(),
            info.label_column.into(),
            info.negative_label.into(),
        ],
    )?;
    Ok(Some(text(&schema)))
}

/// The relation's qualified, quoted name; fails for what cannot be read row by row.
fn relation_name(source: pg_sys::Oid) -> Result<String, Failure> {
    let temporary =
        "SELECT relpersistence OPERATOR(pg_catalog.=) 't' FROM pg_catalog.pg_class WHERE oid OPERATOR(pg_catalog.=) $1";
    if sql::holds(temporary, &[source.into()])? {
        return Err(Failure::new(PgSqlErrorCode::ERRCODE_WRONG_OBJECT_TYPE, "the source is temporary")
            .detail("It would be gone with the session, and the model could not be fitted again.")
            .hint("Give a permanent table or view."));
    }
    let query = "SELECT pg_catalog.format('%I.%I', n.nspname, c.relname)
                 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
                 WHERE c.oid OPERATOR(pg_catalog.=) $1 AND c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p,v,m,f}'::\"char\"[])";
    sql::one(query, &[source.into()])?.ok_or_else(|| {
        Failure::new(PgSqlErrorCode::ERRCODE_WRONG_OBJECT_TYPE, "the source is not a table or view")
            .detail("It is an index, a sequence or the like, or does not exist.")
            .hint("Give a table, view, materialized view or foreign table.")
    })
}

fn check_name(name: &str, what: &str) -> Result<(), Failure> {
    let problem = if name.is_empty() {
        Some("It is empty.".to_string())
    } else if name.len() > LONGEST_NAME {
        Some(format!("It has {} bytes; identifiers keep at most {LONGEST_NAME}.", name.len()))
    } else if name.starts_with("pg_") || ["information_schema", "public", "logfsm"].contains(&name) {
        Some("That schema name is reserved.".to_string())
    } else {
        None
    };
    match problem {
        None => Ok(()),
        Some(detail) => {
            Err(Failure::new(PgSqlErrorCode::ERRCODE_INVALID_NAME, format!("invalid {what} name \"{name}\""))
                .detail(detail)
                .hint("A model becomes a schema of the same name: choose a free name of 1 to 63 bytes."))
        }
    }
}

/// The types of columns that refresh may go by.
const PLACES: &[&str] = &["timestamptz", "timestamp", "date", "int2", "int4", "int8"];

/// Whether the column numbers the rows of a table as they come: an identity, a serial or a unique column.
const NUMBERS_ROWS: &str = "SELECT a.attidentity OPERATOR(pg_catalog.<>) ''
        OR EXISTS (SELECT FROM pg_catalog.pg_attrdef d WHERE d.adrelid OPERATOR(pg_catalog.=) a.attrelid AND d.adnum OPERATOR(pg_catalog.=) a.attnum
                   AND pg_catalog.pg_get_expr(d.adbin, d.adrelid) OPERATOR(pg_catalog.~) '^(pg_catalog\\.)?nextval\\(')
        OR EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid OPERATOR(pg_catalog.=) a.attrelid AND i.indisunique AND i.indpred IS NULL
                   AND i.indnkeyatts OPERATOR(pg_catalog.=) 1 AND i.indkey[0] OPERATOR(pg_catalog.=) a.attnum)
    FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) $1 AND a.attname OPERATOR(pg_catalog.=) $2";

/// Lines that hold their times are refreshed by the column that numbers them, where there is one; else by their times.
fn default_place(info: &mut Info, source: pg_sys::Oid) -> Result<(), Failure> {
    if info.refresh_by.is_none()
        && info.lines_give("time")
        && let Some(seq) = &info.seq_column
        && sql::holds(NUMBERS_ROWS, &[source.into(), seq.as_str().into()])?
    {
        info.refresh_by = Some(seq.clone());
    }
    Ok(())
}

/// Checks which columns are given and of what type; gives the type of the trace key.
fn check_mapping(info: &Info, columns: &[Column]) -> Result<String, Failure> {
    let wrong = |message: &str, detail: &str, hint: &str| {
        Failure::new(PgSqlErrorCode::ERRCODE_INVALID_PARAMETER_VALUE, message).detail(detail).hint(hint)
    };
    let keys = [info.trace_column.is_some(), info.trace_pattern.is_some(), info.trace_slot.is_some()];
    let given = keys.iter().filter(|given| **given).count();
    if given != 1 && !(given == 0 && info.lines_give("trace")) {
        return Err(wrong(
            "exactly one of trace, trace_pattern and trace_slot must be given",
            "They say which rows belong to one trace.",
            "trace => 'column', or trace_pattern => 'regular expression on the message', or trace_slot => template parameter; none where the format of the lines says.",
        ));
    }
    if info.event_column.is_some() == info.message_column.is_some() {
        return Err(wrong(
            "exactly one of event and message must be given",
            "An event column holds event types; a message column holds text that is parsed into them.",
            "Give event => 'column' or message => 'column'.",
        ));
    }
    if info.message_column.is_none() && info.trace_column.is_none() {
        return Err(wrong(
            "trace_pattern and trace_slot need a message column",
            "They find the trace key in the message.",
            "Give message => 'column', or trace => 'column'.",
        ));
    }
    if info.at_column.is_none() && info.seq_column.is_none() && !info.lines_give("time") {
        return Err(wrong(
            "at or seq must be given",
            "Without a time or a sequence number the order of events is unknown.",
            "Give at => 'timestamp column', seq => 'integer column', or both.",
        ));
    }
    if info.label_column.is_some() != info.negative_label.is_some() {
        return Err(wrong(
            "label and negative must be given together",
            "label is a column, negative its value in rows of traces that must not happen.",
            "Give both, as in label => 'outcome', negative => 'fault', or neither.",
        ));
    }
    if info.events != "table" && info.events != "none" {
        return Err(wrong(
            &format!("invalid value for events: \"{}\"", info.events),
            "events says whether one row per event is stored.",
            "Give events => 'table' or events => 'none'.",
        ));
    }
    let times = ("a timestamp or date", &["timestamptz", "timestamp", "date"][..]);
    let all = [
        ("trace", &info.trace_column, ("", &[][..])),
        ("message", &info.message_column, ("", &[][..])),
        ("event", &info.event_column, ("", &[][..])),
        ("component", &info.component_column, ("", &[][..])),
        ("at", &info.at_column, times),
        ("seq", &info.seq_column, ("an integer", &["int2", "int4", "int8"][..])),
        ("params", &info.params_column, ("jsonb", &["jsonb", "json"][..])),
        ("refresh_by", &info.refresh_by, ("a timestamp, date or integer", PLACES)),
        ("label", &info.label_column, ("", &[][..])),
    ];
    for (role, name, (expected, types)) in all {
        let Some(name) = name else { continue };
        let column = source::column(columns, name, role, &info.source)?;
        if !types.is_empty() && !types.contains(&column.base.as_str()) {
            return Err(Failure::new(
                PgSqlErrorCode::ERRCODE_DATATYPE_MISMATCH,
                format!("column \"{name}\" given as {role} has type {}", column.sql_type),
            )
            .detail(format!("{role} needs {expected}."))
            .hint("Make a view that casts it, and give the view as source."));
        }
    }
    let Some(name) = &info.trace_column else { return Ok("text".into()) };
    let column = source::column(columns, name, "trace", &info.source)?;
    if column.is_composite || !source::is_ordered(column.type_id) {
        let message = format!("column \"{name}\" given as trace has type {}", column.sql_type);
        return Err(Failure::new(PgSqlErrorCode::ERRCODE_DATATYPE_MISMATCH, message)
            .detail("trace needs a type with equality and order that is not composite.")
            .hint("Make a view that casts it, and give the view as source."));
    }
    // What is one key for the source is one key for the model's tables.
    Ok(match &column.collation {
        Some(collation) => format!("{} {collation}", column.sql_type),
        None => column.sql_type.clone(),
    })
}

/// Checks values that only later work would trip over.
fn check_values(info: &Info, lateness: &pgrx::datum::Interval) -> Result<(), Failure> {
    let wrong = |argument: &str, value: &str, detail: &str, hint: &str| {
        let message = format!("invalid {argument}: {value}");
        Err(Failure::new(PgSqlErrorCode::ERRCODE_INVALID_PARAMETER_VALUE, message).detail(detail).hint(hint))
    };
    if lateness.as_micros() < 0 {
        return wrong("lateness", "negative", "It is how late rows may come.", "Give an interval of zero or more.");
    }
    if let Some(slot) = info.trace_slot.filter(|&slot| slot < 1) {
        return wrong("trace_slot", &slot.to_string(), "Slots of a template are numbered from 1.", "Give 1 or more.");
    }
    Ok(())
}

fn create_schema(name: &str) -> Result<String, Failure> {
    if sql::holds("SELECT pg_catalog.to_regnamespace($1) IS NOT NULL", &[quote_identifier(name).into()])? {
        let code = PgSqlErrorCode::ERRCODE_DUPLICATE_SCHEMA;
        let failure = Failure::new(code, format!("schema \"{name}\" already exists"));
        return Err(if is_left_over(name) {
            failure
                .detail("It holds what DROP EXTENSION … CASCADE left of a model: its table \"model\" is gone.")
                .hint(format!("DROP SCHEMA {} CASCADE removes it; or choose another name.", quote_identifier(name)))
        } else {
            failure
                .detail("A model gets a schema of its own name.")
                .hint("Choose another name, drop_model() the old model, or give schema => an empty schema you own.")
        });
    }
    let may = "SELECT pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE')";
    if !sql::holds(may, &[])? {
        let grant: Option<String> = sql::one(
            "SELECT pg_catalog.format('GRANT CREATE ON DATABASE %I TO %I', pg_catalog.current_database(), CURRENT_USER)",
            &[],
        )?;
        let code = PgSqlErrorCode::ERRCODE_INSUFFICIENT_PRIVILEGE;
        return Err(Failure::new(code, format!("permission denied to create schema \"{name}\""))
            .detail("A model lives in a schema of its own.")
            .hint(format!("{}; or give schema => an empty schema you own.", grant.unwrap_or_default())));
    }
    sql::run(&format!("CREATE SCHEMA {}", quote_identifier(name)), &[])?;
    Ok(name.into())
}

/// An existing schema must belong to the caller and be empty.
fn adopt_schema(name: &str) -> Result<String, Failure> {
    check_name(name, "schema")?;
    let owned = "SELECT pg_catalog.pg_get_userbyid(nspowner) OPERATOR(pg_catalog.=) CURRENT_USER
                 FROM pg_catalog.pg_namespace WHERE nspname OPERATOR(pg_catalog.=) $1::name";
    match sql::one::<bool>(owned, &[name.into()])? {
        Some(true) => {}
        Some(false) => {
            let code = PgSqlErrorCode::ERRCODE_INSUFFICIENT_PRIVILEGE;
            return Err(Failure::new(code, format!("schema \"{name}\" belongs to another role"))
                .detail("A model's schema must belong to the model's owner.")
                .hint("Give an empty schema you own, or leave schema out."));
        }
        None => {
            let code = PgSqlErrorCode::ERRCODE_INVALID_SCHEMA_NAME;
            return Err(Failure::new(code, format!("schema \"{name}\" does not exist"))
                .detail("schema => names an existing, empty schema.")
                .hint("Leave schema out: the model's name then becomes a new schema."));
        }
    }
    let used = format!(
        "SELECT EXISTS (SELECT FROM pg_catalog.pg_depend WHERE refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_namespace'::regclass
                        AND refobjid OPERATOR(pg_catalog.=) {}::regnamespace)",
        quote_literal(quote_identifier(name))
    );
    if sql::holds(&used, &[])? {
        let code = PgSqlErrorCode::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE;
        return Err(Failure::new(code, format!("schema \"{name}\" is not empty"))
            .detail("It holds objects that a model could clash with.")
            .hint("Give an empty schema you own, or leave schema out."));
    }
    Ok(name.into())
}
