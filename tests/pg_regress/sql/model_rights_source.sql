-- The source is read with the model owner's rights: SELECT is needed when the model is made and at every fit.
set client_min_messages = warning;
create role regress_source_owner;
grant create on database regress to regress_source_owner;
create schema logs;
create table logs.app_log (id text, event text, at timestamptz, secret text);
insert into logs.app_log values ('a', 'open', '2026-01-01', 's'), ('a', 'close', '2026-01-02', 's');
set role regress_source_owner;
select logfsm.create_model('m', source => 'logs.app_log', trace => 'id', event => 'event', at => 'at');
\echo :SQLSTATE
reset role;
grant usage on schema logs to regress_source_owner;
set role regress_source_owner;
select logfsm.create_model('m', source => 'logs.app_log', trace => 'id', event => 'event', at => 'at');
\echo :SQLSTATE
select count(*) from pg_namespace where nspname = 'm';
-- The columns used are enough.
reset role;
grant select (id, event, at) on logs.app_log to regress_source_owner;
set role regress_source_owner;
select logfsm.create_model('m', source => 'logs.app_log', trace => 'id', event => 'secret', at => 'at');
\echo :SQLSTATE
select logfsm.create_model('m', source => 'logs.app_log', trace => 'id', event => 'event', at => 'at');
select traces from logfsm.fit('m');
reset role;
insert into logs.app_log values ('b', 'open', '2026-01-03', 's');
set role regress_source_owner;
select new_traces from logfsm.refresh('m');
-- Revoked: neither fit nor refresh, not even by the superuser, who fits with the owner's rights.
reset role;
revoke select (event) on logs.app_log from regress_source_owner;
select * from logfsm.fit('m');
\echo :SQLSTATE
select * from logfsm.refresh('m');
\echo :SQLSTATE
set role regress_source_owner;
select * from logfsm.fit('m');
\echo :SQLSTATE
select fits, (select count(*) from m.real_traces) as traces from m.model;
reset role;
-- Row-level security of the source is the owner's, whoever calls.
grant select on logs.app_log to regress_source_owner;
alter table logs.app_log enable row level security;
create policy only_a on logs.app_log for select to regress_source_owner using (id = 'a');
select traces from logfsm.fit('m');
set role regress_source_owner;
select traces from logfsm.fit('m');
reset role;
revoke usage on schema logs from regress_source_owner;
select * from logfsm.fit('m');
\echo :SQLSTATE
