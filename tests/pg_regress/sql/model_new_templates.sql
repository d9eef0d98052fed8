-- A line that fits no template is an event of its own until refresh makes a template of it; refresh then equals fit.
set client_min_messages = warning; set timezone = 'UTC'; set datestyle = iso;
create table app_log (id text, at timestamptz, line text);
insert into app_log
select 'r' || i, timestamptz '2026-01-01' + i * interval '1 min' + o * interval '1 s', format(line, i)
from generate_series(1, 40) i, unnest(array['job %s queued', 'worker ann took it', 'job done']) with ordinality u (line, o);
select logfsm.create_model('m', source => 'app_log', trace => 'id', message => 'line', at => 'at');
select traces from logfsm.fit('m');
select logfsm.watch('m');
insert into app_log values ('r41', '2026-01-02', 'job 41 queued'), ('r41', '2026-01-02 00:01', 'out of memory');
select trace_key, seq, kind, message, explanation from m.anomalies;
select new_traces, changed_traces from logfsm.refresh('m');
select template, count from m.templates order by 1;
insert into app_log values ('r42', '2026-01-02 00:02', 'job 42 queued'), ('r42', '2026-01-02 00:03', 'out of memory');
select count(*) from m.anomalies;
-- More names make the worker a value: all traces are read again.
insert into app_log select 'r5' || i, timestamptz '2026-01-03' + i * interval '1 s', format('worker %s took it', u) from unnest(array['bob', 'cid', 'dan', 'eve', 'fay', 'gil', 'hal']) with ordinality s (u, i);
select new_traces, changed_traces from logfsm.refresh('m');
select template, count from m.templates order by 1;
create temp table refreshed as select trace_key, logfsm.variant(trace) v, logfsm.fingerprint(automaton) f from m.real_traces, m.model;
select traces from logfsm.fit('m');
select count(*) from (select trace_key, logfsm.variant(trace), logfsm.fingerprint(automaton) from m.real_traces, m.model except select * from refreshed) d;
-- The same with a format.
create table raw_log (loaded timestamptz, line text);
insert into raw_log select timestamptz '2026-01-01' + i * interval '1 s', format('%s t%s job %s %s', i, i / 2, i, (array['queued', 'done'])[1 + i % 2]) from generate_series(0, 19) i;
select logfsm.create_model('f', source => 'raw_log', message => 'line', refresh_by => 'loaded', format => '(?<TIME>\d+) (?<TRACE>\w+) (?<MESSAGE>.*)');
select traces, events from logfsm.fit('f');
insert into raw_log values ('2026-01-02', '70 t77 job 7 queued'), ('2026-01-02', '71 t77 disk full');
select new_traces, changed_traces, missing_rows from logfsm.refresh('f');
select trace_key, seq, at, event from f.real_events where trace_key = 't77' order by 2;
select logfsm.watch('f');
insert into raw_log values ('2026-01-03', '80 t80 job 8 queued'), ('2026-01-03', '81 t80 no such thing');
select trace_key, at, kind, message from f.anomalies;
insert into raw_log values ('2026-01-03', 'no format');
-- It costs its statement that line, no more.
insert into raw_log values ('2026-01-03', '82 t81 job 9 queued'), ('2026-01-03', 'no format'), ('2026-01-03', '83 t81 nor this');
select trace_key, kind, message from f.anomalies where trace_key = 't81';
