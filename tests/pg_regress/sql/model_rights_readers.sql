-- Who reads a model runs nothing of its owner's with his own rights: whatever the owner puts in place of its tables.
set client_min_messages = warning;
\set SHOW_CONTEXT never
create role regress_lurer;
create role regress_looker;
grant create on database regress to regress_lurer;
-- A sequence counts who was caught: it is not rolled back.
create sequence caught;
grant usage on sequence caught to public;
set role regress_lurer;
create schema trap;
grant usage on schema trap to public;
create function trap.spring() returns boolean language plpgsql volatile as $$
begin
    if current_user <> 'regress_lurer' then perform nextval('public.caught'); end if;
    return true;
end $$;
create table trap.log (id text, event text, at timestamptz);
insert into trap.log select i, e, timestamptz '2026-01-01' + i * interval '1 min' + o * interval '1 s'
from generate_series(1, 20) i, unnest(array['open'] || array_fill('read'::text, array[1 + i % 4]) || array['close']) with ordinality u (e, o);
select logfsm.create_model('m', source => 'trap.log', trace => 'id', event => 'event', at => 'at');
select traces from logfsm.fit('m');
select logfsm.synthesize('m', 5, 1);
create table trap.labels as select id as trace_key, id = '1' as is_anomalous from trap.log group by id;
grant usage on schema m to regress_looker;
grant select on all tables in schema m to regress_looker;
grant select on all tables in schema trap to regress_looker;
reset role;
-- Every function that reads a model.
create table readers (n serial, call text);
insert into readers (call) values
    ($$logfsm.list_models()$$), ($$logfsm.explain('m', '1')$$), ($$logfsm.explain('m', 's1-1')$$),
    ($$logfsm.check_run('m', 0)$$), ($$logfsm.check_run('m', 1)$$), ($$logfsm.fidelity('m', 1)$$),
    ($$logfsm.parameter_fidelity('m', 1)$$), ($$logfsm.transition_matrix('m', 1)$$), ($$logfsm.transition_matrix_svg('m', 1)$$),
    ($$logfsm.spectra('m', 1)$$), ($$logfsm.check_invariants('m')$$), ($$logfsm.violations('m', 'AFby', 'open', 'close')$$),
    ($$logfsm.traces_through('m', array[1])$$), ($$logfsm.evaluate('m', 'trap.labels')$$),
    ($$logfsm.cross_validate('m', 'k_tails', 2)$$), ($$logfsm.compare_methods('m', '["k_tails"]', 2)$$);
grant select on readers to public;
create function outcome(call text) returns text language plpgsql as $$
begin
    execute 'select count(*) from ' || call;
    return 'ok';
exception when others then
    return sqlstate;
end $$;
create function outcomes() returns table (outcomes text) language sql as $$
    select string_agg(distinct outcome(call), ' ' order by outcome(call)) from readers
$$;
select call, outcome(call) from readers order by n;
set role regress_looker;
select call, outcome(call) from readers order by n;
-- A view, one after the other, in place of each table.
reset role;
create function with_view(t text) returns text language plpgsql as $$
declare
    found text;
begin
    set local role regress_lurer;
    execute format('alter table m.%I rename to kept', t);
    execute format('create view m.%I as select * from m.kept where trap.spring()', t);
    execute format('grant select on m.%I to regress_looker', t);
    reset role;
    found := (select string_agg(distinct outcome(call), ' ' order by outcome(call)) from readers);
    set local role regress_looker;
    found := found || ' / ' || (select string_agg(distinct outcome(call), ' ' order by outcome(call)) from readers);
    set local role regress_lurer;
    execute format('drop view m.%I cascade', t);
    execute format('alter table m.kept rename to %I', t);
    reset role;
    return found;
end $$;
select t, with_view(t) from unnest(array['runs', 'traces', 'events', 'parameters', 'states', 'transitions', 'templates', 'scores', 'model']) t;
select last_value, is_called from caught;
-- A rule, and a table of somebody else's.
set role regress_lurer;
create rule trap as on insert to m.runs do also select trap.spring();
reset role;
select outcome($$logfsm.check_run('m', 1)$$), outcome($$logfsm.synthesize('m', 5, 1)$$);
drop rule trap on m.runs;
alter table m.scores owner to regress_looker;
select outcome($$logfsm.evaluate('m', 'trap.labels')$$), outcome($$logfsm.fit('m')$$);
alter table m.scores owner to regress_lurer;
-- A partition that is no plain table.
set role regress_lurer;
create table m.odd (like m.states) partition by list (run_id);
alter table m.states attach partition m.odd for values in (77);
reset role;
select outcome($$logfsm.check_run('m', 1)$$);
drop table m.odd;
select outcome($$logfsm.check_run('m', 1)$$);
-- Labels: a view of the trapper's runs as him, whoever evaluates.
set role regress_lurer;
create view trap.lure as select * from trap.labels where trap.spring();
create view trap.invoker with (security_invoker) as select * from trap.labels where trap.spring();
grant select on trap.lure, trap.invoker to public;
reset role;
select outcome($$logfsm.evaluate('m', 'trap.lure')$$), outcome($$logfsm.evaluate('m', 'trap.invoker')$$);
set role regress_looker;
select outcome($$logfsm.evaluate('m', 'trap.lure')$$), outcome($$logfsm.evaluate('m', 'trap.invoker')$$);
select * from logfsm.evaluate('m', 'trap.invoker');
\echo :SQLSTATE
-- Types of the trapper's: what turns their values into text is his code.
set role regress_lurer;
create type trap.flag as enum ('yes', 'no');
create function trap.to_boolean(trap.flag) returns boolean language sql as $$ select trap.spring() and $1 = 'yes' $$;
create cast (trap.flag as boolean) with function trap.to_boolean(trap.flag);
create table trap.typed as select trace_key, case when is_anomalous then 'yes' else 'no' end::trap.flag as is_anomalous from trap.labels;
grant select on trap.typed to public;
reset role;
select outcome($$logfsm.evaluate('m', 'trap.typed')$$);
-- Row-level security: a policy runs as the owner or not at all, and hides nothing from those whom it does not apply to.
set role regress_lurer;
create policy trap on m.traces using (trap.spring());
alter table m.traces enable row level security;
reset role;
select outcomes();
set role regress_looker;
select call, outcome(call) from readers order by n;
select * from logfsm.explain('m', '1');
\echo :SQLSTATE
set role regress_lurer;
alter table m.traces force row level security;
reset role;
select outcomes();
alter table m.traces no force row level security;
alter table m.traces disable row level security;
select last_value, is_called from caught;
-- The rights of a reader: SELECT on what is read, of all columns.
revoke select on m.events from regress_looker;
set role regress_looker;
select outcome($$logfsm.check_run('m', 1)$$), outcome($$logfsm.fidelity('m', 1)$$);
select * from logfsm.check_run('m', 1);
\echo :SQLSTATE
reset role;
grant select (run_id, trace_id, seq, at, template_id, transition_id, src) on m.events to regress_looker;
set role regress_looker;
select outcome($$logfsm.check_run('m', 1)$$);
reset role;
grant select (dst) on m.events to regress_looker;
set role regress_looker;
select outcome($$logfsm.check_run('m', 1)$$);
reset role;
revoke usage on schema m from regress_looker;
set role regress_looker;
select outcomes();
reset role;
select last_value, is_called from caught;
select logfsm.drop_model('m');
drop owned by regress_lurer, regress_looker cascade;
