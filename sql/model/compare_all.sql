WITH now AS MATERIALIZED ({now})
INSERT INTO {staged} (trace_key, trace, old_id, old_trace, touched)
SELECT t.trace_key, w.trace, o.trace_id, o.trace, EXISTS (SELECT FROM {keys} k WHERE k.trace_key {equals} t.trace_key)
FROM now AS t
CROSS JOIN {model} m
-- A trace whose start has left the period counts as gone.
CROSS JOIN LATERAL (SELECT CASE WHEN (m.since IS NULL OR logfsm.started_at(t.trace) OPERATOR(pg_catalog.>=) m.since)
              AND (m.until IS NULL OR logfsm.started_at(t.trace) OPERATOR(pg_catalog.<) m.until) THEN t.trace END AS trace) w
LEFT JOIN {traces} o ON o.run_id OPERATOR(pg_catalog.=) 0 AND o.trace_key {equals} t.trace_key
WHERE t.trace_key IS NOT NULL
  AND CASE WHEN o.trace IS NULL THEN w.trace IS NOT NULL
           ELSE w.trace IS NULL OR o.trace OPERATOR(logfsm.<>) w.trace END
UNION ALL
-- Traces that the source has lost whole.
SELECT o.trace_key, NULL, o.trace_id, o.trace, false
FROM {traces} o
WHERE o.run_id OPERATOR(pg_catalog.=) 0 AND NOT EXISTS (SELECT FROM now t WHERE t.trace_key {equals} o.trace_key)
