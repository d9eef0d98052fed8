-- After DROP EXTENSION … CASCADE the hints name what can be done with what is left.
set client_min_messages = warning;
\set SHOW_CONTEXT never
create table log (id text, event text, at timestamptz);
insert into log values ('a', 'open', '2026-01-01'), ('a', 'close', '2026-01-02');
select logfsm.create_model('M 1', source => 'log', trace => 'id', event => 'event', at => 'at');
select traces from logfsm.fit('M 1');
drop extension logfsm cascade;
create extension logfsm;
select logfsm.create_model('M 1', source => 'log', trace => 'id', event => 'event', at => 'at');
\echo :SQLSTATE
select logfsm.drop_model('M 1');
\echo :SQLSTATE
select * from logfsm.explain('M 1', 'a');
\echo :SQLSTATE
-- As the hint says.
drop schema "M 1" cascade;
select logfsm.create_model('M 1', source => 'log', trace => 'id', event => 'event', at => 'at');
select traces from logfsm.fit('M 1');
