-- A small shop's sessions, generated: login, browsing, a basket, paying or leaving, with rare failures. Rows arrive in
-- order of time, sessions interleaved.
SET client_min_messages = warning;
CREATE EXTENSION logfsm;
CREATE TABLE log (trace text, event text, at timestamptz);
INSERT INTO log
SELECT 's' || s, e.event, timestamptz '2026-01-01' + (s * 3 + e.n * (1 + s % 7)) * interval '100 ms'
FROM generate_series(1, :events / 11) s
CROSS JOIN LATERAL (
    SELECT n, event FROM (
        SELECT 0 AS n, 'login' AS event
        UNION ALL SELECT i, 'browse' FROM generate_series(1, 1 + (hashint4(s) & 7)) i
        UNION ALL SELECT 10 + i, CASE WHEN (hashint4(s + i) & 3) = 0 THEN 'remove' ELSE 'add' END FROM generate_series(1, (hashint4(s + 7) & 3)) i
        UNION ALL SELECT 20, CASE WHEN (hashint4(s + 11) & 1023) = 0 THEN 'payment failed' WHEN (hashint4(s + 11) & 1) = 0 THEN 'pay' ELSE 'leave' END
        UNION ALL SELECT 21, 'confirm' WHERE (hashint4(s + 11) & 1) = 0
        UNION ALL SELECT 22, 'logout' WHERE (hashint4(s + 13) & 3) > 0
    ) q
) e
ORDER BY 3, 1;
ANALYZE log;
SELECT logfsm.create_model('full', source => 'log', trace => 'trace', event => 'event', at => 'at');
SELECT logfsm.create_model('lean', source => 'log', trace => 'trace', event => 'event', at => 'at', events => 'none');
CREATE VIEW full_model AS SELECT automaton FROM "full".model;
