//! The type logfsm.templates, its aggregates, and parsing with it.

use super::automaton_type::rows;
use super::call::{Call, Reply, cstring, datum, sql_functions, text, varlena};
use super::error::Failure;
use super::set::{form_columns, stream};
use super::{cache, expanded, jsonb, memory_limit, text_form};
use crate::error::Error;
use crate::log::{MinerOptions, Scratch, TemplateMiner, Templates};
use pgrx::pg_sys::{self, Datum};

const PREFIX: &str = "templates:";

/// Checked bytes as a datum.
fn checked(bytes: &[u8]) -> Reply {
    Ok(Some(varlena(&TemplateMiner::from_bytes(bytes, memory_limit())?.to_bytes())))
}

/// What parse() keeps between rows.
struct Parser {
    row_type: pg_sys::TupleDesc,
    scratch: Scratch,
}

/// (template_id, template, parameters) of a line; NULLs where no template fits.
fn parsed(templates: &Templates, line: &str, scratch: &mut Scratch) -> Result<[Option<Datum>; 3], Failure> {
    let Some(id) = templates.find(line, scratch) else { return Ok([None; 3]) };
    let parameters = templates.parameters(line, id, scratch);
    Ok([
        datum(id as i32),
        Some(text(&templates.templates()[id as usize].text)),
        if parameters.is_empty() { None } else { Some(jsonb::array(&parameters)?) },
    ])
}

/// The options of template_agg, as they were in the first row.
struct Given {
    raw: Vec<u8>,
    options: MinerOptions,
}

/// The state that a row is added to; with options, one that has these.
fn miner<'a>(call: Call) -> Result<(Datum, &'a mut TemplateMiner), Failure> {
    let Some(raw) = call.bytes(2) else { return expanded::growing::<TemplateMiner>(call) };
    let first = call.keep(|| None::<Given>);
    if first.as_ref().is_none_or(|given| given.raw != raw) {
        let options = MinerOptions::from_json(&call.json(2, "{}"))?;
        *first = Some(Given { raw: raw.to_vec(), options });
    }
    let Some(Given { options, .. }) = first else { return expanded::growing::<TemplateMiner>(call) };
    if call.datum(0).is_none() {
        return expanded::fresh(call, TemplateMiner::new(options.clone(), memory_limit()));
    }
    let (datum, miner) = expanded::growing::<TemplateMiner>(call)?;
    if miner.options() != options {
        return Err(Failure::from(Error::InvalidArgument {
            argument: "options",
            reason: "They differ between the rows of a group".into(),
            hint: "Give the same options in every row.".into(),
        }));
    }
    Ok((datum, miner))
}

sql_functions! {
    /// templates_in(cstring)
    fn logfsm_templates_in(call) {
        let Some(input) = call.cstring(0)? else { return Ok(None) };
        checked(&text_form::decode("logfsm.templates", PREFIX, input)?)
    }

    /// templates_out(templates)
    fn logfsm_templates_out(call) {
        Ok(expanded::flat::<TemplateMiner>(call, 0)?.map(|flat| cstring(&text_form::encode(PREFIX, &flat))))
    }

    /// templates_recv(internal)
    fn logfsm_templates_recv(call) { checked(&text_form::received(call)) }

    /// templates_send(templates)
    fn logfsm_templates_send(call) {
        Ok(expanded::flat::<TemplateMiner>(call, 0)?.map(|flat| varlena(&flat)))
    }

    /// template_transition(templates, text) → templates. NULL lines are left out.
    fn logfsm_template_transition(call) {
        let Some(line) = call.text(1)? else { return Ok(call.datum(0)) };
        let (datum, miner) = miner(call)?;
        miner.add(line)?;
        Ok(Some(datum))
    }

    /// template_combine(templates, templates) → templates, also the transition of rollup
    fn logfsm_template_combine(call) { expanded::combine::<TemplateMiner>(call) }

    /// parse(templates, text) → (template_id, template, parameters)
    fn logfsm_parse(call) {
        let (Some(templates), Some(line)) = (cache::templates(call, 0)?, call.text(1)?) else { return Ok(None) };
        let parser = call.keep(|| Parser { row_type: call.row_type(), scratch: Scratch::default() });
        let row = parsed(&templates, line, &mut parser.scratch)?;
        // SAFETY: the declared result is a row of these three columns.
        Ok(Some(unsafe { form_columns(parser.row_type, row) }))
    }

    /// template_id(templates, text) → integer
    fn logfsm_template_id(call) {
        let (Some(templates), Some(line)) = (cache::templates(call, 0)?, call.text(1)?) else { return Ok(None) };
        Ok(templates.find(line, call.keep(Scratch::default)).and_then(|id| datum(id as i32)))
    }

    /// rebuild(templates, integer, jsonb) → text
    fn logfsm_rebuild(call) {
        let (Some(templates), Some(id)) = (cache::templates(call, 0)?, call.get::<i32>(1)) else { return Ok(None) };
        let invalid = || Failure::from(Error::InvalidArgument {
            argument: "parameters",
            reason: "They are no array of strings".into(),
            hint: "Give template and parameters as parse() returned them.".into(),
        });
        let parameters: Vec<String> = serde_json::from_str(&call.json(2, "[]")).map_err(|_| invalid())?;
        Ok(Some(text(&templates.rebuild(u32::try_from(id).unwrap_or(u32::MAX), &parameters)?)))
    }

    /// as_json(templates) → json
    fn logfsm_templates_as_json(call) {
        Ok(cache::templates(call, 0)?.map(|templates| super::call::text(&templates.to_json())))
    }

    /// to_json(templates) → jsonb
    fn logfsm_templates_to_json(call) {
        Ok(cache::templates(call, 0)?.map(|templates| super::call::jsonb(&templates.to_json())))
    }

    /// is_moved_by(templates, templates) → boolean
    fn logfsm_is_moved_by(call) {
        let flat = |i| expanded::flat::<TemplateMiner>(call, i);
        let (Some(before), Some(later)) = (flat(0)?, flat(1)?) else { return Ok(None) };
        let read = |flat: &[u8]| TemplateMiner::from_bytes(flat, memory_limit());
        Ok(datum(read(&before)?.is_moved_by(&read(&later)?)?))
    }

    /// list_templates(templates) → setof (template_id, template, kinds, count)
    fn logfsm_list_templates(call) {
        stream(call, || {
            let all = cache::templates(call, 0)?.map(|t| t.templates().to_vec()).unwrap_or_default();
            rows(all, |template| Ok(vec![
                datum(template.id as i32),
                Some(text(&template.text)),
                datum(template.kinds.iter().map(|kind| kind.name().to_string()).collect::<Vec<_>>()),
                datum(template.count as i64),
            ]))
        })
    }
}
