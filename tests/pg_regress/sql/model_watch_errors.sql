-- What cannot be watched, and how.
set client_min_messages = warning;
create table app_log (id text, event text, at timestamptz);
insert into app_log values ('a', 'open', '2026-01-01'), ('a', 'close', '2026-01-02');
create view app_view as select * from app_log;
create materialized view app_matview as select * from app_log;
create extension file_fdw;
create server files foreign data wrapper file_fdw;
create foreign table app_log_foreign (id text, event text, at timestamptz) server files options (program 'true');
create sequence app_log_numbers;
create table short_log (id text, at timestamptz);
select logfsm.create_model('m', source => 'app_view', trace => 'id', event => 'event', at => 'at');
select traces from logfsm.fit('m');
select logfsm.watch('m');
\echo :SQLSTATE
select logfsm.watch('m', on_table => 'app_matview');
\echo :SQLSTATE
select logfsm.watch('m', on_table => 'app_log_foreign');
\echo :SQLSTATE
select logfsm.watch('m', on_table => 'app_log_numbers');
\echo :SQLSTATE
select logfsm.watch('m', on_table => 'short_log');
\echo :SQLSTATE
select logfsm.watch('m', action => 'reject', on_table => 'app_log');
\echo :SQLSTATE
select logfsm.watch('m', action => 'Flag', on_table => 'app_log');
\echo :SQLSTATE
select logfsm.watch('m', null, 'app_log');
\echo :SQLSTATE
select logfsm.watch('n', on_table => 'app_log');
\echo :SQLSTATE
select count(*) from m.watches;
select count(*) from pg_trigger where tgname like 'logfsm\_watch%';
-- The table behind the view.
select logfsm.watch('m', on_table => 'app_log');
select logfsm.watch('m', on_table => 'app_log');
\echo :SQLSTATE
insert into app_log values ('b', 'close', '2026-01-03');
insert into app_view values ('c', 'close', '2026-01-03');
select watched_table, trace_key, kind from m.anomalies order by 2;
-- Two models on one table, one model on two tables.
select logfsm.create_model('m2', source => 'app_log', trace => 'id', event => 'event', at => 'at');
select traces from logfsm.fit('m2', method => 'prefix_tree');
select logfsm.watch('m2');
create table app_log_2 (like app_log);
select logfsm.watch('m', on_table => 'app_log_2');
insert into app_log values ('d', 'fly', '2026-01-03');
insert into app_log_2 values ('e', 'fly', '2026-01-03');
select 'm' as model, watched_table, trace_key, kind from m.anomalies where kind = 'unknown_type'
union all select 'm2', watched_table, trace_key, kind from m2.anomalies order by 1, 3;
select logfsm.unwatch('m', 'app_log');
select logfsm.unwatch('m', 'app_log');
select watched_table from m.watches;
insert into app_log_2 values ('f', 'fly', '2026-01-03');
select count(*) from m.anomalies where trace_key = 'f';
-- A watched table that is renamed is still watched; one that is dropped takes its trigger along.
alter table app_log_2 rename to app_log_3;
insert into app_log_3 values ('g', 'fly', '2026-01-03');
select watched_table, trace_key from m.anomalies where trace_key = 'g';
create table app_log_2 (like app_log_3);
select logfsm.watch('m', on_table => 'app_log_2');
select count(*) from m.watches;
select logfsm.unwatch('m', 'app_log_3');
insert into app_log_3 values ('h', 'fly', '2026-01-03');
insert into app_log_2 values ('i', 'fly', '2026-01-03');
select watched_table, trace_key from m.anomalies where trace_key in ('h', 'i');
drop table app_log_2;
select logfsm.unwatch('m');
select logfsm.watch('m', on_table => 'app_log');
select logfsm.drop_model('m'), logfsm.drop_model('m2');
select count(*) from pg_trigger where tgname like 'logfsm\_watch%';
-- Nobody calls the trigger function otherwise.
select logfsm.watch_insert();
\echo :SQLSTATE
