SET client_min_messages = warning;
\pset footer off
\pset null ''
SELECT logfsm.create_model('session', source => 'server_log', trace => 'session_id', message => 'message',
                           at => 'log_time', seq => 'session_line_num') AS model;
-- Up to one session in a hundred may have gone wrong: those are not to count as normal.
SELECT * FROM logfsm.fit('session', options => '{"contamination": 0.01}');

\echo How the method was chosen (held-out traces, see "Methods" in README.md):
SELECT s.value AS note FROM session.model CROSS JOIN LATERAL logfsm.stats(automaton) AS s WHERE s.name = 'note';

\echo The transitions taken most often ("…" stands for "duration: <*> ms  statement:"):
SELECT src, left(replace(event, 'duration: <*> ms  statement: ', '… '), 70) AS event, dst, count, round(prob::numeric, 3) AS prob, round((delay_median * 1000)::numeric, 1) AS median_ms
FROM session.transitions ORDER BY count DESC, transition_id LIMIT 8;

\echo The least probable ones:
SELECT src, left(replace(event, 'duration: <*> ms  statement: ', '… '), 70) AS event, dst, count, round(prob::numeric, 5) AS prob
FROM session.transitions ORDER BY prob, transition_id LIMIT 8;
