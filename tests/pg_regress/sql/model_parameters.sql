-- Parameters of events, objects and arrays, as rows.
set client_min_messages = warning;
create table app_log (id int, event text, n int, params jsonb);
insert into app_log values
    (1, 'a', 1, '{"user": "ann", "n": 3, "ok": true, "none": null, "deep": {"x": [1, 2]}, "": "empty"}'), (1, 'b', 2, '["x", 2, null]'), (1, 'c', 3, null),
    (2, 'a', 1, '"scalar"'), (2, 'b', 2, '{}'), (2, 'c', 3, '[]');
select logfsm.create_model('m', source => 'app_log', trace => 'id', event => 'event', seq => 'n', params => 'params');
select traces from logfsm.fit('m');
select trace_key, p.seq, slot, value, kind from m.parameters p join m.traces using (run_id, trace_id) order by 1, 2, slot collate "C";
select s.value from m.model, logfsm.stats(automaton) s where s.name = 'events_with_parameters';
select logfsm.drop_model('m');
