//! Synthetic traces: what a seed fixes, and what always holds.

use logfsm::automaton::PrefixTree;
use logfsm::conform::Machine;
use logfsm::infer::{Control, infer};
use logfsm::synth::Generator;
use logfsm::trace::{Trace, TraceView};
use proptest::prelude::*;

fn machine(traces: &[Vec<String>], k: u32) -> Machine {
    let mut tree = PrefixTree::new(usize::MAX);
    for (i, events) in traces.iter().enumerate() {
        let rows = events.iter().enumerate();
        let rows = rows.map(|(j, e)| (Some((i * 1000 + j * j) as i64), None, e.as_str(), None, None)).collect();
        tree.add(&TraceView::from_bytes(&Trace::from_rows(rows).to_bytes()).unwrap()).unwrap();
    }
    let options = format!("{{\"k\": {k}}}");
    Machine::new(infer(&tree.to_automaton(), "k_tails", &options, &Control::unlimited()).unwrap())
}

proptest! {
    #[test]
    fn traces_are_accepted_ordered_in_time_and_fixed_by_their_seed(
        traces in prop::collection::vec(prop::collection::vec("[a-d]", 0..9), 1..10), k in 0u32..3, seed in any::<i64>()
    ) {
        let machine = machine(&traces, k);
        let generator = Generator::new(&machine, seed, "{}").unwrap();
        let again = Generator::new(&machine, seed, "{}").unwrap();
        for ordinal in (0..30).rev() {
            let synthetic = generator.trace(ordinal);
            prop_assert!(machine.accepts(&synthetic.trace.variant));
            prop_assert!(synthetic.trace.times.windows(2).all(|pair| pair[0] <= pair[1]));
            prop_assert_eq!(Trace::from_bytes(&synthetic.trace.to_bytes()).unwrap(), synthetic.trace.clone());
            prop_assert_eq!(again.trace(ordinal), synthetic);
        }
    }

    #[test]
    fn a_length_cap_steers_and_never_cuts(cap in 1i64..12) {
        let traces: Vec<Vec<String>> = ["a", "ab", "ababab", "abababababab"]
            .iter().map(|t| t.chars().map(String::from).collect()).collect();
        let machine = machine(&traces, 0);
        let generator = Generator::new(&machine, 1, &format!("{{\"max_length\": {cap}}}")).unwrap();
        for ordinal in 0..50 {
            let trace = generator.trace(ordinal).trace;
            prop_assert!(trace.len() as i64 <= cap && machine.accepts(&trace.variant));
        }
    }
}

#[test]
fn seeds_differ() {
    let traces: Vec<Vec<String>> =
        ["ab", "ba", "aabb", "bbaa"].iter().map(|t| t.chars().map(String::from).collect()).collect();
    let machine = machine(&traces, 1);
    let rows = |seed| -> Vec<Trace> {
        let generator = Generator::new(&machine, seed, "{}").unwrap();
        (0..20).map(|i| generator.trace(i).trace).collect()
    };
    assert_ne!(rows(1), rows(2));
}
