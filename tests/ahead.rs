//! Traces made on several threads: the same as by one, with the same verdicts.

use logfsm::automaton::PrefixTree;
use logfsm::conform::Machine;
use logfsm::error::Error;
use logfsm::infer::{Control, infer};
use logfsm::synth::ahead::{self, Judges};
use logfsm::synth::checks::{ParameterChecker, Verdicts};
use logfsm::synth::{Generator, Plan, Playout, Synthetic, over};
use logfsm::trace::{Trace, TraceSlots, TraceView};

fn control() -> Control<'static> {
    Control::unlimited()
}

/// Orders with times and parameters, one in seven with a fault.
fn orders() -> Playout {
    let trace = |i: i64| {
        let id = format!(
            r#"["order-{}", "{}", {}]"#,
            7_000_000_000 + i * 7_919_131,
            ["web", "shop"][i as usize % 2],
            i % 30
        );
        let mut events = vec!["open", "pay"];
        events.extend(vec!["pack"; 1 + i as usize % 3]);
        events.push(if i % 7 == 0 { "lost" } else { "close" });
        let row = |(j, event): (i64, &&'static str)| {
            (Some(i * 1_000_000_000 + j * (1_000 + i % 5)), None, *event, None, Some(id.as_str()))
        };
        Trace::from_rows((0..).zip(&events).map(row).collect())
    };
    let traces: Vec<Trace> = (0..200).map(trace).collect();
    let mut tree = PrefixTree::new(usize::MAX);
    traces.iter().for_each(|t| tree.add(&TraceView::from_bytes(&t.to_bytes()).unwrap()).unwrap());
    let tree = tree.to_automaton();
    let machine = Machine::new(infer(&tree, "k_tails", "{}", &control()).unwrap());
    let plan = Plan::learn(&tree, &machine, &mut over(&traces), &control()).unwrap();
    Playout::new(machine, plan)
}

const AMPLIFIED: &str = r#"{"amplification": 0.2, "rare": 0.2}"#;

#[test]
fn slices_and_threads_give_the_same_traces() {
    let playout = orders();
    for options in ["{}", AMPLIFIED, r#"{"kind": "anomalous"}"#] {
        let generator = Generator::new(&playout, 42, options, &control()).unwrap();
        let all: Vec<Synthetic> = (1..=2_000).map(|n| generator.trace(n).unwrap()).collect();
        assert!(all.iter().all(|made| made.slots == TraceSlots::of(&made.trace.parameters)), "{options}");
        // Another generator, from the middle, backwards.
        let again = Generator::new(&playout, 42, options, &control()).unwrap();
        assert!((900..=1100).rev().all(|n| again.trace(n).unwrap() == all[n as usize - 1]), "{options}");
        for workers in 0..4 {
            let mut next = 5;
            let each = ahead::each(&generator, 5..=2_000, None, workers, &control(), &mut |made| {
                let of = &all[next as usize - 1];
                assert_eq!(
                    (made.number, &made.synthetic, &made.bytes),
                    (next, of, &of.trace.to_bytes()),
                    "{workers} {options}"
                );
                assert_eq!(made.score, playout.machine.score_trace(&of.trace));
                next += 1;
                Ok::<(), Error>(())
            });
            each.unwrap();
            assert_eq!(next, 2_001);
        }
    }
}

#[test]
fn threads_judge_parameters_as_one_does() {
    let (playout, others) = (orders(), orders());
    let generator = Generator::new(&playout, 42, "{}", &control()).unwrap();
    // By a model that calls what it made a copy of real values.
    let mut strict = others.plan.parameters.clone();
    strict.real.iter_mut().for_each(|bits| *bits = u64::MAX);
    for (model, broken) in [(&others.plan.parameters, 0), (&strict, 8_000)] {
        let checker = || ParameterChecker::new(model, &others.machine.automaton, true);
        let judged = |workers| {
            let judges = Judges::new(checker(), 100);
            let take = &mut |_: &_| Ok::<(), Error>(());
            ahead::each(&generator, 1..=2_000, Some(&judges), workers, &control(), take).unwrap();
            judges.finish().with(Verdicts::default())
        };
        let one = judged(0);
        let leaks = one.iter().find(|v| v.rule.name == "no_real_identifier").unwrap();
        assert!(leaks.checked > 8_000 && leaks.violated >= broken, "{leaks:?}");
        assert_eq!(leaks.examples, if broken > 0 { vec![101, 102, 103] } else { vec![] });
        (1..4).for_each(|workers| assert_eq!(judged(workers), one));
    }
}

#[test]
fn threads_stop_at_the_first_error() {
    let playout = orders();
    let generator = Generator::new(&playout, 1, "{}", &control()).unwrap();
    for workers in 0..3 {
        let mut taken = 0;
        let stopped = ahead::each(&generator, 1..=u64::MAX, None, workers, &control(), &mut |made| {
            taken += 1;
            if made.number == 3_000 { Err(Error::Cancelled) } else { Ok(()) }
        });
        assert!(matches!(stopped, Err(Error::Cancelled)) && taken == 3_000, "{taken}");
    }
    // What cannot be made is an error where it would be.
    let options = r#"{"no_copy": true, "condition": {"length": 4}}"#;
    let generator = Generator::new(&playout, 1, options, &control()).unwrap();
    assert!(generator.trace(1).is_err());
    assert!(ahead::each(&generator, 1..=9_000, None, 2, &control(), &mut |_| Ok::<(), Error>(())).is_err());
}
