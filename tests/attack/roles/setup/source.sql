-- "hostile" owns a source; "victim" has a model over it that watches it.
SET ROLE hostile;
GRANT SELECT, TRIGGER ON app.log TO victim;
SET ROLE victim;
SELECT logfsm.create_model('shop', source => 'app.log', trace => 'request_id', message => 'line', at => 'logged_at', component => 'svc');
SELECT * FROM logfsm.fit('shop', 'k_tails');
SELECT logfsm.synthesize('shop', traces => 20, seed => 1);
GRANT USAGE ON SCHEMA shop TO reader;
GRANT SELECT ON ALL TABLES IN SCHEMA shop TO reader;
RESET ROLE;
SET SESSION AUTHORIZATION postgres;
SELECT logfsm.watch('shop');
