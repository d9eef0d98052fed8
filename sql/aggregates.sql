-- Layer 1: from rows to traces, from traces to a prefix tree, from trees to one tree.

CREATE FUNCTION @extschema@.trace_transition(internal, event text, at timestamptz) RETURNS internal
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 5 AS 'MODULE_PATHNAME', 'logfsm_trace_transition';
CREATE FUNCTION @extschema@.trace_transition(internal, event text, at timestamptz, seq bigint) RETURNS internal
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 5 AS 'MODULE_PATHNAME', 'logfsm_trace_transition';
CREATE FUNCTION @extschema@.trace_transition(internal, event text, at timestamptz, seq bigint, component text) RETURNS internal
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 5 AS 'MODULE_PATHNAME', 'logfsm_trace_transition';
CREATE FUNCTION @extschema@.trace_transition(internal, event text, at timestamptz, seq bigint, component text, params jsonb) RETURNS internal
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 5 AS 'MODULE_PATHNAME', 'logfsm_trace_transition';
CREATE FUNCTION @extschema@.trace_transition(internal, event text, seq bigint) RETURNS internal
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 5 AS 'MODULE_PATHNAME', 'logfsm_trace_transition_seq';
CREATE FUNCTION @extschema@.trace_transition(internal, event text, seq bigint, component text) RETURNS internal
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 5 AS 'MODULE_PATHNAME', 'logfsm_trace_transition_seq';
CREATE FUNCTION @extschema@.trace_transition(internal, event text, seq bigint, component text, params jsonb) RETURNS internal
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 5 AS 'MODULE_PATHNAME', 'logfsm_trace_transition_seq';
CREATE FUNCTION @extschema@.trace_final(internal) RETURNS @extschema@.trace
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'logfsm_trace_final';
CREATE FUNCTION @extschema@.trace_combine(internal, internal) RETURNS internal
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 50 AS 'MODULE_PATHNAME', 'logfsm_trace_combine';
CREATE FUNCTION @extschema@.trace_serial(internal) RETURNS bytea
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'logfsm_trace_serial';
CREATE FUNCTION @extschema@.trace_deserial(bytea, internal) RETURNS internal
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'logfsm_trace_deserial';

