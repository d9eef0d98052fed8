-- schema => takes an existing schema that is empty and the caller's own, and no other.
create role regress_adopter;
create role regress_stranger;
create table app_log (id text, event text, at timestamptz);
grant select on app_log to regress_adopter;
insert into app_log values ('a', 'open', '2026-01-01'), ('a', 'close', '2026-01-02');
create schema adopt_own authorization regress_adopter;
create schema adopt_full authorization regress_adopter;
create table adopt_full.something (a int);
create schema adopt_type authorization regress_adopter;
create type adopt_type.something as enum ('a');
create schema adopt_foreign authorization regress_stranger;
grant all on schema adopt_foreign to regress_adopter;
set role regress_adopter;
-- No CREATE on the database is needed.
select logfsm.create_model('mine', source => 'app_log', trace => 'id', event => 'event', at => 'at');
\echo :SQLSTATE
select logfsm.create_model('mine', source => 'app_log', trace => 'id', event => 'event', at => 'at', schema => 'adopt_foreign');
\echo :SQLSTATE
select logfsm.create_model('mine', source => 'app_log', trace => 'id', event => 'event', at => 'at', schema => 'adopt_full');
\echo :SQLSTATE
select logfsm.create_model('mine', source => 'app_log', trace => 'id', event => 'event', at => 'at', schema => 'adopt_type');
\echo :SQLSTATE
select logfsm.create_model('mine', source => 'app_log', trace => 'id', event => 'event', at => 'at', schema => 'adopt_none');
\echo :SQLSTATE
select logfsm.create_model('mine', source => 'app_log', trace => 'id', event => 'event', at => 'at', schema => 'public');
\echo :SQLSTATE
select logfsm.create_model('mine', source => 'app_log', trace => 'id', event => 'event', at => 'at', schema => 'adopt_own');
select traces, events from logfsm.fit('mine');
-- A second model does not fit into the same schema.
select logfsm.create_model('other', source => 'app_log', trace => 'id', event => 'event', at => 'at', schema => 'adopt_own');
\echo :SQLSTATE
reset role;
select count(*) from information_schema.tables where table_schema in ('adopt_foreign', 'adopt_type');
-- A member of the schema's owner is not the owner: the model's tables would belong to somebody else.
create role regress_adopter_member in role regress_adopter;
create schema adopt_group authorization regress_adopter;
set role regress_adopter_member;
select logfsm.create_model('grouped', source => 'app_log', trace => 'id', event => 'event', at => 'at', schema => 'adopt_group');
\echo :SQLSTATE
reset role;
set client_min_messages = warning;
drop schema adopt_own, adopt_full, adopt_type, adopt_foreign, adopt_group cascade;
drop table app_log;
drop role regress_adopter_member;
drop role regress_adopter;
drop role regress_stranger;
