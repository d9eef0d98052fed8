-- What others name their schemas and models changes neither what a name means to a model's owner nor the list of models.
set client_min_messages = warning;
\set SHOW_CONTEXT never
create role regress_namer;
create role regress_squatter;
create role regress_browser;
grant create on database regress to regress_namer, regress_squatter;
create table log (id text, event text, at timestamptz);
insert into log values ('a', 'open', '2026-01-01'), ('a', 'close', '2026-01-02');
grant select on log to public;
set role regress_namer;
create schema place;
select logfsm.create_model('m', source => 'log', trace => 'id', event => 'event', at => 'at', schema => 'place');
select logfsm.create_model('n', source => 'log', trace => 'id', event => 'event', at => 'at');
grant usage on schema place, n to regress_browser;
grant select on all tables in schema place to regress_browser;
grant select on all tables in schema n to regress_browser;
-- A stranger takes both names: one as that of a schema, one by a row, and raises for who looks.
set role regress_squatter;
create schema other;
create function other.raise() returns boolean language plpgsql as $$ begin raise exception 'caught %', current_user; end $$;
select logfsm.create_model('m', source => 'public.log', trace => 'id', event => 'event', at => 'at');
grant usage on schema m, other to public;
grant select on all tables in schema m to public;
create table other.model of logfsm.model_info;
insert into other.model (name, source, events, fits) values ('n', 'public.log', 'table', 0);
grant select on other.model to public;
set role regress_namer;
select name, schema, owner from logfsm.models order by schema;
select traces from logfsm.fit('m');
select traces from logfsm.fit('n');
select traces from logfsm.fit('other');
\echo :SQLSTATE
set role regress_browser;
select name, schema, owner from logfsm.models order by schema;
select logfsm.fit('n');
\echo :SQLSTATE
reset role;
select name, schema, owner from logfsm.models order by schema;
select traces from logfsm.fit('n');
-- Policies that raise: for the reader the row is hidden, for others it is as it is, and nobody runs the policy.
set role regress_squatter;
create policy raise on other.model using (other.raise());
alter table other.model enable row level security;
alter table other.model force row level security;
set role regress_namer;
select name, schema, owner from logfsm.models order by schema;
select logfsm.fit('nowhere');
\echo :SQLSTATE
reset role;
select name, schema, owner from logfsm.models order by schema;
select logfsm.fit('nowhere');
\echo :SQLSTATE
-- Rows and tables that are none of a model's.
set role regress_squatter;
alter table other.model no force row level security;
alter table other.model disable row level security;
delete from other.model;
create schema more;
grant usage on schema more to public;
create table more.model (like logfsm.model_info);
insert into more.model (name, source, events, fits) values ('n', 'x', 'table', 0);
create schema views;
grant usage on schema views to public;
create view views.model as select other.raise() as name;
grant select on more.model, views.model to public;
reset role;
select name, schema, owner from logfsm.models order by schema;
select logfsm.fit('views');
\echo :SQLSTATE
drop owned by regress_namer, regress_squatter, regress_browser cascade;
