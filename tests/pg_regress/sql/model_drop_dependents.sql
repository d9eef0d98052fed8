-- drop_model and unwatch take nobody else's views of what a watch found, unless told to.
set client_min_messages = warning;
\set SHOW_CONTEXT never
create table log (id text, event text, at timestamptz);
insert into log values ('a', 'open', '2026-01-01'), ('a', 'close', '2026-01-02');
select logfsm.create_model('m', source => 'log', trace => 'id', event => 'event', at => 'at');
select traces from logfsm.fit('m');
select logfsm.watch('m');
insert into log values ('b', 'fly', '2026-01-03');
select 'm.anomalies_of_' || 'log'::regclass::oid as found \gset
create schema reports;
create view reports.found as select * from :found;
\set VERBOSITY terse
select logfsm.drop_model('m');
\echo :SQLSTATE
select logfsm.unwatch('m');
\echo :SQLSTATE
\set VERBOSITY default
select count(*) from reports.found;
select count(*) from pg_trigger where tgrelid = 'log'::regclass;
drop view reports.found;
-- A column of the view's row type, a function over it, a rule that names it.
create table reports.kept (f m.anomalies);
\set VERBOSITY terse
select logfsm.drop_model('m');
\echo :SQLSTATE
drop table reports.kept;
do $$ begin execute format('create table reports.kept (f m.%I)', 'anomalies_of_' || 'log'::regclass::oid); end $$;
select logfsm.drop_model('m');
\echo :SQLSTATE
select count(*) from pg_trigger where tgrelid = 'log'::regclass;
\set VERBOSITY default
drop table reports.kept;
create view reports.found as select * from :found;
select logfsm.drop_model('m', cascade => true);
select to_regclass('reports.found');
select count(*) from pg_trigger where tgrelid = 'log'::regclass;
-- Without anything of others' it goes with its triggers, though the table is somebody else's.
create role regress_dropper;
grant create on database regress to regress_dropper;
grant select, trigger on log to regress_dropper;
set role regress_dropper;
select logfsm.create_model('m', source => 'log', trace => 'id', event => 'event', at => 'at');
select traces from logfsm.fit('m');
select logfsm.watch('m');
select logfsm.unwatch('m');
select logfsm.watch('m');
select logfsm.drop_model('m');
select count(*) from pg_trigger where tgrelid = 'log'::regclass;
reset role;
drop owned by regress_dropper;
