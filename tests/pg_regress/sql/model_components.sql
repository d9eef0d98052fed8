-- A component may be missing, empty, or look like part of an event's name; these are different event types.
set client_min_messages = warning;
create table app_log (id int, event text, n int, svc text);
insert into app_log values (1, 'b', 1, 'a'), (1, 'a: b', 2, null), (1, 'b', 3, ''), (1, 'b', 4, null), (1, '', 5, null), (1, '', 6, ''), (1, E'two\nlines', 7, 'ü "x"');
select logfsm.create_model('m', source => 'app_log', trace => 'id', event => 'event', seq => 'n', component => 'svc');
select traces, events, transitions from logfsm.fit('m', 'prefix_tree');
select count(*) from m.templates;
select seq, '[' || coalesce(component, 'NULL') || ']' as component, '[' || event || ']' as event from m.real_events order by seq;
select count(*) from m.events;
select logfsm.synthesize('m', 3, 1);
select count(*) from m.synthetic_events;
select logfsm.accepts(automaton, trace) from m.model, m.real_traces;
select logfsm.from_json(automaton::jsonb) operator(logfsm.=) automaton from m.model;
select logfsm.drop_model('m');
