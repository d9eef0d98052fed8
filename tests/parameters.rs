//! Generated parameters: kinds, identifiers, dependence, privacy.

use logfsm::automaton::PrefixTree;
use logfsm::conform::Machine;
use logfsm::infer::{Control, infer};
use logfsm::synth::checks::{EventParameters, ParameterChecker, Verdicts};
use logfsm::synth::{Generator, Plan, Playout, over};
use logfsm::trace::{Trace, TraceView};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

type Row<'a> = (Option<i64>, Option<i64>, &'a str, Option<&'a str>, Option<&'a str>);

fn row<'a>(at: i64, event: &'a str, parameters: Option<&'a str>) -> Row<'a> {
    (Some(at), None, event, None, parameters)
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

/// (event, parameters) of synthetic traces.
fn drawn(playout: &Playout, n: u64) -> Vec<Vec<(String, Value)>> {
    let generator = Generator::new(playout, 1, "{}", &Control::unlimited()).unwrap();
    let value = |p: &Option<Box<str>>| p.as_deref().map_or(Value::Null, |p| serde_json::from_str(p).unwrap());
    (1..=n)
        .map(|i| {
            let trace = generator.trace(i).unwrap().trace;
            let names: Vec<String> = trace.variant.iter().map(|l| l.event.to_string()).collect();
            names.into_iter().zip(trace.parameters.iter().map(value)).collect()
        })
        .collect()
}

/// Uploads: a block, its size, which server and how it went.
fn uploads() -> Vec<Trace> {
    (0..300u64)
        .map(|i| {
            let id = (i + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let (host, size, port) =
                (i * i % 7, if i % 3 == 0 { 67_108_864 } else { 1_000 + i * 37 }, 40_000 + i * 13 % 9_000);
            let (mode, reply) = if i % 4 == 0 { ("fast", 200) } else { ("slow", 503) };
            let open = format!(r#"["blk_{id}", "10.250.{host}.1{host}:50010", "10.250.{host}.1{host}:{port}"]"#);
            let send = format!(r#"["blk_{id}", {size}, "{mode}", "v2"]"#);
            let done = format!(r#"{{"block": "blk_{id}", "size": {size}, "reply": {reply}}}"#);
            let at = i as i64 * 1_000_000;
            Trace::from_rows(vec![
                row(at, "open", Some(open.as_str())),
                row(at + 5, "send", Some(send.as_str())),
                row(at + 9, "tick", None),
                row(at + 20, "done", Some(done.as_str())),
            ])
        })
        .collect()
}

#[test]
fn parameters_keep_kinds_bonds_and_dependence_and_show_no_real_identifier() {
    let real = uploads();
    let playout = learned(&real);
    let texts = |traces: &[Trace]| -> BTreeSet<String> {
        let all = traces.iter().flat_map(|t| t.parameters.iter().flatten());
        let values = all.flat_map(|p| match serde_json::from_str(p).unwrap() {
            Value::Array(values) => values,
            Value::Object(values) => values.into_iter().map(|v| v.1).collect(),
            _ => vec![],
        });
        values
            .filter_map(|v| v.as_str().filter(|s| s.contains("blk_") || s.contains("10.250")).map(String::from))
            .collect()
    };
    let names = texts(&real);
    let traces = drawn(&playout, 500);
    let (mut blocks, mut hosts, mut same, mut known) = (BTreeSet::new(), BTreeMap::new(), 0, 0);
    for trace in &traces {
        let of = |event: &str| trace.iter().find(|e| e.0 == event).map(|e| &e.1).unwrap();
        let block = of("open")[0].as_str().unwrap();
        assert!(block.starts_with("blk_") && block[4..].bytes().all(|b| b.is_ascii_digit()), "{block}");
        assert_eq!((block, block), (of("send")[0].as_str().unwrap(), of("done")["block"].as_str().unwrap()));
        assert!(blocks.insert(block.to_string()), "{block}");
        for value in [&of("open")[0], &of("open")[1], &of("open")[2]] {
            assert!(!names.contains(value.as_str().unwrap()), "{value}");
        }
        assert!(of("open")[1].as_str().unwrap().ends_with(":50010"));
        *hosts.entry(of("open")[1].as_str().unwrap().to_string()).or_insert(0) += 1;
        assert_eq!(of("send")[3], "v2");
        assert_eq!(*of("tick"), Value::Null);
        let (size, again) = (of("send")[1].as_u64().unwrap(), of("done")["size"].as_u64().unwrap());
        same += usize::from(size == again);
        known += usize::from(size == 67_108_864);
        assert!((1_000..=67_108_864).contains(&size));
        let reply = of("done")["reply"].as_u64().unwrap();
        assert_eq!(reply, if of("send")[2] == "fast" { 200 } else { 503 });
    }
    assert!(same > 490 && (130..200).contains(&known), "{same} {known}");
    // Seven servers shared by all traces.
    assert!(hosts.len() <= 8, "{hosts:?}");
}

#[test]
fn rare_words_are_never_repeated() {
    let traces: Vec<Trace> = (0..400)
        .map(|i| {
            let name = if i % 40 == 0 {
                format!("Secretname{}", char::from(b'a' + (i / 40) as u8))
            } else {
                "anonymous".into()
            };
            let parameters = format!(r#"{{"user": "{name}"}}"#);
            Trace::from_rows(vec![row(i, "login", Some(&parameters))])
        })
        .collect();
    let traces = drawn(&learned(&traces), 400);
    let users: Vec<&str> = traces.iter().map(|t| t[0].1["user"].as_str().unwrap()).collect();
    assert!(users.iter().filter(|u| **u == "anonymous").count() > 380);
    assert!(users.iter().all(|u| !u.starts_with("Secretname")) && users.iter().any(|u| *u != "anonymous"), "{users:?}");
}

#[test]
fn the_order_of_traces_does_not_matter() {
    let mut traces = uploads();
    let one = learned(&traces);
    traces.reverse();
    assert_eq!(learned(&traces).fingerprint, one.fingerprint);
}

/// Transfers: an amount, and in some a receipt of just that amount.
#[test]
fn a_copied_number_is_in_the_domain_of_the_slot_that_copies_it() {
    let traces: Vec<Trace> = (0..400u64)
        .map(|i| {
            let amount = format!("[{}]", (i.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as i64 - (1 << 23));
            let at = i as i64 * 1_000_000;
            let mut rows = vec![row(at, "transfer", Some(amount.as_str()))];
            // Few receipts: they have a narrower range, and gaps in it.
            if i % 8 == 0 {
                rows.push(row(at + 5, "receipt", Some(amount.as_str())));
            }
            Trace::from_rows(rows)
        })
        .collect();
    let playout = learned(&traces);
    let generator = Generator::new(&playout, 1, "{}", &Control::unlimited()).unwrap();
    let mut checker = ParameterChecker::new(&playout.plan.parameters, &playout.machine.automaton, true);
    let (mut receipts, mut same) = (0, 0);
    for i in 1..=2_000 {
        let made = generator.trace(i).unwrap();
        let value = |p: &Option<Box<str>>| serde_json::from_str::<Value>(p.as_deref().unwrap()).unwrap()[0].to_string();
        let values: Vec<String> = made.trace.parameters.iter().map(value).collect();
        receipts += values.len() - 1;
        same += usize::from(values.len() == 2 && values[0] == values[1]);
        let event = |(&taken, value): (&u32, &String)| EventParameters {
            template: playout.machine.automaton.transitions[taken as usize].label,
            transition: Some(taken as i32),
            values: vec![("1".into(), Some(value.clone().into()))],
        };
        checker.trace(i as i64, &made.path.iter().zip(&values).map(event).collect::<Vec<_>>());
    }
    assert!(receipts > 150 && same * 10 > receipts * 9, "{same} of {receipts}");
    let broken: Vec<String> = checker
        .finish()
        .with(Verdicts::default())
        .into_iter()
        .filter(|v| v.violated > 0)
        .map(|v| format!("{v:?}"))
        .collect();
    assert!(broken.is_empty(), "{broken:?}");
}

#[test]
fn a_copied_value_is_one_that_real_traces_have_where_it_is_copied_to() {
    // Only requests from 200 on fail, and the failure names the request.
    let traces: Vec<Trace> = (0..400)
        .map(|i| {
            let request = format!(r#"{{"request": {}}}"#, 100 + i % 200);
            let mut rows = vec![row(i, "request", Some(request.as_str()))];
            if i % 200 >= 100 {
                rows.push(row(i + 1, "failed", Some(request.as_str())));
            }
            Trace::from_rows(rows)
        })
        .collect();
    let traces = drawn(&learned(&traces), 1000);
    let mut failed = 0;
    for trace in traces.iter().filter(|t| t.len() == 2) {
        let (asked, named) = (trace[0].1["request"].as_i64().unwrap(), trace[1].1["request"].as_i64().unwrap());
        assert_eq!(asked, named);
        assert!((200..300).contains(&named), "{named}");
        failed += 1;
    }
    assert!((450..550).contains(&failed), "{failed}");
}

#[test]
fn where_no_identifier_is_introduced_one_of_the_trace_is_used() {
    // One to four files are opened, and one of them, mostly the last, is read.
    let traces: Vec<Trace> = (0..300u64)
        .map(|i| {
            let file = |j: u64| format!(r#"["file-{}"]"#, 5_000_000_000 + (i * 4 + j) * 7_919);
            let opened: Vec<String> = (0..1 + i % 4).map(file).collect();
            let mut rows: Vec<Row<'_>> = opened.iter().map(|file| row(i as i64, "open", Some(file.as_str()))).collect();
            let read = &opened[if i % 5 == 0 { 0 } else { opened.len() - 1 }];
            rows.push(row(i as i64 + 1, "read", Some(read.as_str())));
            Trace::from_rows(rows)
        })
        .collect();
    for trace in drawn(&learned(&traces), 500) {
        let files: Vec<&str> = trace.iter().map(|event| event.1[0].as_str().unwrap()).collect();
        let (read, opened) = files.split_last().unwrap();
        assert!(read.starts_with("file-") && opened.contains(read), "{files:?}");
    }
}

#[test]
fn what_one_trace_has_many_times_is_not_repeated() {
    // A patient's name and mailbox are in every row of the patient's visits, and in few visits only.
    let word = |seed: u64, n: usize| -> String {
        let mut x = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5bd1_e995;
        (0..n)
            .map(|_| {
                x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                char::from(b'a' + ((x >> 40) % 26) as u8)
            })
            .collect()
    };
    let person =
        |i: u64| (format!("{} {}", word(i, 6), word(i + 9_999, 7)), format!("{}@example.org", word(i + 77, 8)));
    let traces: Vec<Trace> = (0..200u64)
        .map(|i| {
            // Four traces have each person, ten rows each.
            let (name, mail) = person(i / 4);
            let diagnosis = ["flu", "cold", "burn"][i as usize % 3];
            let alias = |n: u64| format!("{}+{n}@example.org", word(i / 4 + 500, 9));
            let rows: Vec<String> = (0..10)
                .map(|n| {
                    let path = format!("/home/{}/visit{n}.txt", word(i / 4 + 900, 6));
                    format!(r#"{{"name": "{name}", "mail": "{mail}", "alias": "{}", "path": "{path}", "diagnosis": "{diagnosis}"}}"#, alias(n))
                })
                .collect();
            Trace::from_rows(rows.iter().zip(0..).map(|(r, at)| row(i as i64 * 1000 + at, "visit", Some(r.as_str()))).collect())
        })
        .collect();
    let parts = |text: &str| -> BTreeSet<String> {
        text.split(|c: char| !c.is_alphanumeric()).filter(|p| p.len() > 4).map(String::from).collect()
    };
    let known: BTreeSet<String> = (0..50)
        .flat_map(|i| [word(i, 6), word(i + 9_999, 7), word(i + 77, 8), word(i + 500, 9), word(i + 900, 6)])
        .collect();
    let mut diagnoses = BTreeSet::new();
    for trace in drawn(&learned(&traces), 200) {
        for (_, values) in &trace {
            for slot in ["name", "mail", "alias", "path"] {
                let text = values[slot].as_str().unwrap();
                let leaked: Vec<String> = parts(text).intersection(&known).cloned().collect();
                assert!(leaked.is_empty(), "{slot}: {text}");
            }
            assert!(values["mail"].as_str().unwrap().ends_with("@example.org"));
            assert!(values["path"].as_str().unwrap().starts_with("/home/"));
            diagnoses.insert(values["diagnosis"].as_str().unwrap().to_string());
        }
        // One person per trace, as in real ones.
        let names: BTreeSet<&str> = trace.iter().map(|(_, values)| values["name"].as_str().unwrap()).collect();
        assert_eq!(names.len(), 1, "{names:?}");
    }
    assert_eq!(diagnoses.into_iter().collect::<Vec<_>>(), ["burn", "cold", "flu"]);
}

#[test]
fn frequent_values_are_repeated_beside_fresh_ones() {
    // A route that most traces have, and one of their own; products that many traces buy.
    let traces: Vec<Trace> = (0..400u64)
        .map(|i| {
            let route =
                if i % 4 == 0 { format!("/api/v1/orders/{}", 10_000 + i * 37) } else { "/api/v1/health2".into() };
            let json = format!(r#"{{"route": "{route}", "product": "PROD{}"}}"#, 400 + i * i % 60);
            Trace::from_rows(vec![row(i as i64, "call", Some(json.as_str()))])
        })
        .collect();
    let known: BTreeSet<String> = (0..400u64).map(|i| format!("PROD{}", 400 + i * i % 60)).collect();
    let traces = drawn(&learned(&traces), 400);
    let route = |t: &Vec<(String, Value)>| t[0].1["route"].as_str().unwrap().to_string();
    let usual = traces.iter().filter(|t| route(t) == "/api/v1/health2").count();
    assert!((270..330).contains(&usual), "{usual}");
    assert!(traces.iter().all(|t| route(t) == "/api/v1/health2" || route(t).starts_with("/api/v1/orders/")));
    let products = traces.iter().filter(|t| known.contains(t[0].1["product"].as_str().unwrap())).count();
    assert!(products > 380, "{products}");
}
