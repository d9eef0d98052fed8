-- Models follow transactions: what is rolled back has not been.
set client_min_messages = warning;
create table app_log (id text, event text, at timestamptz);
insert into app_log values ('a', 'open', '2026-01-01'), ('a', 'close', '2026-01-02');
begin;
select logfsm.create_model('m', source => 'app_log', trace => 'id', event => 'event', at => 'at');
select traces from logfsm.fit('m');
rollback;
select count(*) from pg_namespace where nspname = 'm';
begin;
select logfsm.create_model('m', source => 'app_log', trace => 'id', event => 'event', at => 'at');
select traces from logfsm.fit('m');
commit;
begin;
insert into app_log values ('b', 'open', '2026-01-01');
savepoint s;
select traces from logfsm.fit('m');
select logfsm.synthesize('m', 5, 1);
select count(*) from m.traces;
rollback to s;
select count(*) from m.traces;
select traces from logfsm.fit('m');
select traces from logfsm.fit('m');
rollback;
select fits, (select count(*) from m.traces) as traces, (select count(*) from m.runs) as runs from m.model;
-- All in one transaction.
begin;
select logfsm.synthesize('m', 2, 1);
select logfsm.watch('m');
insert into app_log values ('b', 'close', '2026-01-03');
select new_traces from logfsm.refresh('m');
select logfsm.unwatch('m');
select logfsm.drop_run('m', 1);
select traces from logfsm.fit('m');
commit;
select count(*) from m.anomalies;
-- Read-only transactions refuse.
begin read only;
select * from logfsm.fit('m');
\echo :SQLSTATE
rollback;
select logfsm.drop_model('m');
drop table app_log;
