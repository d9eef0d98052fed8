//! Message columns: how their lines are read into events, and the templates learned from them.

use super::{Info, Model, foreign, sql};
use crate::error::Error;
use crate::log::{LineReader, OnUnmatched, Settings};
use crate::pg::error::Failure;
use crate::pg::sql::{quote_identifier, quote_literal};
use pgrx::{PgLogLevel, PgSqlErrorCode};
use serde_json::{Map, Value, json};

/// Rows that cannot be read which a fit names.
const NAMED_ROWS: usize = 3;

/// What create_model is told about lines.
pub struct Given {
    /// Argument format, and after it those of formats.
    pub formats: Vec<String>,
    /// Argument on_unmatched.
    pub on_unmatched: String,
    /// Argument parse_options as JSON text.
    pub options: String,
}

/// Checks what was given and puts it into `info` as one object, with what lines give by themselves.
pub fn settle(info: &mut Info, given: Given) -> Result<(), Failure> {
    let wrong = |message: &str, detail: &str, hint: &str| {
        Err(Failure::new(PgSqlErrorCode::ERRCODE_INVALID_PARAMETER_VALUE, message).detail(detail).hint(hint))
    };
    Settings::check_model_options(&given.options)?;
    let mut all: Map<String, Value> = serde_json::from_str(&given.options).unwrap_or_default();
    let of_formats = ["trace", "datetime", "timezone", "year", "separator", "relative_time"];
    if given.formats.is_empty() && (given.on_unmatched != "error" || of_formats.iter().any(|o| all.contains_key(*o))) {
        return wrong(
            "on_unmatched and the options of formats need a format",
            "Without a format each line is a message, whole.",
            "Give format => a name from logfsm.formats or a regular expression with named groups.",
        );
    }
    if info.message_column.is_none() {
        if !given.formats.is_empty() || !all.is_empty() {
            return wrong(
                "formats and parse_options need a message column",
                "They say how its lines are read.",
                "Give message => 'column', or leave them out.",
            );
        }
        return Ok(());
    }
    if !given.formats.is_empty() {
        all.insert("formats".into(), json!(given.formats));
        all.insert("on_unmatched".into(), json!(given.on_unmatched));
    }
    if let Some(pattern) = &info.trace_pattern {
        all.insert("trace_pattern".into(), json!(pattern));
    }
    if let Some(slot) = info.trace_slot {
        all.insert("trace_slot".into(), json!(slot));
    }
    let json = Value::Object(all).to_string();
    let settings = Settings::from_json(&json)?;
    let reader = LineReader::new(&settings)?;
    info.line_fields =
        reader.formats().map(|formats| formats.gives().into_iter().map(Into::into).collect()).unwrap_or_default();
    info.parse_settings = Some(json);
    let ordered = info.at_column.is_some() || info.seq_column.is_some();
    let (separated, relative) = (settings.format.separator.is_some(), settings.format.relative_time);
    if (separated || relative) && info.seq_column.is_none() {
        return wrong(
            "separator and relative_time need seq",
            "They depend on the order of the lines.",
            "Give seq => the column with the number of each line.",
        );
    }
    if separated && (info.trace_column.is_some() || info.trace_pattern.is_some() || info.trace_slot.is_some()) {
        return wrong(
            "separator cannot be combined with trace, trace_pattern and trace_slot",
            "It says where one trace ends and the next begins.",
            "Use a group TRACE of the format or parse_options => '{\"trace\": …}' beside it, or leave one of them out.",
        );
    }
    if relative && info.at_column.is_some() {
        return wrong(
            "relative_time cannot be combined with at",
            "It is about times in the lines, but they are taken from a column.",
            "Leave one of them out.",
        );
    }
    if given.on_unmatched == "keep" && !ordered {
        return wrong(
            "on_unmatched => 'keep' needs at or seq",
            "A line that no format matches has no time of its own.",
            "Give seq => the column with the number of each line.",
        );
    }
    Ok(())
}

impl Info {
    /// Whether lines give this themselves.
    pub fn lines_give(&self, field: &str) -> bool {
        self.line_fields.iter().any(|given| given == field)
    }

    /// Whether events have times.
    pub fn has_times(&self) -> bool {
        self.at_column.is_some() || self.lines_give("time")
    }

