\pset footer off
SELECT trace_key AS session, seq AS line, replace(kind, '_', ' ') AS kind, round(score::numeric, 1) AS bits,
       left(regexp_replace(message, '^duration: [0-9.]+ ms  statement: ', ''), 50) AS statement,
       left(regexp_replace(expected, '(client backend: |not initialized: |duration: <.> ms  statement: )+', ''), 50) AS "instead of",
       round(expected_probability::numeric, 2) AS "which has p"
FROM session.anomalies ORDER BY anomaly_id LIMIT 6;
\echo The new sessions become part of the model:
SET client_min_messages = warning;
SELECT * FROM logfsm.refresh('session');
