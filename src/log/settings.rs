//! How lines are read, as one JSON object: what SQL functions take and models store.

use super::format::{FormatOptions, OnUnmatched};
use super::masks::Masks;
use super::miner::MinerOptions;
use crate::error::{Error, Result};
use crate::infer::{OptionKind, OptionSpec, Options};
use serde_json::Value;

const fn option(name: &'static str, kind: OptionKind, default: &'static str, meaning: &'static str) -> OptionSpec {
    OptionSpec { name, kind, default, meaning }
}

const WORD_LIMIT: OptionSpec = option(
    "word_limit",
    OptionKind::Integer(2, 1000),
    "4",
    "distinct words at one position, all else equal, from which on they are values of a slot",
);
const MASKS: OptionSpec = option("masks", OptionKind::Json, "[]", "regular expressions for what is one value");

/// The options of template mining.
const MINER: [OptionSpec; 2] = [MASKS, WORD_LIMIT];

const FORMATS: OptionSpec =
    option("formats", OptionKind::Json, "[]", "named formats or expressions, in the order to try them");
const ON_UNMATCHED: OptionSpec = option(
    "on_unmatched",
    OptionKind::Choice(&["error", "skip", "keep"]),
    "\"error\"",
    "what becomes of lines that no format matches",
);
const TRACE: OptionSpec = option("trace", OptionKind::Json, "null", "the trace's key, as in \\k<ip>/\\k<port>");
const DATETIME: OptionSpec = option("datetime", OptionKind::Json, "null", "the strptime pattern of DATETIME");
const TIMEZONE: OptionSpec = option("timezone", OptionKind::Json, "null", "the time zone of dates without offset");
const YEAR: OptionSpec = option("year", OptionKind::Json, "null", "the year of dates without one");
const SEPARATOR: OptionSpec =
    option("separator", OptionKind::Json, "null", "an expression for the lines between traces");
const RELATIVE_TIME: OptionSpec =
    option("relative_time", OptionKind::Boolean, "false", "each time is the difference to the one before");
const TRACE_PATTERN: OptionSpec =
    option("trace_pattern", OptionKind::Json, "null", "an expression whose matches in the message are trace keys");
const TRACE_SLOT: OptionSpec =
    option("trace_slot", OptionKind::Json, "null", "the template parameter that holds the trace's key");

/// What a line alone can be read by.
const LINE: [OptionSpec; 7] = [ON_UNMATCHED, TRACE, DATETIME, TIMEZONE, YEAR, SEPARATOR, TRACE_PATTERN];
/// What a log can be read by.
const LOG: [OptionSpec; 8] = [ON_UNMATCHED, TRACE, DATETIME, TIMEZONE, YEAR, SEPARATOR, TRACE_PATTERN, RELATIVE_TIME];
/// What create_model takes as options; formats, on_unmatched, trace_pattern and trace_slot are arguments of its own.
const MODEL: [OptionSpec; 8] = [TRACE, DATETIME, TIMEZONE, YEAR, SEPARATOR, RELATIVE_TIME, MASKS, WORD_LIMIT];
/// All of them.
const ALL: [OptionSpec; 12] = [
    FORMATS,
    ON_UNMATCHED,
    TRACE,
    DATETIME,
    TIMEZONE,
    YEAR,
    SEPARATOR,
    RELATIVE_TIME,
    TRACE_PATTERN,
    TRACE_SLOT,
    MASKS,
    WORD_LIMIT,
];

/// How lines are read.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Formats and what goes with them; without a format a line is its message.
    pub format: FormatOptions,
    /// How messages become templates.
    pub miner: MinerOptions,
    /// An expression whose matches in the message are trace keys.
    pub trace_pattern: Option<String>,
    /// The slot that holds the trace's key, from 1.
    pub trace_slot: Option<usize>,
}

impl Settings {
    /// Reads all settings from a JSON object.
    ///
    /// # Errors
    /// [`Error::UnknownOption`], [`Error::InvalidOption`], [`Error::InvalidPattern`]; patterns of formats are looked at
    /// by [`LineReader::new`](super::LineReader::new).
    pub fn from_json(json: &str) -> Result<Self> {
        Self::of(&Options::parse("reading lines", &ALL, json)?)
    }

    /// Formats, and options for a line by itself.
    ///
    /// # Errors
    /// As [`Settings::from_json`].
    pub fn of_line(formats: Vec<String>, json: &str) -> Result<Self> {
        Self::of(&Options::parse("parse_line", &LINE, json)?)?.with(formats)
    }

    /// Formats, and options for a whole log.
    ///
    /// # Errors
    /// As [`Settings::from_json`].
    pub fn of_log(formats: Vec<String>, json: &str) -> Result<Self> {
        Self::of(&Options::parse("read_log", &LOG, json)?)?.with(formats)
    }

