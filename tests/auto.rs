//! What the choice among learners must hold to on logs unlike the usual ones: it takes little more work than its cheapest
//! candidate, memorises nothing, and works however many event types there are.

#[path = "support/logs.rs"]
mod logs;

use logfsm::automaton::{Automaton, Kind};
use logfsm::infer::{Control, Held, accepts, distinct_traces, infer};
use std::collections::HashMap;

/// What `auto` chooses from.
const CANDIDATES: [&str; 5] = ["mdl", "synoptic", "prefix_multiset", "alergia", "k_tails"];
/// Steps that take a second or so.
const SECOND: u64 = 200_000_000;

fn plain(traces: &[logs::Trace]) -> Automaton {
    logs::tree(traces, false)
}

/// Learns in one thread, with the steps of work that it took.
fn counted(tree: &Automaton, method: &str) -> (Automaton, u64) {
    let proceed = || Ok(());
    let control = Control::new(&proceed, 512 << 20);
    let work = control.at_most(u64::MAX);
    let machine = infer(tree, method, "{}", &control.with_work(&work)).unwrap();
    (machine, work.done())
}

fn notes(machine: &Automaton) -> Vec<String> {
    let Kind::Inferred(provenance) = &machine.kind else { panic!("a prefix tree") };
    provenance.notes.clone()
}

#[test]
fn it_takes_little_more_work_than_its_cheapest_candidate() {
    for (name, traces) in [
        ("messages", logs::messages(900, 30)),
        ("messages in one trace", logs::messages(400, 400)),
        ("one event each", logs::one_event_each(200)),
        ("many types", logs::many_types(120, 8, 150)),
        ("pages", logs::pages(300, 3, 2000)),
        ("one round", logs::one_round(20_000)),
        ("one trace without order", logs::random(1, 8000, 10)),
        ("a daemon", logs::daemon(4000)),
        ("days", logs::days(30, 100, 7)),
        ("calls", logs::calls(30, 100, 8)),
        ("orders", logs::orders(600, 9)),
        ("strings", logs::strings(1000, 20, 12, 12, 10)),
    ] {
        let tree = plain(&traces);
        let (machine, work) = counted(&tree, "auto");
        // Of these two it is known that they are never far from linear.
        let cheapest = ["k_tails", "alergia"].map(|method| match (method, name) {
            ("alergia", "strings" | "orders" | "calls" | "days") => u64::MAX,
            _ => counted(&tree, method).1,
        });
        let least = cheapest.into_iter().min().unwrap_or(0);
        assert!(work <= 3 * least + SECOND, "{name}: {work} steps, {least} of the cheapest: {:?}", notes(&machine));
    }
}

#[test]
fn what_takes_too_much_work_is_named() {
    let (machine, _) = counted(&plain(&logs::random(1, 20_000, 10)), "auto");
    let notes = notes(&machine);
    assert!(notes.iter().any(|note| note == "mdl: given up, it takes too much work here"), "{notes:?}");
}

/// Whether each of some traces is accepted; types that the machine does not know are in none that is.
fn share_accepted(machine: &Automaton, traces: &[Held], tree: &Automaton) -> f64 {
    let number = |label: u32| machine.label_id(&tree.labels[label as usize]).unwrap_or(u32::MAX);
    let known = |trace: &Held| trace.events.iter().map(|&event| number(event)).collect::<Vec<u32>>();
    let accepted = traces.iter().filter(|trace| accepts(machine, &known(trace))).count();
    accepted as f64 / traces.len() as f64
}

