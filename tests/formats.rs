//! Line formats: the reference's facts, the built-in formats, hostile patterns.
#![allow(missing_docs)]

use flate2::read::GzDecoder;
use logfsm::error::Error;
use logfsm::log::{Event, FormatOptions, Line, LineFormats, Log, OnUnmatched, Time, explain_format};
use proptest::prelude::*;
use serde_json::Value;
use std::io::Read;

fn options(formats: &[&str]) -> FormatOptions {
    FormatOptions { formats: formats.iter().map(|f| f.to_string()).collect(), ..FormatOptions::default() }
}

fn read(options: &FormatOptions, text: &str) -> Result<Log, Error> {
    LineFormats::new(options)?.read(text.lines())
}

fn one(format: &str, line: &str) -> Event<'static> {
    match LineFormats::new(&options(&[format])).unwrap().read_line(line, Some(1)).unwrap() {
        Line::Event(event) => event.into_owned(),
        other => panic!("{line}: {other:?}"),
    }
}

fn types(log: &Log) -> Vec<Vec<&str>> {
    log.traces.iter().map(|t| t.events.iter().filter_map(|e| e.event_type.as_deref()).collect()).collect()
}

fn micros(text: &str) -> Option<Time> {
    let moment: jiff::Timestamp = text.parse().unwrap();
    Some(Time::Timestamp(moment.as_microsecond() - 946_684_800_000_000))
}

fn parameter<'a>(event: &'a Event, name: &str) -> &'a str {
    event.parameters.iter().find(|(n, _)| n == name).map_or("missing", |(_, v)| v)
}

#[test]
fn facts_of_the_reference_hold() {
    let Some(data) = std::env::var_os("LOGFSM_DATA") else {
        println!("skipped: LOGFSM_DATA not set");
        return;
    };
    let mut json = String::new();
    let file = std::fs::File::open(std::path::Path::new(&data).join("synoptic/conformance.json.gz")).unwrap();
    GzDecoder::new(file).read_to_string(&mut json).unwrap();
    let all: Value = serde_json::from_str(&json).unwrap();
    let facts: Vec<&Value> = all["unit_facts"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|f| (23..=28).contains(&f["id"].as_i64().unwrap()))
        .collect();
    assert_eq!(facts.len(), 6);
    for fact in facts.iter().filter(|f| f["kind"] != "parse_error") {
        let input = &fact["input"];
        let text = |key: &str| input[key].as_str().map(String::from);
        let options = FormatOptions {
            formats: input["r"].as_array().unwrap().iter().map(|r| r.as_str().unwrap().into()).collect(),
            trace: text("m"),
            separator: text("s"),
            relative_time: fact["kind"] == "parse_input_delta",
            ..FormatOptions::default()
        };
        let log = read(&options, input["log"].as_str().unwrap()).unwrap();
        if options.relative_time {
            let times: Vec<_> = log.traces[0].events.iter().map(|e| e.time).collect();
            assert_eq!(times, [5, 9, 11].map(|t| Some(Time::Integer(t))));
        } else {
            let expected: Vec<Vec<String>> = serde_json::from_value(fact["expect"].clone()).unwrap();
            assert_eq!(types(&log), expected, "fact {}", fact["id"]);
        }
    }
}

