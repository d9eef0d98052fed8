//! Tests of all formats: what must hold of any picture of any machine.

use super::*;
use crate::automaton::{Automaton, Histogram, Kind, Learned, PrefixTree, Provenance, Sample, Totals, Transition};
use crate::trace::{Label, Trace, TraceView};
use proptest::prelude::*;
use quick_xml::{Reader, events::Event};
use std::collections::{BTreeMap, BTreeSet};

type Step<'a> = (u32, &'a str, u32, u64);

/// A machine from (source, event, target, count); counts need not balance.
fn machine(states: usize, steps: &[Step<'_>]) -> Automaton {
    let labels: BTreeSet<Label> = steps.iter().map(|step| Label::event(step.1)).collect();
    let labels: Vec<Label> = labels.into_iter().collect();
    let unique: BTreeMap<(u32, usize, u32), u64> =
        steps.iter().map(|s| ((s.0, labels.iter().position(|l| *l.event == *s.1).unwrap(), s.2), s.3)).collect();
    let mut delays = Histogram::default();
    delays.add(3100);
    let transition = |((source, label, target), count): ((u32, usize, u32), u64)| Transition {
        source,
        label: label as u32,
        target,
        count,
        delays: delays.clone(),
        parameters: Sample::default(),
    };
    let provenance = Provenance { method: "k_tails".into(), options: BTreeMap::new(), notes: Vec::new() };
    let mut stops = vec![0; states];
    stops[states - 1] = 7;
    Automaton {
        kind: Kind::Inferred(provenance),
        labels,
        stops,
        transitions: unique.into_iter().map(transition).collect(),
        totals: Totals { traces: 1204, ..Totals::default() },
        durations: Histogram::default(),
        starts: Sample::default(),
        pair_times: Vec::new(),
        learned: Learned::default(),
        values: None,
    }
}

fn session() -> Automaton {
    machine(
        6,
        &[
            (0, "connection received", 1, 1204),
            (1, "authenticated", 2, 1195),
            (1, "no pg_hba.conf entry for host <*>", 5, 9),
            (2, "authorized", 3, 1195),
            (3, "duration: <*> ms", 3, 30_000),
            (3, "ERROR: deadlock detected", 4, 31),
            (3, "ERROR: statement timeout", 4, 2),
            (4, "ROLLBACK", 3, 33),
            (3, "disconnection", 5, 1195),
        ],
    )
}

/// Each element's name and attribute text, and all text; fails where the document is not well-formed.
fn parse(xml: &str) -> (Vec<String>, String) {
    let mut reader = Reader::from_str(xml);
    reader.config_mut().check_end_names = true;
    let (mut tags, mut text, mut depth) = (Vec::new(), String::new(), 0i32);
    loop {
        match reader.read_event().unwrap() {
            Event::Start(tag) => {
                tag.attributes().for_each(|attribute| drop(attribute.unwrap()));
                tags.push(tag.to_string());
                depth += 1;
            }
            Event::Empty(tag) => tag.attributes().for_each(|attribute| drop(attribute.unwrap())),
            Event::End(_) => depth -= 1,
            Event::Text(part) => text.push_str(&part),
            Event::GeneralRef(part) => {
                text.push_str(match part.as_ref() {
                    "lt" => "<",
                    "gt" => ">",
                    "amp" => "&",
                    "quot" => "\"",
                    "#39" => "'",
                    other => panic!("unknown entity {other:?}"),
                });
            }
            Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!(depth, 0);
    let allowed = |c: char| c >= ' ' && c != '\u{fffe}' && c != '\u{ffff}' || "\n\t".contains(c);
    assert!(xml.chars().all(allowed));
    (tags, text)
}

/// Quotes pair up, and outside of them stands nothing but what we write ourselves.
fn check_dot(dot: &str) {
    let (mut quoted, mut escaped) = (false, false);
    for c in dot.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            c if !quoted => assert!(c.is_ascii_alphanumeric() || " _\n{}[]=,;->.".contains(c), "{c:?} in {dot}"),
            c => assert!(c >= ' ', "{c:?} in {dot}"),
        }
    }
    assert!(!quoted && !escaped);
}

/// Two quotes or none in a line, and between them only plain text, entities and line breaks.
fn check_mermaid(mermaid: &str) {
    for line in mermaid.lines() {
        let parts: Vec<&str> = line.split('"').collect();
        assert!(parts.len() == 1 || parts.len() == 3, "{line}");
        if let Some(text) = parts.get(1) {
            let text = text.replace("<br/>", "");
            assert!(!text.contains(['<', '>', '&', '%', '{', '`', ':', '\\']), "{line}");
            for part in text.split('#').skip(1) {
                assert!(part.split_once(';').is_some_and(|(code, _)| code.parse::<u32>().is_ok()), "{line}");
            }
        }
    }
}

fn check_all(a: &Automaton, options: &RenderOptions) {
    let (svg, html) = (a.to_svg(options).unwrap(), a.to_html(options).unwrap());
    assert_eq!(svg, a.to_svg(options).unwrap());
    assert!(html.contains(&svg));
    let (tags, text) = parse(&svg);
    parse(html.trim_start_matches("<!DOCTYPE html>"));
    let (dot, mermaid) = (a.to_dot(options), a.to_mermaid(options));
    check_dot(&dot);
    check_mermaid(&mermaid);
    let picture = picture::Picture::of(a, options);
    assert!(picture.shown.iter().filter(|shown| **shown).count() <= options.max_transitions);
    let has = |class: &str, data: &str| tags.iter().any(|tag| tag.contains(class) && tag.ends_with(data));
    for node in &picture.nodes {
        assert!(has("\"state\"", &format!("data-state=\"{}\"", node.state)));
        assert!(dot.contains(&format!("  s{} [", node.state)));
        assert!(mermaid.contains(&format!("  s{}[", node.state)) || mermaid.contains(&format!("  s{}(", node.state)));
    }
    for edge in &picture.edges {
        let (source, target) = (picture.nodes[edge.source].state, picture.nodes[edge.target].state);
        for class in ["\"edge\"", "\"label\""] {
            assert!(has(class, &format!("data-source=\"{source}\" data-target=\"{target}\"")));
        }
        assert!(dot.contains(&format!("  s{source} -> s{target} [")));
        assert!(mermaid.contains(&format!("  s{source} -->|")) && mermaid.contains(&format!("| s{target}\n")));
        assert!(text.contains(&edge.tip));
    }
    // What is shown hangs together.
    let mut reached = BTreeSet::from([0]);
    for _ in &picture.edges {
        let next: Vec<usize> = picture.edges.iter().filter(|e| reached.contains(&e.source)).map(|e| e.target).collect();
        reached.extend(next);
    }
    assert_eq!(reached.len(), picture.nodes.len());
}

#[test]
fn a_small_machine_is_shown_whole() {
    let a = session();
    for direction in [Direction::TopToBottom, Direction::LeftToRight] {
        for merge_parallel in [false, true] {
            check_all(&a, &RenderOptions { direction, merge_parallel, ..RenderOptions::default() });
        }
    }
    let svg = parse(&a.to_svg(&RenderOptions::default()).unwrap()).1;
    for text in ["k_tails · 6 states · 9 transitions · 1,204 traces", "ends p=1", "p=.96 n=30,000 · 3.1 ms"] {
        assert!(svg.contains(text), "{text} is missing in {svg}");
    }
    assert!(!svg.contains("not shown"));
    let (merged, apart) = (true, false);
    let edges = |merge_parallel| {
        picture::Picture::of(&a, &RenderOptions { merge_parallel, ..RenderOptions::default() }).edges.len()
    };
    assert_eq!((edges(merged), edges(apart)), (8, 9));
}

#[test]
fn rare_transitions_are_hidden_and_counted() {
    let a = session();
    let rare = RenderOptions { min_count: 100, ..RenderOptions::default() };
    check_all(&a, &rare);
    assert!(a.to_svg(&rare).unwrap().contains("4 rare transitions not shown"));
    assert!(a.to_dot(&rare).contains("5 of 6 states") && !a.to_dot(&rare).contains("deadlock"));
    let html = a.to_html(&rare).unwrap();
    assert!(html.contains("<tr class=\"rare\"") && html.contains("deadlock"));
    let unlikely = RenderOptions { min_probability: 0.01, ..RenderOptions::default() };
    assert!(!a.to_mermaid(&unlikely).contains("deadlock") && a.to_mermaid(&unlikely).contains("disconnection"));
    for min_probability in [f64::NAN, -0.1, 1.1] {
        let wrong = RenderOptions { min_probability, ..RenderOptions::default() };
        assert!(a.to_svg(&wrong).is_err() && a.to_html(&wrong).is_err());
        check_dot(&a.to_dot(&wrong));
    }
}

#[test]
fn a_frequent_transition_behind_a_rare_one_waits_for_it() {
    let a = machine(4, &[(0, "a", 1, 1), (0, "b", 2, 5), (1, "loop", 1, 1000), (2, "c", 3, 4)]);
    for (max_transitions, events) in
        [(0, vec![]), (1, vec!["b"]), (2, vec!["b", "c"]), (4, vec!["a", "b", "c", "loop"])]
    {
        let options = RenderOptions { max_transitions, ..RenderOptions::default() };
        check_all(&a, &options);
        let shown = picture::Picture::of(&a, &options).shown;
        let shown: Vec<&str> =
            a.transitions.iter().zip(shown).filter(|s| s.1).map(|s| &*a.labels[s.0.label as usize].event).collect();
        assert_eq!(BTreeSet::from_iter(shown), BTreeSet::from_iter(events));
    }
}

#[test]
fn many_labels_at_one_edge_are_counted() {
    let events: Vec<String> = (0..60).map(|i| format!("event {i}")).collect();
    let steps: Vec<Step<'_>> = events.iter().map(|event| (0, event.as_str(), 1, 5)).collect();
    let a = machine(2, &steps);
    check_all(&a, &RenderOptions::default());
    assert!(a.to_svg(&RenderOptions::default()).unwrap().contains("+ 56 more"));
}

#[test]
fn large_and_deep_machines_are_drawn_in_time() {
    let began = std::time::Instant::now();
    // Diamonds have exponentially many paths; a chain with jumps back to the start has many long edges.
    let mut diamonds = Vec::new();
    for i in (0..200).step_by(2) {
        diamonds.extend([(i, "x", i + 2, 3), (i, "x", i + 3, 3), (i + 1, "x", i + 2, 3), (i + 1, "x", i + 3, 3)]);
    }
    let back = (0..3000).flat_map(|i| [(i, "go", i + 1, 9), (i + 1, "back", 0, 9), (i, "skip", (i * 7) % 3000, 2)]);
    let dense = (0..80).flat_map(|i| (0..80).map(move |j| (i, "edge", j, 1 + u64::from((i * 31 + j * 17) % 97))));
    let wide = (1..5000).map(|i| (0, "spread", i, u64::from(i)));
    let all = RenderOptions { max_transitions: usize::MAX, ..RenderOptions::default() };
    for (states, steps) in
        [(203, diamonds), (3001, back.collect()), (80, dense.collect::<Vec<_>>()), (5000, wide.collect())]
    {
        let a = machine(states, &steps);
        for options in [&all, &RenderOptions::default()] {
            parse(&a.to_svg(options).unwrap());
            check_mermaid(&a.to_mermaid(options));
        }
    }
    assert!(began.elapsed().as_secs() < 20, "{:?}", began.elapsed());
}

#[test]
fn an_empty_machine_is_its_start() {
    let a = PrefixTree::new(usize::MAX).to_automaton();
    check_all(&a, &RenderOptions::default());
    assert!(a.to_dot(&RenderOptions::default()).contains("prefix_tree · 1 state · 0 transitions · 0 traces"));
}

/// What lies on top of what it should not: (rooms on rooms, lines on rooms, lines off their states).
fn faults(boxes: &[(f64, f64)], links: &[place::Link], placed: &place::Placed) -> (usize, usize, usize) {
    let rooms: Vec<_> = (placed.states.iter().copied().zip(boxes.iter().copied()))
        .chain(placed.labels.iter().copied().zip(links.iter().map(|link| link.label)))
        .collect();
    // Coordinates are exact to rounding.
    let apart = |a: f64, b: f64, room: f64| (a - b).abs() >= room / 2.0 - 1e-6;
    let mut faults = (0, 0, 0);
    for (i, ((x, y), (w, h))) in rooms.iter().enumerate() {
        let on = |((u, v), (p, q)): &&((f64, f64), (f64, f64))| !apart(*x, *u, w + p) && !apart(*y, *v, h + q);
        faults.0 += rooms[..i].iter().filter(on).count();
        for (k, line) in placed.lines.iter().enumerate() {
            if i == links[k].source || i == links[k].target || i == boxes.len() + k {
                continue;
            }
            let crossing = |pair: &[(f64, f64)]| {
                let ((a, b), (c, d)) = (pair[0], pair[1]);
                !apart(*x, (a + c) / 2.0, w + (a - c).abs()) && !apart(*y, (b + d) / 2.0, h + (b - d).abs())
            };
            faults.1 += usize::from(line.windows(2).any(crossing));
        }
    }
    for (link, line) in links.iter().zip(&placed.lines) {
        for (state, point) in [(link.source, line[0]), (link.target, line[line.len() - 1])] {
            let ((x, y), (w, h)) = (placed.states[state], boxes[state]);
            let (dx, dy) = ((point.0 - x).abs() - w / 2.0, (point.1 - y).abs() - h / 2.0);
            faults.2 += usize::from(dx.max(dy).abs() > 0.5);
        }
    }
    faults
}

fn label() -> impl Strategy<Value = String> {
    let hostile = prop::sample::select(vec![
        "",
        " ",
        "\"",
        "\\",
        "\\\"",
        "\\N",
        "<script>alert(1)</script>",
        "]]>",
        "-->",
        "&amp;",
        "&",
        "#quot;",
        "%%{init}%%",
        "1. one",
        "- a",
        "style x: #f00;",
        "a\nb",
        "\u{0}\u{1b}[31m",
        "\u{202e}abc",
        "日本語のログ",
        "مرحبا",
        "👩‍👩‍👧",
        "e\u{301}",
        "`x`",
        "end",
        "\u{fffe}\u{ffff}",
        "'",
        "</title>",
        "{{x}}",
        "|",
        "][",
        "))",
        "\t",
        "\u{85}\u{2028}",
    ]);
    prop_oneof![
        hostile.prop_map(String::from),
        any::<String>(),
        ".{0,60}",
        (0..3000usize).prop_map(|n| "long/wörd ".repeat(n / 10 + 1)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_labels_and_any_machine_give_valid_pictures(
        labels in prop::collection::vec(label(), 1..8),
        steps in prop::collection::vec((0..12u32, any::<prop::sample::Index>(), 0..12u32, 1..5000u64), 0..50),
        max_transitions in 0..50usize,
        max_label in 0..80usize,
        merge_parallel: bool,
        right: bool,
    ) {
        let steps: Vec<Step<'_>> = steps.iter().map(|(s, l, t, n)| (*s, l.get(&labels).as_str(), *t, *n)).collect();
        let direction = if right { Direction::LeftToRight } else { Direction::TopToBottom };
        let options = RenderOptions { max_transitions, max_label, merge_parallel, direction, ..RenderOptions::default() };
        check_all(&machine(12, &steps), &options);
    }

    #[test]
    fn no_box_lies_on_another_and_every_line_ends_at_its_states(
        boxes in prop::collection::vec((30.0..200.0f64, 30.0..90.0f64), 2..16),
        parents in prop::collection::vec(any::<prop::sample::Index>(), 15),
        more in prop::collection::btree_set((0..16usize, 0..16usize), 0..40),
        labels in prop::collection::vec((20.0..220.0f64, 20.0..140.0f64, 0..100u64), 55),
        right: bool,
    ) {
        let tree = (1..boxes.len()).map(|state| (parents[state - 1].index(state), state));
        let more = more.into_iter().filter(|more| more.0.max(more.1) < boxes.len());
        let ends: BTreeSet<(usize, usize)> = tree.chain(more).collect();
        let link = |((source, target), (w, h, weight)): ((usize, usize), &(f64, f64, u64))| {
            place::Link { source, target, label: (*w, *h), weight: *weight }
        };
        let links: Vec<place::Link> = ends.into_iter().zip(&labels).map(link).collect();
        let direction = if right { Direction::LeftToRight } else { Direction::TopToBottom };
        let placed = place::Placed::of(&boxes, &links, direction).unwrap();
        // In dense machines graphlay leads a line over a box once in many thousand pictures: that is not asserted here.
        let (boxes_on_boxes, _, loose_ends) = faults(&boxes, &links, &placed);
        prop_assert_eq!((boxes_on_boxes, loose_ends), (0, 0));
    }

    #[test]
    fn any_trace_gives_valid_pictures(traces in prop::collection::vec(prop::collection::vec(label(), 0..6), 0..6)) {
        let mut tree = PrefixTree::new(usize::MAX);
        for trace in &traces {
            // Traces refuse NUL characters.
            let events: Vec<String> = trace.iter().map(|event| event.replace('\0', "")).collect();
            let bytes = Trace::of(events.iter().map(String::as_str)).to_bytes();
            tree.add(&TraceView::from_bytes(&bytes).unwrap()).unwrap();
        }
        check_all(&tree.to_automaton(), &RenderOptions::default());
    }
}
