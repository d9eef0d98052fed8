-- A message column is parsed into templates and parameters; what is learned is joined to events.
set client_min_messages = warning;
set timezone = 'UTC'; set datestyle = iso;
create table app_log (id text, at timestamptz, line text);
insert into app_log
select 'r' || i, timestamptz '2026-01-01' + i * interval '1 min' + o * interval '1 s', format(line, 1000 + i, i % 7, 'host-' || i % 3)
from generate_series(1, 100) i, unnest(array['request %1$s received from %3$s', 'request %1$s took %2$s ms', 'connection closed']) with ordinality u (line, o);
select logfsm.create_model('m', source => 'app_log', trace => 'id', message => 'line', at => 'at');
select * from logfsm.fit('m');
select template, slots, count from m.templates order by 1;
select trace_key, seq, event from m.real_events where trace_key = 'r42' order by seq;
select trace_key, p.seq, slot, value, kind from m.parameters p join m.traces using (run_id, trace_id) where trace_key = 'r42' order by p.seq, slot;
select count(*) from m.parameters;
-- A line no template fits is an event of its own until the next refresh or fit.
insert into app_log values ('r1', '2026-01-03', 'out of memory');
select new_traces, changed_traces from logfsm.refresh('m');
select seq, event from m.real_events where trace_key = 'r1' order by seq;
select traces from logfsm.fit('m');
select seq, event from m.real_events where trace_key = 'r1' order by seq;
select logfsm.watch('m');
insert into app_log values ('r200', '2026-01-04', 'request 1200 received from host-9'), ('r200', '2026-01-04 00:01', 'what is this'), ('r201', '2026-01-04', 'connection closed');
select trace_key, seq, event, kind from m.anomalies order by 1, 2;
select logfsm.drop_model('m');
-- A NULL message is an error, an empty one an event.
begin;
insert into app_log values ('r1', '2026-01-03', null);
select logfsm.create_model('m', source => 'app_log', trace => 'id', message => 'line', at => 'at');
select traces from logfsm.fit('m');
\echo :SQLSTATE
rollback;
begin;
insert into app_log values ('r1', '2026-01-03', '');
select logfsm.create_model('m', source => 'app_log', trace => 'id', message => 'line', at => 'at');
select traces from logfsm.fit('m');
select event from m.real_events where trace_key = 'r1' order by seq;
rollback;
