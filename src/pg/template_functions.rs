//! The type logfsm.templates, its aggregates, and parsing with it.

use super::automaton_type::rows;
use super::call::{Reply, cstring, datum, jsonb, sql_functions, text, varlena};
use super::set::{form, stream};
use super::{cache, expanded, memory_limit, text_form};
use crate::log::{TemplateMiner, Templates};
use pgrx::pg_sys;

const PREFIX: &str = "templates:";

/// Checked bytes as a datum.
fn checked(bytes: &[u8]) -> Reply {
    Ok(Some(varlena(&TemplateMiner::from_bytes(bytes, memory_limit())?.to_bytes())))
}

/// (template_id, template, parameters) of a line; NULLs where no template fits.
fn parsed(templates: &Templates, line: &str) -> Result<super::set::Row, super::error::Failure> {
    let Some(parsed) = templates.parse(line) else { return Ok(vec![None, None, None]) };
    let template = &templates.templates()[parsed.template as usize];
    let parameters = if parsed.parameters.is_empty() {
        None
    } else {
        Some(jsonb(&serde_json::to_string(&parsed.parameters).unwrap_or_default())?)
    };
    Ok(vec![datum(parsed.template as i32), Some(text(&template.text)), parameters])
}

sql_functions! {
    /// templates_in(cstring)
    fn logfsm_templates_in(call) {
        let Some(input) = call.cstring(0)? else { return Ok(None) };
        checked(&text_form::decode("logfsm.templates", PREFIX, input)?)
    }

    /// templates_out(templates)
    fn logfsm_templates_out(call) {
        Ok(expanded::flat::<TemplateMiner>(call, 0).map(|flat| cstring(&text_form::encode(PREFIX, &flat))))
    }

    /// templates_recv(internal)
    fn logfsm_templates_recv(call) { checked(&text_form::received(call)) }

    /// templates_send(templates)
    fn logfsm_templates_send(call) {
        Ok(expanded::flat::<TemplateMiner>(call, 0).map(|flat| varlena(&flat)))
    }

    /// template_transition(templates, text) → templates. NULL lines are left out.
    fn logfsm_template_transition(call) {
        let Some(line) = call.text(1)? else { return Ok(call.datum(0)) };
        let (datum, miner) = expanded::growing::<TemplateMiner>(call)?;
        miner.add(line)?;
        Ok(Some(datum))
    }

    /// template_combine(templates, templates) → templates, also the transition of rollup
    fn logfsm_template_combine(call) { expanded::combine::<TemplateMiner>(call) }

    /// parse(templates, text) → (template_id, template, parameters)
    fn logfsm_parse(call) {
        let (Some(templates), Some(line)) = (cache::templates(call, 0)?, call.text(1)?) else { return Ok(None) };
        let row = parsed(&templates, line)?;
        // SAFETY: the declared result is a row of these three columns.
        unsafe {
            let mut tuple_desc: pg_sys::TupleDesc = std::ptr::null_mut();
            pg_sys::get_call_result_type(call.0, std::ptr::null_mut(), &mut tuple_desc);
            Ok(form(pg_sys::BlessTupleDesc(tuple_desc), row))
        }
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
