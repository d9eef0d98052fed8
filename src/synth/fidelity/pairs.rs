//! Pairs of parameters: whether those that hang together in real traces do so in synthetic ones.

use super::columns::{Cell, Coded, Columns, Kind, overlap};
use hashbrown::HashMap;

/// Latest values of other columns that a value is paired with.
const RECENT: usize = 24;
/// A pair is looked at where real traces have it so often, and only the most frequent pairs are.
const LEAST: f64 = 10.0;
const MOST_PAIRS: usize = 4096;
/// What makes two columns dependent: bits that one tells about the other beyond chance, or their rank correlation.
const DEPENDENT_BITS: f64 = 0.05;
const DEPENDENT_CORRELATION: f64 = 0.3;

/// How two columns are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// Which of their values occur together.
    Contingency,
    /// How their numbers are correlated by rank.
    Correlation,
    /// How often two identifiers are equal.
    Equality,
}

impl Relation {
    /// Its name in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Relation::Contingency => "contingency",
            Relation::Correlation => "correlation",
            Relation::Equality => "equality",
        }
    }
}

/// Two columns: a value of the later one beside the latest value of the earlier one in the same trace.
#[derive(Debug, Clone, PartialEq)]
pub struct Pair {
    /// The earlier column.
    pub earlier: u32,
    /// The later column.
    pub later: u32,
    /// How they are compared.
    pub relation: Relation,
    /// True where real traces show that one depends on the other.
    pub dependent: bool,
}

/// What of a pair occurred: bins together, and sums over the ranks of numbers.
#[derive(Debug, Clone, Default)]
struct Table {
    joint: HashMap<(u32, u32), f64>,
    /// Σ1, Σx, Σy, Σx², Σy², Σxy.
    moments: [f64; 6],
    equal: [f64; 2],
}

/// Calls `each` with every value and the latest earlier values beside it: identifiers with identifiers, others with
/// others.
fn visit(trace: &Coded, columns: &Columns, each: &mut dyn FnMut(&Cell, &Cell)) {
    let mut recent: [Vec<Cell>; 2] = Default::default();
    for cell in trace.events.iter().flat_map(|e| &e.1) {
        let recent = &mut recent[usize::from(columns.list[cell.column as usize].kind == Kind::Identifier)];
        recent.iter().for_each(|earlier| each(earlier, cell));
        recent.retain(|r| r.column != cell.column);
        recent.insert(0, *cell);
        recent.truncate(RECENT);
    }
}

/// The pairs of columns of real traces that are frequent enough, ascending. O(values × `RECENT`).
pub fn pairs(columns: &Columns, real: &[Coded]) -> Vec<Pair> {
    let mut counts: HashMap<(u32, u32), u64> = HashMap::new();
    for trace in real {
        crate::interrupt::check();
        visit(trace, columns, &mut |a, b| *counts.entry((a.column, b.column)).or_default() += 1);
    }
    let mut frequent: Vec<((u32, u32), u64)> = counts.into_iter().filter(|c| c.1 as f64 >= LEAST).collect();
    frequent.sort_unstable_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    frequent.truncate(MOST_PAIRS);
    frequent.sort_unstable();
    let relation = |a: u32, b: u32| match (&columns.list[a as usize].kind, &columns.list[b as usize].kind) {
        (Kind::Identifier, _) => Relation::Equality,
        (Kind::Numbers(..), Kind::Numbers(..)) => Relation::Correlation,
        _ => Relation::Contingency,
    };
    let pair = |((a, b), _)| Pair { earlier: a, later: b, relation: relation(a, b), dependent: false };
    let mut all: Vec<Pair> = frequent.into_iter().map(pair).collect();
    let tables = tables(columns, &all, real);
    for (pair, table) in all.iter_mut().zip(&tables) {
        pair.dependent = match pair.relation {
            Relation::Equality => table.equal[1] > 0.0,
            Relation::Contingency => information(&table.joint) > DEPENDENT_BITS,
            // Numbers may depend on each other without rising together.
            Relation::Correlation => {
                correlation(&table.moments).is_some_and(|r| r.abs() > DEPENDENT_CORRELATION)
                    || information(&table.joint) > DEPENDENT_BITS
            }
        };
    }
    all
}

