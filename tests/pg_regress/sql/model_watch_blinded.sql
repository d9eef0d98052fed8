-- Nobody can blind a watch: by advisory locks, or by a small memory limit of his own. What cannot be judged is seen.
set client_min_messages = warning;
create extension dblink;
create role regress_blind login;
create table app_log (id text, line text, at timestamptz);
grant insert, select on app_log to regress_blind;
insert into app_log select i, e || ' file ' || md5((i * o)::text) || ' of ' || i, timestamptz '2026-01-01' + i * interval '1 min' + o * interval '1 s'
from generate_series(1, 300) i, unnest(array['open', 'read', 'close']) with ordinality u (e, o);
-- Many templates, so that a reader of them needs more than the least that can be set.
insert into app_log select 'noise ' || i, string_agg(translate(md5((i * j)::text), '0123456789', 'ghijklmnop'), ' '), timestamptz '2026-01-01' + i * interval '1 min' + interval '2 s'
from generate_series(1, 100) i, generate_series(1, 40) j group by i;
select logfsm.create_model('m', source => 'app_log', trace => 'id', message => 'line', at => 'at');
select traces from logfsm.fit('m', 'k_tails');
select logfsm.watch('m');
select dblink_connect('other', 'dbname=' || current_database() || ' user=regress_blind');
select dblink_exec('other', 'begin');
select * from dblink('other', format('select count(pg_advisory_xact_lock(%s::bigint::int, i)) from generate_series(0, 255) i', 'm.model'::regclass::oid::bigint)) t (n bigint);
insert into app_log values ('locks', 'what nobody ever saw here', '2026-02-01');
select count(*) from m.pending;
select trace_key, kind from m.anomalies;
select dblink_exec('other', 'rollback');
-- The first statement of a session reads the model under the default limit.
select dblink_exec('other', 'set logfsm.memory_limit = ''1MB''');
select dblink_exec('other', 'insert into app_log values (''memory'', ''what nobody ever saw here'', ''2026-02-01'')');
select trace_key, kind from m.anomalies where trace_key = 'memory';
select dblink_disconnect('other');
-- A watch that cannot work leaves a note, close_traces finds the rows, and raise refuses.
select logfsm.unwatch('m');
select logfsm.watch('m');
begin;
alter table m.live_traces rename to away;
insert into app_log values ('unseen', 'what nobody ever saw here', '2026-02-02');
alter table m.away rename to live_traces;
commit;
select trace_key, events, reason is not null as has_reason from m.unjudged;
select reread, anomalies, waiting from logfsm.close_traces('m');
select trace_key, kind from m.anomalies where trace_key = 'unseen';
select count(*) from m.unjudged;
select logfsm.unwatch('m');
select logfsm.watch('m', action => 'raise');
begin;
alter table m.live_traces rename to away;
insert into app_log values ('refused', 'what nobody ever saw here', '2026-02-02');
\echo :SQLSTATE
rollback;
insert into app_log values (repeat('x', 3000), 'open file', '2026-02-02');
\echo :SQLSTATE
-- A trace of which rows are missing.
insert into app_log values ('missing', 'open file a of 1', '2026-02-02');
update m.live_traces set dirty = true, state = null where trace_key = 'missing';
insert into app_log values ('missing', 'read file a of 1', '2026-02-02 00:00:01');
\echo :SQLSTATE
select reread from logfsm.close_traces('m');
insert into app_log values ('missing', 'read file a of 1', '2026-02-02 00:00:01');
