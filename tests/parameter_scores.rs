//! Parameters of any kind: clean traces stay unmarked in fit and afterwards, faulty values are found.

use logfsm::automaton::{Automaton, PrefixTree};
use logfsm::conform::{FALSE_POSITIVE_RATE, Machine, threshold};
use logfsm::infer::{Control, infer};
use logfsm::trace::{Trace, TraceView};

/// The share of clean traces that a default fit may mark.
const ALLOWED: f64 = 0.002;
const TRAIN: u64 = 1000;
const LATER: u64 = 2000;

/// A number in [0, 1) that follows from two others.
fn random(seed: u64, i: u64) -> f64 {
    let mut x = (seed << 40).wrapping_add(i).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((x ^ (x >> 31)) >> 11) as f64 / (1u64 << 53) as f64
}

/// Which of `distinct` things the i-th trace is about.
fn thing(distribution: &str, distinct: u64, seed: u64, i: u64) -> u64 {
    let u = random(seed, i);
    match distribution {
        "uniform" => (u * distinct as f64) as u64,
        // P(rank < r) = ln(r + 1) / ln(distinct + 1).
        "zipf" => ((distinct as f64 + 1.0).powf(u) - 1.0) as u64,
        "steep" => ((1.0 - u).powf(-0.7) as u64 - 1).min(distinct - 1),
        // So many until the end of training, and on at the same pace.
        "growing" => i * distinct / TRAIN + (u * 3.0) as u64,
        _ => i,
    }
}

/// A thing as a value of this kind.
fn value(kind: &str, thing: u64) -> String {
    let letters = |mut n: u64| {
        let mut text = String::new();
        for _ in 0..5 {
            text.push(char::from(b'a' + (n % 26) as u8));
            n /= 26;
        }
        text
    };
    let scrambled = thing.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    match kind {
        "integer" => thing.to_string(),
        "identifier" => format!("\"req-{}\"", 1000 + thing),
        "hexadecimal" => format!("\"{scrambled:016x}\""),
        "name" => format!("\"{}\"", letters(scrambled >> 8)),
        "path" => format!("\"/srv/{}/{}.log\"", letters(thing / 7), thing % 7),
        "float" => format!("{}", thing as f64 * 0.37),
        "time" => format!(
            "\"2026-01-{:02}T{:02}:{:02}:{:02}Z\"",
            1 + thing / 86_400 % 28,
            thing / 3600 % 24,
            thing / 60 % 60,
            thing % 60
        ),
        _ => format!("\"10.{}.{}.{}\"", thing >> 16, thing >> 8 & 255, thing & 255),
    }
}

/// Opened, perhaps read, closed: `first` and `second` are parameters as JSON, the second one of a few states.
fn trace(i: u64, timed: bool, first: &str, second: &str) -> Trace {
    let parameters = [format!("[{first}, {}]", i % 5), format!("{{\"status\": {second}, \"of\": {first}}}")];
    let mut events = vec![("open", &parameters[0]), ("close", &parameters[1])];
    if i.is_multiple_of(3) {
        events.insert(1, ("read", &parameters[0]));
    }
    let rows = (0u64..).zip(events).map(|(at, (event, p))| {
        let at = (i * 3_000_000 + at) as i64;
        (timed.then_some(at), (!timed).then_some(at), event, None, Some(p.as_str()))
    });
    Trace::from_rows(rows.collect())
}

fn fit(traces: &[Trace]) -> (Machine, f64) {
    let mut tree = PrefixTree::new(usize::MAX);
    traces.iter().for_each(|t| tree.add(&TraceView::from_bytes(&t.to_bytes()).unwrap()).unwrap());
    let automaton = infer(&tree.to_automaton(), "auto", "{}", &Control::unlimited()).unwrap();
    let automaton = Automaton::from_bytes(&automaton.to_bytes()).unwrap();
    let limit = threshold(&automaton, FALSE_POSITIVE_RATE).unwrap();
    (Machine::new(automaton), limit)
}

