-- Layer 1: what comes next, which states a trace passes, how two machines differ.

CREATE FUNCTION @extschema@.predict(automaton @extschema@.automaton, prefix @extschema@.trace, options jsonb DEFAULT '{}')
    RETURNS TABLE (component text, event text, label_id integer, probability double precision)
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20 ROWS 10 AS 'MODULE_PATHNAME', 'logfsm_predict';
COMMENT ON FUNCTION @extschema@.predict(@extschema@.automaton, @extschema@.trace, jsonb) IS
    'What may follow a running trace, most probable first; event NULL is its end. Option smoothing gives events that never came there a share, too.';

CREATE FUNCTION @extschema@.passes_through(automaton @extschema@.automaton, trace @extschema@.trace, states integer[]) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'logfsm_passes_through';
COMMENT ON FUNCTION @extschema@.passes_through(@extschema@.automaton, @extschema@.trace, integer[]) IS
    'Whether some accepting path of a machine takes a trace through all of the given states, 1 to 64 of them.';

CREATE FUNCTION @extschema@.compare(a @extschema@.automaton, b @extschema@.automaton, options jsonb DEFAULT '{}')
    RETURNS TABLE (
        change text, component text, event text, states_a integer[], count_a bigint, prob_a double precision,
        states_b integer[], count_b bigint, prob_b double precision, p_value double precision, is_significant boolean, example text[]
    )
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000 ROWS 50 AS 'MODULE_PATHNAME', 'logfsm_compare';
COMMENT ON FUNCTION @extschema@.compare(@extschema@.automaton, @extschema@.automaton, jsonb) IS
    'How machine b differs from a, walked together along equal events: events (NULL: ends) added, removed, or changed in probability. p_value: likelihood-ratio (G) test of two proportions; is_significant: by Holm''s method over all rows, option alpha. example: a trace that has it, which for added and removed only one of the two accepts. Option unchanged lists the rest.';
