SET client_min_messages = warning;
\pset footer off
\pset null ''
SELECT logfsm.score_traces('session') AS scored;
SELECT count(*) AS real_sessions, count(*) FILTER (WHERE is_anomalous) AS anomalous FROM session.real_traces;

\echo All that are marked, each with its most surprising line ("…" stands for "duration: <*> ms  statement:"):
SELECT round(t.score::numeric, 1) AS bits, t.trace_key AS session, w.seq AS line,
       regexp_replace(replace(w.explanation, 'duration: <*> ms  statement: ', '… '), '(; usual is| stands where)', E'\n    \\1') AS explanation
FROM session.real_traces AS t
CROSS JOIN LATERAL (
    SELECT seq, explanation FROM logfsm.explain('session', t.trace_key) ORDER BY round(contribution::numeric, 3) DESC, seq LIMIT 1
) AS w
WHERE t.is_anomalous ORDER BY t.score DESC, t.trace_key;

-- What an explanation says joins the log itself: event n of a session is its line n.
\echo The longest of them beside its log:
WITH longest AS (
    SELECT trace_key FROM session.real_traces WHERE is_anomalous ORDER BY n_events DESC, score DESC, trace_key LIMIT 1
)
SELECT e.seq AS line, left(regexp_replace(l.message, '^duration: [0-9.]+ ms  statement: ', '… '), 60) AS message,
       e.kind, round(e.probability::numeric, 4) AS prob, round(e.contribution::numeric, 1) AS bits,
       left(replace(CASE WHEN e.contribution > 0 THEN e.expected END, 'duration: <*> ms  statement: ', '… '), 40) AS usual
FROM longest CROSS JOIN LATERAL logfsm.explain('session', longest.trace_key) AS e
JOIN server_log AS l ON l.session_id = longest.trace_key AND l.session_line_num = e.seq
ORDER BY e.seq;
