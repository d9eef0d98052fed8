//! k-tails (Biermann & Feldman 1972): states with the same continuations up to length k are one state.

use super::merge::Merger;
use super::{Control, Learner, OptionKind, OptionSpec, Options, Sample};
use crate::automaton::{Automaton, LabelId};
use crate::error::Result;
use hashbrown::HashMap;

/// The k-tails learner.
pub struct KTails;

const OPTIONS: &[OptionSpec] = &[OptionSpec {
    name: "k",
    kind: OptionKind::Integer(0, 1000),
    default: "2",
    meaning: "length of the continuations that must agree; larger keeps more states apart",
}];

/// States between two questions whether to go on.
const STATES_PER_CHECK: usize = 1 << 14;

/// What continuations are told apart by: whether traces end here, and each label with the continuations behind it.
type Tail = (bool, Vec<(LabelId, u32)>);

impl Learner for KTails {
    fn name(&self) -> &'static str {
        "k_tails"
    }

    fn summary(&self) -> &'static str {
        "merges states whose continuations up to length k agree, then folds to determinism (Biermann & Feldman 1972)"
    }

    fn options(&self) -> &'static [OptionSpec] {
        OPTIONS
    }

    /// O(k · n) for the tails, near linear for the folding.
    fn learn(&self, sample: Sample<'_>, options: &Options, control: &Control<'_>) -> Result<Automaton> {
        let tree = sample.positive;
        let classes = tails(tree, options.integer("k") as usize, control)?;
        let mut merger = Merger::new(sample, control)?;
        let mut first: Vec<Option<u32>> = vec![None; tree.state_count().max(2)];
        for (state, &class) in classes.iter().enumerate() {
            match first[class as usize] {
                None => first[class as usize] = Some(state as u32),
                Some(representative) => drop(merger.merge(representative, state as u32, control)?),
            }
        }
        merger.quotient(control)
    }
}

/// For each state the number of its class of equal continuations up to length `k`.
fn tails(tree: &Automaton, k: usize, control: &Control<'_>) -> Result<Vec<u32>> {
    let mut classes: Vec<u32> = tree.stops.iter().map(|&stops| u32::from(stops > 0)).collect();
    let offsets = tree.offsets();
    let mut count = 0;
    for _ in 0..k {
        control.spend(16 * tree.state_count())?;
        let mut numbers: HashMap<Tail, u32> = HashMap::new();
        let next = (0..tree.state_count())
            .map(|state| {
                if state % STATES_PER_CHECK == 0 {
                    control.check()?;
                }
                let outgoing = &tree.transitions[offsets[state] as usize..offsets[state + 1] as usize];
                let tail = outgoing.iter().map(|t| (t.label, classes[t.target as usize])).collect();
                let fresh = numbers.len() as u32;
                Ok(*numbers.entry((tree.stops[state] > 0, tail)).or_insert(fresh))
            })
            .collect::<Result<Vec<u32>>>()?;
        classes = next;
        // Each round refines the one before: an equal number of classes means nothing is left to tell apart.
        if numbers.len() == count {
            break;
        }
        count = numbers.len();
    }
    Ok(classes)
}

#[cfg(test)]
mod tests {
    use crate::automaton::PrefixTree;
    use crate::infer::{Control, infer};
    use crate::trace::{Trace, TraceView};

    fn states(traces: &[&str], k: u32) -> usize {
        let mut tree = PrefixTree::new(usize::MAX);
        for trace in traces {
            let bytes = Trace::of(trace.split("").filter(|letter| !letter.is_empty())).to_bytes();
            tree.add(&TraceView::from_bytes(&bytes).unwrap()).unwrap();
        }
        let options = format!("{{\"k\": {k}}}");
        let machine = infer(&tree.to_automaton(), "k_tails", &options, &Control::unlimited()).unwrap();
        machine.validate().unwrap();
        machine.state_count()
    }

    #[test]
    fn zero_tails_tell_only_ends_apart() {
        // The inner states of ab and aab do not accept and fold into one.
        assert_eq!(states(&["ab", "aab"], 0), 2);
    }

    #[test]
    fn longer_tails_keep_more_states() {
        let traces = ["aab", "aaab", "ab"];
        let sizes: Vec<usize> = (0..5).map(|k| states(&traces, k)).collect();
        assert!(sizes.windows(2).all(|pair| pair[0] <= pair[1]), "{sizes:?}");
    }
}
