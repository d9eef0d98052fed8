-- A DBA's fit of another's model runs as its owner: his tables, his rights, in a restricted operation.
set client_min_messages = warning;
\set SHOW_CONTEXT never
create role regress_model_owner;
grant create on database regress to regress_model_owner;
create table audit (what text, who text);
set role regress_model_owner;
create schema own;
create table own.app_log (id text, event text, at timestamptz);
insert into own.app_log values ('a', 'open', '2026-01-01'), ('a', 'close', '2026-01-02');
create table own.seen (who text);
create function own.spy(t text) returns text language plpgsql as $$
begin
    insert into own.seen values (format('%s %s', current_user, current_setting('search_path')));
    return t;
end $$;
create view own.spying as select own.spy(id) as id, event, at from own.app_log;
select logfsm.create_model('m', source => 'own.spying', trace => 'id', event => 'event', at => 'at');
reset role;
select traces from logfsm.fit('m');
select logfsm.synthesize('m', 3, 1);
select new_traces from logfsm.refresh('m');
select distinct who from own.seen;
select current_user = session_user as self, current_setting('search_path') as search_path;
select distinct relowner::regrole from pg_class where relnamespace = 'm'::regnamespace;
-- What a hostile owner's code could try.
set role regress_model_owner;
create function own.attack(t text) returns text language plpgsql as $$
begin
    insert into public.audit values ('attack', current_user);
    return t;
end $$;
create or replace view own.spying as select own.attack(id) as id, event, at from own.app_log;
reset role;
select traces from logfsm.fit('m');
\echo :SQLSTATE
set role regress_model_owner;
create or replace function own.attack(t text) returns text language plpgsql as $$
begin
    reset role;
    insert into public.audit values ('attack', current_user);
    return t;
end $$;
reset role;
select traces from logfsm.fit('m');
\echo :SQLSTATE
set role regress_model_owner;
create or replace function own.attack(t text) returns text language plpgsql as $$
begin
    set session authorization default;
    return t;
end $$;
reset role;
select traces from logfsm.fit('m');
\echo :SQLSTATE
set role regress_model_owner;
create or replace function own.attack(t text) returns text language plpgsql as $$
begin
    create temp table leftover (a int);
    return t;
end $$;
reset role;
select traces from logfsm.fit('m');
\echo :SQLSTATE
-- A setting changed inside is gone outside.
set role regress_model_owner;
create or replace function own.attack(t text) returns text language plpgsql as $$
begin
    set search_path = own, public;
    set statement_timeout = '1h';
    return t;
end $$;
reset role;
select traces from logfsm.fit('m');
show search_path;
show statement_timeout;
-- Triggers on the model's own tables, and those that wait for commit.
set role regress_model_owner;
create or replace view own.spying as select * from own.app_log;
create function own.fire() returns trigger language plpgsql as $$
begin
    insert into own.seen values (format('trigger as %s', current_user));
    return null;
end $$;
create trigger fire after insert or update on m.runs for each row execute function own.fire();
reset role;
select traces from logfsm.fit('m');
select logfsm.synthesize('m', 3, 1);
select distinct who from own.seen where who like 'trigger%';
set role regress_model_owner;
drop trigger fire on m.runs;
create constraint trigger fire after insert or update on m.runs deferrable initially deferred for each row execute function own.fire();
reset role;
truncate own.seen;
select traces from logfsm.fit('m');
\echo :SQLSTATE
select who from own.seen;
select * from audit;
select logfsm.drop_model('m');
