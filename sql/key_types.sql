-- The one-step aggregates for the usual types of trace keys, each declared for its type: nothing is asked about the call.
-- Citus runs the transitions of aggregates that it pushes to the shards without the call's expression, and pushes none
-- with polymorphic arguments.
DO $do$
DECLARE
    key text;
    shape record;
    arguments text;
    types text;
BEGIN
    FOREACH key IN ARRAY ARRAY['text', 'bigint', 'integer', 'smallint', 'uuid'] LOOP
        FOR shape IN SELECT * FROM (VALUES
            ('at timestamptz', '', 'each with its time'),
            ('at timestamptz, seq bigint', '', 'each with its time and sequence number'),
            ('at timestamptz, seq bigint, component text', '', 'each with its time, sequence number and component'),
            ('at timestamptz, seq bigint, component text, params jsonb', '', 'each with its time, sequence number, component and parameters'),
            ('seq bigint', '_seq', 'ordered by a sequence number alone'),
            ('seq bigint, component text', '_seq', 'ordered by a sequence number alone, each with its component'),
            ('seq bigint, component text, params jsonb', '_seq', 'ordered by a sequence number alone, each with component and parameters')
        ) AS shapes (columns, suffix, meaning) LOOP
            arguments := pg_catalog.format('trace %s, event text, %s', key, shape.columns);
            types := pg_catalog.format('%s, text, %s', key, pg_catalog.regexp_replace(shape.columns, '\w+ (\w+)', '\1', 'g'));
            EXECUTE pg_catalog.format(
                'CREATE FUNCTION @extschema@.trace_set_transition(@extschema@.trace_set, %s) RETURNS @extschema@.trace_set
                     LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10 AS %L, %L',
                arguments, 'MODULE_PATHNAME', pg_catalog.format('logfsm_trace_set_transition_%s%s', key, shape.suffix));
            EXECUTE pg_catalog.format(
                'COMMENT ON FUNCTION @extschema@.trace_set_transition(@extschema@.trace_set, %s) IS %L',
                types, 'Adds a row to a set of traces whose keys are of this type.');
            EXECUTE pg_catalog.format(
                'CREATE AGGREGATE @extschema@.trace_set_agg(%s) (
                     SFUNC = @extschema@.trace_set_transition, STYPE = @extschema@.trace_set, SSPACE = 1000000, COMBINEFUNC = @extschema@.trace_set_combine,
                     FINALFUNC = @extschema@.trace_set_final, PARALLEL = SAFE)',
                arguments);
            EXECUTE pg_catalog.format(
                'COMMENT ON AGGREGATE @extschema@.trace_set_agg(%s) IS %L',
                types, pg_catalog.format('The rows of many traces, %s, by their trace key, which is of this type: what prefix_tree_agg over rows works on.', shape.meaning));
            EXECUTE pg_catalog.format(
                'CREATE AGGREGATE @extschema@.prefix_tree_agg(%s) (
                     SFUNC = @extschema@.trace_set_transition, STYPE = @extschema@.trace_set, SSPACE = 1000000, COMBINEFUNC = @extschema@.trace_set_combine,
                     FINALFUNC = @extschema@.trace_set_tree, PARALLEL = SAFE)',
                arguments);
            EXECUTE pg_catalog.format(
                'COMMENT ON AGGREGATE @extschema@.prefix_tree_agg(%s) IS %L',
                types, pg_catalog.format('From rows straight to the prefix tree, %s, for trace keys of this type; can be pushed to the shards of a distributed table.', shape.meaning));
        END LOOP;
    END LOOP;
END
$do$;
