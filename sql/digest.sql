-- What refresh compares: whether the rows that a model has read are still what they were.
CREATE FUNCTION @extschema@.row_hash(VARIADIC "any") RETURNS bigint
    LANGUAGE C STABLE PARALLEL SAFE COST 1 AS 'MODULE_PATHNAME', 'logfsm_row_hash';
COMMENT ON FUNCTION @extschema@.row_hash("any") IS
    'A hash of values as they are stored: what row_digest_agg adds up. Values that are stored elsewhere or compressed count by what stands for them.';
CREATE FUNCTION @extschema@.row_digest_transition(bytea, at timestamptz, hash bigint, bound bigint) RETURNS bytea
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1 AS 'MODULE_PATHNAME', 'logfsm_row_digest_transition';
COMMENT ON FUNCTION @extschema@.row_digest_transition(bytea, timestamptz, bigint, bigint) IS 'Adds a row to a digest.';
CREATE FUNCTION @extschema@.row_digest_transition(bytea, "number" bigint, hash bigint, bound bigint) RETURNS bytea
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1 AS 'MODULE_PATHNAME', 'logfsm_row_digest_transition';
COMMENT ON FUNCTION @extschema@.row_digest_transition(bytea, bigint, bigint, bigint) IS 'Adds a row to a digest.';
CREATE FUNCTION @extschema@.row_digest_combine(bytea, bytea) RETURNS bytea
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1000 AS 'MODULE_PATHNAME', 'logfsm_row_digest_combine';
COMMENT ON FUNCTION @extschema@.row_digest_combine(bytea, bytea) IS 'Adds up two digests with the same bound.';
CREATE AGGREGATE @extschema@.row_digest_agg(at timestamptz, hash bigint, bound bigint) (
    SFUNC = @extschema@.row_digest_transition, STYPE = bytea, SSPACE = 10000, COMBINEFUNC = @extschema@.row_digest_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.row_digest_agg(timestamptz, bigint, bigint) IS
    'How many rows there are before a bound in microseconds since 2000 and the sum of their hashes, and the same for stretches of time after it: what refresh compares to see whether earlier rows were changed, deleted or came late.';
CREATE AGGREGATE @extschema@.row_digest_agg("number" bigint, hash bigint, bound bigint) (
    SFUNC = @extschema@.row_digest_transition, STYPE = bytea, SSPACE = 10000, COMBINEFUNC = @extschema@.row_digest_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.row_digest_agg(bigint, bigint, bigint) IS
    'The same for rows in the order of a number.';
