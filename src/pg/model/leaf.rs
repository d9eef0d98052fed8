//! Partitions built aside and swapped in: readers see the old rows until commit, and wait for the swap at most.
//!
//! Every table of a model that holds runs is a partitioned parent over run_id. A leaf is built as a plain table, gets its keys and
//! foreign keys (to leaves of the same run or machine, so that they are validated before any lock on a parent), and is
//! attached at the end. What was attached for that run is detached, children first.

use super::Model;
use super::owner::Settings;
use super::relations::PARTITIONED;
use crate::pg::error::Failure;
use crate::pg::{constraint, sql};
use pgrx::pg_sys;
use std::ffi::CStr;

/// The statistics target of the leaves of runs where the session's is higher: a sample of 9,000 rows tells how even the
/// rows of a generator are.
const RUN_STATISTICS: &CStr = c"30";
/// Milliseconds for which locks are tried for without queueing.
const MOST_TRYING: i32 = 10_000;
const MANY_STATISTICS: &str =
    "SELECT pg_catalog.current_setting('default_statistics_target')::integer OPERATOR(pg_catalog.>) 30";

/// The name of the foreign key of parameters.
const EVENT_KEY: &str = "parameters_of_events";

/// A leaf's keys beyond the table's own constraints; those of the real data differ from those of runs, and those of runs
/// that are `anomalous` on purpose from others. `{M}` and `{D}` stand for the suffixes of machine and data leaves. The run,
/// one for all rows of a leaf, comes last in the keys of traces: sorting, merging and looking up compare it seldom.
fn keys(parent: &str, real: bool, anomalous: bool) -> &'static [&'static str] {
    match parent {
        "phases" => &["PRIMARY KEY (run_id, phase_id)", "UNIQUE (phase_id)"],
        "templates" => &[
            "PRIMARY KEY (run_id, template_id)",
            "UNIQUE (template_id)",
            "FOREIGN KEY (phase_id) REFERENCES {schema}.phases_{M} (phase_id)",
        ],
        "states" => &[
            "PRIMARY KEY (run_id, state_id)",
            "UNIQUE (state_id)",
            "FOREIGN KEY (phase_id) REFERENCES {schema}.phases_{M} (phase_id)",
        ],
        "transitions" => &[
            "PRIMARY KEY (run_id, transition_id)",
            "UNIQUE (transition_id, src, template_id, dst)",
            "FOREIGN KEY (src) REFERENCES {schema}.states_{M} (state_id)",
            "FOREIGN KEY (dst) REFERENCES {schema}.states_{M} (state_id)",
            "FOREIGN KEY (template_id) REFERENCES {schema}.templates_{M} (template_id)",
        ],
        "invariants" => &[
            "PRIMARY KEY (run_id, invariant_id)",
            "FOREIGN KEY (a_template_id) REFERENCES {schema}.templates_{M} (template_id)",
            "FOREIGN KEY (b_template_id) REFERENCES {schema}.templates_{M} (template_id)",
        ],
        "guards" => &[
            "PRIMARY KEY (run_id, transition_id, alternative, slot, operator)",
            "FOREIGN KEY (run_id, transition_id) REFERENCES {schema}.transitions_{M} (run_id, transition_id)",
        ],
        "traces" if real => &["PRIMARY KEY (trace_id, run_id)", "UNIQUE (trace_id)", "UNIQUE (trace_key)"],
        "traces" => &["PRIMARY KEY (trace_id, run_id)", "UNIQUE (trace_id)", "UNIQUE (synthetic_key)"],
        "events" if anomalous => &[
            "PRIMARY KEY (trace_id, seq, run_id)",
            "FOREIGN KEY (trace_id) REFERENCES {schema}.traces_{D} (trace_id)",
            "FOREIGN KEY (transition_id, src, template_id, dst) REFERENCES {schema}.transitions_{M} (transition_id, src, template_id, dst)",
            // Where there is no transition.
            "FOREIGN KEY (src) REFERENCES {schema}.states_{M} (state_id)",
            "FOREIGN KEY (dst) REFERENCES {schema}.states_{M} (state_id)",
            "FOREIGN KEY (template_id) REFERENCES {schema}.templates_{M} (template_id)",
            "CHECK (transition_id IS NOT NULL OR src OPERATOR(pg_catalog.=) dst)",
        ],
        "events" => &[
            "PRIMARY KEY (trace_id, seq, run_id)",
            "FOREIGN KEY (trace_id) REFERENCES {schema}.traces_{D} (trace_id)",
            "FOREIGN KEY (transition_id, src, template_id, dst) REFERENCES {schema}.transitions_{M} (transition_id, src, template_id, dst)",
        ],
        // Its foreign key is one that holds by construction.
        "parameters" => &["PRIMARY KEY (trace_id, seq, slot, run_id)"],
        _ => &["PRIMARY KEY (trace_id, run_id)", "FOREIGN KEY (trace_id) REFERENCES {schema}.traces_{D} (trace_id)"],
    }
}

