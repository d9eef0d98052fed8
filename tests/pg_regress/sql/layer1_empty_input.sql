-- Nothing in, NULL out; NULLs among the values are skipped.
set search_path = public, logfsm;
\pset null '(null)'
select logfsm.trace_agg(e, now()) from unnest('{}'::text[]) e;
select logfsm.prefix_tree_agg(t) from (select null::logfsm.trace t where false) s;
select logfsm.prefix_tree_agg(null);
select logfsm.rollup(null::logfsm.automaton);
select logfsm.rollup(a) from (select null::logfsm.automaton a where false) s;
select logfsm.template_agg(null);
select logfsm.rollup(null::logfsm.templates);
select logfsm.infer(null), logfsm.to_json(null::logfsm.automaton), logfsm.from_json(null), logfsm.score(null, null), logfsm.fingerprint(null);
select count(*) from logfsm.states(null);
select count(*) from logfsm.generate(null::logfsm.automaton, 10, 1);
-- A NULL trace among others changes nothing.
with traces as (select logfsm.trace_agg(e, s) t from (values ('a', 1), ('b', 2)) v (e, s))
select (select logfsm.prefix_tree_agg(t) from traces)
     = (select logfsm.prefix_tree_agg(t) from (select t from traces union all select null) s);
with tree as (select logfsm.prefix_tree_agg(t) p from (select logfsm.trace_agg('a', 1::bigint) t) s)
select (select logfsm.rollup(x) from (select p x from tree union all select null) s) = p from tree;
-- An event may be the empty string.
select logfsm.variant(logfsm.trace_agg('', 1::bigint));