    /// How lines are read.
    pub fn settings(&self) -> Result<Settings, Failure> {
        Ok(Settings::from_json(self.parse_settings.as_deref().unwrap_or("{}"))?)
    }

    /// Whether what a row is depends on the rows before it.
    pub fn depends_on_order(&self) -> bool {
        self.settings().is_ok_and(|s| s.format.separator.is_some() || s.format.relative_time)
    }

    /// Its parse settings as an expression.
    pub fn settings_literal(&self) -> String {
        format!("{}::jsonb", quote_literal(self.parse_settings.as_deref().unwrap_or("{}")))
    }

    /// The settings under which a line that cannot be read is left out, not an error: to look at all lines first.
    fn lenient_literal(&self) -> Result<String, Failure> {
        if self.settings()?.format.on_unmatched != OnUnmatched::Error || self.line_fields.is_empty() {
            return Ok(self.settings_literal());
        }
        let mut all: Map<String, Value> =
            serde_json::from_str(self.parse_settings.as_deref().unwrap_or("{}")).unwrap_or_default();
        all.insert("on_unmatched".into(), json!("skip"));
        Ok(format!("{}::jsonb", quote_literal(Value::Object(all).to_string())))
    }

    /// As `rows_query_of`, of a relation with a message column.
    pub fn line_rows_query(&self, relation: &str, message: &str, templates: &str, foreign: &[String]) -> String {
        let separated = self.settings().is_ok_and(|s| s.format.separator.is_some());
        let relative = self.settings().is_ok_and(|s| s.format.relative_time);
        let message = foreign::text_of("s", message, foreign);
        let mut columns = vec![format!("{message} AS line")];
        for (name, cast, alias) in [
            (&self.trace_column, "", "key"),
            (&self.at_column, "::timestamptz", "at"),
            (&self.seq_column, "::bigint", "seq"),
            (&self.params_column, "::jsonb", "params"),
        ] {
            columns.extend(name.as_ref().map(|name| format!("s.{}{cast} AS {alias}", quote_identifier(name))));
        }
        let component = self.component_column.as_ref();
        columns.extend(component.map(|name| format!("{} AS component", foreign::text_of("s", name, foreign))));
        let settings = self.settings_literal();
        // OFFSET 0: the line is read once, not once per column
        let mut from = format!(
            "(SELECT {}, logfsm.read_line({settings}, {templates}, {message}) AS l FROM {relation} AS s OFFSET 0) AS x",
            columns.join(", ")
        );
        let given = |name: &Option<String>, alias: &str, else_: &str| {
            if name.is_some() { format!("x.{alias}") } else { else_.to_string() }
        };
        let mut at = given(&self.at_column, "at", "(x.l).at");
        if self.at_column.is_none()
            && self.lines_give("time")
            && !self.lines_give("time in all")
            && self.seq_column.is_some()
        {
            // an event without time stays behind the line before it
            from = format!("(SELECT x.*, pg_catalog.count((x.l).at) OVER (ORDER BY x.seq) AS timed FROM {from}) AS x");
            from = format!(
                "(SELECT x.*, pg_catalog.max((x.l).at) OVER (PARTITION BY x.timed) AS carried FROM {from}) AS x"
            );
            at = "x.carried".into();
        }
        let mut key = given(&self.trace_column, "key", "pg_catalog.unnest((x.l).keys)");
        if separated {
            from = format!(
                "(SELECT x.*, pg_catalog.count(*) FILTER (WHERE (x.l).outcome OPERATOR(pg_catalog.=) 'separator') OVER (ORDER BY x.seq) AS part,
                         pg_catalog.unnest(COALESCE((x.l).keys, '{{\"\"}}')) AS own FROM {from}) AS x"
            );
            key = "pg_catalog.concat_ws('#', NULLIF(x.own, ''), x.part)".into();
        }
        let events = if self.line_fields.is_empty() {
            String::new()
        } else {
            " WHERE COALESCE((x.l).outcome, 'event') OPERATOR(pg_catalog.=) ANY ('{event,kept}'::text[])".into()
        };
        let rows = format!(
            "SELECT {key} AS trace_key, (x.l).event AS event, {at} AS at, {} AS seq, {} AS component, {} AS params,
                    COALESCE((x.l).message, x.line) AS message
             FROM {from}{events}",
            given(&self.seq_column, "seq", "NULL::bigint"),
            given(&self.component_column, "component", "(x.l).component"),
            given(&self.params_column, "params", "(x.l).parameters"),
        );
        if !relative {
            return rows;
        }
        format!(
            "SELECT y.trace_key, y.event, pg_catalog.to_timestamp((pg_catalog.sum(EXTRACT(epoch FROM y.at)) OVER (PARTITION BY y.trace_key ORDER BY y.seq))::double precision) AS at,
                    y.seq, y.component, y.params, y.message FROM ({rows}) AS y"
        )
    }

    /// The query for (templates, lines, unmatched, hidden, keyless) over the lines of a relation of the source's shape,
    /// which are read by `literal`.
    fn learning_query(&self, relation: &str, message: &str, literal: &str) -> Result<String, Failure> {
        let settings = self.settings()?;
        let message = foreign::text_of("s", message, &foreign::columns(&self.source)?);
        let options = if settings.miner == Default::default() {
            String::new()
        } else {
            let options = json!({"masks": settings.miner.masks.patterns(), "word_limit": settings.miner.word_limit});
            format!(", {}::jsonb", quote_literal(options.to_string()))
        };
        if self.line_fields.is_empty() && self.trace_pattern.is_none() {
            return Ok(format!(
                "SELECT logfsm.template_agg({message}{options}) AS templates, pg_catalog.count(*) AS lines, 0 AS unmatched, 0 AS hidden, 0 AS keyless
                 FROM {relation} AS s"
            ));
        }
        let is = |outcomes: &str| format!("(x.l).outcome OPERATOR(pg_catalog.=) ANY ('{{{outcomes}}}'::text[])");
        let from_line = self.trace_column.is_none() && self.trace_slot.is_none() && settings.format.separator.is_none();
        let keyless = if from_line {
            format!("{} AND COALESCE(pg_catalog.cardinality((x.l).keys), 0) OPERATOR(pg_catalog.=) 0", is("event,kept"))
        } else {
            "false".into()
        };
        Ok(format!(
            "SELECT logfsm.template_agg((x.l).message{options}) FILTER (WHERE (x.l).event IS NULL) AS templates,
                    pg_catalog.count(*) AS lines, pg_catalog.count(*) FILTER (WHERE {}) AS unmatched,
                    pg_catalog.count(*) FILTER (WHERE {}) AS hidden, pg_catalog.count(*) FILTER (WHERE {keyless}) AS keyless
             FROM (SELECT logfsm.read_message({literal}, {message}) AS l FROM {relation} AS s OFFSET 0) AS x",
            is("kept,skipped"),
            is("hidden"),
        ))
    }

    /// The query for the first lines that cannot be read, each as a text that names the row and says why.
    fn unread_query(&self, message: &str) -> Result<String, Failure> {
        let foreign = foreign::columns(&self.source)?;
        let message = foreign::text_of("s", message, &foreign);
        let named = |(name, label): (&Option<String>, &str)| {
            let value = format!("pg_catalog.left({}, 100)", foreign::text_of("s", name.as_ref()?, &foreign));
            Some(format!("pg_catalog.concat({}, {value})", quote_literal(format!("{label} "))))
        };
        let columns = [(&self.trace_column, "trace"), (&self.seq_column, "seq"), (&self.at_column, "at")];
        let names: Vec<String> = columns.into_iter().filter_map(named).collect();
        let names = match names.len() {
            0 => "NULL::text".into(),
            _ => format!("pg_catalog.concat_ws(', ', {})", names.join(", ")),
        };
        let order = self.seq_column.as_ref().or(self.at_column.as_ref());
        let order = order.map(|name| format!("s.{}", quote_identifier(name)));
        let literal = self.lenient_literal()?;
        Ok(format!(
            "SELECT pg_catalog.concat_ws(': ', x.named, logfsm.unread_reason({literal}, x.line)) FROM (
                 SELECT {names} AS named, {message} AS line FROM {} AS s
                 WHERE (logfsm.read_message({literal}, {message})).outcome OPERATOR(pg_catalog.=) ANY ('{{kept,skipped}}'::text[])
                 ORDER BY {} LIMIT {NAMED_ROWS}) AS x",
            self.source,
            order.unwrap_or_else(|| message.clone()),
        ))
    }
}

