//! Stitching: per distinct trace, the slices of component models in the order in which components take turns.

use crate::automaton::{Automaton, LabelId, StateId};
use crate::error::Result;
use crate::infer::determinize::Graph;
use crate::infer::{Control, Held};
use hashbrown::HashMap;

/// The stitched machine and the way of each trace through it.
pub struct Stitched {
    /// Its structure.
    pub graph: Graph,
    /// Per trace the state after each of its events.
    pub paths: Vec<Vec<StateId>>,
}

/// The component models as stitching needs them.
pub struct Models<'a> {
    /// Per component its deterministic model.
    pub machines: &'a [Automaton],
    /// Per label of the system its component.
    pub of_label: &'a [usize],
    /// Per component the number of its first label.
    pub first_label: &'a [LabelId],
}

impl Models<'_> {
    /// Where a component's model goes from a state on one of its labels.
    fn step(&self, component: usize, state: StateId, label: LabelId) -> Option<StateId> {
        let machine = &self.machines[component];
        let range = machine.on_label(state, label - self.first_label[component]);
        machine.transitions[range].first().map(|t| t.target)
    }
}

/// Slices, appends and unites the models of all traces. O(events of distinct traces × log transitions).
///
/// A slice is what its run visits of the component's model, as a copy of its own: runs share no states but where one
/// ends and the next begins. A model goes on where its slice before stopped, and starts anew with every trace.
pub fn stitch(models: &Models<'_>, traces: &[Held], control: &Control<'_>) -> Result<Stitched> {
    let mut graph = Graph::default();
    let initial = graph.add_state();
    let mut paths = Vec::with_capacity(traces.len());
    let mut bytes = 0;
    for trace in traces {
        control.check()?;
        bytes += trace.events.len() * (size_of::<Vec<StateId>>() + 64);
        control.check_memory("the stitched machine", bytes)?;
        paths.push(append_slices(models, trace, initial, &mut graph));
    }
    graph.tidy();
    Ok(Stitched { graph, paths })
}

/// The model of one trace, its initial state merged with that of the others.
fn append_slices(models: &Models<'_>, trace: &Held, initial: StateId, graph: &mut Graph) -> Vec<StateId> {
    let own = graph.add_state();
    let mut stopped: HashMap<usize, StateId> = HashMap::new();
    // What of the current run's model has been copied, by its state.
    let mut copies: HashMap<StateId, StateId> = HashMap::new();
    let mut running = None;
    let mut here = own;
    let mut path = Vec::with_capacity(trace.events.len());
    let mut returns = false;
    for &label in &trace.events {
        let component = models.of_label[label as usize];
        let state = stopped.get(&component).copied().unwrap_or(0);
        if running != Some(component) {
            running = Some(component);
            copies.clear();
            copies.insert(state, here);
        }
        // invariant: a component's model accepts all of its projected traces
        let next = models.step(component, state, label).unwrap_or(state);
        stopped.insert(component, next);
        let copy = *copies.entry(next).or_insert_with(|| graph.add_state());
        graph.edges[here as usize].push((label, copy));
        returns |= copy == own;
        here = copy;
        path.push(copy);
    }
    // Uniting initial states would lead other traces into a loop through this one: the initial state gets copies of
    // the edges instead of the loop.
    let edges =
        if returns { graph.edges[own as usize].clone() } else { std::mem::take(&mut graph.edges[own as usize]) };
    graph.edges[initial as usize].extend(edges);
    let last = path.last().copied().unwrap_or(initial);
    graph.accepting[last as usize] = true;
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loop_through_the_initial_state_stays_in_its_trace() {
        // One component whose model is a single state that loops on both labels.
        let mut tree = crate::automaton::PrefixTree::new(usize::MAX);
        for events in [["a", "a", "a"], ["b", "b", "b"]] {
            let bytes = crate::trace::Trace::of(events).to_bytes();
            tree.add(&crate::trace::TraceView::from_bytes(&bytes).unwrap()).unwrap();
        }
        let tree = tree.to_automaton();
        let machine = crate::infer::quotient(&tree, &[0; 7], 1, &Control::unlimited()).unwrap();
        let models = Models { machines: &[machine], of_label: &[0, 0], first_label: &[0] };
        let traces = crate::infer::distinct_traces(&tree, &Control::unlimited()).unwrap();
        let stitched = stitch(&models, &traces, &Control::unlimited()).unwrap();
        let into_initial = stitched.graph.edges.iter().flatten().any(|edge| edge.1 == 0);
        assert!(!into_initial, "{:?}", stitched.graph);
        assert_eq!(stitched.graph.len(), 3);
        assert_eq!(stitched.graph.edges[0], [(0, 1), (1, 2)]);
        assert_eq!(stitched.graph.edges[1], [(0, 1)]);
    }
}
