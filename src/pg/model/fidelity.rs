//! fidelity and what belongs to it: a run's traces beside the real ones.

use super::Model;
use super::check::{playout, with_run};
use crate::automaton::{Follows, LabelId, transition_matrices_svg};
use crate::pg::bulk;
use crate::pg::call::{Call, Reply, datum, text};
use crate::pg::error::Failure;
use crate::pg::set::{Rows, stream};
use crate::pg::sql;
use crate::synth::Playout;
use crate::synth::fidelity::report::{METRICS, Trace, likenesses, report, variants};
use crate::synth::fidelity::{ngrams, spectrum};
use crate::synth::parameters::Values;
use crate::trace::Trace as Value;

/// Traces of a side whose parameters are compared; of more, evenly many.
const MOST_COMPARED: i64 = 20_000;

/// The traces of a run, as metrics see them, with labels numbered by the machine. Where parameters are wanted, traces
/// beyond [`MOST_COMPARED`] go without.
fn traces(model: &Model, playout: &Playout, run: i32, parameters: bool) -> Result<Vec<Trace>, Failure> {
    let count = format!("SELECT traces FROM {} WHERE run_id OPERATOR(pg_catalog.=) $1", model.table("runs"));
    let step = (sql::one::<i64>(&count, &[run.into()])?.unwrap_or(0) / MOST_COMPARED).max(0) as usize + 1;
    let query = format!(
        "SELECT trace, COALESCE(weight, 1::double precision) FROM {} WHERE run_id OPERATOR(pg_catalog.=) {run} ORDER BY trace_id",
        model.table("traces")
    );
    let mut all = Vec::new();
    bulk::each_row(&query, &mut |row| {
        let Some(bytes) = row.trace(0)? else { return Ok(()) };
        let trace = Value::from_bytes(bytes)?;
        let labels = playout.machine.resolve(&trace.variant);
        let events = trace.variant.events.iter().map(|&e| labels[e as usize].unwrap_or(LabelId::MAX - 1)).collect();
        let weight = row.float8(1)?.unwrap_or(1.0);
        let compared = parameters && all.len().is_multiple_of(step);
        let parameters = if compared { trace.parameters } else { Vec::new() };
        all.push(Trace { events, times: trace.times, weight, parameters });
        Ok(())
    })?;
    Ok(all)
}

/// The machine of a model, its real traces and those of a run.
type Sides = (Playout, Vec<Trace>, Vec<Trace>);

/// Real and synthetic traces of a run.
fn both(call: Call, parameters: bool) -> Result<Sides, Failure> {
    with_run(call, "Comparing a run with the real traces", &["runs", "traces"], |model, run, _| {
        let playout = playout(model)?;
        let (real, synthetic) = (traces(model, &playout, 0, parameters)?, traces(model, &playout, run, parameters)?);
        Ok((playout, real, synthetic))
    })
}

/// True for parameters whose values name things.
fn is_identifier(playout: &Playout, label: LabelId, name: &str) -> bool {
    let slots = &playout.plan.parameters.slots;
    let found = slots.binary_search_by(|slot| (slot.label, &*slot.name).cmp(&(label, name)));
    found.is_ok_and(|slot| matches!(slots[slot].values, Values::Identifier { .. }))
}

/// fidelity(model, run) → setof (metric, weighted, value, floor, shuffled, meaning)
pub fn fidelity(call: Call) -> Reply {
    stream(call, || {
        let (playout, real, synthetic) = both(call, true)?;
        let meaning = |name: &str| METRICS.iter().find(|m| m.0 == name).map_or("", |m| m.1);
        let metrics = report(&real, &synthetic, &|label, name| is_identifier(&playout, label, name));
        Ok(Box::new(metrics.into_iter().map(move |m| {
            Ok(vec![
                Some(text(m.name)),
                datum(m.weighted),
                datum(m.value),
                datum(m.floor),
                datum(m.shuffled),
                Some(text(meaning(m.name))),
            ])
        })) as Rows)
    })
}

/// parameter_fidelity(model, run) → setof (measure, event, slot, earlier_event, earlier_slot, dependent, value, floor, shuffled)
pub fn parameter_fidelity(call: Call) -> Reply {
    stream(call, || {
        let (playout, real, synthetic) = both(call, true)?;
        let all = likenesses(&real, &synthetic, &|label, name| is_identifier(&playout, label, name));
        Ok(Box::new(all.into_iter().map(move |l| {
            let event = |label: LabelId| name(&playout, label);
            Ok(vec![
                Some(text(l.measure)),
                event(l.of.0),
                Some(text(&l.of.1)),
                l.with.as_ref().and_then(|with| event(with.0)),
                l.with.as_ref().map(|with| text(&with.1)),
                datum(l.dependent),
                datum(l.value),
                datum(l.floor),
                datum(l.shuffled),
            ])
        })) as Rows)
    })
}

/// The name of an event type; NULL for the start and the end.
fn name(playout: &Playout, label: LabelId) -> Option<pgrx::pg_sys::Datum> {
    playout.machine.automaton.labels.get(label as usize).map(|label| text(&label.to_string()))
}

/// What follows each event how often, in real and in synthetic traces.
fn follows(call: Call) -> Result<(Playout, Follows, Follows), Failure> {
    let (playout, real, synthetic) = both(call, false)?;
    Ok((playout, ngrams::rows(&variants(&real)), ngrams::rows(&variants(&synthetic))))
}

/// transition_matrix(model, run) → setof (event, next_event, real_share, synthetic_share, difference)
pub fn transition_matrix(call: Call) -> Reply {
    stream(call, || {
        let (playout, a, b) = follows(call)?;
        let mut keys: Vec<(LabelId, LabelId)> =
            a.iter().chain(&b).flat_map(|(from, row)| row.keys().map(|to| (*from, *to))).collect();
        keys.sort_unstable();
        keys.dedup();
        let share = |side: &Follows, from, to| {
            let row = side.get(&from)?;
            let mut counts: Vec<f64> = row.values().copied().collect();
            counts.sort_by(f64::total_cmp);
            Some(row.get(&to).copied().unwrap_or(0.0) / counts.iter().fold(0.0, |sum, c| sum + c))
        };
        let rows: Vec<_> = keys
            .into_iter()
            .map(|(from, to)| (from, to, share(&a, from, to).unwrap_or(0.0), share(&b, from, to).unwrap_or(0.0)))
            .collect();
        Ok(Box::new(rows.into_iter().map(move |(from, to, real, synthetic)| {
            let name = |label: LabelId| name(&playout, label);
            Ok(vec![name(from), name(to), datum(real), datum(synthetic), datum(synthetic - real)])
        })) as Rows)
    })
}

/// transition_matrix_svg(model, run) → text
pub fn transition_matrix_svg(call: Call) -> Reply {
    let (playout, real, synthetic) = follows(call)?;
    Ok(Some(text(&transition_matrices_svg(&playout.machine.automaton.labels, &real, &synthetic))))
}

/// spectra(model, run) → setof (n, real_eigenvalue, synthetic_eigenvalue)
pub fn spectra(call: Call) -> Reply {
    stream(call, || {
        let (_, real, synthetic) = both(call, false)?;
        let (a, b) = (variants(&real), variants(&synthetic));
        let nodes = spectrum::union_nodes(&a, &b);
        let values = spectrum::spectrum(&a, &nodes).into_iter().zip(spectrum::spectrum(&b, &nodes));
        Ok(Box::new(values.zip(1i32..).map(|((a, b), n)| Ok(vec![datum(n), datum(a), datum(b)]))) as Rows)
    })
}
