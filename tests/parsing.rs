//! The properties that template mining must have, on random and hostile lines.
#![allow(missing_docs)]

use logfsm::log::{MinerOptions, TemplateMiner, Templates};
use proptest::prelude::*;

const LIMIT: usize = 64 << 20;

fn miner(lines: &[String]) -> TemplateMiner {
    let mut miner = TemplateMiner::new(MinerOptions::default(), LIMIT);
    for line in lines {
        miner.add(line).unwrap();
    }
    miner
}

/// Lines such as programs write: a few phrases with values of all kinds, and some noise.
fn line() -> impl Strategy<Value = String> {
    let value =
        "[a-f]{1,3}|[0-9]{1,4}|10\\.0\\.[0-9]\\.[0-9]:80|/tmp/[a-c]{1,2}|0x[0-9a-f]{4}|eth[0-3]|blk_-?[0-9]{5}|[0-9]ms";
    prop_oneof![
        8 => (0usize..6, value, value, prop::bool::ANY).prop_map(|(phrase, a, b, wide)| {
            let line = match phrase {
                0 => format!("Received block {a} of size {b} from peer"),
                1 => format!("user={a}, host={b}; closed"),
                2 => format!("[{a}] \"{b}\" failed: no route"),
                3 => format!("took {a} ({b} in queue)..."),
                4 => format!("items {a} {b} {a} {b} done"),
                _ => format!("link {a} is up"),
            };
            if wide { line.replace(' ', "  ") } else { line }
        }),
        1 => "\\PC{0,60}",
        1 => "(?s:.{0,40})",
        1 => "[ \\t|<>*=:,.a-b0-1/\\\\-]{0,40}",
    ]
}

fn lines() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(line(), 0..80)
}

