-- A watch shows what others insert, so it works while the model's owner may read all rows, and no longer.
set client_min_messages = warning;
create role regress_sight_owner;
create role regress_sight_group;
create role regress_sight_app;
grant create on database regress to regress_sight_owner;
create table app_log (id text, event text, at timestamptz, secret text);
insert into app_log select i, e, timestamptz '2026-01-01' + i * interval '1 min' + o * interval '1 s'
from generate_series(1, 20) i, unnest(array['open', 'read', 'close']) with ordinality u (e, o);
grant insert on app_log to regress_sight_app;
grant select (id, event, at), trigger on app_log to regress_sight_owner;
set role regress_sight_owner;
select logfsm.create_model('m', source => 'app_log', trace => 'id', event => 'event', at => 'at');
select traces from logfsm.fit('m');
select logfsm.watch('m');
set role regress_sight_app;
insert into app_log values ('a', 'fly', '2026-02-01');
reset role;
revoke select (event) on app_log from regress_sight_owner;
set role regress_sight_app;
insert into app_log values ('b', 'fly', '2026-02-01');
reset role;
-- By a role that the owner is a member of.
grant select on app_log to regress_sight_group;
grant regress_sight_group to regress_sight_owner;
set role regress_sight_app;
insert into app_log values ('c', 'fly', '2026-02-01');
reset role;
revoke regress_sight_group from regress_sight_owner;
set role regress_sight_app;
insert into app_log values ('d', 'fly', '2026-02-01');
reset role;
-- A new watch needs the right, too.
set role regress_sight_owner;
select logfsm.unwatch('m');
select logfsm.watch('m');
\echo :SQLSTATE
reset role;
grant select on app_log to regress_sight_owner;
set role regress_sight_owner;
select logfsm.watch('m');
reset role;
-- Row-level security that applies to the owner.
create policy own on app_log using (id like 'o%');
alter table app_log enable row level security;
create policy anybody on app_log for insert to regress_sight_app with check (true);
set role regress_sight_app;
insert into app_log values ('e', 'fly', '2026-02-01');
set role regress_sight_owner;
select trace_key from m.anomalies order by 1;
select logfsm.unwatch('m');
select logfsm.watch('m');
\echo :SQLSTATE
reset role;
alter role regress_sight_owner bypassrls;
set role regress_sight_owner;
select logfsm.watch('m');
reset role;
insert into app_log values ('f', 'fly', '2026-02-01');
alter role regress_sight_owner nobypassrls;
insert into app_log values ('g', 'fly', '2026-02-01');
select trace_key from m.anomalies order by 1;
-- raise does not hold up those whose rows it may not see.
alter table app_log disable row level security;
set role regress_sight_owner;
select logfsm.unwatch('m'), logfsm.watch('m', action => 'raise');
reset role;
insert into app_log values ('h', 'fly', '2026-02-01');
\echo :SQLSTATE
revoke select on app_log from regress_sight_owner;
insert into app_log values ('h', 'fly', '2026-02-01');
\echo :SQLSTATE