/// Learns the templates of all lines, before traces are read, and says what became of lines that are no events.
pub fn learn(model: &Model) -> Result<(), Failure> {
    let Some(message) = &model.info.message_column else { return Ok(()) };
    let table = model.table("model");
    let learn = format!(
        "UPDATE {table} SET (templates, lines, unmatched_lines, hidden_lines, keyless_lines) = ({})",
        model.info.learning_query(&model.info.source, message, &model.info.lenient_literal()?)?
    );
    sql::run(&learn, &[])?;
    let counts = format!("SELECT ARRAY[lines, unmatched_lines, hidden_lines, keyless_lines] FROM {table}");
    let counts: Vec<i64> = sql::one(&counts, &[])?.unwrap_or_default();
    report(model, message, &counts)
}

/// Says what became of lines that are no events, and names the first that could not be read.
fn report(model: &Model, message: &str, counts: &[i64]) -> Result<(), Failure> {
    let source = &model.info.source;
    let [lines, unmatched, _, keyless] = *counts else { return Ok(()) };
    if unmatched > 0 {
        let rows: Vec<String> = sql::column(&model.info.unread_query(message)?, &[])?;
        let more = if unmatched as usize > rows.len() { "\n…" } else { "" };
        let rows = format!("{}{more}", rows.join("\n"));
        let what = match model.info.settings()?.format.on_unmatched {
            OnUnmatched::Error => {
                let code = PgSqlErrorCode::ERRCODE_INVALID_PARAMETER_VALUE;
                return Err(Failure::new(code, format!("{unmatched} of {lines} lines of {source} cannot be read"))
                    .detail(rows)
                    .hint("Add a format, or make the model with on_unmatched => 'skip' or 'keep'."));
            }
            OnUnmatched::Keep => "kept as they are",
            OnUnmatched::Skip => "left out",
        };
        let said = format!("{unmatched} of {lines} lines of {source} could not be read and were {what}");
        Failure::new(PgSqlErrorCode::ERRCODE_SUCCESSFUL_COMPLETION, said).detail(rows).say(PgLogLevel::NOTICE);
    }
    if keyless > 0 {
        pgrx::notice!("{keyless} lines of {source} hold no trace key and belong to no trace");
    }
    Ok(())
}

