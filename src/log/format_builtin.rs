//! The formats that have names.

/// A format with a name.
pub(crate) enum Builtin {
    /// Regular expressions tried in order.
    Patterns {
        patterns: &'static [&'static str],
        /// The strptime patterns of their dates.
        datetimes: &'static [&'static str],
        /// Whether fields are quoted as in CSV.
        csv: bool,
        /// How records begin, where messages may have several lines.
        start: Option<&'static str>,
    },
    /// One JSON object per line.
    Json,
}

/// The names of the built-in formats, for messages and documentation.
pub const BUILTIN_FORMATS: [&str; 11] = [
    "syslog",
    "log4j",
    "logback",
    "nginx_combined",
    "apache_combined",
    "nginx_error",
    "apache_error",
    "postgresql_csvlog",
    "hadoop",
    "hdfs",
    "json",
];

const SYSLOG: &[&str] = &[
    r"<\d{1,3}>1 (?<DATETIME>\S+) (?:-|(?<host>\S+)) (?:-|(?<COMPONENT>\S+)) (?:-|(?<pid>\S+)) (?:-|(?<message_id>\S+)) (?:-|(?<structured_data>\[.*\]))(?: (?<MESSAGE>.*))?",
    r"(?:<\d{1,3}>)?(?<DATETIME>[A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2}) (?<host>\S+) (?<COMPONENT>[^\s\[:]+)(?:\[(?<pid>\d+)\])?: ?(?<MESSAGE>.*)",
    r"(?:<\d{1,3}>)?(?<DATETIME>\d{4}-\d{2}-\d{2}T\S+) (?<host>\S+) (?<COMPONENT>[^\s\[:]+)(?:\[(?<pid>\d+)\])?: ?(?<MESSAGE>.*)",
    // RFC 3164 does not require a tag
    r"(?:<\d{1,3}>)?(?<DATETIME>[A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2}) (?<host>\S+) (?<MESSAGE>.*)",
];
const SYSLOG_DATES: &[&str] =
    &["%b %e %H:%M:%S", "%b %d %H:%M:%S", "%Y-%m-%dT%H:%M:%S%.f%:z", "%Y-%m-%dT%H:%M:%S%.f%z", "%Y-%m-%dT%H:%M:%S%.fZ"];

/// `2024-01-02 03:04:05,678 INFO [main] org.example.App: message` and the layouts in use around it.
const LOG4J: &[&str] = &[
    r"(?s)(?<DATETIME>\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}:\d{2}(?:[.,]\d{1,9})?) +\[?(?<LEVEL>[A-Z]{4,8})\]? +\[(?<thread>[^\]]*)\] +(?<COMPONENT>[^\s:]+?)(?: *:| +-) (?<MESSAGE>.*)",
    r"(?s)(?<DATETIME>\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}:\d{2}(?:[.,]\d{1,9})?) +\[(?<thread>[^\]]*)\] +(?<LEVEL>[A-Z]{4,8}) +(?<COMPONENT>[^\s:]+?)(?: *:| +-) (?<MESSAGE>.*)",
    r"(?s)(?<DATETIME>\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}:\d{2}(?:[.,]\d{1,9})?) +\[?(?<LEVEL>[A-Z]{4,8})\]? +(?<COMPONENT>[^\s:]+?)(?: *:| +-) (?<MESSAGE>.*)",
    r"(?s)(?<DATETIME>\d{2}:\d{2}:\d{2}[.,]\d{3}) +\[(?<thread>[^\]]*)\] +(?<LEVEL>[A-Z]{4,8}) +(?<COMPONENT>[^\s:]+?)(?: *:| +-) (?<MESSAGE>.*)",
];
/// What every record of these layouts begins with; other lines are stack traces and the like.
const LOG4J_START: &str = r"^\d{4}-\d{2}-\d{2}[ T]|^\d{2}:\d{2}:\d{2}[.,]";
const LOG4J_DATES: &[&str] = &["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f", "%H:%M:%S%.f"];

const COMBINED: &[&str] = &[
    r#"(?<client>\S+) \S+ (?<user>\S+) \[(?<DATETIME>[^\]]+)\] "(?<MESSAGE>(?<method>[A-Z]+) (?<path>[^" ]*)(?: (?<protocol>[^" ]*))?|(?:[^"\\]|\\.)*)" (?<status>\d{3}) (?<bytes>\d+|-)(?: "(?<referer>(?:[^"\\]|\\.)*)" "(?<agent>(?:[^"\\]|\\.)*)")?(?: .*)?"#,
];
const COMBINED_DATES: &[&str] = &["%d/%b/%Y:%H:%M:%S %z"];

const NGINX_ERROR: &[&str] = &[
    r"(?<DATETIME>\d{4}/\d{2}/\d{2} \d{2}:\d{2}:\d{2}) \[(?<LEVEL>\w+)\] (?<pid>\d+)#(?<thread>\d+): (?:\*(?<connection>\d+) )?(?<MESSAGE>.*)",
];
const APACHE_ERROR: &[&str] = &[
    r"\[(?<DATETIME>[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2}(?:\.\d+)? \d{4})\] \[(?:(?<COMPONENT>\w*):)?(?<LEVEL>\w+)\] (?:\[pid (?<pid>\d+)(?::tid \d+)?\] )?(?<MESSAGE>.*)",
];
const APACHE_ERROR_DATES: &[&str] = &["%a %b %d %H:%M:%S%.f %Y", "%a %b %e %H:%M:%S %Y"];

