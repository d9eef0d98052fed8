-- Who lists models runs nobody else's code.
set client_min_messages = warning;
create role regress_trapper;
grant create on database regress to regress_trapper;
create table caught (who text);
set role regress_trapper;
create schema trap;
create table trap.log (who text);
grant usage on schema trap to public;
create function trap.spring() returns bigint language plpgsql as $$
begin
    if current_user <> 'regress_trapper' then
        insert into public.caught values (current_user);
    end if;
    return 1;
end $$;
-- A schema that looks like a model, with views for tables.
create table trap.model of logfsm.model_info;
insert into trap.model (name, source, fits, events) values ('trap', 'public.caught', 1, 'table');
create view trap.states as select trap.spring() as state_id;
create view trap.transitions as select trap.spring() as transition_id;
create view trap.runs as select 0 as run_id, trap.spring() as traces, 1::bigint as events;
create view trap.traces as select trap.spring() as trace_id, 'x'::text as trace_key, null::text as synthetic_key, null::logfsm.trace as trace;
grant select on all tables in schema trap to public;
reset role;
select count(*) >= 0 as listed from logfsm.models;
select count(*) from caught;
-- Nor does a name that is looked for elsewhere.
select * from logfsm.fit('nowhere');
\echo :SQLSTATE
select count(*) from caught;
-- Row-level security policies are code, too.
set role regress_trapper;
create function trap.policy() returns boolean language plpgsql as $$ begin perform trap.spring(); return true; end $$;
create policy trap on trap.model using (trap.policy());
alter table trap.model enable row level security;
alter table trap.model force row level security;
reset role;
create role regress_lister;
grant insert on caught to regress_lister;
set role regress_lister;
select count(*) from logfsm.models;
select * from logfsm.fit('trap');
\echo :SQLSTATE
reset role;
select count(*) from caught;
-- A model table that is a view, a partition or a child is no model.
set role regress_trapper;
drop table trap.model cascade;
create view trap.model as select trap.spring() as x;
grant select on trap.model to public;
reset role;
select count(*) from logfsm.models;
select count(*) from caught;
