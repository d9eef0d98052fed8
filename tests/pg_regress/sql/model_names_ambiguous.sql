-- Two models of one name in schemas of their own are told apart by schema.
set client_min_messages = warning;
\set SHOW_CONTEXT never
create table app_log (id text, event text, at timestamptz);
insert into app_log values ('a', 'open', '2026-01-01'), ('a', 'close', '2026-01-02');
create schema one;
create schema two;
select logfsm.create_model('same', source => 'app_log', trace => 'id', event => 'event', at => 'at', schema => 'one');
select logfsm.create_model('same', source => 'app_log', trace => 'id', event => 'event', at => 'at', schema => 'two');
select name, schema from logfsm.models order by 2;
select traces from logfsm.fit('same');
\echo :SQLSTATE
select * from logfsm.explain('same', 'a');
\echo :SQLSTATE
select fits from one.model union all select fits from two.model;
select traces from logfsm.fit('one');
select fits from one.model union all select fits from two.model;
-- A schema's name goes before a model's.
select logfsm.create_model('three', source => 'app_log', trace => 'id', event => 'event', at => 'at');
alter schema three rename to same;
select traces from logfsm.fit('same');
select name, schema, fits from logfsm.models order by 2;
-- A renamed schema keeps working, watches too.
select logfsm.watch('same');
alter schema same rename to renamed;
select traces from logfsm.fit('renamed');
insert into app_log values ('b', 'fly', '2026-01-03');
select trace_key, kind from renamed.anomalies;
select logfsm.unwatch('renamed');
select logfsm.drop_model('renamed'), logfsm.drop_model('two');
select traces from logfsm.fit('same');
select logfsm.drop_model('same');
