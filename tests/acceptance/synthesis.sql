-- Synthetic traces of real logs with times and parameters, the whole way: create_model, fit, synthesize, check_run,
-- fidelity. Every rule kept, parameters included; identifiers bound and never real; dependent parameters stay dependent;
-- times as far from real ones as these are from each other.
\set ON_ERROR_STOP 1
SET client_min_messages = warning;
SET timezone = 'UTC';
CREATE EXTENSION logfsm;
CREATE FUNCTION expect(what text, got anyelement, want anyelement) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF got IS DISTINCT FROM want THEN
        RAISE EXCEPTION '%: got %, want %', what, got, want;
    END IF;
END
$$;

-- SNTSVV/PRINS: templates and parameters found by others.
CREATE TABLE hadoop_log (trace_id text, seq integer, ts timestamp, component text, event text, event_id text, level text, params jsonb);
\set load '\\copy hadoop_log from program ''gzip -dc ' :data '/prins/hadoop.csv.gz'' csv header'
:load
CREATE TABLE ngl_log (trace_id text, seq integer, ts timestamptz, component text, event text, event_id text, level text, params jsonb);
\set load '\\copy ngl_log from program ''gzip -dc ' :data '/prins/nglclient.csv.gz'' csv header'
:load
-- Raw lines of complete HDFS blocks: templates, parameters and block ids found by ourselves.
CREATE TABLE hdfs_log (n bigint GENERATED ALWAYS AS IDENTITY, line text);
\set load '\\copy hdfs_log (line) from program ''gzip -dc ' :data '/hdfs_raw/HDFS_AD_5k.log.gz'' with (format csv, delimiter e''\\x01'', quote e''\\x02'')'
:load

SELECT logfsm.create_model('hadoop', source => 'hadoop_log', trace => 'trace_id', event => 'event', at => 'ts', seq => 'seq',
    component => 'component', params => 'params');
SELECT logfsm.create_model('ngl', source => 'ngl_log', trace => 'trace_id', event => 'event', at => 'ts', seq => 'seq',
    component => 'component', params => 'params');
SELECT logfsm.create_model('hdfs', source => 'hdfs_log', message => 'line', seq => 'n', format => 'hdfs', trace_pattern => 'blk_-?\d+');

CREATE FUNCTION prove(model text, seed bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    run integer;
    broken text;
    found bigint;
BEGIN
    run := logfsm.synthesize(model, 1000, seed => seed);
    SELECT string_agg(format('%s (%s of %s: %s)', rule, violated, checked, examples), ', ') INTO broken
    FROM logfsm.check_run(model, run) WHERE violated > 0;
    PERFORM expect(model || ': broken rules', broken, NULL);
    EXECUTE format('SELECT status FROM %I.runs WHERE run_id = $1', model) INTO broken USING run;
    PERFORM expect(model || ': status', broken, 'current');
    SELECT checked INTO found FROM logfsm.check_run(model, run) WHERE rule = 'no_real_identifier';
    PERFORM expect(model || ': identifiers checked', found > 0, true);
    -- Not a value that only few real rows have: none of those that name things occurs in both.
    EXECUTE format($query$
        SELECT count(*) FROM (SELECT DISTINCT value FROM %1$I.parameters WHERE run_id = $1) s
        JOIN (SELECT value FROM %1$I.parameters WHERE run_id = 0 GROUP BY value HAVING count(*) < 5) r USING (value)
        WHERE value ~ '(blk_-?\d{6}|\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}|[0-9a-f]{8}-[0-9a-f]{4}|_\d{13}_|attempt_)' $query$, model)
        INTO found USING run;
    PERFORM expect(model || ': real identifiers', found, 0::bigint);
    -- Similarities at least 0.9 of their floors, distances at most 1.5 of theirs.
    SELECT string_agg(format('%s %s against %s', metric, round(value::numeric, 4), round(floor::numeric, 4)), ', ') INTO broken
    FROM logfsm.fidelity(model, run)
    WHERE metric IN ('column_shapes', 'pair_contingency', 'pair_correlation', 'identifier_equality', 'dependent_pairs',
                     'parameters_per_event', 'events_per_trace') AND value < 0.9 * floor
       OR metric IN ('relative_event_distance', 'cycle_time_distance') AND value > 1.5 * floor;
    PERFORM expect(model || ': metrics', broken, NULL);
END
$$;
-- A run that breaks a rule is rejected with a warning.
SET client_min_messages = error;
DO $$
DECLARE
    model text;
    broken text;
BEGIN
    FOREACH model IN ARRAY ARRAY['hadoop', 'ngl', 'hdfs'] LOOP
        PERFORM logfsm.fit(model);
        SELECT string_agg(format('%s (%s of %s)', rule, violated, checked), ', ') INTO broken FROM logfsm.check_run(model, 0) WHERE violated > 0;
        PERFORM expect(model || ': rules that real traces break', broken, NULL);
        FOR seed IN 1 .. 3 LOOP
            PERFORM prove(model, seed);
        END LOOP;
    END LOOP;
END
$$;
-- The block of a trace is the same in all its events.
SELECT expect('traces with several blocks', (
    SELECT count(*) FROM (SELECT run_id, trace_id FROM hdfs.parameters WHERE run_id > 0 AND value ~ '^blk_-?\d+$'
        GROUP BY 1, 2 HAVING count(DISTINCT value) <> 1) s), 0::bigint);
\pset format unaligned
SELECT m.model, f.metric, round(f.value::numeric, 3) AS value, round(f.floor::numeric, 3) AS floor, round(f.shuffled::numeric, 3) AS shuffled
FROM unnest(ARRAY['hadoop', 'ngl', 'hdfs']) m (model), logfsm.fidelity(m.model, 1) f WHERE NOT f.weighted;
