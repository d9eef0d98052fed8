//! Logs unlike the usual benchmarks: few long traces, one alone, many event types, variants with a heavy tail.
#![allow(dead_code)]

use logfsm::automaton::{Automaton, PrefixTree};
use logfsm::trace::{TraceBuilder, TraceView};

/// A small, portable stream of numbers (splitmix64).
pub struct Numbers(pub u64);

impl Numbers {
    /// The next number below `bound`.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % bound
    }

    /// A number from 1 on; each next one is about `ratio` percent as likely as the one before.
    fn geometric(&mut self, ratio: u64) -> usize {
        let mut n = 1;
        while self.below(100) < ratio {
            n += 1;
        }
        n
    }
}

/// A trace: components and event types.
pub type Trace = Vec<(String, String)>;

/// The prefix tree of some traces; without `components`, their components are left out.
pub fn tree(traces: &[Trace], components: bool) -> Automaton {
    let mut tree = PrefixTree::new(usize::MAX);
    for trace in traces {
        let mut builder = TraceBuilder::default();
        for (component, event) in trace {
            builder.push(components.then_some(component), event, None, None, None);
        }
        tree.add(&TraceView::from_bytes(&builder.finish().to_bytes()).expect("a trace just written"))
            .expect("no limit");
    }
    tree.to_automaton()
}

fn plain(events: impl IntoIterator<Item = String>) -> Trace {
    events.into_iter().map(|event| (String::new(), event)).collect()
}

/// Whole messages taken for event types: about a third of all rows has a text of its own.
pub fn messages(rows: usize, length: usize) -> Vec<Trace> {
    let mut numbers = Numbers(1);
    let mut row = || match numbers.below(3) {
        0 => format!("request {} from 10.0.{}.{}", numbers.below(1 << 40), numbers.below(256), numbers.below(256)),
        1 => format!("connected to node {}", numbers.below(200)),
        _ => ["accepted", "closed", "time out", "retry"][numbers.below(4) as usize].into(),
    };
    (0..rows / length).map(|_| plain((0..length).map(|_| row()))).collect()
}

/// Traces of one event each, no two alike.
pub fn one_event_each(traces: usize) -> Vec<Trace> {
    (0..traces).map(|i| plain([format!("event {i}")])).collect()
}

/// Traces of a walk that goes on by small steps over many event types.
pub fn many_types(traces: usize, length: usize, types: u64) -> Vec<Trace> {
    let mut numbers = Numbers(2);
    let mut trace = || {
        let mut at = numbers.below(types);
        plain((0..length).map(|_| {
            at = (at + 1 + numbers.below(5) * numbers.below(5)) % types;
            format!("event {at}")
        }))
    };
    (0..traces).map(|_| trace()).collect()
}

/// Traces between a log-in and a log-out, of pages of which there are very many.
pub fn pages(traces: usize, length: usize, pages: u64) -> Vec<Trace> {
    let mut numbers = Numbers(3);
    let mut page = || format!("GET /p/{}", numbers.below(pages));
    let whole = |middle: Vec<String>| plain(["login".into()].into_iter().chain(middle).chain(["logout".into()]));
    (0..traces).map(|_| whole((0..length).map(|_| page()).collect())).collect()
}

/// One trace that goes round.
pub fn one_round(events: usize) -> Vec<Trace> {
    vec![plain((0..events).map(|i| ["poll", "recv", "ack"][i % 3].into()))]
}

/// Few long traces of events without any order.
pub fn random(traces: usize, length: usize, types: u64) -> Vec<Trace> {
    let mut numbers = Numbers(4);
    (0..traces).map(|_| plain((0..length).map(|_| format!("event {}", numbers.below(types))))).collect()
}

/// One long trace of a daemon: rounds with choices, repetitions and now and then something rare.
pub fn daemon(events: usize) -> Vec<Trace> {
    let mut numbers = Numbers(5);
    let mut trace: Vec<String> = vec!["start".into()];
    while trace.len() < events {
        trace.push("wake".into());
        for _ in 0..numbers.geometric(60) {
            trace.push(["read", "write", "sync"][numbers.below(3) as usize].into());
        }
        if numbers.below(50) == 0 {
            trace.extend(["error".into(), format!("code {}", numbers.geometric(70)), "recovered".into()]);
        }
        trace.push("sleep".into());
    }
    vec![plain(trace)]
}