fn status(i: u64) -> &'static str {
    ["\"ok\"", "\"ok\"", "\"ok\"", "\"failed\"", "\"retried\""][(random(9, i) * 5.0) as usize]
}

/// What is wrong with a default fit on clean traces about these things, if anything is.
fn judged(kind: &str, distribution: &str, distinct: u64, timed: bool) -> Option<String> {
    let of = |i| trace(i, timed, &value(kind, thing(distribution, distinct, 1, i)), status(i));
    let clean: Vec<Trace> = (0..TRAIN + LATER).map(of).collect();
    let (train, later) = clean.split_at(TRAIN as usize);
    let (machine, limit) = fit(train);
    let marked = |traces: &[Trace]| {
        traces.iter().filter(|t| machine.score_trace(t) > limit).count() as f64 / traces.len() as f64
    };
    let (in_fit, in_watch) = (marked(train), marked(later));
    let faults = [
        ("state", value(kind, 0), "\"lost\""),
        ("shape", "\"' OR 1=1 --\"".to_string(), "\"ok\""),
        ("status", value(kind, 1), "77"),
    ];
    let is_missed =
        |(_, first, second): &&(&str, String, &str)| machine.score_trace(&trace(1, timed, first, second)) <= limit;
    let missed: Vec<&str> = faults.iter().filter(is_missed).map(|fault| fault.0).collect();
    let wrong = in_fit > ALLOWED || in_watch > ALLOWED || !missed.is_empty();
    wrong.then(|| {
        format!("{kind} {distribution} {distinct} {timed}: {in_fit:.4} in fit, {in_watch:.4} later, missed {missed:?}")
    })
}

#[test]
fn clean_values_of_any_kind_stay_unmarked_and_faulty_ones_are_found() {
    let of_kind = |kind: &str| -> Vec<String> {
        let all = ["uniform", "zipf", "steep", "growing", "own"].into_iter().flat_map(|distribution| {
            // Each has a thing of its own there, however many there are.
            let most = if distribution == "own" { 1 } else { usize::MAX };
            [60, 150, 100_000].into_iter().take(most).map(move |distinct| (distribution, distinct))
        });
        all.flat_map(|(distribution, distinct)| {
            [true, false].into_iter().filter_map(move |timed| judged(kind, distribution, distinct, timed))
        })
        .collect()
    };
    let kinds = ["integer", "identifier", "hexadecimal", "name", "path", "float", "time", "address"];
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let running: Vec<_> = kinds.iter().map(|kind| scope.spawn(move || of_kind(kind))).collect();
        running.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert!(wrong.is_empty(), "{} of 208:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn numbers_far_out_of_range_are_found() {
    for (name, of) in [
        ("uniform", (|u| 10.0 + u * 490.0) as fn(f64) -> f64),
        ("log-normal", |u| (u * 12.0 - 6.0 + (u - 0.5).powi(3) * 8.0).exp() * 100.0),
        ("constant", |_| 250.0),
        ("around zero", |u| u * 40.0 - 20.0),
    ] {
        let given = |i: u64| trace(i, true, &format!("{:.2}", of(random(3, i))), status(i));
        let clean: Vec<Trace> = (0..TRAIN + LATER).map(given).collect();
        let (machine, limit) = fit(&clean[..TRAIN as usize]);
        let marked = clean.iter().filter(|t| machine.score_trace(t) > limit).count();
        assert!(marked as f64 <= ALLOWED * clean.len() as f64, "{name}: {marked}");
        let largest = (0..TRAIN).map(|i| of(random(3, i)).abs()).fold(0.0, f64::max);
        let score = machine.score_trace(&trace(1, true, &format!("{}", largest * 1e4), "\"ok\""));
        assert!(score > limit, "{name}: {score} {limit}");
    }
    let given =
        |i: u64| trace(i, true, &format!("{}", 100_000 + (random(3, i) * 50_000.0) as u64 / 500 * 500), "\"ok\"");
    let (machine, limit) = fit(&(0..TRAIN).map(given).collect::<Vec<_>>());
    assert!(machine.score_trace(&trace(1, true, "3", "\"ok\"")) > limit);
}
