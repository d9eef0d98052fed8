-- What is odd about a log is told when it is fitted, and the fit goes on.
\set VERBOSITY default
SET client_min_messages = notice;
CREATE TABLE odd_log AS
SELECT i / 4 AS k, 'request ' || i || ' done' AS e, i AS s, 1 AS constant, (ARRAY['poll', 'recv', 'ack'])[1 + i % 3] AS step
FROM generate_series(0, 239) i;

-- Messages taken for event types.
SELECT logfsm.create_model('odd_messages', source => 'odd_log', trace => 'k', event => 'e', seq => 's');
SELECT * FROM logfsm.fit('odd_messages', method => 'k_tails');
SELECT logfsm.drop_model('odd_messages');

-- A constant for a trace key.
SELECT logfsm.create_model('odd_key', source => 'odd_log', trace => 'constant', event => 'step', seq => 's');
SELECT * FROM logfsm.fit('odd_key', method => 'k_tails');
SELECT logfsm.drop_model('odd_key');

-- A row's own number for a trace key.
SELECT logfsm.create_model('odd_rows', source => 'odd_log', trace => 's', event => 'step', seq => 's');
SELECT * FROM logfsm.fit('odd_rows', method => 'k_tails');
SELECT logfsm.drop_model('odd_rows');
DROP TABLE odd_log;

-- However many event types there are, fit works.
CREATE TABLE many_types AS SELECT i / 5 AS k, 'e' || (i * 7919) % 4000 AS e, i AS s FROM generate_series(0, 11999) i;
SELECT logfsm.create_model('many_types_model', source => 'many_types', trace => 'k', event => 'e', seq => 's');
SELECT traces, events FROM logfsm.fit('many_types_model', method => 'k_tails');
SELECT traces, events FROM logfsm.fit('many_types_model');
SELECT logfsm.drop_model('many_types_model');
DROP TABLE many_types;