/// Few long traces of a host, as syslog has them by day: services take turns, each going through small processes of its
/// own, and no two days have the same services in the same order.
pub fn days(traces: usize, length: usize, seed: u64) -> Vec<Trace> {
    const SERVICES: u64 = 24;
    let mut numbers = Numbers(seed);
    let mut trace = || {
        let mut events: Trace = Vec::new();
        let wanted = length / 4 + numbers.below(2 * length as u64) as usize;
        if numbers.below(5) == 0 {
            events.extend((0..25).map(|step| ("kernel".into(), format!("boot {step}"))));
        }
        while events.len() < wanted {
            // Few services do most.
            let service = numbers.below(SERVICES).min(numbers.below(SERVICES)).min(numbers.below(SERVICES));
            let name = format!("service {service}");
            let mut push = |event: &str| events.push((name.clone(), format!("{event} {service}")));
            match service % 4 {
                0 => {
                    for _ in 0..numbers.geometric(70) {
                        push("check");
                        push("failed");
                    }
                }
                1 => {
                    push("opened");
                    if numbers.below(4) == 0 {
                        push("warning");
                    }
                    push("closed");
                }
                2 => (0..numbers.geometric(80)).for_each(|_| push("connection")),
                _ => {
                    push("start");
                    for _ in 0..numbers.below(4) {
                        push(["load", "bind", "listen"][numbers.below(3) as usize]);
                    }
                    push(if numbers.below(10) == 0 { "abort" } else { "ready" });
                }
            }
        }
        events
    };
    (0..traces).map(|_| trace()).collect()
}

/// System calls: long traces over some 60 types, in phases of short loops that differ from trace to trace.
pub fn calls(traces: usize, length: usize, seed: u64) -> Vec<Trace> {
    const TYPES: u64 = 60;
    let mut numbers = Numbers(seed);
    // Loops that programs are made of.
    let loops: Vec<Vec<u64>> = (0..40)
        .map(|_| (0..2 + numbers.below(6)).map(|_| numbers.below(TYPES).min(numbers.below(TYPES))).collect())
        .collect();
    let mut trace = || {
        let mut events = Vec::new();
        let wanted = length / 3 + numbers.below(4 * length as u64 / 3) as usize;
        while events.len() < wanted {
            let of = &loops[numbers.below(40).min(numbers.below(40)) as usize];
            for _ in 0..numbers.geometric(75) {
                for &call in of {
                    // Calls are skipped and repeated.
                    (0..[1, 1, 1, 1, 1, 0, 2][numbers.below(7) as usize]).for_each(|_| events.push(format!("{call}")));
                }
            }
        }
        plain(events)
    };
    (0..traces).map(|_| trace()).collect()
}

/// A process with choices, loops and two branches that run beside each other; few variants are frequent, many rare.
pub fn orders(traces: usize, seed: u64) -> Vec<Trace> {
    let mut numbers = Numbers(seed);
    let mut trace = || {
        let mut events: Vec<&str> = vec!["created"];
        while numbers.below(5) == 0 {
            events.push("changed");
        }
        let mut branches: [Vec<&str>; 2] = [vec!["invoiced", "paid"], vec!["picked", "packed", "shipped"]];
        if numbers.below(6) == 0 {
            branches[0] = vec!["invoiced", "reminded", "paid"];
        }
        while branches.iter().any(|branch| !branch.is_empty()) {
            let first = usize::from(numbers.below(4) == 0);
            let of = if branches[first].is_empty() { 1 - first } else { first };
            events.push(branches[of].remove(0));
        }
        events.push("delivered");
        if numbers.below(12) == 0 {
            events.extend(["returned", "refunded"]);
        }
        events.push("closed");
        plain(events.into_iter().map(String::from))
    };
    (0..traces).map(|_| trace()).collect()
}

/// Strings of a probabilistic machine of some states, each with few likely and some unlikely ways on; short ones are
/// frequent, most long ones occur once.
pub fn strings(traces: usize, states: u64, types: u64, stop: u64, seed: u64) -> Vec<Trace> {
    let mut numbers = Numbers(seed);
    let ways: Vec<Vec<(u64, u64, u64)>> = (0..states)
        .map(|_| (0..types.min(5)).map(|i| (numbers.below(types), numbers.below(states), 60 >> i)).collect())
        .collect();
    let stops: Vec<u64> = (0..states).map(|_| numbers.below(2 * stop)).collect();
    let mut trace = || {
        let (mut state, mut events) = (0u64, Vec::new());
        while events.len() < 60 && numbers.below(100) >= stops[state as usize] {
            let total: u64 = ways[state as usize].iter().map(|way| way.2 + 1).sum();
            let mut draw = numbers.below(total);
            for &(event, next, weight) in &ways[state as usize] {
                if draw <= weight {
                    events.push(format!("{event}"));
                    state = next;
                    break;
                }
                draw -= weight + 1;
            }
        }
        plain(events)
    };
    (0..traces).map(|_| trace()).collect()
}
