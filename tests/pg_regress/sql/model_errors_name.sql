-- Names that are refused, and names that only look dangerous.
create table app_log (id text, event text, at timestamptz);
insert into app_log values ('a', 'open', '2026-01-01'), ('a', 'close', '2026-01-02');
create table x (a int);
create function pg_temp.create_it(name text) returns text language sql as
$$ select logfsm.create_model(name, source => 'app_log', trace => 'id', event => 'event', at => 'at') $$;
\set SHOW_CONTEXT never
select pg_temp.create_it('');
\echo :SQLSTATE
select pg_temp.create_it('public');
\echo :SQLSTATE
select pg_temp.create_it('logfsm');
\echo :SQLSTATE
select pg_temp.create_it('information_schema');
\echo :SQLSTATE
select pg_temp.create_it('pg_catalog');
\echo :SQLSTATE
select pg_temp.create_it('pg_x');
\echo :SQLSTATE
select pg_temp.create_it(repeat('m', 64));
\echo :SQLSTATE
select pg_temp.create_it(repeat('ü', 32));
\echo :SQLSTATE
create schema taken;
select pg_temp.create_it('taken');
\echo :SQLSTATE
select pg_temp.create_it('twice');
select pg_temp.create_it('twice');
\echo :SQLSTATE
select count(*) from logfsm.models;
-- Names that need quoting are schema names like any other.
select pg_temp.create_it('a"; drop table x; --') = 'a"; drop table x; --' as created;
select traces, events from logfsm.fit('a"; drop table x; --');
select logfsm.synthesize('a"; drop table x; --', 3, 1);
select count(*) from "a""; drop table x; --".all_traces;
select count(*) from logfsm.explain('a"; drop table x; --', 'a');
select logfsm.watch('a"; drop table x; --');
insert into app_log values ('b', 'close', '2026-01-03');
select count(*) from "a""; drop table x; --".anomalies;
select new_traces from logfsm.refresh('a"; drop table x; --');
select logfsm.unwatch('a"; drop table x; --');
select logfsm.drop_model('a"; drop table x; --');
select count(*) from x;
select traces, logfsm.drop_model(name) from (select 'it''s $1 $$ \ %I {schema} {D} name' as name) n,
    lateral (select pg_temp.create_it(name)) c, lateral logfsm.fit(c.create_it) f;
select traces, logfsm.drop_model(name) from (select repeat('m', 63) as name) n,
    lateral (select pg_temp.create_it(name)) c, lateral logfsm.fit(c.create_it) f;
select pg_temp.create_it('MixedCase'), count(*) from logfsm.models;
select traces from logfsm.fit('MixedCase');
select traces from logfsm.fit('mixedcase');
\echo :SQLSTATE
select logfsm.drop_model('MixedCase');
select logfsm.drop_model('twice');
drop schema taken;
select count(*) from logfsm.models;
drop table app_log, x;