CREATE AGGREGATE @extschema@.trace_agg(event text, at timestamptz) (
    SFUNC = @extschema@.trace_transition, STYPE = internal, SSPACE = 512, FINALFUNC = @extschema@.trace_final,
    COMBINEFUNC = @extschema@.trace_combine, SERIALFUNC = @extschema@.trace_serial, DESERIALFUNC = @extschema@.trace_deserial, PARALLEL = SAFE
);
CREATE AGGREGATE @extschema@.trace_agg(event text, at timestamptz, seq bigint) (
    SFUNC = @extschema@.trace_transition, STYPE = internal, SSPACE = 640, FINALFUNC = @extschema@.trace_final,
    COMBINEFUNC = @extschema@.trace_combine, SERIALFUNC = @extschema@.trace_serial, DESERIALFUNC = @extschema@.trace_deserial, PARALLEL = SAFE
);
CREATE AGGREGATE @extschema@.trace_agg(event text, at timestamptz, seq bigint, component text) (
    SFUNC = @extschema@.trace_transition, STYPE = internal, SSPACE = 640, FINALFUNC = @extschema@.trace_final,
    COMBINEFUNC = @extschema@.trace_combine, SERIALFUNC = @extschema@.trace_serial, DESERIALFUNC = @extschema@.trace_deserial, PARALLEL = SAFE
);
CREATE AGGREGATE @extschema@.trace_agg(event text, at timestamptz, seq bigint, component text, params jsonb) (
    SFUNC = @extschema@.trace_transition, STYPE = internal, SSPACE = 2048, FINALFUNC = @extschema@.trace_final,
    COMBINEFUNC = @extschema@.trace_combine, SERIALFUNC = @extschema@.trace_serial, DESERIALFUNC = @extschema@.trace_deserial, PARALLEL = SAFE
);
CREATE AGGREGATE @extschema@.trace_agg(event text, seq bigint) (
    SFUNC = @extschema@.trace_transition, STYPE = internal, SSPACE = 512, FINALFUNC = @extschema@.trace_final,
    COMBINEFUNC = @extschema@.trace_combine, SERIALFUNC = @extschema@.trace_serial, DESERIALFUNC = @extschema@.trace_deserial, PARALLEL = SAFE
);
CREATE AGGREGATE @extschema@.trace_agg(event text, seq bigint, component text) (
    SFUNC = @extschema@.trace_transition, STYPE = internal, SSPACE = 512, FINALFUNC = @extschema@.trace_final,
    COMBINEFUNC = @extschema@.trace_combine, SERIALFUNC = @extschema@.trace_serial, DESERIALFUNC = @extschema@.trace_deserial, PARALLEL = SAFE
);
CREATE AGGREGATE @extschema@.trace_agg(event text, seq bigint, component text, params jsonb) (
    SFUNC = @extschema@.trace_transition, STYPE = internal, SSPACE = 2048, FINALFUNC = @extschema@.trace_final,
    COMBINEFUNC = @extschema@.trace_combine, SERIALFUNC = @extschema@.trace_serial, DESERIALFUNC = @extschema@.trace_deserial, PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.trace_agg(text, bigint, text) IS 'The events of a group as one trace without times, each with its component.';
COMMENT ON AGGREGATE @extschema@.trace_agg(text, bigint, text, jsonb) IS
    'The events of a group as one trace without times, each with component and parameters.';
COMMENT ON AGGREGATE @extschema@.trace_agg(text, timestamptz) IS
    'The events of a group, in any order, as one trace: ordered by at, ties by event bytes. O(n log n). NULL event or time: error 22004.';
COMMENT ON AGGREGATE @extschema@.trace_agg(text, timestamptz, bigint) IS
    'The events of a group as one trace: ordered by at, then seq, then event bytes; seq may be NULL for all events of a trace.';
COMMENT ON AGGREGATE @extschema@.trace_agg(text, timestamptz, bigint, text) IS
    'The events of a group as one trace, each with the component that wrote it (may be NULL).';
COMMENT ON AGGREGATE @extschema@.trace_agg(text, timestamptz, bigint, text, jsonb) IS
    'The events of a group as one trace, each with component and parameters (may be NULL).';
COMMENT ON AGGREGATE @extschema@.trace_agg(text, bigint) IS
    'The events of a group as one trace without times, ordered by seq.';

CREATE FUNCTION @extschema@.prefix_tree_transition(@extschema@.automaton, @extschema@.trace) RETURNS @extschema@.automaton
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 50 AS 'MODULE_PATHNAME', 'logfsm_prefix_tree_transition';
CREATE FUNCTION @extschema@.prefix_tree_combine(@extschema@.automaton, @extschema@.automaton) RETURNS @extschema@.automaton
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1000 AS 'MODULE_PATHNAME', 'logfsm_prefix_tree_combine';
CREATE AGGREGATE @extschema@.prefix_tree_agg(@extschema@.trace) (
    SFUNC = @extschema@.prefix_tree_transition, STYPE = @extschema@.automaton,
    COMBINEFUNC = @extschema@.prefix_tree_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.prefix_tree_agg(@extschema@.trace) IS
    'The frequency prefix tree acceptor of all traces of a group, the same in any order and any parallel plan. Time O(events), memory O(distinct traces); NULL without traces.';

CREATE AGGREGATE @extschema@.rollup(@extschema@.automaton) (
    SFUNC = @extschema@.prefix_tree_combine, STYPE = @extschema@.automaton,
    COMBINEFUNC = @extschema@.prefix_tree_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.rollup(@extschema@.automaton) IS
    'One prefix tree from the trees of shards, days or services: exactly what prefix_tree_agg over all their traces gives. An inferred automaton is error 22023.';

CREATE FUNCTION @extschema@.template_transition(@extschema@.templates, message text) RETURNS @extschema@.templates
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 50 AS 'MODULE_PATHNAME', 'logfsm_template_transition';
CREATE FUNCTION @extschema@.template_combine(@extschema@.templates, @extschema@.templates) RETURNS @extschema@.templates
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10000 AS 'MODULE_PATHNAME', 'logfsm_template_combine';

CREATE AGGREGATE @extschema@.template_agg(message text) (
    SFUNC = @extschema@.template_transition, STYPE = @extschema@.templates,
    COMBINEFUNC = @extschema@.template_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.template_agg(text) IS
    'The message templates of a group''s lines, the same in any order and any parallel plan. Memory follows templates, not lines; NULL without lines.';
CREATE AGGREGATE @extschema@.rollup(@extschema@.templates) (
    SFUNC = @extschema@.template_combine, STYPE = @extschema@.templates,
    COMBINEFUNC = @extschema@.template_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.rollup(@extschema@.templates) IS 'One set of templates from several: what template_agg over all their lines gives.';

COMMENT ON FUNCTION @extschema@.trace_transition(internal, text, timestamptz) IS 'Adds a row to the state of trace_agg.';
COMMENT ON FUNCTION @extschema@.trace_transition(internal, text, timestamptz, bigint) IS 'Adds a row to the state of trace_agg.';
COMMENT ON FUNCTION @extschema@.trace_transition(internal, text, timestamptz, bigint, text) IS 'Adds a row to the state of trace_agg.';
COMMENT ON FUNCTION @extschema@.trace_transition(internal, text, timestamptz, bigint, text, jsonb) IS 'Adds a row to the state of trace_agg.';
COMMENT ON FUNCTION @extschema@.trace_transition(internal, text, bigint) IS 'Adds a row to the state of trace_agg.';
COMMENT ON FUNCTION @extschema@.trace_transition(internal, text, bigint, text) IS 'Adds a row to the state of trace_agg.';
COMMENT ON FUNCTION @extschema@.trace_transition(internal, text, bigint, text, jsonb) IS 'Adds a row to the state of trace_agg.';
COMMENT ON FUNCTION @extschema@.trace_final(internal) IS 'Orders the rows of trace_agg''s state into a trace.';
COMMENT ON FUNCTION @extschema@.trace_combine(internal, internal) IS 'Joins two states of trace_agg.';
COMMENT ON FUNCTION @extschema@.trace_serial(internal) IS 'A state of trace_agg as bytes.';
COMMENT ON FUNCTION @extschema@.trace_deserial(bytea, internal) IS 'A state of trace_agg from bytes.';
COMMENT ON FUNCTION @extschema@.prefix_tree_transition(@extschema@.automaton, @extschema@.trace) IS 'Adds a trace to a prefix tree.';
COMMENT ON FUNCTION @extschema@.prefix_tree_combine(@extschema@.automaton, @extschema@.automaton) IS 'Joins two prefix trees.';
COMMENT ON FUNCTION @extschema@.template_transition(@extschema@.templates, text) IS 'Adds a line to a set of templates.';
COMMENT ON FUNCTION @extschema@.template_combine(@extschema@.templates, @extschema@.templates) IS 'Joins two sets of templates.';
