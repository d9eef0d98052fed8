-- What a watch does with anomalous rows: notify, raise, skip. Each statement mixes normal and anomalous rows.
set client_min_messages = warning;
set timezone = 'UTC'; set datestyle = iso;
create extension dblink;
create table app_log (n bigint generated always as identity primary key, id text, event text, at timestamptz);
insert into app_log (id, event, at) select i, e, timestamptz '2025-01-01' + i * interval '1 min' + o * interval '40 days'
from generate_series(1, 100) i, unnest(array['open', 'read', 'close']) with ordinality u (e, o);
select logfsm.create_model('m', source => 'app_log', trace => 'id', event => 'event', at => 'at');
select traces from logfsm.fit('m');
-- notify: one notification per statement that has anomalies, and rows in anomalies.
select logfsm.watch('m', action => 'notify');
select dblink_connect('listener', 'dbname=' || current_database());
select dblink_exec('listener', 'listen logfsm');
insert into app_log (id, event, at) values ('n1', 'open', '2026-02-01'), ('n1', 'fly', '2026-02-01 00:01'), ('n1', 'close', '2026-02-01 00:02'), ('n2', 'close', '2026-02-01');
insert into app_log (id, event, at) values ('n3', 'open', '2026-02-01');
begin;
insert into app_log (id, event, at) values ('n4', 'fly', '2026-02-01');
rollback;
insert into app_log (id, event, at) select 'k' || repeat('x', 150) || i, 'fly', '2026-02-01' from generate_series(1, 1000) i;
insert into app_log (id, event, at) values (repeat('"\', 1000), repeat('"\', 5000), '2026-02-01');
select notify_name, extra::jsonb ->> 'count' as count, jsonb_array_length(extra::jsonb -> 'anomalies') > 0 as listed, octet_length(extra) < 8000 as fits,
       case when octet_length(extra) < 600 then extra end as extra
from dblink('listener', 'select 1') t (x int), dblink_get_notify('listener');
select count(*), count(distinct trace_key) from m.anomalies;
select logfsm.unwatch('m');
truncate m.anomalies, m.live_traces;
delete from app_log where at >= '2026-02-01';
-- raise: the statement fails, naming the row; nothing of it stays.
select logfsm.watch('m', action => 'raise');
insert into app_log (id, event, at) values ('r1', 'open', '2026-02-01'), ('r1', 'read', '2026-02-01 00:01');
insert into app_log (id, event, at) values ('r2', 'open', '2026-02-01'), ('r1', 'fly', '2026-02-01 00:02'), ('r2', 'close', '2026-02-01 00:01');
\echo :SQLSTATE
insert into app_log (id, event, at) values ('r1', null, '2026-02-01 00:02');
\echo :SQLSTATE
select id, event from app_log where id like 'r%' order by n;
select trace_key, n_events, dirty from m.live_traces order by 1;
-- What failed left the trace as it was: the next event is as before.
insert into app_log (id, event, at) values ('r1', 'close', '2026-02-01 00:02');
-- To a savepoint.
begin;
insert into app_log (id, event, at) values ('r3', 'open', '2026-02-01');
savepoint s;
insert into app_log (id, event, at) values ('r3', 'close', '2026-02-01 00:01');
\echo :SQLSTATE
rollback to s;
insert into app_log (id, event, at) values ('r3', 'read', '2026-02-01 00:01');
commit;
-- A snapshot of an earlier time cannot be stored, but is judged by.
begin isolation level repeatable read;
insert into app_log (id, event, at) values ('r3', 'close', '2026-02-01 00:02'), ('r4', 'open', '2026-02-01');
insert into app_log (id, event, at) values ('r4', 'read', '2026-02-01 00:01');
savepoint s;
insert into app_log (id, event, at) values ('r4', 'open', '2026-02-01 00:02');
\echo :SQLSTATE
rollback to s;
commit;
select trace_key, event, at from m.pending order by 1, 3;
select * from logfsm.close_traces('m');
select trace_key, n_events, dirty from m.live_traces order by 1;
select count(*) from m.anomalies;
copy app_log (id, event, at) from stdin;
r5	open	2026-02-01
r5	open	2026-02-02
\.
\echo :SQLSTATE
select logfsm.unwatch('m');
truncate m.live_traces;
-- skip: exactly the anomalous rows are dropped; what follows is judged without them.
select logfsm.watch('m', action => 'skip');
insert into app_log (id, event, at) values
    ('s1', 'open', '2026-02-01'), ('s1', 'fly', '2026-02-01 00:01'), ('s2', 'close', '2026-02-01'), ('s1', 'read', '2026-02-01 00:02'),
    ('s1', 'open', '2026-02-01 00:03'), ('s1', 'close', '2026-02-01 00:04'), ('s3', null, '2026-02-01'), ('s3', 'open', null), (null, 'open', '2026-02-01');
select id, event, at from app_log where n > (select max(n) from app_log where id like 'r%') order by n;
insert into app_log (id, event, at) values ('s4', 'open', '2026-02-01') returning event;
insert into app_log (id, event, at) values ('s4', 'fly', '2026-02-01 00:01') returning event;
copy app_log (id, event, at) from stdin;
s4	read	2026-02-01 00:02
s4	fly	2026-02-01 00:03
s4	close	2026-02-01 00:04
s5	fly	2026-02-01 00:04
\.
insert into app_log (id, event, at) select 's6', e, '2026-02-01' from unnest(array['fly', 'fly', 'fly']) e;
select id, event from app_log where id in ('s4', 's5', 's6') order by n;
select trace_key, event, kind from m.anomalies order by anomaly_id;
select trace_key, n_events, dirty from m.live_traces order by 1;
-- ON CONFLICT: rows that are only updated change no trace.
alter table app_log add constraint one_of_each unique (id, event, at);
insert into app_log (id, event, at) values ('s7', 'open', '2026-02-01');
insert into app_log (id, event, at) values ('s7', 'open', '2026-02-01'), ('s7', 'read', '2026-02-01 00:01') on conflict on constraint one_of_each do nothing;
select logfsm.unwatch('m');
select logfsm.watch('m', action => 'flag');
insert into app_log (id, event, at) values ('s8', 'open', '2026-02-01');
insert into app_log (id, event, at) values ('s8', 'open', '2026-02-01'), ('s8', 'read', '2026-02-01 00:01') on conflict on constraint one_of_each do nothing;
insert into app_log (id, event, at) values ('s8', 'open', '2026-02-01'), ('s8', 'close', '2026-02-01 00:02') on conflict on constraint one_of_each do update set event = excluded.event;
select trace_key, n_events, dirty from m.live_traces where trace_key in ('s7', 's8') order by 1;
select count(*) from m.anomalies where trace_key in ('s7', 's8');
select logfsm.drop_model('m');
select count(*) from pg_trigger where tgrelid = 'app_log'::regclass;
select dblink_disconnect('listener');
