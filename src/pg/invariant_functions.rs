//! The type logfsm.invariant_counts, its aggregates, and listing invariants.

use super::automaton_type::rows;
use super::call::{Reply, cstring, datum, sql_functions, text, varlena};
use super::error::Failure;
use super::expanded::{self, Growing};
use super::set::{Rows, stream};
use super::value::ValueType;
use super::{check_interrupts, memory_limit, text_form};
use crate::automaton::{Invariant, Kind};
use crate::error::Error;
use crate::infer::Control;
use crate::infer::invariants::{InvariantMiner, Invariants, MiningOptions, mine};
use crate::trace::{Label, TraceView};
use pgrx::pg_sys::Datum;

const PREFIX: &str = "invariant_counts:";

impl Growing for InvariantMiner {
    const TYPE: ValueType = ValueType::InvariantCounts;

    fn empty() -> Self {
        InvariantMiner::new(memory_limit())
    }

    fn flat(&self) -> Result<Vec<u8>, Failure> {
        Ok(self.to_bytes())
    }

    fn read(flat: &[u8]) -> Result<Self, Failure> {
        Ok(InvariantMiner::from_bytes(flat, memory_limit())?)
    }

    fn absorb(&mut self, flat: &[u8]) -> Result<(), Failure> {
        Ok(self.merge(&InvariantMiner::from_bytes(flat, memory_limit())?)?)
    }
}

/// Checked bytes as a datum.
fn checked(bytes: &[u8]) -> Reply {
    Ok(Some(varlena(&InvariantMiner::read(bytes)?.to_bytes())))
}

/// The label of an invariant's first event as it prints.
pub fn first(labels: &[Label], invariant: &Invariant) -> String {
    invariant.a.map_or_else(|| "INITIAL".into(), |a| labels[a as usize].to_string())
}

/// Labels as a text array.
pub fn label_array(labels: &[Label]) -> Option<Datum> {
    datum(labels.iter().map(Label::to_string).collect::<Vec<String>>())
}

/// One row per invariant: (invariant_id, kind, a, b, support, delay_min, delay_max, a_id, b_id).
fn listed(Invariants { labels, list }: Invariants) -> Result<Rows, Failure> {
    rows(list.into_iter().enumerate().collect(), move |(id, i): (usize, Invariant)| {
        let seconds = |microseconds: u64| microseconds as f64 / 1e6;
        Ok(vec![
            datum(id as i32),
            Some(text(i.kind.as_str())),
            Some(text(&first(&labels, &i))),
            Some(text(&labels[i.b as usize].to_string())),
            datum(i.support as i64),
            i.times.and_then(|t| datum(seconds(t.0))),
            i.times.and_then(|t| datum(seconds(t.1))),
            i.a.and_then(|a| datum(a as i32)),
            datum(i.b as i32),
        ])
    })
}

sql_functions! {
    /// invariant_counts_in(cstring)
    fn logfsm_invariant_counts_in(call) {
        let Some(input) = call.cstring(0)? else { return Ok(None) };
        checked(&text_form::decode("logfsm.invariant_counts", PREFIX, input)?)
    }

    /// invariant_counts_out(invariant_counts)
    fn logfsm_invariant_counts_out(call) {
        Ok(expanded::flat::<InvariantMiner>(call, 0)?.map(|flat| cstring(&text_form::encode(PREFIX, &flat))))
    }

    /// invariant_counts_recv(internal)
    fn logfsm_invariant_counts_recv(call) { checked(&text_form::received(call)) }

    /// invariant_counts_send(invariant_counts)
    fn logfsm_invariant_counts_send(call) {
        Ok(expanded::flat::<InvariantMiner>(call, 0)?.map(|flat| varlena(&flat)))
    }

    /// mine_invariants_transition(invariant_counts, trace) → invariant_counts. NULL traces are left out.
    fn logfsm_mine_invariants_transition(call) {
        let Some(bytes) = call.bytes(1) else { return Ok(call.datum(0)) };
        let (datum, miner) = expanded::growing::<InvariantMiner>(call)?;
        miner.add(&TraceView::from_bytes(bytes)?)?;
        Ok(Some(datum))
    }

    /// mine_invariants_combine(invariant_counts, invariant_counts) → invariant_counts, also the transition of rollup
    fn logfsm_mine_invariants_combine(call) { expanded::combine::<InvariantMiner>(call) }

    /// invariants(invariant_counts, jsonb) → setof record
    fn logfsm_counted_invariants(call) {
        stream(call, || {
            let options = MiningOptions::parse(&call.json(1, "{}"))?;
            let miner = InvariantMiner::read(&expanded::flat::<InvariantMiner>(call, 0)?.unwrap_or_default())?;
            listed(miner.finish(&options))
        })
    }

    /// invariants(automaton) → setof record
    fn logfsm_invariants(call) {
        stream(call, || {
            let automaton = expanded::automaton(call, 0)?;
            if automaton.kind == Kind::PrefixTree {
                let control = Control::new(&check_interrupts, memory_limit());
                return listed(mine(&automaton, &MiningOptions::default(), &control)?);
            }
            listed(Invariants { labels: automaton.labels, list: automaton.learned.invariants })
        })
    }

    /// invariants(automaton, jsonb) → setof record
    fn logfsm_mined_invariants(call) {
        stream(call, || {
            let options = MiningOptions::parse(&call.json(1, "{}"))?;
            let tree = expanded::automaton(call, 0)?;
            if let Kind::Inferred(provenance) = tree.kind {
                return Err(Error::NotAPrefixTree { operation: "mining with options", method: provenance.method }.into());
            }
            listed(mine(&tree, &options, &Control::new(&check_interrupts, memory_limit()))?)
        })
    }
}
