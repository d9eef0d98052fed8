//! What test cases may cover.

use crate::automaton::Automaton;

/// Something to be covered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Goal {
    /// A state.
    State(u32),
    /// A transition, by its position.
    Transition(u32),
    /// A transition right after another one.
    Pair(u32, u32),
}

impl Goal {
    /// All there is to cover, ascending.
    ///
    /// * `what`: states, transitions or pairs
    pub fn all(machine: &Automaton, what: &str) -> Vec<Goal> {
        let offsets = machine.offsets();
        let transitions = 0..machine.transitions.len() as u32;
        match what {
            "states" => (0..machine.state_count() as u32).map(Goal::State).collect(),
            "transitions" => transitions.map(Goal::Transition).collect(),
            _ => {
                let after = |t: u32| {
                    let state = machine.transitions[t as usize].target as usize;
                    (offsets[state]..offsets[state + 1]).map(move |next| Goal::Pair(t, next))
                };
                transitions.flat_map(after).collect()
            }
        }
    }

    /// In words: `S3`, or the states and events passed through.
    pub fn name(self, machine: &Automaton) -> String {
        let step = |t: u32| {
            let t = &machine.transitions[t as usize];
            format!(" {} S{}", machine.labels[t.label as usize], t.target)
        };
        let from = |t: u32| format!("S{}", machine.transitions[t as usize].source);
        match self {
            Goal::State(state) => format!("S{state}"),
            Goal::Transition(t) => format!("{}{}", from(t), step(t)),
            Goal::Pair(first, then) => format!("{}{}{}", from(first), step(first), step(then)),
        }
    }
}
