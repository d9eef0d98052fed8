-- Trace keys whose collation takes different texts for equal: one trace per key in fit, refresh and watch.
set client_min_messages = warning;
set timezone = 'UTC'; set datestyle = iso;
create collation ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
create table log (k text collate ci, e text, at timestamptz);
insert into log select 'k' || i, s, timestamptz '2024-01-01' + i * interval '1 h' + n * interval '1 s' from generate_series(1, 100) i, unnest(array['start', 'work', 'stop']) with ordinality u (s, n);
insert into log values ('Bob', 'start', '2024-01-09 08:00:01'), ('bob', 'work', '2024-01-09 08:00:02'), ('BOB', 'stop', '2024-01-09 08:00:03');
select logfsm.create_model('m', source => 'log', trace => 'k', event => 'e', at => 'at');
select traces from logfsm.fit('m');
select n_events from m.real_traces where trace_key = 'bOb';
select logfsm.watch('m');
insert into log values ('Ann', 'start', '2024-01-09 09:00:01'), ('ann', 'work', '2024-01-09 09:00:02'), ('ANN', 'stop', '2024-01-09 09:00:03');
begin;
insert into log values ('Eve', 'start', '2024-01-09 09:00:01');
insert into log values ('eve', 'work', '2024-01-09 09:00:02');
commit;
insert into log values ('EVE', 'stop', '2024-01-09 09:00:03');
begin isolation level repeatable read;
insert into log values ('Joe', 'start', '2024-01-09 09:00:01'), ('joe', 'work', '2024-01-09 09:00:02');
commit;
insert into log values ('JOE', 'stop', '2024-01-09 09:00:03');
select trace_key, n_events from m.live_traces order by 1;
select count(*) from m.anomalies;
select resumed, reread, ended, anomalies from logfsm.close_traces('m', '0', recheck => true);
select l.trace_key, l.n_events, l.score = logfsm.score(m.automaton, t.trace) as equal
from m.live_traces l cross join m.model m cross join lateral (select logfsm.trace_agg(e, at) as trace from log where k = l.trace_key) t order by 1;
select new_traces, changed_traces from logfsm.refresh('m');
select trace_key, n_events from m.real_traces where trace_key in ('ann', 'eve', 'joe') order by 1;
insert into log values ('aNN', 'stop', '2024-01-09 09:00:04');
select new_traces, changed_traces from logfsm.refresh('m');
select n_events from m.real_traces where trace_key = 'ann';
select traces from logfsm.fit('m');
select n_events from m.real_traces where trace_key = 'ann';
select count(*) > 0 as explained from logfsm.explain('m', 'ANN');
-- skip and raise.
select logfsm.unwatch('m'), logfsm.watch('m', 'skip');
insert into log values ('Max', 'start', '2024-01-10'), ('max', 'work', '2024-01-10 00:00:01'), ('MAX', 'fly', '2024-01-10 00:00:02'), ('mAx', 'stop', '2024-01-10 00:00:03');
select k, e from log where k = 'max' order by at;
select trace_key, n_events from m.live_traces where trace_key = 'max';
