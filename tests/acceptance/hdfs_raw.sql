-- Raw HDFS lines, the whole way to a fitted model in one create_model and one fit: block ids found as trace keys,
-- times and templates as in a structured form made by others.
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
CREATE TABLE raw_log (n bigint GENERATED ALWAYS AS IDENTITY, line text);
\set load '\\copy raw_log (line) from program ''gzip -dc ' :data '/hdfs_raw/HDFS_AD_5k.log.gz'' with (format csv, delimiter e''\\x01'', quote e''\\x02'')'
:load
CREATE TABLE structured (line_id bigint, ts timestamp, pid text, level text, component text, content text, block_ids text, event_id integer);
\set load '\\copy structured from program ''gzip -dc ' :data '/hdfs_raw/HDFS_AD_5k_structured.csv.gz'' csv header'
:load
SELECT expect('lines', (SELECT count(*) FROM raw_log), 4519::bigint);

SELECT logfsm.create_model('hdfs', source => 'raw_log', message => 'line', seq => 'n', format => 'hdfs', trace_pattern => 'blk_-?\d+');
SELECT * FROM logfsm.fit('hdfs');

SELECT expect('blocks', (SELECT count(*) FROM hdfs.traces), 110::bigint);
CREATE TABLE mentions AS
SELECT s.*, b.block FROM structured s CROSS JOIN LATERAL (SELECT DISTINCT regexp_split_to_table(s.block_ids, ' ') AS block) b;
SELECT expect('events: each line is in the trace of every block that it names',
    (SELECT count(*) FROM hdfs.events), (SELECT count(*) FROM mentions));
SELECT expect('keys other than block ids', (SELECT count(*) FROM hdfs.real_traces WHERE trace_key NOT IN (SELECT block FROM mentions)), 0::bigint);
-- Event by event, in the order of times and lines.
CREATE TABLE pairs AS
SELECT e.trace_key, e.seq, e.at, e.component, e.event, m.ts AT TIME ZONE 'UTC' AS ts, m.component AS logged_by, m.event_id, m.content, m.line_id
FROM (SELECT *, row_number() OVER (PARTITION BY trace_key ORDER BY seq) AS place FROM hdfs.real_events) e
FULL JOIN (SELECT *, row_number() OVER (PARTITION BY block ORDER BY ts, line_id) AS place FROM mentions) m
    ON m.block = e.trace_key AND m.place = e.place;
SELECT expect('events without a counterpart', (SELECT count(*) FROM pairs WHERE event IS NULL OR event_id IS NULL), 0::bigint);
SELECT expect('times that differ', (SELECT count(*) FROM pairs WHERE at IS DISTINCT FROM ts), 0::bigint);
SELECT expect('components that differ', (SELECT count(*) FROM pairs WHERE component IS DISTINCT FROM logged_by), 0::bigint);
SELECT expect('templates that stand for several event ids', (
    SELECT count(*) FROM (SELECT event FROM pairs GROUP BY event HAVING count(DISTINCT event_id) > 1) t), 0::bigint);
-- Event 7 is whatever follows "received exception": two texts here.
SELECT expect('event ids with several templates', (
    SELECT array_agg(event_id) FROM (SELECT event_id FROM pairs GROUP BY event_id HAVING count(DISTINCT event) > 1) t), ARRAY[7]);
SELECT expect('event ids', (SELECT count(DISTINCT event_id) FROM pairs), (SELECT count(DISTINCT event_id) FROM structured));
-- Every message again, from template and parameters.
SELECT expect('lines that are rebuilt', (
    SELECT count(*) FROM hdfs.model m, structured s CROSS JOIN LATERAL logfsm.parse(m.templates, s.content) p
    WHERE logfsm.rebuild(m.templates, p.template_id, coalesce(p.parameters, '[]')) = s.content), 4519::bigint);
-- Lists of replicas at the end of two templates are text, also where they have one address.
SELECT expect('kinds: the blocks are identifiers, the addresses addresses', (
    SELECT count(*) FROM hdfs.parameters JOIN hdfs.real_events e USING (trace_id, seq)
    WHERE e.event !~ '(datanode\(s\)|transfer block <\*> to) <\*>$' AND (value ~ '^blk_-?\d+$' AND kind NOT IN ('identifier', 'categorical', 'constant')
        OR value ~ '^/?\d+\.\d+\.\d+\.\d+(:\d+)?$' AND kind NOT IN ('ip', 'categorical', 'constant'))), 0::bigint);
SELECT expect('every trace accepted', (SELECT bool_and(logfsm.accepts(automaton, trace)) FROM hdfs.model, hdfs.traces), true);
SELECT expect('line counts', (SELECT ARRAY[lines, unmatched_lines, hidden_lines, keyless_lines] FROM hdfs.model), ARRAY[4519, 0, 0, 0]::bigint[]);

-- The same lines mined in ten parts, in parallel and in another order: the same bytes.
CREATE TABLE mined AS SELECT logfsm.template_agg(content) AS m FROM structured;
SELECT expect('ten parts rolled up', (SELECT logfsm.rollup(m)::text FROM (SELECT logfsm.template_agg(content) AS m FROM structured GROUP BY line_id % 10) p), (SELECT m::text FROM mined));
SELECT expect('another order', (SELECT logfsm.template_agg(content ORDER BY md5(content))::text FROM structured), (SELECT m::text FROM mined));
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
SELECT expect('a parallel plan', (SELECT logfsm.template_agg(content)::text FROM structured), (SELECT m::text FROM mined));
RESET ALL;
SET client_min_messages = warning;
SELECT expect('the same lines again', (
    SELECT array_agg(template ORDER BY template) FROM logfsm.list_templates((SELECT logfsm.template_agg(content) FROM (SELECT content FROM structured UNION ALL SELECT content FROM structured) s))),
    (SELECT array_agg(template ORDER BY template) FROM mined, logfsm.list_templates(m)));
SELECT expect('templates as jsonb', (SELECT jsonb_array_length(m::jsonb -> 'templates') FROM mined), (SELECT count(*)::integer FROM mined, logfsm.list_templates(m)));