/// So many runs of a model have leaves of their own, which drop_run drops. Every leaf and index takes a lock where all
/// are dropped, and there are 64 locks a connection by default: later runs share leaves, one set for each machine.
const MOST_OWN: i64 = 32;

/// The leaves of one run: named after the machine they belong to and the data they hold.
pub struct Leaves<'a> {
    model: &'a Model,
    run_id: i32,
    machine: String,
    data: String,
    anomalous: bool,
    /// Whether leaves of data hold many runs.
    shared: bool,
    built: Vec<&'static str>,
}

impl<'a> Leaves<'a> {
    /// Leaves for the real data and machine of a fit.
    pub fn of_fit(model: &'a Model, fit: i32) -> Self {
        Leaves {
            model,
            run_id: 0,
            machine: format!("fit_{fit}"),
            data: format!("fit_{fit}"),
            anomalous: false,
            shared: false,
            built: Vec::new(),
        }
    }

    /// Leaves for a run of synthetic data from the machine of the latest fit.
    pub fn of_run(model: &'a Model, run_id: i32, anomalous: bool) -> Result<Self, Failure> {
        let machine = attached_suffix(model)?;
        let shared = is_shared(model)?;
        let data = if shared { format!("runs_of_{machine}") } else { format!("run_{run_id}") };
        Ok(Leaves { model, run_id, machine, data, anomalous, shared, built: Vec::new() })
    }

    /// The attached leaves of the real data and their machine.
    pub fn in_place(model: &'a Model) -> Result<Self, Failure> {
        let suffix = attached_suffix(model)?;
        let (machine, data) = (suffix.clone(), suffix);
        Ok(Leaves { model, run_id: 0, machine, data, anomalous: false, shared: false, built: Vec::new() })
    }

    /// True where the traces are anomalous on purpose.
    pub fn anomalous(&self) -> bool {
        self.anomalous
    }

    /// True where the leaves may hold rows of other runs, and have their keys.
    pub fn shared(&self) -> bool {
        self.shared
    }

