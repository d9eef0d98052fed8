//! Values of many kinds: synthetic ones look like real ones, are real dates where these are, and are no real ones.

mod support;

use logfsm::automaton::PrefixTree;
use logfsm::conform::Machine;
use logfsm::infer::{Control, infer};
use logfsm::synth::checks::{EventParameters, ParameterChecker, Verdicts};
use logfsm::synth::{Generator, Plan, Playout, over};
use logfsm::trace::{Trace, TraceView, slots};
use regex::Regex;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Numbers that look random, the same in every run.
struct Draw(u64);

impl Draw {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }

    fn of(&mut self, alphabet: &str, length: u64) -> String {
        let letters: Vec<char> = alphabet.chars().collect();
        (0..length).map(|_| letters[self.below(letters.len() as u64) as usize]).collect()
    }

    fn one<'w>(&mut self, words: &[&'w str]) -> &'w str {
        words[self.below(words.len() as u64) as usize]
    }

    fn date(&mut self, days: u64) -> jiff::civil::Date {
        jiff::civil::date(2023, 6, 1) + jiff::Span::new().days(self.below(days) as i64)
    }

    fn time(&mut self) -> (u64, u64, u64) {
        (self.below(24), self.below(60), self.below(60))
    }
}

const HEX: &str = "0123456789abcdef";
const LOWER: &str = "abcdefghijklmnopqrstuvwxyz";
const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const DIGITS: &str = "0123456789";

/// A kind of values: its name, how one is made, and what all look like.
type Kind = (&'static str, fn(&mut Draw) -> String, &'static str);

fn luhn(digits: &str) -> bool {
    let values: Vec<u32> = digits.chars().filter_map(|c| c.to_digit(10)).collect();
    let doubled = |d: u32| if d * 2 > 9 { d * 2 - 9 } else { d * 2 };
    let sum: u32 = values.iter().rev().enumerate().map(|(i, &d)| if i % 2 == 1 { doubled(d) } else { d }).sum();
    sum.is_multiple_of(10)
}

fn iban(text: &str) -> bool {
    let plain: Vec<u32> = text.chars().filter_map(|c| c.to_digit(36)).collect();
    let moved = plain[4..].iter().chain(&plain[..4]);
    moved.fold(0u32, |rest, &v| (rest * if v > 9 { 100 } else { 10 } + v) % 97) == 1
}

