-- A partitioned table is watched by a row trigger on all its partitions, those made or attached later too.
set client_min_messages = warning;
set timezone = 'UTC'; set datestyle = iso;
create table app_log (id text, event text, at timestamptz) partition by range (at);
create table app_log_0 partition of app_log for values from (minvalue) to ('2026-01-01');
create table app_log_1 partition of app_log for values from ('2026-01-01') to ('2026-02-01');
create table app_log_2 partition of app_log for values from ('2026-02-01') to ('2026-03-01') partition by list (event);
create table app_log_2a partition of app_log_2 for values in ('open', 'fly');
create table app_log_2b partition of app_log_2 default;
insert into app_log select i, e, timestamptz '2025-01-01' + i * interval '1 min' + o * interval '40 days'
from generate_series(1, 100) i, unnest(array['open', 'read', 'close']) with ordinality u (e, o);
select logfsm.create_model('m', source => 'app_log', trace => 'id', event => 'event', at => 'at');
select traces from logfsm.fit('m');
select logfsm.watch('m');
select tgrelid::regclass, count(*) from pg_trigger where tgname like 'logfsm_watch%' group by 1 order by 1::text;
insert into app_log values ('p1', 'open', '2026-02-01'), ('p1', 'close', '2026-02-02'), ('p2', 'open', '2026-01-31'), ('p2', 'read', '2026-02-01');
-- Straight into partitions.
insert into app_log_2 values ('p2', 'fly', '2026-02-02');
insert into app_log_2b values ('p2', 'close', '2026-02-03');
copy app_log from stdin;
p3	open	2026-02-01
p3	open	2026-02-02
\.
-- Made later, attached later with other columns in another order.
create table app_log_3 partition of app_log for values from ('2026-03-01') to ('2026-04-01');
create table app_log_4 (dropped int, at timestamptz, event text, id text);
alter table app_log_4 drop column dropped;
insert into app_log_4 values ('2026-04-01', 'fly', 'before');
alter table app_log attach partition app_log_4 for values from ('2026-04-01') to ('2026-05-01');
insert into app_log values ('p4', 'fly', '2026-03-01'), ('p5', 'fly', '2026-04-01');
insert into app_log_4 values ('2026-04-02', 'fly', 'p6');
select watched_table, trace_key, seq, event, kind from m.anomalies order by anomaly_id;
select trace_key, n_events from m.live_traces order by 1;
-- Detached: its trigger goes.
alter table app_log detach partition app_log_4;
insert into app_log_4 values ('2026-04-03', 'fly', 'p7');
select count(*) from m.anomalies where trace_key = 'p7';
-- The same trace, read from all partitions; what was attached with rows is found by a recheck.
select resumed, reread, ended from logfsm.close_traces('m', '0', recheck => true);
select l.trace_key, l.n_events, l.score = logfsm.score(m.automaton, t.trace) as equal
from m.live_traces l cross join m.model m cross join lateral (select logfsm.trace_agg(a.event, a.at) as trace from app_log a where a.id = l.trace_key) t order by 1;
select logfsm.unwatch('m');
select count(*) from pg_trigger where tgname like 'logfsm_watch%';
-- The other actions.
select logfsm.watch('m', action => 'raise');
insert into app_log values ('p8', 'open', '2026-02-01'), ('p8', 'fly', '2026-03-01');
\echo :SQLSTATE
select count(*) from app_log where id = 'p8';
select logfsm.unwatch('m');
select logfsm.watch('m', action => 'skip');
insert into app_log values ('p9', 'open', '2026-02-01'), ('p9', 'fly', '2026-03-01'), ('p9', 'read', '2026-02-02'), ('p9', 'open', '2026-03-02');
select id, event from app_log where id = 'p9' order by at;
select trace_key, n_events, dirty from m.live_traces where trace_key = 'p9';
select logfsm.unwatch('m');
select logfsm.watch('m', action => 'notify');
insert into app_log values ('p9', 'fly', '2026-03-03');
-- One partition alone: rows that come through the parent are seen, too.
select logfsm.unwatch('m');
select logfsm.watch('m', on_table => 'app_log_1');
insert into app_log values ('p10', 'fly', '2026-01-03'), ('p11', 'fly', '2026-03-03');
insert into app_log_1 values ('p12', 'fly', '2026-01-03');
select watched_table, trace_key from m.anomalies where trace_key in ('p10', 'p11', 'p12') order by 2;
select logfsm.drop_model('m');
select count(*) from pg_trigger where tgname like 'logfsm_watch%';
