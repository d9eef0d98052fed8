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
    threshold double precision,
    templates @extschema@.templates,
    prefix_tree @extschema@.automaton,
    automaton @extschema@.automaton
);
COMMENT ON TYPE @extschema@.model_info IS 'What a model''s table "model" holds: the mapping of its source, its last fit, its prefix tree and its machine.';

-- The schemas that hold a model the caller may read. Typed tables with row-level security are left out: their policies
-- would run as the caller.
CREATE FUNCTION @extschema@.list_model_schemas() RETURNS TABLE (schema name, owner oid)
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 10 SET search_path = pg_catalog, pg_temp
AS $$
    SELECT n.nspname, c.relowner
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
    WHERE c.reloftype OPERATOR(pg_catalog.=) '@extschema@.model_info'::regtype
      AND c.relname OPERATOR(pg_catalog.=) 'model'
      AND c.relkind OPERATOR(pg_catalog.=) 'r'
      AND NOT c.relrowsecurity
      AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')
      AND pg_catalog.has_table_privilege(c.oid, 'SELECT')
    ORDER BY n.nspname
$$;
COMMENT ON FUNCTION @extschema@.list_model_schemas() IS 'The schemas that hold a model the caller may read.';

CREATE FUNCTION @extschema@.list_models()
    RETURNS TABLE (
        name text, schema name, owner name, source text, fits integer, fitted_at timestamptz, method text,
        traces bigint, events bigint, states bigint, transitions bigint, runs bigint
    )
    LANGUAGE plpgsql STABLE ROWS 10 SET search_path = pg_catalog, pg_temp SET row_security = off
AS $$
DECLARE
    found record;
BEGIN
    FOR found IN SELECT s.schema, s.owner FROM @extschema@.list_model_schemas() s LOOP
        BEGIN
            RETURN QUERY EXECUTE pg_catalog.format(
                'SELECT m.name, %1$L::name, %2$L::name, m.source, m.fits, m.fitted_at, m.method, r.traces, r.events,
                        (SELECT pg_catalog.count(*) FROM %1$I.states), (SELECT pg_catalog.count(*) FROM %1$I.transitions),
                        (SELECT pg_catalog.count(*) FROM %1$I.runs k WHERE k.run_id OPERATOR(pg_catalog.>) 0)
                 FROM %1$I.model m LEFT JOIN %1$I.runs r ON r.run_id OPERATOR(pg_catalog.=) 0',
                found.schema, pg_catalog.pg_get_userbyid(found.owner));
        EXCEPTION WHEN insufficient_privilege OR undefined_table OR undefined_column THEN
            -- Not all of its tables may be read: the row alone will do.
            RETURN QUERY EXECUTE pg_catalog.format(
                'SELECT m.name, %1$L::name, %2$L::name, m.source, m.fits, m.fitted_at, m.method,
                        NULL::bigint, NULL::bigint, NULL::bigint, NULL::bigint, NULL::bigint FROM %1$I.model m',
                found.schema, pg_catalog.pg_get_userbyid(found.owner));
        END;
    END LOOP;
END
$$;
COMMENT ON FUNCTION @extschema@.list_models() IS 'The models the caller may read; read it through the models view.';

CREATE VIEW @extschema@.models AS SELECT * FROM @extschema@.list_models();
COMMENT ON VIEW @extschema@.models IS 'The models the current role may read, with owner, source, last fit and sizes.';

-- A name is a model's schema, or else the name in a model's row.
CREATE FUNCTION @extschema@.find_models(wanted text) RETURNS TABLE (schema name, owner oid)
    LANGUAGE plpgsql STABLE ROWS 1 SET search_path = pg_catalog, pg_temp SET row_security = off
AS $$
DECLARE
    candidate record;
    named text;
BEGIN
    RETURN QUERY SELECT s.schema, s.owner FROM @extschema@.list_model_schemas() s WHERE s.schema OPERATOR(pg_catalog.=) wanted;
    IF FOUND THEN
        RETURN;
    END IF;
    FOR candidate IN SELECT s.schema, s.owner FROM @extschema@.list_model_schemas() s LOOP
        EXECUTE pg_catalog.format('SELECT m.name FROM %I.model m', candidate.schema) INTO named;
        IF named OPERATOR(pg_catalog.=) wanted THEN
            schema := candidate.schema;
            owner := candidate.owner;
            RETURN NEXT;
        END IF;
    END LOOP;
END
$$;
COMMENT ON FUNCTION @extschema@.find_models(text) IS 'Where the model of a name is.';

