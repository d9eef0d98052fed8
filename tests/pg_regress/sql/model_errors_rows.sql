-- Rows that cannot be learned from stop fit with an error that says which, and leave the model as it was.
set client_min_messages = warning;
create table app_log (id text, event text, at timestamptz, n bigint);
select logfsm.create_model('m', source => 'app_log', trace => 'id', event => 'event', at => 'at', seq => 'n');
-- Nothing there.
select * from logfsm.fit('m');
\echo :SQLSTATE
select fits, method, high_water, fitted_at from m.model;
insert into app_log values ('a', 'open', '2026-01-01', 1), ('a', 'close', '2026-01-02', 2);
select * from logfsm.fit('m');
create temp table before as select m::text as model, (select count(*) from pg_class where relnamespace = 'm'::regnamespace) as relations from m.model m;
-- A NULL trace key, event, time, sequence number; an infinite time.
begin;
insert into app_log values (null, 'open', '2026-01-01', 1), (null, 'open', '2026-01-01', 2);
select * from logfsm.fit('m');
\echo :SQLSTATE
rollback;
begin;
insert into app_log values ('b', null, '2026-01-01', 1);
select * from logfsm.fit('m');
\echo :SQLSTATE
rollback;
begin;
insert into app_log values ('b', 'open', null, 1);
select * from logfsm.fit('m');
\echo :SQLSTATE
rollback;
begin;
insert into app_log values ('b', 'open', '2026-01-01', 1), ('b', 'close', '2026-01-01', null);
select * from logfsm.fit('m');
\echo :SQLSTATE
rollback;
begin;
insert into app_log values ('b', 'open', 'infinity', 1);
select * from logfsm.fit('m');
\echo :SQLSTATE
rollback;
-- No rows in the period.
select * from logfsm.fit('m', since => '2030-01-01');
\echo :SQLSTATE
-- An unknown method or option, before any row is read.
select * from logfsm.fit('m', 'k_heads');
\echo :SQLSTATE
select * from logfsm.fit('m', 'k_tails', '{"kk": 1}');
\echo :SQLSTATE
select * from logfsm.fit('m', null);
\echo :SQLSTATE
-- A model that is not there.
select * from logfsm.fit('n');
\echo :SQLSTATE
select * from logfsm.fit(null);
\echo :SQLSTATE
-- Too much memory.
set logfsm.memory_limit = '1MB';
begin;
insert into app_log select i / 50, md5(i::text), '2026-01-01', i from generate_series(1, 50000) i;
select * from logfsm.fit('m');
\echo :SQLSTATE
rollback;
reset logfsm.memory_limit;
-- Cancelled in the middle.
create view slow_log as select l.* from app_log l, generate_series(1, 1000) where pg_sleep(0.01) is not null;
update m.model set source = 'public.slow_log';
set statement_timeout = '200ms';
select * from logfsm.fit('m');
\echo :SQLSTATE
reset statement_timeout;
update m.model set source = 'public.app_log';
-- After all of that, the model is what the one good fit made it.
select m::text = model as same, (select count(*) from pg_class where relnamespace = 'm'::regnamespace) = relations as relations from m.model m, before;
select count(*) from m.real_events;
select current_setting('application_name') as application_name;
-- The source is gone or has lost a column.
alter table app_log rename event to kind;
select * from logfsm.fit('m');
\echo :SQLSTATE
alter table app_log rename kind to event;
drop table app_log cascade;
select * from logfsm.fit('m');
\echo :SQLSTATE
select * from logfsm.refresh('m');
\echo :SQLSTATE
select m::text = model as same from m.model m, before;
select logfsm.drop_model('m');
