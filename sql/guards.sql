-- Guards: which of several transitions on one event an event's parameters choose.

CREATE FUNCTION @extschema@.guards(automaton @extschema@.automaton)
    RETURNS TABLE (transition_id integer, alternative integer, slot text, operator text, value text)
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100 ROWS 20 AS 'MODULE_PATHNAME', 'logfsm_guards';
COMMENT ON FUNCTION @extschema@.guards(@extschema@.automaton) IS
    'The conditions on parameters under which a transition is taken, one row each; all conditions of one alternative must hold. operator: <=, >, in, not in, is missing, is present, <= slot, > slot; value: a number, a JSON array of texts, or for the last two a JSON object with the other slot and what is added to it (plus). A value that is missing or no number is above every number.';

CREATE FUNCTION @extschema@.guard_text(automaton @extschema@.automaton, transition_id integer) RETURNS text
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'logfsm_guard_text';
COMMENT ON FUNCTION @extschema@.guard_text(@extschema@.automaton, integer) IS
    'The guard of a transition in words, as in n <= 50; NULL for a transition without one.';

CREATE FUNCTION @extschema@.guard_sql(automaton @extschema@.automaton, transition_id integer, params text DEFAULT 'params') RETURNS text
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'logfsm_guard_sql';
COMMENT ON FUNCTION @extschema@.guard_sql(@extschema@.automaton, integer, text) IS
    'The guard of a transition as an SQL expression, true or false and never NULL, over a jsonb column named by params; true for a transition without a guard. It decides as replay does.';