fn texts(templates: &Templates) -> Vec<String> {
    templates.templates().iter().map(|t| format!("{} {:?}", t.text, t.pieces)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn mining_the_same_lines_again_changes_nothing(lines in lines()) {
        let once = miner(&lines);
        let mut twice = once.clone();
        for line in &lines {
            twice.add(line).unwrap();
        }
        let (once, twice) = (once.finish().unwrap(), twice.finish().unwrap());
        prop_assert_eq!(texts(&once), texts(&twice));
        for line in &lines {
            prop_assert_eq!(once.parse(line), twice.parse(line));
        }
    }

    #[test]
    fn every_line_has_a_template_and_is_rebuilt_from_it(lines in lines()) {
        let templates = miner(&lines).finish().unwrap();
        for line in &lines {
            let parsed = templates.parse(line);
            prop_assert!(parsed.is_some(), "{:?} has no template among {:?}", line, texts(&templates));
            let parsed = parsed.unwrap();
            prop_assert_eq!(&templates.rebuild(parsed.template, &parsed.parameters).unwrap(), line);
        }
        let total: u64 = templates.templates().iter().map(|t| t.count).sum();
        prop_assert_eq!(total, lines.len() as u64);
    }

    #[test]
    fn order_and_grouping_do_not_matter(lines in lines(), seed in any::<u64>(), parts in 1usize..6) {
        let whole = miner(&lines);
        let mut shuffled: Vec<(u64, &String)> = lines.iter().enumerate()
            .map(|(i, line)| ((i as u64 + 1).wrapping_mul(seed | 1).rotate_left(17), line)).collect();
        shuffled.sort();
        let mut states = vec![TemplateMiner::new(MinerOptions::default(), LIMIT); parts];
        for (key, line) in shuffled {
            states[key as usize % parts].add(line).unwrap();
        }
        let mut merged = TemplateMiner::new(MinerOptions::default(), LIMIT);
        for state in states.iter().rev() {
            let state = TemplateMiner::from_bytes(&state.to_bytes(), LIMIT).unwrap();
            merged.merge(&state).unwrap();
        }
        prop_assert_eq!(merged.to_bytes(), whole.to_bytes());
        prop_assert_eq!(merged.finish().unwrap().to_bytes(), whole.finish().unwrap().to_bytes());
        prop_assert_eq!(merged.lines(), lines.len() as u64);
    }

    #[test]
    fn binary_and_json_forms_are_complete(lines in lines()) {
        let templates = miner(&lines).finish().unwrap();
        let binary = Templates::from_bytes(&templates.to_bytes()).unwrap();
        let json = Templates::from_json(&templates.to_json()).unwrap();
        prop_assert_eq!(&binary, &templates);
        prop_assert_eq!(&json, &templates);
        for line in &lines {
            prop_assert_eq!(binary.parse(line), templates.parse(line));
        }
    }

    #[test]
    fn arbitrary_bytes_are_errors_at_worst(bytes in prop::collection::vec(any::<u8>(), 0..300), flip in any::<(u16, u8)>(), lines in lines()) {
        let mut versioned = vec![1];
        versioned.extend(&bytes);
        let state = miner(&lines);
        let (mut miner_bytes, mut template_bytes) = (state.to_bytes(), state.finish().unwrap().to_bytes());
        let (a, b) = (flip.0 as usize % miner_bytes.len(), flip.0 as usize % template_bytes.len());
        miner_bytes[a] ^= flip.1;
        template_bytes[b] ^= flip.1;
        for form in [&bytes, &versioned, &miner_bytes] {
            if let Ok(miner) = TemplateMiner::from_bytes(form, LIMIT) {
                prop_assert_eq!(&TemplateMiner::from_bytes(&miner.to_bytes(), LIMIT).unwrap().to_bytes(), &miner.to_bytes());
                let _ = miner.finish();
            }
        }
        for form in [&bytes, &versioned, &template_bytes] {
            if let Ok(templates) = Templates::from_bytes(form) {
                for line in &lines {
                    let _ = templates.parse(line).map(|p| templates.rebuild(p.template, &p.parameters));
                }
            }
        }
    }
}

#[test]
fn hostile_lines_are_bounded() {
    let long = "a=1, ".repeat(200_000);
    let lines =
        vec![long, "x".repeat(1 << 20), "(".repeat(1 << 20), " ".repeat(1 << 20), "1 ".repeat(1 << 19), String::new()];
    let templates = miner(&lines).finish().unwrap();
    for line in &lines {
        let parsed = templates.parse(line).unwrap();
        assert_eq!(&templates.rebuild(parsed.template, &parsed.parameters).unwrap(), line);
    }
}

#[test]
fn the_memory_limit_is_an_error() {
    let mut miner = TemplateMiner::new(MinerOptions::default(), 10_000);
    let failed = (0..10_000u32).map(|i| miner.add(&"x ".repeat(i as usize % 300))).any(|r| r.is_err());
    assert!(failed);
}

/// A word made of letters for a number.
fn name(mut n: u64) -> String {
    let mut out = String::new();
    while n > 0 || out.len() < 3 {
        out.push(char::from(b'a' + (n % 26) as u8));
        n /= 26;
    }
    out
}

#[test]
fn shapes_with_many_words_saturate_the_same_in_any_order() {
    let lines: Vec<String> = (0..40_000u64)
        .map(|i| {
            let (a, b) = (name(i.wrapping_mul(7919) % 30_011), name(i % 90));
            match i % 3 {
                0 => format!("user {a} opened {b}"),
                1 => format!("peer {b} lost {b}"),
                _ => format!("{b} {a} {b} {a}"),
            }
        })
        .collect();
    let whole = miner(&lines);
    assert!(whole.memory() < 4 << 20, "{} bytes", whole.memory());
    let templates = whole.finish().unwrap();
    for line in &lines {
        let parsed = templates.parse(line).unwrap();
        assert_eq!(&templates.rebuild(parsed.template, &parsed.parameters).unwrap(), line);
    }
    for step in [7, 11, 4_001] {
        let mut merged = TemplateMiner::new(MinerOptions::default(), LIMIT);
        for part in 0..step.min(16) {
            let share: Vec<String> = lines.iter().skip(part).step_by(step.min(16)).rev().cloned().collect();
            merged.merge(&TemplateMiner::from_bytes(&miner(&share).to_bytes(), LIMIT).unwrap()).unwrap();
        }
        assert!(merged.to_bytes() == whole.to_bytes());
        assert_eq!(merged.finish().unwrap(), templates);
    }
}

#[test]
fn arbitrary_shapes_end_in_one_template() {
    let line = |i: u64| {
        let mut bits = i.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (0..24)
            .map(|_| {
                bits = bits.rotate_left(5) ^ i;
                ['a', '(', '=', ' ', '[', '1', ';', '"'][bits as usize % 8]
            })
            .collect::<String>()
    };
    let lines: Vec<String> = (0..200_000).map(line).collect();
    let mut whole = TemplateMiner::new(MinerOptions::default(), 1 << 30);
    let mut halves = [whole.clone(), whole.clone()];
    for (i, line) in lines.iter().enumerate() {
        whole.add(line).unwrap();
        halves[i % 2].add(line).unwrap();
    }
    let [mut first, second] = halves;
    first.merge(&second).unwrap();
    assert!(first.to_bytes() == whole.to_bytes());
    assert_eq!(first.lines(), 200_000);
    let templates = whole.finish().unwrap();
    assert!(lines.iter().all(|line| templates.parse(line).is_some()));
}

#[test]
fn a_lone_slot_takes_values_only() {
    let numbers: Vec<String> = (0..50).map(|i| (i * 37).to_string()).chain(["12 (7)".into()]).collect();
    let templates = miner(&numbers).finish().unwrap();
    assert!(numbers.iter().all(|line| templates.parse(line).is_some()) && templates.parse("99").is_some());
    assert!(templates.parse("shutdown").is_none() && templates.parse("now (x)").is_none());
    // where words were seen, others fit
    let words: Vec<String> = (0..5_000).map(name).collect();
    let templates = miner(&words).finish().unwrap();
    assert!(templates.parse("shutdown").is_some());
}

/// Texts of templates mined from lines.
fn mined(lines: &[String]) -> Vec<String> {
    miner(lines).finish().unwrap().templates().iter().map(|t| t.text.clone()).collect()
}

#[test]
fn styles_of_many_systems() {
    let names = ["ann", "bob", "cid", "dan", "eve"];
    let tags = |i: usize| (0..=i % 4).map(|k| format!("\"{}\"", names[(i + k) % 5])).collect::<Vec<_>>().join(", ");
    let json: Vec<String> = (0..40).map(|i| format!("{{\"id\":{i},\"tags\":[{}]}}", tags(i))).collect();
    assert_eq!(mined(&json), ["{\"id\":<*>,\"tags\":[<*>]}"]);
    let people = ["ann lee", "bob", "cid van der x"];
    let pairs: Vec<String> = (0..60)
        .map(|i| format!("level=info msg=\"{}\" user=\"{}\"", ["disk full", "out of memory"][i % 2], people[i / 2 % 3]))
        .collect();
    assert_eq!(
        mined(&pairs),
        ["level=info msg=\"disk full\" user=\"<*>\"", "level=info msg=\"out of memory\" user=\"<*>\""]
    );
    let values = |i: usize| (0..=i % 7).map(|k| (i + k).to_string()).collect::<Vec<_>>().join(", ");
    let sql: Vec<String> = (0..200)
        .map(|i| format!("INSERT INTO {} VALUES ({})", ["users", "orders", "items", "carts"][i / 50], values(i)))
        .collect();
    assert_eq!(mined(&sql), ["INSERT INTO <*> VALUES (<*>)"]);
    let programs = ["chrome.exe", "git.exe", "steam.exe", "mail.exe", "music.exe"];
    let programs: Vec<String> =
        (0..50).map(|i| format!("{} - web:443 closed, {i} bytes sent", programs[i % 5])).collect();
    assert_eq!(mined(&programs), ["<*> - web:<*> closed, <*> bytes sent"]);
    assert_eq!(mined(&["only one line".into()]), ["only one line"]);
}

#[test]
fn text_is_kept_where_it_touches_values() {
    let of = |n: usize, line: &dyn Fn(usize) -> String| mined(&(0..n).map(line).collect::<Vec<_>>());
    let said = ["started", "failed", "retried"];
    // colours, of words and of levels
    assert_eq!(
        of(90, &|i| format!("\u{1b}[{}{}\u{1b}[0m job {i}", ["32m", "31m", "33m"][i % 3], said[i % 3])),
        ["failed job <*>", "retried job <*>", "started job <*>"]
    );
    // scripts without blanks
    let chinese = ["用户#登录成功", "订单#支付失败", "库存不足商品#"];
    assert_eq!(
        of(90, &|i| chinese[i % 3].replace('#', &i.to_string())),
        ["库存不足商品<*>", "用户<*>登录成功", "订单<*>支付失败"]
    );
    let thai = ["ผู้ใช้#เข้าสู่ระบบ", "คำสั่งซื้อ#ล้มเหลว"];
    assert_eq!(of(90, &|i| thai[i % 2].replace('#', &i.to_string())).len(), 2);
    let mixed = |i: usize| format!("INFO 用户{i}{} ip=10.0.0.{i}", ["登录成功", "退出"][i % 2]);
    assert_eq!(of(90, &mixed), ["INFO 用户<*>登录成功 ip=<*>", "INFO 用户<*>退出 ip=<*>"]);
    // letters on both sides; where there is one number only it is text
    assert_eq!(
        of(90, &|i| format!("{}{i}{}", ["login", "pay"][i % 2], ["ok", "failed"][i % 2])),
        ["login<*>ok", "pay<*>failed"]
    );
    assert_eq!(of(90, &|i| format!("ext3fs mounted on sda{i}")), ["ext3fs mounted on <*>"]);
    // names whose digit is part of them, and names that numbers tell apart
    assert_eq!(
        of(90, &|i| format!("bound {} listener on eth{}", ["IPv4", "IPv6"][i % 2], i % 5)),
        ["bound IPv4 listener on <*>", "bound IPv6 listener on <*>"]
    );
    assert_eq!(
        of(90, &|i| format!("part {} lost {i}", ["alt0", "if0"][i % 2])),
        ["part alt0 lost <*>", "part if0 lost <*>"]
    );
    // rules of punctuation
    let rules = ["**** up ****", "---- up ----", "==== up ====", "-*- up -*-"];
    assert_eq!(of(90, &|i| format!("{} {i}", rules[i % 4])).len(), 4);
    // hardware and IPv6 addresses begin with letters, too
    let mac = |i: usize| format!("lost {}:af:c{:x}:fe:{:x}b:d0", ["ba", "12"][i % 2], i % 16, i % 9);
    assert_eq!(of(90, &mac), ["lost <*>"]);
    assert_eq!(
        of(90, &|i| format!("peer {}::{:x}:1 is gone", ["fe80", "dead", "2001:db8"][i % 3], i * 77)),
        ["peer <*> is gone"]
    );
}

#[test]
fn one_value_is_one_slot_however_it_is_written() {
    let of = |line: &dyn Fn(usize) -> String| mined(&(0..120).map(line).collect::<Vec<_>>());
    // dates with their times
    let dates = [
        "2024-05-01 10:00:0#",
        "2024-05-01T10:00:0#Z",
        "01/May/2024:10:00:0# +0200",
        "2024-05-01 10:00:0#,123",
        "5/1/2024 9:0# PM",
    ];
    for date in dates {
        assert_eq!(
            of(&|i| format!("valid until {} or later", date.replace('#', &(i % 10).to_string()))),
            ["valid until <*> or later"]
        );
    }
    assert_eq!(of(&|i| format!("valid until {}", dates[i % 5].replace('#', "5"))), ["valid until <*>"]);
    // amounts in several units, remarks in brackets
    let unit = |i: usize| ["KB", "MB", "GB"][i % 3];
    assert_eq!(of(&|i| format!("moved {i}.5 {} to disk", unit(i))), ["moved <*> to disk"]);
    assert_eq!(of(&|i| format!("made x ({i}.5 {}) in {i} s", unit(i))), ["made x (<*>) in <*> s"]);
    // values of pairs that change together
    let pair = |i: usize| (["View Lock", "Job Queue"][i % 2], ["screen", "batch"][i % 2]);
    assert_eq!(
        of(&|i| format!("lock={i}, tag=\"{}\", name={}", pair(i).0, pair(i).1)),
        ["lock=<*>, tag=\"<*>\", name=<*>"]
    );
    let relay = |i: usize| ["mx.example.org[10.0.0.1]:25", "none"][i % 2];
    assert_eq!(of(&|i| format!("to={i}, relay={}, delay={i}", relay(i))), ["to=<*>, relay=<*>, delay=<*>"]);
    // what happened stays text
    let state = |i: usize| ["started", "stopped"][i % 2];
    assert_eq!(of(&|i| format!("id={i} state={} x", state(i))), ["id=<*> state=started x", "id=<*> state=stopped x"]);
    // a leading name; parts of a program are text
    let users = ["ann", "bob", "cy", "dan", "eve", "fay"];
    assert_eq!(of(&|i| format!("{} logged in from lab", users[i % 6])), ["<*> logged in from lab"]);
    let parts = ["com.acme.Index", "com.acme.Sync", "com.acme.Mail", "org.acme.Web", "org.acme.Disk", "org.acme.Job"];
    assert_eq!(of(&|i| format!("{}: finished run {i}", parts[i % 6])).len(), 6);
    assert_eq!(of(&|i| format!("[{i}] {}: finished run {i}", parts[i % 3])).len(), 3);
    assert_eq!(of(&|i| format!("{}[{i}]: finished run {i}", parts[i % 6])).len(), 6);
}

#[test]
fn values_of_few_words_are_told_from_what_happened() {
    let of = |lines: &dyn Fn(usize) -> String| mined(&(0..240).map(lines).collect::<Vec<_>>());
    let pick = |of: &[&'static str], i: usize| of[i % of.len()];
    // three kinds of a thing inside a sentence
    let often = ["Daily", "Weekly", "Monthly"];
    assert_eq!(
        of(&|i| format!("Started {} report of host {i}.", pick(&often, i))),
        ["Started <*> report of host <*>."]
    );
    // names with capitals, wherever they stand
    let locks = ["RowLock", "PageLock", "TableLock"];
    assert_eq!(of(&|i| format!("waits {i} ms for a {}", pick(&locks, i))), ["waits <*> ms for a <*>"]);
    // two quoted names, of any number of words, alone and in pairs
    let banks = ["First Bank", "Banco Azul"];
    assert_eq!(of(&|i| format!("refund {i} by \"{}\" agreed", pick(&banks, i))), ["refund <*> by \"<*>\" agreed"]);
    let names = ["Old Mail", "Web", "My Small Shop", "Bench"];
    assert_eq!(
        of(&|i| format!("machine '{}' got image \"{}\" at {i}", pick(&names, i), pick(&names, i / 7))),
        ["machine '<*>' got image \"<*>\" at <*>"]
    );
    // what all remarks begin with is text
    let aims = ["target Moon", "target Old Star", "target Dark Sky 2"];
    assert_eq!(of(&|i| format!("slews to {i} ({})", pick(&aims, i))), ["slews to <*> (target <*>)"]);
    // pairs in a list, whose values may have blanks
    let why = ["rename", "new driver", "feature change"];
    assert_eq!(of(&|i| format!("Reboot {i} queued, reason: {}", pick(&why, i))), ["Reboot <*> queued, reason: <*>"]);
    let info = ["Nightly Run", "Sync"];
    assert_eq!(
        of(&|i| format!("Timer[id={i}, name={}, info=null] fired", pick(&info, i))),
        ["Timer[id=<*>, name=<*>, info=<*>] fired"]
    );
    // names that users give, without quotes, and lists of words
    let disks = ["Backup", "My Old Files", "Photos 2", "Old Photos", "Work", "Tax Files"];
    assert_eq!(of(&|i| format!("fs: mounted {} on device d{i}", pick(&disks, i))), ["fs: mounted <*> on device <*>"]);
    let list = |i: usize| (0..=i % 4).map(|k| pick(&["ann", "bob", "cy", "di", "eve"], i / 4 + k)).collect::<Vec<_>>();
    assert_eq!(of(&|i| format!("view changed: members=[{}]", list(i).join(", "))), ["view changed: members=[<*>]"]);
    // what happened, requests, parts of the program and its states stay text
    for (end, lines) in [
        (3, ["order # of ann paid", "order # of ann sent", "order # of ann lost"]),
        (3, ["# \"GET /x/#\" took #", "# \"PUT /x/#\" took #", "# \"POST /x/#\" took #"]),
        (2, ["part \"alt0\" lost after #", "part \"if0\" lost after #", "part \"if0\" lost after #"]),
        (3, ["task # from NEW to ASSIGNED", "task # from ASSIGNED to RUNNING", "task # from RUNNING to FAILED"]),
        (2, ["\"disk full\" id=#", "\"disk lost\" id=#", "\"disk lost\" id=#"]),
    ] {
        assert_eq!(of(&|i| lines[i % 3].replace('#', &i.to_string())).len(), end, "{lines:?}");
    }
}

#[test]
fn what_may_be_missing_is_one_slot() {
    let of = |lines: &[&str]| {
        mined(&(0..240).map(|i| lines[i % lines.len()].replace('#', &(i * 7).to_string())).collect::<Vec<_>>())
    };
    for (lines, text) in [
        (["pulled image a/b in #s", "pulled image a/b in #s (#s waiting)"], "pulled image a/b in <*><*>"),
        (["open # failed, client: #", "open # failed, client: #, referrer: #"], "open <*> failed, client: <*><*>"),
        (["#: client=h[#]", "#: client=h[#], method=PLAIN, name=#"], "<*>: client=h[<*>]<*>"),
        (["tape # mounted", "tape # mounted, # MB free"], "tape <*> mounted<*>"),
        (["probe # back", "probe # back after # ms"], "probe <*> back<*>"),
        (["txn=# result=OK", "txn=# result=OK auth=#"], "txn=<*> result=OK<*>"),
        (["closing # (host #)", "closing # (host #, vhost: '/', user: #)"], "closing <*> (host <*><*>)"),
    ] {
        assert_eq!(of(&lines), [text], "{lines:?}");
    }
    // a program that writes keys without values leaves none out, and what has no value says something else
    assert_eq!(of(&["failure; ruser= rhost=#", "failure; ruser= rhost=# user=#"]).len(), 2);
    assert_eq!(of(&["failure at #", "failure at #, forced"]).len(), 2);
}

#[test]
fn arrows_and_versions_touch_values() {
    let of = |line: &str| mined(&(0..240).map(|i| line.replace('#', &i.to_string())).collect::<Vec<_>>());
    let units = ["KB", "MB", "GB"];
    let sizes = |i: usize| format!("heap {i}.5 {}->{i}.2 {} in {i}", units[i % 3], units[i / 3 % 3]);
    assert_eq!(mined(&(0..240).map(sizes).collect::<Vec<_>>()), ["heap <*>-><*> in <*>"]);
    assert_eq!(of("pull \"h#.example.org/cart:1.#\" done"), ["pull \"<*>\" done"]);
}
