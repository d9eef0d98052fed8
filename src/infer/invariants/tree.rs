//! Counting pairs on a prefix tree: each of its nodes once, however many traces share it.

use super::miner::InvariantMiner;
use super::pairs::Pair;
use crate::automaton::{Automaton, LabelId};
use crate::error::Result;
use crate::infer::Control;

/// Steps between two questions whether to go on: well below 100 ms.
const STEPS_PER_CHECK: usize = 1 << 16;

/// Labels below a node, ascending, each with how many traces through the node have it there.
type Below = Vec<(LabelId, u64)>;

/// A node on the current path of the walk.
struct Level {
    state: u32,
    /// The next of its transitions to follow.
    next: u32,
    /// The position of its label's last occurrence before it, 0 for none; positions count from 1.
    before: u32,
    below: Below,
}

/// The walk's path: where each label occurred last, and the distinct labels by first occurrence.
struct Path {
    levels: Vec<Level>,
    last: Vec<u32>,
    distinct: Vec<LabelId>,
}

/// How often the count looks at a pair at most: at each node at the labels above it. O(nodes).
pub(super) fn looks(tree: &Automaton) -> u64 {
    let mut depth = vec![0u64; tree.state_count()];
    tree.transitions.iter().for_each(|t| depth[t.target as usize] = depth[t.source as usize] + 1);
    depth.into_iter().map(|depth| depth.min(tree.labels.len() as u64)).sum()
}

/// Counts all pairs of a prefix tree whose labels the miner numbers alike.
/// O(nodes × distinct labels above and below a node); memory O(nodes) beyond the counts.
pub(super) fn count(miner: &mut InvariantMiner, tree: &Automaton, control: &Control<'_>) -> Result<()> {
    miner.traces = tree.totals.traces;
    let offsets = tree.offsets();
    let start = Level { state: 0, next: offsets[0], before: 0, below: Below::new() };
    let mut path = Path { levels: vec![start], last: vec![0; tree.labels.len()], distinct: Vec::new() };
    let mut steps = 0;
    while let Some(level) = path.levels.last_mut() {
        if steps >= STEPS_PER_CHECK {
            control.spend(std::mem::take(&mut steps) * miner.pairs.quarters() / 4)?;
        }
        if level.next < offsets[level.state as usize + 1] {
            let t = &tree.transitions[level.next as usize];
            level.next += 1;
            steps += enter(miner, &mut path, t.label, t.count);
            miner.pairs.check()?;
            path.levels.push(Level {
                state: t.target,
                next: offsets[t.target as usize],
                before: std::mem::replace(&mut path.last[t.label as usize], path.levels.len() as u32),
                below: Below::new(),
            });
        } else {
            steps += leave(miner, &mut path, tree, &offsets);
        }
    }
    control.spend(steps * miner.pairs.quarters() / 4)
}

/// Counts what a node's event sees before it. Called before the node is on the path.
fn enter(miner: &mut InvariantMiner, path: &mut Path, label: LabelId, count: u64) -> usize {
    let single = &mut miner.singles[label as usize];
    single.occurrences += count;
    let before = path.last[label as usize];
    if before > 0 {
        single.gaps += count;
    } else {
        single.traces += count;
    }
    for &other in &path.distinct {
        pair(miner, other, label).preceded += count;
        if before > 0 && path.last[other as usize] > before {
            pair(miner, label, other).interrupted += count;
        }
    }
    let steps = path.distinct.len() + 1;
    if before == 0 {
        path.distinct.push(label);
    }
    steps
}

/// Counts what a node's event sees after it, and hands that up.
fn leave(miner: &mut InvariantMiner, path: &mut Path, tree: &Automaton, offsets: &[u32]) -> usize {
    let Some(level) = path.levels.pop() else { return 0 };
    let Some(parent) = path.levels.last_mut() else { return 0 };
    // invariant: the parent followed the transition before its next one to get here
    let t = &tree.transitions[parent.next as usize - 1];
    debug_assert!(t.target == level.state && parent.next > offsets[parent.state as usize]);
    for &(other, count) in &level.below {
        pair(miner, t.label, other).followed += count;
    }
    path.last[t.label as usize] = level.before;
    if level.before == 0 {
        path.distinct.pop();
    }
    let steps = 2 * level.below.len() + parent.below.len() + 1;
    let mut mine = level.below;
    match mine.binary_search_by_key(&t.label, |entry| entry.0) {
        // Every trace through the node has its label at or below it.
        Ok(at) => mine[at].1 = t.count,
        Err(at) => mine.insert(at, (t.label, t.count)),
    }
    parent.below = if parent.below.is_empty() { mine } else { sum(&parent.below, &mine) };
    steps
}

fn pair(miner: &mut InvariantMiner, a: LabelId, b: LabelId) -> &mut Pair {
    miner.pairs.at(a, b)
}

/// Adds two ascending lists.
fn sum(a: &Below, b: &Below) -> Below {
    let mut all = Below::with_capacity(a.len() + b.len());
    let (mut i, mut j) = (0, 0);
    while let (Some(&x), Some(&y)) = (a.get(i), b.get(j)) {
        all.push(match x.0.cmp(&y.0) {
            std::cmp::Ordering::Less => x,
            std::cmp::Ordering::Greater => y,
            std::cmp::Ordering::Equal => (x.0, x.1 + y.1),
        });
        i += usize::from(x.0 <= y.0);
        j += usize::from(y.0 <= x.0);
    }
    all.extend_from_slice(&a[i..]);
    all.extend_from_slice(&b[j..]);
    all
}
