-- An application role with INSERT on the table and nothing else is watched, too.
set client_min_messages = warning;
create role regress_watch_owner;
create role regress_watch_app;
create role regress_watch_tables;
grant create on database regress to regress_watch_owner;
create schema app authorization regress_watch_tables;
set role regress_watch_tables;
create table app.log (id text, event text, at timestamptz);
insert into app.log select i, e, timestamptz '2026-01-01' + i * interval '1 min' + o * interval '1 s'
from generate_series(1, 20) i, unnest(array['open', 'read', 'close']) with ordinality u (e, o);
grant usage on schema app to regress_watch_owner, regress_watch_app;
grant select on app.log to regress_watch_owner;
grant insert on app.log to regress_watch_app;
set role regress_watch_owner;
select logfsm.create_model('m', source => 'app.log', trace => 'id', event => 'event', at => 'at');
select traces from logfsm.fit('m');
-- TRIGGER on the table is needed.
select logfsm.watch('m');
\echo :SQLSTATE
select count(*) from m.watches;
reset role;
grant trigger on app.log to regress_watch_owner;
set role regress_watch_owner;
select logfsm.watch('m');
set role regress_watch_app;
insert into app.log values ('new', 'close', '2026-02-01');
-- It sees nothing of the model and cannot call anything on it.
select * from m.anomalies;
\echo :SQLSTATE
select count(*) from logfsm.models;
select logfsm.unwatch('m');
\echo :SQLSTATE
set role regress_watch_owner;
select trace_key, kind from m.anomalies;
-- The table's owner drops the trigger as any other on his table.
reset role;
create temp table watch as select trigger_name from m.watches;
grant select on watch to public;
set role regress_watch_tables;
do $$ begin execute format('drop trigger %I on app.log', (select trigger_name from watch)); end $$;
insert into app.log values ('new', 'fly', '2026-02-01');
set role regress_watch_owner;
select count(*) from m.anomalies;
-- The model's owner may lose the right, and still gets rid of the trigger.
select logfsm.unwatch('m');
select logfsm.watch('m');
reset role;
revoke trigger, select on app.log from regress_watch_owner;
set role regress_watch_owner;
select logfsm.unwatch('m');
reset role;
select count(*) from pg_trigger where tgrelid = 'app.log'::regclass;
-- The watch of another's model.
set role regress_watch_tables;
select logfsm.watch('m');
\echo :SQLSTATE
reset role;
grant usage on schema m to regress_watch_tables;
grant select on all tables in schema m to regress_watch_tables;
set role regress_watch_tables;
select logfsm.watch('m');
\echo :SQLSTATE
select logfsm.unwatch('m');
\echo :SQLSTATE
