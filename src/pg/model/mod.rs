//! Layer 2: models, each a schema of tables made from a source.
//!
//! ```text
//! create_model ─▶ fit ─▶ refresh, synthesize, score_traces, watch … ─▶ drop_model
//!
//! SELECT * FROM logfsm.fit('shop')    traces_fit_1, states_fit_1, … are built aside, then attached for run 0
//! ```
//!
//! In reading order:
//!
//! * Who and where: `find` (a model by name), `info` (its row, read as it is stored), `relations` (its tables are what
//!   the extension made), `owner` (the switch to its owner, pinned settings), and [`Model`] in this file
//! * The source: `source` (columns, the query for rows), `lines` (message columns), `foreign` (code of other roles is
//!   not run), `settled` (which rows count as read)
//! * Making: `create`; `fit` with `data` (traces and prefix tree), `labels`, `events`, `scores`, `scoring`,
//!   `invariants`, `guards`, and `leaf` (partitions built aside and swapped in); `progress`
//! * Keeping up: `refresh` with `staged` (what is new) and `in_place` (rows stay where the machine stays)
//! * Runs: `synthesize` (also drop_run, score_traces and learning the generator), `run` (the rows), `check`, `fidelity`
//! * Reading: `explain`, `traces`, `labelled` (evaluate)
//! * `watch`: triggers that score inserted rows; `drop`
//!
//! Which tables each function writes, and what it locks, is in `docs/architecture.md`.

mod check;
mod create;
mod data;
mod drop;
mod events;
mod explain;
mod fidelity;
mod find;
mod fit;
mod foreign;
mod guards;
mod in_place;
mod info;
mod invariants;
mod labelled;
mod labels;
mod leaf;
mod lines;
mod owner;
mod progress;
mod refresh;
mod relations;
mod run;
mod scores;
mod scoring;
mod settled;
mod source;
mod staged;
mod synthesize;
mod trace_key;
mod traces;
mod watch;

use super::call::sql_functions;
use super::error::Failure;
use super::sql::{self, quote_identifier};
use info::Info;
pub use owner::Settings;
use owner::{AsOwner, require_membership};
use pgrx::{PgSqlErrorCode, pg_sys};

/// A model as found in its schema: where it is, whose it is, and what its `model` row says.
///
/// Functions come by one through [`Model::open`], [`Model::change`] or [`Model::as_owner`] alone. Each of these checks what
/// the caller may do, and then runs the work as the model's owner: see docs/security.md.
pub struct Model {
    /// The schema, unquoted.
    pub schema: String,
    /// The role that owns it.
    pub owner: pg_sys::Oid,
    /// Its row.
    pub info: Info,
    /// The tables that the caller was found to have the right to read, besides "model".
    tables: &'static [&'static str],
}

/// All tables: for work whose caller may do what the owner may.
const EVERY: &[&str] = &["*"];

impl Model {
    /// Reads the model in a schema that is known to hold one.
    pub fn read(schema: String, owner: pg_sys::Oid) -> Result<Self, Failure> {
        if let Some(info) = relations::name_in(&schema, "model").and_then(info::whole) {
            return Ok(Model { schema, owner, info, tables: EVERY });
        }
        let message = format!("schema \"{schema}\" holds no model");
        Err(Failure::new(PgSqlErrorCode::ERRCODE_DATA_CORRUPTED, message)
            .detail("Its table \"model\" has no valid row.")
            .hint("Drop the schema and create the model anew."))
    }

    /// A table of the model, quoted and qualified.
    pub fn table(&self, name: &str) -> String {
        let is_open = self.tables == EVERY
            || name == "model"
            || self.tables.iter().any(|table| table.trim_start_matches('?') == name);
        debug_assert!(is_open || !relations::is_table(name), "nobody has checked that the caller may read {name}");
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
        let query = format!("SELECT FROM {} FOR UPDATE SKIP LOCKED", self.table("model"));
        if sql::run(&query, &[])? > 0 {
            return Ok(());
        }
        let message = format!("model \"{}\" is being changed by another session", self.info.name);
        Err(Failure::new(PgSqlErrorCode::ERRCODE_LOCK_NOT_AVAILABLE, message)
            .detail("One fit, refresh or synthesize of a model runs at a time.")
            .hint("Try again when it has ended; pg_stat_activity.application_name shows how far it is."))
    }

    /// Finds a model, checks that the caller may read the tables named, and runs `work` as its owner. What is read is
    /// what was committed when it starts, and takes no transaction id. `purpose` begins the sentence that says why a
    /// table is read. A table after a question mark needs no right: it is only asked whether it has a row.
    pub fn open<T>(
        name: &str,
        purpose: &str,
        tables: &'static [&'static str],
        work: impl FnOnce(&Model) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let mut model = find::find(name, false)?;
        relations::open_for_reading(&model, tables, purpose)?;
        let _as_owner = AsOwner::switch(model.owner);
        let _snapshot = sql::Snapshot::shared();
        // What was read before the locks may have changed since.
        model = Model::read(model.schema, model.owner)?;
        model.tables = tables;
        work(&model)
    }

    /// Finds a model, checks that the caller may change it, and runs `work` as its owner.
    pub fn as_owner<T>(name: &str, action: &str, work: impl FnOnce(Model) -> Result<T, Failure>) -> Result<T, Failure> {
        let model = find::find(name, true)?;
        require_membership(model.owner, &model.info.name, action)?;
        require_writable(&format!("{action} model \"{}\"", model.info.name))?;
        let _as_owner = AsOwner::switch(model.owner);
        work(model)
    }

    /// As [`Model::as_owner`], with the model locked and its tables checked to be what the extension made.
    pub fn change<T>(name: &str, action: &str, work: impl FnOnce(Model) -> Result<T, Failure>) -> Result<T, Failure> {
        Model::as_owner(name, action, |model| {
            relations::require_kinds(&model)?;
            model.lock()?;
            // What was read before the lock may have changed since.
            work(Model::read(model.schema, model.owner)?)
        })
    }
}

/// Fails where the transaction may not write.
fn require_writable(what: &str) -> Result<(), Failure> {
    // SAFETY: reads the state of transaction and server.
    let (read_only, standby) = unsafe { (pg_sys::XactReadOnly, pg_sys::RecoveryInProgress()) };
    if !read_only {
        return Ok(());
    }
    let code = PgSqlErrorCode::ERRCODE_READ_ONLY_SQL_TRANSACTION;
    let failure = Failure::new(code, format!("cannot {what} in a read-only transaction"));
    Err(if standby {
        failure.detail("This server is a standby: it only reads.").hint("Do it on the primary.")
    } else {
        failure
            .detail("It writes to the model's tables.")
            .hint("Do it in a transaction that may write: START TRANSACTION READ WRITE.")
    })
}

sql_functions! {
    /// create_model(…) → text
    fn logfsm_create_model(call) { create::create_model(call) }

    /// list_models() → setof record
    fn logfsm_list_models(call) { find::list_models(call) }

    /// machine(model) → automaton
    fn logfsm_machine(call) { explain::machine(call) }

    /// explain(model, trace_key) → setof record
    fn logfsm_explain_model(call) { explain::explain(call) }

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
    fn logfsm_evaluate(call) { labelled::evaluate(call) }

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
