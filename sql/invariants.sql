-- Temporal invariants: counting pairs of events, listing what always or never holds.

CREATE TYPE @extschema@.invariant_counts;

CREATE FUNCTION @extschema@.invariant_counts_in(cstring) RETURNS @extschema@.invariant_counts
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'logfsm_invariant_counts_in';
CREATE FUNCTION @extschema@.invariant_counts_out(@extschema@.invariant_counts) RETURNS cstring
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'logfsm_invariant_counts_out';
CREATE FUNCTION @extschema@.invariant_counts_recv(internal) RETURNS @extschema@.invariant_counts
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'logfsm_invariant_counts_recv';
CREATE FUNCTION @extschema@.invariant_counts_send(@extschema@.invariant_counts) RETURNS bytea
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'logfsm_invariant_counts_send';

CREATE TYPE @extschema@.invariant_counts (
    INPUT = @extschema@.invariant_counts_in,
    OUTPUT = @extschema@.invariant_counts_out,
    RECEIVE = @extschema@.invariant_counts_recv,
    SEND = @extschema@.invariant_counts_send,
    STORAGE = extended,
    ALIGNMENT = int4
);
COMMENT ON FUNCTION @extschema@.invariant_counts_in(cstring) IS 'Reads the text form of type invariant_counts.';
COMMENT ON FUNCTION @extschema@.invariant_counts_out(@extschema@.invariant_counts) IS 'Writes the text form of type invariant_counts.';
COMMENT ON FUNCTION @extschema@.invariant_counts_recv(internal) IS 'Reads the binary form of type invariant_counts.';
COMMENT ON FUNCTION @extschema@.invariant_counts_send(@extschema@.invariant_counts) IS 'Writes the binary form of type invariant_counts.';
COMMENT ON TYPE @extschema@.invariant_counts IS
    'How often each event type occurs before, after and between each other one, in a form that can be rolled up; invariants() reads it.';

CREATE FUNCTION @extschema@.mine_invariants_transition(@extschema@.invariant_counts, @extschema@.trace) RETURNS @extschema@.invariant_counts
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 50 AS 'MODULE_PATHNAME', 'logfsm_mine_invariants_transition';
CREATE FUNCTION @extschema@.mine_invariants_combine(@extschema@.invariant_counts, @extschema@.invariant_counts)
    RETURNS @extschema@.invariant_counts
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1000 AS 'MODULE_PATHNAME', 'logfsm_mine_invariants_combine';
COMMENT ON FUNCTION @extschema@.mine_invariants_transition(@extschema@.invariant_counts, @extschema@.trace) IS 'Adds a trace to the counts of pairs.';
COMMENT ON FUNCTION @extschema@.mine_invariants_combine(@extschema@.invariant_counts, @extschema@.invariant_counts) IS 'Joins two counts of pairs.';

