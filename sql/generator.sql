-- The type generator: what synthetic traces are made from.
CREATE TYPE @extschema@.generator;

CREATE FUNCTION @extschema@.generator_in(cstring) RETURNS @extschema@.generator
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'logfsm_generator_in';
CREATE FUNCTION @extschema@.generator_out(@extschema@.generator) RETURNS cstring
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'logfsm_generator_out';
CREATE FUNCTION @extschema@.generator_recv(internal) RETURNS @extschema@.generator
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'logfsm_generator_recv';
CREATE FUNCTION @extschema@.generator_send(@extschema@.generator) RETURNS bytea
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'logfsm_generator_send';

CREATE TYPE @extschema@.generator (
    INPUT = @extschema@.generator_in,
    OUTPUT = @extschema@.generator_out,
    RECEIVE = @extschema@.generator_recv,
    SEND = @extschema@.generator_send,
    STORAGE = extended,
    ALIGNMENT = int4
);
COMMENT ON FUNCTION @extschema@.generator_in(cstring) IS 'Reads the text form of type generator.';
COMMENT ON FUNCTION @extschema@.generator_out(@extschema@.generator) IS 'Writes the text form of type generator.';
COMMENT ON FUNCTION @extschema@.generator_recv(internal) IS 'Reads the binary form of type generator.';
COMMENT ON FUNCTION @extschema@.generator_send(@extschema@.generator) IS 'Writes the binary form of type generator.';
COMMENT ON TYPE @extschema@.generator IS
    'What synthetic traces are made from: a machine, the contexts its paths are drawn by, delays and parameters. Made by generator(), and by fit for every model.';

CREATE FUNCTION @extschema@.generator(
        prefix_tree @extschema@.automaton, machine @extschema@.automaton, traces @extschema@.trace[] DEFAULT '{}'
    ) RETURNS @extschema@.generator
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100000 AS 'MODULE_PATHNAME', 'logfsm_generator';
COMMENT ON FUNCTION @extschema@.generator(@extschema@.automaton, @extschema@.automaton, @extschema@.trace[]) IS
    'Learns a generator from a prefix tree and the machine inferred from it. How paths are drawn is chosen by held-out likelihood among ways that break no mined invariant; traces, where given, teach parameters and how delays hang together.';

CREATE FUNCTION @extschema@.generator_stats(generator @extschema@.generator)
    RETURNS TABLE (name text, value text)
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 10 AS 'MODULE_PATHNAME', 'logfsm_generator_stats';
COMMENT ON FUNCTION @extschema@.generator_stats(@extschema@.generator) IS
    'Sizes of a generator, its fingerprint, how paths are drawn and what the other ways came to.';

CREATE FUNCTION @extschema@.generate(
        generator @extschema@.generator, traces bigint, seed bigint DEFAULT 0, first_trace bigint DEFAULT 1, options jsonb DEFAULT '{}'
    )
    RETURNS TABLE (
        trace bigint, seq integer, at timestamptz, component text, event text, src integer, dst integer, transition_id integer, label_id integer
    )
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000 ROWS 20000 AS 'MODULE_PATHNAME', 'logfsm_generate_from';
COMMENT ON FUNCTION @extschema@.generate(@extschema@.generator, bigint, bigint, bigint, jsonb) IS
    'Synthetic traces from a generator, one row per event. The same generator, seed and options give the same rows; first_trace starts at any trace without generating those before it.';

CREATE FUNCTION @extschema@.generate_trace(
        generator @extschema@.generator, seed bigint, trace bigint, options jsonb DEFAULT '{}'
    ) RETURNS @extschema@.trace
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'logfsm_generate_trace_from';
COMMENT ON FUNCTION @extschema@.generate_trace(@extschema@.generator, bigint, bigint, jsonb) IS
    'The synthetic trace number n of a seed as a value: what generate gives for it.';

CREATE FUNCTION @extschema@.generate_traces(
        generator @extschema@.generator, traces bigint, seed bigint DEFAULT 0, first_trace bigint DEFAULT 1, options jsonb DEFAULT '{}'
    )
    RETURNS TABLE (
        number bigint, trace @extschema@.trace, weight double precision, log_probability double precision, label text, about text,
        mutation text, mutated_seq integer, covers text[]
    )
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000 ROWS 1000 AS 'MODULE_PATHNAME', 'logfsm_generate_traces';
COMMENT ON FUNCTION @extschema@.generate_traces(@extschema@.generator, bigint, bigint, bigint, jsonb) IS
    'Synthetic traces as values, one row per trace, with weight, log2 of the path''s probability, label (normal or anomalous), what it was made to have, what was done to an anomalous one at which event, and what a test case covers that none before it does.';

CREATE FUNCTION @extschema@.uncovered(
        generator @extschema@.generator, cover text, seed bigint DEFAULT 0, options jsonb DEFAULT '{}'
    ) RETURNS SETOF text
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100000 ROWS 10 AS 'MODULE_PATHNAME', 'logfsm_uncovered';
COMMENT ON FUNCTION @extschema@.uncovered(@extschema@.generator, text, bigint, jsonb) IS
    'The states, transitions or pairs of transitions of the machine that no test case of the generator covers: no path drawn by what real traces did, with counts and durations as theirs, goes there.';
