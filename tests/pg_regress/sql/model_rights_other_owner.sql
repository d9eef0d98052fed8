-- A model is its owner's: another role sees nothing of it, and what it may read it still may not change.
set client_min_messages = warning;
\set SHOW_CONTEXT never
create role regress_owner;
create role regress_other;
create role regress_member in role regress_owner;
grant create on database regress to regress_owner, regress_other;
create table app_log (id text, event text, at timestamptz);
insert into app_log select i, e, timestamptz '2026-01-01' + i * interval '1 min' + o * interval '1 s'
from generate_series(1, 20) i, unnest(array['open', 'read', 'close']) with ordinality u (e, o);
grant select on app_log to regress_owner;
set role regress_owner;
select logfsm.create_model('m', source => 'app_log', trace => 'id', event => 'event', at => 'at');
select traces from logfsm.fit('m');
select logfsm.synthesize('m', 5, 1);
select name, schema, owner, traces from logfsm.models;
-- The other sees nothing.
set role regress_other;
select * from logfsm.models;
select * from m.transitions;
\echo :SQLSTATE
select * from logfsm.fit('m');
\echo :SQLSTATE
select * from logfsm.refresh('m');
\echo :SQLSTATE
select logfsm.synthesize('m', 5, 1);
\echo :SQLSTATE
select logfsm.score_traces('m');
\echo :SQLSTATE
select logfsm.drop_run('m', 1);
\echo :SQLSTATE
select logfsm.drop_model('m');
\echo :SQLSTATE
select * from logfsm.explain('m', '1');
\echo :SQLSTATE
-- A model of the same name it cannot have, one of another name it can, if it may read the source.
select logfsm.create_model('m', source => 'app_log', trace => 'id', event => 'event', at => 'at');
\echo :SQLSTATE
select logfsm.create_model('m2', source => 'app_log', trace => 'id', event => 'event', at => 'at');
\echo :SQLSTATE
select count(*) from pg_namespace where nspname = 'm2';
-- With USAGE alone, with SELECT on some tables, with SELECT on all.
set role regress_owner;
grant usage on schema m to regress_other;
set role regress_other;
select * from logfsm.models;
set role regress_owner;
grant select on m.model, m.transitions to regress_other;
set role regress_other;
select name, schema, owner, traces, events, states, transitions from logfsm.models;
select count(*) from m.transitions;
select * from m.traces;
\echo :SQLSTATE
set role regress_owner;
grant select on all tables in schema m to regress_other;
set role regress_other;
select name, owner, traces, events, states, transitions from logfsm.models;
select count(*) from logfsm.explain('m', '1');
select count(*) from m.all_events where run_id = 0;
-- A reader changes nothing.
select * from logfsm.fit('m');
\echo :SQLSTATE
select * from logfsm.refresh('m');
\echo :SQLSTATE
select logfsm.synthesize('m', 5, 1);
\echo :SQLSTATE
select logfsm.score_traces('m');
\echo :SQLSTATE
select logfsm.drop_run('m', 1);
\echo :SQLSTATE
select logfsm.drop_model('m');
\echo :SQLSTATE
delete from m.runs;
\echo :SQLSTATE
-- A member of the owner's role works as the owner.
set role regress_member;
select traces from logfsm.fit('m');
select logfsm.synthesize('m', 5, 1);
select new_traces from logfsm.refresh('m');
reset role;
select distinct relowner::regrole from pg_class where relnamespace = 'm'::regnamespace;
set role regress_member;
select logfsm.drop_model('m');
reset role;
select count(*) from pg_namespace where nspname = 'm';
