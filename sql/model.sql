-- Layer 2: models. A model's row is typed, so that every schema's table "model" can be recognised.
CREATE TYPE @extschema@.model_info AS (
    name text,
    source text,
    trace_column text,
    trace_pattern text,
    trace_slot integer,
    event_column text,
    message_column text,
    at_column text,
    seq_column text,
    component_column text,
    params_column text,
    refresh_by text,
    lateness interval,
    events text,
    created_with text,
    fits integer,
    fitted_at timestamptz,
    method text,
    fit_options jsonb,
    since timestamptz,
    until timestamptz,
    high_water timestamptz,
    traces bigint,
    events_read bigint,
    states bigint,
    transitions bigint,
    threshold double precision,
    templates @extschema@.templates,
    prefix_tree @extschema@.automaton,
    automaton @extschema@.automaton,
    parse_settings jsonb,
    line_fields text[],
    lines bigint,
    unmatched_lines bigint,
    hidden_lines bigint,
    keyless_lines bigint,
    label_column text,
    negative_label text,
    negative_tree @extschema@.automaton,
    generator @extschema@.generator,
    generator_fit integer,
    compared_traces bigint,
    ends bytea,
    settled_before bigint,
    settled_rows bigint,
    settled_sum bigint,
    recent_traces bigint[]
);
COMMENT ON TYPE @extschema@.model_info IS 'What a model''s table "model" holds: the mapping of its source, its last fit, its prefix tree and its machine.';

CREATE FUNCTION @extschema@.list_models()
    RETURNS TABLE (
        name text, schema text, owner text, source text, fits integer, fitted_at timestamptz, method text,
        traces bigint, events bigint, states bigint, transitions bigint
    )
    LANGUAGE C STABLE PARALLEL UNSAFE ROWS 10 SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', 'logfsm_list_models';
COMMENT ON FUNCTION @extschema@.list_models() IS
    'The models whose table "model" the caller may read; read it through the models view. Looking runs no code of their owners, and passes over what is locked.';

CREATE VIEW @extschema@.models AS SELECT * FROM @extschema@.list_models();
COMMENT ON VIEW @extschema@.models IS 'The models the current role may read, with owner, source, last fit and sizes. name is what functions know a model by: the schema''s where its own means another model to the current role.';

CREATE FUNCTION @extschema@.create_model(
        model text, source regclass, trace text DEFAULT NULL, message text DEFAULT NULL, event text DEFAULT NULL, at text DEFAULT NULL,
        seq text DEFAULT NULL, component text DEFAULT NULL, params text DEFAULT NULL, trace_pattern text DEFAULT NULL,
        trace_slot integer DEFAULT NULL, refresh_by text DEFAULT NULL, lateness interval DEFAULT '1 hour', events text DEFAULT 'table',
        schema text DEFAULT NULL, format text DEFAULT NULL, formats text[] DEFAULT NULL, on_unmatched text DEFAULT 'error',
        parse_options jsonb DEFAULT '{}', label text DEFAULT NULL, negative text DEFAULT NULL
    ) RETURNS text
    LANGUAGE C VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', 'logfsm_create_model';
COMMENT ON FUNCTION @extschema@.create_model(text, regclass, text, text, text, text, text, text, text, text, integer, text, interval, text, text, text, text[], text, jsonb, text, text) IS
    'Makes a model: a schema with empty tables for what fit learns from a source. Columns are given by name: exactly one of trace, trace_pattern, trace_slot, or none where the lines'' format says; exactly one of event, message; at, seq or both, or none where lines hold times. format names a line format of the message column, or is a regular expression. label is a column and negative its value in rows of traces that must not happen. Returns the schema''s name. Needs CREATE on the database, or schema => an empty schema of the caller, and SELECT on the source.';