CREATE FUNCTION @extschema@.create_model(
        model text, source regclass, trace text DEFAULT NULL, message text DEFAULT NULL, event text DEFAULT NULL, at text DEFAULT NULL,
        seq text DEFAULT NULL, component text DEFAULT NULL, params text DEFAULT NULL, trace_pattern text DEFAULT NULL,
        trace_slot integer DEFAULT NULL, refresh_by text DEFAULT NULL, lateness interval DEFAULT '1 hour', events text DEFAULT 'table',
        schema text DEFAULT NULL
    ) RETURNS text
    LANGUAGE C VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', 'logfsm_create_model';
COMMENT ON FUNCTION @extschema@.create_model(text, regclass, text, text, text, text, text, text, text, text, integer, text, interval, text, text) IS
    'Makes a model: a schema with empty tables for what fit learns from a source. Columns are given by name: exactly one of trace, trace_pattern, trace_slot; exactly one of event, message; at, seq or both. Returns the schema''s name. Needs CREATE on the database, or schema => an empty schema of the caller, and SELECT on the source.';

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
    'Takes in what came since: traces with rows whose refresh_by is not older than the last high-water mark minus lateness are read again whole. missing_rows tells rows the model does not have (or, negative, has too many): updates and deletes need fit.';

CREATE FUNCTION @extschema@.synthesize(model text, traces bigint, seed bigint DEFAULT 0, options jsonb DEFAULT '{}') RETURNS integer
    LANGUAGE C VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', 'logfsm_synthesize';
COMMENT ON FUNCTION @extschema@.synthesize(text, bigint, bigint, jsonb) IS
    'Generates synthetic traces into the model''s tables, beside the real ones; returns the run''s number. The same machine, seed and options give the same rows.';

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
        expected text, expected_probability double precision, contribution double precision
    )
    LANGUAGE plpgsql STABLE STRICT ROWS 20 SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    home name;
BEGIN
    SELECT f.schema INTO home FROM @extschema@.find_models(explain.model) f;
    IF home IS NULL THEN
        RAISE EXCEPTION 'model "%" does not exist', explain.model
            USING ERRCODE = 'undefined_object', DETAIL = 'No model of that name can be read by the current role.',
                  HINT = 'SELECT name FROM logfsm.models lists the models you may read.';
    END IF;
    RETURN QUERY EXECUTE pg_catalog.format(
        'SELECT e.* FROM %1$I.traces t, %1$I.model m, LATERAL @extschema@.explain(m.automaton, t.trace) e
         WHERE t.trace_key::text OPERATOR(pg_catalog.=) $1 OR t.synthetic_key OPERATOR(pg_catalog.=) $1', home) USING explain.trace_key;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'model "%" has no trace "%"', explain.model, explain.trace_key
            USING ERRCODE = 'no_data_found', DETAIL = 'Neither a trace_key nor a synthetic_key reads so.',
                  HINT = pg_catalog.format('SELECT trace_key FROM %I.real_traces lists the real ones.', home);
    END IF;
END
$$;
COMMENT ON FUNCTION @extschema@.explain(text, text) IS
    'Why a trace of a model has its score; the trace is given by its key in the source, or by its synthetic key.';

CREATE FUNCTION @extschema@.watch_insert() RETURNS trigger
    LANGUAGE C VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', 'logfsm_watch_insert';
COMMENT ON FUNCTION @extschema@.watch_insert() IS 'The trigger function that watch() uses.';
CREATE FUNCTION @extschema@.watch(model text, action text DEFAULT 'flag', on_table regclass DEFAULT NULL) RETURNS void
    LANGUAGE C VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', 'logfsm_watch';
COMMENT ON FUNCTION @extschema@.watch(text, text, regclass) IS
    'Scores rows as they are inserted into the source, or into on_table where the source is a view. flag: anomalous events go to the model''s table anomalies with an explanation; the insert never fails.';
CREATE FUNCTION @extschema@.unwatch(model text, on_table regclass DEFAULT NULL) RETURNS integer
    LANGUAGE C VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', 'logfsm_unwatch';
COMMENT ON FUNCTION @extschema@.unwatch(text, regclass) IS 'Ends the watches of a model, or the one on a table; returns how many.';

CREATE FUNCTION @extschema@.drop_model(model text, cascade boolean DEFAULT false) RETURNS void
    LANGUAGE C VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', 'logfsm_drop_model';
COMMENT ON FUNCTION @extschema@.drop_model(text, boolean) IS
    'Drops a model: its schema, tables, runs and watches. Objects elsewhere that depend on it are an error, or dropped too with cascade.';
