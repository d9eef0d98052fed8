//! Phases: states that go on alike, grouped.

mod support;

use logfsm::infer::{Control, infer, phases};

fn words(traces: &[&str]) -> Vec<Vec<String>> {
    traces.iter().map(|t| t.chars().map(String::from).collect()).collect()
}

#[test]
fn states_that_go_on_alike_are_one_phase() {
    // After a or b come the same things in the same shares; after x others.
    let mut traces = Vec::new();
    for first in ["a", "b"] {
        (0..40).for_each(|i| traces.push(format!("{first}{}z", ["c", "d"][i % 2])));
    }
    (0..40).for_each(|i| traces.push(format!("x{}z", ["p", "q"][i % 2])));
    let traces: Vec<&str> = traces.iter().map(String::as_str).collect();
    let machine = infer(&support::tree(&words(&traces)), "prefix_tree", "{}", &Control::unlimited()).unwrap();
    let found = phases(&machine, "{}", &Control::unlimited()).unwrap();
    // The start, after a or b, after x, before z, the end.
    assert_eq!(found.list.len(), 5, "{:?}", found.list);
    assert!(found.bits <= 1.05 * found.bits_by_state);
    let states: usize = found.list.iter().map(|phase| phase.states.len()).sum();
    assert_eq!(states, machine.state_count());
    let mut labels: Vec<u32> = found.list.iter().flat_map(|phase| phase.labels.clone()).collect();
    labels.sort_unstable();
    assert_eq!(labels, (0..machine.labels.len() as u32).collect::<Vec<_>>());
    let names: Vec<String> = found.list.iter().map(|phase| phase.name(&machine)).collect();
    assert_eq!(names[0], "START");
    let of = |event: &str| {
        found.list.iter().position(|p| p.labels.iter().any(|&l| &*machine.labels[l as usize].event == event))
    };
    assert_eq!(of("a"), of("b"));
    assert_ne!(of("a"), of("x"));
    assert_eq!(of("c"), of("q"));
    // Fewer on request, at a loss.
    let two = phases(&machine, r#"{"most": 2}"#, &Control::unlimited()).unwrap();
    assert!(two.list.len() == 2 && two.bits > found.bits);
    assert!(phases(&machine, r#"{"loss": -1}"#, &Control::unlimited()).is_err());
}

#[test]
fn a_machine_of_one_state_and_an_empty_one() {
    let machine =
        infer(&support::tree(&words(&["aa", "aaa"])), "k_tails", r#"{"k": 0}"#, &Control::unlimited()).unwrap();
    assert_eq!(phases(&machine, "{}", &Control::unlimited()).unwrap().list.len(), 1);
    let empty = infer(&support::tree(&words(&[""])), "k_tails", "{}", &Control::unlimited()).unwrap();
    let found = phases(&empty, "{}", &Control::unlimited()).unwrap();
    assert_eq!((found.list.len(), found.list[0].name(&empty).as_str()), (1, "START"));
}
