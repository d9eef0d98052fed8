//! States by what has happened so far: which events, how often each, and which one last (van der Aalst et al. 2010).

use super::{Control, Learner, OptionKind, OptionSpec, Options, Sample, quotient};
use crate::automaton::{Automaton, LabelId};
use crate::error::Result;
use hashbrown::HashMap;

/// The learner by prefix multisets.
pub struct PrefixMultiset;

/// Steps between two questions whether to go on: well below 100 ms.
const STEPS_PER_CHECK: usize = 1 << 16;

const OPTIONS: &[OptionSpec] = &[
    OptionSpec {
        name: "last",
        kind: OptionKind::Boolean,
        default: "true",
        meaning: "whether the last event counts beside the multiset",
    },
    OptionSpec {
        name: "most",
        kind: OptionKind::Integer(1, 1_000_000_000),
        default: "1000000000",
        meaning: "events of one type are counted up to this: 1 makes the multiset a set, and loops possible",
    },
];

impl Learner for PrefixMultiset {
    fn name(&self) -> &'static str {
        "prefix_multiset"
    }

    fn summary(&self) -> &'static str {
        "one state per multiset of events so far and last event: forgets the order of what runs concurrently (state \
         abstraction, van der Aalst et al. 2010)"
    }

    fn options(&self) -> &'static [OptionSpec] {
        OPTIONS
    }

    /// O(states × distinct events of a trace).
    fn learn(&self, sample: Sample<'_>, options: &Options, control: &Control<'_>) -> Result<Automaton> {
        let tree = sample.positive;
        let most = options.integer("most") as u32;
        // A state is its last event, if that counts, and the multiset as a sorted list.
        type Key = (Option<LabelId>, Box<[(LabelId, u32)]>);
        let mut numbers: HashMap<Key, u32> = HashMap::from([((None, Box::default()), 0)]);
        let mut multisets: Vec<Box<[(LabelId, u32)]>> = vec![Box::default()];
        let mut blocks = vec![0u32; tree.state_count()];
        let (mut bytes, mut steps) = (0, 0);
        for t in &tree.transitions {
            let before = &multisets[blocks[t.source as usize] as usize];
            steps += 32 + 2 * before.len();
            if steps > STEPS_PER_CHECK {
                control.spend(std::mem::take(&mut steps))?;
            }
            let mut multiset = before.to_vec();
            match multiset.binary_search_by_key(&t.label, |entry| entry.0) {
                Ok(at) => multiset[at].1 = (multiset[at].1 + 1).min(most),
                Err(at) => multiset.insert(at, (t.label, 1)),
            }
            let multiset: Box<[(LabelId, u32)]> = multiset.into();
            let key = (options.boolean("last").then_some(t.label), multiset);
            let fresh = multisets.len() as u32;
            blocks[t.target as usize] = match numbers.get(&key) {
                Some(&number) => number,
                None => {
                    bytes += 2 * size_of::<Key>() + 16 * key.1.len() + 16;
                    control.check_memory("prefix multisets", bytes)?;
                    multisets.push(key.1.clone());
                    numbers.insert(key, fresh);
                    fresh
                }
            };
        }
        control.check_memory("prefix multisets", 4 * blocks.len())?;
        control.check()?;
        quotient(tree, &blocks, multisets.len(), control)
    }
}