/// Adds the lines of `recent` to what templates are made of. Gives whether earlier lines are parsed otherwise now, so
/// that all traces must be read again.
pub fn learn_more(model: &Model, recent: &str) -> Result<bool, Failure> {
    let Some(message) = &model.info.message_column else { return Ok(false) };
    let table = model.table("model");
    let add = format!(
        "WITH added AS MATERIALIZED ({}),
              whole AS MATERIALIZED (SELECT logfsm.rollup(part.templates) AS templates FROM (
                  SELECT templates FROM {table} UNION ALL SELECT templates FROM added) AS part)
         UPDATE {table} AS m SET templates = w.templates FROM whole AS w, (SELECT templates AS before FROM {table}) AS b
         WHERE w.templates IS NOT NULL
         RETURNING COALESCE(logfsm.is_moved_by(b.before, w.templates), false)",
        model.info.learning_query(recent, message, &model.info.settings_literal())?
    );
    sql::holds(&add, &[])
}

/// A subquery for (template, kinds): the detected kinds of each template's slots.
pub fn kinds_query(model: &Model) -> String {
    format!(
        "(SELECT DISTINCT ON (l.template) l.template, l.kinds FROM {} m, logfsm.list_templates(m.templates) l
          ORDER BY l.template, l.template_id)",
        model.table("model")
    )
}

/// Fails for models whose rows cannot be read one by one as they are inserted.
pub fn require_independent_rows(info: &Info) -> Result<(), Failure> {
    if !info.depends_on_order() {
        return Ok(());
    }
    Err(Failure::from(Error::InvalidArgument {
        argument: "model",
        reason: "Its separator or relative_time makes each line depend on the lines before it".into(),
        hint: "Refresh the model instead, or make one whose lines hold their own trace key and time.".into(),
    }))
}
