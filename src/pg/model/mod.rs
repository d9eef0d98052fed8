//! Layer 2: models, each a schema of tables made from a source.

mod check;
mod create;
mod data;
mod drop;
mod events;
mod fidelity;
mod find;
mod fit;
mod guards;
mod in_place;
mod invariants;
mod labels;
mod leaf;
mod lines;
mod owner;
mod progress;
mod refresh;
mod run;
mod scores;
mod scoring;
mod source;
mod staged;
mod synthesize;
mod traces;
mod watch;

use super::call::sql_functions;
use super::error::Failure;
use super::sql::{self, quote_identifier};
pub use owner::Settings;
use owner::{AsOwner, require_membership};
use pgrx::{PgSqlErrorCode, pg_sys};
use serde::Deserialize;

/// A model as found in its schema: where it is, whose it is, and what its `model` row says.
pub struct Model {
    /// The schema, unquoted.
    pub schema: String,
    /// The role that owns it.
    pub owner: pg_sys::Oid,
    /// Its row.
    pub info: Info,
}

/// The columns of `logfsm.model_info` that plan work; the values of other types stay in the table.
#[derive(Debug, Clone, Deserialize)]
pub struct Info {
    pub name: String,
    pub source: String,
    pub trace_column: Option<String>,
    pub trace_pattern: Option<String>,
    pub trace_slot: Option<i32>,
    pub event_column: Option<String>,
    pub message_column: Option<String>,
    pub at_column: Option<String>,
    pub seq_column: Option<String>,
    pub component_column: Option<String>,
    pub params_column: Option<String>,
    pub refresh_by: Option<String>,
    /// How lines of the message column are read, as JSON text.
    pub parse_settings: Option<String>,
    /// What the lines' formats give: see `LineFormats::gives`.
    #[serde(default)]
    pub line_fields: Vec<String>,
    /// The column that says of rows what their trace is, and its value where that must not happen.
    pub label_column: Option<String>,
    pub negative_label: Option<String>,
    pub events: String,
    pub fits: i32,
    pub method: Option<String>,
    pub fitted_at: Option<String>,
    pub traces: Option<i64>,
    pub events_read: Option<i64>,
    pub states: Option<i64>,
    pub transitions: Option<i64>,
}

impl Model {
    /// Reads the model in a schema that is known to hold one.
    pub fn read(schema: String, owner: pg_sys::Oid) -> Result<Self, Failure> {
        let message = format!("schema \"{schema}\" holds no model");
        Self::read_if_there(schema, owner)?.ok_or_else(|| {
            Failure::new(PgSqlErrorCode::ERRCODE_DATA_CORRUPTED, message)
                .detail("Its table \"model\" has no valid row.")
                .hint("Drop the schema and create the model anew.")
        })
    }

    /// Reads the model in a schema, if its table has a valid row.
    fn read_if_there(schema: String, owner: pg_sys::Oid) -> Result<Option<Self>, Failure> {
        let query = format!(
            "SELECT pg_catalog.to_jsonb(m)::text
             FROM (SELECT name, source, trace_column, trace_pattern, trace_slot, event_column, message_column, at_column,
                          seq_column, component_column, params_column, refresh_by, events, fits, method, fitted_at::text,
                          traces, events_read, states, transitions, parse_settings::text, COALESCE(line_fields, '{{}}') AS line_fields,
                          label_column, negative_label
                   FROM ONLY {}.model LIMIT 1) m",
            quote_identifier(&schema)
        );
        let json: Option<String> = sql::one(&query, &[])?;
        let info = json.as_deref().and_then(|json| serde_json::from_str(json).ok());
        Ok(info.map(|info| Model { schema, owner, info }))
    }

    /// A table of the model, quoted and qualified.
    pub fn table(&self, name: &str) -> String {
        format!("{}.{}", quote_identifier(&self.schema), quote_identifier(name))
    }

    /// Fails unless the model has been fitted.
    pub fn require_fitted(&self) -> Result<(), Failure> {
        if self.info.fits > 0 {
            return Ok(());
        }
        let message = format!("model \"{}\" has not been fitted yet", self.info.name);
        Err(Failure::new(PgSqlErrorCode::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE, message)
            .detail("It has no machine to work with.")
            .hint(format!("SELECT logfsm.fit({}) first.", sql::quote_literal(&self.info.name))))
    }