/// Facts 27 and 28: what cannot be used is an error that says why.
#[test]
fn formats_that_make_no_sense_are_errors() {
    let twice = ["(?<TIME>) (?<TYPE>)", "(?<FTIME>) (?<TYPE>)"];
    for formats in [
        &["(?<TIME>) (?<x>)"][..],
        &["(?<TYPE>) (?<STATE>)"],
        &["(?<STATE>)"],
        &["(?<TYPE>) (?<TYPE>)"],
        &["(?<TYPE=>a)(?<TYPE>)"],
        &["(?<TIME=>3) (?<TYPE>)"],
        &["(?<TYPE>)(?<HIDE=>false)"],
        &["(?<TYPE>)(?<HIDE>)"],
        &["(?<LOGTIME>) (?<TYPE>)"],
        &["(?<TIME>) (?<FTIME>) (?<TYPE>)"],
        &twice,
        &["(?<PID>) (?<TYPE>)"],
        &["(?<VTIME>) (?<TYPE>)"],
        &["(?<RELATION>) (?<VTIME>) (?<TYPE>)"],
        &["(?<TYPE=>a"],
        &["(?<TYPE>"],
        &[r"(?<TYPE>\w{1000}{1000}{1000})"],
        &[],
    ] {
        let failed = LineFormats::new(&options(formats)).unwrap_err();
        assert!(matches!(failed, Error::InvalidPattern { .. }), "{formats:?}: {failed}");
        assert!(failed.detail().is_some());
    }
    for (format, line) in [
        ("(?<TIME>) (?<TYPE>)", "x a"),
        ("(?<DTIME>) (?<TYPE>)", "x a"),
        ("(?<DTIME>) (?<TYPE>)", "inf a"),
        ("(?<DATETIME>) (?<TYPE>)", "x a"),
    ] {
        let failed = read(&options(&[format]), line).unwrap_err();
        assert!(failed.detail().unwrap().contains("line 1"), "{failed:?}");
    }
}

#[test]
fn formats_are_tried_in_order_with_constants_and_hidden_lines() {
    let options = FormatOptions {
        trace: Some(r"\k<user>@\k<host>".into()),
        on_unmatched: OnUnmatched::Skip,
        ..options(&[
            r"#.*(?<HIDE=>true)",
            r"(?<user>\w+)@(?<host>\w+) signed in(?<TYPE=>login)",
            r"(?<user>\w+)@(?<host>\w+) (?<TYPE>\w+)",
        ])
    };
    let log = read(&options, "# comment\nbob@a signed in\nbob@a read\nbob@b read\n???").unwrap();
    assert_eq!(types(&log), [vec!["login", "read"], vec!["read"]]);
    assert_eq!(log.traces[0].key.0, "bob@a");
    assert_eq!((log.records, log.hidden, log.unmatched), (5, 1, 1));
}

#[test]
fn unmatched_lines_are_never_dropped_silently() {
    let mut options =
        options(&[r"(?<TIME>\d+) (?<TYPE>\w+)", r"(?<TIME>\d+) (?<TYPE>\w+) by (?<user>\w+) of (?<team>\d+)"]);
    let text = "1 open\n2 open by ann of red";
    let failed = read(&options, text).unwrap_err();
    assert!(failed.detail().unwrap().contains("line 2"), "{failed:?}");
    assert!(failed.hint().unwrap().contains("of (?<team>"), "{failed:?}");
    options.on_unmatched = OnUnmatched::Keep;
    let log = read(&options, text).unwrap();
    assert_eq!(log.unmatched, 1);
    let kept = log.traces.iter().flat_map(|t| &t.events).find(|e| !e.matched).unwrap();
    assert_eq!((kept.message.as_deref(), kept.event_type.as_deref()), (Some("2 open by ann of red"), None));
}

#[test]
fn explanations_say_where_a_format_stops() {
    let found = explain_format(
        "2024-01-02 10:00:00 WARN x",
        r"(?<DATETIME>\d{4}-\d{2}-\d{2}) (?<LEVEL>INFO|WARN) (?<MESSAGE>.*)",
    )
    .unwrap();
    assert!(!found.matches);
    assert_eq!((found.matched_bytes, found.stopped_at.as_str()), (11, "(?<LEVEL>INFO|WARN)"));
    assert_eq!(found.rest, "10:00:00 WARN x");
    assert!(explain_format("1 a", "(?<TIME>)(?<TYPE>)").unwrap().matches);
    assert!(explain_format("x", "(").is_err());
    let found = explain_format("Jan  2 03:04:05 host", "syslog").unwrap();
    assert!(!found.matches && found.matched_bytes >= 20, "{found}");
}

