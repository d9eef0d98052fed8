-- Layer 2: a model's traces looked through.

CREATE FUNCTION @extschema@.check_invariants(model text, run integer DEFAULT 0, max_rows integer DEFAULT 1000)
    RETURNS TABLE (
        trace_id bigint, trace_key text, invariant_id integer, kind text, a text, b text, support bigint, seq integer
    )
    LANGUAGE C STABLE PARALLEL UNSAFE ROWS 100 SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', 'logfsm_check_model_invariants';
COMMENT ON FUNCTION @extschema@.check_invariants(text, integer, integer) IS
    'The traces of a model''s run that break an invariant of its machine, one row per trace and invariant: seq is the event that breaks it, one past the last event where the end does. Run 0 is the real data.';

CREATE FUNCTION @extschema@.violations(
        model text, kind text, a text, b text, run integer DEFAULT 0, max_rows integer DEFAULT 1000
    )
    RETURNS TABLE (trace_id bigint, trace_key text, n_events integer, seq integer)
    LANGUAGE C STABLE PARALLEL UNSAFE ROWS 100 SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', 'logfsm_model_violations';
COMMENT ON FUNCTION @extschema@.violations(text, text, text, text, integer, integer) IS
    'Why something is not an invariant of a model: the traces of a run that break it, each with the event where it does.';

CREATE FUNCTION @extschema@.traces_through(model text, states integer[], run integer DEFAULT 0, max_rows integer DEFAULT 1000)
    RETURNS TABLE (trace_id bigint, trace_key text, n_events integer)
    LANGUAGE C STABLE PARALLEL UNSAFE ROWS 100 SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', 'logfsm_traces_through';
COMMENT ON FUNCTION @extschema@.traces_through(text, integer[], integer, integer) IS
    'The traces of a model''s run that some path of its machine takes through all of the given states, 1 to 64 of them.';
