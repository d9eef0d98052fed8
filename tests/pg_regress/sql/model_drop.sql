-- drop_model and DROP SCHEMA leave nothing behind; objects of others that depend on a model stop drop_model.
set client_min_messages = warning;
create role regress_drop_reader;
grant create on schema public to regress_drop_reader;
create table app_log (id text, event text, at timestamptz);
insert into app_log values ('a', 'open', '2026-01-01'), ('a', 'close', '2026-01-02');
create function pg_temp.leftovers(out classes bigint, out triggers bigint, out functions bigint, out types bigint, out schemas bigint, out constraints bigint) language sql as $$
    select (select count(*) from pg_class c where not exists (select from pg_namespace n where n.oid = relnamespace) or relnamespace::regnamespace::text in ('m', 'm2')),
           (select count(*) from pg_trigger where tgrelid = 'public.app_log'::regclass), (select count(*) from pg_proc where pronamespace::regnamespace::text in ('m', 'm2')),
           (select count(*) from pg_type where typnamespace::regnamespace::text in ('m', 'm2')), (select count(*) from pg_namespace where nspname in ('m', 'm2')),
           (select count(*) from pg_constraint where connamespace::regnamespace::text in ('m', 'm2')) $$;
create function pg_temp.make() returns bigint language sql as $$
    select logfsm.create_model('m', source => 'app_log', trace => 'id', event => 'event', at => 'at');
    select fit from logfsm.fit('m');
    select logfsm.synthesize('m', 5, 1);
    select logfsm.watch('m');
    select fit from logfsm.fit('m') $$;
select pg_temp.make();
select logfsm.drop_model('m');
select * from pg_temp.leftovers();
select pg_temp.make();
\set VERBOSITY terse
drop schema m;
\echo :SQLSTATE
\set VERBOSITY default
drop schema m cascade;
select * from pg_temp.leftovers();
insert into app_log values ('b', 'fly', '2026-01-03');
-- Dependents: a view, a materialised view, a foreign key, a function with a checked body, another's view.
select pg_temp.make();
create view dependent_view as select * from m.transitions;
create materialized view dependent_matview as select count(*) from m.all_events;
create function dependent_function() returns bigint language sql begin atomic select count(*) from m.traces; end;
create table dependent_table (run_id int references m.runs, state m.states);
grant usage on schema m to regress_drop_reader;
grant select on m.states to regress_drop_reader;
set role regress_drop_reader;
create view others_view as select * from m.states;
reset role;
\set VERBOSITY sqlstate
select logfsm.drop_model('m');
\set VERBOSITY default
select count(*) from m.model;
select logfsm.drop_model('m', cascade => true);
select * from pg_temp.leftovers();
select relname from pg_class where relname like 'dependent%' or relname = 'others_view' order by 1;
select proname from pg_proc where proname like 'dependent%';
\d dependent_table
-- A name that is none.
select logfsm.drop_model('m');
\echo :SQLSTATE
select logfsm.drop_model(null);
\echo :SQLSTATE
-- The source may be gone first, or the extension with everything.
select pg_temp.make();
drop table app_log;
select traces from m.runs where run_id = 0;
select logfsm.drop_model('m');
create table app_log (id text, event text, at timestamptz);
insert into app_log values ('a', 'open', '2026-01-01'), ('a', 'close', '2026-01-02');
select pg_temp.make();
\set VERBOSITY terse
drop extension logfsm;
\echo :SQLSTATE
\set VERBOSITY default
select traces from m.runs where run_id = 0;
drop schema m cascade;
drop extension logfsm;
select count(*) from pg_proc where pronamespace = 'logfsm'::regnamespace;
select count(*) from pg_trigger where tgrelid = 'app_log'::regclass;
