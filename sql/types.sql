-- The types of logfsm. The schema named in the control file exists already; nobody else may own it.
DO $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_catalog.pg_namespace n
        WHERE n.nspname OPERATOR(pg_catalog.=) 'logfsm'
          AND pg_catalog.pg_get_userbyid(n.nspowner) OPERATOR(pg_catalog.=) CURRENT_USER
    ) THEN
        RAISE EXCEPTION 'schema "logfsm" does not belong to the role that installs logfsm'
            USING ERRCODE = 'insufficient_privilege',
                  HINT = 'Drop that schema, or install as its owner: whoever owns it could replace the functions in it.';
    END IF;
    IF pg_catalog.getdatabaseencoding() OPERATOR(pg_catalog.<>) 'UTF8' THEN
        RAISE EXCEPTION 'logfsm needs a database with encoding UTF8'
            USING ERRCODE = 'feature_not_supported',
                  HINT = 'CREATE DATABASE … ENCODING ''UTF8'' TEMPLATE template0.';
    END IF;
END
$$;

CREATE TYPE @extschema@.trace;

CREATE FUNCTION @extschema@.trace_in(cstring) RETURNS @extschema@.trace
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'logfsm_trace_in';
CREATE FUNCTION @extschema@.trace_out(@extschema@.trace) RETURNS cstring
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'logfsm_trace_out';
CREATE FUNCTION @extschema@.trace_recv(internal) RETURNS @extschema@.trace
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'logfsm_trace_recv';
CREATE FUNCTION @extschema@.trace_send(@extschema@.trace) RETURNS bytea
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'logfsm_trace_send';

CREATE TYPE @extschema@.trace (
    INPUT = @extschema@.trace_in,
    OUTPUT = @extschema@.trace_out,
    RECEIVE = @extschema@.trace_recv,
    SEND = @extschema@.trace_send,
    STORAGE = extended,
    ALIGNMENT = int4
);
COMMENT ON FUNCTION @extschema@.trace_in(cstring) IS 'Reads the text form of type trace.';
COMMENT ON FUNCTION @extschema@.trace_out(@extschema@.trace) IS 'Writes the text form of type trace.';
COMMENT ON FUNCTION @extschema@.trace_recv(internal) IS 'Reads the binary form of type trace.';
COMMENT ON FUNCTION @extschema@.trace_send(@extschema@.trace) IS 'Writes the binary form of type trace.';
COMMENT ON TYPE @extschema@.trace IS
    'One execution: its ordered events with times, sequence numbers, components and parameters. Made by trace_agg; events() reads it back.';

CREATE TYPE @extschema@.automaton;

CREATE FUNCTION @extschema@.automaton_in(cstring) RETURNS @extschema@.automaton
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'logfsm_automaton_in';
CREATE FUNCTION @extschema@.automaton_out(@extschema@.automaton) RETURNS cstring
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'logfsm_automaton_out';
CREATE FUNCTION @extschema@.automaton_recv(internal) RETURNS @extschema@.automaton
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'logfsm_automaton_recv';
CREATE FUNCTION @extschema@.automaton_send(@extschema@.automaton) RETURNS bytea
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'logfsm_automaton_send';

CREATE TYPE @extschema@.automaton (
    INPUT = @extschema@.automaton_in,
    OUTPUT = @extschema@.automaton_out,
    RECEIVE = @extschema@.automaton_recv,
    SEND = @extschema@.automaton_send,
    STORAGE = extended,
    ALIGNMENT = int4
);
COMMENT ON FUNCTION @extschema@.automaton_in(cstring) IS 'Reads the text form of type automaton.';
COMMENT ON FUNCTION @extschema@.automaton_out(@extschema@.automaton) IS 'Writes the text form of type automaton.';
COMMENT ON FUNCTION @extschema@.automaton_recv(internal) IS 'Reads the binary form of type automaton.';
COMMENT ON FUNCTION @extschema@.automaton_send(@extschema@.automaton) IS 'Writes the binary form of type automaton.';
COMMENT ON TYPE @extschema@.automaton IS
    'A prefix tree or an inferred state machine with counts, delays and parameter samples. Cast to jsonb or call to_json() to read it.';

CREATE TYPE @extschema@.templates;

CREATE FUNCTION @extschema@.templates_in(cstring) RETURNS @extschema@.templates
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'logfsm_templates_in';
CREATE FUNCTION @extschema@.templates_out(@extschema@.templates) RETURNS cstring
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'logfsm_templates_out';
CREATE FUNCTION @extschema@.templates_recv(internal) RETURNS @extschema@.templates
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'logfsm_templates_recv';
CREATE FUNCTION @extschema@.templates_send(@extschema@.templates) RETURNS bytea
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'logfsm_templates_send';

CREATE TYPE @extschema@.templates (
    INPUT = @extschema@.templates_in,
    OUTPUT = @extschema@.templates_out,
    RECEIVE = @extschema@.templates_recv,
    SEND = @extschema@.templates_send,
    STORAGE = extended,
    ALIGNMENT = int4
);
COMMENT ON FUNCTION @extschema@.templates_in(cstring) IS 'Reads the text form of type templates.';
COMMENT ON FUNCTION @extschema@.templates_out(@extschema@.templates) IS 'Writes the text form of type templates.';
COMMENT ON FUNCTION @extschema@.templates_recv(internal) IS 'Reads the binary form of type templates.';
COMMENT ON FUNCTION @extschema@.templates_send(@extschema@.templates) IS 'Writes the binary form of type templates.';
COMMENT ON TYPE @extschema@.templates IS
    'Message templates mined from lines, in a form that can be rolled up; list_templates() reads them, parse() applies them.';
