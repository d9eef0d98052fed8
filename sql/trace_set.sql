-- Traces in one step: rows of a whole table, in any order, without GROUP BY.

CREATE TYPE @extschema@.trace_set;

CREATE FUNCTION @extschema@.trace_set_in(cstring) RETURNS @extschema@.trace_set
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'logfsm_trace_set_in';
CREATE FUNCTION @extschema@.trace_set_out(@extschema@.trace_set) RETURNS cstring
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'logfsm_trace_set_out';
CREATE FUNCTION @extschema@.trace_set_recv(internal) RETURNS @extschema@.trace_set
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'logfsm_trace_set_recv';
CREATE FUNCTION @extschema@.trace_set_send(@extschema@.trace_set) RETURNS bytea
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'logfsm_trace_set_send';

CREATE TYPE @extschema@.trace_set (
    INPUT = @extschema@.trace_set_in,
    OUTPUT = @extschema@.trace_set_out,
    RECEIVE = @extschema@.trace_set_recv,
    SEND = @extschema@.trace_set_send,
    STORAGE = extended,
    ALIGNMENT = int4
);
COMMENT ON FUNCTION @extschema@.trace_set_in(cstring) IS 'Reads the text form of type trace_set.';
COMMENT ON FUNCTION @extschema@.trace_set_out(@extschema@.trace_set) IS 'Writes the text form of type trace_set.';
COMMENT ON FUNCTION @extschema@.trace_set_recv(internal) IS 'Reads the binary form of type trace_set.';
COMMENT ON FUNCTION @extschema@.trace_set_send(@extschema@.trace_set) IS 'Writes the binary form of type trace_set.';
COMMENT ON TYPE @extschema@.trace_set IS
    'Rows of traces as the one-step aggregates collect them: a few bytes each, by trace key. How their state travels between processes and servers.';

CREATE FUNCTION @extschema@.trace_set_combine(@extschema@.trace_set, @extschema@.trace_set) RETURNS @extschema@.trace_set
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100000 AS 'MODULE_PATHNAME', 'logfsm_trace_set_combine';
COMMENT ON FUNCTION @extschema@.trace_set_combine(@extschema@.trace_set, @extschema@.trace_set) IS 'Joins two sets of traces'' rows.';
CREATE FUNCTION @extschema@.trace_set_final(@extschema@.trace_set) RETURNS @extschema@.trace_set
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1 AS 'MODULE_PATHNAME', 'logfsm_trace_set_final';
COMMENT ON FUNCTION @extschema@.trace_set_final(@extschema@.trace_set) IS 'The set of traces that was collected: the last step of trace_set_agg.';
CREATE FUNCTION @extschema@.trace_set_tree(@extschema@.trace_set) RETURNS @extschema@.automaton
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100000 AS 'MODULE_PATHNAME', 'logfsm_trace_set_tree';
COMMENT ON FUNCTION @extschema@.trace_set_tree(@extschema@.trace_set) IS 'The prefix tree of a set''s traces.';


