-- The HDFS sequences, one row per event: known counts, identical automata whatever the plan, conserved flow, and a run
-- of 100,000 synthetic traces inside the machine.
\set ON_ERROR_STOP 1
SET client_min_messages = warning;
CREATE EXTENSION logfsm;
CREATE TABLE sequences (trace_id text, label integer, event_ids text);
\set load '\\copy sequences from program ''gzip -dc ' :data '/hdfs/hdfs_loghub_sequences.csv.gz'' csv header'
:load
CREATE TABLE log AS
SELECT s.trace_id, s.label, e.event, timestamptz '2026-01-01 00:00:00+00' + n.no * interval '1 second' + e.seq * interval '10 ms' AS at, e.seq
FROM (SELECT row_number() OVER (ORDER BY trace_id) AS no, * FROM sequences) n
JOIN sequences s USING (trace_id)
CROSS JOIN LATERAL regexp_split_to_table(trim(s.event_ids), ' +') WITH ORDINALITY AS e (event, seq);
ANALYZE log;
CREATE VIEW normal_log AS SELECT * FROM log WHERE label = 0;

-- An assertion that says what it saw.
CREATE FUNCTION expect(what text, got anyelement, want anyelement) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF got IS DISTINCT FROM want THEN
        RAISE EXCEPTION '%: got %, want %', what, got, want;
    END IF;
END
$$;

CREATE TABLE traces AS SELECT trace_id, logfsm.trace_agg(event, at, seq) AS trace FROM log GROUP BY trace_id;
CREATE TABLE trees AS SELECT logfsm.prefix_tree_agg(trace) AS tree FROM traces;
SELECT expect(name, value, want) FROM trees, logfsm.stats(tree)
JOIN (VALUES ('traces', '22421'), ('events', '396560'), ('distinct_traces', '4997'), ('event_types', '29'), ('ties_without_seq', '0')) w (name, want) USING (name);

-- Serial, parallel and shuffled: the same bytes.
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SELECT expect('parallel', (SELECT logfsm.fingerprint(logfsm.prefix_tree_agg(trace)) FROM traces), (SELECT logfsm.fingerprint(tree) FROM trees));
RESET ALL;
SET client_min_messages = warning;
SET max_parallel_workers_per_gather = 0;
SELECT expect('shuffled', (
    SELECT logfsm.fingerprint(logfsm.prefix_tree_agg(trace)) FROM (
        SELECT logfsm.trace_agg(event, at, seq) AS trace FROM (SELECT * FROM log ORDER BY md5(trace_id || seq)) l GROUP BY trace_id ORDER BY md5(trace_id)
    ) t), (SELECT logfsm.fingerprint(tree) FROM trees));
SET work_mem = '1MB';
SELECT expect('spilled', (
    SELECT logfsm.fingerprint(logfsm.prefix_tree_agg(trace)) FROM (SELECT logfsm.trace_agg(event, at, seq) AS trace FROM log GROUP BY trace_id) t),
    (SELECT logfsm.fingerprint(tree) FROM trees));
RESET ALL;
SET client_min_messages = warning;

-- Ten disjoint parts rolled up: the same bytes.
SELECT expect('rollup', (
    SELECT logfsm.fingerprint(logfsm.rollup(part)) FROM (SELECT logfsm.prefix_tree_agg(trace) AS part FROM traces GROUP BY hashtext(trace_id) % 10) p),
    (SELECT logfsm.fingerprint(tree) FROM trees));
SELECT expect('binary, text and JSON round trips',
    (SELECT logfsm.fingerprint(tree::text::logfsm.automaton) = logfsm.fingerprint(tree)
        AND logfsm.fingerprint(logfsm.from_json(tree::jsonb)) = logfsm.fingerprint(tree) FROM trees), true);

SELECT logfsm.create_model('hdfs', source => 'log', trace => 'trace_id', event => 'event', at => 'at', seq => 'seq');
SELECT * FROM logfsm.fit('hdfs');
SELECT expect('model traces', (SELECT count(*) FROM hdfs.traces), 22421::bigint);
SELECT expect('model events', (SELECT count(*) FROM hdfs.events), 396560::bigint);
SELECT expect('model event types', (SELECT count(*) FROM hdfs.templates), 29::bigint);
SELECT expect('distinct traces', (SELECT count(DISTINCT logfsm.variant(trace)) FROM hdfs.traces), 4997::bigint);
SELECT expect('observed pairs', (
    SELECT count(DISTINCT (a.template_id, b.template_id)) FROM hdfs.events a
    JOIN hdfs.events b ON b.run_id = a.run_id AND b.trace_id = a.trace_id AND b.seq = a.seq + 1), 274::bigint);
