//! What lines say and what they do not: times that cannot be read, missing keys, colours, records of several lines.
#![allow(missing_docs)]

use logfsm::log::{Event, FormatOptions, Line, LineFormats, Log, LogRecords, OnUnmatched, Settings, Time};

fn options(formats: &[&str]) -> FormatOptions {
    FormatOptions { formats: formats.iter().map(|f| f.to_string()).collect(), ..FormatOptions::default() }
}

fn with(on_unmatched: OnUnmatched, formats: &[&str]) -> FormatOptions {
    FormatOptions { on_unmatched, ..options(formats) }
}

fn line(options: &FormatOptions, line: &str) -> Line<'static> {
    LineFormats::new(options).unwrap().read_line(line, None).unwrap().into_owned()
}

fn event(options: &FormatOptions, text: &str) -> Event<'static> {
    match line(options, text) {
        Line::Event(event) => event,
        other => panic!("{text}: {other:?}"),
    }
}

fn json(text: &str) -> Event<'static> {
    event(&options(&["json"]), text)
}

fn read(options: &FormatOptions, text: &str) -> Log {
    LineFormats::new(options).unwrap().read(text.lines()).unwrap()
}

fn time(text: &str) -> Option<Time> {
    let moment: jiff::Timestamp = text.parse().unwrap();
    Some(Time::Timestamp(moment.as_microsecond() - 946_684_800_000_000))
}

/// (line, outcome, time, message) of every record of a log.
fn records(settings: &str, text: &str) -> Vec<(u64, &'static str, Option<Time>, String)> {
    let mut records = LogRecords::new(&Settings::from_json(settings).unwrap(), text.into()).unwrap();
    let mut out = Vec::new();
    let row = |line, row: logfsm::log::LineRow<'_>| {
        (line, row.outcome.as_str(), row.at.map(Time::Timestamp), row.message.unwrap_or_default().to_string())
    };
    while let Some(found) = records.next(row).unwrap() {
        out.push(found);
    }
    out
}

