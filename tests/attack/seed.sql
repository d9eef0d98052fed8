-- What the attack works on: a small log, models of every kind, and values of every type of ours.
SET client_min_messages = warning;
CREATE TABLE lines (number bigint PRIMARY KEY, order_id text, at timestamptz, part text, step text, line text, details jsonb);
INSERT INTO lines
SELECT (i - 1) * 5 + s, 'order-' || i, timestamptz '2026-03-01 08:00+00' + i * interval '17 s' + s * (1 + i % 5) * interval '300 ms',
       (ARRAY['shop', 'stock', 'pay', 'pay', 'ship'])[s], e.step, e.line, jsonb_build_object('amount', i % 9, 'to', 'city' || i % 4)
FROM generate_series(1, 240) AS i
CROSS JOIN LATERAL (VALUES
    (1, 'placed', format('order %s placed by user%s from 10.1.%s.7', i, i % 31, i % 200)),
    (2, CASE WHEN i % 6 = 0 THEN 'missing' ELSE 'reserved' END, format('reserved %s items in hall %s', 1 + i % 4, i % 3)),
    (3, CASE WHEN i % 4 = 0 THEN 'refused' ELSE 'paid' END, format('payment of %s.%s EUR took %s ms', i % 90, i % 10, 3 + i % 60)),
    (4, CASE WHEN i % 4 = 0 THEN 'paid' ELSE 'booked' END, format('booked as B%s', 10000 + i)),
    (5, 'sent', format('sent order %s to city%s', i, i % 4))
) AS e (s, step, line)
WHERE e.s < 5 OR i % 5 > 0;

SELECT logfsm.create_model('orders', source => 'lines', trace => 'order_id', message => 'line', at => 'at', component => 'part');
SELECT logfsm.create_model('steps', source => 'lines', trace => 'order_id', event => 'step', at => 'at', seq => 'number', params => 'details');
SELECT logfsm.create_model('numbered', source => 'lines', trace => 'order_id', event => 'step', seq => 'number', events => 'none');
SELECT logfsm.create_model('halls', source => 'lines', trace_pattern => 'hall (\d+)', message => 'line', at => 'at');
SELECT logfsm.fit('orders');
SELECT logfsm.fit('steps', 'mint');
SELECT logfsm.fit('numbered', 'k_tails');
SELECT logfsm.fit('halls', 'alergia');
SELECT logfsm.synthesize('orders', traces => 12, seed => 1);
SELECT logfsm.synthesize('steps', traces => 12, seed => 2, kind => 'anomalous');

CREATE SCHEMA seeds;
CREATE TABLE seeds.trace (v logfsm.trace);
CREATE TABLE seeds.automaton (v logfsm.automaton);
CREATE TABLE seeds.templates (v logfsm.templates);
CREATE TABLE seeds.trace_set (v logfsm.trace_set);
CREATE TABLE seeds.invariant_counts (v logfsm.invariant_counts);
CREATE TABLE seeds.generator (v logfsm.generator);
INSERT INTO seeds.trace (SELECT trace FROM orders.traces ORDER BY run_id, trace_id LIMIT 3) UNION ALL (SELECT trace FROM steps.traces ORDER BY run_id DESC, trace_id LIMIT 4)
    UNION ALL (SELECT trace FROM numbered.traces ORDER BY trace_id LIMIT 2);
INSERT INTO seeds.trace SELECT logfsm.trace_agg('e' || i % 5, i::bigint) FROM generate_series(1, 70) AS i;
INSERT INTO seeds.automaton SELECT prefix_tree FROM orders.model UNION ALL SELECT automaton FROM orders.model UNION ALL SELECT prefix_tree FROM steps.model
    UNION ALL SELECT automaton FROM steps.model UNION ALL SELECT automaton FROM numbered.model UNION ALL SELECT automaton FROM halls.model;
INSERT INTO seeds.automaton SELECT logfsm.infer(prefix_tree, m.name) FROM steps.model, (SELECT DISTINCT method FROM logfsm.methods WHERE method <> 'rpni') AS m (name);
INSERT INTO seeds.automaton SELECT logfsm.infer(prefix_tree, 'k_tails', '{"guards": true}') FROM steps.model;
INSERT INTO seeds.templates SELECT templates FROM orders.model UNION ALL SELECT templates FROM halls.model;
INSERT INTO seeds.trace_set SELECT logfsm.trace_set_agg(order_id, step, at, number, part, details) FROM lines WHERE number < 200;
INSERT INTO seeds.trace_set SELECT logfsm.trace_set_agg(number / 50, step, number) FROM lines WHERE number < 400;
INSERT INTO seeds.invariant_counts SELECT logfsm.mine_invariants(trace) FROM steps.traces;
INSERT INTO seeds.generator SELECT generator FROM orders.model UNION ALL SELECT generator FROM steps.model UNION ALL SELECT generator FROM halls.model;