SELECT expect('every training trace accepted', (SELECT bool_and(logfsm.accepts(automaton, trace)) FROM hdfs.model, hdfs.traces), true);
SELECT expect('states that do not conserve flow', (
    SELECT count(*) FROM hdfs.states s
    LEFT JOIN LATERAL (SELECT sum(count) AS out_flow FROM hdfs.transitions t WHERE t.src = s.state_id) o ON true
    LEFT JOIN LATERAL (SELECT sum(count) AS in_flow FROM hdfs.transitions t WHERE t.dst = s.state_id) i ON true
    WHERE coalesce(out_flow, 0) + stops <> visits
       OR coalesce(in_flow, 0) + CASE WHEN kind = 'start' THEN 22421 ELSE 0 END <> visits), 0::bigint);
SELECT expect('transition counts that differ from the events', (
    SELECT count(*) FROM hdfs.transitions t
    LEFT JOIN (SELECT transition_id, count(*) AS n FROM hdfs.events GROUP BY 1) e USING (transition_id) WHERE t.count IS DISTINCT FROM e.n), 0::bigint);

SELECT logfsm.create_model('hdfs_normal', source => 'normal_log', trace => 'trace_id', event => 'event', at => 'at', seq => 'seq');
SELECT * FROM logfsm.fit('hdfs_normal');
SELECT expect('normal traces', (SELECT count(*) FROM hdfs_normal.traces), 5583::bigint);
SELECT expect('normal events', (SELECT count(*) FROM hdfs_normal.events), 108310::bigint);
SELECT expect('normal event types', (SELECT count(*) FROM hdfs_normal.templates), 15::bigint);
SELECT expect('normal distinct traces', (SELECT count(DISTINCT logfsm.variant(trace)) FROM hdfs_normal.traces), 873::bigint);
SELECT expect('normal observed pairs', (
    SELECT count(DISTINCT (a.template_id, b.template_id)) FROM hdfs_normal.events a
    JOIN hdfs_normal.events b ON b.run_id = a.run_id AND b.trace_id = a.trace_id AND b.seq = a.seq + 1), 75::bigint);

-- Synthetic runs: fixed by the seed, inside the machine, keys valid.
SELECT expect('runs', ARRAY[logfsm.synthesize('hdfs', 2000, 42), logfsm.synthesize('hdfs', 2000, 42), logfsm.synthesize('hdfs', 2000, 43)], ARRAY[1, 2, 3]);
CREATE VIEW run_rows AS
SELECT e.run_id, md5(string_agg(concat_ws('|', t.synthetic_key, e.seq, e.at, e.template_id, e.transition_id, e.src, e.dst), ';' ORDER BY e.trace_id, e.seq)) AS digest
FROM hdfs.events e JOIN hdfs.traces t USING (run_id, trace_id) WHERE run_id > 0 GROUP BY e.run_id;
SELECT expect('same seed, same rows', (SELECT count(DISTINCT digest) FROM run_rows WHERE run_id IN (1, 2)), 1::bigint);
SELECT expect('another seed, other rows', (SELECT count(DISTINCT digest) FROM run_rows WHERE run_id IN (1, 3)), 2::bigint);
SELECT expect('run of 100,000 traces', logfsm.synthesize('hdfs', 100000, 7), 4);
SELECT expect('synthetic traces', (SELECT count(*) FROM hdfs.traces WHERE run_id = 4), 100000::bigint);
SELECT expect('transitions outside the machine', (
    SELECT count(*) FROM hdfs.synthetic_events e LEFT JOIN hdfs.transitions t ON (t.transition_id, t.src, t.dst) = (e.transition_id, e.src, e.dst)
    WHERE t.transition_id IS NULL), 0::bigint);
SELECT expect('traces not accepted', (SELECT count(*) FROM hdfs.model, hdfs.synthetic_traces WHERE NOT logfsm.accepts(automaton, trace)), 0::bigint);
SELECT expect('foreign keys not validated', (
    SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND connamespace = 'hdfs'::regnamespace AND NOT convalidated), 0::bigint);
SELECT expect('foreign keys of a run', (
    SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND conrelid IN ('hdfs.events_run_4'::regclass, 'hdfs.scores_run_4'::regclass)), 3::bigint);