#[test]
fn a_time_that_cannot_be_read_follows_on_unmatched() {
    let date = r"(?<DATETIME>\S+) (?<MESSAGE>.*)";
    for (format, text) in [
        (date, "2024-13-01 x"),
        (date, "2024-02-31T00:00:00Z x"),
        (date, "0000-00-00T00:00:00Z x"),
        (date, "- x"),
        ("syslog", "<34>1 - host app 1 - - no clock yet"),
        ("syslog", "Feb 30 12:00:00 web app[1]: x"),
        (r"(?<TIME>\d+) (?<MESSAGE>.*)", "99999999999999999999 x"),
        (r"(?<TIME>\S+) (?<MESSAGE>.*)", "soon x"),
        (r"(?<DTIME>\S+) (?<MESSAGE>.*)", "9e99 x"),
        (r"(?<DTIME>\S+) (?<MESSAGE>.*)", "1,5 x"),
        ("json", r#"{"time": "yesterday", "msg": "x"}"#),
        ("json", r#"{"ts": 1e30, "msg": "x"}"#),
    ] {
        assert_eq!(line(&with(OnUnmatched::Skip, &[format]), text), Line::Unmatched, "{text}");
        let kept = event(&with(OnUnmatched::Keep, &[format]), text);
        assert_eq!((kept.matched, kept.message.as_deref(), kept.time), (false, Some(text), None));
        // the next format is tried
        let other = event(&with(OnUnmatched::Skip, &[format, "(?<MESSAGE>.*)"]), text);
        assert_eq!((other.matched, other.message.as_deref()), (true, Some(text)), "{text}");

        let strict = LineFormats::new(&options(&[format])).unwrap();
        let failed = strict.read_line(text, Some(7)).unwrap_err();
        let detail = failed.detail().unwrap();
        assert!(detail.contains("line 7") && detail.contains(text), "{detail}");
        let skipping = LineFormats::new(&with(OnUnmatched::Skip, &[format])).unwrap();
        assert!(skipping.why_unread(text).unwrap().contains(text));
    }
    let skipping = LineFormats::new(&with(OnUnmatched::Skip, &[r"(?<TIME>\d+) (?<TYPE>open)"])).unwrap();
    assert!(skipping.why_unread("7 close").unwrap().contains("stops at (?<TYPE>open)"));
    assert_eq!(skipping.why_unread("7 open"), None);
}

#[test]
fn a_line_that_lacks_a_group_of_the_key_belongs_to_no_trace() {
    let keyed = |formats: &[&str], trace: &str| FormatOptions { trace: Some(trace.into()), ..options(formats) };
    let syslog = keyed(&["syslog"], r"\k<host>/\k<pid>");
    let log = read(&syslog, "Oct 11 22:14:15 h kernel: eth0 up\nOct 11 22:14:16 h app[7]: x\n");
    assert_eq!((log.keyless, log.traces.len(), log.traces[0].key.0.as_str()), (1, 1, "h/7"));
    let nil = event(&syslog, "<34>1 2003-10-11T22:14:15.003Z h su - ID47 - hello");
    assert_eq!(nil.trace, None);

    let rid = keyed(&["json"], r"\k<rid>");
    for (text, key) in [
        (r#"{"msg": "a", "rid": "r1"}"#, Some("r1")),
        (r#"{"msg": "a", "rid": 7}"#, Some("7")),
        (r#"{"msg": "a", "rid": ""}"#, None),
        (r#"{"msg": "a", "rid": null}"#, None),
        (r#"{"msg": "a"}"#, None),
    ] {
        assert_eq!(event(&rid, text).trace.as_deref(), key, "{text}");
    }
    // a key that json reads as a field, a key with a dot, a path, a reserved group
    let text = r#"{"msg": "a", "request_id": "q", "node.name": "n", "user": {"id": 3}, "component": "c"}"#;
    for (trace, key) in [
        (r"\k<request_id>", "q"),
        (r"\k<node.name>", "n"),
        (r"\k<user.id>", "3"),
        (r"\k<COMPONENT>:\k<component>", "c:c"),
    ] {
        let found = event(&keyed(&["json"], trace), text).trace;
        assert!(found.as_deref() == Some(key) || trace.contains("COMPONENT"), "{trace}: {found:?}");
    }
    // a group that matched nothing is no key either
    assert_eq!(event(&options(&[r"(?<TRACE>\w*) (?<TYPE>\w+)"]), " open").trace, None);
}

#[test]
fn json_takes_the_message_before_what_names_the_kind_of_log() {
    let e = json(
        r#"{"type":"server","timestamp":"2024-05-01T10:00:00,123Z","component":"o.e.n.Node","message":"started"}"#,
    );
    assert_eq!((e.event_type.as_deref(), e.message.as_deref()), (None, Some("started")));
    assert_eq!(e.time, time("2024-05-01T10:00:00.123Z"));
    assert!(e.parameters.contains(&("type".into(), "server".into())));
    assert_eq!(json(r#"{"event": "login", "user": "ann"}"#).event_type.as_deref(), Some("login"));
    assert_eq!(json(r#"{"type": "access", "status": 200}"#).event_type.as_deref(), Some("access"));
    let e = json(r#"{"event_type": "paid", "message": "order 7 paid"}"#);
    assert_eq!((e.event_type.as_deref(), e.message.as_deref()), (Some("paid"), Some("order 7 paid")));
    // a sentence is a message
    assert_eq!(json(r#"{"event": "user 7 logged in"}"#).message.as_deref(), Some("user 7 logged in"));
    // null is missing
    assert_eq!(json(r#"{"msg": null, "event": "x", "level": null}"#).event_type.as_deref(), Some("x"));
    assert_eq!(line(&with(OnUnmatched::Skip, &["json"]), r#"{"msg": null}"#), Line::Unmatched);
    assert_eq!(json(r#"{"log": "started\n", "stream": "stdout"}"#).message.as_deref(), Some("started"));
}

#[test]
fn json_reads_the_keys_of_common_loggers() {
    for (text, at, level, component) in [
        (
            r#"{"@t":"2024-05-01T10:00:00.123Z","@mt":"m","@l":"Warning"}"#,
            "2024-05-01T10:00:00.123Z",
            Some("Warning"),
            None,
        ),
        (
            r#"{"name":"app","level":30,"msg":"m","time":"2024-05-01T10:00:00.123Z"}"#,
            "2024-05-01T10:00:00.123Z",
            Some("30"),
            None,
        ),
        (r#"{"level":30,"time":1714557600123,"msg":"m"}"#, "2024-05-01T10:00:00.123Z", Some("30"), None),
        (
            r#"{"instant":{"epochSecond":1531655721,"nanoOfSecond":34000000},"level":"ERROR","loggerName":"L","message":"m"}"#,
            "2018-07-15T11:55:21.034Z",
            Some("ERROR"),
            Some("L"),
        ),
        (
            r#"{"timeMillis":1531655721034,"level":"ERROR","loggerName":"L","message":"m"}"#,
            "2018-07-15T11:55:21.034Z",
            Some("ERROR"),
            Some("L"),
        ),
        (
            r#"{"asctime":"2024-05-01 10:00:00,123","levelname":"INFO","message":"m"}"#,
            "2024-05-01T10:00:00.123Z",
            Some("INFO"),
            None,
        ),
        (
            r#"{"t":{"$date":"2024-05-01T10:00:00.123+00:00"},"s":"I","msg":"m"}"#,
            "2024-05-01T10:00:00.123Z",
            None,
            None,
        ),
        (
            r#"{"@timestamp":"2024-05-01T10:00:00.123Z","log":{"level":"info"},"message":"m"}"#,
            "2024-05-01T10:00:00.123Z",
            Some("info"),
            None,
        ),
        (
            r#"{"timestamp":"2024-05-01T10:00:00Z","severity":"INFO","textPayload":"m"}"#,
            "2024-05-01T10:00:00Z",
            Some("INFO"),
            None,
        ),
        // the first key that holds a time
        (r#"{"time":"12ms","ts":1714557600,"msg":"m"}"#, "2024-05-01T10:00:00Z", None, None),
    ] {
        let e = json(text);
        assert_eq!((e.time, e.message.as_deref()), (time(at), Some("m")), "{text}");
        assert_eq!((e.level.as_deref(), e.component.as_deref()), (level, component), "{text}");
    }
}

#[test]
fn dates_are_read_as_programs_write_them() {
    let read = |text: &str, zone: Option<&str>| {
        let options = FormatOptions {
            timezone: zone.map(String::from),
            ..with(OnUnmatched::Keep, &[r"(?<DATETIME>.*) \| (?<MESSAGE>\w+)"])
        };
        event(&options, &format!("{text} | x")).time
    };
    for (text, at) in [
        ("2022-05-06 01:02:03.004 +01:00", "2022-05-06T00:02:03.004Z"),
        ("2022-09-10T01:02:03.004 +0100", "2022-09-10T00:02:03.004Z"),
        ("2023-12-30T00:01:54+01", "2023-12-29T23:01:54Z"),
        ("2023-12-30T00:01:54.1-0330", "2023-12-30T03:31:54.1Z"),
        ("2023-12-30 00:01:54 UTC", "2023-12-30T00:01:54Z"),
        ("2023-12-30 00:01:54 GMT", "2023-12-30T00:01:54Z"),
        ("2023-12-30 00:01:54 Z", "2023-12-30T00:01:54Z"),
        ("2023-12-30T24:00:00Z", "2023-12-31T00:00:00Z"),
        ("2023-12-31 24:00", "2024-01-01T00:00:00Z"),
        ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59Z"),
        ("2023/12/30 00:01:54", "2023-12-30T00:01:54Z"),
        ("2023-12-30  00:01:54", "2023-12-30T00:01:54Z"),
        ("2023-12-30_00:01:54", "2023-12-30T00:01:54Z"),
        ("2023-12-30 00:01:54.123456789123Z", "2023-12-30T00:01:54.123456Z"),
        ("2023-12-30 00:01:54 America/New_York", "2023-12-30T05:01:54Z"),
        ("2023-12-30T00:01:54.123456[Europe/Berlin]", "2023-12-29T23:01:54.123456Z"),
        ("20231230T000154Z", "2023-12-30T00:01:54Z"),
        ("2023-12-30", "2023-12-30T00:00:00Z"),
    ] {
        assert_eq!(read(text, None), time(at), "{text}");
    }
    for text in [
        "2023-02-30 00:00:00",
        "2023-12-30 24:00:01",
        "2023-12-30 00:61",
        "2023-12-30 00:01:54 PST",
        "2023-12/30",
        "",
        "-",
    ] {
        assert_eq!(read(text, None), None, "{text}");
    }
    // an abbreviation stands for the zone that is given, which may be an offset
    assert_eq!(read("2023-12-30 00:01:54 PST", Some("Europe/Prague")), time("2023-12-29T23:01:54Z"));
    assert_eq!(read("2023-12-30 00:01:54", Some("+02:00")), time("2023-12-29T22:01:54Z"));
    // the first of an hour that comes twice, the one after an hour that never comes
    assert_eq!(read("2026-10-25 02:15:00", Some("Europe/Prague")), time("2026-10-25T00:15:00Z"));
    assert_eq!(read("2026-03-29 02:30:00", Some("Europe/Prague")), time("2026-03-29T01:30:00Z"));
    // every day of a date without a year exists, unless a year is given
    assert_eq!(event(&options(&["syslog"]), "Feb 29 12:00:00 web app[1]: x").time, time("1972-02-29T12:00:00Z"));
    let given = FormatOptions { year: Some(2023), ..options(&["syslog"]) };
    let failed = LineFormats::new(&given).unwrap().read_line("Feb 29 12:00:00 web app[1]: x", None).unwrap_err();
    assert!(failed.detail().unwrap().contains("the option year says 2023"), "{failed:?}");
    // named formats read ISO 8601, too
    let e = event(&options(&["syslog"]), "<13>1 2023-04-26T10:30:00-0700 host app 99 ID47 - sample");
    assert_eq!(e.time, time("2023-04-26T17:30:00Z"));
}

#[test]
fn colours_and_byte_order_marks_are_no_part_of_a_line() {
    let format = r"(?<DATETIME>\S+) (?<LEVEL>\w+) (?<MESSAGE>.*)";
    for text in [
        "2024-05-01T10:00:00Z INFO up",
        "\u{1b}[90m2024-05-01T10:00:00Z\u{1b}[0m \u{1b}[32mINFO\u{1b}[0m up",
        "\u{feff}2024-05-01T10:00:00Z INFO up",
        "\u{feff}\u{1b}[90m2024-05-01T10:00:00Z INFO up\u{1b}[0m",
    ] {
        let e = event(&options(&[format]), text);
        assert_eq!(
            (e.time, e.level.as_deref(), e.message.as_deref()),
            (time("2024-05-01T10:00:00Z"), Some("INFO"), Some("up"))
        );
    }
    let e = json("\u{feff}{\"time\":\"2024-05-01T10:00:00Z\",\"msg\":\"m\"}");
    assert_eq!(e.message.as_deref(), Some("m"));
}

#[test]
fn syslog_as_devices_write_it() {
    let read = |text: &str| event(&FormatOptions { year: Some(2024), ..options(&["syslog"]) }, text);
    for (text, component, message) in [
        ("<134>Feb  9 11:49:07 ry-host [Sw1] port down", None, "[Sw1] port down"),
        ("Oct 11 22:14:15 h last message repeated 3 times", None, "last message repeated 3 times"),
        (
            "2022-03-07T09:33:22.936Z esx1 Hostd: verbose hostd[79A7B80] [Originator@6876 sub=Prop] x",
            Some("Hostd"),
            "verbose hostd[79A7B80] [Originator@6876 sub=Prop] x",
        ),
        (
            "Oct 11 22:14:15 fe80::1 postfix/smtpd[22]: connect from unknown[192.0.2.1]",
            Some("postfix/smtpd"),
            "connect from unknown[192.0.2.1]",
        ),
        (
            "<13>1 2023-04-26T10:30:00.123456-07:00 host app 99 ID47 [ex@32473 iut=\"3\" x=\"A\\\"p\\]p\"] - sample",
            Some("app"),
            "- sample",
        ),
    ] {
        let e = read(text);
        assert_eq!((e.component.as_deref(), e.message.as_deref()), (component, Some(message)), "{text}");
    }
    let e = read("<182>1 2025-07-10T11:23:07.046641+02:00 - lldp - - - x");
    assert_eq!((e.component.as_deref(), e.parameters.len()), (Some("lldp"), 0), "{e:?}");
}

#[test]
fn a_log_that_passes_new_year_or_midnight_goes_on() {
    let year = |year: i16| FormatOptions { year: Some(year), ..options(&["syslog"]) };
    let text = "Dec 31 23:59:58 h a[1]: one\nJan  1 00:00:01 h a[1]: two\nDec 31 23:59:59 h a[1]: late\nFeb  3 01:00:00 h a[1]: three\n";
    let times = |log: &Log| {
        log.traces[0].events.iter().map(|e| (e.message.clone().unwrap().into_owned(), e.time)).collect::<Vec<_>>()
    };
    let expected: Vec<(String, Option<Time>)> = [
        ("one", "2024-12-31T23:59:58Z"),
        ("late", "2024-12-31T23:59:59Z"),
        ("two", "2025-01-01T00:00:01Z"),
        ("three", "2025-02-03T01:00:00Z"),
    ]
    .map(|(message, at)| (message.to_string(), time(at)))
    .to_vec();
    assert_eq!(times(&read(&year(2024), text)), expected);
    let rows = records(r#"{"formats": ["syslog"], "year": 2024}"#, text);
    assert_eq!(
        rows.iter().map(|row| row.2).collect::<Vec<_>>()[1..3],
        [time("2025-01-01T00:00:01Z"), time("2024-12-31T23:59:59Z")]
    );

    let log = "23:59:59,000 [main] INFO a.B - one\n00:00:01,000 [main] INFO a.B - two\n00:00:02,000 [main] INFO a.B - three\n";
    let rows = records(r#"{"formats": ["log4j"]}"#, log);
    let days = ["1970-01-01T23:59:59Z", "1970-01-02T00:00:01Z", "1970-01-02T00:00:02Z"];
    assert_eq!(rows.iter().map(|row| row.2).collect::<Vec<_>>(), days.map(time));
    // dates that name their year stay where they are
    let rows = records(r#"{"formats": ["(?<DATETIME>\\S+) (?<MESSAGE>.*)"]}"#, "2024-12-31 a\n2023-01-01 b\n");
    assert_eq!(rows[1].2, time("2023-01-01T00:00:00Z"));
}

#[test]
fn messages_go_on_in_lines_that_begin_otherwise() {
    let log = concat!(
        "2023-11-20 04:53:45,012 DEBUG [main] a.b.C - Failed to get value\n",
        "2023-11-20 04:53:46,012 ERROR [main] a.b.C - Failed to invoke\n",
        "java.lang.ClassNotFoundException: x.Y\n",
        "\tat java.base/jdk.Loader.load(Loader.java:581)\n",
        "\n",
        "Caused by: z\n",
        "\n",
        "2023-11-20 04:53:47,012 INFO [main] a.b.C - done\n",
        "2023-13-20 04:53:48,012 INFO [main] a.b.C - no such month\n",
    );
    let trace = "Failed to invoke\njava.lang.ClassNotFoundException: x.Y\n\tat java.base/jdk.Loader.load(Loader.java:581)\n\nCaused by: z";
    let rows = records(r#"{"formats": ["log4j"], "on_unmatched": "skip"}"#, log);
    let found: Vec<(u64, &str, &str)> = rows.iter().map(|row| (row.0, row.1, row.3.as_str())).collect();
    assert_eq!(
        found,
        [(1, "event", "Failed to get value"), (2, "event", trace), (8, "event", "done"), (9, "skipped", "")]
    );
    let all = read(&with(OnUnmatched::Skip, &["log4j"]), log);
    assert_eq!((all.records, all.unmatched), (4, 1));
    assert_eq!(all.traces[0].events[1].message.as_deref(), Some(trace));

    // an expression of one's own: what is indented goes on, what is not follows on_unmatched
    let own = r"(?<TIME>\d+) (?<MESSAGE>.*)";
    let text = "1 select *\n\tfrom x\n2 done\nodd\n  after odd\n3 end\n    \n";
    let rows = records(r#"{"formats": ["(?<TIME>\\d+) (?<MESSAGE>.*)"], "on_unmatched": "keep"}"#, text);
    let found: Vec<(u64, &str, &str)> = rows.iter().map(|row| (row.0, row.1, row.3.as_str())).collect();
    let event = |line, message| (line, "event", message);
    assert_eq!(
        found,
        [
            event(1, "select *\n\tfrom x"),
            event(3, "done"),
            (4, "kept", "odd"),
            (5, "kept", "  after odd"),
            event(6, "end\n    ")
        ]
    );
    assert!(LineFormats::new(&options(&[own])).unwrap().read(text.lines()).is_err());
    // a log in another format is not one record
    assert_eq!(records(r#"{"formats": ["log4j"], "on_unmatched": "skip"}"#, "a\nb\nc\n").len(), 3);
    // types have no message to go on
    assert_eq!(
        records(r#"{"formats": ["(?<TIME>\\d+) (?<TYPE>\\w+)"], "on_unmatched": "skip"}"#, "1 a\n  b\n").len(),
        2
    );
}