fn tables(columns: &Columns, pairs: &[Pair], traces: &[Coded]) -> Vec<Table> {
    let number: HashMap<(u32, u32), usize> = pairs.iter().zip(0..).map(|(p, i)| ((p.earlier, p.later), i)).collect();
    let mut tables = vec![Table::default(); pairs.len()];
    for trace in traces {
        crate::interrupt::check();
        let weight = trace.weight;
        visit(trace, columns, &mut |a, b| {
            let Some(&i) = number.get(&(a.column, b.column)) else { return };
            let table = &mut tables[i];
            if pairs[i].relation == Relation::Equality {
                table.equal[usize::from(a.bin == b.bin)] += weight;
                return;
            }
            *table.joint.entry((a.bin, b.bin)).or_default() += weight;
            if let (Some(x), Some(y)) = (a.number, b.number) {
                let rank = |cell: &Cell, number: f64| columns.list[cell.column as usize].kind.rank(number);
                let (x, y) = (rank(a, x), rank(b, y));
                let sums = [1.0, x, y, x * x, y * y, x * y];
                table.moments.iter_mut().zip(sums).for_each(|(sum, value)| *sum += weight * value);
            }
        });
    }
    tables
}

/// The correlation behind some sums; `None` where a side does not vary.
fn correlation([n, x, y, xx, yy, xy]: &[f64; 6]) -> Option<f64> {
    let (of_x, of_y) = (xx / n - x / n * (x / n), yy / n - y / n * (y / n));
    let varies = *n > 0.0 && of_x > 1e-9 && of_y > 1e-9;
    varies.then(|| ((xy / n - x / n * (y / n)) / libm::sqrt(of_x * of_y)).clamp(-1.0, 1.0))
}

/// Bits that one of two values tells about the other, less what chance alone gives (Miller 1955).
fn information(joint: &HashMap<(u32, u32), f64>) -> f64 {
    let mut cells: Vec<((u32, u32), f64)> = joint.iter().map(|(&k, &v)| (k, v)).collect();
    cells.sort_unstable_by_key(|c| c.0);
    let (mut left, mut right): (HashMap<u32, f64>, HashMap<u32, f64>) = (HashMap::new(), HashMap::new());
    let mut n = 0.0;
    for ((a, b), count) in &cells {
        *left.entry(*a).or_default() += count;
        *right.entry(*b).or_default() += count;
        n += count;
    }
    let bits =
        |sum: f64, ((a, b), count): &((u32, u32), f64)| sum + count / n * libm::log2(count * n / (left[a] * right[b]));
    let chance = (left.len() as f64 - 1.0) * (right.len() as f64 - 1.0) / (2.0 * n * std::f64::consts::LN_2);
    cells.iter().fold(0.0, bits) - chance
}

/// For each pair how alike both sides are in it, 1 being best; `None` where the first side does not have it.
pub fn similarities(columns: &Columns, pairs: &[Pair], a: &[Coded], b: &[Coded]) -> Vec<Option<f64>> {
    let (a, b) = (tables(columns, pairs, a), tables(columns, pairs, b));
    let similar = |((pair, a), b): ((&Pair, &Table), &Table)| match pair.relation {
        Relation::Equality => {
            let share = |t: &Table| (t.equal[0] + t.equal[1] > 0.0).then(|| t.equal[1] / (t.equal[0] + t.equal[1]));
            let real = share(a)?;
            Some(share(b).map_or(0.0, |other| 1.0 - (real - other).abs()))
        }
        _ if a.joint.is_empty() => None,
        Relation::Contingency => Some(overlap(&a.joint, &b.joint)),
        Relation::Correlation => match (correlation(&a.moments), correlation(&b.moments)) {
            (Some(x), Some(y)) => Some(1.0 - (x - y).abs() / 2.0),
            // Where one does not vary there is nothing to correlate, but still values that occur together.
            _ => Some(overlap(&a.joint, &b.joint)),
        },
    };
    pairs.iter().zip(&a).zip(&b).map(similar).collect()
}

