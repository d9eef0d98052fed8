//! The Postgres surface: thin externs over the core, and the only place with pgrx or unsafe code.
//!
//! What users see is declared by hand in `sql/`; each file here holds the externs of one part of it.
//!
//! ```text
//! SELECT logfsm.score(automaton, trace)
//!   sql/functions.sql                AS 'MODULE_PATHNAME', 'logfsm_score'
//!   replay_functions                 a body in sql_functions!: arguments by call, the machine kept by cache
//!   conform::Machine::score_trace    the core
//! ```
//!
//! In reading order:
//!
//! * Calls: `call` (arguments, results, `sql_functions!`), `error` (SQLSTATE, DETAIL, HINT), `set` (rows, one per
//!   call), `value` (a datum with its type, checked), `jsonb`, `text_form`, `cache`
//! * Statements: `sql` (through SPI, only after a switch of role), `bulk` (rows streamed in, pages written out), `plan`
//!   (prepared for triggers), `subtransaction`, `constraint`
//! * What long work may take: `memory` (the counting allocator), `threads` (signals stay with the backend)
//! * Aggregates: `trace_agg`, `trace_set`, `prefix_tree_agg`, `digest_functions`; `expanded` keeps their states in
//!   memory
//! * Types: `trace_type`, `automaton_type`, `generator_type`, and those of `template_functions` and
//!   `invariant_functions`
//! * Functions on values: the other files named `…_functions`
//! * `model`: layer 2, functions that make and read a model's tables
//!
//! This file registers the setting `logfsm.memory_limit` and lists the parts of the install script.
#![allow(unsafe_code)]

mod automaton_type;
mod bulk;
mod cache;
mod call;
mod check_functions;
mod compare_functions;
mod constraint;
mod digest_functions;
mod error;
mod evaluate_functions;
mod expanded;
mod generator_type;
mod guard_functions;
mod heap_writer;
mod infer_functions;
mod invariant_functions;
mod jsonb;
mod line_functions;
mod memory;
mod model;
mod plan;
mod prefix_tree_agg;
mod render_functions;
mod replay_functions;
mod set;
mod sql;
mod subtransaction;
mod template_functions;
mod text_form;
mod threads;
mod trace_agg;
mod trace_set;
mod trace_type;
mod value;

use crate::infer::Control;
use pgrx::guc::{GucContext, GucFlags, GucRegistry, GucSetting};
use pgrx::prelude::*;

#[cfg(feature = "pg14")]
compile_error!("PostgreSQL 14 is not supported: build with the feature pg15, pg16, pg17 or pg18");

::pgrx::pg_module_magic!(name, version);

/// `logfsm.memory_limit` where nobody set it, in kB.
const DEFAULT_MEMORY: i32 = 512 * 1024;

static MEMORY_LIMIT: GucSetting<i32> = GucSetting::<i32>::new(DEFAULT_MEMORY);

/// Called when the library is loaded.
#[pg_guard]
#[allow(non_snake_case)]
pub extern "C-unwind" fn _PG_init() {
    memory::of_backend();
    crate::interrupt::set(|| {
        if let Err(error) = check_interrupts() {
            error::Failure::from(error).raise();
        }
    });
    GucRegistry::define_int_guc(
        c"logfsm.memory_limit",
        c"Memory that the trees and learners of one backend may take.",
        c"Reaching it is an error with a hint, not an out-of-memory kill.",
        &MEMORY_LIMIT,
        1024,
        i32::MAX,
        GucContext::Userset,
        GucFlags::UNIT_KB,
    );
}

/// `logfsm.memory_limit` in bytes.
fn memory_limit() -> usize {
    MEMORY_LIMIT.get() as usize * 1024
}

/// Whether the session allows less memory than it would have if nobody had set it.
fn is_short_of_memory() -> bool {
    MEMORY_LIMIT.get() < DEFAULT_MEMORY
}

/// Raises an error if the query was cancelled, for the core's hook, and fails where its memory has grown beyond bounds.
fn check_interrupts() -> crate::error::Result<()> {
    pgrx::check_for_interrupts!();
    memory::check()
}

/// What a long computation of the core may take: until the query is cancelled, within the memory limit, on as many
/// threads as a gather may have processes.
fn control() -> Control<'static> {
    Control::new(&check_interrupts, memory_limit()).with_threads(&threads::around_spawn, threads::workers())
}

extension_sql_file!("../../sql/types.sql", name = "types", bootstrap);
extension_sql_file!("../../sql/aggregates.sql", name = "aggregates", requires = ["types"]);
extension_sql_file!("../../sql/trace_set.sql", name = "trace_set", requires = ["aggregates"]);
extension_sql_file!("../../sql/key_types.sql", name = "key_types", requires = ["trace_set"]);
extension_sql_file!("../../sql/digest.sql", name = "digest", requires = ["types"]);
extension_sql_file!("../../sql/functions.sql", name = "functions", requires = ["aggregates"]);
extension_sql_file!("../../sql/invariants.sql", name = "invariants", requires = ["functions"]);
extension_sql_file!("../../sql/generator.sql", name = "generator", requires = ["functions"]);
extension_sql_file!("../../sql/compare.sql", name = "compare", requires = ["functions"]);
extension_sql_file!("../../sql/guards.sql", name = "guards", requires = ["types"]);
extension_sql_file!("../../sql/parsing.sql", name = "parsing", requires = ["functions"]);
extension_sql_file!("../../sql/model.sql", name = "model", requires = ["functions", "parsing", "generator"]);
extension_sql_file!(
    "../../sql/model_machine.sql",
    name = "model_machine",
    requires = ["model", "invariants", "guards"]
);
extension_sql_file!("../../sql/model_traces.sql", name = "model_traces", requires = ["model"]);
extension_sql_file!("../../sql/scoring.sql", name = "scoring", requires = ["functions"]);
extension_sql_file!("../../sql/synthesis.sql", name = "synthesis", requires = ["model"]);
extension_sql_file!("../../sql/watch.sql", name = "watch", requires = ["model"]);
extension_sql_file!("../../sql/evaluate.sql", name = "evaluate", requires = ["model"]);
extension_sql_file!("../../sql/finalize.sql", name = "finalize", finalize);
