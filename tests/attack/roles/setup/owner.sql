-- "hostile" owns source and model; "reader" may read the model, "inserter" may insert into the watched source.
SET ROLE hostile;
SELECT logfsm.create_model('shop', source => 'app.log', trace => 'request_id', message => 'line', at => 'logged_at', component => 'svc');
SELECT * FROM logfsm.fit('shop', 'k_tails');
SELECT logfsm.synthesize('shop', traces => 20, seed => 1);
SELECT logfsm.watch('shop');
GRANT USAGE ON SCHEMA shop TO reader;
GRANT SELECT ON ALL TABLES IN SCHEMA shop TO reader;
