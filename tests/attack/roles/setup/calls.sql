-- Every entry point that takes a model, each in a transaction of its own that is rolled back.
\set ON_ERROR_STOP 0
\set ON_ERROR_ROLLBACK off
BEGIN; SELECT name, schema FROM logfsm.models ORDER BY 1, 2; ROLLBACK;
BEGIN; SELECT count(*) FROM logfsm.list_models(); ROLLBACK;
BEGIN; SELECT count(*) FROM logfsm.check_run('shop', 0); ROLLBACK;
BEGIN; SELECT count(*) FROM logfsm.check_run('shop', 1); ROLLBACK;
BEGIN; SELECT count(*) FROM logfsm.fidelity('shop', 1); ROLLBACK;
BEGIN; SELECT count(*) FROM logfsm.parameter_fidelity('shop', 1); ROLLBACK;
BEGIN; SELECT count(*) FROM logfsm.transition_matrix('shop', 1); ROLLBACK;
BEGIN; SELECT length(logfsm.transition_matrix_svg('shop', 1)) > 0; ROLLBACK;
BEGIN; SELECT count(*) FROM logfsm.spectra('shop', 1); ROLLBACK;
BEGIN; SELECT count(*) FROM logfsm.check_invariants('shop'); ROLLBACK;
BEGIN; SELECT count(*) FROM logfsm.violations('shop', 'AFby', 'query took <*> ms', 'sent page after <*> ms'); ROLLBACK;
BEGIN; SELECT count(*) FROM logfsm.traces_through('shop', ARRAY[1]); ROLLBACK;
BEGIN; SELECT count(*) FROM logfsm.explain('shop', 'req-3'); ROLLBACK;
BEGIN; SELECT count(*) FROM logfsm.explain('shop', 'run1-1'); ROLLBACK;
BEGIN; SELECT count(*) FROM logfsm.evaluate('shop', 'public.labels'); ROLLBACK;
BEGIN; SELECT count(*) FROM logfsm.cross_validate('shop', 'k_tails', 2); ROLLBACK;
BEGIN; SELECT count(*) FROM logfsm.compare_methods('shop', '["k_tails"]', 2); ROLLBACK;
BEGIN; SELECT logfsm.recalibrate('shop') > 0; ROLLBACK;
BEGIN; SELECT logfsm.score_traces('shop') > 0; ROLLBACK;
BEGIN; INSERT INTO app.log VALUES ('req-61', '2026-02-01', 'api', 'GET /cart/1 from 10.0.0.1'), ('req-62', '2026-02-01', 'db', 'disk on fire'); ROLLBACK;
BEGIN; INSERT INTO app.log VALUES ('req-63', '2026-02-01', 'db', 'disk on fire'); SELECT logfsm.close_traces('shop', idle => '1 s'); SELECT logfsm.close_traces('shop', recheck => true); ROLLBACK;
BEGIN; INSERT INTO app.log VALUES ('req-61', '2026-02-01', 'api', 'GET /cart/1 from 10.0.0.1'); SELECT count(*) FROM logfsm.refresh('shop'); ROLLBACK;
BEGIN; SELECT count(*) FROM logfsm.refresh('shop'); ROLLBACK;
BEGIN; SELECT count(*) FROM logfsm.fit('shop', 'k_tails'); SELECT logfsm.synthesize('shop', traces => 5, seed => 2); ROLLBACK;
BEGIN; SELECT count(*) FROM logfsm.fit('shop', 'k_tails', since => '2026-01-01', until => '2026-01-02'); ROLLBACK;
BEGIN; SELECT logfsm.synthesize('shop', traces => 5, seed => 2); ROLLBACK;
BEGIN; SELECT logfsm.synthesize('shop', traces => 5, seed => 2, kind => 'anomalous'); ROLLBACK;
BEGIN; SELECT logfsm.drop_run('shop', 1); ROLLBACK;
BEGIN; SELECT logfsm.watch('shop', 'raise'); INSERT INTO app.log VALUES ('req-64', '2026-02-01', 'db', 'disk on fire'); ROLLBACK;
BEGIN; SELECT logfsm.watch('shop', 'skip'); INSERT INTO app.log VALUES ('req-64', '2026-02-01', 'db', 'disk on fire'); ROLLBACK;
BEGIN; SELECT logfsm.unwatch('shop'); ROLLBACK;
BEGIN; SELECT logfsm.create_model(current_user || '_own', source => 'app.log', trace => 'request_id', message => 'line', at => 'logged_at'); SELECT count(*) FROM logfsm.fit(current_user || '_own', 'k_tails'); ROLLBACK;
BEGIN; SELECT logfsm.drop_model('shop'); ROLLBACK;
BEGIN; SELECT logfsm.drop_model('shop', cascade => true); ROLLBACK;
