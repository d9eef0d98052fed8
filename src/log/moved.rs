//! Whether more lines change how earlier ones are parsed.

use super::miner::TemplateMiner;
use super::skeleton;
use crate::error::Result;

impl TemplateMiner {
    /// True where a line added to this state is parsed otherwise by the templates of `later`, a state that holds these
    /// lines and more. Takes as long as finishing both.
    ///
    /// # Errors
    /// As [`TemplateMiner::finish`].
    pub fn is_moved_by(&self, later: &TemplateMiner) -> Result<bool> {
        let (before, after) = (self.finish()?, later.finish()?);
        if before == after {
            return Ok(false);
        }
        let (mut tokens, mut old, mut new) = (Vec::new(), Vec::new(), Vec::new());
        for (key, leaf) in self.sorted() {
            // a line of this skeleton stands for all of them
            let Some(line) = skeleton::example(key, &leaf.values, &mut tokens) else { return Ok(true) };
            let (a, b) = (before.find_tokens(&line, &tokens, &mut old), after.find_tokens(&line, &tokens, &mut new));
            let same = match (a, b) {
                (Some(a), Some(b)) => (&a.pieces, &a.layout) == (&b.pieces, &b.layout) && old == new,
                (a, b) => a.is_none() && b.is_none(),
            };
            if !same {
                return Ok(true);
            }
        }
        Ok(self.has_overflow() != later.has_overflow())
    }
}

#[cfg(test)]
mod tests {
    use super::super::MinerOptions;
    use super::*;

    #[test]
    fn only_what_changes_old_lines_counts() {
        let state = |lines: &[&str]| {
            let mut miner = TemplateMiner::new(MinerOptions::default(), 1 << 20);
            lines.iter().for_each(|line| miner.add(line).unwrap());
            miner
        };
        let few = ["user ann in", "disk 3 full", "user bob in"];
        let before = state(&few);
        assert!(!before.is_moved_by(&before).unwrap());
        assert!(!before.is_moved_by(&state(&[&few[..], &["out of memory", "disk 4 full"]].concat())).unwrap());
        let many = ["user cid in", "user dan in", "user eve in", "user fay in", "user gil in", "user hal in"];
        assert!(before.is_moved_by(&state(&[&few[..], &many].concat())).unwrap());
    }
}