#[test]
fn dates_have_patterns_zones_and_years() {
    let mut options = options(&["(?<DATETIME>.{15}) (?<TYPE>)"]);
    options.datetime = Some("%b %e %H:%M:%S".into());
    options.year = Some(2024);
    options.timezone = Some("Europe/Berlin".into());
    let log = read(&options, "Jul  4 12:00:00 x").unwrap();
    assert_eq!(log.traces[0].events[0].time, micros("2024-07-04T10:00:00Z"));
    for pattern in ["%!", "%", "%Y-%"] {
        options.datetime = Some(pattern.into());
        assert!(LineFormats::new(&options).is_err(), "{pattern}");
    }
    options.timezone = Some("Nowhere/Land".into());
    assert!(read(&options, "").is_err());
    for (text, moment) in [
        ("2024-01-02T03:04:05.123456Z", "2024-01-02T03:04:05.123456Z"),
        ("2024-01-02 03:04:05,5", "2024-01-02T03:04:05.5Z"),
        ("2024-01-02 03:04:05+02:00", "2024-01-02T01:04:05Z"),
        ("1999-12-31T23:59:59Z", "1999-12-31T23:59:59Z"),
    ] {
        assert_eq!(one("(?<DATETIME>.*);(?<TYPE>.*)", &format!("{text};x")).time, micros(moment), "{text}");
    }
}

