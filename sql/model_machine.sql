-- What a machine shows, by the name of the model that has it.

CREATE FUNCTION @extschema@.machine(model text) RETURNS @extschema@.automaton
    LANGUAGE C STABLE STRICT PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', 'logfsm_machine';
COMMENT ON FUNCTION @extschema@.machine(text) IS
    'The machine of a model that the caller may read; a text that begins with automaton: is read as the text form of one. Not fitted yet: error 55000.';

CREATE FUNCTION @extschema@.to_dot(model text, options jsonb DEFAULT '{}')
    RETURNS text
    LANGUAGE sql STABLE STRICT PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS 'SELECT @extschema@.to_dot(@extschema@.machine($1), $2)';
COMMENT ON FUNCTION @extschema@.to_dot(text, jsonb) IS 'to_dot of the machine of a model.';
CREATE FUNCTION @extschema@.to_mermaid(model text, options jsonb DEFAULT '{}')
    RETURNS text
    LANGUAGE sql STABLE STRICT PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS 'SELECT @extschema@.to_mermaid(@extschema@.machine($1), $2)';
COMMENT ON FUNCTION @extschema@.to_mermaid(text, jsonb) IS 'to_mermaid of the machine of a model.';
CREATE FUNCTION @extschema@.to_svg(model text, options jsonb DEFAULT '{}')
    RETURNS text
    LANGUAGE sql STABLE STRICT PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS 'SELECT @extschema@.to_svg(@extschema@.machine($1), $2)';
COMMENT ON FUNCTION @extschema@.to_svg(text, jsonb) IS 'to_svg of the machine of a model.';
CREATE FUNCTION @extschema@.to_html(model text, options jsonb DEFAULT '{}')
    RETURNS text
    LANGUAGE sql STABLE STRICT PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS 'SELECT @extschema@.to_html(@extschema@.machine($1), $2)';
COMMENT ON FUNCTION @extschema@.to_html(text, jsonb) IS 'to_html of the machine of a model.';
CREATE FUNCTION @extschema@.to_json(model text)
    RETURNS jsonb
    LANGUAGE sql STABLE STRICT PARALLEL UNSAFE COST 1000 SET search_path = pg_catalog, pg_temp AS 'SELECT @extschema@.to_json(@extschema@.machine($1))';
COMMENT ON FUNCTION @extschema@.to_json(text) IS 'to_json of the machine of a model.';
CREATE FUNCTION @extschema@.states(model text)
    RETURNS TABLE (state_id integer, name text, kind text, visits bigint, stops bigint)
    LANGUAGE sql STABLE STRICT PARALLEL UNSAFE COST 1000 ROWS 100 SET search_path = pg_catalog, pg_temp AS 'SELECT * FROM @extschema@.states(@extschema@.machine($1))';
COMMENT ON FUNCTION @extschema@.states(text) IS 'states of the machine of a model.';
CREATE FUNCTION @extschema@.transitions(model text)
    RETURNS TABLE (
        transition_id integer, src integer, component text, event text, dst integer, count bigint, prob double precision,
        delay_min double precision, delay_mean double precision, delay_median double precision, delay_p99 double precision, delay_max double precision
    )
    LANGUAGE sql STABLE STRICT PARALLEL UNSAFE COST 1000 ROWS 100 SET search_path = pg_catalog, pg_temp AS 'SELECT * FROM @extschema@.transitions(@extschema@.machine($1))';
COMMENT ON FUNCTION @extschema@.transitions(text) IS 'transitions of the machine of a model.';
CREATE FUNCTION @extschema@.phases(model text, options jsonb DEFAULT '{}')
    RETURNS TABLE (phase_id integer, name text, visits bigint, states integer[], label_ids integer[], events text[])
    LANGUAGE sql STABLE STRICT PARALLEL UNSAFE COST 1000 ROWS 20 SET search_path = pg_catalog, pg_temp AS 'SELECT * FROM @extschema@.phases(@extschema@.machine($1), $2)';
COMMENT ON FUNCTION @extschema@.phases(text, jsonb) IS 'phases of the machine of a model.';
CREATE FUNCTION @extschema@.event_types(model text)
    RETURNS TABLE (label_id integer, component text, event text, count bigint)
    LANGUAGE sql STABLE STRICT PARALLEL UNSAFE COST 1000 ROWS 50 SET search_path = pg_catalog, pg_temp AS 'SELECT * FROM @extschema@.event_types(@extschema@.machine($1))';
COMMENT ON FUNCTION @extschema@.event_types(text) IS 'event_types of the machine of a model.';
CREATE FUNCTION @extschema@.invariants(model text)
    RETURNS TABLE (
        invariant_id integer, kind text, a text, b text, support bigint, delay_min double precision, delay_max double precision,
        a_id integer, b_id integer
    )
    LANGUAGE sql STABLE STRICT PARALLEL UNSAFE COST 1000 ROWS 500 SET search_path = pg_catalog, pg_temp AS 'SELECT * FROM @extschema@.invariants(@extschema@.machine($1))';
COMMENT ON FUNCTION @extschema@.invariants(text) IS 'invariants of the machine of a model.';
CREATE FUNCTION @extschema@.guards(model text)
    RETURNS TABLE (transition_id integer, alternative integer, slot text, operator text, value text)
    LANGUAGE sql STABLE STRICT PARALLEL UNSAFE COST 1000 ROWS 20 SET search_path = pg_catalog, pg_temp AS 'SELECT * FROM @extschema@.guards(@extschema@.machine($1))';
COMMENT ON FUNCTION @extschema@.guards(text) IS 'guards of the machine of a model.';
CREATE FUNCTION @extschema@.stats(model text)
    RETURNS TABLE (name text, value text)
    LANGUAGE sql STABLE STRICT PARALLEL UNSAFE COST 1000 ROWS 15 SET search_path = pg_catalog, pg_temp AS 'SELECT * FROM @extschema@.stats(@extschema@.machine($1))';
COMMENT ON FUNCTION @extschema@.stats(text) IS 'stats of the machine of a model.';