#[cfg(test)]
mod tests {
    use super::super::report::Trace;
    use super::*;

    /// Two events: a word, a number and an identifier; then a number and an identifier that depend on them.
    fn traces(n: u32, bound: bool) -> Vec<Trace> {
        let trace = |i: u32| {
            let (word, size, id) = (["red", "blue"][(i % 2) as usize], 10 + i * 7 % 50, 1_000 + i);
            let (cost, other) = if bound { (size * 2, id) } else { (20 + 2 * (i * 31 % 50), id + 1) };
            let price = if bound { i % 2 } else { i / 2 % 2 };
            let parameters = [
                Some(format!(r#"["{word}", {size}, "n{id}"]"#).into()),
                Some(format!(r#"{{"cost": {cost}, "id": "n{other}", "price": "p{price}"}}"#).into()),
            ];
            Trace { events: vec![0, 1], times: vec![], parameters: parameters.into(), weight: 1.0 }
        };
        (0..n).map(trace).collect()
    }

    #[test]
    fn what_hangs_together_is_found_and_missed_where_it_is_gone() {
        let real = traces(400, true);
        let columns = Columns::of(&real, &|label, name| (label, name) == (0, "3") || (label, name) == (1, "id"));
        assert_eq!(columns.list.len(), 6);
        let coded = columns.code(&real);
        let all = pairs(&columns, &coded);
        let dependent: Vec<_> = all.iter().filter(|p| p.dependent).map(|p| (p.earlier, p.later, p.relation)).collect();
        // Word and price, size and cost, both identifiers.
        assert!(dependent.contains(&(0, 5, Relation::Contingency)), "{dependent:?}");
        assert!(dependent.contains(&(1, 3, Relation::Correlation)), "{dependent:?}");
        assert!(dependent.contains(&(2, 4, Relation::Equality)), "{dependent:?}");
        let same = similarities(&columns, &all, &coded, &coded);
        assert!(same.iter().all(|s| s.is_some_and(|s| s > 1.0 - 1e-9)), "{same:?}");
        let free = similarities(&columns, &all, &coded, &columns.code(&traces(400, false)));
        let of = |a, b| free[all.iter().position(|p| (p.earlier, p.later) == (a, b)).unwrap()].unwrap();
        assert!(of(0, 5) < 0.6 && of(1, 3) < 0.7 && of(2, 4) == 0.0, "{free:?}");
    }

    #[test]
    fn shapes_and_counts_of_columns() {
        use super::super::columns::{parameters_per_event, shapes};
        let real = traces(200, true);
        let columns = Columns::of(&real, &|label, name| (label, name) == (0, "3") || (label, name) == (1, "id"));
        let coded = columns.code(&real);
        let same = shapes(&columns, &coded, &coded);
        assert_eq!(
            same.iter().map(|s| s.map(|s| (s * 1e9).round() / 1e9)).collect::<Vec<_>>(),
            [Some(1.0), Some(1.0), None, Some(1.0), None, Some(1.0)]
        );
        let mut other = real.clone();
        for trace in &mut other {
            crate::interrupt::check();
            trace.parameters[0] = Some(r#"["green", 1000]"#.into());
        }
        let other = columns.code(&other);
        assert_eq!(&shapes(&columns, &coded, &other)[..2], [Some(0.0), Some(0.0)]);
        assert_eq!(parameters_per_event(&coded, &coded), Some(1.0));
        assert_eq!(parameters_per_event(&coded, &other), Some(0.5));
    }
}
