-- watch flags anomalous rows as they are inserted, with an explanation; ordinary ones pass silently.
set client_min_messages = warning;
set timezone = 'UTC'; set datestyle = iso;
create table app_log (id text, event text, at timestamptz, svc text);
insert into app_log select i, e, timestamptz '2025-01-01' + i * interval '1 min' + o * interval '40 days', 'api'
from generate_series(1, 1000) i, unnest(array['open', 'read', 'close']) with ordinality u (e, o);
select logfsm.create_model('m', source => 'app_log', trace => 'id', event => 'event', at => 'at', component => 'svc');
-- Not before a fit.
select logfsm.watch('m');
\echo :SQLSTATE
select traces from logfsm.fit('m');
select logfsm.watch('m');
select watched_table, action from m.watches;
insert into app_log values ('new1', 'open', '2026-02-01', 'api'), ('new1', 'read', '2026-02-01', 'api'), ('new2', 'open', '2026-02-01', 'api');
insert into app_log values ('new1', 'close', '2026-02-01 00:00:01', 'api');
select count(*) from m.anomalies;
-- Known but not here, unknown, in another component; a known trace that goes on after its end.
insert into app_log values ('new2', 'close', '2026-02-01 00:01', 'api');
insert into app_log values ('new3', 'fly', '2026-02-01 00:02', 'api');
insert into app_log values ('new4', 'open', '2026-02-01 00:03', 'disk');
insert into app_log values ('7', 'read', '2026-02-01 00:04', 'api');
-- In one statement, in the order of time.
insert into app_log values ('new5', 'close', '2026-02-01 00:07', 'api'), ('new5', 'read', '2026-02-01 00:06', 'api'), ('new5', 'open', '2026-02-01 00:05', 'api');
select watched_table, trace_key, seq, at, event, kind, expected, round(expected_probability::numeric, 3) as expected_probability, explanation from m.anomalies order by anomaly_id;
-- A live trace adds up over statements.
select trace_key, n_events, score > 5 as high from m.live_traces where trace_key like 'new%' order by 1;
-- Copy and insert … select, thousands of rows.
copy app_log from stdin;
copied	open	2026-02-02	api
copied	open	2026-02-02 00:01	api
\.
select trace_key, event, kind from m.anomalies where trace_key = 'copied';
insert into app_log select 'many' || i, 'open', '2026-02-03', 'api' from generate_series(1, 5000) i;
select count(*) from m.anomalies where trace_key like 'many%';
insert into app_log select 'many' || i, 'close', '2026-02-03 00:01', 'api' from generate_series(1, 5000) i;
select count(*) from m.anomalies where trace_key like 'many%';
-- What is rolled back was not flagged.
begin;
insert into app_log values ('gone', 'fly', '2026-02-01', 'api');
rollback;
select count(*) from m.anomalies where trace_key = 'gone';
-- No rows, no work.
insert into app_log select * from app_log where false;
-- After a refit the watch uses the new machine.
select traces from logfsm.fit('m');
insert into app_log values ('later', 'open', '2026-03-01', 'api'), ('later', 'close', '2026-03-01 00:01', 'api');
select count(*) from m.anomalies where trace_key = 'later';
-- unwatch ends it.
select logfsm.unwatch('m');
insert into app_log values ('unseen', 'fly', '2026-02-01', 'api');
select count(*) from m.anomalies where trace_key = 'unseen';
select count(*) from pg_trigger where tgrelid = 'app_log'::regclass;
select count(*) from m.watches;
select logfsm.unwatch('m');
select logfsm.watch('m');
select logfsm.drop_model('m');
select count(*) from pg_trigger where tgrelid = 'app_log'::regclass;
insert into app_log values ('unseen', 'fly', '2026-02-01', 'api');