CREATE AGGREGATE @extschema@.mine_invariants(@extschema@.trace) (
    SFUNC = @extschema@.mine_invariants_transition, STYPE = @extschema@.invariant_counts,
    COMBINEFUNC = @extschema@.mine_invariants_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.mine_invariants(@extschema@.trace) IS
    'Counts pairs of events in the traces of a group, the same in any order and any parallel plan; invariants() lists what holds of all of them. Time O(length × distinct events) a trace, memory O(event types²); NULL without traces.';
CREATE AGGREGATE @extschema@.rollup(@extschema@.invariant_counts) (
    SFUNC = @extschema@.mine_invariants_combine, STYPE = @extschema@.invariant_counts,
    COMBINEFUNC = @extschema@.mine_invariants_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.rollup(@extschema@.invariant_counts) IS
    'One set of counts from those of shards, days or services: what mine_invariants over all their traces gives.';

CREATE FUNCTION @extschema@.invariants(counts @extschema@.invariant_counts, options jsonb DEFAULT '{}')
    RETURNS TABLE (
        invariant_id integer, kind text, a text, b text, support bigint, delay_min double precision, delay_max double precision,
        a_id integer, b_id integer
    )
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000 ROWS 500 AS 'MODULE_PATHNAME', 'logfsm_counted_invariants';
COMMENT ON FUNCTION @extschema@.invariants(@extschema@.invariant_counts, jsonb) IS
    'What holds of all traces counted. AFby: every a has a later b; AP: every b has an earlier a; NFby: no a has a later b; IntrBy: a b lies between any two consecutive a. Options kinds, min_support, ignore, never_together.';
CREATE FUNCTION @extschema@.invariants(automaton @extschema@.automaton)
    RETURNS TABLE (
        invariant_id integer, kind text, a text, b text, support bigint, delay_min double precision, delay_max double precision,
        a_id integer, b_id integer
    )
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000 ROWS 500 AS 'MODULE_PATHNAME', 'logfsm_invariants';
COMMENT ON FUNCTION @extschema@.invariants(@extschema@.automaton) IS
    'The temporal invariants of the traces that an automaton was made from: a is always followed by b (AFby), always precedes it (AP), is never followed by it (NFby). support counts the events it holds of; delays in seconds bound the time from a to any later b. a is INITIAL, a_id NULL, where b is in every trace.';
CREATE FUNCTION @extschema@.invariants(prefix_tree @extschema@.automaton, options jsonb)
    RETURNS TABLE (
        invariant_id integer, kind text, a text, b text, support bigint, delay_min double precision, delay_max double precision,
        a_id integer, b_id integer
    )
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000 ROWS 500 AS 'MODULE_PATHNAME', 'logfsm_mined_invariants';
COMMENT ON FUNCTION @extschema@.invariants(@extschema@.automaton, jsonb) IS
    'The invariants of a prefix tree''s traces, with the options of invariants(invariant_counts). An inferred automaton is error 22023.';

-- Where invariants do not hold.
CREATE FUNCTION @extschema@.check_invariants(
        automaton @extschema@.automaton, options jsonb DEFAULT '{}', reference @extschema@.automaton DEFAULT NULL
    )
    RETURNS TABLE (invariant_id integer, kind text, a text, b text, support bigint, counterexample text[], ends boolean)
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1000 ROWS 50 AS 'MODULE_PATHNAME', 'logfsm_check_invariants';
COMMENT ON FUNCTION @extschema@.check_invariants(@extschema@.automaton, jsonb, @extschema@.automaton) IS
    'The invariants of its training traces, or of those of a reference machine or prefix tree, that a machine does not keep, each with a shortest path that breaks it; ends says that the path''s end does. Options kinds, min_support, ignore, and invariants of your own.';
CREATE FUNCTION @extschema@.broken_invariants(automaton @extschema@.automaton, trace @extschema@.trace)
    RETURNS TABLE (invariant_id integer, kind text, a text, b text, support bigint, seq integer)
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20 ROWS 5 AS 'MODULE_PATHNAME', 'logfsm_broken_invariants';
COMMENT ON FUNCTION @extschema@.broken_invariants(@extschema@.automaton, @extschema@.trace) IS
    'The invariants of a machine that a trace breaks: seq is the event that breaks it, one past the last event where the end does.';
CREATE FUNCTION @extschema@.violated_at(trace @extschema@.trace, kind text, a text, b text) RETURNS integer
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'logfsm_violated_at';
COMMENT ON FUNCTION @extschema@.violated_at(@extschema@.trace, text, text, text) IS
    'The event of a trace that breaks an invariant, one past the last where the end does; NULL where the trace keeps it. kind is AFby, AP, NFby or IntrBy; a may be INITIAL for AFby.';
CREATE FUNCTION @extschema@.violations(prefix_tree @extschema@.automaton, kind text, a text, b text, max_rows integer DEFAULT 100)
    RETURNS TABLE (variant text[], count bigint, seq integer)
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000 ROWS 50 AS 'MODULE_PATHNAME', 'logfsm_violations';
COMMENT ON FUNCTION @extschema@.violations(@extschema@.automaton, text, text, text, integer) IS
    'Why something is not an invariant: the distinct traces of a prefix tree that break it, most frequent first, each with the event where it does.';