const KINDS: &[Kind] = &[
    (
        "iso_z",
        |d| {
            let (h, m, s) = d.time();
            format!("{}T{h:02}:{m:02}:{s:02}Z", d.date(300))
        },
        r"^\d{4}-(0\d|1[0-2])-([0-2]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$",
    ),
    (
        "iso_ms_zone",
        |d| {
            let (h, m, s) = d.time();
            format!("{}T{h:02}:{m:02}:{s:02}.{:03}+02:00", d.date(300), d.below(1000))
        },
        r"^\d{4}-\d\d-\d\dT([01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}\+02:00$",
    ),
    (
        "date_time",
        |d| {
            let (h, m, s) = d.time();
            format!("{} {h:02}:{m:02}:{s:02}", d.date(300))
        },
        r"^\d{4}-\d\d-\d\d ([01]\d|2[0-3]):[0-5]\d:[0-5]\d$",
    ),
    ("date", |d| d.date(600).to_string(), r"^202[345]-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$"),
    (
        "dmy_slash",
        |d| d.date(600).strftime("%d/%m/%Y").to_string(),
        r"^(0[1-9]|[12]\d|3[01])/(0[1-9]|1[0-2])/202[345]$",
    ),
    (
        "mdy_slash",
        |d| d.date(600).strftime("%m/%d/%Y").to_string(),
        r"^(0[1-9]|1[0-2])/(0[1-9]|[12]\d|3[01])/202[345]$",
    ),
    (
        "dmy_dots",
        |d| d.date(600).strftime("%-d.%-m.%Y").to_string(),
        r"^([1-9]|[12]\d|3[01])\.([1-9]|1[0-2])\.202[345]$",
    ),
    (
        "d_mon_y",
        |d| d.date(600).strftime("%d %b %Y").to_string(),
        r"^(0[1-9]|[12]\d|3[01]) (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) 202[345]$",
    ),
    (
        "month_d_y",
        |d| d.date(600).strftime("%B %-d, %Y").to_string(),
        r"^(January|February|March|April|May|June|July|August|September|October|November|December) \d{1,2}, 202[345]$",
    ),
    (
        "rfc_2822",
        |d| {
            let (h, m, s) = d.time();
            format!("{} {h:02}:{m:02}:{s:02} GMT", d.date(600).strftime("%a, %d %b %Y"))
        },
        r"^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} 202[345] ([01]\d|2[0-3]):[0-5]\d:[0-5]\d GMT$",
    ),
    (
        "apache",
        |d| {
            let (h, m, s) = d.time();
            format!("{}:{h:02}:{m:02}:{s:02} +0000", d.date(600).strftime("%d/%b/%Y"))
        },
        r"^\d\d/[A-Z][a-z]{2}/202[345]:([01]\d|2[0-3]):[0-5]\d:[0-5]\d \+0000$",
    ),
    (
        "syslog",
        |d| {
            let (h, m, s) = d.time();
            format!("{} {h:02}:{m:02}:{s:02}", d.date(600).strftime("%b %e"))
        },
        r"^[A-Z][a-z]{2} ( [1-9]|[123]\d) ([01]\d|2[0-3]):[0-5]\d:[0-5]\d$",
    ),
    (
        "ctime",
        |d| {
            let (h, m, s) = d.time();
            let day = d.date(600);
            format!("{} {h:02}:{m:02}:{s:02} {}", day.strftime("%a %b %d"), day.strftime("PDT %Y"))
        },
        r"^(Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} \d\d ([01]\d|2[0-3]):[0-5]\d:[0-5]\d PDT 202[345]$",
    ),
    ("compact_date", |d| d.date(600).strftime("%Y%m%d").to_string(), r"^202[345](0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])$"),
    (
        "compact_stamp",
        |d| {
            let (h, m, s) = d.time();
            format!("{}T{h:02}{m:02}{s:02}Z", d.date(600).strftime("%Y%m%d"))
        },
        r"^202[345]\d{4}T([01]\d|2[0-3])[0-5]\d[0-5]\dZ$",
    ),
    (
        "order_number",
        |d| {
            let (h, m, s) = d.time();
            format!("JD{}{h:02}{m:02}{s:02}", d.date(600).strftime("%Y%m%d"))
        },
        r"^JD202[345](0[1-9]|1[0-2])([0-2]\d|3[01])([01]\d|2[0-3])[0-5]\d[0-5]\d$",
    ),
    ("short_year", |d| d.date(600).strftime("%d-%m-%y").to_string(), r"^(0[1-9]|[12]\d|3[01])-(0[1-9]|1[0-2])-2[345]$"),
    (
        "hh_mm",
        |d| {
            let (h, m, _) = d.time();
            format!("{h:02}:{m:02}")
        },
        r"^([01]\d|2[0-3]):[0-5]\d$",
    ),
    (
        "hh_mm_ss_comma",
        |d| {
            let (h, m, s) = d.time();
            format!("{h:02}:{m:02}:{s:02},{:03}", d.below(1000))
        },
        r"^([01]\d|2[0-3]):[0-5]\d:[0-5]\d,\d{3}$",
    ),
    (
        "am_pm",
        |d| format!("{}:{:02} {}", 1 + d.below(12), d.below(60), d.one(&["AM", "PM"])),
        r"^([1-9]|1[0-2]):[0-5]\d (AM|PM)$",
    ),
    ("week", |d| format!("2024-W{:02}-{}", 1 + d.below(52), 1 + d.below(7)), r"^2024-W[0-5]\d-[1-7]$"),
    ("duration", |d| format!("PT{}M{}S", d.below(60), d.below(60)), r"^PT[1-5]?\dM[1-5]?\dS$"),
    ("epoch", |d| (1_704_067_200 + d.below(9_999_999)).to_string(), r"^17\d{8}$"),
    ("mac", |d| (0..6).map(|_| d.of(HEX, 2)).collect::<Vec<_>>().join(":"), r"^([0-9a-f]{2}:){5}[0-9a-f]{2}$"),
    ("mac_last", |d| format!("08:00:2b:01:{}:02", d.of(HEX, 2)), r"^08:00:2b:01:[0-9a-f]{2}:02$"),
    (
        "mac_dashes",
        |d| (0..6).map(|_| d.of(HEX, 2).to_uppercase()).collect::<Vec<_>>().join("-"),
        r"^([0-9A-F]{2}-){5}[0-9A-F]{2}$",
    ),
    ("mac_dots", |d| (0..3).map(|_| d.of(HEX, 4)).collect::<Vec<_>>().join("."), r"^([0-9a-f]{4}\.){2}[0-9a-f]{4}$"),
    (
        "ipv4",
        |d| format!("10.0.{}.{}", d.below(256), d.below(256)),
        r"^10\.0\.(\d|[1-9]\d|1\d\d|2[0-4]\d|25[0-5])\.(\d|[1-9]\d|1\d\d|2[0-4]\d|25[0-5])$",
    ),
    (
        "ipv4_port",
        |d| format!("192.168.{}.{}:{}", d.below(4), d.below(256), 1024 + d.below(60000)),
        r"^192\.168\.[0-3]\.(\d{1,2}|1\d\d|2[0-4]\d|25[0-5]):\d{4,5}$",
    ),
    (
        "cidr",
        |d| format!("10.{}.{}.0/{}", d.below(256), d.below(256), 16 + d.below(9)),
        r"^10\.\d{1,3}\.\d{1,3}\.0/(1[6-9]|2[0-4])$",
    ),
    ("ipv6", |d| format!("2001:db8::{:x}", d.below(65536)), r"^2001:db8::[0-9a-f]{1,4}$"),
    (
        "uuid_v4",
        |d| {
            format!(
                "{}-{}-4{}-{}{}-{}",
                d.of(HEX, 8),
                d.of(HEX, 4),
                d.of(HEX, 3),
                d.of("89ab", 1),
                d.of(HEX, 3),
                d.of(HEX, 12)
            )
        },
        r"^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$",
    ),
    (
        "uuid_v7",
        |d| {
            format!(
                "018c{}-{}-7{}-{}{}-{}",
                d.of(HEX, 4),
                d.of(HEX, 4),
                d.of(HEX, 3),
                d.of("89ab", 1),
                d.of(HEX, 3),
                d.of(HEX, 12)
            )
        },
        r"^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$",
    ),
    ("md5", |d| d.of(HEX, 32), r"^[0-9a-f]{32}$"),
    ("sha_prefixed", |d| format!("sha256:{}", d.of(HEX, 64)), r"^sha256:[0-9a-f]{64}$"),
    ("upper_hex", |d| d.of("0123456789ABCDEF", 8), r"^[0-9A-F]{8}$"),
    ("prefixed_hex", |d| format!("0x{}", d.of(HEX, 8)), r"^0x[0-9a-f]{8}$"),
    ("short_commit", |d| d.of(HEX, 7), r"^[0-9a-f]{7}$"),
    ("octal", |d| format!("0{}", d.of("01234567", 3)), r"^0[0-7]{3}$"),
    ("binary", |d| d.of("01", 8), r"^[01]{8}$"),
    ("base32", |d| d.of("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16), r"^[A-Z2-7]{16}$"),
    ("ulid", |d| format!("01H{}", d.of("0123456789ABCDEFGHJKMNPQRSTVWXYZ", 23)), r"^01H[0-9A-HJKMNP-TV-Z]{23}$"),
    (
        "base64",
        |d| format!("{}==", d.of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", 22)),
        r"^[A-Za-z0-9+/]{22}==$",
    ),
    ("email", |d| format!("user{}@example.org", d.below(10_000)), r"^user\d{1,4}@example\.org$"),
    (
        "email_names",
        |d| format!("{}.{}@{}", d.of(LOWER, 5), d.of(LOWER, 7), d.one(&["example.org", "mail.example.com"])),
        r"^[a-z]{5}\.[a-z]{7}@(example\.org|mail\.example\.com)$",
    ),
    (
        "url",
        |d| format!("https://shop.example.com/items/{}?page={}", d.below(90_000), d.below(9)),
        r"^https://shop\.example\.com/items/\d{1,5}\?page=\d$",
    ),
    (
        "host",
        |d| format!("web-{:02}.eu{}.example.net", d.below(40), 1 + d.below(3)),
        r"^web-\d\d\.eu[123]\.example\.net$",
    ),
    ("path", |d| format!("/srv/data/{}/f{}.csv", d.below(40), d.below(9000)), r"^/srv/data/\d{1,2}/f\d{1,4}\.csv$"),
    ("home", |d| format!("/home/{}/.profile", d.of(LOWER, 6)), r"^/home/[a-z]{6}/\.profile$"),
    (
        "windows",
        |d| format!("C:\\Users\\{}\\file{}.txt", d.of(LOWER, 5), d.below(900)),
        r"^C:\\Users\\[a-z]{5}\\file\d{1,3}\.txt$",
    ),
    ("version", |d| format!("v{}.{}.{}", d.below(4), d.below(20), d.below(100)), r"^v[0-3]\.1?\d\.\d{1,2}$"),
    (
        "semver_pre",
        |d| format!("{}.{}.{}-rc.{}", 1 + d.below(4), d.below(20), d.below(100), 1 + d.below(9)),
        r"^[1-4]\.1?\d\.\d{1,2}-rc\.[1-9]$",
    ),
    (
        "pod",
        |d| format!("api-{}-{}", d.of("bcdfghjklmnpqrstvwxz2456789", 10), d.of("bcdfghjklmnpqrstvwxz2456789", 5)),
        r"^api-[a-z0-9]{10}-[a-z0-9]{5}$",
    ),
    ("instance", |d| format!("i-0{}", d.of(HEX, 16)), r"^i-0[0-9a-f]{16}$"),
    (
        "arn",
        |d| format!("arn:aws:iam::{}:role/{}", d.of(DIGITS, 12), d.one(&["admin", "reader", "writer"])),
        r"^arn:aws:iam::\d{12}:role/(admin|reader|writer)$",
    ),
    (
        "card",
        |d| {
            let base = format!("4{}", d.of(DIGITS, 14));
            (0..10).map(|c| format!("{base}{c}")).find(|t| luhn(t)).unwrap()
        },
        r"^4\d{15}$",
    ),
    (
        "card_groups",
        |d| {
            let base = format!("5{}", d.of(DIGITS, 14));
            let t = (0..10).map(|c| format!("{base}{c}")).find(|t| luhn(t)).unwrap();
            format!("{} {} {} {}", &t[..4], &t[4..8], &t[8..12], &t[12..])
        },
        r"^5\d{3} \d{4} \d{4} \d{4}$",
    ),
    (
        "iban",
        |d| {
            let base = d.of(DIGITS, 18);
            (0..98).map(|c| format!("DE{c:02}{base}")).find(|t| iban(t)).unwrap()
        },
        r"^DE\d{20}$",
    ),
    ("phone", |d| format!("+49 30 {}", d.of(DIGITS, 7)), r"^\+49 30 \d{7}$"),
    (
        "phone_us",
        |d| format!("({}{}) {}-{}", 2 + d.below(8), d.of(DIGITS, 2), d.of(DIGITS, 3), d.of(DIGITS, 4)),
        r"^\([2-9]\d\d\) \d{3}-\d{4}$",
    ),
    ("plate", |d| format!("B-{} {}", d.of(UPPER, 2), 1 + d.below(8999)), r"^B-[A-Z]{2} [1-9]\d{0,3}$"),
    ("padded", |d| format!("{:06}", d.below(1_000_000)), r"^\d{6}$"),
    ("padded_prefix", |d| format!("INV-{:08}", d.below(100_000)), r"^INV-\d{8}$"),
    ("product", |d| format!("PROD{}", 100 + d.below(900)), r"^PROD[1-9]\d\d$"),
    ("signed", |d| format!("{}{}", d.one(&["+", "-"]), d.below(1000)), r"^[+-]\d{1,3}$"),
    ("decimal", |d| format!("{}{}.{:02}", d.one(&["", "-"]), d.below(50), d.below(100)), r"^-?\d{1,2}\.\d\d$"),
    ("percent", |d| format!("{}%", d.below(101)), r"^(100|[1-9]?\d)%$"),
    ("unit", |d| format!("{}{}", 1 + d.below(999), d.one(&["ms", "s"])), r"^[1-9]\d{0,2}(ms|s)$"),
    (
        "unit_blank",
        |d| format!("{}.{} {}", d.below(1000), d.below(10), d.one(&["MB", "GB", "KB"])),
        r"^\d{1,3}\.\d (MB|GB|KB)$",
    ),
    ("currency", |d| format!("€{}.{:02}", d.below(1000), d.below(100)), r"^€\d{1,3}\.\d\d$"),
    (
        "thousands",
        |d| format!("${},{:03}.{:02}", 1 + d.below(99), d.below(1000), d.below(100)),
        r"^\$[1-9]\d?,\d{3}\.\d\d$",
    ),
    ("ratio", |d| format!("{}/{}", d.below(10), 10 + d.below(10)), r"^\d/1\d$"),
    ("range", |d| format!("[{}..{}]", d.below(100), 100 + d.below(100)), r"^\[\d{1,2}\.\.1\d\d\]$"),
    ("position", |d| format!("52.{:04},13.{:04}", d.below(10_000), d.below(10_000)), r"^52\.\d{4},13\.\d{4}$"),
    ("color", |d| format!("#{}", d.of(HEX, 6)), r"^#[0-9a-f]{6}$"),
    (
        "name",
        |d| format!("{}{} {}{}", d.of(UPPER, 1), d.of(LOWER, 5), d.of(UPPER, 1), d.of(LOWER, 7)),
        r"^[A-Z][a-z]{5} [A-Z][a-z]{7}$",
    ),
    (
        "cjk",
        |d| format!("{}{}", d.one(&["张", "李", "王", "刘"]), d.of("伟芳娜秀英敏静丽强磊军洋勇艳杰", 2)),
        r"^\p{Han}{3}$",
    ),
    ("cyrillic", |d| format!("{}{}", d.of("АБВГДЕЖЗИКЛМН", 1), d.of("абвгдежзиклмн", 6)), r"^\p{Lu}\p{Ll}{6}$"),
    ("mixed_script", |d| format!("用户{}-заказ{}", d.below(9000), d.below(90)), r"^用户\d{1,4}-заказ\d{1,2}$"),
    (
        "snake",
        |d| format!("{}_{}_{}", d.one(&["get", "set"]), d.one(&["user", "item"]), d.below(9000)),
        r"^(get|set)_(user|item)_\d{1,4}$",
    ),
    ("thread", |d| format!("pool-{}-thread-{}", 1 + d.below(9), 1 + d.below(900)), r"^pool-[1-9]-thread-\d{1,3}$"),
    ("block", |d| format!("blk_{}{}", d.one(&["", "-"]), d.of("123456789", 18)), r"^blk_-?\d{18}$"),
    ("bracketed", |d| format!("<{}@{}>", d.of(HEX, 10), d.one(&["mx1", "mx2"])), r"^<[0-9a-f]{10}@(mx1|mx2)>$"),
    ("query", |d| format!("id={}&sort={}", d.below(9000), d.one(&["asc", "desc"])), r"^id=\d{1,4}&sort=(asc|desc)$"),
];

/// Kinds that one event has values of.
const TOGETHER: usize = 12;

/// Traces of one event with values of some kinds, so many of each event type.
fn traces(n: u64, seed: u64) -> Vec<Trace> {
    let mut draw = Draw(seed);
    let mut trace = |i: u64, kinds: &[Kind]| {
        let values: Map<String, Value> =
            kinds.iter().map(|(name, make, _)| (name.to_string(), make(&mut draw).into())).collect();
        let json = Value::Object(values).to_string();
        Trace::from_rows(vec![(Some(i as i64 * 1000), None, kinds[0].0, None, Some(json.as_str()))])
    };
    KINDS.chunks(TOGETHER).flat_map(|kinds| (0..n).map(|i| trace(i, kinds)).collect::<Vec<_>>()).collect()
}

fn learned(traces: &[Trace]) -> Playout {
    let mut tree = PrefixTree::new(usize::MAX);
    traces.iter().for_each(|t| tree.add(&TraceView::from_bytes(&t.to_bytes()).unwrap()).unwrap());
    let (tree, control) = (tree.to_automaton(), Control::unlimited());
    let machine = Machine::new(infer(&tree, "k_tails", "{}", &control).unwrap());
    let plan = Plan::learn(&tree, &machine, &mut over(traces), &control).unwrap();
    let playout = Playout::new(machine, plan);
    assert_eq!(Playout::from_bytes(&playout.to_bytes()).unwrap().fingerprint, playout.fingerprint);
    playout
}

fn drawn(playout: &Playout, n: u64) -> Vec<Trace> {
    let generator = Generator::new(playout, 1, "{}", &Control::unlimited()).unwrap();
    (1..=n).map(|i| generator.trace(i).unwrap().trace).collect()
}

/// (slot, value) of all events.
fn values(traces: &[Trace]) -> BTreeMap<String, Vec<String>> {
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for slot in traces.iter().flat_map(|t| t.parameters.iter().flatten()).flat_map(|json| slots(json)) {
        all.entry(slot.name.to_string()).or_default().push(slot.value.unwrap_or_default().to_string());
    }
    all
}

/// Broken rules for parameters, with how often.
fn broken(playout: &Playout, traces: &[Trace], synthetic: bool) -> Vec<(&'static str, u64)> {
    let machine = &playout.machine;
    let mut checker = ParameterChecker::new(&playout.plan.parameters, &machine.automaton, synthetic);
    for (trace, id) in traces.iter().zip(1..) {
        let path = machine.path(trace).unwrap();
        let events: Vec<EventParameters<'_>> = path
            .iter()
            .zip(&trace.parameters)
            .map(|(&taken, json)| EventParameters {
                template: machine.automaton.transitions[taken as usize].label,
                transition: Some(taken as i32),
                values: json.as_deref().map_or_else(Vec::new, slots).into_iter().map(|s| (s.name, s.value)).collect(),
            })
            .collect();
        checker.trace(id, &events);
    }
    let verdicts = checker.finish().with(Verdicts::default());
    verdicts.into_iter().filter(|v| v.violated > 0).map(|v| (v.rule.name, v.violated)).collect()
}

/// Values of a slot that break a rule for parameters, each with that rule.
fn guilty(playout: &Playout, slot: &str, values: &[String]) -> Vec<(String, &'static str)> {
    let checker = ParameterChecker::new(&playout.plan.parameters, &playout.machine.automaton, true);
    let of_slot = |label: &u32| playout.plan.parameters.slots.iter().any(|s| s.label == *label && *s.name == *slot);
    let template = (0..playout.machine.automaton.labels.len() as u32).find(of_slot).unwrap();
    let mut found = Vec::new();
    for text in values {
        let mut checker = checker.clone();
        let values = vec![(slot.into(), Some(text.as_str().into()))];
        checker.trace(1, &[EventParameters { template, transition: None, values }]);
        let verdicts = checker.finish().with(Verdicts::default());
        let broken =
            verdicts.iter().find(|v| ["format", "no_real_identifier"].contains(&v.rule.name) && v.violated > 0);
        found.extend(broken.map(|v| (text.clone(), v.rule.name)));
    }
    found.truncate(3);
    found
}

/// Kinds that need some tens of values to be told from others.
const NEED_MANY: &[&str] =
    &["short_year", "octal", "binary", "base32", "ulid", "cjk", "am_pm", "unit", "signed", "blk"];

#[test]
fn synthetic_values_look_like_real_ones() {
    let mut wrong = Vec::new();
    for (n, seed) in [(400, 1), (120, 2), (40, 3)] {
        let real = traces(n, seed);
        let playout = learned(&real);
        assert_eq!(broken(&playout, &real, false), [], "real values of {n} traces");
        let synthetic = drawn(&playout, 1400);
        let violated = broken(&playout, &synthetic, true);
        if !violated.is_empty() {
            let example = values(&synthetic);
            let all = KINDS.iter().map(|kind| (kind.0, guilty(&playout, kind.0, &example[kind.0])));
            let guilty: Vec<_> = all.filter(|kind| !kind.1.is_empty()).collect();
            wrong.push(format!("{n} traces break rules: {violated:?} {guilty:?}"));
        }
        let of = values(&synthetic);
        for (name, _, pattern) in KINDS.iter().filter(|kind| n > 100 || !NEED_MANY.contains(&kind.0)) {
            let pattern = Regex::new(pattern).unwrap();
            let bad: Vec<&String> = of[*name].iter().filter(|text| !pattern.is_match(text)).collect();
            if !bad.is_empty() {
                wrong.push(format!("{name} of {n}: {} as {:?}", bad.len(), &bad[..bad.len().min(3)]));
            }
            let distinct: BTreeSet<&String> = of[*name].iter().collect();
            assert!(distinct.len() > 5, "{name} of {n}: {distinct:?}");
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn synthetic_dates_and_check_digits_are_right() {
    let real = traces(400, 5);
    let of = values(&drawn(&learned(&real), 2000));
    let date = |format: &str, text: &str| jiff::civil::Date::strptime(format, text).is_ok();
    let all = |name: &str, test: &dyn Fn(&str) -> bool| {
        let bad: Vec<&String> = of[name].iter().filter(|text| !test(text)).take(3).collect();
        assert!(bad.is_empty(), "{name}: {bad:?}");
    };
    all("iso_z", &|t| t.parse::<jiff::Timestamp>().is_ok());
    all("iso_ms_zone", &|t| t.parse::<jiff::Timestamp>().is_ok());
    all("date_time", &|t| t.parse::<jiff::civil::DateTime>().is_ok());
    all("date", &|t| t.parse::<jiff::civil::Date>().is_ok());
    all("dmy_slash", &|t| date("%d/%m/%Y", t));
    all("mdy_slash", &|t| date("%m/%d/%Y", t));
    all("dmy_dots", &|t| date("%d.%m.%Y", t));
    all("d_mon_y", &|t| date("%d %b %Y", t));
    all("month_d_y", &|t| date("%B %d, %Y", t));
    all("rfc_2822", &|t| date("%a, %d %b %Y", &t[..16]));
    all("apache", &|t| date("%d/%b/%Y", &t[..11]));
    all("syslog", &|t| date("%Y %b %e", &format!("2024 {}", &t[..6])));
    all("ctime", &|t| date("%Y %b %d", &format!("2024 {}", &t[4..10])));
    all("compact_date", &|t| date("%Y%m%d", t));
    all("compact_stamp", &|t| date("%Y%m%d", &t[..8]));
    all("order_number", &|t| date("%Y%m%d", &t[2..10]));
    all("short_year", &|t| date("%d-%m-%y", t));
    all("card", &luhn);
    all("card_groups", &luhn);
    all("iban", &iban);
}

#[test]
fn no_real_name_is_repeated() {
    let real = traces(300, 7);
    let (known, made) = (values(&real), values(&drawn(&learned(&real), 2000)));
    let names = [
        "iso_z",
        "mac",
        "uuid_v4",
        "md5",
        "email",
        "email_names",
        "home",
        "card",
        "iban",
        "phone",
        "name",
        "ulid",
        "base64",
    ];
    for name in names {
        let known: BTreeSet<&String> = known[name].iter().collect();
        let repeated = made[name].iter().filter(|text| known.contains(text)).count();
        assert_eq!(repeated, 0, "{name}");
    }
    // Nor are parts of them.
    let parts = |texts: &[String]| -> BTreeSet<String> {
        texts.iter().flat_map(|t| t.split(['.', '@', '/', ' '])).filter(|p| p.len() > 4).map(String::from).collect()
    };
    for (name, usual) in [("email_names", vec!["example"]), ("home", vec!["profile"]), ("name", vec![])] {
        let both: Vec<String> = parts(&known[name]).intersection(&parts(&made[name])).cloned().collect();
        assert_eq!(both, usual, "{name}");
    }
}