    /// Checks the options that a model takes.
    ///
    /// # Errors
    /// As [`Settings::from_json`].
    pub fn check_model_options(json: &str) -> Result<()> {
        Self::of(&Options::parse("parse_options", &MODEL, json)?).map(drop)
    }

    fn with(mut self, formats: Vec<String>) -> Result<Self> {
        if formats.is_empty() {
            return Err(Error::InvalidPattern { what: "format", reason: "At least one format is needed.".into() });
        }
        self.format.formats = formats;
        Ok(self)
    }

    fn of(options: &Options) -> Result<Self> {
        let year = whole(options, "year", 1, 9999)?.and_then(|year| i16::try_from(year).ok());
        Ok(Settings {
            format: FormatOptions {
                formats: strings(options, "formats")?,
                trace: string(options, "trace")?,
                datetime: string(options, "datetime")?,
                timezone: string(options, "timezone")?,
                year,
                separator: string(options, "separator")?,
                relative_time: options.boolean("relative_time"),
                on_unmatched: match options.choice("on_unmatched") {
                    "skip" => OnUnmatched::Skip,
                    "keep" => OnUnmatched::Keep,
                    _ => OnUnmatched::Error,
                },
            },
            miner: miner(options)?,
            trace_pattern: string(options, "trace_pattern")?,
            trace_slot: whole(options, "trace_slot", 1, 256)?.and_then(|slot| usize::try_from(slot).ok()),
        })
    }
}

impl MinerOptions {
    /// Reads the options of template mining from a JSON object.
    ///
    /// # Errors
    /// As [`Settings::from_json`].
    pub fn from_json(json: &str) -> Result<Self> {
        miner(&Options::parse("template mining", &MINER, json)?)
    }
}

fn miner(options: &Options) -> Result<MinerOptions> {
    let word_limit = match options.json("word_limit").as_u64() {
        Some(limit) => u32::try_from(limit).unwrap_or(u32::MAX),
        None => MinerOptions::default().word_limit,
    };
    Ok(MinerOptions { masks: Masks::new(strings(options, "masks")?)?, word_limit })
}

fn wrong(name: &str, value: &Value, expected: &str) -> Error {
    Error::InvalidOption { name: name.into(), value: value.to_string(), expected: expected.into() }
}

fn string(options: &Options, name: &str) -> Result<Option<String>> {
    match options.json(name) {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text.clone())),
        other => Err(wrong(name, other, "a string")),
    }
}

fn strings(options: &Options, name: &str) -> Result<Vec<String>> {
    let value = options.json(name);
    if value.is_null() {
        return Ok(Vec::new());
    }
    let all = value.as_array().and_then(|all| all.iter().map(|v| v.as_str().map(String::from)).collect());
    all.ok_or_else(|| wrong(name, value, "an array of strings"))
}

fn whole(options: &Options, name: &str, low: i64, high: i64) -> Result<Option<i64>> {
    match options.json(name) {
        Value::Null => Ok(None),
        value => match value.as_i64() {
            Some(number) if (low..=high).contains(&number) => Ok(Some(number)),
            _ => Err(wrong(name, value, &format!("a whole number from {low} to {high}"))),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_checked() {
        let read = Settings::from_json(
            r#"{"formats": ["hdfs"], "on_unmatched": "keep", "year": 2008, "masks": ["\\d+"], "trace_slot": 2, "relative_time": true}"#,
        )
        .unwrap();
        assert_eq!(
            (read.format.formats, read.format.year, read.trace_slot),
            (vec!["hdfs".to_string()], Some(2008), Some(2))
        );
        assert_eq!((read.format.on_unmatched, read.miner.word_limit), (OnUnmatched::Keep, 4));
        assert!(Settings::from_json("{}").unwrap().format.formats.is_empty());
        for wrong in [
            r#"{"format": ["hdfs"]}"#,
            r#"{"formats": "hdfs"}"#,
            r#"{"formats": [1]}"#,
            r#"{"on_unmatched": "drop"}"#,
            r#"{"year": 0}"#,
            r#"{"year": "2008"}"#,
            r#"{"masks": ["("]}"#,
            r#"{"word_limit": 1}"#,
            r#"{"trace": 3}"#,
            r#"{"trace_slot": 0}"#,
            "[]",
        ] {
            let failed = Settings::from_json(wrong).unwrap_err();
            assert!(failed.detail().is_some() && failed.hint().is_some(), "{wrong}: {failed}");
        }
        assert!(MinerOptions::from_json(r#"{"formats": []}"#).is_err());
        assert_eq!(MinerOptions::from_json(r#"{"word_limit": 9}"#).unwrap().word_limit, 9);
    }
}
