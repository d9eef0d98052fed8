SET client_min_messages = warning;
\pset footer off
\pset null ''
SELECT logfsm.create_model('session', source => 'server_log', trace => 'session_id', component => 'backend_type',
                           message => 'message', at => 'log_time', seq => 'session_line_num') AS model;
SELECT * FROM logfsm.fit('session');

\echo The likeliest transitions of the machine ("…" stands for "duration: <*> ms  statement:"):
SELECT src, left(replace(event, 'duration: <*> ms  statement: ', '… '), 60) AS event, dst, count, round(prob::numeric, 3) AS prob, round((delay_median * 1000)::numeric, 1) AS median_ms
FROM session.transitions ORDER BY count DESC, transition_id LIMIT 8;

\echo The rarest ones:
SELECT src, left(replace(event, 'duration: <*> ms  statement: ', '… '), 60) AS event, dst, count, round(prob::numeric, 5) AS prob
FROM session.transitions ORDER BY prob, transition_id LIMIT 8;
