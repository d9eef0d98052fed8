-- Traces that must not happen: a label column tells them, edsm and rpni reject them.
set client_min_messages = warning;
create table log (id integer, event text, seq integer, outcome text);
insert into log select n, 'a', i, case when n % 2 = 1 and i = n then 'fault' else 'fine' end from generate_series(1, 6) n, generate_series(1, n) i;
select logfsm.create_model('m', source => 'log', trace => 'id', event => 'event', seq => 'seq', label => 'outcome');
select logfsm.create_model('m', source => 'log', trace => 'id', event => 'event', seq => 'seq', label => 'result', negative => 'fault');
select logfsm.create_model('m', source => 'log', trace => 'id', event => 'event', seq => 'seq', label => 'outcome', negative => 'fault');
select traces, events from logfsm.fit('m', 'rpni');
select trace_key, is_negative, logfsm.accepts(automaton, trace) as accepted from m.traces, m.model order by 1;
select count(distinct trace_id) from m.events;
select s.name, s.value from m.model, logfsm.stats(prefix_tree) s where s.name in ('traces', 'distinct_traces')
union all select 'negative ' || s.name, s.value from m.model, logfsm.stats(negative_tree) s where s.name in ('traces', 'distinct_traces') order by 1;
-- Labels change no method: auto learns from the others, as if the rest were not there.
select traces from logfsm.fit('m');
create temp table labelled as select logfsm.fingerprint(automaton) as f from m.model;
create view unlabelled as select * from log l where not exists (select from log f where f.id = l.id and f.outcome = 'fault');
select logfsm.create_model('u', source => 'unlabelled', trace => 'id', event => 'event', seq => 'seq');
select traces from logfsm.fit('u');
select f = logfsm.fingerprint(automaton) as same from labelled, u.model;
select logfsm.drop_model('u');
drop view unlabelled;
select traces from logfsm.fit('m', 'mdl');
select value from m.model, logfsm.stats(automaton) s where s.name = 'traces';
-- A later label makes a trace negative, at refresh by the tree, at fit alike.
alter table log add at timestamptz;
update log set at = timestamptz '2026-01-01' + id * interval '1 s';
select logfsm.drop_model('m');
select logfsm.create_model('m', source => 'log', trace => 'id', event => 'event', at => 'at', seq => 'seq', label => 'outcome', negative => 'fault');
select traces from logfsm.fit('m', 'rpni');
insert into log values (7, 'a', 1, 'fine', '2026-01-01 00:01'), (7, 'b', 2, 'fault', '2026-01-01 00:01:01'), (8, 'b', 1, 'fine', '2026-01-01 00:02');
select new_traces from logfsm.refresh('m');
create temp table refreshed as select logfsm.fingerprint(automaton) f, logfsm.fingerprint(negative_tree) n from m.model;
select trace_key from m.traces where is_negative order by 1;
select traces from logfsm.fit('m', 'rpni');
select r.f = logfsm.fingerprint(automaton) and r.n = logfsm.fingerprint(negative_tree) as same from refreshed r, m.model;
-- Nothing but negative traces; and a negative trace with the events of another one, which no machine can tell apart.
update log set outcome = 'fault';
select logfsm.fit('m', 'rpni');
update log set outcome = case when id = 1 then 'fault' else 'fine' end;
insert into log values (10, 'a', 1, 'fine', '2026-01-01 00:03');
select traces from logfsm.fit('m', 'rpni');
select value from m.model, logfsm.stats(automaton) s where s.name = 'note';
select traces from logfsm.fit('m');
select trace_key from m.traces where is_negative;
select logfsm.drop_model('m');