    /// Makes shared leaves with their keys, unless they are there.
    pub fn share(&mut self, parents: &[&'static str]) -> Result<(), Failure> {
        let there = "SELECT pg_catalog.to_regclass($1) IS NOT NULL";
        for &parent in parents {
            if !sql::holds(there, &[self.name(parent).into()])? {
                self.create(parent)?;
                self.finish(parent)?;
            }
        }
        Ok(())
    }

    /// The leaf of a parent, quoted and qualified.
    pub fn name(&self, parent: &str) -> String {
        let of_machine = matches!(parent, "phases" | "templates" | "states" | "transitions" | "invariants" | "guards");
        self.model.table(&format!("{parent}_{}", if of_machine { &self.machine } else { &self.data }))
    }

    /// Creates an empty leaf without keys.
    pub fn create(&mut self, parent: &'static str) -> Result<String, Failure> {
        let name = self.name(parent);
        let like = self.model.table(parent);
        // Its run is checked as rows come: afterwards it would take a pass over them.
        let run = if self.shared {
            "CHECK (run_id OPERATOR(pg_catalog.>) 0)".to_string()
        } else {
            format!("CHECK (run_id OPERATOR(pg_catalog.=) {})", self.run_id)
        };
        sql::run(
            &format!(
                "CREATE TABLE {name} (LIKE {like} INCLUDING DEFAULTS INCLUDING GENERATED INCLUDING COMMENTS, {run})"
            ),
            &[],
        )?;
        if parent == "traces" {
            // Labels are written before there are keys; publications of all tables ask for an identity of rows then.
            sql::run(&format!("ALTER TABLE {name} REPLICA IDENTITY FULL"), &[])?;
        }
        if parent == "events" && !self.anomalous && !self.shared {
            sql::run(&format!("ALTER TABLE {name} ALTER transition_id SET NOT NULL"), &[])?;
        }
        self.built.push(parent);
        Ok(name)
    }

    /// Adds checks and keys to a filled leaf and analyzes it.
    pub fn finish(&self, parent: &str) -> Result<(), Failure> {
        let name = self.name(parent);
        let mut clauses = self.model_checks(parent)?;
        if parent == "traces" && self.run_id > 0 {
            let label = match (self.shared, self.anomalous) {
                (true, _) => "",
                (_, true) => " AND label OPERATOR(pg_catalog.=) 'anomalous'",
                (_, false) => " AND label OPERATOR(pg_catalog.=) 'normal'",
            };
            clauses.push(format!("ADD CHECK (label IS NOT NULL{label})"));
        }
        if parent == "traces" {
            clauses.push("REPLICA IDENTITY DEFAULT".into());
        }
        for key in keys(parent, self.run_id == 0, self.anomalous || self.shared) {
            // Runs made from one seed have the same keys.
            let key =
                if self.shared { key.replace("(synthetic_key)", "(synthetic_key, run_id)") } else { key.to_string() };
            let schema = sql::quote_identifier(&self.model.schema);
            let values = [("schema", schema.as_str()), ("M", &self.machine), ("D", &self.data)];
            clauses.push(format!("ADD {}", sql::fill(&key, &values)));
        }
        if parent == "parameters" {
            // A parameter is written with its event: looking them all up would take longer than all other keys.
            clauses.push(format!("ADD CONSTRAINT {EVENT_KEY} {} NOT VALID", self.event_key()));
        }
        sql::run(&format!("ALTER TABLE {name} {}", clauses.join(", ")), &[])?;
        if parent == "parameters" {
            constraint::mark_validated(&name, EVENT_KEY)?;
        }
        let _settings = if self.run_id > 0 && sql::holds(MANY_STATISTICS, &[])? {
            Some(Settings::new().with(c"default_statistics_target", RUN_STATISTICS))
        } else {
            None
        };
        sql::run(&format!("ANALYZE {name}"), &[])?;
        Ok(())
    }

    /// Analyzes shared leaves that got rows.
    pub fn analyze(&self, parents: &[&'static str]) -> Result<(), Failure> {
        let _settings = Settings::new().with(c"default_statistics_target", RUN_STATISTICS);
        parents.iter().try_for_each(|parent| sql::run(&format!("ANALYZE {}", self.name(parent)), &[]).map(|_| ()))
    }

    /// The foreign key of parameters: to their events, or where there are none to their traces.
    fn event_key(&self) -> String {
        if self.model.info.events == "table" {
            let events = self.name("events");
            format!("FOREIGN KEY (trace_id, seq, run_id) REFERENCES {events} (trace_id, seq, run_id)")
        } else {
            format!("FOREIGN KEY (trace_id) REFERENCES {} (trace_id)", self.name("traces"))
        }
    }

    /// The parent's own checks, which a leaf must have under the same names to be attached.
    fn model_checks(&self, parent: &str) -> Result<Vec<String>, Failure> {
        let query =
            "SELECT pg_catalog.format('ADD CONSTRAINT %I %s', c.conname, pg_catalog.pg_get_constraintdef(c.oid))
                     FROM pg_catalog.pg_constraint c
                     WHERE c.conrelid OPERATOR(pg_catalog.=) $1::regclass AND c.contype OPERATOR(pg_catalog.=) 'c'
                     ORDER BY c.conname";
        let checks: Vec<String> = sql::column(query, &[self.model.table(parent).into()])?;
        Ok(checks)
    }

    /// Swaps the leaves in. Locks on the parents are taken without queueing, so that readers never wait behind us for
    /// somebody else; after ten seconds of trying, in the ordinary way.
    pub fn attach(mut self) -> Result<(), Failure> {
        // What refers to others is attached after them and detached before.
        self.built.sort_by_key(|parent| PARTITIONED.iter().position(|known| known == parent));
        let mut parents: Vec<String> = Vec::new();
        for parent in &self.built {
            parents.push(self.model.table(parent));
        }
        take_locks(&parents)?;
        for parent in self.built.iter().rev() {
            self.detach_attached(parent)?;
        }
        let bound = if self.shared { "DEFAULT".to_string() } else { format!("FOR VALUES IN ({})", self.run_id) };
        for parent in &self.built {
            let (parent, leaf) = (self.model.table(parent), self.name(parent));
            sql::run(&format!("ALTER TABLE {parent} ATTACH PARTITION {leaf} {bound}"), &[])?;
        }
        Ok(())
    }

    fn detach_attached(&self, parent: &str) -> Result<(), Failure> {
        for leaf in attached(self.model, parent, &format!("FOR VALUES IN ({})", self.run_id))? {
            sql::run(&format!("ALTER TABLE {} DETACH PARTITION {leaf}", self.model.table(parent)), &[])?;
        }
        Ok(())
    }
}

/// How the attached leaves of the machine and the real data are called: after the fit that wrote them. A refresh that
/// changes them in place counts as a fit, too, but keeps them.
fn attached_suffix(model: &Model) -> Result<String, Failure> {
    let query = "SELECT pg_catalog.substring(c.relname::text, 'fit_[0-9]+$')
                 FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.inhrelid
                 WHERE i.inhparent OPERATOR(pg_catalog.=) $1::regclass";
    let suffix: Option<String> = sql::one(query, &[model.table("transitions").into()])?;
    Ok(suffix.unwrap_or_else(|| format!("fit_{}", model.info.fits)))
}

/// The attached leaves of a parent, quoted and qualified: those with a bound.
fn attached(model: &Model, parent: &str, bound: &str) -> Result<Vec<String>, Failure> {
    let query = format!("{ATTACHED} AND pg_catalog.pg_get_expr(c.relpartbound, c.oid) OPERATOR(pg_catalog.=) $2");
    let leaves: Vec<String> = sql::column(&query, &[model.table(parent).into(), bound.into()])?;
    Ok(leaves)
}

/// The attached leaves of a parent that hold runs of synthetic data, quoted and qualified.
pub fn attached_runs(model: &Model, parent: &str) -> Result<Vec<String>, Failure> {
    let query = format!("{ATTACHED} AND c.relname OPERATOR(pg_catalog.~) '_(run_[0-9]+|runs_of_fit_[0-9]+)$'");
    let leaves: Vec<String> = sql::column(&query, &[model.table(parent).into()])?;
    Ok(leaves)
}

const ATTACHED: &str = "SELECT pg_catalog.format('%I.%I', n.nspname, c.relname)
    FROM pg_catalog.pg_inherits i
    JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.inhrelid
    JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
    WHERE i.inhparent OPERATOR(pg_catalog.=) $1::regclass";

/// Whether the next run is to share leaves: enough others have their own, or some share already.
fn is_shared(model: &Model) -> Result<bool, Failure> {
    let query = format!(
        "SELECT pg_catalog.count(*) FILTER (WHERE c.relname OPERATOR(pg_catalog.~) '^traces_run_[0-9]+$') OPERATOR(pg_catalog.>=) {MOST_OWN}
                OR COALESCE(pg_catalog.bool_or(c.relispartition AND c.relname OPERATOR(pg_catalog.~) '^traces_runs_of_fit_[0-9]+$'), false)
         FROM pg_catalog.pg_class c WHERE c.relnamespace OPERATOR(pg_catalog.=) $1::regnamespace AND c.relkind OPERATOR(pg_catalog.=) 'r'"
    );
    sql::holds(&query, &[sql::quote_identifier(&model.schema).into()])
}

/// The suffix of the leaves that a run without leaves of its own shares with others.
pub fn shared_by(model: &Model, run: i32) -> Result<Option<String>, Failure> {
    let query = format!(
        "SELECT pg_catalog.substring(c.relname::text, 'runs_of_fit_[0-9]+$') FROM pg_catalog.pg_class c, {} r
         WHERE c.relnamespace OPERATOR(pg_catalog.=) $1::regnamespace AND c.relkind OPERATOR(pg_catalog.=) 'r'
           AND c.relname OPERATOR(pg_catalog.~) '^traces_runs_of_fit_[0-9]+$' AND r.run_id OPERATOR(pg_catalog.=) $2
           AND pg_catalog.substring(c.relname::text, '[0-9]+$')::integer OPERATOR(pg_catalog.<=) r.fit
         ORDER BY pg_catalog.substring(c.relname::text, '[0-9]+$')::integer DESC LIMIT 1",
        model.table("runs")
    );
    sql::one(&query, &[sql::quote_identifier(&model.schema).into(), run.into()])
}

/// Takes ACCESS EXCLUSIVE on all tables, trying without waiting first: for ten seconds, or as long as the session's
/// lock_timeout says. After that it waits as any statement does, or fails where lock_timeout says so.
pub fn take_locks(tables: &[String]) -> Result<(), Failure> {
    if tables.is_empty() {
        return Ok(());
    }
    let tables = tables.join(", ");
    // SAFETY: reads a setting, in milliseconds; 0 is none.
    let most = unsafe { pg_sys::LockTimeout };
    let (time, last) = if most > 0 { (most.min(MOST_TRYING), " NOWAIT") } else { (MOST_TRYING, "") };
    // A lock_timeout of more than that has the rest for waiting in the ordinary way.
    let last = if most > MOST_TRYING { "" } else { last };
    let body = format!(
        "DECLARE
             until CONSTANT timestamptz := pg_catalog.clock_timestamp() OPERATOR(pg_catalog.+) interval '{time} ms';
         BEGIN
             WHILE pg_catalog.clock_timestamp() OPERATOR(pg_catalog.<) until LOOP
                 BEGIN
                     LOCK TABLE {tables} IN ACCESS EXCLUSIVE MODE NOWAIT;
                     RETURN;
                 EXCEPTION WHEN lock_not_available THEN
                     PERFORM pg_catalog.pg_sleep(0.02);
                 END;
             END LOOP;
             LOCK TABLE {tables} IN ACCESS EXCLUSIVE MODE{last};
         END"
    );
    sql::run(&format!("DO LANGUAGE plpgsql {}", sql::quote_literal(&body)), &[])?;
    Ok(())
}

/// Drops leaves that nothing refers to any more: detached ones of earlier fits whose runs are gone.
pub fn drop_tables(model: &Model, tables: &[String]) -> Result<(), Failure> {
    if !tables.is_empty() {
        let tables: Vec<String> = tables.iter().map(|table| model.table(table)).collect();
        sql::run(&format!("DROP TABLE IF EXISTS {}", tables.join(", ")), &[])?;
    }
    Ok(())
}
