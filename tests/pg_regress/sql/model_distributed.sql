-- Tables that Citus keeps on other servers, as far as one server can show: its catalog is made here by hand.
set client_min_messages = warning;
set allow_system_table_mods = on;
create table pg_catalog.pg_dist_partition (logicalrelid regclass, partmethod "char");
reset allow_system_table_mods;
create table app_log (id bigint, day date, event text, at timestamptz);
create table here (id bigint, day date, event text, at timestamptz);
insert into app_log select i / 3, date '2026-01-01' + i / 30, (array['open', 'read', 'close'])[1 + i % 3], timestamptz '2026-01-01Z' + i * interval '1 min' from generate_series(0, 89) i;
insert into here select * from app_log;
insert into pg_dist_partition values ('app_log', 'h');
select logfsm.create_model('m', source => 'app_log', trace => 'id', event => 'event', at => 'at');
select traces from logfsm.fit('m', 'k_tails');
select new_traces, missing_rows from logfsm.refresh('m');
-- A trigger cannot be there.
select logfsm.watch('m');
\echo :SQLSTATE
select logfsm.watch('m', on_table => 'here');
-- Other types of keys are grouped by the key.
select logfsm.create_model('by_day', source => 'app_log', trace => 'day', event => 'event', at => 'at');
select traces from logfsm.fit('by_day', 'k_tails');
select logfsm.drop_model('m'), logfsm.drop_model('by_day');
drop table app_log, here;
set allow_system_table_mods = on;
drop table pg_catalog.pg_dist_partition;
