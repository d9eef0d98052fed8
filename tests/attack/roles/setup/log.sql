-- The source of the models: a log that belongs to "hostile", into which "inserter" may insert.
SET ROLE hostile;
CREATE SCHEMA app;
GRANT USAGE ON SCHEMA app TO PUBLIC;
CREATE TABLE app.log (request_id text, logged_at timestamptz, svc text, line text);
INSERT INTO app.log
SELECT 'req-' || i, timestamptz '2026-01-01' + i * interval '3 s' + n * interval '2 ms', svc, line
FROM generate_series(1, 60) AS i
CROSS JOIN LATERAL (VALUES
    (1, 'api', format('GET /cart/%s from 10.0.0.%s', i % 17, i % 25), true),
    (2, 'db', format('query took %s ms', 1 + i % 40), i % 3 > 0),
    (3, 'api', format('sent page after %s ms', 2 + i % 50), true)) AS step (n, svc, line, happens)
WHERE happens;
GRANT SELECT, INSERT ON app.log TO inserter;
