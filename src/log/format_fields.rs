//! The groups of a format: reserved ones, and parameters.

use super::format_pattern::invalid;
use crate::error::Result;

/// The reserved groups that a format has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Field {
    Type,
    Time,
    Decimal,
    Datetime,
    Trace,
    Component,
    Level,
    Message,
}

const RESERVED: [(&str, Field); 9] = [
    ("TYPE", Field::Type),
    ("TIME", Field::Time),
    ("FTIME", Field::Decimal),
    ("DTIME", Field::Decimal),
    ("DATETIME", Field::Datetime),
    ("TRACE", Field::Trace),
    ("COMPONENT", Field::Component),
    ("LEVEL", Field::Level),
    ("MESSAGE", Field::Message),
];

/// What a group or constant of a format sets.
#[derive(Debug, Clone)]
pub(crate) enum Group {
    Field(Field),
    Parameter(String),
}

impl Group {
    /// Its name in formats.
    pub fn name(&self) -> &str {
        match self {
            Group::Field(field) => RESERVED.iter().find(|(_, f)| f == field).map_or("", |(n, _)| n),
            Group::Parameter(name) => name,
        }
    }
}

/// True for the groups that hold a time.
pub(crate) fn is_time(field: Field) -> bool {
    matches!(field, Field::Time | Field::Decimal | Field::Datetime)
}

/// The group of a name.
pub(crate) fn group(name: &str) -> Result<Group> {
    let why = match name {
        "STATE" => "States cannot be read from logs, only events: use TYPE.",
        "VTIME" | "PID" => "Vector times are not supported: use TIME or DATETIME, and pid for a process number.",
        "RELATION" | "LOGTIME" => "It is a name the reference format reserves.",
        _ => {
            let field = RESERVED.iter().find(|(n, _)| *n == name).map(|(_, f)| Group::Field(*f));
            return Ok(field.unwrap_or_else(|| Group::Parameter(name.into())));
        }
    };
    Err(invalid(format!("The group {name} cannot be used. {why}")))
}