#[test]
fn built_in_formats_read_what_software_writes() {
    let e = one("syslog", "<34>Oct 11 22:14:15 web1 sshd[4721]: Accepted key for ann");
    assert_eq!(
        (e.component.as_deref(), e.message.as_deref(), parameter(&e, "pid")),
        (Some("sshd"), Some("Accepted key for ann"), "4721")
    );
    assert_eq!(e.time, micros("1972-10-11T22:14:15Z"));
    let e = one("syslog", "<165>1 2003-10-11T22:14:15.003Z web1 app 99 ID47 [x@1 a=\"b\"] started");
    assert_eq!(
        (e.component.as_deref(), e.message.as_deref(), e.time),
        (Some("app"), Some("started"), micros("2003-10-11T22:14:15.003Z"))
    );
    let e = one("syslog", "Feb  3 02:04:05 web1 kernel: eth0: link up");
    assert_eq!((e.message.as_deref(), e.time), (Some("eth0: link up"), micros("1972-02-03T02:04:05Z")));
    for line in [
        "2024-03-04 05:06:07,089 INFO [main] org.example.App: started in 3 ms",
        "2024-03-04 05:06:07.089 [main] INFO  org.example.App - started in 3 ms",
        "2024-03-04 05:06:07,089 INFO org.example.App: started in 3 ms",
        "2024-03-04 05:06:07,089 INFO  [main] org.example.App:  started in 3 ms",
    ] {
        let e = one("log4j", line);
        assert_eq!((e.component.as_deref(), e.level.as_deref()), (Some("org.example.App"), Some("INFO")), "{line}");
        assert_eq!(e.message.as_deref().map(str::trim), Some("started in 3 ms"));
        assert_eq!(e.time, micros("2024-03-04T05:06:07.089Z"));
    }
    let line = r#"203.0.113.9 - ann [10/Oct/2023:13:55:36 -0700] "GET /a?b=1 HTTP/1.1" 200 2326 "http://x/y" "Agent \"q\" 1.0""#;
    for (line, referer) in [(line.to_string(), "http://x/y"), (line[..line.find(" \"http").unwrap()].into(), "missing")]
    {
        let e = one("nginx_combined", &line);
        assert_eq!(e.time, micros("2023-10-10T20:55:36Z"));
        assert_eq!(
            (parameter(&e, "client"), parameter(&e, "status"), parameter(&e, "path")),
            ("203.0.113.9", "200", "/a?b=1")
        );
        assert_eq!((e.message.as_deref(), parameter(&e, "referer")), (Some("GET /a?b=1 HTTP/1.1"), referer));
    }
    assert_eq!(
        one("apache_combined", r#"::1 - - [10/Oct/2023:13:55:36 +0000] "\x16\x03" 400 - "-" "-""#).message.as_deref(),
        Some(r"\x16\x03")
    );
    let e = one("nginx_error", "2024/01/02 03:04:05 [error] 31#7: *5 open() \"/x\" failed");
    assert_eq!((e.level.as_deref(), e.message.as_deref()), (Some("error"), Some("open() \"/x\" failed")));
    for line in [
        "[Sun Dec 04 04:47:44 2005] [notice] ready",
        "[Sun Dec 04 04:47:44.000000 2005] [core:notice] [pid 3:tid 4] ready",
    ] {
        let e = one("apache_error", line);
        assert_eq!(
            (e.level.as_deref(), e.message.as_deref(), e.time),
            (Some("notice"), Some("ready"), micros("2005-12-04T04:47:44Z"))
        );
    }
    let e = one("hdfs", "081109 203615 148 INFO dfs.DataNode$PacketResponder: block done");
    assert_eq!(
        (e.component.as_deref(), e.time),
        (Some("dfs.DataNode$PacketResponder"), micros("2008-11-09T20:36:15Z"))
    );
    let e =
        one("json", r#"{"ts": 1700000000.5, "level": "info", "msg": "done", "user": "ann", "n": 3, "trace_id": "t1"}"#);
    assert_eq!(
        (e.time, e.message.as_deref(), e.trace.as_deref()),
        (micros("2023-11-14T22:13:20.5Z"), Some("done"), Some("t1"))
    );
    assert_eq!((parameter(&e, "user"), parameter(&e, "n")), ("ann", "3"));
    let e = one("json", r#"{"@timestamp": "2024-01-02T03:04:05Z", "message": "a"}"#);
    assert_eq!(e.time, micros("2024-01-02T03:04:05Z"));
}

#[test]
fn csvlog_records_may_span_lines() {
    let text = concat!(
        "2024-05-06 07:08:09.123 UTC,\"ann\",\"shop\",4711,\"127.0.0.1:5000\",6638.1267,1,\"SELECT\",2024-05-06 07:00:00 UTC,3/15,0,ERROR,42P01,",
        "\"relation \"\"x\"\" does not exist\",,,,,,\"select *\nfrom x\",15,,\"psql\",\"client backend\",,0\n",
        "2024-05-06 07:08:10.000 UTC,,,12,,6638.c,2,,2024-05-06 07:00:00 UTC,,0,LOG,00000,\"checkpoint starting: time\",,,,,,,,,\"\",\"checkpointer\",,0\n",
    );
    let options = FormatOptions { trace: Some(r"\k<session_id>".into()), ..options(&["postgresql_csvlog"]) };
    let log = read(&options, text).unwrap();
    assert_eq!((log.records, log.traces.len()), (2, 2));
    let event = &log.traces[0].events[0];
    assert_eq!(
        (event.message.as_deref(), event.level.as_deref()),
        (Some("relation \"x\" does not exist"), Some("ERROR"))
    );
    assert_eq!((event.time, log.traces[0].key.0.as_str()), (micros("2024-05-06T07:08:09.123Z"), "6638.1267"));
    assert_eq!(parameter(event, "user_name"), "ann");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn hostile_patterns_and_lines_are_errors_at_worst(
        pattern in r"[(){}\[\]?<>*+|\\.^$a-zTYPE=:,0-9 ]{0,60}|\PC{0,40}",
        line in r"[a-z0-9 :,\[\]\-]{0,60}|(?s:.{0,60})",
        builtin in 0usize..11,
        trace in r"(\\k<[a-z]{0,3}>?|[a-z]){0,4}",
    ) {
        for format in [pattern.as_str(), &format!("(?<TYPE>){pattern}"), logfsm::log::BUILTIN_FORMATS[builtin]] {
            for trace in [None, Some(trace.clone())] {
                let options = FormatOptions { trace, datetime: Some(pattern.clone()), ..options(&[format]) };
                if let Ok(formats) = LineFormats::new(&options) {
                    let _ = formats.read(line.lines());
                    let _ = formats.read_line(&line, None);
                }
            }
            if let Ok(found) = explain_format(&line, format) {
                prop_assert!(found.matched_bytes <= line.len());
            }
        }
    }
}