    /// Takes the model for one change until the transaction ends; another one at the same time fails at once.
    pub fn lock(&self) -> Result<(), Failure> {
        let query = format!("SELECT true FROM {} FOR UPDATE SKIP LOCKED", self.table("model"));
        if sql::holds(&query, &[])? {
            return Ok(());
        }
        let message = format!("model \"{}\" is being changed by another session", self.info.name);
        Err(Failure::new(PgSqlErrorCode::ERRCODE_LOCK_NOT_AVAILABLE, message)
            .detail("One fit, refresh or synthesize of a model runs at a time.")
            .hint("Try again when it has ended; pg_stat_activity.application_name shows how far it is."))
    }

    /// Finds a model, checks that the caller may change it, and runs `work` as its owner with the model locked.
    pub fn change<T>(name: &str, action: &str, work: impl FnOnce(Model) -> Result<T, Failure>) -> Result<T, Failure> {
        let model = Model::find(name)?;
        require_membership(model.owner, &model.info.name, action)?;
        let _as_owner = AsOwner::switch(model.owner);
        model.lock()?;
        // What was read before the lock may have changed since.
        work(Model::read(model.schema, model.owner)?)
    }
}

sql_functions! {
    /// create_model(…) → text
    fn logfsm_create_model(call) { create::create_model(call) }

    /// list_models() → setof record
    fn logfsm_list_models(call) { find::list_models(call) }

    /// explain(model, trace_key) → setof record
    fn logfsm_explain_model(call) { find::explain(call) }

    /// fit(model, method, options, since, until) → record
    fn logfsm_fit(call) { fit::fit(call) }

    /// refresh(model) → record
    fn logfsm_refresh(call) { refresh::refresh(call) }

    /// synthesize(model, traces, seed, options) → integer
    fn logfsm_synthesize(call) { synthesize::synthesize(call) }

    /// check_run(model, run) → setof (rule, kind, meaning, checked, violated, examples)
    fn logfsm_check_run(call) { check::check_run(call) }

    /// fidelity(model, run) → setof (metric, weighted, value, floor, shuffled, meaning)
    fn logfsm_fidelity(call) { fidelity::fidelity(call) }

    /// parameter_fidelity(model, run) → setof (measure, event, slot, earlier_event, earlier_slot, dependent, value, floor, shuffled)
    fn logfsm_parameter_fidelity(call) { fidelity::parameter_fidelity(call) }

    /// transition_matrix(model, run) → setof (event, next_event, real_share, synthetic_share, difference)
    fn logfsm_transition_matrix(call) { fidelity::transition_matrix(call) }

    /// transition_matrix_svg(model, run) → text
    fn logfsm_transition_matrix_svg(call) { fidelity::transition_matrix_svg(call) }

    /// spectra(model, run) → setof (n, real_eigenvalue, synthetic_eigenvalue)
    fn logfsm_spectra(call) { fidelity::spectra(call) }

    /// drop_run(model, run) → void
    fn logfsm_drop_run(call) { synthesize::drop_run(call) }

    /// check_invariants(model, run, max_rows) → setof record
    fn logfsm_check_model_invariants(call) { traces::check_invariants(call) }

    /// violations(model, kind, a, b, run, max_rows) → setof record
    fn logfsm_model_violations(call) { traces::violations(call) }

    /// traces_through(model, states, run, max_rows) → setof record
    fn logfsm_traces_through(call) { traces::traces_through(call) }

    /// score_traces(model) → bigint
    fn logfsm_score_traces(call) { synthesize::score_traces(call) }

    /// recalibrate(model, false_positive_rate) → double precision
    fn logfsm_recalibrate(call) { scoring::recalibrate(call) }

    /// evaluate(model, labels, trace, label) → setof record
    fn logfsm_evaluate(call) { scoring::evaluate(call) }

    /// watch(model, action, on_table) → void
    fn logfsm_watch(call) { watch::watch(call) }

    /// unwatch(model, on_table) → integer
    fn logfsm_unwatch(call) { watch::unwatch(call) }

    /// watch_insert() → trigger
    fn logfsm_watch_insert(call) { watch::on_insert(call) }

    /// model_changed() → trigger
    fn logfsm_model_changed(call) { watch::on_change(call) }

    /// close_traces(model, idle, recheck) → record
    fn logfsm_close_traces(call) { watch::close_traces(call) }

    /// drop_model(model, cascade) → void
    fn logfsm_drop_model(call) { drop::drop_model(call) }
}
