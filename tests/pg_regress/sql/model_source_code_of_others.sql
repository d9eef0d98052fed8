-- Functions of a view or a policy that a role without the owner's rights made do not run when a source is read.
set client_min_messages = warning;
create role regress_code_source;
create role regress_code_owner;
grant create on database regress to regress_code_owner, regress_code_source;
set role regress_code_source;
create schema theirs;
create table theirs.ran (who text);
grant insert on theirs.ran to public;
create table theirs.log (id text, event text, at timestamptz);
insert into theirs.log select i, e, timestamptz '2026-01-01' + i * interval '1 min' + o * interval '1 s'
from generate_series(1, 20) i, unnest(array['open', 'read', 'close']) with ordinality u (e, o);
create function theirs.yes(text) returns boolean language plpgsql as $$ begin insert into theirs.ran values (current_user); return true; end $$;
grant usage on schema theirs to public;
create view theirs.plain as select id, event, at from theirs.log where event <> 'fly';
grant select on theirs.log, theirs.plain to regress_code_owner;
reset role;
create function model_of(relation text) returns text language plpgsql as $$
declare
    detail text;
    n bigint;
begin
    execute format('select logfsm.create_model(''m'', source => %L, trace => ''id'', event => ''event'', at => ''at'')', relation);
    begin
        select traces into n from logfsm.fit('m');
        detail := n || ' traces';
    exception when others then
        get stacked diagnostics detail = pg_exception_detail;
        detail := sqlstate || ' ' || sqlerrm || ' ' || detail;
    end;
    perform logfsm.drop_model('m');
    return detail;
end $$;
set role regress_code_owner;
select model_of('theirs.log'), model_of('theirs.plain');
-- In a policy.
set role regress_code_source;
create policy safe on theirs.log for select using (event <> 'fly' and current_user is not null);
alter table theirs.log enable row level security;
set role regress_code_owner;
select model_of('theirs.log');
set role regress_code_source;
create policy theirs on theirs.log for select using (theirs.yes(event));
set role regress_code_owner;
select model_of('theirs.log');
select model_of('theirs.plain');
-- As its own owner it is safe.
set role regress_code_source;
alter function theirs.yes(text) security definer;
set role regress_code_owner;
select model_of('theirs.log');
set role regress_code_source;
alter function theirs.yes(text) security invoker;
drop policy theirs on theirs.log;
-- In a view, by name, as an operator, and in a view below one's own.
create view theirs.hostile as select id, event, at from theirs.log where theirs.yes(event);
create operator theirs.=== (leftarg = text, rightarg = text, function = texteq);
create function theirs.same(text, text) returns boolean language plpgsql as $$ begin insert into theirs.ran values (current_user); return true; end $$;
create operator theirs.==== (leftarg = text, rightarg = text, function = theirs.same);
create view theirs.by_operator as select id, event, at from theirs.log where event operator(theirs.====) event;
create view theirs.by_safe_operator as select id, event, at from theirs.log where event operator(theirs.===) event;
grant select on all tables in schema theirs to regress_code_owner;
set role regress_code_owner;
create schema mine;
create view mine.of_hostile as select * from theirs.hostile;
create function mine.own_function(text) returns boolean language sql as $$ select true $$;
create view mine.own as select * from theirs.log where mine.own_function(event);
select model_of('theirs.hostile'), model_of('theirs.by_operator'), model_of('mine.of_hostile');
select model_of('theirs.by_safe_operator'), model_of('mine.own');
reset role;
select distinct who from theirs.ran;
-- Of a superuser, or of a member of the owner's role, it is.
alter function theirs.yes(text) owner to postgres;
set role regress_code_owner;
select model_of('theirs.hostile');
reset role;
select distinct who from theirs.ran;
