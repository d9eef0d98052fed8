SET client_min_messages = warning;
\pset footer off
\pset null ''
SELECT logfsm.score_traces('session') AS scored;
SELECT count(*) AS real_sessions, count(*) FILTER (WHERE is_anomalous) AS anomalous FROM session.real_traces;
-- What a trace's explanation says joins the log itself: event n of a session is its line n.
SELECT round(t.score::numeric, 1) AS bits, t.trace_key AS session, t.n_events AS lines,
       format('line %s is %s here (p = %s): %s', w.seq, replace(w.kind, '_', ' '), round(w.probability::numeric, 4),
              left(COALESCE(regexp_replace(l.message, '(^duration: |ms  statement: |\s)+', ' ', 'g'), 'the session ends'), 72)) AS "what is most surprising about it"
FROM session.real_traces t
CROSS JOIN LATERAL (SELECT * FROM logfsm.explain('session', t.trace_key) ORDER BY contribution DESC, seq LIMIT 1) w
LEFT JOIN server_log l ON l.session_id = t.trace_key AND l.session_line_num = w.seq
WHERE t.is_anomalous ORDER BY t.score DESC, t.trace_key LIMIT 15;

\echo The whole story of the worst one that got in:
WITH worst AS (SELECT trace_key FROM session.real_traces WHERE n_events > 4 ORDER BY score DESC, trace_key LIMIT 1)
SELECT e.seq AS line, e.kind, round(e.probability::numeric, 4) AS prob, round(e.contribution::numeric, 1) AS bits,
       left(COALESCE(regexp_replace(e.event, '(client backend: |not initialized: |duration: <.> ms  statement: )+', ''), '(end)'), 50) AS event,
       left(COALESCE(regexp_replace(e.expected, '(client backend: |not initialized: |duration: <.> ms  statement: )+', ''), '(end)'), 50) AS usual
FROM worst CROSS JOIN LATERAL logfsm.explain('session', worst.trace_key) e;
