\pset footer off
SELECT trace_key AS session, seq AS line, round(score::numeric, 1) AS bits,
       regexp_replace(message, '^duration: [0-9.]+ ms  statement: ', '… ') AS message,
       replace(replace(explanation, 'duration: <*> ms  statement: ', '… '), '; usual is', E';\n     usual is') AS explanation
FROM session.anomalies ORDER BY anomaly_id LIMIT 6;
\echo The new sessions become part of the model:
SET client_min_messages = warning;
SELECT * FROM logfsm.refresh('session');
