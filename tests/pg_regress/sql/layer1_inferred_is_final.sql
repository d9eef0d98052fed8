-- An inferred automaton is neither rolled up nor inferred from again: merging threw away what that needs.
create temp table machine as
select p, logfsm.infer(p) a from (select logfsm.prefix_tree_agg(t) p from (select logfsm.trace_agg(e, s) t from (values ('a', 1), ('b', 2)) v (e, s)) x) y;
select logfsm.rollup(a) from machine;
\echo :SQLSTATE
select logfsm.rollup(x) from (select p x from machine union all select a from machine) s;
\echo :SQLSTATE
select logfsm.infer(a) from machine;
\echo :SQLSTATE
select logfsm.infer(a, 'k_tails', '{"k": 1}') from machine;
\echo :SQLSTATE