/// The columns of csvlog, https://www.postgresql.org/docs/current/runtime-config-logging.html; releases add some.
const CSVLOG: &[&str] = &[
    r#"(?s)(?<DATETIME>[^",]*),(?<user_name>"(?:[^"]|"")*"|[^",]*),(?<database_name>"(?:[^"]|"")*"|[^",]*),(?<process_id>\d*),(?<connection_from>"(?:[^"]|"")*"|[^",]*),(?<session_id>[^",]*),(?<session_line_num>\d*),(?<command_tag>"(?:[^"]|"")*"|[^",]*),(?<session_start_time>[^",]*),(?<virtual_transaction_id>[^",]*),(?<transaction_id>\d*),(?<LEVEL>[^",]*),(?<sql_state_code>[^",]*),(?<MESSAGE>"(?:[^"]|"")*"|[^",]*)(?:,(?<detail>"(?:[^"]|"")*"|[^",]*),(?<hint>"(?:[^"]|"")*"|[^",]*))?(?:,(?:"(?:[^"]|"")*"|[^",]*))*"#,
];
const CSVLOG_DATES: &[&str] = &[
    "%Y-%m-%d %H:%M:%S%.f UTC",
    "%Y-%m-%d %H:%M:%S%.f GMT",
    "%Y-%m-%d %H:%M:%S%.f %z",
    "%Y-%m-%d %H:%M:%S%.f %Q",
    "%Y-%m-%d %H:%M:%S%.f",
];

const HDFS: &[&str] = &[
    r"(?<DATETIME>\d{6} \d{6}) (?<pid>\d+) (?<LEVEL>[A-Z]+) (?<COMPONENT>[^\s:]+): (?<MESSAGE>.*)",
    r"(?<DATETIME>\d{2}/\d{2}/\d{2} \d{2}:\d{2}:\d{2}) (?<LEVEL>[A-Z]+) (?<COMPONENT>[^\s:]+): (?<MESSAGE>.*)",
];
const HDFS_DATES: &[&str] = &["%y%m%d %H%M%S", "%y/%m/%d %H:%M:%S"];

/// The built-in format of a name.
pub(crate) fn find(name: &str) -> Option<Builtin> {
    let (patterns, datetimes) = match name {
        "json" => return Some(Builtin::Json),
        "syslog" => (SYSLOG, SYSLOG_DATES),
        "log4j" | "logback" | "hadoop" => (LOG4J, LOG4J_DATES),
        "nginx_combined" | "apache_combined" => (COMBINED, COMBINED_DATES),
        "nginx_error" => (NGINX_ERROR, ["%Y/%m/%d %H:%M:%S"].as_slice()),
        "apache_error" => (APACHE_ERROR, APACHE_ERROR_DATES),
        "postgresql_csvlog" => (CSVLOG, CSVLOG_DATES),
        "hdfs" => (HDFS, HDFS_DATES),
        _ => return None,
    };
    let start = (patterns == LOG4J).then_some(LOG4J_START);
    Some(Builtin::Patterns { patterns, datetimes, csv: name == "postgresql_csvlog", start })
}

/// The expressions behind a built-in format, `None` for unknown names and for JSON.
pub(crate) fn patterns(name: &str) -> Option<&'static [&'static str]> {
    match find(name)? {
        Builtin::Patterns { patterns, .. } => Some(patterns),
        Builtin::Json => None,
    }
}

/// A format with a name, as users see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuiltinFormat {
    /// Its name.
    pub name: &'static str,
    /// What it reads, in a few words.
    pub reads: &'static str,
    /// Its expressions, in the order they are tried; none for JSON.
    pub patterns: &'static [&'static str],
    /// Its strptime patterns; dates are ISO 8601 where there are none.
    pub datetimes: &'static [&'static str],
}

/// All formats that have names.
pub fn builtin_formats() -> Vec<BuiltinFormat> {
    let reads = |name: &str| match name {
        "syslog" => "syslog of RFC 3164 and RFC 5424, with or without priority",
        "log4j" | "logback" | "hadoop" => "Log4j and Logback layouts: date, level, thread, logger, message",
        "nginx_combined" | "apache_combined" => "access logs in the common and the combined format",
        "nginx_error" => "the error log of nginx",
        "apache_error" => "the error log of Apache httpd",
        "postgresql_csvlog" => "csvlog of PostgreSQL",
        "hdfs" => "HDFS daemons: short date, level, component, message",
        _ => "one JSON object per line",
    };
    let listed = |name: &'static str| {
        let (patterns, datetimes) = match find(name) {
            Some(Builtin::Patterns { patterns, datetimes, .. }) => (patterns, datetimes),
            _ => (&[][..], &[][..]),
        };
        BuiltinFormat { name, reads: reads(name), patterns, datetimes }
    };
    BUILTIN_FORMATS.into_iter().map(listed).collect()
}
