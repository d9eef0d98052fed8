-- Where functions are not executable by PUBLIC by default, inserts into a watched table still succeed and are watched.
set client_min_messages = warning;
create role regress_strict_owner;
create role regress_strict_app;
grant create on database regress to regress_strict_owner;
alter default privileges for role regress_strict_owner revoke execute on functions from public;
create table app_log (id text, event text, at timestamptz);
insert into app_log values ('a', 'open', '2026-01-01'), ('a', 'close', '2026-01-02');
grant select, trigger on app_log to regress_strict_owner;
grant insert on app_log to regress_strict_app;
set role regress_strict_owner;
select logfsm.create_model('m', source => 'app_log', trace => 'id', event => 'event', at => 'at');
select traces from logfsm.fit('m');
select logfsm.watch('m');
set role regress_strict_app;
insert into app_log values ('b', 'close', '2026-02-01');
set role regress_strict_owner;
select trace_key, kind from m.anomalies;
