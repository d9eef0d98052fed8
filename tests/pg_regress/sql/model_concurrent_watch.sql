-- Two sessions that insert rows of one trace do not wait for each other; refresh picks up what committed late.
set client_min_messages = warning;
create extension dblink;
create table app_log (id text, event text, at timestamptz);
insert into app_log select i, e, timestamptz '2026-01-01' + i * interval '1 s' + o * interval '1 s'
from generate_series(1, 50) i, unnest(array['open', 'read', 'close']) with ordinality u (e, o);
select logfsm.create_model('m', source => 'app_log', trace => 'id', event => 'event', at => 'at');
select traces from logfsm.fit('m');
select logfsm.watch('m');
select dblink_connect('other', 'dbname=' || current_database());
select dblink_exec('other', 'begin');
select dblink_exec('other', 'insert into app_log values (''x'', ''open'', ''2026-01-01 00:02'')');
set statement_timeout = '2s';
insert into app_log values ('x', 'close', '2026-01-01 00:03');
insert into app_log values ('y', 'close', '2026-01-01 00:03');
select dblink_exec('other', 'commit');
reset statement_timeout;
select new_traces, changed_traces, missing_rows from logfsm.refresh('m');
select trace_key, seq, event from m.real_events where trace_key in ('x', 'y') order by 1, 2;
select trace_key, kind from m.anomalies where trace_key = 'y';
-- What is committed after a refresh, with a time before it, is picked up by the next.
select logfsm.unwatch('m');
select dblink_exec('other', 'begin');
select dblink_exec('other', 'insert into app_log values (''late'', ''open'', ''2026-01-01 00:02:30'')');
insert into app_log values ('early', 'open', '2026-01-01 00:04');
select new_traces, changed_traces, missing_rows from logfsm.refresh('m');
select dblink_exec('other', 'commit');
select new_traces, changed_traces, missing_rows from logfsm.refresh('m');
-- While the other's fit is not committed, an insert does not wait for it.
select logfsm.watch('m');
select dblink_exec('other', 'begin');
select * from dblink('other', 'select traces from logfsm.fit(''m'')') t (n bigint);
set client_min_messages = error;
set statement_timeout = '5s';
insert into app_log values ('z', 'close', '2026-01-01 00:03');
reset statement_timeout;
select dblink_exec('other', 'commit');
select count(*) from app_log where id = 'z';
-- The next is watched as before.
set client_min_messages = warning;
insert into app_log values ('zz', 'fly', '2026-01-01 00:03');
select trace_key, kind from m.anomalies where trace_key = 'zz';
select dblink_disconnect('other');
