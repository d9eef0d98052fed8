-- "hostile" owns source and model; "reader" may read the model, "inserter" may insert into the watched source.
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
SELECT logfsm.create_model('shop', source => 'app.log', trace => 'request_id', message => 'line', at => 'logged_at', component => 'svc');
SELECT * FROM logfsm.fit('shop', 'k_tails');
SELECT logfsm.synthesize('shop', traces => 20, seed => 1);
SELECT logfsm.watch('shop');
GRANT USAGE ON SCHEMA shop TO reader;
GRANT SELECT ON ALL TABLES IN SCHEMA shop TO reader;