CREATE FUNCTION @extschema@.fit(
        model text, method text DEFAULT 'auto', options jsonb DEFAULT '{}', since timestamptz DEFAULT NULL, until timestamptz DEFAULT NULL,
        OUT fit bigint, OUT traces bigint, OUT events bigint, OUT states bigint, OUT transitions bigint
    ) RETURNS record
    LANGUAGE C VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', 'logfsm_fit';
COMMENT ON FUNCTION @extschema@.fit(text, text, jsonb, timestamptz, timestamptz) IS
    'Reads the source, infers the machine and replaces the model''s tables; since and until keep the traces that start in [since, until). Runs as the model''s owner. Readers see the old rows until commit; a failed or cancelled fit leaves everything as it was; another one at the same time is error 55P03.';

CREATE FUNCTION @extschema@.refresh(
        model text, OUT fit bigint, OUT new_traces bigint, OUT changed_traces bigint, OUT missing_rows bigint
    ) RETURNS record
    LANGUAGE C VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', 'logfsm_refresh';
COMMENT ON FUNCTION @extschema@.refresh(text) IS
    'Takes in what came since: the traces with rows whose refresh_by is not older than the last high-water mark minus lateness. Where the machine keeps its states, only their rows are written, and scores of other traces stay as they were given. missing_rows tells rows the model does not have (or, negative, has too many): updates and deletes need fit.';

CREATE FUNCTION @extschema@.synthesize(
        model text, traces bigint DEFAULT NULL, seed bigint DEFAULT 0, options jsonb DEFAULT '{}', kind text DEFAULT NULL
    ) RETURNS integer
    LANGUAGE C VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', 'logfsm_synthesize';
COMMENT ON FUNCTION @extschema@.synthesize(text, bigint, bigint, jsonb, text) IS
    'Generates synthetic traces into the model''s tables, beside the real ones; returns the run''s number. The same machine, seed and options give the same rows. kind => ''anomalous'' makes traces that the machine rejects, labelled with what was done to them.';

CREATE FUNCTION @extschema@.drop_run(model text, run integer) RETURNS void
    LANGUAGE C VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', 'logfsm_drop_run';
COMMENT ON FUNCTION @extschema@.drop_run(text, integer) IS 'Removes a synthetic run: its partitions are dropped, nothing is deleted row by row.';

CREATE FUNCTION @extschema@.score_traces(model text) RETURNS bigint
    LANGUAGE C VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', 'logfsm_score_traces';
COMMENT ON FUNCTION @extschema@.score_traces(text) IS
    'Scores every trace of the model, real and synthetic, by its machine and marks those beyond its threshold; returns how many were scored.';

CREATE FUNCTION @extschema@.explain(model text, trace_key text)
    RETURNS TABLE (
        seq integer, event text, kind text, state integer, probability double precision,
        expected text, expected_probability double precision, contribution double precision, explanation text
    )
    LANGUAGE C STABLE PARALLEL UNSAFE ROWS 20 SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', 'logfsm_explain_model';
COMMENT ON FUNCTION @extschema@.explain(text, text) IS
    'Why a trace of a model has its score; the trace is given by its key in the source, or by its synthetic key. A trace of a watched table that no fit knows yet is read from the source.';
CREATE FUNCTION @extschema@.explain(model text, trace_key anyelement)
    RETURNS TABLE (
        seq integer, event text, kind text, state integer, probability double precision,
        expected text, expected_probability double precision, contribution double precision, explanation text
    )
    LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 20 SET search_path = pg_catalog, pg_temp AS 'SELECT * FROM @extschema@.explain($1, $2::pg_catalog.text)';
COMMENT ON FUNCTION @extschema@.explain(text, anyelement) IS 'explain for keys of any other type than text.';

CREATE FUNCTION @extschema@.drop_model(model text, cascade boolean DEFAULT false) RETURNS void
    LANGUAGE C VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', 'logfsm_drop_model';
COMMENT ON FUNCTION @extschema@.drop_model(text, boolean) IS
    'Drops a model: its schema, tables, runs and watches. Objects elsewhere that depend on it are an error, or dropped too with cascade.';
