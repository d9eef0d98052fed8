-- What Citus asks of an aggregate that it pushes to the shards as a partial one: at least one argument, a combine
-- function, no ordered-set arguments, and a state of a real type with a text form. trace_agg is pushed whole, grouped by the
-- distribution column, so its state may be internal if it can be combined and sent to parallel workers.
select p.oid::regprocedure as cannot_be_pushed
from pg_aggregate a join pg_proc p on p.oid = a.aggfnoid join pg_type t on t.oid = a.aggtranstype
where p.pronamespace = 'logfsm'::regnamespace and p.proname <> 'trace_agg'
  and (a.aggcombinefn = 0 or p.pronargs = 0 or a.aggkind <> 'n' or t.typtype = 'p' or t.typinput = 0 or t.typoutput = 0 or p.proparallel <> 's')
order by 1::text;
-- Nor one with a polymorphic argument: keys of the usual types have overloads of their own.
select p.proname, count(*) as polymorphic, (select count(*) from pg_proc q where q.pronamespace = p.pronamespace and q.proname = p.proname) as all
from pg_aggregate a join pg_proc p on p.oid = a.aggfnoid
where p.pronamespace = 'logfsm'::regnamespace and exists (select from unnest(p.proargtypes) t join pg_type on pg_type.oid = t where typtype = 'p') group by p.pronamespace, p.proname order by 1;
select p.proname, t.key, count(*) from pg_aggregate a join pg_proc p on p.oid = a.aggfnoid, lateral (select p.proargtypes[0]::regtype as key) t
where p.pronamespace = 'logfsm'::regnamespace and p.proname in ('prefix_tree_agg', 'trace_set_agg') and p.pronargs > 1 group by 1, 2 order by 1, 2::text;
-- Which overload a key takes.
select logfsm.prefix_tree_agg(k::text, 'a', now()) is not null, logfsm.prefix_tree_agg(k::varchar, 'a', now()) is not null, logfsm.prefix_tree_agg(k::smallint, 'a', 1) is not null,
       logfsm.prefix_tree_agg(date '2026-01-01' + k, 'a', now()) is not null, logfsm.prefix_tree_agg('x', 'a', now()) is not null from generate_series(1, 2) k;
select p.oid::regprocedure as cannot_be_parallel
from pg_aggregate a join pg_proc p on p.oid = a.aggfnoid
where p.pronamespace = 'logfsm'::regnamespace and p.proname = 'trace_agg'
  and (a.aggtranstype <> 'internal'::regtype or a.aggcombinefn = 0 or a.aggserialfn = 0 or a.aggdeserialfn = 0 or p.proparallel <> 's')
order by 1::text;
select p.proname, count(*) from pg_aggregate a join pg_proc p on p.oid = a.aggfnoid
where p.pronamespace = 'logfsm'::regnamespace and p.proname in ('trace_agg', 'prefix_tree_agg', 'rollup', 'template_agg', 'mine_invariants') group by 1 order by 1;
-- States travel as text, exactly.
with rows as (select i / 5 as k, 'e' || i % 7 as event, timestamptz '2026-01-01' + i * interval '1 s' as at from generate_series(0, 499) i),
     states as (select logfsm.prefix_tree_agg(k, event, at) as tree, logfsm.trace_set_agg(k, event, at) as rows,
                       logfsm.template_agg(format('%s took %s ms', event, k)) as templates from rows),
     mined as (select logfsm.mine_invariants(t) as counts from (select logfsm.trace_agg(event, at) as t from rows group by k) s)
select tree::text::logfsm.automaton::text = tree::text as tree, rows::text::logfsm.trace_set::text = rows::text as rows,
       templates::text::logfsm.templates::text = templates::text as templates, counts::text::logfsm.invariant_counts::text = counts::text as invariants
from states, mined;
-- Over a plain table of ordinary size, with default costs: a partial aggregate per worker.
create table big as select i / 20 as k, 'e' || i % 7 as event, timestamptz '2026-01-01' + i * interval '1 s' as at from generate_series(0, 399999) i;
create table traces as select k, logfsm.trace_agg(event, at) as trace, logfsm.prefix_tree_agg(k, event, at) as tree from big group by k;
alter table big set (parallel_workers = 2);
alter table traces set (parallel_workers = 2);
analyze big, traces;
create function partial(query text) returns boolean language plpgsql as $$
declare line text;
begin
    for line in execute 'explain (costs off) ' || query loop
        if line ~ 'Partial Aggregate' then return true; end if;
    end loop;
    return false;
end $$;
select partial('select logfsm.prefix_tree_agg(trace) from traces') as prefix_tree_agg,
       partial('select logfsm.prefix_tree_agg(k, event, at) from big') as prefix_tree_agg_rows,
       partial('select logfsm.rollup(tree) from traces') as rollup,
       partial('select logfsm.template_agg(event) from big') as template_agg,
       partial('select logfsm.mine_invariants(trace) from traces') as mine_invariants;
