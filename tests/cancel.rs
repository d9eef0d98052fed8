//! How long a learner may go without asking whether to go on: in steps, so that no clock is needed. A step is an
//! allocation, of which every stage of every learner does some for each state, trace or edge it looks at.
// With Postgres the library has an allocator of its own, and a program has but one.
#![cfg(not(feature = "pg"))]
#![allow(unsafe_code)]

mod support;

use logfsm::automaton::Automaton;
use logfsm::error::Error;
use logfsm::infer::{Control, Sample, infer_from, learners};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

struct Counting;
thread_local! {
    static STEPS: Cell<u64> = const { Cell::new(0) };
}

fn steps() -> u64 {
    STEPS.with(Cell::get)
}

// SAFETY: passes everything on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let _ = STEPS.try_with(|steps| steps.set(steps.get() + 1));
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Well below what 100 ms allow: an allocation and what belongs to it take about 100 ns.
const MOST_STEPS: u64 = 100_000;

/// Traces of a random walk over `types` event types, `length` events each at most; the rejected ones take larger steps.
struct Walks {
    accepted: Automaton,
    rejected: Automaton,
}

fn walks(traces: usize, types: u64, length: usize) -> Walks {
    let names: Vec<String> = (0..types).map(|i| format!("event {i}")).collect();
    let mut state = 7u64;
    let mut below = |bound: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % bound
    };
    let mut all = |step: u64| -> Vec<Vec<&str>> {
        let mut trace = || {
            let mut at = 0;
            let mut events = Vec::new();
            while events.len() < length && below(20) > 0 {
                at = (at + step + below(3)) % types;
                events.push(names[at as usize].as_str());
            }
            events
        };
        (0..traces).map(|_| trace()).collect()
    };
    let accepted = all(1);
    let mut rejected = all(2);
    rejected.retain(|trace| !accepted.contains(trace));
    Walks { accepted: support::tree(&accepted), rejected: support::tree(&rejected) }
}

/// Every method, each also with the rejected traces where it takes them; rpni needs them.
fn runs() -> Vec<(&'static str, bool)> {
    let mut runs: Vec<(&str, bool)> = Vec::new();
    for learner in learners() {
        runs.extend((learner.name() != "rpni").then_some((learner.name(), false)));
        runs.extend(learner.takes_negative().then_some((learner.name(), true)));
    }
    runs.push(("auto", false));
    runs
}

fn learn(walks: &Walks, (method, negative): (&str, bool), control: &Control<'_>) -> Result<Automaton, Error> {
    let sample = Sample { positive: &walks.accepted, negative: negative.then_some(&walks.rejected) };
    infer_from(sample, method, "{}", control)
}

#[test]
fn every_learner_asks_often() {
    let trees = [
        ("many short traces", walks(4000, 8, 20)),
        ("few long ones", walks(12, 12, 1500)),
        ("many types", walks(150, 80, 40)),
    ];
    for run in runs() {
        let method = run.0;
        for (name, walks) in &trees {
            let (longest, last) = (Cell::new(0), Cell::new(steps()));
            let proceed = || {
                let now = steps();
                longest.set(longest.get().max(now - last.get()));
                last.set(now);
                Ok(())
            };
            learn(walks, run, &Control::new(&proceed, usize::MAX)).unwrap();
            let _ = proceed();
            assert!(longest.get() < MOST_STEPS, "{method} on {name}: {} steps", longest.get());
        }
    }
}

#[test]
fn a_stop_at_any_question_is_heeded() {
    let walks = walks(60, 6, 20);
    for run in runs() {
        let method = run.0;
        let asked = Cell::new(0u32);
        let count = || {
            asked.set(asked.get() + 1);
            Ok(())
        };
        learn(&walks, run, &Control::new(&count, usize::MAX)).unwrap();
        let questions = asked.get();
        assert!(questions > 0, "{method} never asks");
        for at in (0..questions).step_by((questions as usize / 40).max(1)) {
            asked.set(0);
            let stop = || {
                asked.set(asked.get() + 1);
                if asked.get() > at { Err(Error::Cancelled) } else { Ok(()) }
            };
            let stopped = learn(&walks, run, &Control::new(&stop, usize::MAX));
            assert_eq!(stopped.unwrap_err(), Error::Cancelled, "{method} at question {at} of {questions}");
        }
    }
}
