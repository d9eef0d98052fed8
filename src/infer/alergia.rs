//! Alergia (Carrasco & Oncina 1994): states merge where their frequencies agree within Hoeffding bounds.

use super::merge::{Block, Evidence};
use super::red_blue::{self, Order};
use super::{Control, Learner, OptionKind, OptionSpec, Options, Sample};
use crate::automaton::Automaton;
use crate::error::Result;

/// The Alergia learner.
pub struct Alergia;

const OPTIONS: &[OptionSpec] = &[OptionSpec {
    name: "alpha",
    kind: OptionKind::Number(1e-9, 1.0),
    default: "0.05",
    meaning: "significance of the Hoeffding test; smaller merges more",
}];

impl Learner for Alergia {
    fn name(&self) -> &'static str {
        "alergia"
    }

    fn summary(&self) -> &'static str {
        "merges states whose frequencies of events and ends agree within Hoeffding bounds, throughout what follows \
         (Carrasco & Oncina 1994)"
    }

    fn options(&self) -> &'static [OptionSpec] {
        OPTIONS
    }

    fn learn(&self, sample: Sample<'_>, options: &Options, control: &Control<'_>) -> Result<Automaton> {
        let width = libm::sqrt(0.5 * libm::log(2.0 / options.number("alpha")));
        red_blue::learn(sample, Order::Largest, &mut Hoeffding { width, slack: 0.0 }, control)
    }
}

/// Every frequency of a pair within its bound; the more room is left, the better the merge.
struct Hoeffding {
    /// sqrt(ln(2 / alpha) / 2), the bound's width for one observation.
    width: f64,
    slack: f64,
}

impl Hoeffding {
    fn agree(&mut self, (a, n): (u64, f64), (b, m): (u64, f64), bound: f64) -> bool {
        let room = bound - (a as f64 / n - b as f64 / m).abs();
        self.slack += room;
        room >= 0.0
    }
}

impl Evidence for Hoeffding {
    fn begin(&mut self) {
        self.slack = 0.0;
    }

    fn pair(&mut self, red: Block<'_>, blue: Block<'_>) -> bool {
        let (n, m) = (red.visits as f64, blue.visits as f64);
        if n == 0.0 || m == 0.0 {
            return true;
        }
        let bound = self.width * (1.0 / n.sqrt() + 1.0 / m.sqrt());
        // Frequencies differ by at most 1: a wider bound cannot be missed.
        if bound >= 1.0 {
            return true;
        }
        if !self.agree((red.stops, n), (blue.stops, m), bound) {
            return false;
        }
        merge_counts(red, blue, |a, b| self.agree((a, n), (b, m), bound))
    }

    fn score(&self) -> Option<f64> {
        Some(self.slack)
    }
}

/// Calls `each` with both counts of every label that one of two blocks has, until it says false.
pub(super) fn merge_counts(a: Block<'_>, b: Block<'_>, mut each: impl FnMut(u64, u64) -> bool) -> bool {
    let (mut i, mut j) = (0, 0);
    loop {
        let more = match (a.edges.get(i), b.edges.get(j)) {
            (Some(x), Some(y)) if x.label == y.label => {
                (i, j) = (i + 1, j + 1);
                each(x.count, y.count)
            }
            (Some(x), Some(y)) if x.label < y.label => {
                i += 1;
                each(x.count, 0)
            }
            (Some(x), None) => {
                i += 1;
                each(x.count, 0)
            }
            (_, Some(y)) => {
                j += 1;
                each(0, y.count)
            }
            (None, None) => return true,
        };
        if !more {
            return false;
        }
    }
}

/// Calls `each` with both counts of every label that both blocks have, in order of labels. O(the smaller list) but for a
/// search in the larger one.
pub(super) fn shared_counts(a: Block<'_>, b: Block<'_>, mut each: impl FnMut(u64, u64)) {
    const SEARCH_IF_LONGER: usize = 8;
    let swapped = a.edges.len() < b.edges.len();
    let (wide, narrow) = if swapped { (b.edges, a.edges) } else { (a.edges, b.edges) };
    let mut both = |x: u64, y: u64| if swapped { each(y, x) } else { each(x, y) };
    if wide.len() > SEARCH_IF_LONGER * narrow.len() {
        for edge in narrow {
            if let Ok(at) = wide.binary_search_by_key(&edge.label, |e| e.label) {
                both(wide[at].count, edge.count);
            }
        }
        return;
    }
    let mut at = 0;
    for edge in narrow {
        while wide.get(at).is_some_and(|e| e.label < edge.label) {
            at += 1;
        }
        if let Some(same) = wide.get(at).filter(|e| e.label == edge.label) {
            both(same.count, edge.count);
        }
    }
}
