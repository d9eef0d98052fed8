SET client_min_messages = warning;
\pset footer off
SELECT logfsm.synthesize('session', traces => 1000, seed => 42) AS run;

\echo Real and synthetic sessions side by side, in a view of our own:
CREATE SCHEMA report;
CREATE VIEW report.event_mix AS
SELECT event,
       count(*) FILTER (WHERE origin = 'real') AS real,
       count(*) FILTER (WHERE origin = 'synthetic') AS synthetic,
       round(100.0 * count(*) FILTER (WHERE origin = 'real') / sum(count(*) FILTER (WHERE origin = 'real')) OVER (), 2) AS real_pct,
       round(100.0 * count(*) FILTER (WHERE origin = 'synthetic') / sum(count(*) FILTER (WHERE origin = 'synthetic')) OVER (), 2) AS synthetic_pct
FROM session.all_events GROUP BY event;
SELECT left(replace(event, 'duration: <*> ms  statement: ', '… '), 50) AS event, real, synthetic, real_pct, synthetic_pct FROM report.event_mix ORDER BY real DESC, event LIMIT 6;

\echo The beginning of a synthetic session:
SELECT seq, to_char(at, 'HH24:MI:SS.MS') AS at, left(replace(event, 'duration: <*> ms  statement: ', '… '), 70) AS event
FROM session.synthetic_events
WHERE synthetic_key = (SELECT synthetic_key FROM session.synthetic_traces WHERE n_events > 8 ORDER BY trace_id LIMIT 1)
ORDER BY seq LIMIT 12;
