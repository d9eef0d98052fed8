\pset footer off
SELECT a.trace_key AS session, a.seq AS line, a.kind, round(a.score::numeric, 1) AS bits, left(regexp_replace(l.message, '^duration: [0-9.]+ ms  statement: ', ''), 50) AS statement,
       left(regexp_replace(a.expected, '(client backend: |not initialized: |duration: <.> ms  statement: )+', ''), 50) AS "instead of",
       round(a.expected_probability::numeric, 2) AS "which has p"
FROM session.anomalies a LEFT JOIN server_log l ON l.session_id = a.trace_key AND l.session_line_num = a.seq
ORDER BY a.anomaly_id LIMIT 6;
\echo The new sessions become part of the model:
SET client_min_messages = warning;
SELECT * FROM logfsm.refresh('session');
