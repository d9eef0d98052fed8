-- Text that is not a value of the type: an error that says what is wrong, never a crash.
select 'hello'::logfsm.trace;
\echo :SQLSTATE
select ''::logfsm.trace;
\echo :SQLSTATE
select 'trace:%%%'::logfsm.trace;
\echo :SQLSTATE
select 'trace:'::logfsm.trace;
\echo :SQLSTATE
select 'hello'::logfsm.automaton;
\echo :SQLSTATE
select ''::logfsm.automaton;
\echo :SQLSTATE
select 'automaton:AAAA'::logfsm.automaton;
\echo :SQLSTATE
select 'hello'::logfsm.templates;
\echo :SQLSTATE
select ''::logfsm.templates;
\echo :SQLSTATE
-- Truncated, extended or damaged: every prefix and many single changes are refused or are some valid value.
create temp table valid as
with traces as (select logfsm.trace_agg(e, at) t from (values ('a', timestamptz '2026-01-01'), ('b', '2026-01-02')) v (e, at)),
     trees as (select logfsm.prefix_tree_agg(t) p from traces),
     mined as (select logfsm.template_agg(l) m from unnest(array['user 17 logged in', 'user 18 logged in', 'disk full']) l)
select t::text t, p::text p, logfsm.infer(p)::text a, m::text m from traces, trees, mined;
create function pg_temp.try(value text, type text) returns text language plpgsql as $$
begin
    execute format('select %L::logfsm.%I', value, type);
    return 'ok';
exception when others then
    return sqlstate;
end $$;
select type, pg_temp.try(left(value, n), type) outcome, count(*) > 0 as some
from valid, lateral (values ('trace', t), ('automaton', p), ('automaton', a), ('templates', m)) v (type, value), generate_series(0, length(value) - 1) n
group by 1, 2 order by 1, 2;
select type, pg_temp.try(value || 'AAAA', type) outcome from valid, lateral (values ('trace', t), ('automaton', p), ('automaton', a), ('templates', m)) v (type, value);
select distinct type, pg_temp.try(overlay(value placing c from n), type) outcome
from valid, lateral (values ('trace', t), ('automaton', p), ('automaton', a), ('templates', m)) v (type, value),
     generate_series(1, length(value)) n, unnest(array['A', '/', 'x']) c
where pg_temp.try(overlay(value placing c from n), type) not in ('ok', '22P02', '0A000');