#[test]
fn it_does_not_memorise_varied_logs() {
    for (name, traces, held_out) in [
        ("days", logs::days(42, 100, 7), logs::days(60, 100, 70)),
        ("calls", logs::calls(50, 60, 8), logs::calls(100, 60, 8)[50..].to_vec()),
        ("orders", logs::orders(200, 9), logs::orders(200, 90)),
    ] {
        let (tree, held_out) = (plain(&traces), plain(&held_out));
        let new = distinct_traces(&held_out, &Control::unlimited()).unwrap();
        let machine = infer(&tree, "auto", "{}", &Control::unlimited()).unwrap();
        let chosen = share_accepted(&machine, &new, &held_out);
        assert!(machine.state_count() * 4 < tree.state_count(), "{name}: {} states", machine.state_count());
        for method in CANDIDATES.into_iter().filter(|method| *method != "synoptic" && *method != "alergia") {
            let other = share_accepted(&infer(&tree, method, "{}", &Control::unlimited()).unwrap(), &new, &held_out);
            assert!(chosen > other - 0.15, "{name}: {} accepts {chosen}, {method} {other}", machine.method());
        }
    }
}

/// Bits per event, ends included, of traces under a machine smoothed with 1 % of the uniform distribution.
fn bits(machine: &Automaton, traces: &[Held], tree: &Automaton) -> f64 {
    let visits = machine.visits();
    let uniform = 1.0 / (tree.labels.len() as f64 + 1.0);
    let (mut bits, mut events) = (0.0, 0.0);
    for trace in traces {
        let mut states: HashMap<u32, f64> = HashMap::from([(0, 1.0)]);
        let mut probability = |mass: f64| bits -= trace.count as f64 * (0.99 * mass + 0.01 * uniform).log2();
        for &event in &trace.events {
            let label = machine.label_id(&tree.labels[event as usize]).unwrap_or(u32::MAX);
            let mut next: HashMap<u32, f64> = HashMap::new();
            for (&state, &weight) in &states {
                for t in machine.outgoing(state).iter().filter(|t| t.label == label) {
                    *next.entry(t.target).or_default() += weight * t.count as f64 / visits[state as usize] as f64;
                }
            }
            let mass: f64 = next.values().sum();
            probability(mass);
            next.values_mut().for_each(|weight| *weight /= mass);
            states = next;
        }
        let stop = |(&state, &weight): (&u32, &f64)| {
            weight * machine.stops[state as usize] as f64 / visits[state as usize] as f64
        };
        probability(states.iter().map(stop).sum());
        events += trace.count as f64 * (trace.events.len() + 1) as f64;
    }
    bits / events
}

#[test]
fn it_knows_how_likely_frequent_traces_are() {
    for (states, types, stop, seed) in [(10, 4, 15, 1), (6, 20, 25, 3)] {
        let traces = logs::strings(2500, states, types, stop, seed);
        let (training, held_out) = (plain(&traces[..2000]), plain(&traces[2000..]));
        let new = distinct_traces(&held_out, &Control::unlimited()).unwrap();
        let of = |method: &str| bits(&infer(&training, method, "{}", &Control::unlimited()).unwrap(), &new, &held_out);
        let (chosen, mdl, alergia) = (of("auto"), of("mdl"), of("alergia"));
        assert!(chosen < mdl.min(alergia) + 0.05, "{seed}: auto {chosen}, mdl {mdl}, alergia {alergia}");
    }
}

#[test]
fn any_number_of_event_types_will_do() {
    let tree = plain(&logs::pages(500, 3, 4000));
    assert!(tree.labels.len() > 1024);
    for method in ["auto", "k_tails", "prefix_multiset"] {
        let (machine, _) = counted(&tree, method);
        machine.validate().unwrap();
        // What holds of the few frequent types is known however many rare ones there are.
        let number = |name: &str| machine.label_id(&logfsm::trace::Label::event(name)).unwrap();
        let (login, logout) = (number("login"), number("logout"));
        let precedes = machine.learned.invariants.iter().any(|i| {
            i.kind == logfsm::infer::invariants::InvariantKind::AlwaysPrecedes && (i.a, i.b) == (Some(login), logout)
        });
        assert!(precedes, "{method}: {:?}", notes(&machine));
    }
}