CREATE FUNCTION @extschema@.trace_set_transition(@extschema@.trace_set, trace anyelement, event text, at timestamptz) RETURNS @extschema@.trace_set
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'logfsm_trace_set_transition';
COMMENT ON FUNCTION @extschema@.trace_set_transition(@extschema@.trace_set, anyelement, text, timestamptz) IS 'Adds a row to a set of traces.';
CREATE AGGREGATE @extschema@.trace_set_agg(trace anyelement, event text, at timestamptz) (
    SFUNC = @extschema@.trace_set_transition, STYPE = @extschema@.trace_set, SSPACE = 1000000, COMBINEFUNC = @extschema@.trace_set_combine,
    FINALFUNC = @extschema@.trace_set_final, PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.trace_set_agg(anyelement, text, timestamptz) IS
    'The rows of many traces, each with its time, by their trace key: what prefix_tree_agg over rows works on. Memory O(rows), about 5 to 10 bytes each.';
CREATE AGGREGATE @extschema@.prefix_tree_agg(trace anyelement, event text, at timestamptz) (
    SFUNC = @extschema@.trace_set_transition, STYPE = @extschema@.trace_set, SSPACE = 1000000, COMBINEFUNC = @extschema@.trace_set_combine,
    FINALFUNC = @extschema@.trace_set_tree, PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.prefix_tree_agg(anyelement, text, timestamptz) IS
    'From rows straight to the prefix tree, each with its time: the same as prefix_tree_agg over trace_agg grouped by the trace key, without grouping or sorting. Memory O(rows), bounded by logfsm.memory_limit. NULL key, event or order: error 22004.';

CREATE FUNCTION @extschema@.trace_set_transition(@extschema@.trace_set, trace anyelement, event text, at timestamptz, seq bigint) RETURNS @extschema@.trace_set
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'logfsm_trace_set_transition';
COMMENT ON FUNCTION @extschema@.trace_set_transition(@extschema@.trace_set, anyelement, text, timestamptz, bigint) IS 'Adds a row to a set of traces.';
CREATE AGGREGATE @extschema@.trace_set_agg(trace anyelement, event text, at timestamptz, seq bigint) (
    SFUNC = @extschema@.trace_set_transition, STYPE = @extschema@.trace_set, SSPACE = 1000000, COMBINEFUNC = @extschema@.trace_set_combine,
    FINALFUNC = @extschema@.trace_set_final, PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.trace_set_agg(anyelement, text, timestamptz, bigint) IS
    'The rows of many traces, each with its time and sequence number, by their trace key: what prefix_tree_agg over rows works on. Memory O(rows), about 5 to 10 bytes each.';
CREATE AGGREGATE @extschema@.prefix_tree_agg(trace anyelement, event text, at timestamptz, seq bigint) (
    SFUNC = @extschema@.trace_set_transition, STYPE = @extschema@.trace_set, SSPACE = 1000000, COMBINEFUNC = @extschema@.trace_set_combine,
    FINALFUNC = @extschema@.trace_set_tree, PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.prefix_tree_agg(anyelement, text, timestamptz, bigint) IS
    'From rows straight to the prefix tree, each with its time and sequence number: the same as prefix_tree_agg over trace_agg grouped by the trace key, without grouping or sorting. Memory O(rows), bounded by logfsm.memory_limit. NULL key, event or order: error 22004.';

CREATE FUNCTION @extschema@.trace_set_transition(@extschema@.trace_set, trace anyelement, event text, at timestamptz, seq bigint, component text) RETURNS @extschema@.trace_set
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'logfsm_trace_set_transition';
COMMENT ON FUNCTION @extschema@.trace_set_transition(@extschema@.trace_set, anyelement, text, timestamptz, bigint, text) IS 'Adds a row to a set of traces.';
CREATE AGGREGATE @extschema@.trace_set_agg(trace anyelement, event text, at timestamptz, seq bigint, component text) (
    SFUNC = @extschema@.trace_set_transition, STYPE = @extschema@.trace_set, SSPACE = 1000000, COMBINEFUNC = @extschema@.trace_set_combine,
    FINALFUNC = @extschema@.trace_set_final, PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.trace_set_agg(anyelement, text, timestamptz, bigint, text) IS
    'The rows of many traces, each with its time, sequence number and component, by their trace key: what prefix_tree_agg over rows works on. Memory O(rows), about 5 to 10 bytes each.';
CREATE AGGREGATE @extschema@.prefix_tree_agg(trace anyelement, event text, at timestamptz, seq bigint, component text) (
    SFUNC = @extschema@.trace_set_transition, STYPE = @extschema@.trace_set, SSPACE = 1000000, COMBINEFUNC = @extschema@.trace_set_combine,
    FINALFUNC = @extschema@.trace_set_tree, PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.prefix_tree_agg(anyelement, text, timestamptz, bigint, text) IS
    'From rows straight to the prefix tree, each with its time, sequence number and component: the same as prefix_tree_agg over trace_agg grouped by the trace key, without grouping or sorting. Memory O(rows), bounded by logfsm.memory_limit. NULL key, event or order: error 22004.';

CREATE FUNCTION @extschema@.trace_set_transition(@extschema@.trace_set, trace anyelement, event text, at timestamptz, seq bigint, component text, params jsonb) RETURNS @extschema@.trace_set
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'logfsm_trace_set_transition';
COMMENT ON FUNCTION @extschema@.trace_set_transition(@extschema@.trace_set, anyelement, text, timestamptz, bigint, text, jsonb) IS 'Adds a row to a set of traces.';
CREATE AGGREGATE @extschema@.trace_set_agg(trace anyelement, event text, at timestamptz, seq bigint, component text, params jsonb) (
    SFUNC = @extschema@.trace_set_transition, STYPE = @extschema@.trace_set, SSPACE = 1000000, COMBINEFUNC = @extschema@.trace_set_combine,
    FINALFUNC = @extschema@.trace_set_final, PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.trace_set_agg(anyelement, text, timestamptz, bigint, text, jsonb) IS
    'The rows of many traces, each with its time, sequence number, component and parameters, by their trace key: what prefix_tree_agg over rows works on. Memory O(rows), about 5 to 10 bytes each.';
CREATE AGGREGATE @extschema@.prefix_tree_agg(trace anyelement, event text, at timestamptz, seq bigint, component text, params jsonb) (
    SFUNC = @extschema@.trace_set_transition, STYPE = @extschema@.trace_set, SSPACE = 1000000, COMBINEFUNC = @extschema@.trace_set_combine,
    FINALFUNC = @extschema@.trace_set_tree, PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.prefix_tree_agg(anyelement, text, timestamptz, bigint, text, jsonb) IS
    'From rows straight to the prefix tree, each with its time, sequence number, component and parameters: the same as prefix_tree_agg over trace_agg grouped by the trace key, without grouping or sorting. Memory O(rows), bounded by logfsm.memory_limit. NULL key, event or order: error 22004.';

CREATE FUNCTION @extschema@.trace_set_transition(@extschema@.trace_set, trace anyelement, event text, seq bigint) RETURNS @extschema@.trace_set
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'logfsm_trace_set_transition_seq';
COMMENT ON FUNCTION @extschema@.trace_set_transition(@extschema@.trace_set, anyelement, text, bigint) IS 'Adds a row to a set of traces.';
CREATE AGGREGATE @extschema@.trace_set_agg(trace anyelement, event text, seq bigint) (
    SFUNC = @extschema@.trace_set_transition, STYPE = @extschema@.trace_set, SSPACE = 1000000, COMBINEFUNC = @extschema@.trace_set_combine,
    FINALFUNC = @extschema@.trace_set_final, PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.trace_set_agg(anyelement, text, bigint) IS
    'The rows of many traces, ordered by a sequence number alone, by their trace key: what prefix_tree_agg over rows works on. Memory O(rows), about 5 to 10 bytes each.';
CREATE AGGREGATE @extschema@.prefix_tree_agg(trace anyelement, event text, seq bigint) (
    SFUNC = @extschema@.trace_set_transition, STYPE = @extschema@.trace_set, SSPACE = 1000000, COMBINEFUNC = @extschema@.trace_set_combine,
    FINALFUNC = @extschema@.trace_set_tree, PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.prefix_tree_agg(anyelement, text, bigint) IS
    'From rows straight to the prefix tree, ordered by a sequence number alone: the same as prefix_tree_agg over trace_agg grouped by the trace key, without grouping or sorting. Memory O(rows), bounded by logfsm.memory_limit. NULL key, event or order: error 22004.';

CREATE FUNCTION @extschema@.trace_set_transition(@extschema@.trace_set, trace anyelement, event text, seq bigint, component text) RETURNS @extschema@.trace_set
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'logfsm_trace_set_transition_seq';
COMMENT ON FUNCTION @extschema@.trace_set_transition(@extschema@.trace_set, anyelement, text, bigint, text) IS 'Adds a row to a set of traces.';
CREATE AGGREGATE @extschema@.trace_set_agg(trace anyelement, event text, seq bigint, component text) (
    SFUNC = @extschema@.trace_set_transition, STYPE = @extschema@.trace_set, SSPACE = 1000000, COMBINEFUNC = @extschema@.trace_set_combine,
    FINALFUNC = @extschema@.trace_set_final, PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.trace_set_agg(anyelement, text, bigint, text) IS
    'The rows of many traces, ordered by a sequence number alone, each with its component, by their trace key: what prefix_tree_agg over rows works on. Memory O(rows), about 5 to 10 bytes each.';
CREATE AGGREGATE @extschema@.prefix_tree_agg(trace anyelement, event text, seq bigint, component text) (
    SFUNC = @extschema@.trace_set_transition, STYPE = @extschema@.trace_set, SSPACE = 1000000, COMBINEFUNC = @extschema@.trace_set_combine,
    FINALFUNC = @extschema@.trace_set_tree, PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.prefix_tree_agg(anyelement, text, bigint, text) IS
    'From rows straight to the prefix tree, ordered by a sequence number alone, each with its component: the same as prefix_tree_agg over trace_agg grouped by the trace key, without grouping or sorting. Memory O(rows), bounded by logfsm.memory_limit. NULL key, event or order: error 22004.';

CREATE FUNCTION @extschema@.trace_set_transition(@extschema@.trace_set, trace anyelement, event text, seq bigint, component text, params jsonb) RETURNS @extschema@.trace_set
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'logfsm_trace_set_transition_seq';
COMMENT ON FUNCTION @extschema@.trace_set_transition(@extschema@.trace_set, anyelement, text, bigint, text, jsonb) IS 'Adds a row to a set of traces.';
CREATE AGGREGATE @extschema@.trace_set_agg(trace anyelement, event text, seq bigint, component text, params jsonb) (
    SFUNC = @extschema@.trace_set_transition, STYPE = @extschema@.trace_set, SSPACE = 1000000, COMBINEFUNC = @extschema@.trace_set_combine,
    FINALFUNC = @extschema@.trace_set_final, PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.trace_set_agg(anyelement, text, bigint, text, jsonb) IS
    'The rows of many traces, ordered by a sequence number alone, each with component and parameters, by their trace key: what prefix_tree_agg over rows works on. Memory O(rows), about 5 to 10 bytes each.';
CREATE AGGREGATE @extschema@.prefix_tree_agg(trace anyelement, event text, seq bigint, component text, params jsonb) (
    SFUNC = @extschema@.trace_set_transition, STYPE = @extschema@.trace_set, SSPACE = 1000000, COMBINEFUNC = @extschema@.trace_set_combine,
    FINALFUNC = @extschema@.trace_set_tree, PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.prefix_tree_agg(anyelement, text, bigint, text, jsonb) IS
    'From rows straight to the prefix tree, ordered by a sequence number alone, each with component and parameters: the same as prefix_tree_agg over trace_agg grouped by the trace key, without grouping or sorting. Memory O(rows), bounded by logfsm.memory_limit. NULL key, event or order: error 22004.';
